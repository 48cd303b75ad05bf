internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/rooms/{room_id}/audit` (`rooms-api.md` 7.6): who changed what of a room.
enum RoomAuditRoutes {
    private static let schema = RoomAuditResource.schema

    static func group(_ platform: Platform) -> EndpointGroup {
        let endpoint = Endpoint(
            .get, "/rooms/{room_id}/audit", .readRooms,
            EndpointDescription(
                "Rooms",
                "List who changed what of a room, its tokens, codes, users, presentations and recordings; the last 1000",
                answer: "AuditEntryList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let room = try await request.room(.readRooms)
            let entries = try await platform.store.audit(of: room.number)
            return try await request.page(entries, query, of: schema, view: RoomAuditResource.view) { page in
                page.map { RoomAuditResource.json($0, of: room) }
            }
        }
        return EndpointGroup(endpoints: [endpoint], schemas: schemas)
    }

    static let schemas: [String: JSON] = [
        "AuditEntry": JSONSchema.resource("AuditEntry", answered, hasIdentity: false, example: example),
        "AuditEntryList": JSONSchema.page(of: "AuditEntry", example: example),
    ]

    private static let answered: [JSONSchema.Member] = [
        JSONSchema.Member("id", JSONSchema.text("Counted by room."), required: true),
        JSONSchema.Member("room_id", JSONSchema.identifier()),
        JSONSchema.Member("action", JSONSchema.choice(RoomAuditEntry.Action.allCases.map(\.rawValue))),
        JSONSchema.Member(
            "subject_id", JSONSchema.nullable(JSONSchema.text("Of the token, code, user, presentation or recording."))),
        JSONSchema.Member("members", JSONSchema.list(of: JSONSchema.text(), "Which have another value; no values.")),
        JSONSchema.Member("actor_type", JSONSchema.choice(AuditActor.Kind.allCases.map(\.rawValue))),
        JSONSchema.Member(
            "actor_id", JSONSchema.nullable(JSONSchema.text("Of the key, the administrator or the user."))),
        JSONSchema.Member("request_id", JSONSchema.nullable(JSONSchema.text("As in X-Request-Id."))),
        JSONSchema.Member("created_at", JSONSchema.nullable(JSONSchema.time("null: not known."))),
    ]

    private static let example: JSON = [
        "object": "AuditEntry", "id": "3", "room_id": "u6Yh3DkQ9w", "action": "token.updated",
        "subject_id": "t7QmXc4ZrB", "members": ["role", "expires_at"], "actor_type": "key", "actor_id": "k2WnPz8RtS",
        "request_id": "req_01JPKS3M7R9V0T2X4Z6B8D0F1H", "created_at": "2026-03-01T09:05:00Z",
    ]
}
