import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Telling again and again, until it is acknowledged, refused for good, or patience ends (ARCHITECTURE decision 10).
@Suite struct DeliveryFlowTests {
    private static let address = "https://lms.example/x"

    /// Something to tell that is written down already.
    private func tell(
        _ stand: Stand, _ kinds: Delivery.Kind..., lane: String = "lane", url: String = Self.address
    ) async throws {
        let before = try await stand.deliveries().count
        let news = kinds.enumerated().map { index, kind in
            NewDelivery(
                account: .default, kind: kind, meeting: nil, event: "event \(before + index)", lane: lane, url: url,
                payload: "{\"number\":\(before + index)}", secret: nil, dueAt: stand.now)
        }
        #expect(try await stand.store.tell(news, now: stand.now) == kinds.count)
    }

    /// How long it was between one try and the next.
    private func waits(_ times: [WireTime]) -> [Duration] { zip(times.dropFirst(), times).map { $0.since($1) } }

    // MARK: until it is acknowledged

    @Test func `a receiver that fails twenty times is told once, at last`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        let failures: [OutboundResult] = [
            .answered(status: 500), .failed("no answer in time"), .answered(status: 302), .answered(status: 404),
        ]
        receiver.answer((0..<20).map { failures[$0 % 4] }, at: Self.address)
        try await tell(stand, .end)
        var times: [WireTime] = []
        while let due = try await stand.store.nextDelivery(), times.count < 100 {
            stand.clock.advance(by: due.since(stand.now))
            times.append(stand.now)
            try await stand.fleet.deliverOnce(receiver)
        }
        #expect(times.count == 21)
        #expect(receiver.received.count == 21)
        // The same request each time, with the number by which it is known again.
        #expect(Set(receiver.received).count == 1 && stand.numbers(receiver.received).first == "1")
        let delivery = try #require(try await stand.deliveries().first)
        #expect(delivery.state == .delivered && delivery.attempts == 21 && delivery.lastResult == "HTTP 200")
        // Twice as long each time, a fifth more or less, up to half an hour.
        for (index, wait) in waits(times).enumerated() {
            let plain = min(2.0 * Double(1 << index), 1_800)
            #expect(wait >= .seconds(plain * 0.799) && wait <= .seconds(plain * 1.201), "after try \(index + 1)")
        }
        stand.clock.advance(by: .seconds(30 * 86_400))
        try await stand.fleet.deliverOnce(receiver)
        #expect(receiver.received.count == 21)
    }

    @Test func `each try is noted as it went`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        receiver.answer([.answered(status: 503), .failed("connection refused")], at: Self.address)
        try await tell(stand, .ended)
        for (attempt, result) in ["HTTP 503", "connection refused", "HTTP 200"].enumerated() {
            try await stand.fleet.deliverOnce(receiver)
            let delivery = try #require(try await stand.deliveries().first)
            #expect(delivery.lastResult == result && delivery.attempts == attempt + 1)
            // Nothing more in the same moment.
            try await stand.fleet.deliverOnce(receiver)
            #expect(receiver.received.count == attempt + 1)
            stand.clock.advance(by: delivery.dueAt.since(stand.now))
        }
        #expect(try await stand.deliveries(.delivered).first?.deliveredAt != nil)
    }

    // MARK: when patience ends

    @Test func `a receiver that never answers is given up after two days, and told again by word`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        receiver.answer(Array(repeating: .answered(status: 500), count: 1_000), at: Self.address)
        let written = stand.now
        try await tell(stand, .end)
        var last = written
        while let due = try await stand.store.nextDelivery(), receiver.received.count < 1_000 {
            stand.clock.advance(by: due.since(stand.now))
            last = stand.now
            try await stand.fleet.deliverOnce(receiver)
        }
        let age = last.since(written)
        #expect(age <= .seconds(48 * 3_600) && age > .seconds(47 * 3_600))
        // 10 in 17 minutes, then 48 a day, by chance a few more or less.
        #expect((90...125).contains(receiver.received.count), "\(receiver.received.count)")
        let parked = try #require(try await stand.deliveries(.parked).first)
        #expect(parked.attempts == receiver.received.count && parked.lastResult == "HTTP 500")
        #expect(parked.deliveredAt == nil)
        receiver.clear()
        stand.clock.advance(by: .seconds(86_400))
        try await stand.fleet.deliverOnce(receiver)
        #expect(receiver.received.isEmpty)
        // By an operator's word it has its two days once more.
        #expect(try await stand.store.retry(parked.id, now: stand.now) == 1)
        try await stand.fleet.deliverOnce(receiver)
        #expect(stand.numbers(receiver.received) == ["1"])
        let again = try #require(try await stand.deliveries().first)
        #expect(again.state == .waiting && again.dueAt > stand.now)
    }

    @Test func `an address that must not be called is given up at once`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        receiver.answer([.refused("the URL leads to an address that must not be called from here")], at: Self.address)
        try await tell(stand, .end)
        try await stand.fleet.deliverOnce(receiver)
        let parked = try #require(try await stand.deliveries(.parked).first)
        #expect(parked.attempts == 1 && parked.lastResult?.contains("must not be called") == true)
        // What is refused says nothing of where it led.
        #expect(parked.lastResult?.contains("lms.example") == false)
        stand.clock.advance(by: .seconds(86_400))
        try await stand.fleet.deliverOnce(receiver)
        #expect(receiver.received.count == 1)
    }

    // MARK: what receivers say

    struct Word: Sendable, CustomTestStringConvertible {
        let kind: Delivery.Kind
        let status: Int
        let isLast: Bool

        init(_ kind: Delivery.Kind, _ status: Int, isLast: Bool) {
            self.kind = kind
            self.status = status
            self.isLast = isLast
        }

        var testDescription: String { "\(kind.rawValue) \(status)" }
    }

    /// Whether it is acknowledged by that status (`bbb-api.md` 10.1 to 10.3, 11.5).
    static let words = Delivery.Kind.allCases.flatMap(words(of:))

    private static func words(of kind: Delivery.Kind) -> [Word] {
        var words = [200, 201, 202, 204, 299].map { Word(kind, $0, isLast: true) }
        for status in [100, 199, 301, 302, 304, 307, 308, 400, 403, 404, 408, 409, 429, 500, 502, 503, 599] {
            words.append(Word(kind, status, isLast: false))
        }
        // "Deleted in the application", and "the hook is not wanted any more".
        words.append(Word(kind, 410, isLast: kind == .recording))
        words.append(Word(kind, 401, isLast: kind == .hook))
        return words
    }

    @Test(arguments: words) func `a receiver has it when it says so in the words of its kind`(word: Word) async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        receiver.answer([.answered(status: word.status)], at: Self.address)
        try await tell(stand, word.kind)
        try await stand.fleet.deliverOnce(receiver)
        let delivery = try #require(try await stand.deliveries().first)
        let expected: Delivery.State = word.isLast ? .delivered : .waiting
        #expect(delivery.state == expected && delivery.lastResult == "HTTP \(word.status)" && delivery.attempts == 1)
        #expect((delivery.deliveredAt != nil) == word.isLast)
    }

    // MARK: events of hooks

    @Test(arguments: [400, 403, 404, 405, 410, 413, 422, 302, 408, 425, 429, 500, 503])
    func `an event that its receiver answers with an error makes way after eight tries`(status: Int) async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        receiver.answer(Array(repeating: .answered(status: status), count: 8), at: Self.address)
        try await tell(stand, .hook, .hook)
        let began = stand.now
        try await stand.deliverAll(receiver)
        #expect(stand.numbers(receiver.received) == Array(repeating: "1", count: 8) + ["2"])
        let deliveries = try await stand.deliveries()
        #expect(deliveries.map(\.state) == [.parked, .delivered])
        #expect(deliveries.map(\.attempts) == [8, 1] && deliveries.first?.lastResult == "HTTP \(status)")
        // Minutes, as with BigBlueButton's own web hooks, and not days.
        #expect(stand.now.since(began) < .seconds(15 * 60))
    }

    @Test(arguments: [429, 503])
    func `an event whose receiver is busy, or being started, is not given up in the first three minutes`(status: Int)
        async throws
    {
        let stand = try await Stand.reachable(servers: 1) {
            $0.retries.first = .seconds(5)
            $0.retries.longest = .seconds(5)
        }
        let receiver = Receiver(Self.address)
        receiver.answer(Array(repeating: .answered(status: status), count: 25), at: Self.address)
        try await tell(stand, .hook)
        try await stand.deliverAll(receiver)
        #expect(receiver.received.count == 26)
        #expect(try await stand.deliveries().map(\.state) == [.delivered])
    }

    @Test func `an event that nobody answers holds up those behind it, which would fare no better`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        let silences: [OutboundResult] = [.failed("no answer in time"), .failed("connection refused")]
        receiver.answer((0..<30).map { silences[$0 % 2] }, at: Self.address)
        try await tell(stand, .hook, .hook)
        try await stand.deliverAll(receiver)
        #expect(stand.numbers(receiver.received) == Array(repeating: "1", count: 31) + ["2"])
        #expect(try await stand.deliveries().allSatisfy { $0.state == .delivered })
    }

    @Test
    func `who answers with errors after hours of silence is asked again soon, and gets the next event in minutes`()
        async throws
    {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        receiver.answer(Array(repeating: .failed("no answer in time"), count: 14), at: Self.address)
        receiver.answer(Array(repeating: .answered(status: 502), count: 8), at: Self.address)
        try await tell(stand, .hook)
        var times: [WireTime] = []
        while let due = try await stand.store.nextDelivery(), times.count < 100 {
            stand.clock.advance(by: due.since(stand.now))
            times.append(stand.now)
            try await stand.fleet.deliverOnce(receiver)
        }
        #expect(times.count == 22)
        let waits = self.waits(times)
        #expect(waits[13] > .seconds(1_400) && waits[14] < .seconds(2.5))
        #expect(times[21].since(times[14]) < .seconds(310))
        let parked = try #require(try await stand.deliveries(.parked).first)
        #expect(parked.attempts == 22 && parked.answers == 8)
    }

    @Test(arguments: Delivery.Kind.allCases.filter { $0 != .hook })
    func `nothing else is given up because it is refused`(kind: Delivery.Kind) async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        receiver.answer(Array(repeating: .answered(status: 400), count: 20), at: Self.address)
        try await tell(stand, kind)
        try await stand.deliverAll(receiver)
        #expect(receiver.received.count == 21)
        #expect(try await stand.deliveries().map(\.state) == [.delivered])
    }

    // MARK: lanes

    @Test func `what belongs together is told in order, one after the other`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        receiver.answer([.answered(status: 500), .failed("no answer")], at: Self.address)
        try await tell(stand, .hook, .hook, .hook)
        // One at a time, also when all of them are due.
        try await stand.fleet.deliverOnce(receiver)
        #expect(stand.numbers(receiver.received) == ["1"])
        try await stand.deliverAll(receiver)
        #expect(stand.numbers(receiver.received) == ["1", "1", "1", "2", "3"])
    }

    @Test func `who does not answer holds up nobody else`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let other = "https://other.example/"
        let receiver = Receiver(Self.address, other)
        receiver.answer(Array(repeating: .failed("no answer"), count: 5), at: Self.address)
        try await tell(stand, .hook, .hook, lane: "stuck")
        for number in 0..<3 { try await tell(stand, .hook, .hook, lane: "lane \(number)", url: other) }
        try await stand.fleet.deliverOnce(receiver)
        #expect(receiver.received(at: other).count == 3)
        try await stand.fleet.deliverOnce(receiver)
        #expect(receiver.received(at: other).count == 6 && receiver.received(at: Self.address).count == 1)
        try await stand.deliverAll(receiver)
        #expect(stand.numbers(receiver.received(at: Self.address)) == Array(repeating: "1", count: 6) + ["2"])
    }

    @Test func `events of one meeting at one address come in the order in which they happened`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        receiver.answer([.answered(status: 500), .answered(status: 500)], at: Self.address)
        try await stand.create(
            "room-1",
            [
                "record": "true", "meta_endCallbackUrl": Self.address, "meetingEndedURL": Self.address,
                "meta_bn-recording-ready-url": Self.address,
            ])
        let holder = stand.servers[0]
        let recordID = try #require(holder.meetings.first?.internalID.rawValue)
        holder.endMeeting(try stand.id("room-1"))
        await stand.pollAll()
        try await stand.bringCallbacks()
        holder.publishRecording(recordID, at: stand.now)
        try await stand.bringCallbacks()
        try await stand.deliverAll(receiver)
        #expect(stand.numbers(receiver.received) == ["1", "1", "1", "2", "3"])
        #expect(try await stand.deliveries().map(\.kind) == [.end, .ended, .recording])
    }

    // MARK: housekeeping

    @Test func `what was acknowledged, or given up, is forgotten after a month, what waits is not`() async throws {
        let stand = try await Stand.reachable(servers: 1) { $0.retries.patience = .seconds(365 * 86_400) }
        let receiver = Receiver(Self.address)
        receiver.answer([.refused("no")], at: Self.address)
        try await tell(stand, .end)
        try await tell(stand, .ended, lane: "other")
        try await stand.fleet.deliverOnce(receiver)
        try await tell(stand, .recording, lane: "third")
        stand.clock.advance(by: .seconds(29 * 86_400))
        await stand.fleet.heartbeat()
        #expect(try await stand.deliveries().map(\.state) == [.parked, .delivered, .waiting])
        stand.clock.advance(by: .seconds(2 * 86_400))
        await stand.fleet.heartbeat()
        #expect(try await stand.deliveries().map(\.kind) == [.recording])
    }

    @Test func `events of hooks are forgotten after an hour`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        try await tell(stand, .hook)
        try await tell(stand, .ended, lane: "other")
        try await stand.fleet.deliverOnce(receiver)
        stand.clock.advance(by: .seconds(3_590))
        await stand.fleet.heartbeat()
        #expect(try await stand.deliveries().map(\.kind) == [.hook, .ended])
        stand.clock.advance(by: .seconds(20))
        await stand.fleet.heartbeat()
        #expect(try await stand.deliveries().map(\.kind) == [.ended])
    }
}
