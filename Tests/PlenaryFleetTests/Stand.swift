import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// A fleet over simulated servers in process, polled once, under a virtual clock.
struct Stand {
    let clock: VirtualTime
    let servers: [SimulatedServer]
    let network: SimulatedNetwork
    let store: Store
    let fleet: Fleet
    let account: Account

    init(
        servers count: Int = 3, seed: UInt64 = 1, engine: (any SQLEngine)? = nil,
        tune: (inout FleetSettings) -> Void = { _ in }
    ) async throws {
        clock = VirtualTime(seed: seed)
        let time = clock.fleetTime
        servers = try (1...count).map { number in
            SimulatedServer(
                name: "bbb\(number)", url: try #require(APIURL("http://bbb\(number).example")),
                secret: try #require(Secret("secret-\(number)")), seed: seed &+ UInt64(number))
        }
        network = SimulatedNetwork(servers, time: time)
        store = try await Store.open(try engine ?? SQLiteEngine(), newKey: Secret("key of a test"), now: time.now())
        _ = try await store.addFirstSecret(try #require(Secret("client")), to: .default, now: time.now())
        for server in servers {
            _ = try await store.addServer(
                name: try #require(Slug(server.name)), endpoint: server.endpoint, now: time.now())
        }
        var settings = FleetSettings()
        settings.identity.instance = "test"
        settings.joinFailedURL = "https://plenary.example/join-failed"
        tune(&settings)
        fleet = Fleet(store: store, transport: network, settings: settings, time: time)
        account = try #require(store.roster { $0.accounts[.default] })
        await pollAll()
    }

    /// The next process, over what an engine has, the same servers and the same clock.
    init(after stand: Stand, engine: any SQLEngine) async throws {
        (clock, servers, network) = (stand.clock, stand.servers, stand.network)
        store = try await Store.open(engine, newKey: Secret("key of a test"), now: clock.now)
        var settings = stand.fleet.settings
        settings.identity.instance = "after \(settings.identity.instance)"
        fleet = Fleet(store: store, transport: network, settings: settings, time: clock.fleetTime)
        account = try #require(store.roster { $0.accounts[.default] })
        await pollAll()
    }

    func pollAll() async {
        for server in store.roster({ $0.servers.values.sorted { $0.id < $1.id } }) { await fleet.pollOnce(server) }
    }

    /// Time passes, with a poll of every server each two seconds.
    func pass(_ seconds: Int) async {
        let until = clock.uptime + .seconds(seconds)
        while clock.uptime < until {
            clock.advance(by: .seconds(2))
            await pollAll()
        }
    }

    func answer(_ name: CallName, _ parameters: Parameters = Parameters()) async -> CallAnswer {
        await fleet.answer(Call(name, rawQuery: parameters.encoded()), of: Caller(account))
    }

    func reply(_ name: CallName, _ parameters: Parameters = Parameters()) async throws -> Reply {
        guard case .xml(let octets) = await answer(name, parameters) else { throw NoReply() }
        return try Reply(octets)
    }

    struct NoReply: Error {}

    @discardableResult
    func create(_ id: String, _ more: Parameters = Parameters()) async throws -> Reply {
        var parameters: Parameters = ["name": "Room \(id)", "meetingID": id]
        parameters.append(contentsOf: more)
        return try await reply(.create, parameters)
    }

    /// The servers that have an account's meeting, whatever the store says.
    func holders(_ id: String, of account: AccountID = .default) throws -> [SimulatedServer] {
        let id = try idOnServer(id, of: account)
        return servers.filter { $0.meeting(id) != nil }
    }

    func idOnServer(_ id: String, of account: AccountID = .default) throws -> MeetingID {
        MeetingKey(account: account, meetingID: try #require(MeetingID(rawValue: id))).idOnServer
    }

    func holder(_ id: String, of account: AccountID = .default) throws -> SimulatedServer {
        let holders = try holders(id, of: account)
        #expect(holders.count == 1)
        return try #require(holders.first)
    }

    func mapped(_ id: String) throws -> Meeting? {
        let id = try #require(MeetingID(rawValue: id))
        return store.roster { $0.liveMeeting(MeetingKey(account: .default, meetingID: id)) }
    }

    func server(_ simulated: SimulatedServer) throws -> Server {
        try #require(store.roster { roster in roster.servers.values.first { $0.name.text == simulated.name } })
    }

    func isOffline(_ simulated: SimulatedServer) throws -> Bool {
        if case .offline = fleet.health(of: try server(simulated).id) { true } else { false }
    }
}
