/// What a server answered to an XML call: the octets, and what they say.
///
/// A reply that exists is BigBlueButton's: a `<response>` with a return code. Anything else is a fault of the server.
public struct Reply: Sendable {
    public let octets: [UInt8]
    public let root: XMLElement
    public let code: ReturnCode
    /// `nil` where the call has none; an empty element counts as none.
    public let messageKey: MessageKey?
    public let message: String

    /// Why octets are no reply.
    public enum Fault: Error, Sendable, Equatable {
        case notXML(XMLFault)
        case notBigBlueButton
    }

    /// - Parameter skipping: names of elements that nobody will look into.
    public init(_ octets: [UInt8], skipping: Set<String> = [], limits: XMLLimits = XMLLimits())
        throws(Fault)
    {
        let root: XMLElement
        do throws(XMLFault) {
            root = try XMLReader.read(octets, skipping: skipping, limits: limits)
        } catch { throw .notXML(error) }
        guard root.name == "response", let code = root.text(of: "returncode").flatMap(ReturnCode.init)
        else {
            throw .notBigBlueButton
        }
        self.octets = octets
        self.root = root
        self.code = code
        // The errors list of a voice bridge clash has no key at the top (`bbb-api.md` 1.4); before 2.1 it had attributes.
        let error = root.child("errors")?.child("error")
        let key = root.text(of: "messageKey") ?? error?.text(of: "key") ?? error?.attribute("key") ?? ""
        messageKey = key.isEmpty ? nil : MessageKey(rawValue: key)
        message =
            root.text(of: "message") ?? error?.text(of: "message") ?? error?.attribute("message") ?? ""
    }

    public var isSuccess: Bool { code == .success }

    /// Whether the server says that it does not have the meeting.
    public var saysMeetingIsGone: Bool { code == .failed && messageKey?.saysMeetingIsGone == true }
}

/// The answer to `create` (`bbb-api.md` 5.1.3).
public struct CreateReply: Sendable, Hashable {
    public let meetingID: MeetingID
    public let internalMeetingID: InternalMeetingID
    public let createTime: WireTime
    public let attendeePW: String
    public let moderatorPW: String
    public let voiceBridge: String
    /// The meeting existed already.
    public let isDuplicate: Bool

    /// - Returns: `nil` when the reply is a failure or lacks what every `create` answers.
    public init?(_ reply: Reply) {
        guard reply.isSuccess,
            let id = reply.root.text(of: "meetingID").flatMap(MeetingID.init(rawValue:)),
            let internalID = reply.root.text(of: "internalMeetingID").flatMap(
                InternalMeetingID.init(rawValue:)),
            let createTime = reply.root.text(of: "createTime").flatMap(WireTime.init(text:))
        else { return nil }
        meetingID = id
        internalMeetingID = internalID
        self.createTime = createTime
        attendeePW = reply.root.text(of: "attendeePW") ?? ""
        moderatorPW = reply.root.text(of: "moderatorPW") ?? ""
        voiceBridge = reply.root.text(of: "voiceBridge") ?? ""
        isDuplicate = reply.messageKey == .duplicateWarning
    }
}

/// A meeting as `getMeetings` and `getMeetingInfo` describe it, without its attendees (`bbb-api.md` 5.5).
public struct MeetingSnapshot: Sendable, Hashable {
    public let meetingID: MeetingID
    public let internalMeetingID: InternalMeetingID
    public let name: String
    public let createTime: WireTime
    public let running: Bool
    public let participantCount: Int
    public let listenerCount: Int
    public let voiceParticipantCount: Int
    public let videoCount: Int
    public let moderatorCount: Int
    public let attendeePW: String
    public let moderatorPW: String
    public let voiceBridge: String
    public let isBreakout: Bool
    /// Of a breakout: the internal id of the meeting it belongs to.
    public let parentMeetingID: InternalMeetingID?

    /// - Returns: `nil` when the element has no ids or no create time: then it describes no meeting.
    public init?(_ element: XMLElement) {
        guard let id = element.text(of: "meetingID").flatMap(MeetingID.init(rawValue:)),
            let internalID = element.text(of: "internalMeetingID").flatMap(
                InternalMeetingID.init(rawValue:)),
            let createTime = element.text(of: "createTime").flatMap(WireTime.init(text:))
        else { return nil }
        /// Freemarker prints thousands separators (`bbb-api.md` 1.3).
        func count(_ name: String) -> Int {
            max(0, Int((element.text(of: name) ?? "").filter { $0 != "," && $0 != "." }) ?? 0)
        }
        meetingID = id
        internalMeetingID = internalID
        self.createTime = createTime
        name = element.text(of: "meetingName") ?? ""
        running = element.text(of: "running") == "true"
        participantCount = count("participantCount")
        listenerCount = count("listenerCount")
        voiceParticipantCount = count("voiceParticipantCount")
        videoCount = count("videoCount")
        moderatorCount = count("moderatorCount")
        attendeePW = element.text(of: "attendeePW") ?? ""
        moderatorPW = element.text(of: "moderatorPW") ?? ""
        voiceBridge = element.text(of: "voiceBridge") ?? ""
        isBreakout = element.text(of: "isBreakout") == "true"
        parentMeetingID = element.text(of: "parentMeetingID").flatMap(InternalMeetingID.init(rawValue:))
    }
}

/// The answer to `getMeetings`: each meeting with the octets in which the server described it.
public struct MeetingsReply: Sendable {
    public struct Entry: Sendable {
        public let meeting: MeetingSnapshot
        /// The `<meeting>` element as the server wrote it.
        public let range: Range<Int>
    }

    public let octets: [UInt8]
    public let entries: [Entry]

    /// Elements that a poll need not look into.
    public static let details: Set<String> = ["attendees", "metadata", "breakoutRooms"]

    /// - Returns: `nil` when the reply is a failure, has no list, or has a meeting in it that cannot be read: a list that is
    ///   not understood as a whole is no list, or what is missing in it would count as ended.
    public init?(_ reply: Reply) {
        guard reply.isSuccess else { return nil }
        octets = reply.octets
        guard let list = reply.root.child("meetings") else {
            guard reply.messageKey == .noMeetings else { return nil }
            entries = []
            return
        }
        var entries: [Entry] = []
        for element in list.children(named: "meeting") {
            guard let meeting = MeetingSnapshot(element) else { return nil }
            entries.append(Entry(meeting: meeting, range: element.range))
        }
        self.entries = entries
    }
}
