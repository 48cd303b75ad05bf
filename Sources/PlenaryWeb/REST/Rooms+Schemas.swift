internal import PlenaryCore

/// What `/rooms` takes and answers (`rooms-api.md` 7 and 12).
enum RoomSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "Room": JSONSchema.resource("Room", answered, example: example),
        "ChangedRoom": JSONSchema.resource("Room", answered + [Member("warnings", warnings)], example: changedExample),
        "RoomList": JSONSchema.page(of: "Room", example: example),
        "NewRoom": JSONSchema.request(
            taken.map { Member($0.name, $0.schema, required: $0.name == "room_name" || $0.name == "account_id") },
            example: newExample),
        "RoomChange": JSONSchema.change(
            taken, example: ["is_public": true, "room_features": ["max_participants": .null]]),
        "RoomFeature": feature,
        "RoomFeatureList": JSONSchema.page(of: "RoomFeature", example: featureExample),
        "RoomStatus": status,
        "RoomSettingsSchema": settingsSchema,
    ]

    private static let statuses = JSONSchema.choice(
        RoomDetails.Status.allCases.map(\.rawValue), "inactive: nobody joins or starts.")
    private static let types = JSONSchema.choice(
        RoomType.allCases.map(\.rawValue), "What the subscription offers; it never changes.")
    private static let name = JSONSchema.text("Not unique.", least: 1, longest: RoomDetails.longestName)
    private static let slug = JSONSchema.text(
        "Names the room in its address.", least: 1, longest: 100, pattern: "^[a-z0-9]+(-[a-z0-9]+)*$")
    private static let features = JSONSchema.settings("By code. What the subscription does not allow is ignored.")
    private static let settings = JSONSchema.settings("By key: see /room-settings-schema; others are your own.")

    private static let answered: [Member] = [
        Member("customer_id", JSONSchema.nullable(JSONSchema.identifier("Whose it is."))),
        Member("account_id", JSONSchema.identifier()),
        Member("subscription_id", JSONSchema.nullable(JSONSchema.identifier())), Member("room_name", name),
        Member("status", ["anyOf": .list([statuses, JSONSchema.named("RoomStatus")])]),
        Member("is_public", JSONSchema.bool("Anyone with its address joins as a guest.")),
        Member("room_type", types), Member("slug", slug),
        Member("url", JSONSchema.text("Without a token.", format: "uri")), Member("room_features", features),
        Member("room_settings", settings), Member("room_metadata", JSONSchema.metadata),
        Member("tokens", JSONSchema.list(of: JSONSchema.named("RoomToken"), "With include=tokens.")),
        Member(
            "access_codes", JSONSchema.list(of: JSONSchema.named("RoomAccessCode"), "With include=access_codes.")),
        Member("users", JSONSchema.list(of: JSONSchema.named("RoomUser"), "With include=users.")),
        Member(
            "effective_features",
            JSONSchema.list(of: JSONSchema.named("RoomFeature"), "With include=effective_features.")),
        Member("account", JSONSchema.object([], "With include=account.")),
    ]

    private static let taken: [Member] = [
        Member("account_id", JSONSchema.reference("The account; it never changes")),
        Member("room_name", name), Member("status", statuses),
        Member("is_public", JSONSchema.bool("Anyone with its address joins as a guest.")),
        Member("slug", JSONSchema.nullable(slug)), Member("room_features", JSONSchema.nullable(features)),
        Member("room_settings", JSONSchema.nullable(settings)),
        Member("room_metadata", JSONSchema.nullable(JSONSchema.metadata)),
        // What was fetched may be sent back.
        Member("object", JSONSchema.constant("Room")), Member("id", JSONSchema.identifier()),
        Member("uuid", JSONSchema.text()), Member("ulid", JSONSchema.text()),
        Member("customer_id", JSONSchema.nullable(JSONSchema.reference("As it is"))),
        Member("subscription_id", JSONSchema.nullable(JSONSchema.reference("As it is"))),
        Member("room_type", types), Member("url", JSONSchema.text()), Member("created_at", JSONSchema.time()),
        Member("updated_at", JSONSchema.time()), Member("warnings", JSONSchema.list(of: JSONSchema.object([]))),
    ]

    private static let warnings = JSONSchema.list(
        of: JSONSchema.object([
            Member("pointer", JSONSchema.text(), required: true), Member("code", JSONSchema.text(), required: true),
            Member("detail", JSONSchema.text(), required: true), Member("expected", JSONSchema.text()),
        ]), "What was stored, but has no effect now.")

    private static let value: JSON = ["type": ["integer", "number", "string", "boolean", "null"]]

    private static let feature = JSONSchema.resource(
        "RoomFeature",
        [
            Member("code", JSONSchema.text()), Member("subscription_value", value), Member("room_value", value),
            Member("used_value", value),
            Member("resolution", JSONSchema.choice(FeatureResolution.allCases.map(\.rawValue))),
        ], hasIdentity: false, example: featureExample)

    private static let status = JSONSchema.object(
        [
            Member("object", JSONSchema.constant("RoomStatus"), required: true),
            Member("room_id", JSONSchema.identifier(), required: true), Member("room_type", types, required: true),
            Member("room_status", statuses, required: true),
            Member(
                "state", JSONSchema.choice(["active", "inactive"], "Whether something goes on now."), required: true),
            Member("message", JSONSchema.text("A sentence for people."), required: true),
            Member("provider", JSONSchema.nullable(JSONSchema.object([])), required: true),
            Member("observed_at", JSONSchema.nullable(JSONSchema.time("When the provider last told."))),
            Member("stale", JSONSchema.bool("It did not answer for a while."), required: true),
            Member("meet", JSONSchema.nullable(JSONSchema.object([], "Of a room of that type."))),
            Member("video", JSONSchema.nullable(JSONSchema.object([]))),
            Member("live", JSONSchema.nullable(JSONSchema.object([]))),
            Member("simulcast", JSONSchema.nullable(JSONSchema.object([]))),
        ], example: statusExample)

    private static let settingsSchema: JSON = [
        "type": "object", "description": "A JSON Schema (2020-12) of room_settings.",
        "example": ["type": "object", "properties": ["description": ["type": "string", "maxLength": 4_000]]],
    ]

    // MARK: examples

    private static let example: JSON = [
        "object": "Room", "id": "u6Yh3DkQ9w", "uuid": "0b8f5c1e-6d2a-4a58-9a51-2c7d3e9f1b44",
        "ulid": "01JPKS3M7R9V0T2X4Z6B8D0F1H", "customer_id": "c8Wq2TnKpX", "account_id": "aK4mZr7PdQ",
        "subscription_id": "sB9xHt3LwV", "room_name": "Business Meeting", "status": "active", "is_public": false,
        "room_type": "meet", "slug": "business-meeting",
        "url": "https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting", "room_features": ["max_participants": 50],
        "room_settings": ["auto_start_recording": true, "description": "Weekly planning"],
        "room_metadata": ["external_crm_id": 456], "created_at": "2026-03-01T09:00:00Z",
        "updated_at": "2026-03-01T09:00:00Z",
    ]

    private static let changedExample: JSON = .object((example.members ?? []) + [JSON.Member("warnings", .list([]))])

    private static let newExample: JSON = [
        "account_id": "aK4mZr7PdQ", "room_name": "Business Meeting", "is_public": false,
        "room_features": ["max_participants": 50],
        "room_settings": ["description": "Weekly planning", "auto_start_recording": true],
        "room_metadata": ["external_crm_id": 456],
    ]

    private static let featureExample: JSON = [
        "object": "RoomFeature", "code": "max_participants", "subscription_value": 100, "room_value": 50,
        "used_value": 50, "resolution": "room",
    ]

    private static let statusExample: JSON = [
        "object": "RoomStatus", "room_id": "u6Yh3DkQ9w", "room_type": "meet", "room_status": "active",
        "state": "active", "message": "A meeting is running with 12 participants.",
        "provider": ["id": "vD2fSb8YkC", "provider_type": "scalelite", "health": "healthy"],
        "observed_at": "2026-03-01T10:15:02Z", "stale": false,
        "meet": [
            "session_id": "e4ZcVy9BtN", "started_at": "2026-03-01T10:00:00Z", "participant_count": 12,
            "moderator_count": 1, "attendee_count": 8, "guest_count": 3, "waiting_count": 0, "listener_count": 2,
            "voice_participant_count": 10, "video_count": 4, "max_participants": 50, "recording": false,
            "reservation": ["state": "reserved", "connections": 50, "expires_at": "2026-03-01T11:00:00Z"],
        ],
    ]
}
