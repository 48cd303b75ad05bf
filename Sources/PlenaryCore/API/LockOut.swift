package import BigBlueButton

/// When a sign-in is no longer tried after wrong ones.
package struct LockOutPolicy: Sendable, Hashable {
    /// Wrong ones in a row that cost nothing.
    package var free = 4
    /// What the next one costs; twice as much each time after it.
    package var first: Duration = .seconds(30)
    package var longest: Duration = .seconds(15 * 60)
    /// Without a wrong one for so long, all is forgotten.
    package var memory: Duration = .seconds(24 * 3_600)

    package init() {}

    /// One name from one network: 5 wrong ones wait for 30 s, 6 for a minute, 10 and more for 15 minutes. That leaves about a
    /// hundred guesses a day.
    package static let nameAndNetwork = LockOutPolicy()

    /// One name from everywhere: so lenient that strangers do not easily lock somebody out.
    package static let name: LockOutPolicy = {
        var policy = LockOutPolicy()
        policy.free = 49
        return policy
    }()

    /// How long to wait after so many wrong ones in a row.
    package func wait(afterFailures failures: Int) -> Duration {
        guard failures > free else { return .zero }
        // Capped before it is multiplied: 2 to the power of 60 would leave the range of a duration.
        let doublings = min(failures - free - 1, 30)
        return min(longest, first * Double(1 << doublings))
    }
}

/// Wrong sign-ins in a row, of a name or a network: a machine without a clock.
///
/// An attempt while it is locked is refused without a look at the password, whether it is right or not, and does not count: a
/// client that repeats itself does not lock its user out for longer.
package struct LockOut: Sendable, Hashable {
    package enum Action: Sendable, Hashable {
        case none
        /// Write it; no attempt is looked at before that time.
        case lock(until: WireTime)
    }

    package private(set) var failures: Int
    package private(set) var failedAt: WireTime?

    package init(failures: Int = 0, failedAt: WireTime? = nil) {
        self.failures = failedAt == nil ? 0 : max(0, failures)
        self.failedAt = failedAt
    }

    /// How long an attempt has to wait; `nil`: it may be made. 429 `rate_limited` otherwise.
    package func wait(at now: WireTime, _ policy: LockOutPolicy) -> Duration? {
        guard let failedAt, !isForgotten(at: now, policy) else { return nil }
        let until = failedAt.advanced(by: policy.wait(afterFailures: failures))
        return now < until ? until.since(now) : nil
    }

    /// An attempt was looked at, and was wrong.
    package mutating func failed(at now: WireTime, _ policy: LockOutPolicy) -> Action {
        if isForgotten(at: now, policy) { failures = 0 }
        // Two at the same time are looked at before either is counted: each counts.
        failures += 1
        failedAt = max(now, failedAt ?? now)
        let wait = policy.wait(afterFailures: failures)
        guard wait > .zero, let failedAt else { return .none }
        return .lock(until: failedAt.advanced(by: wait))
    }

    /// An attempt was looked at, and was right.
    package mutating func succeeded() { self = LockOut() }

    /// Whether it may be deleted.
    package func isForgotten(at now: WireTime, _ policy: LockOutPolicy) -> Bool {
        failedAt.map { now.since($0) >= policy.memory } ?? true
    }
}
