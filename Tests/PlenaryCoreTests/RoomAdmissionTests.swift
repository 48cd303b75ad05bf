import BigBlueButton
import Testing

@testable import PlenaryCore

/// Who gets into a room by what else is known: who they are, when it is, what runs (`rooms-api.md` 11.3 to 11.5 and 13.3).
struct RoomAdmissionTests {
    private typealias Join = RoomJoinTests

    // MARK: signed in (13.3)

    @Test func `a user of the room needs neither token nor code`() {
        let verdict = Join.situation {
            $0.user = JoinSituation.SignedIn(role: .moderator, name: "Ida Berg")
            $0.codes = RoomCodes([Join.moderatorCode])
            $0.form = JoinSituation.Form()
        }.judged()
        let expected = JoinAdmission(
            role: .moderator, name: made(VisitorName("Ida Berg")), token: nil, code: nil, starts: true)
        #expect(verdict == .ready(expected))
    }

    @Test func `a token overrides the role, and asks for its code where it gives more`() {
        func verdict(_ own: RoomRole, _ token: RoomRole) -> JoinVerdict {
            Join.situation {
                $0.user = JoinSituation.SignedIn(role: own)
                $0.token = Join.known(token)
                $0.codes = RoomCodes([Join.moderatorCode, Join.attendeeCode, Join.guestCode])
                $0.session = Join.running
            }.judged()
        }
        #expect(Join.admission(verdict(.moderator, .guest))?.role == .guest)
        #expect(Join.admission(verdict(.attendee, .attendee))?.role == .attendee)
        #expect(Join.refusal(verdict(.attendee, .moderator)) == .codeRequired)
    }

    @Test func `a personal link has its name`() {
        let verdict = Join.situation {
            $0.token = .known(RoomSamples.token(.attendee, displayName: "Grace Hopper"))
            $0.user = JoinSituation.SignedIn(name: "Ida Berg")
            $0.session = Join.running
        }.judged()
        #expect(Join.admission(verdict)?.name.text == "Grace Hopper")
    }

    @Test(arguments: ["", " \n"]) func `a blank code field does not ask again who has a ticket`(blank: String) {
        func verdict(before: RoomCodeNumber?) -> JoinVerdict {
            Join.situation {
                $0.token = Join.known(.attendee)
                $0.codes = RoomCodes([Join.attendeeCode])
                $0.form.code = blank
                $0.form.codeBefore = before
                $0.lockedUntil = RoomSamples.minutes(1)
                $0.session = Join.running
            }.judged()
        }
        #expect(Join.admission(verdict(before: RoomCodeNumber(2)))?.code == RoomCodeNumber(2))
        #expect(Join.refusal(verdict(before: nil)) == .codeRequired)
    }

    // MARK: hours

    @Test(
        arguments: [
            (-1, RoomRole.attendee, true), (0, .attendee, true), (1, .attendee, false), (1, .guest, false),
            (1, .moderator, true), (15, .moderator, true), (16, .moderator, false),
        ] as [(Int, RoomRole, Bool)])
    func `moderators come a quarter of an hour earlier`(opensIn: Int, role: RoomRole, isIn: Bool) {
        let opens = RoomSamples.minutes(opensIn)
        let verdict = Join.situation(Join.facts(["opens_at": .text(opens.timestamp)])) {
            $0.token = Join.known(role)
            $0.session = Join.running
        }.judged()
        #expect((Join.admission(verdict) != nil) == isIn)
        if !isIn {
            let own = role == .moderator ? RoomSamples.minutes(opensIn - 15) : opens
            #expect(Join.refusal(verdict) == .notOpen(opensAt: own))
        }
    }

    // MARK: subscriptions

    @Test func `who was in a session comes back although the subscription ended`() {
        func verdict(_ running: JoinSituation.Running, _ customer: CustomerStatus = .active) -> JoinVerdict {
            Join.situation {
                $0.token = Join.known(.attendee)
                $0.entitlement = RoomSamples.entitlement(customer: customer, endsAt: "2026-02-28")
                $0.session = .running(running)
            }.judged()
        }
        #expect(Join.admission(verdict(JoinSituation.Running(people: 3, roleBefore: .attendee))) != nil)
        #expect(Join.admission(verdict(JoinSituation.Running(people: 3, isIn: true))) != nil)
        #expect(Join.refusal(verdict(JoinSituation.Running(people: 3))) == .subscriptionUnusable)
        #expect(
            Join.refusal(verdict(JoinSituation.Running(people: 3, roleBefore: .attendee), .terminated))
                == .subscriptionUnusable)
    }

    @Test func `rooms of a suspended customer go on, and so do those without a subscription`() {
        func verdict(_ entitlement: Entitlement?) -> JoinVerdict {
            Join.situation {
                $0.token = Join.known(.moderator)
                $0.entitlement = entitlement
            }.judged()
        }
        #expect(Join.admission(verdict(RoomSamples.entitlement(customer: .suspended))) != nil)
        #expect(Join.admission(verdict(nil)) != nil)
    }

    // MARK: starting (11.4)

    @Test(
        arguments: [
            (RoomRole.moderator, false, true), (.moderator, true, true), (.attendee, false, false),
            (.attendee, true, true),
            (.guest, false, false), (.guest, true, true),
        ] as [(RoomRole, Bool, Bool)])
    func `moderators start, others only where anyone can`(role: RoomRole, anyone: Bool, starts: Bool) {
        let verdict = Join.situation(Join.facts(["anyone_can_start": .bool(anyone)])) { $0.token = Join.known(role) }
            .judged()
        if starts {
            #expect(Join.admission(verdict)?.starts == true)
        } else {
            #expect(verdict == .waiting(.notStarted, role))
        }
    }

    @Test(arguments: [RoomType.video, .live, .simulcast])
    func `a room of a type that nothing can run is unavailable for everyone`(type: RoomType) {
        for role in RoomRole.allCases {
            var facts = JoinSituation.Facts()
            facts.type = type
            let verdict = Join.situation(facts) { $0.token = Join.known(role) }.judged()
            #expect(Join.refusal(verdict) == .noProvider(.noAdapter) && verdict.status == 503)
        }
    }

    @Test func `who may start gets a new session when the old one is lost`() {
        func verdict(_ role: RoomRole, _ provider: JoinSituation.Provider) -> JoinVerdict {
            Join.situation {
                $0.token = Join.known(role)
                $0.session = .lost
                $0.provider = provider
            }.judged()
        }
        #expect(Join.admission(verdict(.moderator, .available))?.starts == true)
        #expect(Join.refusal(verdict(.attendee, .available)) == .noProvider(.down))
        #expect(Join.refusal(verdict(.moderator, .unavailable(.down))) == .noProvider(.down))
    }

    @Test func `limits on starting do not concern who only joins`() {
        let verdict = Join.situation {
            $0.token = Join.known(.moderator)
            $0.session = Join.running
            $0.start = .limited(Join.quota)
            $0.provider = .unavailable(.down)
        }.judged()
        #expect(Join.admission(verdict)?.starts == false)
    }

    // MARK: seats

    @Test(
        arguments: [
            (49, 0, false, "ready"), (50, 0, false, "full"), (51, 0, false, "full"), (50, 0, true, "ready"),
            // A seat that is free belongs to who waits.
            (49, 1, false, "full"), (48, 1, false, "ready"), (49, 5, true, "ready"),
        ] as [(Int, Int, Bool, String)])
    func `a seat is free, or it is one's own`(people: Int, ahead: Int, isIn: Bool, outcome: String) {
        func verdict(queues: Bool) -> JoinVerdict {
            Join.situation(
                Join.facts(["queue_when_full": .bool(queues)], used: [.maxParticipants: .integer(50)])
            ) {
                $0.token = Join.known(.moderator)
                $0.session = .running(JoinSituation.Running(people: people, isIn: isIn, ahead: ahead))
            }.judged()
        }
        if outcome == "ready" {
            #expect(Join.admission(verdict(queues: false))?.starts == false)
            #expect(Join.admission(verdict(queues: true))?.starts == false)
        } else {
            #expect(Join.refusal(verdict(queues: false)) == .roomFull)
            #expect(verdict(queues: true) == .waiting(.roomFull(ahead: ahead), .moderator))
        }
    }

    @Test func `without a limit there is always a seat`() {
        for used in [[:], [.maxParticipants: .unlimited]] as [[FeatureCode: FeatureValue]] {
            let verdict = Join.situation(Join.facts(used: used)) {
                $0.token = Join.known(.guest)
                $0.session = .running(JoinSituation.Running(people: 100_000))
            }.judged()
            #expect(Join.admission(verdict) != nil)
        }
    }

    // MARK: consent and preview

    @Test(
        arguments: [
            ([:], true, RecordingOutlook.possible), ([:], false, .impossible),
            (["auto_start_recording": .bool(true)], true, .automatic),
            (["auto_start_recording": .bool(true)], false, .impossible),
            (["allow_start_stop_recording": .bool(false)], true, .impossible),
        ] as [([String: Metadata.Scalar], Bool, RecordingOutlook)])
    func `consent is asked for where a session may be recorded`(
        settings: [String: Metadata.Scalar], recording: Bool, outlook: RecordingOutlook
    ) throws {
        let situation = Join.situation(Join.facts(settings, used: [.recording: .bool(recording)])) {
            $0.token = Join.known(.attendee)
        }
        let preview = try situation.preview()
        #expect(preview.recording == outlook && preview.asksConsent == (outlook != .impossible))
        var waived = settings
        waived["require_consent"] = .bool(false)
        let other = Join.situation(Join.facts(waived, used: [.recording: .bool(recording)])) {
            $0.token = Join.known(.attendee)
        }
        #expect(try !other.preview().asksConsent)
    }

    @Test func `a session that may be recorded asks for consent although the room's settings changed meanwhile`() {
        let room = RoomSamples.room(
            RoomDetails(name: "Business Meeting", settings: RoomSettings(["require_consent": .bool(false)])))
        let used = FeatureSet([.recording: .bool(true)])
        func verdict(_ session: RoomSettings?) -> JoinVerdict {
            Join.situation(JoinSituation.Facts(room, used: used, session: session)) {
                $0.token = Join.known(.attendee)
                $0.form.consents = false
                if session != nil { $0.session = Join.running }
            }.judged()
        }
        #expect(Join.refusal(verdict(RoomSettings.none)) == .consentRequired)
        #expect(verdict(nil) == .waiting(.notStarted, .attendee))
    }

    @Test func `the page asks for what is missing`() throws {
        let stranger = try Join.situation {
            $0.token = Join.known(.attendee)
            $0.codes = RoomCodes([Join.attendeeCode])
        }.preview()
        #expect(stranger.role == .attendee && stranger.asksName && stranger.asksCode && !stranger.asksConsent)
        #expect(stranger.presetName == nil && !stranger.canStart && stranger.recording == .impossible)
        let owner = try Join.situation { $0.user = JoinSituation.SignedIn(role: .moderator, name: "Ida") }.preview()
        #expect(!owner.asksName && !owner.asksCode && owner.presetName?.text == "Ida" && owner.canStart)
        #expect(throws: JoinRefusal.tokenRequired) { _ = try Join.situation().preview() }
    }
}
