/// What a package may grant (`rooms-api.md` 5.1): a fixed catalogue, in the order in which it is shown.
package enum FeatureCode: String, Sendable, Hashable, CaseIterable {
    case maxAccounts = "max_accounts"
    case maxRooms = "max_rooms"
    case maxParticipants = "max_participants"
    case maxDuration = "max_duration"
    case recording
    case maxRecordings = "max_recordings"
    case recordExpiration = "record_expiration"
    case maxStorage = "max_storage"
    case privateChat = "private_chat"
    case publicChat = "public_chat"
    case screenSharing = "screen_sharing"
    case allowCreateAccount = "allow_create_account"
    case allowDeleteAccount = "allow_delete_account"
    case maxConnections = "max_connections"
    case maxConcurrentSessions = "max_concurrent_sessions"
    case webcams
    case breakoutRooms = "breakout_rooms"
    case guestAccess = "guest_access"
    case customBranding = "custom_branding"
    case maxOutputs = "max_outputs"

    /// Where it stands in the catalogue.
    package var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// One row of the catalogue.
package struct Feature: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case int, bool
    }

    package let code: FeatureCode
    /// For people.
    package let name: String
    package let kind: Kind
    /// What an int counts, such as `minutes`; empty for a bool.
    package let unit: String
    /// It caps something.
    package let isQuota: Bool
    /// A counter is kept of it.
    package let isConsumable: Bool
    /// A room may customise it.
    package let isForRooms: Bool
    /// Of a bool: what holds in a subscription that does not have it.
    package let holdsWhenAbsent: Bool

    /// The least value of an int: 0 where something is counted, else 1. Never does 0 mean unlimited (D-11).
    package var least: Int { isQuota && isConsumable ? 0 : 1 }

    private init(
        _ code: FeatureCode, _ name: String, unit: String, quota: Bool = true, consumable: Bool = false,
        room: Bool = true
    ) {
        self.code = code
        self.name = name
        kind = .int
        self.unit = unit
        isQuota = quota
        isConsumable = consumable
        isForRooms = room
        holdsWhenAbsent = false
    }

    private init(_ code: FeatureCode, _ name: String, holdsWhenAbsent: Bool, room: Bool = true) {
        self.code = code
        self.name = name
        kind = .bool
        unit = ""
        isQuota = false
        isConsumable = false
        isForRooms = room
        self.holdsWhenAbsent = holdsWhenAbsent
    }

    /// All of them, in the order of the catalogue.
    package static let all: [Feature] = FeatureCode.allCases.map(Feature.init(of:))

    private init(of code: FeatureCode) {
        switch code {
        case .maxAccounts: self.init(code, "Max Accounts", unit: "accounts", consumable: true, room: false)
        case .maxRooms: self.init(code, "Max Rooms", unit: "rooms", consumable: true, room: false)
        case .maxParticipants: self.init(code, "Participants", unit: "participants")
        case .maxDuration: self.init(code, "Duration", unit: "minutes")
        case .recording: self.init(code, "Recording", holdsWhenAbsent: false)
        case .maxRecordings: self.init(code, "Max Recordings", unit: "recordings", consumable: true)
        case .recordExpiration: self.init(code, "Recording expiration", unit: "days")
        case .maxStorage: self.init(code, "Storage", unit: "GB", consumable: true)
        case .privateChat: self.init(code, "Private chat", holdsWhenAbsent: true)
        case .publicChat: self.init(code, "Public chat", holdsWhenAbsent: true)
        case .screenSharing: self.init(code, "Screen sharing", holdsWhenAbsent: true)
        case .allowCreateAccount: self.init(code, "Create accounts", holdsWhenAbsent: false, room: false)
        case .allowDeleteAccount: self.init(code, "Delete accounts", holdsWhenAbsent: false, room: false)
        case .maxConnections: self.init(code, "Concurrent connections", unit: "connections", room: false)
        case .maxConcurrentSessions: self.init(code, "Concurrent sessions", unit: "sessions", room: false)
        case .webcams: self.init(code, "Webcams", holdsWhenAbsent: true)
        case .breakoutRooms: self.init(code, "Breakout rooms", holdsWhenAbsent: true)
        case .guestAccess: self.init(code, "Guest access", holdsWhenAbsent: true)
        case .customBranding: self.init(code, "Custom branding", holdsWhenAbsent: false)
        case .maxOutputs: self.init(code, "Simulcast outputs", unit: "outputs")
        }
    }
}

extension FeatureCode {
    /// Its row of the catalogue.
    package var feature: Feature { Feature.all[rank] }
}
