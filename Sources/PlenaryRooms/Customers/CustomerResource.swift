package import PlenaryCore

/// A customer as the API shows and takes it (`rooms-api.md` 3).
package enum CustomerResource {
    package static let schema = ResourceSchema(
        "Customer",
        fields: ResourceSchema.commonFields + [
            .init("external_id", filter: .text, searched: true), .init("customer_key", filter: .text),
            .init("customer_prefix", filter: .text),
            .init("customer_type", filter: .choice(CustomerType.allCases.map(\.rawValue)), sorts: true),
            .init("status", filter: .choice(CustomerStatus.allCases.map(\.rawValue)), sorts: true),
            .init("email", filter: .text, sorts: true, searched: true),
            .init("first_name", filter: .text, sorts: true, searched: true),
            .init("last_name", filter: .text, sorts: true, searched: true),
            .init("company_name", filter: .text, sorts: true, searched: true),
            .init("hostname", filter: .text), .init("subdomain", filter: .text, sorts: true, searched: true),
            .init("country", filter: .text, sorts: true), .init("currency", filter: .text),
            .init("locale", filter: .text), .init("timezone", filter: .text), .init("allowed_domains_origins"),
            .init("allowed_domains_registration"), .init("customer_settings"),
            .init("customer_metadata", filter: .metadata),
        ],
        relationships: [
            .init("accounts", "Account"), .init("users", nil), .init("subscriptions", "Subscription"),
        ])

    /// What a change would change.
    package static func state(_ details: CustomerDetails) -> JSON { .object(members(of: details, key: nil)) }

    package static func json(_ customer: Customer) -> JSON {
        .object(
            customer.identity.members(of: schema.object) + members(of: customer.details, key: customer.key) + [
                .init("created_at", JSON(customer.createdAt)), .init("updated_at", JSON(customer.updatedAt)),
            ])
    }

    private static func members(of details: CustomerDetails, key: String?) -> [JSON.Member] {
        [
            .init("external_id", JSON(details.externalID)), .init("customer_key", JSON(key)),
            .init("customer_prefix", JSON(details.prefix)), .init("customer_type", .text(details.type.rawValue)),
            .init("status", .text(details.status.rawValue)), .init("email", .text(details.email)),
            .init("first_name", .text(details.firstName)), .init("last_name", .text(details.lastName)),
            .init("company_name", JSON(details.companyName)), .init("hostname", JSON(details.hostname)),
            .init("subdomain", .text(details.subdomain)), .init("country", .text(details.country)),
            .init("currency", JSON(details.currency)), .init("locale", .text(details.locale)),
            .init("timezone", .text(details.timezone)),
            .init("allowed_domains_origins", .list(details.allowedOrigins.map { .text($0) })),
            .init("allowed_domains_registration", .list(details.allowedDomains.map { .text($0) })),
            .init("customer_settings", .object([])), .init("customer_metadata", JSON(details.metadata)),
        ]
    }

    /// How a list looks at them.
    package static var view: ShortList<Customer>.View {
        ShortList.View(
            ulid: { $0.identity.ulid },
            value: { customer, field, key in
                ResourceValues.value(of: customer.identity, customer.createdAt, customer.updatedAt, field)
                    // Its key is no detail, and is asked for as well.
                    ?? ResourceValues.value(in: json(customer), field, key)
            }, text: { customer, field in state(customer.details)[field]?.text })
    }

    // MARK: reading

    /// The details that a body asks for.
    ///
    /// - Parameter platform: the host of the platform itself, which is no customer's.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(from body: ObjectReader, platform: String) throws(Problem) -> CustomerDetails {
        var reader = body
        let type = reader.required("customer_type", JSONKind<CustomerType>.choice) ?? .personal
        let email = reader.required("email", .text(longest: 254)) ?? ""
        let first = reader.required("first_name", .text(longest: 100)) ?? ""
        let last = reader.required("last_name", .text(longest: 100)) ?? ""
        var details = CustomerDetails(type: type, email: email, firstName: first, lastName: last)
        details.status = reader.optional("status", JSONKind<CustomerStatus>.choice) ?? details.status
        read(&reader, into: &details, nil)
        readHost(&reader, into: &details, platform)
        return try finish(&reader, details)
    }

    /// The details after a PATCH.
    ///
    /// - Parameters:
    ///   - maySell: without it the status stays: no customer who is suspended becomes active by his own key. So does the host,
    ///     which whoever had it first keeps from those who own it.
    ///   - platform: the host of the platform itself, which is no customer's.
    package static func details(
        from body: ObjectReader, changing customer: Customer, _ old: CustomerDetails, maySell: Bool,
        platform: String
    ) throws(Problem) -> CustomerDetails {
        var reader = body
        var details = old
        details.type = reader.optional("customer_type", JSONKind<CustomerType>.choice) ?? old.type
        details.email = reader.optional("email", .text(longest: 254)) ?? old.email
        details.firstName = reader.optional("first_name", .text(longest: 100)) ?? old.firstName
        details.lastName = reader.optional("last_name", .text(longest: 100)) ?? old.lastName
        if maySell {
            details.status = reader.optional("status", JSONKind<CustomerStatus>.choice) ?? old.status
        } else {
            reader.readOnly("status", is: .text(old.status.rawValue))
            reader.readOnly("hostname", is: JSON(old.hostname))
        }
        read(&reader, into: &details, customer)
        if maySell { readHost(&reader, into: &details, platform) }
        return try finish(&reader, details)
    }

    private static func finish(_ reader: inout ObjectReader, _ details: CustomerDetails) throws(Problem)
        -> CustomerDetails
    {
        var checked = details
        do throws(ValidationFault) { checked = try details.checked() } catch { reader.add(error) }
        try reader.finish()
        return checked
    }

    private static func readHost(
        _ reader: inout ObjectReader, into details: inout CustomerDetails, _ platform: String
    ) {
        let old = details.hostname
        details.hostname = reader.patch("hostname", .text(longest: 253)).applied(to: old)
        guard let host = details.hostname?.lowercased(), host != old, !platform.isEmpty else { return }
        if host == platform || host.hasSuffix(".\(platform)") {
            reader.note("hostname", .notUnique, "It is the platform's own.")
        }
    }

    /// - Parameter customer: that is changed; `nil`: one that is made.
    private static func read(_ reader: inout ObjectReader, into details: inout CustomerDetails, _ customer: Customer?) {
        ResourceValues.readConstants(
            &reader, of: schema.object, customer.map { ($0.identity, $0.createdAt, $0.updatedAt) })
        reader.readOnly("customer_key", is: customer.map { .text($0.key) })
        details.externalID = reader.patch("external_id", .text(longest: 100)).applied(to: details.externalID)
        details.prefix = reader.patch("customer_prefix", .text(longest: 100)).applied(to: details.prefix)
        details.companyName = reader.patch("company_name", .text(longest: 200)).applied(to: details.companyName)
        details.subdomain = reader.patch("subdomain", .text(longest: 63)).applied(to: details.subdomain, null: "")
        details.country = reader.optional("country", .text(longest: 2)) ?? details.country
        details.currency = reader.optional("currency", JSONKind<Currency>.currency) ?? details.currency
        details.locale = reader.optional("locale", .text(longest: 35)) ?? details.locale
        details.timezone = reader.optional("timezone", .text(longest: 64)) ?? details.timezone
        let origins = JSONKind<[String]>.list(of: .text(longest: 300), longest: CustomerDetails.longestList)
        details.allowedOrigins = reader.patch("allowed_domains_origins", origins)
            .applied(to: details.allowedOrigins, null: [])
        details.allowedDomains = reader.patch("allowed_domains_registration", origins)
            .applied(to: details.allowedDomains, null: [])
        // Only predefined keys, of which there are none: what is there is ignored (3).
        _ = reader.patch("customer_settings", JSONKind<JSON>.anything)
        details.metadata = reader.patch("customer_metadata", JSONKind<Metadata>.metadata)
            .applied(to: details.metadata, null: .empty)
    }
}
