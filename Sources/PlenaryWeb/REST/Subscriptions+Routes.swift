internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/subscriptions` (`rooms-api.md` 5.3).
enum SubscriptionRoutes {
    private static let schema = SubscriptionResource.schema

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(
            endpoints: [
                list(platform), add(platform), show(platform), change(platform), remove(platform), renew(platform),
                cancel(platform),
            ] + featureEndpoints(platform), schemas: SubscriptionSchemas.all)
    }

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/subscriptions", .readSubscriptions,
            EndpointDescription("Subscriptions", "List the subscriptions", answer: "SubscriptionList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let caller = try request.caller
            let subscriptions = try await platform.subscriptions(for: caller)
            let view = SubscriptionResource.view(now: request.now, names: try await platform.names(in: query))
            return try await request.page(subscriptions, query, of: schema, view: view) { page in
                let shown = try await platform.json(of: page, query.selection.includes, for: caller)
                return page.map { shown[$0.number] ?? .null }
            }
        }
    }

    private static func add(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/subscriptions", .createSubscriptions,
            EndpointDescription(
                "Subscriptions", "Sell a package to a customer", body: "NewSubscription", status: 201,
                answer: "Subscription",
                problems: [.validationFailed, .packageUnavailable, .customerSuspended])
        ) { request in
            let subscription = try await platform.addSubscription(
                try request.object(), for: try request.caller, now: request.now)
            return request.created(
                SubscriptionResource.json(subscription, now: request.now),
                state: SubscriptionResource.state(subscription.details),
                at: "/subscriptions/\(subscription.identity.id)")
        }
    }

    private static func show(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/subscriptions/{subscription_id}", .readSubscriptions,
            EndpointDescription("Subscriptions", "Show a subscription", answer: "Subscription", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let caller = try request.caller
            let subscription = try await found(request, .readSubscriptions)
            let shown = try await platform.json(of: [subscription], selection.includes, for: caller)
            return request.answer(
                shown[subscription.number] ?? SubscriptionResource.json(subscription, now: request.now),
                state: SubscriptionResource.state(subscription.details), selection)
        }
    }

    private static func change(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/subscriptions/{subscription_id}", .updateSubscriptions,
            EndpointDescription(
                "Subscriptions",
                "Change a subscription; a customer's own change its name, description and metadata only",
                body: "SubscriptionChange", answer: "Subscription", problems: [.validationFailed, .preconditionFailed])
        ) { request in
            let subscription = try await found(request, .updateSubscriptions)
            let maySell = try request.caller.isPlatform
            let body = try request.object()
            let changed = try await platform.store.updateSubscription(subscription.number, now: request.now) {
                details in
                try request.checkMatch(SubscriptionResource.state(details))
                details = try SubscriptionResource.details(
                    from: body, changing: subscription, details, maySell: maySell, now: request.now)
            }
            guard let changed else { throw Problem(.notFound) }
            return answer(request, changed)
        }
    }

    private static func remove(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/subscriptions/{subscription_id}", .deleteSubscriptions,
            EndpointDescription(
                "Subscriptions", "Delete an inactive subscription with its accounts, their rooms and their data",
                status: 204, problems: [.notDeletable, .roomInUse, .preconditionFailed])
        ) { request in
            let subscription = try await toSell(request, .deleteSubscriptions)
            let isGone = try await platform.store.removeSubscription(
                subscription.number, withAccountsAt: request.now
            ) { subscription in
                try request.checkMatch(SubscriptionResource.state(subscription.details))
            }
            guard isGone else { throw Problem(.notFound) }
            return .noContent
        }
    }

    // MARK: what is done with one

    private static func renew(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/subscriptions/{subscription_id}/renew", .updateSubscriptions,
            EndpointDescription(
                "Subscriptions", "Add periods to a subscription", body: "Renewal", answer: "Subscription",
                problems: [.badRequest, .validationFailed, .subscriptionCanceled])
        ) { request in
            let subscription = try await toSell(request, .updateSubscriptions)
            let (cycles, uncancel) = try SubscriptionResource.renewal(from: try request.object())
            let lived = try await platform.store.renewSubscription(
                subscription.number, cycles: cycles, uncancel: uncancel, now: request.now)
            guard let lived else { throw Problem(.notFound) }
            return answer(request, lived.subscription)
        }
    }

    private static func cancel(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/subscriptions/{subscription_id}/cancel", .updateSubscriptions,
            EndpointDescription(
                "Subscriptions", "Let a subscription end with what is paid for, or at once", body: "Cancellation",
                answer: "Subscription", problems: [.validationFailed])
        ) { request in
            let subscription = try await found(request, .updateSubscriptions)
            let atOnce = try SubscriptionResource.flag("cancel_now", in: try request.object())
            let lived = try await platform.store.cancelSubscription(
                subscription.number, atOnce: atOnce, now: request.now)
            guard let lived else { throw Problem(.notFound) }
            return answer(request, lived.subscription)
        }
    }

    // MARK: what they share

    private static func answer(_ request: APIRequest, _ subscription: Subscription) -> APIAnswer {
        request.answer(
            SubscriptionResource.json(subscription, now: request.now),
            state: SubscriptionResource.state(subscription.details))
    }

    static func found(_ request: APIRequest, _ permission: Permission) async throws -> Subscription {
        try await request.platform.subscription(
            try request.reference("subscription_id"), permission, for: try request.caller)
    }

    /// One of which something changes that is paid for.
    static func toSell(_ request: APIRequest, _ permission: Permission) async throws -> Subscription {
        try await request.platform.subscription(
            try request.reference("subscription_id"), toSell: permission, for: try request.caller)
    }
}
