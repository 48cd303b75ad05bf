internal import BigBlueButton
package import PlenaryCore

/// A recording of a session as the API shows it (`rooms-api.md` 7.6). Of it only `published` is set.
package enum RecordingResource {
    package static let schema = ResourceSchema(
        "Recording",
        fields: [
            .init("object"), .init("id", filter: .text), .init("room_id"), .init("provider_id", filter: .text),
            .init("provider_recording_id", filter: .text), .init("name", sorts: true, searched: true),
            .init("state", filter: .text, sorts: true), .init("published", filter: .bool),
            .init("started_at", filter: .time, sorts: true), .init("ended_at", filter: .time, sorts: true),
            .init("participant_count", filter: .integer, sorts: true),
            .init("size_bytes", filter: .integer, sorts: true),
            .init("formats"), .init("created_at", filter: .time, sorts: true),
        ])

    package static func json(_ recording: RoomRecording) -> JSON {
        let entry = recording.entry
        let formats = entry.formats.map { format in
            JSON.object([
                .init("type", .text(format.type)), .init("url", JSON(format.element.text(of: "url"))),
                .init("length_minutes", number(format.element, "length")),
                .init("size_bytes", number(format.element, "size")),
            ])
        }
        return .object([
            .init("object", .text(schema.object)), .init("id", .text(recording.id)),
            .init("room_id", .text(recording.room.identity.id)), .init("provider_id", .text(recording.provider)),
            .init("provider_recording_id", .text(entry.recordID.rawValue)), .init("name", .text(entry.name)),
            .init("state", .text(recording.state)), .init("published", .bool(recording.state == "published")),
            .init("started_at", JSON(startedAt(recording))), .init("ended_at", JSON(endedAt(recording))),
            .init("participant_count", number(entry.element, "participants")),
            .init("size_bytes", number(entry.element, "size")), .init("formats", .list(formats)),
            // When it was begun: providers do not tell when they were done with it.
            .init("created_at", JSON(startedAt(recording))),
        ])
    }

    /// What a change would change.
    package static func state(_ recording: RoomRecording) -> JSON {
        .object([.init("id", .text(recording.id)), .init("published", .bool(recording.state == "published"))])
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
            ulid: { RoomPart.place(of: $0.entry.startTime.milliseconds) },
            value: { recording, field, key in
                switch field {
                case "started_at", "created_at": startedAt(recording).map { .time($0) }
                case "ended_at": endedAt(recording).map { .time($0) }
                default: ResourceValues.value(in: json(recording), field, key)
                }
            }, text: { recording, _ in recording.entry.name })
    }

    private static func startedAt(_ recording: RoomRecording) -> WireTime? {
        let time = recording.entry.startTime
        return time.milliseconds > 0 ? time : nil
    }

    private static func endedAt(_ recording: RoomRecording) -> WireTime? {
        recording.entry.element.text(of: "endTime").flatMap { WireTime(text: $0) }
    }

    /// Unknown is not 0.
    private static func number(_ element: XMLElement, _ name: String) -> JSON {
        JSON(element.text(of: name).flatMap { Int($0) })
    }
}
