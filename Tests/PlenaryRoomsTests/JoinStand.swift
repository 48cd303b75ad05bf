import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

/// The kinds of provider that hold meetings.
enum HostKind: String, Sendable, CaseIterable {
    case fleet, bigbluebutton, scalelite

    var type: ProviderType {
        switch self {
        case .fleet: .fleet
        case .bigbluebutton: .bigBlueButton
        case .scalelite: .scalelite
        }
    }
}

/// Simulated servers as providers of others.
private struct SimulatedProviders: ProviderTransport {
    let network: SimulatedNetwork

    func send(_ call: OutgoingCall, deadline: Duration) async throws(TransportFault) -> ServerAnswer {
        try await network.send(call, deadline: deadline)
    }

    func certificate(of host: String, port: Int, deadline: Duration) async -> CertificateFinding {
        .unreachable(.unresolved)
    }
}

/// A customer with a subscription and an account, and a provider of each kind that a test wants, with one simulated server
/// behind each.
struct JoinStand: Sendable {
    let clock: VirtualTime
    let network: SimulatedNetwork
    let store: Store
    let fleet: Fleet
    let desk: JoinDesk
    let customer: Customer
    let sold: ServicePackage
    let subscription: Subscription
    let account: AccountID
    private let servers: [HostKind: SimulatedServer]
    private let providers: [HostKind: ServiceProvider]

    static let features: [FeatureCode: FeatureValue] = [.guestAccess: .bool(true)]

    /// - Parameters:
    ///   - kinds: the first one is the default provider, the others are attached in that order.
    ///   - features: of the package.
    init(_ kinds: [HostKind] = [.bigbluebutton], features: [FeatureCode: FeatureValue] = JoinStand.features)
        async throws
    {
        clock = VirtualTime(seed: 11)
        let time = clock.fleetTime
        let now = time.now()
        var random = FleetRandom(time)
        var servers: [HostKind: SimulatedServer] = [:]
        for kind in HostKind.allCases {
            let scheme = kind == .fleet ? "http" : "https"
            servers[kind] = SimulatedServer(
                name: kind.rawValue, url: try #require(APIURL("\(scheme)://\(kind.rawValue).example")),
                secret: try #require(Secret("server-secret-of-\(kind.rawValue)")),
                seed: UInt64(kind.rawValue.utf8.count))
        }
        self.servers = servers
        network = SimulatedNetwork(Array(servers.values), time: time)
        store = try await Store.open(try SQLiteEngine(), newKey: Secret("key of a test"), now: now)
        let own = try #require(servers[.fleet])
        _ = try await store.addServer(name: try #require(Slug(own.name)), endpoint: own.endpoint, now: now)
        var settings = FleetSettings()
        settings.identity.instance = "test"
        settings.joinFailedURL = "https://plenary.example/join-failed"
        fleet = Fleet(store: store, transport: network, settings: settings, time: time)

        let first = try await store.ensureFleetProvider(identity: ResourceIdentity(at: now, using: &random), now: now)
        var providers: [HostKind: ServiceProvider] = [.fleet: try #require(first)]
        let healthy = ProviderHealth(
            state: .healthy, checkedAt: now, failures: 0, credits: 0, latency: nil, version: nil, versionCheck: nil,
            tls: nil)
        for kind in HostKind.allCases where kind != .fleet {
            let server = try #require(servers[kind])
            let properties = ProviderProperties.server(
                try HostURL("https://\(kind.rawValue).example"), secret: server.secret)
            providers[kind] = try await store.addServiceProvider(
                kind.type, ServiceProviderDetails(name: kind.rawValue, properties: properties), health: healthy,
                identity: ResourceIdentity(at: now, using: &random), now: now)
        }
        self.providers = providers
        let wanted = try kinds.map { kind in try #require(providers[kind]) }

        customer = try await store.addCustomer(
            CustomerDetails(
                type: .business, email: "it@nordschule.example", firstName: "Ida", lastName: "Berg",
                companyName: "Nordschule"), identity: ResourceIdentity(at: now, using: &random), key: "nord", now: now)
        sold = try await store.addPackage(
            PackageDetails(name: "Meet"), features: FeatureSet(features), providers: wanted.map(\.number),
            identity: ResourceIdentity(at: now, using: &random), now: now)
        subscription = try await store.addSubscription(
            SubscriptionOrder(sold.number, for: customer.number),
            identity: ResourceIdentity(at: now, using: &random), tag: "tag10001", now: now)
        for provider in wanted.dropFirst() {
            let body: JSON = ["service_provider_id": .text(provider.identity.id)]
            _ = try await store.attachProvider(
                try ProviderAttachmentDraft(ObjectReader(body)), to: .subscription(subscription.number), now: now)
        }
        account = try await store.addAccount(slug: try #require(Slug("nord")), name: "Nord", now: now).id
        _ = try await store.bind(account, to: subscription.number, force: false, now: now)
        let platform = Platform(
            store: store, fleet: fleet, settings: PlatformSettings(publicURL: "https://rooms.example"), time: time)
        desk = JoinDesk(platform: platform, transport: SimulatedProviders(network: network))
        await poll()
    }

    func server(_ kind: HostKind) throws -> SimulatedServer { try #require(servers[kind]) }

    func provider(_ kind: HostKind) throws -> ServiceProvider { try #require(providers[kind]) }

    /// The only meeting on a server.
    func meeting(on kind: HostKind) throws -> SimulatedMeeting {
        let meetings = try server(kind).meetings
        #expect(meetings.count == 1)
        return try #require(meetings.first)
    }

    // MARK: time

    private func poll() async {
        for server in store.roster({ $0.servers.values.sorted { $0.id < $1.id } }) { await fleet.pollOnce(server) }
    }

    /// Time passes, with a poll of our own servers each two seconds.
    func pass(_ seconds: Int) async {
        let until = clock.uptime + .seconds(seconds)
        while clock.uptime < until {
            clock.advance(by: min(.seconds(2), until - clock.uptime))
            await poll()
        }
    }

    // MARK: what there is

    func room(_ name: String = "Business Meeting", _ change: (inout RoomDetails) -> Void = { _ in }) async throws
        -> Room
    {
        var details = RoomDetails(name: name)
        change(&details)
        let now = clock.now
        var random = FleetRandom(clock.fleetTime)
        return try await store.addRoom(
            details, in: account, identity: ResourceIdentity(at: now, using: &random),
            seeds: RoomSeeds(at: now, using: &random), now: now)
    }

    /// A change of a room.
    func change(_ room: Room, _ change: @escaping @Sendable (inout RoomDetails) -> Void) async throws {
        let now = clock.now
        var random = FleetRandom(clock.fleetTime)
        _ = try await store.updateRoom(room.number, seeds: RoomSeeds(at: now, using: &random), now: now) { _, details in
            change(&details)
        }
    }

    func token(_ role: RoomRole, of room: Room, _ change: (inout RoomTokenDetails) -> Void = { _ in }) async throws
        -> RoomToken
    {
        var details = RoomTokenDetails(role: role)
        change(&details)
        var random = FleetRandom(clock.fleetTime)
        return try await store.addToken(
            details, to: room.number, seed: RoomTokenSeed(at: clock.now, using: &random), now: clock.now)
    }

    func code(_ text: String, _ role: RoomRole, of room: Room, expiresAt: WireTime? = nil) async throws
        -> RoomAccessCode
    {
        var random = FleetRandom(clock.fleetTime)
        return try await store.addCode(
            RoomCodeDetails(role: role, code: text, expiresAt: expiresAt), to: room.number,
            seed: RoomCodeSeed(at: clock.now, using: &random), now: clock.now)
    }

    /// A provider is found to be down.
    func takeDown(_ kind: HostKind) async throws {
        let now = clock.now
        _ = try await store.observeServiceProvider(try provider(kind).number, now: now) { health in
            var changes: [ProviderHealth.Change] = []
            for _ in 0..<ProviderHealth.fall { changes += health.createFailed(at: now) }
            return changes
        }
    }

    /// The sessions of a room, the newest first.
    func sessions(_ room: Room) async throws -> [RoomSession] {
        try await store.sessions(of: room.number, limit: 10)
    }

    // MARK: visitors

    /// Somebody with a name who opens a link.
    func attempt(_ room: Room, _ token: RoomToken? = nil, name: String? = "Ada Lovelace") -> JoinAttempt {
        var attempt = JoinAttempt(room: .id(room.identity.id))
        attempt.token = token?.text.reveal()
        attempt.name = name
        return attempt
    }

    /// Somebody new comes in by a link, agrees to a recording where there is one, and a browser follows to the meeting.
    @discardableResult
    func enter(_ room: Room, _ token: RoomToken?, sourceLocation: SourceLocation = #_sourceLocation) async throws
        -> JoinOutcome
    {
        var attempt = attempt(room, token)
        attempt.consents = true
        let outcome = try await desk.attempt(attempt)
        try follow(outcome, sourceLocation: sourceLocation)
        return outcome
    }

    /// The browser goes where it was sent, into the meeting.
    func follow(_ outcome: JoinOutcome, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let url = try #require(outcome.place?.url, "\(outcome.word)", sourceLocation: sourceLocation)
        let server = try #require(
            servers.values.first { url.hasPrefix($0.url.text + "/join?") }, sourceLocation: sourceLocation)
        let joined = server.carryOut(SimulatedRequest(target: Self.target(of: url)), at: clock.now)
        let client = joined.headers.first { $0.name == "Location" }?.value ?? ""
        #expect(client.contains("/html5client/"), "\(client)", sourceLocation: sourceLocation)
        _ = server.carryOut(SimulatedRequest(target: Self.target(of: client)), at: clock.now)
    }

    private static func target(of url: String) -> String {
        String(url.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" })
    }
}

extension JoinOutcome {
    /// What became of it, in a word or two.
    var word: String {
        switch state {
        case .ready(_, let role): return "ready \(role.rawValue)"
        case .waiting(let wait, let role, ticket: _): return "waiting \(wait.reason) \(role.rawValue)"
        case .refused(let refusal): return "refused \(refusal.problem.rawValue)"
        case .incomplete(let missing):
            let codes = missing.map { $0.problem.rawValue }
            return "incomplete \(codes.joined(separator: " "))"
        }
    }

    var ticket: String? {
        if case .waiting(_, _, let ticket) = state { return ticket }
        return nil
    }

    var place: HostedJoin? {
        if case .ready(let place, _) = state { return place }
        return nil
    }

    /// How many come before in the queue.
    var ahead: Int? {
        if case .waiting(.roomFull(let ahead), _, _) = state { return ahead }
        return nil
    }

    /// What the provider is told.
    var parameters: BigBlueButton.Parameters {
        let url = place?.url ?? ""
        return BigBlueButton.Parameters(parsing: String(url.drop { $0 != "?" }.dropFirst()))
    }
}
