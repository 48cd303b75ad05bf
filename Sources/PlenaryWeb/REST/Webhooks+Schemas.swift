internal import PlenaryCore
internal import PlenaryRooms

/// What `/webhooks` and `/events` take and answer (`rooms-api.md` 16).
enum WebhookSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "Webhook": JSONSchema.resource("Webhook", answered, example: example),
        "WebhookList": JSONSchema.page(of: "Webhook", example: example),
        "NewWebhook": JSONSchema.request(
            [
                Member("url", url, required: true), Member("events", events, required: true),
                Member("description", description), Member("active", active),
                Member(
                    "customer_id",
                    JSONSchema.nullable(
                        JSONSchema.reference("Whose events are told; null: those of everybody, and the platform's"))),
            ],
            example: [
                "url": "https://crm.nordschule.example/hooks/rooms", "events": ["room.*", "session.ended"],
                "customer_id": "c8Wq2TnKpX",
            ]),
        "WebhookChange": JSONSchema.change(
            [
                Member("url", url), Member("events", events), Member("description", description),
                Member("active", active),
                Member("rotate_secret", JSONSchema.bool("true: another secret signs, beside the old one for a day.")),
            ], example: ["active": true]),
        "WebhookOrder": JSONSchema.request([], example: [:]),
        "WebhookDelivery": JSONSchema.resource(
            "WebhookDelivery", delivery, hasIdentity: false, example: deliveryExample),
        "WebhookDeliveryList": JSONSchema.page(of: "WebhookDelivery", example: deliveryExample),
        "Event": JSONSchema.resource("Event", event, hasIdentity: false, example: eventExample),
        "EventList": JSONSchema.page(of: "Event", example: eventExample),
    ]

    private static let url = JSONSchema.text(
        "https; no private address unless the operator allows it.", least: 8, longest: 2_048)
    private static let events = JSONSchema.list(
        of: JSONSchema.text("A type of events, all of a resource (room.*), or all (*)."), "What is told.",
        most: WebhookDetails.mostEvents)
    private static let description = JSONSchema.nullable(JSONSchema.text(longest: WebhookDetails.longestDescription))
    private static let active = JSONSchema.bool("Whether it is told anything.")

    private static let answered: [Member] = [
        Member("secret", JSONSchema.text("Only in the answer that makes it.")),
        Member("customer_id", JSONSchema.nullable(JSONSchema.identifier("null: the platform's."))),
        Member("url", url), Member("events", events), Member("description", description), Member("active", active),
        Member("failing_since", JSONSchema.nullable(JSONSchema.time("Since when nothing was taken."))),
        Member("disabled_at", JSONSchema.nullable(JSONSchema.time("When it was switched off by itself."))),
        Member(
            "disabled_reason", JSONSchema.nullable(JSONSchema.choice(Webhook.SwitchOff.allCases.map(\.rawValue)))),
    ]

    private static let delivery: [Member] = [
        Member("id", JSONSchema.identifier(), required: true), Member("webhook_id", JSONSchema.identifier()),
        Member("event_id", JSONSchema.text("Also webhook-id of each message that tells it.")),
        Member("event_type", JSONSchema.choice(EventType.allCases.map(\.rawValue))),
        Member("status", JSONSchema.choice(WebhookDelivery.State.allCases.map(\.rawValue))),
        Member("attempts", JSONSchema.integer()),
        Member("next_attempt_at", JSONSchema.nullable(JSONSchema.time("While it waits."))),
        Member("last_status", JSONSchema.nullable(JSONSchema.integer("Of the last answer."))),
        Member("last_result", JSONSchema.nullable(JSONSchema.text("What became of the last try."))),
        Member("created_at", JSONSchema.time()), Member("done_at", JSONSchema.nullable(JSONSchema.time())),
    ]

    private static let event: [Member] = [
        Member("id", JSONSchema.text(pattern: "^evt_[0-7][0-9A-HJKMNP-TV-Z]{25}$"), required: true),
        Member("type", JSONSchema.choice(EventType.allCases.map(\.rawValue))),
        Member("created_at", JSONSchema.time()),
        Member("sequence", JSONSchema.integer("Counts the events of one subject.")),
        Member("customer_id", JSONSchema.nullable(JSONSchema.identifier("null: the platform's."))),
        Member("account_id", JSONSchema.nullable(JSONSchema.identifier())),
        Member(
            "subject",
            JSONSchema.object([
                Member("object", JSONSchema.text(), required: true), Member("id", JSONSchema.text(), required: true),
            ])), Member("data", JSONSchema.object([], "By type.")),
    ]

    private static let example: JSON = [
        "object": "Webhook", "id": "w3Rt9WbXmZ", "uuid": "7c1f0b9e-2d63-4a58-8e1a-0c9d5b7f6a21",
        "ulid": "01JPKS1C0D2E3F4G5H6J7K8M9N", "customer_id": "c8Wq2TnKpX",
        "url": "https://crm.nordschule.example/hooks/rooms", "events": ["room.*", "session.ended"],
        "description": .null, "active": true, "failing_since": .null, "disabled_at": .null, "disabled_reason": .null,
        "created_at": "2026-03-01T08:00:00Z", "updated_at": "2026-03-01T08:00:00Z",
    ]

    private static let deliveryExample: JSON = [
        "object": "WebhookDelivery", "id": "d7Yh2LqZtC", "webhook_id": "w3Rt9WbXmZ",
        "event_id": "evt_01JPKT0A1B2C3D4E5F6G7H8J9K", "event_type": "session.ended", "status": "waiting",
        "attempts": 2, "next_attempt_at": "2026-03-01T11:10:36Z", "last_status": 503, "last_result": "HTTP 503",
        "created_at": "2026-03-01T11:10:00Z", "done_at": .null,
    ]

    private static let eventExample: JSON = [
        "object": "Event", "id": "evt_01JPKT0A1B2C3D4E5F6G7H8J9K", "type": "meeting.preempted",
        "created_at": "2026-03-01T11:10:00Z", "sequence": 3, "customer_id": "c8Wq2TnKpX",
        "account_id": "aK4mZr7PdQ", "subject": ["object": "Session", "id": "e4ZcVy9BtN"],
        "data": [
            "meeting_id": "course-17", "connections": 15, "overdue_seconds": 600,
            "preempted_by": ["meeting_id": "course-99", "connections": 10],
        ],
    ]
}
