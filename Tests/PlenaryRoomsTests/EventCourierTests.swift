import BigBlueButton
import Logging
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Synchronization
import Testing

@Suite struct EventCourierTests {
    /// Somebody who is told: answers as the test says, 200 in the end.
    private final class Listener: OutboundTransport {
        private struct State {
            var answers: [OutboundResult] = []
            var received: [OutboundRequest] = []
        }

        private let state = Mutex(State())

        var received: [OutboundRequest] { state.withLock { $0.received } }

        func answer(_ answers: OutboundResult...) { state.withLock { $0.answers += answers } }

        func send(_ request: OutboundRequest, deadline: Duration) async -> OutboundResult {
            state.withLock { state in
                state.received.append(request)
                return state.answers.isEmpty ? .answered(status: 200) : state.answers.removeFirst()
            }
        }
    }

    private struct Bench {
        let stand: JoinStand
        let platform: Platform
        let listener = Listener()
        let courier: EventCourier
        let hook: Webhook
        let secret: Secret

        init() async throws {
            stand = try await JoinStand()
            let settings = PlatformSettings(publicURL: "https://rooms.example")
            platform = Platform(
                store: stand.store, fleet: stand.fleet, settings: settings, time: stand.clock.fleetTime)
            courier = EventCourier(platform: platform, outbound: listener, logger: Logger(label: "test"))
            var random = FleetRandom(stand.clock.fleetTime)
            secret = WebhookSignature.newSecret(using: &random)
            let selection = try #require(EventSelection("room.*"))
            let now = stand.clock.now
            hook = try await stand.store.addWebhook(
                WebhookDetails(url: "https://crm.example/in?key=1", events: [selection]), of: stand.customer.number,
                secret: secret, identity: ResourceIdentity(at: now, using: &random), now: now)
        }

        func delivery() async throws -> WebhookDelivery {
            let schema = WebhookDeliveryList.schema
            let query = try ListQuery([], of: schema, in: SchemaCatalogue([schema]))
            let page = try await stand.store.webhookDeliveries(of: hook.number, query)
            return try #require(page.items.first)
        }
    }

    private static func value(_ name: String, of request: OutboundRequest) -> String? {
        request.headers.first { $0.name == name }?.value
    }

    @Test func `an event is sent signed, once`() async throws {
        let bench = try await Bench()
        let room = try await bench.stand.room()
        try await bench.courier.deliverOnce()
        try await bench.courier.deliverOnce()
        #expect(bench.listener.received.count == 1)
        let request = try #require(bench.listener.received.first)
        #expect(request.url == "https://crm.example/in?key=1")
        let body = try #require(request.body)
        let json = try JSONReader.read(body)
        #expect(json["type"] == "room.created")
        #expect(json["subject"]?["id"] == .text(room.identity.id))
        let id = try #require(Self.value("webhook-id", of: request))
        #expect(json["id"] == .text(id))
        let stamp = try #require(Self.value("webhook-timestamp", of: request))
        let seconds = try #require(Int64(stamp))
        #expect(seconds == bench.stand.clock.now.milliseconds / 1_000)
        let signature = WebhookSignature.header(id: id, seconds: seconds, body: body, secrets: [bench.secret])
        #expect(Self.value("webhook-signature", of: request) == signature)
        let delivery = try await bench.delivery()
        #expect(delivery.state == .delivered && delivery.eventID == id)
    }

    @Test func `what is not taken comes again with the same id and another signature`() async throws {
        let bench = try await Bench()
        bench.listener.answer(.answered(status: 503), .failed("no answer"))
        _ = try await bench.stand.room()
        try await bench.courier.deliverOnce()
        try await bench.courier.deliverOnce()
        #expect(bench.listener.received.count == 1)
        bench.stand.clock.advance(by: .seconds(6))
        try await bench.courier.deliverOnce()
        bench.stand.clock.advance(by: .seconds(34))
        try await bench.courier.deliverOnce()
        let received = bench.listener.received
        #expect(received.count == 3)
        #expect(Set(received.map { Self.value("webhook-id", of: $0) }).count == 1)
        #expect(Set(received.map { Self.value("webhook-signature", of: $0) }).count == 3)
        let delivery = try await bench.delivery()
        #expect(delivery.state == .delivered && delivery.attempts == 3)
    }

    @Test func `both secrets sign while one takes over`() async throws {
        let bench = try await Bench()
        var random = FleetRandom(bench.stand.clock.fleetTime)
        let second = WebhookSignature.newSecret(using: &random)
        _ = try await bench.stand.store.updateWebhook(
            bench.hook.number, newSecret: second, now: bench.stand.clock.now
        ) { _ in }
        _ = try await bench.stand.room()
        try await bench.courier.deliverOnce()
        let request = try #require(bench.listener.received.first)
        let signatures = Self.value("webhook-signature", of: request) ?? ""
        #expect(signatures.split(separator: " ").count == 2)
    }

    @Test func `an address that is never called is given up at once`() async throws {
        let bench = try await Bench()
        bench.listener.answer(.refused("the URL leads to an address that must not be called from here"))
        _ = try await bench.stand.room()
        try await bench.courier.deliverOnce()
        let delivery = try await bench.delivery()
        #expect(delivery.state == .dead && delivery.lastStatus == nil)
        #expect(delivery.lastResult?.contains("crm.example") == false)
    }

    @Test func `who is gone is told nothing more`() async throws {
        let bench = try await Bench()
        bench.listener.answer(.answered(status: 410))
        _ = try await bench.stand.room()
        _ = try await bench.stand.room("Second")
        try await bench.courier.deliverOnce()
        _ = try await bench.stand.room("Third")
        try await bench.courier.deliverOnce()
        #expect(bench.listener.received.count == 1)
        let hook = try await bench.stand.store.webhook(.id(bench.hook.identity.id))
        #expect(hook?.switchedOff == .gone)
    }
}
