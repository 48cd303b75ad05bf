internal import AsyncHTTPClient
internal import BigBlueButton
internal import NIOCore
internal import NIOHTTP1
internal import PlenaryCore
internal import PlenaryFleet

/// Callbacks over HTTP. The address is judged, its name resolved once, every address of it looked at, and the connection made
/// to the one that was looked at, so that a name which changes its mind meanwhile leads nowhere (RELIABILITY 2.3).
struct HTTPOutbound: OutboundTransport {
    let allowPrivate: Bool
    let allowHTTP: Bool
    /// Octets of an answer that are read: nobody looks at them.
    private let longestAnswer = 64 << 10

    func send(_ request: OutboundRequest, deadline: Duration) async -> OutboundResult {
        let target: OutboundURL
        do throws(OutboundRefusal) {
            target = try OutboundURL(request.url, allowPrivate: allowPrivate, allowHTTP: allowHTTP)
        } catch { return .refused(error.words) }
        let began = ContinuousClock.now
        var addresses = target.literal.map { [$0] } ?? []
        if addresses.isEmpty {
            guard let found = await Resolver.addresses(of: target.host, within: deadline) else {
                return .failed("host name has no address")
            }
            addresses = found.compactMap { IPAddress($0) }
            guard addresses.count == found.count, !addresses.isEmpty else { return .failed("host name has no address") }
        }
        guard let address = OutboundURL.judge(addresses, allowPrivate: allowPrivate) else {
            return .refused(OutboundRefusal.privateAddress.words)
        }
        let left = deadline - (ContinuousClock.now - began)
        guard left > .zero else { return .failed("no answer in time") }
        return await exchange(request, target, at: address, within: left)
    }

    private func exchange(_ request: OutboundRequest, _ target: OutboundURL, at address: IPAddress, within: Duration)
        async
        -> OutboundResult
    {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        // To this address and no other, whatever the name says by now; TLS still asks for the name.
        configuration.dnsOverride = [target.host: address.description]
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result = await withTaskGroup(of: OutboundResult.self) { group in
            group.addTask { await attempt(request, target, client, within: within) }
            group.addTask {
                // Cancelled when the answer is there.
                try? await Task.sleep(for: within)
                return .failed("no answer in time")
            }
            let first = await group.next() ?? .failed("given up")
            group.cancelAll()
            return first
        }
        // What is wrong with a client that is not used any more is nobody's business.
        try? await client.shutdown()
        return result
    }

    private func attempt(_ request: OutboundRequest, _ target: OutboundURL, _ client: HTTPClient, within: Duration)
        async
        -> OutboundResult
    {
        var outgoing = HTTPClientRequest(url: target.canonical)
        outgoing.headers.add(name: "User-Agent", value: "plenary/\(BuildInfo.version)")
        for header in request.headers { outgoing.headers.replaceOrAdd(name: header.name, value: header.value) }
        if let body = request.body {
            outgoing.method = .POST
            outgoing.body = .bytes(ByteBuffer(bytes: body))
        }
        do {
            let response = try await client.execute(outgoing, deadline: .now() + TimeAmount(within))
            // Read, so that the receiver can finish; what is too long is cut off.
            _ = try? await response.body.collect(upTo: longestAnswer)  // The status says it all.
            return .answered(status: Int(response.status.code))
        } catch { return .failed(HTTPTransport.translate(error, limit: longestAnswer).words) }
    }
}
