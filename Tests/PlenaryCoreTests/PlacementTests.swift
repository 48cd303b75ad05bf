import Testing

@testable import PlenaryCore

struct PlacementTests {
    private func candidate(
        _ server: ServerID, _ eligibility: Eligibility = .eligible, load: Double = 0, capacity: Double = 1,
        share: Double = 1, lastSuccess: Duration? = nil
    ) -> Candidate {
        Candidate(
            server: server, eligibility: eligibility, load: load, capacity: capacity, share: share,
            lastSuccess: lastSuccess)
    }

    private func place(_ candidates: [Candidate], expected: Double = 12, seed: UInt64 = 1) -> Placement {
        var random = SplitMix64(seed: seed)
        return LeastLoad().place(expected: expected, among: candidates, using: &random)
    }

    private func randomPool(using random: inout SplitMix64) -> [Candidate] {
        (1...Int64.random(in: 1...30, using: &random)).map { number in
            let eligibility: Eligibility =
                switch Int.random(in: 0..<10, using: &random) {
                case 0:
                    .excluded(
                        made([.drained, .inMaintenance, .unchecked, .suspect, .offline].randomElement(using: &random)))
                case 1, 2: .lastResort
                default: .eligible
                }
            return candidate(
                ServerID(number), eligibility, load: Double(Int.random(in: 0...40, using: &random)),
                capacity: made([0.5, 1, 1, 1, 2, 4].randomElement(using: &random)),
                share: random.chance(0.2) ? Double.random(in: 0..<1, using: &random) : 1,
                lastSuccess: random.chance(0.9) ? .seconds(Int.random(in: 0...50, using: &random)) : nil)
        }
    }

    // MARK: least load

    @Test func `no candidates, no placement`() {
        #expect(place([]) == Placement(candidates: [], excluded: [:]))
    }

    @Test func `the least loaded server comes first and the others follow in order`() {
        let pool = [candidate(1, load: 30), candidate(2, load: 10), candidate(3, load: 20)]
        #expect(place(pool).candidates == [2, 3, 1])
    }

    /// Loads of a small and a large server, what is expected, and who gets it.
    @Test(arguments: [
        (0.0, 0.0, 12.0, ServerID(2)), (0, 10, 12, 2), (0, 20, 12, 1), (0, 30, 12, 1), (10, 31, 1, 1), (10, 20, 0.5, 2),
    ]) func `capacity divides what a server has after the placement`(
        small: Double, large: Double, expected: Double, first: ServerID
    ) {
        let pool = [candidate(1, load: small, capacity: 1), candidate(2, load: large, capacity: 2)]
        #expect(place(pool, expected: expected).candidates.first == first)
    }

    @Test func `servers that may not be used are left out, each with its reason`() {
        let reasons: [Eligibility.Reason] = [.drained, .inMaintenance, .unchecked, .suspect, .offline]
        let pool =
            [candidate(9, load: 500)]
            + reasons.enumerated().map { candidate(ServerID(Int64($0.offset)), .excluded($0.element)) }
        #expect(
            place(pool)
                == Placement(
                    candidates: [9],
                    excluded: [0: .drained, 1: .inMaintenance, 2: .unchecked, 3: .suspect, 4: .offline]))
    }

    @Test(arguments: UInt64(0)..<200) func `placement is never beaten`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let pool = randomPool(using: &random)
        let expected = Double(Int.random(in: 0...60, using: &random))
        let placement = LeastLoad().place(expected: expected, among: pool, using: &random)
        let byServer = Dictionary(uniqueKeysWithValues: pool.map { ($0.server, $0) })
        func after(_ candidate: Candidate) -> Double { (candidate.load + expected) / candidate.capacity }

        // Everyone once, and the reasons of the others.
        #expect(Set(placement.candidates).count == placement.candidates.count)
        #expect(Set(placement.candidates).union(placement.excluded.keys) == Set(byServer.keys))
        for candidate in pool {
            if case .excluded(let reason) = candidate.eligibility {
                #expect(placement.excluded[candidate.server] == reason)
            } else {
                #expect(placement.excluded[candidate.server] == nil)
            }
        }
        // Eligible servers with all of their share: least load first, and nobody of them beats the first of all.
        let order = placement.candidates.compactMap { byServer[$0] }
        let full = order.filter { $0.eligibility == .eligible && $0.share == 1 }
        for (earlier, later) in zip(full, full.dropFirst()) { #expect(after(earlier) <= after(later)) }
        if let first = order.first, !full.isEmpty {
            #expect(first.eligibility == .eligible)
            #expect(full.allSatisfy { after(first) <= after($0) })
        }
        // The last resort comes behind all others, the last heard from first.
        let resorts = order.drop { $0.eligibility == .eligible }
        #expect(resorts.allSatisfy { $0.eligibility == .lastResort })
        for (earlier, later) in zip(resorts, resorts.dropFirst()) {
            #expect((earlier.lastSuccess ?? .seconds(-1)) >= (later.lastSuccess ?? .seconds(-1)))
        }
    }

    // MARK: ties and seeds

    @Test func `equal servers each get their part`() {
        let pool = (1...4).map { candidate(ServerID($0), load: 5) }
        var counts: [ServerID: Int] = [:]
        for seed in UInt64(0)..<2_000 { counts[place(pool, seed: seed).candidates[0], default: 0] += 1 }
        // 500 each; one standard deviation is 19.4.
        for server: ServerID in [1, 2, 3, 4] { #expect((400...600).contains(counts[server] ?? 0), "\(counts)") }
    }

    @Test func `every order of equal servers comes up`() {
        let pool = (1...3).map { candidate(ServerID($0), load: 5) }
        let orders = Set((UInt64(0)..<300).map { place(pool, seed: $0).candidates })
        #expect(orders.count == 6)
    }

    @Test(arguments: UInt64(0)..<200)
    func `the same seed gives the same placement however the pool is ordered`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let pool = randomPool(using: &random)
        let placement = place(pool, seed: seed)
        #expect(place(pool, seed: seed) == placement)
        #expect(place(pool.reversed(), seed: seed) == placement)
        #expect(place(pool.shuffled(using: &random), seed: seed) == placement)
    }

    // MARK: slow start

    /// How often of 4,000 placements an empty server that comes back is chosen among nine that carry much.
    private func chosen(share: Double, seed: UInt64) -> Int {
        let pool = [candidate(10, load: 0, share: share)] + (1...9).map { candidate(ServerID($0), load: 1_000) }
        var random = SplitMix64(seed: seed)
        return (0..<4_000).count { _ in
            LeastLoad().place(expected: 12, among: pool, using: &random).candidates.first == 10
        }
    }

    /// The share, and how often it is chosen: 400 times the share, within six standard deviations.
    @Test(arguments: [(0.0, 0...0), (0.25, 41...159), (0.5, 117...283), (0.75, 200...400), (1.0, 4_000...4_000)])
    func `a server that comes back gets about its share of an even split`(share: Double, range: ClosedRange<Int>) {
        for seed in UInt64(0)..<3 {
            let count = chosen(share: share, seed: seed)
            #expect(range.contains(count), "\(count) with seed \(seed)")
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func `in its first minute a server that comes back gets less than one and a half fair shares`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ledger = LoadLedger()
        for number in Int64(1)...9 {
            for meeting in 0..<50 {
                ledger.book(MeetingNumber(number * 100 + Int64(meeting)), on: ServerID(number), expected: 12, at: .zero)
            }
        }
        var count = 0
        for create in 0..<600 {
            let now = Duration.milliseconds(create * 100)
            let pool = (1...10).map { number in
                candidate(
                    ServerID(number), load: ledger.load(of: ServerID(number), at: now),
                    share: number == 10 ? now / .seconds(120) : 1)
            }
            let server = LeastLoad().place(expected: 12, among: pool, using: &random).candidates[0]
            ledger.book(MeetingNumber(10_000 + Int64(create)), on: server, expected: 12, at: now)
            if server == 10 { count += 1 }
        }
        // Its fair share would be 60; its growing share is 15, one standard deviation is 3.8.
        #expect(count >= 1 && count <= 40, "\(count)")
    }

    @Test func `a held back server is still tried before there is no server`() {
        let pool = [
            candidate(1, share: 0), candidate(2, load: 900), candidate(3, .lastResort, lastSuccess: .seconds(9)),
        ]
        for seed in UInt64(0)..<20 { #expect(place(pool, seed: seed).candidates == [2, 1, 3]) }
        #expect(place([candidate(1, share: 0)]).candidates == [1])
    }

    // MARK: panic

    @Test func `in panic servers follow in the order of their last success`() {
        let pool = [
            candidate(1, .lastResort, load: 0, lastSuccess: .seconds(10)),
            candidate(2, .lastResort, load: 900, lastSuccess: .seconds(30)),
            candidate(3, .lastResort, load: 0, lastSuccess: nil),
            candidate(4, .lastResort, load: 0, lastSuccess: .milliseconds(30_001)),
            candidate(5, load: 999), candidate(6, .excluded(.unchecked)),
        ]
        for seed in UInt64(0)..<20 {
            let placement = place(pool, seed: seed)
            #expect(placement.candidates == [5, 4, 2, 1, 3])
            #expect(placement.excluded == [6: .unchecked])
        }
    }

    // MARK: herd

    @Test(arguments: UInt64(0)..<20) func `200 creates at once spread evenly over 22 servers`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ledger = LoadLedger()
        var counts: [ServerID: Int] = [:]
        for create in 1...200 {
            let pool = (1...22).map {
                candidate(ServerID($0), load: ledger.load(of: ServerID($0), at: .zero))
            }
            let server = LeastLoad().place(expected: 12, among: pool, using: &random).candidates[0]
            ledger.book(MeetingNumber(Int64(create)), on: server, expected: 12, at: .zero)
            counts[server, default: 0] += 1
        }
        #expect(counts.values.sorted() == Array(repeating: 9, count: 20) + [10, 10])
    }

    @Test func `a burst fills servers in proportion to their capacity`() {
        var random = SplitMix64(seed: 7)
        var ledger = LoadLedger()
        var counts: [ServerID: Int] = [:]
        for create in 1...320 {
            let pool = (1...22).map { number in
                candidate(
                    ServerID(number), load: ledger.load(of: ServerID(number), at: .zero), capacity: number <= 12 ? 1 : 2
                )
            }
            let server = LeastLoad().place(expected: 12, among: pool, using: &random).candidates[0]
            ledger.book(MeetingNumber(Int64(create)), on: server, expected: 12, at: .zero)
            counts[server, default: 0] += 1
        }
        for number in Int64(1)...22 { #expect(counts[ServerID(number)] == (number <= 12 ? 10 : 20)) }
    }
}
