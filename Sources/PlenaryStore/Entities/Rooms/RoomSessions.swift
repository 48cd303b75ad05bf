package import BigBlueButton
package import PlenaryCore

extension Store {
    /// Takes the lock of a room for starting a session (`rooms-api.md` 11.4): of all who try at once, one begins. One that began
    /// and did not come back within ``RoomSession/patience`` loses it to the next.
    ///
    /// - Parameters:
    ///   - provider: where it will be tried first; `nil`: not known yet.
    ///   - used: features, fixed from then on.
    ///   - settings: of the room, fixed from then on.
    /// - Returns: `nil` when there is no such room.
    package func beginSession(
        of room: RoomNumber, identity: ResourceIdentity, provider: RoomSessionProvider?, used: FeatureSet,
        settings: RoomSettings, now: WireTime
    ) async throws -> RoomSessionBeginning? {
        try await write { transaction in
            let connection = transaction.connection
            guard let found = try RoomRows.room(connection, room) else { return nil }
            if let live = try RoomSessionRows.live(connection, of: room) {
                guard live.state == .starting, now.since(live.attemptedAt) >= RoomSession.patience else {
                    return .exists(live)
                }
                let again: [CommerceColumn] = [
                    ("attempt", .integer(Int64(live.attempt + 1))), ("attempted_at", .integer(now.milliseconds)),
                    ("used_features", .text(StoredJSON.text(of: used))),
                    ("used_settings", .text(StoredJSON.text(of: settings.given))),
                ]
                try transaction.update(
                    "room_sessions", again + RoomSessionRows.row(of: provider), of: live.number.number)
                return .begun(try transaction.written(live.number))
            }
            // Our own servers count their meetings themselves, when it is created there.
            if provider?.type != .fleet,
                let entitlement = try CommerceRows.entitlement(connection, account: found.account.number)
            {
                let running = try RoomSessionRows.concurrent(connection, of: entitlement.subscription)
                let verdict = entitlement.features.judge(.maxConcurrentSessions, used: running)
                if case .refused(let refusal) = verdict { return .limited(refusal) }
            }
            let number = RoomSessionNumber(try transaction.next("room_session"))
            let fixed: [CommerceColumn] = [
                ("id", .integer(number.number)), ("room_id", .integer(room.number)), ("state", .text("starting")),
                ("attempt", .integer(1)), ("attempted_at", .integer(now.milliseconds)),
                ("created_at", .integer(now.milliseconds)), ("meeting_id", .text(found.identity.uuid)),
                ("used_features", .text(StoredJSON.text(of: used))),
                ("used_settings", .text(StoredJSON.text(of: settings.given))),
            ]
            try transaction.insert(
                into: "room_sessions",
                fixed + CommerceRows.row(of: identity) + RoomSessionRows.row(of: provider))
            return .begun(try transaction.written(number))
        }
    }

    /// The provider has created it: it runs.
    ///
    /// - Parameters:
    ///   - attempt: of the session that was begun.
    ///   - sessionID: what the provider calls this run.
    ///   - createTime: as the provider told it, in milliseconds.
    /// - Returns: `nil` when it is not this attempt's any more, or is over: then its provider must be told to end it, unless a
    ///   session that runs is on the same one.
    package func settleSession(
        _ number: RoomSessionNumber, attempt: Int, on provider: RoomSessionProvider, sessionID: String?,
        createTime: Int64?, now: WireTime
    ) async throws -> RoomSession? {
        try await write { transaction in
            guard let held = try transaction.begun(number, attempt: attempt) else { return nil }
            let row: [CommerceColumn] = [
                ("state", .text("running")), ("provider_session_id", SQLValue(sessionID)),
                ("create_time", SQLValue(createTime)), ("started_at", .integer(now.milliseconds)),
            ]
            try transaction.update(
                "room_sessions", row + RoomSessionRows.row(of: provider), of: held.number.number)
            let session = try transaction.written(number)
            try transaction.emitStart(of: session, now: now)
            // Our own servers tell it of each meeting, whether it is of a room or not.
            if provider.type != .fleet, let room = try RoomRows.room(transaction.connection, session.room) {
                try transaction.emitSessionQuota(of: room.account, now: now)
            }
            return session
        }
    }

    /// No provider could create it: it is forgotten, and the room is free for the next who starts.
    ///
    /// - Returns: whether it was this attempt's.
    package func abandonSession(_ number: RoomSessionNumber, attempt: Int) async throws -> Bool {
        try await write { transaction in
            guard let held = try transaction.begun(number, attempt: attempt) else { return false }
            try transaction.connection.execute(
                "DELETE FROM room_sessions WHERE id = $1", [.integer(held.number.number)])
            return true
        }
    }

    /// A session is over.
    ///
    /// - Parameter owesEnd: its provider could not be told, and is to be as soon as it is back.
    /// - Returns: the session as it is then; `nil` when there is none, or it was over before.
    package func endSession(
        _ number: RoomSessionNumber, reason: SessionEndReason, owesEnd: Bool = false, now: WireTime
    ) async throws -> RoomSession? {
        try await write { transaction in
            guard let session = try RoomSessionRows.session(transaction.connection, number), session.isLive else {
                return nil
            }
            return try transaction.finish(session, reason, owesEnd: owesEnd, now: now)
        }
    }

    /// A session is over that its provider does not have any more.
    ///
    /// - Returns: as ``endSession(_:reason:owesEnd:now:)``.
    package func endGoneSession(_ number: RoomSessionNumber, now: WireTime) async throws -> RoomSession? {
        try await write { transaction in
            guard let session = try RoomSessionRows.session(transaction.connection, number), session.isLive else {
                return nil
            }
            let ownEnd = try transaction.endOnFleet(of: session)
            let isSeen = session.observedAt != nil
            let isByOperator = ownEnd.map { $0 != MeetingRows.notOnServer } ?? false
            let reason: SessionEndReason =
                ownEnd == MeetingRows.preempted
                ? .preempted
                : .ofGone(
                    startedAt: session.startedAt, used: session.used,
                    lastSeen: isSeen ? session.figures?.participants : nil,
                    moderators: isSeen && !isByOperator ? session.figures?.moderators ?? 0 : 0,
                    seenAt: session.observedAt, now: now)
            return try transaction.finish(session, reason, owesEnd: false, now: now)
        }
    }

    /// What providers said about sessions that run. What is older than what is known changes nothing.
    package func observeSessions(_ seen: [RoomSessionNumber: MeetFigures], at now: WireTime) async throws {
        guard !seen.isEmpty else { return }
        try await write { transaction in
            for number in seen.keys.sorted() {
                guard let figures = seen[number] else { continue }
                try transaction.observe(number, figures, at: now)
            }
        }
    }

    /// The ended sessions whose provider is still to be told.
    package func sessionsOwingEnd(on provider: String) async throws -> [RoomSession] {
        try await read { connection in
            try RoomSessionRows.found(
                connection, "WHERE x.provider_public_id = $1 AND x.owes_end = 1 ORDER BY x.id", [.text(provider)])
        }
    }

    /// The provider was told.
    package func endWasSent(_ number: RoomSessionNumber) async throws {
        try await write { transaction in
            _ = try transaction.connection.execute(
                "UPDATE room_sessions SET owes_end = 0 WHERE id = $1", [.integer(number.number)])
        }
    }

    // MARK: what there is

    package func session(_ reference: ResourceReference) async throws -> RoomSession? {
        try await read { connection in
            let place = CommerceRows.place(of: reference)
            return try RoomSessionRows.found(connection, "WHERE x.\(place.name) = $1", [place.value]).first
        }
    }

    package func session(_ number: RoomSessionNumber) async throws -> RoomSession? {
        try await read { try RoomSessionRows.session($0, number) }
    }

    /// The one that is being started or runs.
    package func liveSession(of room: RoomNumber) async throws -> RoomSession? {
        try await read { try RoomSessionRows.live($0, of: room) }
    }

    /// All that are being started or run, in the order in which they were.
    package func liveSessions() async throws -> [RoomSession] {
        try await read { try RoomSessionRows.found($0, "WHERE x.state <> 'ended' ORDER BY x.id", []) }
    }

    /// The history of a room with what runs, newest first.
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - offset: how many newer ones are left out.
    package func sessions(of room: RoomNumber, limit: Int, offset: Int = 0) async throws -> [RoomSession] {
        try await read { connection in
            try RoomSessionRows.found(
                connection, "WHERE x.room_id = $1 ORDER BY x.id DESC LIMIT $2 OFFSET $3",
                [.integer(room.number), .integer(Int64(limit)), .integer(Int64(offset))])
        }
    }

    /// The public ids of all providers that ever held a session of a room, also of those that are deleted.
    package func sessionProviders(of room: RoomNumber) async throws -> [String] {
        try await read { connection in
            let rows = try connection.query(
                """
                SELECT DISTINCT provider_public_id FROM room_sessions
                WHERE room_id = $1 AND provider_public_id IS NOT NULL ORDER BY provider_public_id
                """, [.integer(room.number)])
            return try rows.map { try $0.text(0) }
        }
    }

    package func sessionCount(of room: RoomNumber) async throws -> Int {
        try await read { connection in
            try CommerceRows.count(connection, "SELECT COUNT(*) FROM room_sessions WHERE room_id = $1", room.number)
        }
    }
}

extension StoreTransaction {
    fileprivate func finish(_ session: RoomSession, _ reason: SessionEndReason, owesEnd: Bool, now: WireTime) throws
        -> RoomSession
    {
        let row: [CommerceColumn] = [
            ("state", .text("ended")), ("ended_at", .integer(now.milliseconds)),
            ("end_reason", .text(reason.rawValue)), ("owes_end", .integer(owesEnd ? 1 : 0)),
            ("participants", .integer(0)), ("moderators", .integer(0)), ("guests", .integer(0)),
            ("waiting", .integer(0)), ("listeners", .integer(0)), ("voices", .integer(0)),
            ("videos", .integer(0)), ("is_recording", .integer(0)),
        ]
        try update("room_sessions", row, of: session.number.number)
        try emitEnd(of: session, reason: reason, now: now)
        try noteRecordingSource(of: session, now: now)
        // Who was in is nobody's business any more.
        try connection.execute(
            "DELETE FROM room_session_visits WHERE session_id = $1", [.integer(session.number.number)])
        return try written(session.number)
    }

    /// Why the meeting of a session on our own servers ended, in the words of the fleet; `nil`: it is on those of others, or the
    /// fleet has it still.
    fileprivate func endOnFleet(of session: RoomSession) throws -> String? {
        guard session.provider?.type == .fleet else { return nil }
        let rows = try connection.query(
            """
            SELECT m.end_reason,
                (SELECT v.state FROM reservations AS v
                    WHERE v.account_id = m.account_id AND v.meeting_id = m.meeting_id)
            FROM meetings AS m JOIN rooms AS r ON r.account_id = m.account_id
            WHERE r.id = $1 AND m.meeting_id = $2 ORDER BY m.id DESC LIMIT 1
            """, [.integer(session.room.number), .text(session.meetingID)])
        guard let row = rows.first else { return nil }
        // Who was in comes back as soon as its server ended it, and may be seen before the next poll writes that down.
        return try row.optionalText(1) == "terminating" ? MeetingRows.preempted : row.optionalText(0)
    }

    fileprivate func written(_ number: RoomSessionNumber) throws -> RoomSession {
        guard let session = try RoomSessionRows.session(connection, number) else {
            throw StoreFault.unreadable("session that was written")
        }
        return session
    }

    /// - Returns: `nil` when it is not being started, or by somebody else.
    fileprivate func begun(_ number: RoomSessionNumber, attempt: Int) throws -> RoomSession? {
        guard let session = try RoomSessionRows.session(connection, number), session.state == .starting,
            session.attempt == attempt
        else { return nil }
        return session
    }

    fileprivate func observe(_ number: RoomSessionNumber, _ figures: MeetFigures, at now: WireTime) throws {
        guard let session = try RoomSessionRows.session(connection, number), session.state == .running,
            let before = session.figures, let startedAt = session.startedAt
        else { return }
        let since = session.observedAt ?? startedAt
        guard now >= since else { return }
        // Who was there the last time was there until now.
        let spent = Int64(before.participants) * (now.milliseconds - since.milliseconds)
        try connection.execute(
            """
            UPDATE room_sessions SET participant_time = participant_time + $1, peak_participants = $2, recorded = $3,
                observed_at = $4, participants = $5, moderators = $6, guests = $7, waiting = $8, listeners = $9,
                voices = $10, videos = $11, is_recording = $12
            WHERE id = $13
            """,
            [
                .integer(spent), .integer(Int64(max(session.peakParticipants, figures.participants))),
                .integer(session.wasRecorded || figures.isRecording ? 1 : 0), .integer(now.milliseconds),
                .integer(Int64(figures.participants)), .integer(Int64(figures.moderators)),
                .integer(Int64(figures.guests)), .integer(Int64(figures.waiting)),
                .integer(Int64(figures.listeners)), .integer(Int64(figures.voices)),
                .integer(Int64(figures.videos)), .integer(figures.isRecording ? 1 : 0), .integer(number.number),
            ])
        try emitPeople(in: session, before: before.participants, after: figures.participants, now: now)
    }
}
