import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryWeb

@Suite struct RoomPageStateTests {
    private let now = RoomPageSamples.now
    private let later = RoomPageSamples.later

    private func shown(_ refusal: JoinRefusal, type: RoomType = .meet) throws -> RoomPageState {
        RoomPageState(refusal, form: try RoomPageSamples.fullForm(), type: type, now: now)
    }

    @Test func `a refusal has the code and the status of the API`() throws {
        let quota = QuotaRefusal(code: .maxConcurrentSessions, value: 2, used: 2, requested: 1)
        let refusals: [JoinRefusal] = [
            .noSuchRoom, .roomGone, .tokenInvalid(offersGuest: true), .tokenExpired(offersGuest: false),
            .tokenUsedUp(offersGuest: true), .tokenRequired, .roomInactive, .subscriptionUnusable,
            .notOpen(opensAt: later), .guestsNotAllowed, .codeRequired, .codeInvalid(.unknown), .codeExpired,
            .lockedOut(until: later), .nameRequired, .consentRequired, .noProvider(.down), .limited(quota),
            .noConnections(available: 3, retryAfter: .seconds(60)), .roomFull,
        ]
        for refusal in refusals {
            let state = try shown(refusal)
            #expect(state.code == refusal.problem.rawValue, "\(refusal)")
            #expect(state.status == refusal.problem.status, "\(refusal)")
        }
    }

    @Test func `what the API tells in one word has pages of its own`() throws {
        #expect(try shown(.notOpen(opensAt: nil)) == .closed)
        #expect(try shown(.noProvider(.none)) == .noProvider)
        #expect(try shown(.noProvider(.noAdapter), type: .live) == .noAdapter(.live))
        #expect(
            try shown(.noConnections(available: 3, retryAfter: .seconds(3_600)))
                == .noConnections(available: 3, againAt: later))
    }

    @Test func `what is missing is asked in the order of the form`() throws {
        let form = try RoomPageSamples.fullForm()
        let verdict = JoinVerdict.incomplete([.codeInvalid(.unknown), .consentRequired, .nameRequired])
        let state = RoomPageState.judged(verdict, form: form, type: .meet, now: now)
        #expect(state == .form(form.with([.nameRequired, .codeInvalid, .consentRequired])))
        guard case .form(let asked)? = state else {
            Issue.record("no form")
            return
        }
        #expect(asked.errors == [.nameRequired, .codeInvalid, .consentRequired])
    }

    @Test func `who waits is told for what, and where in the queue`() throws {
        let form = try RoomPageSamples.form()
        #expect(
            RoomPageState.judged(.waiting(.notStarted, .guest), form: form, type: .meet, now: now)
                == .waiting(RoomWait(.start)))
        #expect(
            RoomPageState.judged(.waiting(.roomFull(ahead: 0), .guest), form: form, type: .meet, now: now)
                == .waiting(RoomWait(.seat(place: 1))))
    }

    @Test func `who is let in has no page`() throws {
        var situation = JoinSituation(now: now, place: .room(JoinSituation.Facts()))
        situation.user = JoinSituation.SignedIn(role: .moderator)
        situation.form = JoinSituation.Form(name: "Ada", consents: true)
        let form = try RoomPageSamples.form()
        #expect(RoomPageState.judged(situation.judged(), form: form, type: .meet, now: now) == nil)
    }

    @Test func `a room that nothing can run in is not asked for`() throws {
        let form = try RoomPageSamples.form()
        #expect(RoomPageState.arrived(form, type: .meet) == .form(form))
        #expect(RoomPageState.arrived(form, type: .video) == .noAdapter(.video))
    }

    @Test func `a code is never filled in again, a name is`() throws {
        var situation = JoinSituation(now: now, place: .room(JoinSituation.Facts()))
        situation.user = JoinSituation.SignedIn(role: .moderator)
        let preview = try situation.preview()
        let sent = JoinSituation.Form(code: "482913075", name: "Grace", consents: true)
        let form = RoomForm(preview, sent: sent, remembered: "Ada")
        #expect(form.name == "Grace" && form.consents && form.remembers)
        #expect(RoomForm(preview, remembered: "Ada").name == "Ada")
        var asking = form
        asking.asksCode = true
        let html = try RoomPageRenderer().html(of: RoomPageSamples.page(.form(asking)))
        #expect(!html.contains("482913075"))
    }

    struct Denial: Sendable {
        let target: String
        let denial: ProviderDenial?
    }

    static let denials = [
        Denial(target: "/rooms/a/b", denial: nil),
        Denial(target: "/rooms/a/b?error=", denial: nil),
        Denial(target: "/rooms/a/b?error=join", denial: .other),
        Denial(target: "/rooms/a/b?error=maxParticipantsReached", denial: .full),
        Denial(target: "/rooms/a/b?lang=de&error=guestDeny", denial: .guest),
        Denial(
            target:
                "/rooms/a/b?error=join&errors=%5B%7B%22message%22%3A%22x%22%2C%22key%22%3A%22maxParticipantsReached%22%7D%5D",
            denial: .full),
        Denial(
            target: "/rooms/a/b?errors=%5B%7B%22message%22%3A%22x%22%2C%22key%22%3A%22guestDeniedAccess%22%7D%5D",
            denial: .guest),
        Denial(
            target: "/rooms/a/b?errors=%5B%7B%22message%22%3A%22x%22%2C%22key%22%3A%22meetingForciblyEnded%22%7D%5D",
            denial: .ended),
    ]

    @Test(arguments: denials) func `why a provider did not let in is read from the address`(example: Denial) {
        #expect(ProviderDenial(target: example.target) == example.denial, "\(example.target)")
    }

    @Test func `what a waiting page needs fits the queue's patience`() {
        #expect(Duration.seconds(RoomWait(.start).retryAfter) < SeatQueue<Int>.patience)
    }
}
