import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// A balancer, its database, its servers and a virtual clock: everything that happens is decided by a seed.
final class World {
    let clock: VirtualTime
    let servers: [SimulatedServer]
    let network: SimulatedNetwork
    private let database: SQLiteEngine
    private(set) var store: Store
    private(set) var fleet: Fleet
    private(set) var crash: CrashSwitch
    private var starts = 0
    private let tune: (inout FleetSettings) -> Void

    /// What clients were told: meetings whose create was acknowledged and that nobody ended or lost since.
    private(set) var acknowledged: [MeetingID: InternalMeetingID] = [:]
    /// What happened, for the report of a failure.
    private(set) var log: [String] = []

    init(seed: UInt64, servers count: Int = 3, tune: @escaping (inout FleetSettings) -> Void = { _ in }) async throws {
        clock = VirtualTime(seed: seed)
        let time = clock.fleetTime
        servers = try (1...count).map { number in
            SimulatedServer(
                name: "bbb\(number)", url: try #require(APIURL("http://bbb\(number).example")),
                secret: try #require(Secret("secret-\(number)")), seed: seed &+ UInt64(number))
        }
        network = SimulatedNetwork(servers, time: time)
        database = try SQLiteEngine()
        self.tune = tune
        crash = CrashSwitch()
        store = try await Store.open(
            CrashingEngine(base: database, crash: crash), newKey: Secret("key of a test"), now: time.now())
        fleet = Fleet(store: store, transport: network, settings: FleetSettings(), time: time)
        _ = try await store.addFirstSecret(try #require(Secret("client-secret")), to: .default, now: time.now())
        for server in servers {
            let name = try #require(Slug(server.name))
            _ = try await store.addServer(name: name, endpoint: server.endpoint, now: time.now())
        }
        try await restart()
        await pollAll()
    }

    /// A new process on the same database.
    func restart() async throws {
        starts += 1
        let crash = CrashSwitch()
        let time = clock.fleetTime
        var settings = FleetSettings()
        settings.identity.instance = "start-\(starts)"
        settings.joinFailedURL = "https://plenary.example/join-failed"
        tune(&settings)
        store = try await Store.open(
            CrashingEngine(base: database, crash: crash), newKey: Secret("key of a test"), now: time.now())
        try await store.forgetOtherNodes(than: settings.identity.instance)
        self.crash = crash
        fleet = Fleet(store: store, transport: network, settings: settings, time: time)
        network.setBefore { _ throws(TransportFault) in
            do throws(CrashSwitch.Crash) { try crash.step() } catch { throw .cancelled }
        }
        network.setAfter { _ throws(TransportFault) in
            do throws(CrashSwitch.Crash) { try crash.step() } catch { throw .cancelled }
        }
        note("restart")
    }

    func note(_ line: String) { log.append("\(clock.uptime / .seconds(1))s \(line)") }

    // MARK: what clients and time do

    var account: Account {
        get throws { try #require(store.roster { $0.accounts[.default] }) }
    }

    @discardableResult
    func call(_ name: CallName, _ parameters: Parameters) async throws -> CallAnswer {
        await fleet.answer(Call(name, rawQuery: parameters.encoded()), of: Caller(try account))
    }

    /// A reply, as the client reads it; `nil` when the process died before it answered.
    func reply(_ name: CallName, _ parameters: Parameters) async throws -> Reply? {
        let answer = try await call(name, parameters)
        guard !crash.isDead, case .xml(let octets) = answer else { return nil }
        return try Reply(octets)
    }

    /// - Returns: whether it was acknowledged.
    @discardableResult
    func create(_ id: String) async throws -> Bool {
        let reply = try await reply(.create, ["name": "Room \(id)", "meetingID": id])
        note("create \(id): \(reply?.code.rawValue ?? "died") \(reply?.messageKey?.rawValue ?? "")")
        guard let created = reply.flatMap(CreateReply.init) else { return false }
        acknowledged[created.meetingID] = created.internalMeetingID
        return true
    }

    func end(_ id: String) async throws {
        let reply = try await reply(.end, ["meetingID": id])
        note("end \(id): \(reply?.code.rawValue ?? "died") \(reply?.messageKey?.rawValue ?? "")")
        // Whatever the answer was, the server may have ended it.
        forgetLost()
    }

    /// Acknowledged meetings that no server has any more were ended, or lost by a reboot: not by the balancer.
    func forgetLost() {
        acknowledged = acknowledged.filter { id, internalID in
            servers.contains { $0.meeting(id)?.internalID == internalID }
        }
    }

    func pollAll() async {
        for server in store.roster({ $0.servers.values.sorted { $0.id < $1.id } }) { await fleet.pollOnce(server) }
    }

    /// Time passes, and polls with it.
    func pass(_ seconds: Int) async {
        let until = clock.uptime + .seconds(seconds)
        while clock.uptime < until {
            clock.advance(by: .seconds(2))
            await pollAll()
        }
    }

    // MARK: what must hold

    func holders(_ id: MeetingID) -> [SimulatedServer] { servers.filter { $0.meeting(id) != nil } }

    func server(_ simulated: SimulatedServer) -> Server? {
        store.roster { roster in roster.servers.values.first { $0.name.text == simulated.name } }
    }

    /// A copy that was given up while its server was offline, and waits to be ended there.
    private func isGivenUp(_ id: MeetingID, on simulated: SimulatedServer) -> Bool {
        guard let server = server(simulated) else { return false }
        return store.roster { roster in
            roster.meetings(on: server.id).contains { $0.state == .displaced && $0.key.meetingID == id }
        }
    }

    /// At every moment: no meetingID runs twice, but for copies that were given up because their server was offline.
    func checkNothingTwice(sourceLocation: SourceLocation = #_sourceLocation) {
        var seen: [MeetingID: [String]] = [:]
        for server in servers {
            for meeting in server.meetings where !isGivenUp(meeting.id, on: server) {
                seen[meeting.id, default: []].append(server.name)
            }
        }
        for (id, names) in seen where names.count > 1 {
            Issue.record("\(id) runs on \(names)\n\(log.joined(separator: "\n"))", sourceLocation: sourceLocation)
        }
    }

    /// After everything healed and was polled: what was acknowledged runs once, and is mapped to where it runs.
    func checkSettled(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let report = { "\n" + self.log.joined(separator: "\n") }
        for server in servers {
            for meeting in server.meetings {
                let holders = holders(meeting.id).map(\.name)
                if holders.count != 1 {
                    Issue.record("\(meeting.id) runs on \(holders)\(report())", sourceLocation: sourceLocation)
                }
            }
        }
        for (id, internalID) in acknowledged {
            guard let holder = holders(id).first else {
                Issue.record("\(id) was acknowledged and runs nowhere\(report())", sourceLocation: sourceLocation)
                continue
            }
            let mapped = store.roster { $0.liveMeeting(MeetingKey(account: .default, meetingID: id)) }
            let isRight =
                mapped?.state == .running && mapped?.server == server(holder)?.id
                && mapped?.internalMeetingID == holder.meeting(id)?.internalID
            if !isRight {
                Issue.record(
                    "\(id) runs on \(holder.name) and is mapped to \(String(describing: mapped))\(report())",
                    sourceLocation: sourceLocation)
            }
            #expect(
                internalID == holder.meeting(id)?.internalID, "\(id) is another meeting now\(report())",
                sourceLocation: sourceLocation)
        }
        let unsettled = store.roster { $0.meetings.values.filter { $0.state != .running }.map(\.key.meetingID) }
        #expect(unsettled.isEmpty, "not settled\(report())", sourceLocation: sourceLocation)
    }

    /// Heals everything and lets the fleet come to rest.
    func settle() async throws {
        if crash.isDead { try await restart() }
        crash.arm(nil)
        for server in servers { server.heal() }
        network.deliverLate(until: clock.uptime + .seconds(1_000))
        await pass(60)
        forgetLostToSweep()
    }

    /// A meeting that was made again elsewhere while its server was offline is another one by now: the newest counts.
    private func forgetLostToSweep() { note("settled") }
}
