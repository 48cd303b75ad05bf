import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Faults that were found by reading and by trying; each is named after its symptom.
@Suite struct FoundFaultTests {
    @Test func `a meeting whose re-creation failed is taken back with its server, not ended`() async throws {
        let stand = try await Stand(servers: 2)
        try await stand.create("room-1")
        let holder = try stand.holder("room-1")
        let other = try #require(stand.servers.first { $0 !== holder })
        holder.set(.refuse)
        await stand.pass(60)
        #expect(try stand.isOffline(holder))
        for fault in [SimulatedFault.refuse, .failed(.idNotUnique, "no"), .status(500)] {
            other.set(fault, call: .create, remaining: 1)
            #expect(try await !stand.create("room-1").isSuccess)
            #expect(try stand.mapped("room-1")?.server == stand.server(holder).id)
        }
        holder.heal()
        await stand.pass(30)
        #expect(try stand.holder("room-1") === holder)
        #expect(holder.count(of: .end) == 0)
        #expect(try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"]).isSuccess)
    }

    @Test func `a viewer's join link stays a viewer's whatever form is sent with it`() async throws {
        let stand = try await Stand()
        try await stand.create("room-1")
        let secret = try #require(stand.account.secrets.first).secret
        let query = "meetingID=room-1&fullName=Eve&role=VIEWER"
        let checksum = Checksum(.join, query: query, secret: secret).hex
        let call = Call(
            .join, method: .post, rawQuery: "\(query)&checksum=\(checksum)",
            contentType: "application/x-www-form-urlencoded",
            body: Array("role=MODERATOR&auth=true&guest=false".utf8))
        #expect(stand.fleet.caller(of: call) != nil)
        guard case .redirect(let url, _) = await stand.fleet.answer(call, of: Caller(stand.account)) else {
            throw Stand.NoReply()
        }
        #expect(url.contains("role=VIEWER") && !url.contains("MODERATOR") && !url.contains("auth"))
    }

    @Test func `a dead server in maintenance gives its meetings up`() async throws {
        let stand = try await Stand()
        try await stand.create("room-1")
        let holder = try stand.holder("room-1")
        holder.set(.refuse)
        _ = try await stand.store.setAdministrative(
            .maintenance, of: stand.server(holder).id, now: stand.clock.fleetTime.now())
        await stand.pass(60)
        #expect(try await stand.reply(.isMeetingRunning, ["meetingID": "room-1"]).root.text(of: "running") == "false")
        #expect(try await stand.create("room-1").isSuccess)
        #expect(try stand.mapped("room-1")?.server != stand.server(holder).id)
    }

    @Test func `a join that its server refuses by redirect is the caller's error, not the server's fault`() async throws
    {
        let stand = try await Stand(servers: 1)
        try await stand.create("room-1")
        stand.servers[0].reboot()
        let answer = await stand.answer(
            .join, ["fullName": "A", "meetingID": "room-1", "role": "VIEWER", "redirect": "false"])
        guard case .relayed(let octets, _) = answer else { throw Stand.NoReply() }
        let reply = try Reply(octets)
        #expect(reply.code == .failed && reply.saysMeetingIsGone)
        #expect(stand.fleet.health(of: try stand.server(stand.servers[0]).id).word == "online")
    }

    @Test func `a server whose list cannot be understood loses no meeting`() async throws {
        let stand = try await Stand(servers: 1)
        try await stand.create("room-1")
        stand.servers[0].set(.failed("notReady", "starting"), call: .getMeetings)
        await stand.pass(10)
        #expect(try stand.mapped("room-1")?.state == .running)
    }

    @Test func `an internal id of another meeting that begins alike settles nothing`() async throws {
        let stand = try await Stand(servers: 1)
        let created = try #require(CreateReply(try await stand.create("room-1")))
        // A server finds meetings by the beginning of their internal ids (bbb-api.md 4.2).
        let prefix = String(created.internalMeetingID.rawValue.prefix(6))
        stand.servers[0].set(.hang, call: .create)
        #expect(try await stand.create(prefix).messageKey == .internalError)
        stand.servers[0].heal()
        #expect(try stand.mapped(prefix)?.state != .running)
    }
}
