import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Synchronization
import Testing

/// The other end of callers' addresses: takes down what is sent there, and answers as the test says, 200 in the end.
/// Strict: what is sent to an address that the test did not name is a failure.
final class Receiver: OutboundTransport {
    private struct State {
        var answers: [String: [OutboundResult]] = [:]
        var received: [OutboundRequest] = []
    }

    private let state = Mutex(State())

    /// - Parameter prefixes: how addresses begin to which something may be sent.
    init(_ prefixes: String...) { for prefix in prefixes { answer([], at: prefix) } }

    /// What is answered next at addresses that begin so.
    func answer(_ answers: [OutboundResult], at prefix: String) {
        state.withLock { $0.answers[prefix, default: []] += answers }
    }

    /// What was sent, the first one first.
    var received: [OutboundRequest] { state.withLock { $0.received } }

    func received(at prefix: String) -> [OutboundRequest] { received.filter { $0.url.hasPrefix(prefix) } }

    /// Forgets what was sent.
    func clear() { state.withLock { $0.received = [] } }

    func send(_ request: OutboundRequest, deadline: Duration) async -> OutboundResult {
        let result: OutboundResult? = state.withLock { state in
            // The longest of several is meant.
            let prefix = state.answers.keys.filter { request.url.hasPrefix($0) }.max { $0.utf8.count < $1.utf8.count }
            guard let prefix else { return nil }
            state.received.append(request)
            guard var answers = state.answers[prefix], !answers.isEmpty else { return .answered(status: 200) }
            let next = answers.removeFirst()
            state.answers[prefix] = answers
            return next
        }
        guard let result else {
            Issue.record("nobody waits for \(request.url)")
            return .refused("nobody waits for it")
        }
        return result
    }
}

extension OutboundRequest {
    /// The values of a header.
    func values(of name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

    /// The number by which a receiver knows a delivery again.
    var number: String { values(of: "Plenary-Delivery").first ?? "" }

    /// The parts of a form.
    var form: Parameters { Parameters(parsing: (body ?? []).asText) }
}

extension Stand {
    /// Where browsers reach the balancer.
    static let outside = "https://plenary.example"
    /// Where servers reach it.
    static let inside = "http://10.9.8.7:8080"

    /// A stand that has addresses of its own, so that it can be called back.
    static func reachable(
        servers count: Int = 3, seed: UInt64 = 1, engine: (any SQLEngine)? = nil,
        tune: (inout FleetSettings) -> Void = { _ in }
    ) async throws -> Stand {
        try await Stand(servers: count, seed: seed, engine: engine) { settings in
            settings.publicURL = outside
            settings.callbacksURL = inside
            tune(&settings)
        }
    }

    var now: WireTime { clock.now }

    /// What tells a receiver the same delivery from another one.
    func numbered(_ number: Int64) -> OutboundRequest.Header {
        .init(name: "Plenary-Delivery", value: DeliveryID(number).reference(key: store.key))
    }

    /// The numbers of deliveries behind what their receivers see of them.
    func numbers(_ requests: [OutboundRequest]) -> [String] {
        requests.map { request in
            ConcealedNumber.reveal(request.number, for: "delivery", key: store.key).map { String($0) } ?? ""
        }
    }

    func id(_ text: String) throws -> MeetingID { try #require(MeetingID(rawValue: text)) }

    func secret(_ text: String) throws -> Secret { try #require(Secret(text)) }

    /// A call, signed, and answered as the web room has it answered.
    func signed(_ name: CallName, _ parameters: Parameters, by secret: String) async throws -> Reply {
        let query = parameters.encoded()
        let checksum = Checksum(name, query: query, secret: try self.secret(secret)).hex
        let call = Call(name, rawQuery: "\(query)&checksum=\(checksum)")
        let caller = try #require(fleet.caller(of: call))
        guard case .xml(let octets) = await fleet.answer(call, of: caller) else { throw NoReply() }
        return try Reply(octets)
    }

    /// Another account with a secret.
    func addAccount(_ name: String, secret text: String) async throws -> Account {
        let account = try await store.addAccount(slug: try #require(Slug(name)), name: name, now: now)
        _ = try await store.addSecret(secret(text), label: "first", to: account.id, now: now)
        return try #require(store.roster { $0.accounts[account.id] })
    }

    /// Another server, known to everybody.
    func addServer(_ name: String) async throws -> SimulatedServer {
        let server = SimulatedServer(
            name: name, url: try #require(APIURL("http://\(name).example")), secret: try secret("secret of \(name)"))
        network.connect(server)
        _ = try await store.addServer(name: try #require(Slug(name)), endpoint: server.endpoint, now: now)
        return server
    }

    // MARK: what servers send by themselves

    /// Our address for one kind of callback about a meeting, as its server has it.
    func address(_ kind: CallerCallbacks.Kind, of id: String) throws -> String {
        let meeting = try #require(try mapped(id))
        let key = KeyedHash.hex(of: "callback \(kind.rawValue)", key: try #require(meeting.token))
        return "\(Self.inside)/callbacks/\(kind.rawValue)/\(meeting.number)/\(key)"
    }

    /// Brings what a server sends to the fleet, as the routes of the web room do.
    func bring(_ callback: SimulatedCallback) async throws -> InboundAnswer {
        try await bring(to: callback.url, callback)
    }

    /// Brings it to another address than the one to which the server sent it.
    func bring(to url: String, _ callback: SimulatedCallback) async throws -> InboundAnswer {
        let beginning = Self.inside + "/callbacks/"
        try #require(url.hasPrefix(beginning), "a server calls back elsewhere: \(url)")
        let target = url.dropFirst(beginning.count).split(separator: "?", maxSplits: 1).map(String.init)
        let path = (target.first ?? "").split(separator: "/").map(String.init)
        try #require(path.count == 3, "\(url)")
        let query = Parameters(parsing: target.count > 1 ? target[1] : "")
        let number = try #require(Int64(path[1]))
        if path[0] == "hook" {
            let isRaw = query["raw"] != nil
            guard let server = fleet.server(ofHook: number, key: path[2], isRaw: isRaw) else { return .unknown }
            return await fleet.receiveEvent(
                from: server, isRaw: isRaw, checksum: query["checksum"] ?? "", callback.body)
        }
        let kind = try #require(CallerCallbacks.Kind(rawValue: path[0]))
        guard let called = try await fleet.calledBack(kind, number, key: path[2]) else { return .unknown }
        switch kind {
        case .end, .ended: return await fleet.receiveEnd(of: called, query)
        case .recording: return await fleet.receiveRecording(of: called, Parameters(parsing: callback.body.asText))
        case .analytics:
            let header = callback.headers.first { $0.name == "Authorization" }?.value ?? ""
            return await fleet.receiveAnalytics(
                of: called, bearer: String(header.dropFirst("Bearer ".count)), callback.body)
        }
    }

    /// Brings all that servers want to send; all of it is taken.
    @discardableResult
    func bringCallbacks(sourceLocation: SourceLocation = #_sourceLocation) async throws -> [SimulatedCallback] {
        let callbacks = servers.flatMap { $0.takeCallbacks() }
        for callback in callbacks {
            let answer = try await bring(callback)
            #expect(answer == .taken, "\(callback.kind)", sourceLocation: sourceLocation)
        }
        return callbacks
    }

    /// What is written down for callers, the first one first.
    func deliveries(_ state: Delivery.State? = nil) async throws -> [Delivery] {
        try await store.deliveries(in: state, limit: 10_000).reversed()
    }

    /// Makes deliveries as they come due, until none waits any more.
    func deliverAll(_ receiver: Receiver) async throws {
        for _ in 0..<10_000 {
            let before = receiver.received.count
            try await fleet.deliverOnce(receiver)
            if receiver.received.count > before { continue }
            guard let due = try await store.nextDelivery() else { return }
            // What waits longest may stand behind something that is not due yet.
            let wait = due.since(now)
            clock.advance(by: wait > .zero ? wait : .seconds(30))
        }
        Issue.record("there is always something more to deliver")
    }
}

/// What callers ask to be told.
enum Told {
    static let end = "https://lms.example/end?course=7&x=a%20b"
    static let ended = "https://lms.example/ended?course=7"
    static let recording = "https://lms.example/recording?a=1&b=2"
    static let analytics = "https://lms.example/analytics"

    /// For a create: everything.
    static let all: Parameters = [
        "record": "true", "meetingKeepEvents": "true", "meta_endCallbackUrl": end, "meetingEndedURL": ended,
        "meta_bn-recording-ready-url": recording, "meta_analytics-callback-url": analytics,
    ]
}
