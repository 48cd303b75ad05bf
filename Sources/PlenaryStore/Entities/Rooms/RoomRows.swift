internal import BigBlueButton
internal import PlenaryCore

enum RoomRows {
    /// Of whom a room is follows from its account. What an account without a subscription has is of no customer: `''`.
    static let tables = """
        rooms AS r JOIN accounts AS a ON a.id = r.account_id LEFT JOIN subscriptions AS s ON s.id = a.subscription_id
        LEFT JOIN customers AS c ON c.id = s.customer_id
        """

    static let columns = """
        r.id, r.public_id, r.uuid, r.ulid, r.account_id, a.public_id, COALESCE(c.public_id, ''),
        COALESCE(s.public_id, ''), r.type, r.created_at, r.updated_at, r.name, r.status, r.is_public, r.slug, r.features,
        r.settings, r.metadata
        """

    static func found(_ connection: any SQLConnection, _ condition: String, _ values: [SQLValue]) throws -> [Room] {
        try connection.query("SELECT \(columns) FROM \(tables) \(condition)", values).map { try read($0) }
    }

    static func room(_ connection: any SQLConnection, _ number: RoomNumber) throws -> Room? {
        try found(connection, "WHERE r.id = $1", [.integer(number.number)]).first
    }

    /// Rooms of all accounts of a subscription, inactive ones too.
    static func count(_ connection: any SQLConnection, of subscription: SubscriptionNumber) throws -> Int {
        try CommerceRows.count(
            connection,
            """
            SELECT COUNT(*) FROM rooms AS r JOIN accounts AS a ON a.id = r.account_id WHERE a.subscription_id = $1
            """, subscription.number)
    }

    static func row(of details: RoomDetails) -> [CommerceColumn] {
        [
            ("name", .text(details.name)), ("folded_name", .text(SearchText.folded(details.name))),
            ("status", .text(details.status.rawValue)), ("is_public", .integer(details.isPublic ? 1 : 0)),
            ("slug", .text(details.slug)), ("features", .text(StoredJSON.text(of: details.features.given))),
            ("settings", .text(StoredJSON.text(of: details.settings.given))),
            ("metadata", .text(details.metadata.json)),
        ]
    }

    static func read(_ row: SQLRow) throws -> Room {
        var reader = ColumnReader(row)
        let number = RoomNumber(try reader.integer())
        let identity = try reader.identity()
        let account = AccountID(try reader.integer())
        let accountID = try reader.text()
        let (customerID, subscriptionID) = (try reader.text(), try reader.text())
        let type: RoomType = try reader.word("type of a room")
        let (createdAt, updatedAt) = (try reader.time(), try reader.time())
        let name = try reader.text()
        let status: RoomDetails.Status = try reader.word("status of a room")
        let isPublic = try reader.flag()
        let slug = try reader.text()
        let (features, settings) = (try reader.storedScalars(), try reader.storedScalars())
        let metadata = try reader.storedMetadata()
        return Room(
            number: number, identity: identity, account: account, accountID: accountID, customerID: customerID,
            subscriptionID: subscriptionID, type: type,
            details: RoomDetails(
                name: name, status: status, isPublic: isPublic, slug: slug, features: RoomFeatures(features),
                settings: RoomSettings(settings), metadata: metadata),
            createdAt: createdAt, updatedAt: updatedAt)
    }

    // MARK: what is beside the row

    /// Writes anew by what metadata a room is found.
    static func writeKeys(_ connection: any SQLConnection, _ metadata: Metadata, of room: RoomNumber) throws {
        try connection.execute("DELETE FROM room_metadata_keys WHERE room_id = $1", [.integer(room.number)])
        for (name, value) in metadata.members.sorted(by: { $0.key < $1.key }) {
            guard let text = value.filterText else { continue }
            try connection.execute(
                "INSERT INTO room_metadata_keys (room_id, name, value) VALUES ($1, $2, $3)",
                [.integer(room.number), .text(name), .text(text)])
        }
    }

    /// Whether there was a room of one of these names, or of that one.
    static func removed(_ connection: any SQLConnection, _ reference: ResourceReference) throws -> WireTime? {
        let place = CommerceRows.place(of: reference)
        let rows = try connection.query("SELECT removed_at FROM gone_rooms WHERE \(place.name) = $1", [place.value])
        return try rows.first.map { WireTime(milliseconds: try $0.integer(0)) }
    }
}

extension Metadata.Value {
    /// A scalar as `filter[room_metadata.key]` writes it (`rooms-api.md` 2.6); `nil`: no filter finds it.
    var filterText: String? {
        guard case .scalar(let scalar) = self else { return nil }
        switch scalar {
        case .null: return nil
        case .bool(let bool): return bool ? "true" : "false"
        case .integer(let number): return String(number)
        case .number(let number): return String(number)
        case .text(let text): return text
        }
    }
}
