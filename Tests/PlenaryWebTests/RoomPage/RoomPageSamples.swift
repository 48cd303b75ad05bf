import BigBlueButton
import PlenaryCore

@testable import PlenaryWeb

/// One page of each kind, so that every part of the template is met.
enum RoomPageSamples {
    static let now = WireTime(milliseconds: 1_772_355_600_000)
    static let later = WireTime(milliseconds: 1_772_359_200_000)
    static let token = "Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e"
    static let provider = "https://bbb3.example.com/bigbluebutton/api/join?fullName=Ada&redirect=true&checksum=6a1f0c"

    /// As a moderator, who is asked for the name and nothing else.
    static func form() throws -> RoomForm {
        var situation = JoinSituation(now: now, place: .room(JoinSituation.Facts()))
        situation.user = JoinSituation.SignedIn(role: .moderator)
        return RoomForm(try situation.preview())
    }

    static func fullForm() throws -> RoomForm {
        var form = try Self.form()
        form.role = .guest
        form.name = "Ada"
        form.remembers = true
        form.asksCode = true
        form.asksConsent = true
        form.consents = true
        form.canStart = true
        form.recording = .possible
        return form
    }

    static func wait(_ reason: RoomWait.Reason) -> RoomWait {
        var wait = RoomWait(reason)
        wait.ticket = "eyJhbGciOiJIUzI1NiJ9.eyJyIjoidTYifQ.c2ln"
        wait.events = "/api/v1/join/u6Yh3DkQ9w/events?ticket=eyJh"
        wait.api = "/api/v1/join/u6Yh3DkQ9w"
        wait.again = "/rooms/u6Yh3DkQ9w/business-meeting?ticket=eyJh&lang=en"
        return wait
    }

    static func states() throws -> [RoomPageState] {
        let full = try fullForm()
        var preset = full
        preset.presetName = "Ada Lovelace"
        preset.role = .attendee
        preset.recording = .automatic
        let quota = QuotaRefusal(code: .maxConcurrentSessions, value: 2, used: 2, requested: 1)
        let connections = QuotaRefusal(code: .maxConnections, value: 100, used: 90, requested: 50)
        let rooms = QuotaRefusal(code: .maxRooms, value: 5, used: 5, requested: 1)
        return [
            .form(try form()), .form(full), .form(preset), .form(full.with([.codeInvalid])),
            .form(full.with(RoomForm.Fault.allCases.filter { $0 != .codeInvalid && $0 != .codeExpired })),
            .form(full.with([.codeExpired])), .locked(until: later), .waiting(wait(.start)),
            .waiting(wait(.provider)), .waiting(wait(.seat(place: 3))), .waiting(RoomWait(.provider)),
            .ready(to: provider), .notOpen(opensAt: later), .closed, .noSuchRoom, .gone,
            .tokenInvalid(offersGuest: false), .tokenInvalid(offersGuest: true), .tokenExpired(offersGuest: true),
            .tokenUsedUp(offersGuest: true), .tokenRequired, .inactive, .unusable, .noGuests, .limited(quota),
            .limited(connections), .limited(rooms), .noConnections(available: 12, againAt: later),
            .noConnections(available: 0, againAt: nil), .full, .noProvider, .noAdapter(.video), .noAdapter(.live),
            .noAdapter(.simulcast), .left(isRunning: true), .left(isRunning: false), .preempted, .denied(.full),
            .denied(.guest), .denied(.ended), .denied(.other), .failed,
        ]
    }

    static func page(_ state: RoomPageState, in language: PageLanguage = .english) -> RoomPage {
        var page = RoomPage(state, language: language, path: "/rooms/u6Yh3DkQ9w/business-meeting", now: now)
        var about = RoomPage.About(name: "Business Meeting")
        about.description = "Weekly planning\n\nBring your notes."
        about.owner = "Grace Hopper"
        about.people = 12
        about.isRunning = true
        page.about = about
        page.token = token
        page.isRoomUser = true
        page.unusableReason = .subscription
        page.signIn = "/sign-in?next=%2Frooms%2Fu6Yh3DkQ9w"
        page.reactivate = RoomPage.Press(action: "/rooms/u6Yh3DkQ9w/reactivate", csrfToken: "0a1b")
        page.calendar = "/rooms/u6Yh3DkQ9w/calendar.ics?token=\(token)"
        return page
    }
}
