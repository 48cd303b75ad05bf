import BigBlueButton
import PlenaryFleet
import PlenarySimulator
import Synchronization
import Testing

/// How callbacks are carried to where they go.
@Suite struct SimulatedCourierTests {
    /// Answers with the given statuses one after the other, then with the last of them.
    private final class Receiver: Sendable {
        private let statuses: [Int?]
        private let received = Mutex<[SimulatedCallback]>([])

        init(_ statuses: [Int?]) { self.statuses = statuses }

        var count: Int { received.withLock { $0.count } }

        func receive(_ callback: SimulatedCallback) -> Int? {
            received.withLock { received in
                received.append(callback)
                return statuses[min(received.count, statuses.count) - 1]
            }
        }
    }

    private struct Fixture {
        let world: SimulatedWorld
        let clock = StepClock()

        /// - Parameter count: that many meetings have ended, with one callback each.
        init(callbacks count: Int = 1) async throws {
            world = try SimulatedWorld()
            for number in 0..<count {
                let id = "meeting-\(number)"
                _ = try await world.reply(
                    .create, ["meetingID": id, "name": id, "meetingEndedURL": "https://b.test/\(number)"])
                world.server.endMeeting(try #require(MeetingID(rawValue: id)))
            }
        }

        /// Runs a courier while `work` lets time pass.
        func carrying(
            _ deliver: @escaping SimulatedCourier.Deliver, _ work: () async throws -> Void
        ) async throws {
            let courier = SimulatedCourier(servers: [world.server], time: clock.fleetTime, deliver: deliver)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await courier.run() }
                try await work()
                group.cancelAll()
            }
        }

        /// Waits, bounded, until a condition holds.
        func wait(_ condition: () -> Bool) async -> Bool {
            for _ in 0..<200_000 {
                if condition() { return true }
                await Task.yield()
            }
            return false
        }

        /// Waits until the courier and so many of its errands sleep.
        func rest(errands: Int) async -> Bool { await wait { clock.sleeperCount == errands + 1 } }
    }

    @Test func `a callback that fails is tried five times, each pause twice the last`() async throws {
        let fixture = try await Fixture()
        let receiver = Receiver([500, nil, 404, 302, 500])
        try await fixture.carrying({ receiver.receive($0) }) {
            for (attempt, pause) in [300, 600, 1_200, 2_400].enumerated() {
                #expect(await fixture.rest(errands: 1))
                #expect(receiver.count == attempt + 1)
                fixture.clock.advance(by: .milliseconds(pause - 1))
                #expect(await fixture.rest(errands: 1))
                #expect(receiver.count == attempt + 1)
                fixture.clock.advance(by: .milliseconds(1))
                let isTried = await fixture.wait { receiver.count == attempt + 2 }
                #expect(isTried)
            }
            #expect(await fixture.rest(errands: 0))
            fixture.clock.advance(by: .seconds(60))
            #expect(await fixture.rest(errands: 0))
            #expect(receiver.count == 5)
        }
    }

    @Test(arguments: [200, 204, 401, 410])
    func `some answers are the last`(status: Int) async throws {
        let fixture = try await Fixture()
        let receiver = Receiver([status])
        try await fixture.carrying({ receiver.receive($0) }) {
            let isReceived = await fixture.wait { receiver.count == 1 }
            #expect(isReceived)
            #expect(await fixture.rest(errands: 0))
            fixture.clock.advance(by: .seconds(60))
            #expect(await fixture.rest(errands: 0))
            #expect(receiver.count == 1)
            #expect(fixture.world.server.takeCallbacks().isEmpty)
        }
    }

    @Test func `what is fired later goes out with the next round`() async throws {
        let fixture = try await Fixture(callbacks: 0)
        let receiver = Receiver([200])
        try await fixture.carrying({ receiver.receive($0) }) {
            #expect(await fixture.rest(errands: 0))
            _ = try await fixture.world.create(["meetingEndedURL": "https://b.test/x"])
            fixture.world.server.endMeeting(try fixture.world.roomID())
            #expect(receiver.count == 0)
            fixture.clock.advance(by: .milliseconds(50))
            let isReceived = await fixture.wait { receiver.count == 1 }
            #expect(isReceived)
        }
    }

    @Test func `no more than 32 are under way at once`() async throws {
        let fixture = try await Fixture(callbacks: 40)
        let receiver = Receiver([200])
        let clock = fixture.clock
        try await fixture.carrying({ callback in
            let status = receiver.receive(callback)
            do { try await clock.fleetTime.sleep(.seconds(10)) } catch { return nil }
            return status
        }) {
            #expect(await fixture.rest(errands: 32))
            clock.advance(by: .seconds(1))
            #expect(await fixture.rest(errands: 32))
            #expect(receiver.count == 32)
            clock.advance(by: .seconds(9))
            let areReceived = await fixture.wait {
                clock.advance(by: .milliseconds(50))
                return receiver.count == 40
            }
            #expect(areReceived)
        }
    }
}
