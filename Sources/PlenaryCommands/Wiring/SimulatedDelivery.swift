internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import PlenaryFleet
internal import PlenarySimulator

/// How simulated servers call back over HTTP.
struct SimulatedDelivery: Sendable {
    private let client: HTTPClient

    init() {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(2)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// - Returns: the status; `nil` when nothing answered.
    func deliver(_ callback: SimulatedCallback) async -> Int? {
        var request = HTTPClientRequest(url: callback.url)
        request.method = callback.method == "POST" ? .POST : .GET
        for header in callback.headers { request.headers.add(name: header.name, value: header.value) }
        if let type = callback.contentType {
            request.headers.replaceOrAdd(name: "Content-Type", value: type)
            request.body = .bytes(ByteBuffer(bytes: callback.body))
        }
        // Why nothing came is the same to a courier: it tries again.
        guard let response = try? await client.execute(request, timeout: .seconds(5)) else { return nil }
        // Read only so that the connection can be used again.
        _ = try? await response.body.collect(upTo: 1 << 20)
        return Int(response.status.code)
    }

    func close() async throws { try await client.shutdown() }
}
