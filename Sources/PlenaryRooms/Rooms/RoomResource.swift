package import PlenaryCore
internal import PlenaryStore

/// A room as the API shows it (`rooms-api.md` 7.1).
package enum RoomResource {
    package static let schema = RoomList.schema

    /// What a change would change.
    package static func state(_ details: RoomDetails) -> JSON { .object(members(of: details, nil)) }

    /// - Parameter origin: scheme and host where it is reached (11.1).
    package static func json(_ room: Room, origin: String) -> JSON {
        var written = room.identity.members(of: schema.object)
        written.append(JSON.Member("customer_id", JSON(reference(room.customerID))))
        written.append(JSON.Member("account_id", .text(room.accountID)))
        written.append(JSON.Member("subscription_id", JSON(reference(room.subscriptionID))))
        written += members(of: room.details, (type: room.type, url: room.url(origin: origin)))
        written.append(JSON.Member("created_at", JSON(room.createdAt)))
        written.append(JSON.Member("updated_at", JSON(room.updatedAt)))
        return .object(written)
    }

    /// - Parameter derived: what nobody sets; `nil`: it is left out.
    private static func members(of details: RoomDetails, _ derived: (type: RoomType, url: String)?) -> [JSON.Member] {
        var written: [JSON.Member] = [
            .init("room_name", .text(details.name)), .init("status", .text(details.status.rawValue)),
            .init("is_public", .bool(details.isPublic)),
        ]
        if let derived { written.append(JSON.Member("room_type", .text(derived.type.rawValue))) }
        written.append(JSON.Member("slug", .text(details.slug)))
        if let derived { written.append(JSON.Member("url", .text(derived.url))) }
        written += [
            JSON.Member("room_features", json(details.features.given)),
            JSON.Member("room_settings", json(details.settings.given)),
            JSON.Member("room_metadata", JSON(details.metadata)),
        ]
        return written
    }

    /// The room of an account without a subscription is of nobody.
    private static func reference(_ id: String) -> String? { id.isEmpty ? nil : id }

    /// In the order of the keys.
    private static func json(_ scalars: [String: Metadata.Scalar]) -> JSON {
        .object(scalars.sorted { $0.key < $1.key }.map { JSON.Member($0.key, json($0.value)) })
    }

    static func json(_ scalar: Metadata.Scalar) -> JSON {
        switch scalar {
        case .null: .null
        case .bool(let bool): .bool(bool)
        case .integer(let number): .integer(number)
        // Only what is no number at all cannot be written.
        case .number(let number): JSONNumber(String(number)).map { JSON.number($0) } ?? .null
        case .text(let text): .text(text)
        }
    }

    /// `warnings` of the answers to POST and PATCH: what was stored, but has no effect now (7.3, 7.4).
    package static func json(_ warnings: [RoomWarning]) -> JSON {
        .list(
            warnings.map { warning in
                let name = JSONPointer(text: warning.pointer)?.tokens.last ?? "It"
                var members: [JSON.Member] = [
                    .init("pointer", .text(warning.pointer)), .init("code", .text(warning.code.rawValue)),
                    .init("detail", .text("\(name) \(warning.rule).")),
                ]
                if let expected = warning.expected { members.append(JSON.Member("expected", .text(expected))) }
                return .object(members)
            })
    }
}
