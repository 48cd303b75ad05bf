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

    /// - Parameter parameters: what counts of what the call says; `nil`: all.
    public init(_ call: Call, parameters: Parameters? = nil, documentLimits: XMLLimits = XMLLimits()) throws(Refusal) {
        guard call.hasSupportedContentType else { throw .contentType }
        var document: OutgoingCall.Body?
        if case .document(let octets, let contentType) = call.body {
            document = OutgoingCall.Body(octets: octets, contentType: contentType)
        }
        try self.init(parameters ?? call.parameters, document: document, documentLimits: documentLimits)
    }

    /// A create that was made before, to be made again.
    ///
    /// - Parameter given: its parameters.
    public init(_ given: Parameters, document: OutgoingCall.Body?, documentLimits: XMLLimits = XMLLimits())
        throws(Refusal)
    {
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
        self.document = document
        if let document { try Self.check(document, limits: documentLimits) }
    }

    /// A broken document crashes the call at a server, after the meeting was made or before, and would count against every
    /// server that is tried.
    public static func check(_ document: OutgoingCall.Body, limits: XMLLimits = XMLLimits()) throws(Refusal) {
        do throws(XMLFault) {
            _ = try XMLReader.read(document.octets, skipping: ["module"], limits: limits)
        } catch {
            throw Refusal(.validationError, "The document in the body of the request is not well-formed XML")
        }
    }

    /// Whether it is a breakout room that a front-end makes itself.
    public var isBreakout: Bool { parentMeetingID != nil }

    /// The parameters for a server that shall make the meeting: with passwords of ours where the caller sent none, so that
    /// they survive a move (`bbb-api.md` 14.4).
    ///
    /// - Parameter parameters: what is sent on of ``parameters``.
    public func passwords(in parameters: Parameters, attendeePW: String, moderatorPW: String) -> Parameters {
        var result = parameters
        if self.attendeePW == nil { result["attendeePW"] = attendeePW }
        if self.moderatorPW == nil { result["moderatorPW"] = moderatorPW }
        return result
    }
}
