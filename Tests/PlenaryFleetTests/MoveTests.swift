import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// A meeting goes from one server to another (`balancer.md` 6, move).
@Suite struct MoveTests {
    /// A meeting on the first server.
    private func stand(servers count: Int = 2, _ more: Parameters = Parameters()) async throws -> Stand {
        let stand = try await Stand.reachable(servers: count)
        try await stand.create("room-1", on: "bbb1", more)
        return stand
    }

    // MARK: it moves

    @Test func `a meeting is made again with the same parameters and passwords, then ended where it was`() async throws
    {
        let stand = try await stand(
            servers: 3,
            [
                "attendeePW": "a&p", "moderatorPW": "mö", "welcome": "Hi <b>%%CONFNAME%%</b>", "meta_course": "7 & <8>",
                "voiceBridge": "71234", "maxParticipants": "20", "record": "true", "load": "2", "serverTag": "gpu",
            ])
        let old = stand.servers[0]
        let before = try #require(try stand.mapped("room-1"))
        let copy = try #require(old.meetings.first)
        stand.clock.advance(by: .seconds(1))
        let reply = try await stand.move("room-1")
        let moved = try #require(CreateReply(reply))
        // It is the answer to a create.
        #expect(reply.messageKey == nil && !moved.isDuplicate)
        #expect(moved.attendeePW == "a&p" && moved.moderatorPW == "mö" && moved.voiceBridge == "71234")
        #expect(moved.internalMeetingID != copy.internalID && moved.createTime > copy.createTime)
        let new = try stand.holder("room-1")
        #expect(new !== old && old.meetings.isEmpty && old.count(of: .end) == 1)
        #expect(new.meetings.first?.parameters == copy.parameters)
        let after = try #require(try stand.mapped("room-1"))
        #expect(after.number > before.number && after.epoch > before.epoch && after.replaces == before.number)
        #expect(after.internalMeetingID == moved.internalMeetingID && after.expectedLoad == before.expectedLoad)
        await stand.pollAll()
        #expect(stand.store.roster { Array($0.meetings.keys) } == [after.number])
        // And it is a meeting like any other.
        let info = try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"])
        #expect(info.root.text(of: "internalMeetingID") == moved.internalMeetingID.rawValue)
        #expect(
            try await stand.create("room-1", ["attendeePW": "a&p", "moderatorPW": "mö"]).messageKey == .duplicateWarning
        )
        #expect(try await stand.reply(.end, ["meetingID": "room-1"]).isSuccess)
        await stand.pollAll()
        #expect(try stand.mapped("room-1") == nil)
    }

    @Test func `passwords that nobody chose are kept`() async throws {
        let stand = try await stand()
        let created = try #require(stand.servers[0].meetings.first)
        let moved = try #require(CreateReply(try await stand.move("room-1")))
        #expect(moved.attendeePW == created.attendeePW && moved.moderatorPW == created.moderatorPW)
        #expect(moved.attendeePW.isEmpty == false && moved.attendeePW != moved.moderatorPW)
    }

    @Test(arguments: ["bbb2", "BBB2", "2"]) func `a meeting goes where it is told, by name or number`(target: String)
        async throws
    {
        let stand = try await stand(servers: 4)
        #expect(try await stand.move("room-1", ["serverID": target]).isSuccess)
        #expect(try stand.holder("room-1") === stand.servers[1])
    }

    @Test func `a meeting moves again, and back`() async throws {
        let stand = try await stand()
        for server in [stand.servers[1], stand.servers[0], stand.servers[1]] {
            #expect(try await stand.move("room-1", ["serverID": server.name]).isSuccess)
            #expect(try stand.holder("room-1") === server)
            try stand.expectOnce("room-1")
        }
        await stand.pass(20)
        try stand.expectOnce("room-1")
        #expect(try stand.holder("room-1") === stand.servers[1])
    }

    @Test func `a voice bridge that is taken on the new server is exchanged`() async throws {
        let stand = try await stand(["voiceBridge": "71234"])
        try await stand.create("room-2", on: "bbb2", ["voiceBridge": "71234"])
        let moved = try #require(CreateReply(try await stand.move("room-1")))
        #expect(moved.voiceBridge != "71234" && moved.voiceBridge.hasPrefix("7") && moved.voiceBridge.utf8.count == 5)
        #expect(try stand.mapped("room-1")?.voiceBridge == moved.voiceBridge)
        #expect(stand.servers[1].meetings.map(\.voiceBridge) == ["71234", moved.voiceBridge])
    }

    @Test func `slides go with it, there and back, and are forgotten with the meeting`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        let slides = """
            <modules><module name="presentation">\
            <document url="https://a.example/a.pdf" filename="from &lt;there&gt;.pdf"/>\
            <document name="inline.pdf" current="true">JVBERi0=</document></module></modules>
            """
        let query: Parameters = ["meetingID": "room-1", "name": "Room", "preferredServer": "bbb1"]
        let call = Call(
            .create, method: .post, rawQuery: query.encoded(), contentType: "application/xml", body: Array(slides.utf8))
        guard case .xml(let octets) = await stand.fleet.answer(call, of: Caller(stand.account)) else {
            throw Stand.NoReply()
        }
        #expect(try Reply(octets).isSuccess)
        let before = try #require(stand.servers[0].meetings.first).documents
        #expect(before.map(\.name) == ["inline.pdf", "from <there>.pdf"])
        for server in [stand.servers[1], stand.servers[0]] {
            #expect(try await stand.move("room-1").isSuccess)
            #expect(server.meetings.first?.documents == before)
            await stand.pollAll()
        }
        let number = try #require(try stand.mapped("room-1")).number
        #expect(try await stand.store.document(of: number)?.octets == Array(slides.utf8))
        stand.servers[0].endMeeting(try stand.id("room-1"))
        await stand.pollAll()
        #expect(try await stand.store.document(of: number) == nil)
    }

    @Test func `slides that are too long to be kept do not hinder a move`() async throws {
        let stand = try await Stand.reachable(servers: 2) { $0.keptDocument = 20 }
        let query: Parameters = ["meetingID": "room-1", "name": "Room", "preferredServer": "bbb1"]
        let slides =
            "<modules><module name=\"presentation\"><document name=\"a.pdf\">AA==</document></module></modules>"
        let call = Call(
            .create, method: .post, rawQuery: query.encoded(), contentType: "application/xml", body: Array(slides.utf8))
        _ = await stand.fleet.answer(call, of: Caller(stand.account))
        #expect(stand.servers[0].meetings.first?.documents.map(\.name) == ["a.pdf"])
        #expect(try await stand.move("room-1").isSuccess)
        #expect(stand.servers[1].meetings.first?.documents.isEmpty == true)
    }

    // MARK: what its caller is told

    @Test func `who waits for the end is told the end of the new one, and analytics of both`() async throws {
        let stand = try await stand(Told.all)
        let receiver = Receiver("https://lms.example/")
        #expect(try await stand.move("room-1").isSuccess)
        await stand.pollAll()
        // The old copy has ended, and its server says so.
        #expect(try await stand.bringCallbacks().map(\.kind) == [.end, .endedURL, .analytics])
        await stand.pass(30)
        try await stand.deliverAll(receiver)
        #expect(receiver.received.map(\.url) == [Told.analytics])
        stand.servers[1].setRecordingMarks(of: try stand.id("room-1"))
        #expect(try await stand.reply(.end, ["meetingID": "room-1"]).isSuccess)
        try await stand.bringCallbacks()
        await stand.pollAll()
        try await stand.deliverAll(receiver)
        #expect(receiver.received(at: Told.ended).count == 1 && receiver.received(at: Told.analytics).count == 2)
        #expect(
            receiver.received(at: Told.end).map(\.url) == ["\(Told.end)&recordingmarks=true&meetingID=room-1"])
    }

    @Test func `recordings of both parts are announced`() async throws {
        let stand = try await stand(Told.all)
        let receiver = Receiver("https://lms.example/")
        let first = try #require(stand.servers[0].meetings.first?.internalID.rawValue)
        #expect(try await stand.move("room-1").isSuccess)
        let second = try #require(stand.servers[1].meetings.first?.internalID.rawValue)
        stand.servers[1].endMeeting(try stand.id("room-1"))
        await stand.pollAll()
        stand.servers[0].publishRecording(first, at: stand.now)
        stand.servers[1].publishRecording(second, at: stand.now)
        try await stand.bringCallbacks()
        try await stand.deliverAll(receiver)
        let told = try await stand.deliveries().filter { $0.kind == .recording }
        #expect(Set(told.map(\.payload)) == [first, second] && told.allSatisfy { $0.state == .delivered })
    }

    // MARK: links from before

    @Test func `a link with the time of the first create leads into the new meeting`() async throws {
        let stand = try await stand()
        let created = try #require(stand.servers[0].meetings.first)
        let link: Parameters = ["role": "VIEWER", "createTime": created.createTime.description]
        var ann = Browser(stand)
        try await ann.join("room-1", link)
        #expect(try ann.isIn && Browser.query(of: ann.location).contains("createTime="))
        stand.clock.advance(by: .seconds(1))
        #expect(try await stand.move("room-1").isSuccess)
        var bob = Browser(stand)
        try await bob.join("room-1", link, as: "Bob")
        #expect(try bob.isIn && bob.page?.server === stand.servers[1])
        #expect(Parameters(parsing: Browser.query(of: bob.location))["createTime"] == nil)
        #expect(try !ann.isIn)
    }
}
