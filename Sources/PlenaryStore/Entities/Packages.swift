package import BigBlueButton
package import PlenaryCore

extension Store {
    /// - Parameter providers: the first one is its default; `nil`: our own servers, where there is such a provider.
    /// - Throws: ``ValidationFault``; ``FeatureValueFault`` when a value does not fit its feature; ``ProviderConflict``.
    package func addPackage(
        _ given: PackageDetails, features wanted: FeatureSet = .empty, providers: [ProviderNumber]? = nil,
        identity: ResourceIdentity, now: WireTime
    ) async throws -> ServicePackage {
        let details = try given.checked()
        var values: [FeatureCode: FeatureValue] = [:]
        for (code, value) in wanted.values { values[code] = try FeatureValue(value.given, for: code) }
        let features = FeatureSet(values)
        return try await write { transaction in
            let sold = ServicePackage(
                number: PackageNumber(try transaction.next("package")), identity: identity, details: details,
                features: features, createdAt: now, updatedAt: now)
            let fixed: [CommerceColumn] = [
                ("id", .integer(sold.number.number)), ("created_at", .integer(now.milliseconds)),
                ("updated_at", .integer(now.milliseconds)),
            ]
            try transaction.insert(
                into: "packages", fixed + CommerceRows.row(of: identity) + PackageRows.row(of: details))
            for (code, value) in features.values {
                try FeatureRows.write(transaction.connection, value, for: code, of: sold.number)
            }
            try transaction.attachFirstProviders(providers, to: sold)
            return sold
        }
    }

    package func servicePackage(_ reference: ResourceReference) async throws -> ServicePackage? {
        try await read { connection in
            let place = CommerceRows.place(of: reference)
            return try PackageRows.found(connection, "WHERE \(place.name) = $1", place.value)
        }
    }

    package func servicePackage(_ number: PackageNumber) async throws -> ServicePackage? {
        try await read { try PackageRows.found($0, number) }
    }

    /// In the order in which they were made.
    package func servicePackages() async throws -> [ServicePackage] {
        try await read { connection in
            let features = try FeatureRows.allOfPackages(connection)
            return try connection.query("\(PackageRows.columns) ORDER BY id").map { row in
                let number = try row.integer(0)
                return try PackageRows.read(row, features: features[number] ?? FeatureSet.empty)
            }
        }
    }

    /// Changes a package in one step. Subscriptions of it stay as they are.
    ///
    /// - Parameter change: gets the details as they are, and may throw to leave them so.
    /// - Throws: ``ValidationFault``; ``CommerceFault/serviceTypeInUse``.
    /// - Returns: `nil` when there is no such package.
    package func updatePackage(
        _ number: PackageNumber, now: WireTime, _ change: @escaping @Sendable (inout PackageDetails) throws -> Void
    ) async throws -> ServicePackage? {
        try await write { transaction in
            guard let old = try PackageRows.found(transaction.connection, number) else { return nil }
            var changed = old.details
            try change(&changed)
            let details = try changed.checked()
            if details.serviceType != old.details.serviceType {
                let sales = try PackageRows.subscriptions(transaction.connection, of: number)
                guard sales == 0 else { throw CommerceFault.serviceTypeInUse }
            }
            let stamp: [CommerceColumn] = [("updated_at", .integer(now.milliseconds))]
            try transaction.update("packages", PackageRows.row(of: details) + stamp, of: number.number)
            return ServicePackage(
                number: number, identity: old.identity, details: details, features: old.features,
                createdAt: old.createdAt, updatedAt: now)
        }
    }

    /// Sets one feature of a package, whether it had it or not.
    ///
    /// - Parameter mustBeNew: throws ``CommerceFault/featureExists(_:)`` when it had it.
    /// - Throws: ``FeatureValueFault`` when the value does not fit the feature.
    /// - Returns: `nil` when there is no such package.
    package func setFeature(
        _ code: FeatureCode, _ given: FeatureValue, of number: PackageNumber, mustBeNew: Bool = false, now: WireTime
    ) async throws -> ServicePackage? {
        let value = try FeatureValue(given.given, for: code)
        return try await write { transaction in
            guard let old = try PackageRows.found(transaction.connection, number) else { return nil }
            guard !mustBeNew || old.features[code] == nil else { throw CommerceFault.featureExists(code) }
            try FeatureRows.write(transaction.connection, value, for: code, of: number)
            return try transaction.touched(number, now: now)
        }
    }

    /// - Throws: ``CommerceFault/noFeature(_:)`` when the package does not have it.
    /// - Returns: `nil` when there is no such package.
    package func removeFeature(
        _ code: FeatureCode, of number: PackageNumber, now: WireTime,
        check: @escaping @Sendable (ServicePackage) throws -> Void = { _ in }
    ) async throws -> ServicePackage? {
        try await write { transaction in
            guard let old = try PackageRows.found(transaction.connection, number) else { return nil }
            try check(old)
            let removed = try transaction.connection.execute(
                "DELETE FROM package_features WHERE package_id = $1 AND code = $2",
                [.integer(number.number), .text(code.rawValue)])
            guard removed > 0 else { throw CommerceFault.noFeature(code) }
            return try transaction.touched(number, now: now)
        }
    }

    /// Deletes a package that nobody has a subscription of; the others are retired.
    ///
    /// - Throws: ``CommerceFault/notDeletable(_:)``.
    /// - Returns: whether there was one.
    package func removePackage(
        _ number: PackageNumber, check: @escaping @Sendable (ServicePackage) throws -> Void = { _ in }
    ) async throws -> Bool {
        try await write { transaction in
            let connection = transaction.connection
            guard let old = try PackageRows.found(connection, number) else { return false }
            try check(old)
            let sales = try PackageRows.subscriptions(connection, of: number)
            guard sales == 0 else { throw CommerceFault.notDeletable(.hasSubscriptions(sales)) }
            try connection.execute("DELETE FROM package_features WHERE package_id = $1", [.integer(number.number)])
            try connection.execute("DELETE FROM package_providers WHERE package_id = $1", [.integer(number.number)])
            return try connection.execute("DELETE FROM packages WHERE id = $1", [.integer(number.number)]) > 0
        }
    }
}

extension StoreTransaction {
    fileprivate func touched(_ number: PackageNumber, now: WireTime) throws -> ServicePackage? {
        try connection.execute(
            "UPDATE packages SET updated_at = $1 WHERE id = $2", [.integer(now.milliseconds), .integer(number.number)])
        return try PackageRows.found(connection, number)
    }
}

enum PackageRows {
    static let columns = """
        SELECT id, public_id, uuid, ulid, created_at, updated_at, name, description, short_description, service_type,
            status, is_hidden, is_retired, price, signup_fee, currency, tier, trial_count, trial_unit, grace_count,
            grace_unit, period_count, period_unit, metadata
        FROM packages
        """

    static func found(_ connection: any SQLConnection, _ number: PackageNumber) throws -> ServicePackage? {
        try found(connection, "WHERE id = $1", .integer(number.number))
    }

    static func found(_ connection: any SQLConnection, _ condition: String, _ value: SQLValue) throws
        -> ServicePackage?
    {
        guard let row = try connection.query("\(columns) \(condition)", [value]).first else { return nil }
        let features = try FeatureRows.features(connection, of: PackageNumber(try row.integer(0)))
        return try read(row, features: features)
    }

    static func subscriptions(_ connection: any SQLConnection, of number: PackageNumber) throws -> Int {
        try CommerceRows.count(
            connection, "SELECT COUNT(*) FROM subscriptions WHERE package_id = $1", number.number)
    }

    static func row(of details: PackageDetails) -> [CommerceColumn] {
        let own: [CommerceColumn] = [
            ("name", .text(details.name)), ("description", .text(details.description)),
            ("short_description", .text(details.shortDescription)),
            ("service_type", .text(details.serviceType.rawValue)), ("status", .text(details.status.rawValue)),
            ("is_hidden", .integer(details.isHidden ? 1 : 0)), ("is_retired", .integer(details.isRetired ? 1 : 0)),
            ("price", .text(details.price.text)), ("signup_fee", .text(details.signupFee.text)),
            ("currency", .text(details.currency.code)), ("tier", CommerceRows.real(details.tier)),
            ("metadata", .text(details.metadata.json)),
        ]
        return own + CommerceRows.row("trial", details.trial) + CommerceRows.row("grace", details.grace)
            + CommerceRows.row("period", details.periodicity)
    }

    static func read(_ row: SQLRow, features: FeatureSet) throws -> ServicePackage {
        var reader = ColumnReader(row)
        let number = PackageNumber(try reader.integer())
        let identity = try reader.identity()
        let (createdAt, updatedAt) = (try reader.time(), try reader.time())
        let (name, description, shortDescription) = (try reader.text(), try reader.text(), try reader.text())
        let serviceType: ServiceType = try reader.word("service type of a package")
        let status: PackageDetails.Status = try reader.word("status of a package")
        let (isHidden, isRetired) = (try reader.flag(), try reader.flag())
        let (price, signupFee) = (try reader.price(), try reader.price())
        let currency = try reader.currency()
        let tier = try reader.optionalReal()
        let (trial, grace, periodicity) = (try reader.period(), try reader.period(), try reader.period())
        let metadata = try reader.metadata()
        return ServicePackage(
            number: number, identity: identity,
            details: PackageDetails(
                name: name, description: description, shortDescription: shortDescription, serviceType: serviceType,
                status: status, isHidden: isHidden, isRetired: isRetired, price: price, signupFee: signupFee,
                currency: currency, tier: tier, trial: trial, grace: grace, periodicity: periodicity,
                metadata: metadata),
            features: features, createdAt: createdAt, updatedAt: updatedAt)
    }
}
