/// A database engine: SQLite today, PostgreSQL behind the same protocol and the same SQL.
///
/// The dialect is what SQLite 3.40 and PostgreSQL 15 both understand: parameters are `$1`, `$2`, ... each used in ascending
/// order, conflicts are `ON CONFLICT`, results of writes come by `RETURNING`. What the engines name differently (types of
/// columns) stands only in migrations, as `{integer}` and the like: see ``SQLDialect``.
package protocol SQLEngine: Sendable {
    var dialect: SQLDialect { get }

    /// Runs `work` in one transaction that excludes other writers, and commits durably. Throws what `work` throws, after
    /// rolling back.
    func write<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value

    /// Runs `work` on a consistent state of the database.
    func read<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value

    /// Writes the database anew, so that nothing is left in its files of what was deleted or overwritten.
    ///
    /// - Throws: ``StoreFault/busy`` when another process keeps something of it; then it is to be done later.
    func compact() async throws

    /// Takes out of the log what is in the database: old pages are in it too.
    ///
    /// - Throws: ``StoreFault/busy`` when a reader keeps it.
    func emptyLog() async throws

    func close() async throws
}

/// A connection inside a transaction. It is valid only within the closure that received it.
package protocol SQLConnection {
    /// The keys that secrets in the rows are sealed with.
    var keys: KeyChain { get }

    /// - Returns: how many rows were changed.
    @discardableResult func execute(_ sql: String, _ values: [SQLValue]) throws -> Int

    func query(_ sql: String, _ values: [SQLValue]) throws -> [SQLRow]

    /// Runs `work` so that its changes are undone, and only they, when it throws.
    func savepoint<Value>(_ work: () throws -> Value) throws -> Value
}

extension SQLConnection {
    @discardableResult package func execute(_ sql: String) throws -> Int { try execute(sql, []) }
    package func query(_ sql: String) throws -> [SQLRow] { try query(sql, []) }
}

package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

extension SQLValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(nilLiteral: ()) { self = .null }

    package init(_ text: String?) { self = text.map(SQLValue.text) ?? .null }
    package init(_ integer: Int64?) { self = integer.map(SQLValue.integer) ?? .null }
}

/// One row of a result, read by position. A value of another type is a fault of the schema, not of the caller.
package struct SQLRow: Sendable {
    package let values: [SQLValue]

    package init(_ values: [SQLValue]) { self.values = values }

    package func integer(_ column: Int) throws(StoreFault) -> Int64 {
        guard case .integer(let value) = values[column] else { throw .unexpectedValue(column: column) }
        return value
    }

    package func real(_ column: Int) throws(StoreFault) -> Double {
        switch values[column] {
        case .real(let value): return value
        case .integer(let value): return Double(value)
        default: throw .unexpectedValue(column: column)
        }
    }

    package func text(_ column: Int) throws(StoreFault) -> String {
        guard case .text(let value) = values[column] else { throw .unexpectedValue(column: column) }
        return value
    }

    package func blob(_ column: Int) throws(StoreFault) -> [UInt8] {
        guard case .blob(let value) = values[column] else { throw .unexpectedValue(column: column) }
        return value
    }

    package func optionalText(_ column: Int) throws(StoreFault) -> String? {
        if case .null = values[column] { return nil }
        return try text(column)
    }

    package func optionalInteger(_ column: Int) throws(StoreFault) -> Int64? {
        if case .null = values[column] { return nil }
        return try integer(column)
    }
}

/// What the engines call differently, for migrations.
package struct SQLDialect: Sendable {
    /// 64 bits.
    package let integer: String
    /// Double precision.
    package let real: String
    /// Octets.
    package let blob: String
    /// At the end of CREATE TABLE: types are enforced.
    package let strict: String

    package static let sqlite = SQLDialect(integer: "INTEGER", real: "REAL", blob: "BLOB", strict: " STRICT")
    package static let postgres = SQLDialect(integer: "BIGINT", real: "DOUBLE PRECISION", blob: "BYTEA", strict: "")

    func render(_ sql: String) -> String {
        var result = sql
        for (token, word) in [("{integer}", integer), ("{real}", real), ("{blob}", blob), ("{strict}", strict)] {
            result = result.split(separator: token, omittingEmptySubsequences: false).joined(separator: word)
        }
        return result
    }
}

/// Why the store did not do what it was asked. "Not found" is not among them: that is an empty result.
package enum StoreFault: Error, Sendable, Hashable {
    /// A unique, foreign key or check constraint forbids it.
    case constraint(Constraint)
    /// Another process holds the database for too long.
    case busy
    /// The database cannot be reached, opened, read or written; the text says what the engine said.
    case unavailable(String)
    /// More writes wait than may (a setting).
    case overloaded(limit: Int)
    /// A newer version wrote this database.
    case schemaTooNew(found: Int64, known: Int64)
    /// A column holds what the schema should have refused.
    case unexpectedValue(column: Int)
    /// A secret is sealed with a key that this process does not have.
    case keyMissing(id: String)
    /// A stored value is none that this version knows, or a sealed one that was changed.
    case unreadable(String)

    package enum Constraint: String, Sendable, Hashable { case unique, foreignKey, check, notNull, other }
}
