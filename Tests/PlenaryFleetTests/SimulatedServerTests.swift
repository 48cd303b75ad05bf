import BigBlueButton
import PlenaryFleet
import Testing

@testable import PlenarySimulator

private typealias World = SimulatedWorld

private let room = SimulatedWorld.room

@Suite struct SimulatedServerTests {
    @Test func `the published checksum vectors open the server, and others do not`() throws {
        let world = try World()
        let query = "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444"
        let good = "da9185f7f333cfdfcd6eeac32dca3777510c4c436020d8b887ba5515bd1d189e"
        let created = try Reply(world.fetch("/bigbluebutton/api/create?\(query)&checksum=\(good)").body)
        #expect(created.isSuccess)
        #expect(world.server.meetings.map(\.name) == ["Test Meeting"])
        let bad = try Reply(world.fetch("/bigbluebutton/api/create?\(query)1&checksum=\(good)").body)
        #expect(bad.messageKey == .checksumError)
        // Form bodies: nothing signed, rebuilt in Java's way, and as it came.
        let form = "name=Test%20Meeting&meetingID=abc123"
        let checksums = [
            "8a21c9b7e3b18541974c9e78c0d0bfa790c665eb", "6c152eb028df2a4e5281abc027417b6de5a13879",
            "80a28ae7d9ed0d584c9a97e5ae09ac64387942e8",
        ]
        for checksum in checksums {
            let answer = world.fetch("/bigbluebutton/api/create?checksum=\(checksum)", method: .post, form: form)
            #expect(try Reply(answer.body).messageKey == .duplicateWarning)
        }
    }

    @Test func `create answers what the specification shows`() async throws {
        let world = try World()
        let answer = try await world.send(.create, room)
        let expected =
            "<response><returncode>SUCCESS</returncode><meetingID>abc123</meetingID>"
            + "<internalMeetingID>6367c48dd193d56ea7b0baad25b19455e529f5ee-1531155809613</internalMeetingID>"
            + "<parentMeetingID>bbb-none</parentMeetingID><attendeePW>ap</attendeePW><moderatorPW>mp</moderatorPW>"
            + "<createTime>1531155809613</createTime><voiceBridge>\(world.server.meetings[0].voiceBridge)</voiceBridge>"
            + "<dialNumber>613-555-1234</dialNumber><createDate>Mon Jul 09 17:03:29 UTC 2018</createDate>"
            + "<hasUserJoined>false</hasUserJoined><duration>0</duration><hasBeenForciblyEnded>false</hasBeenForciblyEnded>"
            + "<messageKey></messageKey><message></message></response>"
        #expect(String(decoding: answer.body, as: UTF8.self) == expected)
        #expect(answer.status == 200)
    }

    @Test(arguments: [
        ("ap", "mp", MessageKey.duplicateWarning), ("", "", .duplicateWarning), ("ap", "", .idNotUnique),
        ("", "mp", .idNotUnique),
        ("ap", "other", .idNotUnique), ("mp", "ap", .idNotUnique),
    ])
    func `a repeated create is judged by its passwords`(attendeePW: String, moderatorPW: String, key: MessageKey)
        async throws
    {
        let world = try World()
        _ = try await world.reply(.create, room)
        world.time.advance(by: .seconds(5))
        var again: Parameters = ["meetingID": "abc123", "name": "Another name"]
        if !attendeePW.isEmpty { again["attendeePW"] = attendeePW }
        if !moderatorPW.isEmpty { again["moderatorPW"] = moderatorPW }
        let reply = try await world.reply(.create, again)
        #expect(reply.messageKey == key)
        #expect(world.server.meetings.map(\.name) == ["Test"])
        if key == .duplicateWarning { #expect(CreateReply(reply)?.createTime == world.time.base) }
    }

    @Test func `one password only makes a meeting once`() async throws {
        let world = try World()
        let once: Parameters = ["meetingID": "abc123", "name": "Test", "moderatorPW": "mp"]
        #expect(try await world.reply(.create, once).isSuccess)
        #expect(world.server.meetings[0].attendeePW.utf8.count == 8)
        #expect(try await world.reply(.create, once).messageKey == .idNotUnique)
    }

    @Test func `a voice bridge in use is told in the errors list`() async throws {
        let world = try World()
        _ = try await world.reply(.create, ["meetingID": "first", "name": "First", "voiceBridge": "70001"])
        let answer = try await world.send(.create, ["meetingID": "second", "name": "Second", "voiceBridge": "70001"])
        #expect(
            String(decoding: answer.body, as: UTF8.self)
                == "<response><returncode>FAILED</returncode><errors><error><key>nonUniqueVoiceBridge</key>"
                + "<message>The selected voice bridge is already in use.</message></error></errors></response>")
        #expect(world.server.meetings.count == 1)
    }

    @Test func `validation tells one key, and a mangled id is refused`() async throws {
        let world = try World()
        #expect(try await world.reply(.create, ["name": "Test"]).messageKey == .missingParamMeetingID)
        #expect(try await world.reply(.create, ["meetingID": "a", "name": "Test"]).messageKey == .validationError)
        #expect(try await world.reply(.create, ["meetingID": "a,b", "name": "Test"]).messageKey == .validationError)
        #expect(try await world.reply(.create, ["meetingID": " ab", "name": "Test"]).message == "Invalid meeting ID")
        #expect(try await world.reply(.create, ["meetingID": "abc123"]).message == "You must provide a meeting name")
        #expect(try await world.reply(.getMeetingInfo, ["meetingID": "abc123"]).messageKey == .notFound)
        #expect(try await world.reply(.end, ["meetingID": "abc123"]).messageKey == .notFound)
        #expect(try await world.reply(.isMeetingRunning, ["meetingID": "abc123"]).isSuccess)
        #expect(try await world.reply(.getMeetings).messageKey == .noMeetings)
        #expect(world.fetch("/bigbluebutton/api/getmeetings").status == 404)
    }

    @Test func `metadata has lower-case names, and names that are none are dropped`() async throws {
        let world = try World()
        var parameters = room
        parameters["meta_endCallbackUrl"] = "https://lms.test/?a=1&b=<2>"
        parameters["meta_my_key"] = "x"
        parameters["meta_1x"] = "x"
        _ = try await world.reply(.create, parameters)
        let info = try await world.reply(.getMeetingInfo, ["meetingID": "abc123"])
        let metadata = try #require(info.root.child("metadata"))
        #expect(metadata.children.map(\.name) == ["endcallbackurl"])
        #expect(metadata.text(of: "endcallbackurl") == "https://lms.test/?a=1&b=<2>")
    }

    @Test func `an internal id is as good as an external one`() async throws {
        let world = try World()
        let created = try #require(CreateReply(try await world.reply(.create, room)))
        let info = try await world.reply(.getMeetingInfo, ["meetingID": created.internalMeetingID.rawValue])
        #expect(info.root.text(of: "meetingID") == "abc123")
        #expect(
            try await world.reply(.end, ["meetingID": created.internalMeetingID.rawValue]).messageKey
                == .sentEndMeetingRequest)
        // Made again in the same millisecond, it is another meeting all the same.
        let again = try #require(CreateReply(try await world.reply(.create, room)))
        #expect(again.internalMeetingID != created.internalMeetingID)
    }

    @Test func `slides are counted, and a broken document makes no meeting`() async throws {
        let world = try World()
        let modules =
            "<modules><module name='presentation'><document url='https://x.test/a.pdf'/>"
            + "<document url='https://x.test/noextension'/><document name='b.pdf' current='true'>QUJD</document></module></modules>"
        #expect(
            try await world.send(.create, ["meetingID": "broken", "name": "Broken"], document: "<modules>").status
                == 500)
        _ = try await world.reply(.create, room, document: modules)
        #expect(world.server.meetings.map { $0.documents.map(\.name) } == [["b.pdf", "a.pdf"]])
        let inserted = try await world.reply(.insertDocument, ["meetingID": "abc123"], document: modules)
        #expect(inserted.message == "Presentation is being uploaded")
        #expect(world.server.meetings[0].documents.filter(\.isCurrent).count == 1)
    }

    @Test func `somebody who joined is in the meeting when the page is opened`() async throws {
        let world = try World()
        _ = try await world.reply(.create, room)
        let answer = try await world.send(
            .join,
            ["meetingID": "abc123", "fullName": "Ann", "role": "moderator", "userID": "u1", "userdata-colour": "red"])
        #expect(answer.status == 302)
        #expect(answer.values(of: "Set-Cookie").first?.hasPrefix("JSESSIONID=") == true)
        let location = try #require(answer.values(of: "location").first)
        #expect(location.hasPrefix("https://bbb-1.test/html5client/?sessionToken="))
        #expect(try await world.reply(.isMeetingRunning, ["meetingID": "abc123"]).root.text(of: "running") == "false")
        for _ in 0..<2 { #expect(world.fetch(String(location.dropFirst("https://bbb-1.test".count))).status == 200) }
        let info = try await world.reply(.getMeetingInfo, ["meetingID": "abc123"])
        #expect(info.root.text(of: "participantCount") == "1")
        let attendee = try #require(info.root.child("attendees")?.child("attendee"))
        #expect(attendee.text(of: "userID") == "u1")
        #expect(attendee.child("customdata")?.text(of: "colour") == "red")
        #expect(world.fetch("/html5client/?sessionToken=nobody").status == 401)
    }

    @Test func `a failed join goes where the caller wants it, unless it must be XML`() async throws {
        let world = try World()
        let unknown = try await world.send(
            .join,
            [
                "meetingID": "nowhere", "fullName": "Ann", "role": "viewer", "redirect": "false",
                "logoutURL": "https://lms.test/x?y=1",
            ])
        #expect(
            unknown.values(of: "location") == [
                "https://lms.test/x?y=1&errors=[%7B%22message%22:%22A%20meeting%20with%20that%20ID%20does%20not%20exist%22,"
                    + "%22key%22:%22invalidMeetingIdentifier%22%7D]"
            ])
        var full = room
        full["maxParticipants"] = "1"
        _ = try await world.reply(.create, full)
        let join: Parameters = ["meetingID": "abc123", "fullName": "Ann", "redirect": "false"]
        #expect(try await world.reply(.join, join).messageKey == "Params required")
        var wrong = join
        wrong["password"] = "wrong"
        #expect(try await world.reply(.join, wrong).message == "You must enter a valid password")
        let id = try #require(MeetingID(rawValue: "abc123"))
        world.server.joinParticipant(meetingID: id, fullName: "Bob", userID: "b", at: world.time.now)
        var late = join
        late["role"] = "viewer"
        #expect(try await world.reply(.join, late).messageKey == .maxParticipantsReached)
        late["userID"] = "b"
        let joined = try await world.reply(.join, late)
        #expect(joined.messageKey == "successfullyJoined")
        #expect(joined.root.text(of: "session_token")?.utf8.count == 16)
        late["createTime"] = "1"
        #expect(try await world.reply(.join, late).messageKey == .mismatchCreateTime)
    }

    @Test func `getMeetings counts people and writes thousands with a comma`() async throws {
        let world = try World()
        _ = try await world.reply(.create, room)
        let id = try #require(MeetingID(rawValue: "abc123"))
        let people = (0..<1_000).compactMap {
            world.server.joinParticipant(meetingID: id, fullName: "P\($0)", at: world.time.now)
        }
        for person in people.prefix(3) { world.server.setListenOnly(true, of: person) }
        for person in people.prefix(2) { world.server.setVoice(true, of: person) }
        world.server.setVideo(true, of: people[5])
        let reply = try await world.reply(.getMeetings)
        let meeting = try #require(reply.root.child("meetings")?.child("meeting"))
        #expect(meeting.text(of: "participantCount") == "1,000")
        #expect(meeting.text(of: "listenerCount") == "1")
        #expect(meeting.text(of: "voiceParticipantCount") == "2")
        #expect(meeting.text(of: "videoCount") == "1")
        world.server.leaveAll(id, at: world.time.now)
        let empty = try await world.reply(.getMeetingInfo, ["meetingID": "abc123"])
        #expect(empty.root.text(of: "running") == "false")
        #expect(empty.root.text(of: "hasUserJoined") == "true")
    }

    @Test func `breakouts belong to their parent and end with it`() async throws {
        let world = try World()
        let breakout: Parameters = ["meetingID": "room-1", "name": "Room 1", "isBreakout": "true", "sequence": "1"]
        #expect(try await world.reply(.create, breakout).messageKey == .parentMeetingIDMissing)
        var known = breakout
        known["parentMeetingID"] = "abc123"
        #expect(try await world.reply(.create, known).messageKey == .parentMeetingDoesNotExist)
        let parent = try #require(CreateReply(try await world.reply(.create, room)))
        #expect(
            try await world.reply(.create, known).root.text(of: "parentMeetingID") == parent.internalMeetingID.rawValue)
        let opened = world.server.withBBB { $0.openBreakouts(of: parent.meetingID, count: 2, at: world.time.now) }
        #expect(opened.count == 2)
        #expect(world.server.meetings.count == 4)
        world.server.endMeeting(parent.meetingID)
        #expect(world.server.meetings.isEmpty)
    }

    @Test func `a reboot forgets meetings and sessions`() async throws {
        let world = try World()
        _ = try await world.reply(.create, room)
        world.server.reboot()
        #expect(try await world.reply(.getMeetings).messageKey == .noMeetings)
        #expect(world.server.count(of: .create) == 1)
        #expect(world.server.withBBB { $0.endedMeetings.count } == 1)
    }

    @Test func `meetings end by themselves only where that was asked for`() async throws {
        let world = try World()
        _ = try await world.reply(.create, room)
        world.time.advance(by: .seconds(299))
        world.server.withBBB { $0.endsUnusedMeetings = true }
        #expect(try await world.reply(.getMeetingInfo, ["meetingID": "abc123"]).isSuccess)
        world.time.advance(by: .seconds(1))
        #expect(try await world.reply(.getMeetingInfo, ["meetingID": "abc123"]).messageKey == .notFound)
    }

    @Test(arguments: [SimulatedFaultRule.When.before, .after])
    func `what a fault shows says nothing about the work, which was done or not`(when: SimulatedFaultRule.When)
        async throws
    {
        let world = try World()
        let made = when == .after ? 1 : 0
        let shown: [(SimulatedFault, TransportFault)] = [
            (.refuse, when == .after ? .connectionLost : .refused), (.hang, .timedOut),
            (.slow(.seconds(11)), .timedOut),
        ]
        for (fault, expected) in shown {
            world.server.set(fault, call: .create, when: when, remaining: 1)
            #expect(await world.fault(of: .create, room) == expected)
            #expect(world.server.meetings.count == made)
            world.server.reboot()
        }
        for fault in [SimulatedFault.garbage, .truncated, .emptyBody, .status(502), .failed("internalError", "No.")] {
            world.server.set(fault, call: .create, when: when, remaining: 1)
            let answer = try await world.send(.create, room)
            #expect(answer.status == (fault == .status(502) ? 502 : 200))
            let reply = try? Reply(answer.body)
            if case .failed = fault { #expect(reply?.messageKey == .internalError) } else { #expect(reply == nil) }
            #expect(world.server.meetings.count == made)
        }
        #expect(world.server.faults.isEmpty)
    }

    @Test func `a changed secret refuses every signed call until it is healed`() async throws {
        let world = try World()
        world.server.set(.wrongSecret)
        #expect(try await world.reply(.getMeetings).messageKey == .checksumError)
        #expect(try await world.reply(.index).root.text(of: "version") == "2.0")
        world.server.heal()
        #expect(try await world.reply(.getMeetings).isSuccess)
    }

    @Test func `a slow server works after the caller has given up`() async throws {
        let world = try World()
        world.server.set(.slow(.seconds(30)), call: .create, remaining: 1)
        #expect(await world.fault(of: .create, room) == .timedOut)
        #expect(world.time.uptime == .seconds(10))
        #expect(world.server.meetings.isEmpty)
        world.time.advance(by: .seconds(19))
        #expect(try await world.reply(.getMeetings).messageKey == .noMeetings)
        world.time.advance(by: .seconds(5))
        #expect(try await world.reply(.getMeetings).isSuccess)
        #expect(world.server.meetings.map(\.createTime) == [world.time.base.advanced(by: .seconds(30))])
        #expect(world.network.lateCount == 0)
        // One that answers within the deadline only takes its time.
        world.server.set(.slow(.seconds(3)))
        let before = world.time.uptime
        #expect(try await world.reply(.getMeetings).isSuccess)
        #expect(world.time.uptime - before == .seconds(3))
    }

    @Test func `hooks lose a call before it leaves, or its answer`() async throws {
        let world = try World()
        world.network.setBefore { (_: OutgoingCall) async throws(TransportFault) in throw .cancelled }
        #expect(await world.fault(of: .create, room) == .cancelled)
        #expect(world.server.count(of: .create) == 0)
        world.network.setBefore(nil)
        world.network.setAfter { (_: OutgoingCall) async throws(TransportFault) in throw .connectionLost }
        #expect(await world.fault(of: .create, room) == .connectionLost)
        #expect(world.server.meetings.count == 1)
        world.network.setAfter(nil)
        world.network.disconnect("bbb-1.test")
        #expect(await world.fault(of: .create, room) == .unresolved)
    }

    @Test func `the demo keeps a handful of meetings alive`() async throws {
        let world = try World()
        let life = DemoLife(
            servers: [world.server], time: world.time.fleetTime,
            create: { id, name in
                let reply = try? await world.reply(.create, ["meetingID": id, "name": name])
                return reply?.isSuccess == true
            },
            end: { id in _ = try? await world.reply(.end, ["meetingID": id]) })
        try await life.run(seconds: 900)
        #expect((3...9).contains(world.server.meetings.count))
        #expect(world.server.count(of: .end) > 4)
        #expect(world.server.meetings.contains { $0.participants.count > 1 })
    }
}
