internal import Logging
package import PlenaryCore
package import PlenaryFleet
package import PlenaryStore

/// Where service providers are made, changed and checked (`rooms-api.md` 6.6).
package struct ProviderDesk: Sendable {
    let store: Store
    let fleet: Fleet
    let time: FleetTime
    let checks: ProviderCheck

    package init(platform: Platform, transport: any ProviderTransport) {
        self.init(store: platform.store, fleet: platform.fleet, time: platform.time, transport: transport)
    }

    package init(store: Store, fleet: Fleet, time: FleetTime, transport: any ProviderTransport) {
        self.store = store
        self.fleet = fleet
        self.time = time
        checks = ProviderCheck(transport: transport, time: time, algorithm: fleet.settings.algorithm)
    }

    /// Makes a provider.
    ///
    /// - Parameter verify: whether it must pass the checks; if not it stays inactive until the first check that it passes.
    /// - Throws: ``Problem`` with the check that it did not pass; what the store throws.
    package func create(_ draft: ProviderDraft, verify: Bool = true) async throws -> ServiceProvider {
        var details = draft.details
        var health = ProviderHealth.unknown
        if !draft.type.isRemote {
            health = fleetHealth(health)
        } else if verify {
            let report = await checks.run(draft.type, details.properties, withTLS: true)
            if let refusal = report.refusal { throw Problem(of: refusal, host: details.properties.host) }
            _ = health.checked(report, at: time.now())
        } else {
            details.isPending = details.isActive
            details.isActive = false
        }
        let now = time.now()
        var random = FleetRandom(time)
        return try await store.addServiceProvider(
            draft.type, details, health: health, identity: ResourceIdentity(at: now, using: &random), now: now)
    }

    /// Changes a provider. When its address or its secret changes it must pass the checks first; so must one that waits for its
    /// first good check and is to be active.
    ///
    /// - Parameter expecting: gets its ``ServiceProvider/stateJSON`` in the transaction that changes it, and may throw to leave it.
    /// - Throws: ``Problem``: the check that it did not pass, or 412 when somebody else changed its properties meanwhile;
    ///   ``ProviderConflict``; what the store throws.
    /// - Returns: `nil` when there is no such provider.
    package func change(
        _ number: ProviderNumber, _ patch: ProviderPatch, verify: Bool = true,
        expecting: @escaping @Sendable (JSON) throws -> Void = { _ in }
    ) async throws -> ServiceProvider? {
        guard let seen = try await store.serviceProvider(number) else { return nil }
        let wanted = patch.applied(to: seen.details)
        let isNew = patch.changesProperties(of: seen.details)
        let isAwaited = seen.details.isPending && patch.isActive == true
        let mustCheck = seen.type.isRemote && (isNew || isAwaited)
        var report: ProviderReport?
        if mustCheck, verify {
            let found = await checks.run(seen.type, wanted.properties, withTLS: true)
            if let refusal = found.refusal { throw Problem(of: refusal, host: wanted.properties.host) }
            report = found
        }
        let isUnverified = mustCheck && !verify
        let isVerified = report != nil
        return try await store.updateServiceProvider(number, checked: report, now: time.now()) { details in
            try expecting(seen.with(details).stateJSON)
            guard !mustCheck || details.properties == seen.details.properties else {
                throw Problem(.preconditionFailed)
            }
            let wasPending = details.isPending
            details = patch.applied(to: details)
            if isUnverified {
                details.isPending = details.isActive || (wasPending && patch.isActive != false)
                details.isActive = false
            } else if isVerified {
                if wasPending, patch.isActive == nil { details.isActive = true }
                details.isPending = false
            } else if wasPending, patch.isActive == false {
                details.isPending = false
            }
        }
    }

    /// Looks at a stored provider now. That it fails is what `health` says then.
    ///
    /// - Returns: `nil` when there is no such provider.
    package func check(_ number: ProviderNumber) async throws -> ServiceProvider? {
        guard let provider = try await store.serviceProvider(number) else { return nil }
        return try await observe(provider, withTLS: true)
    }

    /// Looks at what could be stored, for the Test button of a form; nothing is kept.
    ///
    /// - Returns: what its health would be.
    package func check(_ draft: ProviderDraft) async -> ProviderHealth {
        var health = ProviderHealth.unknown
        guard draft.type.isRemote else { return fleetHealth(health) }
        let report = await checks.run(draft.type, draft.details.properties, withTLS: true)
        _ = health.checked(report, at: time.now())
        return health
    }

    /// A session could not be made at a provider (11.7): one failure.
    package func createFailed(at number: ProviderNumber) async throws {
        let now = time.now()
        let observed = try await store.observeServiceProvider(number, now: now) { $0.createFailed(at: now) }
        if let observed { announce(observed) }
    }

    // MARK: looking

    /// Looks at a provider and writes down what was found.
    ///
    /// - Returns: as it is then; `nil`: it was deleted meanwhile.
    func observe(_ provider: ServiceProvider, withTLS: Bool) async throws -> ServiceProvider? {
        let observed: Store.Observed?
        if provider.type.isRemote {
            let properties = provider.details.properties
            let report = await checks.run(provider.type, properties, withTLS: withTLS)
            observed = try await store.observeServiceProvider(
                provider.number, with: properties, found: report, now: time.now())
        } else {
            // Before the first look at its servers nobody knows.
            guard fleet.hasLookedAround else { return provider }
            let isUsable = fleet.canCreate || fleet.isInPanic
            let now = time.now()
            observed = try await store.observeServiceProvider(provider.number, now: now) {
                $0.fleetSeen(isUsable: isUsable, at: now)
            }
        }
        if let observed { announce(observed) }
        return observed?.provider
    }

    private func fleetHealth(_ health: ProviderHealth) -> ProviderHealth {
        guard fleet.hasLookedAround else { return health }
        var seen = health
        _ = seen.fleetSeen(isUsable: fleet.canCreate || fleet.isInPanic, at: time.now())
        return seen
    }

    private func announce(_ observed: Store.Observed) {
        for change in observed.changes {
            switch change {
            case .moved(let from, let to):
                Logger.current.notice(
                    "service provider health changed",
                    metadata: [
                        "provider.id": "\(observed.provider.identity.id)", "health.from": "\(from.rawValue)",
                        "health.to": "\(to.rawValue)",
                    ])
            case .tlsTurnedInvalid(let fault):
                Logger.current.warning(
                    "the certificate of a service provider is not valid",
                    metadata: [
                        "provider.id": "\(observed.provider.identity.id)", "tls.reason": "\(fault.rawValue)",
                    ])
            }
        }
    }
}

extension ServiceProvider {
    fileprivate func with(_ details: ServiceProviderDetails) -> ServiceProvider {
        ServiceProvider(
            number: number, identity: identity, type: type, details: details, health: health, createdAt: createdAt,
            updatedAt: updatedAt)
    }
}
