internal import BigBlueButton
internal import PlenaryCore

enum RoomRecordingRows {
    private static let columns = """
        id, account_id, room_id, room_public_id, meeting_id, provider_public_id, record_id, internal_id, name, state,
        participants, size, formats, started_at, ended_at, first_seen_at, changed_at, deleted_at, told_ready,
        told_expiring
        """

    static func found(_ connection: any SQLConnection, _ condition: String, _ values: [SQLValue]) throws
        -> [CataloguedRecording]
    {
        try connection.query("SELECT \(columns) FROM room_recordings \(condition)", values).map { try read($0) }
    }

    /// Also one that was deleted.
    static func one(_ connection: any SQLConnection, _ recordID: String, at provider: String) throws
        -> CataloguedRecording?
    {
        try found(
            connection, "WHERE provider_public_id = $1 AND record_id = $2", [.text(provider), .text(recordID)]
        ).first
    }

    /// Those of a room at a provider that are there.
    static func all(_ connection: any SQLConnection, at place: RecordingPlace) throws -> [CataloguedRecording] {
        try found(
            connection, "WHERE provider_public_id = $1 AND meeting_id = $2 AND deleted_at IS NULL ORDER BY id",
            [.text(place.provider), .text(place.meetingID)])
    }

    static func totals(_ connection: any SQLConnection, of subscription: SubscriptionNumber) throws -> RecordingTotals {
        try totals(
            connection, "account_id IN (SELECT id FROM accounts WHERE subscription_id = $1)", subscription.number)
    }

    static func totals(_ connection: any SQLConnection, of room: RoomNumber) throws -> RecordingTotals {
        try totals(connection, "room_id = $1", room.number)
    }

    private static func totals(_ connection: any SQLConnection, _ condition: String, _ number: Int64) throws
        -> RecordingTotals
    {
        // A sum of 64 bits is of another type elsewhere.
        let rows = try connection.query(
            """
            SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM room_recordings
            WHERE deleted_at IS NULL AND \(condition)
            """, [.integer(number)])
        guard let row = rows.first else { return RecordingTotals(count: 0, size: 0) }
        return RecordingTotals(count: Int(try row.integer(0)), size: Int(try row.integer(1)))
    }

    /// What its provider tells of it.
    static func row(of facts: RecordingFacts) -> [CommerceColumn] {
        [
            ("internal_id", SQLValue(facts.internalID)), ("name", .text(facts.name)), ("state", .text(facts.state)),
            ("participants", integer(facts.participants)), ("size", integer(facts.size)),
            ("formats", .text(facts.formats.encoded)), ("started_at", SQLValue(facts.startedAt?.milliseconds)),
            ("ended_at", SQLValue(facts.endedAt?.milliseconds)),
        ]
    }

    static func row(of place: RecordingPlace) -> [CommerceColumn] {
        [
            ("account_id", .integer(place.account.number)), ("room_id", SQLValue(place.room?.number)),
            ("room_public_id", .text(place.roomID)), ("meeting_id", .text(place.meetingID)),
            ("provider_public_id", .text(place.provider)),
        ]
    }

    private static func integer(_ number: Int?) -> SQLValue { SQLValue(number.map { Int64($0) }) }

    static func readPlace(_ reader: inout ColumnReader) throws(StoreFault) -> RecordingPlace {
        let account = AccountID(try reader.integer())
        let room = try reader.optionalInteger()
        let (roomID, meetingID, provider) = (try reader.text(), try reader.text(), try reader.text())
        return RecordingPlace(
            account: account, room: room.map { RoomNumber($0) }, roomID: roomID, meetingID: meetingID,
            provider: provider)
    }

    private static func read(_ row: SQLRow) throws -> CataloguedRecording {
        var reader = ColumnReader(row)
        let number = try reader.integer()
        let place = try readPlace(&reader)
        let recordID = try reader.text()
        let internalID = try reader.optionalText()
        let (name, state) = (try reader.text(), try reader.text())
        let (participants, size) = (try reader.optionalInteger(), try reader.optionalInteger())
        let formatsText = try reader.text()
        let formats: JSON
        do throws(JSONReader.Fault) { formats = try JSONReader.read(Array(formatsText.utf8)) } catch {
            throw StoreFault.unreadable("formats of a recording")
        }
        let (startedAt, endedAt) = (try reader.optionalTime(), try reader.optionalTime())
        let (firstSeenAt, changedAt) = (try reader.time(), try reader.time())
        let deletedAt = try reader.optionalTime()
        let (toldReadyAt, toldExpiringAt) = (try reader.optionalTime(), try reader.optionalTime())
        return CataloguedRecording(
            number: number, place: place,
            facts: RecordingFacts(
                recordID: recordID, internalID: internalID, name: name, state: state,
                participants: participants.map { Int($0) }, size: size.map { Int($0) }, formats: formats,
                startedAt: startedAt, endedAt: endedAt),
            firstSeenAt: firstSeenAt, changedAt: changedAt, deletedAt: deletedAt, toldReadyAt: toldReadyAt,
            toldExpiringAt: toldExpiringAt)
    }
}

enum RecordingSourceRows {
    static func found(_ connection: any SQLConnection, _ condition: String, _ values: [SQLValue]) throws
        -> [RecordingSource]
    {
        let rows = try connection.query(
            """
            SELECT id, account_id, room_id, room_public_id, meeting_id, provider_public_id, ended_at, due_at
            FROM recording_sources \(condition)
            """, values)
        return try rows.map { row in
            var reader = ColumnReader(row)
            let number = try reader.integer()
            let place = try RoomRecordingRows.readPlace(&reader)
            let endedAt = try reader.time()
            return RecordingSource(number: number, place: place, endedAt: endedAt, dueAt: try reader.optionalTime())
        }
    }
}
