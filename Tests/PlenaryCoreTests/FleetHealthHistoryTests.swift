import Testing

@testable import PlenaryCore

/// Random histories against a slow oracle that keeps all that ever happened and reads section 0 literally.
struct FleetHealthHistoryTests {
    @Test(arguments: UInt64(0)..<100) func `every history obeys section 0`(seed: UInt64) {
        var history = History(seed: seed)
        history.run(steps: 300)
        #expect(history.faults.isEmpty)
    }

    @Test func `the histories see everything that can happen`() {
        var seen: [String: Int] = [:]
        for seed in UInt64(0)..<40 {
            var history = History(seed: seed)
            history.run(steps: 400)
            seen.merge(history.seen, uniquingKeysWith: +)
        }
        for event in [
            "unchecked>online", "unchecked>suspect", "online>suspect", "suspect>online", "suspect>offline",
            "offline>online", "online>unchecked", "suspect>unchecked", "offline>unchecked", "panicBegan", "panicEnded",
            "exhausted", "held in panic",
        ] {
            #expect(seen[event, default: 0] > 0, "\(event)")
        }
        #expect(seen["online>offline"] == nil)
        // In maintenance only: there nobody is suspect.
        #expect(seen["unchecked>offline", default: 0] > 0)
        #expect(seen["offline>suspect"] == nil)
    }
}

private struct History {
    enum Event {
        case added, removed, maintained, good, bad, time
    }

    /// All that is known of one server since it was added.
    struct Record {
        var isJudged = true
        /// Since the last success, or the end of a panic.
        var failures: [Duration] = []
        /// When the present row of failures began, whatever panic did.
        var failingSince: Duration?
        var lastSuccess: Duration?
        var zeroAt: Duration
        var goodInARow = 0
        var word = "unchecked"
        /// Each time its state got another name.
        var words: [(at: Duration, word: String)] = []

        /// The failures that count: the first, and each at least 1.7 s after the one counted before it.
        var counted: Int {
            var count = 0
            var last: Duration?
            for failure in failures where last.map({ failure - $0 >= .milliseconds(1_700) }) ?? true {
                count += 1
                last = failure
            }
            return count
        }

        func wasOnline(since then: Duration, now: Duration) -> Bool {
            words.indices.contains { index in
                let end = index + 1 < words.count ? words[index + 1].at : now
                return words[index].word == "online" && end >= then
            }
        }

        func wasOnline(at then: Duration, now: Duration) -> Bool {
            words.indices.contains { index in
                let end = index + 1 < words.count ? words[index + 1].at : now
                return words[index].word == "online" && words[index].at <= then && then <= end
            }
        }
    }

    private(set) var faults: [String] = []
    private(set) var seen: [String: Int] = [:]
    private var health = FleetHealth()
    private var records: [ServerID: Record] = [:]
    private var now = Duration.zero
    private var random: SplitMix64
    private var step = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func run(steps: Int) {
        let fleet = (1...Int64.random(in: 1...12, using: &random)).map { ServerID($0) }
        // Seconds between two events: from a busy minute to more than an hour.
        let pace = [200, 1_000, 5_000, 20_000].randomElement(using: &random) ?? 1_000
        for server in fleet { apply(.added, to: server) }
        var alive = Set(fleet)
        var isCut = false
        for number in 1...steps where faults.isEmpty {
            step = number
            now += random.milliseconds(1...pace)
            let server = fleet.randomElement(using: &random) ?? 1
            if random.chance(0.05) { alive.formSymmetricDifference([fleet.randomElement(using: &random) ?? 1]) }
            if random.chance(0.01) { isCut.toggle() }
            switch Int.random(in: 0..<100, using: &random) {
            case 0: apply(.removed, to: server)
            case 1: apply(.maintained, to: server)
            case 2, 3, 4: if records[server]?.isJudged != true { apply(.added, to: server) }
            case 5...9: apply(.time, to: server)
            case 10...13: apply(random.chance(0.5) ? .good : .bad, to: server)
            default: apply(alive.contains(server) && !isCut ? .good : .bad, to: server)
            }
        }
    }

    private mutating func expect(_ holds: Bool, _ what: @autoclosure () -> String) {
        if !holds { faults.append("step \(step) at \(now): \(what())") }
    }

    private mutating func apply(_ event: Event, to server: ServerID) {
        let before = health
        let isKnown = records[server] != nil
        let changes: [FleetHealth.Change]
        switch event {
        case .added:
            health.added(server, at: now)
            changes = []
            records[server] = Record(zeroAt: now)
        case .removed:
            changes = health.removed(server, at: now)
            records[server] = nil
        case .maintained:
            changes = health.maintained(server, at: now)
            // What is offline stays so; all else is unchecked.
            let word = records[server]?.word ?? "unchecked"
            if word != "unchecked", word != "offline" { seen["\(word)>unchecked", default: 0] += 1 }
            records[server] = Record(isJudged: false, zeroAt: now, word: word == "offline" ? word : "unchecked")
        case .good:
            changes = health.pollSucceeded(server, at: now)
            records[server]?.failures = []
            records[server]?.failingSince = nil
            records[server]?.lastSuccess = now
            records[server]?.zeroAt = now
            records[server]?.goodInARow += 1
        case .bad:
            changes = health.failed(server, .timeout, at: now)
            records[server]?.failures.append(now)
            if records[server]?.isJudged == true {
                if records[server]?.failingSince == nil { records[server]?.failingSince = now }
                records[server]?.goodInARow = 0
            }
        case .time: changes = health.timePassed(at: now)
        }
        // What the machine looks at panic for.
        let isLooked =
            switch event {
            case .added: false
            case .removed, .maintained, .time: true
            case .good: isKnown
            case .bad: records[server]?.isJudged == true
            }
        // A failure is in the books before panic is looked at.
        if event == .bad || event == .good { judge(server, event, isInPanic: nil) }
        checkPanic(
            before.panic, isLooked: isLooked, isAnswer: event == .good && records[server]?.isJudged == true, changes)
        if event == .bad { judge(server, event, isInPanic: health.isInPanic) }
        checkStates(before, server, event, changes)
    }

    /// What section 0 says about this server now. `isInPanic` is `nil` for the step before panic is looked at.
    private mutating func judge(_ server: ServerID, _ event: Event, isInPanic: Bool?) {
        guard let record = records[server] else { return }
        var word = record.word
        if !record.isJudged {
            if event == .good {
                word = "unchecked"
            } else if isInPanic == false, record.failures.count >= 3, now - record.zeroAt >= .seconds(30) {
                word = "offline"
            }
        } else if event == .good {
            if word != "offline" || record.goodInARow >= 3 { word = "online" }
        } else if word != "offline" {
            word = "suspect"
            if let isInPanic, record.counted >= 3, now - record.zeroAt >= .seconds(30) {
                if isInPanic { seen["held in panic", default: 0] += 1 } else { word = "offline" }
            }
        }
        guard word != record.word else { return }
        seen["\(record.word)>\(word)", default: 0] += 1
        records[server]?.word = word
        records[server]?.words.append((now, word))
        if word == "offline" { records[server]?.goodInARow = 0 }
    }

    private mutating func checkPanic(
        _ before: FleetHealth.Panic, isLooked: Bool, isAnswer: Bool, _ changes: [FleetHealth.Change]
    ) {
        var expected = before
        if isAnswer, case .exhausted = before { expected = .calm }
        if isLooked {
            switch expected {
            case .calm: if let base = panicBase { expected = .panicking(since: now, base: base) }
            case .panicking(let since, let base):
                let present = base.filter { records[$0]?.isJudged == true }
                let failing = present.count { records[$0]?.failingSince != nil }
                let answers = records.values.contains {
                    $0.isJudged && $0.lastSuccess != nil && $0.failingSince == nil
                }
                if now - since >= .seconds(600) {
                    expected = .exhausted
                    seen["exhausted", default: 0] += 1
                } else if answers, failing * 2 <= present.count {
                    expected = .calm
                }
            case .exhausted: break
            }
        }
        let panic = health.panic
        expect(panic == expected, "panic is \(panic), not \(expected)")
        var wasInPanic = false
        if case .panicking = before { wasInPanic = true }
        expect(changes.contains(.panicBegan) == (!wasInPanic && health.isInPanic), "panicBegan in \(changes)")
        expect(changes.contains(.panicEnded) == (wasInPanic && !health.isInPanic), "panicEnded in \(changes)")
        if changes.contains(.panicBegan) { seen["panicBegan", default: 0] += 1 }
        if changes.contains(.panicEnded) {
            seen["panicEnded", default: 0] += 1
            for (server, record) in records where record.word == "suspect" {
                records[server]?.failures = []
                records[server]?.zeroAt = now
            }
        }
    }

    private var panicBase: Set<ServerID>? {
        let judged = records.filter { $0.value.isJudged }
        let healthy = judged.filter { $0.value.wasOnline(at: now - .seconds(60), now: now) }
        let failed = healthy.filter { record in record.value.failingSince.map { now - $0 <= .seconds(30) } ?? false }
        // One server alone is its own trouble while others answer.
        if failed.count > 1, failed.count * 2 > healthy.count { return Set(healthy.keys) }
        if !judged.isEmpty, judged.values.allSatisfy({ $0.failingSince != nil }) {
            return Set(judged.filter { $0.value.wasOnline(since: now - .seconds(90), now: now) }.keys)
        }
        return nil
    }

    private mutating func checkStates(
        _ before: FleetHealth, _ server: ServerID, _ event: Event, _ changes: [FleetHealth.Change]
    ) {
        let members = health.members.keys.sorted()
        expect(members == records.keys.sorted(), "members \(members)")
        let isPanicOver = changes.contains(.panicEnded)
        for (each, record) in records {
            let state = health.state(of: each)
            let share = health.share(of: each, at: now)
            expect(state.word == record.word, "server \(each) is \(state), not \(record.word)")
            expect((0...1).contains(share), "share of \(each) is \(share)")
            switch state {
            case .suspect(let failures, _):
                expect(failures == record.counted, "\(each) has \(failures) failures, not \(record.counted)")
            case .offline(_, let credits):
                expect(credits == record.goodInARow, "\(each) has \(credits) credits, not \(record.goodInARow)")
            case .online(let rampFrom?):
                expect(rampFrom <= now, "slow start of \(each) begins at \(rampFrom)")
                expect(share == min(1, (now - rampFrom) / .seconds(120)), "share of \(each) is \(share)")
            case .online, .unchecked: expect(share == 1, "share of \(each) is \(share)")
            }
            if each != server || event == .time, !isPanicOver {
                expect(state == before.state(of: each), "\(each) moved without an event: \(state)")
            }
            if before.state(of: each).word != "offline", state.word == "offline" {
                expect(!health.isInPanic, "\(each) went offline in panic")
                expect(event == .bad && each == server, "\(each) went offline on \(event) of \(server)")
            }
            if before.state(of: each).word == "offline", state.word == "online" {
                expect(state == .online(rampFrom: now), "\(each) came back without slow start: \(state)")
            }
        }
        var moved: [FleetHealth.Change] = []
        if event != .added, event != .removed, before.state(of: server).word != health.state(of: server).word {
            moved = [.moved(server, from: before.state(of: server), to: health.state(of: server))]
        }
        let told = changes.filter { if case .moved = $0 { true } else { false } }
        expect(told.map(\.words) == moved.map(\.words), "told \(told), not \(moved)")
    }
}

extension FleetHealth.Change {
    fileprivate var words: String {
        switch self {
        case .moved(let server, let from, let to): "\(server): \(from.word) > \(to.word)"
        case .panicBegan: "panic began"
        case .panicEnded: "panic ended"
        }
    }
}
