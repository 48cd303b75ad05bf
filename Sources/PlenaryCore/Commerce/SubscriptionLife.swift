package import BigBlueButton

/// What may happen to a subscription in time (`rooms-api.md` 5.3): a machine without a clock.
///
/// It begins at `startsAt`, with the trial where there is one; what is paid for follows, until `endsAt`; then comes the grace.
package struct SubscriptionLife: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable {
        /// Can transition to: `suspended`, when its time is over; `canceled`, when a cancellation takes effect.
        case active
        /// People may set any status; only an inactive one can be deleted.
        case inactive
        /// Can transition to: `active`, when it is renewed after its time was over.
        case suspended
        /// Can transition to: `active`, when it is un-canceled.
        case canceled
        /// For good; nothing renews it.
        case terminated
    }

    package var status: Status
    /// `nil`: it has not begun.
    package var startsAt: WireTime?
    /// `nil`: it does not end by itself.
    package var endsAt: WireTime?
    package var trialEndsAt: WireTime?
    /// When a cancellation takes effect, and when it was said. Both or neither.
    package private(set) var cancelsAt: WireTime?
    package private(set) var canceledAt: WireTime?
    package var trial: Period
    package var grace: Period
    /// What one renewal adds; none: it is not sold by periods.
    package var periodicity: Period

    package init(
        status: Status, startsAt: WireTime?, endsAt: WireTime?, trialEndsAt: WireTime?, cancelsAt: WireTime?,
        canceledAt: WireTime?, trial: Period, grace: Period, periodicity: Period
    ) {
        self.status = status
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.trialEndsAt = trialEndsAt
        self.cancelsAt = cancelsAt
        self.canceledAt = canceledAt
        self.trial = trial
        self.grace = grace
        self.periodicity = periodicity
    }

    /// A new one: trial first, then one period.
    ///
    /// - Parameter start: when it begins; people say days, so it is usually 00:00:00 UTC (D-18).
    /// - Returns: `nil` when it would end beyond the year 9999.
    package init?(from start: WireTime, trial: Period, grace: Period, periodicity: Period) {
        let first: WireTime? = trial.isNone ? start : start.adding(trial)
        guard let trialEnd = first else { return nil }
        let end: WireTime? = periodicity.isNone ? nil : trialEnd.adding(periodicity)
        guard periodicity.isNone || end != nil else { return nil }
        self.init(
            status: .active, startsAt: start, endsAt: end, trialEndsAt: trial.isNone ? nil : trialEnd, cancelsAt: nil,
            canceledAt: nil, trial: trial, grace: grace, periodicity: periodicity)
    }

    // MARK: what holds at a time

    /// `is_active`: the time is inside of trial, paid time or grace, and no cancellation has taken effect.
    ///
    /// Each ends just before its end: at `endsAt` itself the paid time is over.
    package func isActive(at now: WireTime) -> Bool {
        guard let startsAt, startsAt <= now, !isCanceled(at: now) else { return false }
        guard let over = endOfGrace else { return true }
        return now < over
    }

    /// Rooms can be started and joined, and resources be made.
    package func isUsable(at now: WireTime) -> Bool { status == .active && isActive(at: now) }

    /// Whether a cancellation has taken effect.
    package func isCanceled(at now: WireTime) -> Bool { cancelsAt.map { $0 <= now } ?? false }

    /// From when it is not active any more, if it is not renewed; `nil`: it goes on.
    package var endOfGrace: WireTime? {
        guard let endsAt else { return nil }
        let paid = max(endsAt, trialEndsAt ?? endsAt)
        // Beyond the year 9999 nobody asks.
        return grace.isNone ? paid : paid.adding(grace) ?? WireTime(milliseconds: CivilDate.lastMillisecond)
    }

    // MARK: what happens

    package enum Action: Sendable, Hashable {
        case none
        /// It is paid until then.
        case renewed(until: WireTime)
        /// It goes on until then.
        case cancels(at: WireTime)
        case canceled
        case uncanceled
        case expired
    }

    /// The most periods of one renewal.
    package static let mostCycles = 120

    /// So many periods more. One that is in its time or in its grace goes on where it ends; one whose time was over begins anew,
    /// at 00:00:00 UTC of the day.
    ///
    /// - Parameters:
    ///   - cycles: 1 to ``mostCycles``.
    ///   - uncancel: takes a cancellation back first; without it, a canceled one is not renewed.
    package mutating func renew(cycles: Int, uncancel: Bool, at now: WireTime) throws(SubscriptionFault) -> Action {
        guard (1...Self.mostCycles).contains(cycles) else { throw .cycles(most: Self.mostCycles) }
        guard status != .terminated, status != .inactive else { throw .notRenewable(status) }
        guard (canceledAt == nil && status != .canceled) || uncancel else { throw .canceled }
        guard !periodicity.isNone, let endsAt, let startsAt else { throw .endless }
        var next = self
        _ = next.uncancel()
        if let over = endOfGrace, over <= now {
            guard let end = now.startOfDay.adding(periodicity, times: cycles) else { throw .tooFar }
            next.startsAt = now.startOfDay
            next.trialEndsAt = nil
            next.endsAt = end
            // It was suspended because its time was over. Whom people suspended within the time stays so.
            if next.status == .suspended { next.status = .active }
        } else {
            let anchor = CivilDate(trialEndsAt ?? startsAt).day
            guard let end = endsAt.adding(periodicity, times: cycles, anchor: anchor) else { throw .tooFar }
            next.endsAt = end
        }
        guard let until = next.endsAt else { throw .endless }
        self = next
        return .renewed(until: until)
    }

    /// Ends it with what is paid for, or at once. One that does not end, or is in its grace, ends at once. No effect on one
    /// that is not active.
    ///
    /// - Parameter atOnce: `cancel_now`; also brings an earlier cancellation forward.
    package mutating func cancel(atOnce: Bool, at now: WireTime) -> Action {
        guard isUsable(at: now), atOnce || canceledAt == nil else { return .none }
        canceledAt = canceledAt ?? now
        if !atOnce, let endsAt {
            let end = max(endsAt, trialEndsAt ?? endsAt)
            if end > now {
                cancelsAt = end
                return .cancels(at: end)
            }
        }
        cancelsAt = now
        status = .canceled
        return .canceled
    }

    /// Takes a cancellation back, also one that has taken effect. Time that is over stays over: that takes a renewal.
    package mutating func uncancel() -> Action {
        guard canceledAt != nil || status == .canceled else { return .none }
        canceledAt = nil
        cancelsAt = nil
        if status == .canceled { status = .active }
        return .uncanceled
    }

    /// The clock moved on: what is over gets the status that says so.
    package mutating func expire(at now: WireTime) -> Action {
        guard status == .active else { return .none }
        if isCanceled(at: now) {
            status = .canceled
            return .canceled
        }
        guard let over = endOfGrace, over <= now else { return .none }
        status = .suspended
        return .expired
    }
}

/// Why something does not happen to a subscription.
package enum SubscriptionFault: Error, Sendable, Hashable {
    /// It is canceled: it must be un-canceled to renew (409 `subscription_canceled`).
    case canceled
    /// Its status forbids it.
    case notRenewable(SubscriptionLife.Status)
    /// It does not end, so there is nothing to renew.
    case endless
    /// It would end beyond the year 9999.
    case tooFar
    /// 1 to so many at once.
    case cycles(most: Int)
}
