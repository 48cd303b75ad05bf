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
    package func addCustomer(_ details: CustomerDetails, for caller: APICaller, now: WireTime) async throws -> Customer
    {
        try caller.check(.createCustomers, ownedBy: nil)
        var random = FleetRandom(time)
        return try await store.addCustomer(
            details, identity: ResourceIdentity(at: now, using: &random),
            key: ResourceIdentity.shortWord(Customer.keyLength, using: &random), now: now)
    }
}

extension Platform {
    /// Customers as they are shown, with what is included.
    ///
    /// - Throws: 403 `forbidden` for what the caller may not read.
    package func json(of customers: [Customer], _ includes: Includes, for caller: APICaller) async throws
        -> [CustomerNumber: JSON]
    {
        var shown: [CustomerNumber: JSON] = [:]
        for customer in customers { shown[customer.number] = CustomerResource.json(customer) }
        return shown
    }
}
