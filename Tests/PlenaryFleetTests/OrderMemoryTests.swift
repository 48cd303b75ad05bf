import BigBlueButton
import PlenaryCore
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryFleet

/// What a process keeps of orders, and for how long.
@Suite struct OrderMemoryTests {
    private func isEmpty(_ stand: Stand) -> Bool {
        stand.fleet.withState {
            $0.pace.isEmpty && $0.unsettled.isEmpty && $0.movesAgain.isEmpty && $0.orders.isEmpty
        }
    }

    private func evacuate(_ stand: Stand) async throws {
        let server = try stand.server(stand.servers[0]).id
        guard case .written = try await stand.store.order(.evacuate(server, perMinute: 60), now: stand.now) else {
            throw Stand.NoReply()
        }
        await stand.fleet.carryOutOrders()
    }

    /// Two servers, and meetings on the first.
    private func stand() async throws -> Stand {
        let stand = try await Stand.reachable(servers: 2)
        for number in 0..<2 { try await stand.create("room-\(number)", on: "bbb1") }
        await stand.pollAll()
        return stand
    }

    @Test func `nothing is kept of an order that is done`() async throws {
        let stand = try await stand()
        try await evacuate(stand)
        #expect(!isEmpty(stand))
        for _ in 0..<10 {
            stand.clock.advance(by: .seconds(1))
            await stand.pollAll()
            await stand.fleet.carryOutOrders()
        }
        #expect(stand.store.roster { $0.orders.isEmpty } && isEmpty(stand))
    }

    @Test func `nothing is kept of an order that was cancelled while meetings could not be moved`() async throws {
        let stand = try await stand()
        stand.servers[1].set(.failed(.idNotUnique, "no"), call: .create, remaining: 1)
        try await evacuate(stand)
        #expect(stand.fleet.withState { !$0.movesAgain.isEmpty })
        _ = try await stand.store.setAdministrative(.ready, of: stand.server(stand.servers[0]).id, now: stand.now)
        await stand.fleet.carryOutOrders()
        #expect(isEmpty(stand))
    }

    @Test func `nothing is kept of an order that was cancelled while nobody knew an outcome`() async throws {
        let stand = try await stand()
        stand.servers[1].set(.hang, call: .create, when: .after)
        stand.servers[1].set(.hang, call: .getMeetingInfo)
        try await evacuate(stand)
        #expect(stand.fleet.withState { !$0.unsettled.isEmpty })
        _ = try await stand.store.setAdministrative(.ready, of: stand.server(stand.servers[0]).id, now: stand.now)
        await stand.fleet.carryOutOrders()
        #expect(isEmpty(stand))
    }
}
