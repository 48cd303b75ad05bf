internal import PlenaryCore

/// What `/users`, `/me` and the users of customers take and answer (`rooms-api.md` 3 and 13.3).
enum UserSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "User": JSONSchema.resource("User", answered, example: example),
        "UserList": JSONSchema.page(of: "User", example: example),
        "NewUser": JSONSchema.request(
            taken.map { Member($0.name, $0.schema, required: needed.contains($0.name)) },
            example: [
                "email": "ida@nordschule.example", "first_name": "Ida", "last_name": "Berg", "locale": "de",
                "user_metadata": ["staff_number": 17],
            ]),
        "UserChange": JSONSchema.change(taken, example: ["last_name": "Berg-Sand"]),
        "Me": JSONSchema.object(
            [
                Member("object", JSONSchema.constant("Me"), required: true),
                Member("kind", JSONSchema.choice(["api_key", "administrator", "user"]), required: true),
                Member("id", JSONSchema.identifier(), required: true),
                Member("name", JSONSchema.nullable(JSONSchema.text())),
                Member("email", JSONSchema.nullable(JSONSchema.text())),
                Member("permissions", JSONSchema.list(of: JSONSchema.text())),
                Member(
                    "customer_ids",
                    JSONSchema.nullable(JSONSchema.list(of: JSONSchema.identifier(), "Who is seen; null: all."))),
            ],
            example: [
                "object": "Me", "kind": "api_key", "id": "k3Rt9WbXmZ", "name": "Booking", "email": .null,
                "permissions": ["rooms.*"], "customer_ids": ["c8Wq2TnKpX"],
            ]),
        "CustomerUser": JSONSchema.resource(
            "CustomerUser", [Member("customer_id", JSONSchema.identifier())] + MemberSchemas.answered,
            hasIdentity: false, example: memberExample),
        "CustomerUserList": JSONSchema.page(of: "CustomerUser", example: memberExample),
        "NewCustomerUser": JSONSchema.request(
            MemberSchemas.taken + [
                Member("first_name", newName), Member("last_name", newName), Member("locale", locale),
            ], example: ["email": "ida@nordschule.example", "first_name": "Ida", "last_name": "Berg"]),
        "CustomerUserChange": JSONSchema.change(
            [Member("owner", MemberSchemas.owner)], example: ["owner": true]),
    ]

    private static let needed: Set<String> = ["email", "first_name", "last_name"]
    private static let name = JSONSchema.text(least: 1, longest: 100)
    private static let newName = JSONSchema.nullable(
        JSONSchema.text("Of somebody new, who needs one; else it is ignored.", least: 1, longest: 100))
    private static let locale = JSONSchema.nullable(JSONSchema.text("BCP 47.", least: 2, longest: 35))

    private static let plain: [Member] = [
        Member("email", JSONSchema.text("Unique.", least: 3, longest: 254)), Member("first_name", name),
        Member("last_name", name), Member("locale", locale),
    ]
    private static let taken: [Member] = plain + [Member("user_metadata", JSONSchema.nullable(JSONSchema.metadata))]
    private static let answered: [Member] =
        plain + [
            Member("has_password", JSONSchema.bool("Whether they can sign in with one.")),
            Member("user_metadata", JSONSchema.metadata),
        ]

    private static let example: JSON = [
        "object": "User", "id": "n5RtLb2WfJ", "uuid": "b6f1d1a4-5a4e-4f0c-9d8e-2f6a7c1b3d55",
        "ulid": "01JPKS1B0C2D3E4F5G6H7J8K9M", "email": "ida@nordschule.example", "first_name": "Ida",
        "last_name": "Berg", "locale": "de", "has_password": false, "user_metadata": ["staff_number": 17],
        "created_at": "2026-03-01T08:00:00Z", "updated_at": "2026-03-01T08:00:00Z",
    ]

    private static let memberExample: JSON = [
        "object": "CustomerUser", "user_id": "n5RtLb2WfJ", "customer_id": "c8Wq2TnKpX", "name": "Ida Berg",
        "email": "ida@nordschule.example", "owner": true, "created_at": "2026-03-01T09:00:00Z",
    ]
}
