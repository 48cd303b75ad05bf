import BigBlueButton
import PlenaryCore
import Synchronization
import Testing

@testable import PlenaryStore

/// An engine that holds writes back, or fails them, as a test wants.
private final class ScriptedEngine: SQLEngine {
    enum Failure: Sendable {
        /// The database cannot be reached.
        case before
        /// Everything was done, and then the commit failed.
        case commit
        /// It was committed, and nobody heard of it.
        case lost
        /// Whoever leads the transaction is cancelled meanwhile.
        case cancelled
    }

    private struct State {
        var writes = 0
        var failures: [Int: Failure] = [:]
        var holds: Set<Int> = []
        var held: CheckedContinuation<Void, Never>?
    }

    let base: SQLiteEngine
    var dialect: SQLDialect { base.dialect }
    private let state = Mutex(State())
    /// One element for each write that is held back.
    private let arrivals: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    init(_ base: SQLiteEngine) {
        self.base = base
        (arrivals, arrived) = AsyncStream.makeStream()
    }

    var writes: Int { state.withLock { $0.writes } }

    /// Fails the write that comes after `later` more.
    func fail(_ failure: Failure, after later: Int = 0) {
        state.withLock { $0.failures[$0.writes + 1 + later] = failure }
    }

    /// Holds the next write back until it is released.
    func hold() { state.withLock { _ = $0.holds.insert($0.writes + 1) } }

    /// Waits until a write is held back.
    func heldOne() async { for await _ in arrivals { return } }

    func release() {
        let held = state.withLock { state in
            defer { state.held = nil }
            return state.held
        }
        held?.resume()
    }

    func write<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        let (number, failure) = state.withLock { state in
            state.writes += 1
            return (state.writes, state.failures[state.writes])
        }
        if state.withLock({ $0.holds.contains(number) }) {
            await withCheckedContinuation { continuation in
                state.withLock { $0.held = continuation }
                arrived.yield()
            }
        }
        switch failure {
        case nil: return try await base.write(work)
        case .before: throw StoreFault.unavailable("before write \(number)")
        case .commit:
            return try await base.write { connection -> Value in
                _ = try work(connection)
                throw StoreFault.unavailable("commit of write \(number)")
            }
        case .lost:
            _ = try await base.write(work)
            throw StoreFault.unavailable("lost write \(number)")
        case .cancelled:
            withUnsafeCurrentTask { $0?.cancel() }
            return try await base.write(work)
        }
    }

    func read<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        try await base.read(work)
    }

    func compact() async throws { try await base.compact() }
    func emptyLog() async throws { try await base.emptyLog() }
    func close() async throws { try await base.close() }
}

@Suite(.timeLimit(.minutes(30))) struct GroupedWriteTests {
    @Test(arguments: Place.allCases) func `many writes at once are all durable, and told in order`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let engine = ScriptedEngine(try database.engine())
            let store = try await Store.open(engine, newKey: Secret("key of a test"), now: .start)
            let told = Told(store)
            let before = engine.writes
            let servers = try await withThrowingTaskGroup(of: Server.self) { group in
                for number in 0..<200 { group.addTask { try await store.addSample("bbb\(number)") } }
                return try await group.reduce(into: [Server]()) { $0.append($1) }
            }
            #expect(Set(servers.map(\.id.number)) == Set(1...200))
            #expect(Set(servers.map(\.name)).count == 200)
            #expect(told.words == (1...200).map { "server \($0)" })
            #expect(engine.writes - before <= 200)
            let anew = try await database.store()
            #expect(anew.servers.count == 200)
            for server in servers { #expect(anew.servers[server.id] == server) }
        }
    }

    @Test(arguments: Place.allCases) func `writes that wait share one transaction`(place: Place) async throws {
        try await withDatabase(place) { database in
            let engine = ScriptedEngine(try database.engine())
            var settings = Store.Settings()
            settings.waitingWrites = 20
            let store = try await Store.open(engine, settings: settings, newKey: Secret("key of a test"), now: .start)
            let before = engine.writes
            let results = try await crowd(20, store, engine) { try await store.addSample("bbb\($0)") }
            #expect(results.allSatisfy { $0.fault == nil })
            // The one that was held back, and one for all that came meanwhile.
            #expect(engine.writes - before == 2)
            #expect(store.servers.count == 21)
        }
    }

    @Test(arguments: Place.allCases) func `a write that fails undoes only itself`(place: Place) async throws {
        try await withDatabase(place) { database in
            let engine = ScriptedEngine(try database.engine())
            var settings = Store.Settings()
            settings.waitingWrites = 20
            let store = try await Store.open(engine, settings: settings, newKey: Secret("key of a test"), now: .start)
            // Some want one name, some have one each, all in one transaction.
            let results = try await crowd(20, store, engine) { number in
                try await store.addSample(number < 10 ? "same" : "bbb\(number)", host: "host\(number).example")
            }
            let (same, others) = (results.filter { $0.number < 10 }, results.filter { $0.number >= 10 })
            #expect(same.count { $0.fault == nil } == 1)
            #expect(same.compactMap(\.fault).allSatisfy { $0 == .constraint(.unique) })
            #expect(others.allSatisfy { $0.fault == nil })
            // With the one that was held back; numbers of the refused are used by others.
            #expect(store.servers.keys.map(\.number).sorted() == (1...Int64(others.count + 2)).map(\.self))
            expectSameRoster(store, try await database.store())
        }
    }

    @Test(arguments: Place.allCases) func `of many servers of one name at once, one is added`(place: Place) async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let added = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        do {
                            try await store.addSample("same", host: "host\(number).example")
                            return true
                        } catch { return false }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(added == 1 && store.servers.count == 1)
            expectSameRoster(store, try await database.store())
        }
    }

    @Test(arguments: Place.allCases) func `a write too many is refused at once`(place: Place) async throws {
        try await withDatabase(place) { database in
            let engine = ScriptedEngine(try database.engine())
            var settings = Store.Settings()
            settings.waitingWrites = 3
            let store = try await Store.open(engine, settings: settings, newKey: Secret("key of a test"), now: .start)
            engine.hold()
            async let leader = store.addSample("leader")
            await engine.heldOne()
            await withTaskGroup(of: StoreFault?.self) { group in
                for number in 0..<5 { group.addTask { await fault { try await store.addSample("bbb\(number)") } } }
                // While the first is held back only those that are refused come to an end.
                for _ in 0..<2 { #expect(await group.next() == .overloaded(limit: 3)) }
                engine.release()
                for await outcome in group { #expect(outcome == nil) }
            }
            _ = try await leader
            #expect(store.servers.count == 4)
            // Nothing is left of the crowd.
            try await store.addSample("later")
        }
    }

    @Test(arguments: Place.allCases) func `a commit that fails fails all of its writes, and leaves nothing`(
        place: Place
    )
        async throws
    {
        try await withDatabase(place) { database in
            let engine = ScriptedEngine(try database.engine())
            var settings = Store.Settings()
            settings.waitingWrites = 8
            let store = try await Store.open(engine, settings: settings, newKey: Secret("key of a test"), now: .start)
            let told = Told(store)
            let failing = engine.writes + 2
            engine.fail(.commit, after: 1)
            let results = try await crowd(8, store, engine) { try await store.addSample("bbb\($0)") }
            #expect(results.allSatisfy { $0.fault == .unavailable("commit of write \(failing)") })
            #expect(store.servers.values.map(\.name.text) == ["leader"])
            #expect(told.words == ["server 1"])
            expectSameRoster(store, try await database.store())
            // The next one goes on as if nothing had happened.
            let next = try await store.addSample("bbb0")
            #expect(next.id.number == 2 && told.words == ["server 1", "server 2"])
            expectSameRoster(store, try await database.store())
        }
    }

    @Test(arguments: Place.allCases) func `a database that cannot be reached fails writes but not the roster`(
        place: Place
    )
        async throws
    {
        try await withDatabase(place) { database in
            let engine = ScriptedEngine(try database.engine())
            let store = try await Store.open(engine, newKey: Secret("key of a test"), now: .start)
            let server = try await store.addSample("bbb1")
            engine.fail(.before)
            await #expect(throws: StoreFault.self) { try await store.catchUp() }
            #expect(store.servers == [server.id: server])
            try await store.catchUp()
        }
    }

    @Test(arguments: Place.allCases) func `a commit that nobody heard of is found by the next write`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let engine = ScriptedEngine(try database.engine())
            let store = try await Store.open(engine, newKey: Secret("key of a test"), now: .start)
            let told = Told(store)
            engine.fail(.lost)
            await #expect(throws: StoreFault.self) { try await store.addSample("bbb1") }
            #expect(store.servers.isEmpty)
            try await store.catchUp()
            #expect(store.servers.values.map(\.name.text) == ["bbb1"] && told.words == ["server 1"])
        }
    }

    @Test(arguments: Place.allCases) func `a caller that is cancelled while it leads takes nobody's write with it`(
        place: Place
    ) async throws {
        try await withDatabase(place) { database in
            let engine = ScriptedEngine(try database.engine())
            var settings = Store.Settings()
            settings.waitingWrites = 8
            let store = try await Store.open(engine, settings: settings, newKey: Secret("key of a test"), now: .start)
            engine.fail(.cancelled, after: 1)
            let results = try await crowd(8, store, engine) { try await store.addSample("bbb\($0)") }
            #expect(results.allSatisfy { $0.fault == nil }, "\(results)")
            #expect(store.servers.count == 9)
        }
    }

    @Test(arguments: Place.allCases) func `a write of a caller that was cancelled happens or fails, not half`(
        place: Place
    )
        async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let outcome = await withTaskGroup(of: StoreFault?.self) { group in
                group.cancelAll()
                group.addTask { await fault { try await store.addSample("bbb1") } }
                return await group.next() ?? nil
            }
            try await store.catchUp()
            #expect(store.servers.isEmpty == (outcome != nil))
            expectSameRoster(store, try await database.store())
        }
    }

    // MARK: crowds

    private struct Outcome: Sendable {
        let number: Int
        let fault: StoreFault?
    }

    /// Lets writes wait while one is held back, and then go on in one transaction. One more than may wait is tried:
    /// when somebody is refused all others wait.
    ///
    /// - Parameter limit: of the store's waiting writes.
    /// - Returns: what became of those that waited.
    private func crowd(
        _ limit: Int, _ store: Store, _ engine: ScriptedEngine, _ work: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> [Outcome] {
        engine.hold()
        async let leader = store.addSample("leader")
        await engine.heldOne()
        let results = await withTaskGroup(of: Outcome.self) { group in
            for number in 0...limit {
                group.addTask { Outcome(number: number, fault: await fault { try await work(number) }) }
            }
            #expect(await group.next()?.fault == .overloaded(limit: limit))
            engine.release()
            return await group.reduce(into: [Outcome]()) { $0.append($1) }
        }
        _ = try await leader
        #expect(results.count == limit)
        return results
    }
}

/// What `work` failed with.
private func fault(_ work: () async throws -> Void) async -> StoreFault? {
    do {
        try await work()
        return nil
    } catch { return error as? StoreFault ?? .unavailable("\(error)") }
}
