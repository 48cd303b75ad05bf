internal import BigBlueButton
internal import PlenaryCore

enum RoomSessionRows {
    static let tables = "room_sessions AS x JOIN rooms AS r ON r.id = x.room_id"

    private static let columns = """
        x.id, x.public_id, x.uuid, x.ulid, x.room_id, r.public_id, x.state, x.attempt, x.attempted_at, x.provider_id,
        x.provider_public_id, x.provider_type, x.meeting_id, x.provider_session_id, x.create_time, x.started_at,
        x.ended_at, x.end_reason, x.owes_end, x.used_features, x.used_settings, x.recorded, x.peak_participants, x.participant_time,
        x.observed_at, x.participants, x.moderators, x.guests, x.waiting, x.listeners, x.voices, x.videos,
        x.is_recording, x.created_at
        """

    static func found(_ connection: any SQLConnection, _ condition: String, _ values: [SQLValue]) throws
        -> [RoomSession]
    {
        try connection.query("SELECT \(columns) FROM \(tables) \(condition)", values).map { try read($0) }
    }

    static func session(_ connection: any SQLConnection, _ number: RoomSessionNumber) throws -> RoomSession? {
        try found(connection, "WHERE x.id = $1", [.integer(number.number)]).first
    }

    /// The one that has the lock of the room.
    static func live(_ connection: any SQLConnection, of room: RoomNumber) throws -> RoomSession? {
        try found(connection, "WHERE x.room_id = $1 AND x.state <> 'ended'", [.integer(room.number)]).first
    }

    /// Those of ``concurrent(_:of:)`` that have started. One that is brought to another server has.
    static func running(_ connection: any SQLConnection, of subscription: SubscriptionNumber) throws -> Int {
        let meetings = try CommerceRows.count(
            connection,
            """
            SELECT COUNT(*) FROM meetings WHERE (state = 'running' OR (state = 'creating' AND replaces IS NOT NULL))
            AND account_id IN (SELECT id FROM accounts WHERE subscription_id = $1)
            """, subscription.number)
        let sessions = try CommerceRows.count(
            connection,
            """
            SELECT COUNT(*) FROM room_sessions AS x JOIN rooms AS r ON r.id = x.room_id
            WHERE x.state = 'running' AND (x.provider_type IS NULL OR x.provider_type <> 'fleet')
            AND r.account_id IN (SELECT id FROM accounts WHERE subscription_id = $1)
            """, subscription.number)
        return meetings + sessions
    }

    /// What runs at once of a subscription: meetings of its accounts, and sessions that are no meetings of our own servers. Those
    /// of the fleet are among the meetings.
    static func concurrent(_ connection: any SQLConnection, of subscription: SubscriptionNumber) throws -> Int {
        let meetings = try CommerceRows.count(
            connection,
            """
            SELECT COUNT(*) FROM meetings WHERE state IN ('creating', 'running')
            AND account_id IN (SELECT id FROM accounts WHERE subscription_id = $1)
            """, subscription.number)
        let sessions = try CommerceRows.count(
            connection,
            """
            SELECT COUNT(*) FROM room_sessions AS x JOIN rooms AS r ON r.id = x.room_id
            WHERE x.state <> 'ended' AND (x.provider_type IS NULL OR x.provider_type <> 'fleet')
            AND r.account_id IN (SELECT id FROM accounts WHERE subscription_id = $1)
            """, subscription.number)
        return meetings + sessions
    }

    static func row(of provider: RoomSessionProvider?) -> [CommerceColumn] {
        [
            ("provider_id", SQLValue(provider?.number)), ("provider_public_id", SQLValue(provider?.id)),
            ("provider_type", SQLValue(provider?.type.rawValue)),
        ]
    }

    private static func read(_ row: SQLRow) throws -> RoomSession {
        var reader = ColumnReader(row)
        let number = RoomSessionNumber(try reader.integer())
        let identity = try reader.identity()
        let room = RoomNumber(try reader.integer())
        let roomID = try reader.text()
        let state: RoomSession.State = try reader.word("state of a session")
        let attempt = Int(try reader.integer())
        let attemptedAt = try reader.time()
        let providerNumber = try reader.optionalInteger()
        let (providerID, typeWord) = (try reader.optionalText(), try reader.optionalText())
        let meetingID = try reader.text()
        let providerSessionID = try reader.optionalText()
        let createTime = try reader.optionalInteger()
        let (startedAt, endedAt) = (try reader.optionalTime(), try reader.optionalTime())
        let reasonWord = try reader.optionalText()
        let owesEnd = try reader.flag()
        let used = try reader.storedFeatures()
        let settings = RoomSettings(try reader.storedScalars())
        let wasRecorded = try reader.flag()
        let peak = Int(try reader.integer())
        let participantTime = try reader.integer()
        let observedAt = try reader.optionalTime()
        var provider: RoomSessionProvider?
        if let providerID, let typeWord {
            guard let type = RoomProviderType(rawValue: typeWord) else {
                throw StoreFault.unreadable("type of a provider")
            }
            provider = RoomSessionProvider(number: providerNumber, id: providerID, type: type)
        }
        var reason: SessionEndReason?
        if let reasonWord {
            guard let known = SessionEndReason(rawValue: reasonWord) else {
                throw StoreFault.unreadable("reason of an end")
            }
            reason = known
        }
        var figures = MeetFigures(startedAt: startedAt ?? attemptedAt)
        figures.participants = Int(try reader.integer())
        figures.moderators = Int(try reader.integer())
        figures.guests = Int(try reader.integer())
        figures.waiting = Int(try reader.integer())
        figures.listeners = Int(try reader.integer())
        figures.voices = Int(try reader.integer())
        figures.videos = Int(try reader.integer())
        figures.isRecording = try reader.flag()
        figures.mostParticipants = used.limit(of: .maxParticipants)
        let createdAt = try reader.time()
        return RoomSession(
            number: number, identity: identity, room: room, roomID: roomID, state: state, attempt: attempt,
            attemptedAt: attemptedAt, provider: provider, meetingID: meetingID, providerSessionID: providerSessionID,
            createTime: createTime, startedAt: startedAt, endedAt: endedAt, endReason: reason, owesEnd: owesEnd,
            used: used, settings: settings, wasRecorded: wasRecorded, peakParticipants: peak,
            participantMinutes: Int(participantTime / 60_000), figures: startedAt == nil ? nil : figures,
            observedAt: observedAt, createdAt: createdAt)
    }
}
