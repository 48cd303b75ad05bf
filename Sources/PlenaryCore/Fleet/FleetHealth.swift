/// The health of all servers together: one pure value that knows the states of RELIABILITY section 0, panic and slow start.
///
/// Every event takes the uptime at which it happened and returns what changed. A failed poll has no inventory, so nothing
/// here can ever say that a meeting is gone.
package struct FleetHealth: Sendable {
    package struct Member: Sendable, Hashable {
        package fileprivate(set) var state: HealthState = .unchecked
        /// The last good poll.
        package fileprivate(set) var lastSuccess: Duration?
        package fileprivate(set) var lastFault: HealthFault?
        /// Silence is reckoned from here while there was no success: when it was added, or when panic ended.
        fileprivate var silentSince: Duration
        /// When it was online, newest last; only what panic may ask about is kept.
        fileprivate var onlineSpans: [Span] = []
        /// When it came back from offline, while that is not longer ago than the slow start: a blip does not cut it short.
        fileprivate var rampFrom: Duration?
        /// When the present row of failures began.
        fileprivate var failingSince: Duration?
        /// In maintenance it counts for nothing: not for panic, and not for new meetings.
        fileprivate var isJudged = true
        /// Failures since the last success while it is not judged.
        fileprivate var strikes = 0

        /// Those that may take it offline: counted in its state while it is judged, and beside it while not.
        fileprivate var failuresInARow: Int {
            switch state {
            case .suspect(let failures, _): failures
            case .unchecked, .online: strikes
            case .offline: 0
            }
        }

        fileprivate struct Span: Sendable, Hashable {
            var from: Duration
            var to: Duration?
        }
    }

    package enum Panic: Sendable, Hashable {
        /// Can transition to: `panicking`.
        case calm
        /// Nobody goes offline, nothing is forgotten, nothing is ended. `base`: who was healthy when it began.
        /// Can transition to: `calm` when no more than half of `base` fail; `exhausted` after `panicLimit`.
        case panicking(since: Duration, base: Set<ServerID>)
        /// It lasted too long: servers are judged as ever, and panic does not begin again before one has answered.
        /// Can transition to: `calm` on the first good poll.
        case exhausted
    }

    package enum Change: Sendable, Hashable {
        case moved(ServerID, from: HealthState, to: HealthState)
        case panicBegan
        case panicEnded
    }

    package let policy: HealthPolicy
    package private(set) var members: [ServerID: Member] = [:]
    package private(set) var panic: Panic = .calm

    package init(policy: HealthPolicy = HealthPolicy()) { self.policy = policy }

    package var isInPanic: Bool { if case .panicking = panic { true } else { false } }

    package func state(of server: ServerID) -> HealthState { members[server]?.state ?? .unchecked }

    // MARK: events

    /// A server joined the fleet, or left maintenance.
    package mutating func added(_ server: ServerID, at now: Duration) {
        members[server] = Member(silentSince: now)
    }

    package mutating func removed(_ server: ServerID, at now: Duration) -> [Change] {
        members[server] = nil
        return reconsiderPanic(at: now)
    }

    /// A server went into maintenance: it is unchecked, and counts for nothing, until it is added again. Only whether it is
    /// offline is still looked at: people put dead servers into maintenance, and their meetings must go on elsewhere.
    package mutating func maintained(_ server: ServerID, at now: Duration) -> [Change] {
        let before = state(of: server)
        var member = Member(silentSince: now)
        member.isJudged = false
        // Why it is offline is still what people want to know.
        if case .offline = before { member.lastFault = members[server]?.lastFault }
        if case .offline(let since, _) = before { member.state = .offline(since: since, credits: 0) }
        members[server] = member
        return moved(server, from: before, to: member.state) + reconsiderPanic(at: now)
    }

    package mutating func pollSucceeded(_ server: ServerID, at now: Duration) -> [Change] {
        guard var member = members[server] else { return [] }
        let before = member.state
        member.lastSuccess = now
        member.silentSince = now
        member.failingSince = nil
        member.lastFault = nil
        if member.isJudged {
            switch member.state {
            case .unchecked, .suspect, .online:
                // When the ramp is over it is forgotten, so that equal states are equal.
                if let from = member.rampFrom, now - from >= policy.slowStart { member.rampFrom = nil }
                member.state = .online(rampFrom: member.rampFrom)
            case .offline(let since, let credits):
                if credits + 1 >= policy.rise {
                    member.rampFrom = now
                    member.state = .online(rampFrom: now)
                } else {
                    member.state = .offline(since: since, credits: credits + 1)
                }
            }
            if case .online = member.state,
                member.onlineSpans.last?.to != nil || member.onlineSpans.isEmpty
            {
                member.onlineSpans.append(.init(from: now))
            }
        }
        if !member.isJudged {
            member.strikes = 0
            member.state = .unchecked
        }
        members[server] = member
        if member.isJudged, case .exhausted = panic { panic = .calm }
        return moved(server, from: before, to: member.state) + reconsiderPanic(at: now)
    }

    /// A poll failed, or another call to the server did. Several failures within one interval count once, so that a burst of
    /// calls does not take a server down faster than polls would.
    package mutating func failed(_ server: ServerID, _ fault: HealthFault, at now: Duration)
        -> [Change]
    {
        guard var member = members[server] else { return [] }
        let before = member.state
        member.lastFault = fault
        guard member.isJudged else {
            member.strikes += 1
            members[server] = member
            return fall(server, at: now)
        }
        member.failingSince = member.failingSince ?? now
        switch member.state {
        case .unchecked, .online: member.state = .suspect(failures: 1, countedAt: now)
        case .suspect(let failures, let countedAt):
            // A poll that jitter brings early must count.
            let isStillCounted = now - countedAt < policy.transitionInterval * (1 - policy.jitter)
            if !isStillCounted { member.state = .suspect(failures: failures + 1, countedAt: now) }
        case .offline(let since, _): member.state = .offline(since: since, credits: 0)
        }
        if let last = member.onlineSpans.indices.last, member.onlineSpans[last].to == nil {
            member.onlineSpans[last].to = now
        }
        members[server] = member
        // Panic is looked at first: the failure that shows that everything is failing must take nobody down.
        let panicChanges = reconsiderPanic(at: now)
        return panicChanges + moved(server, from: before, to: member.state) + fall(server, at: now)
    }

    /// Lets time alone do what it must: panic that ends, spans that are forgotten.
    package mutating func timePassed(at now: Duration) -> [Change] {
        for (server, member) in members {
            members[server]?.onlineSpans = member.onlineSpans.filter {
                ($0.to ?? now) >= now - policy.panicMemory - policy.panicWindow
            }
        }
        return reconsiderPanic(at: now)
    }

    private mutating func fall(_ server: ServerID, at now: Duration) -> [Change] {
        guard !isInPanic, let member = members[server], member.failuresInARow >= policy.fall,
            now - member.silentSince >= policy.silence
        else { return [] }
        let offline = HealthState.offline(since: now, credits: 0)
        members[server]?.state = offline
        return moved(server, from: member.state, to: offline)
    }

    private func moved(_ server: ServerID, from: HealthState, to: HealthState) -> [Change] {
        from.word == to.word ? [] : [.moved(server, from: from, to: to)]
    }

    // MARK: panic

    private mutating func reconsiderPanic(at now: Duration) -> [Change] {
        switch panic {
        case .calm:
            guard let base = panicBase(at: now) else { return [] }
            panic = .panicking(since: now, base: base)
            return [.panicBegan]
        case .panicking(let since, let base):
            let present = base.filter { members[$0]?.isJudged == true }
            let failing = present.filter { members[$0]?.failingSince != nil }
            let someoneAnswers = members.values.contains {
                $0.isJudged && $0.failingSince == nil && $0.lastSuccess != nil
            }
            if now - since >= policy.panicLimit {
                panic = .exhausted
            } else if someoneAnswers, Double(failing.count) <= policy.panicShare * Double(present.count) {
                panic = .calm
            } else {
                return []
            }
            judgeAgainFromZero(at: now)
            return [.panicEnded]
        case .exhausted: return []
        }
    }

    /// The servers that were healthy when everything began to fail; `nil` while there is no reason for panic.
    private func panicBase(at now: Duration) -> Set<ServerID>? {
        let judged = members.filter { $0.value.isJudged }
        let then = now - policy.panicMemory
        let healthyThen = judged.filter {
            $0.value.onlineSpans.contains { $0.from <= then && ($0.to ?? now) >= then }
        }
        let failedNow = healthyThen.filter { member in
            member.value.failingSince.map { now - $0 <= policy.panicWindow } ?? false
        }
        // One server that fails while others answer is that server's trouble, even if no other was healthy so long.
        if failedNow.count > 1, Double(failedNow.count) > policy.panicShare * Double(healthyThen.count) {
            return Set(healthyThen.keys)
        }
        // The balancer's own witness: nobody answers at all, so the fault may well be ours.
        let probed = judged.filter { $0.value.state != .unchecked }
        guard !judged.isEmpty, probed.count == judged.count,
            judged.allSatisfy({ $0.value.failingSince != nil })
        else { return nil }
        // It ends when those that were healthy of late answer, or, if none was, when anybody does.
        let recently = now - policy.panicMemory - policy.panicWindow
        return Set(judged.filter { $0.value.onlineSpans.contains { ($0.to ?? now) >= recently } }.keys)
    }

    private mutating func judgeAgainFromZero(at now: Duration) {
        for (server, member) in members {
            guard case .suspect = member.state else { continue }
            members[server]?.state = .suspect(failures: 0, countedAt: now - policy.transitionInterval)
            members[server]?.silentSince = now
        }
    }

    // MARK: questions

    /// When to poll a server next, counted from the start of the last poll.
    ///
    /// - Parameter chance: in 0..<1; spreads the polls of servers over time.
    package func pollInterval(of server: ServerID, at now: Duration, chance: Double) -> Duration {
        let base =
            switch state(of: server) {
            case .unchecked, .online: policy.interval
            case .suspect: policy.transitionInterval
            case .offline(_, let credits) where credits > 0: policy.transitionInterval
            case .offline(let since, _):
                now - since >= policy.longOffline ? policy.longOfflineInterval : policy.offlineInterval
            }
        return base * (1 + policy.jitter * (2 * chance - 1))
    }

    /// The share of its fair part that a server may get now: 1, or less while it comes back slowly.
    package func share(of server: ServerID, at now: Duration) -> Double {
        guard case .online(let rampFrom?) = state(of: server) else { return 1 }
        return min(1, max(0, (now - rampFrom) / policy.slowStart))
    }
}
