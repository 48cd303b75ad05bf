import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Synchronization
import Testing

/// Moves that cannot be made, or only half, and what happens beside them.
@Suite struct MoveFaultTests {
    private static let join: Parameters = ["fullName": "Ann", "meetingID": "room-1", "role": "VIEWER"]

    /// A meeting on the first server.
    private func stand(servers count: Int = 2, _ more: Parameters = Parameters()) async throws -> Stand {
        let stand = try await Stand.reachable(servers: count)
        try await stand.create("room-1", on: "bbb1", more)
        return stand
    }

    /// It is where it was, as it was.
    private func expectUntouched(
        _ meeting: Meeting, _ stand: Stand, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try stand.expectOnce("room-1", sourceLocation: sourceLocation)
        #expect(try stand.mapped("room-1") == meeting, sourceLocation: sourceLocation)
        #expect(stand.servers[0].count(of: .end) == 0, sourceLocation: sourceLocation)
        var browser = Browser(stand)
        try await browser.join("room-1")
        #expect(browser.page?.server === stand.servers[0], sourceLocation: sourceLocation)
    }

    // MARK: what cannot be moved

    @Test func `what cannot be moved, or not there, is told, and stays`() async throws {
        let stand = try await stand(servers: 3)
        let meeting = try #require(try stand.mapped("room-1"))
        _ = try await stand.store.setAdministrative(.drain, of: stand.server(stand.servers[2]).id, now: stand.now)
        let cases: [(Parameters, MessageKey)] = [
            (["meetingID": "nobody"], .notFound), (["meetingID": "room-1", "serverID": "bbb1"], .invalidParameters),
            (["meetingID": "room-1", "serverID": "1"], .invalidParameters),
            (["meetingID": "room-1", "serverID": "bbb9"], .invalidParameters),
            (["meetingID": "room-1", "serverID": "99"], .invalidParameters),
            // Drained: it takes nothing, also when it is named.
            (["meetingID": "room-1", "serverID": "bbb3"], .internalError),
        ]
        for (parameters, key) in cases {
            let reply = try await stand.reply(.move, parameters)
            #expect(reply.code == .failed && reply.messageKey == key, "\(parameters.encoded())")
        }
        #expect(try await stand.reply(.move, ["serverID": "bbb2"]).isSuccess == false)
        try await expectUntouched(meeting, stand)
        #expect(stand.servers.dropFirst().allSatisfy { $0.count(of: .create) == 0 })
    }

    @Test func `only the operator's own account moves meetings`() async throws {
        let stand = try await stand()
        let meeting = try #require(try stand.mapped("room-1"))
        _ = try await stand.addAccount("school", secret: "of the school")
        #expect(
            try await stand.signed(.create, ["meetingID": "class-1", "name": "Class"], by: "of the school").isSuccess)
        for id in ["room-1", "class-1", "nobody"] {
            let reply = try await stand.signed(.move, ["meetingID": id], by: "of the school")
            #expect(reply.messageKey == .permissionDenied, "\(id)")
        }
        try await expectUntouched(meeting, stand)
        // And of the meetings only its own.
        #expect(try await stand.signed(.move, ["meetingID": "class-1"], by: "client").messageKey == .notFound)
    }

    @Test func `a breakout room stays with its parent`() async throws {
        let stand = try await stand(servers: 3)
        try await stand.create("breakout-1", ["isBreakout": "true", "parentMeetingID": "room-1", "sequence": "1"])
        let breakout = try #require(try stand.mapped("breakout-1"))
        #expect(try await stand.move("breakout-1").messageKey == .invalidParameters)
        #expect(try stand.mapped("breakout-1") == breakout)
        try stand.expectOnce("breakout-1")
        // Its parent goes without it: it ends with the parent's old copy.
        #expect(try await stand.move("room-1").isSuccess)
        await stand.pass(4)
        try stand.expectOnce("room-1")
        #expect(try stand.mapped("breakout-1") == nil && stand.holders("breakout-1").isEmpty)
    }

    @Test func `a meeting that was told to end is not brought back`() async throws {
        let stand = try await stand()
        #expect(try await stand.reply(.end, ["meetingID": "room-1"]).isSuccess)
        #expect(try await stand.move("room-1").messageKey == .notFound)
        #expect(try stand.holders("room-1").isEmpty)
        await stand.pollAll()
        #expect(try stand.mapped("room-1") == nil && stand.servers[1].count(of: .create) == 0)
    }

    // MARK: the new server

    @Test func `what the new server refuses is passed on, and the meeting stays and works`() async throws {
        let stand = try await stand()
        let meeting = try #require(try stand.mapped("room-1"))
        stand.servers[1].set(.failed(.idNotUnique, "taken"), call: .create)
        let reply = try await stand.move("room-1")
        #expect(reply.code == .failed && reply.messageKey == .idNotUnique && reply.message == "taken")
        try await expectUntouched(meeting, stand)
        await stand.pass(20)
        try await expectUntouched(meeting, stand)
        stand.servers[1].heal()
        #expect(try await stand.move("room-1").isSuccess)
        try stand.expectOnce("room-1")
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let fault: SimulatedFault
        let when: SimulatedFaultRule.When

        /// Whether the meeting is on the new server in spite of it.
        var isMoved: Bool { when == .after && fault != .wrongSecret }

        var testDescription: String { "\(fault) \(when)" }
    }

    static let failures = [
        SimulatedFault.refuse, .hang, .status(500), .garbage, .truncated, .emptyBody, .wrongSecret,
    ].flatMap { fault in [Failure(fault: fault, when: .before), Failure(fault: fault, when: .after)] }

    @Test(arguments: failures) func `a new server that fails has the meeting, or it stays where it was`(
        failure: Failure
    )
        async throws
    {
        let stand = try await stand(servers: 2, Told.all)
        let meeting = try #require(try stand.mapped("room-1"))
        stand.servers[1].set(failure.fault, call: .create, when: failure.when)
        let reply = try await stand.move("room-1")
        #expect(reply.isSuccess == failure.isMoved)
        stand.servers[1].heal()
        if !failure.isMoved { try await expectUntouched(meeting, stand) }
        await stand.pass(20)
        try stand.expectOnce("room-1")
        #expect(try stand.holder("room-1") === stand.servers[failure.isMoved ? 1 : 0])
        #expect(stand.servers[0].count(of: .end) == (failure.isMoved ? 1 : 0))
        #expect(try await stand.deliveries().allSatisfy { $0.kind != .end && $0.kind != .ended })
    }

    @Test func `another server takes the meeting when the best one cannot`() async throws {
        let stand = try await stand(servers: 3)
        stand.servers[1].set(.refuse, call: .create)
        for id in ["room-1", "room-2", "room-3"] {
            if id != "room-1" { try await stand.create(id, on: "bbb1") }
            #expect(try await stand.move(id).isSuccess)
            #expect(try stand.holder(id) === stand.servers[2])
        }
    }

    @Test(arguments: [SimulatedFaultRule.When.before, .after])
    func `a move of which nobody knows is settled by a poll, and people go on where they are`(
        when: SimulatedFaultRule.When
    ) async throws {
        let stand = try await stand()
        let (old, new) = (stand.servers[0], stand.servers[1])
        let meeting = try #require(try stand.mapped("room-1"))
        new.set(.hang, call: .create, when: when)
        new.set(.hang, call: .getMeetingInfo)
        #expect(try await stand.move("room-1").messageKey == .internalError)
        let pending = try #require(try stand.mapped("room-1"))
        #expect(pending.state == .creating && pending.replaces == meeting.number)
        try await expectAlive(stand)
        var ann = Browser(stand)
        try await ann.join("room-1")
        #expect(try ann.isIn && ann.page?.server === old)
        // The copy on the old server is all that there may be.
        await stand.fleet.pollOnce(try stand.server(old))
        #expect(old.meetings.count == 1 && old.count(of: .end) == 0)
        // One thing after the other.
        #expect(try await stand.move("room-1").messageKey == .internalError)
        new.heal()
        await stand.pass(10)
        try stand.expectOnce("room-1")
        #expect(try stand.holder("room-1") === (when == .before ? old : new))
        if when == .before {
            #expect(try stand.mapped("room-1") == meeting)
            #expect(try ann.isIn)
        } else {
            try await ann.pressOK()
            #expect(try ann.isIn && ann.page?.server === new)
        }
    }

    @Test(arguments: [SimulatedFaultRule.When.before, .after])
    func `a meeting whose new server dies in the middle of the move goes on, and can be ended and moved`(
        when: SimulatedFaultRule.When
    ) async throws {
        let stand = try await stand(servers: 3, Told.all)
        let (new, other) = (stand.servers[1], stand.servers[2])
        let meeting = try #require(try stand.mapped("room-1"))
        new.set(.hang, call: .create, when: when)
        new.set(.hang, call: .getMeetingInfo)
        #expect(try await stand.reply(.move, ["meetingID": "room-1", "serverID": "bbb2"]).messageKey == .internalError)
        // As long as it may answer, nobody decides anything.
        await stand.fleet.takeBackMoves()
        #expect(try stand.mapped("room-1")?.state == .creating)
        new.set(.refuse)
        await stand.pass(60)
        #expect(try stand.isOffline(new))
        await stand.fleet.takeBackMoves()
        #expect(try stand.mapped("room-1") == meeting)
        try await expectAlive(stand)
        #expect(try await stand.reply(.move, ["meetingID": "room-1", "serverID": "bbb3"]).isSuccess)
        #expect(other.meetings.count == 1)
        // Its copy on the dead server goes when that one answers again, and nobody hears of an end.
        new.heal()
        await stand.pass(60)
        try stand.expectOnce("room-1")
        #expect(try stand.holder("room-1") === other && stand.store.roster { $0.meetings.count } == 1)
        #expect(try await stand.deliveries().allSatisfy { $0.kind != .end && $0.kind != .ended })
        #expect(try await stand.reply(.end, ["meetingID": "room-1"]).isSuccess)
        await stand.pass(4)
        #expect(try stand.mapped("room-1") == nil && stand.holders("room-1").isEmpty)
    }

    /// Front-ends see the meeting.
    private func expectAlive(_ stand: Stand, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let info = try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"])
        #expect(info.isSuccess, sourceLocation: sourceLocation)
        let list = try await stand.reply(.getMeetings)
        #expect(list.root.child("meetings")?.children.count == 1, sourceLocation: sourceLocation)
    }

    @Test func `a meeting that is being moved from a dead server is joined when it is there`() async throws {
        let stand = try await stand(servers: 2)
        stand.servers[0].set(.refuse)
        await stand.pass(60)
        #expect(try stand.isOffline(stand.servers[0]))
        stand.servers[1].set(.hang, call: .create, when: .after)
        stand.servers[1].set(.hang, call: .getMeetingInfo)
        #expect(try await stand.move("room-1").messageKey == .internalError)
        guard case .moving = await stand.answer(.join, Self.join) else { throw Stand.NoReply() }
        stand.servers[1].heal()
        await stand.pass(4)
        var ann = Browser(stand)
        try await ann.join("room-1")
        #expect(try ann.isIn && ann.page?.server === stand.servers[1])
    }

    // MARK: the old server

    @Test(arguments: [SimulatedFault.refuse, .hang, .status(500), .garbage, .truncated, .wrongSecret])
    func `an old server that fails is rid of its copy when it answers again`(fault: SimulatedFault) async throws {
        let stand = try await stand(servers: 3, Told.all)
        let old = stand.servers[0]
        old.set(fault)
        #expect(try await stand.move("room-1").isSuccess)
        #expect(old.meetings.count == 1)
        let new = try #require(try stand.mapped("room-1"))
        let number = try stand.server(old).id
        #expect(new.state == .running && new.server != number)
        await stand.pass(10)
        old.heal()
        await stand.pass(10)
        try stand.expectOnce("room-1")
        #expect(old.meetings.isEmpty && stand.store.roster { $0.meetings.count } == 1)
        // Nobody was told an end.
        #expect(try await stand.deliveries().allSatisfy { $0.kind != .end && $0.kind != .ended })
        #expect(try stand.mapped("room-1") == new)
    }

    @Test func `a meeting of a server that is offline moves, and comes alive`() async throws {
        let stand = try await stand(servers: 3)
        let old = stand.servers[0]
        old.set(.refuse)
        await stand.pass(60)
        #expect(try stand.isOffline(old))
        #expect(try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"]).messageKey == .notFound)
        #expect(try await stand.move("room-1").isSuccess)
        #expect(try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"]).isSuccess)
        old.heal()
        await stand.pass(30)
        try stand.expectOnce("room-1")
        #expect(old.meetings.isEmpty && old.count(of: .end) == 1)
    }

    // MARK: beside the move

    /// What is seen while something else is under way.
    private final class Seen<Value: Sendable>: Sendable {
        private let values = Mutex<[Value]>([])

        func add(_ value: Value) { values.withLock { $0.append(value) } }
        var all: [Value] { values.withLock { $0 } }
    }

    @Test func `a poll in the middle of a move ends no copy before the new one runs`() async throws {
        let stand = try await stand()
        let (old, fleet) = (stand.servers[0], stand.fleet)
        let server = try stand.server(old)
        let ends = Seen<Int>()
        let look: SimulatedNetwork.Hook = { call in
            guard call.call == .create else { return }
            for _ in 0..<3 { await fleet.pollOnce(server) }
            ends.add(old.count(of: .end) + (old.meetings.isEmpty ? 1 : 0))
        }
        stand.network.setBefore(look)
        stand.network.setAfter(look)
        #expect(try await stand.move("room-1").isSuccess)
        #expect(ends.all == [0, 0])
        #expect(old.count(of: .end) == 1 && old.meetings.isEmpty)
        try stand.expectOnce("room-1")
    }

    @Test func `who joins in the middle of a move is in the old meeting, and comes along`() async throws {
        let stand = try await stand()
        let answers = Seen<CallAnswer>()
        let infos = Seen<Bool>()
        stand.network.setBefore { call in
            guard call.call == .create else { return }
            answers.add(await stand.answer(.join, Self.join))
            // Front-ends see it all the time.
            do { infos.add(try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"]).isSuccess) } catch {
                Issue.record("\(error)")
            }
        }
        var ann = Browser(stand)
        #expect(try await stand.move("room-1").isSuccess)
        stand.network.setBefore(nil)
        #expect(infos.all == [true])
        guard let answer = answers.all.first, case .redirect(let url, _) = answer else { throw Stand.NoReply() }
        #expect(url.hasPrefix(stand.servers[0].url.text + "/join?"))
        // By now it has ended there: the next click leads to the new one.
        try await ann.join("room-1")
        #expect(try ann.isIn && ann.page?.server === stand.servers[1])
    }

    @Test func `an end in the middle of a move ends what comes of it`() async throws {
        let stand = try await stand(servers: 2, Told.all)
        let begun = Seen<Bool>()
        stand.network.setBefore { call in
            guard call.call == .create else { return }
            begun.add(true)
            // Others go on meanwhile.
            for _ in 0..<2_000 { await Task.yield() }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let reply = try await stand.move("room-1")
                #expect(reply.isSuccess)
            }
            group.addTask {
                for round in 0..<200_000 where begun.all.isEmpty {
                    await Task.yield()
                    // Yielding gives no turn to the threads of the database.
                    if round % 100 == 99 { _ = try await stand.store.nextDelivery() }
                }
                let reply = try await stand.reply(.end, ["meetingID": "room-1"])
                #expect(reply.isSuccess)
            }
            try await group.waitForAll()
        }
        await stand.pass(10)
        #expect(try stand.mapped("room-1") == nil && stand.holders("room-1").isEmpty)
        #expect(try await stand.deliveries().filter { $0.kind == .ended }.count == 1)
    }

    @Test func `a create in the middle of a move waits, and finds the meeting`() async throws {
        let stand = try await stand()
        let replies = Seen<MessageKey?>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for attempt in 0..<10 {
                group.addTask {
                    if attempt == 4 {
                        #expect(try await stand.move("room-1").isSuccess)
                    } else {
                        replies.add(try await stand.create("room-1").messageKey)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(replies.all.count == 9 && replies.all.allSatisfy { $0 == .duplicateWarning })
        try stand.expectOnce("room-1")
        #expect(try stand.holder("room-1") === stand.servers[1])
    }

    @Test(arguments: UInt64(0)..<20)
    func `moves, creates, ends and polls of one meeting at once leave one meeting or none`(seed: UInt64) async throws {
        let stand = try await Stand.reachable(servers: 3, seed: seed)
        try await stand.create("room-1")
        try await withThrowingTaskGroup(of: Void.self) { group in
            var random = SeededRandom(seed: seed)
            for kind in (Array(0..<4) + Array(0..<4) + Array(0..<3)).shuffled(using: &random) {
                group.addTask {
                    switch kind {
                    case 0: _ = try await stand.move("room-1")
                    case 1: try await stand.create("room-1")
                    case 2: await stand.pollAll()
                    default: _ = try await stand.reply(.end, ["meetingID": "room-1"])
                    }
                }
            }
            try await group.waitForAll()
        }
        await stand.pass(20)
        if try stand.mapped("room-1") == nil {
            #expect(try stand.holders("room-1").isEmpty)
        } else {
            try stand.expectOnce("room-1")
        }
        #expect(try await stand.create("room-1").isSuccess)
        try stand.expectOnce("room-1")
    }
}
