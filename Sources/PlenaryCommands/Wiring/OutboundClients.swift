internal import AsyncHTTPClient
internal import NIOCore
internal import NIOSSL
internal import PlenaryCore
internal import Synchronization

/// What callbacks need that is kept for some seconds: the addresses of a name, and a client for each address, with its open
/// connections. The next event for one receiver then costs no look-up and no handshake.
///
/// A client leads to one address and no other, whatever its name says by now; TLS still asks for the name.
final class OutboundClients: Sendable {
    struct Key: Sendable, Hashable {
        let host: String
        let address: IPAddress
    }

    private struct Kept {
        let client: HTTPClient
        var users: Int
        var usedAt: ContinuousClock.Instant
    }

    private struct Name {
        let addresses: [IPAddress]
        let foundAt: ContinuousClock.Instant
    }

    private struct State {
        var clients: [Key: Kept] = [:]
        var names: [String: Name] = [:]
        var isClosed = false
    }

    /// How long things are kept.
    struct Ages: Sendable {
        /// A name that changes is followed after this time.
        var names = Duration.seconds(5)
        var clients = Duration.seconds(10)
        /// Of connections: shorter than most receivers keep theirs, as one that is closed in the moment it is used again costs
        /// a try.
        var connections = Duration.seconds(2)
        /// How long a connection may take: of a name with an address that leads nowhere the next one shall get its turn.
        var connecting = Duration.seconds(4)
    }

    /// Clients that nobody uses.
    private static let idleClients = 64

    private let state = Mutex(State())
    private let ages: Ages
    private let tls: TLSConfiguration?

    /// - Parameter tls: what is believed; `nil`: what the system believes.
    init(ages: Ages = Ages(), tls: TLSConfiguration? = nil) {
        self.ages = ages
        self.tls = tls
    }

    // MARK: names

    func addresses(of host: String) -> [IPAddress]? {
        let now = ContinuousClock.now
        return state.withLock { state in
            state.names[host].flatMap { now - $0.foundAt < ages.names ? $0.addresses : nil }
        }
    }

    func note(_ addresses: [IPAddress], of host: String) {
        let now = ContinuousClock.now
        state.withLock { state in
            state.names = state.names.filter { now - $0.value.foundAt < ages.names }
            state.names[host] = Name(addresses: addresses, foundAt: now)
        }
    }

    // MARK: clients

    /// A client for an address; it is given back by ``giveBack(_:)``.
    func borrow(_ key: Key) -> HTTPClient {
        let now = ContinuousClock.now
        return state.withLock { state in
            let client = state.clients[key]?.client ?? client(for: key)
            let users = state.clients[key]?.users ?? 0
            state.clients[key] = Kept(client: client, users: users + 1, usedAt: now)
            return client
        }
    }

    /// Also closes clients that nobody used for a while.
    func giveBack(_ key: Key) async {
        let now = ContinuousClock.now
        let old = state.withLock { state in
            state.clients[key]?.users -= 1
            state.clients[key]?.usedAt = now
            return takeOld(from: &state, at: now)
        }
        await Self.close(old)
    }

    /// Closes what is not in use; the rest is closed when it is given back.
    func close() async {
        let now = ContinuousClock.now
        let all = state.withLock { state in
            state.isClosed = true
            return takeOld(from: &state, at: now)
        }
        await Self.close(all)
    }

    private func takeOld(from state: inout State, at now: ContinuousClock.Instant) -> [HTTPClient] {
        let idle = state.clients.filter { $0.value.users == 0 }.sorted { $0.value.usedAt < $1.value.usedAt }
        let tooMany = state.isClosed ? idle.count : max(0, idle.count - Self.idleClients)
        var old: [HTTPClient] = []
        for (index, kept) in idle.enumerated() where index < tooMany || now - kept.value.usedAt > ages.clients {
            state.clients[kept.key] = nil
            old.append(kept.value.client)
        }
        return old
    }

    private static func close(_ clients: [HTTPClient]) async {
        // What is wrong with a client that is not used any more is nobody's business.
        for client in clients { try? await client.shutdown() }
    }

    private func client(for key: Key) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = TimeAmount(ages.connecting)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = TimeAmount(ages.connections)
        configuration.httpVersion = .http1Only
        configuration.tlsConfiguration = tls
        configuration.dnsOverride = [key.host: key.address.description]
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
