internal import PlenaryCore
internal import PlenaryRooms

/// What the Integration API's settings and reservations take and answer (`rooms-api.md` 15.9).
enum IntegrationAPISchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "IntegrationAPI": JSONSchema.resource("IntegrationAPI", answered, hasIdentity: false, example: example),
        "IntegrationAPIChange": JSONSchema.change(
            [
                Member("enabled", enabled), Member("default_max_participants", JSONSchema.nullable(count)),
                Member("default_duration", JSONSchema.nullable(count)),
                Member("default_chat_texts", JSONSchema.nullable(texts)),
                Member("unsupported_calls", JSONSchema.nullable(calls)),
            ], example: ["enabled": true, "default_max_participants": 30, "default_chat_texts": ["welcome": ""]]),
        "SecretRotation": JSONSchema.request(
            [
                Member(
                    "overlap_minutes",
                    JSONSchema.integer("How long the others are valid.", 0...IntegrationResource.longestOverlap))
            ], example: ["overlap_minutes": 60]),
        "Reservation": JSONSchema.resource("Reservation", reservation, hasIdentity: false, example: reservationExample),
        "ReservationList": JSONSchema.page(of: "Reservation", example: reservationExample),
        "ReservationChange": JSONSchema.change(
            [Member("expires_at", JSONSchema.givenTime("Later than before."))],
            example: ["expires_at": "2026-03-01T12:00:00Z"]),
        "Capacity": JSONSchema.object(
            capacity,
            example: [
                "object": "Capacity", "subscription_id": "sB9xHt3LwV", "at": "2026-03-01T10:15:00Z", "pool": 20,
                "protected": 15, "unreserved": 0, "free": 5, "reclaimable": 0,
                "next_expiries": [["at": "2026-03-01T11:00:00Z", "connections": 15]],
            ]),
    ]

    private static let enabled = JSONSchema.bool("While it is off, calls of programs are refused; rooms go on.")
    private static let count = JSONSchema.integer("Where a create says none.", 1...Int(Int32.max))
    private static let text = JSONSchema.nullable(
        JSONSchema.text("HTML; null: the platform's own; empty: none.", longest: IntegrationResource.longestText))
    private static let texts = JSONSchema.object(
        [Member("welcome", text), Member("moderator_only", text)], "What meetings say in their chat.", isClosed: true)
    private static let calls = JSONSchema.list(
        of: JSONSchema.text(), "Calls that are answered as if there were none. Set by the operator.", most: 5)

    private static let answered: [Member] = [
        Member("account_id", JSONSchema.identifier()), Member("enabled", enabled),
        Member(
            "credentials",
            JSONSchema.nullable(
                JSONSchema.object(
                    [
                        Member("url", JSONSchema.text(format: "uri"), required: true),
                        Member("secret", JSONSchema.text(), required: true),
                    ], "null while it is off."))),
        Member("default_max_participants", count), Member("default_duration", count),
        Member("default_chat_texts", texts), Member("unsupported_calls", calls),
        Member("updated_at", JSONSchema.time()),
    ]

    private static let reservation: [Member] = [
        Member("id", JSONSchema.text("For the address.")), Member("account_id", JSONSchema.identifier()),
        Member("meeting_id", JSONSchema.text("As the program that made it calls it.")),
        Member("connections", JSONSchema.integer()), Member("minutes", JSONSchema.integer()),
        Member("state", JSONSchema.choice(ReservationResource.State.allCases.map(\.rawValue))),
        Member("expires_at", JSONSchema.time()),
        Member("orphaned_until", JSONSchema.nullable(JSONSchema.time("How long a lost meeting is waited for."))),
        Member("taken_by", JSONSchema.nullable(JSONSchema.text("The meeting that takes its connections."))),
        Member("created_at", JSONSchema.time()),
    ]

    private static let capacity: [Member] = [
        Member("object", JSONSchema.constant("Capacity"), required: true),
        Member("subscription_id", JSONSchema.nullable(JSONSchema.identifier("Whose pool it is."))),
        Member("at", JSONSchema.time()),
        Member("pool", JSONSchema.nullable(JSONSchema.integer("null: as many as come."))),
        Member("protected", JSONSchema.integer()), Member("unreserved", JSONSchema.integer()),
        Member("free", JSONSchema.nullable(JSONSchema.integer("Below 0 after the pool was made smaller."))),
        Member("reclaimable", JSONSchema.integer("What a create can have of meetings past their time.")),
        Member(
            "next_expiries",
            JSONSchema.list(
                of: JSONSchema.object([
                    Member("at", JSONSchema.time()), Member("connections", JSONSchema.integer()),
                ]))),
    ]

    private static let example: JSON = [
        "object": "IntegrationAPI", "account_id": "aK4mZr7PdQ", "enabled": true,
        "credentials": [
            "url": "https://rooms.example/a/nordschule-meetings/bigbluebutton/",
            "secret": "Qm7rT2xV9kZb4Nw8Lh3Jc6Pd5Fs1Gy0aK2eUiOpX",
        ],
        "default_max_participants": 20, "default_duration": 120,
        "default_chat_texts": ["welcome": .null, "moderator_only": .null], "unsupported_calls": [],
        "updated_at": "2026-03-01T08:30:00Z",
    ]

    private static let reservationExample: JSON = [
        "object": "Reservation", "id": "aK4mZr7PdQ.Y291cnNlLTE3", "account_id": "aK4mZr7PdQ",
        "meeting_id": "course-17", "connections": 15, "minutes": 60, "state": "reserved",
        "expires_at": "2026-03-01T11:00:00Z", "orphaned_until": .null, "taken_by": .null,
        "created_at": "2026-03-01T10:00:00Z",
    ]
}
