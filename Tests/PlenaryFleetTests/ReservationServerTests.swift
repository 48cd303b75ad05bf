import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Connections that can be reserved on a server (`rooms-api.md` 15.6, T13).
@Suite struct ReservationServerTests {
    /// A pool of 100, and a server for each number: the connections that can be reserved on it.
    private static func stand(_ connections: [Int?]) async throws -> Stand {
        let stand = try await Stand.pool(of: 100, servers: connections.count)
        for (server, most) in zip(stand.servers, connections) { try await set(most, on: server, stand) }
        return stand
    }

    private static func set(_ connections: Int?, on server: SimulatedServer, _ stand: Stand) async throws {
        let id = try stand.server(server).id
        #expect(try await stand.store.setConnections(connections, of: id))
        #expect(try stand.server(server).connections == connections)
    }

    /// What becomes of a create that would like to be on a server.
    private static func book(_ id: String, _ connections: Int, preferring server: String, _ stand: Stand) async throws
        -> String
    {
        let wish: Parameters = ["maxParticipants": String(connections), "preferredServer": server]
        return Stand.words(of: try await stand.create(id, wish, of: .default))
    }

    /// How many connections the meetings of a server have.
    private static func used(_ server: SimulatedServer) -> Int {
        server.meetings.reduce(0) { $0 + $1.maxParticipants }
    }

    // MARK: where there is room

    @Test func `a meeting goes where there is room for it`() async throws {
        let stand = try await Self.stand([5, 12, 5])
        #expect(try await stand.book("room-A", 10) == "admitted")
        #expect(try stand.holder("room-A") === stand.servers[1])
        // Whatever its caller prefers.
        #expect(try await Self.book("room-B", 3, preferring: "bbb2", stand) == "admitted")
        #expect(try stand.holder("room-B") !== stand.servers[1])
        #expect(try await Self.book("room-C", 2, preferring: "bbb2", stand) == "admitted")
        #expect(try stand.holder("room-C") === stand.servers[1])
    }

    @Test func `a server that was added with a number takes as many`() async throws {
        let stand = try await Self.stand([3])
        let server = SimulatedServer(
            name: "late", url: try #require(APIURL("http://late.example")), secret: try stand.secret("of late"))
        stand.network.connect(server)
        let added = try await stand.store.addServer(
            name: try #require(Slug("late")), endpoint: server.endpoint, connections: 8, now: stand.now)
        await stand.pollAll()
        #expect(added.connections == 8 && stand.store.roster { $0.servers[added.id]?.connections } == 8)
        #expect(try await stand.book("room-A", 9) == "internalError")
        #expect(try await stand.book("room-A", 8) == "admitted")
        #expect(server.meetings.map(\.maxParticipants) == [8])
    }

    @Test func `a server without a number takes any number`() async throws {
        let stand = try await Self.stand([1, nil])
        for number in 0..<4 { #expect(try await stand.book("room-\(number)", 25) == "admitted") }
        #expect(stand.servers[0].meetings.isEmpty && Self.used(stand.servers[1]) == 100)
    }

    @Test func `many at once overfill no server`() async throws {
        let stand = try await Self.stand([10, 10, 10])
        let outcomes = try await stand.bookAtOnce((0..<20).map { ("room-\($0)", 5) })
        #expect(outcomes.filter { $0 == "admitted" }.count == 6)
        #expect(outcomes.filter { $0 == "internalError" }.count == 14)
        #expect(stand.servers.map(Self.used) == [10, 10, 10])
        #expect(try await stand.reservations().count == 6)
    }

    @Test func `of two at once for the last room of a server one gets it`() async throws {
        let stand = try await Self.stand([10])
        let outcomes = try await stand.bookAtOnce([("room-A", 6), ("room-B", 6)])
        #expect(outcomes == ["admitted", "internalError"])
        #expect(Self.used(stand.servers[0]) == 6)
    }

    @Test func `who is sent on to the next server does not overfill it`() async throws {
        let stand = try await Self.stand([10, 10])
        // While its first server turns it away, another one takes the room on the second.
        stand.network.setBefore { (call: OutgoingCall) async throws(TransportFault) in
            guard call.call == .create, call.url.contains("bbb1.example") else { return }
            do {
                let outcome = try await stand.book("room-B", 10)
                #expect(outcome == "admitted")
            } catch { Issue.record("\(error)") }
            throw .refused
        }
        let outcome = try await Self.book("room-A", 10, preferring: "bbb1", stand)
        #expect(outcome == "internalError")
        #expect(Self.used(stand.servers[1]) == 10)
        #expect(try await stand.reservations().map(\.key) == [stand.key("room-B")])
    }

    // MARK: where there is none

    @Test func `when no server has room nothing of the pool is taken`() async throws {
        let stand = try await Self.stand([9, 9])
        let refused = try await stand.create("room-A", ["maxParticipants": "10"], of: .default)
        #expect(refused.messageKey == Refusal.noServer.key && refused.message == Refusal.noServer.message)
        #expect(try await stand.reservations().isEmpty)
        #expect(try stand.mapped("room-A") == nil)
        #expect(stand.servers.allSatisfy { $0.count(of: .create) == 0 })
        try await Self.set(100, on: stand.servers[0], stand)
        #expect(try await stand.book("room-A", 100) == "admitted")
    }

    @Test func `when there are no connections either that is what is told`() async throws {
        let stand = try await Self.stand([9, 9])
        #expect(try await stand.book("room-A", 101) == "connectionLimitExceeded 100")
        for room in ["room-B", "room-C"] { #expect(try await stand.book(room, 9) == "admitted") }
        #expect(try await stand.book("room-D", 90) == "noConnectionsAvailable 82 3600")
        #expect(try await stand.book("room-D", 80) == "internalError")
    }

    @Test func `when no server has room nobody is thrown out`() async throws {
        let stand = try await Self.stand([100])
        #expect(try await stand.book("room-A", 60, 60) == "admitted")
        await stand.pass(until: 70)
        try await Self.set(49, on: stand.servers[0], stand)
        #expect(try await stand.book("room-B", 50) == "internalError")
        await stand.makeRoom()
        #expect(try await stand.lives("room-A"))
        #expect(stand.ends == 0)
    }

    @Test func `meetings past their time keep nobody from the server on which they end`() async throws {
        let stand = try await Self.stand([100])
        #expect(try await stand.book("room-A", 60, 60) == "admitted")
        try await Self.set(60, on: stand.servers[0], stand)
        #expect(try await stand.book("room-B", 40) == "internalError")
        await stand.pass(until: 70)
        #expect(try await stand.book("room-B", 60) == "admitted")
        await stand.makeRoom()
        #expect(try stand.holders("room-A").isEmpty)
        #expect(try await stand.lives("room-B"))
    }

    @Test func `who ends takes no room any more, before a poll sees it`() async throws {
        let stand = try await Self.stand([20])
        #expect(try await stand.book("room-A", 15) == "admitted")
        let password = try #require(try stand.mapped("room-A")).moderatorPW
        #expect(try await stand.reply(.end, ["meetingID": "room-A", "password": password]).isSuccess)
        #expect(try await stand.book("room-B", 15) == "admitted")
    }

    @Test func `a server that cannot be used hides nobody who makes room`() async throws {
        let stand = try await Self.stand([20])
        try await stand.setPool(20)
        #expect(try await stand.book("room-A", 15, 60) == "admitted")
        let empty = try await stand.serverJoins("bbb9", at: "http://bbb9.example")
        try await Self.set(20, on: empty, stand)
        try await stand.set(.drain, of: empty)
        await stand.pass(until: 70)
        #expect(try await stand.book("room-B", 10) == "admitted")
    }

    @Test func `a smaller number ends nothing, and a greater one makes room`() async throws {
        let stand = try await Self.stand([20])
        #expect(try await stand.book("room-A", 15) == "admitted")
        try await Self.set(10, on: stand.servers[0], stand)
        await stand.makeRoom()
        #expect(try await stand.lives("room-A"))
        #expect(try await stand.book("room-A", 15) == "duplicateWarning")
        #expect(try await stand.book("room-B", 1) == "internalError")
        try await Self.set(16, on: stand.servers[0], stand)
        #expect(try await stand.book("room-B", 1) == "admitted")
        try await Self.set(nil, on: stand.servers[0], stand)
        #expect(try await stand.book("room-C", 80) == "admitted")
    }

    @Test func `a meeting that ended leaves its room on the server`() async throws {
        let stand = try await Self.stand([10])
        #expect(try await stand.book("room-A", 10) == "admitted")
        #expect(try await stand.book("room-B", 1) == "internalError")
        #expect(stand.servers[0].endMeeting(try stand.id("room-A")))
        await stand.pollAll()
        #expect(try await stand.book("room-B", 10) == "admitted")
    }

    @Test func `a create that a server refused leaves no room taken`() async throws {
        let stand = try await Self.stand([10])
        stand.servers[0].set(.failed(.validationError, "not here"), call: .create, remaining: 1)
        #expect(try await stand.book("room-A", 10) == "validationError")
        #expect(try await stand.book("room-B", 10) == "admitted")
    }

    // MARK: moves

    @Test func `a meeting that was moved counts where it is now`() async throws {
        let stand = try await Self.stand([10, 10])
        #expect(try await Self.book("room-A", 10, preferring: "bbb1", stand) == "admitted")
        #expect(try stand.holder("room-A") === stand.servers[0])
        let meeting = try #require(try stand.mapped("room-A"))
        #expect(try await stand.fleet.move(meeting, to: nil).isEmpty == false)
        await stand.pollAll()
        #expect(try stand.holder("room-A") === stand.servers[1])
        #expect(try await Self.book("room-B", 10, preferring: "bbb2", stand) == "admitted")
        #expect(try stand.holder("room-B") === stand.servers[0])
        #expect(try await stand.book("room-C", 1) == "internalError")
    }

    @Test func `a meeting does not move where there is no room for it`() async throws {
        let stand = try await Self.stand([10, 9])
        #expect(try await stand.book("room-A", 10) == "admitted")
        let meeting = try #require(try stand.mapped("room-A"))
        await #expect(throws: Refusal.noServer) { _ = try await stand.fleet.move(meeting, to: nil) }
        await stand.makeRoom()
        #expect(try stand.holder("room-A") === stand.servers[0])
        #expect(try stand.mapped("room-A")?.number == meeting.number)
        #expect(try await stand.lives("room-A"))
    }

    // MARK: who is not held back

    @Test func `accounts without reservations are not held back, and do not count`() async throws {
        let stand = try await Self.stand([10])
        let school = try await stand.tenant("school").id
        for id in ["room-A", "room-B"] {
            #expect(try await stand.create(id, ["maxParticipants": "50"], of: school).isSuccess)
        }
        #expect(try await stand.book("room-A", 10) == "admitted")
        #expect(try await stand.book("room-B", 1) == "internalError")
        #expect(try await stand.create("room-C", ["maxParticipants": "50"], of: school).isSuccess)
        #expect(stand.servers[0].meetings.count == 4)
    }

    @Test func `all accounts that reserve share the room of a server`() async throws {
        let stand = try await Self.stand([10])
        let (_, accounts) = try await stand.sell([.maxConnections: .integer(50)], to: ["north"])
        #expect(try await stand.book("room-A", 6) == "admitted")
        #expect(try await stand.book("room-A", 5, of: accounts[0]) == "internalError")
        #expect(try await stand.book("room-A", 4, of: accounts[0]) == "admitted")
    }

    @Test func `breakout rooms are beside their parent, however full its server is`() async throws {
        let stand = try await Self.stand([10, 10])
        #expect(try await stand.book("room-A", 10) == "admitted")
        let room: Parameters = ["isBreakout": "true", "parentMeetingID": "room-A", "sequence": "1"]
        #expect(try await stand.create("room-1", room, of: .default).isSuccess)
        #expect(try stand.holder("room-1") === stand.holder("room-A"))
    }
}
