import BigBlueButton
import PlenaryFleet
import Testing

@testable import PlenarySimulator

/// getRecordings, and how a recording comes to be.
@Suite struct SimulatedRecordingTests {
    private static func recording(
        _ meetingID: String, _ number: Int64, _ state: SimulatedRecording.State = .published,
        metadata: Parameters = [:], formats: [String] = ["presentation"]
    ) -> SimulatedRecording {
        let start = WireTime(milliseconds: 1_531_000_000_000 + number)
        let bare = SimulatedRecording(
            recordID: "\(sha1Hex(meetingID))-\(start)", meetingID: meetingID, name: "R\(number)", state: state,
            startTime: start, endTime: start.advanced(by: .seconds(600)), metadata: metadata.all)
        var recording = bare
        recording.formats = formats.map { bare.format($0) }
        return recording
    }

    private static let shelf = [
        recording("abc123", 1, metadata: ["course": "Algebra I", "year": "2018"]),
        recording("abc123", 2, .unpublished, metadata: ["course": "Algebra II", "meetingName": "x"]),
        recording("other", 3, metadata: ["course": "Chemistry"]),
        recording("other", 4, .processing, formats: []),
        recording("other", 5, .deleted),
    ]

    /// - Parameter recordings: `nil`: the shelf.
    private static func world(_ recordings: [SimulatedRecording]? = nil) throws -> SimulatedWorld {
        let world = try SimulatedWorld()
        for recording in recordings ?? shelf { world.server.addRecording(recording) }
        return world
    }

    private static func names(_ reply: Reply) -> [String] {
        reply.root.child("recordings")?.children.compactMap { $0.text(of: "name") } ?? []
    }

    @Test func `a recorded meeting leaves a recording that is worked on until it is published`() async throws {
        let world = try SimulatedWorld()
        try await world.create(["record": "true", "meta_gl-listed": "yes"])
        world.server.joinParticipant(meetingID: try world.roomID(), fullName: "Ann", at: world.time.now)
        world.time.advance(by: .seconds(630))
        _ = try await world.reply(.end, ["meetingID": "abc123"])
        #expect(try await world.reply(.getRecordings).messageKey == "noRecordings")
        let processing = try await world.reply(.getRecordings, ["state": "processing"])
        #expect(Self.names(processing) == ["Test"])
        #expect(processing.root.child("recordings")?.child("recording")?.text(of: "published") == "false")
        #expect(world.server.publishRecording(SimulatedWorld.session, at: world.time.now))
        #expect(!world.server.publishRecording("unknown", at: world.time.now))
        let id = SimulatedWorld.session
        let image = "<image width=\"176\" height=\"136\" alt=\"Test\">https://bbb-1.test/presentation/\(id)/thumbnails/"
        let expected =
            "<response><returncode>SUCCESS</returncode><recordings><recording><recordID>\(id)</recordID>"
            + "<meetingID>abc123</meetingID><internalMeetingID>\(id)</internalMeetingID><name>Test</name>"
            + "<isBreakout>false</isBreakout><published>true</published><state>published</state>"
            + "<startTime>1531155809613</startTime><endTime>1531156439613</endTime><participants>1</participants>"
            + "<rawSize>0</rawSize><metadata><gl-listed>yes</gl-listed><meetingId>abc123</meetingId>"
            + "<meetingName>Test</meetingName><isBreakout>false</isBreakout></metadata><size>987654</size><playback>"
            + "<format><type>presentation</type><url>https://bbb-1.test/playback/presentation/2.3/\(id)</url>"
            + "<processingTime>7177</processingTime><length>10</length><size>987654</size><preview><images>"
            + "\(image)thumb-1.png</image>\(image)thumb-2.png</image></images></preview></format></playback>"
            + "<data></data></recording></recordings></response>"
        #expect(try await world.send(.getRecordings, ["meetingID": "abc123"]).body.asText == expected)
    }

    @Test func `a meeting without record, and one that a reboot took, leave nothing`() async throws {
        let world = try SimulatedWorld()
        try await world.create()
        world.server.endMeeting(try world.roomID())
        try await world.create(["record": "true"])
        world.server.reboot()
        #expect(world.server.recordings.isEmpty)
    }

    @Test func `recordings of breakouts and of their meeting name each other`() async throws {
        let world = try SimulatedWorld()
        try await world.create(["record": "true"])
        _ = try await world.reply(
            .create,
            [
                "meetingID": "room-1", "name": "Room 1", "isBreakout": "true", "sequence": "2",
                "parentMeetingID": "abc123", "record": "true",
            ])
        let room = try #require(world.server.meetings.last?.internalID.rawValue)
        world.server.endMeeting(try world.roomID(), at: world.time.now)
        let reply = try await world.reply(.getRecordings, ["state": "any"])
        let recordings = try #require(reply.root.child("recordings")?.children)
        #expect(recordings.map { $0.text(of: "isBreakout") } == ["false", "true"])
        #expect(recordings.first?.child("breakoutRooms")?.children.map(\.text) == [room])
        let breakout = recordings.last?.child("breakout")
        #expect(breakout?.children.map(\.text) == [SimulatedWorld.session, "2", "false"])
    }

    private static let questions: [(Parameters, [String])] = [
        ([:], ["R1", "R2", "R3"]),
        (["recordID": "", "meetingID": ""], ["R1", "R2", "R3"]),
        (["state": "any"], ["R1", "R2", "R3", "R4", "R5"]),
        (["state": "deleted,processing"], ["R4", "R5"]),
        (["state": "nonsense"], []),
        (["meetingID": "abc123"], ["R1", "R2"]),
        (["meetingID": "abc123,other", "state": "published"], ["R1", "R3"]),
        (["recordID": "6367c4"], ["R1", "R2"]),
        (["recordID": sha1Hex("other"), "meetingID": "abc123"], ["R3"]),
        (["recordID": "nobody"], []),
        (["meta_course": "Algebra I"], ["R1"]),
        (["meta_Course": "Chemistry"], ["R3"]),
        (["meta_course": "Algebra%"], ["R1", "R2"]),
        (["meta_course": "%II"], ["R2"]),
        (["meta_course": "%gebra%"], ["R1", "R2"]),
        (["meta_course": "Algebra%", "meta_year": "2018"], ["R1"]),
        (["meta_meetingName": "x"], []),
    ]

    @Test(arguments: questions)
    func `recordings are chosen as a real server chooses them`(question: Parameters, names: [String]) async throws {
        let reply = try await Self.world().reply(.getRecordings, question)
        #expect(Self.names(reply) == names)
        #expect((reply.messageKey == "noRecordings") == names.isEmpty)
        #expect(reply.root.child("pagination") == nil)
    }

    @Test func `ids are decoded twice`() async throws {
        let world = try Self.world([Self.recording("a+b", 1)])
        #expect(Self.names(try await world.reply(.getRecordings, ["meetingID": "a+b"])) == [])
        #expect(Self.names(try await world.reply(.getRecordings, ["meetingID": "a%2Bb"])) == ["R1"])
    }

    @Test(
        arguments: [
            ["meta_course": ""], ["recordID": "%zz"], ["limit": "10", "offset": "5"],
        ] as [Parameters])
    func `some questions are too much for a real server`(question: Parameters) async throws {
        #expect(try await Self.world().send(.getRecordings, question).status == 500)
    }

    @Test func `pages are cut from formats, which can tear a recording`() async throws {
        let world = try Self.world([
            Self.recording("a1", 1, formats: ["presentation", "video"]), Self.recording("b2", 2, formats: ["podcast"]),
        ])
        let reply = try await world.reply(.getRecordings, ["limit": "2", "offset": "1"])
        #expect(Self.names(reply) == ["R1", "R2"])
        let torn = reply.root.child("recordings")?.child("recording")?.child("playback")
        #expect(torn?.children.map { $0.text(of: "type") } == ["video"])
        let pagination = try #require(reply.root.child("pagination"))
        #expect(pagination.child("pageable")?.children.map(\.text) == ["1", "2", "true", "false"])
        #expect(pagination.text(of: "totalElements") == "3")
        #expect(pagination.text(of: "empty") == "false")
        let whole = try await world.reply(.getRecordings, ["limit": "1000"])
        #expect(Self.names(whole) == ["R1", "R2"])
        #expect(whole.root.child("pagination")?.child("pageable")?.text(of: "limit") == "100")
    }

    @Test func `a page behind the last is empty, and a limit that is no number makes no pages`() async throws {
        let world = try Self.world()
        let answer = try await world.send(.getRecordings, ["limit": "0", "offset": "3"])
        #expect(
            answer.body.asText
                == "<response><returncode>SUCCESS</returncode><recordings></recordings>"
                + "<messageKey>noRecordings</messageKey><message>There are no recordings for the meeting(s).</message>"
                + "<pagination><pageable><offset>3</offset><limit>1</limit><paged>true</paged><unpaged>false</unpaged>"
                + "</pageable><totalElements>3</totalElements><empty>true</empty></pagination></response>")
        let all = try await world.reply(.getRecordings, ["limit": "ten", "offset": "2"])
        #expect(Self.names(all) == ["R1", "R2", "R3"])
    }

    @Test func `a server may refuse to list everything`() async throws {
        let world = try Self.world()
        world.server.withBBB { $0.listsAllRecordings = false }
        let reply = try await world.reply(.getRecordings)
        #expect(reply.isSuccess)
        #expect(reply.root.child("recordings") == nil)
        #expect(reply.message == "No recordings found. This may occur if you attempt to retrieve all recordings.")
        #expect(Self.names(try await world.reply(.getRecordings, ["limit": "1"])) == ["R1"])
        #expect(Self.names(try await world.reply(.getRecordings, ["state": "published"])) == ["R1", "R3"])
    }

    @Test func `the query is signed and nothing else, and a refusal has the old words`() throws {
        let world = try Self.world()
        func ask(signing text: String) throws -> Reply {
            let checksum = Checksum(.getRecordings, query: text, secret: world.server.secret).hex
            return try Reply(
                world.fetch(
                    "/bigbluebutton/api/getRecordings?checksum=\(checksum)", method: .post, form: "state=processing"
                ).body)
        }
        let refused = try ask(signing: "state=processing")
        #expect(refused.messageKey == .checksumError)
        #expect(refused.message == "You did not pass the checksum security check")
        #expect(Self.names(try ask(signing: "")) == ["R4"])
        // The checksum itself may come with the form.
        let checksum = Checksum(.getRecordings, query: "state=deleted", secret: world.server.secret).hex
        let answer = world.fetch(
            "/bigbluebutton/api/getRecordings?state=deleted", method: .post, form: "checksum=\(checksum)")
        #expect(Self.names(try Reply(answer.body)) == ["R5"])
    }
}
