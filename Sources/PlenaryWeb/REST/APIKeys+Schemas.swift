internal import PlenaryCore
internal import PlenaryRooms

/// What `/api-keys` takes and answers (`rooms-api.md` 2.2).
enum APIKeySchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "APIKey": JSONSchema.resource("APIKey", answered, example: example),
        "APIKeyList": JSONSchema.page(of: "APIKey", example: example),
        "NewAPIKey": JSONSchema.request(
            [
                Member("name", name, required: true), Member("description", description),
                Member("permissions", permissions, required: true),
                Member(
                    "customer_ids",
                    JSONSchema.nullable(
                        JSONSchema.list(
                            of: JSONSchema.reference("A customer"), "Whom it sees; null: all that its maker sees.",
                            most: 100))),
                Member("expires_at", JSONSchema.nullable(JSONSchema.givenTime("From then on it opens nothing."))),
            ],
            example: [
                "name": "Booking", "permissions": ["rooms.*", "room_tokens.manage"], "customer_ids": ["c8Wq2TnKpX"],
                "expires_at": "2027-01-01",
            ]),
    ]

    static let permissions = JSONSchema.list(
        of: JSONSchema.text("A permission, all of a resource (rooms.*), all reading (*.read), or all (*)."),
        "What it may.", most: ScopeKind.most)

    private static let name = JSONSchema.text("For people.", least: 1, longest: 100)
    private static let description = JSONSchema.nullable(JSONSchema.text(longest: 500))

    private static let answered: [Member] = [
        Member("key", JSONSchema.text("Its text: only in the answer that makes it.")), Member("name", name),
        Member("description", description), Member("permissions", permissions),
        Member(
            "customer_ids",
            JSONSchema.nullable(JSONSchema.list(of: JSONSchema.identifier(), "Whom it sees; null: all."))),
        Member("created_by", JSONSchema.nullable(JSONSchema.text("Who made it; null: the command line."))),
        Member("expires_at", JSONSchema.nullable(JSONSchema.time())),
        Member("last_used_at", JSONSchema.nullable(JSONSchema.time("To the minute."))),
    ]

    private static let example: JSON = [
        "object": "APIKey", "id": "k3Rt9WbXmZ", "uuid": "7c1f0b9e-2d63-4a58-8e1a-0c9d5b7f6a21",
        "ulid": "01JPKS1C0D2E3F4G5H6J7K8M9N", "name": "Booking", "description": .null,
        "permissions": ["room_tokens.manage", "rooms.*"], "customer_ids": ["c8Wq2TnKpX"], "created_by": "p7Yh2LqZtC",
        "expires_at": "2027-01-01T00:00:00Z", "last_used_at": .null, "created_at": "2026-03-01T08:00:00Z",
    ]
}
