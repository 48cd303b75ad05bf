internal import PlenaryCore
internal import Synchronization

/// Holds the roster and changes it in the order of commits. Reading never waits for the database.
final class RosterKeeper: Sendable {
    private struct State {
        var roster = Roster()
        /// The last row of the feed that the roster contains; `nil` before it was read for the first time.
        var seen: Int64?
        var observers: [@Sendable (RosterUpdate) -> Void] = []
    }

    private let state = Mutex(State())

    var seen: Int64? { state.withLock { $0.seen } }

    func read<Value>(_ look: (borrowing Roster) -> Value) -> Value { state.withLock { look($0.roster) } }

    func observe(_ observer: @escaping @Sendable (RosterUpdate) -> Void) {
        state.withLock { $0.observers.append(observer) }
    }

    func publish(_ batch: Changes.Batch) {
        let told: (RosterUpdate, [@Sendable (RosterUpdate) -> Void])? = state.withLock { state in
            state.seen = batch.seen
            switch batch.content {
            case .changes(let changes):
                guard !changes.isEmpty else { return nil }
                for change in changes { state.roster.apply(change) }
                return (.changes(changes), state.observers)
            case .everything(let roster):
                state.roster = roster.keepingReadable(of: state.roster)
                return (.everything, state.observers)
            }
        }
        guard let (update, observers) = told else { return }
        for observer in observers { observer(update) }
    }
}

/// What observers are told, after the roster has it.
package enum RosterUpdate: Sendable {
    case changes([RosterChange])
    /// The roster was read anew as a whole.
    case everything
}
