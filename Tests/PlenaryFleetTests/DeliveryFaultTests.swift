import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Faults of the way to the receivers that were found by a review; each is named after its symptom.
@Suite struct DeliveryFaultTests {
    private static let address = "https://lms.example/hook"

    /// - Returns: the id of the hook.
    private func hook(_ stand: Stand, at url: String = Self.address) async throws -> String {
        let reply = try await stand.signed(.hooksCreate, ["callbackURL": url], by: "client")
        return try #require(reply.root.text(of: "hookID"))
    }

    @Test(arguments: [
        ("https://lms.example/hook#top", "https://lms.example/hook?checksum=C#top"),
        ("https://lms.example/hook?a=1#top?x", "https://lms.example/hook?a=1&checksum=C#top?x"),
        ("https://lms.example/hook?#", "https://lms.example/hook?checksum=C#"),
    ]) func `an event for an address with a fragment brings its checksum`(url: String, expected: String) async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        _ = try await hook(stand, at: url)
        try await stand.create("room-1")
        try await stand.bringCallbacks()
        try await stand.deliverAll(receiver)
        let request = try #require(receiver.received.first)
        let checksum = sha1Hex(url + (request.body ?? []).asText + "client")
        #expect(receiver.received.count == 1)
        #expect(request.url == expected.replacing("C#", with: "\(checksum)#"))
        // What leaves has no fragment, and the checksum is in its query.
        let sent = try OutboundURL(request.url, allowPrivate: false, allowHTTP: false)
        #expect(sent.canonical.hasSuffix("checksum=\(checksum)"))
    }

    @Test func `events of one meeting do not wait for those of another at the same hook`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        let id = try await hook(stand)
        for room in ["room-1", "room-2"] {
            try await stand.create(room)
            try stand.holder(room).endMeeting(stand.id(room))
            try await stand.bringCallbacks()
        }
        // The first of the first meeting is not answered.
        receiver.answer([.failed("no answer in time")], at: Self.address)
        for _ in 0..<3 { try await stand.fleet.deliverOnce(receiver) }
        #expect(stand.numbers(receiver.received) == ["1", "3", "4"])
        try await stand.deliverAll(receiver)
        #expect(stand.numbers(receiver.received) == ["1", "3", "4", "1", "2"])
        // All of them go with the hook.
        try await stand.create("room-3")
        try await stand.bringCallbacks()
        #expect(try await stand.deliveries(.waiting).count == 1)
        #expect(try await stand.signed(.hooksDestroy, ["hookID": id], by: "client").isSuccess)
        #expect(try await stand.deliveries(.waiting).isEmpty)
    }

    @Test func `a destroyed hook is not called by an operator's word`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver(Self.address)
        let id = try await hook(stand)
        receiver.answer([.refused("the URL leads to an address that must not be called from here")], at: Self.address)
        try await stand.create("room-1")
        try await stand.bringCallbacks()
        try await stand.fleet.deliverOnce(receiver)
        #expect(try await stand.deliveries(.parked).count == 1)
        #expect(try await stand.signed(.hooksDestroy, ["hookID": id], by: "client").isSuccess)
        #expect(try await stand.store.retry(nil, now: stand.now) == 0)
        try await stand.deliverAll(receiver)
        #expect(receiver.received.count == 1)
    }

    @Test func `a lane that overflows is told of once, without its address`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let book = LogBook()
        func tell(_ numbers: ClosedRange<Int>, lane: String) async throws {
            let news = numbers.map { number in
                NewDelivery(
                    account: .default, kind: .hook, meeting: nil, event: "\(lane) \(number)",
                    lane: "\(lane) https://lms.example/?token=s3cret", url: Self.address, payload: "", secret: nil,
                    dueAt: stand.now)
            }
            try await book.keep { _ = try await stand.store.tell(news, limit: 5, now: stand.now) }
        }
        try await tell(1...5, lane: "a")
        #expect(book.warnings.isEmpty)
        try await tell(6...7, lane: "a")
        for number in 8...20 { try await tell(number...number, lane: "a") }
        #expect(book.warnings.count == 1)
        #expect(book.warnings.first?.hasPrefix("too many callbacks wait, the oldest are given up") == true)
        try await tell(1...20, lane: "b")
        #expect(book.warnings.count == 2)
        #expect(!book.warnings.contains { $0.contains("s3cret") || $0.contains("lms.example") })
        #expect(try await stand.deliveries(.waiting).count == 10)
    }
}
