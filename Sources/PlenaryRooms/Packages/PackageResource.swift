package import PlenaryCore

/// A package as the API shows and takes it (`rooms-api.md` 5.2).
package enum PackageResource {
    package static let schema = ResourceSchema(
        "ServicePackage",
        fields: ResourceSchema.commonFields + [
            .init("name", filter: .text, sorts: true, searched: true), .init("short_description", searched: true),
            .init("description", searched: true),
            .init("service_type", filter: .choice(ServiceType.allCases.map(\.rawValue)), sorts: true),
            .init("status", filter: .choice(PackageDetails.Status.allCases.map(\.rawValue)), sorts: true),
            .init("hidden", filter: .bool), .init("retired", filter: .bool), .init("price"), .init("signup_fee"),
            .init("currency", filter: .text), .init("tier", sorts: true), .init("trial_period"),
            .init("trial_interval"), .init("grace_period"), .init("grace_interval"), .init("periodicity"),
            .init("periodicity_type"), .init("package_settings"), .init("package_metadata", filter: .metadata),
        ],
        relationships: [.init("features", nil), .init("providers", nil)])

    /// What a change would change.
    package static func state(_ details: PackageDetails) -> JSON { .object(members(of: details)) }

    package static func json(_ sold: ServicePackage) -> JSON {
        var written = sold.identity.members(of: schema.object) + members(of: sold.details)
        written.append(JSON.Member("created_at", JSON(sold.createdAt)))
        written.append(JSON.Member("updated_at", JSON(sold.updatedAt)))
        return .object(written)
    }

    /// As `include=features` shows them.
    package static func json(_ features: FeatureSet) -> JSON {
        .list(
            features.codes.map { code in
                .object([
                    .init("code", .text(code.rawValue)), .init("value", FeatureResource.json(features.value(of: code))),
                ])
            })
    }

    private static func members(of details: PackageDetails) -> [JSON.Member] {
        var written: [JSON.Member] = [
            .init("name", .text(details.name)), .init("short_description", .text(details.shortDescription)),
            .init("description", .text(details.description)),
            .init("service_type", .text(details.serviceType.rawValue)),
            .init("status", .text(details.status.rawValue)), .init("hidden", .bool(details.isHidden)),
            .init("retired", .bool(details.isRetired)), .init("price", JSON(details.price)),
            .init("signup_fee", JSON(details.signupFee)), .init("currency", JSON(details.currency)),
            .init("tier", Terms.json(details.tier)),
        ]
        written += Terms.members(Terms.trial, details.trial)
        written += Terms.members(Terms.grace, details.grace)
        written += Terms.members(Terms.periodicity, details.periodicity)
        written.append(JSON.Member("package_settings", .object([])))
        written.append(JSON.Member("package_metadata", JSON(details.metadata)))
        return written
    }

    /// How a list looks at them.
    package static var view: ShortList<ServicePackage>.View {
        ShortList<ServicePackage>.View(
            ulid: { $0.identity.ulid },
            value: { sold, field, key in
                if field == "tier" { return Terms.sortValue(sold.details.tier) }
                return ResourceValues.value(of: sold.identity, sold.createdAt, sold.updatedAt, field)
                    ?? ResourceValues.value(in: state(sold.details), field, key)
            }, text: { sold, field in state(sold.details)[field]?.text })
    }

    // MARK: reading

    /// What a package that is made shall be.
    package struct Draft: Sendable, Hashable {
        package let details: PackageDetails
        package let features: FeatureSet
    }

    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func draft(from body: ObjectReader) throws(Problem) -> Draft {
        var reader = body
        var details = PackageDetails(name: reader.required("name", JSONKind<String>.text(longest: 200)) ?? "")
        let list = JSONKind<[GivenFeature]>.list(
            of: JSONKind<GivenFeature>.feature, longest: FeatureCode.allCases.count)
        var values: [FeatureCode: FeatureValue] = [:]
        for given in reader.optional("features", list) ?? [] {
            if values[given.code] != nil {
                reader.note("features", .notUnique, "The feature \(given.code.rawValue) is there twice.")
            }
            values[given.code] = given.value
        }
        read(&reader, into: &details, nil)
        return Draft(details: try finish(&reader, details), features: FeatureSet(values))
    }

    /// The details after a PATCH.
    package static func details(
        from body: ObjectReader, changing sold: ServicePackage, _ old: PackageDetails
    ) throws(Problem) -> PackageDetails {
        var reader = body
        var details = old
        details.name = reader.optional("name", JSONKind<String>.text(longest: 200)) ?? old.name
        // They have endpoints of their own.
        reader.readOnly("features", is: json(sold.features))
        read(&reader, into: &details, sold)
        return try finish(&reader, details)
    }

    private static func finish(_ reader: inout ObjectReader, _ details: PackageDetails) throws(Problem)
        -> PackageDetails
    {
        var checked = details
        do throws(ValidationFault) { checked = try details.checked() } catch { reader.add(error) }
        try reader.finish()
        return checked
    }

    /// - Parameter sold: that is changed; `nil`: one that is made.
    private static func read(_ reader: inout ObjectReader, into details: inout PackageDetails, _ sold: ServicePackage?)
    {
        ResourceValues.readConstants(
            &reader, of: schema.object, sold.map { ($0.identity, $0.createdAt, $0.updatedAt) })
        details.shortDescription = reader.patch(
            "short_description", JSONKind<String>.text(longest: 500, mayBeEmpty: true)
        )
        .applied(to: details.shortDescription, null: "")
        details.description = reader.patch(
            "description", JSONKind<String>.text(longest: 5_000, mayBeEmpty: true, isLong: true)
        )
        .applied(to: details.description, null: "")
        details.serviceType = reader.optional("service_type", JSONKind<ServiceType>.choice) ?? details.serviceType
        details.status = reader.optional("status", JSONKind<PackageDetails.Status>.choice) ?? details.status
        details.isHidden = reader.optional("hidden", JSONKind<Bool>.bool) ?? details.isHidden
        details.isRetired = reader.optional("retired", JSONKind<Bool>.bool) ?? details.isRetired
        details.price = reader.optional("price", JSONKind<Price>.price) ?? details.price
        details.signupFee = reader.optional("signup_fee", JSONKind<Price>.price) ?? details.signupFee
        details.currency = reader.optional("currency", JSONKind<Currency>.currency) ?? details.currency
        details.tier = reader.patch("tier", JSONKind<Double>.number).applied(to: details.tier)
        details.trial = Terms.period(Terms.trial, &reader, details.trial) ?? details.trial
        details.grace = Terms.period(Terms.grace, &reader, details.grace) ?? details.grace
        details.periodicity = Terms.period(Terms.periodicity, &reader, details.periodicity) ?? details.periodicity
        // Only predefined keys, of which there are none: what is there is ignored, as with customers (3).
        _ = reader.patch("package_settings", JSONKind<JSON>.anything)
        details.metadata = reader.patch("package_metadata", JSONKind<Metadata>.metadata)
            .applied(to: details.metadata, null: .empty)
    }
}
