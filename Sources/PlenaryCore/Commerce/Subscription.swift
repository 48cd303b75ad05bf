package import BigBlueButton

package struct SubscriptionNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: SubscriptionNumber, right: SubscriptionNumber) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// What may be changed about a subscription.
package struct SubscriptionDetails: Sendable, Hashable {
    package var name: String
    package var description: String
    package var life: SubscriptionLife
    package var tier: Double?
    package var price: Price
    package var currency: Currency
    package var metadata: Metadata

    package init(
        name: String, description: String = "", life: SubscriptionLife, tier: Double? = nil, price: Price = .zero,
        currency: Currency = .euro, metadata: Metadata = .empty
    ) {
        self.name = name
        self.description = description
        self.life = life
        self.tier = tier
        self.price = price
        self.currency = currency
        self.metadata = metadata
    }

    /// - Throws: everything that is wrong.
    package func checked() throws(ValidationFault) -> SubscriptionDetails {
        var check = FieldCheck()
        check.text(name, "name", longest: 200)
        check.text(description, "description", longest: 5_000, mayBeEmpty: true)
        check.expect(tier?.isFinite ?? true, "tier", .outOfRange, "is a number")
        if let end = life.endsAt {
            check.expect(life.startsAt.map { $0 < end } ?? false, "ends_at", .outOfRange, "lies after starts_at")
        }
        if let end = life.trialEndsAt {
            check.expect(
                life.startsAt.map { $0 < end } ?? false, "trial_ends_at", .outOfRange, "lies after starts_at")
        }
        for fault in metadata.faults("subscription_metadata") { check.note(fault.field, fault.code, fault.rule) }
        try check.finish()
        return self
    }
}

/// One customer's purchase of a package (`rooms-api.md` 5.3).
package struct Subscription: Sendable, Hashable {
    package let number: SubscriptionNumber
    package let identity: ResourceIdentity
    /// 8 characters, unique, for people.
    package let tag: String
    /// What was bought, and its public id.
    package let bought: PackageNumber
    package let packageID: String
    /// Who bought it, and its public id.
    package let subscriber: CustomerNumber
    package let subscriberID: String
    /// Copied from the package; fixes the type of its rooms.
    package let serviceType: ServiceType
    package let details: SubscriptionDetails
    package let createdAt: WireTime
    package let updatedAt: WireTime

    package init(
        number: SubscriptionNumber, identity: ResourceIdentity, tag: String, bought: PackageNumber, packageID: String,
        subscriber: CustomerNumber, subscriberID: String, serviceType: ServiceType, details: SubscriptionDetails,
        createdAt: WireTime, updatedAt: WireTime
    ) {
        self.number = number
        self.identity = identity
        self.tag = tag
        self.bought = bought
        self.packageID = packageID
        self.subscriber = subscriber
        self.subscriberID = subscriberID
        self.serviceType = serviceType
        self.details = details
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Characters of ``tag``.
    package static let tagLength = 8

    package var life: SubscriptionLife { details.life }
}

/// What somebody wants to buy, with what shall deviate from the package.
package struct SubscriptionOrder: Sendable, Hashable {
    package let bought: PackageNumber
    package let subscriber: CustomerNumber
    /// When it begins; `nil`: 00:00:00 UTC of the day on which it is made (D-18).
    package var startsAt: WireTime?
    /// When what is paid for ends; `nil`: after one period. Only where it lies after the trial.
    package var endsAt: WireTime?
    /// `nil`: made from the package and the tag.
    package var name: String?
    package var description = ""
    package var trial: Period?
    package var grace: Period?
    package var periodicity: Period?
    package var price: Price?
    package var currency: Currency?
    package var tier: Double?
    package var metadata = Metadata.empty

    package init(_ bought: PackageNumber, for subscriber: CustomerNumber) {
        self.bought = bought
        self.subscriber = subscriber
    }

    /// What the subscription will be: the package's terms where nothing else is wanted.
    ///
    /// - Throws: ``ValidationFault`` when that is no subscription.
    package func details(of sold: PackageDetails, tag: String, now: WireTime) throws(ValidationFault)
        -> SubscriptionDetails
    {
        let begin = startsAt ?? now.startOfDay
        guard
            var life = SubscriptionLife(
                from: begin, trial: trial ?? sold.trial, grace: grace ?? sold.grace,
                periodicity: periodicity ?? sold.periodicity)
        else {
            var check = FieldCheck()
            check.note("starts_at", .outOfRange, "lets it end before the year 10000")
            try check.finish()
            preconditionFailure("a check with a fault throws")
        }
        if let endsAt { life.endsAt = endsAt }
        return try SubscriptionDetails(
            name: name ?? "\(sold.name) - \(tag)", description: description, life: life, tier: tier ?? sold.tier,
            price: price ?? sold.price, currency: currency ?? sold.currency, metadata: metadata
        ).checked()
    }
}
