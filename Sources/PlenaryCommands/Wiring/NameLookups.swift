internal import NIOPosix
internal import Synchronization

/// Looks names up on threads of its own, each name at one at most: a name server that does not answer holds a thread for
/// long, and whoever asks for the same name meanwhile waits for what that thread finds.
final class NameLookups: Sendable {
    private let pool: NIOThreadPool
    private let resolve: @Sendable (String) -> [String]?
    private let underWay = Mutex<[String: Lookup]>([:])

    /// - Parameter resolve: blocks the thread that it is called on; `nil`: the name has no address.
    init(threads: Int, resolve: @escaping @Sendable (String) -> [String]?) {
        self.resolve = resolve
        pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
    }

    /// - Parameter within: how long this caller waits, a free thread included. The thread may take longer: what it finds then is
    ///   for those who still wait.
    /// - Returns: `nil` when the name has no address, or nobody says so in time.
    func addresses(of host: String, within: Duration) async -> [String]? {
        let (lookup, ticket) = join(host)
        return await withTaskGroup(of: [String]?.self) { group in
            // A thread that resolves cannot be stopped, and a group waits for all its tasks: this one ends when it is
            // cancelled, which `NIOThreadPool.runIfActive` would not.
            group.addTask { await lookup.answer(ticket) }
            group.addTask {
                // Cancelled: the answer is there, or nobody wants it. Either way nothing is left to be told.
                try? await Task.sleep(for: within)
                return nil
            }
            let first: [String]? = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    /// For tests; what is under way is waited for.
    func close() async throws { try await pool.shutdownGracefully() }

    private func join(_ host: String) -> (Lookup, ticket: Int) {
        let (lookup, ticket, isNew) = underWay.withLock { lookups -> (Lookup, Int, Bool) in
            if let known = lookups[host] { return (known, known.join(), false) }
            let new = Lookup()
            lookups[host] = new
            return (new, new.join(), true)
        }
        if isNew {
            pool.submit { state in
                if case .active = state { self.lookUp(host, lookup) } else { self.drop(host, lookup) }
            }
        }
        return (lookup, ticket)
    }

    private func lookUp(_ host: String, _ lookup: Lookup) {
        // Nobody may wait any more when its turn comes. Decided where others join, so that nobody joins what is not done.
        let isWanted = underWay.withLock { lookups in
            if !lookup.isWanted { lookups[host] = nil }
            return lookups[host] != nil
        }
        guard isWanted else { return }
        let answer = resolve(host)
        underWay.withLock { $0[host] = nil }
        lookup.end(answer)
    }

    private func drop(_ host: String, _ lookup: Lookup) {
        underWay.withLock { $0[host] = nil }
        lookup.end(nil)
    }
}

/// One name that is looked up, and the tasks that wait for it. For each it ends once: by the thread that resolves, or by the
/// task being cancelled.
private final class Lookup: Sendable {
    private enum Waiter: Sendable {
        /// Can transition to: `waiting`; gone when it is cancelled.
        case joined
        /// Gone when it is resumed: by the answer, or cancelled.
        case waiting(CheckedContinuation<[String]?, Never>)
    }

    private struct State {
        var waiters: [Int: Waiter] = [:]
        var lastTicket = 0
        var isOver = false
        var answer: [String]?
    }

    private let state = Mutex(State())

    var isWanted: Bool { state.withLock { !$0.waiters.isEmpty } }

    /// From now on somebody waits, until ``answer(_:)`` with this ticket returns.
    func join() -> Int {
        state.withLock { state in
            state.lastTicket += 1
            state.waiters[state.lastTicket] = .joined
            return state.lastTicket
        }
    }

    func end(_ answer: [String]?) {
        let waiters = state.withLock { state in
            state.isOver = true
            state.answer = answer
            let waiters = state.waiters
            state.waiters = [:]
            return waiters
        }
        for case .waiting(let continuation) in waiters.values { continuation.resume(returning: answer) }
    }

    /// Called once for each ticket. `nil` at once when the task is cancelled.
    func answer(_ ticket: Int) async -> [String]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Over already, or cancelled, in which case there is no answer.
                let (mustWait, answer) = state.withLock { state -> (Bool, [String]?) in
                    guard !state.isOver, state.waiters[ticket] != nil else { return (false, state.answer) }
                    state.waiters[ticket] = .waiting(continuation)
                    return (true, nil)
                }
                if !mustWait { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: ticket) }
            if case .waiting(let continuation) = waiter { continuation.resume(returning: nil) }
        }
    }
}
