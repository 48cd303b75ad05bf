import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// What operators order is carried out (`balancer.md` 12), step by step and from what is stored.
@Suite struct OrderTests {
    /// So many meetings on the first server.
    private func stand(servers count: Int = 3, meetings: Int, _ more: Parameters = Parameters()) async throws -> Stand {
        let stand = try await Stand.reachable(servers: count)
        for number in 0..<meetings { try await stand.create("room-\(number)", on: "bbb1", more) }
        await stand.pollAll()
        return stand
    }

    private func order(_ work: (ServerID) -> Order.Work, _ stand: Stand) async throws -> OrderID {
        let server = try stand.server(stand.servers[0]).id
        guard case .written(let order) = try await stand.store.order(work(server), now: stand.now) else {
            throw Stand.NoReply()
        }
        return order.id
    }

    private func order(_ id: OrderID, _ stand: Stand) async throws -> Order {
        try #require(try await stand.store.order(id))
    }

    private func state(_ stand: Stand) throws -> AdministrativeState {
        try stand.server(stand.servers[0]).administrative
    }

    /// Time passes as it does when everything runs: polls every two seconds, orders looked at every second.
    private func pass(_ seconds: Int, _ stand: Stand, each: (Int) async throws -> Void = { _ in }) async throws {
        for second in 0..<seconds {
            stand.clock.advance(by: .seconds(1))
            if second.isMultiple(of: 2) { await stand.pollAll() }
            await stand.fleet.carryOutOrders()
            try await each(second + 1)
        }
    }

    // MARK: evacuate

    @Test(arguments: [6.0, 30, 60]) func `a server is emptied at the rate that was ordered`(perMinute: Double)
        async throws
    {
        let stand = try await stand(meetings: 6)
        let server = stand.servers[0]
        let id = try await order({ .evacuate($0, perMinute: perMinute) }, stand)
        #expect(try state(stand) == .drain)
        await stand.fleet.carryOutOrders()
        // The first one at once.
        #expect(server.meetings.count == 5)
        try await pass(120, stand) { second in
            let due = Double(second) * perMinute / 60
            let moved = 6 - server.meetings.count
            #expect(Double(moved) <= min(6, due + 1.01) && Double(moved) >= min(6, due - 0.99), "after \(second) s")
        }
        let done = try await order(id, stand)
        #expect(done.state == .done && done.moved == 6 && done.failed == 0)
        #expect(try state(stand) == .drain && server.meetings.isEmpty)
        for number in 0..<6 { try stand.expectOnce("room-\(number)") }
    }

    @Test func `the order is done when nothing is left, not when everything was moved`() async throws {
        let stand = try await stand(meetings: 1)
        stand.servers[0].set(.refuse, call: .end)
        let id = try await order({ .evacuate($0, perMinute: 60) }, stand)
        try await pass(10, stand)
        // The copy is still there.
        let open = try await order(id, stand)
        #expect(open.state == .open && open.moved == 1)
        stand.servers[0].heal()
        try await pass(10, stand)
        #expect(try await order(id, stand).state == .done)
    }

    @Test func `a server without meetings is done at once`() async throws {
        let stand = try await stand(meetings: 0)
        let id = try await order({ .evacuate($0, perMinute: 1) }, stand)
        await stand.fleet.carryOutOrders()
        let done = try await order(id, stand)
        #expect(done.state == .done && done.moved == 0)
    }

    @Test func `the smallest go first`() async throws {
        let stand = try await stand(meetings: 3)
        let server = stand.servers[0]
        for (number, people) in [2, 5, 0].enumerated() {
            for person in 0..<people {
                server.joinParticipant(
                    meetingID: try stand.id("room-\(number)"), fullName: "P\(person)", at: stand.now)
            }
        }
        await stand.pollAll()
        _ = try await order({ .evacuate($0, perMinute: 1) }, stand)
        var left: [[String]] = []
        for _ in 0..<3 {
            await stand.fleet.carryOutOrders()
            left.append(server.meetings.map(\.id.rawValue))
            stand.clock.advance(by: .seconds(61))
            await stand.pollAll()
        }
        #expect(left == [["room-0", "room-1"], ["room-1"], []])
    }

    @Test func `what cannot be moved is tried again after a while, and does not hold up the others`() async throws {
        let stand = try await stand(servers: 2, meetings: 3)
        let other = stand.servers[1]
        other.set(.failed(.idNotUnique, "no"), call: .create, remaining: 1)
        let id = try await order({ .evacuate($0, perMinute: 60) }, stand)
        await stand.fleet.carryOutOrders()
        let first = try await order(id, stand)
        #expect(first.moved == 0 && first.failed == 1 && first.message == "no" && first.state == .open)
        #expect(other.count(of: .create) == 1)
        try await pass(20, stand)
        // The other two went; the first one is not tried in the meantime.
        #expect(try await order(id, stand).moved == 2 && stand.servers[0].meetings.count == 1)
        #expect(other.count(of: .create) == 3)
        try await pass(20, stand)
        let done = try await order(id, stand)
        #expect(done.moved == 3 && done.failed == 1 && done.state == .done)
        for number in 0..<3 { try stand.expectOnce("room-\(number)") }
    }

    @Test func `breakout rooms are left to their parents`() async throws {
        let stand = try await stand(servers: 2, meetings: 1)
        try await stand.create("breakout-1", ["isBreakout": "true", "parentMeetingID": "room-0", "sequence": "1"])
        await stand.pollAll()
        let id = try await order({ .evacuate($0, perMinute: 60) }, stand)
        try await pass(20, stand)
        let done = try await order(id, stand)
        #expect(done.state == .done && done.moved == 1 && done.failed == 0)
        #expect(try stand.mapped("breakout-1") == nil)
        try stand.expectOnce("room-0")
    }

    @Test func `meetings that end meanwhile are not moved`() async throws {
        let stand = try await stand(meetings: 3)
        #expect(try await stand.reply(.end, ["meetingID": "room-0"]).isSuccess)
        let id = try await order({ .evacuate($0, perMinute: 60) }, stand)
        await stand.fleet.carryOutOrders()
        stand.servers[0].endMeeting(try stand.id("room-2"))
        try await pass(20, stand)
        let done = try await order(id, stand)
        #expect(done.state == .done && done.moved == 1 && done.failed == 0)
        try stand.expectOnce("room-1")
        for id in ["room-0", "room-2"] { #expect(try stand.holders(id).isEmpty) }
    }

    @Test func `a server that is enabled again keeps what it has`() async throws {
        let stand = try await stand(meetings: 4)
        let id = try await order({ .evacuate($0, perMinute: 60) }, stand)
        await stand.fleet.carryOutOrders()
        #expect(stand.servers[0].meetings.count == 3)
        _ = try await stand.store.setAdministrative(.ready, of: stand.server(stand.servers[0]).id, now: stand.now)
        try await pass(30, stand)
        let cancelled = try await order(id, stand)
        #expect(cancelled.state == .cancelled && cancelled.moved == 1)
        #expect(stand.servers[0].meetings.count == 3 && stand.store.roster { $0.orders.isEmpty })
    }

    @Test func `an evacuation goes on in the next process`() async throws {
        let stand = try await stand(meetings: 4)
        let id = try await order({ .evacuate($0, perMinute: 60) }, stand)
        await stand.fleet.carryOutOrders()
        let next = Fleet(
            store: stand.store, transport: stand.network, settings: stand.fleet.settings, time: stand.clock.fleetTime)
        // Before it looked around it knows of nobody who takes a meeting: it waits.
        await next.carryOutOrders()
        #expect(try await order(id, stand).failed == 0 && stand.servers[0].meetings.count == 3)
        for _ in 0..<20 {
            for server in stand.servers { await next.pollOnce(try stand.server(server)) }
            await next.carryOutOrders()
            stand.clock.advance(by: .seconds(1))
        }
        let done = try await order(id, stand)
        #expect(done.state == .done && done.moved == 4 && done.failed == 0)
    }

    // MARK: panic

    @Test func `the meetings of a dead server are made elsewhere at once`() async throws {
        let stand = try await stand(meetings: 12, Told.all)
        let dead = stand.servers[0]
        dead.set(.refuse)
        let id = try await order({ .panic($0) }, stand)
        #expect(try state(stand) == .maintenance)
        await stand.fleet.carryOutOrders()
        let done = try await order(id, stand)
        #expect(done.state == .done && done.moved == 12 && done.failed == 0)
        for number in 0..<12 {
            var ann = Browser(stand)
            try await ann.join("room-\(number)")
            #expect(try ann.isIn && ann.page?.server !== dead)
        }
        // They spread over those that are left, and nobody was told an end.
        #expect(stand.servers.dropFirst().allSatisfy { $0.meetings.count == 6 })
        #expect(try await stand.deliveries().isEmpty)
        // What the dead one has when it comes back is ended there.
        #expect(dead.meetings.count == 12)
        dead.heal()
        await stand.pass(20)
        #expect(dead.meetings.isEmpty)
        for number in 0..<12 { try stand.expectOnce("room-\(number)") }
        #expect(try state(stand) == .maintenance)
    }

    @Test func `a dead server that hangs holds nothing up for long`() async throws {
        let stand = try await stand(meetings: 1)
        stand.servers[0].set(.hang)
        let id = try await order({ .panic($0) }, stand)
        let began = stand.clock.uptime
        await stand.fleet.carryOutOrders()
        #expect(stand.clock.uptime - began < .seconds(10))
        #expect(try await order(id, stand).moved == 1)
        #expect(try stand.mapped("room-0")?.state == .running)
    }

    @Test func `what has no place anywhere is forgotten, told as over, and made anew by the next create`() async throws
    {
        let stand = try await stand(servers: 2, meetings: 2, Told.all)
        for server in stand.servers { server.set(.refuse) }
        stand.clock.advance(by: .seconds(3))
        let id = try await order({ .panic($0) }, stand)
        await stand.fleet.carryOutOrders()
        let done = try await order(id, stand)
        #expect(done.state == .done && done.moved == 0 && done.failed == 2)
        #expect(try stand.mapped("room-0") == nil && stand.mapped("room-1") == nil)
        #expect(try await stand.deliveries().filter { $0.kind == .ended }.count == 2)
        #expect(try await stand.reply(.isMeetingRunning, ["meetingID": "room-0"]).root.text(of: "running") == "false")
        stand.servers[1].heal()
        await stand.pass(10)
        #expect(try await stand.create("room-0").isSuccess)
        #expect(try stand.mapped("room-0")?.server == stand.server(stand.servers[1]).id)
    }

    // MARK: until empty

    @Test func `a server waits until it is empty, then it is in maintenance`() async throws {
        let stand = try await stand(meetings: 2)
        let id = try await order({ .untilEmpty($0) }, stand)
        #expect(try state(stand) == .drain)
        // Nobody is disturbed, and nobody comes.
        try await pass(20, stand)
        #expect(stand.servers[0].meetings.count == 2 && stand.servers[0].count(of: .end) == 0)
        for number in 10..<14 { try await stand.create("room-\(number)", ["preferredServer": "bbb1"]) }
        #expect(stand.servers[0].meetings.count == 2)
        stand.servers[0].endMeeting(try stand.id("room-0"))
        try await pass(4, stand)
        #expect(try state(stand) == .drain)
        stand.servers[0].endMeeting(try stand.id("room-1"))
        try await pass(4, stand)
        #expect(try state(stand) == .maintenance)
        #expect(try await order(id, stand).state == .done)
    }

    // MARK: one meeting

    @Test func `one meeting is moved by order`() async throws {
        let stand = try await stand(meetings: 2)
        let meeting = try #require(try stand.mapped("room-0"))
        let target = try stand.server(stand.servers[2]).id
        let id = try await order({ _ in .move(meeting.number, to: target) }, stand)
        await stand.fleet.carryOutOrders()
        let done = try await order(id, stand)
        #expect(done.state == .done && done.moved == 1)
        #expect(try stand.holder("room-0") === stand.servers[2] && stand.holder("room-1") === stand.servers[0])
        #expect(try state(stand) == .ready)
        // The same once more: that was done already.
        let again = try await order({ _ in .move(meeting.number, to: nil) }, stand)
        await stand.fleet.carryOutOrders()
        #expect(try await order(again, stand).state == .done)
        #expect(try stand.holder("room-0") === stand.servers[2])
        // When it is over there is nothing to move.
        stand.servers[2].endMeeting(try stand.id("room-0"))
        await stand.pollAll()
        let late = try await order({ _ in .move(meeting.number, to: nil) }, stand)
        await stand.fleet.carryOutOrders()
        #expect(try await order(late, stand).state == .failed)
        #expect(try stand.holders("room-0").isEmpty)
    }

    @Test func `a move that is refused tells why, and is not tried again`() async throws {
        let stand = try await stand(servers: 2, meetings: 1)
        let meeting = try #require(try stand.mapped("room-0"))
        stand.servers[1].set(.failed(.idNotUnique, "not here"), call: .create, remaining: 1)
        let id = try await order({ _ in .move(meeting.number, to: nil) }, stand)
        try await pass(40, stand)
        let failed = try await order(id, stand)
        #expect(failed.state == .failed && failed.message == "not here" && failed.moved == 0)
        #expect(try stand.holder("room-0") === stand.servers[0])
        #expect(stand.servers[1].count(of: .create) == 1)
    }

    // MARK: outcomes that nobody knows

    /// The only other server hangs in the middle of a create.
    private func hang(_ stand: Stand, _ when: SimulatedFaultRule.When) {
        stand.servers[1].set(.hang, call: .create, when: when)
        stand.servers[1].set(.hang, call: .getMeetingInfo)
    }

    @Test(arguments: [SimulatedFaultRule.When.before, .after])
    func `a move of which nobody knows yet leaves its order open`(when: SimulatedFaultRule.When) async throws {
        let stand = try await stand(servers: 2, meetings: 1)
        let meeting = try #require(try stand.mapped("room-0"))
        hang(stand, when)
        let id = try await order({ _ in .move(meeting.number, to: nil) }, stand)
        await stand.fleet.carryOutOrders()
        #expect(try await order(id, stand).state == .open)
        stand.servers[1].heal()
        try await pass(10, stand)
        let done = try await order(id, stand)
        // Either it was made after all, or it is made now that the server answers.
        #expect(done.state == .done && done.moved == 1 && done.failed == 0)
        #expect(try stand.holder("room-0") === stand.servers[1])
        try stand.expectOnce("room-0")
    }

    @Test(arguments: [SimulatedFaultRule.When.before, .after])
    func `a panic counts what it moved, and waits for what nobody knows yet`(when: SimulatedFaultRule.When) async throws
    {
        let stand = try await stand(servers: 2, meetings: 1)
        let dead = stand.servers[0]
        dead.set(.refuse)
        hang(stand, when)
        let id = try await order({ .panic($0) }, stand)
        await stand.fleet.carryOutOrders()
        let open = try await order(id, stand)
        #expect(open.state == .open && open.moved == 0 && open.failed == 0)
        stand.servers[1].heal()
        try await pass(10, stand)
        let done = try await order(id, stand)
        #expect(done.state == .done && done.moved == 1 && done.failed == 0 && done.message == "1 moved, 0 forgotten")
        dead.heal()
        await stand.pass(10)
        try stand.expectOnce("room-0")
        #expect(dead.meetings.isEmpty)
    }

    @Test func `a panic whose other server dies too begins anew, and forgets what has no place`() async throws {
        // Others are well, and take nothing: a fleet of which most is dead decides nothing.
        let stand = try await stand(servers: 5, meetings: 1)
        for server in stand.servers[2...] {
            _ = try await stand.store.setAdministrative(.drain, of: stand.server(server).id, now: stand.now)
        }
        stand.servers[0].set(.refuse)
        hang(stand, .after)
        let id = try await order({ .panic($0) }, stand)
        await stand.fleet.carryOutOrders()
        stand.servers[1].set(.refuse)
        try await pass(90, stand)
        let done = try await order(id, stand)
        #expect(done.state == .done && done.moved == 0 && done.failed == 1)
        #expect(try stand.mapped("room-0") == nil)
    }

    @Test func `an evacuation counts what turns out to be moved later`() async throws {
        let stand = try await stand(servers: 2, meetings: 1)
        hang(stand, .after)
        let id = try await order({ .evacuate($0, perMinute: 60) }, stand)
        await stand.fleet.carryOutOrders()
        let open = try await order(id, stand)
        #expect(open.state == .open && open.moved == 0 && open.failed == 0)
        stand.servers[1].heal()
        try await pass(10, stand)
        let done = try await order(id, stand)
        #expect(done.state == .done && done.moved == 1 && done.failed == 0)
        try stand.expectOnce("room-0")
    }

    @Test func `a server in maintenance that is emptied stays in maintenance`() async throws {
        let stand = try await stand(servers: 2, meetings: 1)
        let server = try stand.server(stand.servers[0])
        _ = try await stand.store.setAdministrative(.maintenance, of: server.id, now: stand.now)
        _ = try await order({ .evacuate($0, perMinute: 60) }, stand)
        #expect(try state(stand) == .maintenance)
        try await pass(10, stand)
        #expect(try state(stand) == .maintenance && stand.servers[0].meetings.isEmpty)
        try stand.expectOnce("room-0")
    }
}
