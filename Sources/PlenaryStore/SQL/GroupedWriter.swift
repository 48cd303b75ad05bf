internal import Synchronization

/// Lets concurrent writers share one transaction, so that one sync serves many requests (ARCHITECTURE decision 9).
///
/// There is no task of its own: the first caller leads, runs what waits by then in one transaction, and hands the lead to
/// the first caller that came meanwhile. One write that fails undoes only itself; a commit that fails fails all of them.
final class GroupedWriter: Sendable {
    typealias Work = @Sendable (any SQLConnection) throws -> Void

    private final class Ticket: Sendable {
        let work: Work
        private let failure = Mutex<(any Error)?>(nil)

        init(_ work: @escaping Work) { self.work = work }

        func fail(_ error: any Error) { failure.withLock { $0 = $0 ?? error } }
        func check() throws { if let error = failure.withLock({ $0 }) { throw error } }
    }

    private enum Turn: Sendable { case lead, done }

    private struct State {
        var isBusy = false
        var waiting: [(ticket: Ticket, turn: CheckedContinuation<Turn, Never>)] = []
    }

    private let engine: any SQLEngine
    private let limit: Int
    private let batch: Int
    private let finish: @Sendable (any SQLConnection) throws -> @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: writes that may wait; one more is refused.
    ///   - batch: writes in one transaction at most.
    ///   - finish: runs at the end of every transaction; what it returns runs after the commit, in the order of commits.
    init(
        engine: any SQLEngine, limit: Int, batch: Int = 256,
        finish: @escaping @Sendable (any SQLConnection) throws -> @Sendable () -> Void
    ) {
        self.engine = engine
        self.limit = limit
        self.batch = batch
        self.finish = finish
    }

    /// Runs `work` in a transaction, alone or with others, and returns once it is durable and ``finish`` has run.
    func write(_ work: @escaping Work) async throws {
        let ticket = Ticket(work)
        // Not cancelled while it waits: a write that was asked for either happens or fails, and both take milliseconds.
        let turn = await withCheckedContinuation { continuation in
            let now: Turn? = state.withLock { state in
                if !state.isBusy {
                    state.isBusy = true
                    return .lead
                }
                if state.waiting.count >= limit {
                    ticket.fail(StoreFault.overloaded(limit: limit))
                    return .done
                }
                state.waiting.append((ticket, continuation))
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
        if turn == .lead { await lead(with: ticket) }
        try ticket.check()
    }

    private func lead(with own: Ticket) async {
        let others = state.withLock { state in
            let taken = Array(state.waiting.prefix(batch - 1))
            state.waiting.removeFirst(taken.count)
            return taken
        }
        let tickets = [own] + others.map(\.ticket)
        do {
            let publish = try await engine.write { [finish] connection in
                for ticket in tickets {
                    do { try connection.savepoint { try ticket.work(connection) } } catch { ticket.fail(error) }
                }
                return try finish(connection)
            }
            publish()
        } catch {
            for ticket in tickets { ticket.fail(error) }
        }
        // The next leader first, so that the database is not idle while the others go on.
        let next = state.withLock { state in
            let next = state.waiting.isEmpty ? nil : state.waiting.removeFirst()
            state.isBusy = next != nil
            return next
        }
        if let next {
            // Its ticket was taken out of the queue: it leads with it.
            next.turn.resume(returning: .lead)
        }
        for other in others { other.turn.resume(returning: .done) }
    }
}
