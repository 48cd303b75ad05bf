internal import PlenaryCore
internal import Synchronization

/// Something happened: the one who waits looks again. Raising twice before anybody looked is raising once.
///
/// Not an `AsyncStream`: that one ends for good when a task that waits on it is cancelled, and whoever waits on it next does
/// not wait at all.
final class Signal: Sendable {
    private struct State {
        var isRaised = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func raise() {
        let waiting = state.withLock { state in
            let waiting = state.waiting
            state.waiting = nil
            state.isRaised = waiting == nil
            return waiting
        }
        waiting?.resume()
    }

    /// Waits until it is raised, or the task is cancelled. One task waits at a time.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    // A cancellation that came before is seen here, one that comes after finds the continuation.
                    if state.isRaised || Task.isCancelled {
                        state.isRaised = false
                        return true
                    }
                    state.waiting = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                let waiting = state.waiting
                state.waiting = nil
                return waiting
            }
            waiting?.resume()
        }
    }
}

/// One signal a server: poll it now instead of when its time comes.
final class Nudges: Sendable {
    private let signals = Mutex<[ServerID: Signal]>([:])

    func nudge(_ server: ServerID) { signals.withLock { $0[server] }?.raise() }

    func open(_ server: ServerID) -> Signal {
        let signal = Signal()
        signals.withLock { $0[server] = signal }
        return signal
    }

    func close(_ server: ServerID) { signals.withLock { $0[server] = nil } }
}

/// Lets one caller at a time through for each key; the others wait in line.
package final class KeyedGate<Key: Hashable & Sendable>: Sendable {
    private let lines = Mutex<[Key: [CheckedContinuation<Void, Never>]]>([:])

    package init() {}

    package func pass<Value>(_ key: Key, _ work: () async throws -> Value) async rethrows -> Value {
        await enter(key)
        defer { leave(key) }
        return try await work()
    }

    private func enter(_ key: Key) async {
        await withCheckedContinuation { continuation in
            let isFree = lines.withLock { lines in
                if lines[key] != nil {
                    lines[key]?.append(continuation)
                    return false
                }
                lines[key] = []
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave(_ key: Key) {
        let next: CheckedContinuation<Void, Never>? = lines.withLock { lines in
            guard lines[key]?.isEmpty == false else {
                lines[key] = nil
                return nil
            }
            return lines[key]?.removeFirst()
        }
        next?.resume()
    }
}
