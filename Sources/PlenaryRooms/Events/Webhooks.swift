package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

/// What an operator may say about web hooks.
package struct WebhookSettings: Sendable, Hashable {
    /// Whether they may lead into the operator's own networks.
    package var allowsPrivate: Bool
    /// Whether they may go without TLS.
    package var allowsHTTP: Bool
    package var schedule = WebhookSchedule()
    /// Messages that are sent at the same time, and of these, those to one receiver, and those of one owner.
    package var atATime = 32
    package var toOneReceiver = 4
    package var toOneOwner = 8

    package init(allowsPrivate: Bool = false, allowsHTTP: Bool = false) {
        self.allowsPrivate = allowsPrivate
        self.allowsHTTP = allowsHTTP
    }
}

/// A web hook with the secret that was made for it, which nobody sees again.
package struct ShownWebhook: Sendable, Hashable {
    package let webhook: Webhook
    /// `nil`: it has the one that it had.
    package let secret: Secret?
}

extension Platform {
    /// The web hooks that somebody gets to see.
    package func webhooks(for caller: APICaller) async throws -> [Webhook] {
        try await store.webhooks().filter { caller.principal.reach.includes($0.owner?.number) }
    }

    /// - Throws: 404 `not_found`, also for one that is not the caller's to see.
    package func webhook(_ reference: ResourceReference, for caller: APICaller) async throws -> Webhook {
        try caller.check(.manageWebhooks)
        guard let webhook = try await store.webhook(reference) else { throw Problem(.notFound) }
        try caller.check(.manageWebhooks, ownedBy: webhook.owner?.number)
        return webhook
    }

    /// - Throws: 422 `validation_failed`; 403 `limit_exceeded`, `customer_suspended`.
    package func addWebhook(_ body: ObjectReader, for caller: APICaller, now: WireTime) async throws -> ShownWebhook {
        try caller.check(.manageWebhooks)
        var customer: CustomerNumber?
        var fault: RequestFault?
        switch WebhookResource.customer(in: body) {
        case .value(let reference):
            let found = try await store.customer(reference)
            if let found, caller.principal.reach.includes(found.number) {
                customer = found.number
            } else {
                fault = RequestFault("customer_id", .notFound, "There is no such customer.")
            }
        case .absent, .null:
            // The platform's are told of everybody, so that only who sees everybody makes one.
            if case .customers(let customers) = caller.principal.reach {
                customer = customers.count == 1 ? customers.first : nil
                if customer == nil {
                    fault = RequestFault("customer_id", .required, "It says whose events are told.")
                }
            }
        }
        let details = try WebhookResource.details(from: body, fault: fault, settings: settings.webhooks)
        if let customer {
            guard try await store.customer(customer)?.details.status.mayCreateResources != false else {
                throw Problem(.customerSuspended)
            }
        }
        var random = FleetRandom(time)
        let identity = ResourceIdentity(at: now, using: &random)
        let secret = WebhookSignature.newSecret(using: &random)
        do {
            let webhook = try await store.addWebhook(
                details, of: customer, secret: secret, identity: identity, now: now)
            return ShownWebhook(webhook: webhook, secret: secret)
        } catch is WebhookLimit {
            throw Problem(.limitExceeded, "There are \(Webhook.mostOfOneOwner) web hooks already.")
        }
    }

    /// - Parameter check: gets the details as they are, and may throw to leave them so.
    /// - Throws: 404 `not_found`; 422 `validation_failed`.
    package func updateWebhook(
        _ webhook: Webhook, _ body: ObjectReader, now: WireTime,
        check: @escaping @Sendable (WebhookDetails) throws -> Void
    ) async throws -> ShownWebhook {
        let settings = self.settings.webhooks
        // Read before, so that no secret is made for a body that is wrong.
        _ = try WebhookResource.details(from: body, changing: webhook, webhook.details, settings: settings)
        var random = FleetRandom(time)
        let secret = WebhookResource.rotates(body) ? WebhookSignature.newSecret(using: &random) : nil
        let changed = try await store.updateWebhook(webhook.number, newSecret: secret, now: now) { details in
            try check(details)
            details = try WebhookResource.details(from: body, changing: webhook, details, settings: settings)
        }
        guard let changed else { throw Problem(.notFound) }
        return ShownWebhook(webhook: changed, secret: secret)
    }

    /// - Throws: 400 `bad_request` for one that is not active; 404 `not_found`.
    package func testWebhook(_ webhook: Webhook, now: WireTime) async throws -> WebhookDelivery {
        try Self.checkActive(webhook)
        guard let delivery = try await store.testWebhook(webhook.number, now: now) else { throw Problem(.notFound) }
        return delivery
    }

    /// - Parameter id: of the delivery.
    /// - Throws: 400 `bad_request` for one that is not active; 404 `not_found`.
    package func redeliver(_ id: String, of webhook: Webhook, now: WireTime) async throws -> WebhookDelivery {
        try Self.checkActive(webhook)
        guard let delivery = try await store.redeliver(id, of: webhook.number, now: now) else {
            throw Problem(.notFound)
        }
        return delivery
    }

    private static func checkActive(_ webhook: Webhook) throws(Problem) {
        guard webhook.details.isActive else {
            throw Problem(.badRequest, "The web hook is switched off; make it active first.")
        }
    }
}
