package import BigBlueButton
package import PlenaryCore

/// A link into a room as the API shows and takes it (`rooms-api.md` 8). It shows the token: whoever administers a room hands it on.
package enum RoomTokenResource {
    package static let schema = ResourceSchema(
        "RoomToken",
        fields: [
            .init("object"), .init("id", filter: .identifier), .init("token"),
            .init("role", filter: .choice(RoomRole.allCases.map(\.rawValue)), sorts: true), .init("url"),
            .init("expires_at", filter: .time, sorts: true), .init("last_usage", filter: .time, sorts: true),
            .init("label", sorts: true, searched: true), .init("display_name", sorts: true, searched: true),
            .init("max_uses", filter: .integer), .init("use_count", filter: .integer, sorts: true),
            .init("auto", filter: .bool), .init("valid", filter: .bool),
            .init("created_at", filter: .time, sorts: true),
        ])

    /// What a change would change; not what changes by use and by time.
    package static func state(_ details: RoomTokenDetails) -> JSON {
        .object([
            .init("role", .text(details.role.rawValue)), .init("expires_at", JSON(details.expiresAt)),
            .init("label", JSON(details.label)), .init("display_name", JSON(details.displayName)),
            .init("max_uses", JSON(details.maxUses)),
        ])
    }

    /// - Parameters:
    ///   - origin: where the room is reached.
    ///   - now: `valid` depends on it.
    package static func json(_ token: RoomToken, of room: Room, origin: String, now: WireTime) -> JSON {
        let details = token.details
        return .object([
            .init("object", .text(schema.object)), .init("id", .text(token.id)),
            .init("token", .text(token.text.reveal())), .init("role", .text(details.role.rawValue)),
            .init("url", .text(room.url(origin: origin, token: token.text))),
            .init("expires_at", JSON(details.expiresAt)), .init("last_usage", JSON(token.lastUsage)),
            .init("label", JSON(details.label)), .init("display_name", JSON(details.displayName)),
            .init("max_uses", JSON(details.maxUses)), .init("use_count", .integer(token.useCount)),
            .init("auto", .bool(token.isAutomatic)), .init("valid", .bool(token.validity(at: now) == .valid)),
            .init("created_at", JSON(token.createdAt)),
        ])
    }

    /// How a list looks at them.
    package static func view(now: WireTime) -> ShortList<RoomToken>.View {
        ShortList<RoomToken>.View(
            ulid: { RoomPart.place(of: $0.number.number) },
            value: { token, field, _ in value(of: token, field, now: now) },
            text: { token, field in field == "label" ? token.details.label : token.details.displayName })
    }

    private static func value(of token: RoomToken, _ field: String, now: WireTime) -> FilterValue? {
        switch field {
        case "id": .identifier(.id(token.id))
        case "role": .text(token.details.role.rawValue)
        case "expires_at": token.details.expiresAt.map { .time($0) }
        case "last_usage": token.lastUsage.map { .time($0) }
        case "label": token.details.label.map { .text($0) }
        case "display_name": token.details.displayName.map { .text($0) }
        case "max_uses": token.details.maxUses.map { .integer(Int64($0)) }
        case "use_count": .integer(Int64(token.useCount))
        case "auto": .bool(token.isAutomatic)
        case "valid": .bool(token.validity(at: now) == .valid)
        case "created_at": .time(token.createdAt)
        default: nil
        }
    }

    // MARK: reading

    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(from body: ObjectReader) throws(Problem) -> RoomTokenDetails {
        var reader = body
        var details = RoomTokenDetails(role: reader.required("role", JSONKind<RoomRole>.choice) ?? .guest)
        read(&reader, into: &details, nil)
        return try finish(&reader, details)
    }

    /// The details after a PATCH.
    ///
    /// - Parameter shown: the token as it is shown now.
    package static func details(from body: ObjectReader, changing old: RoomTokenDetails, shown: JSON) throws(Problem)
        -> RoomTokenDetails
    {
        var reader = body
        var details = old
        details.role = reader.optional("role", JSONKind<RoomRole>.choice) ?? old.role
        read(&reader, into: &details, shown)
        return try finish(&reader, details)
    }

    private static func read(_ reader: inout ObjectReader, into details: inout RoomTokenDetails, _ shown: JSON?) {
        for name in ["object", "id", "token", "url", "last_usage", "use_count", "auto", "valid", "created_at"] {
            reader.readOnly(name, is: shown?[name])
        }
        details.expiresAt = reader.patch("expires_at", JSONKind<WireTime>.time).applied(to: details.expiresAt)
        details.label = reader.patch("label", JSONKind<String>.text(longest: RoomTokenDetails.longestLabel))
            .applied(to: details.label)
        details.displayName = reader.patch("display_name", JSONKind<String>.text(longest: VisitorName.longest))
            .applied(to: details.displayName)
        details.maxUses = reader.patch("max_uses", JSONKind<Int>.integer(1...Int(Int32.max)))
            .applied(to: details.maxUses)
    }

    private static func finish(_ reader: inout ObjectReader, _ details: RoomTokenDetails) throws(Problem)
        -> RoomTokenDetails
    {
        var checked = details
        do throws(RoomFaults) { checked = try details.checked() } catch { reader.add(error) }
        try reader.finish()
        return checked
    }
}

/// What the parts of a room have in common: they have no ULID.
enum RoomPart {
    /// Stands for a ULID where a list breaks ties: of two that were made at the same moment the later one is greater.
    static func place(of number: Int64) -> String {
        let digits = String(max(0, number))
        return String(repeating: "0", count: max(0, 26 - digits.count)) + digits
    }
}
