import BigBlueButton
import PlenaryCore
import Synchronization
import Testing

@testable import PlenaryStore

@Suite struct IdempotencyStoreTests {
    private func scope(_ key: String = "key", credential: String = "aK4mZr7PdQ", path: String = "/api/v1/rooms") throws
        -> IdempotencyScope
    {
        IdempotencyScope(credential: credential, path: path, key: try #require(IdempotencyKey(key)))
    }

    private static let answer = StoredAnswer(
        status: 201, headers: [ResponseHeader("Location", "/api/v1/rooms/x"), ResponseHeader("ETag", "\"a.b\"")],
        body: Array("{\"name\":\"Raum ü\"}".utf8))

    private func run(_ start: Store.IdempotentStart) throws -> IdempotencyRecord.Run {
        guard case .run(let run) = start else { throw Unexpected("\(start)") }
        return run
    }

    @Test(arguments: Place.allCases) func `a request that comes again gets the same answer`(place: Place) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let scope = try scope()
            let first = try run(try await store.begin(scope, fingerprint: "f", now: .start))
            let meanwhile = try await store.begin(scope, fingerprint: "f", now: .second(1))
            guard case .refuse(let problem) = meanwhile else { throw Unexpected("\(meanwhile)") }
            #expect(problem.code == .idempotencyInProgress)
            #expect(try await store.finish(scope, first, Self.answer))
            let there = try await database.store()
            #expect(try await there.begin(scope, fingerprint: "f", now: .second(2)) == .replay(Self.answer))
            let other = try await there.begin(scope, fingerprint: "g", now: .second(2))
            guard case .refuse(let reused) = other else { throw Unexpected("\(other)") }
            #expect(reused.code == .idempotencyKeyReused)
            // It is one credential's, for one path.
            for another in [
                try self.scope("other"), try self.scope(credential: "b"), try self.scope(path: "/api/v1/customers"),
            ] {
                _ = try run(try await there.begin(another, fingerprint: "f", now: .second(2)))
            }
        }
    }

    @Test(arguments: Place.allCases) func `an answer that says nothing for good is not kept`(place: Place) async throws
    {
        try await withStore(place) { store in
            let scope = try scope()
            for status in [500, 503, 429] {
                let begun = try run(try await store.begin(scope, fingerprint: "f", now: .start))
                #expect(try await store.finish(scope, begun, StoredAnswer(status: status, body: [])))
                #expect(try await store.number("SELECT COUNT(*) FROM idempotency_records") == 0)
            }
            let begun = try run(try await store.begin(scope, fingerprint: "f", now: .start))
            let refused = StoredAnswer(status: 422, body: [])
            #expect(try await store.finish(scope, begun, refused))
            #expect(try await store.begin(scope, fingerprint: "f", now: .start) == .replay(refused))
        }
    }

    @Test(arguments: Place.allCases) func `a request that was given up runs again, and does not answer for the next`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            let scope = try scope()
            let lost = try run(try await store.begin(scope, fingerprint: "f", now: .start))
            let next = try run(try await store.begin(scope, fingerprint: "f", now: .second(300)))
            #expect(next.attempt == 2)
            #expect(try await !store.finish(scope, lost, StoredAnswer(status: 201, body: [1])))
            #expect(try await store.finish(scope, next, Self.answer))
            #expect(try await store.begin(scope, fingerprint: "f", now: .second(301)) == .replay(Self.answer))
        }
    }

    @Test(arguments: Place.allCases) func `of many at once one runs`(place: Place) async throws {
        try await withStore(place) { store in
            let scope = try scope()
            let runs = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        guard case .run = try await store.begin(scope, fingerprint: "f", now: .start)
                        else { return false }
                        return true
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(runs == 1)
        }
    }

    @Test(arguments: Place.allCases) func `what is older than a day is forgotten`(place: Place) async throws {
        try await withStore(place) { store in
            let day = 24 * 3_600
            let scope = try scope()
            let first = try run(try await store.begin(scope, fingerprint: "f", now: .start))
            #expect(try await store.finish(scope, first, Self.answer))
            #expect(try await store.begin(scope, fingerprint: "f", now: .second(day - 1)) == .replay(Self.answer))
            #expect(try await store.removeOldIdempotencyRecords(now: .second(day - 1)) == 0)
            // Also where nobody has removed it yet.
            _ = try run(try await store.begin(scope, fingerprint: "g", now: .second(day)))
            #expect(try await store.removeOldIdempotencyRecords(now: .second(2 * day)) == 1)
        }
    }

    @Test func `answers are sealed, each for its own place`() async throws {
        try await withStore(.memory) { store in
            let (one, two) = (try scope("one"), try scope("two"))
            for scope in [one, two] {
                let begun = try run(try await store.begin(scope, fingerprint: "f", now: .start))
                _ = try await store.finish(
                    scope, begun, StoredAnswer(status: 201, body: Array("rk_shown_once \(scope.key.text)".utf8)))
            }
            let texts = try await store.read { connection in
                try connection.query("SELECT answer FROM idempotency_records").map { try $0.text(0) }
            }
            for text in texts { #expect(text.hasPrefix("v1.") && !text.contains("rk_shown_once")) }
            try await store.run(
                """
                UPDATE idempotency_records SET answer = (
                    SELECT answer FROM idempotency_records WHERE request_key = 'two'
                ) WHERE request_key = 'one'
                """)
            await #expect(throws: StoreFault.self) {
                _ = try await store.begin(one, fingerprint: "f", now: .start)
            }
        }
    }

    /// Keys that are changed while somebody has them.
    private final class Keys: Sendable {
        private let ring: Mutex<KeyRing>

        init(_ ring: KeyRing) { self.ring = Mutex(ring) }

        func change(_ new: KeyRing) { ring.withLock { $0 = new } }

        var chain: KeyChain { KeyChain { _ in self.ring.withLock { $0 } } }
    }

    @Test func `answers go with the keys when these are changed`() async throws {
        let keys = Keys(try .sample(1))
        let store = try await Store.open(
            try SQLiteEngine(keys: keys.chain), newKey: Secret("key of a test"), now: .start)
        let scope = try scope()
        let begun = try run(try await store.begin(scope, fingerprint: "f", now: .start))
        _ = try await store.finish(scope, begun, Self.answer)
        _ = try run(try await store.begin(try self.scope("running"), fingerprint: "f", now: .start))
        // The key of the installation, and the answer.
        #expect(try await store.keysInUse().map { $0.secrets } == [2])
        let both = try KeyRing.sample(2, 1)
        keys.change(both)
        let sealing = try await store.reseal()
        #expect(sealing.count == 2 && sealing.unreadable == 0)
        keys.change(try .sample(2))
        #expect(try await store.begin(scope, fingerprint: "f", now: .second(1)) == .replay(Self.answer))
    }

    @Test func `an answer is read as it was written, whatever is in it`() throws {
        for answer in [
            Self.answer, StoredAnswer(status: 204, body: []), StoredAnswer(status: 200, body: Array(0...255)),
            StoredAnswer(status: 200, headers: [ResponseHeader("X", "")], body: [0]),
        ] {
            #expect(AnswerText.answer(try AnswerText.secret(answer)) == answer)
        }
        for text in ["201", "x.e30", "201.e30.WA", "201.!"] {
            #expect(AnswerText.answer(try .sample(text)) == nil, "\(text)")
        }
    }
}
