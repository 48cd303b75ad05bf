package import BigBlueButton

/// Whose words an account's errors are in, for integrations that were written against others (`balancer.md` 13).
package enum Dialect: String, Sendable, Hashable, CaseIterable {
    /// What current servers say.
    case bigBlueButton = "bigbluebutton"
    /// What the Mconf load balancer says (seed 004).
    case mconf
}

extension Refusal {
    /// The refusal of a call in the words of a dialect. What it has no words for stays as it is.
    package func told(in dialect: Dialect, of call: Call) -> Refusal {
        guard dialect == .mconf else { return self }
        // Recordings are not found either, and stay what they are.
        if key == .notFound, !Self.aboutMeetings.contains(call.name) { return self }
        switch key {
        // Of what is wrong at once BigBlueButton tells another thing first.
        case .notFound where call.signedParameters["meetingID"]?.isEmpty != false: return Self.mconfMissing
        case .notFound, .meetingNotFound, .invalidMeetingIdentifier:
            return Refusal(
                .invalidMeetingIdentifier, "The meeting ID that you supplied did not match any existing meetings.")
        case .missingParamMeetingID:
            return Self.mconfMissing
        case .invalidParameters:
            return Refusal(.invalidParameters, "The URL you supplied has parameters that are not accepted.")
        default: return self
        }
    }

    private static let aboutMeetings: Set<CallName> = [
        .end, .getMeetingInfo, .isMeetingRunning, .join, .insertDocument, .sendChatMessage, .setConfigXML,
        "getMeetingEvents", "move",
    ]

    private static let mconfMissing = Refusal(
        .missingParamMeetingID, "You must specify a meeting ID for the meeting.")
}
