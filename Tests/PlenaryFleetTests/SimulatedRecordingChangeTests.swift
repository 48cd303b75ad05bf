import BigBlueButton
import PlenaryFleet
import PlenarySimulator
import Testing

/// publishRecordings, deleteRecordings and updateRecordings.
@Suite struct SimulatedRecordingChangeTests {
    private static func world(_ states: SimulatedRecording.State...) throws -> SimulatedWorld {
        let world = try SimulatedWorld()
        for (number, state) in states.enumerated() {
            let metadata: Parameters = ["course": "Algebra", "meetingName": "Test"]
            world.server.addRecording(
                SimulatedRecording(
                    recordID: "rec-\(number)A", meetingID: "abc123", name: "R\(number)", state: state,
                    startTime: world.time.now, endTime: world.time.now, metadata: metadata.all))
        }
        return world
    }

    @Test func `publishing acts on what exists, and says the text it was given`() async throws {
        let world = try Self.world(.published, .unpublished, .processing)
        let off = try await world.send(.publishRecordings, ["recordID": "rec-0A,rec-1A,nobody", "publish": "no & no"])
        #expect(
            off.body.asText
                == "<response><returncode>SUCCESS</returncode><published>no &amp; no</published></response>")
        #expect(world.server.recordings.map(\.state) == [.unpublished, .unpublished, .processing])
        // Existence is looked up exactly, the rest without case.
        let on = try await world.reply(.publishRecordings, ["recordID": "rec-0A,REC-1a", "publish": "Y"])
        #expect(on.root.text(of: "published") == "Y")
        #expect(world.server.recordings.map(\.state) == [.published, .published, .processing])
        #expect(
            try await world.reply(.publishRecordings, ["recordID": "rec-0A", "publish": "true"]).isSuccess,
            "a second time is as good")
    }

    @Test(arguments: [CallName.publishRecordings, .deleteRecordings, .updateRecordings])
    func `no recording is an error, in the words of all three calls`(call: CallName) async throws {
        let world = try Self.world(.processing, .deleted)
        let reply = try await world.reply(call, ["recordID": "rec-0A,rec-1A,rec", "publish": "true"])
        #expect(reply.messageKey == .notFound)
        #expect(reply.message == "We could not find recordings")
    }

    private static let incomplete: [(String, MessageKey)] = [
        ("recordID=rec-0A&publish=true", .checksumError),
        ("checksum=00", "missingParamRecordID"),
        ("checksum=00&recordID=%20", "missingParamRecordID"),
        ("checksum=00&recordID=rec-0A", "missingParamPublish"),
        ("checksum=00&recordID=rec-0A&publish=true", .checksumError),
    ]

    @Test(arguments: incomplete)
    func `what is missing is told before the checksum is looked at`(query: String, key: MessageKey) throws {
        let world = try Self.world(.published)
        let reply = try Reply(world.fetch("/bigbluebutton/api/publishRecordings?\(query)").body)
        #expect(reply.messageKey == key)
        if key == .checksumError { #expect(reply.message == "You did not pass the checksum security check") }
    }

    @Test func `a deleted recording is found once more and not again`() async throws {
        let world = try Self.world(.published)
        let first = try await world.send(.deleteRecordings, ["recordID": "rec-0A"])
        #expect(
            first.body.asText == "<response><returncode>SUCCESS</returncode><deleted>true</deleted></response>")
        #expect(world.server.recordings.map(\.state) == [.deleted])
        #expect(try await world.reply(.deleteRecordings, ["recordID": "rec-0A"]).messageKey == .notFound)
        #expect(!world.server.publishRecording("rec-0A", at: world.time.now))
        let post = world.fetch(world.target(.deleteRecordings, ["recordID": "rec-0A"]), method: .post)
        #expect(try Reply(post.body).messageKey == .unsupportedRequest)
    }

    @Test func `an update sets and removes metadata by lower-case names, also of what is deleted`() async throws {
        let world = try Self.world(.published, .deleted)
        var bare = try #require(world.server.recordings.first)
        bare = SimulatedRecording(
            recordID: "rec-0A-2", meetingID: bare.meetingID, name: "Bare", startTime: bare.startTime,
            endTime: bare.endTime)
        world.server.addRecording(bare)
        let change: Parameters = [
            "recordID": "rec-0A,rec-1", "meta_Room": "B 12", "meta_course": "", "meta_meetingName": "New",
            "protect": "true",
        ]
        let answer = try await world.send(.updateRecordings, change)
        #expect(
            answer.body.asText == "<response><returncode>SUCCESS</returncode><updated>true</updated></response>")
        let changed = [
            Parameters.Parameter(name: "meetingName", value: "Test"),
            Parameters.Parameter(name: "room", value: "B 12"),
            Parameters.Parameter(name: "meetingname", value: "New"),
        ]
        #expect(world.server.recordings.map(\.metadata) == [changed, changed, []])
        #expect(try await world.reply(.updateRecordings, ["recordID": "rec-0A"]).isSuccess)
    }
}
