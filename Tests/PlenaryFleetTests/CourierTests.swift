import BigBlueButton
import Logging
import PlenaryCore
import PlenaryFleet
import PlenaryStore
import Synchronization
import Testing

/// The service that makes deliveries, under a clock that others advance.
@Suite struct CourierTests {
    /// Holds what is sent until the test answers it, and watches who is sent what at the same time.
    private final class Gate: OutboundTransport {
        private struct State {
            var waiting: [(request: OutboundRequest, answer: CheckedContinuation<OutboundResult, Never>)] = []
            var sent: [OutboundRequest] = []
            var isOpen = false
            var isClosed = false
        }

        private let state = Mutex(State())

        /// What waits for an answer.
        var waiting: [String] { state.withLock { $0.waiting.map(\.request.url) } }
        var isClosed: Bool { state.withLock { $0.isClosed } }

        func close() async { state.withLock { $0.isClosed = true } }

        /// All that was sent.
        var sent: [String] { state.withLock { $0.sent.map(\.url) } }

        func send(_ request: OutboundRequest, deadline: Duration) async -> OutboundResult {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let result: OutboundResult? = state.withLock { state in
                        state.sent.append(request)
                        if state.isOpen { return .answered(status: 200) }
                        // A cancellation that came before is seen here, one that comes after finds what waits.
                        if Task.isCancelled { return .failed("cancelled") }
                        state.waiting.append((request, continuation))
                        return nil
                    }
                    if let result { continuation.resume(returning: result) }
                }
            } onCancel: {
                answer(.failed("cancelled")) { _ in true }
            }
        }

        /// Answers all that wait at such addresses.
        func answer(_ result: OutboundResult, where isMeant: (String) -> Bool = { _ in true }) {
            let answered = state.withLock { state in
                let answered = state.waiting.filter { isMeant($0.request.url) }
                state.waiting.removeAll { isMeant($0.request.url) }
                return answered
            }
            for waiting in answered { waiting.answer.resume(returning: result) }
        }

        /// From now on everything is answered at once.
        func open() {
            state.withLock { $0.isOpen = true }
            answer(.answered(status: 200))
        }
    }

    private struct Fixture {
        let clock = StepClock()
        let store: Store
        let fleet: Fleet
        let gate = Gate()

        init(tune: (inout FleetSettings) -> Void = { _ in }) async throws {
            let time = clock.fleetTime
            store = try await Store.open(try SQLiteEngine(), newKey: Secret("key of a test"), now: time.now())
            _ = try await store.addFirstSecret(try #require(Secret("client")), to: .default, now: time.now())
            let nobody = Nobody()
            var settings = FleetSettings()
            tune(&settings)
            fleet = Fleet(store: store, transport: nobody, settings: settings, time: time)
        }

        /// Events of lanes, each with a host of its own unless told otherwise.
        func tell(_ lanes: String..., host: String? = nil) async throws { try await tell(lanes, host: host) }

        func tell(_ lanes: [String], host: String? = nil) async throws {
            let now = clock.fleetTime.now()
            let before = try await store.deliveries(in: nil, limit: 1_000).count
            let news = lanes.enumerated().map { index, lane in
                NewDelivery(
                    account: .default, kind: .ended, meeting: nil, event: "event \(before + index)", lane: lane,
                    url: "https://\(host ?? "\(lane).example")/\(lane)", payload: "", secret: nil, dueAt: now)
            }
            _ = try await store.tell(news, now: now)
        }

        /// Runs the courier while `work` lets time pass.
        func delivering(_ work: () async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await Courier(fleet: fleet, outbound: gate, logger: Logger(label: "test")).run()
                }
                try await work()
                group.cancelAll()
            }
        }

        /// Waits, bounded, until a condition holds; the courier looks around meanwhile.
        func wait(sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool)
            async throws
        {
            for _ in 0..<20_000 {
                if try await condition() { return }
                clock.advance(by: .milliseconds(1))
                // A look at the store takes its turn behind what the courier asks it.
                _ = try await store.nextDelivery()
            }
            Issue.record("it never came", sourceLocation: sourceLocation)
        }
    }

    private struct Nobody: BBBTransport {
        func send(_ call: OutgoingCall, deadline: Duration) async throws(TransportFault) -> ServerAnswer {
            Issue.record("no server is asked")
            throw .unresolved
        }
    }

    @Test func `one of a lane is made at a time, and so many of all`() async throws {
        let fixture = try await Fixture { $0.deliveriesAtATime = 2 }
        let gate = fixture.gate
        try await fixture.tell("a", "a", "b", "b", "c")
        try await fixture.delivering {
            try await fixture.wait { gate.waiting.count == 2 }
            #expect(Set(gate.waiting) == ["https://a.example/a", "https://b.example/b"])
            // Time alone lets nobody else in.
            for _ in 0..<20 {
                fixture.clock.advance(by: .seconds(1))
                for _ in 0..<50 { await Task.yield() }
            }
            #expect(gate.sent.count == 2)
            gate.answer(.answered(status: 200)) { $0.hasSuffix("/a") }
            try await fixture.wait { gate.sent.count == 3 }
            gate.open()
            try await fixture.wait { try await fixture.store.deliveries(in: .delivered, limit: 10).count == 5 }
        }
        #expect(gate.sent.filter { $0.hasSuffix("/a") }.count == 2 && gate.sent.count == 5)
    }

    @Test func `a host that takes long holds up nobody else`() async throws {
        let fixture = try await Fixture {
            $0.deliveriesAtATime = 8
            $0.deliveriesToOneHost = 3
        }
        let gate = fixture.gate
        try await fixture.tell("s1", "s2", "s3", "s4", "s5", "s6", host: "slow.example")
        try await fixture.tell("a", "b")
        try await fixture.delivering {
            try await fixture.wait { gate.waiting.count == 5 }
            for _ in 0..<20 {
                fixture.clock.advance(by: .seconds(1))
                for _ in 0..<50 { await Task.yield() }
            }
            #expect(gate.waiting.filter { $0.contains("slow.example") }.count == 3)
            gate.open()
            try await fixture.wait { try await fixture.store.deliveries(in: .delivered, limit: 10).count == 8 }
        }
    }

    @Test func `what is told anew is made soon, what failed is made when its time comes`() async throws {
        let fixture = try await Fixture()
        let gate = fixture.gate
        try await fixture.delivering {
            try await fixture.tell("a")
            try await fixture.wait { gate.waiting.count == 1 }
            gate.answer(.answered(status: 500))
            try await fixture.wait { try await fixture.store.deliveries(in: nil, limit: 10).first?.attempts == 1 }
            let due = try #require(try await fixture.store.nextDelivery())
            #expect(gate.sent.count == 1)
            let wait = due.since(fixture.clock.fleetTime.now())
            #expect(wait > .zero)
            fixture.clock.advance(by: wait)
            try await fixture.wait { gate.sent.count == 2 }
            gate.open()
            try await fixture.wait { try await fixture.store.deliveries(in: .delivered, limit: 10).count == 1 }
        }
    }

    @Test func `what is cut off in the middle stays as it was, and is made by the next process`() async throws {
        let fixture = try await Fixture()
        let gate = fixture.gate
        try await fixture.tell("a")
        try await fixture.delivering {
            try await fixture.wait { gate.waiting.count == 1 }
        }
        let delivery = try #require(try await fixture.store.deliveries(in: nil, limit: 10).first)
        #expect(delivery.state == .waiting && delivery.attempts == 0)
        gate.open()
        try await fixture.fleet.deliverOnce(gate)
        #expect(try await fixture.store.deliveries(in: .delivered, limit: 10).count == 1)
        #expect(gate.sent.count == 2)
    }

    // MARK: receivers that are slow, or gone

    @Test func `three hundred callbacks to a host that hangs do not delay the one to another`() async throws {
        let fixture = try await Fixture()
        let gate = fixture.gate
        try await fixture.tell((0..<300).map { "s\($0)" }, host: "slow.example")
        try await fixture.tell("good")
        try await fixture.delivering {
            try await fixture.wait { gate.waiting.contains("https://good.example/good") }
            #expect(fixture.clock.now < .seconds(5))
            #expect(gate.waiting.filter { $0.contains("slow.example") }.count == 4)
            gate.open()
        }
    }

    @Test func `a host that did not answer is tried by one at a time, after a rest, until it answers`() async throws {
        let fixture = try await Fixture()
        let gate = fixture.gate
        try await fixture.tell((0..<6).map { "d\($0)" }, host: "dead.example")
        try await fixture.delivering {
            try await fixture.wait { gate.waiting.count == 4 }
            let failedAt = fixture.clock.now
            gate.answer(.failed("no answer in time"))
            // Two were not tried yet, and wait with the others.
            try await fixture.wait { gate.sent.count == 5 }
            #expect(fixture.clock.now - failedAt >= .milliseconds(1_600))
            for _ in 0..<20 {
                fixture.clock.advance(by: .seconds(1))
                for _ in 0..<50 { await Task.yield() }
            }
            #expect(gate.sent.count == 5 && gate.waiting.count == 1)
            gate.answer(.answered(status: 500))
            try await fixture.wait { gate.waiting.count == 4 }
            gate.open()
            try await fixture.wait { try await fixture.store.deliveries(in: .delivered, limit: 10).count == 6 }
        }
    }

    @Test func `however many hosts are dead, the others are told at once`() async throws {
        let fixture = try await Fixture()
        let gate = fixture.gate
        try await fixture.tell((0..<40).map { "dead\($0)" })
        try await fixture.delivering {
            // All of them are found out, some at a time.
            try await fixture.wait {
                gate.answer(.failed("host name has no address"))
                return try await fixture.store.deliveries(in: nil, limit: 100).allSatisfy { $0.attempts > 0 }
            }
            // Now they are tried again, and do not answer.
            fixture.clock.advance(by: .seconds(120))
            try await fixture.wait { gate.waiting.count == 8 }
            for _ in 0..<20 {
                fixture.clock.advance(by: .seconds(1))
                for _ in 0..<50 { await Task.yield() }
            }
            #expect(gate.waiting.count == 8)
            let toldAt = fixture.clock.now
            try await fixture.tell("good")
            try await fixture.wait { gate.waiting.contains("https://good.example/good") }
            #expect(fixture.clock.now - toldAt < .seconds(5))
            gate.open()
        }
    }

    @Test func `a callback whose hook is removed before its turn is not made`() async throws {
        let fixture = try await Fixture { $0.deliveriesAtATime = 1 }
        let gate = fixture.gate
        try await fixture.tell("a")
        let now = fixture.clock.fleetTime.now()
        _ = try await fixture.store.registerHook(
            id: "h-1", account: .default, callbackURL: "https://hook.example/", meetingID: nil, eventID: nil,
            isRaw: false, secret: nil, now: now)
        let event = NewDelivery(
            account: .default, kind: .hook, meeting: nil, event: "x", lane: Hook.lane("h-1"), part: "room-1",
            url: "https://hook.example/", payload: "", secret: nil, dueAt: now)
        #expect(try await fixture.store.tell([event], now: now) == 1)
        try await fixture.delivering {
            try await fixture.wait { gate.waiting.count == 1 }
            #expect(try await fixture.store.removeHook("h-1", of: .default))
            gate.open()
            try await fixture.wait { try await fixture.store.deliveries(in: .delivered, limit: 10).count == 1 }
            for _ in 0..<5 {
                fixture.clock.advance(by: .seconds(1))
                for _ in 0..<50 { await Task.yield() }
            }
        }
        #expect(gate.sent == ["https://a.example/a"])
    }

    @Test func `what was kept open is closed when the courier is done`() async throws {
        let fixture = try await Fixture()
        try await fixture.delivering { #expect(!fixture.gate.isClosed) }
        #expect(fixture.gate.isClosed)
    }
}
