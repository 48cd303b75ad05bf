package import BigBlueButton
package import PlenaryCore

/// A pin of a room as the API shows and takes it (`rooms-api.md` 9). It is readable by whoever administers the room.
package enum RoomCodeResource {
    package static let schema = ResourceSchema(
        "RoomAccessCode",
        fields: [
            .init("object"), .init("id", filter: .identifier), .init("code", filter: .text, searched: true),
            .init("role", filter: .choice(RoomRole.allCases.map(\.rawValue)), sorts: true),
            .init("expires_at", filter: .time, sorts: true), .init("last_usage", filter: .time, sorts: true),
            .init("label", sorts: true, searched: true), .init("valid", filter: .bool),
            .init("created_at", filter: .time, sorts: true),
        ])

    /// Characters of a code as it may be sent: full width and blanks at its ends come down to what is kept.
    private static let longestGiven = 200

    /// What a change would change; not what changes by use and by time.
    package static func state(_ code: RoomAccessCode) -> JSON {
        .object([
            .init("code", .text(code.text.text)), .init("role", .text(code.role.rawValue)),
            .init("expires_at", JSON(code.expiresAt)), .init("label", JSON(code.label)),
        ])
    }

    /// - Parameter now: `valid` depends on it.
    package static func json(_ code: RoomAccessCode, now: WireTime) -> JSON {
        .object([
            .init("object", .text(schema.object)), .init("id", .text(code.id)), .init("code", .text(code.text.text)),
            .init("role", .text(code.role.rawValue)), .init("expires_at", JSON(code.expiresAt)),
            .init("last_usage", JSON(code.lastUsage)), .init("label", JSON(code.label)),
            .init("valid", .bool(code.isValid(at: now))), .init("created_at", JSON(code.createdAt)),
        ])
    }

    /// How a list looks at them.
    package static func view(now: WireTime) -> ShortList<RoomAccessCode>.View {
        ShortList<RoomAccessCode>.View(
            ulid: { RoomPart.place(of: $0.number.number) },
            value: { code, field, _ in value(of: code, field, now: now) },
            text: { code, field in field == "code" ? code.text.text : code.label })
    }

    private static func value(of code: RoomAccessCode, _ field: String, now: WireTime) -> FilterValue? {
        switch field {
        case "id": .identifier(.id(code.id))
        case "code": .text(code.text.text)
        case "role": .text(code.role.rawValue)
        case "expires_at": code.expiresAt.map { .time($0) }
        case "last_usage": code.lastUsage.map { .time($0) }
        case "label": code.label.map { .text($0) }
        case "valid": .bool(code.isValid(at: now))
        case "created_at": .time(code.createdAt)
        default: nil
        }
    }

    // MARK: reading

    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(from body: ObjectReader) throws(Problem) -> RoomCodeDetails {
        var reader = body
        var details = RoomCodeDetails(role: reader.required("role", JSONKind<RoomRole>.choice) ?? .guest)
        // Without one the platform makes one.
        details.code = reader.patch("code", JSONKind<String>.text(longest: longestGiven)).applied(to: nil)
        read(&reader, into: &details, nil)
        return try finish(&reader, details)
    }

    /// The details after a PATCH.
    ///
    /// - Parameter shown: the code as it is shown now.
    package static func details(from body: ObjectReader, changing old: RoomCodeDetails, shown: JSON) throws(Problem)
        -> RoomCodeDetails
    {
        var reader = body
        var details = old
        details.role = reader.optional("role", JSONKind<RoomRole>.choice) ?? old.role
        details.code = reader.optional("code", JSONKind<String>.text(longest: longestGiven)) ?? old.code
        read(&reader, into: &details, shown)
        return try finish(&reader, details)
    }

    private static func read(_ reader: inout ObjectReader, into details: inout RoomCodeDetails, _ shown: JSON?) {
        for name in ["object", "id", "last_usage", "valid", "created_at"] { reader.readOnly(name, is: shown?[name]) }
        details.expiresAt = reader.patch("expires_at", JSONKind<WireTime>.time).applied(to: details.expiresAt)
        details.label = reader.patch("label", JSONKind<String>.text(longest: RoomTokenDetails.longestLabel))
            .applied(to: details.label)
    }

    private static func finish(_ reader: inout ObjectReader, _ details: RoomCodeDetails) throws(Problem)
        -> RoomCodeDetails
    {
        do throws(RoomFaults) { _ = try details.checked() } catch { reader.add(error) }
        try reader.finish()
        return details
    }
}
