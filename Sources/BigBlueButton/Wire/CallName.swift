/// The name of an API call as it stands in the path and in the text that a checksum covers: `create`, `hooks/create`.
///
/// Names are case-sensitive, as at BigBlueButton (`bbb-api.md` 1.1). A name that is not known here is still a valid call
/// name: what BigBlueButton adds tomorrow is not refused by a type.
public struct CallName: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }
    public var description: String { rawValue }

    /// The version request at the root of the API; it carries no checksum.
    public static let index: CallName = ""
    public static let create: CallName = "create"
    public static let join: CallName = "join"
    public static let end: CallName = "end"
    public static let isMeetingRunning: CallName = "isMeetingRunning"
    public static let getMeetingInfo: CallName = "getMeetingInfo"
    public static let getMeetings: CallName = "getMeetings"
    public static let getSessions: CallName = "getSessions"
    public static let insertDocument: CallName = "insertDocument"
    public static let sendChatMessage: CallName = "sendChatMessage"
    public static let getRecordings: CallName = "getRecordings"
    public static let publishRecordings: CallName = "publishRecordings"
    public static let deleteRecordings: CallName = "deleteRecordings"
    public static let updateRecordings: CallName = "updateRecordings"
    public static let getRecordingTextTracks: CallName = "getRecordingTextTracks"
    public static let putRecordingTextTrack: CallName = "putRecordingTextTrack"
    public static let hooksCreate: CallName = "hooks/create"
    public static let hooksList: CallName = "hooks/list"
    public static let hooksDestroy: CallName = "hooks/destroy"
    /// Without a checksum, answered in plain text (`bbb-api.md` 11.4).
    public static let hooksPing: CallName = "hooks/ping"
    /// Calls of BigBlueButton up to 2.3 (`bbb-api.md` 8).
    public static let getDefaultConfigXML: CallName = "getDefaultConfigXML"
    public static let setConfigXML: CallName = "setConfigXML"
}
