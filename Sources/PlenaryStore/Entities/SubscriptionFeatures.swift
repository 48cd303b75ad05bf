package import BigBlueButton
package import PlenaryCore

extension Store {
    /// In the order of the catalogue.
    package func features(of number: SubscriptionNumber) async throws -> [SubscriptionFeature] {
        try await read { try FeatureRows.features($0, of: number) }
    }

    /// Sets one feature of a subscription, whether it had it or not; its accounts go by it at once.
    ///
    /// - Parameter mustBeNew: throws ``CommerceFault/featureExists(_:)`` when it had it.
    /// - Throws: ``FeatureValueFault`` when the value does not fit; ``CommerceFault/notFound(_:)``.
    package func setFeature(
        _ code: FeatureCode, _ given: FeatureValue, of number: SubscriptionNumber, mustBeNew: Bool = false,
        now: WireTime
    ) async throws -> SubscriptionFeature {
        let value = try FeatureValue(given.given, for: code)
        let feature = SubscriptionFeature(code: code, value: value, source: .own)
        return try await write { transaction in
            try transaction.touch(number, now: now)
            if mustBeNew,
                try FeatureRows.features(transaction.connection, of: number).contains(where: { $0.code == code })
            {
                throw CommerceFault.featureExists(code)
            }
            try FeatureRows.write(transaction.connection, feature, of: number)
            return feature
        }
    }

    /// A feature that is removed is not available to its rooms any more; an int of it limits nothing then.
    ///
    /// - Throws: ``CommerceFault`` `.noFeature` when the subscription does not have it, `.notFound`.
    package func removeFeature(_ code: FeatureCode, of number: SubscriptionNumber, now: WireTime) async throws {
        try await write { transaction in
            try transaction.touch(number, now: now)
            let removed = try transaction.connection.execute(
                "DELETE FROM subscription_features WHERE subscription_id = $1 AND code = $2",
                [.integer(number.number), .text(code.rawValue)])
            guard removed > 0 else { throw CommerceFault.noFeature(code) }
        }
    }

    /// Gives a subscription the features of its package as they are now, and no others.
    ///
    /// - Parameter dryRun: only tells what would change.
    /// - Returns: what changed, in the order of the catalogue.
    /// - Throws: ``CommerceFault/notFound(_:)``.
    package func syncFeatures(of number: SubscriptionNumber, dryRun: Bool, now: WireTime) async throws
        -> [FeatureSet.Difference]
    {
        try await write { transaction in
            let connection = transaction.connection
            guard let subscription = try SubscriptionRows.found(connection, number) else {
                throw CommerceFault.notFound(.subscription)
            }
            let target = try FeatureRows.features(connection, of: subscription.bought)
            let differences = FeatureRows.set(try FeatureRows.features(connection, of: number)).differences(to: target)
            guard !dryRun else { return differences }
            try transaction.touch(number, now: now)
            try connection.execute(
                "DELETE FROM subscription_features WHERE subscription_id = $1", [.integer(number.number)])
            // What was equal already is the package's own from now on, too.
            for (code, value) in target.values {
                let feature = SubscriptionFeature(code: code, value: value, source: .copied)
                try FeatureRows.write(connection, feature, of: number)
            }
            return differences
        }
    }

    /// What a subscription has of each feature and how much of it is used, in the order of the catalogue.
    ///
    /// - Throws: ``CommerceFault/notFound(_:)``.
    package func usage(of number: SubscriptionNumber, now: WireTime) async throws -> [FeatureUsage] {
        try await read { connection in
            guard try SubscriptionRows.found(connection, number) != nil else {
                throw CommerceFault.notFound(.subscription)
            }
            var used: [FeatureCode: Int] = [:]
            let pool = ReservationPool(
                capacity: nil, reservations: try ReservationRows.all(connection, of: number))
            used[.maxConnections] = pool.protected(at: now) + pool.unreserved(at: now)
            used[.maxAccounts] = try SubscriptionRows.accounts(connection, of: number)
            used[.maxRooms] = try RoomRows.count(connection, of: number)
            let recordings = try RoomRecordingRows.totals(connection, of: number)
            used[.maxRecordings] = recordings.count
            used[.maxStorage] = recordings.gigabytes
            used[.maxConcurrentSessions] = try RoomSessionRows.concurrent(connection, of: number)
            return try FeatureRows.features(connection, of: number).map {
                FeatureUsage(feature: $0, used: used[$0.code])
            }
        }
    }

    // MARK: accounts

    package enum Bound: Sendable, Hashable {
        /// From then on it goes by the subscription.
        case bound
        /// It did already.
        case already
    }

    /// Gives an account a subscription: it belongs to the customer of it then.
    ///
    /// - Parameter force: takes it from another subscription.
    /// - Throws: ``CommerceFault`` `.notFound`, `.accountBound`, `.customerMayNotCreate`, `.subscriptionUnusable`, and
    ///   `.limitExceeded` when `max_accounts` is reached; ``RightsConflict`` when its rules about parameters ask for more.
    package func bind(_ account: AccountID, to number: SubscriptionNumber, force: Bool, now: WireTime) async throws
        -> Bound
    {
        try await write { try $0.bind(account, to: number, force: force, now: now) }
    }

    /// Takes an account out of its subscription: it belongs to nobody and has no limits of one.
    ///
    /// - Returns: whether it had one.
    package func unbind(_ account: AccountID) async throws -> Bool {
        try await write { transaction in
            let changed = try transaction.connection.execute(
                "UPDATE accounts SET subscription_id = NULL WHERE id = $1 AND subscription_id IS NOT NULL",
                [.integer(account.number)])
            if changed > 0 { try transaction.changed(.account, account.number) }
            return changed > 0
        }
    }

    /// The accounts of a subscription, in the order of their numbers.
    package func accounts(of number: SubscriptionNumber) async throws -> [AccountID] {
        try await read { connection in
            try connection.query(
                "SELECT id FROM accounts WHERE subscription_id = $1 ORDER BY id", [.integer(number.number)]
            ).map { AccountID(try $0.integer(0)) }
        }
    }
}

extension StoreTransaction {
    /// Gives an account a subscription: see ``Store/bind(_:to:force:now:)``.
    func bind(_ account: AccountID, to number: SubscriptionNumber, force: Bool, now: WireTime) throws -> Store.Bound {
        guard
            let row = try connection.query(
                "SELECT subscription_id FROM accounts WHERE id = $1", [.integer(account.number)]
            ).first
        else { throw CommerceFault.notFound(.account) }
        let before = try AccountRows.account(connection, account).map { PolicyLimits($0) } ?? .unlimited
        guard let subscription = try SubscriptionRows.found(connection, number) else {
            throw CommerceFault.notFound(.subscription)
        }
        if let other = try row.optionalInteger(0) {
            if other == number.number { return .already }
            guard force else { throw CommerceFault.accountBound(SubscriptionNumber(other)) }
        }
        guard let customer = try CustomerRows.customer(connection, subscription.subscriber) else {
            throw CommerceFault.notFound(.customer)
        }
        guard customer.details.status.mayCreateResources else {
            throw CommerceFault.customerMayNotCreate(customer.details.status)
        }
        guard subscription.life.isUsable(at: now) else { throw CommerceFault.subscriptionUnusable }
        let features = FeatureRows.set(try FeatureRows.features(connection, of: number))
        let used = try SubscriptionRows.accounts(connection, of: number)
        if case .refused(let refusal) = features.judge(.maxAccounts, used: used) {
            throw CommerceFault.limitExceeded(refusal)
        }
        try connection.execute(
            "UPDATE accounts SET subscription_id = $1 WHERE id = $2",
            [.integer(number.number), .integer(account.number)])
        try changed(.account, account.number)
        // What its rules ask for must be in what it gets.
        if let after = try AccountRows.account(connection, account),
            let conflict = try policyConflict(
                of: account, under: PolicyLimits(after), before: before)
        {
            throw RightsConflict(conflict: conflict)
        }
        try emitQuota(
            .maxAccounts, of: account, limit: features.limit(of: .maxAccounts), before: used, after: used + 1, now: now)
        return .bound
    }

    /// A subscription is changed now, and its accounts hear of it.
    fileprivate func touch(_ number: SubscriptionNumber, now: WireTime) throws {
        let rows = try connection.execute(
            "UPDATE subscriptions SET updated_at = $1 WHERE id = $2",
            [.integer(now.milliseconds), .integer(number.number)])
        guard rows > 0 else { throw CommerceFault.notFound(.subscription) }
        try accountsChanged(of: number)
        try emitChange(of: number, now: now)
    }
}
