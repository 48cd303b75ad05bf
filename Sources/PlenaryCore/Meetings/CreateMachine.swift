/// Decides what happens to one `create` after a server was chosen: which server is tried when, and what a failure means.
///
/// The rule that keeps meetings from running twice (RELIABILITY 1.4): a call that was never sent may go to another server; a
/// call whose outcome is unknown is settled by asking the same server, and if that cannot tell either, the meeting stays
/// pinned to it. Times are uptimes.
package struct CreateMachine: Sendable {
    /// How long things may take.
    package struct Budget: Sendable, Hashable {
        /// All tries together.
        package var whole: Duration = .seconds(10)
        /// A look whether the server answers at all, made when it was not heard from for `quiet`.
        package var look: Duration = .milliseconds(1_500)
        package var quiet: Duration = .seconds(1)
        /// Kept back for asking a server that gave no answer.
        package var ask: Duration = .seconds(2)
        /// With slides the server fetches them inside the call.
        package var document: Duration = .seconds(60)

        package init() {}
    }

    package enum State: Sendable, Hashable {
        /// Can transition to: `looking`, `sending`, `finished`.
        case placing
        /// Can transition to: `sending` when it answers; `placing` when not.
        case looking(ServerID)
        /// Can transition to: `finished`; `placing` when nothing was sent; `asking` when the outcome is unknown.
        case sending(ServerID)
        /// Can transition to: `finished`; `placing` when the server does not have it.
        case asking(ServerID)
        case finished(Outcome)
    }

    package enum Outcome: Sendable, Hashable {
        /// The server has the meeting, and its answer arrived.
        case created(ServerID)
        /// The server has the meeting, but its answer was lost.
        case found(ServerID)
        /// The server answered FAILED: that is the answer.
        case refused(ServerID)
        /// No server could take it; none has it.
        case noServer
        /// It may exist on this server; it stays pinned there.
        case unknown(ServerID)
    }

    package enum Action: Sendable, Hashable {
        /// Write down that the meeting shall be on this server, then say `assigned`.
        case assign(ServerID)
        case look(ServerID, within: Duration)
        case send(ServerID, within: Duration)
        case ask(ServerID, within: Duration)
        case finish(Outcome)
    }

    /// What became of a `create` that was sent.
    package enum Sent: Sendable, Hashable {
        case created
        case refused
        /// It did not reach the server, or the server did not act on it: it answered that the checksum is wrong.
        case notActed
        case unknown
    }

    package enum Asked: Sendable, Hashable { case has, hasNot, unknown }

    package private(set) var state: State = .placing
    private var candidates: ArraySlice<ServerID>
    private let deadline: Duration
    private let budget: Budget

    /// - Parameter candidates: best first.
    package init(
        candidates: [ServerID], startedAt: Duration, budget: Budget = Budget(),
        hasDocument: Bool = false
    ) {
        self.candidates = candidates[...]
        self.budget = budget
        deadline = startedAt + (hasDocument ? max(budget.whole, budget.document) : budget.whole)
    }

    package mutating func started(at now: Duration) -> Action { tryNext(at: now) }

    /// That server cannot be assigned any more: others came first.
    package mutating func passedOver(at now: Duration) -> Action { tryNext(at: now) }

    /// The store holds the assignment.
    ///
    /// - Parameter heardFrom: the uptime of the last good answer of that server.
    package mutating func assigned(_ server: ServerID, heardFrom: Duration?, at now: Duration)
        -> Action
    {
        if let heardFrom, now - heardFrom <= budget.quiet { return send(server, at: now) }
        let left = deadline - budget.ask - now
        guard left > .zero else { return tryNext(at: now) }
        state = .looking(server)
        return .look(server, within: min(budget.look, left))
    }

    package mutating func looked(answers: Bool, at now: Duration) -> Action {
        guard case .looking(let server) = state else { preconditionFailure("looked without looking") }
        return answers ? send(server, at: now) : tryNext(at: now)
    }

    package mutating func sent(_ sent: Sent, at now: Duration) -> Action {
        guard case .sending(let server) = state else { preconditionFailure("sent without sending") }
        switch sent {
        case .created: return finish(.created(server))
        case .refused: return finish(.refused(server))
        case .notActed: return tryNext(at: now)
        case .unknown:
            state = .asking(server)
            return .ask(server, within: budget.ask)
        }
    }

    package mutating func asked(_ asked: Asked, at now: Duration) -> Action {
        guard case .asking(let server) = state else { preconditionFailure("asked without asking") }
        switch asked {
        case .has: return finish(.found(server))
        case .hasNot: return tryNext(at: now)
        case .unknown: return finish(.unknown(server))
        }
    }

    private mutating func send(_ server: ServerID, at now: Duration) -> Action {
        let left = deadline - budget.ask - now
        guard left > .zero else { return tryNext(at: now) }
        state = .sending(server)
        return .send(server, within: left)
    }

    private mutating func tryNext(at now: Duration) -> Action {
        guard now < deadline - budget.ask, let next = candidates.popFirst() else {
            return finish(.noServer)
        }
        state = .placing
        return .assign(next)
    }

    private mutating func finish(_ outcome: Outcome) -> Action {
        state = .finished(outcome)
        return .finish(outcome)
    }
}
