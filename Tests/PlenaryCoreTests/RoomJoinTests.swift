import BigBlueButton
import Testing

@testable import PlenaryCore

/// Who gets into a room, and what keeps others out (`rooms-api.md` 9 to 11 and 15.11).
struct RoomJoinTests {
    static let now = RoomSamples.now

    /// A private room without a session; the visitor is complete.
    static func situation(
        _ facts: JoinSituation.Facts = JoinSituation.Facts(), _ change: (inout JoinSituation) -> Void = { _ in }
    ) -> JoinSituation {
        var situation = JoinSituation(now: now, place: .room(facts))
        situation.entitlement = RoomSamples.entitlement()
        situation.form = JoinSituation.Form(name: "Ada Lovelace", consents: true)
        change(&situation)
        return situation
    }

    static func facts(
        isPublic: Bool = false, status: RoomDetails.Status = .active, _ settings: [String: Metadata.Scalar] = [:],
        used: [FeatureCode: FeatureValue] = [:]
    ) -> JoinSituation.Facts {
        JoinSituation.Facts(
            status: status, isPublic: isPublic, settings: RoomSettings(settings), used: FeatureSet(used))
    }

    static func known(_ role: RoomRole) -> JoinSituation.Token { .known(RoomSamples.token(role)) }

    static let running = JoinSituation.Session.running(JoinSituation.Running(people: 3))

    static func refusal(_ verdict: JoinVerdict) -> JoinRefusal? {
        if case .refused(let refusal) = verdict { refusal } else { nil }
    }

    static func admission(_ verdict: JoinVerdict) -> JoinAdmission? {
        if case .ready(let admission) = verdict { admission } else { nil }
    }

    @Test func `a link for one use lets its visitor back in, and nobody else`() {
        var used = RoomSamples.token(.attendee, maxUses: 1)
        used.used(at: Self.now)
        func verdict(_ before: RoomRole?) -> JoinVerdict {
            Self.situation {
                $0.token = .known(used)
                $0.session = .running(JoinSituation.Running(people: 3, roleBefore: before))
            }.judged()
        }
        #expect(Self.admission(verdict(.attendee))?.role == .attendee)
        #expect(Self.refusal(verdict(nil)) == .tokenUsedUp(offersGuest: false))
        // Who was in as less does not become more by a link that others used up.
        #expect(Self.refusal(verdict(.guest)) == .tokenUsedUp(offersGuest: false))
    }

    @Test func `whom the room permits to start does so by any link`() throws {
        let stranger = Self.situation { $0.token = Self.known(.attendee) }
        #expect(stranger.judged() == .waiting(.notStarted, .attendee))
        let user = Self.situation {
            $0.token = Self.known(.attendee)
            $0.user = JoinSituation.SignedIn(role: .moderator)
        }
        let admission = try #require(Self.admission(user.judged()))
        // The link says as what they come in.
        #expect(admission.starts && admission.role == .attendee)
        #expect(try user.preview().canStart)
    }

    // MARK: the checks, one after the other

    struct Refused: Sendable, CustomTestStringConvertible {
        let refusal: JoinRefusal
        let check: String
        let code: String
        let status: Int
        let situation: JoinSituation

        init(_ refusal: JoinRefusal, _ check: String, _ code: String, _ status: Int, _ situation: JoinSituation) {
            self.refusal = refusal
            self.check = check
            self.code = code
            self.status = status
            self.situation = situation
        }

        var testDescription: String { "\(check) \(code)" }
    }

    static let quota = QuotaRefusal(code: .maxConcurrentSessions, value: 1, used: 1, requested: 1)

    static let refused: [Refused] = [
        Refused(.noSuchRoom, "1", "room_not_found", 404, situation { $0.place = .unknown }),
        Refused(.roomGone, "1b", "room_gone", 410, situation { $0.place = .removed }),
        Refused(.tokenInvalid(offersGuest: false), "3", "token_invalid", 403, situation { $0.token = .unknown }),
        Refused(
            .tokenInvalid(offersGuest: true), "3", "token_invalid", 403,
            situation(facts(isPublic: true)) { $0.token = .unknown }),
        Refused(
            .tokenExpired(offersGuest: false), "3b", "token_expired", 403,
            situation { $0.token = .known(RoomSamples.token(.moderator, expiresAt: now)) }),
        Refused(
            .tokenUsedUp(offersGuest: false), "3b", "token_used_up", 403,
            situation { $0.token = .known(RoomSamples.token(.moderator, maxUses: 1, useCount: 1)) }),
        Refused(.tokenRequired, "3e", "token_required", 401, situation()),
        Refused(
            .tokenRequired, "3e", "token_required", 401, situation { $0.user = JoinSituation.SignedIn(name: "Ida") }),
        Refused(
            .roomInactive, "4", "room_inactive", 403,
            situation(facts(status: .inactive)) { $0.token = known(.moderator) }),
        Refused(
            .subscriptionUnusable, "5", "subscription_unusable", 403,
            situation {
                $0.token = known(.moderator)
                $0.isAccountActive = false
            }),
        Refused(
            .subscriptionUnusable, "5", "subscription_unusable", 403,
            situation {
                $0.token = known(.moderator)
                $0.entitlement = RoomSamples.entitlement(endsAt: "2026-02-28")
            }),
        Refused(
            .subscriptionUnusable, "5", "subscription_unusable", 403,
            situation {
                $0.token = known(.moderator)
                $0.entitlement = RoomSamples.entitlement(customer: .inactive)
            }),
        Refused(
            .notOpen(opensAt: WireTime(timestamp: "2026-03-01T10:00:01Z")), "6", "room_not_open", 403,
            situation(facts(["opens_at": .text("2026-03-01T10:00:01Z")])) { $0.token = known(.attendee) }),
        Refused(
            .notOpen(opensAt: nil), "6", "room_not_open", 403,
            situation(facts(["closes_at": .text("2026-03-01T10:00:00Z")])) { $0.token = known(.moderator) }),
        Refused(
            .guestsNotAllowed, "7", "guests_not_allowed", 403,
            situation(facts(used: [.guestAccess: .bool(false)])) { $0.token = known(.guest) }),
        Refused(
            .guestsNotAllowed, "7", "guests_not_allowed", 403,
            situation(facts(["guest_policy": .text("always_deny")])) { $0.token = known(.guest) }),
        // BigBlueButton would not let them in either.
        Refused(
            .guestsNotAllowed, "7", "guests_not_allowed", 403,
            situation(facts(["guest_policy": .text("always_deny")])) { $0.token = known(.attendee) }),
        Refused(
            .codeRequired, "8", "access_code_required", 401,
            situation {
                $0.token = known(.attendee)
                $0.codes = RoomCodes([RoomSamples.code(1, .attendee, "aaaa")])
            }),
        Refused(
            .codeInvalid(.unknown), "8", "access_code_invalid", 403,
            situation {
                $0.token = known(.attendee)
                $0.codes = RoomCodes([RoomSamples.code(1, .attendee, "aaaa")])
                $0.form.code = "xxxx"
            }),
        Refused(
            .codeExpired, "8", "access_code_expired", 403,
            situation {
                $0.token = known(.attendee)
                $0.codes = RoomCodes([RoomSamples.code(1, .attendee, "aaaa", expiresAt: now)])
                $0.form.code = "aaaa"
            }),
        // The right one, too late.
        Refused(
            .lockedOut(until: RoomSamples.minutes(1)), "8", "rate_limited", 429,
            situation {
                $0.token = known(.attendee)
                $0.codes = RoomCodes([RoomSamples.code(1, .attendee, "aaaa")])
                $0.form = JoinSituation.Form(code: "aaaa")
                $0.lockedUntil = RoomSamples.minutes(1)
            }),
        Refused(
            .nameRequired, "9", "name_required", 422,
            situation {
                $0.token = known(.attendee)
                $0.form.name = " "
            }),
        Refused(
            .consentRequired, "10", "consent_required", 422,
            situation(facts(used: [.recording: .bool(true)])) {
                $0.token = known(.attendee)
                $0.form.consents = false
            }),
        Refused(
            .noProvider(.down), "11", "provider_unavailable", 503,
            situation {
                $0.token = known(.moderator)
                $0.provider = .unavailable(.down)
            }),
        Refused(
            .noProvider(.none), "11", "provider_unavailable", 503,
            situation {
                $0.token = known(.attendee)
                $0.provider = .unavailable(.none)
            }),
        Refused(
            .noProvider(.down), "11", "provider_unavailable", 503,
            situation {
                $0.token = known(.attendee)
                $0.session = .lost
            }),
        Refused(
            .limited(quota), "13", "capacity_exhausted", 409,
            situation {
                $0.token = known(.moderator)
                $0.start = .limited(quota)
            }),
        Refused(
            .noConnections(available: 3, retryAfter: .seconds(60)), "13", "capacity_exhausted", 409,
            situation {
                $0.token = known(.moderator)
                $0.start = .noConnections(available: 3, retryAfter: .seconds(60))
            }),
        Refused(
            .roomFull, "14", "room_full", 409,
            situation(facts(used: [.maxParticipants: .integer(3)])) {
                $0.token = known(.moderator)
                $0.session = running
            }),
    ]

    @Test(arguments: refused) func `the first check that fails decides`(it: Refused) throws {
        let verdict = it.situation.judged()
        #expect(verdict == .refused(it.refusal))
        #expect(it.refusal.check == it.check && it.refusal.problem.rawValue == it.code)
        #expect(verdict.problem?.rawValue == it.code && verdict.status == it.status)
    }

    @Test func `checks stand in the order of the contract`() {
        let numbers = Self.refused.map { Int($0.check.filter(\.isNumber)) ?? 0 }
        #expect(numbers == numbers.sorted())
    }

    /// Everything is wrong at once; one after the other is put right. What comes is always the first that is still wrong.
    @Test func `of several failures the first one is told`() {
        var it = JoinSituation(now: Self.now, place: .unknown)
        it.token = .unknown
        it.isAccountActive = false
        it.codes = RoomCodes([RoomSamples.code(1, .attendee, "aaaa")])
        it.provider = .unavailable(.down)
        it.start = .limited(Self.quota)
        it.lockedUntil = RoomSamples.minutes(1)
        it.form.code = "aaaa"
        var checks: [String] = []
        func look() {
            switch it.judged() {
            case .refused(let refusal): checks.append(refusal.check)
            case .incomplete(let refusals): checks.append(refusals.map(\.check).joined(separator: "+"))
            case .waiting: checks.append("waiting")
            case .ready: checks.append("ready")
            }
        }
        look()
        var facts = Self.facts(
            status: .inactive, ["opens_at": .text("2026-03-02"), "guest_policy": .text("always_deny")],
            used: [.recording: .bool(true), .maxParticipants: .integer(3)])
        it.place = .room(facts)
        look()
        it.token = .known(RoomSamples.token(.attendee, expiresAt: Self.now))
        look()
        it.token = .none
        look()
        it.token = Self.known(.attendee)
        look()
        facts.status = .active
        it.place = .room(facts)
        look()
        it.isAccountActive = true
        look()
        facts.settings = RoomSettings(["guest_policy": .text("always_deny")])
        it.place = .room(facts)
        look()
        facts.settings = .none
        it.place = .room(facts)
        look()
        it.lockedUntil = nil
        it.form.code = nil
        look()
        it.form.code = "aaaa"
        look()
        it.form.name = "Ada"
        look()
        it.form.consents = true
        look()
        it.provider = .available
        look()
        facts.settings = RoomSettings(["anyone_can_start": .bool(true)])
        it.place = .room(facts)
        look()
        it.session = Self.running
        look()
        it.session = .running(JoinSituation.Running(people: 2))
        look()
        #expect(
            checks == [
                "1", "3", "3b", "3e", "4", "5", "6", "7", "8", "8+9+10", "9+10", "10", "11", "waiting", "13", "14",
                "ready",
            ])
    }

    // MARK: worked examples

    /// The table of section 9, by token, code given, the room's codes and the outcome.
    struct Coded: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let token: RoomRole?
        let isPublic: Bool
        let given: String?
        let codes: [RoomAccessCode]
        /// The code of the problem; `nil`: in, with the role of the token.
        let problem: String?
        let role: RoomRole
    }

    static let moderatorCode = RoomSamples.code(1, .moderator, "mmmm")
    static let attendeeCode = RoomSamples.code(2, .attendee, "aaaa")
    static let guestCode = RoomSamples.code(3, .guest, "gggg")
    static let oldCode = RoomSamples.code(4, .attendee, "oooo", expiresAt: RoomSamples.minutes(-1))

    private static func row(
        _ name: String, _ token: RoomRole?, isPublic: Bool = false, gives given: String?, _ codes: [RoomAccessCode],
        _ problem: String?, role: RoomRole = .attendee
    ) -> Coded {
        Coded(
            testDescription: name, token: token, isPublic: isPublic, given: given, codes: codes, problem: problem,
            role: role)
    }

    static let coded: [Coded] = [
        row("moderator, its code", .moderator, gives: "mmmm", [moderatorCode], nil, role: .moderator),
        row(
            "attendee, the moderator code", .attendee, gives: "mmmm", [moderatorCode, attendeeCode],
            "access_code_invalid"),
        row("attendee, role not protected", .attendee, gives: nil, [moderatorCode], nil),
        row("attendee, none given", .attendee, gives: nil, [attendeeCode], "access_code_required"),
        row("attendee, its own, expired", .attendee, gives: "oooo", [oldCode], "access_code_expired"),
        row("attendee, fail closed", .attendee, gives: nil, [oldCode], "access_code_required"),
        row("attendee, the valid one of two", .attendee, gives: "aaaa", [oldCode, attendeeCode], nil),
        row("no token, private, the moderator code", nil, gives: "mmmm", [moderatorCode], "token_required"),
        row("no token, public, the guest code", nil, isPublic: true, gives: "gggg", [guestCode], nil, role: .guest),
        row(
            "no token, public, the moderator code", nil, isPublic: true, gives: "mmmm", [moderatorCode, guestCode],
            "access_code_invalid"),
    ]

    @Test(arguments: coded) func `codes go with tokens of their role`(it: Coded) {
        let verdict = Self.situation(Self.facts(isPublic: it.isPublic)) {
            if let role = it.token { $0.token = Self.known(role) }
            $0.codes = RoomCodes(it.codes)
            $0.form.code = it.given
            $0.session = Self.running
        }.judged()
        #expect(verdict.problem?.rawValue == it.problem)
        if it.problem == nil {
            #expect(Self.admission(verdict)?.role == it.role)
            #expect(Self.admission(verdict)?.code == (it.given == nil ? nil : it.codes.last?.number))
        }
    }

    /// What the table of 11.8 says happens.
    @Test func `anonymous, public room, session runs: in as a guest, by the automatic token`() {
        let verdict = Self.situation(Self.facts(isPublic: true)) {
            $0.automaticToken = RoomTokenNumber(9)
            $0.session = Self.running
        }.judged()
        let expected = JoinAdmission(
            role: .guest, name: made(VisitorName("Ada Lovelace")), token: RoomTokenNumber(9), code: nil, starts: false)
        #expect(verdict == .ready(expected))
    }

    @Test func `anonymous, public room, no session: waits`() {
        let verdict = Self.situation(Self.facts(isPublic: true)).judged()
        #expect(verdict == .waiting(.notStarted, .guest) && verdict.status == 202 && verdict.problem == nil)
        #expect(JoinWait.notStarted.reason == "not_started" && JoinWait.roomFull(ahead: 1).reason == "room_full")
    }

    @Test(arguments: [RoomRole.moderator, .attendee, .guest]) func `a token gives its role`(role: RoomRole) {
        let verdict = Self.situation {
            $0.token = Self.known(role)
            $0.session = Self.running
        }.judged()
        #expect(Self.admission(verdict)?.role == role)
        #expect(Self.admission(verdict)?.token == RoomTokenNumber(1) && verdict.status == 200)
    }

    @Test func `an expired token is refused even in a public room, and guest is offered`() {
        let verdict = Self.situation(Self.facts(isPublic: true)) {
            $0.token = .known(RoomSamples.token(.moderator, expiresAt: Self.now))
        }.judged()
        #expect(Self.refusal(verdict) == .tokenExpired(offersGuest: true))
    }

    @Test(arguments: [RoomRole.moderator, .attendee, .guest])
    func `an inactive room is refused for everyone`(role: RoomRole) {
        let byToken = Self.situation(Self.facts(isPublic: true, status: .inactive)) { $0.token = Self.known(role) }
        let signedIn = Self.situation(Self.facts(isPublic: true, status: .inactive)) {
            $0.user = JoinSituation.SignedIn(role: role)
        }
        #expect(Self.refusal(byToken.judged()) == .roomInactive && Self.refusal(signedIn.judged()) == .roomInactive)
    }

    @Test func `the form that is missing name and code shows both`() throws {
        let verdict = Self.situation {
            $0.token = Self.known(.attendee)
            $0.codes = RoomCodes([Self.attendeeCode])
            $0.form = JoinSituation.Form()
        }.judged()
        guard case .incomplete(let missing) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(missing == [.codeRequired, .nameRequired])
        #expect(missing.map(\.pointer) == ["/access_code", "/name"])
        #expect(missing.map(\.problem.rawValue) == ["access_code_required", "name_required"])
        #expect(verdict.problem == .joinIncomplete && verdict.status == 422 && !verdict.isWrongCode)
    }

    @Test func `a wrong code counts as wrong, also in a form where more is missing`() {
        func verdict(_ code: String, name: String?) -> JoinVerdict {
            Self.situation {
                $0.token = Self.known(.attendee)
                $0.codes = RoomCodes([Self.attendeeCode, Self.oldCode])
                $0.form = JoinSituation.Form(code: code, name: name)
            }.judged()
        }
        #expect(verdict("xxxx", name: "Ada").isWrongCode && verdict("xxxx", name: nil).isWrongCode)
        #expect(!verdict("oooo", name: "Ada").isWrongCode && !verdict("aaaa", name: "Ada").isWrongCode)
    }

    @Test func `a ticket brings the code along, until the code has gone`() {
        func verdict(_ codes: [RoomAccessCode], before: RoomCodeNumber, code: String? = nil) -> JoinVerdict {
            Self.situation {
                $0.token = Self.known(.attendee)
                $0.codes = RoomCodes(codes)
                $0.form.codeBefore = before
                $0.form.code = code
                $0.session = Self.running
            }.judged()
        }
        #expect(Self.admission(verdict([Self.attendeeCode], before: RoomCodeNumber(2)))?.code == RoomCodeNumber(2))
        #expect(Self.refusal(verdict([Self.attendeeCode], before: RoomCodeNumber(7))) == .codeRequired)
        #expect(Self.refusal(verdict([Self.oldCode], before: RoomCodeNumber(4))) == .codeRequired)
        #expect(
            Self.refusal(verdict([Self.moderatorCode, Self.attendeeCode], before: RoomCodeNumber(1))) == .codeRequired)
        #expect(
            Self.refusal(verdict([Self.attendeeCode], before: RoomCodeNumber(2), code: "xxxx"))
                == .codeInvalid(.unknown))
    }

    @Test func `a lock ends, and does not concern who needs no code`() {
        func verdict(_ minutes: Int, _ codes: [RoomAccessCode]) -> JoinVerdict {
            Self.situation {
                $0.token = Self.known(.attendee)
                $0.codes = RoomCodes(codes)
                $0.form.code = "aaaa"
                $0.lockedUntil = RoomSamples.minutes(minutes)
                $0.session = Self.running
            }.judged()
        }
        #expect(Self.admission(verdict(0, [Self.attendeeCode])) != nil)
        #expect(Self.admission(verdict(1, [Self.moderatorCode])) != nil)
        #expect(Self.refusal(verdict(1, [Self.attendeeCode])) == .lockedOut(until: RoomSamples.minutes(1)))
    }
}
