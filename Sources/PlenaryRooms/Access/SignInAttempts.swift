internal import BigBlueButton
internal import PlenaryCore
internal import Synchronization

/// The wrong sign-ins of this process: of a name from one network, and of a name from everywhere. After a restart, or on another
/// node, they begin anew.
final class SignInAttempts: Sendable {
    /// Whose attempts are counted together.
    struct Who: Sendable, Hashable {
        let kind: String
        let name: String
        /// `nil`: from everywhere.
        let network: IPAddress?
    }

    enum Answer: Sendable, Hashable {
        /// ``ended(_:_:at:)`` belongs to it.
        case goOn
        /// 429 `rate_limited`
        case wait(Duration)
    }

    enum End: Sendable, Hashable {
        case right, wrong
        /// It was not looked at.
        case dropped
    }

    private struct State {
        var lockOuts: [Who: LockOut] = [:]
        /// Those that are being looked at.
        var running: [Who: Int] = [:]
        /// From which networks a name has signed in, and when it did so last.
        var known: [Who: WireTime] = [:]
        var tidiesAt = 1_024
    }

    private let state = Mutex(State())
    private let ofNetwork: LockOutPolicy
    private let ofName: LockOutPolicy
    /// Names are what strangers write: so many of them are remembered.
    private static let most = 100_000
    /// How long a network is known from which a name has signed in.
    private static let knowing = Duration.seconds(30 * 86_400)

    init(ofNetwork: LockOutPolicy = .nameAndNetwork, ofName: LockOutPolicy = .name) {
        self.ofNetwork = ofNetwork
        self.ofName = ofName
    }

    /// An attempt is about to be looked at. Those that are looked at and have no end yet count as well, so that a thousand at
    /// once are not a thousand guesses.
    ///
    /// What strangers guess at a name from everywhere does not lock it where its owner has signed in before: whoever writes down
    /// somebody's address would keep them out for ever.
    func begin(_ who: [Who], at now: WireTime) -> Answer {
        state.withLock { state in
            var wait: Duration = .zero
            let isKnown = who.contains { one in state.known[one].map { now.since($0) < Self.knowing } ?? false }
            for one in who where one.network != nil || !isKnown {
                let policy = self.policy(of: one)
                let lockOut = state.lockOuts[one] ?? LockOut()
                if let locked = lockOut.wait(at: now, policy) { wait = max(wait, locked) }
                if state.running[one, default: 0] > policy.free { wait = max(wait, .seconds(1)) }
            }
            guard wait == .zero else { return .wait(wait) }
            for one in who { state.running[one, default: 0] += 1 }
            return .goOn
        }
    }

    func ended(_ who: [Who], _ end: End, at now: WireTime) {
        state.withLock { state in
            for one in who {
                let running = state.running[one, default: 1] - 1
                state.running[one] = running > 0 ? running : nil
                switch end {
                case .dropped: break
                case .right:
                    state.lockOuts[one] = nil
                    if one.network != nil { state.known[one] = now }
                case .wrong:
                    var lockOut = state.lockOuts[one] ?? LockOut()
                    _ = lockOut.failed(at: now, policy(of: one))
                    state.lockOuts[one] = lockOut
                }
            }
            tidy(&state, at: now)
        }
    }

    /// How many names and networks are remembered.
    var count: Int { state.withLock { $0.lockOuts.count } }

    private func policy(of who: Who) -> LockOutPolicy { who.network == nil ? ofName : ofNetwork }

    private func tidy(_ state: inout State, at now: WireTime) {
        if state.known.count > Self.most {
            state.known = state.known.filter { now.since($0.value) < Self.knowing }
            // More people than we have room for: they are as strangers until they have signed in again.
            if state.known.count > Self.most { state.known = [:] }
        }
        guard state.lockOuts.count > state.tidiesAt else { return }
        state.lockOuts = state.lockOuts.filter { who, lockOut in !lockOut.isForgotten(at: now, policy(of: who)) }
        if state.lockOuts.count > Self.most {
            // Who guesses at one name is remembered before who tries many: those names are in no danger.
            state.lockOuts = state.lockOuts.filter { who, lockOut in lockOut.failures > policy(of: who).free / 2 }
        }
        state.tidiesAt = max(1_024, 2 * state.lockOuts.count)
    }
}
