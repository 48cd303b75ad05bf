import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

@Suite struct JoinTests {
    @Test func `a join is a redirect to the meeting's server that asks nobody and opens the meeting there`()
        async throws
    {
        let stand = try await Stand()
        try await stand.create("room-1")
        let holder = try stand.holder("room-1")
        let before = stand.servers.map { $0.count(of: .join) + $0.count(of: .getMeetingInfo) }
        guard
            case .redirect(let url, _) = await stand.answer(
                .join, ["fullName": "Ann B", "meetingID": "room-1", "role": "VIEWER"])
        else { throw Stand.NoReply() }
        #expect(stand.servers.map { $0.count(of: .join) + $0.count(of: .getMeetingInfo) } == before)
        let request = SimulatedRequest(target: String(url.dropFirst("http://\(holder.url.authority)".utf8.count)))
        let answer = holder.carryOut(request, at: stand.clock.now)
        #expect(answer.status == 302)
        #expect(answer.headers.contains { $0.name == "Set-Cookie" && $0.value.hasPrefix("JSESSIONID=") })
    }

    @Test func `joins are written down in the background`() async throws {
        let stand = try await Stand()
        try await stand.create("room-1")
        _ = await stand.answer(.join, ["fullName": "Ann", "meetingID": "room-1", "role": "viewer", "userID": "u1"])
        let number = try #require(try stand.mapped("room-1")).number
        #expect(try await stand.store.joins(of: number).isEmpty)
        await stand.fleet.flushJoins()
        let joins = try await stand.store.joins(of: number)
        #expect(joins.map(\.fullName) == ["Ann"] && joins.map(\.role) == ["VIEWER"] && joins.map(\.userID) == ["u1"])
    }

    @Test func `joins that cannot wait are dropped from the oldest on`() async throws {
        let stand = try await Stand { $0.waitingJoins = 10 }
        try await stand.create("room-1")
        for number in 0..<25 {
            _ = await stand.answer(.join, ["fullName": "P\(number)", "meetingID": "room-1", "role": "VIEWER"])
        }
        await stand.fleet.flushJoins()
        let number = try #require(try stand.mapped("room-1")).number
        let names = try await stand.store.joins(of: number).map(\.fullName)
        #expect(names.count <= 10 && names.last == "P24")
    }

    @Test func `errors go to the caller's place, or to a page of ours, or come as XML`() async throws {
        let stand = try await Stand()
        guard case .redirect(let own, _) = await stand.answer(.join, ["fullName": "A", "meetingID": "nobody"]) else {
            throw Stand.NoReply()
        }
        #expect(own.hasPrefix("https://plenary.example/join-failed?errors="))
        #expect(own.contains("invalidMeetingIdentifier"))
        guard
            case .redirect(let given, _) = await stand.answer(
                .join, ["fullName": "A", "meetingID": "nobody", "errorRedirectUrl": "https://app.example/x?y=1"])
        else { throw Stand.NoReply() }
        #expect(given.hasPrefix("https://app.example/x?y=1&errors="))
        let xml = try await stand.reply(.join, ["fullName": "A", "meetingID": "nobody", "redirect": "false"])
        #expect(xml.messageKey == .invalidMeetingIdentifier)
    }

    @Test func `redirect=false relays the server's answer with its cookie`() async throws {
        let stand = try await Stand()
        try await stand.create("room-1")
        let answer = await stand.answer(
            .join, ["fullName": "A", "meetingID": "room-1", "role": "VIEWER", "redirect": "false"])
        guard case .relayed(let octets, let cookies) = answer else { throw Stand.NoReply() }
        let reply = try Reply(octets)
        #expect(reply.messageKey == "successfullyJoined")
        let authority = try stand.holder("room-1").url.authority
        #expect(reply.root.text(of: "url")?.contains(authority) == true)
        #expect(cookies.count == 1)
    }

    @Test func `a suspect server's meetings are joined, an offline one's are not`() async throws {
        let stand = try await Stand()
        try await stand.create("room-1")
        let holder = try stand.holder("room-1")
        holder.set(.refuse)
        await stand.pollAll()
        let join: Parameters = ["fullName": "A", "meetingID": "room-1", "role": "VIEWER"]
        guard case .redirect = await stand.answer(.join, join) else { throw Stand.NoReply() }
        await stand.pass(60)
        guard case .unavailable(let refusal) = await stand.answer(.join, join) else { throw Stand.NoReply() }
        #expect(refusal.key == .serverUnavailable)
    }
}

@Suite struct ReadTests {
    @Test func `getMeetingInfo is the server's own answer byte for byte`() async throws {
        let stand = try await Stand(servers: 1)
        try await stand.create("room-1", ["meta_a": "<&>"])
        guard case .xml(let answer) = await stand.answer(.getMeetingInfo, ["meetingID": "room-1"]) else {
            throw Stand.NoReply()
        }
        let request = SimulatedRequest(stand.servers[0].endpoint.request(.getMeetingInfo, ["meetingID": "room-1"]))
        #expect(answer == stand.servers[0].carryOut(request, at: stand.clock.now).body)
    }

    @Test func `an unknown meeting is not running, and is not found`() async throws {
        let stand = try await Stand()
        #expect(try await stand.reply(.isMeetingRunning, ["meetingID": "nobody"]).root.text(of: "running") == "false")
        #expect(try await stand.reply(.getMeetingInfo, ["meetingID": "nobody"]).messageKey == .notFound)
        #expect(try await stand.reply(.end, ["meetingID": "nobody"]).messageKey == .notFound)
    }

    @Test func `the internal id is as good as the meetingID`() async throws {
        let stand = try await Stand()
        let created = try #require(CreateReply(try await stand.create("room-1")))
        let id = created.internalMeetingID.rawValue
        #expect(try await stand.reply(.getMeetingInfo, ["meetingID": id]).root.text(of: "meetingID") == "room-1")
        #expect(try await stand.reply(.end, ["meetingID": id]).isSuccess)
        #expect(try stand.holders("room-1").isEmpty)
    }

    @Test func `a server that does not answer is asked no more, and what it last said holds for a minute`() async throws
    {
        let stand = try await Stand()
        try await stand.create("room-1")
        await stand.pollAll()
        let holder = try stand.holder("room-1")
        holder.joinParticipant(
            meetingID: try #require(MeetingID(rawValue: "room-1")), fullName: "A", role: .viewer, at: stand.clock.now)
        await stand.pollAll()
        holder.set(.hang)
        let first = try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"])
        #expect(first.root.text(of: "participantCount") == "1")
        let began = stand.clock.uptime
        #expect(
            try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"]).root.text(of: "participantCount") == "1")
        #expect(try await stand.reply(.isMeetingRunning, ["meetingID": "room-1"]).root.text(of: "running") == "true")
        #expect(try await stand.reply(.getMeetings).root.child("meetings")?.children.count == 1)
        #expect(stand.clock.uptime == began, "nobody waited for the server that hangs")
        stand.clock.advance(by: .seconds(61))
        #expect(try await stand.reply(.isMeetingRunning, ["meetingID": "room-1"]).messageKey == .internalError)
    }

    @Test func `meetings of an offline server are not listed and not running`() async throws {
        let stand = try await Stand()
        for number in 0..<6 { try await stand.create("room-\(number)") }
        let dead = try stand.holder("room-0")
        dead.set(.refuse)
        await stand.pass(60)
        #expect(try await stand.reply(.isMeetingRunning, ["meetingID": "room-0"]).root.text(of: "running") == "false")
        #expect(try await stand.reply(.getMeetings).root.child("meetings")?.children.count == 4)
    }

    @Test func `the list is the union, newest first, with each server's own words`() async throws {
        let stand = try await Stand()
        for number in 0..<7 {
            try await stand.create("room-\(number)")
            stand.clock.advance(by: .milliseconds(5))
        }
        guard case .xml(let octets) = await stand.answer(.getMeetings) else { throw Stand.NoReply() }
        let reply = try Reply(octets)
        let meetings = try #require(reply.root.child("meetings")).children
        #expect(meetings.compactMap { $0.text(of: "meetingID") } == (0..<7).reversed().map { "room-\($0)" })
        let single = SimulatedRequest(stand.servers[0].endpoint.request(.getMeetings))
        let direct = stand.servers[0].carryOut(single, at: stand.clock.now).body
        let own = try Reply(direct)
        for meeting in try #require(own.root.child("meetings")).children {
            let text = String(decoding: direct[meeting.range], as: UTF8.self)
            #expect(String(decoding: octets, as: UTF8.self).contains(text))
        }
    }

    @Test func `a meeting that nobody made here is neither listed nor found, nor touched`() async throws {
        let stand = try await Stand(servers: 1)
        let foreign = SimulatedRequest(
            stand.servers[0].endpoint.request(.create, ["name": "Foreign", "meetingID": "foreign"]))
        _ = stand.servers[0].carryOut(foreign, at: stand.clock.now)
        await stand.pass(10)
        #expect(try await stand.reply(.getMeetings).messageKey == .noMeetings)
        #expect(try await stand.reply(.getMeetingInfo, ["meetingID": "foreign"]).messageKey == .notFound)
        #expect(stand.servers[0].meetings.count == 1)
        #expect(stand.fleet.observations().map(\.unexplained) == [1])
    }

    @Test func `breakout rooms that a server made by itself are listed and found with their parent`() async throws {
        let stand = try await Stand()
        try await stand.create("room-1")
        let holder = try stand.holder("room-1")
        let id = try #require(MeetingID(rawValue: "room-1"))
        let now = stand.clock.now
        let rooms = holder.withBBB { $0.openBreakouts(of: id, count: 2, at: now) }
        await stand.pollAll()
        #expect(try await stand.reply(.getMeetings).root.child("meetings")?.children.count == 3)
        let room = try #require(rooms.first)
        #expect(
            try await stand.reply(.getMeetingInfo, ["meetingID": room.rawValue]).root.text(of: "isBreakout") == "true")
    }

    @Test func `end keeps the mapping until the server is found without the meeting`() async throws {
        let stand = try await Stand()
        try await stand.create("room-1")
        #expect(try await stand.reply(.end, ["meetingID": "room-1"]).messageKey == .sentEndMeetingRequest)
        #expect(try stand.mapped("room-1")?.isEnding == true)
        await stand.pollAll()
        #expect(try stand.mapped("room-1") == nil)
    }

    @Test func `an end that a server does not confirm forgets nothing`() async throws {
        let stand = try await Stand()
        try await stand.create("room-1")
        try stand.holder("room-1").set(.hang, call: .end)
        #expect(try await stand.reply(.end, ["meetingID": "room-1"]).messageKey == .internalError)
        #expect(try stand.mapped("room-1")?.isEnding == false)
    }

    @Test func `in panic nothing is forgotten although a server says that it has nothing`() async throws {
        let stand = try await Stand(servers: 3)
        for number in 0..<6 { try await stand.create("room-\(number)") }
        for server in stand.servers { server.set(.refuse) }
        await stand.pass(10)
        #expect(stand.fleet.isInPanic)
        // One is back, without its meetings; the others still fail.
        stand.servers[0].heal()
        stand.servers[0].reboot()
        await stand.fleet.pollOnce(try stand.server(stand.servers[0]))
        #expect(stand.fleet.isInPanic)
        for number in 0..<6 { #expect(try stand.mapped("room-\(number)") != nil) }
    }
}
