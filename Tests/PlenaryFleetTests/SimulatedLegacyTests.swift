import BigBlueButton
import PlenaryFleet
import PlenarySimulator
import Testing

/// The configuration of the Flash client.
@Suite struct SimulatedLegacyTests {
    private static func world() throws -> SimulatedWorld {
        let world = try SimulatedWorld()
        world.server.withBBB { $0.hasConfigXML = true }
        return world
    }

    private static func set(_ parameters: Parameters, in world: SimulatedWorld) throws -> Reply {
        try Reply(world.fetch(SimulatedRequest(world.server.endpoint.setConfigXML(parameters))).body)
    }

    @Test func `a server of today does not know these calls`() throws {
        let world = try SimulatedWorld()
        #expect(world.fetch(world.target(.getDefaultConfigXML)).status == 404)
        let call = world.server.endpoint.setConfigXML(["meetingID": "abc123", "configXML": "x"])
        #expect(world.fetch(SimulatedRequest(call)).status == 404)
    }

    @Test func `the default is a document that names the server`() throws {
        let world = try Self.world()
        let answer = world.fetch(world.target(.getDefaultConfigXML))
        #expect(answer.headers.first?.value == "text/xml;charset=utf-8")
        let config = try XMLReader.read(answer.body)
        #expect(config.name == "config")
        #expect(
            config.child("skinning")?.attribute("url")
                == "https://bbb-1.test/client/branding/css/BBBDefault.css.swf")
        #expect(config.child("porttest")?.attribute("host") == "bbb-1.test")
        let refused = try Reply(world.fetch("/bigbluebutton/api/getDefaultConfigXML?checksum=00").body)
        #expect(refused.messageKey == .checksumError)
        #expect(refused.message == "You did not pass the checksum security check")
    }

    @Test func `a config is kept with its meeting, decoded twice, under a token`() async throws {
        let world = try Self.world()
        try await world.create()
        let xml = "<config><a b=\"1+1 ~*\"/></config>"
        let reply = try Self.set(
            ["meetingID": "abc123", "configXML": FormCoding.encode(xml), "defaultConfig": "true"], in: world)
        #expect(reply.isSuccess)
        let config = try #require(world.server.meetings.first?.configs.first)
        #expect(reply.root.text(of: "configToken") == config.token)
        #expect(config.xml == xml)
        #expect(config.isDefault)
    }

    @Test func `a checksum covers what stands in the query and in the form, sorted`() async throws {
        let world = try Self.world()
        try await world.create()
        let signed = "configXML=%253Cc%252F%253E&meetingID=abc123"
        let checksum = sha1Hex("setConfigXML" + signed + world.server.secret.reveal())
        let path = "/bigbluebutton/api/setConfigXML?meetingID=abc123"
        let form = "checksum=\(checksum.uppercased())&configXML=%253Cc%252F%253E"
        #expect(try Reply(world.fetch(path, method: .post, form: form).body).isSuccess)
        #expect(world.server.meetings.first?.configs.map(\.xml) == ["<c/>"])
        #expect(world.fetch(path).status == 404, "it is a POST")
    }

    private static let refusals: [(String, MessageKey, String)] = [
        ("meetingID=abc123&configXML=x", .checksumError, "You did not pass the checksum security check"),
        ("checksum=00", "configXMLError", "You did not pass a config XML"),
        ("checksum=00&configXML=x", .missingParamMeetingID, "You must specify a meeting ID for the meeting."),
        (
            "checksum=00&configXML=x&meetingID=nobody", .invalidMeetingIdentifier,
            "The meeting ID that you supplied did not match any existing meetings"
        ),
        ("checksum=00&configXML=%25zz&meetingID=abc123", "configXMLError", "Cannot decode config XML"),
        (
            "checksum=00&configXML=x&meetingID=abc123", "configXMLChecksumError",
            "configXMLChecksumError: request did not pass the checksum security check."
        ),
    ]

    @Test(arguments: refusals)
    func `a config is refused in the order of the checks`(form: String, key: MessageKey, message: String) async throws {
        let world = try Self.world()
        try await world.create()
        let reply = try Reply(world.fetch("/bigbluebutton/api/setConfigXML", method: .post, form: form).body)
        #expect(reply.messageKey == key)
        #expect(reply.message == message)
        #expect(world.server.meetings.first?.configs.isEmpty == true)
    }
}
