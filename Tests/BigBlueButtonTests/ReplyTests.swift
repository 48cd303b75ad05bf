import Testing

@testable import BigBlueButton

struct ReplyTests {
    private func fault(_ octets: [UInt8]) -> Reply.Fault? {
        do throws(Reply.Fault) {
            _ = try Reply(octets)
            return nil
        } catch { return error }
    }

    private static let internalID = "6367c48dd193d56ea7b0baad25b19455e529f5ee-1531155809613"

    // MARK: envelopes

    @Test func `a success is read`() throws {
        let reply = try Reply(Golden.ended.octets)
        #expect(reply.isSuccess)
        #expect(reply.code == .success)
        #expect(reply.messageKey == .sentEndMeetingRequest)
        #expect(reply.message.hasPrefix("A request to end the meeting was sent.  Please wait"))
        #expect(reply.octets == Golden.ended.octets)
    }

    @Test func `a failure is read`() throws {
        let reply = try Reply(Golden.notFound.octets)
        #expect(!reply.isSuccess)
        #expect(reply.code == .failed)
        #expect(reply.messageKey == .notFound)
        #expect(reply.message == "A meeting with that ID does not exist")
    }

    @Test(arguments: [Golden.voiceBridgeTaken, Golden.voiceBridgeTakenBefore21])
    func `a list of errors tells its first`(golden: String) throws {
        let reply = try Reply(golden.octets)
        #expect(reply.code == .failed)
        #expect(reply.messageKey == .nonUniqueVoiceBridge)
        #expect(reply.message == "The selected voice bridge is already in use.")
        #expect(!reply.saysMeetingIsGone)
    }

    @Test func `an empty or missing key is none`() throws {
        #expect(try Reply(Golden.created.octets).messageKey == nil)
        #expect(try Reply(Golden.created.octets).message == "")
        #expect(try Reply("<response><returncode>SUCCESS</returncode></response>".octets).messageKey == nil)
        let inserted = try Reply(
            "<response><returncode>FAILED</returncode><message>Meeting with id [X] not found.</message></response>"
                .octets)
        #expect(inserted.messageKey == nil)
        #expect(inserted.message == "Meeting with id [X] not found.")
        #expect(!inserted.saysMeetingIsGone)
    }

    @Test(arguments: [
        ("notFound", true), ("invalidMeetingIdentifier", true), ("meetingForciblyEnded", true),
        ("meetingNotFound", true),
        ("checksumError", false), ("idNotUnique", false), ("validationError", false), ("notfound", false), ("", false),
    ]) func `only some failures say that the meeting is gone`(key: String, isGone: Bool) throws {
        func reply(_ code: String) throws -> Reply {
            try Reply("<response><returncode>\(code)</returncode><messageKey>\(key)</messageKey></response>".octets)
        }
        #expect(try reply("FAILED").saysMeetingIsGone == isGone)
        #expect(try !reply("SUCCESS").saysMeetingIsGone)
    }

    @Test(arguments: [
        "<html><body>502 Bad Gateway</body></html>", "<response/>", "<response>SUCCESS</response>",
        "<response><returncode/></response>",
        "<response><returncode>MAYBE</returncode></response>", "<response><returncode>success</returncode></response>",
        "<Response><returncode>SUCCESS</returncode></Response>",
        "<x><response><returncode>SUCCESS</returncode></response></x>",
        "<response><x><returncode>SUCCESS</returncode></x></response>",
    ]) func `XML of somebody else is no reply`(document: String) {
        #expect(fault(document.octets) == .notBigBlueButton)
    }

    @Test func `what is not XML is no reply`() {
        #expect(fault([]) == .notXML(.malformed(line: 1)))
        #expect(fault("<!DOCTYPE html><html></html>".octets) == .notXML(.documentType))
        for document in [
            "{\"response\":{\"returncode\":\"SUCCESS\"}}", "502 Bad Gateway", "<html><br></html>", "\u{0}\u{0}\u{0}",
        ] {
            guard case .notXML(.malformed) = fault(document.octets) else {
                Issue.record("\(document.debugDescription)")
                continue
            }
        }
    }

    @Test func `limits reach the reader`() {
        #expect(throws: Reply.Fault.notXML(.tooLarge(limit: 10))) {
            _ = try Reply(Golden.ended.octets, limits: XMLLimits(size: 10))
        }
    }

    @Test(arguments: Golden.all) func `a cut answer is no reply`(golden: String) {
        let document = golden.octets
        #expect((0..<document.count).filter { fault(Array(document.prefix($0))) == nil } == [])
    }

    // MARK: create

    @Test func `an answer to create is read`() throws {
        let created = try #require(CreateReply(try Reply(Golden.created.octets)))
        #expect(created.meetingID.rawValue == "abc123")
        #expect(created.internalMeetingID.rawValue == Self.internalID)
        #expect(created.createTime == WireTime(milliseconds: 1_531_155_809_613))
        #expect(created.attendeePW == "ap")
        #expect(created.moderatorPW == "mp")
        #expect(created.voiceBridge == "07075")
        #expect(!created.isDuplicate)
    }

    @Test func `a duplicate is told and passwords may be missing`() throws {
        let created = try #require(CreateReply(try Reply(Golden.duplicate.octets)))
        #expect(created.isDuplicate)
        #expect(created.createTime.milliseconds == 1_531_155_809_613)
        #expect(created.attendeePW == "")
        #expect(created.moderatorPW == "")
    }

    @Test(arguments: ["meetingID", "internalMeetingID", "createTime"])
    func `an answer to create without its ids is none`(name: String) throws {
        for (from, to) in [("<\(name)>", "<x>"), ("<\(name)>", "<\(name)></\(name)><x>")] {
            let document = Golden.created.replacing(from, with: to).replacing("</\(name)>", with: "</x>").replacing(
                "<\(name)></x>", with: "<\(name)/>")
            #expect(CreateReply(try Reply(document.octets)) == nil, "\(document)")
        }
    }

    @Test func `a failure is no answer to create`() throws {
        #expect(CreateReply(try Reply(Golden.created.replacing("SUCCESS", with: "FAILED").octets)) == nil)
        #expect(CreateReply(try Reply(Golden.voiceBridgeTaken.octets)) == nil)
        #expect(
            CreateReply(
                try Reply(Golden.created.replacing("1531155809613</createTime>", with: "soon</createTime>").octets))
                == nil)
    }

    // MARK: getMeetings

    @Test(arguments: [Set<String>(), MeetingsReply.details]) func `the meetings of a server are read`(
        skipping: Set<String>
    ) throws {
        let reply = try #require(MeetingsReply(try Reply(Golden.meetings.octets, skipping: skipping)))
        #expect(reply.octets == Golden.meetings.octets)
        #expect(reply.entries.map { reply.octets.text(in: $0.range) } == [Golden.meeting1, Golden.meeting2])

        let first = try #require(reply.entries.first).meeting
        #expect(first.meetingID.rawValue == "abc123")
        #expect(first.internalMeetingID.rawValue == Self.internalID)
        #expect(first.name == "Deutsch für Anf&auml;nger & Co")
        #expect(first.createTime.milliseconds == 1_531_155_809_613)
        #expect(first.running)
        #expect(first.participantCount == 1_002)
        #expect(first.listenerCount == 1_000)
        #expect(first.voiceParticipantCount == 2)
        #expect(first.videoCount == 1)
        #expect(first.moderatorCount == 1)
        #expect(first.attendeePW == "ap")
        #expect(first.moderatorPW == "mp")
        #expect(first.voiceBridge == "07075")
        #expect(!first.isBreakout)
        #expect(first.parentMeetingID == nil)

        let second = try #require(reply.entries.last).meeting
        #expect(second.meetingID.rawValue == "1e3a-1531155900000")
        #expect(second.name == "Raum 1")
        #expect(!second.running)
        #expect(second.participantCount == 0)
        #expect(second.attendeePW == "")
        #expect(second.moderatorPW == "")
        #expect(second.isBreakout)
        #expect(second.parentMeetingID?.rawValue == Self.internalID)
    }

    @Test func `a server without meetings has none`() throws {
        let reply = try Reply(Golden.noMeetings.octets)
        #expect(reply.messageKey == .noMeetings)
        #expect(try #require(MeetingsReply(reply)).entries.isEmpty)
    }

    @Test func `a success without a list is not an empty list`() throws {
        for text in ["", "<version>2.0</version>", "<meeting/>"] {
            let reply = try Reply("<response><returncode>SUCCESS</returncode>\(text)</response>".octets)
            #expect(MeetingsReply(reply) == nil)
        }
    }

    @Test func `a failure lists no meetings`() throws {
        #expect(MeetingsReply(try Reply(Golden.meetings.replacing("SUCCESS", with: "FAILED").octets)) == nil)
    }

    @Test func `a list with a meeting that cannot be told is no list`() throws {
        for broken in [
            Golden.meetings.replacing("<meetingID>abc123</meetingID>", with: "<meetingID/>"),
            Golden.meetings.replacing("<internalMeetingID>\(Self.internalID)</internalMeetingID>", with: ""),
            Golden.meetings.replacing("<createTime>1531155809613</createTime>", with: "<createTime>1,531</createTime>"),
        ] {
            #expect(MeetingsReply(try Reply(broken.octets)) == nil)
        }
    }

    @Test(arguments: [
        ("5", 5), ("1,000", 1_000), ("1.000", 1_000), ("1,234,567", 1_234_567), ("0", 0), ("", 0), ("many", 0),
        ("99999999999999999999", 0),
    ]) func `counts may have thousands separators`(text: String, expected: Int) throws {
        let document = Golden.meetings.replacing("1,002", with: text).octets
        let reply = try #require(MeetingsReply(try Reply(document)))
        #expect(reply.entries.first?.meeting.participantCount == expected)
    }

    @Test func `getMeetingInfo describes its meeting in the response`() throws {
        let inner = Golden.meeting1.dropFirst("<meeting>".count).dropLast("</meeting>".count)
        let reply = try Reply("<response><returncode>SUCCESS</returncode>\(inner)</response>".octets)
        let meeting = try #require(MeetingSnapshot(reply.root))
        let listed = try #require(MeetingsReply(try Reply(Golden.meetings.octets))?.entries.first?.meeting)
        #expect(meeting == listed)
    }

    // MARK: identifiers

    @Test func `a meeting id names its internal ids`() throws {
        let id = try #require(MeetingID(rawValue: "abc123"))
        let own = try #require(InternalMeetingID(rawValue: Self.internalID))
        let foreign = try #require(
            InternalMeetingID(rawValue: "6367c48dd193d56ea7b0baad25b19455e529f5ef-1531155809613"))
        let headless = try #require(InternalMeetingID(rawValue: "6367c48dd193d56ea7b0baad25b19455e529f5ee"))
        #expect(id.names(own))
        #expect(!id.names(foreign))
        #expect(!id.names(headless))
        #expect(MeetingID(rawValue: "") == nil)
        #expect(InternalMeetingID(rawValue: "") == nil)
    }

    /// BigBlueButton hashes octets, so these are two meetings: internal ids bf15be71... and 7e3fbcf1....
    @Test func `ids that are written in other octets are other ids`() throws {
        let composed = try #require(MeetingID(rawValue: "\u{E9}"))
        let decomposed = try #require(MeetingID(rawValue: "e\u{301}"))
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
    }

    @Test func `times are milliseconds`() throws {
        let time = try #require(WireTime(text: "1531155809613"))
        #expect(time == WireTime(milliseconds: 1_531_155_809_613))
        #expect("\(time)" == "1531155809613")
        #expect(time.advanced(by: .seconds(2)).milliseconds == 1_531_155_811_613)
        #expect(time.advanced(by: .milliseconds(-1_613)).milliseconds == 1_531_155_808_000)
        #expect(time.since(WireTime(milliseconds: 1_531_155_808_113)) == .milliseconds(1_500))
        #expect(time.since(WireTime(milliseconds: 1_531_155_809_614)) == .milliseconds(-1))
        #expect(WireTime(milliseconds: 1) < WireTime(milliseconds: 2))
    }

    @Test(arguments: ["", " ", "soon", "1.5", "1,000", " 1", "1 ", "0x10", "99999999999999999999"])
    func `another text is no time`(text: String) {
        #expect(WireTime(text: text) == nil)
    }
}
