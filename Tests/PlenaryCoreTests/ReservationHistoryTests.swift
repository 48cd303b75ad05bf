import BigBlueButton
import PlenaryCore
import Testing

/// Ten thousand random histories of a pool, beside a slow and obvious account of the same rules.
@Suite struct ReservationHistoryTests {
    /// What the rules say, written down as they are read: a list, looked through again for every question.
    private struct Ledger {
        enum Stand: Equatable { case making, alive, promised(to: String), ending, going, lost(until: Int) }

        struct Line {
            let name: String
            let size: Int
            var until: Int
            var stand: Stand
            let since: Int
            var wasLost: Int?
        }

        var size: Int
        var lines: [Line] = []

        func isKept(_ line: Line, _ now: Int) -> Bool {
            switch line.stand {
            case .making, .alive: return now < line.until
            case .lost(let until): return now < until
            case .promised, .ending, .going: return false
            }
        }

        func kept(_ now: Int) -> Int { lines.filter { isKept($0, now) }.map(\.size).reduce(0, +) }

        func over(_ now: Int) -> [Line] { lines.filter { $0.stand == .alive && now >= $0.until } }

        enum Answer: Equatable { case yes(ending: Set<String>), tooMany, no(available: Int) }

        func ask(_ name: String, _ wanted: Int, people: [String: Int], _ now: Int) -> Answer {
            if lines.contains(where: { line in
                guard line.name == name, case .lost(let until) = line.stand else { return false }
                return now < until
            }) {
                return .yes(ending: [])
            }
            if wanted > size { return .tooMany }
            let open = size - kept(now)
            if wanted > open { return .no(available: max(0, open)) }
            let missing = wanted - (open - over(now).map(\.size).reduce(0, +))
            if missing <= 0 { return .yes(ending: []) }
            var queue = over(now)
            queue.sort { left, right in
                let (leftEmpty, rightEmpty) = (people[left.name] == 0, people[right.name] == 0)
                if leftEmpty != rightEmpty { return leftEmpty }
                if left.until != right.until { return left.until < right.until }
                let (leftPeople, rightPeople) = (people[left.name] ?? .max, people[right.name] ?? .max)
                if leftPeople != rightPeople { return leftPeople < rightPeople }
                if left.since != right.since { return left.since < right.since }
                return left.name < right.name
            }
            var taken: [Line] = []
            while taken.map(\.size).reduce(0, +) < missing { taken.append(queue.removeFirst()) }
            for line in taken.reversed() {
                let others = taken.filter { $0.name != line.name }
                if others.map(\.size).reduce(0, +) >= missing { taken = others }
            }
            return .yes(ending: Set(taken.map(\.name)))
        }
    }

    private static let names = ["a", "b", "c", "d", "e", "f", "g"]

    @Test(arguments: 0..<20) func `a pool keeps what it promised, and ends nobody without need`(batch: UInt64) {
        for seed in (batch * 500)..<(batch * 500 + 500) { history(seed) }
    }

    private func history(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var now = 0
        let size = Int.random(in: 1...40, using: &random)
        var pool = ReservationPool(capacity: size, reservations: [])
        var ledger = Ledger(size: size)
        var people: [String: Int] = [:]
        var ended: Set<String> = []

        for _ in 0..<Int.random(in: 5...40, using: &random) {
            let name = Self.names[Int.random(in: 0..<Self.names.count, using: &random)]
            let key = Pool.key(name)
            let at = WireTime(milliseconds: Int64(now))
            let line = ledger.lines.firstIndex { $0.name == name }
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<8:
                // A create of what does not live.
                if let line {
                    guard case .lost = ledger.lines[line].stand else { continue }
                }
                let wanted = Int.random(in: 1...(size + 2), using: &random)
                let minutes = Int.random(in: 1...20, using: &random)
                let answer = ledger.ask(name, wanted, people: people, now)
                let request = ReservationRequest(connections: wanted, minutes: minutes, isExplicit: true)
                let protected = pool.protected(at: at)
                let admission = pool.admit(
                    key, request, people: { people[$0.meetingID.rawValue] }, at: at)
                switch admission {
                case .admitted(let reservation, let ending):
                    let victims = Set(ending.map(\.meetingID.rawValue))
                    #expect(answer == .yes(ending: victims), "seed \(seed)")
                    // Never more than the pool, unless it was made smaller.
                    #expect(pool.protected(at: at) <= max(ledger.size, protected), "seed \(seed)")
                    if let line, case .lost(let until) = ledger.lines[line].stand, now < until {
                        ledger.lines[line].stand = .making
                        ledger.lines[line].wasLost = until
                        #expect(reservation.connections == ledger.lines[line].size, "seed \(seed)")
                    } else {
                        ledger.lines.removeAll { $0.name == name }
                        for index in ledger.lines.indices where victims.contains(ledger.lines[index].name) {
                            // No meeting that has its time is chosen.
                            #expect(!ledger.isKept(ledger.lines[index], now), "seed \(seed)")
                            ledger.lines[index].stand = .promised(to: name)
                        }
                        ledger.lines.append(
                            .init(
                                name: name, size: wanted, until: now + minutes * 60_000, stand: .making, since: now))
                    }
                case .refused(let shortage) where shortage.exceedsPool:
                    #expect(answer == .tooMany, "seed \(seed)")
                case .refused(let shortage):
                    #expect(answer == .no(available: shortage.available), "seed \(seed)")
                    if let until = shortage.until {
                        // Who waits that long, and nothing else happens, is admitted; a moment before he was not.
                        let later = Int(until.milliseconds)
                        #expect(wanted <= ledger.size - keptLater(ledger, later, now), "seed \(seed)")
                        #expect(wanted > ledger.size - keptLater(ledger, later - 1, now), "seed \(seed)")
                    }
                }
            case 8..<13:
                // A create comes back.
                guard let line, ledger.lines[line].stand == .making else { continue }
                if Bool.random(using: &random) {
                    // Its server's clock may be wrong.
                    let clock = at.advanced(by: .seconds(Int.random(in: -9_000...9_000, using: &random)))
                    let told = Bool.random(using: &random) ? at : clock
                    let protected = pool.protected(at: at)
                    let victims = Set(pool.confirm(key, createdAt: told, at: at).map(\.meetingID.rawValue))
                    #expect(pool.protected(at: at) <= protected, "seed \(seed)")
                    let promised = ledger.lines.filter { $0.stand == .promised(to: name) }
                    #expect(victims == Set(promised.map(\.name)), "seed \(seed)")
                    let minutes = pool.reservations[key]?.minutes ?? 0
                    if ledger.lines[line].wasLost == nil, now < ledger.lines[line].until {
                        let begun = min(max(Int(told.milliseconds), ledger.lines[line].since), now)
                        ledger.lines[line].until = begun + minutes * 60_000
                    }
                    ledger.lines[line].stand = .alive
                    ledger.lines[line].wasLost = nil
                    for index in ledger.lines.indices where victims.contains(ledger.lines[index].name) {
                        ledger.lines[index].stand = .going
                        ended.insert(ledger.lines[index].name)
                    }
                } else {
                    pool.fail(key)
                    if let until = ledger.lines[line].wasLost {
                        ledger.lines[line].stand = .lost(until: until)
                        ledger.lines[line].wasLost = nil
                    } else {
                        ledger.lines.remove(at: line)
                    }
                    // Nobody is thrown out for it.
                    for index in ledger.lines.indices where ledger.lines[index].stand == .promised(to: name) {
                        ledger.lines[index].stand = .alive
                    }
                }
            case 13..<15:
                // A meeting ends; one that makes room does so sooner or later.
                guard let line, [.alive, .ending, .going].contains(ledger.lines[line].stand) else { continue }
                pool.end(key)
                ledger.lines.remove(at: line)
            case 15 where Bool.random(using: &random):
                // Somebody ends it, and its server takes its time.
                guard let line else { continue }
                switch ledger.lines[line].stand {
                case .alive, .promised:
                    pool.ending(key)
                    ledger.lines[line].stand = .ending
                default: continue
                }
            case 15:
                guard let line, ledger.lines[line].stand == .alive else { continue }
                pool.lose(key, at: at)
                if now < ledger.lines[line].until {
                    ledger.lines[line].stand = .lost(until: min(ledger.lines[line].until, now + 600_000))
                } else {
                    ledger.lines.remove(at: line)
                }
            case 16:
                // The operator sells less, or more.
                guard Int.random(in: 0..<4, using: &random) == 0 else { continue }
                ledger.size = Int.random(in: 1...40, using: &random)
                pool = ReservationPool(capacity: ledger.size, reservations: Array(pool.reservations.values))
            case 17: people[name] = Int.random(in: 0..<4, using: &random)
            default:
                now += Int.random(in: 1...900_000, using: &random)
                ledger.lines.removeAll { line in
                    if case .lost(let until) = line.stand { now >= until } else { false }
                }
            }
            let at2 = WireTime(milliseconds: Int64(now))
            #expect(pool.protected(at: at2) == ledger.kept(now), "seed \(seed)")
            #expect(pool.unreserved(at: at2) == ledger.over(now).map(\.size).reduce(0, +), "seed \(seed)")
        }
    }

    /// What is kept at a time to come, if all creates come back well at once.
    private func keptLater(_ ledger: Ledger, _ later: Int, _ now: Int) -> Int {
        ledger.lines.filter { ledger.isKept($0, later) && ledger.isKept($0, now) }.map(\.size).reduce(0, +)
    }
}
