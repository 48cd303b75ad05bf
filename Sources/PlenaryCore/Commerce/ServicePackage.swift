package import BigBlueButton

package struct PackageNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: PackageNumber, right: PackageNumber) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// What a package offers; the type of the rooms made under it (D-04).
package enum ServiceType: String, Sendable, Hashable, CaseIterable { case meet, video, live, simulcast }

/// What may be changed about a package.
package struct PackageDetails: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable { case active, inactive }

    package var name: String
    package var description: String
    package var shortDescription: String
    /// Fixed as soon as there is a subscription of it: subscriptions have copied it.
    package var serviceType: ServiceType
    package var status: Status
    /// Not shown for sale.
    package var isHidden: Bool
    /// Existing subscriptions go on, no new ones.
    package var isRetired: Bool
    package var price: Price
    package var signupFee: Price
    package var currency: Currency
    /// The order of packages for up- and downgrades; prices may mislead.
    package var tier: Double?
    package var trial: Period
    /// Use after the end.
    package var grace: Period
    /// How long a subscription is paid for at a time; none: it does not end.
    package var periodicity: Period
    package var metadata: Metadata

    package init(
        name: String, description: String = "", shortDescription: String = "", serviceType: ServiceType = .meet,
        status: Status = .active, isHidden: Bool = false, isRetired: Bool = false, price: Price = .zero,
        signupFee: Price = .zero, currency: Currency = .euro, tier: Double? = nil, trial: Period = .zero,
        grace: Period = .zero, periodicity: Period = .month, metadata: Metadata = .empty
    ) {
        self.name = name
        self.description = description
        self.shortDescription = shortDescription
        self.serviceType = serviceType
        self.status = status
        self.isHidden = isHidden
        self.isRetired = isRetired
        self.price = price
        self.signupFee = signupFee
        self.currency = currency
        self.tier = tier
        self.trial = trial
        self.grace = grace
        self.periodicity = periodicity
        self.metadata = metadata
    }

    /// - Throws: everything that is wrong.
    package func checked() throws(ValidationFault) -> PackageDetails {
        var check = FieldCheck()
        check.text(name, "name", longest: 200)
        check.text(description, "description", longest: 5_000, mayBeEmpty: true)
        check.text(shortDescription, "short_description", longest: 500, mayBeEmpty: true)
        check.expect(tier?.isFinite ?? true, "tier", .outOfRange, "is a number")
        for fault in metadata.faults("package_metadata") { check.note(fault.field, fault.code, fault.rule) }
        try check.finish()
        return self
    }

    /// Whether it can be bought.
    package var isAvailable: Bool { status == .active && !isRetired }
}

/// What is sold (`rooms-api.md` 5.2). Changing it does not change subscriptions; sync does.
package struct ServicePackage: Sendable, Hashable {
    package let number: PackageNumber
    package let identity: ResourceIdentity
    package let details: PackageDetails
    package let features: FeatureSet
    package let createdAt: WireTime
    package let updatedAt: WireTime

    package init(
        number: PackageNumber, identity: ResourceIdentity, details: PackageDetails, features: FeatureSet,
        createdAt: WireTime, updatedAt: WireTime
    ) {
        self.number = number
        self.identity = identity
        self.details = details
        self.features = features
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
