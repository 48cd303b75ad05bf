internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

extension SubscriptionRoutes {
    private static let featureSchema = SubscriptionFeatureResource.schema

    /// What a subscription has, and how much of it is used.
    static func featureEndpoints(_ platform: Platform) -> [Endpoint] {
        [
            usage(platform), listFeatures(platform), addFeature(platform), changeFeature(platform),
            removeFeature(platform), syncFeatures(platform),
        ]
    }

    private static func usage(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/subscriptions/{subscription_id}/usage", .readSubscriptions,
            EndpointDescription(
                "Subscriptions", "Tell how much of each feature is used", answer: "SubscriptionFeatureList",
                list: featureSchema)
        ) { request in
            try await answerUsage(platform, request)
        }
    }

    private static func listFeatures(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/subscriptions/{subscription_id}/features", .readSubscriptions,
            EndpointDescription(
                "Subscriptions", "List the features of a subscription", answer: "SubscriptionFeatureList",
                list: featureSchema)
        ) { request in
            try await answerUsage(platform, request)
        }
    }

    private static func answerUsage(_ platform: Platform, _ request: APIRequest) async throws -> APIAnswer {
        let query = try request.list(of: featureSchema)
        let subscription = try await found(request, .readSubscriptions)
        let usage = try await platform.store.usage(of: subscription.number, now: request.now)
        return try await request.page(usage, query, of: featureSchema, view: SubscriptionFeatureResource.view) { page in
            page.map { SubscriptionFeatureResource.json($0) }
        }
    }

    private static func addFeature(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/subscriptions/{subscription_id}/features", .updateSubscriptions,
            EndpointDescription(
                "Subscriptions", "Give a subscription a feature; its accounts go by it at once", body: "NewFeature",
                status: 201, answer: "SubscriptionFeature", problems: [.validationFailed, .featureExists])
        ) { request in
            let subscription = try await toSell(request, .updateSubscriptions)
            let given = try FeatureResource.given(from: try request.object())
            let feature = try await platform.store.setFeature(
                given.code, given.value, of: subscription.number, mustBeNew: true, now: request.now)
            let usage = try await platform.feature(given.code, of: subscription, now: request.now)
            return request.created(
                SubscriptionFeatureResource.json(usage), state: SubscriptionFeatureResource.state(feature),
                at: "/subscriptions/\(subscription.identity.id)/features/\(given.code.rawValue)")
        }
    }

    private static func changeFeature(_ platform: Platform) -> Endpoint {
        Endpoint(
            .patch, "/subscriptions/{subscription_id}/features/{code}", .updateSubscriptions,
            EndpointDescription(
                "Subscriptions", "Change a feature of a subscription; its accounts go by it at once",
                body: "FeatureChange", answer: "SubscriptionFeature",
                problems: [.validationFailed, .preconditionFailed])
        ) { request in
            let subscription = try await toSell(request, .updateSubscriptions)
            let code = try request.feature()
            let old = try await platform.feature(code, of: subscription, now: request.now)
            try request.checkMatch(SubscriptionFeatureResource.state(old.feature))
            let value = try FeatureResource.value(from: try request.object(), for: code)
            let feature = try await platform.store.setFeature(
                code, value, of: subscription.number, now: request.now)
            let usage = FeatureUsage(feature: feature, used: old.used)
            return request.answer(
                SubscriptionFeatureResource.json(usage), state: SubscriptionFeatureResource.state(feature))
        }
    }

    private static func removeFeature(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/subscriptions/{subscription_id}/features/{code}", .updateSubscriptions,
            EndpointDescription(
                "Subscriptions", "Take a feature from a subscription; it is not available to its rooms any more",
                status: 204, problems: [.preconditionFailed])
        ) { request in
            let subscription = try await toSell(request, .updateSubscriptions)
            let code = try request.feature()
            let old = try await platform.feature(code, of: subscription, now: request.now)
            try request.checkMatch(SubscriptionFeatureResource.state(old.feature))
            try await platform.store.removeFeature(code, of: subscription.number, now: request.now)
            return .noContent
        }
    }

    private static func syncFeatures(_ platform: Platform) -> Endpoint {
        Endpoint(
            .post, "/subscriptions/{subscription_id}/features/sync", .updateSubscriptions,
            EndpointDescription(
                "Subscriptions", "Give a subscription the features of its package as they are now, and no others",
                body: "FeatureSyncOrder", answer: "FeatureSync", problems: [.validationFailed])
        ) { request in
            let subscription = try await toSell(request, .updateSubscriptions)
            let dryRun = try SubscriptionResource.flag("dry_run", in: try request.object())
            let differences = try await platform.store.syncFeatures(
                of: subscription.number, dryRun: dryRun, now: request.now)
            return APIAnswer(body: SubscriptionFeatureResource.json(differences, dryRun: dryRun))
        }
    }
}
