package import BigBlueButton
package import PlenaryCore
package import PlenaryStore

/// A key of the API as the API shows and takes it (`rooms-api.md` 2.2). It does not change.
package enum APIKeyResource {
    package static let schema = ResourceSchema(
        "APIKey",
        fields: ResourceSchema.commonFields.filter { $0.name != "updated_at" } + [
            .init("name", filter: .text, sorts: true, searched: true), .init("description", searched: true),
            .init("permissions"), .init("customer_ids"), .init("created_by", filter: .text),
            .init("expires_at", filter: .time, sorts: true), .init("last_used_at", filter: .time, sorts: true),
        ])

    /// Nothing of it changes but when it was used.
    package static func state(_ key: APIKey) -> JSON { ["id": .text(key.identity.id)] }

    /// - Parameters:
    ///   - customerIDs: of its reach; `null`: all.
    ///   - text: shown once, in the answer that makes it.
    package static func json(_ kept: Store.KeptAPIKey, customerIDs: JSON, text: APIKeyText? = nil) -> JSON {
        var written = kept.key.identity.members(of: schema.object)
        if let text { written.append(JSON.Member("key", .text(text.reveal()))) }
        let details = kept.key.details
        written += [
            JSON.Member("name", .text(details.name)), JSON.Member("description", JSON(details.description)),
            JSON.Member("permissions", ScopeKind.json(details.scopes)), JSON.Member("customer_ids", customerIDs),
            JSON.Member("created_by", JSON(kept.createdBy)), JSON.Member("expires_at", JSON(details.expiresAt)),
            JSON.Member("last_used_at", JSON(kept.lastUsedAt)),
            JSON.Member("created_at", JSON(kept.key.createdAt)),
        ]
        return .object(written)
    }

    /// How a list looks at them.
    package static var view: ShortList<Store.KeptAPIKey>.View {
        ShortList<Store.KeptAPIKey>.View(
            ulid: { $0.key.identity.ulid },
            value: { kept, field, _ in value(of: kept, field) },
            text: { kept, field in
                switch field {
                case "name": kept.key.details.name
                case "description": kept.key.details.description
                default: nil
                }
            })
    }

    private static func value(of kept: Store.KeptAPIKey, _ field: String) -> FilterValue? {
        switch field {
        case "name": return .text(kept.key.details.name)
        case "created_by": return kept.createdBy.map { .text($0) }
        case "expires_at": return kept.key.details.expiresAt.map { .time($0) }
        case "last_used_at": return kept.lastUsedAt.map { .time($0) }
        default: return ResourceValues.value(of: kept.key.identity, kept.key.createdAt, nil, field)
        }
    }

    // MARK: reading

    /// Of whom a body says that the key sees them; `nil`: it says nothing, or something else is wrong with it, which
    /// ``details(from:unknown:now:)`` tells.
    package static func customers(in body: ObjectReader) -> [ResourceReference]? {
        var reader = body
        return reader.patch("customer_ids", Self.references).applied(to: nil)
    }

    /// - Parameter unknown: the places in `customer_ids` of those that are not there, or not to be seen.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(from body: ObjectReader, unknown: [Int], now: WireTime) throws(Problem)
        -> APIKeyDetails
    {
        var reader = body
        let name = reader.required("name", JSONKind<String>.text(longest: 100)) ?? ""
        let description = reader.patch(
            "description", JSONKind<String>.text(longest: 500, mayBeEmpty: true, isLong: true)
        ).applied(to: nil)
        let scopes = reader.required("permissions", JSONKind<[Scope]>.list(of: .scope, longest: ScopeKind.most))
        if scopes?.isEmpty == true { reader.note("permissions", .required, "It names one permission at least.") }
        let expiresAt = reader.patch("expires_at", JSONKind<WireTime>.time).applied(to: nil)
        if let expiresAt, expiresAt <= now { reader.note("expires_at", .outOfRange, "It lies in the future.") }
        if let given = reader.patch("customer_ids", Self.references).applied(to: nil), given.isEmpty {
            reader.note("customer_ids", .required, "It names one customer at least, or is null.")
        }
        reader.note(
            unknown.map { index in
                RequestFault(
                    .pointer(JSONPointer("customer_ids").appending(index)), .notFound, "There is no such customer.")
            })
        try reader.finish()
        return APIKeyDetails(
            name: name, description: description, scopes: Set(scopes ?? []), expiresAt: expiresAt)
    }

    private static var references: JSONKind<[ResourceReference]> {
        .list(of: JSONKind<ResourceReference>.reference, longest: 100)
    }
}

/// Permissions in bodies and answers.
package enum ScopeKind {
    /// Of one key or role.
    package static let most = 100

    package static func json(_ scopes: Set<Scope>) -> JSON {
        .list(scopes.map(\.description).sorted().map { .text($0) })
    }
}

extension JSONKind where Value == Scope {
    /// A permission, or many at once.
    package static var scope: JSONKind {
        JSONKind { json, place in
            guard let text = json.text else {
                return .faults([RequestFault(.pointer(place), .invalidType, "It is a text.")])
            }
            guard let scope = Scope(text) else {
                return .faults([RequestFault(.pointer(place), .invalidEnum, "There is no such permission.")])
            }
            return .value(scope)
        }
    }
}
