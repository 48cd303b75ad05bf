/// The stable word by which front-ends tell failures apart (`bbb-api.md` 3.2 and 15). Texts vary, keys do not.
public struct MessageKey: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }
    public var description: String { rawValue }

    public static let checksumError: MessageKey = "checksumError"
    public static let unsupportedContentType: MessageKey = "unsupportedContentType"
    public static let unsupportedRequest: MessageKey = "unsupportedRequest"
    public static let validationError: MessageKey = "validationError"
    public static let missingParamMeetingID: MessageKey = "missingParamMeetingID"
    public static let missingParamFullName: MessageKey = "missingParamFullName"
    public static let notFound: MessageKey = "notFound"
    public static let meetingNotFound: MessageKey = "meetingNotFound"
    public static let invalidMeetingIdentifier: MessageKey = "invalidMeetingIdentifier"
    public static let meetingForciblyEnded: MessageKey = "meetingForciblyEnded"
    public static let idNotUnique: MessageKey = "idNotUnique"
    public static let duplicateWarning: MessageKey = "duplicateWarning"
    public static let noMeetings: MessageKey = "noMeetings"
    public static let sentEndMeetingRequest: MessageKey = "sentEndMeetingRequest"
    public static let nonUniqueVoiceBridge: MessageKey = "nonUniqueVoiceBridge"
    public static let mismatchCreateTime: MessageKey = "mismatchCreateTimeParam"
    public static let maxParticipantsReached: MessageKey = "maxParticipantsReached"
    public static let parentMeetingIDMissing: MessageKey = "parentMeetingIDMissing"
    public static let parentMeetingDoesNotExist: MessageKey = "parentMeetingDoesNotExist"
    /// No server could do it, or ours failed. Balancers use it, clients know it as a failure like any other.
    public static let internalError: MessageKey = "internalError"
    /// The meeting's server does not answer.
    public static let serverUnavailable: MessageKey = "serverUnavailable"
    /// A parameter that the balancer does not take.
    public static let invalidParameters: MessageKey = "invalidParameters"
    /// No server has the tag that a meeting requires.
    public static let serverTagUnavailable: MessageKey = "serverTagUnavailable"
    public static let permissionDenied: MessageKey = "permissionDenied"
    public static let noSessions: MessageKey = "noSessions"
    /// More connections than the caller ever has (`rooms-api.md` 15.4).
    public static let connectionLimitExceeded: MessageKey = "connectionLimitExceeded"
    /// More connections than the caller's other meetings leave (`rooms-api.md` 15.4).
    public static let noConnectionsAvailable: MessageKey = "noConnectionsAvailable"

    /// Whether a server says with this key that it does not have the meeting (`bbb-api.md` 3.4).
    public var saysMeetingIsGone: Bool {
        self == .notFound || self == .invalidMeetingIdentifier || self == .meetingForciblyEnded
            || self == .meetingNotFound
    }

    /// Where a 16-slot `java.util.HashMap` keeps the key: of several violations BigBlueButton tells the first in that
    /// order (`bbb-api.md` 3.1).
    var javaBucket: Int {
        let hash = rawValue.utf16.reduce(UInt32(0)) { 31 &* $0 &+ UInt32($1) }
        return Int((hash ^ (hash >> 16)) & 15)
    }
}

public enum ReturnCode: String, Sendable, Hashable {
    case success = "SUCCESS"
    case failed = "FAILED"
}

/// A call was refused: the answer is FAILED with this key and text. It is not a fault of the server.
public struct Refusal: Error, Sendable, Hashable {
    public let key: MessageKey
    public let message: String
    /// More that a program may want to know, as elements beside the message; clients pass over what they do not know.
    public let details: [Detail]

    public struct Detail: Sendable, Hashable {
        public let name: String
        public let value: Int

        public init(_ name: String, _ value: Int) {
            self.name = name
            self.value = value
        }
    }

    public init(_ key: MessageKey, _ message: String, details: [Detail] = []) {
        self.key = key
        self.message = message
        self.details = details
    }

    public static let checksum = Refusal(
        .checksumError, "You did not pass the checksum security check.")
    public static let contentType = Refusal(
        .unsupportedContentType, "POST request Content-Type is missing or unsupported")
    public static let unsupportedRequest = Refusal(
        .unsupportedRequest, "This request is not supported.")
    public static let notFound = Refusal(.notFound, "A meeting with that ID does not exist")
    public static let joinNotFound = Refusal(
        .invalidMeetingIdentifier, "A meeting with that ID does not exist")
    /// Of a join (`bbb-api.md` 3.5).
    public static let forciblyEnded = Refusal(
        .meetingForciblyEnded, "You can not join a meeting that has already been forcibly ended")
    public static let noServer = Refusal(
        .internalError, "No server is available for this meeting at the moment. Please try again.")
    public static let serverUnavailable = Refusal(
        .serverUnavailable,
        "The server of this meeting does not answer at the moment. Please try again.")
    public static let unknownOutcome = Refusal(
        .internalError, "The server of this meeting did not answer in time. Please try again.")
    public static let internalError = Refusal(
        .internalError, "The request could not be processed. Please try again later.")

    /// Envelope A (`bbb-api.md` 1.4).
    public var xml: [UInt8] {
        XMLWriter.response(.failed) {
            $0.element("messageKey", key.rawValue)
            $0.element("message", message)
            for detail in details { $0.element(detail.name, detail.value) }
        }
    }
}
