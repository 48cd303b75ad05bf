import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import Synchronization
import Testing

/// The host of a service provider in process: whatever its address, it answers what the test says.
final class FakeHost: ProviderTransport {
    struct Behaviour: Sendable {
        var certificate = CertificateFinding.valid(
            CertificateFacts(
                notBefore: nil, notAfter: WireTime(milliseconds: 1_900_000_000_000), issuer: "R11",
                isSelfIssued: false))
        var root = "<returncode>SUCCESS</returncode><version>2.0</version><build>v1.5.1</build>"
        var meetings = "<returncode>SUCCESS</returncode><meetings/>"
        var fault: TransportFault?
    }

    private let behaviour = Mutex(Behaviour())

    func set(_ change: (inout Behaviour) -> Void) { behaviour.withLock { change(&$0) } }

    /// As it was made.
    func heal() { behaviour.withLock { $0 = Behaviour() } }

    func send(_ call: OutgoingCall, deadline: Duration) async throws(TransportFault) -> ServerAnswer {
        let now = behaviour.withLock { $0 }
        if let fault = now.fault { throw fault }
        let inner = call.call == .index ? now.root : now.meetings
        return ServerAnswer(status: 200, body: Array("<response>\(inner)</response>".utf8))
    }

    func certificate(of host: String, port: Int, deadline: Duration) async -> CertificateFinding {
        behaviour.withLock { $0.certificate }
    }
}

extension Desk {
    /// Adds a service provider by the API, and gives its id.
    func addProvider(_ name: String, as caller: APIKeyText) async throws -> String {
        let reply = try await api(
            .post, "/service-providers",
            [
                "provider_name": .text(name), "provider_type": "scalelite",
                "properties": ["host_url": .text("https://\(name).example"), "secret": "my-secret-key"],
            ], as: caller)
        #expect(reply.status == 201, "\(reply.text)")
        return try #require(reply.json["id"]?.text)
    }
}
