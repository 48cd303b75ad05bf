import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// The roster never differs from what is stored, whatever happens.
@Suite struct RosterHistoryTests {
    /// A life of a store: random operations, many of which come too late or are refused.
    private struct Life {
        let store: Store
        var dice: Dice
        /// Ever added, whether or not they are there.
        var servers: [ServerID] = []
        /// Meetings as they were at some time.
        var seen: [Meeting] = []
        var lastInternalID = 0

        mutating func chance(_ count: Int) -> Int { Int.random(in: 0..<count, using: &dice) }

        mutating func server() -> ServerID { servers.randomElement(using: &dice) ?? ServerID(1) }

        mutating func meeting() -> Meeting? {
            // Mostly one that is there, sometimes one as it was long ago.
            if chance(3) > 0,
                let meeting = store.meetings.values.sorted(by: { $0.number < $1.number })
                    .randomElement(using: &dice)
            {
                return meeting
            }
            return seen.randomElement(using: &dice)
        }

        mutating func settlement() throws -> Store.Settlement {
            lastInternalID += 1
            return try .sample("internal-\(lastInternalID)", createTime: Int64(lastInternalID))
        }

        /// - Returns: what was done, for the message of a failure.
        mutating func step() async throws -> String {
            do { return try await attempt() } catch StoreFault.constraint(let constraint) {
                return "refused: \(constraint)"
            }
        }

        private mutating func attempt() async throws -> String {
            let now = WireTime.start.advanced(by: .seconds(chance(1_000)))
            switch chance(16) {
            case 0, 1:
                let server = try await store.addSample("bbb\(chance(6))", host: "host\(chance(6)).example")
                servers.append(server.id)
                return "add server"
            case 2:
                _ = try await store.setAdministrative(
                    AdministrativeState.allCases[chance(AdministrativeState.allCases.count)], of: server(), now: now)
                return "administrative"
            case 3:
                _ = try await store.removeServer(server(), force: chance(2) == 0, now: now)
                return "remove server"
            case 4, 5, 6:
                let old = chance(3) == 0 ? meeting() : nil
                let intent = try Intent.sample("room-\(chance(8))", on: server())
                if case .written(let meeting) = try await store.intend(intent, displacing: old, now: now) {
                    seen.append(meeting)
                }
                return "intend"
            case 7:
                guard let meeting = meeting() else { return "nothing" }
                if let moved = try await store.reassign(meeting.number, to: server(), now: now) { seen.append(moved) }
                return "reassign"
            case 8, 9, 10:
                guard let meeting = meeting() else { return "nothing" }
                if let settled = try await store.settle(meeting.number, on: meeting.server, settlement(), now: now) {
                    seen.append(settled)
                }
                return "settle"
            case 11:
                guard let meeting = meeting() else { return "nothing" }
                _ = try await store.end(meeting, reason: "test", now: now)
                return "end"
            case 12:
                guard let meeting = meeting() else { return "nothing" }
                try await store.markEnding(meeting)
                return "mark ending"
            case 13:
                guard let meeting = meeting() else { return "nothing" }
                _ = try await store.takeBack(meeting, on: server(), settlement(), now: now)
                return "take back"
            case 14:
                switch chance(4) {
                case 0: _ = try await store.addFirstSecret(.sample("first"), to: .default, now: now)
                case 1: _ = try await store.removeSecret(Int64(chance(9)), from: .default)
                default: _ = try await store.addSecret(.sample("s\(chance(5))"), label: "", to: .default, now: now)
                }
                return "secret"
            default:
                let node = Node(id: "n\(chance(3))", version: "1", address: "", startedAt: now, seenAt: now)
                try await store.heartbeat(node, [], deadBefore: now)
                try await store.trimChanges()
                return "heartbeat"
            }
        }
    }

    private func check(seed: UInt64, place: Place, steps: Int) async throws {
        try await withDatabase(place) { database in
            var settings = Store.Settings()
            settings.keptChanges = 10
            let store = try await database.store(settings)
            let follower = try await database.store()
            // In memory this is the same engine; on disk it is another one over the same file.
            let other = try database.engine()
            var life = Life(store: store, dice: Dice(seed: seed))
            for step in 0..<steps {
                let done = try await life.step()
                let anew = try await Store.open(other, newKey: Secret("key of a test"), now: .start)
                expectSameRoster(store, anew, "seed \(seed), step \(step): \(done)")
                if life.chance(5) == 0 {
                    try await follower.catchUp()
                    expectSameRoster(follower, anew, "seed \(seed), step \(step): \(done), follower")
                }
                let live = store.meetings.values.filter(\.state.isLive).map(\.key)
                #expect(Set(live).count == live.count, "seed \(seed), step \(step): \(done)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<100) func `the roster is what is stored, after every write`(seed: UInt64) async throws
    {
        try await check(seed: seed, place: .memory, steps: 60)
    }

    @Test(arguments: UInt64(1_000)..<1_020) func `the roster is what is stored on disk, after every write`(seed: UInt64)
        async throws
    {
        try await check(seed: seed, place: .disk, steps: 40)
    }
}
