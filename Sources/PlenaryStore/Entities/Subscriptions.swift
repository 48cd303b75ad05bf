package import BigBlueButton
package import PlenaryCore

extension Store {
    /// Sells a package to a customer: the subscription gets all its features, and its default provider.
    ///
    /// - Parameter tag: 8 characters for people, random.
    /// - Throws: ``CommerceFault`` `.notFound`, `.customerMayNotCreate`, `.packageUnavailable`; ``ValidationFault``.
    package func addSubscription(_ order: SubscriptionOrder, identity: ResourceIdentity, tag: String, now: WireTime)
        async throws -> Subscription
    {
        try await write { transaction in
            let connection = transaction.connection
            guard let customer = try CustomerRows.customer(connection, order.subscriber) else {
                throw CommerceFault.notFound(.customer)
            }
            guard customer.details.status.mayCreateResources else {
                throw CommerceFault.customerMayNotCreate(customer.details.status)
            }
            guard let sold = try PackageRows.found(connection, order.bought) else {
                throw CommerceFault.notFound(.soldPackage)
            }
            guard sold.details.isAvailable else { throw CommerceFault.packageUnavailable }
            let subscription = Subscription(
                number: SubscriptionNumber(try transaction.next("subscription")), identity: identity, tag: tag,
                bought: sold.number, packageID: sold.identity.id, subscriber: customer.number,
                subscriberID: customer.identity.id, serviceType: sold.details.serviceType,
                details: try order.details(of: sold.details, tag: tag, now: now), createdAt: now, updatedAt: now)
            let fixed: [CommerceColumn] = [
                ("id", .integer(subscription.number.number)), ("tag", .text(tag)),
                ("package_id", .integer(sold.number.number)), ("customer_id", .integer(customer.number.number)),
                ("service_type", .text(subscription.serviceType.rawValue)),
                ("created_at", .integer(now.milliseconds)), ("updated_at", .integer(now.milliseconds)),
            ]
            try transaction.insert(
                into: "subscriptions",
                fixed + CommerceRows.row(of: identity) + SubscriptionRows.row(of: subscription.details))
            for (code, value) in sold.features.values {
                let feature = SubscriptionFeature(code: code, value: value, source: .copied)
                try FeatureRows.write(connection, feature, of: subscription.number)
            }
            try transaction.copyDefaultProvider(from: sold.number, to: subscription.number)
            return subscription
        }
    }

    package func subscription(_ reference: ResourceReference) async throws -> Subscription? {
        try await read { connection in
            let place = CommerceRows.place(of: reference)
            return try SubscriptionRows.found(connection, "WHERE s.\(place.name) = $1", [place.value]).first
        }
    }

    package func subscription(_ number: SubscriptionNumber) async throws -> Subscription? {
        try await read { try SubscriptionRows.found($0, number) }
    }

    package func subscription(tag: String) async throws -> Subscription? {
        try await read { try SubscriptionRows.found($0, "WHERE s.tag = $1", [.text(tag)]).first }
    }

    /// In the order in which they were made.
    ///
    /// - Parameter customer: only those of that one.
    package func subscriptions(of customer: CustomerNumber? = nil) async throws -> [Subscription] {
        try await read { connection in
            guard let customer else { return try SubscriptionRows.found(connection, "ORDER BY s.id", []) }
            return try SubscriptionRows.found(
                connection, "WHERE s.customer_id = $1 ORDER BY s.id", [.integer(customer.number)])
        }
    }

    /// Changes a subscription in one step; its accounts go by it at once.
    ///
    /// - Parameter change: gets the details as they are, and may throw to leave them so.
    /// - Throws: ``ValidationFault``.
    /// - Returns: `nil` when there is no such subscription.
    package func updateSubscription(
        _ number: SubscriptionNumber, now: WireTime,
        _ change: @escaping @Sendable (inout SubscriptionDetails) throws -> Void
    ) async throws -> Subscription? {
        try await write { transaction in
            guard let old = try SubscriptionRows.found(transaction.connection, number) else { return nil }
            var details = old.details
            try change(&details)
            return try transaction.write(try details.checked(), over: old, now: now)
        }
    }

    /// What happened to a subscription, and how it is after it.
    package struct Lived: Sendable, Hashable {
        package let subscription: Subscription
        package let action: SubscriptionLife.Action
    }

    /// So many periods more.
    ///
    /// - Throws: ``SubscriptionFault``.
    /// - Returns: `nil` when there is no such subscription.
    package func renewSubscription(_ number: SubscriptionNumber, cycles: Int, uncancel: Bool, now: WireTime)
        async throws -> Lived?
    {
        try await live(number, now: now) { life in
            try life.renew(cycles: cycles, uncancel: uncancel, at: now)
        }
    }

    /// - Parameter atOnce: not at the end of what is paid for.
    /// - Returns: `nil` when there is no such subscription.
    package func cancelSubscription(_ number: SubscriptionNumber, atOnce: Bool, now: WireTime) async throws -> Lived? {
        try await live(number, now: now) { life in life.cancel(atOnce: atOnce, at: now) }
    }

    /// Takes a cancellation back.
    ///
    /// - Returns: `nil` when there is no such subscription.
    package func uncancelSubscription(_ number: SubscriptionNumber, now: WireTime) async throws -> Lived? {
        try await live(number, now: now) { life in life.uncancel() }
    }

    /// Gives the subscriptions whose time is over the status that says so. What they may do ends by itself, without this.
    ///
    /// - Returns: those that it changed.
    package func expireSubscriptions(now: WireTime) async throws -> [Lived] {
        try await write { transaction in
            let due = try SubscriptionRows.found(
                transaction.connection,
                "WHERE s.status = 'active' AND (s.ends_at <= $1 OR s.cancels_at <= $2) ORDER BY s.id",
                [.integer(now.milliseconds), .integer(now.milliseconds)])
            var lived: [Lived] = []
            for old in due {
                var details = old.details
                let action = details.life.expire(at: now)
                guard action != .none else { continue }
                let subscription = try transaction.write(details, over: old, action, now: now)
                lived.append(Lived(subscription: subscription, action: action))
            }
            return lived
        }
    }

    private func live(
        _ number: SubscriptionNumber, now: WireTime,
        _ event: @escaping @Sendable (inout SubscriptionLife) throws -> SubscriptionLife.Action
    ) async throws -> Lived? {
        try await write { transaction in
            guard let old = try SubscriptionRows.found(transaction.connection, number) else { return nil }
            var details = old.details
            let action = try event(&details.life)
            guard action != .none else { return Lived(subscription: old, action: action) }
            return Lived(subscription: try transaction.write(details, over: old, action, now: now), action: action)
        }
    }

    /// Deletes an inactive subscription. It cannot be undone.
    ///
    /// - Parameters:
    ///   - withAccountsAt: now: its accounts, their rooms and all their data go with it; `nil`: one with accounts stays.
    ///   - check: gets the subscription as it is, and may throw to leave it.
    /// - Throws: ``CommerceFault/notDeletable(_:)``; ``AccountRemovalFault``, ``RoomProblem`` `.roomInUse` while something runs there.
    /// - Returns: whether there was one.
    package func removeSubscription(
        _ number: SubscriptionNumber, withAccountsAt now: WireTime? = nil,
        check: @escaping @Sendable (Subscription) throws -> Void = { _ in }
    ) async throws -> Bool {
        try await write { transaction in
            let connection = transaction.connection
            guard let old = try SubscriptionRows.found(connection, number) else { return false }
            try check(old)
            guard old.life.status == .inactive else {
                throw CommerceFault.notDeletable(.subscriptionIs(old.life.status))
            }
            if let now { try transaction.removeAccounts(of: number, now: now) }
            let accounts = try SubscriptionRows.accounts(connection, of: number)
            guard accounts == 0 else { throw CommerceFault.notDeletable(.hasAccounts(accounts)) }
            for statement in [
                "DELETE FROM subscription_features WHERE subscription_id = $1",
                "DELETE FROM subscription_providers WHERE subscription_id = $1",
                "DELETE FROM subscriptions WHERE id = $1",
            ] {
                try connection.execute(statement, [.integer(number.number)])
            }
            return true
        }
    }
}

extension StoreTransaction {
    /// - Parameter action: what happened to it; `.none`: people changed it.
    fileprivate func write(
        _ details: SubscriptionDetails, over old: Subscription, _ action: SubscriptionLife.Action = .none, now: WireTime
    ) throws -> Subscription {
        let stamp: [CommerceColumn] = [("updated_at", .integer(now.milliseconds))]
        try update("subscriptions", SubscriptionRows.row(of: details) + stamp, of: old.number.number)
        if details.life != old.life { try accountsChanged(of: old.number) }
        let changed = Subscription(
            number: old.number, identity: old.identity, tag: old.tag, bought: old.bought, packageID: old.packageID,
            subscriber: old.subscriber, subscriberID: old.subscriberID, serviceType: old.serviceType, details: details,
            createdAt: old.createdAt, updatedAt: now)
        if details != old.details { try emitChange(of: changed, action, now: now) }
        return changed
    }
}

enum SubscriptionRows {
    /// Of the table called `s`: what ``readLife(_:)`` reads.
    static let life = """
        s.status, s.starts_at, s.ends_at, s.trial_ends_at, s.cancels_at, s.canceled_at, s.trial_count, s.trial_unit,
        s.grace_count, s.grace_unit, s.period_count, s.period_unit
        """

    private static let columns = """
        SELECT s.id, s.public_id, s.uuid, s.ulid, s.tag, s.package_id, p.public_id, s.customer_id, c.public_id,
            s.service_type, s.created_at, s.updated_at, s.name, s.description, s.tier, s.price, s.currency, s.metadata,
            \(life)
        FROM subscriptions AS s JOIN packages AS p ON p.id = s.package_id JOIN customers AS c ON c.id = s.customer_id
        """

    static func found(_ connection: any SQLConnection, _ number: SubscriptionNumber) throws -> Subscription? {
        try found(connection, "WHERE s.id = $1", [.integer(number.number)]).first
    }

    static func found(_ connection: any SQLConnection, _ condition: String, _ values: [SQLValue]) throws
        -> [Subscription]
    {
        try connection.query("\(columns) \(condition)", values).map { try read($0) }
    }

    static func accounts(_ connection: any SQLConnection, of number: SubscriptionNumber) throws -> Int {
        try CommerceRows.count(
            connection, "SELECT COUNT(*) FROM accounts WHERE subscription_id = $1", number.number)
    }

    static func row(of details: SubscriptionDetails) -> [CommerceColumn] {
        let life = details.life
        let own: [CommerceColumn] = [
            ("name", .text(details.name)), ("description", .text(details.description)),
            ("tier", CommerceRows.real(details.tier)), ("price", .text(details.price.text)),
            ("currency", .text(details.currency.code)), ("metadata", .text(details.metadata.json)),
            ("status", .text(life.status.rawValue)), ("starts_at", SQLValue(life.startsAt?.milliseconds)),
            ("ends_at", SQLValue(life.endsAt?.milliseconds)),
            ("trial_ends_at", SQLValue(life.trialEndsAt?.milliseconds)),
            ("cancels_at", SQLValue(life.cancelsAt?.milliseconds)),
            ("canceled_at", SQLValue(life.canceledAt?.milliseconds)),
        ]
        return own + CommerceRows.row("trial", life.trial) + CommerceRows.row("grace", life.grace)
            + CommerceRows.row("period", life.periodicity)
    }

    static func readLife(_ reader: inout ColumnReader) throws -> SubscriptionLife {
        let status: SubscriptionLife.Status = try reader.word("status of a subscription")
        let (startsAt, endsAt) = (try reader.optionalTime(), try reader.optionalTime())
        let trialEndsAt = try reader.optionalTime()
        let (cancelsAt, canceledAt) = (try reader.optionalTime(), try reader.optionalTime())
        let (trial, grace, periodicity) = (try reader.period(), try reader.period(), try reader.period())
        return SubscriptionLife(
            status: status, startsAt: startsAt, endsAt: endsAt, trialEndsAt: trialEndsAt, cancelsAt: cancelsAt,
            canceledAt: canceledAt, trial: trial, grace: grace, periodicity: periodicity)
    }

    private static func read(_ row: SQLRow) throws -> Subscription {
        var reader = ColumnReader(row)
        let number = SubscriptionNumber(try reader.integer())
        let identity = try reader.identity()
        let tag = try reader.text()
        let bought = PackageNumber(try reader.integer())
        let packageID = try reader.text()
        let subscriber = CustomerNumber(try reader.integer())
        let subscriberID = try reader.text()
        let serviceType: ServiceType = try reader.word("service type of a subscription")
        let (createdAt, updatedAt) = (try reader.time(), try reader.time())
        let (name, description) = (try reader.text(), try reader.text())
        let tier = try reader.optionalReal()
        let price = try reader.price()
        let currency = try reader.currency()
        let metadata = try reader.metadata()
        let life = try readLife(&reader)
        return Subscription(
            number: number, identity: identity, tag: tag, bought: bought, packageID: packageID, subscriber: subscriber,
            subscriberID: subscriberID, serviceType: serviceType,
            details: SubscriptionDetails(
                name: name, description: description, life: life, tier: tier, price: price, currency: currency,
                metadata: metadata),
            createdAt: createdAt, updatedAt: updatedAt)
    }
}
