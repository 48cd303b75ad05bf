import BigBlueButton
import PlenaryFleet
import PlenarySimulator
import Testing

/// What a server tells when a meeting ends, and when a recording is ready.
@Suite struct SimulatedCallbackTests {
    private static let endings: Parameters = [
        "meta_endCallbackUrl": "https://lms.test/end?course=1", "meetingEndedURL": "https://balancer.test/ended/x",
    ]

    @Test func `the end is told to the front-end with marks and id, and to the balancer as it is`() async throws {
        let world = try SimulatedWorld()
        try await world.create(Self.endings)
        _ = try await world.reply(.end, ["meetingID": "abc123"])
        let callbacks = world.server.takeCallbacks()
        #expect(callbacks.map(\.kind) == [.end, .endedURL])
        #expect(
            callbacks.map(\.url) == [
                "https://lms.test/end?course=1&recordingmarks=false&meetingID=abc123", "https://balancer.test/ended/x",
            ])
        for callback in callbacks {
            #expect(callback.method == "GET")
            #expect(callback.contentType == nil)
            #expect(callback.body.isEmpty)
            #expect(callback.headers.isEmpty)
            #expect(callback.meetingID == "abc123")
        }
        #expect(world.server.takeCallbacks().isEmpty)
        #expect(world.server.withBBB { $0.firedCallbacks } == callbacks)
    }

    @Test(arguments: [(true, true, true), (true, false, false), (false, true, false)])
    func `there are marks where somebody pressed record in a recorded meeting`(
        isRecorded: Bool, isPressed: Bool, marks: Bool
    ) async throws {
        let world = try SimulatedWorld()
        try await world.create(["record": "\(isRecorded)", "meta_endcallbackurl": "https://lms.test/end"])
        #expect(world.server.setRecordingMarks(isPressed, of: try world.roomID()))
        world.server.endMeeting(try world.roomID())
        #expect(
            world.server.takeCallbacks().map(\.url)
                == ["https://lms.test/end?recordingmarks=\(marks)&meetingID=abc123"])
        #expect(!world.server.setRecordingMarks(of: try world.roomID()))
    }

    @Test func `a meeting that records from the start has marks once somebody comes`() async throws {
        let world = try SimulatedWorld()
        try await world.create(["record": "true", "autoStartRecording": "true"])
        #expect(world.server.meetings.map(\.hasRecordingMarks) == [false])
        world.server.joinParticipant(meetingID: try world.roomID(), fullName: "Ann", at: world.time.now)
        #expect(world.server.meetings.map(\.hasRecordingMarks) == [true])
    }

    @Test func `an id is encoded in the callback`() async throws {
        let world = try SimulatedWorld()
        _ = try await world.reply(
            .create, ["meetingID": "a b&c", "name": "Test", "meta_endcallbackurl": "https://lms.test/end"])
        world.server.endMeeting(try #require(MeetingID(rawValue: "a b&c")))
        #expect(
            world.server.takeCallbacks().map(\.url)
                == ["https://lms.test/end?recordingmarks=false&meetingID=a+b%26c"])
    }

    @Test func `a meeting that ends by itself tells of it, and a reboot tells nobody`() async throws {
        let world = try SimulatedWorld()
        world.server.withBBB { $0.endsUnusedMeetings = true }
        try await world.create(Self.endings)
        world.time.advance(by: .seconds(300))
        #expect(try await world.reply(.getMeetings).messageKey == .noMeetings)
        #expect(world.server.takeCallbacks().map(\.kind) == [.end, .endedURL])
        try await world.create(Self.endings)
        world.server.reboot()
        #expect(world.server.takeCallbacks().isEmpty)
    }

    @Test func `breakouts end without a word`() async throws {
        let world = try SimulatedWorld()
        try await world.create(Self.endings)
        let id = try world.roomID()
        let opened = world.server.withBBB { $0.openBreakouts(of: id, count: 2, at: world.time.now) }
        world.server.endMeeting(try #require(opened.first))
        #expect(world.server.takeCallbacks().isEmpty)
        world.server.endMeeting(id)
        #expect(world.server.takeCallbacks().map(\.kind) == [.end, .endedURL])
    }

    @Test func `a recording is announced once for each format, with a token of the server's secret`() async throws {
        let world = try SimulatedWorld()
        try await world.create([
            "record": "true", "meta_canvas-recording-ready-url": "https://canvas.test/",
            "meta_bn-recording-ready-url": "https://moodle.test/ready?a=1",
        ])
        world.server.endMeeting(try world.roomID())
        #expect(world.server.takeCallbacks().isEmpty)
        world.server.publishRecording(SimulatedWorld.session, formats: ["presentation", "video"], at: world.time.now)
        let callbacks = world.server.takeCallbacks()
        #expect(callbacks.count == 2)
        #expect(Set(callbacks).count == 1)
        let callback = try #require(callbacks.first)
        #expect(callback.kind == .recordingReady)
        #expect(callback.method == "POST")
        #expect(callback.url == "https://moodle.test/ready?a=1")
        #expect(callback.contentType == "application/x-www-form-urlencoded")
        let fields = Parameters(parsing: callback.body.asText)
        #expect(fields.all.map(\.name) == ["signed_parameters"])
        let token = try #require(fields["signed_parameters"])
        // {"alg":"HS256"}
        #expect(token.hasPrefix("eyJhbGciOiJIUzI1NiJ9."))
        let payload = SignedToken.verify(token, secret: world.server.secret, algorithms: [.hs256])
        #expect(
            payload?.asText == "{\"meeting_id\":\"abc123\",\"record_id\":\"\(SimulatedWorld.session)\"}")
        let other = try #require(Secret("other"))
        #expect(SignedToken.verify(token, secret: other, algorithms: [.hs256]) == nil)
    }

    @Test func `a recording that nobody waits for is announced to nobody`() async throws {
        let world = try SimulatedWorld()
        try await world.create(["record": "true"])
        world.server.endMeeting(try world.roomID())
        #expect(world.server.publishRecording(SimulatedWorld.session, at: world.time.now))
        #expect(world.server.takeCallbacks().isEmpty)
    }

    @Test func `analytics are posted with a bearer that expires, and only where events are kept`() async throws {
        let world = try SimulatedWorld()
        let address: Parameters = [
            "meta_analytics-callback-url": "https://lms.test/analytics", "meta_gl-listed": "true",
            "meta_meeting-id": "7",
        ]
        try await world.create(address)
        world.server.endMeeting(try world.roomID())
        #expect(world.server.takeCallbacks().isEmpty)
        var kept = address
        kept["meetingKeepEvents"] = "true"
        try await world.create(kept)
        world.server.joinParticipant(
            meetingID: try world.roomID(), fullName: "Ann", role: .moderator, userID: "u1", at: world.time.now)
        world.time.advance(by: .seconds(90))
        let session = try #require(world.server.meetings.first?.internalID.rawValue)
        world.server.endMeeting(try world.roomID(), at: world.time.now)
        let callback = try #require(world.server.takeCallbacks().first)
        #expect(callback.kind == .analytics)
        #expect(callback.method == "POST")
        #expect(callback.url == "https://lms.test/analytics")
        #expect(callback.contentType == "application/json")
        #expect(callback.headers.map(\.name) == ["Authorization", "User-Agent"])
        #expect(callback.headers.last?.value == "BigBlueButton Analytics Callback")
        let bearer = try #require(callback.headers.first?.value)
        // {"typ":"JWT","alg":"HS512"}
        #expect(bearer.hasPrefix("Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiJ9."))
        let token = String(bearer.dropFirst("Bearer ".count))
        let payload = SignedToken.verify(token, secret: world.server.secret, algorithms: [.hs512])
        #expect(payload?.asText == "{\"exp\":\(1_531_155_899 + 86_400)}")
        // Made a second time in the same millisecond, the meeting counts as one millisecond younger.
        #expect(
            callback.body.asText
                == "{\"version\":\"1.0\",\"meeting_id\":\"abc123\",\"internal_meeting_id\":\"\(session)\","
                + "\"data\":{\"metadata\":{\"analytics_callback_url\":\"https://lms.test/analytics\","
                + "\"meeting_name\":\"Test\"},\"duration\":89,\"start\":\"Mon Jul 09 17:03:29 UTC 2018\","
                + "\"finish\":\"Mon Jul 09 17:04:59 UTC 2018\",\"attendees\":[{\"ext_user_id\":\"u1\","
                + "\"name\":\"Ann\",\"moderator\":true}],\"files\":[],\"polls\":[]}}")
    }

    @Test func `the outbox keeps the latest thousand`() async throws {
        let world = try SimulatedWorld()
        for number in 0..<1_002 {
            let id = "meeting-\(number)"
            let room: Parameters = ["meetingID": id, "name": id, "meetingEndedURL": "https://b.test/\(number)"]
            _ = world.fetch(world.target(.create, room))
            world.server.endMeeting(try #require(MeetingID(rawValue: id)))
        }
        let callbacks = world.server.takeCallbacks()
        #expect(callbacks.count == 1_000)
        #expect(callbacks.first?.url == "https://b.test/2")
        #expect(world.server.withBBB { $0.firedCallbacks.count } == 1_000)
    }
}
