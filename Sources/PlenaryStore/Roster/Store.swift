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

    /// Migrates the database, makes the default account and the key of the installation when there is none, and reads the
    /// roster.
    ///
    /// - Parameter newKey: taken for the key when there is none yet.
    package static func open(
        _ engine: any SQLEngine, settings: Settings = Settings(), newKey: Secret?, now: WireTime
    ) async throws -> Store {
        try await Migrator.migrate(engine, now: now)
        let made = newKey?.reveal()
        let key = try await engine.write { connection in
            if let made {
                try connection.execute(
                    "INSERT INTO installation (name, value) VALUES ('key', $1) ON CONFLICT (name) DO NOTHING",
                    [.text(made)])
            }
            return try connection.query("SELECT value FROM installation WHERE name = 'key'").first?.text(0)
        }
        guard let key = key.flatMap({ Secret($0) }) else { throw StoreFault.unreadable("key of the installation") }
        let store = Store(engine: engine, settings: settings, key: key)
        try await store.write { try $0.makeDefaultAccount(now: now) }
        return store
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
