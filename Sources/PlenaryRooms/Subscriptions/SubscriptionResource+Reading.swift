package import BigBlueButton
package import PlenaryCore

extension SubscriptionResource {
    // MARK: a new one

    /// To what the body of a new subscription refers; `nil`: it is missing, or no identifier, which is told by
    /// ``order(from:of:for:tag:now:)``.
    package static func references(in body: ObjectReader) -> (sold: ResourceReference?, subscriber: ResourceReference?)
    {
        var reader = body
        return (
            reader.required("package_id", JSONKind<ResourceReference>.reference),
            reader.required("subscriber_id", JSONKind<ResourceReference>.reference)
        )
    }

    /// What somebody wants to buy.
    ///
    /// - Parameters:
    ///   - sold: what ``references(in:)`` refers to; `nil`: there is no such package.
    ///   - subscriber: `nil`: there is no such customer.
    ///   - tag: of the subscription; its default name has it.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func order(
        from body: ObjectReader, of sold: ServicePackage?, for subscriber: Customer?, tag: String, now: WireTime
    ) throws(Problem) -> SubscriptionOrder {
        var reader = body
        let bought = reader.required("package_id", JSONKind<ResourceReference>.reference)
        if bought != nil, sold == nil { reader.note("package_id", .notFound, "There is no such package.") }
        let buyer = reader.required("subscriber_id", JSONKind<ResourceReference>.reference)
        if buyer != nil, subscriber == nil { reader.note("subscriber_id", .notFound, "There is no such customer.") }
        // The numbers of what is not there do not matter: it is told in the end.
        var order = SubscriptionOrder(sold?.number ?? PackageNumber(0), for: subscriber?.number ?? CustomerNumber(0))
        let details = sold?.details ?? PackageDetails(name: "")

        ResourceValues.readConstants(&reader, of: schema.object, nil)
        reader.readOnly("tag", is: nil)
        reader.readOnly("service_type", is: sold.map { .text($0.details.serviceType.rawValue) })
        reader.readOnly("status", is: .text(SubscriptionLife.Status.active.rawValue))
        reader.readOnly("is_active", is: nil)
        // They follow from what is said, or come later.
        for name in ["cancels_at", "canceled_at", "trial_ends_at"] { reader.readOnly(name, is: .null) }
        order.name = reader.patch("name", JSONKind<String>.text(longest: 200)).applied(to: nil)
        order.description = reader.patch(
            "description", JSONKind<String>.text(longest: 5_000, mayBeEmpty: true, isLong: true)
        )
        .applied(to: "", null: "")
        order.startsAt = reader.patch("starts_at", JSONKind<WireTime>.time).applied(to: nil)
        order.endsAt = reader.patch("ends_at", JSONKind<WireTime>.time).applied(to: nil)
        order.trial = Terms.period(Terms.trial, &reader, details.trial)
        order.grace = Terms.period(Terms.grace, &reader, details.grace)
        order.periodicity = Terms.period(Terms.periodicity, &reader, details.periodicity)
        order.tier = reader.patch("tier", JSONKind<Double>.number).applied(to: nil)
        order.price = reader.patch("price", JSONKind<Price>.price).applied(to: nil)
        order.currency = reader.patch("currency", JSONKind<Currency>.currency).applied(to: nil)
        order.metadata = reader.patch("subscription_metadata", JSONKind<Metadata>.metadata)
            .applied(to: .empty, null: .empty)
        if sold != nil {
            do throws(ValidationFault) {
                _ = try order.details(of: details, tag: tag, now: now)
            } catch {
                reader.add(error)
            }
        }
        try reader.finish()
        return order
    }

    // MARK: a change

    /// The details after a PATCH.
    ///
    /// - Parameters:
    ///   - maySell: without it only names, descriptions and metadata change: what is paid for is not the customer's to set.
    ///   - now: `is_active` depends on it.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func details(
        from body: ObjectReader, changing subscription: Subscription, _ old: SubscriptionDetails, maySell: Bool,
        now: WireTime
    ) throws(Problem) -> SubscriptionDetails {
        var reader = body
        var details = old
        let shown = json(subscription, now: now)
        ResourceValues.readConstants(
            &reader, of: schema.object, (subscription.identity, subscription.createdAt, subscription.updatedAt))
        for name in ["tag", "package_id", "subscriber_id", "service_type", "is_active"] {
            reader.readOnly(name, is: shown[name])
        }
        details.name = reader.optional("name", JSONKind<String>.text(longest: 200)) ?? old.name
        details.description = reader.patch(
            "description", JSONKind<String>.text(longest: 5_000, mayBeEmpty: true, isLong: true)
        )
        .applied(to: old.description, null: "")
        details.metadata = reader.patch("subscription_metadata", JSONKind<Metadata>.metadata)
            .applied(to: old.metadata, null: .empty)
        if maySell {
            readTerms(&reader, into: &details)
        } else {
            let state = state(old)
            for name in termNames { reader.readOnly(name, is: state[name]) }
        }
        var checked = details
        do throws(ValidationFault) { checked = try details.checked() } catch { reader.add(error) }
        try reader.finish()
        return checked
    }

    /// What ``readTerms(_:into:)`` reads.
    private static let termNames = [
        "status", "starts_at", "ends_at", "cancels_at", "canceled_at", "trial_period", "trial_interval",
        "trial_ends_at", "grace_period", "grace_interval", "periodicity", "periodicity_type", "tier", "price",
        "currency",
    ]

    private static func readTerms(_ reader: inout ObjectReader, into details: inout SubscriptionDetails) {
        let old = details
        readCancellation(&reader, &details.life)
        details.life.status =
            reader.optional("status", JSONKind<SubscriptionLife.Status>.choice) ?? details.life.status
        details.life.startsAt = reader.patch("starts_at", JSONKind<WireTime>.time).applied(to: old.life.startsAt)
        details.life.endsAt = reader.patch("ends_at", JSONKind<WireTime>.time).applied(to: old.life.endsAt)
        details.life.trialEndsAt = reader.patch("trial_ends_at", JSONKind<WireTime>.time)
            .applied(to: old.life.trialEndsAt)
        details.life.trial = Terms.period(Terms.trial, &reader, old.life.trial) ?? old.life.trial
        details.life.grace = Terms.period(Terms.grace, &reader, old.life.grace) ?? old.life.grace
        details.life.periodicity =
            Terms.period(Terms.periodicity, &reader, old.life.periodicity) ?? old.life.periodicity
        details.tier = reader.patch("tier", JSONKind<Double>.number).applied(to: old.tier)
        details.price = reader.optional("price", JSONKind<Price>.price) ?? old.price
        details.currency = reader.optional("currency", JSONKind<Currency>.currency) ?? old.currency
    }

    /// `"cancels_at": null` takes a cancellation back; making one is a call of its own.
    private static func readCancellation(_ reader: inout ObjectReader, _ life: inout SubscriptionLife) {
        let (cancelsAt, canceledAt) = (life.cancelsAt, life.canceledAt)
        var isTakenBack = false
        switch reader.patch("cancels_at", JSONKind<WireTime>.time) {
        case .absent: break
        case .null: isTakenBack = cancelsAt != nil
        case .value(let time):
            if time.timestamp != cancelsAt?.timestamp {
                reader.note("cancels_at", .readOnly, "It is set by canceling.", expected: JSON(cancelsAt))
            }
        }
        if isTakenBack { _ = life.uncancel() }
        // What was fetched may still say when that was.
        switch reader.patch("canceled_at", JSONKind<WireTime>.time) {
        case .absent: break
        case .null:
            if canceledAt != nil, !isTakenBack {
                reader.note("canceled_at", .readOnly, "It cannot be set.", expected: JSON(canceledAt))
            }
        case .value(let time):
            if time.timestamp != canceledAt?.timestamp {
                reader.note("canceled_at", .readOnly, "It cannot be set.", expected: JSON(canceledAt))
            }
        }
    }

    // MARK: what is done with one

    /// - Returns: how many periods, and whether a cancellation is taken back first.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func renewal(from body: ObjectReader) throws(Problem) -> (cycles: Int, uncancel: Bool) {
        var reader = body
        let cycles = reader.optional("cycles", JSONKind<Int>.integer(1...SubscriptionLife.mostCycles)) ?? 1
        let uncancel = reader.optional("uncancel", JSONKind<Bool>.bool) ?? false
        try reader.finish()
        return (cycles, uncancel)
    }

    /// A body whose only member is on or off; off where it is absent.
    ///
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func flag(_ name: String, in body: ObjectReader) throws(Problem) -> Bool {
        var reader = body
        let isOn = reader.optional(name, JSONKind<Bool>.bool) ?? false
        try reader.finish()
        return isOn
    }
}
