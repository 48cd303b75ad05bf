internal import PlenaryCore

// What the catalogue says of features beside the rules that they follow (`rooms-api.md` 5.1).

extension FeatureCode {
    /// For people.
    var meaning: String {
        switch self {
        case .maxAccounts: "Accounts of the subscription."
        case .maxRooms: "Rooms over all accounts of the subscription."
        case .maxParticipants: "Participants in one session."
        case .maxDuration: "Length of one session in minutes; it ends then."
        case .recording: "Sessions may be recorded."
        case .maxRecordings: "Recordings that are kept."
        case .recordExpiration: "Days for which a recording is kept."
        case .maxStorage: "Storage that is used, in GB."
        case .privateChat: "Private chat in a session."
        case .publicChat: "Public chat in a session."
        case .screenSharing: "Screen sharing in a session."
        case .allowCreateAccount: "Users of the customer may create accounts."
        case .allowDeleteAccount: "Users of the customer may delete accounts."
        case .maxConnections: "Connections that all sessions and reservations have together."
        case .maxConcurrentSessions: "Sessions at once."
        case .webcams: "Webcams in a session."
        case .breakoutRooms: "Breakout rooms of a session."
        case .guestAccess: "Rooms may be public, and guests may join."
        case .customBranding: "Rooms may have a design of their own."
        case .maxOutputs: "Destinations to which a simulcast is sent."
        }
    }

    /// How what is used adds up; `nil`: nothing does.
    var aggregation: String? {
        switch self {
        case .maxAccounts, .maxRooms, .maxRecordings, .maxConcurrentSessions: "count_agg"
        case .maxStorage, .maxConnections: "sum_agg"
        case .maxParticipants, .maxDuration, .recordExpiration, .maxOutputs: "max_agg"
        case .recording, .privateChat, .publicChat, .screenSharing, .allowCreateAccount, .allowDeleteAccount, .webcams,
            .breakoutRooms, .guestAccess, .customBranding:
            nil
        }
    }
}
