internal import BigBlueButton
package import PlenaryCore

/// A page of rooms.
package struct RoomPage: Sendable, Hashable {
    package let rooms: [Room]
    /// Of all pages; `nil` behind a cursor, where nobody counts.
    package let total: Int?
    /// Where the next page begins; `nil`: this is the last one.
    package let next: Cursor?
}

/// What rooms may be asked for in lists (`rooms-api.md` 2.6).
package enum RoomList {
    package static let schema = ResourceSchema(
        "Room",
        fields: ResourceSchema.commonFields + [
            ResourceSchema.Field("customer_id", filter: .identifier),
            ResourceSchema.Field("account_id", filter: .identifier),
            ResourceSchema.Field("subscription_id", filter: .identifier),
            ResourceSchema.Field("room_name", sorts: true, searched: true),
            ResourceSchema.Field(
                "status", filter: .choice(RoomDetails.Status.allCases.map(\.rawValue)), sorts: true),
            ResourceSchema.Field("is_public", filter: .bool, sorts: true),
            ResourceSchema.Field("room_type", filter: .choice(RoomType.allCases.map(\.rawValue)), sorts: true),
            ResourceSchema.Field("slug", sorts: true, searched: true), ResourceSchema.Field("url"),
            ResourceSchema.Field("room_features"), ResourceSchema.Field("room_settings"),
            ResourceSchema.Field("room_metadata", filter: .metadata),
        ],
        otherFilters: ["live": .bool],
        relationships: ["tokens", "access_codes", "users", "effective_features", "status"].map {
            ResourceSchema.Relationship($0, nil)
        } + [ResourceSchema.Relationship("account", "Account")])

    /// Where a room stands in the order of a list, for its cursor.
    package static func key(of room: Room, _ field: String) -> FilterValue? {
        switch field {
        case "created_at": .time(room.createdAt)
        case "updated_at": .time(room.updatedAt)
        case "ulid": .text(room.identity.ulid)
        case "room_name": .text(room.details.name)
        case "status": .text(room.details.status.rawValue)
        case "is_public": .bool(room.details.isPublic)
        case "room_type": .text(room.type.rawValue)
        case "slug": .text(room.details.slug)
        default: nil
        }
    }

    /// What is searched, as it is stored. A slug has no capitals and no accents.
    fileprivate static let folded = ["room_name": "r.folded_name", "slug": "r.slug"]

    fileprivate static func filtered(_ field: String) -> ListField? {
        switch field {
        case "id", "uuid", "ulid": .identifier("r")
        case "customer_id": .identifier("c")
        case "account_id": .identifier("a")
        case "subscription_id": .identifier("s")
        case "live":
            .condition("EXISTS (SELECT 1 FROM room_sessions AS l WHERE l.room_id = r.id AND l.state = 'running')")
        case "room_metadata": .keys(table: "room_metadata_keys", belongs: "k.room_id = r.id")
        default: sorted(field)
        }
    }

    fileprivate static func sorted(_ field: String) -> ListField? {
        switch field {
        case "created_at": .time("r.created_at")
        case "updated_at": .time("r.updated_at")
        case "ulid": .text("r.ulid")
        case "room_name": .text("r.name")
        case "status": .text("r.status")
        case "is_public": .bool("r.is_public")
        case "room_type": .text("r.type")
        case "slug": .text("r.slug")
        default: nil
        }
    }
}

extension Store {
    /// A list of rooms, in SQL: filters, search, order, one page.
    ///
    /// - Parameters:
    ///   - query: read with ``RoomList/schema``.
    ///   - reach: whose rooms there are at all.
    ///   - viewer: only rooms that this user owns, may see (`room.view`), or that are of accounts that they own; `nil`: all.
    /// - Throws: ``StoreFault/unreadable(_:)`` when the query was read with another schema.
    package func rooms(_ query: ListQuery, reach: Reach, viewer: UserNumber? = nil) async throws -> RoomPage {
        try await read { connection in
            var statement = ListStatement()
            switch reach {
            case .platform: break
            case .customers(let customers):
                let numbers = customers.sorted { $0.number < $1.number }
                statement.require(statement.isAny("c.id", of: numbers.map { .integer($0.number) }))
            }
            if let viewer { try statement.require(viewer: viewer, connection) }
            try statement.require(query.filters) { RoomList.filtered($0) }
            statement.require(query.search, folded: RoomList.folded)

            let total: Int?
            let rest: String
            switch query.place {
            case .page:
                let row = try connection.query(
                    "SELECT COUNT(*) FROM \(RoomRows.tables)\(statement.clause)", statement.values
                ).first
                total = Int(try row?.integer(0) ?? 0)
                let limit = statement.place(.integer(Int64(query.limit + 1)))
                rest = " LIMIT \(limit) OFFSET \(statement.place(.integer(Int64(query.offset ?? 0))))"
            case .after(let cursor):
                total = nil
                try statement.require(after: cursor, query, ulid: "r.ulid") { RoomList.sorted($0) }
                rest = " LIMIT \(statement.place(.integer(Int64(query.limit + 1))))"
            }
            let order = try ListStatement.order(query, ulid: "r.ulid") { RoomList.sorted($0) }
            // One more than is shown: whether there is a page behind this one.
            let found = try RoomRows.found(connection, "\(statement.clause)\(order)\(rest)", statement.values)
            let page = Array(found.prefix(query.limit))
            let last = found.count > page.count ? page.last : nil
            return RoomPage(
                rooms: page, total: total,
                next: last.map { room in
                    Cursor(
                        sort: query.sort, keys: query.sort.map { RoomList.key(of: room, $0.field) },
                        ulid: room.identity.ulid)
                })
        }
    }
}

extension ListStatement {
    fileprivate mutating func require(viewer: UserNumber, _ connection: any SQLConnection) throws {
        let accounts = try MemberRows.ownedAccounts(connection, of: viewer).sorted { $0.number < $1.number }
        let user = place(.integer(viewer.number))
        // No permission's name is part of another one's.
        let held = """
            EXISTS (SELECT 1 FROM room_users AS m WHERE m.room_id = r.id AND m.user_id = \(user)
                AND (m.is_owner = 1 OR m.permissions LIKE '%room.view%'))
            """
        require("\(held) OR \(isAny("r.account_id", of: accounts.map { .integer($0.number) }))")
        // Customers that let nobody in show nothing: what is listed can be opened.
        let open = CustomerStatus.allCases.filter(\.maySignIn).map { "'\($0.rawValue)'" }
        require("c.status IS NULL OR c.status IN (\(open.joined(separator: ", ")))")
    }
}
