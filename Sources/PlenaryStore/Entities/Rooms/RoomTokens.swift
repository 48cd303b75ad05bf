package import BigBlueButton
package import PlenaryCore

/// What a token is called and what it is, before there is one.
package struct RoomTokenSeed: Sendable {
    /// Names it in the API.
    package let id: String
    package let text: RoomTokenText

    package init(at now: WireTime, using random: inout some RandomNumberGenerator) {
        id = ResourceIdentity(at: now, using: &random).id
        text = RoomTokenText(using: &random)
    }
}

extension Store {
    /// A token, and whose it is.
    package struct FoundToken: Sendable, Hashable {
        package let room: RoomNumber
        package let token: RoomToken
    }

    /// - Throws: ``RoomFaults``; ``RoomCreationRefusal`` when the subscription does not let anything be made;
    ///   ``RoomProblem`` `.roomNotFound`.
    package func addToken(
        _ given: RoomTokenDetails, to room: RoomNumber, seed: RoomTokenSeed, now: WireTime
    ) async throws -> RoomToken {
        let details = try given.checked()
        let actor = AuditActor.current
        return try await write { transaction in
            try transaction.mayCreate(in: room, now: now)
            let token = try transaction.addToken(details, seed, to: room, isAutomatic: false, now: now)
            try transaction.note(.tokenCreated, of: room, by: actor, subject: token.id, now: now)
            return token
        }
    }

    /// Newest first. What does not open is not among them; it lets nobody in.
    package func tokens(of room: RoomNumber) async throws -> [RoomToken] {
        try await read { connection in
            try RoomTokenRows.found(connection, "WHERE room_id = $1 ORDER BY id DESC", [.integer(room.number)]).map(
                \.token)
        }
    }

    /// Some of the tokens of a room, the newest first.
    package struct RoomTokenPage: Sendable, Hashable {
        /// Without those that do not open.
        package let tokens: [RoomToken]
        /// The last one of the page, where there are more behind it.
        package let last: Last?

        package struct Last: Sendable, Hashable {
            package let number: RoomTokenNumber
            package let createdAt: WireTime
        }
    }

    /// The same as ``tokens(of:)``, but only what stands on a page is opened.
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - offset: how many newer ones are left out.
    ///   - before: only what was made before that; `nil`: all.
    package func tokens(
        of room: RoomNumber, limit: Int, offset: Int = 0, before: RoomTokenNumber? = nil
    ) async throws -> RoomTokenPage {
        try await read { connection in
            let page = "WHERE room_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3 OFFSET $4"
            func values(_ count: Int) -> [SQLValue] {
                [
                    .integer(room.number), .integer(before?.number ?? .max), .integer(Int64(count)),
                    .integer(Int64(offset)),
                ]
            }
            let places = try connection.query("SELECT id, created_at FROM room_tokens \(page)", values(limit + 1))
            var last: RoomTokenPage.Last?
            if limit > 0, places.count > limit {
                last = RoomTokenPage.Last(
                    number: RoomTokenNumber(try places[limit - 1].integer(0)),
                    createdAt: WireTime(milliseconds: try places[limit - 1].integer(1)))
            }
            let found = try RoomTokenRows.found(connection, page, values(limit))
            return RoomTokenPage(tokens: found.map(\.token), last: last)
        }
    }

    /// With those that do not open.
    package func tokenCount(of room: RoomNumber) async throws -> Int {
        try await read { connection in
            try CommerceRows.count(connection, "SELECT COUNT(*) FROM room_tokens WHERE room_id = $1", room.number)
        }
    }

    /// - Parameter id: its name in the API.
    package func token(_ id: String, of room: RoomNumber) async throws -> RoomToken? {
        try await read { try RoomTokenRows.token($0, id, of: room) }
    }

    /// Only this one is opened: rooms may have thousands.
    package func token(_ number: RoomTokenNumber, of room: RoomNumber) async throws -> RoomToken? {
        try await read { connection in
            try RoomTokenRows.found(
                connection, "WHERE id = $1 AND room_id = $2", [.integer(number.number), .integer(room.number)]
            ).first?.token
        }
    }

    /// The token that somebody brings, of whatever room it is, valid or not. It is found by a keyed hash and compared in constant
    /// time.
    package func token(_ text: RoomTokenText) async throws -> FoundToken? {
        try await read { connection in
            let mark = RoomTokenRows.mark(text, key: try InstallationRows.key(connection))
            let found = try RoomTokenRows.found(connection, "WHERE mark = $1", [.text(mark)]).first
            guard let found, found.token.text.matches(text) else { return nil }
            return found
        }
    }

    /// The one of a public room.
    package func automaticToken(of room: RoomNumber) async throws -> RoomToken? {
        try await read { connection in
            try RoomTokenRows.found(
                connection, "WHERE room_id = $1 AND is_automatic = 1", [.integer(room.number)]
            ).first?.token
        }
    }

    /// Changes a token in one step.
    ///
    /// - Parameter change: gets the token and its details as they are, and may throw to leave them so.
    /// - Throws: ``RoomFaults``; ``RoomProblem`` `.tokenIsAutomatic`.
    /// - Returns: `nil` when the room has no such token.
    package func updateToken(
        _ id: String, of room: RoomNumber,
        _ change: @escaping @Sendable (RoomToken, inout RoomTokenDetails) throws -> Void
    ) async throws -> RoomToken? {
        let actor = AuditActor.current
        return try await write { transaction in
            let connection = transaction.connection
            guard var token = try RoomTokenRows.token(connection, id, of: room) else { return nil }
            let old = token.details
            var changed = old
            try change(token, &changed)
            try token.changed(to: try changed.checked())
            try transaction.update("room_tokens", RoomTokenRows.row(of: token.details), of: token.number.number)
            let members = RoomAuditRows.members(old, token.details)
            if !members.isEmpty {
                try transaction.note(.tokenUpdated, of: room, by: actor, subject: id, members: members)
            }
            return token
        }
    }

    /// Who came in by it stays in.
    ///
    /// - Throws: ``RoomProblem`` `.tokenIsAutomatic`.
    /// - Returns: whether the room had it.
    package func removeToken(
        _ id: String, of room: RoomNumber, now: WireTime,
        check: @escaping @Sendable (RoomToken) throws -> Void = { _ in }
    ) async throws -> Bool {
        let actor = AuditActor.current
        return try await write { transaction in
            if let old = try RoomTokenRows.token(transaction.connection, id, of: room) { try check(old) }
            // Not opened: one that does not open can be removed too.
            let rows = try transaction.connection.query(
                "SELECT id, is_automatic FROM room_tokens WHERE public_id = $1 AND room_id = $2",
                [.text(id), .integer(room.number)])
            guard let row = rows.first else { return false }
            guard try row.integer(1) == 0 else { throw RoomProblem.tokenIsAutomatic }
            try transaction.emit(.roomTokenDeleted, token: id, of: room, now: now)
            try transaction.connection.execute(
                "DELETE FROM room_tokens WHERE id = $1", [.integer(try row.integer(0))])
            try transaction.note(.tokenDeleted, of: room, by: actor, subject: id)
            return true
        }
    }
}

extension StoreTransaction {
    /// - Parameter details: checked.
    func addToken(
        _ details: RoomTokenDetails, _ seed: RoomTokenSeed, to room: RoomNumber, isAutomatic: Bool, now: WireTime
    ) throws -> RoomToken {
        guard let secret = Secret(seed.text.reveal()) else { throw StoreFault.unreadable("new token") }
        let number = RoomTokenNumber(try next("room_token"))
        let ring = try SealedRows.ring(connection)
        let sealed = try ring.seal(secret, of: RoomTokenRows.place(number, of: room))
        let mark = RoomTokenRows.mark(seed.text, key: try InstallationRows.key(connection))
        let fixed: [CommerceColumn] = [
            ("id", .integer(number.number)), ("public_id", .text(seed.id)), ("room_id", .integer(room.number)),
            ("token", .text(sealed)), ("key_id", .text(ring.current)), ("mark", .text(mark)),
            ("created_at", .integer(now.milliseconds)), ("use_count", .integer(0)),
            ("is_automatic", .integer(isAutomatic ? 1 : 0)),
        ]
        try insert(into: "room_tokens", fixed + RoomTokenRows.row(of: details))
        let data = [
            JSON.Member("role", .text(details.role.rawValue)), JSON.Member("expires_at", JSON(details.expiresAt)),
            JSON.Member("auto", .bool(isAutomatic)),
        ]
        try emit(.roomTokenCreated, token: seed.id, of: room, data, now: now)
        return RoomToken(
            number: number, id: seed.id, text: seed.text, details: details, isAutomatic: isAutomatic, createdAt: now)
    }
}

enum RoomTokenRows {
    private static let columns = """
        SELECT id, public_id, room_id, token, key_id, role, expires_at, label, display_name, max_uses, use_count,
            last_usage, is_automatic, created_at
        FROM room_tokens
        """

    /// A sealed token belongs to its row and its room.
    static func place(_ number: RoomTokenNumber, of room: RoomNumber) -> String {
        "room_tokens/\(number.number)/room/\(room.number)"
    }

    /// What a token is found by. Made with the key of the installation, so it stays when the keys that seal are changed.
    static func mark(_ text: RoomTokenText, key: Secret) -> String {
        KeyedHash.hex(of: "token of a room \(text.reveal())", key: key)
    }

    static func token(_ connection: any SQLConnection, _ id: String, of room: RoomNumber) throws -> RoomToken? {
        try found(connection, "WHERE public_id = $1 AND room_id = $2", [.text(id), .integer(room.number)]).first?.token
    }

    /// Those that open.
    static func found(_ connection: any SQLConnection, _ condition: String, _ values: [SQLValue]) throws
        -> [Store.FoundToken]
    {
        try connection.query("\(columns) \(condition)", values).compactMap { try read($0, connection) }
    }

    static func row(of details: RoomTokenDetails) -> [CommerceColumn] {
        [
            ("role", .text(details.role.rawValue)), ("expires_at", SQLValue(details.expiresAt?.milliseconds)),
            ("label", SQLValue(details.label)), ("display_name", SQLValue(details.displayName)),
            ("max_uses", SQLValue(details.maxUses.map { Int64($0) })),
        ]
    }

    private static func read(_ row: SQLRow, _ connection: any SQLConnection) throws -> Store.FoundToken? {
        var reader = ColumnReader(row)
        let number = RoomTokenNumber(try reader.integer())
        let id = try reader.text()
        let room = RoomNumber(try reader.integer())
        let (sealed, key) = (try reader.text(), try reader.text())
        let opened = try SealedRows.readable(connection, sealed, key: key, of: place(number, of: room))
        guard let opened, let text = RoomTokenText(opened.reveal()) else { return nil }
        let role: RoomRole = try reader.word("role of a token")
        let expiresAt = try reader.optionalTime()
        let (label, displayName) = (try reader.optionalText(), try reader.optionalText())
        let maxUses = try reader.optionalInteger().map { Int($0) }
        let useCount = Int(try reader.integer())
        let lastUsage = try reader.optionalTime()
        let isAutomatic = try reader.flag()
        let createdAt = try reader.time()
        let token = RoomToken(
            number: number, id: id, text: text,
            details: RoomTokenDetails(
                role: role, expiresAt: expiresAt, label: label, displayName: displayName, maxUses: maxUses),
            useCount: useCount, lastUsage: lastUsage, isAutomatic: isAutomatic, createdAt: createdAt)
        return Store.FoundToken(room: room, token: token)
    }
}
