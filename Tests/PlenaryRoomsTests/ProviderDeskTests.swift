import BigBlueButton
import Logging
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Synchronization
import Testing

/// A provider in process: what it answers is what the test says.
private final class FakeProvider: ProviderTransport {
    struct Behaviour: Sendable {
        var certificate = CertificateFinding.valid(facts)
        var root = "<returncode>SUCCESS</returncode><version>2.0</version><build>v1.5.1</build>"
        var meetings = "<returncode>SUCCESS</returncode><meetings/>"
        var status = 200
        var fault: TransportFault?
        var latency = Duration.milliseconds(41)

        static let facts = CertificateFacts(
            notBefore: nil, notAfter: WireTime(milliseconds: 1_900_000_000_000), issuer: "R11", isSelfIssued: false)
    }

    private struct State: Sendable {
        var behaviour = Behaviour()
        var asked: [String] = []
    }

    private let clock: VirtualTime
    private let state = Mutex(State())

    init(_ clock: VirtualTime) { self.clock = clock }

    func set(_ change: (inout Behaviour) -> Void) { state.withLock { change(&$0.behaviour) } }

    /// What was asked since the last look, in order.
    func asked() -> [String] {
        state.withLock { state in
            let asked = state.asked
            state.asked = []
            return asked
        }
    }

    func send(_ call: OutgoingCall, deadline: Duration) async throws(TransportFault) -> ServerAnswer {
        let name = call.call == .index ? "index" : call.call.rawValue
        let behaviour = state.withLock { state in
            state.asked.append(name)
            return state.behaviour
        }
        clock.advance(by: min(behaviour.latency, deadline))
        if let fault = behaviour.fault { throw fault }
        guard behaviour.latency < deadline else { throw .timedOut }
        let inner = call.call == .index ? behaviour.root : behaviour.meetings
        return ServerAnswer(status: behaviour.status, body: Array("<response>\(inner)</response>".utf8))
    }

    func certificate(of host: String, port: Int, deadline: Duration) async -> CertificateFinding {
        state.withLock { state in
            state.asked.append("tls \(host):\(port)")
            return state.behaviour.certificate
        }
    }
}

/// A platform with one provider that can be reached.
private struct Place {
    let clock = VirtualTime(seed: 3)
    let store: Store
    let fleet: Fleet
    let provider: FakeProvider
    let desk: ProviderDesk

    init() async throws {
        let time = clock.fleetTime
        store = try await Store.open(try SQLiteEngine(), newKey: Secret("key of a test"), now: time.now())
        fleet = Fleet(
            store: store, transport: SimulatedNetwork([], time: time), settings: FleetSettings(), time: time)
        provider = FakeProvider(clock)
        desk = ProviderDesk(store: store, fleet: fleet, time: time, transport: provider)
    }

    static func draft(_ type: String = "scalelite", secret: String = "my-secret-key") throws -> ProviderDraft {
        try ProviderDraft(
            reader(
                """
                {"provider_name": "north", "provider_type": "\(type)",
                 "properties": {"host_url": "https://h.example:8443", "secret": "\(secret)"}}
                """))
    }

    static func reader(_ text: String) throws -> ObjectReader { ObjectReader(try JSONReader.read(Array(text.utf8))) }

    func patch(_ text: String, of provider: ServiceProvider) throws -> ProviderPatch {
        try ProviderPatch(Self.reader(text), of: provider)
    }
}

private func problem(_ work: () async throws -> Void) async throws -> Problem? {
    do { try await work() } catch let problem as Problem { return problem }
    return nil
}

/// Making, changing and checking service providers (`rooms-api.md` 6.4, 6.6).
@Suite struct ProviderDeskTests {
    @Test func `a provider that passes all checks is stored with what they found`() async throws {
        let place = try await Place()
        let made = try await place.desk.create(try Place.draft())
        #expect(place.provider.asked() == ["tls h.example:8443", "index", "getMeetings"])
        #expect(made.details.isActive && made.health.state == .healthy)
        #expect(made.health.version == "1.5.1" && made.health.latency == 41 && made.health.tls?.issuer == "R11")
        #expect(try await place.store.serviceProvider(made.number) == made)
    }

    private struct Case: Sendable {
        let code: ProblemCode
        let type: String
        let change: @Sendable (inout FakeProvider.Behaviour) -> Void

        init(
            _ code: ProblemCode, _ type: String = "scalelite",
            _ change: @escaping @Sendable (inout FakeProvider.Behaviour) -> Void
        ) {
            self.code = code
            self.type = type
            self.change = change
        }
    }

    @Test func `what does not pass is not stored, and told without the secret`() async throws {
        let checksum = "<returncode>FAILED</returncode><messageKey>checksumError</messageKey>"
        let cases = [
            Case(.providerUnreachable) { $0.fault = .refused },
            Case(.providerUnreachable) { $0.latency = .seconds(11) },
            Case(.providerUnreachable) { $0.status = 404 },
            Case(.providerUnreachable) { $0.root = "<html/>" },
            Case(.providerUnreachable) { $0.certificate = .unreachable(.unresolved) },
            Case(.providerTLSInvalid) { $0.certificate = .invalid(.selfSigned, nil) },
            Case(.providerSecretInvalid) { $0.meetings = checksum },
            Case(.providerVersionUnsupported) { $0.root = "<returncode>SUCCESS</returncode><build>0.99</build>" },
            Case(.providerVersionUnsupported, "bbb") {
                $0.root = "<returncode>SUCCESS</returncode><version>2.0</version><bbbVersion>2.5.1</bbbVersion>"
            },
        ]
        for it in cases {
            let place = try await Place()
            place.provider.set(it.change)
            let refusal = try await problem { _ = try await place.desk.create(try Place.draft(it.type)) }
            #expect(refusal?.code == it.code)
            let text = refusal?.json(base: "", instance: nil, requestID: nil).encoded ?? ""
            #expect(!text.contains("my-secret-key") && !text.contains("bigbluebutton/api"))
            #expect(try await place.store.serviceProviders() == [])
        }
    }

    @Test func `a version that is not told is taken`() async throws {
        let place = try await Place()
        place.provider.set { $0.root = "<returncode>SUCCESS</returncode><version>2.0</version>" }
        let made = try await place.desk.create(try Place.draft())
        #expect(made.health.state == .healthy && made.health.versionCheck == .unverified)
        #expect(made.health.warnings == [.versionUnverified])
    }

    @Test func `without a check it waits for the first one that passes`() async throws {
        let place = try await Place()
        let made = try await place.desk.create(try Place.draft(), verify: false)
        #expect(place.provider.asked() == [])
        #expect(!made.details.isActive && made.details.isPending && made.health.state == .unknown)
        let checked = try await place.desk.check(made.number)
        #expect(checked?.details.isActive == true && checked?.health.state == .healthy)
    }

    @Test func `a new address must pass the checks, a new name need not`() async throws {
        let place = try await Place()
        let made = try await place.desk.create(try Place.draft())
        _ = place.provider.asked()
        _ = try await place.desk.change(made.number, try place.patch(#"{"provider_name":"n"}"#, of: made))
        #expect(place.provider.asked() == [])
        let moved = try place.patch(#"{"properties":{"host_url":"https://other.example"}}"#, of: made)
        place.provider.set { $0.certificate = .invalid(.hostnameMismatch, nil) }
        let refusal = try await problem { _ = try await place.desk.change(made.number, moved) }
        #expect(refusal?.code == .providerTLSInvalid && refusal?.detail.contains("other.example") == true)
        #expect(try await place.store.serviceProvider(made.number)?.details.properties.host == "h.example")
        place.provider.set { $0.certificate = .valid(FakeProvider.Behaviour.facts) }
        let changed = try await place.desk.change(made.number, moved)
        #expect(changed?.details.properties.host == "other.example" && changed?.health.state == .healthy)
        #expect(changed?.details.properties.endpoint?.secret == Secret("my-secret-key"))
        let unverified = try await place.desk.change(
            made.number, try place.patch(#"{"properties":{"secret":"x"}}"#, of: made), verify: false)
        #expect(unverified?.details.isPending == true && unverified?.health.state == .unknown)
    }

    @Test func `a check of a body keeps nothing`() async throws {
        let place = try await Place()
        place.provider.set { $0.meetings = "<returncode>FAILED</returncode><messageKey>checksumError</messageKey>" }
        let health = await place.desk.check(try Place.draft())
        #expect(health.state == .down)
        #expect(try await place.store.serviceProviders() == [])
    }

    @Test func `a handshake that fails is explained`() async throws {
        let place = try await Place()
        let made = try await place.desk.create(try Place.draft())
        let facts = CertificateFacts(
            notBefore: nil, notAfter: WireTime(milliseconds: 1_000), issuer: "R11", isSelfIssued: false)
        place.provider.set {
            $0.fault = .tls("the certificate cannot be verified")
            $0.certificate = .invalid(.expired, facts)
        }
        _ = place.provider.asked()
        let watch = ProviderWatch(desk: place.desk, logger: Logger(label: "test"))
        await watch.lookOnce()
        // Its certificate was good a moment ago, so that it is looked at only now that calls fail.
        #expect(place.provider.asked() == ["index", "tls h.example:8443"])
        let health = try await place.store.serviceProvider(made.number)?.health
        #expect(health?.state == .down && health?.tls?.fault == .expired)
    }

    @Test func `three silent rounds take it down, two good ones bring it back`() async throws {
        let place = try await Place()
        let made = try await place.desk.create(try Place.draft())
        let watch = ProviderWatch(desk: place.desk, logger: Logger(label: "test"))
        func states(_ rounds: Int) async throws -> [String] {
            var states: [String] = []
            for _ in 0..<rounds {
                place.clock.advance(by: ProviderWatch.interval)
                await watch.lookOnce()
                states.append(try await place.store.serviceProvider(made.number)?.health.state.rawValue ?? "")
            }
            return states
        }
        place.provider.set { $0.fault = .refused }
        #expect(try await states(3) == ["healthy", "healthy", "down"])
        place.provider.set { $0.fault = nil }
        #expect(try await states(2) == ["down", "healthy"])
        try await place.desk.createFailed(at: made.number)
        #expect(try await place.store.serviceProvider(made.number)?.health.failures == 1)
        // Once a day its certificate is looked at although calls go through.
        place.clock.advance(by: .seconds(86_400))
        _ = place.provider.asked()
        await watch.lookOnce()
        #expect(place.provider.asked().first == "tls h.example:8443")
    }

    @Test func `our own servers are judged by themselves`() async throws {
        let place = try await Place()
        let now = place.clock.now
        var random = FleetRandom(place.clock.fleetTime)
        let made = try #require(
            try await place.store.ensureFleetProvider(
                identity: ResourceIdentity(at: now, using: &random), now: now))
        let checked = try await place.desk.check(made.number)
        // There is no server, so there is nowhere to go.
        #expect(checked?.health.state == .down && place.provider.asked() == [])
    }
}
