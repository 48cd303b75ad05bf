/// How many of something there may be in a time (`rooms-api.md` 2.9).
package struct RateLimitPolicy: Sendable, Hashable {
    /// In the headers.
    package let name: String
    /// All at once, at most.
    package let quota: Int
    /// In this time the whole quota comes back, evenly.
    package let seconds: Int

    /// - Parameters:
    ///   - quota: 1 to a million.
    ///   - seconds: 1 to a day.
    package init(_ name: String, quota: Int, seconds: Int) {
        self.name = name
        self.quota = min(max(quota, 1), 1_000_000)
        self.seconds = min(max(seconds, 1), 86_400)
    }

    /// Of one credential.
    package static let credential = RateLimitPolicy("default", quota: 600, seconds: 60)
    /// Of one address, without a credential.
    package static let join = RateLimitPolicy("join", quota: 60, seconds: 60)
    /// Wrong access codes of one address at one room.
    package static let wrongCodes = RateLimitPolicy("codes", quota: 5, seconds: 600)
    /// Wrong access codes of all addresses at one room.
    package static let wrongCodesOfRoom = RateLimitPolicy("room-codes", quota: 50, seconds: 600)
}

/// What is left of a policy for somebody.
package struct RateLimitStanding: Sendable, Hashable {
    package let policy: RateLimitPolicy
    package let remaining: Int
    /// Until all of it is there again, rounded up.
    package let resetSeconds: Int

    package init(policy: RateLimitPolicy, remaining: Int, resetSeconds: Int) {
        self.policy = policy
        self.remaining = remaining
        self.resetSeconds = resetSeconds
    }

    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), in the order given.
    package static func headers(_ standings: [RateLimitStanding]) -> [ResponseHeader] {
        guard !standings.isEmpty else { return [] }
        let policies = standings.map { "\"\($0.policy.name)\";q=\($0.policy.quota);w=\($0.policy.seconds)" }
        let limits = standings.map { "\"\($0.policy.name)\";r=\($0.remaining);t=\($0.resetSeconds)" }
        return [
            ResponseHeader("RateLimit-Policy", policies.joined(separator: ", ")),
            ResponseHeader("RateLimit", limits.joined(separator: ", ")),
        ]
    }
}

/// A bucket that fills evenly and never above its quota: whoever empties it at once gets, in any time that follows, no more than
/// what flows in. Reckoned in whole numbers, so nothing is lost in rounding.
package struct TokenBucket: Sendable, Hashable {
    package let policy: RateLimitPolicy
    /// In parts of which each token has as many as the policy has milliseconds: each millisecond brings `quota` of them.
    private var credit: Int64
    /// The uptime to which ``credit`` belongs.
    private var milliseconds: Int64

    /// A full one.
    package init(_ policy: RateLimitPolicy, at now: Duration) {
        self.policy = policy
        credit = Self.capacity(of: policy)
        milliseconds = Self.milliseconds(now)
    }

    /// - Parameter cost: more than the quota counts as the quota.
    /// - Returns: `nil` when it was taken; how long to wait when it was not, and nothing was.
    package mutating func take(_ cost: Int = 1, at now: Duration) -> Duration? {
        fill(at: now)
        let price = Int64(min(max(cost, 0), policy.quota)) * window
        if credit >= price {
            credit -= price
            return nil
        }
        return .milliseconds(Self.divided(price - credit, by: Int64(policy.quota)))
    }

    package func standing(at now: Duration) -> RateLimitStanding {
        var filled = self
        filled.fill(at: now)
        let missing = Self.divided(Self.capacity(of: policy) - filled.credit, by: Int64(policy.quota))
        return RateLimitStanding(
            policy: policy, remaining: Int(filled.credit / window), resetSeconds: Int(Self.divided(missing, by: 1_000)))
    }

    /// Whether forgetting it changes nothing.
    func isFull(at now: Duration) -> Bool { share(at: now) == Self.capacity(of: policy) }

    func share(at now: Duration) -> Int64 {
        var filled = self
        filled.fill(at: now)
        return filled.credit
    }

    private mutating func fill(at now: Duration) {
        // In one window it is full, however long it was left alone.
        let passed = min(max(Self.milliseconds(now) - milliseconds, 0), window)
        credit = min(credit + passed * Int64(policy.quota), Self.capacity(of: policy))
        milliseconds = max(milliseconds, Self.milliseconds(now))
    }

    private var window: Int64 { Int64(policy.seconds) * 1_000 }

    private static func capacity(of policy: RateLimitPolicy) -> Int64 {
        Int64(policy.quota) * Int64(policy.seconds) * 1_000
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }

    /// Rounded up.
    private static func divided(_ number: Int64, by divisor: Int64) -> Int64 { (number + divisor - 1) / divisor }
}

/// One bucket for each credential, address or room, under one policy. Times are uptimes of this process; what is remembered is
/// lost with it.
package struct RateLimiter<Key: Hashable & Sendable>: Sendable {
    package let policy: RateLimitPolicy
    /// Buckets at most. Beyond, those are forgotten from which the least was taken: callers without number cannot fill the
    /// memory, and those who took the most stay limited.
    package let mostKeys: Int
    private var buckets: [Key: TokenBucket] = [:]
    private var tidiesAt: Int

    package init(_ policy: RateLimitPolicy, mostKeys: Int = 100_000) {
        self.policy = policy
        self.mostKeys = max(mostKeys, 2)
        tidiesAt = min(Self.fewKeys, self.mostKeys)
    }

    /// - Returns: `nil` when it may be; how long to wait when not, and nothing was taken.
    package mutating func take(_ key: Key, cost: Int = 1, at now: Duration) -> Duration? {
        if buckets[key] == nil, buckets.count >= tidiesAt { tidy(at: now) }
        return buckets[key, default: TokenBucket(policy, at: now)].take(cost, at: now)
    }

    /// How long until something may be taken; `nil`: now. Nothing is taken.
    package func wait(of key: Key, cost: Int = 1, at now: Duration) -> Duration? {
        var bucket = buckets[key] ?? TokenBucket(policy, at: now)
        return bucket.take(cost, at: now)
    }

    /// What somebody has left, and nothing is taken: whether a code may be tried that costs only when it is wrong.
    package func standing(of key: Key, at now: Duration) -> RateLimitStanding {
        (buckets[key] ?? TokenBucket(policy, at: now)).standing(at: now)
    }

    package var count: Int { buckets.count }

    private mutating func tidy(at now: Duration) {
        buckets = buckets.filter { !$0.value.isFull(at: now) }
        // Some room is made whatever was full: of a flood that comes back as fast as it came, each call would look through all.
        if buckets.count >= mostKeys - mostKeys / 4 {
            let kept = buckets.sorted { $0.value.share(at: now) < $1.value.share(at: now) }.prefix(mostKeys / 2)
            buckets = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
        }
        // So that it is looked through once for as many calls as it has buckets.
        tidiesAt = min(max(Self.fewKeys, 2 * buckets.count), mostKeys)
    }

    private static var fewKeys: Int { 1_024 }
}

extension IPAddress {
    /// Who is limited together: an IPv4 address, or the /64 of IPv6 that one household has (`rooms-api.md` 2.9).
    package var limitedNetwork: IPAddress {
        if case .v6(let high, _) = unmapped { .v6(high: high, low: 0) } else { unmapped }
    }
}
