package import BigBlueButton
package import PlenaryCore

/// When providers are asked for the recordings of rooms (see ``RecordingSchedule``). It is written down, so that nothing is
/// missed by a restart, or while a provider is away.
extension Store {
    /// The public ids of the providers that are to be asked by now.
    package func recordingProvidersDue(at now: WireTime) async throws -> [String] {
        try await read { connection in
            let rows = try connection.query(
                """
                SELECT DISTINCT provider_public_id FROM recording_sources WHERE due_at <= $1
                ORDER BY provider_public_id
                """, [.integer(now.milliseconds)])
            return try rows.map { try $0.text(0) }
        }
    }

    /// What one provider is to be asked by now, that which waits longest first.
    package func recordingSourcesDue(on provider: String, at now: WireTime, limit: Int) async throws
        -> [RecordingSource]
    {
        try await read { connection in
            try RecordingSourceRows.found(
                connection, "WHERE provider_public_id = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT $3",
                [.text(provider), .integer(now.milliseconds), .integer(Int64(limit))])
        }
    }

    /// All of one room.
    package func recordingSources(of room: RoomNumber) async throws -> [RecordingSource] {
        try await read { connection in
            try RecordingSourceRows.found(connection, "WHERE room_id = $1 ORDER BY id", [.integer(room.number)])
        }
    }

    /// It did not answer.
    ///
    /// - Parameter dueAt: when it is asked again.
    package func postponeRecordings(_ source: RecordingSource, until dueAt: WireTime) async throws {
        try await write { transaction in
            try transaction.update(
                "recording_sources", [("due_at", .integer(dueAt.milliseconds))], of: source.number)
        }
    }

    /// Somebody says that there is news of the recordings of a room: its providers are asked in the next round. Who says it again
    /// and again changes nothing.
    ///
    /// - Parameter meetingID: the room's uuid; the room may be deleted.
    /// - Returns: whether anything of that room was ever recorded.
    @discardableResult
    package func wantRecordings(ofMeeting meetingID: String, now: WireTime) async throws -> Bool {
        let sources = try await read { connection in
            try RecordingSourceRows.found(connection, "WHERE meeting_id = $1", [.text(meetingID)])
        }
        guard sources.contains(where: { $0.dueAt.map { $0 > now } ?? true }) else { return !sources.isEmpty }
        try await write { transaction in
            _ = try transaction.connection.execute(
                "UPDATE recording_sources SET due_at = $1 WHERE meeting_id = $2 AND (due_at IS NULL OR due_at > $3)",
                [.integer(now.milliseconds), .text(meetingID), .integer(now.milliseconds)])
        }
        return true
    }
}

extension StoreTransaction {
    /// A session is over, and its provider may have recorded it.
    func noteRecordingSource(of session: RoomSession, now: WireTime) throws {
        guard let provider = session.provider, session.startedAt != nil, session.used.allows(.recording),
            let room = try RoomRows.room(connection, session.room)
        else { return }
        let due = SQLValue.integer(now.advanced(by: RecordingSchedule.first).milliseconds)
        let known = try RecordingSourceRows.found(
            connection, "WHERE provider_public_id = $1 AND meeting_id = $2",
            [.text(provider.id), .text(session.meetingID)])
        if let known = known.first {
            let row: [CommerceColumn] = [("ended_at", .integer(now.milliseconds)), ("due_at", due)]
            return try update("recording_sources", row, of: known.number)
        }
        let place = RecordingPlace(
            account: room.account, room: room.number, roomID: room.identity.id, meetingID: session.meetingID,
            provider: provider.id)
        let fixed: [CommerceColumn] = [
            ("id", .integer(try next("recording_source"))), ("ended_at", .integer(now.milliseconds)), ("due_at", due),
        ]
        try insert(into: "recording_sources", fixed + RoomRecordingRows.row(of: place))
    }

    /// A room is about to be deleted: what it leaves behind is looked at once more, soon.
    func noteRecordingsLeft(by room: Room, _ session: RoomSession?, now: WireTime) throws {
        if let session { try noteRecordingSource(of: session, now: now) }
        try connection.execute(
            "UPDATE recording_sources SET due_at = $1 WHERE room_id = $2",
            [.integer(now.milliseconds), .integer(room.number.number)])
    }
}
