import BigBlueButton
import Foundation
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// The rules of `rooms-api.md` 15.3 to 15.7, by number, as far as the worked examples do not show them.
@Suite struct ReservationRuleTests {
    // MARK: R, what servers and callers are told

    @Test(
        arguments: [
            ([:], "20", 120), (["maxParticipants": "7", "duration": "30"], "7", 30),
            (["maxParticipants": "+7"], "7", 120), (["duration": "45"], "20", 45),
            (["maxParticipants": "0", "duration": "0"], "20", 120), (["duration": "5000"], "20", 1_440),
        ] as [(Parameters, String, Int)])
    func `R5 to R8 servers are told how many, and never how long`(given: Parameters, most: String, minutes: Int)
        async throws
    {
        let stand = try await Stand.pool(of: 100)
        #expect(try await stand.create("room-A", given, of: .default).isSuccess)
        let told = try stand.told("room-A", of: .default)
        #expect(told["maxParticipants"] == most && told["duration"] == nil)
        let reservation = try #require(try await stand.reservation("room-A"))
        #expect(String(reservation.connections) == most && reservation.expiresAt == stand.at(minutes))
        #expect(reservation.state == .live)
        // Also when it is made again elsewhere.
        let meeting = try #require(try stand.mapped("room-A"))
        #expect(try await stand.fleet.move(meeting, to: nil).isEmpty == false)
        await stand.pollAll()
        let toldAgain = try stand.told("room-A", of: .default)
        #expect(toldAgain["maxParticipants"] == most && toldAgain["duration"] == nil)
        #expect(try await stand.reservation("room-A") == reservation)
    }

    @Test(arguments: [(nil, "0"), ("90", "90"), ("0", "0"), ("abc", "0"), ("", "0")] as [(String?, String)])
    func `R7 answers have the duration that the client asked for`(asked: String?, answered: String) async throws {
        let stand = try await Stand.pool(of: 100)
        var more = Parameters()
        if let asked { more["duration"] = asked }
        let created = try await stand.create("room-A", more, of: .default)
        #expect(created.isSuccess && created.root.text(of: "duration") == answered)
        let info = try await stand.reply(.getMeetingInfo, ["meetingID": "room-A"], of: .default)
        #expect(info.isSuccess && info.root.text(of: "duration") == answered)
        // Also when the server's own answer was lost.
        for server in stand.servers { server.set(.emptyBody, call: .create, when: .after) }
        let found = try await stand.create("room-B", more, of: .default)
        #expect(found.isSuccess && found.root.text(of: "duration") == answered)
    }

    @Test func `a refusal has these elements`() async throws {
        let stand = try await Stand.withA()
        let refused = try await stand.create("room-B", ["maxParticipants": "10"], of: .default)
        #expect(
            refused.root.children.map(\.name) == [
                "returncode", "messageKey", "message", "availableConnections", "retryAfter",
            ])
        #expect(
            refused.message.hasPrefix("10 connections were requested; 5 of 20 are free until 2018-07-09T19:03:"))
    }

    @Test func `without a limit nothing is reserved, and nothing is changed`() async throws {
        let stand = try await Stand(servers: 2)
        let given: Parameters = ["maxParticipants": "5", "duration": "90"]
        let created = try await stand.create("room-A", given, of: .default)
        #expect(created.isSuccess && created.root.text(of: "duration") == "90")
        let told = try stand.told("room-A", of: .default)
        #expect(told["maxParticipants"] == "5" && told["duration"] == "90")
        #expect(try await stand.create("room-B", of: .default).isSuccess)
        #expect(try stand.told("room-B", of: .default)["maxParticipants"] == nil)
        #expect(try await stand.reservations().isEmpty)
        await stand.pass(until: 300)
        await stand.makeRoom()
        #expect(stand.ends == 0)
    }

    @Test func `in an unlimited pool everything is admitted, and reservations are recorded`() async throws {
        let stand = try await Stand()
        let (_, accounts) = try await stand.sell([.maxConnections: .unlimited], to: ["north"])
        let north = accounts[0]
        for number in 1...5 { #expect(try await stand.book("room-\(number)", 1_000, 1, of: north) == "admitted") }
        await stand.pass(until: 10)
        #expect(try await stand.book("room-6", 100_000, of: north) == "admitted")
        await stand.makeRoom()
        #expect(stand.ends == 0)
        #expect(try await stand.reservations(of: north).map(\.connections).sorted().suffix(2) == [1_000, 100_000])
        #expect(try await stand.reservations(of: north).count == 6)
        let told = try stand.told("room-6", of: north)
        #expect(told["maxParticipants"] == "100000" && told["duration"] == nil)
    }

    // MARK: T3, T5: what fails

    @Test func `T3 what a server refuses reserves nothing`() async throws {
        let stand = try await Stand.withA()
        for server in stand.servers { server.set(.failed(.validationError, "not here"), call: .create, remaining: 1) }
        let refused = try await stand.create("room-B", ["maxParticipants": "5"], of: .default)
        #expect(refused.messageKey == .validationError && refused.message == "not here")
        #expect(try await stand.reservations().map(\.key) == [stand.key("room-A")])
        for server in stand.servers { server.heal() }
        #expect(try await stand.book("room-C", 5) == "admitted")
    }

    /// A was to make room for B, 10 of 20, at 130.
    private func preempted(engine: (any SQLEngine)? = nil) async throws -> Stand {
        let stand = try await Stand.withA(engine: engine)
        await stand.pass(until: 130)
        #expect(try await stand.book("room-B", 10) == "admitted")
        return stand
    }

    @Test(arguments: [SimulatedFault.refuse, .status(500), .emptyBody, .failed(.internalError, "no")])
    func `T5 an end that fails is asked for again, and nobody comes in meanwhile`(fault: SimulatedFault) async throws {
        let stand = try await preempted()
        let holder = try stand.holder("room-A")
        holder.set(fault, call: .end)
        #expect(try await stand.joining("room-A") == "302 with errors meetingForciblyEnded")
        await stand.pass(makingRoom: 30)
        #expect(try stand.holders("room-A").count == 1)
        #expect(try await stand.joining("room-A") == "302 with errors meetingForciblyEnded")
        // It does not count, and is not chosen once more.
        #expect(try await stand.book("room-C", 10) == "admitted")
        #expect(try await stand.book("room-D", 1).hasPrefix("noConnectionsAvailable 0 "))
        holder.heal()
        await stand.pass(makingRoom: 600)
        #expect(try stand.holders("room-A").isEmpty)
        #expect(try await stand.reservation("room-A") == nil)
        for id in ["room-B", "room-C"] { #expect(try await stand.lives(id)) }
    }

    @Test func `T9 a victim whose server is down does not count, and is ended when it is back`() async throws {
        let stand = try await Stand.withA()
        await stand.pass(until: 125)
        let down = try stand.holder("room-A")
        try await stand.takeDown(down)
        await stand.pass(until: 130)
        #expect(try await stand.book("room-B", 10) == "admitted")
        #expect(try await stand.book("room-C", 10) == "admitted")
        await stand.pass(makingRoom: 60)
        #expect(try stand.holder("room-A") === down)
        #expect(try await stand.joining("room-A") != "302 to its server")
        down.heal()
        await stand.pass(makingRoom: 600)
        #expect(try stand.holders("room-A").isEmpty)
        #expect(try await stand.reservation("room-A") == nil)
        for id in ["room-B", "room-C"] { #expect(try await stand.lives(id)) }
    }

    @Test func `a victim that is created again before it has gone is ended, and admitted anew`() async throws {
        let stand = try await preempted()
        let before = try #require(try stand.holder("room-A").meeting(try stand.id("room-A")))
        #expect(try await stand.book("room-A", 15) == "noConnectionsAvailable 10 3600")
        #expect(try await stand.joining("room-A") == "302 with errors invalidMeetingIdentifier")
        #expect(try await stand.book("room-A", 10) == "admitted")
        await stand.pass(makingRoom: 30)
        try stand.expectOnce("room-A")
        let after = try #require(try stand.holder("room-A").meeting(try stand.id("room-A")))
        #expect(after.internalID != before.internalID && after.parameters["maxParticipants"] == "10")
        let reservation = try #require(try await stand.reservation("room-A"))
        #expect(reservation.connections == 10 && reservation.expiresAt == stand.at(190) && reservation.state == .live)
        for id in ["room-A", "room-B"] { #expect(try await stand.lives(id)) }
    }

    // MARK: T9, T9b: servers that go and come back

    /// A's server is offline from 41 on.
    private func withServerDown() async throws -> (Stand, SimulatedServer) {
        let stand = try await Stand.withA()
        await stand.pass(until: 40)
        let down = try stand.holder("room-A")
        try await stand.takeDown(down)
        return (stand, down)
    }

    /// A is there again, with what it had.
    private func expectTakenOver(_ stand: Stand, on server: SimulatedServer) async throws {
        let meeting = try #require(server.meeting(try stand.id("room-A")))
        #expect(meeting.parameters["maxParticipants"] == "15" && meeting.parameters["duration"] == nil)
        let reservation = try #require(try await stand.reservation("room-A"))
        #expect(reservation.connections == 15 && reservation.expiresAt == stand.at(120) && reservation.state == .live)
        let left = (stand.at(120).milliseconds - stand.now.milliseconds + 999) / 1_000
        #expect(try await stand.book("room-B", 6) == "noConnectionsAvailable 5 \(left)")
    }

    @Test func `T9 a meeting that is created again while its server is down has the same connections and time`()
        async throws
    {
        let (stand, down) = try await withServerDown()
        #expect(try await stand.book("room-A", 3, 10) == "admitted")
        let new = try #require(try stand.holders("room-A").first { $0 !== down })
        try await expectTakenOver(stand, on: new)
        // That the old copy is ended takes nothing from the new one.
        down.heal()
        await stand.pass(makingRoom: 20)
        try stand.expectOnce("room-A")
        try await expectTakenOver(stand, on: new)
    }

    @Test func `T9b a meeting that its server lost is waited for`() async throws {
        let (stand, down) = try await withServerDown()
        await stand.pass(until: 60)
        down.reboot()
        down.heal()
        await stand.pass(10)
        #expect(try stand.mapped("room-A") == nil)
        guard case .orphaned(let until) = try await stand.reservation("room-A")?.state else {
            Issue.record("nothing waits for it")
            return
        }
        #expect(until > stand.at(70) && until <= stand.at(70).advanced(by: .seconds(10)))
        #expect(try await stand.book("room-B", 6).hasPrefix("noConnectionsAvailable 5 "))
        #expect(try await stand.book("room-A", 3, 10) == "admitted")
        try await expectTakenOver(stand, on: stand.holder("room-A"))
    }

    @Test func `T9b nobody waits longer than ten minutes for a meeting that its server lost`() async throws {
        let (stand, down) = try await withServerDown()
        down.reboot()
        down.heal()
        await stand.pass(10)
        await stand.pass(until: 52)
        #expect(try await stand.book("room-B", 20) == "admitted")
        await stand.fleet.sweepReservations()
        #expect(try await stand.reservations().map(\.key) == [stand.key("room-B")])
    }

    @Test func `T9b a lost meeting past its time is waited for by nobody`() async throws {
        let (stand, down) = try await withServerDown()
        await stand.pass(until: 130)
        down.reboot()
        down.heal()
        await stand.pass(10)
        #expect(try await stand.reservations().isEmpty)
        #expect(try await stand.book("room-B", 20) == "admitted")
    }

    // MARK: T10: the next process

    private func engine(_ path: String) throws -> SQLiteEngine {
        try SQLiteEngine(path: path, keys: KeyChain(try KeyRing(text: String(repeating: "0f", count: 32))))
    }

    /// Gives a database file that is gone when `work` is over.
    private func withFile(_ work: (_ path: String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("plenary-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await work(directory.appendingPathComponent("store.sqlite").path)
    }

    @Test func `T10 the next process knows what is reserved`() async throws {
        try await withFile { path in
            let first = try await Stand.withA(engine: engine(path))
            let before = try await first.reservations()
            try await first.store.close()
            first.clock.advance(by: .seconds(3_600))
            let second = try await Stand(after: first, engine: engine(path))
            #expect(try await second.reservations() == before)
            #expect(try await second.book("room-B", 10) == "noConnectionsAvailable 5 3600")
            await second.pass(until: 130)
            #expect(try await second.book("room-B", 10) == "admitted")
            await second.makeRoom()
            #expect(try second.holders("room-A").isEmpty)
        }
    }

    @Test func `T10 the next process ends who had to make room`() async throws {
        try await withFile { path in
            let first = try await preempted(engine: engine(path))
            try await first.store.close()
            let second = try await Stand(after: first, engine: engine(path))
            #expect(try await second.joining("room-A") == "302 with errors meetingForciblyEnded")
            #expect(try await second.book("room-C", 11) == "noConnectionsAvailable 10 3600")
            await second.makeRoom()
            #expect(try second.holders("room-A").isEmpty)
            #expect(try await second.lives("room-B"))
        }
    }

    // MARK: T12, and what people give up

    @Test func `T12 breakout rooms reserve nothing, and are beside their parent`() async throws {
        let stand = try await Stand.pool(of: 15)
        #expect(try await stand.book("room-A", 15, 120) == "admitted")
        for sequence in 1...3 {
            let room: Parameters = ["isBreakout": "true", "parentMeetingID": "room-A", "sequence": String(sequence)]
            #expect(try await stand.create("room-\(sequence)", room, of: .default).isSuccess)
            #expect(try stand.holder("room-\(sequence)") === stand.holder("room-A"))
        }
        #expect(try await stand.reservations().map(\.key) == [stand.key("room-A")])
        await stand.pollAll()
        #expect(try await stand.reservations().map(\.key) == [stand.key("room-A")])
        // When one of them is over nothing is free.
        #expect(try stand.holder("room-A").endMeeting(try stand.id("room-1")))
        await stand.pollAll()
        #expect(try await stand.book("room-B", 1) == "noConnectionsAvailable 0 7200")
    }

    @Test func `a reservation that is given up makes room, and not before somebody needs it`() async throws {
        let stand = try await Stand.withA()
        await stand.pass(until: 60)
        let key = try stand.key("room-A")
        #expect(try await stand.store.releaseReservation(of: key, now: stand.now))
        #expect(try await stand.store.releaseReservation(of: key, now: stand.now) == false)
        #expect(try await stand.store.releaseReservation(of: stand.key("nobody"), now: stand.now) == false)
        await stand.makeRoom()
        #expect(try await stand.lives("room-A"))
        #expect(try await stand.book("room-B", 10) == "admitted")
        await stand.makeRoom()
        #expect(try stand.holders("room-A").isEmpty)
        #expect(try await stand.lives("room-B"))
    }
}
