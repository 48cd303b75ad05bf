internal import Synchronization

/// Lets only so many in at once, and only so many wait: hashing is made to be dear, and whoever signs in without end must not get
/// all of a machine.
final class PasswordGate: Sendable {
    private enum Turn: Sendable { case enter, full, cancelled }

    private struct State {
        var inside = 0
        var tickets: UInt64 = 0
        /// In the order in which they came.
        var waiting: [(ticket: UInt64, turn: CheckedContinuation<Turn, Never>)] = []
    }

    private let state = Mutex(State())
    private let places: Int
    private let limit: Int

    /// - Parameters:
    ///   - places: how many may be inside.
    ///   - limit: how many may wait; one more is refused.
    init(places: Int, limit: Int) {
        self.places = max(1, places)
        self.limit = max(0, limit)
    }

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Goes in, at once or when somebody leaves.
    ///
    /// - Throws: ``PasswordFault/overloaded``; `CancellationError`. Then ``leave()`` must not be called.
    func enter() async throws {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        let turn = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Turn, Never>) in
                let now: Turn? = state.withLock { state in
                    // A cancellation that came before is seen here, one that comes after finds the continuation.
                    if Task.isCancelled { return .cancelled }
                    if state.inside < places {
                        state.inside += 1
                        return .enter
                    }
                    if state.waiting.count >= limit { return .full }
                    state.waiting.append((ticket: ticket, turn: continuation))
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            let given: CheckedContinuation<Turn, Never>? = state.withLock { state in
                guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
                return state.waiting.remove(at: index).turn
            }
            given?.resume(returning: .cancelled)
        }
        switch turn {
        case .enter: return
        case .full: throw PasswordFault.overloaded
        case .cancelled: throw CancellationError()
        }
    }

    /// Goes out; the next one goes in.
    func leave() {
        let next: CheckedContinuation<Turn, Never>? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.inside -= 1
                return nil
            }
            // The place goes from hand to hand: nobody who comes now is before him.
            return state.waiting.removeFirst().turn
        }
        next?.resume(returning: .enter)
    }
}
