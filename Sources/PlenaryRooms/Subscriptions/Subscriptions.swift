package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

extension Platform {
    /// The subscriptions that somebody gets to see.
    package func subscriptions(for caller: APICaller) async throws -> [Subscription] {
        switch caller.principal.reach {
        case .platform: return try await store.subscriptions()
        case .customers(let numbers):
            var found: [Subscription] = []
            for number in numbers.sorted() { found += try await store.subscriptions(of: number) }
            return found
        }
    }

    /// - Throws: 404 `not_found`, also for one that is not the caller's to see; 403 `forbidden`.
    package func subscription(_ reference: ResourceReference, _ permission: Permission, for caller: APICaller)
        async throws -> Subscription
    {
        try caller.check(permission)
        let found = try await store.subscription(reference)
        guard let subscription = found else { throw Problem(.notFound) }
        try caller.check(permission, ownedBy: subscription.subscriber)
        return subscription
    }

    /// One of which something changes that is paid for: by the platform's own only.
    ///
    /// - Throws: 403 `forbidden`; 404 `not_found`.
    package func subscription(_ reference: ResourceReference, toSell permission: Permission, for caller: APICaller)
        async throws -> Subscription
    {
        try caller.checkPlatform(permission)
        let found = try await store.subscription(reference)
        guard let subscription = found else { throw Problem(.notFound) }
        return subscription
    }

    /// Sells what a body asks for.
    ///
    /// - Throws: 403 `forbidden`; 422 `validation_failed`; what the store throws: `package_unavailable`, say.
    package func addSubscription(_ body: ObjectReader, for caller: APICaller, now: WireTime) async throws
        -> Subscription
    {
        try caller.checkPlatform(.createSubscriptions)
        let (bought, buyer) = SubscriptionResource.references(in: body)
        var sold: ServicePackage?
        if let bought { sold = try await store.servicePackage(bought) }
        var subscriber: Customer?
        if let buyer { subscriber = try await store.customer(buyer) }
        var random = FleetRandom(time)
        let tag = ResourceIdentity.shortWord(Subscription.tagLength, using: &random)
        let order = try SubscriptionResource.order(from: body, of: sold, for: subscriber, tag: tag, now: now)
        return try await store.addSubscription(
            order, identity: ResourceIdentity(at: now, using: &random), tag: tag, now: now)
    }

    /// How a query calls packages and customers that it does not call by their `id`: filters compare what is written the same.
    ///
    /// - Returns: by that `id`.
    package func names(in query: ListQuery) async throws -> [String: ResourceReference] {
        var names: [String: ResourceReference] = [:]
        for filter in query.filters {
            guard case .isAny(let values) = filter.condition else { continue }
            for value in values {
                guard case .identifier(let reference) = value else { continue }
                if case .id = reference { continue }
                switch filter.field {
                case "package_id":
                    if let sold = try await store.servicePackage(reference) { names[sold.identity.id] = reference }
                case "subscriber_id":
                    if let customer = try await store.customer(reference) { names[customer.identity.id] = reference }
                default: break
                }
            }
        }
        return names
    }

    /// A feature of a subscription, with how much of it is used.
    ///
    /// - Throws: 404 `not_found` when the subscription does not have it.
    package func feature(_ code: FeatureCode, of subscription: Subscription, now: WireTime) async throws -> FeatureUsage
    {
        let usage = try await store.usage(of: subscription.number, now: now)
        guard let found = usage.first(where: { $0.feature.code == code }) else { throw CommerceFault.noFeature(code) }
        return found
    }
}

extension Platform {
    /// Subscriptions as they are shown, with what is included.
    ///
    /// - Throws: 403 `forbidden` for what the caller may not read.
    package func json(of subscriptions: [Subscription], _ includes: Includes, for caller: APICaller) async throws
        -> [SubscriptionNumber: JSON]
    {
        let now = time.now()
        if includes["package"] != nil { try caller.check(.readPackages) }
        if includes["customer"] != nil { try caller.check(.readCustomers) }
        if includes["accounts"] != nil { try caller.check(.readAccounts) }
        let accounts = try await accounts(of: subscriptions, includes["accounts"], for: caller)
        let packages = try await packages(of: subscriptions, includes["package"], for: caller)
        let customers = try await customers(of: subscriptions, includes["customer"], for: caller)
        var shown: [SubscriptionNumber: JSON] = [:]
        for subscription in subscriptions {
            var json = SubscriptionResource.json(subscription, now: now)
            if includes["features"] != nil {
                let features = try await store.features(of: subscription.number)
                json = json.including("features", .list(features.map { SubscriptionFeatureResource.state($0) }))
            }
            if includes["usage"] != nil {
                let usage = try await store.usage(of: subscription.number, now: now)
                json = json.including("usage", .list(usage.map { SubscriptionFeatureResource.json($0) }))
            }
            if includes["providers"] != nil {
                let attached = try await store.providers(of: .subscription(subscription.number))
                json = json.including("providers", .list(attached.map(\.included)))
            }
            if includes["accounts"] != nil {
                json = json.including("accounts", .list(accounts[subscription.number] ?? []))
            }
            if includes["package"] != nil {
                json = json.including("package", packages[subscription.bought] ?? .null)
            }
            if includes["customer"] != nil {
                json = json.including("customer", customers[subscription.subscriber] ?? .null)
            }
            shown[subscription.number] = json
        }
        return shown
    }

    /// In the order in which they were made.
    private func accounts(of subscriptions: [Subscription], _ includes: Includes?, for caller: APICaller) async throws
        -> [SubscriptionNumber: [JSON]]
    {
        guard let includes else { return [:] }
        let wanted = Set(subscriptions.map(\.number))
        let found = try await accounts(for: caller).filter { account in
            account.owner.map { wanted.contains($0.subscription) } ?? false
        }
        let written = try await json(of: found, includes, for: caller)
        var shown: [SubscriptionNumber: [JSON]] = [:]
        for account in found {
            if let json = written[account.account.id], let owner = account.owner {
                shown[owner.subscription, default: []].append(json)
            }
        }
        return shown
    }

    /// What was bought, also where it is hidden by now: who has it may see it.
    private func packages(of subscriptions: [Subscription], _ includes: Includes?, for caller: APICaller) async throws
        -> [PackageNumber: JSON]
    {
        guard let includes else { return [:] }
        let wanted = Set(subscriptions.map(\.bought))
        let found = try await store.servicePackages().filter { wanted.contains($0.number) }
        return try await json(of: found, includes, for: caller)
    }

    private func customers(of subscriptions: [Subscription], _ includes: Includes?, for caller: APICaller) async throws
        -> [CustomerNumber: JSON]
    {
        guard let includes else { return [:] }
        let wanted = Set(subscriptions.map(\.subscriber))
        let found = try await customers(for: caller).filter { wanted.contains($0.number) }
        return try await json(of: found, includes, for: caller)
    }
}
