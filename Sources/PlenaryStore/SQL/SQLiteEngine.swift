internal import FoundationEssentials
internal import GRDB

/// SQLite through GRDB: one file in WAL mode, every commit synced, other processes may use the same file.
package struct SQLiteEngine: SQLEngine {
    package let dialect = SQLDialect.sqlite
    private let keys: KeyChain
    private let writer: any DatabaseWriter

    /// Opens a file, making it when it is missing.
    ///
    /// - Parameters:
    ///   - keys: what secrets are sealed with.
    ///   - busyTimeout: how long to wait for another process's transaction.
    package init(path: String, keys: KeyChain, busyTimeout: Duration = .seconds(5)) throws(StoreFault) {
        self.keys = keys
        do {
            var configuration = Self.configuration()
            configuration.busyMode = .timeout(busyTimeout / .seconds(1))
            let pool = try DatabasePool(path: path, configuration: configuration)
            // GRDB relaxes this for WAL; what was acknowledged must survive a power cut (ARCHITECTURE decision 9).
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            writer = pool
        } catch { throw StoreFault(error) }
    }

    /// A database in memory: the real engine, for tests.
    ///
    /// - Parameter keys: what secrets are sealed with. Default: a key that is gone with the database.
    package init(keys: KeyChain? = nil) throws(StoreFault) {
        self.keys = keys ?? KeyChain(.forMemory())
        do { writer = try DatabaseQueue(configuration: Self.configuration()) } catch { throw StoreFault(error) }
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
            // What an older key sealed is gone from the page when it is sealed anew.
            try database.execute(sql: "PRAGMA secure_delete = ON")
        }
        return configuration
    }

    package func write<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws
        -> Value
    {
        // By completion, not by GRDB's async form: that one gives up when the calling task is cancelled, and with it the
        // writes of everybody who shares the transaction.
        try await withCheckedThrowingContinuation { continuation in
            writer.asyncWrite(
                { [keys] in try work(SQLiteConnection(database: $0, keys: keys)) },
                completion: { _, result in
                    continuation.resume(with: result.mapError { $0 is DatabaseError ? StoreFault($0) : $0 })
                })
        }
    }

    package func read<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws
        -> Value
    {
        do {
            return try await writer.read { [keys] in try work(SQLiteConnection(database: $0, keys: keys)) }
        } catch let error as DatabaseError {
            throw StoreFault(error)
        }
    }

    package func compact() async throws {
        do {
            try await writer.barrierWriteWithoutTransaction { database in
                // What is written on the way is as large as the database, and by then has no secrets in clear.
                try database.execute(sql: "PRAGMA temp_store = FILE")
                let result = Result { try database.execute(sql: "VACUUM") }
                try database.execute(sql: "PRAGMA temp_store = MEMORY")
                try result.get()
            }
        } catch { throw StoreFault(error) }
    }

    package func emptyLog() async throws {
        let isBusy: Bool
        do {
            // The first column says whether a reader kept it from being emptied.
            isBusy = try await writer.barrierWriteWithoutTransaction { database in
                try Int.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)") == 1
            }
        } catch { throw StoreFault(error) }
        if isBusy { throw StoreFault.busy }
    }

    package func close() async throws {
        do { try writer.close() } catch { throw StoreFault(error) }
    }
}

private struct SQLiteConnection: SQLConnection {
    let database: Database
    let keys: KeyChain

    func execute(_ sql: String, _ values: [SQLValue]) throws -> Int {
        do {
            try database.cachedStatement(sql: sql).execute(arguments: arguments(values))
            return database.changesCount
        } catch { throw StoreFault(error) }
    }

    func query(_ sql: String, _ values: [SQLValue]) throws -> [SQLRow] {
        do {
            let statement = try database.cachedStatement(sql: sql)
            return try Row.fetchAll(statement, arguments: arguments(values)).map { row in
                SQLRow(row.databaseValues.map(\.sqlValue))
            }
        } catch { throw StoreFault(error) }
    }

    func savepoint<Value>(_ work: () throws -> Value) throws -> Value {
        var result: Value?
        try database.inSavepoint {
            result = try work()
            return .commit
        }
        guard let result else { throw StoreFault.unavailable("a savepoint gave no result") }
        return result
    }

    private func arguments(_ values: [SQLValue]) -> StatementArguments {
        StatementArguments(
            values.map { value -> DatabaseValue in
                switch value {
                case .null: .null
                case .integer(let integer): integer.databaseValue
                case .real(let real): real.databaseValue
                case .text(let text): text.databaseValue
                case .blob(let octets): Data(octets).databaseValue
                }
            })
    }
}

extension DatabaseValue {
    fileprivate var sqlValue: SQLValue {
        switch storage {
        case .null: .null
        case .int64(let integer): .integer(integer)
        case .double(let real): .real(real)
        case .string(let text): .text(text)
        case .blob(let data): .blob(Array(data))
        }
    }
}

extension StoreFault {
    /// Translates once; nobody above matches on GRDB's codes or texts.
    fileprivate init(_ error: any Error) {
        if let fault = error as? StoreFault {
            self = fault
            return
        }
        guard let error = error as? DatabaseError else {
            self = .unavailable(String(describing: type(of: error)))
            return
        }
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY: self = .constraint(.unique)
        case .SQLITE_CONSTRAINT_FOREIGNKEY: self = .constraint(.foreignKey)
        case .SQLITE_CONSTRAINT_CHECK: self = .constraint(.check)
        case .SQLITE_CONSTRAINT_NOTNULL: self = .constraint(.notNull)
        default:
            switch error.resultCode {
            case .SQLITE_CONSTRAINT: self = .constraint(.other)
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
            default: self = .unavailable(error.message ?? "SQLite result \(error.resultCode.rawValue)")
            }
        }
    }
}
