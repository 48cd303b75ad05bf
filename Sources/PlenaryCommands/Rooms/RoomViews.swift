internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryStore

/// What was stored, but has no effect now, as `--json` shows it.
struct WarningView: Encodable {
    let pointer: String
    let code: String
    let detail: String
    let expected: String?

    init(_ warning: RoomWarning) {
        pointer = warning.pointer
        code = warning.code.rawValue
        detail = warning.rule
        expected = warning.expected
    }
}

/// A room as `--json` shows it, with the names of the REST API. Stable: fields are added, never renamed.
struct RoomView: Encodable {
    let object = "Room"
    let id: String
    let uuid: String
    let ulid: String
    let customerID: String
    let accountID: String
    /// The account's short name.
    let account: String
    let subscriptionID: String
    let name: String
    let status: String
    let isPublic: Bool
    let type: String
    let slug: String
    let url: String
    let features: [String: Metadata.Scalar]
    let settings: [String: Metadata.Scalar]
    let metadata: Metadata
    let createdAt: String
    let updatedAt: String
    /// After a change only.
    let warnings: [WarningView]?

    private enum CodingKeys: String, CodingKey {
        case object, id, uuid, ulid
        case customerID = "customer_id"
        case accountID = "account_id"
        case account = "account_key"
        case subscriptionID = "subscription_id"
        case name = "room_name"
        case status
        case isPublic = "is_public"
        case type = "room_type"
        case slug, url
        case features = "room_features"
        case settings = "room_settings"
        case metadata = "room_metadata"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case warnings
    }

    init(_ room: Room, origin: String, account: String, warnings: [RoomWarning]? = nil) {
        id = room.identity.id
        uuid = room.identity.uuid
        ulid = room.identity.ulid
        customerID = room.customerID
        accountID = room.accountID
        self.account = account
        subscriptionID = room.subscriptionID
        name = room.details.name
        status = room.details.status.rawValue
        isPublic = room.details.isPublic
        type = room.type.rawValue
        slug = room.slug.text
        url = room.url(origin: origin)
        features = room.details.features.given
        settings = room.details.settings.given
        metadata = room.details.metadata
        createdAt = room.createdAt.timestamp
        updatedAt = room.updatedAt.timestamp
        self.warnings = warnings.map { list in list.map { WarningView($0) } }
    }
}

/// A token of a room as `--json` shows it.
struct TokenView: Encodable {
    let object = "RoomToken"
    let id: String
    /// Only when it is made, or on explicit request: whoever has it gets in.
    let token: String?
    let url: String?
    let role: String
    let expiresAt: String?
    let lastUsage: String?
    let label: String?
    let displayName: String?
    let maxUses: Int?
    let useCount: Int
    let isAutomatic: Bool
    let isValid: Bool
    let createdAt: String

    private enum CodingKeys: String, CodingKey {
        case object, id, token, url, role
        case expiresAt = "expires_at"
        case lastUsage = "last_usage"
        case label
        case displayName = "display_name"
        case maxUses = "max_uses"
        case useCount = "use_count"
        case isAutomatic = "auto"
        case isValid = "valid"
        case createdAt = "created_at"
    }

    init(_ token: RoomToken, of room: Room, origin: String, now: WireTime, reveal: Bool) {
        id = token.id
        self.token = reveal ? token.text.reveal() : nil
        url = reveal ? room.url(origin: origin, token: token.text) : nil
        role = token.role.rawValue
        expiresAt = token.details.expiresAt?.timestamp
        lastUsage = token.lastUsage?.timestamp
        label = token.details.label
        displayName = token.details.displayName
        maxUses = token.details.maxUses
        useCount = token.useCount
        isAutomatic = token.isAutomatic
        isValid = token.validity(at: now) == .valid
        createdAt = token.createdAt.timestamp
    }
}

/// An access code of a room as `--json` shows it.
struct CodeView: Encodable {
    let object = "RoomAccessCode"
    let id: String
    let code: String
    let role: String
    let expiresAt: String?
    let lastUsage: String?
    let label: String?
    let isValid: Bool
    let createdAt: String

    private enum CodingKeys: String, CodingKey {
        case object, id, code, role
        case expiresAt = "expires_at"
        case lastUsage = "last_usage"
        case label
        case isValid = "valid"
        case createdAt = "created_at"
    }

    init(_ code: RoomAccessCode, now: WireTime) {
        id = code.id
        self.code = code.text.text
        role = code.role.rawValue
        expiresAt = code.expiresAt?.timestamp
        lastUsage = code.lastUsage?.timestamp
        label = code.label
        isValid = code.isValid(at: now)
        createdAt = code.createdAt.timestamp
    }
}
