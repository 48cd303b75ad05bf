import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// Who shares a pool of connections, and what many creates at once get of it (`rooms-api.md` 15.1, 15.6).
@Suite(.timeLimit(.minutes(30))) struct ReservationPoolStoreTests {
    // MARK: at once

    /// How many of forty creates that come at once are admitted.
    private func admitted(of connections: Int, at now: WireTime, _ bench: ReservationBench) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for attempt in 0..<40 {
                group.addTask {
                    let admission = bench.admission(connections)
                    switch try await bench.intend("room-\(attempt)", admission, at: now) {
                    case .written: return true
                    case .refused: return false
                    case .taken, .full: throw Unexpected("a limit that nobody set")
                    }
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
    }

    @Test(arguments: Place.allCases, [1, 2, 5, 6]) func `of many at once as many are admitted as there is room for`(
        place: Place, connections: Int
    ) async throws {
        try await ReservationBench.run(place) { bench in
            _ = try await bench.liveA()
            let count = try await admitted(of: connections, at: .minute(10), bench)
            #expect(count == 5 / connections)
            #expect(try await bench.count() == Int64(count) + 1)
            #expect(bench.store.meetings.count == count + 1)
            #expect(try await bench.state("room-A") == .live)
        }
    }

    @Test(arguments: Place.allCases) func `of many at once that need its place, one has it`(place: Place) async throws {
        try await ReservationBench.run(place) { bench in
            _ = try await bench.liveA()
            // Two of seven fit; one of them beside it would not.
            #expect(try await admitted(of: 7, at: .minute(60), bench) == 2)
            guard case .claimed(let taker) = try await bench.state("room-A") else {
                Issue.record("nobody claimed it")
                return
            }
            let claimed = "SELECT COUNT(*) FROM reservations WHERE state = 'claimed'"
            #expect(try await bench.store.number(claimed) == 1)
            #expect(bench.store.roster { $0.liveMeeting(taker) } != nil)
        }
    }

    @Test(arguments: Place.allCases) func `two processes do not give the same connections away`(place: Place)
        async throws
    {
        try await ReservationBench.run(place) { bench in
            _ = try await bench.liveA()
            var count = 0
            for number in 0..<12 {
                let store = number.isMultiple(of: 2) ? bench.store : bench.other
                let admission = bench.admission(1)
                let intended = try await bench.intend("room-\(number)", admission, at: .minute(1), by: store)
                if case .written = intended { count += 1 }
            }
            #expect(count == 5)
        }
    }

    // MARK: accounts

    /// Two accounts of one subscription, and one without any.
    private struct Tenants {
        let north: AccountID
        let south: AccountID
        let stranger: AccountID
        /// Another one, that has nobody.
        let elsewhere: SubscriptionNumber

        init(_ store: Store) async throws {
            let customer = try await store.addCustomer("Nord")
            let package = try await store.addPackage(features: [.maxConnections: .integer(20)])
            let sold = try await store.sell(package.number, to: customer.number)
            elsewhere = try await store.sell(package.number, to: customer.number, 2).number
            north = try await store.account("north")
            south = try await store.account("south")
            stranger = try await store.account("stranger")
            for account in [north, south] {
                #expect(try await store.bind(account, to: sold.number, force: false, now: .start) == .bound)
            }
        }
    }

    @Test(arguments: Place.allCases) func `accounts of one subscription share its pool, and nobody else does`(
        place: Place
    ) async throws {
        try await ReservationBench.run(place) { bench in
            let tenants = try await Tenants(bench.store)
            func shared(_ connections: Int) -> Store.Admission { bench.admission(connections, isShared: true) }
            _ = try await bench.live("room-A", of: tenants.north, shared(15), at: 0)
            for account in [tenants.north, tenants.south] {
                let pool = try await bench.other.pool(of: account, capacity: 20, isShared: true)
                #expect(pool.protected(at: .start) == 15)
                let intended = try await bench.intend("room-B", of: account, shared(6), at: .minute(1))
                guard case .refused(let shortage) = intended else { throw Unexpected("\(intended)") }
                #expect(shortage.available == 5)
            }
            #expect(try await bench.state("room-A", of: tenants.south) == nil)
            _ = try await bench.live("room-B", of: tenants.stranger, shared(20), at: 1)
            // Nor do two that have none share one, nor who has a pool of its own.
            _ = try await bench.live("room-B", of: .default, shared(20), at: 1)
            _ = try await bench.pending("room-C", of: tenants.south, bench.admission(20), at: 1)
        }
    }

    @Test(arguments: Place.allCases) func `a meeting makes room for accounts of its subscription only`(
        place: Place
    ) async throws {
        try await ReservationBench.run(place) { bench in
            let tenants = try await Tenants(bench.store)
            let shared = bench.admission(15, isShared: true)
            let victim = try await bench.live("room-A", of: tenants.north, shared, at: 0)
            let stranger = try await bench.live("room-A", of: tenants.stranger, shared, at: 0)
            _ = try await bench.live("room-A", of: tenants.south, shared, at: 60)
            #expect(try await bench.isPreempted(victim) == true)
            #expect(try await bench.isPreempted(stranger) == false)
            #expect(try await bench.state("room-A", of: tenants.stranger) == .live)
            let taker = try bench.key("room-A", of: tenants.south)
            #expect(try await bench.state("room-A", of: tenants.north) == .terminating(for: taker))
        }
    }

    enum Change: String, Sendable, CaseIterable {
        /// Who needs the room is of another subscription by now.
        case takerMoves
        case takerLeaves
        /// Who makes room is of none by now.
        case victimLeaves
    }

    @Test(arguments: Change.allCases, [true, false])
    func `an account that changes its subscription leaves nobody claimed`(change: Change, comesToBe: Bool)
        async throws
    {
        try await ReservationBench.run(.memory) { bench in
            let tenants = try await Tenants(bench.store)
            let shared = bench.admission(15, isShared: true)
            let victim = try await bench.live("room-A", of: tenants.north, shared, at: 0)
            let intent = try await bench.pending("room-B", of: tenants.south, shared, at: 60)
            let taker = try bench.key("room-B", of: tenants.south)
            #expect(try await bench.state("room-A", of: tenants.north) == .claimed(by: taker))
            switch change {
            case .takerMoves:
                _ = try await bench.store.bind(tenants.south, to: tenants.elsewhere, force: true, now: .minute(60))
            case .takerLeaves: #expect(try await bench.store.unbind(tenants.south))
            case .victimLeaves: #expect(try await bench.store.unbind(tenants.north))
            }
            if comesToBe {
                _ = try await bench.settle(intent, at: 61)
            } else {
                #expect(try await bench.store.end(intent, reason: "refused", now: .minute(61)))
            }
            let ofVictim: Reservation.State = comesToBe ? .terminating(for: taker) : .live
            #expect(try await bench.state("room-A", of: tenants.north) == ofVictim)
            #expect(try await bench.isPreempted(victim) == comesToBe)
            let ofTaker: Reservation.State? = comesToBe ? Reservation.State.live : nil
            #expect(try await bench.state("room-B", of: tenants.south) == ofTaker)
        }
    }
}
