internal import PlenaryCore
internal import PlenaryRooms

/// What `/accounts` takes and answers (`rooms-api.md` 4).
enum AccountSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "Account": JSONSchema.resource("Account", answered, example: example),
        "AccountList": JSONSchema.page(of: "Account", example: example),
        "NewAccount": JSONSchema.request(
            [
                Member("account_name", name, required: true),
                Member("subscription_id", JSONSchema.reference("Its subscription, for good"), required: true),
                Member(
                    "account_key",
                    JSONSchema.nullable(JSONSchema.text("null: made from the name.", least: 1, longest: 63))),
            ] + labels,
            example: [
                "account_name": "Nordschule Meetings", "subscription_id": "sB9xHt3LwV", "tag": "school",
                "account_metadata": ["cost_centre": 4100],
            ]),
        "AccountChange": JSONSchema.change(
            [Member("account_name", name), Member("status", status)] + labels, example: ["status": "inactive"]),
        "AccountUser": JSONSchema.resource(
            "AccountUser", [Member("account_id", JSONSchema.identifier())] + MemberSchemas.answered, hasIdentity: false,
            example: userExample),
        "AccountUserList": JSONSchema.page(of: "AccountUser", example: userExample),
        "NewAccountUser": JSONSchema.request(
            MemberSchemas.taken, example: ["user_id": "n5RtLb2WfJ", "owner": true]),
        "AccountUserChange": JSONSchema.change(
            [Member("owner", MemberSchemas.owner)], example: ["owner": true]),
    ]

    private static let name = JSONSchema.text("For people.", least: 1, longest: 200)
    private static let status = JSONSchema.choice(AccountResource.Status.allCases.map(\.rawValue))
    private static let label = JSONSchema.nullable(JSONSchema.text("A label of yours.", least: 1, longest: 100))

    private static let labels: [Member] = [
        Member("code", label), Member("tag", label),
        Member("account_metadata", JSONSchema.nullable(JSONSchema.metadata)),
    ]

    private static let answered: [Member] = [
        Member("account_name", name),
        Member("account_key", JSONSchema.text("Unique; in the address of its Integration API.", longest: 63)),
        Member("code", label), Member("tag", label),
        Member("subscriber_id", JSONSchema.nullable(JSONSchema.identifier("Its customer; null: the platform."))),
        Member("subscription_id", JSONSchema.nullable(JSONSchema.identifier())), Member("status", status),
        Member("account_settings", JSONSchema.settings("None yet.")),
        Member("account_metadata", JSONSchema.metadata),
        Member("customer", JSONSchema.named("Customer")), Member("subscription", JSONSchema.named("Subscription")),
        Member("rooms", JSONSchema.list(of: JSONSchema.object([]), "With include=rooms: the newest hundred.")),
        Member("users", JSONSchema.list(of: JSONSchema.named("AccountUser"), "With include=users.")),
    ]

    private static let example: JSON = [
        "object": "Account", "id": "aK4mZr7PdQ", "uuid": "2f1c9a40-77de-4b0e-8f0a-6a5d1c3e9b27",
        "ulid": "01JPKS1K2M3N4P5Q6R7S8T9V0W", "account_name": "Nordschule Meetings",
        "account_key": "nordschule-meetings", "code": .null, "tag": "school", "subscriber_id": "c8Wq2TnKpX",
        "subscription_id": "sB9xHt3LwV", "status": "active", "account_settings": [:],
        "account_metadata": ["cost_centre": 4100], "created_at": "2026-03-01T08:20:00Z",
        "updated_at": "2026-03-01T08:20:00Z",
    ]

    private static let userExample: JSON = [
        "object": "AccountUser", "user_id": "n5RtLb2WfJ", "account_id": "aK4mZr7PdQ", "name": "Ida Berg",
        "email": "ida@nordschule.example", "owner": true, "created_at": "2026-03-01T09:00:00Z",
    ]
}

/// Users of customers and of accounts are written alike.
enum MemberSchemas {
    static let owner = JSONSchema.bool("Exactly one of them is; the owner before stays as a user.")

    static let answered: [JSONSchema.Member] = [
        JSONSchema.Member("user_id", JSONSchema.identifier()), JSONSchema.Member("name", JSONSchema.text()),
        JSONSchema.Member("email", JSONSchema.text()), JSONSchema.Member("owner", owner),
        JSONSchema.Member("created_at", JSONSchema.time()),
    ]

    static let taken: [JSONSchema.Member] = [
        JSONSchema.Member("user_id", JSONSchema.nullable(JSONSchema.reference("Somebody who is known"))),
        JSONSchema.Member("email", JSONSchema.nullable(JSONSchema.text("Instead of user_id.", longest: 254))),
        JSONSchema.Member("owner", owner),
    ]
}
