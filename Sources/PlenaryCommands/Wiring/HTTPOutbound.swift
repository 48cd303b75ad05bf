internal import AsyncHTTPClient
internal import BigBlueButton
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import PlenaryCore
internal import PlenaryFleet

/// Callbacks over HTTP. The URL is judged, its name resolved, every address of it looked at, and the connection made to one
/// that was looked at, so that a name which changes its mind meanwhile leads nowhere (RELIABILITY 2.3).
struct HTTPOutbound: OutboundTransport {
    /// All addresses of a host name within a time; `nil`: it has none, or nobody says so in time.
    typealias Resolve = @Sendable (_ host: String, _ within: Duration) async -> [String]?

    private let allowPrivate: Bool
    private let allowHTTP: Bool
    private let resolve: Resolve
    private let clients: OutboundClients

    /// Octets of an answer that are read: nobody looks at them.
    private static let longestAnswer = 64 << 10
    /// How long the rest of an answer is waited for, once its status is there.
    private static let longestRest = Duration.seconds(1)
    /// Addresses of a name that are tried.
    private static let mostAddresses = 8

    init(
        allowPrivate: Bool, allowHTTP: Bool, ages: OutboundClients.Ages = .init(),
        resolve: @escaping Resolve = { host, within in await Resolver.addresses(of: host, within: within) }
    ) {
        self.allowPrivate = allowPrivate
        self.allowHTTP = allowHTTP
        self.resolve = resolve
        clients = OutboundClients(ages: ages)
    }

    func send(_ request: OutboundRequest, deadline: Duration) async -> OutboundResult {
        let target: OutboundURL
        do throws(OutboundRefusal) {
            target = try OutboundURL(request.url, allowPrivate: allowPrivate, allowHTTP: allowHTTP)
        } catch { return .refused(error.words) }
        let began = ContinuousClock.now
        guard let found = await addresses(of: target, within: deadline) else {
            return .failed("host name has no address")
        }
        let addresses = OutboundURL.judge(found, allowPrivate: allowPrivate)
        guard !addresses.isEmpty else { return .refused(OutboundRefusal.privateAddress.words) }
        var fault = TransportFault.timedOut
        for address in addresses.prefix(Self.mostAddresses) {
            let left = deadline - (ContinuousClock.now - began)
            guard left > .zero else { break }
            switch await exchange(request, target, at: address, within: left) {
            case .success(let status): return .answered(status: status)
            case .failure(let error): fault = error
            }
            // Many hosts have an address of IPv6 at which nothing listens. Once something was sent nobody else is asked: who
            // did not answer may have it.
            if fault.mayHaveActed { break }
        }
        return .failed(fault.words)
    }

    func close() async { await clients.close() }

    /// - Returns: `nil` when there is none; never an incomplete list.
    private func addresses(of target: OutboundURL, within: Duration) async -> [IPAddress]? {
        if let literal = target.literal { return [literal] }
        if let known = clients.addresses(of: target.host) { return known }
        guard let found = await resolve(target.host, within) else { return nil }
        let addresses = found.compactMap { IPAddress($0) }
        guard addresses.count == found.count, !addresses.isEmpty else { return nil }
        clients.note(addresses, of: target.host)
        return addresses
    }

    /// - Returns: the status, or why there is none.
    private func exchange(
        _ request: OutboundRequest, _ target: OutboundURL, at address: IPAddress, within: Duration
    ) async -> Result<Int, TransportFault> {
        var outgoing = HTTPClientRequest(url: target.canonical)
        outgoing.headers.add(name: "User-Agent", value: "plenary/\(BuildInfo.version)")
        for header in request.headers { outgoing.headers.replaceOrAdd(name: header.name, value: header.value) }
        if let body = request.body {
            outgoing.method = .POST
            outgoing.body = .bytes(ByteBuffer(bytes: body))
        }
        let key = OutboundClients.Key(host: target.host, address: address)
        let client = clients.borrow(key)
        let result: Result<Int, TransportFault>
        do {
            // This deadline ends with the head of the answer.
            let response = try await client.execute(outgoing, deadline: .now() + TimeAmount(within))
            let status = Int(response.status.code)
            await Self.drain(response.body)
            result = .success(status)
        } catch { result = .failure(Self.translate(error)) }
        await clients.giveBack(key)
        return result
    }

    private static func translate(_ error: any Error) -> TransportFault {
        // A machine without IPv6: nothing was sent, and there may be an address of IPv4.
        if let error = error as? IOError, error.errnoCode == EAFNOSUPPORT { return .unreachable }
        return HTTPTransport.translate(error, limit: longestAnswer)
    }

    /// Reads the rest of an answer, so that its connection can be used again. The status says it all: what is too long, too slow
    /// or broken off is left, with the connection.
    private static func drain(_ body: HTTPClientResponse.Body) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await body.collect(upTo: longestAnswer) }  // See above.
            group.addTask { try? await Task.sleep(for: longestRest) }  // Cancelled when the rest is there.
            await group.next()
            group.cancelAll()
        }
    }
}
