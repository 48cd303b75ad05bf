package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

// Service providers belong to the platform: with a customer's key nobody sees them, and nobody changes them.

extension Platform {
    /// The service providers that somebody gets to see, in the order in which they were made.
    package func serviceProviders(for caller: APICaller) async throws -> [ServiceProvider] {
        try caller.check(.readServiceProviders)
        guard caller.isPlatform else { return [] }
        return try await store.serviceProviders()
    }

    /// - Throws: 403 `forbidden`; 404 `not_found`, to a customer's key for every one.
    package func serviceProvider(_ reference: ResourceReference, for caller: APICaller) async throws -> ServiceProvider
    {
        try caller.check(.readServiceProviders, ownedBy: nil)
        let found = try await store.serviceProvider(reference)
        guard let provider = found else { throw Problem(.notFound) }
        return provider
    }

    /// One that is changed, checked or deleted: by the platform's own only.
    ///
    /// - Throws: 403 `forbidden`; 404 `not_found`.
    package func serviceProvider(toManage reference: ResourceReference, for caller: APICaller) async throws
        -> ServiceProvider
    {
        try caller.checkPlatform(.manageServiceProviders)
        let found = try await store.serviceProvider(reference)
        guard let provider = found else { throw Problem(.notFound) }
        return provider
    }
}

extension ProviderDesk {
    /// What a check of something found that is not stored.
    package struct Trial: Sendable, Hashable {
        /// What its health would be.
        package let health: ProviderHealth
        /// Why it would not be stored; `nil`: it would.
        package let problem: Problem?
    }

    /// Looks at what could be stored, and tells also which check did not pass: the Test button of a form (6.6). Nothing is kept.
    package func trial(_ draft: ProviderDraft) async -> Trial {
        guard draft.type.isRemote else { return Trial(health: await check(draft), problem: nil) }
        let properties = draft.details.properties
        let report = await checks.run(draft.type, properties, withTLS: true)
        var health = ProviderHealth.unknown
        _ = health.checked(report, at: time.now())
        return Trial(
            health: health, problem: report.refusal.map { Problem(of: $0, host: properties.host) })
    }
}

extension ProviderDesk.Trial {
    /// As `POST /service-providers/check` answers it.
    ///
    /// - Parameter base: the public address of the platform.
    package func json(base: String) -> JSON {
        [
            "object": "ServiceProviderCheck", "passed": .bool(problem == nil), "health": health.json,
            "problem": problem.map { $0.json(base: base, instance: nil, requestID: nil) } ?? .null,
        ]
    }
}
