import BigBlueButton
import Foundation
import PlenaryCore
import Synchronization
import Testing

@testable import PlenaryStore

/// Keys that change while processes hold them, as those of a file do.
private final class ChangingKeys: Sendable {
    struct Missing: Error {}

    private let ring: Mutex<KeyRing?>

    init(_ ring: KeyRing?) { self.ring = Mutex(ring) }

    func set(_ new: KeyRing?) { ring.withLock { $0 = new } }

    var ids: [String] { ring.withLock { $0?.ids ?? [] } }

    /// What a process has.
    func chain() -> KeyChain {
        KeyChain { mayMake in
            try self.ring.withLock { ring in
                if ring == nil, mayMake { ring = try KeyRing.sample(99) }
                guard let ring else { throw Missing() }
                return ring
            }
        }
    }
}

/// Gives the path of a database that is gone when `work` is over.
private func withFile(_ work: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("plenary-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    // What is left in the temporary directory is no failure of a test.
    defer { try? FileManager.default.removeItem(at: directory) }
    try await work(directory.appendingPathComponent("store.sqlite").path)
}

/// Whether a text stands anywhere in the files of a database.
private func isWritten(_ text: String, in path: String) throws -> Bool {
    try ["", "-wal", "-shm"].contains { end in
        guard FileManager.default.fileExists(atPath: path + end) else { return false }
        return try Data(contentsOf: URL(fileURLWithPath: path + end)).range(of: Data(text.utf8)) != nil
    }
}

extension Store {
    /// Everything that has a secret, opened from the database anew.
    fileprivate func secrets() async throws -> [String] {
        try await read { connection in
            let accounts = try AccountRows.all(connection).flatMap { $0.secrets.map(\.secret) }
            let servers = try ServerRows.all(connection).map(\.endpoint.secret)
            return (accounts + servers + [try InstallationRows.key(connection)]).map { $0.reveal() }
        }
    }
}

@Suite struct SealedSecretTests {
    private static let canaries = [
        "canary-of-an-account", "canary-of-a-server", "canary-of-a-removed-one", "key of a test",
    ]

    @Test func `no secret that is added stands in the files`() async throws {
        try await withFile { path in
            let store = try await open(path, ChangingKeys(KeyRing.sample()))
            let account = try await store.addAccount(
                slug: try #require(Slug("school")), name: "canary-in-clear", firstSecret: .sample(Self.canaries[0]),
                now: .start)
            _ = try await store.addServer(
                name: try #require(Slug("bbb1")),
                endpoint: Endpoint(
                    url: try #require(APIURL("https://bbb1.example")), secret: try .sample(Self.canaries[1])),
                now: .start)
            _ = try await store.rotateSecret(
                .sample("canary-rotated"), label: "x", of: account.id, othersEnd: .second(60), now: .start)
            // What stands in clear is found: the look is worth something.
            #expect(try isWritten("canary-in-clear", in: path))
            for canary in Self.canaries + ["canary-rotated"] {
                #expect(try !isWritten(canary, in: path), "\(canary)")
            }
            try await store.close()
            #expect(try isWritten("canary-in-clear", in: path))
            for canary in Self.canaries + ["canary-rotated"] {
                #expect(try !isWritten(canary, in: path), "\(canary)")
            }
        }
    }

    /// A store as a process opens it.
    private func open(_ path: String, _ keys: ChangingKeys) async throws -> Store {
        try await Store.open(
            try SQLiteEngine(path: path, keys: keys.chain()), newKey: Secret("key of a test"), now: .start)
    }

    /// What the version before this one left behind.
    private func writeClearVersion(_ engine: SQLiteEngine) async throws {
        try await Migrator.migrate(engine, with: [Schema.first, Schema.second, Schema.third], now: .start)
        try await engine.write { connection in
            _ = try connection.execute("INSERT INTO installation (name, value) VALUES ('key', 'key of a test')")
            _ = try connection.execute(
                "INSERT INTO accounts (id, slug, name, created_at) VALUES (1, 'default', 'Default account', 1)")
            _ = try connection.execute(
                """
                INSERT INTO account_secrets (id, account_id, label, secret, created_at)
                VALUES (1, 1, 'first', '\(Self.canaries[0])', 1), (2, 1, 'odd', 'v1.0a0a0a0a.AAAA', 1)
                """)
            _ = try connection.execute(
                """
                INSERT INTO servers (id, name, url, secret, administrative, capacity, created_at, removed_at) VALUES
                    (1, 'bbb1', 'https://bbb1.example/api', '\(Self.canaries[1])', 'ready', 1, 1, NULL),
                    (2, 'bbb2', 'https://bbb2.example/api', '\(Self.canaries[2])', 'ready', 1, 1, 5)
                """)
            _ = try connection.execute("UPDATE counters SET value = 2 WHERE name IN ('secret', 'server')")
            _ = try connection.execute("UPDATE counters SET value = 1 WHERE name = 'account'")
        }
    }

    @Test func `secrets of an older version are sealed, and nothing is left of them in the files`() async throws {
        try await withFile { path in
            let keys = ChangingKeys(try KeyRing.sample())
            let before = try SQLiteEngine(path: path, keys: keys.chain())
            try await writeClearVersion(before)
            for canary in Self.canaries { #expect(try isWritten(canary, in: path), "\(canary)") }
            try await before.close()
            for canary in Self.canaries { #expect(try isWritten(canary, in: path), "\(canary)") }

            let store = try await open(path, keys)
            #expect(try await store.owesCleaning())
            #expect(try await store.cleanUp())
            for canary in Self.canaries { #expect(try !isWritten(canary, in: path), "\(canary)") }
            #expect(try await store.cleanUp() == false)
            // Also one that looks as if it were sealed.
            let opened = store.accounts[.default]?.secrets.map { $0.secret.reveal() }
            #expect(opened == [Self.canaries[0], "v1.0a0a0a0a.AAAA"])
            #expect(store.servers.values.map { $0.endpoint.secret.reveal() } == [Self.canaries[1]])
            #expect(store.key == Secret("key of a test"))
            #expect(try await store.number("SELECT COUNT(*) FROM installation WHERE name = 'remains'") == 0)
            for table in ["account_secrets", "servers"] {
                #expect(try await store.number("SELECT COUNT(*) FROM \(table) WHERE key_id IS NULL") == 0, "\(table)")
            }
            // Whose secret it is still tells whose call it is.
            await #expect(throws: StoreFault.constraint(.unique)) {
                _ = try await store.addSecret(.sample(Self.canaries[0]), label: "x", to: .default, now: .start)
            }
            try await store.close()
            let again = try await open(path, keys)
            expectSameRoster(again, store)
        }
    }

    /// An engine whose files another process keeps from being cleaned.
    private final class OccupiedEngine: SQLEngine {
        let base: SQLiteEngine
        var dialect: SQLDialect { base.dialect }

        init(_ base: SQLiteEngine) { self.base = base }

        func write<Value: Sendable>(
            _ work: @escaping @Sendable (any SQLConnection) throws -> Value
        ) async throws -> Value { try await base.write(work) }

        func read<Value: Sendable>(
            _ work: @escaping @Sendable (any SQLConnection) throws -> Value
        ) async throws -> Value { try await base.read(work) }

        func compact() async throws { throw StoreFault.busy }
        func emptyLog() async throws { try await base.emptyLog() }

        func close() async throws { try await base.close() }
    }

    @Test func `files that could not be cleaned are cleaned later`() async throws {
        try await withFile { path in
            let keys = ChangingKeys(try KeyRing.sample())
            let engine = OccupiedEngine(try SQLiteEngine(path: path, keys: keys.chain()))
            try await writeClearVersion(engine.base)
            let first = try await Store.open(engine, newKey: Secret("key of a test"), now: .start)
            await #expect(throws: StoreFault.busy) { _ = try await first.cleanUp() }
            #expect(try await first.number("SELECT COUNT(*) FROM installation WHERE name = 'remains'") == 1)
            // It serves all the same.
            _ = try await first.addSecret(.sample("red"), label: "", to: .default, now: .start)
            try await first.close()
            let second = try await open(path, keys)
            #expect(try await second.cleanUp())
            for canary in Self.canaries { #expect(try !isWritten(canary, in: path), "\(canary)") }
            #expect(try await second.number("SELECT COUNT(*) FROM installation WHERE name = 'remains'") == 0)
        }
    }

    @Test(arguments: Place.allCases) func `rows whose secrets were exchanged do not open`(place: Place) async throws {
        for table in ["servers", "account_secrets"] {
            try await withStore(place) { store in
                try await store.addSample("bbb1")
                try await store.addSample("bbb2")
                _ = try await store.addSecret(.sample("red"), label: "", to: .default, now: .start)
                _ = try await store.addAccount(
                    slug: try #require(Slug("school")), name: "", firstSecret: .sample("blue"), now: .start)
                let all: Set<String> = ["of bbb1", "of bbb2", "red", "blue", "key of a test"]
                #expect(try await Set(store.secrets()) == all)
                try await store.write { transaction in
                    let rows = try transaction.connection.query("SELECT secret FROM \(table) ORDER BY id")
                    for (number, row) in [(Int64(1), rows[1]), (2, rows[0])] {
                        _ = try transaction.connection.execute(
                            "UPDATE \(table) SET secret = $1 WHERE id = $2", [.text(try row.text(0)), .integer(number)])
                    }
                }
                let exchanged: Set = table == "servers" ? ["of bbb1", "of bbb2"] : ["red", "blue"]
                #expect(try await Set(store.secrets()).isDisjoint(with: exchanged))
                #expect(try await Set(store.secrets()).isSuperset(of: all.subtracting(exchanged)))
                // Everybody else goes on, and who could call before as well: a process that runs knows his secret.
                _ = try await store.rename(.default, to: "Other")
                _ = try await store.setTags(["gpu"], of: try #require(store.servers.keys.min()))
                #expect(store.accounts[.default]?.secrets.map { $0.secret.reveal() } == ["red"])
                #expect(store.accounts.values.flatMap(\.unreadableSecrets).isEmpty == (table == "servers"))
                #expect(store.servers.values.map { $0.endpoint.secret.reveal() }.sorted() == ["of bbb1", "of bbb2"])
            }
        }
    }

    @Test func `a damaged row costs nobody else anything, and can be removed`() async throws {
        try await withFile { path in
            let keys = ChangingKeys(try KeyRing.sample())
            let first = try await open(path, keys)
            try await first.addSample("bbb1")
            let red = try #require(try await first.addSecret(.sample("red"), label: "", to: .default, now: .start))
            _ = try await first.addSecret(.sample("blue"), label: "", to: .default, now: .start)
            try await first.write { transaction in
                for table in ["servers", "account_secrets"] {
                    _ = try transaction.connection.execute(
                        "UPDATE \(table) SET secret = 'v1.' || key_id || '.AAAA' WHERE id = 1")
                }
            }
            try await first.close()
            let store = try await open(path, keys)
            #expect(store.accounts[.default]?.secrets.map { $0.secret.reveal() } == ["blue"])
            #expect(store.accounts[.default]?.unreadableSecrets == [red.number])
            #expect(store.servers.values.map(\.isUnreadable) == [true])
            // Nobody gives the account a first secret for want of one.
            #expect(try await store.removeSecret(red.number + 1, from: .default))
            #expect(try await store.addFirstSecret(.sample("green"), to: .default, now: .start) == false)
            // Keys are changed all the same; what does not open stays until it is removed.
            let sealing = try await store.reseal { keys.set(try KeyRing.sample(9, 7)) }
            #expect(sealing.unreadable == 2 && sealing.count == 1)
            #expect(try await store.dropOldKeys { keys.set(try KeyRing.sample(9)) } == nil)
            #expect(try await store.removeSecret(red.number, from: .default))
            #expect(store.accounts[.default]?.unreadableSecrets == [])
            let server = try #require(store.servers.keys.first)
            #expect(try await store.removeServer(server, force: false, now: .start) == .removed(endedMeetings: 0))
            #expect(try await store.reseal().unreadable == 0)
            #expect(try await store.dropOldKeys { keys.set(try KeyRing.sample(9)) } != nil)
        }
    }

    @Test func `a newer key that one process has already does not trouble those that have not`() async throws {
        try await withFile { path in
            let old = ChangingKeys(try KeyRing.sample(1))
            let serving = try await open(path, old)
            // Its keys were changed where they are kept, and the serving process was not restarted yet.
            let beside = try await open(path, ChangingKeys(try KeyRing.sample(2, 1)))
            _ = try await beside.addAccount(
                slug: try #require(Slug("school")), name: "", firstSecret: .sample("red"), now: .start)
            try await serving.catchUp()
            #expect(serving.accounts.values.flatMap(\.unreadableSecrets).isEmpty)
            #expect(serving.accounts.values.flatMap(\.secrets).map { $0.secret.reveal() } == ["red"])
        }
    }

    @Test(arguments: Place.allCases) func `a secret that is given to another account does not open`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            _ = try await store.addSecret(.sample("red"), label: "", to: .default, now: .start)
            let school = try await store.addAccount(slug: try #require(Slug("school")), name: "", now: .start)
            try await store.write { transaction in
                _ = try transaction.connection.execute(
                    "UPDATE account_secrets SET account_id = $1", [.integer(school.id.number)])
            }
            #expect(try await !store.secrets().contains("red"))
        }
    }

    @Test func `a secret belongs to one account, also after the keys were changed`() async throws {
        try await withFile { path in
            let keys = ChangingKeys(try KeyRing.sample(1))
            let store = try await open(path, keys)
            _ = try await store.addSecret(.sample("red"), label: "", to: .default, now: .start)
            let slug = try #require(Slug("school"))
            for octet: UInt8 in [2, 3] {
                await #expect(throws: StoreFault.constraint(.unique)) {
                    _ = try await store.addAccount(slug: slug, name: "", firstSecret: .sample("red"), now: .start)
                }
                _ = try await store.reseal { keys.set(try KeyRing.sample(octet, 2, 1)) }
            }
            let school = try await store.addAccount(slug: slug, name: "", firstSecret: .sample("Red"), now: .start)
            await #expect(throws: StoreFault.constraint(.unique)) {
                _ = try await store.addSecret(.sample("red"), label: "", to: school.id, now: .start)
            }
        }
    }

    // MARK: changing keys

    @Test func `keys are changed beside a process that goes on`() async throws {
        try await withFile { path in
            let keys = ChangingKeys(try KeyRing.sample(1))
            let serving = try await open(path, keys)
            try await serving.addSample("bbb1")
            let beside = try await open(path, keys)
            let told = Told(serving)
            // The change of the keys is part of the transaction.
            let sealing = try await beside.reseal { keys.set(try KeyRing.sample(2, 1)) }
            #expect(sealing.keys == keys.ids && sealing.key == keys.ids.first && sealing.count == 2)
            try await serving.catchUp()
            #expect(told.count == 0)
            // It meets rows that a key sealed which it has not seen, and seals with that one.
            _ = try await beside.addSecret(.sample("red"), label: "", to: .default, now: .start)
            try await serving.catchUp()
            #expect(serving.accounts[.default]?.secrets.map { $0.secret.reveal() } == ["red"])
            try await serving.addSample("bbb2")
            #expect(try await serving.number("SELECT COUNT(DISTINCT key_id) FROM servers") == 1)
            let wanted: Set<String> = ["red", "of bbb1", "of bbb2", "key of a test"]
            #expect(try await Set(serving.secrets()) == wanted)
            // Then the old key goes.
            let dropped = try await beside.dropOldKeys { keys.set(try KeyRing.sample(2)) }
            #expect(dropped?.keys == keys.ids && keys.ids.count == 1)
            #expect(try await Set(serving.secrets()) == wanted)
            expectSameRoster(serving, try await open(path, keys))
            // What was done is not done again.
            #expect(try await beside.reseal().count == 0)
        }
    }

    @Test func `a key that is in use is not dropped`() async throws {
        try await withFile { path in
            let keys = ChangingKeys(try KeyRing.sample(1))
            let store = try await open(path, keys)
            keys.set(try KeyRing.sample(2, 1))
            let dropped = try await store.dropOldKeys { keys.set(try KeyRing.sample(2)) }
            #expect(dropped == nil && keys.ids.count == 2)
            #expect(try await store.secrets() == ["key of a test"])
        }
    }

    @Test func `a change of keys that fails changes nothing`() async throws {
        try await withFile { path in
            let keys = ChangingKeys(try KeyRing.sample(1))
            let store = try await open(path, keys)
            try await store.addSample("bbb1")
            await #expect(throws: Unexpected.self) { _ = try await store.reseal { throw Unexpected("on purpose") } }
            #expect(try await store.secrets() == ["of bbb1", "key of a test"])
            let old = try #require(keys.ids.first)
            #expect(try await store.number("SELECT COUNT(*) FROM servers WHERE key_id = $1", [.text(old)]) == 1)
        }
    }

    @Test func `a database whose key is gone is refused and left alone, and no key is made for it`() async throws {
        try await withFile { path in
            // Nothing is sealed yet: one is made.
            let keys = ChangingKeys(nil)
            let store = try await open(path, keys)
            let id = try #require(keys.ids.first)
            try await store.addSample("bbb1")
            try await store.close()
            let before = try await rows(path)
            keys.set(nil)
            await #expect(throws: ChangingKeys.Missing.self) { _ = try await open(path, keys) }
            #expect(keys.ids.isEmpty)
            keys.set(try KeyRing.sample(3))
            await #expect(throws: StoreFault.keyMissing(id: id)) { _ = try await open(path, keys) }
            #expect(try await rows(path) == before)
            keys.set(try KeyRing.sample(3, 99))
            #expect(try await open(path, keys).secrets() == ["of bbb1", "key of a test"])
        }
    }

    /// What is sealed, as it stands in the database. Nobody needs a key to look at it.
    private func rows(_ path: String) async throws -> [[SQLValue]] {
        let engine = try SQLiteEngine(path: path, keys: ChangingKeys(nil).chain())
        return try await engine.read { connection in
            let installation = try connection.query("SELECT name, value, key_id FROM installation ORDER BY name")
            let servers = try connection.query("SELECT id, secret, key_id FROM servers ORDER BY id")
            let feed = try connection.query("SELECT seq, kind, entity FROM changes ORDER BY seq")
            return (installation + servers + feed).map(\.values)
        }
    }

    // MARK: when a secret was last used

    @Test(arguments: Place.allCases) func `uses of secrets are written once an hour, and told to nobody`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            _ = try await store.addSecret(.sample("red"), label: "", to: .default, now: .start)
            _ = try await store.addSecret(.sample("blue"), label: "", to: .default, now: .start)
            #expect(try await store.lastUses().isEmpty)
            let told = Told(store)
            let feed = try await store.number("SELECT value FROM counters WHERE name = 'changes'")
            // One that was removed meanwhile is nobody's.
            try await store.recordUses([1: .second(10), 9: .second(10)], grain: .seconds(3_600))
            #expect(try await store.lastUses() == [1: .second(10)])
            for (second, kept) in [(3_609, 10), (3_610, 3_610), (20, 3_610)] {
                try await store.recordUses([1: .second(second)], grain: .seconds(3_600))
                #expect(try await store.lastUses() == [1: .second(kept)], "\(second)")
            }
            try await store.recordUses([2: .second(11), 1: .second(9_000)], grain: .seconds(3_600))
            #expect(try await store.lastUses() == [1: .second(9_000), 2: .second(11)])
            #expect(told.count == 0)
            #expect(try await store.number("SELECT value FROM counters WHERE name = 'changes'") == feed)
        }
    }
}
