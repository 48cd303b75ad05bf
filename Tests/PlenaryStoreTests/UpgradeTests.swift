import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// A database that version 1 wrote, opened by this one: nothing is lost, and it goes on where it was.
@Suite struct UpgradeTests {
    /// A table as version 1 wrote it.
    private struct Table: Sendable {
        let name: String
        let columns: String
        let rows: [[SQLValue]]

        init(_ name: String, _ columns: String, _ rows: [[SQLValue]]) {
            self.name = name
            self.columns = columns
            self.rows = rows
        }
    }

    /// In an order in which they may be written.
    private static let tables = [
        Table(
            "accounts", "id, slug, name, created_at",
            [[1, "default", "Default account", 1_000], [2, "school", "Schüle \u{1F600}", 2_000]]),
        Table(
            "account_secrets", "id, account_id, label, secret, created_at",
            [
                [1, 1, "first", "secret-1", 1_000], [2, 2, "lms", "secret-2", 2_000],
                [4, 1, "next", "secret-4", 3_000],
            ]),
        Table(
            "servers", "id, name, url, secret, administrative, capacity, created_at, removed_at",
            [
                [1, "bbb1", "https://bbb1.example/bigbluebutton/api", "s1", "ready", .real(1), 1_000, nil],
                [2, "bbb2", "https://bbb2.example/bigbluebutton/api", "s2", "drain", .real(2.5), 1_000, nil],
                [3, "bbb3", "https://bbb3.example/bigbluebutton/api", "s3", "ready", .real(1), 1_000, 5_000],
            ]),
        Table(
            "meetings",
            """
            id, account_id, meeting_id, name, server_id, state, epoch, internal_meeting_id, create_time, attendee_pw,
            moderator_pw, parameters, expected_load, creator, is_ending, created_at, ended_at, end_reason
            """,
            [
                meeting(1, "over", on: 3, "ended", internalID: "i-1", endedAt: 9_000),
                meeting(2, "room ü", on: 1, "running", internalID: "i-2", account: 2, isEnding: 1),
                meeting(3, "moved", on: 2, "displaced", internalID: "i-3"),
                meeting(4, "moved", on: 1, "running", epoch: 2, internalID: "i-4"),
                meeting(5, "new", on: 2, "creating"),
                meeting(6, "tried", on: 2, "displaced", internalID: "i-6"),
                meeting(7, "tried", on: 1, "creating", epoch: 2),
            ]),
        Table(
            "placements", "meeting, server_id, placed_at",
            [
                [1, 3, 4_000], [2, 1, 4_000], [3, 2, 4_000], [4, 1, 5_000], [5, 1, 6_000], [5, 2, 7_000],
                [6, 2, 4_000], [7, 1, 8_000],
            ]),
        Table(
            "joins", "id, meeting, full_name, user_id, role, joined_at",
            [[1, 1, "Ann", "u1", "MODERATOR", 4_500], [2, 2, "Bob", nil, nil, 4_600]]),
        Table("changes", "seq, kind, entity", [[40, "server", 2], [41, "meeting", 5], [42, "account", 2]]),
        Table(
            "nodes", "id, version, address, started_at, seen_at",
            [["node-1", "0.1.0", "127.0.0.1:8080", 1_000, 9_000]]),
        Table(
            "observations", "server_id, state, fault, since, meetings, users, unexplained, load, seen_at",
            [[1, "online", nil, 1_000, 2, 5, 0, .real(14.5), 9_000]]),
    ]

    private static let counters: [(String, Int64)] = [
        ("changes", 42), ("account", 2), ("secret", 4), ("server", 3), ("meeting", 7), ("join", 2),
    ]

    private static func meeting(
        _ id: Int64, _ meetingID: String, on server: Int64, _ state: String, epoch: Int64 = 1,
        internalID: String? = nil, account: Int64 = 1, isEnding: Int64 = 0, endedAt: Int64? = nil
    ) -> [SQLValue] {
        [
            .integer(id), .integer(account), .text(meetingID), "Raum", .integer(server), .text(state), .integer(epoch),
            SQLValue(internalID), SQLValue(internalID.map { _ in Int64(4_000) }), "ap", "mp",
            .text("name=Raum&meetingID=\(FormCoding.encode(meetingID))&meetingEndedURL=https%3A%2F%2Flms.example%2F"),
            .real(12), "node-1", .integer(isEnding), 4_000, SQLValue(endedAt), SQLValue(endedAt.map { _ in "over" }),
        ]
    }

    /// What version 1 left behind.
    private func writeFirstVersion(_ engine: SQLiteEngine) async throws {
        try await Migrator.migrate(engine, with: [Schema.first], now: .start)
        try await engine.write { connection in
            for table in Self.tables {
                for row in table.rows {
                    let places = row.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
                    _ = try connection.execute(
                        "INSERT INTO \(table.name) (\(table.columns)) VALUES (\(places))", row)
                }
            }
            for (name, value) in Self.counters {
                _ = try connection.execute(
                    "UPDATE counters SET value = $1 WHERE name = $2", [.integer(value), .text(name)])
            }
        }
    }

    /// All rows of the columns that version 1 had. What is sealed since stands there as it was, opened.
    private func dump(_ engine: SQLiteEngine) async throws -> [String: [[SQLValue]]] {
        try await engine.read { connection in
            let isSealed = try !connection.query("SELECT name FROM schema_migrations WHERE number = 5").isEmpty
            var dump: [String: [[SQLValue]]] = [:]
            for table in Self.tables where table.name != "changes" {
                let rows = try connection.query("SELECT \(table.columns) FROM \(table.name) ORDER BY 1, 2")
                dump[table.name] = try rows.map { row in
                    guard isSealed, let place = try Self.place(of: row, in: table.name) else { return row.values }
                    var values = row.values
                    // In both tables that have one.
                    let sealed = try row.text(3)
                    values[3] = .text(try connection.keys.open(sealed, of: place).reveal())
                    return values
                }
            }
            return dump
        }
    }

    /// Where the secret of a row belongs; `nil`: rows of that table have none.
    private static func place(of row: SQLRow, in table: String) throws -> String? {
        switch table {
        case "account_secrets": SealedRows.place(secret: try row.integer(0), of: try row.integer(1))
        case "servers": SealedRows.place(server: try row.integer(0))
        default: nil
        }
    }

    private func withUpgraded(
        _ place: Place, _ work: (_ store: Store, _ database: TestDatabase) async throws -> Void
    ) async throws {
        try await withDatabase(place) { database in
            try await writeFirstVersion(try database.engine())
            try await work(try await database.store(now: .second(60)), database)
        }
    }

    @Test(arguments: Place.allCases) func `nothing that was written is lost or changed`(place: Place) async throws {
        try await withDatabase(place) { database in
            let engine = try database.engine()
            try await writeFirstVersion(engine)
            let before = try await dump(engine)
            #expect(before["meetings"]?.count == 7 && before.count == Self.tables.count - 1)
            _ = try await database.store(now: .second(60))
            #expect(try await dump(engine) == before)
            let applied = try await engine.read { connection in
                try connection.query("SELECT number, applied_at FROM schema_migrations ORDER BY number").map(\.values)
            }
            let times = applied.map { $0.last }
            #expect(times.first == .integer(WireTime.start.milliseconds))
            #expect(times.dropFirst().allSatisfy { $0 == .integer(WireTime.second(60).milliseconds) })
            #expect(applied.count == Schema.migrations.count)
        }
    }

    @Test(arguments: Place.allCases) func `what version 1 knew is in the roster, and what it did not know is nothing`(
        place: Place
    ) async throws {
        try await withUpgraded(place) { store, _ in
            #expect(store.accounts.count == 2)
            #expect(store.accounts[.default]?.secrets.map(\.number) == [1, 4])
            #expect(store.accounts[AccountID(2)]?.secrets.map { $0.secret.reveal() } == ["secret-2"])
            #expect(Set(store.servers.keys) == [ServerID(1), ServerID(2)])
            #expect(store.servers[ServerID(2)]?.capacity == 2.5)
            #expect(store.servers[ServerID(2)]?.administrative == .drain)
            #expect(store.servers.values.allSatisfy { $0.tags.isEmpty })
            #expect(store.meetings.keys.map(\.number).sorted() == [2, 3, 4, 5, 6, 7])
            let states = store.meetings.mapValues(\.state)
            #expect(states[MeetingNumber(2)] == .running && states[MeetingNumber(3)] == .displaced)
            #expect(states[MeetingNumber(4)] == .running && states[MeetingNumber(5)] == .creating)
            #expect(store.meetings[MeetingNumber(2)]?.isEnding == true)
            #expect(store.meetings[MeetingNumber(4)]?.epoch == 2)
            for meeting in store.meetings.values {
                #expect(meeting.token == nil && meeting.callbacks.isEmpty && meeting.voiceBridge.isEmpty)
                #expect(meeting.attendeePW == "ap" && meeting.moderatorPW == "mp")
                // What version 1 found again by the id of the meeting is written down now.
                let replaced: MeetingNumber? = meeting.number == MeetingNumber(7) ? MeetingNumber(6) : nil
                #expect(meeting.replaces == replaced)
            }
            #expect(store.roster { $0.hooks.isEmpty && $0.orders.isEmpty })
            let (told, hooks) = (try await store.deliveries(in: nil, limit: 10), try await store.serverHooks())
            #expect(told.isEmpty && hooks.isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `meetings that are over are remembered as well`(place: Place) async throws {
        try await withUpgraded(place) { store, _ in
            let past = try #require(try await store.meeting(MeetingNumber(1)))
            #expect(past.meeting.state == .ended && past.meeting.token == nil && past.secret == nil)
            #expect(past.parameters["meetingID"] == "over" && past.servers == [ServerID(3)])
            let creating = try #require(try await store.meeting(MeetingNumber(5)))
            #expect(creating.servers == [ServerID(1), ServerID(2)])
            let ids = ["i-1", "i-2"].compactMap(InternalMeetingID.init(rawValue:))
            let owners = try await store.owners(of: ids)
            #expect(owners[ids[0]]?.key.account == .default && owners[ids[1]]?.key.account == AccountID(2))
            let events = try await store.meetingEvents(of: .default, MeetingEventsQuery())
            #expect(events.map(\.meeting.number.number) == [1])
            #expect(events.first?.serverName == "bbb3" && events.first?.joins.map(\.fullName) == ["Ann"])
        }
    }

    @Test(arguments: Place.allCases) func `meetings of version 1 end without a word, and the others go on`(place: Place)
        async throws
    {
        try await withUpgraded(place) { store, _ in
            let settled = try await store.settle(
                MeetingNumber(5), on: ServerID(2), .sample("i-5"), now: .second(61))
            #expect(settled?.state == .running)
            for number in Int64(2)...4 {
                let meeting = try #require(store.meetings[MeetingNumber(number)])
                #expect(try await store.end(meeting, reason: "over", now: .second(62)))
            }
            // Servers told their callers themselves: they were given the callers' own addresses.
            #expect(try await store.told().isEmpty)
            #expect(Set(store.meetings.keys.map(\.number)) == [5, 6, 7])
            // Numbers and epochs go on.
            let next = try await store.running(.telling("moved", on: ServerID(1)), internalID: "i-8")
            #expect(next.number == MeetingNumber(8) && next.epoch == 3 && next.token != nil)
            #expect(try await store.addSample("bbb4").id == ServerID(4))
            #expect(try await store.end(next, reason: "over", now: .second(63)))
            #expect(try await store.told().count == 2)
        }
    }

    @Test(arguments: Place.allCases) func `a create of version 1 that comes to nothing gives its place back`(
        place: Place
    ) async throws {
        try await withUpgraded(place) { store, _ in
            let creating = try #require(store.meetings[MeetingNumber(7)])
            #expect(try await store.end(creating, reason: "interrupted create", now: .second(61)))
            #expect(store.meetings[MeetingNumber(6)]?.state == .running)
            // One that took nobody's place gives none back.
            let fresh = try #require(store.meetings[MeetingNumber(5)])
            #expect(try await store.end(fresh, reason: "interrupted create", now: .second(61)))
            #expect(store.meetings[MeetingNumber(3)]?.state == .displaced)
            #expect(try await store.told().isEmpty)
        }
    }

    // MARK: who followed the old feed

    private func follow(_ store: Store, after seen: Int64) async throws -> (isEverything: Bool, seen: Int64) {
        try await store.read { connection in
            let batch = try Changes.read(connection, after: seen)
            guard case .everything = batch.content else { return (false, batch.seen) }
            return (true, batch.seen)
        }
    }

    @Test(arguments: Place.allCases) func `who had seen all of the old feed, or some of it, reads everything anew`(
        place: Place
    ) async throws {
        try await withUpgraded(place) { store, database in
            let newest = try await store.number("SELECT value FROM counters WHERE name = 'changes'")
            #expect(newest > 42)
            for seen in [Int64(0), 39, 40, 41, 42] {
                let batch = try await follow(store, after: seen)
                #expect(batch.isEverything && batch.seen == newest, "after \(seen)")
            }
            // Also when the new feed has begun.
            try await store.addSample("bbb8")
            for seen in [Int64(0), 39, 40, 41, 42] {
                let batch = try await follow(store, after: seen)
                #expect(batch.isEverything && batch.seen == newest + 1, "after \(seen)")
            }
            let batch = try await follow(store, after: newest)
            #expect(!batch.isEverything && batch.seen == newest + 1)
            // From there on it is followed row by row.
            let there = try await database.store()
            let told = Told(there)
            let server = try await store.addSample("bbb9")
            try await there.catchUp()
            #expect(told.words == ["server \(server.id)"])
            expectSameRoster(there, store)
        }
    }

    @Test func `an upgrade that was done is not done again`() async throws {
        try await withUpgraded(.disk) { store, database in
            let before = try await dump(try database.engine())
            _ = try await store.register("h-1")
            let next = try await database.store(now: .second(90))
            #expect(next.hookIDs == ["h-1"])
            #expect(try await dump(try database.engine()) == before)
        }
    }
}
