import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// Faults of the outbox that were found by reviews; each is named after its symptom.
@Suite struct DeliveryFaultTests {
    /// What is due, as the courier asks for it.
    private func due(
        _ store: Store, at second: Int = 0, besides busy: [String] = [], notTo closed: [String] = [], each: Int = 4,
        limit: Int = 64
    ) async throws -> [String] {
        let due = try await store.dueDeliveries(
            at: .second(second), besides: busy, notTo: closed, toOneReceiver: each, limit: limit)
        var events: [String] = []
        for next in due { events.append(try #require(try await store.delivery(next.id)).event) }
        return events
    }

    // MARK: receivers

    @Test(arguments: Place.allCases) func `many lanes of one host do not hide the one lane of another`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let slow = (0..<300).map { NewDelivery.sample("slow \($0)", lane: "slow \($0)", host: "slow.example") }
            _ = try await store.tell(slow + [.sample("good", lane: "good", host: "good.example", due: 9)], now: .start)
            #expect(try await due(store, at: 9) == ["slow 0", "good", "slow 1", "slow 2", "slow 3"])
            #expect(try await due(store, at: 9, limit: 2) == ["slow 0", "good"])
            // A host that is busy, or rests, is left out; and so are lanes.
            #expect(try await due(store, at: 9, notTo: ["slow.example:443"]) == ["good"])
            #expect(
                try await due(store, at: 9, besides: ["slow 0", "slow 1", "good"], each: 2) == ["slow 2", "slow 3"])
            #expect(try await due(store, at: 8, notTo: ["good.example:443"], each: 1) == ["slow 0"])
        }
    }

    @Test(arguments: Place.allCases) func `the oldest of each host comes first, then the second of each`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let news = [("a", 3), ("b", 1), ("b", 2), ("a", 4), ("c", 5), ("b", 6)].map { host, second in
                NewDelivery.sample(
                    "\(host)\(second)", lane: "\(host)\(second)", host: "\(host).example", due: second)
            }
            _ = try await store.tell(news, now: .start)
            #expect(try await due(store, at: 9) == ["b1", "a3", "c5", "b2", "a4", "b6"])
            #expect(try await due(store, at: 9, each: 2) == ["b1", "a3", "c5", "b2", "a4"])
            #expect(try await due(store, at: 4) == ["b1", "a3", "b2", "a4"])
        }
    }

    @Test(arguments: Place.allCases) func `as many lanes and hosts may be left out as there are`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let names = (0..<40).map { "n\($0)" }
            _ = try await store.tell(names.map { .sample($0, lane: $0, host: "\($0).example") }, now: .start)
            for count in [0, 1, 15, 16, 17, 33, 39] {
                let lanes = Array(names.prefix(count))
                #expect(try await due(store, besides: lanes) == Array(names.dropFirst(count)))
                let hosts = lanes.map { "\($0).example:443" }
                #expect(try await due(store, notTo: hosts) == Array(names.dropFirst(count)))
                let both = try await due(store, besides: ["n39"], notTo: hosts)
                #expect(both == names.dropFirst(count).filter { $0 != "n39" })
            }
        }
    }

    @Test(arguments: Place.allCases) func `one host counts as one, however its URL is written`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let urls = [
                "https://LMS.example/?1", "https://lms.example.?2", "https://lms.example:443/?3",
                "https://lms.example?4",
            ]
            let news = urls.enumerated().map { index, url in
                NewDelivery(
                    account: .default, kind: .ended, meeting: nil, event: "\(index)", lane: "\(index)", url: url,
                    payload: "", secret: nil, dueAt: .start)
            }
            _ = try await store.tell(news + [.sample("5", host: "lms.example:8443")], now: .start)
            #expect(try await due(store, each: 2) == ["1", "5", "2"])
            #expect(try await due(store, notTo: ["lms.example:443"]) == ["5"])
        }
    }

    // MARK: what is forgotten

    @Test(arguments: Place.allCases)
    func `an event that is given up after a long wait is still there to be tried again`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            _ = try await store.tell([.sample("parked", lane: "1"), .sample("told", lane: "2")], now: .start)
            // Two days later; what is due is two days old.
            try await store.note(.parked, of: "parked", now: 172_800)
            try await store.note(.delivered, of: "told", now: 172_800)
            for second in [172_801, 172_800 + 3_599] {
                try await store.trimDeliveries(before: .second(0), events: .second(second - 3_600))
                #expect(try await store.events() == ["told", "parked"], "at \(second)")
            }
            // As long as it is remembered, the same event told twice is one.
            #expect(try await store.tell([.sample("told", lane: "2")], now: .second(172_900)) == 0)
            #expect(try await store.retry(nil, now: .second(172_900)) == 1)
            try await store.trimDeliveries(before: .second(0), events: .second(172_801))
            #expect(try await store.events() == ["parked"])
            let waiting = try await store.delivery(of: "parked")
            #expect(waiting.state == .waiting && waiting.answers == 0 && waiting.answeredSince == nil)
        }
    }

    @Test(arguments: Place.allCases) func `what is long is dropped once it is acknowledged, not when it is given up`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            for kind in Delivery.Kind.allCases {
                let names = ["told", "parked"].map { "\($0)-\(kind.rawValue)" }
                _ = try await store.tell(names.map { .sample($0, lane: $0, kind: kind) }, now: .start)
                try await store.note(.delivered, of: names[0])
                try await store.note(.parked, of: names[1])
                let isLong = kind == .hook || kind == .analytics
                let told = try await store.delivery(of: names[0])
                #expect(told.payload == (isLong ? "" : names[0]) && told.state == .delivered)
                #expect(try await store.delivery(of: names[1]).payload == names[1])
            }
        }
    }

    // MARK: backlogs

    @Test(arguments: Place.allCases) func `what is under way is not given up, and is told once`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            _ = try await store.tell([.sample("1"), .sample("2"), .sample("3")], limit: 2, now: .start)
            #expect(try await store.due() == ["1"])
            #expect(try await store.events(.parked) == ["2"])
            try await store.note(.delivered, of: "1", now: 1)
            // By an operator's word one came before what is under way, and that is given up behind it.
            #expect(try await store.retry(nil, now: .second(2)) == 1)
            #expect(try await store.tell([.sample("4")], limit: 2, now: .second(2)) == 1)
            #expect(try await store.events(.parked) == ["3"])
            try await store.note(.delivered, of: "3", "HTTP 200", now: 3)
            let told = try await store.delivery(of: "3")
            #expect(told.state == .delivered && told.deliveredAt == .second(3) && told.attempts == 1)
            #expect(try await store.retry(nil, now: .second(4)) == 0)
            #expect(try await store.retry(told.id, now: .second(4)) == 0)
        }
    }

    @Test(arguments: Place.allCases) func `parts of a lane wait for themselves, and have one limit`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            func event(_ part: String, _ number: Int) -> NewDelivery {
                .sample("\(part)\(number)", lane: "hook 1", part: part)
            }
            _ = try await store.tell((1...3).flatMap { [event("a", $0), event("b", $0)] }, now: .start)
            #expect(try await store.due() == ["a1", "b1"])
            try await store.note(.again(at: .second(50)), of: "a1", now: 1)
            try await store.note(.delivered, of: "b1", now: 1)
            #expect(try await store.due(1) == ["b2"])
            // Five wait; of the sixth and the seventh the oldest make way that are not the first of their part.
            _ = try await store.tell([event("a", 4), event("c", 1)], limit: 5, now: .second(2))
            #expect(try await store.events(.parked) == ["a3", "a2"])
            #expect(try await store.due(2) == ["b2", "c1"])
        }
    }

    // MARK: hooks

    @Test(arguments: Place.allCases) func `a hook that is removed takes with it what waits and what was given up`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            for id in ["h-1", "h-10"] { _ = try await store.register(id, at: "https://\(id).example/") }
            for id in ["h-1", "h-10"] {
                _ = try await store.tell(
                    ["room 1", "room 2", nil].enumerated().map { index, part in
                        .sample("\(id)-\(index)", lane: Hook.lane(id), part: part)
                    }, now: .start)
                try await store.note(.delivered, of: "\(id)-0")
                try await store.note(.parked, of: "\(id)-1")
            }
            #expect(try await store.removeHook("h-1", of: .default))
            #expect(try await store.events() == ["h-10-2", "h-10-1", "h-10-0", "h-1-0"])
            #expect(try await store.retry(nil, now: .second(1)) == 1)
            #expect(try await store.due(1) == ["h-10-2", "h-10-1"])
            // What was under way when it was removed is noted without effect.
            try await store.note(.again(at: .second(9)), of: DeliveryID(3), result: "HTTP 500", now: .second(1))
            #expect(try await store.delivery(DeliveryID(3)) == nil)
        }
    }

    @Test(arguments: Place.allCases) func `answers are counted beside tries that were not answered`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            _ = try await store.tell([.sample("a")], now: .start)
            try await store.note(.again(at: .second(1)), of: "a", "no answer in time", now: 1)
            var delivery = try await store.delivery(of: "a")
            #expect(delivery.attempts == 1 && delivery.answers == 0 && delivery.answeredSince == nil)
            for second in 2...4 {
                try await store.note(.again(at: .second(second)), of: "a", isAnswer: true, now: second)
            }
            try await store.note(.again(at: .second(5)), of: "a", "connection refused", now: 5)
            delivery = try await store.delivery(of: "a")
            #expect(delivery.attempts == 5 && delivery.answers == 3 && delivery.answeredSince == .second(2))
            try await store.note(.delivered, of: "a", "HTTP 200", isAnswer: true, now: 6)
            #expect(try await store.delivery(of: "a").answers == 3)
        }
    }
}
