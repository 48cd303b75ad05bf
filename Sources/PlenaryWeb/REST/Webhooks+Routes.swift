internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/webhooks` and `/events` (`rooms-api.md` 16).
enum WebhookRoutes {
    private static let schema = WebhookResource.schema
    private static let heading = "Web hooks and events"

    static func group(_ platform: Platform) -> EndpointGroup {
        EndpointGroup(
            endpoints: [
                list(platform), add(platform), show(platform), change(platform), remove(platform), test(platform),
                deliveries(platform), redeliver(platform), events(platform),
            ], schemas: WebhookSchemas.all)
    }

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/webhooks", .manageWebhooks,
            EndpointDescription(heading, "List the web hooks", answer: "WebhookList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let webhooks = try await platform.webhooks(for: try request.caller)
            return try await request.page(webhooks, query, of: schema, view: WebhookResource.view) { page in
                page.map { WebhookResource.json($0) }
            }
        }
    }

    private static func add(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/webhooks", .manageWebhooks,
            EndpointDescription(
                heading, "Add a web hook; its secret is shown in this answer and never again", body: "NewWebhook",
                status: 201, answer: "Webhook", problems: [.validationFailed, .limitExceeded, .customerSuspended])
        ) { request in
            let made = try await platform.addWebhook(
                try request.object(), for: try request.caller, now: request.now)
            return request.created(
                WebhookResource.json(made.webhook, secret: made.secret),
                state: WebhookResource.state(made.webhook.details), at: "/webhooks/\(made.webhook.identity.id)")
        }
    }

    private static func show(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/webhooks/{webhook_id}", .manageWebhooks,
            EndpointDescription(heading, "Show a web hook without its secret", answer: "Webhook", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let webhook = try await found(request)
            return request.answer(
                WebhookResource.json(webhook), state: WebhookResource.state(webhook.details), selection)
        }
    }

    private static func change(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/webhooks/{webhook_id}", .manageWebhooks,
            EndpointDescription(
                heading,
                "Change a web hook; with rotate_secret the answer shows the new secret, and those before sign for a day",
                body: "WebhookChange", answer: "Webhook", problems: [.validationFailed, .preconditionFailed],
                isRepeatable: true)
        ) { request in
            let webhook = try await found(request)
            let changed = try await platform.updateWebhook(webhook, try request.object(), now: request.now) { details in
                try request.checkMatch(WebhookResource.state(details))
            }
            return request.answer(
                WebhookResource.json(changed.webhook, secret: changed.secret),
                state: WebhookResource.state(changed.webhook.details))
        }
    }

    private static func remove(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/webhooks/{webhook_id}", .manageWebhooks,
            EndpointDescription(
                heading, "Delete a web hook with all that it was to be told", status: 204,
                problems: [.preconditionFailed])
        ) { request in
            let webhook = try await found(request)
            let isGone = try await platform.store.removeWebhook(webhook.number) { held in
                try request.checkMatch(WebhookResource.state(held.details))
            }
            guard isGone else { throw Problem(.notFound) }
            return .noContent
        }
    }

    private static func test(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/webhooks/{webhook_id}/test", .manageWebhooks,
            EndpointDescription(
                heading, "Send the event webhook.test to a web hook", body: "WebhookOrder", status: 202,
                answer: "WebhookDelivery", problems: [.badRequest])
        ) { request in
            let webhook = try await found(request)
            try empty(request)
            let delivery = try await platform.testWebhook(webhook, now: request.now)
            return APIAnswer(status: 202, body: WebhookDeliveryResource.json(delivery, of: webhook))
        }
    }

    private static func deliveries(_ platform: Platform) -> Endpoint {
        let schema = WebhookDeliveryList.schema
        return Endpoint(
            .get, "/webhooks/{webhook_id}/deliveries", .manageWebhooks,
            EndpointDescription(
                heading, "List what a web hook was told, or is to be told", answer: "WebhookDeliveryList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let webhook = try await found(request)
            let page = try await platform.store.webhookDeliveries(of: webhook.number, query)
            let data = page.items.map {
                query.selection.applied(to: WebhookDeliveryResource.json($0, of: webhook))
            }
            return request.answer(
                ListAnswer(data: data, total: page.total, next: page.next), query, of: schema)
        }
    }

    private static func redeliver(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", .manageWebhooks,
            EndpointDescription(
                heading, "Send something anew, whatever became of it", body: "WebhookOrder", status: 202,
                answer: "WebhookDelivery", problems: [.badRequest])
        ) { request in
            let webhook = try await found(request)
            try empty(request)
            let delivery = try await platform.redeliver(
                request.argument("delivery_id"), of: webhook, now: request.now)
            return APIAnswer(status: 202, body: WebhookDeliveryResource.json(delivery, of: webhook))
        }
    }

    private static func events(_ platform: Platform) -> Endpoint {
        let schema = EventList.schema
        return Endpoint(
            .get, "/events", .readEvents,
            EndpointDescription(
                heading, "List what happened in the last 30 days", answer: "EventList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let reach = try request.caller.principal.reach
            let page = try await platform.store.events(query, reach: reach)
            let data = page.items.map { query.selection.applied(to: $0.json) }
            return request.answer(
                ListAnswer(data: data, total: page.total, next: page.next), query, of: schema)
        }
    }

    private static func found(_ request: APIRequest) async throws -> Webhook {
        try await request.platform.webhook(try request.reference("webhook_id"), for: try request.caller)
    }

    /// A body that says nothing.
    private static func empty(_ request: APIRequest) throws {
        var body = try request.object()
        try body.finish()
    }
}
