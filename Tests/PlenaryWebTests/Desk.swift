import BigBlueButton
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InMemoryLogging
import Logging
import NIOCore
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import PlenaryWeb
import Testing

/// The whole web side over two simulated servers in process. Nobody polls unless a test does.
struct Desk: Sendable {
    let clock: VirtualTime
    let servers: [SimulatedServer]
    let store: Store
    let fleet: Fleet
    let logs: InMemoryLogHandler
    let client: any TestClientProtocol

    static let secret = "639259d4-client-secret"
    static let serverSecrets = ["server-secret-one", "server-secret-two"]
    static let form = "application/x-www-form-urlencoded"

    /// - Parameters:
    ///   - looksAround: whether each server is polled before the test begins.
    ///   - providers: what answers for the providers of others.
    static func open(
        looksAround: Bool = true, providers: any ProviderTransport = NoProviders(),
        _ tune: (inout WebSettings) -> Void = { _ in },
        _ work: @escaping @Sendable (Desk) async throws -> Void
    ) async throws {
        let clock = VirtualTime(seed: 7)
        let time = clock.fleetTime
        let servers = try serverSecrets.enumerated().map { index, text in
            SimulatedServer(
                name: "bbb\(index + 1)", url: try #require(APIURL("http://bbb\(index + 1).example")),
                secret: try #require(Secret(text)), seed: UInt64(index + 1))
        }
        let store = try await Store.open(try SQLiteEngine(), newKey: Secret("key of a test"), now: time.now())
        _ = try await store.addFirstSecret(try #require(Secret(secret)), to: .default, now: time.now())
        for server in servers {
            _ = try await store.addServer(
                name: try #require(Slug(server.name)), endpoint: server.endpoint, now: time.now())
        }
        var settings = FleetSettings()
        settings.identity.instance = "test"
        settings.joinFailedURL = "https://plenary.example/join-failed"
        let fleet = Fleet(
            store: store, transport: SimulatedNetwork(servers, time: time), settings: settings, time: time)
        var web = WebSettings()
        tune(&web)
        var logs = InMemoryLogHandler()
        logs.logLevel = .trace
        let handler = logs
        let logger = Logger(label: "test", factory: { _ in handler })
        let platform = Platform(
            store: store, fleet: fleet, settings: PlatformSettings(publicURL: "https://plenary.example"), time: time)
        let application = try buildApplication(
            fleet: fleet,
            services: PlatformServices(
                platform: platform, transport: providers, passwords: try quickPasswords(),
                threads: PasswordThreads { work in work() }), settings: web, logger: logger)
        // The server binds the logger of a connection; in process nobody does.
        try await withLogger(logger) { _ in
            try await application.test(.router) { client in
                let desk = Desk(
                    clock: clock, servers: servers, store: store, fleet: fleet, logs: handler, client: client)
                if looksAround { await desk.poll() }
                try await work(desk)
            }
        }
    }

    /// As little work as there is.
    static func quickPasswords() throws -> Passwords.Settings {
        var settings = Passwords.Settings()
        settings.cost = try #require(PasswordCost(logarithm: 4))
        return settings
    }

    func poll() async {
        for server in store.roster({ $0.servers.values.sorted { $0.id < $1.id } }) { await fleet.pollOnce(server) }
    }

    /// Time passes, with a poll of every server each two seconds.
    func pass(_ seconds: Int) async {
        let until = clock.uptime + .seconds(seconds)
        while clock.uptime < until {
            clock.advance(by: .seconds(2))
            await poll()
        }
    }

    // MARK: requests

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPFields
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var type: String { headers[.contentType] ?? "" }
    }

    func send(
        _ target: String, method: HTTPRequest.Method = .get, headers: HTTPFields = [:], body: String? = nil
    ) async throws -> Answer {
        let response = try await client.execute(
            uri: target, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        return Answer(
            status: response.status.code, headers: response.headers, body: Array(response.body.readableBytesView))
    }

    /// A call whose query is signed as it stands.
    func call(
        _ name: CallName, _ query: String = "", method: HTTPRequest.Method = .get, headers: HTTPFields = [:],
        body: String? = nil
    ) async throws -> Answer {
        try await send(try Self.target(name, query), method: method, headers: headers, body: body)
    }

    static func checksum(
        _ name: CallName, _ query: String, secret: String = secret, algorithm: ChecksumAlgorithm = .sha256
    ) throws -> String {
        Checksum(name, query: query, secret: try #require(Secret(secret)), algorithm: algorithm).hex
    }

    static func target(
        _ name: CallName, _ query: String = "", secret: String = secret, algorithm: ChecksumAlgorithm = .sha256
    ) throws -> String {
        let checksum = try checksum(name, query, secret: secret, algorithm: algorithm)
        return "/bigbluebutton/api/\(name)?\(query)\(query.isEmpty ? "" : "&")checksum=\(checksum)"
    }

    /// Makes a meeting and tells which server has it.
    @discardableResult
    func create(_ id: String) async throws -> SimulatedServer {
        let answer = try await call(
            .create, "name=Room+\(id)&meetingID=\(id)&moderatorPW=mp-secret&attendeePW=ap-secret")
        #expect(answer.text.contains("<returncode>SUCCESS</returncode>"), "\(answer.text)")
        let meetingID = try #require(MeetingID(rawValue: id))
        return try #require(servers.first { $0.meeting(meetingID) != nil })
    }
}

/// Expects an answer in XML with status 200.
func expectXML(
    _ answer: Desk.Answer, contains: [String] = [], lacks: [String] = [], _ comment: String = "",
    at location: SourceLocation = #_sourceLocation
) {
    let note = Comment(rawValue: "\(comment) \(answer.text)")
    #expect(answer.status == 200, note, sourceLocation: location)
    #expect(answer.type == "text/xml;charset=utf-8", note, sourceLocation: location)
    #expect(answer.headers[.cacheControl] == "no-cache", note, sourceLocation: location)
    #expect(answer.text.hasPrefix("<response>"), note, sourceLocation: location)
    for text in contains { #expect(answer.text.contains(text), note, sourceLocation: location) }
    for text in lacks { #expect(!answer.text.contains(text), note, sourceLocation: location) }
}

/// There are no providers but the fleet.
struct NoProviders: ProviderTransport {
    func send(_ call: OutgoingCall, deadline: Duration) async throws(TransportFault) -> ServerAnswer {
        throw .unresolved
    }

    func certificate(of host: String, port: Int, deadline: Duration) async -> CertificateFinding {
        .unreachable(.unresolved)
    }
}
