import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Web hooks of callers, from the registration to the receiver (`balancer.md` 11, `bbb-api.md` 11).
@Suite struct HookFlowTests {
    static let address = "https://lms.example/hook?a=1&b=2"

    /// - Returns: the id of the hook.
    @discardableResult
    private func hook(
        _ stand: Stand, at url: String = Self.address, _ more: Parameters = [:], by secret: String = "client"
    ) async throws -> String {
        var parameters: Parameters = ["callbackURL": url]
        parameters.append(contentsOf: more)
        let reply = try await stand.signed(.hooksCreate, parameters, by: secret)
        #expect(reply.isSuccess)
        return try #require(reply.root.text(of: "hookID"))
    }

    /// The events that a receiver got, by their ids.
    private func events(_ requests: [OutboundRequest]) throws -> [String] {
        try requests.map { request in
            let event = try #require(request.form["event"])
            let name = event.hasPrefix("[{\"envelope\"") ? "\"name\":\"" : "\"id\":\""
            let behind = try #require(event.split(separator: name).dropFirst().first)
            return String(behind.prefix { $0 != "\"" })
        }
    }

    /// Our own hooks at a server.
    private func hooks(_ server: SimulatedServer) -> [SimulatedHook] { server.withBBB { $0.hooks } }

    // MARK: at the servers

    @Test func `every server has one hook of ours before the caller has his answer, and no more for other callers`()
        async throws
    {
        let stand = try await Stand.reachable()
        #expect(stand.servers.allSatisfy { hooks($0).isEmpty })
        try await hook(stand)
        for server in stand.servers {
            let registered = try #require(hooks(server).first)
            #expect(hooks(server).count == 1 && !registered.isRaw)
            #expect(registered.meetingID == nil && registered.eventID == nil)
            let number = try stand.server(server).id
            #expect(registered.callbackURL.hasPrefix("\(Stand.inside)/callbacks/hook/\(number)/"))
        }
        // Each server has an address of its own.
        #expect(Set(stand.servers.flatMap(hooks).map(\.callbackURL)).count == 3)
        let before = stand.servers.map(hooks)
        try await hook(stand, at: "https://lms.example/other", ["meetingID": "room-1"])
        #expect(stand.servers.map(hooks) == before)
        try await hook(stand, at: "https://lms.example/raw", ["getRaw": "true"])
        for server in stand.servers { #expect(hooks(server).map(\.isRaw) == [false, true]) }
    }

    @Test func `an event is told exactly as a server tells it, with our name and the caller's signature`() async throws
    {
        let stand = try await Stand.reachable()
        let receiver = Receiver(Self.address)
        try await hook(stand)
        try await stand.create("room ü", ["meta_course": "7 & 8"])
        let sent = try await stand.bringCallbacks()
        #expect(sent.map(\.kind) == [.hook])
        let form = Parameters(parsing: try #require(sent.first).body.asText)
        #expect(form["domain"] != "plenary.example")
        try await stand.fleet.deliverOnce(receiver)
        let payload: Parameters = [
            "domain": "plenary.example", "event": try #require(form["event"]),
            "timestamp": try #require(form["timestamp"]),
        ]
        let body = payload.encoded(style: .java)
        let checksum = sha1Hex(Self.address + body + "client")
        let expected = OutboundRequest(
            url: "\(Self.address)&checksum=\(checksum)",
            headers: [
                .init(name: "Content-Type", value: "application/x-www-form-urlencoded; charset=UTF-8"),
                stand.numbered(1),
            ], body: Array(body.utf8))
        #expect(receiver.received == [expected])
        #expect(body.hasPrefix("domain=plenary.example&event=%5B%7B%22data%22"))
    }

    @Test func `the life of a meeting is told step by step, also by a server that repeats itself`() async throws {
        let stand = try await Stand.reachable()
        let receiver = Receiver(Self.address)
        try await hook(stand)
        try await stand.create("room-1", ["record": "true"])
        try await stand.bringCallbacks()
        let holder = try stand.holder("room-1")
        let recordID = try #require(holder.meetings.first?.internalID.rawValue)
        let ann = try #require(
            holder.joinParticipant(meetingID: try stand.id("room-1"), fullName: "Ann", at: stand.now))
        stand.clock.advance(by: .seconds(1))
        holder.leave(ann, at: stand.now)
        #expect(try await stand.reply(.end, ["meetingID": "room-1"]).isSuccess)
        holder.publishRecording(recordID, at: stand.now)
        let sent = try await stand.bringCallbacks()
        // What was taken comes once more, because our answer was lost.
        for callback in sent { #expect(try await stand.bring(callback) == .taken) }
        try await stand.deliverAll(receiver)
        #expect(
            try events(receiver.received) == [
                "meeting-created", "user-joined", "user-left", "meeting-ended", "rap-publish-ended",
            ])
        #expect(Set(receiver.received.map(\.number)).count == 5)
    }

    @Test func `raw hooks get what the server's parts tell each other, and others do not`() async throws {
        let stand = try await Stand.reachable()
        let raw = "https://lms.example/raw"
        let receiver = Receiver(Self.address, raw)
        try await hook(stand)
        try await hook(stand, at: raw, ["getRaw": "true", "eventID": "nothing-like-that"])
        try await stand.create("room-1")
        try await stand.bringCallbacks()
        try stand.holder("room-1").endMeeting(stand.id("room-1"))
        #expect(try await stand.bringCallbacks().count == 2)
        try await stand.deliverAll(receiver)
        #expect(try events(receiver.received(at: Self.address)) == ["meeting-created", "meeting-ended"])
        #expect(try events(receiver.received(at: raw)) == ["MeetingCreatedEvtMsg", "MeetingEndedEvtMsg"])
        #expect(receiver.received(at: raw).first?.url.hasPrefix("\(raw)?checksum=") == true)
    }

    @Test func `a hook hears of the events and the meeting that it named`() async throws {
        let stand = try await Stand.reachable()
        let receiver = Receiver("https://lms.example/")
        let filters: [(String, Parameters)] = [
            ("all", [:]), ("room", ["meetingID": "room-1"]), ("ends", ["eventID": "Meeting-Ended, user-joined"]),
            ("both", ["meetingID": "room-2", "eventID": "meeting-ended"]), ("nobody", ["meetingID": "room-3"]),
        ]
        for (name, filter) in filters { try await hook(stand, at: "https://lms.example/\(name)", filter) }
        for id in ["room-1", "room-2"] { try await stand.create(id) }
        try await stand.bringCallbacks()
        for id in ["room-1", "room-2"] { try stand.holder(id).endMeeting(stand.id(id)) }
        try await stand.bringCallbacks()
        try await stand.deliverAll(receiver)
        func got(_ name: String) throws -> [String] {
            try events(receiver.received(at: "https://lms.example/\(name)?"))
        }
        #expect(try got("all").sorted() == ["meeting-created", "meeting-created", "meeting-ended", "meeting-ended"])
        #expect(try got("room") == ["meeting-created", "meeting-ended"])
        #expect(try got("ends") == ["meeting-ended", "meeting-ended"])
        #expect(try got("both") == ["meeting-ended"])
        #expect(try got("nobody").isEmpty)
    }

    // MARK: who is believed

    @Test func `an event is taken of the server whose address it is, signed by it`() async throws {
        let stand = try await Stand.reachable()
        try await hook(stand)
        try await stand.create("room-1")
        let holder = try stand.holder("room-1")
        let callback = try #require(holder.takeCallbacks().first)
        let other = try #require(stand.servers.first { $0 !== holder })
        let target = try #require(hooks(other).first?.callbackURL)
        let checksum = try #require(callback.url.split(separator: "checksum=").last)
        let address = try #require(callback.url.split(separator: "?checksum=").first)
        // The same event at another server's address, with a checksum of nobody's, or without one.
        let wrong: [(String, InboundAnswer)] = [
            ("\(target)?checksum=\(checksum)", .forbidden),
            ("\(address)?checksum=\(String(repeating: "0", count: 40))", .forbidden),
            ("\(address)?checksum=", .forbidden), ("\(address)", .forbidden),
            ("\(address)?checksum=\(checksum)0", .forbidden), ("\(address)0?checksum=\(checksum)", .unknown),
            ("\(address.dropLast())?checksum=\(checksum)", .unknown),
            ("\(address)?raw&checksum=\(checksum)", .unknown),
        ]
        for (url, expected) in wrong {
            let answer = try await stand.bring(to: url, callback)
            #expect(answer == expected, "\(url)")
        }
        // Another body under the same signature.
        let server = try stand.server(holder)
        for body in [callback.body + [0x20], Array(callback.body.dropLast()), []] {
            let answer = await stand.fleet.receiveEvent(
                from: server, isRaw: false, checksum: String(checksum), body)
            #expect(answer == .forbidden)
        }
        #expect(try await stand.deliveries().isEmpty)
        #expect(try await stand.bring(callback) == .taken)
        #expect(try await stand.deliveries().count == 1)
    }

    @Test(arguments: ["", "domain=x&timestamp=1", "event=&domain=x", "event=not+JSON", "event=%5B%7B"])
    func `what is signed and is no event is refused`(body: String) async throws {
        let stand = try await Stand.reachable(servers: 1)
        try await hook(stand)
        let address = try #require(hooks(stand.servers[0]).first?.callbackURL)
        let checksum = sha1Hex(address + body + stand.servers[0].secret.reveal())
        let server = try stand.server(stand.servers[0])
        let answer = await stand.fleet.receiveEvent(
            from: server, isRaw: false, checksum: checksum, Array(body.utf8))
        #expect(answer == .malformed)
        #expect(try await stand.deliveries().isEmpty)
    }

    // MARK: accounts

    @Test func `an account hears of its own meetings, and of nobody else's`() async throws {
        let stand = try await Stand.reachable()
        let receiver = Receiver("https://lms.example/", "https://school.example/")
        _ = try await stand.addAccount("school", secret: "of the school")
        try await hook(stand)
        try await hook(stand, at: "https://school.example/hook", by: "of the school")
        for (id, secret) in [("room-1", "client"), ("class-1", "of the school")] {
            #expect(try await stand.signed(.create, ["meetingID": id, "name": "Room"], by: secret).isSuccess)
        }
        try await stand.bringCallbacks()
        for server in stand.servers { for meeting in server.meetings { server.endMeeting(meeting.id) } }
        try await stand.bringCallbacks()
        try await stand.deliverAll(receiver)
        for (host, id, secret) in [("lms", "room-1", "client"), ("school", "class-1", "of the school")] {
            let got = receiver.received(at: "https://\(host).example/")
            #expect(try events(got) == ["meeting-created", "meeting-ended"], "\(host)")
            for request in got {
                #expect(request.form["event"]?.contains("\"external-meeting-id\":\"\(id)\"") == true)
                let url = host == "lms" ? Self.address : "https://school.example/hook"
                let checksum = sha1Hex(url + (request.body ?? []).asText + secret)
                #expect(request.url.hasSuffix("checksum=\(checksum)"), "\(host)")
            }
        }
    }

    @Test func `hooks of another account are not seen, and not removed`() async throws {
        let stand = try await Stand.reachable()
        _ = try await stand.addAccount("school", secret: "of the school")
        let mine = try await hook(stand)
        let theirs = try await hook(stand, by: "of the school")
        #expect(mine != theirs)
        for (secret, id) in [("client", mine), ("of the school", theirs)] {
            let list = try await stand.signed(.hooksList, [:], by: secret)
            #expect(list.root.child("hooks")?.children.map { $0.text(of: "hookID") } == [id])
        }
        let refused = try await stand.signed(.hooksDestroy, ["hookID": theirs], by: "client")
        #expect(refused.messageKey == "destroyMissingHook")
        #expect(try await stand.signed(.hooksDestroy, ["hookID": theirs], by: "of the school").isSuccess)
        #expect(try await stand.signed(.hooksList, [:], by: "client").root.child("hooks")?.children.count == 1)
    }

    // MARK: the calls

    @Test func `an address is registered once, whatever comes with it the second time`() async throws {
        let stand = try await Stand.reachable()
        let id = try await hook(stand, ["meetingID": "room-1", "eventID": "user-joined"])
        #expect(id.split(separator: "-").map(\.utf8.count) == [8, 4, 4, 4, 12])
        let again = try await stand.signed(
            .hooksCreate, ["callbackURL": Self.address, "meetingID": "room-2", "getRaw": "true"], by: "client")
        #expect(again.messageKey == .duplicateWarning && again.root.text(of: "hookID") == id)
        let listed = try await stand.signed(.hooksList, [:], by: "client").root.child("hooks")?.children ?? []
        #expect(listed.count == 1 && listed.first?.text(of: "callbackURL") == Self.address)
        #expect(listed.first?.text(of: "meetingID") == "room-1" && listed.first?.text(of: "eventID") == "user-joined")
        #expect(listed.first?.text(of: "rawData") == "false")
        #expect(try await stand.signed(.hooksCreate, [:], by: "client").messageKey == "missingParamCallbackURL")
        #expect(try await stand.signed(.hooksDestroy, [:], by: "client").messageKey == "missingParamHookID")
        #expect(try await stand.signed(.hooksDestroy, ["hookID": id], by: "client").root.text(of: "removed") == "true")
        let gone = try await stand.signed(.hooksDestroy, ["hookID": id], by: "client")
        #expect(gone.messageKey == "destroyMissingHook")
    }
}
