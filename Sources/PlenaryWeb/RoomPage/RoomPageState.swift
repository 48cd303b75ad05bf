internal import BigBlueButton
internal import PlenaryCore

/// Every situation in which a visitor of a room can be (`rooms-api.md` 11.3 and 11.8). Each has a page of its own.
enum RoomPageState: Sendable, Hashable {
    /// Something is asked, or only a button is to be pressed: opening the page alone lets nobody in, so that programs that look
    /// at links do not use them up.
    case form(RoomForm)
    /// Too many wrong codes.
    case locked(until: WireTime)
    case waiting(RoomWait)
    /// Let in: the page leads to the provider.
    case ready(to: String)
    /// When it opens for this visitor.
    case notOpen(opensAt: WireTime)
    /// `closes_at` is over.
    case closed
    case noSuchRoom
    case gone
    case tokenInvalid(offersGuest: Bool)
    case tokenExpired(offersGuest: Bool)
    case tokenUsedUp(offersGuest: Bool)
    case tokenRequired
    case inactive
    case unusable
    case noGuests
    /// A limit of the subscription; only who may start sees it.
    case limited(QuotaRefusal)
    /// The pool has too few connections; only who may start sees it.
    case noConnections(available: Int, againAt: WireTime?)
    case full
    /// None is attached to the account.
    case noProvider
    /// Rooms of that type cannot be entered yet.
    case noAdapter(RoomType)
    /// Came back from a session. They may join again once one runs.
    case left(isRunning: Bool)
    /// Came back from a session that ended because its connections went to another meeting (15.11).
    case preempted
    /// The provider did not let in.
    case denied(ProviderDenial)
    /// The fault is ours.
    case failed

    /// The word that is shown small, for whoever helps: that of the API where there is one (`rooms-api.md` 17).
    var code: String {
        switch self {
        case .form(let form):
            form.errors.count == 1 ? form.errors[0].code : form.errors.isEmpty ? "join" : "join_incomplete"
        case .locked: "rate_limited"
        case .waiting(let wait): wait.reason.code
        case .ready: "ready"
        case .notOpen: "room_not_open"
        case .closed: "room_closed"
        case .noSuchRoom: "room_not_found"
        case .gone: "room_gone"
        case .tokenInvalid: "token_invalid"
        case .tokenExpired: "token_expired"
        case .tokenUsedUp: "token_used_up"
        case .tokenRequired: "token_required"
        case .inactive: "room_inactive"
        case .unusable: "subscription_unusable"
        case .noGuests: "guests_not_allowed"
        case .limited(let refusal): refusal.problem
        case .noConnections: "capacity_exhausted"
        case .full: "room_full"
        case .noProvider: "no_provider"
        case .noAdapter: "no_adapter"
        case .left: "left"
        case .preempted: "preempted"
        case .denied(let denial): denial.rawValue
        case .failed: "internal_error"
        }
    }

    /// Of the HTTP answer, as the API gives it. What came back from a provider is a page like any other: 200.
    var status: Int {
        switch self {
        case .form(let form):
            if form.errors.isEmpty { 200 } else if form.errors.count == 1 { form.errors[0].status } else { 422 }
        case .locked: 429
        case .waiting(let wait): wait.reason == .provider ? 503 : 202
        case .ready, .left, .preempted, .denied: 200
        case .noSuchRoom: 404
        case .gone: 410
        case .tokenRequired: 401
        case .notOpen, .closed, .tokenInvalid, .tokenExpired, .tokenUsedUp, .inactive, .unusable, .noGuests: 403
        case .limited(let refusal): refusal.problem == "capacity_exhausted" ? 409 : 403
        case .noConnections, .full: 409
        case .noProvider, .noAdapter: 503
        case .failed: 500
        }
    }

    /// Whether the page may tell what room it is. Who has no valid credential learns nothing of it.
    var showsRoom: Bool {
        switch self {
        case .noSuchRoom, .gone, .tokenInvalid, .tokenExpired, .tokenUsedUp, .tokenRequired, .failed: false
        case .form, .locked, .waiting, .ready, .notOpen, .closed, .inactive, .unusable, .noGuests, .limited,
            .noConnections, .full, .noProvider, .noAdapter, .left, .preempted, .denied:
            true
        }
    }
}

/// What the page asks, and what was filled in so far. A code is never filled in again.
struct RoomForm: Sendable, Hashable {
    enum Field: String, Sendable, Hashable, CaseIterable {
        case name
        case code = "access_code"
        case consent
    }

    /// What is wrong, by the word of the API.
    enum Fault: Sendable, Hashable, CaseIterable {
        case codeRequired, codeInvalid, codeExpired, nameRequired, consentRequired

        var field: Field {
            switch self {
            case .codeRequired, .codeInvalid, .codeExpired: .code
            case .nameRequired: .name
            case .consentRequired: .consent
            }
        }

        var problem: RoomProblem {
            switch self {
            case .codeRequired: .accessCodeRequired
            case .codeInvalid: .accessCodeInvalid
            case .codeExpired: .accessCodeExpired
            case .nameRequired: .nameRequired
            case .consentRequired: .consentRequired
            }
        }

        var code: String { problem.rawValue }
        var status: Int { problem.status }
    }

    var role: RoomRole
    /// Given by the token or the account: shown, and not to be changed.
    var presetName: String?
    /// Filled in: what was sent before, else what this device remembers.
    var name: String
    /// Whether the device is to remember the name.
    var remembers: Bool
    var asksCode: Bool
    var asksConsent: Bool
    var consents: Bool
    var canStart: Bool
    var recording: RecordingOutlook
    /// In the order of the fields.
    var errors: [Fault]

    /// - Parameters:
    ///   - sent: what the visitor sent before.
    ///   - remembered: the name that the device's cookie has.
    init(_ preview: JoinPreview, sent: JoinSituation.Form = JoinSituation.Form(), remembered: String? = nil) {
        role = preview.role
        presetName = preview.presetName?.text
        name = sent.name ?? remembered ?? ""
        remembers = remembered != nil
        asksCode = preview.asksCode
        asksConsent = preview.asksConsent
        consents = sent.consents
        canStart = preview.canStart
        recording = preview.recording
        errors = []
    }

    /// The same with what is wrong, in the order of the fields.
    func with(_ faults: [Fault]) -> RoomForm {
        var form = self
        form.errors = Field.allCases.flatMap { field in faults.filter { $0.field == field } }
        return form
    }
}

/// What somebody waits for, and how the page goes on.
struct RoomWait: Sendable, Hashable {
    enum Reason: Sendable, Hashable {
        case start
        case provider
        /// Their place in the queue; 1: the next one.
        case seat(place: Int)

        var code: String {
            switch self {
            case .start: "not_started"
            case .provider: "provider_unavailable"
            case .seat: "room_full"
            }
        }
    }

    var reason: Reason
    /// Sent alone in the next try (11.5); `nil`: the visitor starts again.
    var ticket: String?
    /// Path and query of the server-sent events, on this page's own host; `nil`: the page asks by itself.
    var events: String?
    /// Path of the join API, which the script asks when there are no events; `nil`: it looks at the page again.
    var api: String?
    /// Path and query which a browser without script opens again; `nil`: this page.
    var again: String?
    /// Seconds.
    var retryAfter: Int

    init(_ reason: Reason, retryAfter: Int = 5) {
        self.reason = reason
        self.retryAfter = retryAfter
    }
}

/// Why a provider did not let somebody in (11.6), from the keys of BigBlueButton.
enum ProviderDenial: String, Sendable, Hashable, CaseIterable {
    case full = "room_full"
    case guest = "guest_denied"
    case ended = "meeting_ended"
    case other = "join_refused"

    init(key: String) {
        switch key {
        case "maxParticipantsReached": self = .full
        case "guestDeny", "guestDenied", "guestDeniedAccess": self = .guest
        case "invalidMeetingIdentifier", "meetingForciblyEnded", "meetingEnded", "notFound", "mismatchCreateTimeParam":
            self = .ended
        default: self = .other
        }
    }

    /// What the query of the room's page says of it: `errors` of BigBlueButton, else our own `error`.
    ///
    /// - Parameter target: path and query.
    /// - Returns: `nil` when it says nothing.
    init?(target: String) {
        if let refusal = JoinRequest.Delivery.refusal(in: target) {
            self.init(key: refusal.key.rawValue)
            return
        }
        let query = target.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst().prefix { $0 != UInt8(ascii: "#") }
        guard let error = Parameters(parsing: Substring(query))["error"], !error.isEmpty else { return nil }
        self.init(key: error)
    }
}
