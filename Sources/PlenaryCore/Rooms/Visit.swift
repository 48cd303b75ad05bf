package import BigBlueButton

/// One visitor on their way into a room (`rooms-api.md` 11.8): a machine without a clock. What decides is ``JoinSituation``; this
/// knows what may follow what. An event that cannot happen in a state changes nothing.
package struct Visit: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// The page was opened.
        /// Can transition to: `refused`, `notOpen`, `form`, `locked`, the three waits, `starting` and `ready`, as it is judged.
        case arrived
        /// Can transition to: `arrived`, when it opens; `refused`, when it never will.
        case notOpen(opensAt: WireTime)
        /// Something is asked.
        /// Can transition to: itself, with what is still missing; `locked`; whatever else `arrived` can, as it is judged.
        case form(missing: [JoinRefusal])
        /// Too many wrong codes.
        /// Can transition to: `form`, when the time is over.
        case locked(until: WireTime)
        /// A wait is over; it is judged again.
        /// Can transition to: whatever `arrived` can.
        case admitting
        /// No session, and may not start one.
        /// Can transition to: `admitting`, when one was started; `refused`, when the token, the room or its being public ended.
        case waitingForStart
        /// Can transition to: `admitting`, when a provider is back; `refused`, as above.
        case waitingForProvider
        /// Full. How many come before.
        /// Can transition to: `admitting`, when a seat is free and it is the next; `refused`, as above; `arrived`, when its
        /// place was given up.
        case waitingForSeat(ahead: Int)
        /// Starts a session.
        /// Can transition to: `ready`, when it is created or was there; `refused`, by a limit; `waitingForProvider`, when it failed.
        case starting(JoinAdmission)
        /// Was sent to the provider.
        /// Can transition to: `lobby`, `inSession`; `refused`, when the provider does not let in; `admitting`, when it is full
        /// there.
        case ready(JoinAdmission)
        /// The provider's own: a moderator is asked.
        /// Can transition to: `inSession`, when approved; `refused`, when denied; `left`.
        case lobby(JoinAdmission)
        /// Can transition to: `left`.
        case inSession(JoinAdmission)
        /// Left, was ejected, or the session ended.
        /// Can transition to: `arrived`, when they come again.
        case left
        /// For good; a new visit may come to something else.
        case refused(JoinRefusal)
    }

    package enum Action: Sendable, Hashable {
        case none
        case showRefusal(JoinRefusal)
        /// A countdown.
        case showOpening(WireTime)
        /// What is missing; empty: nothing is wrong yet.
        case ask([JoinRefusal])
        case showLock(until: WireTime)
        case showWait(Waiting)
        /// Say the situation again, then `judged`.
        case judge
        /// Start a session, then say what became of it.
        case startSession(JoinAdmission)
        /// Mark token and code as used, and send the browser on.
        case redirect(JoinAdmission)
        /// They may join again once a session runs.
        case offerRejoin
    }

    package enum Waiting: Sendable, Hashable {
        case start
        case provider
        case seat(ahead: Int)
    }

    package private(set) var state = State.arrived

    package init() {}

    // MARK: what is decided

    /// The checks were made: on arrival, on every form that is sent, and on every try while waiting.
    package mutating func judged(_ verdict: JoinVerdict) -> Action {
        switch state {
        case .arrived, .form, .admitting, .waitingForStart, .waitingForProvider, .waitingForSeat:
            return follow(verdict)
        case .notOpen, .locked, .starting, .ready, .lobby, .inSession, .left, .refused:
            return .none
        }
    }

    private mutating func follow(_ verdict: JoinVerdict) -> Action {
        switch verdict {
        case .incomplete(let missing): return enter(.form(missing: missing), .ask(missing))
        case .waiting(.notStarted, _): return enter(.waitingForStart, .showWait(.start))
        case .waiting(.roomFull(let ahead), _):
            return enter(.waitingForSeat(ahead: ahead), .showWait(.seat(ahead: ahead)))
        case .ready(let admission):
            return admission.starts
                ? enter(.starting(admission), .startSession(admission))
                : enter(.ready(admission), .redirect(admission))
        case .refused(let refusal):
            switch refusal {
            case .notOpen(let opensAt?): return enter(.notOpen(opensAt: opensAt), .showOpening(opensAt))
            case .codeRequired, .codeInvalid, .codeExpired, .nameRequired, .consentRequired:
                return enter(.form(missing: [refusal]), .ask([refusal]))
            case .lockedOut(let until): return enter(.locked(until: until), .showLock(until: until))
            case .noProvider(.down): return enter(.waitingForProvider, .showWait(.provider))
            case .noSuchRoom, .roomGone, .tokenInvalid, .tokenExpired, .tokenUsedUp, .tokenRequired, .roomInactive,
                .subscriptionUnusable, .notOpen(nil), .guestsNotAllowed, .noProvider(.none),
                .noProvider(.noAdapter), .limited, .noConnections, .roomFull:
                return enter(.refused(refusal), .showRefusal(refusal))
            }
        }
    }

    private mutating func enter(_ next: State, _ action: Action) -> Action {
        state = next
        return action
    }

    // MARK: what happens

    /// The clock moved on: a room opens, a lock is over.
    package mutating func timePassed(now: WireTime) -> Action {
        switch state {
        case .notOpen(let opensAt):
            return now < opensAt ? .none : enter(.arrived, .judge)
        case .locked(let until):
            return now < until ? .none : enter(.form(missing: []), .ask([]))
        case .arrived, .form, .admitting, .waitingForStart, .waitingForProvider, .waitingForSeat, .starting, .ready,
            .lobby, .inSession, .left, .refused:
            return .none
        }
    }

    /// Somebody started a session.
    package mutating func sessionStarted() -> Action {
        switch state {
        case .waitingForStart, .waitingForProvider: return enter(.admitting, .judge)
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForSeat, .starting, .ready, .lobby, .inSession,
            .left, .refused:
            return .none
        }
    }

    package mutating func providerCameBack() -> Action {
        switch state {
        case .waitingForProvider: return enter(.admitting, .judge)
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForSeat, .starting, .ready,
            .lobby, .inSession, .left, .refused:
            return .none
        }
    }

    /// The queue moved on. 0: the next seat that is free is this visitor's.
    package mutating func queueMoved(ahead: Int, isSeatFree: Bool) -> Action {
        switch state {
        case .waitingForSeat(let before):
            if ahead <= 0, isSeatFree { return enter(.admitting, .judge) }
            return ahead == before ? .none : enter(.waitingForSeat(ahead: ahead), .showWait(.seat(ahead: ahead)))
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForProvider, .starting, .ready,
            .lobby, .inSession, .left, .refused:
            return .none
        }
    }

    /// The place in the queue was given to others: nothing was heard of the visitor (``SeatQueue/patience``).
    package mutating func placeLost() -> Action {
        switch state {
        case .waitingForSeat: return enter(.arrived, .judge)
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForProvider, .starting, .ready,
            .lobby, .inSession, .left, .refused:
            return .none
        }
    }

    /// What lets this visitor in is no more: the token, the room, its being public. Unlike a verdict it also ends a wait for the
    /// room to open. Who is on the way to the provider or there stays.
    package mutating func closed(_ refusal: JoinRefusal) -> Action {
        switch state {
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForProvider, .waitingForSeat:
            return enter(.refused(refusal), .showRefusal(refusal))
        case .starting, .ready, .lobby, .inSession, .left, .refused:
            return .none
        }
    }

    // MARK: starting

    /// The session is there, by this visitor or by another who was faster.
    package mutating func sessionCreated() -> Action {
        switch state {
        case .starting(let admission): return enter(.ready(admission), .redirect(admission))
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForProvider, .waitingForSeat,
            .ready, .lobby, .inSession, .left, .refused:
            return .none
        }
    }

    /// A limit or the pool does not let it start.
    package mutating func startRefused(_ refusal: JoinRefusal) -> Action {
        switch state {
        case .starting: return enter(.refused(refusal), .showRefusal(refusal))
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForProvider, .waitingForSeat,
            .ready, .lobby, .inSession, .left, .refused:
            return .none
        }
    }

    /// No provider could create it. Unlike ``startRefused(_:)`` this may get better by itself.
    package mutating func startFailed() -> Action {
        switch state {
        case .starting: return enter(.waitingForProvider, .showWait(.provider))
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForProvider, .waitingForSeat,
            .ready, .lobby, .inSession, .left, .refused:
            return .none
        }
    }

    // MARK: at the provider

    /// It asks a moderator.
    package mutating func heldInLobby() -> Action {
        switch state {
        case .ready(let admission): return enter(.lobby(admission), .none)
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForProvider, .waitingForSeat,
            .starting, .lobby, .inSession, .left, .refused:
            return .none
        }
    }

    /// It let the visitor in, at once or after a moderator approved.
    package mutating func entered() -> Action {
        switch state {
        case .ready(let admission), .lobby(let admission): return enter(.inSession(admission), .none)
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForProvider, .waitingForSeat,
            .starting, .inSession, .left, .refused:
            return .none
        }
    }

    /// A moderator denied it, or the provider did by its guest policy.
    package mutating func denied() -> Action {
        switch state {
        case .ready, .lobby: return enter(.refused(.guestsNotAllowed), .showRefusal(.guestsNotAllowed))
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForProvider, .waitingForSeat,
            .starting, .inSession, .left, .refused:
            return .none
        }
    }

    /// The provider has no seat after all: our count lost a race. Judged again, it is full here too.
    package mutating func foundFull() -> Action {
        switch state {
        case .ready: return enter(.admitting, .judge)
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForProvider, .waitingForSeat,
            .starting, .lobby, .inSession, .left, .refused:
            return .none
        }
    }

    /// Left, was ejected, or the session ended.
    package mutating func departed() -> Action {
        switch state {
        case .ready, .lobby, .inSession: return enter(.left, .offerRejoin)
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForProvider, .waitingForSeat,
            .starting, .left, .refused:
            return .none
        }
    }

    /// The page is used again.
    package mutating func cameAgain() -> Action {
        switch state {
        case .left: return enter(.arrived, .judge)
        case .arrived, .notOpen, .form, .locked, .admitting, .waitingForStart, .waitingForProvider, .waitingForSeat,
            .starting, .ready, .lobby, .inSession, .refused:
            return .none
        }
    }
}
