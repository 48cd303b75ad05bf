internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// The providers of packages and of subscriptions (`rooms-api.md` 5.2, 5.3): endpoints of one shape at two places.
enum AttachmentRoutes {
    static func endpoints(_ platform: Platform) -> [Endpoint] {
        Place.allCases.flatMap { place in
            [list(platform, place), add(platform, place), change(platform, place), remove(platform, place)]
        }
    }

    /// Who has providers.
    private enum Place: Sendable, CaseIterable {
        case soldPackage
        case subscription

        var path: String {
            switch self {
            case .soldPackage: "/packages/{package_id}/providers"
            case .subscription: "/subscriptions/{subscription_id}/providers"
            }
        }

        /// Of the path, behind ``path``: any identifier of the service provider.
        var argument: String {
            switch self {
            case .soldPackage: "package_provider_id"
            case .subscription: "service_provider_id"
            }
        }

        var itemPath: String { "\(path)/{\(argument)}" }

        /// In the reference.
        var title: String {
            switch self {
            case .soldPackage: "Packages"
            case .subscription: "Subscriptions"
            }
        }

        /// In sentences.
        var name: String {
            switch self {
            case .soldPackage: "a package"
            case .subscription: "a subscription"
            }
        }

        var schema: ResourceSchema {
            switch self {
            case .soldPackage: AttachedProviderResource.ofPackage
            case .subscription: AttachedProviderResource.ofSubscription
            }
        }

        var toRead: Permission {
            switch self {
            case .soldPackage: .readPackages
            case .subscription: .readSubscriptions
            }
        }

        var toChange: Permission {
            switch self {
            case .soldPackage: .updatePackages
            case .subscription: .updateSubscriptions
            }
        }
    }

    /// The package or the subscription that a path names.
    private struct Owner: Sendable {
        let key: ProviderOwner
        /// Of its providers, below ``RESTAPI/base``.
        let address: String
    }

    private static func list(_ platform: Platform, _ place: Place) -> Endpoint {
        Endpoint(
            .get, place.path, place.toRead,
            EndpointDescription(
                place.title, "List the service providers of \(place.name)", answer: "\(place.schema.object)List",
                list: place.schema)
        ) { request in
            let query = try request.list(of: place.schema)
            let owner = try await shown(request, place)
            let all = try await platform.store.providers(of: owner.key)
            let view = AttachedProviderResource.view(of: all)
            return try await request.page(all, query, of: place.schema, view: view) { page in
                page.map { $0.json(place.schema.object) }
            }
        }
    }

    private static func add(_ platform: Platform, _ place: Place) -> Endpoint {
        Endpoint(
            .post, place.path, place.toChange,
            EndpointDescription(
                place.title, "Attach a service provider to \(place.name); the first one is the default",
                body: "NewAttachment", status: 201, answer: place.schema.object,
                problems: [
                    .validationFailed, .providerIsDefault, .providerServiceTypeMismatch, .providerNotInPackage,
                ])
        ) { request in
            let owner = try await toChange(request, place)
            let draft = try ProviderAttachmentDraft(try request.object())
            let attached = try await platform.store.attachProvider(draft, to: owner.key, now: request.now)
            guard let attached else { throw Problem(.notFound) }
            let json = attached.json(place.schema.object)
            return request.created(json, state: json, at: "\(owner.address)/\(attached.identity.id)")
        }
    }

    private static func change(_ platform: Platform, _ place: Place) -> Endpoint {
        Endpoint(
            .patch, place.itemPath, place.toChange,
            EndpointDescription(
                place.title, "Change whether a service provider of \(place.name) is used, or is the default",
                body: "AttachmentChange", answer: place.schema.object,
                problems: [.validationFailed, .providerIsDefault, .preconditionFailed])
        ) { request in
            let owner = try await toChange(request, place)
            let reference = try request.reference(place.argument)
            let old = try await attached(platform, reference, to: owner).json(place.schema.object)
            try request.checkMatch(old)
            let patch = try ProviderAttachmentPatch(try request.object(), of: old)
            let changed = try await platform.store.changeAttachment(
                of: reference, to: owner.key, patch, now: request.now)
            guard let changed else { throw Problem(.notFound) }
            let json = changed.json(place.schema.object)
            return request.answer(json, state: json)
        }
    }

    private static func remove(_ platform: Platform, _ place: Place) -> Endpoint {
        Endpoint(
            .delete, place.itemPath, place.toChange,
            EndpointDescription(
                place.title, "Take a service provider that is not active from \(place.name)", status: 204,
                problems: [.providerIsDefault, .providerActive, .preconditionFailed])
        ) { request in
            let owner = try await toChange(request, place)
            let reference = try request.reference(place.argument)
            let old = try await attached(platform, reference, to: owner)
            try request.checkMatch(old.json(place.schema.object))
            let isGone = try await platform.store.detachProvider(reference, from: owner.key, now: request.now)
            guard isGone else { throw Problem(.notFound) }
            return .noContent
        }
    }

    // MARK: what they share

    /// - Throws: 404 `not_found` for an owner that is not the caller's to see.
    private static func shown(_ request: APIRequest, _ place: Place) async throws -> Owner {
        switch place {
        case .soldPackage:
            let sold = try await request.platform.servicePackage(
                try request.reference("package_id"), for: try request.caller)
            return owner(sold)
        case .subscription: return owner(try await SubscriptionRoutes.found(request, place.toRead))
        }
    }

    /// What is sold by whom is the platform's to say.
    private static func toChange(_ request: APIRequest, _ place: Place) async throws -> Owner {
        switch place {
        case .soldPackage:
            let sold = try await request.platform.servicePackage(
                try request.reference("package_id"), toChange: place.toChange, for: try request.caller)
            return owner(sold)
        case .subscription: return owner(try await SubscriptionRoutes.toSell(request, place.toChange))
        }
    }

    private static func owner(_ sold: ServicePackage) -> Owner {
        Owner(key: .soldPackage(sold.number), address: "/packages/\(sold.identity.id)/providers")
    }

    private static func owner(_ subscription: Subscription) -> Owner {
        Owner(
            key: .subscription(subscription.number),
            address: "/subscriptions/\(subscription.identity.id)/providers")
    }

    /// - Throws: 404 `not_found` when it is not attached there.
    private static func attached(_ platform: Platform, _ reference: ResourceReference, to owner: Owner) async throws
        -> AttachedServiceProvider
    {
        let all = try await platform.store.providers(of: owner.key)
        guard let attached = all.first(where: { $0.isNamed(reference) }) else { throw Problem(.notFound) }
        return attached
    }
}
