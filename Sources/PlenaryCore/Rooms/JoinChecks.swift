internal import BigBlueButton

/// The checks of `rooms-api.md` 11.3, in their order; the first that fails decides. The second, about the slug, is the page's own:
/// ``RoomAddress/redirect(id:current:visited:query:)``.
extension JoinSituation {
    /// How long before it opens moderators get in.
    package static let headStart = Duration.seconds(900)

    /// Runs on every try, also of who waits: what has changed meanwhile is noticed.
    package func judged() -> JoinVerdict {
        do throws(JoinRefusal) {
            let (facts, visitor) = try known()
            let (answers, missing) = filledIn(visitor, facts)
            guard let filled = answers else {
                return missing.count == 1 ? .refused(missing[0]) : .incomplete(missing)
            }
            return try seated(visitor, filled, facts)
        } catch {
            return .refused(error)
        }
    }

    /// What the page must ask (11.5), from the checks 1 to 7.
    package func preview() throws(JoinRefusal) -> JoinPreview {
        let (facts, visitor) = try known()
        return JoinPreview(
            role: visitor.role, asksName: presetName(visitor) == nil, asksCode: mustGiveCode(visitor),
            asksConsent: mustConsent(facts), presetName: presetName(visitor),
            canStart: mayStart(visitor, facts),
            recording: RecordingOutlook(settings: facts.settings, used: facts.used))
    }

    // MARK: who it is, and whether they may at all: checks 1 to 7

    private struct Visitor {
        let role: RoomRole
        /// In the address.
        let token: RoomToken?
        /// What is marked as used.
        let used: RoomTokenNumber?
    }

    private func known() throws(JoinRefusal) -> (Facts, Visitor) {
        let facts: Facts
        switch place {
        case .unknown: throw .noSuchRoom
        case .removed: throw .roomGone
        case .room(let found): facts = found
        }
        let visitor = try identified(facts)
        guard facts.status == .active else { throw .roomInactive }
        guard isServed else { throw .subscriptionUnusable }
        try checkHours(visitor.role, facts.settings)
        try checkDoor(visitor.role, facts)
        return (facts, visitor)
    }

    /// A token in the address wins over everything; one that does not let in is not replaced by less.
    private func identified(_ facts: Facts) throws(JoinRefusal) -> Visitor {
        switch token {
        case .unknown: throw .tokenInvalid(offersGuest: facts.isPublic)
        case .known(let token):
            switch token.validity(at: now) {
            case .valid: return Visitor(role: token.role, token: token, used: token.number)
            case .expired: throw .tokenExpired(offersGuest: facts.isPublic)
            case .usedUp:
                // It let this visitor in, who is back after a reload or a broken line.
                guard case .running(let running) = session, running.roleBefore == token.role else {
                    throw .tokenUsedUp(offersGuest: facts.isPublic)
                }
                return Visitor(role: token.role, token: token, used: token.number)
            }
        case .none:
            if let role = user?.role { return Visitor(role: role, token: nil, used: nil) }
            guard facts.isPublic else { throw .tokenRequired }
            return Visitor(role: .guest, token: nil, used: automaticToken)
        }
    }

    /// Whom the room permits to start may do so by any link (11.4).
    private func mayStart(_ visitor: Visitor, _ facts: Facts) -> Bool {
        user?.role == .moderator || visitor.role.mayStart(anyoneCanStart: facts.settings.isOn(.anyoneCanStart))
    }

    /// The end of a subscription lets nobody in who is new; who was in the session that runs may come back until it ends.
    private var isServed: Bool {
        guard isAccountActive else { return false }
        guard let entitlement, !entitlement.mayStart(at: now) else { return true }
        guard case .running(let running) = session else { return false }
        return (running.isIn || running.roleBefore != nil) && entitlement.mayUse(at: now)
    }

    private func checkHours(_ role: RoomRole, _ settings: RoomSettings) throws(JoinRefusal) {
        if let closes = settings.closesAt, closes <= now { throw .notOpen(opensAt: nil) }
        guard let opens = settings.opensAt else { return }
        let own = role == .moderator ? opens.advanced(by: Duration.zero - Self.headStart) : opens
        if now < own { throw .notOpen(opensAt: own) }
    }

    private func checkDoor(_ role: RoomRole, _ facts: Facts) throws(JoinRefusal) {
        if role == .guest, !facts.used.allows(.guestAccess) { throw .guestsNotAllowed }
        if facts.settings.guestPolicy.treatment(of: role) == .turnedAway { throw .guestsNotAllowed }
    }

    // MARK: what is asked: checks 8 to 10

    private struct Filled {
        let name: VisitorName
        let code: RoomCodeNumber?
    }

    /// - Returns: all of it, or else everything that is missing.
    private func filledIn(_ visitor: Visitor, _ facts: Facts) -> (Filled?, [JoinRefusal]) {
        // Whoever tries too often learns nothing, not even with the right one; and not beside other things that are missing, as
        // if another try could help.
        if let lockedUntil, now < lockedUntil, typedCode != nil, mustGiveCode(visitor) {
            return (nil, [.lockedOut(until: lockedUntil)])
        }
        var missing: [JoinRefusal] = []
        var code: RoomCodeNumber?
        switch codeVerdict(visitor) {
        case .notNeeded: break
        case .accepted(let accepted): code = accepted
        case .required: missing.append(.codeRequired)
        case .invalid(let reason): missing.append(.codeInvalid(reason))
        case .expired: missing.append(.codeExpired)
        }
        let wanted = presetName(visitor) ?? form.name.flatMap { VisitorName($0) }
        if wanted == nil { missing.append(.nameRequired) }
        if mustConsent(facts), !form.consents { missing.append(.consentRequired) }
        guard missing.isEmpty, let name = wanted else { return (nil, missing) }
        return (Filled(name: name, code: code), [])
    }

    private func codeVerdict(_ visitor: Visitor) -> RoomCodes.Verdict {
        guard mustGiveCode(visitor) else { return .notNeeded }
        // A ticket says that it was given. It dies with the code.
        if typedCode == nil, let before = codes.all.first(where: { $0.number == form.codeBefore }),
            before.role == visitor.role, before.isValid(at: now)
        {
            return .accepted(before.number)
        }
        return codes.judge(typedCode, for: visitor.role, at: now)
    }

    /// A field that is left blank is none: forms send it all the same.
    private var typedCode: String? {
        guard let code = form.code, !code.allSatisfy(\.isWhitespace) else { return nil }
        return code
    }

    /// The room's own users are not asked, as long as they do not come by a link that gives them more than they have.
    private func mustGiveCode(_ visitor: Visitor) -> Bool {
        if let own = user?.role, own >= visitor.role { return false }
        return codes.protects(visitor.role)
    }

    private func presetName(_ visitor: Visitor) -> VisitorName? {
        (visitor.token?.details.displayName ?? user?.name).flatMap { VisitorName($0) }
    }

    private func mustConsent(_ facts: Facts) -> Bool {
        facts.settings.isOn(.requireConsent)
            && RecordingOutlook(settings: facts.settings, used: facts.used) != .impossible
    }

    // MARK: whether there is a place: checks 11 to 15

    private func seated(
        _ visitor: Visitor, _ filled: Filled, _ facts: Facts
    ) throws(JoinRefusal) -> JoinVerdict {
        func ready(starts: Bool) -> JoinVerdict {
            .ready(
                JoinAdmission(
                    role: visitor.role, name: filled.name, token: visitor.used, code: filled.code, starts: starts))
        }
        guard facts.type.hasAdapter else { throw .noProvider(.noAdapter) }
        let mayStart = mayStart(visitor, facts)
        switch session {
        case .running(let running):
            guard !running.isIn, let most = facts.used.limit(of: .maxParticipants) else { return ready(starts: false) }
            // First come, first served: a seat that is free belongs to who waits for one.
            if running.people + running.ahead < most { return ready(starts: false) }
            guard facts.settings.isOn(.queueWhenFull) else { throw .roomFull }
            return .waiting(.roomFull(ahead: running.ahead), visitor.role)
        case .lost:
            // Who may start gets a new session on the next provider, the others follow.
            guard mayStart else { throw .noProvider(.down) }
        case .none: break
        }
        if case .unavailable(let absence) = provider { throw .noProvider(absence) }
        guard mayStart else { return .waiting(.notStarted, visitor.role) }
        switch start {
        case .allowed: return ready(starts: true)
        case .limited(let refusal): throw .limited(refusal)
        case .noConnections(let available, let retryAfter):
            throw .noConnections(available: available, retryAfter: retryAfter)
        }
    }
}

/// What the page must ask before somebody joins (`rooms-api.md` 11.5).
package struct JoinPreview: Sendable, Hashable {
    package let role: RoomRole
    package let asksName: Bool
    package let asksCode: Bool
    package let asksConsent: Bool
    package let presetName: VisitorName?
    package let canStart: Bool
    package let recording: RecordingOutlook
}

/// Whether a session may be recorded.
package enum RecordingOutlook: String, Sendable, Hashable {
    case impossible = "no"
    /// A moderator may start it.
    case possible
    /// From the start on.
    case automatic

    /// - Parameter used: used features.
    package init(settings: RoomSettings, used: FeatureSet) {
        if !used.allows(.recording) {
            self = .impossible
        } else if settings.isOn(.autoStartRecording) {
            self = .automatic
        } else {
            self = settings.isOn(.allowStartStopRecording) ? .possible : .impossible
        }
    }
}
