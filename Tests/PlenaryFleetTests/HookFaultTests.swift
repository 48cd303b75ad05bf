import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Faults of web hooks that were found by reading; each is named after its symptom.
@Suite struct HookFaultTests {
    private func hook(_ stand: Stand, isRaw: Bool = false) async throws -> String {
        let parameters: Parameters = [
            "callbackURL": "https://lms.example/\(isRaw ? "raw" : "hook")", "getRaw": isRaw ? "true" : "false",
        ]
        let reply = try await stand.signed(.hooksCreate, parameters, by: "client")
        return try #require(reply.root.text(of: "hookID"))
    }

    /// Ids of the events that are told, the first one first.
    private func told(_ stand: Stand) async throws -> [String] {
        try await stand.deliveries().filter { $0.kind == .hook }.map { delivery in
            let event = try #require(Parameters(parsing: delivery.payload)["event"])
            let name = event.hasPrefix("[{\"envelope\"") ? "\"name\":\"" : "\"id\":\""
            let behind = try #require(event.split(separator: name).dropFirst().first)
            return String(behind.prefix { $0 != "\"" })
        }
    }

    private func hooks(_ server: SimulatedServer) -> [SimulatedHook] { server.withBBB { $0.hooks } }

    private static let created = [false: "meeting-created", true: "MeetingCreatedEvtMsg"]
    private static let ended = [false: "meeting-ended", true: "MeetingEndedEvtMsg"]

    // MARK: ends of copies

    @Test(arguments: [false, true])
    func `the end of the copy that a move left behind is not told after the creation of the new one`(isRaw: Bool)
        async throws
    {
        let stand = try await Stand.reachable(servers: 2)
        _ = try await hook(stand, isRaw: isRaw)
        let (created, ended) = (try #require(Self.created[isRaw]), try #require(Self.ended[isRaw]))
        try await stand.create("room-1", on: "bbb1")
        try await stand.bringCallbacks()
        // What a server makes in another millisecond has another id.
        stand.clock.advance(by: .seconds(1))
        #expect(try await stand.move("room-1").isSuccess)
        let sent = stand.servers.map { $0.takeCallbacks() }
        #expect(sent.map(\.count) == [1, 1])
        // The new one first, the end of the old one behind it; and once more when the copy is known to be gone.
        for callback in sent[1] + sent[0] { #expect(try await stand.bring(callback) == .taken) }
        await stand.pollAll()
        for callback in sent[0] { #expect(try await stand.bring(callback) == .taken) }
        #expect(try await told(stand) == [created, created])
        // The end of the meeting is told.
        #expect(try await stand.reply(.end, ["meetingID": "room-1"]).isSuccess)
        try await stand.bringCallbacks()
        #expect(try await told(stand) == [created, created, ended])
    }

    @Test(arguments: [false, true])
    func `the end of a late copy of a meeting that is elsewhere is not told`(isRaw: Bool) async throws {
        let stand = try await Stand.reachable(servers: 2)
        _ = try await hook(stand, isRaw: isRaw)
        let (created, ended) = (try #require(Self.created[isRaw]), try #require(Self.ended[isRaw]))
        try await stand.create("room-1", on: "bbb1")
        try await stand.bringCallbacks()
        stand.clock.advance(by: .seconds(1))
        let room: Parameters = ["meetingID": "room-1", "name": "Room"]
        let answer = try await stand.network.send(
            stand.servers[1].endpoint.request(.create, room), deadline: .seconds(1))
        #expect(answer.status == 200)
        stand.servers[1].endMeeting(try stand.id("room-1"), at: stand.now)
        try await stand.bringCallbacks()
        #expect(try await told(stand).contains(ended) == false)
        stand.servers[0].endMeeting(try stand.id("room-1"), at: stand.now)
        try await stand.bringCallbacks()
        #expect(try await told(stand).last == ended)
        #expect(try await told(stand).first == created)
    }

    @Test func `a meeting that its server ended and made anew is told as over, however late`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        _ = try await hook(stand)
        try await stand.create("room-1")
        stand.clock.advance(by: .seconds(1))
        stand.servers[0].endMeeting(try stand.id("room-1"), at: stand.now)
        try await stand.create("room-1")
        try await stand.bringCallbacks()
        #expect(try await told(stand) == ["meeting-created", "meeting-ended", "meeting-created"])
    }

    @Test func `a meeting that ended and was created again by its caller is told as over`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        _ = try await hook(stand)
        try await stand.create("room-1", on: "bbb1")
        stand.servers[0].endMeeting(try stand.id("room-1"), at: stand.now)
        let late = stand.servers[0].takeCallbacks()
        await stand.pollAll()
        try await stand.create("room-1", on: "bbb2")
        for callback in late { #expect(try await stand.bring(callback) == .taken) }
        #expect(try await told(stand) == ["meeting-created", "meeting-ended"])
    }

    // MARK: events that are refused

    @Test func `an event that cannot be verified is refused so that it comes again, and told once to the operator`()
        async throws
    {
        let stand = try await Stand.reachable(servers: 1)
        let log = LogBook()
        _ = try await hook(stand)
        try await stand.create("room-1")
        let server = try stand.server(stand.servers[0])
        let event = try #require(stand.servers[0].takeCallbacks().first)
        let wrong = String(repeating: "0", count: 40)
        func send(_ checksum: String, bearer: String? = nil) async -> InboundAnswer {
            await stand.fleet.receiveEvent(
                from: server, isRaw: false, checksum: checksum, bearer: bearer, event.body)
        }
        try await log.keep { () async throws -> Void in
            // 401 would be as good as taken to the service of web hooks.
            for _ in 0..<3 { #expect(await send(wrong).rawValue == 403) }
            #expect(log.warnings.count == 1)
            #expect(try await stand.bring(event) == .taken)
            #expect(await send("", bearer: "another secret") == .forbidden)
        }
        #expect(log.warnings.count == 2)
        for warning in log.warnings {
            #expect(warning.hasPrefix("event of a server's web hook is refused ") && warning.contains("bbb1"))
            #expect(!warning.contains(server.endpoint.secret.reveal()) && !warning.contains("another secret"))
        }
    }

    @Test func `an event of a server that sends its secret instead of a checksum is taken`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        _ = try await hook(stand)
        try await stand.create("room-1", on: "bbb1")
        let server = try stand.server(stand.servers[0])
        let event = try #require(stand.servers[0].takeCallbacks().first)
        let other = stand.servers[1].secret.reveal()
        for bearer in [nil, "", other, "client", server.endpoint.secret.reveal() + "x"] {
            let answer = await stand.fleet.receiveEvent(
                from: server, isRaw: false, checksum: "", bearer: bearer, event.body)
            #expect(answer == .forbidden, "\(bearer ?? "none")")
        }
        // A wrong checksum is not made up for.
        let both = await stand.fleet.receiveEvent(
            from: server, isRaw: false, checksum: "00", bearer: server.endpoint.secret.reveal(), event.body)
        #expect(both == .forbidden)
        #expect(try await told(stand).isEmpty)
        let taken = await stand.fleet.receiveEvent(
            from: server, isRaw: false, checksum: "", bearer: server.endpoint.secret.reveal(), event.body)
        #expect(taken == .taken)
        #expect(try await told(stand) == ["meeting-created"])
    }

    // MARK: our own hooks

    @Test func `a hook that is created while the last one is destroyed is heard`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        let last = try await hook(stand)
        let (store, now) = (stand.store, stand.now)
        // While the first server is told that our hook is not wanted any more, somebody wants it.
        stand.network.setBefore { call in
            guard call.call == .hooksDestroy else { return }
            do {
                _ = try await store.registerHook(
                    id: "new", account: .default, callbackURL: "https://lms.example/new", meetingID: nil, eventID: nil,
                    isRaw: false, secret: nil, now: now)
            } catch { Issue.record("\(error)") }
        }
        #expect(try await stand.signed(.hooksDestroy, ["hookID": last], by: "client").isSuccess)
        for server in stand.servers { #expect(hooks(server).count == 1) }
        let noted = try await stand.store.serverHooks()
        #expect(noted.map(\.id) == stand.servers.flatMap(hooks).map(\.id))
    }

    @Test func `hooks that are created at once are all heard when they are answered`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        await withTaskGroup(of: Void.self) { group in
            for number in 1...20 {
                group.addTask {
                    let parameters: Parameters = ["callbackURL": "https://lms.example/\(number)"]
                    do {
                        #expect(try await stand.signed(.hooksCreate, parameters, by: "client").isSuccess)
                    } catch { Issue.record("\(error)") }
                    // Whoever has his answer is heard.
                    #expect(stand.servers[0].withBBB { $0.hooks.count } == 1)
                }
            }
        }
        #expect(stand.store.roster { $0.hooks.count } == 20)
        #expect(stand.servers[0].count(of: .hooksCreate) <= 20)
    }
}
