internal import PlenaryCore

/// What `/rooms/{room_id}/tokens` takes and answers (`rooms-api.md` 8).
enum RoomTokenSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "RoomToken": JSONSchema.resource("RoomToken", answered, hasIdentity: false, example: example),
        "RoomTokenList": JSONSchema.page(of: "RoomToken", example: example),
        "NewRoomToken": JSONSchema.request(
            taken.map { Member($0.name, $0.schema, required: $0.name == "role") },
            example: ["role": "moderator", "expires_at": "2021-01-01"]),
        "RoomTokenChange": JSONSchema.change(taken, example: ["role": "attendee", "expires_at": .null]),
    ]

    static let roles = JSONSchema.choice(RoomRole.allCases.map(\.rawValue))
    static let label = JSONSchema.nullable(JSONSchema.text("For the owner.", least: 1, longest: 100))
    static let expiry = JSONSchema.nullable(
        JSONSchema.givenTime("Valid until then; a past one makes it invalid; null: it never expires."))

    private static let answered: [Member] = [
        Member("id", JSONSchema.identifier(), required: true),
        Member("token", JSONSchema.text("Whoever has it has its rights.", least: 32, longest: 32)),
        Member("role", roles), Member("url", JSONSchema.text("Opens the room.", format: "uri")),
        Member("expires_at", JSONSchema.nullable(JSONSchema.time())),
        Member("last_usage", JSONSchema.nullable(JSONSchema.time("Not for counting."))), Member("label", label),
        Member("display_name", JSONSchema.nullable(JSONSchema.text("Of the visitor."))),
        Member("max_uses", JSONSchema.nullable(JSONSchema.integer("null: any number of times."))),
        Member("use_count", JSONSchema.integer()), Member("auto", JSONSchema.bool("Of a public room.")),
        Member("valid", JSONSchema.bool("Usable now.")), Member("created_at", JSONSchema.time()),
    ]

    private static let taken: [Member] = [
        Member("role", roles), Member("expires_at", expiry), Member("label", label),
        Member(
            "display_name",
            JSONSchema.nullable(JSONSchema.text("The visitor's name, who cannot change it.", least: 1, longest: 64))),
        Member("max_uses", JSONSchema.nullable(JSONSchema.integer("null: any number of times.", 1...Int(Int32.max)))),
    ]

    private static let example: JSON = [
        "object": "RoomToken", "id": "t7QmXc4ZrB", "token": "Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e", "role": "moderator",
        "url":
            "https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting?token=Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e",
        "expires_at": "2021-01-01T00:00:00Z", "last_usage": .null, "label": .null, "display_name": .null,
        "max_uses": .null, "use_count": 0, "auto": false, "valid": false, "created_at": "2026-03-01T09:05:00Z",
    ]
}

/// What `/rooms/{room_id}/access-codes` takes and answers (`rooms-api.md` 9).
enum RoomCodeSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "RoomAccessCode": JSONSchema.resource("RoomAccessCode", answered, hasIdentity: false, example: example),
        "RoomAccessCodeList": JSONSchema.page(of: "RoomAccessCode", example: example),
        "NewRoomAccessCode": JSONSchema.request(
            [
                Member("role", RoomTokenSchemas.roles, required: true),
                Member("code", JSONSchema.nullable(JSONSchema.text("Left out: a random one.", least: 4, longest: 200))),
                Member("expires_at", RoomTokenSchemas.expiry), Member("label", RoomTokenSchemas.label),
            ], example: ["role": "attendee", "code": "spring-2026"]),
        "RoomAccessCodeChange": JSONSchema.change(
            [
                Member("role", RoomTokenSchemas.roles), Member("code", JSONSchema.text(least: 4, longest: 200)),
                Member("expires_at", RoomTokenSchemas.expiry), Member("label", RoomTokenSchemas.label),
            ], example: ["expires_at": "2026-07-01"]),
    ]

    private static let answered: [Member] = [
        Member("id", JSONSchema.identifier(), required: true),
        Member("code", JSONSchema.text("Unique in its room; not encrypted.")), Member("role", RoomTokenSchemas.roles),
        Member("expires_at", JSONSchema.nullable(JSONSchema.time())),
        Member("last_usage", JSONSchema.nullable(JSONSchema.time("Not for counting."))),
        Member("label", RoomTokenSchemas.label), Member("valid", JSONSchema.bool("Usable now.")),
        Member("created_at", JSONSchema.time()),
    ]

    private static let example: JSON = [
        "object": "RoomAccessCode", "id": "k3PnVd9HsG", "code": "482913075", "role": "attendee",
        "expires_at": "2026-07-01T00:00:00Z", "last_usage": .null, "label": "Summer term", "valid": true,
        "created_at": "2026-03-01T09:06:00Z",
    ]
}

/// What `/rooms/{room_id}/users` takes and answers (`rooms-api.md` 13).
enum RoomUserSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "RoomUser": JSONSchema.resource("RoomUser", answered, hasIdentity: false, example: example),
        "RoomUserList": JSONSchema.page(of: "RoomUser", example: example),
        "NewRoomUser": JSONSchema.request(
            [
                Member("user_id", JSONSchema.reference("A user; or give an email")),
                Member("email", JSONSchema.text("Of a user, or of somebody to invite.", least: 3, longest: 254)),
                Member("permissions", permissions, required: true),
            ], example: ["email": "ben@nordschule.example", "permissions": ["room.view", "room.join"]]),
        "RoomUserChange": JSONSchema.request(
            [Member("permissions", permissions, required: true)], example: ["permissions": ["room.view"]]),
        "RoomOwnership": JSONSchema.request(
            [
                Member("user_id", JSONSchema.reference("A user of the customer"), required: true),
                Member("keep_previous", JSONSchema.bool("The owner before stays as a user; true unless told.")),
            ], example: ["user_id": "n5RtLb2WfJ", "keep_previous": true]),
    ]

    private static let permissions = JSONSchema.list(
        of: JSONSchema.choice(RoomPermission.allCases.map(\.rawValue)), "All that they may; replaced as a whole.",
        most: 50)

    private static let answered: [Member] = [
        Member("user_id", JSONSchema.identifier()), Member("room_id", JSONSchema.identifier()),
        Member("name", JSONSchema.text()), Member("email", JSONSchema.text()), Member("owner", JSONSchema.bool()),
        Member("permissions", permissions), Member("created_at", JSONSchema.time()),
    ]

    private static let example: JSON = [
        "object": "RoomUser", "user_id": "n5RtLb2WfJ", "room_id": "u6Yh3DkQ9w", "name": "Ida Berg",
        "email": "ida@nordschule.example", "owner": true,
        "permissions": .list(RoomPermission.allCases.map { .text($0.rawValue) }),
        "created_at": "2026-03-01T09:00:00Z",
    ]
}

/// What is answered of sessions (`rooms-api.md` 7.6).
enum RoomSessionSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "Session": JSONSchema.resource("Session", answered, hasIdentity: false, example: example),
        "SessionList": JSONSchema.page(of: "Session", example: example),
        "SessionOrder": JSONSchema.request([], example: [:]),
    ]

    private static let answered: [Member] = [
        Member("id", JSONSchema.identifier(), required: true), Member("uuid", JSONSchema.text(format: "uuid")),
        Member("ulid", JSONSchema.text()), Member("room_id", JSONSchema.identifier()),
        Member("state", JSONSchema.choice(["starting", "running", "ended"])),
        Member("started_at", JSONSchema.nullable(JSONSchema.time())),
        Member("ended_at", JSONSchema.nullable(JSONSchema.time())),
        Member("end_reason", JSONSchema.nullable(JSONSchema.choice(SessionEndReason.allCases.map(\.rawValue)))),
        Member("provider_id", JSONSchema.nullable(JSONSchema.identifier())),
        Member("provider_type", JSONSchema.nullable(JSONSchema.text())),
        Member("provider_session_id", JSONSchema.nullable(JSONSchema.text("What the provider calls it."))),
        Member("used_features", JSONSchema.settings("Fixed when it started.")),
        Member("peak_participants", JSONSchema.integer()), Member("participant_minutes", JSONSchema.integer()),
        Member("recorded", JSONSchema.bool()), Member("created_at", JSONSchema.time()),
    ]

    private static let example: JSON = [
        "object": "Session", "id": "e4ZcVy9BtN", "uuid": "7d1f0a52-90c4-4c1b-8a44-1f2e3d4c5b6a",
        "ulid": "01JPKS3M7R9V0T2X4Z6B8D0F1J", "room_id": "u6Yh3DkQ9w", "state": "ended",
        "started_at": "2026-03-01T10:00:00Z", "ended_at": "2026-03-01T11:02:10Z", "end_reason": "moderator",
        "provider_id": "vD2fSb8YkC", "provider_type": "scalelite",
        "provider_session_id": "9f7a1c0e4b2d8f6a3c5e7b9d1f0a2c4e6b8d0f1a-1772359200000",
        "used_features": ["max_participants": 50, "max_duration": 60, "recording": true], "peak_participants": 17,
        "participant_minutes": 812, "recorded": false, "created_at": "2026-03-01T09:59:58Z",
    ]
}
