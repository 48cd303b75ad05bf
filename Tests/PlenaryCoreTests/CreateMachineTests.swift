import Testing

@testable import PlenaryCore

struct CreateMachineTests {
    private func machine(
        _ candidates: [ServerID] = [1, 2, 3], startedAt: Duration = .zero, hasDocument: Bool = false
    ) -> CreateMachine {
        CreateMachine(candidates: candidates, startedAt: startedAt, hasDocument: hasDocument)
    }

    /// A machine that has sent to server 1, at 0 s.
    private func sending(_ candidates: [ServerID] = [1, 2, 3]) -> CreateMachine {
        var machine = machine(candidates)
        #expect(machine.started(at: .zero) == .assign(candidates[0]))
        #expect(
            machine.assigned(candidates[0], heardFrom: .zero, at: .zero) == .send(candidates[0], within: .seconds(8)))
        #expect(machine.state == .sending(candidates[0]))
        return machine
    }

    // MARK: one server

    @Test func `without candidates there is no server`() {
        var machine = machine([])
        #expect(machine.state == .placing)
        #expect(machine.started(at: .zero) == .finish(.noServer))
        #expect(machine.state == .finished(.noServer))
    }

    @Test func `a server that was just heard from gets the create`() {
        var machine = sending()
        #expect(machine.sent(.created, at: .seconds(1)) == .finish(.created(1)))
        #expect(machine.state == .finished(.created(1)))
    }

    @Test func `a refusal is the answer, and nobody else is asked`() {
        var machine = sending()
        #expect(machine.sent(.refused, at: .seconds(1)) == .finish(.refused(1)))
        #expect(machine.state == .finished(.refused(1)))
    }

    // MARK: the next server

    @Test func `a create that was not acted on goes to the next server`() {
        var machine = sending()
        #expect(machine.sent(.notActed, at: .seconds(1)) == .assign(2))
        #expect(machine.state == .placing)
        #expect(machine.assigned(2, heardFrom: .seconds(1), at: .seconds(1)) == .send(2, within: .seconds(7)))
        #expect(machine.sent(.created, at: .seconds(2)) == .finish(.created(2)))
    }

    @Test func `when the last candidate did not act there is no server`() {
        var machine = sending([1])
        #expect(machine.sent(.notActed, at: .seconds(1)) == .finish(.noServer))
    }

    // MARK: unknown outcomes

    @Test func `a create without an answer is asked for at the same server`() {
        var machine = sending()
        #expect(machine.sent(.unknown, at: .seconds(8)) == .ask(1, within: .seconds(2)))
        #expect(machine.state == .asking(1))
        #expect(machine.asked(.has, at: .seconds(9)) == .finish(.found(1)))
        #expect(machine.state == .finished(.found(1)))
    }

    @Test func `a server that has not got it frees it for the next`() {
        var machine = sending()
        #expect(machine.sent(.unknown, at: .seconds(1)) == .ask(1, within: .seconds(2)))
        #expect(machine.asked(.hasNot, at: .seconds(2)) == .assign(2))
    }

    @Test func `a server that has not got it too late for another try leaves no server`() {
        var machine = sending()
        #expect(machine.sent(.unknown, at: .seconds(8)) == .ask(1, within: .seconds(2)))
        #expect(machine.asked(.hasNot, at: .milliseconds(8_100)) == .finish(.noServer))
    }

    @Test func `a create that nobody can tell of stays pinned to its server`() {
        var machine = sending()
        #expect(machine.sent(.unknown, at: .seconds(1)) == .ask(1, within: .seconds(2)))
        #expect(machine.asked(.unknown, at: .seconds(3)) == .finish(.unknown(1)))
        #expect(machine.state == .finished(.unknown(1)))
    }

    // MARK: looks

    /// Milliseconds since the last good answer, and whether the server is looked at first.
    @Test(arguments: [(0, false), (999, false), (1_000, false), (1_001, true), (60_000, true)])
    func `a server that was quiet for more than a second is looked at first`(quiet: Int, isLooked: Bool) {
        var machine = machine(startedAt: .seconds(100))
        _ = machine.started(at: .seconds(100))
        let action = machine.assigned(1, heardFrom: .seconds(100) - .milliseconds(quiet), at: .seconds(100))
        #expect(action == (isLooked ? .look(1, within: .milliseconds(1_500)) : .send(1, within: .seconds(8))))
        #expect(machine.state == (isLooked ? .looking(1) : .sending(1)))
    }

    @Test func `a server that was never heard from is looked at first`() {
        var machine = machine()
        _ = machine.started(at: .zero)
        #expect(machine.assigned(1, heardFrom: nil, at: .zero) == .look(1, within: .milliseconds(1_500)))
        #expect(machine.looked(answers: true, at: .seconds(1)) == .send(1, within: .seconds(7)))
        #expect(machine.sent(.created, at: .seconds(2)) == .finish(.created(1)))
    }

    @Test func `a server that does not answer a look is passed over`() {
        var machine = machine([1, 2])
        _ = machine.started(at: .zero)
        _ = machine.assigned(1, heardFrom: nil, at: .zero)
        #expect(machine.looked(answers: false, at: .milliseconds(1_500)) == .assign(2))
        #expect(machine.assigned(2, heardFrom: nil, at: .milliseconds(1_500)) == .look(2, within: .milliseconds(1_500)))
        #expect(machine.looked(answers: false, at: .seconds(3)) == .finish(.noServer))
    }

    @Test func `a look takes no longer than there is time`() {
        var machine = machine()
        _ = machine.started(at: .zero)
        #expect(machine.assigned(1, heardFrom: nil, at: .seconds(7)) == .look(1, within: .seconds(1)))
        #expect(machine.looked(answers: true, at: .milliseconds(9_500)) == .finish(.noServer))
    }

    @Test func `a look is not begun when there is no time left`() {
        var machine = machine()
        _ = machine.started(at: .zero)
        let action = machine.assigned(1, heardFrom: nil, at: .seconds(11))
        #expect(action == .finish(.noServer))
    }

    // MARK: deadlines

    /// When the store has the assignment, and how long the create may take then.
    @Test(arguments: [(0, 8_000), (1, 7_999), (7_999, 1), (8_000, nil), (9_999, nil), (20_000, nil)])
    func `nothing is sent without time left to ask`(at milliseconds: Int, within: Int?) {
        var machine = machine()
        _ = machine.started(at: .zero)
        let now = Duration.milliseconds(milliseconds)
        let action = machine.assigned(1, heardFrom: now, at: now)
        #expect(action == within.map { .send(1, within: .milliseconds($0)) } ?? .finish(.noServer))
    }

    @Test func `no server is assigned without time left to ask`() {
        var early = sending()
        #expect(early.sent(.notActed, at: .milliseconds(7_999)) == .assign(2))
        var late = sending()
        #expect(late.sent(.notActed, at: .seconds(8)) == .finish(.noServer))
        var never = machine()
        #expect(never.started(at: .seconds(8)) == .finish(.noServer))
    }

    @Test func `the deadline counts from the start`() {
        var machine = machine(startedAt: .seconds(500))
        #expect(machine.started(at: .seconds(501)) == .assign(1))
        #expect(machine.assigned(1, heardFrom: .seconds(501), at: .seconds(501)) == .send(1, within: .seconds(7)))
    }

    @Test func `with slides a create has a minute`() {
        var machine = machine(hasDocument: true)
        #expect(machine.started(at: .zero) == .assign(1))
        #expect(machine.assigned(1, heardFrom: .zero, at: .zero) == .send(1, within: .seconds(58)))
        #expect(machine.sent(.unknown, at: .seconds(58)) == .ask(1, within: .seconds(2)))
        #expect(machine.asked(.hasNot, at: .seconds(58)) == .finish(.noServer))
    }

    @Test func `slides never make the time shorter`() {
        var budget = CreateMachine.Budget()
        budget.document = .seconds(3)
        var machine = CreateMachine(candidates: [1], startedAt: .zero, budget: budget, hasDocument: true)
        _ = machine.started(at: .zero)
        #expect(machine.assigned(1, heardFrom: .zero, at: .zero) == .send(1, within: .seconds(8)))
    }

    // MARK: property

    @Test(arguments: UInt64(0)..<500) func `a meeting is never sent to two servers that may both have it`(seed: UInt64)
    {
        var driver = StrictDriver(seed: seed)
        driver.run()
        #expect(driver.faults.isEmpty)
    }

    @Test func `the random creates end in every way`() {
        var ends: Set<String> = []
        var most = 0
        for seed in UInt64(0)..<500 {
            var driver = StrictDriver(seed: seed)
            driver.run()
            ends.insert(driver.end)
            most = max(most, driver.sends)
        }
        #expect(ends == ["created", "found", "refused", "noServer", "unknown"])
        #expect(most >= 3)
    }
}

/// Does what the machine says, with random outcomes and delays, and writes down whatever it should not have said.
private struct StrictDriver {
    private(set) var faults: [String] = []
    private(set) var end = ""
    private(set) var sends = 0
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    private mutating func expect(_ holds: Bool, _ what: @autoclosure () -> String) {
        if !holds { faults.append(what()) }
    }

    mutating func run() {
        let start = random.milliseconds(0...100_000)
        let hasDocument = random.chance(0.2)
        let deadline = start + .seconds(hasDocument ? 60 : 10)
        let candidates = Array(
            (1...9).map { ServerID($0) }.shuffled(using: &random).prefix(Int.random(in: 0...6, using: &random)))
        var untried = candidates[...]
        /// What is known of the server that was sent to: `true` when it may have the meeting.
        var mayHave: [ServerID: Bool] = [:]
        var knownToHave: ServerID?
        var current: ServerID?
        var previous = "start"
        var now = start
        var machine = CreateMachine(candidates: candidates, startedAt: start, hasDocument: hasDocument)
        var action = machine.started(at: now)

        for _ in 0..<100 {
            switch action {
            case .assign(let server):
                expect(["start", "look", "send", "ask"].contains(previous), "assign after \(previous)")
                expect(server == untried.first, "assigned \(server), not \(untried.first.map(String.init) ?? "nobody")")
                expect(!mayHave.values.contains(true), "assigned \(server) while \(mayHave)")
                expect(now < deadline - .seconds(2), "assigned at \(deadline - now) before the deadline")
                untried = untried.dropFirst()
                current = server
                previous = "assign"
                now += random.milliseconds(0...200)
                let heardFrom = random.chance(0.2) ? nil : now - random.milliseconds(0...1_600)
                let isQuiet = heardFrom.map { now - $0 > .seconds(1) } ?? true
                action = machine.assigned(server, heardFrom: heardFrom, at: now)
                if case .look = action { expect(isQuiet, "looked at a server that was heard from") }
                if case .send = action { expect(!isQuiet, "sent to a quiet server") }
            case .look(let server, let within):
                expect(previous == "assign" && server == current, "look at \(server) after \(previous)")
                expect(within > .zero && within <= .milliseconds(1_500), "look within \(within)")
                expect(now + within <= deadline, "look beyond the deadline")
                previous = "look"
                let answers = random.chance(0.6)
                now += answers ? within * Double.random(in: 0...1, using: &random) : within
                action = machine.looked(answers: answers, at: now)
                if case .send = action { expect(answers, "sent to a server that did not answer") }
            case .send(let server, let within):
                expect(
                    ["assign", "look"].contains(previous) && server == current, "send to \(server) after \(previous)")
                expect(mayHave[server] == nil, "sent twice to \(server)")
                expect(!mayHave.values.contains(true), "sent to \(server) while \(mayHave)")
                expect(within > .zero, "send within \(within)")
                expect(
                    now + within + .seconds(2) == deadline, "send within \(within), \(deadline - now) before the end")
                previous = "send"
                sends += 1
                mayHave[server] = true
                let isSlow = random.chance(0.15)
                now += isSlow ? within : min(within, random.milliseconds(1...1_500))
                let sent: CreateMachine.Sent =
                    switch Int.random(in: 0..<20, using: &random) {
                    case 0..<3: .created
                    case 3: .refused
                    case 4..<12: .notActed
                    default: .unknown
                    }
                if sent == .created { knownToHave = server }
                if sent == .notActed || sent == .refused { mayHave[server] = false }
                action = machine.sent(sent, at: now)
                switch (sent, action) {
                case (.created, .finish(.created(server))), (.refused, .finish(.refused(server))),
                    (.unknown, .ask(server, within: .seconds(2))), (.notActed, .assign),
                    (.notActed, .finish(.noServer)):
                    break
                default: faults.append("\(action) after \(sent)")
                }
            case .ask(let server, let within):
                expect(previous == "send" && server == current, "ask \(server) after \(previous)")
                expect(now + within <= deadline, "ask beyond the deadline")
                previous = "ask"
                let asked: CreateMachine.Asked =
                    switch Int.random(in: 0..<10, using: &random) {
                    case 0..<2: .has
                    case 2..<9: .hasNot
                    default: .unknown
                    }
                now += asked == .unknown ? within : min(within, random.milliseconds(1...500))
                if asked == .hasNot { mayHave[server] = false }
                if asked == .has { knownToHave = server }
                action = machine.asked(asked, at: now)
                switch (asked, action) {
                case (.has, .finish(.found(server))), (.unknown, .finish(.unknown(server))), (.hasNot, .assign),
                    (.hasNot, .finish(.noServer)):
                    break
                default: faults.append("\(action) after \(asked)")
                }
            case .finish(let outcome):
                expect(machine.state == .finished(outcome), "state \(machine.state) after \(outcome)")
                expect(now <= deadline, "finished \(now - deadline) late")
                switch outcome {
                case .created(let server):
                    end = "created"
                    expect(knownToHave == server, "created on \(server)")
                case .found(let server):
                    end = "found"
                    expect(knownToHave == server, "found on \(server)")
                case .refused(let server):
                    end = "refused"
                    expect(mayHave[server] == false && knownToHave == nil, "refused by \(server)")
                case .unknown(let server):
                    end = "unknown"
                    expect(mayHave[server] == true && knownToHave == nil, "unknown on \(server)")
                case .noServer:
                    end = "noServer"
                    expect(!mayHave.values.contains(true), "no server while \(mayHave)")
                    expect(untried.isEmpty || now >= deadline - .seconds(2), "gave up with \(untried) untried")
                }
                return
            }
        }
        faults.append("it never ends")
    }
}

extension String {
    fileprivate init(_ server: ServerID) { self = server.description }
}
