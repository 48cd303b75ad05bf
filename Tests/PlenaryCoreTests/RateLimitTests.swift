import Testing

@testable import PlenaryCore

/// Limits of rates (`rooms-api.md` 2.9).
struct RateLimitTests {
    private static let small = RateLimitPolicy("small", quota: 3, seconds: 6)

    /// A limiter that an expectation may change.
    private final class Desk {
        private var limiter: RateLimiter<String>

        init(_ policy: RateLimitPolicy, mostKeys: Int = 100_000) {
            limiter = RateLimiter(policy, mostKeys: mostKeys)
        }

        var count: Int { limiter.count }

        /// - Returns: milliseconds to wait; 0: it may be.
        func take(_ key: String = "a", cost: Int = 1, at milliseconds: Int) -> Int {
            let wait = limiter.take(key, cost: cost, at: .milliseconds(milliseconds)) ?? .zero
            let (seconds, attoseconds) = wait.components
            return Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
        }

        func left(_ key: String = "a", at milliseconds: Int) -> [Int] {
            let standing = limiter.standing(of: key, at: .milliseconds(milliseconds))
            return [standing.remaining, standing.resetSeconds]
        }
    }

    @Test func `the defaults are those of the contract`() {
        let policies = [RateLimitPolicy.credential, .join, .wrongCodes, .wrongCodesOfRoom]
        #expect(policies.map { [$0.quota, $0.seconds] } == [[600, 60], [60, 60], [5, 600], [50, 600]])
        #expect(Set(policies.map(\.name)).count == 4)
        let wild = RateLimitPolicy("x", quota: 0, seconds: .max)
        #expect(wild.quota == 1 && wild.seconds == 86_400)
    }

    @Test func `all at once, and then as fast as it comes back`() {
        let desk = Desk(Self.small)
        #expect(desk.left(at: 0) == [3, 0])
        for _ in 0..<3 { #expect(desk.take(at: 1_000) == 0) }
        #expect(desk.left(at: 1_000) == [0, 6])
        // One in two seconds.
        #expect(desk.take(at: 1_000) == 2_000 && desk.take(at: 2_999) == 1)
        #expect(desk.left(at: 2_999) == [0, 5] && desk.left(at: 3_000) == [1, 4])
        #expect(desk.take(at: 3_000) == 0 && desk.take(at: 3_000) == 2_000)
        // Never more than the quota, however long nobody comes.
        for _ in 0..<3 { #expect(desk.take(at: 1_000_000_000) == 0) }
        #expect(desk.take(at: 1_000_000_000) == 2_000)
    }

    @Test func `who is refused loses nothing`() {
        let desk = Desk(Self.small)
        #expect(desk.take(cost: 3, at: 0) == 0)
        for second in 0..<20 { #expect(desk.take(at: second * 100) == 2_000 - second * 100) }
        #expect(desk.take(at: 2_000) == 0)
    }

    @Test func `some requests cost more, and never more than there can be`() {
        let desk = Desk(Self.small)
        #expect(desk.take(cost: 2, at: 0) == 0 && desk.take(cost: 2, at: 0) == 2_000)
        #expect(desk.take(cost: 0, at: 0) == 0 && desk.left(at: 0)[0] == 1)
        #expect(desk.take(cost: 99, at: 6_000) == 0 && desk.left(at: 6_000) == [0, 6])
        #expect(desk.take(cost: -1, at: 6_000) == 0 && desk.left(at: 6_000) == [0, 6])
    }

    @Test func `a time that goes back gives nothing`() {
        let desk = Desk(Self.small)
        #expect(desk.take(cost: 3, at: 10_000) == 0)
        #expect(desk.take(at: 0) == 2_000 && desk.take(at: 10_000) == 2_000 && desk.take(at: 12_000) == 0)
    }

    @Test func `one does not pay for another`() {
        let desk = Desk(Self.small)
        #expect(desk.take("a", cost: 3, at: 0) == 0 && desk.take("a", at: 0) > 0 && desk.take("b", cost: 3, at: 0) == 0)
    }

    @Test func `callers without number fill no memory, and do not free those who took the most`() {
        let desk = Desk(Self.small, mostKeys: 2_000)
        #expect(desk.take("greedy", cost: 3, at: 0) == 0)
        for number in 0..<20_000 {
            #expect(desk.take("\(number)", at: 0) == 0)
            #expect(desk.count <= 2_000)
        }
        #expect(desk.take("greedy", at: 0) == 2_000)
        // Those whose quota came back are forgotten, which changes nothing.
        for number in 0..<2_000 { #expect(desk.take("later \(number)", at: 100_000) == 0) }
        #expect(desk.count <= 2_000)
        #expect(desk.take("greedy", cost: 3, at: 100_000) == 0)
    }

    /// One bucket that was full by then left room for one call, and the next looked through all of them again.
    @Test func `a flood that is forgotten as fast as it comes does not have all looked through by each call`() {
        let desk = Desk(Self.small, mostKeys: 2_000)
        #expect(desk.take("first", at: 0) == 0)
        for number in 1..<2_000 { #expect(desk.take("\(number)", at: 1_999) == 0) }
        #expect(desk.count == 2_000)
        // The first one is full again, and only that one.
        #expect(desk.take("next", at: 2_000) == 0)
        #expect(desk.count <= 1_501)
    }

    @Test(arguments: 2...9) func `even a handful of buckets is never more than that`(most: Int) {
        let desk = Desk(Self.small, mostKeys: most)
        for number in 0..<50 {
            #expect(desk.take("\(number)", at: 0) == 0)
            #expect(desk.count <= most)
        }
    }

    /// The slow way: one millisecond after the other.
    private struct Oracle {
        let policy: RateLimitPolicy
        /// Thousandths of tokens times the seconds of the policy: whole numbers.
        var credit: Int
        var now = 0

        init(_ policy: RateLimitPolicy) {
            self.policy = policy
            credit = policy.quota * policy.seconds * 1_000
        }

        mutating func wait(until time: Int) {
            while now < time {
                now += 1
                credit = min(credit + policy.quota, policy.quota * policy.seconds * 1_000)
            }
        }

        /// - Returns: how long to wait.
        mutating func take(_ cost: Int) -> Int {
            let price = min(cost, policy.quota) * policy.seconds * 1_000
            if credit >= price {
                credit -= price
                return 0
            }
            var later = self
            while later.credit < price { later.wait(until: later.now + 1) }
            return later.now - now
        }
    }

    @Test(arguments: UInt64(0)..<100) func `the limiter is what one gets by counting milliseconds`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let policy = RateLimitPolicy(
            "x", quota: Int.random(in: 1...9, using: &random), seconds: Int.random(in: 1...7, using: &random))
        let desk = Desk(policy)
        var oracles: [String: Oracle] = ["a": Oracle(policy), "b": Oracle(policy)]
        var now = 0
        var granted: [Int] = []
        for step in 0..<60 {
            now += [0, 1, 7, 333, 1_000, 2_500][Int.random(in: 0..<6, using: &random)]
            let key = random.chance(0.7) ? "a" : "b"
            let cost = random.chance(0.8) ? 1 : Int.random(in: 1...10, using: &random)
            var oracle = made(oracles[key])
            oracle.wait(until: now)
            let wait = oracle.take(cost)
            #expect(desk.take(key, cost: cost, at: now) == wait, "step \(step)")
            let left = oracle.credit / (policy.seconds * 1_000)
            #expect(desk.left(key, at: now)[0] == left, "step \(step)")
            oracles[key] = oracle
            if wait == 0, key == "a" { granted += [Int](repeating: now, count: min(cost, policy.quota)) }
        }
        // In any time there are no more than the quota and what comes back in it.
        let isKept = granted.indices.allSatisfy { first in
            granted.indices[first...].allSatisfy { last in
                let most = policy.quota * policy.seconds * 1_000 + policy.quota * (granted[last] - granted[first])
                return (last - first + 1) * policy.seconds * 1_000 <= most
            }
        }
        #expect(isKept)
    }

    @Test func `the headers are those of the draft`() {
        let standings = [
            RateLimitStanding(policy: .wrongCodes, remaining: 4, resetSeconds: 120),
            RateLimitStanding(policy: .wrongCodesOfRoom, remaining: 49, resetSeconds: 12),
        ]
        let headers = [
            ResponseHeader("RateLimit-Policy", #""codes";q=5;w=600, "room-codes";q=50;w=600"#),
            ResponseHeader("RateLimit", #""codes";r=4;t=120, "room-codes";r=49;t=12"#),
        ]
        #expect(RateLimitStanding.headers(standings) == headers)
        #expect(RateLimitStanding.headers([]).isEmpty)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("::1", "::"),
    ]) func `a household is limited together`(address: String, network: String) {
        #expect(made(IPAddress(address)).limitedNetwork.description == network)
    }
}
