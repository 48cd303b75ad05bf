package import PlenaryCore
package import PlenaryStore

/// A user of a room as the API shows and takes it (`rooms-api.md` 13).
package enum RoomUserResource {
    package static let schema = ResourceSchema(
        "RoomUser",
        fields: [
            .init("object"), .init("user_id", filter: .identifier), .init("room_id"),
            .init("name", sorts: true, searched: true),
            .init("email", filter: .text, sorts: true, searched: true), .init("owner", filter: .bool, sorts: true),
            .init("permissions"), .init("created_at", filter: .time, sorts: true),
        ])

    /// What a change would change.
    package static func state(_ permissions: Set<RoomPermission>, isOwner: Bool) -> JSON {
        .object([.init("owner", .bool(isOwner)), .init("permissions", json(permissions))])
    }

    package static func json(_ person: RoomPerson, of room: Room) -> JSON {
        .object([
            .init("object", .text(schema.object)), .init("user_id", .text(person.user.identity.id)),
            .init("room_id", .text(room.identity.id)), .init("name", .text(person.user.name)),
            .init("email", .text(person.user.details.email)), .init("owner", .bool(person.isOwner)),
            .init("permissions", json(person.permissions)), .init("created_at", JSON(person.createdAt)),
        ])
    }

    /// In the order of the catalogue.
    private static func json(_ permissions: Set<RoomPermission>) -> JSON {
        .list(RoomPermission.allCases.filter { permissions.contains($0) }.map { .text($0.rawValue) })
    }

    /// How a list looks at them.
    package static var view: ShortList<RoomPerson>.View {
        ShortList<RoomPerson>.View(
            ulid: { $0.user.identity.ulid },
            value: { person, field, _ in value(of: person, field) },
            text: { person, field in field == "email" ? person.user.details.email : person.user.name })
    }

    private static func value(of person: RoomPerson, _ field: String) -> FilterValue? {
        switch field {
        case "user_id": .identifier(.id(person.user.identity.id))
        case "name": .text(person.user.name)
        case "email": .text(person.user.details.email)
        case "owner": .bool(person.isOwner)
        case "created_at": .time(person.createdAt)
        default: nil
        }
    }

    // MARK: reading

    /// Who is to be a user of a room: somebody who is known, or an address.
    package enum Named: Sendable, Hashable {
        case user(ResourceReference)
        case email(String)
    }

    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func addition(from body: ObjectReader) throws(Problem) -> (named: Named, Set<RoomPermission>) {
        var reader = body
        let user = reader.patch("user_id", JSONKind<ResourceReference>.reference).applied(to: nil)
        let address = JSONKind<String>.text("It is an e-mail address.") { given in
            DomainName.isEmail(given.lowercased()) ? given.lowercased() : nil
        }
        let email = reader.patch("email", address).applied(to: nil)
        let permissions = reader.required("permissions", kind) ?? []
        if user != nil, email != nil {
            reader.note("email", .invalidFormat, "There is a user_id; one of both says who it is.")
        }
        if user == nil, email == nil, reader.faults.allSatisfy({ !isAboutPerson($0) }) {
            reader.note("user_id", .required, "It is required, or an email.")
        }
        try reader.finish()
        if let user { return (.user(user), Set(permissions)) }
        guard let email else { throw Problem(.validationFailed) }
        return (.email(email), Set(permissions))
    }

    private static func isAboutPerson(_ fault: RequestFault) -> Bool {
        fault.place == .pointer(JSONPointer("user_id")) || fault.place == .pointer(JSONPointer("email"))
    }

    /// The permissions after a PATCH: all of them.
    ///
    /// - Parameter shown: the user as it is shown now; `nil`: nobody.
    package static func permissions(from body: ObjectReader, shown: JSON?) throws(Problem) -> Set<RoomPermission> {
        var reader = body
        for name in ["object", "user_id", "room_id", "name", "email", "owner", "created_at"] {
            reader.readOnly(name, is: shown?[name])
        }
        let permissions = reader.required("permissions", kind) ?? []
        try reader.finish()
        return Set(permissions)
    }

    /// Who shall own a room, and whether the owner before stays as a user.
    package static func ownership(from body: ObjectReader) throws(Problem) -> (
        owner: ResourceReference, keepsPrevious: Bool
    ) {
        var reader = body
        let owner = reader.required("user_id", JSONKind<ResourceReference>.reference)
        let keepsPrevious = reader.optional("keep_previous", JSONKind<Bool>.bool) ?? true
        try reader.finish()
        guard let owner else { throw Problem(.validationFailed) }
        return (owner, keepsPrevious)
    }

    private static var kind: JSONKind<[RoomPermission]> {
        JSONKind<[RoomPermission]>.list(of: JSONKind<RoomPermission>.choice, longest: 50)
    }
}
