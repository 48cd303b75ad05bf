internal import BigBlueButton
internal import PlenaryCore

/// What a page says in its state: a heading, what to do, what is known, and where it goes on.
struct RoomPageWords {
    let page: RoomPage

    init(_ page: RoomPage) { self.page = page }

    func say(_ text: RoomPageText, _ values: [String: String] = [:]) -> String { text.text(in: page.language, values) }

    var heading: String { say(texts.heading) }
    var message: String? { texts.message.map { say($0) } }

    /// That no provider is attached is told to the room's users only: for others it is a technical problem.
    private var hidesReason: Bool { page.state == .noProvider && !page.isRoomUser }

    var code: String { hidesReason ? "provider_unavailable" : page.state.code }

    private struct Saying {
        let heading: RoomPageText
        let message: RoomPageText?

        init(_ heading: RoomPageText, _ message: RoomPageText?) {
            self.heading = heading
            self.message = message
        }
    }

    private var texts: Saying {
        switch page.state {
        case .form: Saying(.formTitle, nil)
        case .locked: Saying(.lockedTitle, .lockedText)
        case .waiting(let wait):
            switch wait.reason {
            case .start: Saying(.notStartedTitle, .notStartedText)
            case .provider: Saying(.providerTitle, .providerText)
            case .seat: Saying(.queueTitle, .queueText)
            }
        case .ready: Saying(.readyTitle, .readyText)
        case .notOpen: Saying(.notOpenTitle, .notOpenText)
        case .closed: Saying(.closedTitle, .closedText)
        case .noSuchRoom: Saying(.roomNotFoundTitle, .roomNotFoundText)
        case .gone: Saying(.roomGoneTitle, .roomGoneText)
        case .tokenInvalid: Saying(.tokenInvalidTitle, .tokenInvalidText)
        case .tokenExpired: Saying(.tokenExpiredTitle, .tokenExpiredText)
        case .tokenUsedUp: Saying(.tokenUsedUpTitle, .tokenUsedUpText)
        case .tokenRequired: Saying(.tokenRequiredTitle, .tokenRequiredText)
        case .inactive: Saying(.inactiveTitle, .inactiveText)
        case .unusable: Saying(.unusableTitle, .unusableText)
        case .noGuests: Saying(.noGuestsTitle, .noGuestsText)
        case .limited(let refusal):
            switch refusal.code {
            case .maxConnections: Saying(.capacityTitle, .capacityText)
            case .maxConcurrentSessions: Saying(.capacityTitle, .sessionsText)
            default: Saying(.capacityTitle, .limitText)
            }
        case .noConnections: Saying(.capacityTitle, .capacityText)
        case .full: Saying(.fullTitle, .fullText)
        case .noProvider:
            hidesReason ? Saying(.unusableTitle, .unusableText) : Saying(.noProviderTitle, .noProviderText)
        case .noAdapter: Saying(.noProviderTitle, .noAdapterText)
        case .left(let isRunning): Saying(.leftTitle, isRunning ? RoomPageText.leftRunsText : .leftEndedText)
        case .preempted: Saying(.preemptedTitle, .preemptedText)
        case .denied(let denial):
            switch denial {
            case .full: Saying(.fullTitle, .fullText)
            case .guest: Saying(.deniedTitle, .deniedText)
            case .ended: Saying(.endedTitle, .endedText)
            case .other: Saying(.refusedTitle, .refusedText)
            }
        case .failed: Saying(.failedTitle, .failedText)
        }
    }

    /// Sentences below the message.
    var notes: [String] {
        switch page.state {
        case .form(let form):
            var notes: [RoomPageText] = page.about?.isRunning == true ? [.meetingRuns] : []
            switch form.role {
            case .moderator: notes.append(.roleModerator)
            case .attendee: notes.append(.roleAttendee)
            case .guest: notes.append(.roleGuest)
            }
            switch form.recording {
            case .impossible: break
            case .possible: notes.append(.recordingPossible)
            case .automatic: notes.append(.recordingAutomatic)
            }
            return notes.map { say($0) }
        case .inactive: return page.reactivate == nil ? [] : [say(.reactivateText)]
        default: return []
        }
    }

    var showsDescription: Bool {
        switch page.state {
        case .form, .waiting, .notOpen: true
        default: false
        }
    }

    var facts: [RoomPageView.Fact] {
        typealias Fact = RoomPageView.Fact
        var facts: [Fact] = []
        switch page.state {
        case .form:
            if let owner = page.about?.owner { facts.append(Fact(say(.hostedBy), owner)) }
            if let people = page.about?.people { facts.append(Fact(say(.peopleIn), String(people))) }
        case .notOpen(let opensAt):
            if let owner = page.about?.owner { facts.append(Fact(say(.hostedBy), owner)) }
            facts.append(Fact(say(.opensAt), at: opensAt))
        case .locked(let until): facts.append(Fact(say(.againAt), at: until))
        case .limited(let refusal):
            facts.append(Fact(say(.limit), String(refusal.value)))
            facts.append(Fact(say(.inUse), String(refusal.used)))
            facts.append(Fact(say(.wanted), String(refusal.requested)))
        case .noConnections(let available, let againAt):
            facts.append(Fact(say(.free), String(available)))
            if let againAt { facts.append(Fact(say(.againAt), at: againAt)) }
        case .noAdapter(let type): facts.append(Fact(say(.roomType), type.roomTitle))
        case .unusable:
            guard page.isRoomUser, let reason = page.unusableReason else { break }
            let text: RoomPageText =
                switch reason {
                case .subscription: .reasonSubscription
                case .account: .reasonAccount
                case .customer: .reasonCustomer
                }
            facts.append(Fact(say(.reason), say(text)))
        default: break
        }
        return facts
    }

    /// When it is over the script asks for the page again.
    var countdown: RoomPageView.Countdown? {
        let until: WireTime
        switch page.state {
        case .notOpen(let opensAt): until = opensAt
        case .locked(let time): until = time
        default: return nil
        }
        return RoomPageView.Countdown(
            countdownLabel: say(.timeLeft), until: until.timestamp, serverTime: page.now.timestamp,
            thenHref: page.address)
    }

    var links: [RoomPageView.Link] {
        func link(_ text: RoomPageText, _ address: String, isSecond: Bool = false) -> RoomPageView.Link {
            RoomPageView.Link(href: address, linkLabel: say(text), isSecond: isSecond)
        }
        let asGuest = page.link(withToken: false, in: page.keepsLanguage ? page.language : nil)
        switch page.state {
        case .tokenInvalid(let offersGuest), .tokenExpired(let offersGuest), .tokenUsedUp(let offersGuest):
            return offersGuest ? [link(.joinAsGuest, asGuest)] : []
        case .tokenRequired: return page.signIn.map { [link(.signIn, $0)] } ?? []
        case .notOpen: return page.calendar.map { [link(.calendar, $0, isSecond: true)] } ?? []
        case .left(isRunning: true): return [link(.rejoin, page.addressAgain)]
        case .left, .preempted: return [link(.lookNow, page.addressAgain, isSecond: true)]
        case .locked, .limited, .noConnections, .full, .unusable, .noProvider, .denied, .failed:
            return [link(.tryAgain, page.address, isSecond: true)]
        // A user of the room may be more than a guest.
        case .form(let form) where form.role == .guest:
            return page.signIn.map { [link(.signIn, $0, isSecond: true)] } ?? []
        case .form, .waiting, .ready, .closed, .noSuchRoom, .gone, .inactive, .noGuests, .noAdapter: return []
        }
    }
}
