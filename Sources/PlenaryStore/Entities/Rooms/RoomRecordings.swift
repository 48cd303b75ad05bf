package import BigBlueButton
package import PlenaryCore

/// The catalogue of recordings of rooms (`rooms-api.md` 7.6): what providers were last seen to have. They are the truth; the
/// catalogue is what limits, events and expiry go by, and what is left of a room that was deleted.
extension Store {
    /// What a provider that was seen to be without a recording may still show of it, until it counts as there again.
    fileprivate static let afterglow = Duration.seconds(3_600)
    /// How long it is remembered that a recording was deleted.
    fileprivate static let remembered = Duration.seconds(30 * 86_400)

    /// Takes in what a provider said of the recordings of one room. In one transaction: of two who heard of the same one tells
    /// that it is ready.
    ///
    /// - Parameters:
    ///   - seen: what it described.
    ///   - gone: as it calls them; it said of each that it is not there.
    ///   - askedAt: when it was asked. What became known after that is not undone by it.
    ///   - source: is asked next at `nextAt`; `nil`: when it is asked stays as it is.
    package func learn(
        at place: RecordingPlace, seen: [RecordingFacts], gone: Set<String> = [], askedAt: WireTime,
        source: RecordingSource? = nil, nextAt: WireTime? = nil, now: WireTime
    ) async throws {
        try await write { transaction in
            // Mostly nothing is new, and then nothing is counted: there may be many.
            let isNews = try !gone.isEmpty || transaction.hasNews(seen, at: place)
            let entitlement =
                try isNews ? CommerceRows.entitlement(transaction.connection, account: place.account.number) : nil
            var before: RecordingTotals?
            if let entitlement {
                before = try RoomRecordingRows.totals(transaction.connection, of: entitlement.subscription)
            }
            for facts in seen { try transaction.learn(facts, at: place, askedAt: askedAt, now: now) }
            for recordID in gone.sorted() {
                let found = try RoomRecordingRows.one(transaction.connection, recordID, at: place.provider)
                guard let known = found, known.deletedAt == nil, known.place.meetingID == place.meetingID,
                    known.changedAt <= askedAt
                else { continue }
                try transaction.markDeleted(known, now: now)
                try transaction.emitDeleted(recordID, at: known.place, now: now)
            }
            if let before, let entitlement {
                let after = try RoomRecordingRows.totals(transaction.connection, of: entitlement.subscription)
                try transaction.emitRecordingQuotas(
                    of: place.account, entitlement.features, before: before, after: after, now: now)
            }
            guard let source else { return }
            try transaction.connection.execute(
                "UPDATE recording_sources SET asked_at = $1, due_at = $2 WHERE id = $3",
                [.integer(askedAt.milliseconds), SQLValue(nextAt?.milliseconds), .integer(source.number)])
        }
    }

    /// Those of one room at one provider that are there, in the order in which they became known.
    package func recordings(at place: RecordingPlace) async throws -> [CataloguedRecording] {
        try await read { try RoomRecordingRows.all($0, at: place) }
    }

    /// Those of all rooms of an account, also of deleted ones, the newest first.
    package func recordings(of account: AccountID) async throws -> [CataloguedRecording] {
        try await read { connection in
            try RoomRecordingRows.found(
                connection,
                "WHERE account_id = $1 AND deleted_at IS NULL ORDER BY COALESCE(started_at, 0) DESC, id DESC",
                [.integer(account.number)])
        }
    }

    /// A recording that a deleted room left to its account.
    package func keptRecording(_ recordID: String, ofRoom roomID: String) async throws -> CataloguedRecording? {
        try await read { connection in
            try RoomRecordingRows.found(
                connection,
                """
                WHERE room_public_id = $1 AND record_id = $2 AND room_id IS NULL AND deleted_at IS NULL ORDER BY id
                """, [.text(roomID), .text(recordID)]
            ).first
        }
    }

    /// How much a subscription and a room have.
    package func recordingUse(of subscription: SubscriptionNumber, and room: RoomNumber) async throws -> RecordingUse {
        try await read { connection in
            RecordingUse(
                subscription: try RoomRecordingRows.totals(connection, of: subscription),
                room: try RoomRecordingRows.totals(connection, of: room))
        }
    }

    /// Some of all that are there, in the order of their numbers.
    package func recordings(after number: Int64, limit: Int) async throws -> [CataloguedRecording] {
        try await read { connection in
            try RoomRecordingRows.found(
                connection, "WHERE id > $1 AND deleted_at IS NULL ORDER BY id LIMIT $2",
                [.integer(number), .integer(Int64(limit))])
        }
    }

    // MARK: what expires

    /// - Returns: `nil` when it was deleted.
    package func recording(_ number: Int64) async throws -> CataloguedRecording? {
        try await read { connection in
            try RoomRecordingRows.found(
                connection, "WHERE id = $1 AND deleted_at IS NULL", [.integer(number)]
            ).first
        }
    }

    /// Tells that a recording will be deleted, once.
    ///
    /// - Parameter end: when.
    package func tellExpiring(_ number: Int64, at end: WireTime, now: WireTime) async throws {
        try await write { transaction in
            let rows = try RoomRecordingRows.found(transaction.connection, "WHERE id = $1", [.integer(number)])
            guard let found = rows.first, found.deletedAt == nil, found.toldExpiringAt == nil else { return }
            try transaction.update(
                "room_recordings", [("told_expiring", .integer(now.milliseconds))], of: number)
            try transaction.emit(
                .recordingExpiring, recording: found.facts.recordID, at: found.place,
                [JSON.Member("expires_at", JSON(end))], now: now)
        }
    }

    /// It will not be deleted after all: before it is, that is told anew.
    package func revokeExpiring(_ number: Int64) async throws {
        try await write { transaction in
            try transaction.update("room_recordings", [("told_expiring", .null)], of: number)
        }
    }

    /// Forgets what was deleted long ago.
    package func trimRecordings(now: WireTime) async throws {
        let oldest = now.advanced(by: .zero - Self.remembered)
        try await write { transaction in
            _ = try transaction.connection.execute(
                "DELETE FROM room_recordings WHERE deleted_at < $1", [.integer(oldest.milliseconds)])
        }
    }

    /// Forgets all that is known of recordings at a provider that was deleted: nobody can ask it any more, and they are its own.
    package func forgetRecordings(at provider: String) async throws {
        try await write { transaction in
            let connection = transaction.connection
            let rows = try connection.query(
                "SELECT id FROM service_providers WHERE public_id = $1", [.text(provider)])
            guard rows.isEmpty else { return }
            try connection.execute(
                "DELETE FROM room_recordings WHERE provider_public_id = $1", [.text(provider)])
            try connection.execute(
                "DELETE FROM recording_sources WHERE provider_public_id = $1", [.text(provider)])
        }
    }
}

extension StoreTransaction {
    /// Whether something that a provider told is not in the catalogue like that.
    fileprivate func hasNews(_ seen: [RecordingFacts], at place: RecordingPlace) throws -> Bool {
        for facts in seen {
            guard let known = try RoomRecordingRows.one(connection, facts.recordID, at: place.provider) else {
                return true
            }
            if known.facts != facts || known.deletedAt != nil { return true }
        }
        return false
    }

    fileprivate func learn(_ facts: RecordingFacts, at place: RecordingPlace, askedAt: WireTime, now: WireTime) throws {
        guard let known = try RoomRecordingRows.one(connection, facts.recordID, at: place.provider) else {
            // The room may have been deleted while its provider was asked, and the account as well.
            let isThere = try place.room.map { try RoomRows.room(connection, $0) != nil } ?? false
            let accounts = try connection.query(
                "SELECT id FROM accounts WHERE id = $1", [.integer(place.account.number)])
            guard !accounts.isEmpty else { return }
            let owned = RecordingPlace(
                account: place.account, room: isThere ? place.room : nil, roomID: place.roomID,
                meetingID: place.meetingID, provider: place.provider)
            let isReady = RecordingState.isReady(facts.state)
            let fixed: [CommerceColumn] = [
                ("id", .integer(try next("room_recording"))), ("record_id", .text(facts.recordID)),
                ("first_seen_at", .integer(now.milliseconds)), ("changed_at", .integer(now.milliseconds)),
                ("told_ready", SQLValue(isReady ? now.milliseconds : nil)),
            ]
            try insert(
                into: "room_recordings",
                fixed + RoomRecordingRows.row(of: owned) + RoomRecordingRows.row(of: facts))
            if isReady { try emitReady(facts, at: owned, now: now) }
            return
        }
        // Whose it is does not change by what a provider says.
        guard known.place.meetingID == place.meetingID, known.place.account == place.account else { return }
        if let deletedAt = known.deletedAt, askedAt.since(deletedAt) < Store.afterglow { return }
        guard known.facts != facts || known.deletedAt != nil, known.changedAt <= askedAt else { return }
        let isNews = known.toldReadyAt == nil && RecordingState.isReady(facts.state)
        let told = known.toldReadyAt?.milliseconds ?? (isNews ? now.milliseconds : nil)
        let rest: [CommerceColumn] = [
            ("changed_at", .integer(now.milliseconds)), ("deleted_at", .null), ("told_ready", SQLValue(told)),
        ]
        try update("room_recordings", RoomRecordingRows.row(of: facts) + rest, of: known.number)
        if isNews { try emitReady(facts, at: known.place, now: now) }
    }

    fileprivate func markDeleted(_ known: CataloguedRecording, now: WireTime) throws {
        let row: [CommerceColumn] = [
            ("deleted_at", .integer(now.milliseconds)), ("changed_at", .integer(now.milliseconds)),
        ]
        try update("room_recordings", row, of: known.number)
    }

    /// What we did with a recording.
    ///
    /// - Parameter state: that it has from now on; `nil`: it was deleted.
    func noteInCatalogue(_ recordID: String, at place: RecordingPlace, state: String?, now: WireTime) throws {
        guard let known = try RoomRecordingRows.one(connection, recordID, at: place.provider),
            known.place.meetingID == place.meetingID
        else { return }
        guard let state else { return try markDeleted(known, now: now) }
        let row: [CommerceColumn] = [("state", .text(state)), ("changed_at", .integer(now.milliseconds))]
        try update("room_recordings", row, of: known.number)
    }

    // MARK: events

    func emit(
        _ type: EventType, recording recordID: String, at place: RecordingPlace, _ more: [JSON.Member] = [],
        now: WireTime
    ) throws {
        let members = [
            JSON.Member("room_id", .text(place.roomID)), JSON.Member("provider_id", .text(place.provider)),
            JSON.Member("provider_recording_id", .text(recordID)),
        ]
        // As the API names it.
        try emit(
            type, EventSubject("Recording", place.id(of: recordID)), in: place.account, .object(members + more),
            now: now)
    }

    func emitDeleted(_ recordID: String, at place: RecordingPlace, now: WireTime) throws {
        try emit(.recordingDeleted, recording: recordID, at: place, now: now)
    }

    private func emitReady(_ facts: RecordingFacts, at place: RecordingPlace, now: WireTime) throws {
        let data = [
            JSON.Member("started_at", JSON(facts.startedAt)), JSON.Member("ended_at", JSON(facts.endedAt)),
            JSON.Member("size_bytes", JSON(facts.size)), JSON.Member("published", .bool(facts.state == "published")),
        ]
        try emit(.recordingReady, recording: facts.recordID, at: place, data, now: now)
    }

    fileprivate func emitRecordingQuotas(
        of account: AccountID, _ features: FeatureSet, before: RecordingTotals, after: RecordingTotals, now: WireTime
    ) throws {
        try emitQuota(
            .maxRecordings, of: account, limit: features.limit(of: .maxRecordings), before: before.count,
            after: after.count, now: now)
        try emitQuota(
            .maxStorage, of: account, limit: features.limit(of: .maxStorage), unit: RecordingTotals.gigabyte,
            before: before.size, after: after.size, now: now)
    }
}
