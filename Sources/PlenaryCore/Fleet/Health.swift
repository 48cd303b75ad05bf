/// The numbers of RELIABILITY section 0. All are settings; the defaults are the contract.
package struct HealthPolicy: Sendable, Hashable {
    /// Between two polls of a healthy server.
    package var interval: Duration = .seconds(5)
    /// Between two polls of a server that is suspect or coming back.
    package var transitionInterval: Duration = .seconds(2)
    /// Between two polls of a server that is offline, and once it has been for ``longOffline``.
    package var offlineInterval: Duration = .seconds(10)
    package var longOfflineInterval: Duration = .seconds(20)
    package var longOffline: Duration = .seconds(600)
    /// Every interval is changed by up to this share, in both directions, so that polls do not fall into step.
    package var jitter = 0.15
    /// Failures in a row, and silence since the last success, that make a suspect server offline: both are needed.
    package var fall = 3
    package var silence: Duration = .seconds(30)
    /// Successes in a row that bring an offline server back.
    package var rise = 3
    /// How long a server that came back gets less than its share.
    package var slowStart: Duration = .seconds(120)
    /// Panic: more than this share of the servers that were healthy `panicMemory` ago failed within `panicWindow`.
    package var panicShare = 0.5
    package var panicMemory: Duration = .seconds(60)
    package var panicWindow: Duration = .seconds(30)
    /// Panic ends after this long even if nothing got better.
    package var panicLimit: Duration = .seconds(600)

    package init() {}
}

/// The health of one server. Times are uptimes of this process.
package enum HealthState: Sendable, Hashable {
    /// Not polled since start, or since maintenance ended.
    /// Can transition to: `online` on the first good poll; `suspect` on the first failure.
    case unchecked
    /// Takes new meetings; with less than its share for a while from `rampFrom` on, when it came back from offline.
    /// Can transition to: `suspect` on one failure.
    case online(rampFrom: Duration?)
    /// Takes no new meetings, joins go on. `failures` in a row, the last one counted at `countedAt`.
    /// Can transition to: `online` on one good poll; `offline` after `fall` failures and `silence`, unless in panic.
    case suspect(failures: Int, countedAt: Duration)
    /// Its meetings may be made elsewhere. `credits` good polls in a row.
    /// Can transition to: `online`, with slow start, when `credits` reaches `rise`.
    case offline(since: Duration, credits: Int)

    package var word: String {
        switch self {
        case .unchecked: "unchecked"
        case .online: "online"
        case .suspect: "suspect"
        case .offline: "offline"
        }
    }
}

/// Why a server counts as failing.
package enum HealthFault: Sendable, Hashable {
    /// No connection or no answer in time.
    case unreachable(String)
    /// It answered, but not as a BigBlueButton server with this secret would.
    case answersWrongly(String)

    package var word: String {
        switch self {
        case .unreachable(let what), .answersWrongly(let what): what
        }
    }
}
