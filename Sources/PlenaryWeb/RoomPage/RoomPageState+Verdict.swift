internal import BigBlueButton
internal import PlenaryCore

/// What a page shows of what was decided.
extension RoomPageState {
    /// On arrival: the form, unless a room of that type cannot be entered at all.
    static func arrived(_ form: RoomForm, type: RoomType) -> RoomPageState {
        type.hasAdapter ? .form(form) : .noAdapter(type)
    }

    /// - Parameter form: what is asked again where something is missing.
    /// - Returns: `nil` when the visitor is let in: what comes next is a session or ``ready(to:)``.
    static func judged(_ verdict: JoinVerdict, form: RoomForm, type: RoomType, now: WireTime) -> RoomPageState? {
        switch verdict {
        case .ready: return nil
        case .waiting(.notStarted, _): return .waiting(RoomWait(.start))
        case .waiting(.roomFull(let ahead), _): return .waiting(RoomWait(.seat(place: ahead + 1)))
        case .refused(let refusal): return RoomPageState(refusal, form: form, type: type, now: now)
        case .incomplete(let refusals): return .form(form.with(refusals.compactMap { RoomForm.Fault($0) }))
        }
    }

    /// - Parameter form: what is asked; `nil`: the checks did not come that far, and nothing is.
    init(_ refusal: JoinRefusal, form: RoomForm?, type: RoomType, now: WireTime) {
        switch refusal {
        case .noSuchRoom: self = .noSuchRoom
        case .roomGone: self = .gone
        case .tokenInvalid(let offersGuest): self = .tokenInvalid(offersGuest: offersGuest)
        case .tokenExpired(let offersGuest): self = .tokenExpired(offersGuest: offersGuest)
        case .tokenUsedUp(let offersGuest): self = .tokenUsedUp(offersGuest: offersGuest)
        case .tokenRequired: self = .tokenRequired
        case .roomInactive: self = .inactive
        case .subscriptionUnusable: self = .unusable
        case .notOpen(let opensAt?): self = .notOpen(opensAt: opensAt)
        case .notOpen(nil): self = .closed
        case .guestsNotAllowed: self = .noGuests
        case .codeRequired, .codeInvalid, .codeExpired, .nameRequired, .consentRequired:
            guard let form, let fault = RoomForm.Fault(refusal) else {
                self = .failed
                return
            }
            self = .form(form.with([fault]))
        case .lockedOut(let until): self = .locked(until: until)
        case .noProvider(.down): self = .waiting(RoomWait(.provider))
        case .noProvider(.none): self = .noProvider
        case .noProvider(.noAdapter): self = .noAdapter(type)
        case .limited(let refusal): self = .limited(refusal)
        case .noConnections(let available, let retryAfter):
            self = .noConnections(available: available, againAt: retryAfter.map { now.advanced(by: $0) })
        case .roomFull: self = .full
        }
    }
}

extension RoomForm.Fault {
    /// - Returns: `nil` when it is not about a field.
    init?(_ refusal: JoinRefusal) {
        switch refusal {
        case .codeRequired: self = .codeRequired
        // Why it is wrong is for the audit log only.
        case .codeInvalid: self = .codeInvalid
        case .codeExpired: self = .codeExpired
        case .nameRequired: self = .nameRequired
        case .consentRequired: self = .consentRequired
        case .noSuchRoom, .roomGone, .tokenInvalid, .tokenExpired, .tokenUsedUp, .tokenRequired, .roomInactive,
            .subscriptionUnusable, .notOpen, .guestsNotAllowed, .lockedOut, .noProvider, .limited, .noConnections,
            .roomFull:
            return nil
        }
    }
}
