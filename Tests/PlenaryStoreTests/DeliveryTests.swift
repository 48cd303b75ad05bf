import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

extension WireTime {
    /// So long after the start.
    static func second(_ seconds: Int) -> WireTime { start.advanced(by: .seconds(seconds)) }
}

extension NewDelivery {
    static func sample(
        _ event: String, lane: String = "lane", part: String? = nil, host: String = "lms.example",
        kind: Delivery.Kind = .hook, account: AccountID = .default, secret: Int64? = nil, due: Int = 0
    ) -> NewDelivery {
        NewDelivery(
            account: account, kind: kind, meeting: nil, event: event, lane: lane, part: part,
            url: "https://\(host)/?\(event.replacing(" ", with: "+"))", payload: event, secret: secret,
            dueAt: .second(due))
    }
}

extension Delivery {
    /// The event of a sample, also when its payload is dropped.
    var event: String { String(url.drop { $0 != "?" }.dropFirst().replacing("+", with: " ")) }
}

extension Store {
    /// What is due of any receiver, with its lane.
    func dueDeliveries(at now: WireTime, besides busy: Set<String>, limit: Int) async throws
        -> [(lane: String, delivery: Delivery)]
    {
        var found: [(lane: String, delivery: Delivery)] = []
        let due = try await dueDeliveries(
            at: now, besides: busy.sorted(), notTo: [], toOneReceiver: 1_000, limit: limit)
        for next in due { found.append((next.lane, try #require(try await delivery(next.id)))) }
        return found
    }

    /// The events that are due, the first one first.
    func due(_ seconds: Int = 0, besides busy: Set<String> = [], limit: Int = 100) async throws -> [String] {
        try await dueDeliveries(at: .second(seconds), besides: busy, limit: limit).map(\.delivery.event)
    }

    /// The events of all deliveries in a state, the newest first.
    func events(_ state: Delivery.State? = nil, limit: Int = 1_000) async throws -> [String] {
        try await deliveries(in: state, limit: limit).map(\.event)
    }

    /// The delivery of an event.
    func delivery(of event: String) async throws -> Delivery {
        try #require(try await deliveries(in: nil, limit: 1_000).first { $0.event == event })
    }

    func note(_ attempt: Attempt, of event: String, _ result: String = "HTTP 500", isAnswer: Bool = false, now: Int = 0)
        async throws
    {
        try await note(
            attempt, of: delivery(of: event).id, result: result, isAnswer: isAnswer, now: .second(now))
    }
}

/// What callers are to be told: written down once, made in order (ARCHITECTURE decision 10).
@Suite struct DeliveryTests {
    @Test(arguments: Place.allCases) func `what is to be told is there as it was written, also for the next process`(
        place: Place
    ) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let new = NewDelivery(
                account: .default, kind: .analytics, meeting: nil, event: "event", lane: "lane",
                url: "https://lms.example/é?a=1&b=%20", payload: "{\"ü\":\"\u{1F600}\n\"}", secret: 7, dueAt: .second(3)
            )
            #expect(try await store.tell([new], now: .second(1)) == 1)
            let told = try #require(try await database.store().deliveries(in: nil, limit: 10).first)
            let expected = Delivery(
                id: DeliveryID(1), account: .default, kind: .analytics, meeting: nil,
                url: "https://lms.example/é?a=1&b=%20", payload: "{\"ü\":\"\u{1F600}\n\"}", secret: 7, state: .waiting,
                attempts: 0, dueAt: .second(3), lastResult: nil, createdAt: .second(1), deliveredAt: nil)
            #expect(told == expected)
            #expect(try await store.delivery(told.id) == expected)
            #expect(try await store.delivery(DeliveryID(2)) == nil)
        }
    }

    @Test(arguments: Place.allCases) func `an event is told once, whatever comes with it the second time`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            #expect(try await store.tell([.sample("a"), .sample("b"), .sample("a")], now: .start) == 2)
            #expect(try await store.tell([.sample("a", lane: "other", due: 9), .sample("c")], now: .second(1)) == 1)
            #expect(try await store.due() == ["a"])
            // Not after it was told, either, and not after it was given up.
            try await store.note(.delivered, of: "a")
            try await store.note(.parked, of: "b")
            #expect(try await store.tell([.sample("a"), .sample("b")], now: .second(2)) == 0)
            #expect(try await store.due() == ["c"])
            #expect(try await store.tell([], now: .second(2)) == 0)
        }
    }

    @Test(arguments: Place.allCases) func `of many processes that tell one event at once, one tells it`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let stores = [try await database.store(), try await database.store()]
            let new = try await withThrowingTaskGroup(of: Int.self) { group in
                for attempt in 0..<40 {
                    group.addTask {
                        try await stores[attempt % 2].tell([.sample("a"), .sample("b \(attempt % 4)")], now: .start)
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(new == 5)
            #expect(try await stores[0].deliveries(in: nil, limit: 100).count == 5)
        }
    }

    @Test(arguments: Place.allCases) func `all events of one call are written down, or none`(place: Place) async throws
    {
        try await withStore(place) { store in
            await #expect(throws: StoreFault.constraint(.foreignKey)) {
                _ = try await store.tell([.sample("a"), .sample("b", account: AccountID(99))], now: .start)
            }
            #expect(try await store.deliveries(in: nil, limit: 10).isEmpty)
            #expect(try await store.tell([.sample("a")], now: .start) == 1)
            let first = try await store.delivery(of: "a")
            #expect(first.id == DeliveryID(1))
        }
    }

    // MARK: lanes

    @Test(arguments: Place.allCases) func `a lane is told in order, whatever is due`(place: Place) async throws {
        try await withStore(place) { store in
            _ = try await store.tell(
                [
                    .sample("a1", lane: "a", due: 5), .sample("a2", lane: "a"), .sample("b1", lane: "b"),
                    .sample("a3", lane: "a"), .sample("b2", lane: "b", due: 3),
                ], now: .start)
            // The first of a lane that is not due holds up those behind it, and no other lane.
            #expect(try await store.due(0) == ["b1"])
            #expect(try await store.due(4) == ["b1"])
            #expect(try await store.due(5) == ["b1", "a1"])
            try await store.note(.delivered, of: "a1", now: 5)
            #expect(try await store.due(5) == ["a2", "b1"])
            // What is tried again keeps its place.
            try await store.note(.again(at: .second(20)), of: "a2", now: 5)
            #expect(try await store.due(19) == ["b1"])
            try await store.note(.delivered, of: "b1", now: 19)
            #expect(try await store.due(20) == ["b2", "a2"])
            // What is given up makes way.
            try await store.note(.parked, of: "a2", now: 20)
            #expect(try await store.due(20) == ["a3", "b2"])
            try await store.note(.delivered, of: "a3", now: 20)
            try await store.note(.delivered, of: "b2", now: 20)
            #expect(try await store.due(1_000_000).isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `lanes in which one is being made are left out`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            for lane in ["a", "b", "c", "d"] {
                _ = try await store.tell([.sample(lane, lane: lane)], now: .start)
            }
            #expect(try await store.due(limit: 2) == ["a", "b"])
            #expect(try await store.due(besides: ["a", "b"], limit: 2) == ["c", "d"])
            #expect(try await store.due(besides: ["a", "b", "c", "d"], limit: 2).isEmpty)
            let found = try await store.dueDeliveries(at: .start, besides: ["a"], limit: 1)
            #expect(found.map(\.lane) == ["b"])
        }
    }

    @Test(arguments: Place.allCases) func `a lane has a limit, beyond which the oldest behind its first are given up`(
        place: Place
    )
        async throws
    {
        try await withStore(place) { store in
            let events = (1...5).map { NewDelivery.sample("a\($0)", lane: "a") }
            #expect(try await store.tell(events + [.sample("b1", lane: "b")], limit: 3, now: .start) == 6)
            #expect(try await store.due() == ["a1", "b1"])
            let parked = try await store.deliveries(in: .parked, limit: 10)
            #expect(parked.map(\.event) == ["a3", "a2"])
            #expect(parked.allSatisfy { $0.lastResult == "too many waited" && $0.attempts == 0 })
            // What was told makes room.
            try await store.note(.delivered, of: "a1")
            #expect(try await store.tell([.sample("a6", lane: "a")], limit: 3, now: .start) == 1)
            #expect(try await store.due() == ["a4", "b1"])
            #expect(try await store.deliveries(in: .parked, limit: 10).count == 2)
        }
    }

    // MARK: tries

    @Test(arguments: Place.allCases) func `each try is counted, and its result is kept`(place: Place) async throws {
        try await withStore(place) { store in
            _ = try await store.tell([.sample("a")], now: .start)
            try await store.note(.again(at: .second(2)), of: "a", "connection refused", now: 1)
            var delivery = try await store.delivery(of: "a")
            #expect(delivery.state == .waiting && delivery.attempts == 1 && delivery.dueAt == .second(2))
            #expect(delivery.lastResult == "connection refused" && delivery.deliveredAt == nil)
            #expect(try await store.due(1).isEmpty)
            #expect(try await store.due(2) == ["a"])
            try await store.note(.delivered, of: "a", "HTTP 204", now: 3)
            delivery = try await store.delivery(of: "a")
            #expect(delivery.state == .delivered && delivery.attempts == 2 && delivery.deliveredAt == .second(3))
            #expect(delivery.lastResult == "HTTP 204" && delivery.createdAt == .start)
        }
    }

    @Test(arguments: Place.allCases) func `what was acknowledged stays so, whoever says what of it later`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            _ = try await store.tell([.sample("a"), .sample("b", lane: "b")], now: .start)
            try await store.note(.delivered, of: "a", now: 1)
            try await store.note(.parked, of: "b", now: 1)
            let before = try await store.deliveries(in: nil, limit: 10)
            for attempt in [Store.Attempt.again(at: .second(5)), .parked] {
                try await store.note(attempt, of: "a", "late", now: 9)
                try await store.note(attempt, of: "b", "late", now: 9)
            }
            try await store.note(.delivered, of: "a", "late", now: 9)
            #expect(try await store.deliveries(in: nil, limit: 10) == before)
        }
    }

    @Test(arguments: Place.allCases) func `the next one that is due is known`(place: Place) async throws {
        try await withStore(place) { store in
            #expect(try await store.nextDelivery() == nil)
            _ = try await store.tell([.sample("a", due: 9), .sample("b", lane: "b", due: 7)], now: .start)
            #expect(try await store.nextDelivery() == .second(7))
            try await store.note(.parked, of: "b")
            #expect(try await store.nextDelivery() == .second(9))
            try await store.note(.delivered, of: "a")
            #expect(try await store.nextDelivery() == nil)
        }
    }

    // MARK: what operators do

    @Test(arguments: Place.allCases) func `what was given up is tried again by word`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            _ = try await store.tell(
                ["a", "b", "c", "d"].map { .sample($0, lane: $0, due: $0 == "d" ? 500 : 0) }, now: .start)
            try await store.note(.delivered, of: "a", now: 1)
            try await store.note(.parked, of: "b", now: 1)
            try await store.note(.parked, of: "c", now: 1)
            let ids = try await store.deliveries(in: nil, limit: 10).map(\.id)
            #expect(ids.map(\.number) == [4, 3, 2, 1])
            // One by its number: also one that only waits, but not one that was acknowledged.
            #expect(try await store.retry(DeliveryID(2), now: .second(100)) == 1)
            #expect(try await store.retry(DeliveryID(4), now: .second(100)) == 1)
            #expect(try await store.retry(DeliveryID(1), now: .second(100)) == 0)
            #expect(try await store.retry(DeliveryID(9), now: .second(100)) == 0)
            #expect(try await store.due(100) == ["b", "d"])
            let retried = try await store.delivery(of: "b")
            #expect(retried.state == .waiting && retried.createdAt == .second(100) && retried.dueAt == .second(100))
            #expect(retried.attempts == 0)
            // All that were given up.
            #expect(try await store.retry(nil, now: .second(200)) == 1)
            #expect(try await store.retry(nil, now: .second(200)) == 0)
            #expect(try await store.due(200) == ["b", "d", "c"])
            #expect(try await store.delivery(of: "a").state == .delivered)
        }
    }

    @Test(arguments: Place.allCases) func `deliveries are listed the newest first, by state`(place: Place) async throws
    {
        try await withStore(place) { store in
            _ = try await store.tell((1...6).map { .sample("\($0)", lane: "\($0)") }, now: .start)
            try await store.note(.delivered, of: "2")
            try await store.note(.delivered, of: "5")
            try await store.note(.parked, of: "4")
            func listed(_ state: Delivery.State?, _ limit: Int = 10) async throws -> [String] {
                try await store.events(state, limit: limit)
            }
            #expect(try await listed(nil) == ["6", "5", "4", "3", "2", "1"])
            #expect(try await listed(nil, 2) == ["6", "5"])
            #expect(try await listed(.waiting) == ["6", "3", "1"])
            #expect(try await listed(.waiting, 1) == ["6"])
            #expect(try await listed(.delivered) == ["5", "2"])
            #expect(try await listed(.parked) == ["4"])
            let counts: [Delivery.State: Int] = [.waiting: 3, .delivered: 2, .parked: 1]
            #expect(try await store.deliveryCounts() == counts)
        }
    }

    @Test(arguments: Place.allCases) func `what is over is forgotten after a while, what waits never`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            _ = try await store.tell(
                [
                    .sample("old", lane: "1", due: 10), .sample("given up", lane: "2", due: 10),
                    .sample("waiting", lane: "3", due: 10), .sample("new", lane: "4", due: 20),
                ], now: .start)
            try await store.note(.delivered, of: "old", now: 10)
            try await store.note(.parked, of: "given up", now: 10)
            try await store.note(.delivered, of: "new", now: 20)
            try await store.trimDeliveries(before: .second(10), events: .second(10))
            #expect(try await store.deliveries(in: nil, limit: 10).count == 4)
            try await store.trimDeliveries(before: .second(11), events: .second(11))
            #expect(try await store.events() == ["new", "waiting"])
            // Events of hooks are forgotten sooner.
            #expect(try await store.tell([.sample("an end", lane: "5", kind: .ended, due: 20)], now: .start) == 1)
            try await store.note(.delivered, of: "an end", now: 20)
            try await store.trimDeliveries(before: .second(11), events: .second(21))
            #expect(try await store.events() == ["an end", "waiting"])
            // Numbers are never used again.
            _ = try await store.tell([.sample("next")], now: .start)
            let next = try await store.delivery(of: "next")
            #expect(next.id == DeliveryID(6))
        }
    }
}
