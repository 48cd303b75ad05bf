import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

@Suite struct CreateTests {
    @Test func `the server's own answer goes out byte for byte`() async throws {
        let stand = try await Stand(servers: 1)
        let octets = await stand.answer(
            .create, ["name": "Room", "meetingID": "room-1", "attendeePW": "ap", "moderatorPW": "mp"])
        guard case .xml(let answer) = octets else { throw Stand.NoReply() }
        // The same create again, at the server itself, differs by the warning only.
        let meeting = try #require(stand.servers[0].meetings.first)
        let text = String(decoding: answer, as: UTF8.self)
        #expect(text.contains("<internalMeetingID>\(meeting.internalID)</internalMeetingID>"))
        #expect(text.contains("<attendeePW>ap</attendeePW>"))
        #expect(try stand.mapped("room-1")?.state == .running)
        #expect(try stand.mapped("room-1")?.internalMeetingID == meeting.internalID)
    }

    @Test func `fifty creates of one meetingID at once make one meeting and fifty answers of BigBlueButton`()
        async throws
    {
        let stand = try await Stand()
        let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
            for _ in 0..<50 { group.addTask { try await stand.create("room-1") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies.count == 50)
        #expect(replies.allSatisfy { $0.isSuccess })
        #expect(Set(replies.compactMap(CreateReply.init).map(\.internalMeetingID)).count == 1)
        #expect(replies.filter { $0.messageKey == nil }.count == 1)
        #expect(replies.filter { $0.messageKey == .duplicateWarning }.count == 49)
        #expect(try stand.holders("room-1").count == 1)
    }

    @Test func `creates spread over the servers although no poll comes between them`() async throws {
        let stand = try await Stand(servers: 4)
        for number in 0..<40 { try await stand.create("room-\(number)") }
        #expect(stand.servers.map(\.meetings.count) == [10, 10, 10, 10])
    }

    @Test(arguments: [
        SimulatedFault.refuse, .hang, .status(500), .status(404), .garbage, .truncated, .emptyBody, .wrongSecret,
        .slow(.seconds(20)),
    ])
    func `a create goes elsewhere in time when servers fail`(fault: SimulatedFault) async throws {
        let stand = try await Stand()
        // Nobody was heard from for a moment, so that a look comes first.
        stand.clock.advance(by: .seconds(3))
        for server in stand.servers.dropLast() { server.set(fault) }
        for number in 0..<4 {
            let began = stand.clock.uptime
            #expect(try await stand.create("room-\(number)").isSuccess)
            #expect(stand.clock.uptime - began <= .seconds(10))
            #expect(try stand.holder("room-\(number)") === stand.servers[2])
        }
    }

    @Test(arguments: [SimulatedFault.status(500), .garbage, .truncated, .emptyBody, .refuse])
    func `an answer that is lost after the work is settled by asking`(fault: SimulatedFault) async throws {
        let stand = try await Stand()
        for server in stand.servers { server.set(fault, call: .create, when: .after) }
        let reply = try await stand.create("room-1")
        let created = try #require(CreateReply(reply))
        #expect(reply.messageKey == nil)
        #expect(
            reply.root.children.map(\.name) == [
                "returncode", "meetingID", "internalMeetingID", "parentMeetingID", "attendeePW", "moderatorPW",
                "createTime",
                "voiceBridge", "dialNumber", "createDate", "hasUserJoined", "duration", "hasBeenForciblyEnded",
                "messageKey", "message",
            ])
        let holder = try stand.holder("room-1")
        #expect(created.internalMeetingID == holder.meetings.first?.internalID)
        #expect(try stand.mapped("room-1")?.server == stand.server(holder).id)
    }

    @Test func `a create that nobody can settle stays pinned to its server`() async throws {
        let stand = try await Stand()
        for server in stand.servers {
            server.set(.hang, call: .create, when: .after)
            server.set(.hang, call: .getMeetingInfo)
        }
        let reply = try await stand.create("room-1")
        #expect(reply.messageKey == .internalError)
        let pinned = try #require(try stand.mapped("room-1"))
        #expect(pinned.state == .creating)
        let holder = try stand.holder("room-1")
        // Again: the same server, or an error, never another server.
        #expect(try await stand.create("room-1").messageKey == .internalError)
        #expect(try stand.holders("room-1").count == 1)
        for server in stand.servers { server.heal() }
        #expect(try await stand.create("room-1").messageKey == .duplicateWarning)
        #expect(try stand.holder("room-1") === holder)
        #expect(try stand.mapped("room-1")?.state == .running)
    }

    @Test func `without a server the answer is an error and nothing is remembered`() async throws {
        let stand = try await Stand(servers: 1)
        stand.servers[0].set(.refuse)
        stand.clock.advance(by: .seconds(3))
        #expect(try await stand.create("room-1").messageKey == .internalError)
        #expect(try stand.mapped("room-1") == nil)
    }

    @Test func `what a server refuses is passed on and not remembered`() async throws {
        let stand = try await Stand(servers: 1)
        stand.servers[0].set(.failed(.idNotUnique, "A meeting already exists."), call: .create)
        let reply = try await stand.create("room-1")
        #expect(reply.messageKey == .idNotUnique)
        #expect(try stand.mapped("room-1") == nil)
    }

    @Test func `a meeting whose server is offline is made elsewhere, and the old copy is ended when it returns`()
        async throws
    {
        let stand = try await Stand()
        try await stand.create("room-1")
        let first = try stand.holder("room-1")
        first.set(.hang)
        await stand.pass(60)
        #expect(try stand.isOffline(first))
        #expect(try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"]).messageKey == .notFound)
        #expect(try await stand.create("room-1").messageKey == nil)
        #expect(try stand.mapped("room-1")?.epoch == 2)
        #expect(try stand.holders("room-1").count == 2)
        first.heal()
        await stand.pass(30)
        let second = try stand.holder("room-1")
        #expect(second !== first)
        #expect(stand.store.roster { $0.meetings.values.filter { $0.state == .displaced }.isEmpty })
    }

    @Test func `a meeting that was not made elsewhere is taken back with its server`() async throws {
        let stand = try await Stand()
        try await stand.create("room-1")
        let holder = try stand.holder("room-1")
        holder.set(.refuse)
        await stand.pass(60)
        #expect(try stand.isOffline(holder))
        holder.heal()
        await stand.pass(30)
        #expect(try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"]).isSuccess)
        #expect(try stand.holder("room-1") === holder)
    }

    @Test func `a failed poll forgets no meeting`() async throws {
        let stand = try await Stand()
        for number in 0..<6 { try await stand.create("room-\(number)") }
        for server in stand.servers { server.set(.garbage) }
        await stand.pass(300)
        for server in stand.servers { server.heal() }
        await stand.pass(30)
        for number in 0..<6 { #expect(try stand.mapped("room-\(number)")?.state == .running) }
        #expect(stand.servers.allSatisfy { $0.count(of: .end) == 0 })
    }

    @Test func `a server that lost its meetings is noticed at the next poll`() async throws {
        let stand = try await Stand()
        try await stand.create("room-1")
        try stand.holder("room-1").reboot()
        await stand.pollAll()
        #expect(try stand.mapped("room-1") == nil)
        #expect(try await stand.create("room-1").messageKey == nil)
    }

    @Test func `a create of a meeting that its server just lost makes it anew in place`() async throws {
        let stand = try await Stand()
        let first = try #require(CreateReply(try await stand.create("room-1")))
        let holder = try stand.holder("room-1")
        holder.reboot()
        stand.clock.advance(by: .milliseconds(10))
        let again = try #require(CreateReply(try await stand.create("room-1")))
        #expect(again.internalMeetingID != first.internalMeetingID)
        #expect(try stand.mapped("room-1")?.internalMeetingID == again.internalMeetingID)
        #expect(try stand.holder("room-1") === holder)
    }

    @Test func `drained servers and those in maintenance get no new meeting, forced ones do whatever probes say`()
        async throws
    {
        let stand = try await Stand()
        _ = try await stand.store.setAdministrative(
            .drain, of: stand.server(stand.servers[0]).id, now: stand.clock.fleetTime.now())
        _ = try await stand.store.setAdministrative(
            .maintenance, of: stand.server(stand.servers[1]).id, now: stand.clock.fleetTime.now())
        for number in 0..<6 { try await stand.create("room-\(number)") }
        #expect(stand.servers.map(\.meetings.count) == [0, 0, 6])
        _ = try await stand.store.setAdministrative(
            .force, of: stand.server(stand.servers[1]).id, now: stand.clock.fleetTime.now())
        for number in 6..<12 { try await stand.create("room-\(number)") }
        #expect(stand.servers.map(\.meetings.count) == [0, 6, 6])
    }

    @Test func `passwords of ours are sent when the caller has none, and stay the caller's when it has`() async throws {
        let stand = try await Stand(servers: 1)
        let own = try #require(CreateReply(try await stand.create("room-1")))
        #expect(own.attendeePW.utf8.count == 8 && own.moderatorPW.utf8.count == 8)
        #expect(stand.servers[0].meetings.first?.attendeePW == own.attendeePW)
        #expect(try await stand.create("room-1").messageKey == .duplicateWarning)
        #expect(try await stand.create("room-1", ["moderatorPW": own.moderatorPW]).messageKey == .idNotUnique)
    }

    @Test func `a breakout is made on its parent's server`() async throws {
        let stand = try await Stand()
        let parent = try #require(CreateReply(try await stand.create("room-1")))
        let reply = try await stand.create(
            "room-1-a", ["isBreakout": "true", "parentMeetingID": parent.internalMeetingID.rawValue, "sequence": "1"])
        #expect(reply.isSuccess)
        #expect(try stand.holder("room-1-a") === stand.holder("room-1"))
        let orphan = try await stand.create("room-x", ["isBreakout": "true", "parentMeetingID": "nobody"])
        #expect(orphan.messageKey == .parentMeetingDoesNotExist)
    }
}
