package import BigBlueButton

/// What an account may do, and how much (`balancer.md` 7). Set by the operator.
package struct AccountRights: Sendable, Hashable {
    /// Every call is refused while it is off; what runs goes on.
    package var isEnabled = true
    /// Calls of its own programs are refused while it is off, whatever signed them; its rooms go on (`rooms-api.md` 15.9).
    package var hasIntegrationAPI = true
    package var mayRecord = true
    /// `getServers`, `getStatistics` and `move` (`balancer.md` 6).
    package var mayUseBalancerCalls = false
    /// Servers that have one of these tags, `none` standing for those without any; empty: every server.
    package var serverTags: Set<String> = []
    /// Hashes with which its calls may be signed; empty: those of the settings.
    package var algorithms: Set<ChecksumAlgorithm> = []
    /// Calls that are answered as if there were none of that name (`rooms-api.md` 15.10); of ``canBeUnsupported``.
    package var unsupportedCalls: Set<CallName> = []
    /// Not a right, but what its programs understand.
    package var dialect = Dialect.bigBlueButton
    package var limits = AccountLimits()

    /// The calls of BigBlueButton that the founding platform does not have.
    package static let canBeUnsupported: Set<CallName> = [
        .updateRecordings, .getDefaultConfigXML, .setConfigXML, .getRecordingTextTracks, .putRecordingTextTrack,
    ]

    package init() {}

    /// Whether its meetings may be on a server.
    package func mayUse(_ server: Server) -> Bool {
        serverTags.isEmpty
            || (server.tags.isEmpty ? serverTags.contains("none") : !serverTags.isDisjoint(with: server.tags))
    }
}

/// How much an account may have at a time. Each is at least 1; `nil`: as much as it likes.
package struct AccountLimits: Sendable, Hashable {
    /// Meetings at a time; breakout rooms do not count.
    package var meetings: Int?
    /// People in all its meetings together.
    package var participants: Int?
    /// Minutes of a meeting, at whose end BigBlueButton ends it.
    package var duration: Int?
    /// Connections that can be reserved: `C` (`rooms-api.md` 15). Set: reservations are on.
    package var connections: Int?
    /// What a create reserves that does not say it (15.3).
    package var defaultParticipants: Int?
    package var defaultDuration: Int?

    package init() {}

    package var reservationDefaults: ReservationDefaults {
        ReservationDefaults(
            participants: defaultParticipants ?? ReservationDefaults.factory.participants,
            duration: defaultDuration ?? ReservationDefaults.factory.duration)
    }
}

extension Refusal {
    /// Seed 004, "All calls: authorization".
    package static let mayNotRecord = Refusal(
        .permissionDenied, "This application is not allowed to record meetings.")
    /// Seed 004.
    package static let tooManyMeetings = Refusal(
        .permissionDenied, "This application is not allowed to have any more concurrent meetings.")
    /// Ours, in the same words: the limit is ours too.
    package static let tooManyParticipants = Refusal(
        .permissionDenied, "This application is not allowed to have any more participants.")
}
