package import BigBlueButton
internal import PlenaryCore

/// What happens to rooms, their tokens and their sessions.
extension StoreTransaction {
    func emit(_ type: EventType, _ room: Room, now: WireTime) throws {
        let data: JSON = [
            "room_name": .text(room.details.name), "status": .text(room.details.status.rawValue),
            "is_public": .bool(room.details.isPublic), "room_type": .text(room.type.rawValue),
        ]
        try emit(type, EventSubject("Room", room.identity.id), in: room.account, data, now: now)
    }

    /// Never with the token itself.
    func emit(_ type: EventType, token id: String, of number: RoomNumber, _ data: [JSON.Member] = [], now: WireTime)
        throws
    {
        guard let room = try RoomRows.room(connection, number) else { return }
        let members = [JSON.Member("room_id", .text(room.identity.id))] + data
        try emit(type, EventSubject("RoomToken", id), in: room.account, .object(members), now: now)
    }

    func emit(_ type: EventType, _ session: RoomSession, _ data: [JSON.Member] = [], now: WireTime) throws {
        guard let room = try RoomRows.room(connection, session.room) else { return }
        let members = [JSON.Member("room_id", .text(session.roomID))] + data
        try emit(type, EventSubject("Session", session.identity.id), in: room.account, .object(members), now: now)
    }

    func emitStart(of session: RoomSession, now: WireTime) throws {
        let data = [JSON.Member("provider_id", JSON(session.provider?.id))]
        try emit(.sessionStarted, session, data, now: now)
    }

    /// Of one that never ran nobody heard.
    func emitEnd(of session: RoomSession, reason: SessionEndReason, now: WireTime) throws {
        guard session.state == .running else { return }
        let data = [
            JSON.Member("reason", .text(reason.rawValue)), JSON.Member("started_at", JSON(session.startedAt)),
            JSON.Member("peak_participants", .integer(session.peakParticipants)),
        ]
        try emit(.sessionEnded, session, data, now: now)
    }

    /// - Parameter before: how many were in when the provider was last asked.
    func emitPeople(in session: RoomSession, before: Int, after: Int, now: WireTime) throws {
        guard before != after else { return }
        let data = [
            JSON.Member("count", .integer(abs(after - before))), JSON.Member("participants", .integer(after)),
        ]
        try emit(after > before ? .participantJoined : .participantLeft, session, data, now: now)
    }
}

extension StoreTransaction {
    /// A server told that a recording is ready, in a callback that its front-end asked for.
    func emitReady(_ delivery: NewDelivery, now: WireTime) throws {
        guard delivery.kind == .recording, let meeting = delivery.meeting,
            let row = try connection.query(
                "SELECT meeting_id FROM meetings WHERE id = $1", [.integer(meeting.number)]
            ).first,
            // Of a breakout room its own id stands behind that of the recording.
            let recording = delivery.payload.split(separator: " ").first
        else { return }
        let data: JSON = [
            "meeting_id": .text(try row.text(0)), "provider_recording_id": .text(String(recording)),
        ]
        try emit(
            .recordingReady, EventSubject("Recording", String(recording)), in: delivery.account, data, now: now)
    }
}

extension Store {
    /// How late it may be told that a token is over: who was away longer tells it no more.
    private static let lateness = Duration.seconds(86_400)

    /// Tells of tokens whose time is over, each once for each end that it had.
    package func tellExpiredTokens(now: WireTime) async throws {
        let condition = """
            expires_at <= $1 AND expires_at > $2 AND (told_expiry IS NULL OR told_expiry <> expires_at)
            """
        let since = now.advanced(by: .zero - Self.lateness)
        let values: [SQLValue] = [.integer(now.milliseconds), .integer(since.milliseconds)]
        let isAnything = try await read { connection in
            try !connection.query("SELECT id FROM room_tokens WHERE \(condition) LIMIT 1", values).isEmpty
        }
        guard isAnything else { return }
        try await write { transaction in
            let rows = try transaction.connection.query(
                "SELECT id, public_id, room_id, expires_at FROM room_tokens WHERE \(condition) ORDER BY id LIMIT 1000",
                values)
            for row in rows {
                let end = try row.integer(3)
                try transaction.connection.execute(
                    "UPDATE room_tokens SET told_expiry = $1 WHERE id = $2",
                    [.integer(end), .integer(try row.integer(0))])
                let data = [JSON.Member("expires_at", JSON(WireTime(milliseconds: end)))]
                try transaction.emit(
                    .roomTokenExpired, token: try row.text(1), of: RoomNumber(try row.integer(2)), data, now: now)
            }
        }
    }
}
