package import BigBlueButton
package import PlenaryCore

/// Why a key is not made.
package enum APIKeyFault: Error, Sendable, Hashable {
    /// The platform, or a customer of its reach, has so many.
    case tooMany(Int)

    package var problem: Problem {
        switch self {
        case .tooMany(let most): Problem(.limitExceeded, "There are \(most) keys already; delete one first.")
        }
    }
}

extension Store {
    /// A key of the API as it stands in the store, with what is told about it.
    package struct KeptAPIKey: Sendable, Hashable {
        package let key: APIKey
        /// Written at most once a minute; `nil`: never.
        package let lastUsedAt: WireTime?
        /// Who made it: the id of an administrator or of a key; `nil`: the command line.
        package let createdBy: String?

        package init(key: APIKey, lastUsedAt: WireTime?, createdBy: String?) {
            self.key = key
            self.lastUsedAt = lastUsedAt
            self.createdBy = createdBy
        }
    }

    /// Writes a key down; its text is shown once, and nobody finds it here. What its maker may give is checked before, by
    /// ``APIKeyDetails/check(maker:)``.
    ///
    /// - Parameters:
    ///   - createdBy: the id of who made it; `nil`: the command line.
    ///   - most: keys of the platform, or of each customer, this one included; `nil`: any number.
    /// - Throws: ``CommerceFault/notFound(_:)`` when a customer of its reach is not there; ``APIKeyFault``.
    package func addAPIKey(_ key: APIKey, createdBy: String?, most: Int? = nil) async throws -> KeptAPIKey {
        try await write { transaction in
            if let most, try APIKeyRows.count(transaction.connection, of: key.reach) >= most {
                throw APIKeyFault.tooMany(most)
            }
            let number = try transaction.next("api_key")
            let row: [CommerceColumn] = [
                ("id", .integer(number)), ("verifier", .text(key.verifier)), ("name", .text(key.details.name)),
                ("description", SQLValue(key.details.description)),
                ("scopes", .text(ScopeRows.text(key.details.scopes))),
                ("reach", .text(key.reach == .platform ? "platform" : "customers")),
                ("created_by", SQLValue(createdBy)),
                ("created_at", .integer(key.createdAt.milliseconds)),
                ("expires_at", SQLValue(key.details.expiresAt?.milliseconds)),
            ]
            try transaction.insert(into: "api_keys", row + CommerceRows.row(of: key.identity))
            if case .customers(let customers) = key.reach {
                for customer in customers.sorted() {
                    guard try CustomerRows.customer(transaction.connection, customer) != nil else {
                        throw CommerceFault.notFound(.customer)
                    }
                    try transaction.connection.execute(
                        "INSERT INTO api_key_customers (api_key_id, customer_id) VALUES ($1, $2)",
                        [.integer(number), .integer(customer.number)])
                }
            }
            return KeptAPIKey(key: key, lastUsedAt: nil, createdBy: createdBy)
        }
    }

    /// The key that a text names. Whether it is that key, and still valid, ``APIKey/principal(with:at:)`` says.
    package func apiKey(_ text: APIKeyText) async throws -> KeptAPIKey? {
        try await apiKey(.id(text.id))
    }

    package func apiKey(_ reference: ResourceReference) async throws -> KeptAPIKey? {
        try await read { connection in
            let place = CommerceRows.place(of: reference)
            return try APIKeyRows.found(connection, "WHERE \(place.name) = $1", [place.value]).first
        }
    }

    /// In the order in which they were made, with those that have expired.
    package func apiKeys() async throws -> [KeptAPIKey] {
        try await read { try APIKeyRows.found($0, "ORDER BY id", []) }
    }

    /// From then on it opens nothing.
    ///
    /// - Returns: whether there was one.
    package func removeAPIKey(_ reference: ResourceReference) async throws -> Bool {
        try await write { transaction in
            let place = CommerceRows.place(of: reference)
            return try transaction.connection.execute(
                "DELETE FROM api_keys WHERE \(place.name) = $1", [place.value]) > 0
        }
    }

    /// Writes down that a key was used, unless that is written already and not older than a minute: not each request writes.
    package func noteUse(of kept: KeptAPIKey, now: WireTime) async throws {
        if let last = kept.lastUsedAt, now.since(last) < Self.grainOfUses { return }
        try await write { transaction in
            // Of many requests at once, or of several processes, one writes.
            _ = try transaction.connection.execute(
                "UPDATE api_keys SET last_used_at = $1 WHERE public_id = $2 AND (last_used_at IS NULL OR last_used_at <= $3)",
                [
                    .integer(now.milliseconds), .text(kept.key.identity.id),
                    .integer(now.advanced(by: .zero - Self.grainOfUses).milliseconds),
                ])
        }
    }

    private static let grainOfUses: Duration = .seconds(60)
}

enum APIKeyRows {
    private static let columns = """
        SELECT id, public_id, uuid, ulid, verifier, name, description, scopes, reach, created_by, created_at, expires_at,
            last_used_at
        FROM api_keys
        """

    static func found(_ connection: any SQLConnection, _ condition: String, _ values: [SQLValue]) throws
        -> [Store.KeptAPIKey]
    {
        let rows = try connection.query("\(columns) \(condition)", values)
        // One key is looked for with each request, all of them by who lists them.
        let reaches: [Int64: Set<CustomerNumber>]
        if rows.count == 1 {
            reaches = try reach(connection, of: try rows[0].integer(0))
        } else {
            reaches = try allReaches(connection)
        }
        return try rows.map { try read($0, reaches) }
    }

    /// Keys of the platform; of customers: of the one that has the most.
    static func count(_ connection: any SQLConnection, of reach: Reach) throws -> Int {
        switch reach {
        case .platform:
            let row = try connection.query("SELECT COUNT(*) FROM api_keys WHERE reach = 'platform'", []).first
            return Int(try row?.integer(0) ?? 0)
        case .customers(let customers):
            var most = 0
            for customer in customers {
                let count = try CommerceRows.count(
                    connection, "SELECT COUNT(*) FROM api_key_customers WHERE customer_id = $1", customer.number)
                most = max(most, count)
            }
            return most
        }
    }

    private static func reach(_ connection: any SQLConnection, of number: Int64) throws
        -> [Int64: Set<CustomerNumber>]
    {
        let rows = try connection.query(
            "SELECT customer_id FROM api_key_customers WHERE api_key_id = $1", [.integer(number)])
        return [number: Set(try rows.map { CustomerNumber(try $0.integer(0)) })]
    }

    private static func allReaches(_ connection: any SQLConnection) throws -> [Int64: Set<CustomerNumber>] {
        var reaches: [Int64: Set<CustomerNumber>] = [:]
        for row in try connection.query("SELECT api_key_id, customer_id FROM api_key_customers") {
            reaches[try row.integer(0), default: []].insert(CustomerNumber(try row.integer(1)))
        }
        return reaches
    }

    private static func read(_ row: SQLRow, _ reaches: [Int64: Set<CustomerNumber>]) throws -> Store.KeptAPIKey {
        var reader = ColumnReader(row)
        let number = try reader.integer()
        let identity = try reader.identity()
        let (verifier, name) = (try reader.text(), try reader.text())
        let description = try reader.optionalText()
        let scopes = ScopeRows.scopes(try reader.text())
        let isOfPlatform = try reader.text() == "platform"
        let createdBy = try reader.optionalText()
        let createdAt = try reader.time()
        let (expiresAt, lastUsedAt) = (try reader.optionalTime(), try reader.optionalTime())
        let details = APIKeyDetails(name: name, description: description, scopes: scopes, expiresAt: expiresAt)
        return Store.KeptAPIKey(
            key: APIKey(
                identity: identity, verifier: verifier, details: details,
                reach: isOfPlatform ? .platform : .customers(reaches[number] ?? []), createdAt: createdAt),
            lastUsedAt: lastUsedAt, createdBy: createdBy)
    }
}

/// Scopes in a column: their texts in order, with blanks between them.
enum ScopeRows {
    static func text(_ scopes: Set<Scope>) -> String {
        scopes.map { $0.description }.sorted().joined(separator: " ")
    }

    /// Without those that this version does not know: a permission that is gone gives nothing, and costs nobody the others.
    static func scopes(_ text: String) -> Set<Scope> {
        Set(text.split(separator: " ").compactMap { Scope(String($0)) })
    }
}
