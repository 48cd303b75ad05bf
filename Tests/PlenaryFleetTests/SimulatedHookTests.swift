import BigBlueButton
import PlenaryFleet
import PlenarySimulator
import Testing

/// Web hooks: the calls, and what is delivered.
@Suite struct SimulatedHookTests {
    private static let address = "https://lms.test/hook?a=1&b=2"

    private static func hook(_ more: Parameters = [:], in world: SimulatedWorld) async throws -> String {
        var given: Parameters = ["callbackURL": address]
        given.append(contentsOf: more)
        return try #require(try await world.reply(.hooksCreate, given).root.text(of: "hookID"))
    }

    /// The ids of the events that were delivered.
    private static func events(_ callbacks: [SimulatedCallback]) throws -> [String] {
        try callbacks.map { callback in
            let event = try #require(Parameters(parsing: callback.body.asText)["event"])
            let behind = try #require(event.split(separator: "\"id\":\"").dropFirst().first)
            return String(behind.prefix { $0 != "\"" })
        }
    }

    @Test func `a hook is made once for each address`() async throws {
        let world = try SimulatedWorld()
        let first = try await world.send(.hooksCreate, ["callbackURL": Self.address])
        let hook = try #require(world.server.withBBB { $0.hooks }.first)
        #expect(hook.id.split(separator: "-").map(\.utf8.count) == [8, 4, 4, 4, 12])
        #expect(
            first.body.asText
                == "<response><returncode>SUCCESS</returncode><hookID>\(hook.id)</hookID>"
                + "<permanentHook>false</permanentHook><rawData>false</rawData></response>")
        let second = try await world.send(.hooksCreate, ["callbackURL": Self.address, "meetingID": "abc123"])
        #expect(
            second.body.asText
                == "<response><returncode>SUCCESS</returncode><hookID>\(hook.id)</hookID>"
                + "<messageKey>duplicateWarning</messageKey>"
                + "<message>There is already a hook for this callback URL.</message></response>")
        #expect(world.server.withBBB { $0.hooks } == [hook])
    }

    @Test func `hooks are listed with the general ones, and removed`() async throws {
        let world = try SimulatedWorld()
        let general = try await Self.hook(in: world)
        let scoped = try await world.reply(
            .hooksCreate,
            ["callbackURL": "https://b.test/]]>", "meetingID": "abc123", "eventID": "user-joined", "getRaw": "true"])
        let scopedID = try #require(scoped.root.text(of: "hookID"))
        let one =
            "<hook><hookID>\(general)</hookID><callbackURL><![CDATA[\(Self.address)]]></callbackURL>"
            + "<permanentHook>false</permanentHook><rawData>false</rawData></hook>"
        let other =
            "<hook><hookID>\(scopedID)</hookID><callbackURL><![CDATA[https://b.test/]]]]><![CDATA[>]]></callbackURL>"
            + "<meetingID><![CDATA[abc123]]></meetingID><eventID>user-joined</eventID>"
            + "<permanentHook>false</permanentHook><rawData>true</rawData></hook>"
        let both = general < scopedID ? one + other : other + one
        let expected = "<response><returncode>SUCCESS</returncode><hooks>\(both)</hooks></response>"
        #expect(try await world.send(.hooksList).body.asText == expected)
        #expect(try await world.send(.hooksList, ["meetingID": "abc123"]).body.asText == expected)
        let removed = try await world.send(.hooksDestroy, ["hookID": scopedID])
        #expect(
            removed.body.asText == "<response><returncode>SUCCESS</returncode><removed>true</removed></response>")
        #expect(try await world.reply(.hooksList).root.child("hooks")?.children.count == 1)
        // A real service cannot list for a meeting that has no hook of its own.
        #expect(try await world.reply(.hooksList, ["meetingID": "abc123"]).messageKey == "listHookError")
    }

    @Test func `what is missing or unknown is told`() async throws {
        let world = try SimulatedWorld()
        #expect(try await world.reply(.hooksCreate).messageKey == "missingParamCallbackURL")
        #expect(try await world.reply(.hooksDestroy).messageKey == "missingParamHookID")
        #expect(try await world.reply(.hooksDestroy, ["hookID": "1"]).messageKey == "destroyMissingHook")
        #expect(try await world.send(.hooksCreate, ["callbackURL": "x", "getRaw": "yes"]).status == 500)
        let refused = try Reply(world.fetch("/bigbluebutton/api/hooks/list?checksum=00").body)
        #expect(refused.message == "You did not pass the checksum security check.")
    }

    @Test func `a ping needs no checksum, a post leads nowhere, and without the service nothing does`() throws {
        let world = try SimulatedWorld()
        #expect(world.fetch("/bigbluebutton/api/hooks/ping").body.asText == "bbb-webhooks API up!")
        #expect(world.fetch(world.target(.hooksList), method: .post).status == 404)
        world.server.withBBB { $0.hasHooks = false }
        for target in ["/bigbluebutton/api/hooks/ping", world.target(.hooksList)] {
            #expect(world.fetch(target).status == 404)
        }
    }

    @Test func `an event is a signed form`() async throws {
        let world = try SimulatedWorld()
        try await world.create()
        _ = try await Self.hook(in: world)
        world.time.advance(by: .seconds(1))
        world.server.endMeeting(try world.roomID(), at: world.time.now)
        let callback = try #require(world.server.takeCallbacks().first)
        let event =
            "[{\"data\":{\"type\":\"event\",\"id\":\"meeting-ended\",\"attributes\":{\"meeting\":"
            + "{\"internal-meeting-id\":\"\(SimulatedWorld.session)\",\"external-meeting-id\":\"abc123\"}},"
            + "\"event\":{\"ts\":1531155810613}}}]"
        let body =
            "domain=bbb-1.test&event=\(FormCoding.encode(event, style: .java))&timestamp=1531155810613"
        #expect(callback.kind == .hook)
        #expect(callback.method == "POST")
        #expect(callback.contentType == "application/x-www-form-urlencoded")
        #expect(callback.body.asText == body)
        let checksum = sha1Hex(Self.address + body + world.server.secret.reveal())
        #expect(callback.url == "\(Self.address)&checksum=\(checksum)")
        #expect(callback.meetingID == "abc123")
    }

    @Test func `the life of a meeting is told step by step`() async throws {
        let world = try SimulatedWorld()
        _ = try await Self.hook(in: world)
        try await world.create(["record": "true"])
        let joined = try await world.reply(
            .join, ["meetingID": "abc123", "fullName": "Ann", "userID": "u1", "role": "viewer", "redirect": "false"])
        let token = try #require(joined.root.text(of: "session_token"))
        for _ in 0..<2 { _ = world.fetch("/html5client/?sessionToken=\(token)") }
        world.server.leave(try #require(joined.root.text(of: "user_id")), at: world.time.now)
        _ = try await world.reply(.end, ["meetingID": "abc123"])
        world.server.publishRecording(
            SimulatedWorld.session, formats: ["presentation", "video"], at: world.time.now)
        let callbacks = world.server.takeCallbacks()
        #expect(
            try Self.events(callbacks) == [
                "meeting-created", "user-joined", "user-left", "meeting-ended", "rap-publish-ended",
                "rap-publish-ended",
            ])
        let person = try #require(Parameters(parsing: callbacks[1].body.asText)["event"])
        #expect(person.contains("\"external-user-id\":\"u1\",\"name\":\"Ann\",\"role\":\"VIEWER\""))
    }

    @Test func `a hook hears of the events and the meeting that it named`() async throws {
        let world = try SimulatedWorld()
        _ = try await Self.hook(["meetingID": "abc123", "eventID": "Meeting-Ended,USER-joined"], in: world)
        for id in ["abc123", "other"] {
            _ = try await world.reply(.create, ["meetingID": id, "name": "Test"])
            let meeting = try #require(MeetingID(rawValue: id))
            world.server.joinParticipant(meetingID: meeting, fullName: "Ann", at: world.time.now)
            world.server.endMeeting(meeting)
        }
        #expect(try Self.events(world.server.takeCallbacks()) == ["user-joined", "meeting-ended"])
    }

    @Test func `raw data is what the server's parts tell each other`() async throws {
        let world = try SimulatedWorld()
        _ = try await Self.hook(["getRaw": "true"], in: world)
        try await world.create()
        let body = try #require(world.server.takeCallbacks().first?.body.asText)
        let event = try #require(Parameters(parsing: body)["event"])
        #expect(event.hasPrefix("[{\"envelope\":{\"name\":\"MeetingCreatedEvtMsg\","))
    }

    @Test func `nothing is told without the service, and hooks outlive a reboot`() async throws {
        let world = try SimulatedWorld()
        _ = try await Self.hook(in: world)
        world.server.withBBB { $0.hasHooks = false }
        try await world.create()
        world.server.reboot()
        #expect(world.server.takeCallbacks().isEmpty)
        world.server.withBBB { $0.hasHooks = true }
        try await world.create()
        #expect(try Self.events(world.server.takeCallbacks()) == ["meeting-created"])
    }
}
