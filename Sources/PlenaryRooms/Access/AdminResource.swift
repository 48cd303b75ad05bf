package import PlenaryCore
package import PlenaryStore

/// An administrator of the platform as the API shows and takes him (`rooms-api.md` 13.3).
package enum AdminResource {
    package enum Status: String, Sendable, Hashable, CaseIterable { case active, inactive }

    package static let schema = ResourceSchema(
        "Administrator",
        fields: ResourceSchema.commonFields + [
            .init("email", filter: .text, sorts: true, searched: true),
            .init("name", filter: .text, sorts: true, searched: true),
            .init("status", filter: .choice(Status.allCases.map(\.rawValue)), sorts: true), .init("roles"),
            .init("has_password", filter: .bool),
        ])

    /// What a change would change.
    package static func state(_ details: AdminDetails) -> JSON { .object(members(of: details)) }

    package static func json(_ administrator: Administrator) -> JSON {
        .object(
            administrator.identity.members(of: schema.object) + members(of: administrator.details) + [
                .init("has_password", .bool(administrator.hasPassword)),
                .init("created_at", JSON(administrator.createdAt)), .init("updated_at", JSON(administrator.updatedAt)),
            ])
    }

    private static func members(of details: AdminDetails) -> [JSON.Member] {
        [
            .init("email", .text(details.email)), .init("name", .text(details.name)),
            .init("status", .text((details.isActive ? Status.active : .inactive).rawValue)),
            .init("roles", .list(details.roles.sorted().map { .text($0) })),
        ]
    }

    /// How a list looks at them.
    package static var view: ShortList<Administrator>.View {
        ShortList<Administrator>.View(
            ulid: { $0.identity.ulid },
            value: { administrator, field, key in
                ResourceValues.value(
                    of: administrator.identity, administrator.createdAt, administrator.updatedAt, field)
                    ?? ResourceValues.value(in: json(administrator), field, key)
            }, text: { administrator, field in state(administrator.details)[field]?.text })
    }

    // MARK: reading

    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(from body: ObjectReader) throws(Problem) -> AdminDetails {
        var reader = body
        ResourceValues.readConstants(&reader, of: schema.object, nil)
        let email = reader.required("email", JSONKind<String>.text(longest: 254)) ?? ""
        let name = reader.required("name", JSONKind<String>.text(longest: 200)) ?? ""
        var details = AdminDetails(email: email, name: name, roles: [])
        read(&reader, into: &details)
        reader.readOnly("has_password", is: .bool(false))
        return try finish(&reader, details)
    }

    /// The details after a PATCH.
    ///
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(
        from body: ObjectReader, changing administrator: Administrator, _ old: AdminDetails
    ) throws(Problem) -> AdminDetails {
        var reader = body
        ResourceValues.readConstants(
            &reader, of: schema.object,
            (administrator.identity, administrator.createdAt, administrator.updatedAt))
        var details = old
        details.email = reader.optional("email", JSONKind<String>.text(longest: 254)) ?? old.email
        details.name = reader.optional("name", JSONKind<String>.text(longest: 200)) ?? old.name
        read(&reader, into: &details)
        reader.readOnly("has_password", is: .bool(administrator.hasPassword))
        return try finish(&reader, details)
    }

    private static func read(_ reader: inout ObjectReader, into details: inout AdminDetails) {
        let status = reader.optional("status", JSONKind<Status>.choice)
        details.isActive = status.map { $0 == .active } ?? details.isActive
        let roles = reader.optional("roles", JSONKind<[String]>.list(of: .text(longest: 100), longest: 50))
        details.roles = roles.map { Set($0.map { Role.named($0) }) } ?? details.roles
    }

    private static func finish(_ reader: inout ObjectReader, _ details: AdminDetails) throws(Problem) -> AdminDetails {
        var checked = details
        do throws(ValidationFault) { checked = try details.checked() } catch { reader.add(error) }
        try reader.finish()
        return checked
    }
}

/// A role as the API shows and takes it (`rooms-api.md` 2.2). The built-in one is called `admin` and has no other identifiers.
package enum RoleResource {
    package static let schema = ResourceSchema(
        "Role",
        fields: [
            .init("object"), .init("id", filter: .text), .init("name", filter: .text, sorts: true, searched: true),
            .init("permissions"), .init("built_in", filter: .bool),
            .init("created_at", filter: .time, sorts: true), .init("updated_at", filter: .time, sorts: true),
        ])

    /// What a change would change.
    package static func state(_ role: Role) -> JSON {
        ["name": .text(role.name), "permissions": ScopeKind.json(role.scopes)]
    }

    package static func json(_ kept: Store.KeptRole?) -> JSON {
        let role = kept?.role ?? .admin
        return .object([
            .init("object", .text(schema.object)), .init("id", .text(kept?.identity.id ?? Role.admin.name)),
            .init("name", .text(role.name)), .init("permissions", ScopeKind.json(role.scopes)),
            .init("built_in", .bool(kept == nil)), .init("created_at", JSON(kept?.createdAt)),
            .init("updated_at", JSON(kept?.updatedAt)),
        ])
    }

    /// How a list looks at them; `nil` is the built-in one.
    package static var view: ShortList<Store.KeptRole?>.View {
        ShortList<Store.KeptRole?>.View(
            // The oldest there is.
            ulid: { kept in kept?.identity.ulid ?? String(repeating: "0", count: 26) },
            value: { kept, field, _ in
                switch field {
                case "created_at": kept.map { FilterValue.time($0.createdAt) }
                case "updated_at": kept.map { FilterValue.time($0.updatedAt) }
                default: ResourceValues.value(in: json(kept), field, nil)
                }
            },
            text: { kept, field in json(kept)[field]?.text })
    }

    /// - Parameter old: that is changed; `nil`: one that is made.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func role(from body: ObjectReader, changing old: Store.KeptRole?) throws(Problem) -> Role {
        var reader = body
        let shown = old.map { json($0) }
        reader.readOnly("object", is: .text(schema.object))
        for name in ["id", "created_at", "updated_at"] { reader.readOnly(name, is: shown?[name]) }
        reader.readOnly("built_in", is: .bool(false))
        let scopes = JSONKind<[Scope]>.list(of: .scope, longest: ScopeKind.most)
        let role: Role
        if let old {
            let named = reader.optional("name", JSONKind<String>.text(longest: 100)).map { Role.named($0) }
            let name = named ?? old.role.name
            let given = reader.optional("permissions", scopes)
            role = Role(name: name, scopes: given.map { Set($0) } ?? old.role.scopes)
        } else {
            let name = Role.named(reader.required("name", JSONKind<String>.text(longest: 100)) ?? "")
            let given = reader.required("permissions", scopes) ?? []
            role = Role(name: name, scopes: Set(given))
        }
        do throws(ValidationFault) { try role.check() } catch { reader.add(error) }
        try reader.finish()
        return role
    }
}

/// A permission as `GET /permissions` tells it.
package enum PermissionResource {
    package static let schema = ResourceSchema(
        "Permission",
        fields: [
            .init("object"), .init("id", filter: .text, sorts: true, searched: true),
            .init("resource", filter: .text, sorts: true, searched: true), .init("is_reading", filter: .bool),
        ])

    package static func json(_ permission: Permission) -> JSON {
        [
            "object": .text(schema.object), "id": .text(permission.rawValue),
            "resource": .text(String(permission.resource)), "is_reading": .bool(permission.isReading),
        ]
    }

    /// How a list looks at them; it has the order of the catalogue unless it is sorted otherwise.
    package static var view: ShortList<Permission>.View {
        ShortList<Permission>.View(
            ulid: { permission in
                // It stands for one: of a list that is not sorted otherwise the last comes first.
                let digits = String(9_999 - (Permission.allCases.firstIndex(of: permission) ?? 0))
                return String(repeating: "0", count: 26 - digits.count) + digits
            },
            value: { permission, field, key in ResourceValues.value(in: json(permission), field, key) },
            text: { permission, field in json(permission)[field]?.text })
    }
}
