package import PlenaryCore
package import PlenaryStore

/// An account with whose it is.
package struct OwnedAccount: Sendable, Hashable {
    package let account: Account
    /// `nil`: it is in no subscription, and the platform's own.
    package let owner: AccountOwner?

    package init(account: Account, owner: AccountOwner?) {
        self.account = account
        self.owner = owner
    }
}

/// An account as the API shows and takes it (`rooms-api.md` 4).
package enum AccountResource {
    package static let schema = ResourceSchema(
        "Account",
        fields: ResourceSchema.commonFields + [
            .init("account_name", filter: .text, sorts: true, searched: true),
            .init("account_key", filter: .text, sorts: true, searched: true),
            .init("code", filter: .text, sorts: true, searched: true),
            .init("tag", filter: .text, sorts: true, searched: true), .init("subscriber_id", filter: .identifier),
            .init("subscription_id", filter: .identifier),
            .init("status", filter: .choice(Status.allCases.map(\.rawValue)), sorts: true),
            .init("account_settings"), .init("account_metadata", filter: .metadata),
        ],
        relationships: [
            .init("customer", CustomerResource.schema.object), .init("subscription", "Subscription"),
            // Nothing of rooms is included further: `/rooms` has it, page by page.
            .init("rooms", nil), .init("users", nil),
        ])

    package enum Status: String, Sendable, Hashable, CaseIterable { case active, inactive }

    /// What a change would change.
    package static func state(_ details: AccountDetails) -> JSON {
        .object([
            .init("account_name", .text(details.name)), .init("code", JSON(details.code)),
            .init("tag", JSON(details.tag)), .init("status", .text(status(details).rawValue)),
            .init("account_metadata", JSON(details.metadata)),
        ])
    }

    package static func json(_ owned: OwnedAccount) -> JSON {
        let account = owned.account
        let details = account.details
        var written = account.identity.members(of: schema.object)
        written += [
            JSON.Member("account_name", .text(details.name)), JSON.Member("account_key", .text(account.slug.text)),
            JSON.Member("code", JSON(details.code)), JSON.Member("tag", JSON(details.tag)),
            JSON.Member("subscriber_id", JSON(owned.owner?.customerID)),
            JSON.Member("subscription_id", JSON(owned.owner?.subscriptionID)),
            JSON.Member("status", .text(status(details).rawValue)),
            // Set by the platform, which sets nothing yet.
            JSON.Member("account_settings", .object([])),
            JSON.Member("account_metadata", JSON(details.metadata)),
            JSON.Member("created_at", JSON(account.createdAt)), JSON.Member("updated_at", JSON(account.updatedAt)),
        ]
        return .object(written)
    }

    private static func status(_ details: AccountDetails) -> Status { details.isActive ? .active : .inactive }

    /// How a list looks at them.
    ///
    /// - Parameter names: how the query calls customers and subscriptions that it does not call by their `id`, by that `id`.
    package static func view(names: [String: ResourceReference]) -> ShortList<OwnedAccount>.View {
        ShortList<OwnedAccount>.View(
            ulid: { $0.account.identity.ulid },
            value: { owned, field, key in value(of: owned, field, key, names: names) },
            text: { owned, field in json(owned)[field]?.text })
    }

    private static func value(
        of owned: OwnedAccount, _ field: String, _ key: String?, names: [String: ResourceReference]
    ) -> FilterValue? {
        func reference(_ id: String?) -> FilterValue? { id.map { .identifier(names[$0] ?? .id($0)) } }
        switch field {
        case "subscriber_id": return reference(owned.owner?.customerID)
        case "subscription_id": return reference(owned.owner?.subscriptionID)
        default:
            let account = owned.account
            return ResourceValues.value(of: account.identity, account.createdAt, account.updatedAt, field)
                ?? ResourceValues.value(in: json(owned), field, key)
        }
    }

    // MARK: reading

    /// What a new account shall be.
    package struct Draft: Sendable {
        package let details: AccountDetails
        package let subscription: Subscription
        /// `nil`: made from the name.
        package let key: Slug?
    }

    /// To which subscription a body refers; `nil`: it is missing, or no identifier, which ``draft(from:in:)`` tells.
    package static func reference(in body: ObjectReader) -> ResourceReference? {
        var reader = body
        return reader.required("subscription_id", JSONKind<ResourceReference>.reference)
    }

    /// - Parameter subscription: that ``reference(in:)`` refers to; `nil`: there is none that may be seen.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func draft(from body: ObjectReader, in subscription: Subscription?) throws(Problem) -> Draft {
        var reader = body
        ResourceValues.readConstants(&reader, of: schema.object, nil)
        let name = reader.required("account_name", JSONKind<String>.text(longest: 200))
        var details = AccountDetails(name: name ?? "")
        let wanted = reader.required("subscription_id", JSONKind<ResourceReference>.reference)
        if wanted != nil, subscription == nil {
            reader.note("subscription_id", .notFound, "There is no such subscription.")
        }
        reader.readOnly("subscriber_id", is: subscription.map { JSON.text($0.subscriberID) })
        reader.readOnly("status", is: .text(Status.active.rawValue))
        let key = reader.patch("account_key", JSONKind<Slug>.slug).applied(to: nil)
        readLabels(&reader, into: &details)
        do throws(ValidationFault) { try details.check() } catch { reader.add(error) }
        try reader.finish()
        guard let subscription else { throw Problem(.validationFailed) }
        return Draft(details: details, subscription: subscription, key: key)
    }

    /// The details after a PATCH.
    ///
    /// - Parameter mayActivate: without it an account that is inactive stays so: whoever was locked out does not let himself in.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(
        from body: ObjectReader, changing owned: OwnedAccount, _ old: AccountDetails, mayActivate: Bool
    ) throws(Problem) -> AccountDetails {
        var reader = body
        var details = old
        let account = owned.account
        ResourceValues.readConstants(
            &reader, of: schema.object, (account.identity, account.createdAt, account.updatedAt))
        let shown = json(owned)
        for name in ["account_key", "subscriber_id", "subscription_id"] { reader.readOnly(name, is: shown[name]) }
        details.name = reader.optional("account_name", JSONKind<String>.text(longest: 200)) ?? old.name
        if mayActivate || old.isActive {
            let status = reader.optional("status", JSONKind<Status>.choice)
            details.isActive = status.map { $0 == .active } ?? old.isActive
        } else {
            reader.readOnly("status", is: .text(Status.inactive.rawValue))
        }
        readLabels(&reader, into: &details)
        do throws(ValidationFault) { try details.check() } catch { reader.add(error) }
        try reader.finish()
        return details
    }

    private static func readLabels(_ reader: inout ObjectReader, into details: inout AccountDetails) {
        details.code = reader.patch("code", JSONKind<String>.text(longest: 100)).applied(to: details.code)
        details.tag = reader.patch("tag", JSONKind<String>.text(longest: 100)).applied(to: details.tag)
        details.metadata = reader.patch("account_metadata", JSONKind<Metadata>.metadata)
            .applied(to: details.metadata, null: .empty)
        reader.readOnly("account_settings", is: .object([]))
    }
}

extension JSONKind where Value == Slug {
    /// An `account_key`.
    package static var slug: JSONKind {
        text("It has 1 to 63 letters, digits, dots, hyphens and underscores, a letter or digit first.") { Slug($0) }
    }
}
