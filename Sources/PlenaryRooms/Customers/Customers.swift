package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

extension Platform {
    /// The customers that somebody gets to see.
    package func customers(for caller: APICaller) async throws -> [Customer] {
        try await store.customers().filter { caller.principal.reach.includes($0.number) }
    }

    /// - Throws: 404 `not_found`, also for one that is not the caller's to see.
    package func customer(_ reference: ResourceReference, _ permission: Permission, for caller: APICaller)
        async throws -> Customer
    {
        guard let customer = try await store.customer(reference) else { throw Problem(.notFound) }
        try caller.check(permission, ownedBy: customer.number)
        return customer
    }

    /// Customers are made by who sees all of them.
    ///
    /// - Throws: 403 `forbidden`.
    package func addCustomer(_ details: CustomerDetails, for caller: APICaller, now: WireTime) async throws -> Customer
    {
        try caller.checkPlatform(.createCustomers)
        var random = FleetRandom(time)
        return try await store.addCustomer(
            details, identity: ResourceIdentity(at: now, using: &random),
            key: ResourceIdentity.shortWord(Customer.keyLength, using: &random),
            owner: ResourceIdentity(at: now, using: &random), now: now)
    }
}

extension Platform {
    /// Customers as they are shown, with what is included.
    ///
    /// - Throws: 403 `forbidden` for what the caller may not read.
    package func json(of customers: [Customer], _ includes: Includes, for caller: APICaller) async throws
        -> [CustomerNumber: JSON]
    {
        if includes["subscriptions"] != nil { try caller.check(.readSubscriptions) }
        let subscriptions = try await subscriptions(of: customers, includes["subscriptions"], for: caller)
        if includes["accounts"] != nil { try caller.check(.readAccounts) }
        if includes["users"] != nil { try caller.check(.readUsers) }
        let accounts = try await accounts(of: customers, includes["accounts"], for: caller)
        var shown: [CustomerNumber: JSON] = [:]
        for customer in customers {
            var json = CustomerResource.json(customer)
            if includes["accounts"] != nil { json = json.including("accounts", .list(accounts[customer.number] ?? [])) }
            if includes["users"] != nil {
                let members = try await members(of: customer)
                json = json.including("users", .list(members.map { MemberResource.json($0, of: customer) }))
            }
            if includes["subscriptions"] != nil {
                json = json.including("subscriptions", .list(subscriptions[customer.number] ?? []))
            }
            shown[customer.number] = json
        }
        return shown
    }

    /// In the order in which they were made.
    private func accounts(of customers: [Customer], _ includes: Includes?, for caller: APICaller) async throws
        -> [CustomerNumber: [JSON]]
    {
        guard let includes else { return [:] }
        let wanted = Set(customers.map(\.number))
        let found = try await accounts(for: caller).filter { account in
            account.owner.map { wanted.contains($0.customer) } ?? false
        }
        let written = try await json(of: found, includes, for: caller)
        var shown: [CustomerNumber: [JSON]] = [:]
        for account in found {
            if let json = written[account.account.id], let owner = account.owner {
                shown[owner.customer, default: []].append(json)
            }
        }
        return shown
    }

    /// In the order in which they were made.
    private func subscriptions(of customers: [Customer], _ includes: Includes?, for caller: APICaller) async throws
        -> [CustomerNumber: [JSON]]
    {
        guard let includes else { return [:] }
        let wanted = Set(customers.map(\.number))
        let found = try await subscriptions(for: caller).filter { wanted.contains($0.subscriber) }
        let written = try await json(of: found, includes, for: caller)
        var shown: [CustomerNumber: [JSON]] = [:]
        for subscription in found {
            if let json = written[subscription.number] { shown[subscription.subscriber, default: []].append(json) }
        }
        return shown
    }
}
