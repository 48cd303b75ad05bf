package import PlenaryCore
package import PlenaryStore

/// Somebody who signs in, as the API shows and takes them (`rooms-api.md` 13.3).
package enum UserResource {
    package static let schema = ResourceSchema(
        "User",
        fields: ResourceSchema.commonFields + [
            .init("email", filter: .text, sorts: true, searched: true),
            .init("first_name", filter: .text, sorts: true, searched: true),
            .init("last_name", filter: .text, sorts: true, searched: true), .init("locale", filter: .text),
            .init("has_password", filter: .bool), .init("user_metadata", filter: .metadata),
        ])

    /// What a change would change.
    package static func state(_ details: UserDetails) -> JSON { .object(members(of: details, hasPassword: nil)) }

    package static func json(_ user: User) -> JSON {
        .object(
            user.identity.members(of: schema.object) + members(of: user.details, hasPassword: user.hasPassword) + [
                .init("created_at", JSON(user.createdAt)), .init("updated_at", JSON(user.updatedAt)),
            ])
    }

    private static func members(of details: UserDetails, hasPassword: Bool?) -> [JSON.Member] {
        var written: [JSON.Member] = [
            .init("email", .text(details.email)), .init("first_name", .text(details.firstName)),
            .init("last_name", .text(details.lastName)), .init("locale", JSON(details.locale)),
        ]
        if let hasPassword { written.append(JSON.Member("has_password", .bool(hasPassword))) }
        written.append(JSON.Member("user_metadata", JSON(details.metadata)))
        return written
    }

    /// How a list looks at them.
    package static var view: ShortList<User>.View {
        ShortList<User>.View(
            ulid: { $0.identity.ulid },
            value: { user, field, key in
                ResourceValues.value(of: user.identity, user.createdAt, user.updatedAt, field)
                    ?? ResourceValues.value(in: json(user), field, key)
            }, text: { user, field in state(user.details)[field]?.text })
    }

    // MARK: reading

    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(from body: ObjectReader) throws(Problem) -> UserDetails {
        var reader = body
        ResourceValues.readConstants(&reader, of: schema.object, nil)
        let email = reader.required("email", JSONKind<String>.text(longest: 254)) ?? ""
        let first = reader.required("first_name", JSONKind<String>.text(longest: 100)) ?? ""
        let last = reader.required("last_name", JSONKind<String>.text(longest: 100)) ?? ""
        var details = UserDetails(email: email, firstName: first, lastName: last)
        read(&reader, into: &details)
        reader.readOnly("has_password", is: .bool(false))
        return try finish(&reader, details)
    }

    /// The details after a PATCH.
    ///
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(from body: ObjectReader, changing user: User, _ old: UserDetails) throws(Problem)
        -> UserDetails
    {
        var reader = body
        ResourceValues.readConstants(&reader, of: schema.object, (user.identity, user.createdAt, user.updatedAt))
        var details = old
        details.email = reader.optional("email", JSONKind<String>.text(longest: 254)) ?? old.email
        details.firstName = reader.optional("first_name", JSONKind<String>.text(longest: 100)) ?? old.firstName
        details.lastName = reader.optional("last_name", JSONKind<String>.text(longest: 100)) ?? old.lastName
        read(&reader, into: &details)
        reader.readOnly("has_password", is: .bool(user.hasPassword))
        return try finish(&reader, details)
    }

    private static func read(_ reader: inout ObjectReader, into details: inout UserDetails) {
        details.locale = reader.patch("locale", JSONKind<String>.text(longest: 35)).applied(to: details.locale)
        details.metadata = reader.patch("user_metadata", JSONKind<Metadata>.metadata)
            .applied(to: details.metadata, null: .empty)
    }

    static func finish(_ reader: inout ObjectReader, _ details: UserDetails) throws(Problem) -> UserDetails {
        var checked = details
        do throws(ValidationFault) { checked = try details.checked() } catch { reader.add(error) }
        try reader.finish()
        return checked
    }
}
