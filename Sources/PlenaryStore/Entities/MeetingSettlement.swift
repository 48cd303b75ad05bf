package import BigBlueButton
package import PlenaryCore

/// What servers say of meetings that were written down.
extension Store {
    /// What a server said about a meeting that it has.
    package struct Settlement: Sendable, Hashable {
        package let internalMeetingID: InternalMeetingID
        package let createTime: WireTime
        package let attendeePW: String
        package let moderatorPW: String
        package let voiceBridge: String

        package init(_ reply: CreateReply) {
            internalMeetingID = reply.internalMeetingID
            createTime = reply.createTime
            attendeePW = reply.attendeePW
            moderatorPW = reply.moderatorPW
            voiceBridge = reply.voiceBridge
        }

        package init(_ snapshot: MeetingSnapshot) {
            internalMeetingID = snapshot.internalMeetingID
            createTime = snapshot.createTime
            attendeePW = snapshot.attendeePW
            moderatorPW = snapshot.moderatorPW
            voiceBridge = snapshot.voiceBridge
        }
    }

    /// What a create said whose meeting its server had ended and made anew.
    package struct Renewal: Sendable {
        package let name: String
        package let parameters: String
        package let secret: Int64?
        package let callbacks: CallerCallbacks
        package let logoutURL: String?
        package let document: OutgoingCall.Body?
        /// The meeting that the caller knew; `nil`: he knew none.
        package let replaced: InternalMeetingID?
        /// What the new one wants reserved: the old one's connections are free.
        package let admission: Admission?

        package init(
            name: String, parameters: String, secret: Int64?, callbacks: CallerCallbacks, logoutURL: String?,
            document: OutgoingCall.Body?, replacing replaced: InternalMeetingID?, admission: Admission? = nil
        ) {
            self.replaced = replaced
            self.admission = admission
            self.document = document
            self.name = name
            self.parameters = parameters
            self.secret = secret
            self.callbacks = callbacks
            self.logoutURL = logoutURL
        }
    }

    /// The server has it: an intent becomes running, and a running meeting that the server made anew gets its new ids.
    ///
    /// - Returns: the meeting as it is now; `nil` when it is not live on that server any more, so that the copy there is a
    ///   stray one.
    /// - Throws: ``Unreserved`` when the server made it anew and its pool has no connections for it. The copy there is a stray one
    ///   then, and the meeting is over.
    package func settle(
        _ number: MeetingNumber, on server: ServerID, _ settlement: Settlement, renewal: Renewal? = nil, now: WireTime
    ) async throws -> Meeting? {
        let outcome: Settled = try await write { transaction in
            if let found = try MeetingRows.open(transaction.connection, number), found.server == server,
                found.state == .running
            {
                let isNew = found.internalMeetingID != settlement.internalMeetingID
                // Its server ended it and made it again before anybody looked: the first one is over for its caller too.
                if isNew {
                    try transaction.tellEnd(of: found, now: now)
                    // Who creates it again is the first to know the new one: all that joined so far were in the old one. A poll
                    // may come late, and then only the server knows when that was.
                    let madeAt = renewal == nil ? settlement.createTime : nil
                    try transaction.setApart(number, joinedBefore: madeAt, now: now)
                }
                // A poll may have seen the new one before the create that made it had its say.
                if let renewal, renewal.replaced != settlement.internalMeetingID,
                    try transaction.renewedID(of: number) != settlement.internalMeetingID.rawValue
                {
                    try transaction.renew(number, renewal, as: settlement.internalMeetingID)
                    if let shortage = try transaction.reserveAnew(found, renewal, now: now) {
                        try transaction.displace(number, internalID: settlement.internalMeetingID)
                        return .unreserved(shortage)
                    }
                } else if isNew, found.isEnding, found.reserved != nil {
                    // It ended, and somebody else made it: what is there was not admitted.
                    try transaction.emitReleased(by: found.key, now: now)
                    try transaction.reservationEnded(found.key)
                }
            }
            // What was brought here from another server runs already.
            let begun = try transaction.connection.query(
                "SELECT 1 FROM meetings WHERE id = $1 AND state = 'creating' AND replaces IS NULL",
                [.integer(number.number)])
            let changed = try transaction.connection.execute(
                """
                UPDATE meetings SET state = 'running', internal_meeting_id = $1, create_time = $2, attendee_pw = $3,
                    moderator_pw = $4, voice_bridge = $5, is_ending = 0
                WHERE id = $6 AND server_id = $7 AND state IN ('creating', 'running')
                """,
                [
                    .text(settlement.internalMeetingID.rawValue), .integer(settlement.createTime.milliseconds),
                    .text(settlement.attendeePW), .text(settlement.moderatorPW), .text(settlement.voiceBridge),
                    .integer(number.number), .integer(server.number),
                ])
            guard changed > 0, let meeting = try MeetingRows.open(transaction.connection, number) else {
                return .gone
            }
            try transaction.reservationConfirmed(meeting, createdAt: settlement.createTime, now: now)
            if !begun.isEmpty { try transaction.emitSessionQuota(of: meeting.key.account, now: now) }
            try transaction.changed(.meeting, number.number)
            return .settled(try MeetingRows.open(transaction.connection, number) ?? meeting)
        }
        switch outcome {
        case .settled(let meeting): return meeting
        case .gone: return nil
        case .unreserved(let shortage): throw Unreserved(shortage: shortage)
        }
    }

    private enum Settled: Sendable {
        case settled(Meeting)
        case gone
        case unreserved(ReservationPool.Shortage)
    }

    /// A server made a meeting anew for which its pool has no connections.
    package struct Unreserved: Error, Sendable, Hashable {
        package let shortage: ReservationPool.Shortage
    }
}

extension StoreTransaction {
    /// A meeting that its server made anew goes on under its number, which stands in its addresses at the server, in orders and in
    /// what waits to be told. What it was until now is written down as a meeting of its own, which is over.
    ///
    /// That one's number is the higher one: which of both is newer only the epoch tells.
    ///
    /// - Parameter joinedBefore: joins from this time on are of the new one; `nil`: none of those that are known.
    fileprivate func setApart(_ number: MeetingNumber, joinedBefore: WireTime?, now: WireTime) throws {
        let past = SQLValue.integer(try next("meeting"))
        let live = SQLValue.integer(number.number)
        // Nobody has it in a roster, so nobody needs to be told that it changed.
        try connection.execute(
            """
            INSERT INTO meetings (id, state, ended_at, end_reason, account_id, meeting_id, name, server_id, epoch,
                internal_meeting_id, create_time, attendee_pw, moderator_pw, parameters, expected_load, creator, is_ending,
                created_at, token, secret_id, callbacks, logout_url, voice_bridge, replaces, former_ids, is_breakout,
                recording_marks, connections, asked_minutes, renewed_id)
            SELECT $1, 'ended', $2, $3, account_id, meeting_id, name, server_id, epoch,
                internal_meeting_id, create_time, attendee_pw, moderator_pw, parameters, expected_load, creator, is_ending,
                created_at, token, secret_id, callbacks, logout_url, voice_bridge, replaces, former_ids, is_breakout,
                recording_marks, connections, asked_minutes, renewed_id
            FROM meetings WHERE id = $4
            """, [past, .integer(now.milliseconds), .text("made anew by its server"), live])
        // Its servers sign what they still tell of it.
        try connection.execute(
            """
            INSERT INTO placements (meeting, server_id, placed_at)
            SELECT $1, server_id, placed_at FROM placements WHERE meeting = $2
            """, [past, live])
        try connection.execute(
            "UPDATE joins SET meeting = $1 WHERE meeting = $2 AND joined_at < $3",
            [past, live, .integer(joinedBefore?.milliseconds ?? Int64.max)])
        // Whether somebody pressed record in the first one says nothing of the second.
        try connection.execute(
            """
            UPDATE meetings SET created_at = $1, recording_marks = NULL, epoch = (
                SELECT MAX(other.epoch) + 1 FROM meetings AS other
                WHERE other.account_id = meetings.account_id AND other.meeting_id = meetings.meeting_id
            ) WHERE id = $2
            """, [.integer(now.milliseconds), live])
    }

    fileprivate func renewedID(of number: MeetingNumber) throws -> String? {
        try connection.query("SELECT renewed_id FROM meetings WHERE id = $1", [.integer(number.number)]).first?
            .optionalText(0)
    }

    fileprivate func renew(_ number: MeetingNumber, _ renewal: Store.Renewal, as id: InternalMeetingID) throws {
        try connection.execute("DELETE FROM meeting_documents WHERE meeting = $1", [.integer(number.number)])
        if let document = renewal.document { try keep(document, of: number) }
        try connection.execute(
            """
            UPDATE meetings SET name = $1, parameters = $2, secret_id = $3, callbacks = $4, logout_url = $5, renewed_id = $6
            WHERE id = $7
            """,
            [
                .text(renewal.name), .text(renewal.parameters), SQLValue(renewal.secret),
                .text(renewal.callbacks.stored), SQLValue(renewal.logoutURL), .text(id.rawValue),
                .integer(number.number),
            ])
    }

    /// The server of a meeting made it anew: the old one's connections are free, and the new one asks for its own.
    fileprivate func reserveAnew(_ old: Meeting, _ renewal: Store.Renewal, now: WireTime) throws -> ReservationPool
        .Shortage?
    {
        guard old.reserved != nil || renewal.admission != nil else { return nil }
        try emitReleased(by: old.key, now: now)
        try reservationEnded(old.key)
        var reserved: Meeting.Reserved?
        if let admission = renewal.admission {
            switch try admit(old.key, admission, now: now) {
            case .admitted(let reservation, _):
                reserved = .init(connections: reservation.connections, askedMinutes: admission.askedMinutes)
            case .refused(let shortage):
                try emitRefusal(old.key, shortage, now: now)
                return shortage
            }
        }
        try connection.execute(
            "UPDATE meetings SET connections = $1, asked_minutes = $2 WHERE id = $3",
            [
                SQLValue(reserved.map { Int64($0.connections) }), SQLValue(reserved.map { Int64($0.askedMinutes) }),
                .integer(old.number.number),
            ])
        return nil
    }

    /// What its server has is to be ended there.
    fileprivate func displace(_ number: MeetingNumber, internalID: InternalMeetingID) throws {
        try connection.execute(
            "UPDATE meetings SET state = 'displaced', internal_meeting_id = $1 WHERE id = $2",
            [.text(internalID.rawValue), .integer(number.number)])
        try changed(.meeting, number.number)
    }
}
