import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// The worked examples of `rooms-api.md` 15.12, by number, on a fleet.
@Suite struct ReservationExampleTests {
    // MARK: E1, the founding document's own

    @Test func `E1 what is reserved is nobody else's, and what is left can be had`() async throws {
        let stand = try await Stand.withA()
        await stand.pass(until: 60)
        #expect(try await stand.book("room-B", 10) == "noConnectionsAvailable 5 3600")
        // No server was asked, and nothing is remembered.
        #expect(stand.servers.reduce(0) { $0 + $1.count(of: .create) } == 1)
        #expect(try stand.mapped("room-B") == nil)
        #expect(try await stand.reservation("room-B") == nil)
        #expect(try await stand.book("room-B", 5) == "admitted")
        await stand.makeRoom()
        #expect(try await stand.lives("room-A"))
        #expect(try await stand.lives("room-B"))
        #expect(stand.ends == 0)
    }

    @Test(arguments: [true, false]) func `E1 a meeting that ended frees its connections at once`(byCall: Bool)
        async throws
    {
        let stand = try await Stand.withA()
        await stand.pass(until: 50)
        if byCall {
            #expect(try await stand.reply(.end, ["meetingID": "room-A"], of: .default).isSuccess)
        } else {
            #expect(try stand.holder("room-A").endMeeting(try stand.id("room-A")))
        }
        await stand.pollAll()
        #expect(try await stand.reservations().isEmpty)
        await stand.pass(until: 60)
        #expect(try await stand.book("room-B", 10) == "admitted")
        #expect(try await stand.lives("room-B"))
    }

    @Test func `E1 past its time a meeting goes on while nobody needs its connections`() async throws {
        let stand = try await Stand.withA()
        // A server that was told of the two hours would end it.
        for server in stand.servers { server.withBBB { $0.endsUnusedMeetings = true } }
        let id = try stand.id("room-A")
        #expect(try stand.holder("room-A").joinParticipant(meetingID: id, fullName: "Ann", at: stand.now) != nil)
        await stand.pass(until: 130)
        await stand.makeRoom()
        #expect(try await stand.lives("room-A"))
        let reservation = try #require(try await stand.reservation("room-A"))
        #expect(reservation.isUnreserved(at: stand.now) && reservation.expiresAt == stand.at(120))
        #expect(try await stand.book("room-B", 5) == "admitted")
        await stand.makeRoom()
        #expect(try await stand.lives("room-A"))
        #expect(try await stand.lives("room-B"))
        #expect(stand.ends == 0)
    }

    @Test func `E1 past its time a meeting makes room for one that needs it`() async throws {
        let stand = try await Stand.withA()
        await stand.pass(until: 130)
        #expect(try await stand.book("room-B", 10) == "admitted")
        // Who comes is turned away at once, also before the server was told.
        #expect(try stand.holders("room-A").count == 1)
        #expect(try await stand.joining("room-A") == "302 with errors meetingForciblyEnded")
        #expect(try await stand.lives("room-B"))
        await stand.makeRoom()
        #expect(try stand.holders("room-A").isEmpty)
        #expect(try stand.mapped("room-A") == nil)
        #expect(try await stand.lives("room-B"))
        #expect(try await stand.reservations().map(\.key) == [stand.key("room-B")])
        #expect(stand.ends == 1)
        await stand.pass(makingRoom: 60)
        #expect(stand.ends == 1)
    }

    // MARK: E2 to E4

    @Test func `E2 exactly at the boundary`() async throws {
        let stand = try await Stand.withA()
        await stand.pass(until: 120, less: .milliseconds(1))
        #expect(try await stand.book("room-B", 10) == "noConnectionsAvailable 5 1")
        #expect(try await stand.lives("room-A"))
        await stand.pass(until: 120)
        #expect(try await stand.book("room-B", 10) == "admitted")
        await stand.makeRoom()
        #expect(try stand.holders("room-A").isEmpty)
    }

    @Test(
        arguments: [
            (5, "admitted", ""), (20, "admitted", "Z"), (25, "admitted", "XZ"), (50, "admitted", "Y"),
            (80, "admitted", "YZ"), (90, "admitted", "XYZ"), (91, "noConnectionsAvailable 90 30000", ""),
        ])
    func `E3 several unreserved`(connections: Int, outcome: String, ended: String) async throws {
        let stand = try await Stand.pool(of: 100)
        let meetings = [("room-R", 10, 600, 0), ("room-X", 10, 50, 4), ("room-Y", 60, 80, 30), ("room-Z", 15, 95, 0)]
        for (id, size, minutes, people) in meetings {
            #expect(try await stand.book(id, size, minutes) == "admitted")
            let (holder, meetingID) = (try stand.holder(id), try stand.id(id))
            for number in 0..<people {
                holder.joinParticipant(meetingID: meetingID, fullName: "Pupil \(number)", at: stand.now)
            }
        }
        await stand.pass(until: 100)
        #expect(try await stand.book("room-B", connections) == outcome)
        await stand.makeRoom()
        let gone = try meetings.map(\.0).filter { try stand.holders($0).isEmpty }
        #expect(gone == ended.map { "room-\($0)" } && stand.ends == gone.count)
        for (id, _, _, _) in meetings where !gone.contains(id) { #expect(try await stand.lives(id)) }
    }

    @Test func `E4 when terminating would not suffice nobody is terminated`() async throws {
        let stand = try await Stand.pool(of: 20)
        #expect(try await stand.book("room-A", 8, 30) == "admitted")
        #expect(try await stand.book("room-D", 9, 300) == "admitted")
        await stand.pass(until: 60)
        #expect(try await stand.book("room-B", 12) == "noConnectionsAvailable 11 14400")
        await stand.makeRoom()
        #expect(try await stand.lives("room-A"))
        #expect(try await stand.book("room-B", 11) == "admitted")
        await stand.makeRoom()
        #expect(try stand.holders("room-A").isEmpty)
        #expect(try await stand.lives("room-D"))
    }

    // MARK: E5 to E8

    @Test(
        arguments: [
            [:], ["maxParticipants": "0", "duration": "0"], ["maxParticipants": "abc", "duration": "-5"],
            ["maxParticipants": "15.5", "duration": " 30"], ["maxParticipants": "99999999999", "duration": ""],
        ] as [Parameters])
    func `E5 defaults`(parameters: Parameters) async throws {
        let stand = try await Stand.pool(of: 20)
        _ = try await stand.store.changeRights(of: .default) { rights in
            rights.limits.defaultParticipants = 25
            rights.limits.defaultDuration = 60
        }
        let refused = try await stand.create("room-B", ["maxParticipants": "21"], of: .default)
        #expect(refused.messageKey == "connectionLimitExceeded" && refused.root.child("retryAfter") == nil)
        #expect(try await stand.create("room-A", parameters, of: .default).isSuccess)
        let reservation = try #require(try await stand.reservation("room-A"))
        #expect(reservation.connections == 20 && reservation.expiresAt == stand.at(60))
        let told = try stand.told("room-A", of: .default)
        #expect(told["maxParticipants"] == "20" && told["duration"] == nil)
    }

    @Test(arguments: [60, 200]) func `E6 a repeated create changes nothing`(minute: Int) async throws {
        let stand = try await Stand.withA()
        await stand.pass(until: minute)
        let before = try await stand.reservations()
        #expect(try await stand.book("room-A", 5, 300) == "duplicateWarning")
        #expect(try await stand.book("room-A", 20, 10) == "duplicateWarning")
        #expect(try await stand.create("room-A", of: .default).messageKey == .duplicateWarning)
        let other: Parameters = ["attendeePW": "other", "moderatorPW": "more"]
        #expect(try await stand.create("room-A", other, of: .default).messageKey == .idNotUnique)
        #expect(try await stand.reservations() == before && before.first?.expiresAt == stand.at(120))
        await stand.makeRoom()
        #expect(try await stand.lives("room-A"))
    }

    @Test func `E7 the pool is made smaller`() async throws {
        let stand = try await Stand.pool(of: 20)
        #expect(try await stand.book("room-A", 15, 60) == "admitted")
        try await stand.setPool(10)
        await stand.pass(until: 30)
        await stand.makeRoom()
        #expect(try await stand.lives("room-A"))
        #expect(try await stand.book("room-B", 5) == "noConnectionsAvailable 0 1800")
        await stand.pass(until: 60)
        #expect(try await stand.book("room-B", 5) == "admitted")
        await stand.makeRoom()
        #expect(try stand.holders("room-A").isEmpty)
        #expect(try await stand.lives("room-B"))
    }

    enum Trouble: Sendable, CaseIterable { case noneAnswers, noneTakes, allSayNo }

    @Test(arguments: Trouble.allCases) func `E8 nobody is thrown out for a meeting that no server made`(
        trouble: Trouble
    ) async throws {
        let stand = try await Stand.withA()
        await stand.pass(until: 130)
        let before = try await stand.reservations()
        for server in stand.servers {
            switch trouble {
            case .noneAnswers: server.set(.refuse)
            case .noneTakes: try await stand.set(.drain, of: server)
            case .allSayNo: server.set(.failed(.validationError, "not here"), call: .create)
            }
        }
        let refused = try await stand.create("room-B", ["maxParticipants": "10"], of: .default)
        let expected: MessageKey = trouble == .allSayNo ? .validationError : Refusal.noServer.key
        #expect(refused.messageKey == expected)
        #expect(try await stand.reservations() == before)
        for server in stand.servers {
            server.heal()
            if trouble == .noneTakes { try await stand.set(.ready, of: server) }
        }
        await stand.pass(makingRoom: 10)
        #expect(try await stand.lives("room-A"))
        #expect(stand.ends == 0)
        #expect(try await stand.book("room-B", 10) == "admitted")
        await stand.makeRoom()
        #expect(try stand.holders("room-A").isEmpty)
    }

    // MARK: E9

    @Test func `E9 of two for the last connections one is admitted`() async throws {
        let stand = try await Stand.withA()
        let outcomes = try await stand.bookAtOnce([("room-B", 5), ("room-C", 5)])
        #expect(outcomes == ["admitted", "noConnectionsAvailable 0 3600"])
        #expect(try stand.holders("room-B").count + stand.holders("room-C").count == 1)
    }

    @Test func `E9 two of the same id make one meeting`() async throws {
        let stand = try await Stand.withA()
        #expect(try await stand.bookAtOnce([("room-B", 5), ("room-B", 5)]) == ["admitted", "duplicateWarning"])
        #expect(try await stand.lives("room-B"))
        #expect(try await stand.reservations().count == 2)
    }

    @Test func `E9 of thirty as many are admitted as there are connections`() async throws {
        let stand = try await Stand.pool(of: 10)
        let outcomes = try await stand.bookAtOnce((0..<30).map { ("room-\($0)", 1) })
        #expect(outcomes.filter { $0 == "admitted" }.count == 10)
        #expect(outcomes.filter { $0 == "noConnectionsAvailable 0 3600" }.count == 20)
        #expect(stand.servers.reduce(0) { $0 + $1.meetings.count } == 10)
        #expect(try await stand.reservations().allSatisfy { $0.state == .live })
    }

    @Test func `E9 two that need the place of the same meeting end it once`() async throws {
        let stand = try await Stand.withA()
        await stand.pass(until: 130)
        #expect(try await stand.bookAtOnce([("room-B", 10), ("room-C", 10)]) == ["admitted", "admitted"])
        #expect(try await stand.book("room-D", 1) == "noConnectionsAvailable 0 3600")
        await stand.pass(makingRoom: 10)
        #expect(try stand.holders("room-A").isEmpty)
        #expect(stand.ends == 1)
        #expect(try await stand.lives("room-B"))
        #expect(try await stand.lives("room-C"))
    }

    // MARK: E10

    @Test func `E10 a server that is merely down keeps what it has reserved`() async throws {
        let stand = try await Stand.withA()
        await stand.pass(until: 40)
        let down = try stand.holder("room-A")
        try await stand.takeDown(down)
        await stand.pass(until: 45)
        #expect(try await stand.book("room-B", 10) == "noConnectionsAvailable 5 4500")
        down.heal()
        await stand.pass(makingRoom: 20)
        #expect(try await stand.lives("room-A"))
        #expect(stand.ends == 0)
    }

    /// A's server is given up at 40.
    private func panic(othersTake: Bool) async throws -> (Stand, dead: SimulatedServer) {
        let stand = try await Stand.withA()
        await stand.pass(until: 40)
        let dead = try stand.holder("room-A")
        dead.set(.refuse)
        let others = stand.servers.filter { $0 !== dead }
        if !othersTake { for server in others { try await stand.set(.drain, of: server) } }
        _ = try await stand.store.order(.panic(try stand.server(dead).id), now: stand.now)
        await stand.fleet.carryOutOrders()
        if !othersTake { for server in others { try await stand.set(.ready, of: server) } }
        return (stand, dead)
    }

    @Test func `E10 after a panic lost connections wait ten minutes for their meeting`() async throws {
        let (stand, dead) = try await panic(othersTake: false)
        #expect(try stand.mapped("room-A") == nil)
        #expect(try await stand.reservation("room-A")?.state == .orphaned(until: stand.at(50)))
        await stand.pass(until: 45)
        #expect(try await stand.book("room-B", 10) == "noConnectionsAvailable 5 300")
        #expect(try await stand.book("room-A", 3, 10) == "admitted")
        let new = try #require(try stand.holders("room-A").first { $0 !== dead })
        #expect(new.meeting(try stand.id("room-A"))?.parameters["maxParticipants"] == "15")
        let reservation = try #require(try await stand.reservation("room-A"))
        #expect(reservation.connections == 15 && reservation.expiresAt == stand.at(120) && reservation.state == .live)
        #expect(try await stand.book("room-B", 10) == "noConnectionsAvailable 5 4500")
    }

    @Test func `E10 after a panic lost connections are free when nobody came for ten minutes`() async throws {
        let (stand, _) = try await panic(othersTake: false)
        await stand.pass(until: 50, less: .milliseconds(1))
        #expect(try await stand.book("room-B", 10) == "noConnectionsAvailable 5 1")
        await stand.pass(until: 50)
        #expect(try await stand.book("room-B", 10) == "admitted")
        await stand.fleet.sweepReservations()
        #expect(try await stand.reservations().map(\.key) == [stand.key("room-B")])
    }

    @Test func `E10 what a panic makes elsewhere keeps its connections and its time`() async throws {
        let (stand, dead) = try await panic(othersTake: true)
        await stand.pass(until: 45)
        #expect(try await stand.book("room-B", 10) == "noConnectionsAvailable 5 4500")
        dead.heal()
        await stand.pass(makingRoom: 20)
        try stand.expectOnce("room-A")
        #expect(try stand.holder("room-A") !== dead)
        let reservation = try #require(try await stand.reservation("room-A"))
        #expect(reservation.connections == 15 && reservation.expiresAt == stand.at(120) && reservation.state == .live)
        let told = try stand.told("room-A", of: .default)
        #expect(told["maxParticipants"] == "15" && told["duration"] == nil)
    }

    // MARK: E11

    @Test func `E11 the accounts of a subscription share its connections, and nobody else's are touched`() async throws
    {
        let stand = try await Stand()
        let (_, accounts) = try await stand.sell([.maxConnections: .integer(20)], to: ["north", "south"])
        let (_, strangers) = try await stand.sell([.maxConnections: .integer(20)], to: ["west"], by: "west")
        let (north, south, west) = (accounts[0], accounts[1], strangers[0])
        #expect(try await stand.book("room-A", 15, 120, of: north) == "admitted")
        #expect(try await stand.book("room-A", 20, 10, of: west) == "admitted")
        await stand.pass(until: 60)
        #expect(try await stand.book("room-A", 10, of: south) == "noConnectionsAvailable 5 3600")
        await stand.pass(until: 130)
        #expect(try await stand.book("room-B", 20, of: west) == "admitted")
        await stand.makeRoom()
        #expect(try stand.holders("room-A", of: west).isEmpty)
        #expect(try await stand.lives("room-A", of: north))
        // The same id of another account is another meeting.
        #expect(try await stand.book("room-A", 10, of: south) == "admitted")
        await stand.makeRoom()
        #expect(try stand.holders("room-A", of: north).isEmpty)
        #expect(try await stand.lives("room-A", of: south))
        #expect(try await stand.lives("room-B", of: west))
        #expect(try await stand.reservations(of: north) == stand.reservations(of: south))
        #expect(try await stand.reservations(of: south).map(\.key) == [stand.key("room-A", of: south)])
        #expect(try await stand.reservations(of: west).map(\.key) == [stand.key("room-B", of: west)])
        #expect(stand.ends == 2)
    }
}
