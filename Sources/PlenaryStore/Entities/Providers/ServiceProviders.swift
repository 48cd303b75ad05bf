package import BigBlueButton
package import PlenaryCore

extension Store {
    /// - Throws: ``ValidationFault``.
    package func addServiceProvider(
        _ type: ProviderType, _ given: ServiceProviderDetails, health: ProviderHealth = .unknown,
        identity: ResourceIdentity, now: WireTime
    ) async throws -> ServiceProvider {
        let details = try given.checked()
        return try await write { transaction in
            try transaction.addProvider(type, details, health: health, identity: identity, now: now)
        }
    }

    package func serviceProvider(_ reference: ResourceReference) async throws -> ServiceProvider? {
        try await read { connection in
            let place = CommerceRows.place(of: reference)
            return try ProviderRows.found(connection, "WHERE \(place.name) = $1", [place.value]).first
        }
    }

    package func serviceProvider(_ number: ProviderNumber) async throws -> ServiceProvider? {
        try await read { try ProviderRows.provider($0, number) }
    }

    /// In the order in which they were made.
    package func serviceProviders() async throws -> [ServiceProvider] {
        try await read { try ProviderRows.found($0, "ORDER BY id", []) }
    }

    /// Changes a provider in one step.
    ///
    /// - Parameters:
    ///   - report: what a check of the new address and secret found: its health begins anew with it. `nil`: it was not checked;
    ///     when its properties are other ones, nothing is known of it any more.
    ///   - change: gets the details as they are, and may throw to leave them so.
    /// - Throws: ``ValidationFault``; ``ProviderConflict/isDefault`` when the default of a package or of a subscription would
    ///   become inactive.
    /// - Returns: `nil` when there is no such provider.
    package func updateServiceProvider(
        _ number: ProviderNumber, checked report: ProviderReport? = nil, now: WireTime,
        _ change: @escaping @Sendable (inout ServiceProviderDetails) throws -> Void
    ) async throws -> ServiceProvider? {
        try await write { transaction in
            guard let old = try ProviderRows.provider(transaction.connection, number) else { return nil }
            var changed = old.details
            try change(&changed)
            let details = try changed.checked()
            if old.details.isActive, !details.isActive {
                let uses = try ProviderRows.defaults(transaction.connection, of: number)
                guard uses == 0 else { throw ProviderConflict.isDefault }
            }
            var health = old.health
            if details.properties != old.details.properties { _ = health.forget() }
            if let report { _ = health.checked(report, at: now) }
            let stamp: [CommerceColumn] = [("updated_at", .integer(now.milliseconds))]
            // What is sealed stays as it is unless it is another secret: one that cannot be read is kept.
            let secret = try transaction.secretColumns(
                of: details.properties, number: number, unless: old.details.properties)
            try transaction.update(
                "service_providers",
                ProviderRows.row(of: details) + secret + ProviderRows.row(of: health) + stamp, of: number.number)
            return ServiceProvider(
                number: number, identity: old.identity, type: old.type, details: details, health: health,
                createdAt: old.createdAt, updatedAt: now)
        }
    }

    /// What became of a look at a provider.
    package struct Observed: Sendable, Hashable {
        package let provider: ServiceProvider
        package let changes: [ProviderHealth.Change]
    }

    /// How long nothing is written of a provider at which nothing changes.
    package static let healthRewrite = Duration.seconds(60)

    /// Lets something happen to the health of a provider. The row is written when something is new, else once a minute.
    ///
    /// - Parameter event: gets the health as it is.
    /// - Returns: `nil` when there is no such provider.
    package func observeServiceProvider(
        _ number: ProviderNumber, now: WireTime,
        _ event: @escaping @Sendable (inout ProviderHealth) -> [ProviderHealth.Change]
    ) async throws -> Observed? {
        try await write { transaction in
            guard let old = try ProviderRows.provider(transaction.connection, number) else { return nil }
            return try transaction.observe(old, now: now, event)
        }
    }

    /// The same with a report; a provider that waited for its first good check is active from then on.
    ///
    /// - Parameter properties: of the provider that was looked at. When it has other ones meanwhile, the report says nothing.
    package func observeServiceProvider(
        _ number: ProviderNumber, with properties: ProviderProperties, found report: ProviderReport, now: WireTime
    ) async throws -> Observed? {
        try await write { transaction in
            guard let old = try ProviderRows.provider(transaction.connection, number) else { return nil }
            guard old.details.properties == properties else { return Observed(provider: old, changes: []) }
            let observed = try transaction.observe(old, now: now) { $0.checked(report, at: now) }
            guard old.details.isPending, report.refusal == nil else { return observed }
            var details = old.details
            details.isPending = false
            details.isActive = true
            let stamp: [CommerceColumn] = [("updated_at", .integer(now.milliseconds))]
            try transaction.update("service_providers", ProviderRows.row(of: details) + stamp, of: number.number)
            let provider = ServiceProvider(
                number: number, identity: old.identity, type: old.type, details: details,
                health: observed.provider.health, createdAt: old.createdAt, updatedAt: now)
            return Observed(provider: provider, changes: observed.changes)
        }
    }

    /// - Parameter check: gets the provider as it is, and may throw to leave it.
    /// - Throws: ``ProviderConflict/inUse(packages:subscriptions:)`` while it is attached anywhere.
    /// - Returns: whether there was one.
    package func removeServiceProvider(
        _ number: ProviderNumber, check: @escaping @Sendable (ServiceProvider) throws -> Void = { _ in }
    ) async throws -> Bool {
        try await write { transaction in
            let connection = transaction.connection
            if let old = try ProviderRows.provider(connection, number) { try check(old) }
            let packages = try CommerceRows.count(
                connection, "SELECT COUNT(*) FROM package_providers WHERE provider_id = $1", number.number)
            let subscriptions = try CommerceRows.count(
                connection, "SELECT COUNT(*) FROM subscription_providers WHERE provider_id = $1", number.number)
            guard packages == 0, subscriptions == 0 else {
                throw ProviderConflict.inUse(packages: packages, subscriptions: subscriptions)
            }
            return try connection.execute(
                "DELETE FROM service_providers WHERE id = $1", [.integer(number.number)]) > 0
        }
    }

    /// Makes the provider that a fresh install has: our own servers (`rooms-api.md` 6.2). Everything that was sold before there
    /// were providers gets it. Once there was any provider, nothing is made any more: people may have deleted it.
    ///
    /// - Returns: `nil` when nothing was made.
    package func ensureFleetProvider(identity: ResourceIdentity, now: WireTime) async throws -> ServiceProvider? {
        try await write { transaction in
            let connection = transaction.connection
            let made = try connection.query("SELECT value FROM counters WHERE name = 'provider'").first?.integer(0)
            guard made == 0 else { return nil }
            let provider = try transaction.addProvider(
                .fleet, ServiceProviderDetails(name: "Own servers", properties: .fleet(serverTag: nil)),
                health: .unknown, identity: identity, now: now)
            for (table, owner, sold) in [
                ("package_providers", "package_id", "packages"),
                ("subscription_providers", "subscription_id", "subscriptions"),
            ] {
                try connection.execute(
                    """
                    INSERT INTO \(table) (\(owner), provider_id, position, is_default, is_active)
                    SELECT id, CAST($1 AS BIGINT), 1, 1, 1 FROM \(sold) WHERE service_type = $2
                    """,
                    [.integer(provider.number.number), .text(provider.type.serviceType.rawValue)])
            }
            return provider
        }
    }
}

extension StoreTransaction {
    fileprivate func addProvider(
        _ type: ProviderType, _ details: ServiceProviderDetails, health: ProviderHealth, identity: ResourceIdentity,
        now: WireTime
    ) throws -> ServiceProvider {
        let number = ProviderNumber(try next("provider"))
        let fixed: [CommerceColumn] = [
            ("id", .integer(number.number)), ("type", .text(type.rawValue)),
            ("created_at", .integer(now.milliseconds)), ("updated_at", .integer(now.milliseconds)),
        ]
        let secret = try secretColumns(of: details.properties, number: number, unless: nil)
        try insert(
            into: "service_providers",
            fixed + CommerceRows.row(of: identity) + ProviderRows.row(of: details) + secret
                + ProviderRows.row(of: health))
        return ServiceProvider(
            number: number, identity: identity, type: type, details: details, health: health, createdAt: now,
            updatedAt: now)
    }

    fileprivate func observe(
        _ old: ServiceProvider, now: WireTime, _ event: (inout ProviderHealth) -> [ProviderHealth.Change]
    ) throws -> Store.Observed {
        var health = old.health
        let changes = event(&health)
        let isOld = old.health.checkedAt.map { now.since($0) >= Store.healthRewrite } ?? true
        let isNew = !health.isSame(as: old.health)
        // Also when a certificate was looked at, or it would be looked at again and again.
        if isNew || isOld || health.tls?.checkedAt != old.health.tls?.checkedAt {
            try update("service_providers", ProviderRows.row(of: health), of: old.number.number)
        }
        let provider = ServiceProvider(
            number: old.number, identity: old.identity, type: old.type, details: old.details, health: health,
            createdAt: old.createdAt, updatedAt: old.updatedAt)
        try emitHealth(of: provider, before: old.health, changes, now: now)
        return Store.Observed(provider: provider, changes: changes)
    }

    /// The sealed secret and its key.
    ///
    /// - Parameter old: what is stored; `nil`: nothing is.
    fileprivate func secretColumns(
        of properties: ProviderProperties, number: ProviderNumber, unless old: ProviderProperties?
    ) throws -> [CommerceColumn] {
        guard case .server(_, let secret?) = properties else { return [] }
        if case .server(_, let known?)? = old, known == secret { return [] }
        let ring = try SealedRows.ring(connection)
        let place = SealedRows.place(provider: number.number)
        return [("secret", .text(try ring.seal(secret, of: place))), ("key_id", .text(ring.current))]
    }
}
