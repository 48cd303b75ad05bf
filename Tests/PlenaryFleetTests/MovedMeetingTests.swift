import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Synchronization
import Testing

/// What callers and people see of a meeting that moves while something else happens, found by a review.
@Suite struct MovedMeetingTests {
    /// A meeting on the first server.
    private func stand(servers count: Int = 2, _ more: Parameters = Parameters()) async throws -> Stand {
        let stand = try await Stand.reachable(servers: count)
        try await stand.create("room-1", on: "bbb1", more)
        return stand
    }

    private func order(_ work: Order.Work, _ stand: Stand) async throws -> OrderID {
        guard case .written(let order) = try await stand.store.order(work, now: stand.now) else {
            throw Stand.NoReply()
        }
        return order.id
    }

    /// Whether something was done already.
    private final class Once: Sendable {
        private let isDone = Mutex(false)
        var hasBegun: Bool { isDone.withLock { $0 } }
        /// - Returns: whether it is done for the first time.
        func begin() -> Bool {
            isDone.withLock { isDone in
                defer { isDone = true }
                return !isDone
            }
        }
    }

    // MARK: ends

    @Test(arguments: [SimulatedFaultRule.When.before, .after])
    func `a meeting that is being ended is not brought back by a move`(when: SimulatedFaultRule.When) async throws {
        let stand = try await stand(servers: 2, Told.all)
        let begun = Once()
        let look: SimulatedNetwork.Hook = { call in
            guard call.call == .end else { return }
            _ = begun.begin()
            // The move comes now.
            for _ in 0..<2_000 { await Task.yield() }
        }
        switch when {
        case .before: stand.network.setBefore(look)
        case .after: stand.network.setAfter(look)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let reply = try await stand.reply(.end, ["meetingID": "room-1"])
                #expect(reply.isSuccess)
            }
            group.addTask {
                for round in 0..<200_000 where !begun.hasBegun {
                    await Task.yield()
                    // Yielding gives no turn to the threads of the database.
                    if round % 100 == 99 { _ = try await stand.store.nextDelivery() }
                }
                let reply = try await stand.move("room-1")
                #expect(reply.messageKey == .notFound)
            }
            try await group.waitForAll()
        }
        stand.network.setBefore(nil)
        stand.network.setAfter(nil)
        await stand.pass(10)
        #expect(try stand.mapped("room-1") == nil && stand.holders("room-1").isEmpty)
        #expect(try await stand.deliveries().filter { $0.kind == .ended }.count == 1)
        #expect(stand.servers[1].count(of: .create) == 0)
    }

    @Test func `a meeting that its moderator has just ended is not made again by a move`() async throws {
        let stand = try await stand(servers: 2, Told.all)
        stand.servers[0].endMeeting(try stand.id("room-1"))
        #expect(try await stand.move("room-1").messageKey == .notFound)
        #expect(try stand.mapped("room-1") == nil && stand.holders("room-1").isEmpty)
        #expect(try await stand.deliveries().filter { $0.kind == .ended }.count == 1)
    }

    // MARK: calls that were on their way

    @Test(arguments: [CallName.getMeetingInfo, .isMeetingRunning, .sendChatMessage])
    func `a question that is on its way when the meeting moves is asked again where it is`(name: CallName) async throws
    {
        let stand = try await stand()
        let moved = Once()
        let id = try stand.id("room-1")
        stand.network.setBefore { call in
            guard call.call == name, moved.begin() else { return }
            // Not as a step of this call: the move asks and sends by itself.
            do { _ = try await stand.move("room-1") } catch { Issue.record("\(error)") }
            for server in stand.servers where server.meeting(id) != nil {
                server.joinParticipant(meetingID: id, fullName: "Ann", at: stand.now)
            }
        }
        let reply = try await stand.reply(name, ["meetingID": "room-1", "message": "Hello", "userName": "Bob"])
        #expect(reply.isSuccess, "\(reply.octets.asText)")
        #expect(name != .isMeetingRunning || reply.root.text(of: "running") == "true")
        #expect(try stand.holder("room-1") === stand.servers[1])
    }

    // MARK: ids

    @Test func `the internal id that a caller was told still opens a meeting that was moved`() async throws {
        let stand = try await stand(servers: 3)
        let first = try #require(try stand.mapped("room-1")?.internalMeetingID?.rawValue)
        await stand.pass(4)
        #expect(try await stand.move("room-1", ["serverID": "bbb2"]).isSuccess)
        let second = try #require(try stand.mapped("room-1")?.internalMeetingID?.rawValue)
        await stand.pass(4)
        #expect(try await stand.move("room-1", ["serverID": "bbb3"]).isSuccess)
        await stand.pass(4)
        #expect(first != second && stand.store.roster { $0.meetings.count } == 1)
        for id in [first, second] {
            #expect(try await stand.reply(.getMeetingInfo, ["meetingID": id]).isSuccess)
            #expect(try await stand.reply(.isMeetingRunning, ["meetingID": id]).isSuccess)
            guard
                case .redirect(let url, _) = await stand.answer(
                    .join, ["meetingID": id, "fullName": "Ann", "role": "VIEWER"])
            else { throw Stand.NoReply() }
            #expect(url.contains("meetingID=room-1&"))
            let room: Parameters = ["isBreakout": "true", "parentMeetingID": id, "sequence": "1"]
            #expect(try await stand.create("breakout-\(id.prefix(4))", room).isSuccess)
        }
        // Of another account it opens nothing.
        _ = try await stand.addAccount("school", secret: "of the school")
        #expect(try await stand.signed(.end, ["meetingID": first], by: "of the school").messageKey == .notFound)
        #expect(try await stand.reply(.end, ["meetingID": first]).isSuccess)
        await stand.pass(4)
        #expect(try stand.mapped("room-1") == nil)
        #expect(try await stand.reply(.getMeetingInfo, ["meetingID": second]).messageKey == .notFound)
    }

    @Test func `a meeting keeps its voice bridge when it moves, where nobody has it`() async throws {
        let stand = try await stand(servers: 3, ["voiceBridge": "71234"])
        // What was asked for is taken, so it got another number, which people were told.
        try await stand.create("room-2", on: "bbb1", ["voiceBridge": "71234"])
        let told = try #require(try stand.mapped("room-2")?.voiceBridge)
        #expect(told != "71234")
        #expect(try await stand.move("room-2", ["serverID": "bbb2"]).root.text(of: "voiceBridge") == told)
        // One that the server chose stays as well.
        try await stand.create("room-3", on: "bbb1")
        let chosen = try #require(try stand.mapped("room-3")?.voiceBridge)
        #expect(try await stand.move("room-3", ["serverID": "bbb2"]).root.text(of: "voiceBridge") == chosen)
        // Where somebody has it, it is exchanged.
        try await stand.create("room-4", on: "bbb3", ["voiceBridge": chosen])
        let exchanged = try await stand.move("room-3", ["serverID": "bbb3"])
        #expect(exchanged.isSuccess && exchanged.root.text(of: "voiceBridge") != chosen)
    }

    @Test func `a number that was exchanged is not asked for again when its meeting is made anew`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        let server = stand.servers[0]
        let passwords: Parameters = ["attendeePW": "ap", "moderatorPW": "mp", "voiceBridge": "71234"]
        try await stand.create("room-1", passwords)
        try await stand.create("room-2", passwords)
        let told = try #require(try stand.mapped("room-2")?.voiceBridge)
        server.endMeeting(try stand.id("room-2"))
        // No poll has seen it.
        let again = try await stand.create("room-2", passwords)
        #expect(again.isSuccess && again.root.text(of: "voiceBridge") == told, "\(again.octets.asText)")
        #expect(try stand.mapped("room-2")?.internalMeetingID?.rawValue == again.root.text(of: "internalMeetingID"))
    }

    // MARK: copies

    @Test func `a meeting that comes back to a server that has its old copy is not swept there`() async throws {
        let stand = try await stand()
        let first = stand.servers[0]
        // The first copy could not be ended.
        first.set(.status(500), call: .end, remaining: 1)
        #expect(try await stand.move("room-1", ["serverID": "bbb2"]).isSuccess)
        #expect(first.meetings.count == 1)
        let server = try stand.server(first)
        _ = try await stand.store.setAdministrative(.force, of: server.id, now: stand.now)
        // The list is on its way while the meeting comes back.
        let moved = Once()
        stand.network.setAfter { call in
            guard call.call == .getMeetings, moved.begin() else { return }
            do { _ = try await stand.move("room-1", ["serverID": "bbb1"]) } catch { Issue.record("\(error)") }
        }
        await stand.fleet.pollOnce(server)
        stand.network.setAfter(nil)
        await stand.pass(10)
        try stand.expectOnce("room-1")
        #expect(try stand.mapped("room-1")?.state == .running)
    }

    // MARK: panic

    @Test func `a panic on a server that lives ends what it forgets`() async throws {
        let stand = try await stand(servers: 2, Told.all)
        let server = stand.servers[0]
        server.joinParticipant(meetingID: try stand.id("room-1"), fullName: "Ann", at: stand.now)
        _ = try await stand.store.setAdministrative(.maintenance, of: stand.server(stand.servers[1]).id, now: stand.now)
        let id = try await order(.panic(stand.server(server).id), stand)
        await stand.fleet.carryOutOrders()
        #expect(try await stand.store.order(id)?.failed == 1)
        #expect(server.meetings.isEmpty && server.count(of: .end) == 1)
        #expect(try await stand.deliveries().filter { $0.kind == .ended }.count == 1)
        await stand.pass(4)
        #expect(stand.store.roster { $0.meetings.isEmpty })
    }

    @Test func `what a panic forgot is ended when its server answers, also in maintenance`() async throws {
        let stand = try await stand(servers: 2, Told.all)
        let server = stand.servers[0]
        let other = try stand.server(stand.servers[1]).id
        server.set(.refuse)
        _ = try await stand.store.setAdministrative(.maintenance, of: other, now: stand.now)
        _ = try await order(.panic(stand.server(server).id), stand)
        await stand.fleet.carryOutOrders()
        #expect(try stand.mapped("room-1") == nil && server.meetings.count == 1)
        _ = try await stand.store.setAdministrative(.ready, of: other, now: stand.now)
        await stand.pass(10)
        #expect(try await stand.create("room-1").isSuccess)
        server.heal()
        await stand.pass(10)
        try stand.expectOnce("room-1")
        #expect(try stand.holder("room-1") === stand.servers[1])
        // Its caller was told once that the first one was over.
        #expect(try await stand.deliveries().filter { $0.kind == .ended }.count == 1)
    }

    @Test func `a panic does not wait for an evacuation to be finished`() async throws {
        let stand = try await stand(servers: 2)
        let server = try stand.server(stand.servers[0]).id
        let first = try await order(.evacuate(server, perMinute: 1), stand)
        let second = try await order(.panic(server), stand)
        #expect(try await stand.store.order(first)?.state == .cancelled)
        await stand.fleet.carryOutOrders()
        #expect(try await stand.store.order(second)?.state == .done)
        #expect(try stand.mapped("room-1")?.server != server)
    }
}
