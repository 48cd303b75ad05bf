package import BigBlueButton
package import PlenaryCore

/// A subscription as the API shows it (`rooms-api.md` 5.3).
package enum SubscriptionResource {
    package static let schema = ResourceSchema(
        "Subscription",
        fields: ResourceSchema.commonFields + [
            .init("tag", filter: .text, searched: true), .init("name", filter: .text, sorts: true, searched: true),
            .init("description", searched: true), .init("package_id", filter: .identifier),
            .init("subscriber_id", filter: .identifier),
            .init("service_type", filter: .choice(ServiceType.allCases.map(\.rawValue)), sorts: true),
            .init("status", filter: .choice(SubscriptionLife.Status.allCases.map(\.rawValue)), sorts: true),
            .init("is_active", filter: .bool), .init("starts_at", filter: .time, sorts: true),
            .init("ends_at", filter: .time, sorts: true), .init("cancels_at", filter: .time, sorts: true),
            .init("canceled_at", filter: .time, sorts: true), .init("trial_period"), .init("trial_interval"),
            .init("trial_ends_at", filter: .time, sorts: true), .init("grace_period"), .init("grace_interval"),
            .init("periodicity"), .init("periodicity_type"), .init("tier", sorts: true), .init("price"),
            .init("currency", filter: .text), .init("subscription_metadata", filter: .metadata),
        ],
        relationships: [
            .init("features", nil), .init("usage", nil), .init("providers", nil), .init("accounts", "Account"),
            .init("package", PackageResource.schema.object), .init("customer", CustomerResource.schema.object),
        ])

    /// What a change would change; not what changes with the time.
    package static func state(_ details: SubscriptionDetails) -> JSON { .object(members(of: details, isActive: nil)) }

    /// - Parameter now: `is_active` depends on it.
    package static func json(_ subscription: Subscription, now: WireTime) -> JSON {
        var written = subscription.identity.members(of: schema.object)
        written.append(JSON.Member("tag", .text(subscription.tag)))
        written.append(JSON.Member("package_id", .text(subscription.packageID)))
        written.append(JSON.Member("subscriber_id", .text(subscription.subscriberID)))
        written.append(JSON.Member("service_type", .text(subscription.serviceType.rawValue)))
        written += members(of: subscription.details, isActive: subscription.life.isActive(at: now))
        written.append(JSON.Member("created_at", JSON(subscription.createdAt)))
        written.append(JSON.Member("updated_at", JSON(subscription.updatedAt)))
        return .object(written)
    }

    private static func members(of details: SubscriptionDetails, isActive: Bool?) -> [JSON.Member] {
        let life = details.life
        var written: [JSON.Member] = [
            .init("name", .text(details.name)), .init("description", .text(details.description)),
            .init("status", .text(life.status.rawValue)),
        ]
        if let isActive { written.append(JSON.Member("is_active", .bool(isActive))) }
        written += [
            JSON.Member("starts_at", JSON(life.startsAt)), JSON.Member("ends_at", JSON(life.endsAt)),
            JSON.Member("cancels_at", JSON(life.cancelsAt)), JSON.Member("canceled_at", JSON(life.canceledAt)),
        ]
        written += Terms.members(Terms.trial, life.trial)
        written.append(JSON.Member("trial_ends_at", JSON(life.trialEndsAt)))
        written += Terms.members(Terms.grace, life.grace)
        written += Terms.members(Terms.periodicity, life.periodicity)
        written += [
            JSON.Member("tier", Terms.json(details.tier)), JSON.Member("price", JSON(details.price)),
            JSON.Member("currency", JSON(details.currency)),
            JSON.Member("subscription_metadata", JSON(details.metadata)),
        ]
        return written
    }

    /// How a list looks at them.
    ///
    /// - Parameters:
    ///   - now: `is_active` depends on it.
    ///   - names: how the query calls packages and customers that it does not call by their `id`, by that `id`.
    package static func view(now: WireTime, names: [String: ResourceReference]) -> ShortList<Subscription>.View {
        ShortList<Subscription>.View(
            ulid: { $0.identity.ulid },
            value: { subscription, field, key in
                value(of: subscription, field, key, now: now, names: names)
            },
            text: { subscription, field in
                field == "tag" ? subscription.tag : state(subscription.details)[field]?.text
            })
    }

    private static func value(
        of subscription: Subscription, _ field: String, _ key: String?, now: WireTime,
        names: [String: ResourceReference]
    ) -> FilterValue? {
        let life = subscription.life
        switch field {
        case "tag": return .text(subscription.tag)
        case "package_id": return .identifier(names[subscription.packageID] ?? .id(subscription.packageID))
        case "subscriber_id": return .identifier(names[subscription.subscriberID] ?? .id(subscription.subscriberID))
        case "service_type": return .text(subscription.serviceType.rawValue)
        case "is_active": return .bool(life.isActive(at: now))
        case "starts_at": return life.startsAt.map { .time($0) }
        case "ends_at": return life.endsAt.map { .time($0) }
        case "cancels_at": return life.cancelsAt.map { .time($0) }
        case "canceled_at": return life.canceledAt.map { .time($0) }
        case "trial_ends_at": return life.trialEndsAt.map { .time($0) }
        case "tier": return Terms.sortValue(subscription.details.tier)
        default:
            return ResourceValues.value(
                of: subscription.identity, subscription.createdAt, subscription.updatedAt, field)
                ?? ResourceValues.value(in: state(subscription.details), field, key)
        }
    }
}

/// A feature of a subscription as the API shows it, with how much of it is used (`rooms-api.md` 5.3).
package enum SubscriptionFeatureResource {
    package static let schema = ResourceSchema(
        "SubscriptionFeature",
        fields: [
            .init("object"),
            .init("code", filter: .choice(FeatureCode.allCases.map(\.rawValue)), sorts: true, searched: true),
            .init("name", sorts: true, searched: true), .init("value"),
            .init("source", filter: .choice(["package", "subscription"])),
            .init("used", filter: .integer, sorts: true), .init("remaining", filter: .integer, sorts: true),
            .init("resets_at"),
        ])

    /// What a change would change: not how much is used.
    package static func state(_ feature: SubscriptionFeature) -> JSON {
        .object([
            .init("code", .text(feature.code.rawValue)), .init("value", FeatureResource.json(feature.value)),
            .init("source", .text(feature.source.rawValue)),
        ])
    }

    package static func json(_ usage: FeatureUsage) -> JSON {
        let feature = usage.feature
        return .object([
            .init("object", .text(schema.object)), .init("code", .text(feature.code.rawValue)),
            .init("name", .text(feature.code.feature.name)), .init("value", FeatureResource.json(feature.value)),
            .init("source", .text(feature.source.rawValue)), .init("used", JSON(usage.used)),
            .init("remaining", JSON(usage.remaining)),
            // No counter is set back (5.1).
            .init("resets_at", .null),
        ])
    }

    /// How a list looks at them; it has the order of the catalogue unless it is sorted otherwise.
    package static var view: ShortList<FeatureUsage>.View {
        FeatureResource.view(code: { $0.feature.code }, written: { json($0) })
    }

    /// One thing that sync does, or would do.
    package static func json(_ difference: FeatureSet.Difference) -> JSON {
        let change: String
        let from: FeatureValue?
        let to: FeatureValue?
        switch difference {
        case .added(_, let value): (change, from, to) = ("added", nil, value)
        case .changed(_, let old, let new): (change, from, to) = ("changed", old, new)
        case .removed(_, let value): (change, from, to) = ("removed", value, nil)
        }
        return .object([
            .init("code", .text(difference.code.rawValue)), .init("change", .text(change)),
            .init("from", from.map { FeatureResource.json($0) } ?? .null),
            .init("to", to.map { FeatureResource.json($0) } ?? .null),
        ])
    }

    /// What `features/sync` answers.
    package static func json(_ differences: [FeatureSet.Difference], dryRun: Bool) -> JSON {
        .object([
            .init("object", .text("FeatureSync")), .init("dry_run", .bool(dryRun)),
            .init("differences", .list(differences.map { json($0) })),
        ])
    }
}
