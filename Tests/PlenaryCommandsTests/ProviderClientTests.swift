import BigBlueButton
import PlenaryFleet
import PlenaryRooms
import Testing

@testable import PlenaryCommands

/// Where calls to service providers may lead (`rooms-api.md` 6.3). What certificates are worth is tried end to end, over TLS.
@Suite struct ProviderClientTests {
    /// Works with a client that takes `addresses` for those of every name; `nil`: no name has any.
    private func withClient(
        _ addresses: [String]?, allowPrivate: Bool, _ work: (ProviderClient) async throws -> Void
    ) async throws {
        let client = ProviderClient(allowPrivate: allowPrivate, extraCA: "") { _, _ in addresses }
        try await work(client)
        await client.close()
    }

    /// Why a call to a host gets no answer.
    private func fault(of client: ProviderClient, at url: String) async throws -> TransportFault? {
        let endpoint = Endpoint(url: try #require(APIURL(url)), secret: try #require(Secret("my-secret-key")))
        do throws(TransportFault) {
            _ = try await client.send(endpoint.request(.index), deadline: .seconds(60))
            return nil
        } catch {
            return error
        }
    }

    @Test func `a name that leads inside is not called, whatever else it leads to`() async throws {
        for addresses in [["10.0.0.1"], ["127.0.0.1"], ["203.0.113.7", "169.254.169.254"], ["::1"]] {
            try await withClient(addresses, allowPrivate: false) { client in
                let called = try await fault(of: client, at: "https://host.example/bigbluebutton/api")
                #expect(called == .unreachable, "\(addresses)")
                let seen = await client.certificate(of: "host.example", port: 443, deadline: .seconds(60))
                #expect(seen == .unreachable(.unreachable), "\(addresses)")
            }
        }
        try await withClient(nil, allowPrivate: false) { client in
            let called = try await fault(of: client, at: "https://10.0.0.1/bigbluebutton/api")
            #expect(called == .unreachable)
        }
    }

    @Test func `a name without an address is told so`() async throws {
        for addresses: [String]? in [nil, [], ["no address"]] {
            try await withClient(addresses, allowPrivate: true) { client in
                let called = try await fault(of: client, at: "https://host.example/bigbluebutton/api")
                #expect(called == .unresolved)
                let seen = await client.certificate(of: "host.example", port: 443, deadline: .seconds(60))
                #expect(seen == .unreachable(.unresolved))
            }
        }
    }

    @Test func `nothing is ever sent without TLS`() async throws {
        let receiver = try LoopbackReceiver("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        defer { receiver.close() }
        try await withClient(["127.0.0.1"], allowPrivate: true) { client in
            let called = try await fault(
                of: client, at: "http://host.example:\(receiver.port)/bigbluebutton/api")
            #expect(called != nil)
        }
        #expect(receiver.connections == 0)
    }
}
