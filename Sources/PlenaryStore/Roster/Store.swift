package import BigBlueButton
internal import PlenaryCore

/// What must survive, and the roster that follows it.
///
/// Writes are named, invariant-keeping transactions in `Entities/`. Each ends by reading the `changes` feed up to its own
/// last row, so that what other processes wrote and what this one wrote reach the roster by the same way, in the order of
/// commits, before the caller goes on.
package final class Store: Sendable {
    package struct Settings: Sendable {
        /// Writes that may wait for their turn; one more is refused.
        package var waitingWrites = 10_000
        /// Rows of the feed that are kept. Who falls further behind reads everything anew.
        package var keptChanges: Int64 = 10_000

        package init() {}
    }

    /// The same for all processes of an installation, and known to nobody else: what others see of our numbers is made with it.
    package let key: Secret
    private let engine: any SQLEngine
    private let settings: Settings
    private let keeper: RosterKeeper
    private let writer: GroupedWriter

    /// Migrates the database, seals secrets that are in clear, makes the default account and the key of the installation when
    /// there is none, and reads the roster.
    ///
    /// - Parameter newKey: taken for the key when there is none yet.
    /// - Throws: ``StoreFault/keyMissing(id:)``, and what the keys' source throws: nothing was changed then.
    package static func open(
        _ engine: any SQLEngine, settings: Settings = Settings(), newKey: Secret?, now: WireTime
    ) async throws -> Store {
        // Before the schema is touched: an older program can still have the database when the keys cannot be had.
        let dialect = engine.dialect
        try await engine.write { connection in
            // Where something is sealed its key must be there: a new one would open nothing.
            let done = try Migrator.done(connection, dialect)
            let hasProviders = done.contains(Schema.sixth.number)
            let mayMake =
                try !done.contains(Schema.sealing)
                || SealedRows.keys(connection, hasProviders: hasProviders).isEmpty
            _ = try connection.keys.latest(mayMake: mayMake)
        }
        try await Migrator.migrate(engine, now: now)
        let key = try await engine.write { connection in
            let ring = try SealedRows.ring(connection)
            if let newKey { try InstallationRows.make(newKey, connection, with: ring) }
            let count = try SealedRows.seal(connection, with: ring, clearOnly: true)
            if count.wereClear > 0 { try InstallationRows.owe(connection) }
            return try InstallationRows.key(connection)
        }
        let store = Store(engine: engine, settings: settings, key: key)
        try await store.write { try $0.makeDefaultAccount(now: now) }
        return store
    }

    /// Whether something is left in the files of secrets that stood in clear.
    package func owesCleaning() async throws -> Bool { try await engine.read { try InstallationRows.debt($0) != nil } }

    /// Takes out of the files what is left of secrets that stood in clear. It needs as much space as the database again, twice,
    /// and keeps writers waiting: for one process that starts, and for who says so.
    ///
    /// - Returns: whether there was anything.
    /// - Throws: when it could not be done; it is still owed then.
    package func cleanUp() async throws -> Bool {
        guard let debt = try await engine.read({ try InstallationRows.debt($0) }) else { return false }
        if debt == .all {
            try await engine.compact()
            try await engine.write { try InstallationRows.oweLogOnly($0) }
        }
        try await engine.emptyLog()
        try await engine.write { try InstallationRows.settle($0) }
        return true
    }

    private init(engine: any SQLEngine, settings: Settings, key: Secret) {
        self.engine = engine
        self.key = key
        self.settings = settings
        let keeper = RosterKeeper()
        self.keeper = keeper
        writer = GroupedWriter(engine: engine, limit: settings.waitingWrites) { connection in
            let batch = try Changes.read(connection, after: keeper.seen)
            return { keeper.publish(batch) }
        }
    }

    /// A look at the roster, under its lock: take what is needed and leave.
    package func roster<Value>(_ look: (borrowing Roster) -> Value) -> Value { keeper.read(look) }

    /// Tells `observer` after each change of the roster, on the thread that made it: it must be quick.
    package func observe(_ observer: @escaping @Sendable (RosterUpdate) -> Void) { keeper.observe(observer) }

    /// Brings in what other processes wrote.
    package func catchUp() async throws { try await write { _ in } }

    /// Forgets old rows of the feed.
    package func trimChanges() async throws {
        let kept = settings.keptChanges
        try await write { try Changes.trim($0.connection, keeping: kept) }
    }

    package func close() async throws { try await engine.close() }

    /// One transaction: all of `work` or nothing, durable and in the roster when this returns.
    func write<Value: Sendable>(_ work: @escaping @Sendable (StoreTransaction) throws -> Value) async throws -> Value {
        let result = Slot<Value>()
        try await writer.write { result.fill(try work(StoreTransaction(connection: $0))) }
        return try result.value()
    }

    func read<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        try await engine.read(work)
    }
}
