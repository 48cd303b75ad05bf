internal import BigBlueButton
internal import PlenaryCore

/// A column and what is written into it. They stand side by side, so that no value of a long row slips into its neighbour.
typealias CommerceColumn = (name: String, value: SQLValue)

extension StoreTransaction {
    func insert(into table: String, _ row: [CommerceColumn]) throws {
        let names = row.map { $0.name }.joined(separator: ", ")
        let places = row.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        try connection.execute("INSERT INTO \(table) (\(names)) VALUES (\(places))", row.map { $0.value })
    }

    /// Overwrites these columns of the row with that number.
    func update(_ table: String, _ row: [CommerceColumn], of number: Int64) throws {
        let changes = row.indices.map { "\(row[$0].name) = $\($0 + 1)" }.joined(separator: ", ")
        var values = row.map { $0.value }
        values.append(.integer(number))
        try connection.execute("UPDATE \(table) SET \(changes) WHERE id = $\(values.count)", values)
    }

    /// Tells the feed of every account of a subscription: what it may do has changed.
    func accountsChanged(of subscription: SubscriptionNumber) throws {
        let rows = try connection.query(
            "SELECT id FROM accounts WHERE subscription_id = $1 ORDER BY id", [.integer(subscription.number)])
        for row in rows { try changed(.account, try row.integer(0)) }
    }

    /// Tells the feed of every account of a customer.
    func accountsChanged(of customer: CustomerNumber) throws {
        let rows = try connection.query(
            """
            SELECT a.id FROM accounts AS a JOIN subscriptions AS s ON s.id = a.subscription_id
            WHERE s.customer_id = $1 ORDER BY a.id
            """, [.integer(customer.number)])
        for row in rows { try changed(.account, try row.integer(0)) }
    }
}

/// What customers, packages and subscriptions have in common, and what accounts need of them.
enum CommerceRows {
    /// The column that a reference names, and its value.
    static func place(of reference: ResourceReference) -> CommerceColumn {
        switch reference {
        case .id(let text): ("public_id", .text(text))
        case .uuid(let text): ("uuid", .text(text))
        case .ulid(let text): ("ulid", .text(text))
        }
    }

    static func row(of identity: ResourceIdentity) -> [CommerceColumn] {
        [("public_id", .text(identity.id)), ("uuid", .text(identity.uuid)), ("ulid", .text(identity.ulid))]
    }

    /// Two columns: `trial_count` and `trial_unit`.
    static func row(_ name: String, _ period: Period) -> [CommerceColumn] {
        [("\(name)_count", .integer(Int64(period.count))), ("\(name)_unit", .text(period.unit.rawValue))]
    }

    static func real(_ number: Double?) -> SQLValue { number.map(SQLValue.real) ?? .null }

    static func count(_ connection: any SQLConnection, _ sql: String, _ number: Int64) throws -> Int {
        Int(try connection.query(sql, [.integer(number)]).first?.integer(0) ?? 0)
    }

    // MARK: entitlements

    private static let select = """
        SELECT s.id, s.public_id, s.customer_id, c.status, \(SubscriptionRows.life) FROM subscriptions AS s
        JOIN customers AS c ON c.id = s.customer_id
        """

    /// What an account may do by its subscription.
    ///
    /// - Returns: `nil` when it has none.
    static func entitlement(_ connection: any SQLConnection, account number: Int64) throws -> Entitlement? {
        let rows = try connection.query(
            "\(select) JOIN accounts AS a ON a.subscription_id = s.id WHERE a.id = $1", [.integer(number)])
        guard let row = rows.first else { return nil }
        let features = try FeatureRows.features(connection, of: SubscriptionNumber(try row.integer(0)))
        return try readEntitlement(row, features: features)
    }

    /// The same of all accounts that have a subscription, by the number of the account.
    static func entitlements(_ connection: any SQLConnection) throws -> [Int64: Entitlement] {
        let accounts = try connection.query(
            "SELECT id, subscription_id FROM accounts WHERE subscription_id IS NOT NULL ORDER BY id")
        guard !accounts.isEmpty else { return [:] }
        let features = try FeatureRows.allOfSubscriptions(connection)
        var bySubscription: [Int64: Entitlement] = [:]
        for row in try connection.query("\(select) ORDER BY s.id") {
            let number = try row.integer(0)
            bySubscription[number] = try readEntitlement(row, features: features[number] ?? [])
        }
        var found: [Int64: Entitlement] = [:]
        for row in accounts {
            let (account, subscription) = (try row.integer(0), try row.integer(1))
            found[account] = bySubscription[subscription]
        }
        return found
    }

    private static func readEntitlement(_ row: SQLRow, features: [SubscriptionFeature]) throws -> Entitlement {
        var reader = ColumnReader(row)
        let subscription = SubscriptionNumber(try reader.integer())
        let subscriptionID = try reader.text()
        let customer = CustomerNumber(try reader.integer())
        let status: CustomerStatus = try reader.word("status of a customer")
        let life = try SubscriptionRows.readLife(&reader)
        return Entitlement(
            subscription: subscription, subscriptionID: subscriptionID, customer: customer, customerStatus: status,
            life: life, features: FeatureRows.set(features))
    }
}

/// Reads the columns of a row one after the other.
struct ColumnReader {
    private let row: SQLRow
    private var column = 0

    init(_ row: SQLRow) { self.row = row }

    private mutating func next() -> Int {
        column += 1
        return column - 1
    }

    mutating func integer() throws(StoreFault) -> Int64 {
        let column = next()
        return try row.integer(column)
    }

    mutating func text() throws(StoreFault) -> String {
        let column = next()
        return try row.text(column)
    }

    mutating func optionalText() throws(StoreFault) -> String? {
        let column = next()
        return try row.optionalText(column)
    }

    mutating func optionalInteger() throws(StoreFault) -> Int64? {
        let column = next()
        return try row.optionalInteger(column)
    }

    mutating func flag() throws(StoreFault) -> Bool { try integer() == 1 }
    mutating func time() throws(StoreFault) -> WireTime { WireTime(milliseconds: try integer()) }

    mutating func optionalTime() throws(StoreFault) -> WireTime? {
        guard let milliseconds = try optionalInteger() else { return nil }
        return WireTime(milliseconds: milliseconds)
    }

    mutating func optionalReal() throws(StoreFault) -> Double? {
        let column = next()
        if case .null = row.values[column] { return nil }
        return try row.real(column)
    }

    /// One of the words that an enum knows.
    mutating func word<Word: RawRepresentable>(_ what: String) throws(StoreFault) -> Word
    where Word.RawValue == String {
        guard let word = Word(rawValue: try text()) else { throw .unreadable(what) }
        return word
    }

    mutating func identity() throws(StoreFault) -> ResourceIdentity {
        let (id, uuid, ulid) = (try text(), try text(), try text())
        guard let identity = ResourceIdentity(id: id, uuid: uuid, ulid: ulid) else {
            throw .unreadable("identifiers of a resource")
        }
        return identity
    }

    mutating func period() throws(StoreFault) -> Period {
        let count = Int(try integer())
        let unit: PeriodUnit = try word("unit of a period")
        guard let period = Period(count, unit) else { throw .unreadable("period") }
        return period
    }

    mutating func price() throws(StoreFault) -> Price {
        guard let price = Price(try text()) else { throw .unreadable("price") }
        return price
    }

    mutating func currency() throws(StoreFault) -> Currency {
        guard let currency = Currency(try text()) else { throw .unreadable("currency") }
        return currency
    }

    /// One entry a line.
    mutating func list() throws(StoreFault) -> [String] { try text().split(separator: "\n").map(String.init) }

    mutating func metadata() throws(StoreFault) -> Metadata {
        let text = try text()
        // Most have none, and accounts are many.
        if text == "{}" { return .empty }
        // Not by a decoder of Foundation, which takes 1.0 for a whole number.
        guard let metadata = Metadata(json: text) else { throw .unreadable("metadata") }
        return metadata
    }
}
