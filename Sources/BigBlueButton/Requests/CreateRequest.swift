/// A valid `create` (`bbb-api.md` 3.2, 5.1).
public struct CreateRequest: Sendable {
    public let meetingID: MeetingID
    public let name: String
    /// What the caller sent; empty counts as absent.
    public let attendeePW: String?
    public let moderatorPW: String?
    /// Of a breakout room: the id of its parent, external or internal.
    public let parentMeetingID: String?
    /// All parameters to send on, without the checksum, each name once.
    public let parameters: Parameters
    /// Slides and other modules.
    public let document: OutgoingCall.Body?

    public init(_ call: Call, documentLimits: XMLLimits = XMLLimits()) throws(Refusal) {
        guard call.hasSupportedContentType else { throw .contentType }
        let given = call.parameters
        var violations = Violations()
        violations.checkName(given.cleaned("name"))
        violations.checkMeetingID(given.cleaned("meetingID"))
        violations.checkPassword(given.cleaned("attendeePW"))
        violations.checkPassword(given.cleaned("moderatorPW"))
        violations.checkInteger(given.cleaned("voiceBridge"), "Voice bridge must be an integral value")
        violations.checkBoolean(
            given.cleaned("record"), "Record must be a boolean value (true or false)")
        violations.checkBoolean(
            given.cleaned("isBreakoutRoom"),
            "You must provide a boolean value (true or false) for the breakout room")
        try violations.check()
        // BigBlueButton validates the cleaned id but would use the raw one, so it refuses ids in which they differ.
        guard let text = given["meetingID"], text == given.cleaned("meetingID"),
            let meetingID = MeetingID(rawValue: text)
        else {
            throw Refusal(.validationError, "Invalid meeting ID")
        }
        if given["isBreakout"]?.lowercased() == "true" {
            guard let parent = given["parentMeetingID"], !parent.isEmpty else {
                throw Refusal(
                    .parentMeetingIDMissing, "No parent meeting ID was provided for the breakout room")
            }
            parentMeetingID = parent
        } else {
            parentMeetingID = nil
        }
        self.meetingID = meetingID
        name = given.cleaned("name") ?? ""
        func password(_ name: String) -> String? { given[name].flatMap { $0.isEmpty ? nil : $0 } }
        attendeePW = password("attendeePW")
        moderatorPW = password("moderatorPW")
        parameters = given.forForwarding
        guard case .document(let octets, let contentType) = call.body else {
            document = nil
            return
        }
        // A broken document crashes the call at a server, after the meeting was made or before, and would count
        // against every server that is tried.
        do throws(XMLFault) {
            _ = try XMLReader.read(octets, skipping: ["module"], limits: documentLimits)
        } catch {
            throw Refusal(
                .validationError, "The document in the body of the request is not well-formed XML")
        }
        document = OutgoingCall.Body(octets: octets, contentType: contentType)
    }

    /// The parameters for a server that shall make the meeting: with passwords of ours where the caller sent none, so that
    /// they survive a move (`bbb-api.md` 14.4).
    public func parameters(attendeePW: String, moderatorPW: String) -> Parameters {
        var result = parameters
        if self.attendeePW == nil { result["attendeePW"] = attendeePW }
        if self.moderatorPW == nil { result["moderatorPW"] = moderatorPW }
        return result
    }
}
