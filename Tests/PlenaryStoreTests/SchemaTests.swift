import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct SchemaTests {
    private func dump(_ engine: SQLiteEngine) async throws -> [[SQLValue]] {
        try await engine.read { connection in
            let schema = try connection.query("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")
            let done = try connection.query("SELECT number, name, applied_at FROM schema_migrations ORDER BY number")
            let counters = try connection.query("SELECT name, value FROM counters ORDER BY name")
            return (schema + done + counters).map(\.values)
        }
    }

    @Test(arguments: Place.allCases) func `migrating twice changes nothing the second time`(place: Place) async throws {
        try await withDatabase(place) { database in
            let engine = try database.engine()
            try await Migrator.migrate(engine, now: .start)
            let once = try await dump(engine)
            try await Migrator.migrate(engine, now: .start.advanced(by: .seconds(60)))
            try await Migrator.migrate(try database.engine(), now: .start.advanced(by: .seconds(90)))
            #expect(try await dump(engine) == once)
            #expect(!once.isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `a migration that is added later is applied alone`(place: Place) async throws
    {
        try await withDatabase(place) { database in
            let engine = try database.engine()
            try await Migrator.migrate(engine, now: .start)
            let next = Migration(
                number: 1_000, name: "later",
                statements: ["CREATE TABLE later (id {integer} NOT NULL PRIMARY KEY){strict}"])
            try await Migrator.migrate(
                engine, with: Schema.migrations + [next], now: .start.advanced(by: .seconds(1)))
            let applied = try await engine.read { connection in
                try connection.query("SELECT applied_at FROM schema_migrations ORDER BY number").map {
                    try $0.integer(0)
                }
            }
            #expect(applied == Schema.migrations.map { _ in WireTime.start.milliseconds } + [1_700_000_001_000])
        }
    }

    @Test(arguments: Place.allCases) func `a migration that fails leaves nothing behind`(place: Place) async throws {
        try await withDatabase(place) { database in
            let engine = try database.engine()
            try await Migrator.migrate(engine, now: .start)
            let before = try await dump(engine)
            let broken = Migration(
                number: 1_000, name: "broken",
                statements: ["CREATE TABLE half (id {integer} NOT NULL PRIMARY KEY){strict}", "CREATE TABLE half ("])
            await #expect(throws: StoreFault.self) {
                try await Migrator.migrate(engine, with: Schema.migrations + [broken], now: .start)
            }
            #expect(try await dump(engine) == before)
        }
    }

    @Test(arguments: Place.allCases) func `a database of a newer version is refused and left alone`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let engine = try database.engine()
            _ = try await Store.open(engine, newKey: Secret("key of a test"), now: .start)
            let known = try #require(Schema.migrations.map(\.number).max())
            try await engine.write { connection in
                _ = try connection.execute(
                    "INSERT INTO schema_migrations (number, name, applied_at) VALUES ($1, $2, $3)",
                    [.integer(known + 1), "from the future", 0])
            }
            let before = try await dump(engine)
            await #expect(throws: StoreFault.schemaTooNew(found: known + 1, known: known)) {
                _ = try await database.store()
            }
            #expect(try await dump(engine) == before)
        }
    }

    @Test func `a file commits durably, in WAL mode, with foreign keys`() async throws {
        try await withDatabase(.disk) { database in
            let engine = try database.engine()
            func pragma(_ name: String) async throws -> SQLValue? {
                try await engine.write { try $0.query("PRAGMA \(name)").first?.values.first }
            }
            #expect(try await pragma("synchronous") == .integer(2))
            #expect(try await pragma("journal_mode") == .text("wal"))
            #expect(try await pragma("foreign_keys") == .integer(1))
            // Of the readers too.
            let mode = try await engine.read { try $0.query("PRAGMA foreign_keys").first?.values.first }
            #expect(mode == .integer(1))
        }
    }

    @Test func `a database in memory has foreign keys too`() async throws {
        let engine = try SQLiteEngine()
        #expect(try await engine.write { try $0.query("PRAGMA foreign_keys").first?.values.first } == .integer(1))
    }

    @Test func `a file that cannot be opened is told as such`() async throws {
        try await withDatabase(.disk) { _ in
            let fault = #expect(throws: StoreFault.self) {
                _ = try SQLiteEngine(path: "/proc/none/store.sqlite", keys: KeyChain(try KeyRing.sample()))
            }
            guard case .unavailable = fault else { throw Unexpected("\(String(describing: fault))") }
        }
    }

    @Test(arguments: Place.allCases) func `what throws inside a write is rolled back as a whole`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let engine = try database.engine()
            try await Migrator.migrate(engine, now: .start)
            let before = try await dump(engine)
            await #expect(throws: Unexpected.self) {
                try await engine.write { connection in
                    _ = try connection.execute("UPDATE counters SET value = 77")
                    throw Unexpected("on purpose")
                }
            }
            #expect(try await dump(engine) == before)
        }
    }

    @Test(arguments: Place.allCases) func `a savepoint undoes its own changes and no others`(place: Place) async throws
    {
        try await withDatabase(place) { database in
            let engine = try database.engine()
            try await Migrator.migrate(engine, now: .start)
            try await engine.write { connection in
                _ = try connection.execute("UPDATE counters SET value = 7 WHERE name = 'server'")
                do {
                    try connection.savepoint {
                        _ = try connection.execute("UPDATE counters SET value = 9")
                        throw Unexpected("on purpose")
                    }
                } catch is Unexpected {}
            }
            let values = try await engine.read { connection in
                try connection.query("SELECT value FROM counters WHERE name IN ('join', 'server') ORDER BY name").map {
                    try $0.integer(0)
                }
            }
            #expect(values == [0, 7])
        }
    }

    // MARK: what the schema refuses

    struct Refused: Sendable, CustomTestStringConvertible {
        let table: String
        let changes: [String: SQLValue]
        let constraint: StoreFault.Constraint

        init(_ table: String, _ changes: [String: SQLValue], _ constraint: StoreFault.Constraint) {
            self.table = table
            self.changes = changes
            self.constraint = constraint
        }

        var testDescription: String { "\(table) \(changes.keys.sorted())" }
    }

    /// Rows that are good as they are.
    static let good: [String: [String: SQLValue]] = [
        "accounts": ["id": 7, "slug": "other", "name": "Other", "created_at": 1],
        "account_secrets": ["id": 7, "account_id": 1, "label": "x", "secret": "s", "created_at": 1],
        "servers": [
            "id": 7, "name": "bbb7", "url": "https://bbb7.example/bigbluebutton/api", "secret": "s",
            "administrative": "ready", "capacity": .real(1), "created_at": 1,
        ],
        "meetings": [
            "id": 7, "account_id": 1, "meeting_id": "room-7", "name": "n", "server_id": 1, "state": "creating",
            "epoch": 1,
            "attendee_pw": "a", "moderator_pw": "m", "parameters": "", "expected_load": .real(1), "creator": "n",
            "created_at": 1,
        ],
        "placements": ["meeting": 1, "server_id": 2, "placed_at": 1],
        "joins": ["id": 7, "meeting": 1, "full_name": "Ann", "joined_at": 1],
        "changes": ["seq": 1_000, "kind": "server", "entity": 1],
        "counters": ["name": "more", "value": 0],
        "nodes": ["id": "n", "version": "1", "address": "a", "started_at": 1, "seen_at": 1],
        "observations": [
            "server_id": 1, "state": "online", "since": 1, "meetings": 0, "users": 0, "unexplained": 0,
            "load": .real(0),
            "seen_at": 1,
        ],
    ]

    static let refused = [
        Refused("meetings", ["state": "running"], .check),
        Refused("meetings", ["state": "running", "internal_meeting_id": "i"], .check),
        Refused("meetings", ["state": "running", "create_time": 1], .check),
        Refused("meetings", ["state": "ended"], .check),
        Refused("meetings", ["ended_at": 1], .check),
        Refused("meetings", ["state": "odd"], .check),
        Refused("meetings", ["epoch": 0], .check),
        Refused("meetings", ["meeting_id": ""], .check),
        Refused("meetings", ["expected_load": .real(-0.5)], .check),
        Refused("meetings", ["is_ending": 2], .check),
        Refused("meetings", ["meeting_id": "room-1"], .unique),
        Refused("meetings", ["id": 1], .unique),
        Refused("meetings", ["server_id": 99], .foreignKey),
        Refused("meetings", ["account_id": 99], .foreignKey),
        Refused("meetings", ["creator": nil], .notNull),
        Refused("meetings", ["epoch": "one"], .other),
        Refused("accounts", ["slug": "default"], .unique),
        Refused("accounts", ["slug": ""], .check),
        Refused("accounts", ["slug": .text(String(repeating: "x", count: 64))], .check),
        Refused("account_secrets", ["secret": ""], .check),
        Refused("account_secrets", ["account_id": 99], .foreignKey),
        // What is sealed has a mark, by which it is unique.
        Refused("account_secrets", ["key_id": "0a0a0a0a"], .check),
        Refused("account_secrets", ["key_id": "", "mark": "m"], .check),
        Refused("servers", ["key_id": ""], .check),
        Refused("servers", ["capacity": .real(0)], .check),
        Refused("servers", ["administrative": "tired"], .check),
        Refused("servers", ["name": "bbb1"], .unique),
        Refused("servers", ["url": "https://bbb1.example/bigbluebutton/api"], .unique),
        Refused("placements", ["server_id": 1], .unique),
        Refused("placements", ["meeting": 99], .foreignKey),
        Refused("placements", ["server_id": 99], .foreignKey),
        Refused("joins", ["meeting": 99], .foreignKey),
        Refused("joins", ["full_name": nil], .notNull),
        Refused("changes", ["kind": "node"], .check),
        Refused("changes", ["seq": 3], .unique),
        Refused("counters", ["value": -1], .check),
        Refused("counters", ["name": "server"], .unique),
        Refused("observations", ["server_id": 99], .foreignKey),
    ]

    private func insert(_ table: String, _ changes: [String: SQLValue], _ store: Store) async throws {
        let row = try #require(Self.good[table]).merging(changes) { $1 }.sorted { $0.key < $1.key }
        let places = row.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        let sql = "INSERT INTO \(table) (\(row.map(\.key).joined(separator: ", "))) VALUES (\(places))"
        let values = row.map(\.value)
        try await store.write { _ = try $0.connection.execute(sql, values) }
    }

    private func withRows(_ place: Place, _ work: (Store) async throws -> Void) async throws {
        try await withStore(place) { store in
            let server = try await store.addSample("bbb1")
            try await store.addSample("bbb2")
            _ = try await store.written("room-1", on: server.id)
            try await work(store)
        }
    }

    @Test(arguments: Place.allCases, refused)
    func `the schema itself refuses what must not be`(place: Place, refused: Refused) async throws {
        try await withRows(place) { store in
            await #expect(throws: StoreFault.constraint(refused.constraint)) {
                try await insert(refused.table, refused.changes, store)
            }
        }
    }

    @Test(arguments: Place.allCases) func `rows that differ from the refused ones in nothing else are taken`(
        place: Place
    )
        async throws
    {
        try await withRows(place) { store in
            for table in Self.good.keys.sorted() { try await insert(table, [:], store) }
        }
    }

    // MARK: one SQL for both engines

    static let statements = Schema.migrations.flatMap(\.statements)

    @Test func `migrations are numbered in order`() {
        let numbers = Schema.migrations.map(\.number)
        #expect(numbers == Array(Set(numbers)).sorted())
        #expect(numbers.first == 1)
    }

    @Test(arguments: [SQLDialect.sqlite, .postgres].map(\.integer))
    func `no token of a dialect is left in a migration`(integer: String) throws {
        let dialect = try #require([SQLDialect.sqlite, .postgres].first { $0.integer == integer })
        for statement in Self.statements {
            // An empty object is a default, no token.
            let text = dialect.render(statement).replacing("'{}'", with: "''")
            #expect(!text.contains("{") && !text.contains("}"), "\(text)")
        }
    }

    @Test(arguments: statements) func `migrations use no words that only SQLite knows`(statement: String) {
        let text = SQLDialect.postgres.render(statement).uppercased()
        for word in [
            "AUTOINCREMENT", "WITHOUT ROWID", "ROWID", "DATETIME(", "STRFTIME(", "JULIANDAY(", "UNIXEPOCH(", "IFNULL(",
            "INSERT OR", "REPLACE INTO", "PRAGMA", "GLOB", "COLLATE NOCASE", " STRICT", "`", "[",
        ] {
            #expect(!text.contains(word), "\(word) in \(text)")
        }
        // Types that the engines name differently stand in braces, so that none is 32 bits wide by accident.
        var plain = statement.uppercased()
        for token in ["{INTEGER}", "{REAL}", "{BLOB}", "{STRICT}"] {
            plain = plain.split(separator: token, omittingEmptySubsequences: false).joined(separator: " ")
        }
        let words = plain.split { !$0.isLetter && $0 != "_" }
        for word in ["INTEGER", "INT", "REAL", "BLOB", "BYTEA", "BOOLEAN", "SERIAL"] {
            #expect(!words.contains(Substring(word)), "\(word) in \(text)")
        }
    }

    @Test func `a dialect renders every occurrence`() {
        #expect(
            SQLDialect.postgres.render("{integer}{integer} x {real}{strict}") == "BIGINTBIGINT x DOUBLE PRECISION")
        #expect(SQLDialect.sqlite.render("a {integer}, b {real}){strict}") == "a INTEGER, b REAL) STRICT")
    }
}
