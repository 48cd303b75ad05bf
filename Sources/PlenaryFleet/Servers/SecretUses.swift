internal import BigBlueButton
internal import Logging
internal import PlenaryStore
internal import Synchronization

/// Which secrets signed calls lately: what an operator wants to know before he removes one.
///
/// A call costs a look under a lock; what is written down is one row a secret and hour.
final class SecretUses: Sendable {
    /// Who changes secrets thinks in days.
    static let grain = Duration.seconds(3_600)

    private struct State {
        /// What was noted last, written or not.
        var noted: [Int64: WireTime] = [:]
        var waiting: [Int64: WireTime] = [:]
    }

    private let state = Mutex(State())

    /// A call was signed with this secret.
    func note(_ secret: Int64, at now: WireTime) {
        state.withLock { state in
            if let last = state.noted[secret], now < last.advanced(by: Self.grain) { return }
            state.noted[secret] = now
            state.waiting[secret] = now
        }
    }

    func take() -> [Int64: WireTime] {
        state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting
        }
    }

    /// Puts back what could not be written.
    func putBack(_ uses: [Int64: WireTime]) {
        state.withLock { $0.waiting.merge(uses) { newer, _ in newer } }
    }
}

extension Fleet {
    /// Writes down which secrets were used.
    package func flushSecretUses() async {
        let waiting = secretUses.take()
        guard !waiting.isEmpty else { return }
        do { try await store.recordUses(waiting, grain: SecretUses.grain) } catch {
            secretUses.putBack(waiting)
            FleetLog.failure("recording the use of secrets", error)
        }
    }
}
