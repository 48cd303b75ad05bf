package import BigBlueButton

/// Everything that is known when somebody wants to join a room (`rooms-api.md` 11.3). ``judged()`` decides from it alone.
package struct JoinSituation: Sendable, Hashable {
    package var now: WireTime
    package var place: Place
    package var token: Token = .none
    /// The one of a public room, for who comes without a token.
    package var automaticToken: RoomTokenNumber?
    /// `nil`: not signed in.
    package var user: SignedIn?
    package var isAccountActive = true
    /// `nil`: the account has no subscription, and everything.
    package var entitlement: Entitlement?
    package var codes = RoomCodes([])
    package var form = Form()
    /// Too many wrong codes came from there (2.9).
    package var lockedUntil: WireTime?
    /// For a session that would be started now.
    package var provider = Provider.available
    package var session = Session.none
    /// Whether limits let a session be started now (14, 15).
    package var start = Start.allowed

    package init(now: WireTime, place: Place) {
        self.now = now
        self.place = place
    }

    package enum Place: Sendable, Hashable {
        case unknown
        /// There was one.
        case removed
        case room(Facts)
    }

    /// What counts of the room.
    package struct Facts: Sendable, Hashable {
        package var type: RoomType
        package var status: RoomDetails.Status
        package var isPublic: Bool
        /// Those of the session that runs, else the room's: a change reaches the next session (7.4, rule 5).
        package var settings: RoomSettings
        /// Used features: those of the session that runs, else those of one that would be started now (7.3).
        package var used: FeatureSet

        package init(
            type: RoomType = .meet, status: RoomDetails.Status = .active, isPublic: Bool = false,
            settings: RoomSettings = .none, used: FeatureSet = .empty
        ) {
            self.type = type
            self.status = status
            self.isPublic = isPublic
            self.settings = settings
            self.used = used
        }

        /// - Parameter session: the settings with which the session that runs was started; `nil`: none runs.
        package init(_ room: Room, used: FeatureSet, session: RoomSettings?) {
            self.init(
                type: room.type, status: room.details.status, isPublic: room.details.isPublic,
                settings: session ?? room.details.settings, used: used)
        }
    }

    package enum Token: Sendable, Hashable {
        case none
        /// There is none of that text, or it is another room's.
        case unknown
        case known(RoomToken)
    }

    /// A user of the platform.
    package struct SignedIn: Sendable, Hashable {
        /// In this room, without a token (13.3); `nil`: as anybody else.
        package var role: RoomRole?
        package var name: String?

        package init(role: RoomRole? = nil, name: String? = nil) {
            self.role = role
            self.name = name
        }
    }

    /// What the visitor filled in.
    package struct Form: Sendable, Hashable {
        package var code: String?
        /// Of a ticket (11.5): it was given before. It counts for nothing once the code has gone.
        package var codeBefore: RoomCodeNumber?
        package var name: String?
        package var consents = false

        package init(
            code: String? = nil, codeBefore: RoomCodeNumber? = nil, name: String? = nil, consents: Bool = false
        ) {
            self.code = code
            self.codeBefore = codeBefore
            self.name = name
            self.consents = consents
        }
    }

    package enum Provider: Sendable, Hashable {
        case available
        case unavailable(Absence)

        package enum Absence: Sendable, Hashable {
            /// All that could serve are down.
            case down
            /// None is attached. Only the room's users are told.
            case none
            /// Nothing can hold sessions of this type.
            case noAdapter
        }
    }

    package enum Session: Sendable, Hashable {
        case none
        case running(Running)
        /// It runs on a provider that is down.
        case lost
    }

    package struct Running: Sendable, Hashable {
        /// Distinct ones: who is in twice by the same browser counts once.
        package var people: Int
        /// This visitor is among them: who comes back passes a full room.
        package var isIn: Bool
        /// As what this visitor was let into this session before: may come back when the subscription has ended meanwhile (5.3), and
        /// by the link for so many uses that let them in.
        package var roleBefore: RoomRole?
        /// Who waits for a seat and came earlier.
        package var ahead: Int

        package init(people: Int, isIn: Bool = false, roleBefore: RoomRole? = nil, ahead: Int = 0) {
            self.people = people
            self.isIn = isIn
            self.roleBefore = roleBefore
            self.ahead = ahead
        }
    }

    package enum Start: Sendable, Hashable {
        case allowed
        case limited(QuotaRefusal)
        /// The pool of section 15 has not as many.
        case noConnections(available: Int, retryAfter: Duration?)
    }
}

/// What becomes of somebody who wants to join.
package enum JoinVerdict: Sendable, Hashable {
    case refused(JoinRefusal)
    /// Two or more of the checks 8 to 10: a form shows all that is missing at once (`join_incomplete`).
    case incomplete([JoinRefusal])
    /// 202: nothing is marked as used.
    case waiting(JoinWait, RoomRole)
    case ready(JoinAdmission)
}

package enum JoinWait: Sendable, Hashable {
    case notStarted
    /// How many will be let in before; 0: the next one.
    case roomFull(ahead: Int)

    /// The stable word of the API.
    package var reason: String {
        switch self {
        case .notStarted: "not_started"
        case .roomFull: "room_full"
        }
    }
}

/// Somebody is let in: token and code are marked as used once the answer is `ready`.
package struct JoinAdmission: Sendable, Hashable {
    package let role: RoomRole
    package let name: VisitorName
    package let token: RoomTokenNumber?
    package let code: RoomCodeNumber?
    /// A session must be started first.
    package let starts: Bool
}

/// Why somebody is not let in, by the first check that says so (`rooms-api.md` 11.3).
package enum JoinRefusal: Error, Sendable, Hashable {
    case noSuchRoom
    case roomGone
    /// Each of these three offers to join as a guest where the room is public.
    case tokenInvalid(offersGuest: Bool)
    case tokenExpired(offersGuest: Bool)
    case tokenUsedUp(offersGuest: Bool)
    case tokenRequired
    case roomInactive
    case subscriptionUnusable
    /// When it opens for this visitor; `nil`: it has closed.
    case notOpen(opensAt: WireTime?)
    case guestsNotAllowed
    case codeRequired
    /// The reason is for the audit log only.
    case codeInvalid(RoomCodes.Verdict.Reason)
    case codeExpired
    case lockedOut(until: WireTime)
    case nameRequired
    case consentRequired
    case noProvider(JoinSituation.Provider.Absence)
    case limited(QuotaRefusal)
    case noConnections(available: Int, retryAfter: Duration?)
    case roomFull

    /// The row of the table.
    package var check: String {
        switch self {
        case .noSuchRoom: "1"
        case .roomGone: "1b"
        case .tokenInvalid: "3"
        case .tokenExpired, .tokenUsedUp: "3b"
        case .tokenRequired: "3e"
        case .roomInactive: "4"
        case .subscriptionUnusable: "5"
        case .notOpen: "6"
        case .guestsNotAllowed: "7"
        case .codeRequired, .codeInvalid, .codeExpired, .lockedOut: "8"
        case .nameRequired: "9"
        case .consentRequired: "10"
        case .noProvider: "11"
        case .limited, .noConnections: "13"
        case .roomFull: "14"
        }
    }

    package var problem: RoomProblem {
        switch self {
        case .noSuchRoom: .roomNotFound
        case .roomGone: .roomGone
        case .tokenInvalid: .tokenInvalid
        case .tokenExpired: .tokenExpired
        case .tokenUsedUp: .tokenUsedUp
        case .tokenRequired: .tokenRequired
        case .roomInactive: .roomInactive
        case .subscriptionUnusable: .subscriptionUnusable
        case .notOpen: .roomNotOpen
        case .guestsNotAllowed: .guestsNotAllowed
        case .codeRequired: .accessCodeRequired
        case .codeInvalid: .accessCodeInvalid
        case .codeExpired: .accessCodeExpired
        case .lockedOut: .rateLimited
        case .nameRequired: .nameRequired
        case .consentRequired: .consentRequired
        case .noProvider: .providerUnavailable
        case .limited(let refusal): RoomProblem(rawValue: refusal.problem) ?? .limitExceeded
        case .noConnections: .capacityExhausted
        case .roomFull: .roomFull
        }
    }

    /// The field of the form that it is about (11.5).
    package var pointer: String? {
        switch self {
        case .codeRequired, .codeInvalid, .codeExpired: "/access_code"
        case .nameRequired: "/name"
        case .consentRequired: "/consent"
        case .noSuchRoom, .roomGone, .tokenInvalid, .tokenExpired, .tokenUsedUp, .tokenRequired, .roomInactive,
            .subscriptionUnusable, .notOpen, .guestsNotAllowed, .lockedOut, .noProvider, .limited, .noConnections,
            .roomFull:
            nil
        }
    }
}

extension JoinVerdict {
    /// The code of the answer; `nil`: it is no problem.
    package var problem: RoomProblem? {
        switch self {
        case .refused(let refusal): refusal.problem
        case .incomplete: .joinIncomplete
        case .waiting, .ready: nil
        }
    }

    /// Of the HTTP answer.
    package var status: Int {
        switch self {
        case .refused(let refusal): refusal.problem.status
        case .incomplete: RoomProblem.joinIncomplete.status
        case .waiting: 202
        case .ready: 200
        }
    }

    /// Whether it counts towards too many wrong codes (2.9).
    package var isWrongCode: Bool {
        let refusals: [JoinRefusal] =
            switch self {
            case .refused(let refusal): [refusal]
            case .incomplete(let refusals): refusals
            case .waiting, .ready: []
            }
        return refusals.contains { refusal in
            if case .codeInvalid = refusal { true } else { false }
        }
    }
}
