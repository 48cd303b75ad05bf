internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/customers` (`rooms-api.md` 3).
enum CustomerRoutes {
    private static let schema = CustomerResource.schema

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(
            endpoints: [
                Endpoint(
                    .get, "/customers", .readCustomers,
                    EndpointDescription("Customers", "List the customers", answer: "CustomerList", list: schema)
                ) { request in
                    let query = try request.list(of: schema)
                    let caller = try request.caller
                    let customers = try await platform.customers(for: caller)
                    return try await request.page(customers, query, of: schema, view: CustomerResource.view) { page in
                        let shown = try await platform.json(of: page, query.selection.includes, for: caller)
                        return page.map { shown[$0.number] ?? .null }
                    }
                },
                Endpoint(
                    .post, "/customers", .createCustomers,
                    EndpointDescription(
                        "Customers", "Add a customer", body: "NewCustomer", status: 201, answer: "Customer",
                        problems: [.validationFailed])
                ) { request in
                    let caller = try request.caller
                    try caller.checkPlatform(.createCustomers)
                    let details = try CustomerResource.details(
                        from: try request.object(), platform: platform.settings.host)
                    let customer = try await platform.addCustomer(details, for: caller, now: request.now)
                    return request.created(
                        CustomerResource.json(customer), state: CustomerResource.state(customer.details),
                        at: "/customers/\(customer.identity.id)")
                },
                Endpoint(
                    .get, "/customers/{customer_id}", .readCustomers,
                    EndpointDescription("Customers", "Show a customer", answer: "Customer", single: schema)
                ) { request in
                    let selection = try request.selection(of: schema)
                    let customer = try await customer(request, .readCustomers)
                    let shown = try await platform.json(of: [customer], selection.includes, for: try request.caller)
                    return request.answer(
                        shown[customer.number] ?? CustomerResource.json(customer),
                        state: CustomerResource.state(customer.details), selection)
                },
                Endpoint(
                    .patch, "/customers/{customer_id}", .updateCustomers,
                    EndpointDescription(
                        "Customers", "Change a customer", body: "CustomerChange", answer: "Customer",
                        problems: [.validationFailed, .preconditionFailed])
                ) { request in
                    let customer = try await customer(request, .updateCustomers)
                    let maySell = try request.caller.isPlatform
                    let body = try request.object()
                    let changed = try await platform.store.updateCustomer(customer.number, now: request.now) {
                        details in
                        try request.checkMatch(CustomerResource.state(details))
                        details = try CustomerResource.details(
                            from: body, changing: customer, details, maySell: maySell,
                            platform: platform.settings.host)
                    }
                    guard let changed else { throw Problem(.notFound) }
                    return request.answer(
                        CustomerResource.json(changed), state: CustomerResource.state(changed.details))
                },
                Endpoint(
                    .delete, "/customers/{customer_id}", .deleteCustomers,
                    EndpointDescription(
                        "Customers", "Delete a terminated customer with everything that belongs to it", status: 204,
                        problems: [.notDeletable, .roomInUse, .preconditionFailed])
                ) { request in
                    let customer = try await customer(request, .deleteCustomers)
                    let isGone = try await platform.store.removeCustomer(
                        customer.number, withAccountsAt: request.now
                    ) { customer in
                        try request.checkMatch(CustomerResource.state(customer.details))
                    }
                    guard isGone else { throw Problem(.notFound) }
                    return .noContent
                },
            ], schemas: CustomerSchemas.all)
    }

    private static func customer(_ request: APIRequest, _ permission: Permission) async throws -> Customer {
        try await request.platform.customer(
            try request.reference("customer_id"), permission, for: try request.caller)
    }
}
