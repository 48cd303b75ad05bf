internal import AsyncHTTPClient
internal import BigBlueButton
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import PlenaryFleet

/// Calls over HTTP. Errors of the client, the network and TLS are translated here, once.
struct HTTPTransport: BBBTransport {
    private let client: HTTPClient
    private let longestReply: Int
    private let longestRecordings: Int

    /// - Parameters:
    ///   - longestRecordings: octets of a list of recordings, which are much longer than anything else; `nil`: as all replies.
    ///   - connections: open to one server at most.
    init(longestReply: Int, longestRecordings: Int? = nil, connections: Int = 16) {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(3)
        // Keeps trying until the deadline otherwise, so that a closed port would look like a slow server.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        configuration.connectionPool.idleTimeout = .seconds(20)
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.longestReply = longestReply
        self.longestRecordings = longestRecordings ?? longestReply
    }

    func send(_ call: OutgoingCall, deadline: Duration) async throws(TransportFault) -> ServerAnswer {
        let began = ContinuousClock.now
        do throws(TransportFault) { return try await attempt(call, deadline: deadline) } catch {
            // A connection that was kept open may be closed by the server in the moment it is used again. A read can simply be
            // asked once more, in the time that is left; anything else may have been carried out.
            let left = deadline - (ContinuousClock.now - began)
            guard error == .connectionLost, call.call.isRead, left > .zero else { throw error }
            return try await attempt(call, deadline: left)
        }
    }

    /// The client's own deadline ends with the head of the answer; this one holds until its last octet.
    private func attempt(_ call: OutgoingCall, deadline: Duration) async throws(TransportFault) -> ServerAnswer {
        let outcome = await withTaskGroup(of: Result<ServerAnswer, TransportFault>.self) { group in
            group.addTask { await exchange(call, deadline: deadline) }
            group.addTask {
                do { try await Task.sleep(for: deadline) } catch { return .failure(.cancelled) }
                return .failure(.timedOut)
            }
            let first = await group.next() ?? .failure(.cancelled)
            group.cancelAll()
            return first
        }
        return try outcome.get()
    }

    private func exchange(_ call: OutgoingCall, deadline: Duration) async -> Result<ServerAnswer, TransportFault> {
        let longest = call.call == .getRecordings ? longestRecordings : longestReply
        var request = HTTPClientRequest(url: call.url)
        request.headers.add(name: "User-Agent", value: "plenary/\(BuildInfo.version)")
        if let body = call.body {
            request.method = .POST
            request.headers.add(name: "Content-Type", value: body.contentType)
            request.body = .bytes(ByteBuffer(bytes: body.octets))
        }
        do {
            let response = try await client.execute(request, deadline: .now() + TimeAmount(deadline))
            let body = try await response.body.collect(upTo: longest)
            return .success(
                ServerAnswer(
                    status: Int(response.status.code),
                    headers: response.headers.map { .init(name: $0.name, value: $0.value) },
                    body: Array(body.readableBytesView)))
        } catch { return .failure(Self.translate(error, limit: longest)) }
    }

    func close() async throws { try await client.shutdown() }

    static func translate(_ error: any Error, limit: Int) -> TransportFault {
        switch error {
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout: return .connectTimedOut
            case .tlsHandshakeTimeout: return .tls("no handshake in time")
            case .deadlineExceeded, .readTimeout, .writeTimeout: return .timedOut
            // It waited for a connection all the time: nothing was sent.
            case .getConnectionFromPoolTimeout: return .connectTimedOut
            case .cancelled, .requestStreamCancelled, .alreadyShutdown: return .cancelled
            case .invalidURL, .emptyHost, .emptyScheme: return .unresolved
            default: return .connectionLost
            }
        case is CancellationError: return .cancelled
        case is NIOTooManyBytesError: return .replyTooLarge(limit: limit)
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return translate(first.error, limit: limit) }
            return .unresolved
        case let error as IOError:
            switch error.errnoCode {
            case ECONNREFUSED: return .refused
            case EHOSTUNREACH, ENETUNREACH, EACCES, EADDRNOTAVAIL: return .unreachable
            case ETIMEDOUT: return .connectTimedOut
            default: return .connectionLost
            }
        case let error as ChannelError:
            if case .connectTimeout = error { return .connectTimedOut }
            return .connectionLost
        case let error as NIOSSLError:
            switch error {
            case .handshakeFailed(let cause): return .tls(describe(cause))
            default: return .tls("the server's certificate is not valid for its name, or it does not speak TLS")
            }
        case let error as BoringSSLError: return .tls(describe(error))
        case is NIOSSLExtraError: return .tls("the certificate is not for this host name")
        default: return .connectionLost
        }
    }

    private static func describe(_ error: BoringSSLError) -> String {
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "the certificate cannot be verified (expired, self-signed, or its chain is incomplete)"
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return "the port does not speak TLS"
        }
        return "handshake refused"
    }
}

extension CallName {
    /// Asking twice is like asking once.
    fileprivate var isRead: Bool { CallRules.bigBlueButton[self]?.isRead ?? false }
}
