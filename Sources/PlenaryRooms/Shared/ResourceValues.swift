package import BigBlueButton
package import PlenaryCore

/// What all resources have in common where they are read and listed.
package enum ResourceValues {
    /// An identifier or a time, as lists filter and sort by them.
    ///
    /// - Returns: `nil` for any other field.
    package static func value(
        of identity: ResourceIdentity, _ createdAt: WireTime, _ updatedAt: WireTime?, _ field: String
    ) -> FilterValue? {
        switch field {
        case "id": .identifier(.id(identity.id))
        case "uuid": .identifier(.uuid(identity.uuid))
        case "ulid": .identifier(.ulid(identity.ulid))
        case "created_at": .time(createdAt)
        case "updated_at": updatedAt.map { .time($0) }
        default: nil
        }
    }

    /// A member of an object as lists filter and sort by it.
    ///
    /// - Parameter key: in metadata.
    package static func value(in object: JSON, _ field: String, _ key: String?) -> FilterValue? {
        guard let member = object[field] else { return nil }
        guard let key else { return value(member) }
        return member[key].flatMap { scalar in
            switch scalar {
            case .text(let text): .text(text)
            case .bool(let bool): .text(bool ? "true" : "false")
            case .number(let number): .text(number.text)
            case .null: .text("null")
            case .list, .object: nil
            }
        }
    }

    private static func value(_ json: JSON) -> FilterValue? {
        switch json {
        case .text(let text): .text(text)
        case .bool(let bool): .bool(bool)
        case .number(let number): number.integer.map { .integer($0) }
        case .null, .list, .object: nil
        }
    }

    /// The members that nobody sets: what was fetched may be sent back as it is (7.1).
    ///
    /// - Parameter held: what the resource has; `nil`: it is being made.
    package static func readConstants(
        _ reader: inout ObjectReader, of object: String,
        _ held: (identity: ResourceIdentity, createdAt: WireTime, updatedAt: WireTime)?
    ) {
        reader.readOnly("object", is: .text(object))
        reader.readOnly("id", is: held.map { .text($0.identity.id) })
        reader.readOnly("uuid", is: held.map { .text($0.identity.uuid) })
        reader.readOnly("ulid", is: held.map { .text($0.identity.ulid) })
        reader.readOnly("created_at", is: held.map { JSON($0.createdAt) })
        reader.readOnly("updated_at", is: held.map { JSON($0.updatedAt) })
    }
}
