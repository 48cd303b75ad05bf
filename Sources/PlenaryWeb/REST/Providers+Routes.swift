internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// `/service-providers` and `/service-provider-types` (`rooms-api.md` 6).
enum ProviderRoutes {
    private static let schema = ServiceProvider.schema
    private static let title = "Service providers"
    /// What a check may have found.
    private static let checkProblems: [ProblemCode] = [
        .providerUnreachable, .providerTLSInvalid, .providerSecretInvalid, .providerVersionUnsupported,
    ]
    private static let verify = [
        (
            name: "verify",
            meaning: "false: store without checks; it is not active until a check passes. true unless told."
        )
    ]

    static func group(_ services: PlatformServices) -> EndpointGroup {
        let (platform, desk) = (services.platform, services.providers)
        return EndpointGroup(
            endpoints: [
                list(platform), add(desk), show(platform), change(desk), remove(platform),
                check(desk), checkBody(platform, desk), listTypes(),
            ] + AttachmentRoutes.endpoints(platform), schemas: ProviderSchemas.all)
    }

    private static func list(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/service-providers", .readServiceProviders,
            EndpointDescription(
                title, "List the service providers; they are shown to the platform's own only",
                answer: "ServiceProviderList", list: schema)
        ) { request in
            let query = try request.list(of: schema)
            let providers = try await platform.serviceProviders(for: try request.caller)
            return try await request.page(providers, query, of: schema, view: ServiceProvider.view) { page in
                page.map { $0.json }
            }
        }
    }

    private static func add(_ desk: ProviderDesk) -> Endpoint {
        Endpoint(
            .post, "/service-providers", .manageServiceProviders,
            EndpointDescription(
                title, "Add a service provider, which must pass its checks", body: "NewServiceProvider", status: 201,
                answer: "ServiceProvider", problems: [.validationFailed] + checkProblems, parameters: verify)
        ) { request in
            let caller = try request.caller
            try caller.checkPlatform(.manageServiceProviders)
            let mustPass = try request.flag("verify", default: true)
            let draft = try ProviderDraft(try request.object())
            let made = try await desk.create(draft, verify: mustPass)
            return request.created(made.json, state: made.stateJSON, at: "/service-providers/\(made.identity.id)")
        }
    }

    private static func show(_ platform: Platform) -> Endpoint {
        Endpoint(
            .get, "/service-providers/{service_provider_id}", .readServiceProviders,
            EndpointDescription(title, "Show a service provider", answer: "ServiceProvider", single: schema)
        ) { request in
            let selection = try request.selection(of: schema)
            let provider = try await platform.serviceProvider(
                try request.reference("service_provider_id"), for: try request.caller)
            return request.answer(provider.json, state: provider.stateJSON, selection)
        }
    }

    private static func change(_ desk: ProviderDesk) -> Endpoint {
        Endpoint(
            .patch, "/service-providers/{service_provider_id}", .manageServiceProviders,
            EndpointDescription(
                title, "Change a service provider; with another address or secret it must pass its checks again",
                body: "ServiceProviderChange", answer: "ServiceProvider",
                problems: [.validationFailed, .preconditionFailed, .providerIsDefault] + checkProblems,
                parameters: verify)
        ) { request in
            let provider = try await toManage(request)
            // Before anything is asked at the host; once more where it is written.
            try request.checkMatch(provider.stateJSON)
            let mustPass = try request.flag("verify", default: true)
            let patch = try ProviderPatch(try request.object(), of: provider)
            let changed = try await desk.change(provider.number, patch, verify: mustPass) { state in
                try request.checkMatch(state)
            }
            guard let changed else { throw Problem(.notFound) }
            return request.answer(changed.json, state: changed.stateJSON)
        }
    }

    private static func remove(_ platform: Platform) -> Endpoint {
        Endpoint(
            .delete, "/service-providers/{service_provider_id}", .manageServiceProviders,
            EndpointDescription(
                title, "Delete a service provider that is attached nowhere", status: 204,
                problems: [.providerInUse, .preconditionFailed])
        ) { request in
            let provider = try await toManage(request)
            let isGone = try await platform.store.removeServiceProvider(provider.number) { provider in
                try request.checkMatch(provider.stateJSON)
            }
            guard isGone else { throw Problem(.notFound) }
            return .noContent
        }
    }

    // MARK: checks

    private static func check(_ desk: ProviderDesk) -> Endpoint {
        Endpoint(
            .post, "/service-providers/{service_provider_id}/check", .manageServiceProviders,
            EndpointDescription(
                title, "Check a service provider now; what was found is its health", answer: "ServiceProvider")
        ) { request in
            let provider = try await toManage(request)
            let checked = try await desk.check(provider.number)
            guard let checked else { throw Problem(.notFound) }
            return request.answer(checked.json, state: checked.stateJSON)
        }
    }

    private static func checkBody(_ platform: Platform, _ desk: ProviderDesk) -> Endpoint {
        Endpoint(
            .post, "/service-providers/check", .manageServiceProviders,
            EndpointDescription(
                title, "Check what could be added, without adding it", body: "NewServiceProvider",
                answer: "ServiceProviderCheck", problems: [.validationFailed])
        ) { request in
            let caller = try request.caller
            try caller.checkPlatform(.manageServiceProviders)
            let trial = await desk.trial(try ProviderDraft(try request.object()))
            return APIAnswer(body: trial.json(base: platform.settings.publicURL))
        }
    }

    // MARK: types

    private static func listTypes() -> Endpoint {
        let types = ProviderTypeResource.schema
        return Endpoint(
            .get, "/service-provider-types", .readServiceProviders,
            EndpointDescription(
                title, "List the types of service providers, with JSON Schemas of their properties and settings",
                answer: "ServiceProviderTypeList", list: types)
        ) { request in
            let query = try request.list(of: types)
            let view = ProviderTypeResource.view
            return try await request.page(ProviderType.allCases, query, of: types, view: view) { page in
                page.map { $0.json }
            }
        }
    }

    private static func toManage(_ request: APIRequest) async throws -> ServiceProvider {
        try await request.platform.serviceProvider(
            toManage: try request.reference("service_provider_id"), for: try request.caller)
    }
}
