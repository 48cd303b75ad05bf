import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// getDefaultConfigXML and setConfigXML of servers up to 2.3 (`balancer.md` 10, seed 004, `bbb-api.md` 8).
@Suite struct ConfigXMLTests {
    private static let lb = "https://lb.example:8443"

    /// Servers that have the calls, behind a balancer at an address with a port.
    private static func stand(
        servers: Int = 2, publicURL: String = ConfigXMLTests.lb, hasConfigXML: Bool = true
    ) async throws -> Stand {
        let stand = try await Stand(servers: servers) { $0.publicURL = publicURL }
        for server in stand.servers { server.withBBB { $0.hasConfigXML = hasConfigXML } }
        return stand
    }

    /// What a server gives, at the server itself.
    private static func own(_ server: SimulatedServer, _ stand: Stand) -> String {
        let request = SimulatedRequest(server.endpoint.request(.getDefaultConfigXML))
        return server.carryOut(request, at: stand.clock.now).body.asText
    }

    private static func get(_ fleet: Fleet, of account: Account) async throws -> String {
        let answer = await fleet.answer(Call(.getDefaultConfigXML), of: Caller(account))
        guard case .document(let octets, let contentType) = answer else {
            let said = try Said.words(answer)
            Issue.record("no document: \(said)")
            throw Stand.NoReply()
        }
        #expect(contentType == "text/xml;charset=utf-8")
        return octets.asText
    }

    /// A call as clients make it, signed in its own way, once encoded more.
    private static func call(
        _ xml: String, for id: String = "room-1", secret: String = "client", _ more: Parameters = [:]
    ) throws -> Call {
        let endpoint = Endpoint(url: try #require(APIURL(lb)), secret: try #require(Secret(secret)))
        var parameters: Parameters = ["meetingID": id, "configXML": FormCoding.encode(xml)]
        parameters.append(contentsOf: more)
        let body = try #require(endpoint.setConfigXML(parameters).body)
        return Call(.setConfigXML, method: .post, contentType: body.contentType, body: body.octets)
    }

    private static func set(_ xml: String, for id: String = "room-1", in stand: Stand) async throws -> Reply {
        let call = try Self.call(xml, for: id)
        let caller = try #require(stand.fleet.caller(of: call))
        guard case .xml(let octets) = await stand.fleet.answer(call, of: caller) else { throw Stand.NoReply() }
        return try Reply(octets)
    }

    /// What a meeting's server got.
    private static func kept(_ id: String = "room-1", in stand: Stand) throws -> [String] {
        let meetingID = try #require(MeetingID(rawValue: id))
        return try #require(try stand.holder(id).meeting(meetingID)).configs.map(\.xml)
    }

    // MARK: addresses

    @Test func `the default has our address wherever an address of the server stood, and is the server's else`()
        async throws
    {
        let stand = try await Self.stand()
        let got = try await Self.get(stand.fleet, of: stand.account)
        let own = Self.own(stand.servers[0], stand)
        #expect(own.contains("url=\"http://bbb1.example/client/branding/css/BBBDefault.css.swf\""))
        #expect(got.contains("url=\"http://lb.example:8443/client/branding/css/BBBDefault.css.swf\""))
        #expect(got == own.replacing("//bbb1.example", with: "//lb.example:8443"))
    }

    struct Address: Sendable, CustomTestStringConvertible {
        let balancer: String
        let server: String
        /// In the document of the server, and in that of the client.
        let there: String
        let here: String
        /// Where two addresses of the server are one of ours, nobody can tell which of them it was.
        let comesBack: Bool
        var testDescription: String { "\(there) at \(server) behind \(balancer)" }

        init(_ balancer: String, _ server: String, _ there: String, _ here: String, comesBack: Bool = true) {
            self.balancer = "https://\(balancer)"
            self.server = "http://\(server)"
            self.there = there
            self.here = here
            self.comesBack = comesBack
        }
    }

    private static let addresses = [
        Address("lb.example", "old.example:8081", "http://old.example:8081/a", "http://lb.example/a"),
        Address("lb.example", "old.example:8081", "rtmp://old.example/a", "rtmp://lb.example/a", comesBack: false),
        Address("lb.example", "old.example:8081", "rtmp://old.example:1935/a", "rtmp://lb.example:1935/a"),
        Address("lb.example", "old.example:8081", "//old.example:80811/a", "//lb.example:80811/a"),
        Address("lb.example:8443", "old.example:8081", "//old.example:8081/a", "//lb.example:8443/a"),
        Address("lb.example:8443", "old.example:8081", "//old.example/a", "//lb.example/a"),
        Address("lb.example:8443", "old.example:8081", "//old.example:1935/a", "//lb.example:1935/a"),
        Address("lb.example:8443", "old.example", "http://old.example/a", "http://lb.example:8443/a"),
        Address("lb.example:8443", "old.example", "rtmp://old.example:1935/a", "rtmp://lb.example:1935/a"),
        Address("lb.example", "old.example", "rtmp://old.example:1935/a", "rtmp://lb.example:1935/a"),
        Address("lb.example", "old.example", "http://old.example\"", "http://lb.example\""),
        Address("lb.example", "old.example", "http://old.example", "http://lb.example"),
        // Other hosts are nobody's business.
        Address("lb.example", "old.example", "http://old.example.org/a", "http://old.example.org/a"),
        Address("lb.example", "old.example", "http://very-old.example/a", "http://very-old.example/a"),
        Address("lb.example", "old.example", "http://old.examples/a", "http://old.examples/a"),
        Address("lb.example", "old.example", "mail@old.example", "mail@old.example"),
    ]

    @Test(arguments: addresses)
    func `addresses are rewritten both ways, with ports and without`(address: Address) async throws {
        let stand = try await Self.stand(publicURL: address.balancer, hasConfigXML: false)
        let server = try await stand.serverJoins("old", at: address.server)
        server.withBBB { $0.hasConfigXML = true }
        let given = "<config a=\"1\"><x url='\(address.there)'/></config>"
        let tap = WireTap(stand.network) { call, answer in
            guard call.call == .getDefaultConfigXML, answer.status == 200 else { return answer }
            return ServerAnswer(status: 200, headers: answer.headers, body: Array(given.utf8))
        }
        var settings = stand.fleet.settings
        settings.identity.instance = "tapped"
        let fleet = Fleet(store: stand.store, transport: tap, settings: settings, time: stand.clock.fleetTime)
        for server in stand.store.roster({ Array($0.servers.values) }) { await fleet.pollOnce(server) }
        let got = try await Self.get(fleet, of: stand.account)
        #expect(got == "<config a=\"1\"><x url='\(address.here)'/></config>")
        guard address.comesBack else { return }
        try await stand.create("room-1", ["preferredServer": "old"])
        // What a client should have got, so that each way is judged by itself.
        #expect(try await Self.set("<x url='\(address.here)'/>", in: stand).isSuccess)
        let id = try #require(MeetingID(rawValue: "room-1"))
        #expect(try #require(server.meeting(id)).configs.map(\.xml) == ["<x url='\(address.there)'/>"])
    }

    @Test func `a document that was fetched and is set for a meeting elsewhere has the addresses of that server`()
        async throws
    {
        let stand = try await Self.stand()
        let got = try await Self.get(stand.fleet, of: stand.account)
        try await stand.create("room-1", ["preferredServer": "bbb2"])
        let reply = try await Self.set(got, in: stand)
        #expect(reply.isSuccess)
        #expect(reply.root.text(of: "configToken")?.utf8.count == 16)
        // Its addresses are those of the other server; a host that stands alone is no address, and stays.
        let own = Self.own(stand.servers[0], stand).replacing("//bbb1.example", with: "//bbb2.example")
        #expect(try Self.kept(in: stand) == [own])
    }

    @Test func `a document reaches the server as it is, whatever is in it`() async throws {
        let stand = try await Self.stand()
        try await stand.create("room-1")
        let xml = "<config>\r\n\t<a b=\"1+1 ~*%20&amp;\" c='\u{E9}\u{1F600}'/>%%\u{A0}&#233;</config>"
        #expect(try await Self.set(xml, in: stand).isSuccess)
        #expect(try Self.kept(in: stand) == [xml])
    }

    @Test func `the token leads through a join`() async throws {
        let stand = try await Self.stand()
        try await stand.create("room-1")
        let token = try #require(try await Self.set("<config/>", in: stand).root.text(of: "configToken"))
        let join: Parameters = ["fullName": "Ann", "meetingID": "room-1", "role": "VIEWER", "configToken": token]
        guard case .redirect(let url, _) = await stand.answer(.join, join) else { throw Stand.NoReply() }
        #expect(url.contains("configToken=\(token)"))
    }

    @Test func `other parameters go along, and an internal id is as good as the meetingID`() async throws {
        let stand = try await Self.stand()
        try await stand.create("room-1")
        let id = try #require(try stand.mapped("room-1")?.internalMeetingID).rawValue
        let call = try Self.call("<config/>", for: id, ["defaultConfig": "true", "future": "a b+c&d"])
        #expect(try await Said.words(stand.answer(to: call)) == "SUCCESS")
        let holder = try stand.holder("room-1")
        #expect(holder.meetings.first?.configs.map(\.isDefault) == [true])
        let form = Parameters(parsing: try #require(holder.recentRequests.last).body.asText)
        #expect(form["meetingID"] == "room-1")
        #expect(form["future"] == "a b+c&d")
    }

    // MARK: checksums

    @Test func `a call is signed over all that it says, sorted, wherever it stands`() async throws {
        let stand = try await Self.stand()
        try await stand.create("room-1")
        let signed = "configXML=%253Cc%252F%253E&defaultConfig=true&meetingID=room-1"
        let checksum = sha1Hex("setConfigXML\(signed)client")
        for (query, form) in [
            ("", "meetingID=room-1&configXML=%253Cc%252F%253E&defaultConfig=true&checksum=\(checksum)"),
            ("meetingID=room-1", "checksum=\(checksum.uppercased())&defaultConfig=true&configXML=%253Cc%252F%253E"),
            ("checksum=\(checksum)&defaultConfig=true", "configXML=%253Cc%252F%253E&meetingID=room%2D1"),
        ] {
            let call = Call(
                .setConfigXML, method: .post, rawQuery: query, contentType: "application/x-www-form-urlencoded",
                body: Array(form.utf8))
            #expect(stand.fleet.caller(of: call)?.account.id == .default, "\(form)")
            #expect(try await Said.words(stand.answer(to: call)) == "SUCCESS")
        }
        #expect(try Self.kept(in: stand) == ["<c/>", "<c/>", "<c/>"])
    }

    private static let changes = [
        ("room-1", "room-2"), ("Cconfig", "Cconfog"), ("defaultConfig=true", "defaultConfig=tru"),
        ("checksum=", "a=b&checksum="), ("&configXML=", "&configXML=&configXML="),
    ]

    @Test(arguments: changes)
    func `a call of which one thing was changed is refused, and no server is asked`(from: String, to: String)
        async throws
    {
        let stand = try await Self.stand()
        try await stand.create("room-1")
        let call = try Self.call("<config/>", ["defaultConfig": "true"])
        #expect(stand.fleet.caller(of: call) != nil)
        let text = try #require(call.received).octets.asText
        let changed = text.replacing(from, with: to)
        try #require(changed != text)
        let other = Call(
            .setConfigXML, method: .post, contentType: "application/x-www-form-urlencoded", body: Array(changed.utf8))
        #expect(stand.fleet.caller(of: other) == nil)
        #expect(try Said.words(stand.fleet.refuseUnsigned(other)) == "FAILED configXMLChecksumError")
        let strangers = try Self.call("<config/>", secret: "somebody else")
        #expect(stand.fleet.caller(of: strangers) == nil)
    }

    @Test func `another account's config is set for its own meetings only`() async throws {
        let world = try await TwoAccounts()
        for server in world.stand.servers { server.withBBB { $0.hasConfigXML = true } }
        for (subject, said) in [
            (world.theirs, "SUCCESS"), (world.mine, "FAILED invalidMeetingIdentifier"),
        ] {
            let call = try Self.call("<config/>", for: subject.meetingID, secret: "other-client")
            let caller = try #require(world.stand.fleet.caller(of: call))
            #expect(caller.account.id == world.other.id)
            #expect(try await Said.words(world.stand.fleet.answer(call, of: caller)) == said)
        }
        #expect(world.isUntouched(world.mine, on: world.owner, of: world.stand.account))
    }

    // MARK: what can go wrong

    private static let forms: [(String, MessageKey, String)] = [
        ("meetingID=room-1", "configXMLError", "You did not pass a config XML"),
        ("meetingID=room-1&configXML=", "configXMLError", "You did not pass a config XML"),
        ("", "configXMLError", "You did not pass a config XML"),
        ("configXML=x", .missingParamMeetingID, "You must specify a meeting ID for the meeting."),
        ("configXML=x&meetingID=", .missingParamMeetingID, "You must specify a meeting ID for the meeting."),
        ("configXML=%25zz&meetingID=room-1", "configXMLError", "Cannot decode config XML"),
        (
            "configXML=x&meetingID=nobody", .invalidMeetingIdentifier,
            "The meeting ID that you supplied did not match any existing meetings"
        ),
    ]

    @Test(arguments: forms)
    func `a config is refused as by a server, and no server is asked`(form: String, key: MessageKey, message: String)
        async throws
    {
        let stand = try await Self.stand()
        try await stand.create("room-1")
        let call = Call(
            .setConfigXML, method: .post, contentType: "application/x-www-form-urlencoded", body: Array(form.utf8))
        let answer = await stand.answer(to: call)
        let reply = try Reply(try #require(answer.bodyOctets))
        #expect(reply.code == .failed)
        #expect(reply.messageKey == key)
        #expect(reply.message == message)
        #expect(stand.servers.allSatisfy { $0.count(of: .setConfigXML) == 0 })
    }

    private static let faults: [(SimulatedFault, String)] = [
        (.refuse, "FAILED serverUnavailable"), (.hang, "FAILED internalError"), (.status(500), "FAILED internalError"),
        (.status(404), "FAILED unsupportedRequest"), (.garbage, "FAILED internalError"),
        (.emptyBody, "FAILED internalError"), (.failed("somethingElse", "no"), "FAILED somethingElse"),
    ]

    @Test(arguments: faults)
    func `a config whose server fails is answered by what is known of it`(fault: SimulatedFault, said: String)
        async throws
    {
        let stand = try await Self.stand()
        try await stand.create("room-1")
        try stand.holder("room-1").set(fault, call: .setConfigXML)
        #expect(try await Said.words(stand.answer(to: Self.call("<config/>"))) == said)
        #expect(try Self.kept(in: stand).isEmpty)
    }

    @Test(arguments: [SimulatedFault.refuse, .hang, .status(500), .status(404), .wrongSecret])
    func `the default is another server's when one fails`(fault: SimulatedFault) async throws {
        let stand = try await Self.stand()
        stand.servers[0].set(fault, call: .getDefaultConfigXML)
        let got = try await Self.get(stand.fleet, of: stand.account)
        #expect(got == Self.own(stand.servers[1], stand).replacing("//bbb2.example", with: "//lb.example:8443"))
    }

    @Test func `without a server that answers, or that takes meetings, the default is an error`() async throws {
        let stand = try await Self.stand()
        for server in stand.servers { server.set(.status(500), call: .getDefaultConfigXML) }
        #expect(try await Said.words(stand.answer(.getDefaultConfigXML)) == "FAILED internalError")
        for server in stand.servers { try await stand.set(.drain, of: server) }
        #expect(try await Said.words(stand.answer(.getDefaultConfigXML)) == "FAILED internalError")
    }

    @Test func `servers that do not have these calls are as healthy as ever`() async throws {
        let stand = try await Self.stand(hasConfigXML: false)
        try await stand.create("room-1")
        let unsupported =
            "<response><returncode>FAILED</returncode><messageKey>unsupportedRequest</messageKey>"
            + "<message>This request is not supported.</message></response>"
        for _ in 0..<10 {
            stand.clock.advance(by: .seconds(5))
            let got = await stand.answer(.getDefaultConfigXML)
            #expect(got.bodyOctets?.asText == unsupported)
            let answer = try await stand.answer(to: Self.call("<config/>"))
            #expect(answer.bodyOctets?.asText == unsupported)
        }
        #expect(stand.servers.allSatisfy { (1...10).contains($0.count(of: .getDefaultConfigXML)) })
        for server in stand.servers {
            #expect(stand.fleet.health(of: try stand.server(server).id).word == "online")
        }
        #expect(!stand.fleet.isInPanic)
        #expect(try await stand.create("room-2").isSuccess)
    }

    @Test func `one server that has it is enough`() async throws {
        let stand = try await Self.stand(servers: 3, hasConfigXML: false)
        stand.servers[2].withBBB { $0.hasConfigXML = true }
        let got = try await Self.get(stand.fleet, of: stand.account)
        #expect(got == Self.own(stand.servers[2], stand).replacing("//bbb3.example", with: "//lb.example:8443"))
    }
}
