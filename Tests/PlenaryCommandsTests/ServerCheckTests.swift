import BigBlueButton
import PlenaryFleet
import Synchronization
import Testing

@testable import PlenaryCommands

/// Answers by a script; a call that the script does not know is a failure of the test.
private final class ScriptedTransport: BBBTransport {
    typealias Outcome = Result<ServerAnswer, TransportFault>

    private let script: [String: Outcome]
    private let log = Mutex<[String]>([])

    /// - Parameter script: by path, such as `/bigbluebutton/api/getMeetings`.
    init(_ script: [String: Outcome]) { self.script = script }

    var paths: [String] { log.withLock { $0 } }

    func send(_ call: OutgoingCall, deadline: Duration) async throws(TransportFault) -> ServerAnswer {
        let path = String(call.url.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" }.prefix { $0 != "?" })
        log.withLock { $0.append(path) }
        #expect(deadline > .zero && deadline <= .seconds(30))
        guard let outcome = script[path] else {
            Issue.record("unexpected call: \(path)")
            throw .cancelled
        }
        return try outcome.get()
    }
}

@Suite struct ServerCheckTests {
    /// Mon, 09 Jul 2018 17:03:29 GMT
    static let now = WireTime(milliseconds: 1_531_155_809_000)
    static let root = "/bigbluebutton/api"
    static let list = "/bigbluebutton/api/getMeetings"

    private typealias Outcome = ScriptedTransport.Outcome

    private static func xml(_ octets: [UInt8], date: String? = nil) -> Outcome {
        .success(
            ServerAnswer(
                status: 200, headers: date.map { [.init(name: "date", value: $0)] } ?? [], body: octets))
    }

    private static func page(_ status: Int, _ text: String = "<!doctype html><title>Hello & welcome</title>") -> Outcome
    {
        .success(ServerAnswer(status: status, body: Array(text.utf8)))
    }

    private static func index(version: String = "3.0.4") -> Outcome {
        xml(
            XMLWriter.response(.success) {
                $0.element("version", "2.0")
                $0.element("apiVersion", "2.0")
                $0.element("bbbVersion", version)
            })
    }

    private static func meetings(_ count: Int = 0, date: String? = nil) -> Outcome {
        let octets = XMLWriter.response(.success) { writer in
            writer.element("meetings") { writer in
                for number in 0..<count {
                    writer.element("meeting") {
                        $0.element("meetingID", "room-\(number)")
                        $0.element("internalMeetingID", "internal-\(number)")
                        $0.element("createTime", 1_531_155_809_613)
                    }
                }
            }
        }
        return xml(octets, date: date)
    }

    private func endpoint(_ url: String = "https://bbb1.example") throws -> Endpoint {
        Endpoint(url: try #require(APIURL(url)), secret: try #require(Secret("hunter2-secret")))
    }

    private func fault(
        _ script: [String: Outcome], _ url: String = "https://bbb1.example",
        at location: SourceLocation = #_sourceLocation
    ) async throws -> ServerCheck.Fault {
        let endpoint = try endpoint(url)
        let check = ServerCheck(transport: ScriptedTransport(script))
        let fault = try #require(
            await #expect(throws: ServerCheck.Fault.self, sourceLocation: location) {
                _ = try await check.run(endpoint, now: Self.now)
            })
        #expect(!fault.what.isEmpty && !fault.remedy.isEmpty, sourceLocation: location)
        #expect(!"\(fault)".contains("hunter2") && !"\(fault)".contains("checksum="), sourceLocation: location)
        return fault
    }

    @Test func `a good server tells its version and its meetings`() async throws {
        let transport = ScriptedTransport([
            Self.root: Self.index(), Self.list: Self.meetings(2, date: "Mon, 09 Jul 2018 17:03:30 GMT"),
        ])
        let finding = try await ServerCheck(transport: transport).run(try endpoint(), now: Self.now)
        #expect(finding == ServerCheck.Finding(version: "3.0.4", meetings: 2))
        #expect(transport.paths == [Self.root, Self.list])
    }

    @Test func `a server that keeps its version to itself tells that of its API`() async throws {
        let transport = ScriptedTransport([Self.root: Self.index(version: ""), Self.list: Self.meetings()])
        let finding = try await ServerCheck(transport: transport).run(try endpoint(), now: Self.now)
        #expect(finding == ServerCheck.Finding(version: "with API 2.0", meetings: 0))
    }

    // MARK: the network

    @Test func `a name without an address is a fault of DNS`() async throws {
        let found = try await fault([Self.root: .failure(.unresolved)])
        #expect(
            found.name == .dns && found.what.contains("bbb1.example")
                && found.remedy.contains("getent hosts bbb1.example"))
    }

    @Test(arguments: [TransportFault.refused, .unreachable, .connectTimedOut])
    func `no connection is a fault of TCP`(what: TransportFault) async throws {
        let found = try await fault([Self.root: .failure(what)], "https://bbb1.example:8443")
        #expect(found.name == .tcp && found.what.contains("bbb1.example:8443"))
    }

    @Test func `a secure connection that fails is a fault of TLS, with a command that shows it`() async throws {
        let found = try await fault([Self.root: .failure(.tls("the certificate has expired"))])
        #expect(found.name == .tls && found.what == "the certificate has expired")
        #expect(found.remedy.contains("openssl s_client -connect bbb1.example:443 -servername bbb1.example"))
    }

    @Test(arguments: [TransportFault.timedOut, .connectionLost, .replyTooLarge(limit: 10), .cancelled])
    func `a connection without a usable answer is not BigBlueButton`(what: TransportFault) async throws {
        #expect(try await fault([Self.root: .failure(what)]).name == .notBBB)
        let later = try await fault([Self.root: Self.index(), Self.list: .failure(what)])
        #expect(later.name == .notBBB && later.what.contains(what.words))
    }

    // MARK: what answers

    @Test(arguments: [
        "<!doctype html><title>x", "", "{}", "<response><returncode>SUCCESS</returncode></response>",
        "<response><returncode>FAILED</returncode></response>", "<other/>", "\u{0}",
    ])
    func `a page of another program is not BigBlueButton`(text: String) async throws {
        // The standard path is asked once.
        let found = try await fault([Self.root: Self.page(200, text)])
        #expect(found.name == .notBBB && found.remedy.contains("bbb-conf --secret"))
    }

    @Test(arguments: [404, 301, 403, 500]) func `another status is not BigBlueButton`(status: Int) async throws {
        let found = try await fault([Self.root: Self.page(status)])
        #expect(found.name == .notBBB && found.what.contains("HTTP \(status)"))
    }

    @Test(arguments: [502, 503, 504]) func `a web server in front of nothing is told as such`(status: Int) async throws
    {
        let first = try await fault([Self.root: Self.page(status)])
        let later = try await fault([Self.root: Self.index(), Self.list: Self.page(status)])
        for found in [first, later] {
            #expect(found.name == .notBBB && found.what.contains("HTTP \(status)"))
            #expect(found.remedy.contains("bbb-conf --restart"))
        }
    }

    @Test func `an answer with another status is none, whatever its body says`() async throws {
        let body = String(decoding: try Self.index().get().body, as: UTF8.self)
        #expect(try await fault([Self.root: Self.page(500, body)]).name == .notBBB)
    }

    @Test func `a wrong path is told with the right one`() async throws {
        let found = try await fault(
            ["/conference/api": Self.page(404), Self.root: Self.index()], "https://bbb1.example:8443/conference")
        #expect(found.name == .wrongPath)
        #expect(found.what.contains("https://bbb1.example:8443/bigbluebutton/api"))
    }

    @Test func `a wrong path without a right one is not BigBlueButton`() async throws {
        let found = try await fault(["/x/api": Self.page(404), Self.root: Self.page(404)], "https://bbb1.example/x")
        #expect(found.name == .notBBB)
        let silent = try await fault(
            ["/x/api": Self.page(404), Self.root: .failure(.timedOut)], "https://bbb1.example/x")
        #expect(silent.name == .notBBB)
    }

    @Test func `a wrong secret is told as such`() async throws {
        for refusal in [Refusal.checksum, Refusal(.checksumError, "Checksums do not match")] {
            let found = try await fault([Self.root: Self.index(), Self.list: Self.xml(refusal.xml)])
            #expect(found.name == .wrongSecret && found.remedy.contains("bbb-conf --secret"))
        }
    }

    @Test func `a server that refuses otherwise is told with its own word`() async throws {
        let refusal = Refusal("apiDisabled", "no")
        let found = try await fault([Self.root: Self.index(), Self.list: Self.xml(refusal.xml)])
        #expect(found.name == .notBBB && found.what.contains("apiDisabled"))
    }

    // MARK: clocks

    @Test(arguments: [
        ("Mon, 09 Jul 2018 17:04:30 GMT", "61 s ahead of"), ("Mon, 09 Jul 2018 17:02:28 GMT", "61 s behind"),
        ("Mon, 09 Jul 2018 19:03:29 GMT", "7200 s ahead of"),
    ])
    func `clocks that differ are told, and by how much`(date: String, words: String) async throws {
        let found = try await fault([Self.root: Self.index(), Self.list: Self.meetings(date: date)])
        #expect(found.name == .clock && found.what.contains(words), "\(found.what)")
    }

    @Test(arguments: [
        "Mon, 09 Jul 2018 17:04:29 GMT", "Mon, 09 Jul 2018 17:02:29 GMT", "Mon, 09 Jul 2018 17:03:29 GMT", "",
        "yesterday",
        nil,
    ])
    func `a small difference, or a date that nobody understands, is no fault`(date: String?) async throws {
        let transport = ScriptedTransport([Self.root: Self.index(), Self.list: Self.meetings(1, date: date)])
        let finding = try await ServerCheck(transport: transport).run(try endpoint(), now: Self.now)
        #expect(finding.meetings == 1)
    }
}
