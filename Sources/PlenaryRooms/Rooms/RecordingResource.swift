internal import BigBlueButton
package import PlenaryCore
internal import PlenaryStore

/// A recording of a session as the API shows it (`rooms-api.md` 7.6). Of it only `published` is set.
package enum RecordingResource {
    package static let schema = ResourceSchema(
        "Recording",
        fields: [
            .init("object"), .init("id", filter: .text), .init("room_id", filter: .text),
            .init("provider_id", filter: .text),
            .init("provider_recording_id", filter: .text), .init("name", sorts: true, searched: true),
            .init("state", filter: .text, sorts: true), .init("published", filter: .bool),
            .init("started_at", filter: .time, sorts: true), .init("ended_at", filter: .time, sorts: true),
            .init("participant_count", filter: .integer, sorts: true),
            .init("size_bytes", filter: .integer, sorts: true),
            .init("formats"), .init("created_at", filter: .time, sorts: true),
        ])

    package static func json(_ recording: RoomRecording) -> JSON {
        let facts = recording.facts
        return .object([
            .init("object", .text(schema.object)), .init("id", .text(recording.id)),
            .init("room_id", .text(recording.place.roomID)), .init("provider_id", .text(recording.place.provider)),
            .init("provider_recording_id", .text(facts.recordID)), .init("name", .text(facts.name)),
            .init("state", .text(facts.state)), .init("published", .bool(facts.state == "published")),
            .init("started_at", JSON(facts.startedAt)), .init("ended_at", JSON(facts.endedAt)),
            .init("participant_count", JSON(facts.participants)), .init("size_bytes", JSON(facts.size)),
            .init("formats", facts.formats),
            // When it was begun: providers do not tell when they were done with it.
            .init("created_at", JSON(facts.startedAt)),
        ])
    }

    /// What a change would change.
    package static func state(_ recording: RoomRecording) -> JSON {
        .object([.init("id", .text(recording.id)), .init("published", .bool(recording.facts.state == "published"))])
    }

    /// What a PATCH says; `nil`: nothing.
    ///
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func isPublished(from body: ObjectReader, shown: JSON) throws(Problem) -> Bool? {
        var reader = body
        for member in shown.members ?? [] where member.name != "published" {
            reader.readOnly(member.name, is: member.value)
        }
        let isPublished: Bool? = reader.optional("published", JSONKind<Bool>.bool)
        try reader.finish()
        return isPublished
    }

    /// How a list looks at them.
    package static var view: ShortList<RoomRecording>.View {
        ShortList<RoomRecording>.View(
            // Breaks ties only; as long as a ULID, and of its letters.
            ulid: { RoomPart.place(of: $0.facts.startedAt?.milliseconds ?? 0) },
            value: { recording, field, key in
                switch field {
                case "started_at", "created_at": recording.facts.startedAt.map { .time($0) }
                case "ended_at": recording.facts.endedAt.map { .time($0) }
                default: ResourceValues.value(in: json(recording), field, key)
                }
            }, text: { recording, _ in recording.facts.name })
    }
}
