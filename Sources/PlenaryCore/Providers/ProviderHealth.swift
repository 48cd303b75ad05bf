package import BigBlueButton

package typealias ProviderState = RoomProviderHealth

/// How a provider is, by what the checks of it found (`rooms-api.md` 6.5).
///
/// What is `down` gets no new sessions. That one that runs there is not declared ended by it is decided elsewhere (11.7).
package struct ProviderHealth: Sendable, Hashable {
    /// `unknown`: it was never checked with success, and did not fail often enough. Can transition to: `healthy`, `degraded` or
    /// `down`.
    /// `healthy`: it answers. Can transition to: `degraded`, `down`.
    /// `degraded`: it answers, with a warning that somebody should do something about. Can transition to: `healthy`, `down`.
    /// `down`: it was silent ``fall`` times in a row, or refused us once for a certain reason. Can transition to: `healthy` or
    /// `degraded`, after ``rise`` good checks in a row.
    package private(set) var state = ProviderState.unknown
    /// `nil`: never.
    package private(set) var checkedAt: WireTime?
    /// Failures in a row.
    package private(set) var failures = 0
    /// Good checks in a row while it is down.
    package private(set) var credits = 0
    /// Milliseconds of the last answer; `nil`: there was none.
    package private(set) var latency: Int?
    package private(set) var version: String?
    package private(set) var versionCheck: ProviderVersion.Check?
    package private(set) var tls: ProviderTLS?

    /// Failures in a row that take it down: with a check each 15 seconds, half a minute of silence.
    package static let fall = 3
    /// Good checks in a row that bring it back.
    package static let rise = 2

    package static let unknown = ProviderHealth()

    package init() {}

    /// As it was stored.
    package init(
        state: ProviderState, checkedAt: WireTime?, failures: Int, credits: Int, latency: Int?, version: String?,
        versionCheck: ProviderVersion.Check?, tls: ProviderTLS?
    ) {
        self.state = state
        self.checkedAt = checkedAt
        self.failures = failures
        self.credits = credits
        self.latency = latency
        self.version = version
        self.versionCheck = versionCheck
        self.tls = tls
    }

    package enum Change: Sendable, Hashable {
        case moved(from: ProviderState, to: ProviderState)
        /// Event `provider.tls_invalid`.
        case tlsTurnedInvalid(CertificateFault)
    }

    private enum Outcome {
        case good
        case silent
        /// It answered that it does not want us, or is not who it should be.
        case refused
    }

    /// The checks were made.
    package mutating func checked(_ report: ProviderReport, at now: WireTime) -> [Change] {
        checkedAt = now
        latency = report.latency.map { Self.milliseconds($0) }
        if report.versionCheck != nil {
            version = report.version
            versionCheck = report.versionCheck
        }
        var changes: [Change] = []
        if let found = report.tls {
            if let fault = found.fault, tls?.fault == nil { changes.append(.tlsTurnedInvalid(fault)) }
            tls = found
        }
        let outcome: Outcome =
            switch report.fault {
            case nil: .good
            case .unreachable: .silent
            case .tlsInvalid, .secretInvalid, .versionUnsupported: .refused
            }
        return changes + judge(outcome, at: now)
    }

    /// A session could not be made there (11.7): one failure. Nothing else was looked at.
    package mutating func createFailed(at now: WireTime) -> [Change] { judge(.silent, at: now) }

    /// What our own fleet says of itself: it has judged its servers over time, so nothing is counted here.
    package mutating func fleetSeen(isUsable: Bool, at now: WireTime) -> [Change] {
        let before = state
        checkedAt = now
        failures = isUsable ? 0 : failures + 1
        state = isUsable ? .healthy : .down
        return moved(from: before)
    }

    /// Its address or its secret is another one: nothing of what was found holds any more.
    package mutating func forget() -> [Change] {
        let before = state
        self = .unknown
        return moved(from: before)
    }

    private mutating func judge(_ outcome: Outcome, at now: WireTime) -> [Change] {
        let before = state
        let answering: ProviderState = warnings(at: now).contains { $0.degrades } ? .degraded : .healthy
        switch (state, outcome) {
        case (.unknown, .good), (.healthy, .good), (.degraded, .good):
            failures = 0
            state = answering
        case (.down, .good):
            failures = 0
            credits += 1
            if credits >= Self.rise {
                credits = 0
                state = answering
            }
        case (.unknown, .silent), (.healthy, .silent), (.degraded, .silent):
            failures += 1
            if failures >= Self.fall { state = .down }
        case (.down, .silent):
            failures += 1
            credits = 0
        case (.unknown, .refused), (.healthy, .refused), (.degraded, .refused), (.down, .refused):
            failures += 1
            credits = 0
            state = .down
        }
        return moved(from: before)
    }

    private func moved(from before: ProviderState) -> [Change] {
        before == state ? [] : [.moved(from: before, to: state)]
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
    }

    // MARK: warnings

    package enum Warning: String, Sendable, Hashable, CaseIterable {
        case tlsExpiresSoon = "tls_expires_soon"
        case versionUnsupported = "version_unsupported"
        /// Most hosts do not tell their version: nothing to do about it.
        case versionUnverified = "version_unverified"

        /// Whether it is reason enough to prefer another provider.
        package var degrades: Bool {
            switch self {
            case .tlsExpiresSoon, .versionUnsupported: true
            case .versionUnverified: false
            }
        }
    }

    /// At the last check.
    package var warnings: [Warning] { checkedAt.map { warnings(at: $0) } ?? [] }

    private func warnings(at now: WireTime) -> [Warning] {
        var warnings: [Warning] = []
        if tls?.expiresSoon(at: now) == true { warnings.append(.tlsExpiresSoon) }
        switch versionCheck {
        case .unsupported: warnings.append(.versionUnsupported)
        case .unverified: warnings.append(.versionUnverified)
        case .ok, nil: break
        }
        return warnings
    }

    /// Whether there is nothing new but when it was, and how long it took.
    package func isSame(as other: ProviderHealth) -> Bool {
        let isSameTLS =
            switch (tls, other.tls) {
            case (nil, nil): true
            case (let one?, let two?): one.isSame(as: two)
            case (nil, .some), (.some, nil): false
            }
        return state == other.state && failures == other.failures && credits == other.credits && isSameTLS
            && version == other.version && versionCheck == other.versionCheck
    }

    /// `health` of a provider.
    package var json: JSON {
        let shownTLS: JSON =
            tls.map { tls in
                var members = [
                    JSON.Member("valid", .bool(tls.fault == nil)), JSON.Member("not_after", JSON(tls.notAfter)),
                    JSON.Member("issuer", JSON(tls.issuer)),
                ]
                if let fault = tls.fault { members.append(JSON.Member("reason", .text(fault.rawValue))) }
                return JSON.object(members)
            } ?? .null
        return [
            "state": .text(state.rawValue), "checked_at": JSON(checkedAt), "consecutive_failures": .integer(failures),
            "latency_ms": JSON(latency), "version": JSON(version), "version_check": JSON(versionCheck?.rawValue),
            "tls": shownTLS, "warnings": .list(warnings.map { .text($0.rawValue) }),
        ]
    }
}
