import BigBlueButton
import Logging
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

@Suite struct PollerTests {
    private struct Fixture {
        let clock = StepClock()
        let servers: [SimulatedServer]
        let store: Store
        let fleet: Fleet

        init(servers count: Int) async throws {
            let time = clock.fleetTime
            servers = try (1...count).map { number in
                SimulatedServer(
                    name: "bbb\(number)", url: try #require(APIURL("http://bbb\(number).example")),
                    secret: try #require(Secret("s\(number)")), seed: UInt64(number))
            }
            store = try await Store.open(try SQLiteEngine(), newKey: Secret("key of a test"), now: time.now())
            for server in servers {
                let name = try #require(Slug(server.name))
                _ = try await store.addServer(name: name, endpoint: server.endpoint, now: time.now())
            }
            let network = SimulatedNetwork(servers, time: time)
            fleet = Fleet(store: store, transport: network, settings: FleetSettings(), time: time)
        }

        /// Runs the poller while `work` lets time pass.
        func polling(_ work: () async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Poller(fleet: fleet, logger: Logger(label: "test")).run() }
                try await work()
                group.cancelAll()
            }
        }

        /// Waits, bounded, until a condition holds.
        func wait(_ condition: () -> Bool) async -> Bool {
            for round in 0..<200_000 {
                if condition() { return true }
                await Task.yield()
                // Yielding lets other tasks have their turn, and no threads of the database: on a busy machine those need one too.
                if round % 100 == 99 { _ = try? await store.nextDelivery() }
            }
            return false
        }

        /// One second, after which every poller sleeps again: between two polls, or in one that hangs.
        func second(sleeping: Int) async {
            clock.advance(by: .seconds(1))
            let isAsleep = await wait { clock.sleeperCount == sleeping }
            #expect(isAsleep)
        }
    }

    @Test func `a server that hangs delays no other server's poll`() async throws {
        let fixture = try await Fixture(servers: 3)
        fixture.servers[0].set(.hang)
        try await fixture.polling {
            for _ in 0..<60 { await fixture.second(sleeping: 3) }
        }
        for server in fixture.servers.dropFirst() {
            // Every 5.75 s at the latest; the first two come sooner.
            let polls = server.count(of: .getMeetings)
            #expect(polls >= 10 && polls <= 16, "\(server.name): \(polls)")
        }
        let hanging = try #require(
            fixture.store.roster { roster in roster.servers.values.first { $0.name.text == "bbb1" } })
        if case .offline = fixture.fleet.health(of: hanging.id) {
        } else {
            Issue.record("a server that hangs is offline in 60 s")
        }
    }

    @Test func `a server that is added is polled at once, and one that is removed no more`() async throws {
        let fixture = try await Fixture(servers: 1)
        let late = SimulatedServer(
            name: "late", url: try #require(APIURL("http://bbb1.example")), secret: try #require(Secret("s1")))
        try await fixture.polling {
            await fixture.second(sleeping: 1)
            let first = try #require(fixture.store.roster { $0.servers.values.first })
            _ = try await fixture.store.removeServer(
                first.id, force: false, now: late.meetings.first?.createTime ?? WireTime(milliseconds: 1))
            let before = fixture.servers[0].count(of: .getMeetings)
            _ = try await fixture.store.addServer(
                name: try #require(Slug("again")), endpoint: fixture.servers[0].endpoint, now: WireTime(milliseconds: 2)
            )
            #expect(await fixture.wait { fixture.servers[0].count(of: .getMeetings) > before })
        }
    }

    @Test func `a drained server is looked at when it is turned, not when its time comes`() async throws {
        let fixture = try await Fixture(servers: 1)
        try await fixture.polling {
            for _ in 0..<8 { await fixture.second(sleeping: 1) }
            let server = try #require(fixture.store.roster { $0.servers.values.first })
            let before = fixture.servers[0].count(of: .getMeetings)
            _ = try await fixture.store.setAdministrative(.drain, of: server.id, now: fixture.clock.fleetTime.now())
            #expect(await fixture.wait { fixture.servers[0].count(of: .getMeetings) > before })
        }
    }
}
