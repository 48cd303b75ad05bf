import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Reservations where meetings end, come back and are lost in ways that the worked examples leave out.
@Suite struct ReservationFaultTests {
    private func end(_ id: String, _ stand: Stand) async throws -> Reply {
        let meeting = try #require(try stand.mapped(id))
        return try await stand.reply(.end, ["meetingID": id, "password": meeting.moderatorPW])
    }

    // MARK: ended

    @Test func `a meeting that somebody ends gives its connections back before a poll sees it`() async throws {
        let stand = try await Stand.withA()
        #expect(try await stand.book("room-B", 10) == "noConnectionsAvailable 5 7200")
        #expect(try await end("room-A", stand).isSuccess)
        #expect(try await stand.book("room-B", 10) == "admitted")
        await stand.pollAll()
        #expect(try await stand.reservation("room-A") == nil)
        #expect(try await stand.lives("room-B"))
    }

    @Test func `a meeting that ended at its server unseen is admitted anew when it is created again`() async throws {
        let stand = try await Stand.withA()
        await stand.pass(until: 30)
        let before = try #require(try stand.mapped("room-A"))
        #expect(try stand.holder("room-A").endMeeting(stand.id("room-A")))
        #expect(try await stand.book("room-A", 18, 45) == "admitted")
        let reservation = try #require(try await stand.reservation("room-A"))
        #expect(reservation.connections == 18 && reservation.expiresAt == stand.at(75) && reservation.state == .live)
        #expect(try stand.told("room-A", of: .default)["maxParticipants"] == "18")
        #expect(try stand.mapped("room-A")?.internalMeetingID != before.internalMeetingID)
    }

    @Test func `when others have its connections by then it is not made anew`() async throws {
        let stand = try await Stand.withA(servers: 1)
        await stand.pass(until: 30)
        #expect(try stand.holder("room-A").endMeeting(stand.id("room-A")))
        try await stand.setPool(10)
        #expect(try await stand.book("room-A", 15, 45).hasPrefix("connectionLimitExceeded"))
        await stand.pass(30)
        #expect(try stand.holders("room-A").isEmpty)
        #expect(try await stand.reservations().isEmpty)
        #expect(try stand.mapped("room-A") == nil)
        #expect(try await stand.book("room-B", 10) == "admitted")
    }

    @Test func `a poll that sees the new one first does not spare it the pool`() async throws {
        let stand = try await Stand.pool(of: 20, servers: 1)
        #expect(try await stand.book("room-A", 5) == "admitted")
        #expect(try await stand.book("room-B", 15) == "admitted")
        let holder = try stand.holder("room-A")
        let (before, server) = (try #require(try stand.mapped("room-A")), try stand.server(holder))
        #expect(try holder.endMeeting(stand.id("room-A")))
        // Its server makes it anew for a create whose answer is on its way while a poll sees it.
        stand.clock.advance(by: .seconds(1))
        let call = holder.endpoint.request(.create, ["meetingID": "room-A", "name": "Room"])
        let made = try #require(
            CreateReply(try Reply(try await stand.network.send(call, deadline: .seconds(5)).body)))
        await stand.pollAll()
        #expect(try stand.mapped("room-A")?.internalMeetingID == made.internalMeetingID)
        func renewal(_ connections: Int) -> Store.Renewal {
            let admission = Store.Admission(
                request: ReservationRequest(connections: connections, minutes: 60, isExplicit: true), askedMinutes: 60,
                capacity: 20, isShared: false)
            return Store.Renewal(
                name: "Room", parameters: "", secret: nil, callbacks: .none, logoutURL: nil, document: nil,
                replacing: before.internalMeetingID, admission: admission)
        }
        await #expect(throws: Store.Unreserved.self) {
            _ = try await stand.store.settle(
                before.number, on: server.id, .init(made), renewal: renewal(20), now: stand.now)
        }
        #expect(try stand.mapped("room-A") == nil)
        #expect(try await stand.reservation("room-A") == nil)
        await stand.pollAll()
        #expect(try stand.holders("room-A").isEmpty)
    }

    @Test func `a create that fails elsewhere leaves a meeting from before the pool as it was`() async throws {
        let stand = try await Stand(servers: 2)
        #expect(try await stand.create("room-A", ["maxParticipants": "15"], of: .default).isSuccess)
        try await stand.setPool(20)
        let down = try stand.holder("room-A")
        let other = try #require(stand.servers.first { $0 !== down })
        try await stand.takeDown(down)
        other.set(.refuse, call: .create)
        #expect(try await stand.book("room-A", 15) == "internalError")
        #expect(try await stand.reservations().isEmpty)
        other.heal()
        await stand.pass(20)
        #expect(try await stand.book("room-A", 15) == "admitted")
    }

    @Test func `what ends on a server in maintenance that answers gives its connections back`() async throws {
        let stand = try await Stand.withA()
        let holder = try stand.holder("room-A")
        try await stand.set(.maintenance, of: holder)
        await stand.pass(20)
        #expect(try holder.endMeeting(stand.id("room-A")))
        await stand.pass(4)
        #expect(try await stand.reservation("room-A") == nil)
        #expect(try await stand.book("room-B", 10) == "admitted")
    }

    // MARK: lost

    @Test func `a server that was away for a moment and has lost a meeting does not cost its connections`() async throws
    {
        let stand = try await Stand.withA()
        let server = try stand.holder("room-A")
        try await stand.suspect(server)
        server.reboot()
        server.heal()
        await stand.pass(10)
        #expect(try await stand.book("room-B", 10).hasPrefix("noConnectionsAvailable 5 "))
        #expect(try await stand.book("room-A", 3, 10) == "admitted")
        let reservation = try #require(try await stand.reservation("room-A"))
        #expect(reservation.connections == 15 && reservation.expiresAt == stand.at(120))
    }

    @Test func `a meeting from before the pool asks for its place when it is made again elsewhere`() async throws {
        let stand = try await Stand(servers: 2)
        #expect(try await stand.create("room-A", ["maxParticipants": "15", "duration": "90"], of: .default).isSuccess)
        try await stand.setPool(20)
        try await stand.takeDown(try stand.holder("room-A"))
        #expect(try await stand.book("room-A", 15, 90) == "admitted")
        #expect(try await stand.reservation("room-A")?.connections == 15)
        #expect(try await stand.book("room-B", 6).hasPrefix("noConnectionsAvailable 5 "))
    }

    // MARK: sizes and times

    @Test func `a breakout room has no more than its parent`() async throws {
        let stand = try await Stand.pool(of: 20, servers: 1)
        #expect(try await stand.book("room-A", 5) == "admitted")
        for (asked, told) in [("999", "5"), ("2", "2"), ("", "5")] {
            let id = "breakout-\(asked)x"
            let room: Parameters = [
                "isBreakout": "true", "parentMeetingID": "room-A", "sequence": "1", "maxParticipants": asked,
            ]
            #expect(try await stand.create(id, room, of: .default).isSuccess)
            #expect(try stand.told(id, of: .default)["maxParticipants"] == told)
        }
        #expect(try await stand.reservations().count == 1)
    }

    @Test(arguments: [("33", "33"), ("999", "60"), ("0", "60"), ("soon", "60")])
    func `answers tell when the operator's limit ends it`(asked: String, told: String) async throws {
        let stand = try await Stand.pool(of: 20, servers: 2)
        _ = try await stand.store.changeRights(of: .default) { $0.limits.duration = 60 }
        let created = try await stand.create("room-A", ["duration": asked], of: .default)
        #expect(created.root.text(of: "duration") == told)
        #expect(try stand.told("room-A", of: .default)["duration"] == "60")
        let moved = try Reply(try await stand.fleet.move(try #require(try stand.mapped("room-A")), to: nil))
        #expect(moved.root.text(of: "duration") == told)
    }

    @Test func `a rule that asks for more than the pool has is refused when it is set, and so is the pool`()
        async throws
    {
        let stand = try await Stand.pool(of: 20, servers: 1)
        let rule = try ParameterRule(.init(call: .create, kind: .default, name: "maxParticipants", value: "21"))
        await #expect(throws: (any Error).self) {
            _ = try await stand.store.setRule(rule, of: .default, replacing: true, now: stand.now)
        }
        try await stand.setPool(30)
        #expect(try await stand.store.setRule(rule, of: .default, replacing: true, now: stand.now) != nil)
        await #expect(throws: RightsConflict.self) { try await stand.setPool(20) }
    }
}
