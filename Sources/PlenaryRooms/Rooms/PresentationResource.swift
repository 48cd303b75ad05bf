package import PlenaryCore
package import PlenaryStore

/// A file that is shown in the sessions of a room, as the API shows it (`rooms-api.md` 7.6).
package enum PresentationResource {
    package static let schema = ResourceSchema(
        "Presentation",
        fields: [
            .init("object"), .init("id", filter: .identifier), .init("room_id"),
            .init("name", filter: .text, sorts: true, searched: true),
            .init("size_bytes", filter: .integer, sorts: true), .init("created_at", filter: .time, sorts: true),
        ])

    /// What servers can show (`bbb-api.md` 5.1), by the endings of names.
    package static let endings = [
        "pdf", "ppt", "pptx", "odp", "doc", "docx", "odt", "rtf", "txt", "xls", "xlsx", "ods", "odg", "png", "jpg",
        "jpeg",
        "gif", "svg", "webp",
    ]
    package static let longestName = 200

    package static func json(_ presentation: RoomPresentation, of room: Room) -> JSON {
        .object([
            .init("object", .text(schema.object)), .init("id", .text(presentation.id)),
            .init("room_id", .text(room.identity.id)), .init("name", .text(presentation.name)),
            .init("size_bytes", .integer(presentation.size)), .init("created_at", JSON(presentation.createdAt)),
        ])
    }

    /// What a change would change: nothing is.
    package static func state(_ presentation: RoomPresentation) -> JSON {
        .object([.init("id", .text(presentation.id)), .init("name", .text(presentation.name))])
    }

    /// How a list looks at them.
    package static var view: ShortList<RoomPresentation>.View {
        ShortList<RoomPresentation>.View(
            ulid: { RoomPart.place(of: $0.number) },
            value: { presentation, field, _ in
                switch field {
                case "id": .identifier(.id(presentation.id))
                case "name": .text(presentation.name)
                case "size_bytes": .integer(Int64(presentation.size))
                case "created_at": .time(presentation.createdAt)
                default: nil
                }
            }, text: { presentation, _ in presentation.name })
    }

    /// The file that a request brings.
    ///
    /// - Parameter name: the parameter `name` of the query.
    /// - Throws: 422 `invalid_query`, or `validation_failed` for an empty body.
    package static func slides(named name: String?, _ octets: [UInt8]) throws(Problem) -> RoomSlides {
        guard let name else {
            throw .invalidQuery([
                RequestFault(.parameter("name"), .required, "The name of the file is required, such as slides.pdf.")
            ])
        }
        let isPlain = name.unicodeScalars.allSatisfy { scalar in
            VisitorName.isHarmless(scalar) && scalar.properties.generalCategory != .unassigned && scalar != "/"
                && scalar != "\\"
        }
        let ending = name.split(separator: ".", omittingEmptySubsequences: false).last.map { $0.lowercased() } ?? ""
        guard isPlain, name.unicodeScalars.count <= longestName, name.contains("."), !name.hasPrefix("."),
            endings.contains(ending)
        else {
            throw .invalidQuery([
                RequestFault(
                    .parameter("name"), .invalidFormat,
                    "It is a name of at most \(longestName) characters that ends like a file that can be shown.",
                    expected: .list(endings.map { JSON.text($0) }))
            ])
        }
        guard !octets.isEmpty else {
            throw .invalid([RequestFault(.pointer(.root), .required, "The body is the file, and there is none.")])
        }
        return RoomSlides(name: name, octets: octets)
    }
}
