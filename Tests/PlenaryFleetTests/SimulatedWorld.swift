import BigBlueButton
import PlenaryFleet
import PlenarySimulator
import Testing

/// A simulated server on a simulated network, called with signed calls, as a client that knows nothing of a balancer.
struct SimulatedWorld {
    let time = VirtualTime()
    let server: SimulatedServer
    let network: SimulatedNetwork

    /// What makes a meeting, and its id.
    static let room: Parameters = ["meetingID": "abc123", "name": "Test", "attendeePW": "ap", "moderatorPW": "mp"]
    /// The internal id of the meeting, and of its recording, when it is made first of all.
    static let session = "6367c48dd193d56ea7b0baad25b19455e529f5ee-1531155809613"

    init() throws {
        let url = try #require(APIURL("https://bbb-1.test/bigbluebutton/api"))
        let secret = try #require(Secret("639259d4-9dd8-4b25-bf01-95f9567eaf4b"))
        server = SimulatedServer(name: "bbb-1", url: url, secret: secret)
        network = SimulatedNetwork([server], time: time.fleetTime)
    }

    func send(_ call: CallName, _ parameters: Parameters = [:], document: String? = nil) async throws -> ServerAnswer {
        let body = document.map { OutgoingCall.Body(octets: Array($0.utf8), contentType: "application/xml") }
        return try await network.send(server.endpoint.request(call, parameters, document: body), deadline: .seconds(10))
    }

    func reply(_ call: CallName, _ parameters: Parameters = [:], document: String? = nil) async throws -> Reply {
        try Reply(try await send(call, parameters, document: document).body)
    }

    /// Makes the meeting of ``room``, with more parameters.
    @discardableResult
    func create(_ more: Parameters = [:]) async throws -> Reply {
        var parameters = Self.room
        parameters.append(contentsOf: more)
        return try await reply(.create, parameters)
    }

    /// The id of ``room``.
    func roomID() throws -> MeetingID { try #require(MeetingID(rawValue: "abc123")) }

    /// Path and query of a signed call.
    func target(_ call: CallName, _ parameters: Parameters = [:]) -> String {
        SimulatedRequest(server.endpoint.request(call, parameters)).target
    }

    /// A plain HTTP request.
    func fetch(_ target: String, method: Call.Method = .get, form: String? = nil) -> SimulatedResponse {
        let type = form == nil ? nil : "application/x-www-form-urlencoded"
        return fetch(
            SimulatedRequest(method: method, target: target, contentType: type, body: Array((form ?? "").utf8)))
    }

    func fetch(_ request: SimulatedRequest) -> SimulatedResponse {
        server.withBBB { $0.handle(request, at: time.now) }
    }

    func fault(of call: CallName, _ parameters: Parameters) async -> TransportFault? {
        do throws(TransportFault) {
            _ = try await network.send(server.endpoint.request(call, parameters), deadline: .seconds(10))
            return nil
        } catch { return error }
    }
}

extension [UInt8] {
    /// As a person reads it.
    var asText: String { String(decoding: self, as: UTF8.self) }
}
