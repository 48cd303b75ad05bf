package import PlenaryCore
package import PlenaryStore

/// A change of a room as the API tells it (`rooms-api.md` 7.6): who changed what, without values.
package enum RoomAuditResource {
    package static let schema = ResourceSchema(
        "AuditEntry",
        fields: [
            .init("object"), .init("id", filter: .text), .init("room_id"),
            .init("action", filter: .choice(RoomAuditEntry.Action.allCases.map(\.rawValue)), sorts: true),
            .init("subject_id", filter: .text), .init("members"),
            .init("actor_type", filter: .choice(AuditActor.Kind.allCases.map(\.rawValue))),
            .init("actor_id", filter: .text), .init("request_id", filter: .text),
            .init("created_at", filter: .time, sorts: true),
        ])

    package static func json(_ entry: RoomAuditEntry, of room: Room) -> JSON {
        .object([
            // Counted by room.
            .init("object", .text(schema.object)), .init("id", .text(String(entry.sequence))),
            .init("room_id", .text(room.identity.id)), .init("action", .text(entry.action.rawValue)),
            .init("subject_id", JSON(entry.subject)), .init("members", .list(entry.members.map { JSON.text($0) })),
            .init("actor_type", .text(entry.actor.kind.rawValue)), .init("actor_id", JSON(entry.actor.id)),
            .init("request_id", JSON(entry.actor.requestID)), .init("created_at", JSON(entry.actor.now)),
        ])
    }

    /// How a list looks at them.
    package static var view: ShortList<RoomAuditEntry>.View {
        ShortList<RoomAuditEntry>.View(
            ulid: { RoomPart.place(of: $0.sequence) },
            value: { entry, field, _ in
                switch field {
                case "id": .text(String(entry.sequence))
                case "action": .text(entry.action.rawValue)
                case "subject_id": entry.subject.map { .text($0) }
                case "actor_type": .text(entry.actor.kind.rawValue)
                case "actor_id": entry.actor.id.map { .text($0) }
                case "request_id": entry.actor.requestID.map { .text($0) }
                case "created_at": entry.actor.now.map { .time($0) }
                default: nil
                }
            })
    }
}
