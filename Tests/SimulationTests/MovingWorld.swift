import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import Synchronization
import Testing

@testable import PlenaryStore

/// The other end of callers' addresses, on the network of a process that may die before or after it sends.
struct CrashingOutbound: OutboundTransport {
    /// What arrived, whoever sent it.
    final class Receiver: Sendable {
        private let requests = Mutex<[OutboundRequest]>([])

        func add(_ request: OutboundRequest) { requests.withLock { $0.append(request) } }
        var received: [OutboundRequest] { requests.withLock { $0 } }
    }

    let receiver: Receiver
    let crash: CrashSwitch

    func send(_ request: OutboundRequest, deadline: Duration) async -> OutboundResult {
        do throws(CrashSwitch.Crash) {
            try crash.step()
            receiver.add(request)
            try crash.step()
            return .answered(status: 200)
        } catch { return .failed("the process died") }
    }
}

/// A world in which meetings move and callers are told: what they know, and what they may expect.
final class MovingWorld {
    static let base = "http://10.9.8.7:8080"

    let world: World
    let receiver = CrashingOutbound.Receiver()
    /// Meetings that a client was told of and that nobody ended or lost since, with the internal id that it was told;
    /// `nil` when a call that may have changed it was not answered.
    private(set) var known: [MeetingID: InternalMeetingID?] = [:]
    /// What servers want to tell and nobody took yet.
    private var callbacks: [SimulatedCallback] = []

    init(seed: UInt64, servers: Int) async throws {
        world = try await World(seed: seed, servers: servers) { settings in
            settings.publicURL = "https://plenary.example"
            settings.callbacksURL = MovingWorld.base
        }
    }

    private func id(_ text: String) throws -> MeetingID { try #require(MeetingID(rawValue: text)) }

    func mapped(_ id: MeetingID) -> Meeting? {
        world.store.roster { $0.liveMeeting(MeetingKey(account: .default, meetingID: id)) }
    }

    private func server(_ number: ServerID) -> SimulatedServer? {
        world.servers.first { world.server($0)?.id == number }
    }

    // MARK: what clients do

    /// - Returns: whether it was acknowledged.
    @discardableResult
    func create(_ text: String) async throws -> Bool {
        let parameters: Parameters = [
            "name": "Room \(text)", "meetingID": text, "record": "true",
            "meetingEndedURL": "https://lms.example/ended", "meta_endCallbackUrl": "https://lms.example/end",
        ]
        return try note("create", text, try await world.reply(.create, parameters))
    }

    @discardableResult
    func move(_ text: String, to server: SimulatedServer? = nil) async throws -> Bool {
        var parameters: Parameters = ["meetingID": text]
        if let server { parameters["serverID"] = server.name }
        return try note("move to \(server?.name ?? "any")", text, try await world.reply(.move, parameters))
    }

    private func note(_ what: String, _ text: String, _ reply: Reply?) throws -> Bool {
        world.note("\(what) \(text): \(reply?.code.rawValue ?? "died") \(reply?.messageKey?.rawValue ?? "")")
        guard let created = reply.flatMap(CreateReply.init) else {
            // It may have happened all the same.
            let id = try id(text)
            if known[id] != nil { known.updateValue(nil, forKey: id) }
            return false
        }
        known.updateValue(created.internalMeetingID, forKey: created.meetingID)
        return true
    }

    func end(_ text: String) async throws {
        let reply = try await world.reply(.end, ["meetingID": text])
        world.note("end \(text): \(reply?.code.rawValue ?? "died") \(reply?.messageKey?.rawValue ?? "")")
        // Whatever the answer was, the server may have ended it.
        let id = try id(text)
        known[id] = nil
    }

    // MARK: what servers do

    /// All meetings of a server are lost; those that run elsewhere are not.
    func reboot(_ server: SimulatedServer) {
        for meeting in server.meetings {
            let live = mapped(meeting.id)
            let holder = live.flatMap { self.server($0.server) }
            let isElsewhere =
                live?.state == .running && holder != nil && holder !== server
                && holder?.meeting(meeting.id)?.internalID == live?.internalMeetingID
            if !isElsewhere { known[meeting.id] = nil }
        }
        server.reboot()
        world.note("\(server.name) reboots")
    }

    /// A moderator ends a meeting from inside.
    func endFromInside(_ text: String) throws {
        let id = try id(text)
        for server in world.servers where server.endMeeting(id) { world.note("\(text) ends on \(server.name)") }
        known[id] = nil
    }

    // MARK: what is told

    /// Servers send what they have to, and try again what was not taken.
    func bringCallbacks() async throws {
        callbacks += world.servers.flatMap { $0.takeCallbacks() }
        var left: [SimulatedCallback] = []
        for callback in callbacks {
            guard !world.crash.isDead else {
                left.append(callback)
                continue
            }
            if try await !isTaken(callback) { left.append(callback) }
        }
        callbacks = left
    }

    private func isTaken(_ callback: SimulatedCallback) async throws -> Bool {
        let target = callback.url.dropFirst(Self.base.count).split(separator: "?", maxSplits: 1).map(String.init)
        let path = (target.first ?? "").split(separator: "/").map(String.init)
        try #require(path.count == 4 && path[0] == "callbacks", "\(callback.url)")
        let kind = try #require(CallerCallbacks.Kind(rawValue: path[1]))
        let number = try #require(Int64(path[2]))
        do {
            let called = try #require(try await world.fleet.calledBack(kind, number, key: path[3]))
            let query = Parameters(parsing: target.count > 1 ? target[1] : "")
            let answer = await world.fleet.receiveEnd(of: called, query)
            return answer == .taken && !world.crash.isDead
        } catch is CrashSwitch.Crash { return false }
    }

    /// Makes what is due.
    func deliver() async throws {
        guard !world.crash.isDead else { return }
        do {
            try await world.fleet.deliverOnce(CrashingOutbound(receiver: receiver, crash: world.crash))
        } catch is CrashSwitch.Crash { world.note("died while it delivered") }
    }

    // MARK: what must hold

    private var report: String { "\n" + world.log.joined(separator: "\n") }

    /// After everything healed and was polled: each meeting that clients know runs once, and where it is mapped to.
    func checkKnown(sourceLocation: SourceLocation = #_sourceLocation) {
        for (id, internalID) in known {
            let holders = world.holders(id)
            guard holders.count == 1, let holder = holders.first else {
                Issue.record(
                    "\(id) is known and runs on \(holders.map(\.name))\(report)", sourceLocation: sourceLocation)
                continue
            }
            let meeting = holder.meeting(id)
            let mapped = mapped(id)
            let isRight =
                mapped?.state == .running && mapped?.server == world.server(holder)?.id
                && mapped?.internalMeetingID == meeting?.internalID
            if !isRight {
                Issue.record(
                    "\(id) runs on \(holder.name) and is mapped to \(String(describing: mapped))\(report)",
                    sourceLocation: sourceLocation)
            }
            if let internalID, meeting?.internalID != internalID {
                Issue.record("\(id) is another meeting now\(report)", sourceLocation: sourceLocation)
            }
        }
    }

    /// The ends that were written down: each of a meeting that is over, and none twice.
    func checkTold(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let events = try await world.store.read { connection in
            try connection.query("SELECT event FROM deliveries WHERE kind = 'ended' ORDER BY id").map { try $0.text(0) }
        }
        let told = events.compactMap { $0.split(separator: " ").last.map(String.init) }
        #expect(Set(told).count == told.count, "told twice: \(told)\(report)", sourceLocation: sourceLocation)
        let running = Set(world.servers.flatMap(\.meetings).map(\.internalID.rawValue))
        #expect(running.isDisjoint(with: told), "told as over, and runs\(report)", sourceLocation: sourceLocation)
    }

    /// What arrived: everything that was written down and is due, and no two deliveries for one event.
    func checkDelivered(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let written = try await world.store.deliveries(in: nil, limit: 100_000)
        #expect(written.allSatisfy { $0.state == .delivered }, "not told\(report)", sourceLocation: sourceLocation)
        let numbers = receiver.received.compactMap { request in
            request.headers.first { $0.name == "Plenary-Delivery" }?.value
        }
        #expect(numbers.count == receiver.received.count, sourceLocation: sourceLocation)
        // One may come twice, when the process died before it noted it: then with the same number.
        let references = written.map { $0.id.reference(key: world.store.key) }
        #expect(Set(numbers) == Set(references), "\(numbers)\(report)", sourceLocation: sourceLocation)
        for reference in references {
            let requests = receiver.received.filter { request in
                request.headers.contains { $0.value == reference }
            }
            let addresses = Set(requests.map { $0.url.prefix { $0 != "?" } })
            #expect(addresses.count == 1, "\(requests)\(report)", sourceLocation: sourceLocation)
        }
    }
}
