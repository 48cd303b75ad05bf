import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Faults of callbacks, hooks and moves that were found by reading; each is named after its symptom.
@Suite struct FoundCallbackFaultTests {
    /// All that servers want to send is brought while creates are under way, before the fleet hears their answers.
    private func bringEarly(_ stand: Stand) {
        stand.network.setAfter { call in
            guard call.call == .create else { return }
            do { try await stand.bringCallbacks() } catch { Issue.record("\(error)") }
        }
    }

    /// Hooks of the default account and of a school.
    private func hooks(_ stand: Stand, _ more: Parameters = [:]) async throws -> Receiver {
        _ = try await stand.addAccount("school", secret: "of the school")
        for (secret, host) in [("client", "lms"), ("of the school", "school")] {
            var parameters: Parameters = ["callbackURL": "https://\(host).example/hook"]
            parameters.append(contentsOf: more)
            #expect(try await stand.signed(.hooksCreate, parameters, by: secret).isSuccess)
        }
        return Receiver("https://lms.example/", "https://school.example/")
    }

    // MARK: whose an event is

    @Test(arguments: [false, true])
    func `an event that comes before its create is answered is told to the account of that create`(isRaw: Bool)
        async throws
    {
        let stand = try await Stand.reachable()
        let receiver = try await hooks(stand, isRaw ? ["getRaw": "true"] : [:])
        bringEarly(stand)
        #expect(
            try await stand.signed(.create, ["meetingID": "class-1", "name": "Class"], by: "of the school").isSuccess)
        #expect(try await stand.signed(.create, ["meetingID": "room-1", "name": "Room"], by: "client").isSuccess)
        try await stand.deliverAll(receiver)
        // Passwords are in it.
        for (host, id) in [("lms", "room-1"), ("school", "class-1")] {
            let got = receiver.received(at: "https://\(host).example/")
            #expect(got.count == 1 && got.first?.form["event"]?.contains("\"\(id)\"") == true, "\(host)")
        }
    }

    @Test func `events of breakout rooms that a server made are told to the account of their parent`() async throws {
        let stand = try await Stand.reachable()
        let receiver = try await hooks(stand)
        #expect(
            try await stand.signed(.create, ["meetingID": "class-1", "name": "Class"], by: "of the school").isSuccess)
        let school = try #require(stand.store.roster { $0.accounts.keys.max() })
        let holder = try stand.holder("class-1", of: school)
        let parent = try stand.idOnServer("class-1", of: school)
        let opened = holder.withBBB { $0.openBreakouts(of: parent, count: 1, at: stand.now) }
        let room = try #require(opened.first)
        await stand.pollAll()
        holder.joinParticipant(meetingID: room, fullName: "Ann", at: stand.now)
        try await stand.bringCallbacks()
        try await stand.deliverAll(receiver)
        #expect(receiver.received(at: "https://lms.example/").isEmpty)
        // Two meetings were created, and somebody joined.
        #expect(receiver.received(at: "https://school.example/").count == 3)
    }

    @Test func `a hook that was destroyed hears no more, not even what waited`() async throws {
        let stand = try await Stand.reachable()
        let receiver = Receiver("https://lms.example/")
        let reply = try await stand.signed(.hooksCreate, ["callbackURL": "https://lms.example/hook"], by: "client")
        let id = try #require(reply.root.text(of: "hookID"))
        receiver.answer([.answered(status: 500)], at: "https://lms.example/")
        try await stand.create("room-1")
        try await stand.bringCallbacks()
        try await stand.fleet.deliverOnce(receiver)
        #expect(receiver.received.count == 1)
        #expect(try await stand.signed(.hooksDestroy, ["hookID": id], by: "client").isSuccess)
        try await stand.deliverAll(receiver)
        #expect(receiver.received.count == 1)
    }

    @Test func `a server that cannot be reached when the last hook is destroyed is rid of ours later`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        let reply = try await stand.signed(.hooksCreate, ["callbackURL": "https://lms.example/hook"], by: "client")
        let id = try #require(reply.root.text(of: "hookID"))
        let server = stand.servers[0]
        server.set(.refuse, call: .hooksDestroy)
        #expect(try await stand.signed(.hooksDestroy, ["hookID": id], by: "client").isSuccess)
        server.heal()
        await stand.pass(90)
        #expect(server.withBBB { $0.hooks.isEmpty })
        #expect(try await stand.store.serverHooks().isEmpty)
    }

    // MARK: addresses of ours

    @Test func `no address of ours is in what callers are told`() async throws {
        let stand = try await Stand.reachable()
        let receiver = Receiver("https://lms.example/")
        for (url, raw) in [("https://lms.example/hook", "false"), ("https://lms.example/raw", "true")] {
            #expect(
                try await stand.signed(.hooksCreate, ["callbackURL": url, "getRaw": raw], by: "client").isSuccess)
        }
        var parameters = Told.all
        parameters["meetingID"] = "room-1"
        parameters["name"] = "Room"
        #expect(try await stand.signed(.create, parameters, by: "client").isSuccess)
        let holder = try stand.holder("room-1")
        let recordID = try #require(holder.meetings.first?.internalID.rawValue)
        holder.endMeeting(try stand.id("room-1"))
        await stand.pollAll()
        holder.publishRecording(recordID, at: stand.now)
        try await stand.bringCallbacks()
        try await stand.deliverAll(receiver)
        let kinds = try await stand.deliveries().map(\.kind)
        #expect(Set(kinds) == Set(Delivery.Kind.allCases))
        for request in receiver.received {
            let said = request.url + (FormCoding.decode((request.body ?? []).asText) ?? "")
            #expect(!said.contains("/callbacks/") && !said.contains("10.9.8.7"), "\(said)")
        }
        // The caller's own stand there.
        let created = try #require(receiver.received(at: "https://lms.example/hook").first?.form["event"])
        #expect(created.contains("\"endcallbackurl\":\"\(Told.end)\""))
        let analytics = try #require(receiver.received(at: Told.analytics).first?.body).asText
        #expect(analytics.contains("\"analytics_callback_url\":\"\(Told.analytics)\""))
    }

    @Test func `a meeting that was taken back shows its caller's addresses`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        try await stand.create("room-1", Told.all)
        let meeting = try #require(try stand.mapped("room-1"))
        // Given up while it was there: two lists show it, and it is taken back.
        #expect(try await stand.store.end(meeting, reason: "panic", now: stand.now))
        await stand.pass(8)
        let back = try #require(try stand.mapped("room-1"))
        #expect(back.number > meeting.number && back.internalMeetingID == meeting.internalMeetingID)
        let info = try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"])
        #expect(info.root.child("metadata")?.text(of: "endcallbackurl") == Told.end)
        let list = try await stand.reply(.getMeetings)
        #expect(!info.octets.asText.contains("/callbacks/") && !list.octets.asText.contains("/callbacks/"))
    }

    @Test func `marks of a meeting that was taken back are told with its end`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let receiver = Receiver("https://lms.example/")
        let server = stand.servers[0]
        // The server makes the meeting after it was given up.
        server.set(.slow(.seconds(30)), call: .create, remaining: 1)
        #expect(try await !stand.create("room-1", Told.all).isSuccess)
        await stand.pass(60)
        try stand.expectOnce("room-1")
        server.setRecordingMarks(of: try stand.id("room-1"))
        server.endMeeting(try stand.id("room-1"))
        try await stand.bringCallbacks()
        await stand.pollAll()
        try await stand.deliverAll(receiver)
        #expect(receiver.received(at: Told.ended).count == 1)
        #expect(
            receiver.received(at: Told.end).map(\.url) == ["\(Told.end)&recordingmarks=true&meetingID=room-1"])
    }

    // MARK: moves

    @Test func `a meeting whose end was confirmed while nobody knew where it is stays ended`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        try await stand.create("room-1", on: "bbb1", Told.all)
        stand.servers[1].set(.hang, call: .create, when: .after)
        stand.servers[1].set(.hang, call: .getMeetingInfo)
        #expect(try await stand.move("room-1").messageKey == .internalError)
        #expect(stand.servers.map(\.meetings.count) == [1, 1])
        let isEnded = try await stand.reply(.end, ["meetingID": "room-1"]).isSuccess
        stand.servers[1].heal()
        await stand.pass(20)
        // Who is told that it cannot be ended now may try again; who is told that it has ended may not find it alive.
        #expect(try isEnded == stand.holders("room-1").isEmpty)
        #expect(try isEnded == (stand.mapped("room-1") == nil))
        #expect(try await stand.deliveries().filter { $0.kind == .ended }.count == (isEnded ? 1 : 0))
    }

    @Test func `slides of a meeting that was made anew are those that are given again`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        func create(_ document: String) async throws -> Bool {
            let query: Parameters = ["meetingID": "room-1", "name": "Room", "preferredServer": "bbb1"]
            let slides = """
                <modules><module name="presentation"><document name="\(document)">AA==</document></module></modules>
                """
            let call = Call(
                .create, method: .post, rawQuery: query.encoded(), contentType: "application/xml",
                body: Array(slides.utf8))
            guard case .xml(let octets) = await stand.fleet.answer(call, of: Caller(stand.account)) else {
                return false
            }
            return try Reply(octets).isSuccess
        }
        #expect(try await create("first.pdf"))
        // Its server lost it, and makes it anew before anybody looked.
        stand.servers[0].reboot()
        #expect(try await create("second.pdf"))
        #expect(stand.servers[0].meetings.first?.documents.map(\.name) == ["second.pdf"])
        #expect(try await stand.move("room-1").isSuccess)
        #expect(stand.servers[1].meetings.first?.documents.map(\.name) == ["second.pdf"])
    }

    @Test func `somebody pressed record before a move, and that is told in the end`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        let receiver = Receiver("https://lms.example/")
        try await stand.create("room-1", on: "bbb1", Told.all)
        stand.servers[0].setRecordingMarks(of: try stand.id("room-1"))
        #expect(try await stand.move("room-1").isSuccess)
        try await stand.bringCallbacks()
        await stand.pollAll()
        // Nobody pressed it again: there is a recording of the first part all the same.
        #expect(try await stand.reply(.end, ["meetingID": "room-1"]).isSuccess)
        try await stand.bringCallbacks()
        await stand.pollAll()
        try await stand.deliverAll(receiver)
        #expect(
            receiver.received(at: Told.end).map(\.url) == ["\(Told.end)&recordingmarks=true&meetingID=room-1"])
    }

    @Test func `a move by order that was made before the process died is not told as failed`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        try await stand.create("room-1", on: "bbb1")
        let meeting = try #require(try stand.mapped("room-1"))
        guard case .written(let order) = try await stand.store.order(.move(meeting.number, to: nil), now: stand.now)
        else { throw Stand.NoReply() }
        // The process dies between the move and the note of it.
        #expect(try await stand.move("room-1").isSuccess)
        await stand.fleet.carryOutOrders()
        #expect(try await stand.store.order(order.id)?.state == .done)
        #expect(try stand.holder("room-1") === stand.servers[1])
    }
}
