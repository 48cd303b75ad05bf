import BigBlueButton
import Testing

@testable import PlenaryCore

/// Which events go to a caller's web hook (`bbb-api.md` 11.1).
@Suite struct HookTests {
    private func hook(meetingID: String? = nil, eventID: String? = nil, isRaw: Bool = false) -> Hook {
        Hook(
            number: 1, id: "h-1", account: .default, callbackURL: "https://lms.example/hook",
            meetingID: meetingID.flatMap(MeetingID.init(rawValue:)), eventID: eventID, isRaw: isRaw, secret: 1,
            createdAt: WireTime(milliseconds: 1))
    }

    private func id(_ text: String) -> MeetingID { made(MeetingID(rawValue: text)) }

    @Test func `a hook that names nothing wants everything`() {
        let hook = hook()
        #expect(hook.wants(event: "user-joined", of: id("room-1")))
        #expect(hook.wants(event: "something-new", of: nil))
        #expect(hook.wants(event: nil, of: nil))
    }

    @Test func `a hook of a meeting wants what is about that meeting`() {
        let hook = hook(meetingID: "room-1")
        #expect(hook.wants(event: "user-joined", of: id("room-1")))
        #expect(hook.wants(event: nil, of: id("room-1")))
        for other in ["room-2", "Room-1", "room-1 ", "room"] {
            #expect(!hook.wants(event: "user-joined", of: id(other)), "\(other)")
        }
        #expect(!hook.wants(event: "user-joined", of: nil))
    }

    @Test func `an id of other octets is another meeting`() {
        #expect(!hook(meetingID: "r\u{00F6}m").wants(event: nil, of: id("ro\u{0308}m")))
        #expect(hook(meetingID: "r\u{00F6}m").wants(event: nil, of: id("r\u{00F6}m")))
    }

    @Test(arguments: [
        ("meeting-ended", true), ("meeting-ended,user-joined", true), ("user-joined,meeting-ended", true),
        ("MEETING-Ended", true), (" meeting-ended ", true), ("user-left , meeting-ended\t,x", true),
        (",,meeting-ended,", true), ("meeting-ende", false), ("meeting-ended2", false), ("user-joined", false),
        ("meeting ended", false), (",", false), (" ", false), ("*", false),
    ])
    func `a hook of some events wants these, in any letter case`(filter: String, isWanted: Bool) {
        let hook = hook(eventID: filter)
        #expect(hook.wants(event: "meeting-ended", of: nil) == isWanted)
        #expect(hook.wants(event: "Meeting-Ended", of: id("room-1")) == isWanted)
    }

    @Test func `what has no event passes a filter by event`() {
        #expect(hook(eventID: "meeting-ended").wants(event: nil, of: nil))
        #expect(!hook(meetingID: "room-1", eventID: "meeting-ended").wants(event: nil, of: id("room-2")))
    }

    @Test func `raw messages are not chosen by event, but by meeting`() {
        let hook = hook(meetingID: "room-1", eventID: "meeting-ended", isRaw: true)
        #expect(hook.wants(event: "UserJoinedMeetingEvtMsg", of: id("room-1")))
        #expect(!hook.wants(event: "meeting-ended", of: id("room-2")))
    }

    @Test func `both filters must be passed`() {
        let hook = hook(meetingID: "room-1", eventID: "user-joined,user-left")
        #expect(hook.wants(event: "user-left", of: id("room-1")))
        #expect(!hook.wants(event: "meeting-ended", of: id("room-1")))
        #expect(!hook.wants(event: "user-left", of: id("room-2")))
    }
}
