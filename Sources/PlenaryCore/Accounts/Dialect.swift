package import BigBlueButton

/// Whose words an account's errors are in, for integrations that were written against others (`balancer.md` 13).
package enum Dialect: String, Sendable, Hashable, CaseIterable {
    /// What current servers say.
    case bigBlueButton = "bigbluebutton"
    /// What the Mconf load balancer says (seed 004).
    case mconf
}

extension Refusal {
    /// The refusal in the words of a dialect. What it has no words for stays as it is.
    package func told(in dialect: Dialect) -> Refusal {
        guard dialect == .mconf else { return self }
        switch key {
        case .notFound, .invalidMeetingIdentifier:
            return Refusal(
                .invalidMeetingIdentifier, "The meeting ID that you supplied did not match any existing meetings.")
        case .missingParamMeetingID:
            return Refusal(.missingParamMeetingID, "You must specify a meeting ID for the meeting.")
        case .invalidParameters:
            return Refusal(.invalidParameters, "The URL you supplied has parameters that are not accepted.")
        default: return self
        }
    }
}
