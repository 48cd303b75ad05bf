internal import AsyncHTTPClient
internal import BigBlueButton
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms

/// Calls to service providers over HTTPS. As with callbacks every address of a name is judged, and only what was judged is called.
struct ProviderClient: ProviderTransport {
    private let allowPrivate: Bool
    private let tls: TLSConfiguration
    private let resolve: HTTPOutbound.Resolve
    private let clients: OutboundClients

    /// Octets of an answer: a list of meetings of a whole fleet.
    private static let longestReply = 16 << 20
    /// Addresses of a name that are tried.
    private static let mostAddresses = 4

    /// - Parameter extraCA: a PEM file with authorities that are believed beside those of the system; empty: none.
    init(
        allowPrivate: Bool, extraCA: String,
        resolve: @escaping HTTPOutbound.Resolve = { host, within in await Resolver.addresses(of: host, within: within) }
    ) {
        self.allowPrivate = allowPrivate
        self.resolve = resolve
        var tls = TLSConfiguration.makeClientConfiguration()
        if !extraCA.isEmpty { tls.additionalTrustRoots = [.file(extraCA)] }
        self.tls = tls
        clients = OutboundClients(tls: tls)
    }

    func close() async { await clients.close() }

    // MARK: calls

    func send(_ call: OutgoingCall, deadline: Duration) async throws(TransportFault) -> ServerAnswer {
        let end = ContinuousClock.now + deadline
        let target: OutboundURL
        do throws(OutboundRefusal) {
            target = try OutboundURL(call.url, allowPrivate: allowPrivate, allowHTTP: false)
        } catch { throw error == .privateAddress ? TransportFault.unreachable : TransportFault.unresolved }
        var fault = TransportFault.timedOut
        for address in try await addresses(of: target.host, target.literal, until: end) {
            let left = end - ContinuousClock.now
            guard left > .zero else { break }
            switch await attempt(call, target, at: address, within: left) {
            case .success(let answer): return answer
            case .failure(let error): fault = error
            }
            // Who did not answer may have done what was asked: nobody else is asked then.
            if fault.mayHaveActed { break }
        }
        throw fault
    }

    /// - Throws: `.unreachable` when one of them may not be called.
    private func addresses(of host: String, _ literal: IPAddress?, until end: ContinuousClock.Instant)
        async throws(TransportFault) -> [IPAddress]
    {
        var found: [IPAddress] = []
        if let literal {
            found = [literal]
        } else if let known = clients.addresses(of: host) {
            found = known
        } else if let texts = await resolve(host, end - ContinuousClock.now) {
            found = texts.compactMap { IPAddress($0) }
            guard found.count == texts.count, !found.isEmpty else { throw .unresolved }
            clients.note(found, of: host)
        }
        guard !found.isEmpty else { throw .unresolved }
        let judged = OutboundURL.judge(found, allowPrivate: allowPrivate)
        guard !judged.isEmpty else { throw .unreachable }
        return Array(judged.prefix(Self.mostAddresses))
    }

    /// The deadline holds until the last octet.
    private func attempt(
        _ call: OutgoingCall, _ target: OutboundURL, at address: IPAddress, within: Duration
    ) async -> Result<ServerAnswer, TransportFault> {
        await withTaskGroup(of: Result<ServerAnswer, TransportFault>.self) { group in
            group.addTask { await exchange(call, target, at: address, within: within) }
            group.addTask {
                do { try await Task.sleep(for: within) } catch { return .failure(.cancelled) }
                return .failure(.timedOut)
            }
            let first = await group.next() ?? .failure(.cancelled)
            group.cancelAll()
            return first
        }
    }

    private func exchange(
        _ call: OutgoingCall, _ target: OutboundURL, at address: IPAddress, within: Duration
    ) async -> Result<ServerAnswer, TransportFault> {
        var request = HTTPClientRequest(url: target.canonical)
        request.headers.add(name: "User-Agent", value: "plenary/\(BuildInfo.version)")
        if let body = call.body {
            request.method = .POST
            request.headers.add(name: "Content-Type", value: body.contentType)
            request.body = .bytes(ByteBuffer(bytes: body.octets))
        }
        let key = OutboundClients.Key(host: target.host, address: address)
        let client = clients.borrow(key)
        let result: Result<ServerAnswer, TransportFault>
        do {
            let response = try await client.execute(request, deadline: .now() + TimeAmount(within))
            let body = try await response.body.collect(upTo: Self.longestReply)
            result = .success(
                ServerAnswer(
                    status: Int(response.status.code),
                    headers: response.headers.map { .init(name: $0.name, value: $0.value) },
                    body: Array(body.readableBytesView)))
        } catch { result = .failure(HTTPTransport.translate(error, limit: Self.longestReply)) }
        await clients.giveBack(key)
        return result
    }

    // MARK: certificates

    /// TLS says only that a certificate is refused. So it is asked up to three times: without any verification, to see the
    /// certificate; with all of it, to know whether it is valid; without its name, to know whether that was it.
    func certificate(of host: String, port: Int, deadline: Duration) async -> CertificateFinding {
        let end = ContinuousClock.now + deadline
        let found: [IPAddress]
        do throws(TransportFault) { found = try await addresses(of: host, IPAddress(host), until: end) } catch {
            return .unreachable(error)
        }
        var fault = TransportFault.timedOut
        for address in found {
            switch await shakeHands(host, address, port, verifying: .none, until: end) {
            case .success(let facts): return await judge(facts, host, address, port, until: end)
            case .failure(let error): fault = error
            }
        }
        return .unreachable(fault)
    }

    private func judge(
        _ facts: CertificateFacts?, _ host: String, _ address: IPAddress, _ port: Int,
        until end: ContinuousClock.Instant
    ) async -> CertificateFinding {
        guard let facts else { return .invalid(.untrustedIssuer, nil) }
        if case .success = await shakeHands(host, address, port, verifying: .fullVerification, until: end) {
            return .valid(facts)
        }
        var isTrusted = false
        if case .success = await shakeHands(host, address, port, verifying: .noHostnameVerification, until: end) {
            isTrusted = true
        }
        // A host that does not answer any more is no host with a wrong certificate.
        if !isTrusted, ContinuousClock.now >= end { return .unreachable(.timedOut) }
        let now = WireTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        return .invalid(CertificateFault(facts, isTrusted: isTrusted, now: now), facts)
    }

    /// - Returns: what stands in the certificate; `nil`: it is none that can be read.
    private func shakeHands(
        _ host: String, _ address: IPAddress, _ port: Int, verifying: CertificateVerification,
        until end: ContinuousClock.Instant
    ) async -> Result<CertificateFacts?, TransportFault> {
        let left = end - ContinuousClock.now
        guard left > .zero else { return .failure(.timedOut) }
        var configuration = tls
        configuration.certificateVerification = verifying
        do {
            let context = try NIOSSLContext(configuration: configuration)
            // TLS has no names that are addresses; those are compared with where the connection leads.
            let name = IPAddress(host) == nil ? host : nil
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(min(TimeAmount(left), .seconds(4)))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = try NIOSSLClientHandler(context: context, serverHostname: name)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
            let channel = try await bootstrap.connect(
                to: SocketAddress(ipAddress: address.description, port: port)
            ).get()
            // Whatever still waits is failed by that.
            let alarm = channel.eventLoop.scheduleTask(in: TimeAmount(end - ContinuousClock.now)) {
                channel.close(mode: .all, promise: nil)
            }
            let result: Result<CertificateFacts?, TransportFault>
            do {
                // What is written is sent once hands are shaken. It is a request that says nothing of us.
                let request = "HEAD / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"
                try await channel.writeAndFlush(ByteBuffer(string: request)).get()
                result = .success(try await Self.facts(of: channel))
            } catch {
                // The reason is not kept when the connection closes: all that counts is that there was no handshake.
                result = .failure(ContinuousClock.now >= end ? .timedOut : .tls("no handshake"))
            }
            alarm.cancel()
            // It is closed already, or nobody minds.
            try? await channel.close(mode: .all).get()
            return result
        } catch {
            return .failure(HTTPTransport.translate(error, limit: 0))
        }
    }

    private static func facts(of channel: any Channel) async throws -> CertificateFacts? {
        try await channel.eventLoop.submit { () throws -> CertificateFacts? in
            guard let certificate = try channel.pipeline.syncOperations.nioSSL_peerCertificate() else { return nil }
            return CertificateFacts(
                der: try certificate.toDERBytes(),
                notBefore: WireTime(milliseconds: Int64(certificate.notValidBefore) * 1_000),
                notAfter: WireTime(milliseconds: Int64(certificate.notValidAfter) * 1_000))
        }.get()
    }
}
