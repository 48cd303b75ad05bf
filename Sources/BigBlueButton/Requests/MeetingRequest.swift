/// A valid `isMeetingRunning`, `getMeetingInfo` or `end`: a call about one meeting (`bbb-api.md` 3.4).
public struct MeetingRequest: Sendable {
    /// External or internal id (`bbb-api.md` 4.2).
    public let meetingID: MeetingID
    public let parameters: Parameters
    /// `isMeetingRunning`, `getMeetingInfo` or `end`.
    public let call: CallName

    /// - Parameter knows: whether there is such a meeting, where BigBlueButton looks for it while it validates: that there is
    ///   none is one violation among others, and wins over most (`bbb-api.md` 3.1). `nil`: it does not look.
    public init(_ call: Call, knows: ((MeetingID) -> Bool)? = nil) throws(Refusal) {
        guard call.hasSupportedContentType else { throw .contentType }
        let text = call.signedParameters.cleaned("meetingID")
        var violations = Violations()
        violations.checkMeetingID(text)
        if let knows, text.flatMap(MeetingID.init(rawValue:)).map(knows) != true {
            violations.add(.notFound, Refusal.notFound.message)
        }
        violations.checkPassword(call.name == .end ? call.signedParameters.cleaned("password") : nil)
        try violations.check()
        guard let meetingID = text.flatMap(MeetingID.init(rawValue:)) else {
            throw Refusal(.missingParamMeetingID, "You must provide a meeting ID")
        }
        self.meetingID = meetingID
        self.call = call.name
        parameters = call.signedParameters.forForwarding
    }
}
