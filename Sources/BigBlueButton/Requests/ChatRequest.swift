/// A valid `sendChatMessage` (`bbb-api.md` 3.2, 5.8). BigBlueButton looks at what is said before it looks for the meeting.
public struct ChatRequest: Sendable {
    /// `nil` when none was given, which BigBlueButton takes for a meeting that it does not know.
    public let meetingID: MeetingID?
    public let parameters: Parameters

    public init(_ call: Call) throws(Refusal) {
        let given = call.signedParameters
        let id = given.cleaned("meetingID")
        var violations = Violations()
        if let id { violations.checkMeetingID(id) }
        // Lengths are UTF-16 units, as Java counts.
        if let message = given.cleaned("message") {
            if !(1...500).contains(message.utf16.count) {
                violations.add(.validationError, "Param message must be between 1 and 500 characters")
            }
        } else {
            violations.add(.validationError, "You must provide the param message")
        }
        if (given.cleaned("userName") ?? "").utf16.count > 255 {
            violations.add(.validationError, "Param userName must not exceed 255 characters")
        }
        try violations.check()
        meetingID = id.flatMap(MeetingID.init(rawValue:))
        parameters = given.forForwarding
    }
}
