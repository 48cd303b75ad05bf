import BigBlueButton
import PlenaryFleet
import Testing

@testable import PlenarySimulator

/// What drives a simulation over HTTP.
@Suite struct SimulatedControlTests {
    private static func tell(
        _ verb: String, _ given: Parameters = [:], in world: SimulatedWorld
    ) -> SimulatedControl.Answer {
        SimulatedControl(server: world.server).carryOut(verb, given, at: world.time.now)
    }

    @Test func `the state lists meetings, recordings, hooks and calls`() async throws {
        let world = try SimulatedWorld()
        try await world.create([
            "voiceBridge": "70001", "logoutURL": "https://lms.test/", "preUploadedPresentation": "https://x.test/a.pdf",
        ])
        _ = try await world.reply(.hooksCreate, ["callbackURL": "https://lms.test/hook"])
        world.server.addRecording(
            SimulatedRecording(
                recordID: "rec-1", meetingID: "old", name: "Old", state: .unpublished, startTime: world.time.now,
                endTime: world.time.now))
        let hook = try #require(world.server.withBBB { $0.hooks }.first)
        let expected =
            "{\"meetings\":[{\"meetingID\":\"abc123\",\"internalMeetingID\":\"\(SimulatedWorld.session)\","
            + "\"createTime\":1531155809613,\"participants\":0,\"voiceBridge\":\"70001\","
            + "\"logoutURL\":\"https://lms.test/\",\"documents\":[\"a.pdf\"],\"parameters\":{"
            + "\"meetingID\":\"abc123\",\"name\":\"Test\",\"attendeePW\":\"ap\",\"moderatorPW\":\"mp\","
            + "\"voiceBridge\":\"70001\",\"logoutURL\":\"https://lms.test/\","
            + "\"preUploadedPresentation\":\"https://x.test/a.pdf\"}}],"
            + "\"recordings\":[{\"recordID\":\"rec-1\",\"state\":\"unpublished\",\"meetingID\":\"old\"}],"
            + "\"hooks\":[{\"id\":\"\(hook.id)\",\"callbackURL\":\"https://lms.test/hook\"}],"
            + "\"calls\":{\"create\":1,\"hooks/create\":1}}"
        #expect(Self.tell("state", in: world).json == expected)
    }

    @Test func `a recording is published in the formats that are named`() async throws {
        let world = try SimulatedWorld()
        try await world.create(["record": "true"])
        #expect(Self.tell("marks", ["meetingID": "abc123"], in: world) == .done)
        #expect(world.server.meetings.map(\.hasRecordingMarks) == [true])
        #expect(Self.tell("marks", ["meetingID": "abc123", "marks": "false"], in: world) == .done)
        #expect(world.server.meetings.map(\.hasRecordingMarks) == [false])
        #expect(Self.tell("end", ["meetingID": "abc123"], in: world) == .done)
        let record: Parameters = ["recordID": SimulatedWorld.session, "formats": "presentation,video"]
        #expect(Self.tell("record", record, in: world) == .done)
        #expect(world.server.recordings.first?.formats.map(\.type) == ["presentation", "video"])
        #expect(Self.tell("record", ["recordID": "nobody"], in: world).status == 400)
        #expect(Self.tell("marks", ["meetingID": "nobody"], in: world).status == 400)
    }

    @Test func `what was fired is listed, also when it was taken`() async throws {
        let world = try SimulatedWorld()
        try await world.create(["meetingEndedURL": "https://b.test/x"])
        #expect(Self.tell("callbacks", in: world).json == "{\"callbacks\":[]}")
        _ = Self.tell("end", ["meetingID": "abc123"], in: world)
        _ = world.server.takeCallbacks()
        let listed =
            "{\"callbacks\":[{\"kind\":\"endedURL\",\"method\":\"GET\",\"url\":\"https://b.test/x\","
            + "\"meetingID\":\"abc123\"}]}"
        #expect(Self.tell("callbacks", in: world).json == listed)
    }

    @Test func `hooks and the old calls are turned on and off`() throws {
        let world = try SimulatedWorld()
        #expect(Self.tell("config", ["hooks": "false", "configXML": "true"], in: world) == .done)
        #expect(world.fetch("/bigbluebutton/api/hooks/ping").status == 404)
        #expect(world.fetch(world.target(.getDefaultConfigXML)).status == 200)
        #expect(Self.tell("config", ["hooks": "true"], in: world) == .done)
        #expect(world.fetch("/bigbluebutton/api/hooks/ping").status == 200)
        #expect(world.fetch(world.target(.getDefaultConfigXML)).status == 200)
        #expect(Self.tell("other", in: world).status == 404)
    }
}
