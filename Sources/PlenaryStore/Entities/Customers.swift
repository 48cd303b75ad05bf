package import BigBlueButton
package import PlenaryCore

extension Store {
    /// Adds a customer. A subdomain is made from the name when none is given.
    ///
    /// - Parameters:
    ///   - key: `customer_key`, short and random.
    ///   - owner: of the owner user, who is made in the same step unless there is somebody with that e-mail address; `nil`: there
    ///     is none for now.
    /// - Throws: ``ValidationFault``; ``CommerceFault/taken(field:)`` when another one has the e-mail address, external id,
    ///   hostname or subdomain.
    package func addCustomer(
        _ given: CustomerDetails, identity: ResourceIdentity, key: String, owner: ResourceIdentity? = nil,
        now: WireTime
    ) async throws -> Customer {
        let checked = try given.checked()
        return try await write { transaction in
            let details = try transaction.settled(checked, key: key, except: nil)
            let customer = Customer(
                number: CustomerNumber(try transaction.next("customer")), identity: identity, key: key,
                details: details, createdAt: now, updatedAt: now)
            let fixed: [CommerceColumn] = [
                ("id", .integer(customer.number.number)), ("customer_key", .text(key)),
                ("created_at", .integer(now.milliseconds)), ("updated_at", .integer(now.milliseconds)),
            ]
            try transaction.insert(
                into: "customers", fixed + CommerceRows.row(of: identity) + CustomerRows.row(of: details))
            if let owner { _ = try transaction.ensureOwnerUser(of: customer.number, identity: owner, now: now) }
            return customer
        }
    }

    package func customer(_ reference: ResourceReference) async throws -> Customer? {
        try await read { connection in
            let place = CommerceRows.place(of: reference)
            return try connection.query("\(CustomerRows.columns) WHERE \(place.name) = $1", [place.value]).first.map {
                try CustomerRows.read($0)
            }
        }
    }

    package func customer(_ number: CustomerNumber) async throws -> Customer? {
        try await read { try CustomerRows.customer($0, number) }
    }

    /// - Parameter email: in any case.
    package func customer(email: String) async throws -> Customer? {
        try await read { connection in
            try connection.query("\(CustomerRows.columns) WHERE email = $1", [.text(email.lowercased())]).first.map {
                try CustomerRows.read($0)
            }
        }
    }

    /// In the order in which they were made.
    package func customers() async throws -> [Customer] {
        try await read { connection in
            try connection.query("\(CustomerRows.columns) ORDER BY id").map { try CustomerRows.read($0) }
        }
    }

    /// The customers who let pages of this origin call the API.
    ///
    /// - Parameter origin: in lower case.
    package func customers(allowing origin: String) async throws -> [Customer] {
        // Few customers have any.
        try await read { connection in
            try connection.query("\(CustomerRows.columns) WHERE allowed_origins <> '' ORDER BY id").map {
                try CustomerRows.read($0)
            }.filter { $0.details.allowedOrigins.contains(origin) }
        }
    }

    /// Changes a customer in one step. Who is terminated has only inactive subscriptions and accounts from then on; the default
    /// account is the platform's, and stays as it is.
    ///
    /// - Parameter change: gets the details as they are, and may throw to leave them so.
    /// - Throws: as ``addCustomer(_:identity:key:owner:now:)``.
    /// - Returns: `nil` when there is no such customer.
    package func updateCustomer(
        _ number: CustomerNumber, now: WireTime, _ change: @escaping @Sendable (inout CustomerDetails) throws -> Void
    ) async throws -> Customer? {
        try await write { transaction in
            guard let old = try CustomerRows.customer(transaction.connection, number) else { return nil }
            var changed = old.details
            try change(&changed)
            let details = try transaction.settled(try changed.checked(), key: old.key, except: number)
            let stamp: [CommerceColumn] = [("updated_at", .integer(now.milliseconds))]
            try transaction.update("customers", CustomerRows.row(of: details) + stamp, of: number.number)
            if details.status != old.details.status {
                if details.status == .terminated {
                    let over = try SubscriptionRows.found(
                        transaction.connection,
                        "WHERE s.customer_id = $1 AND s.status NOT IN ('inactive', 'terminated') ORDER BY s.id",
                        [.integer(number.number)])
                    try transaction.connection.execute(
                        """
                        UPDATE subscriptions SET status = 'inactive', updated_at = $1
                        WHERE customer_id = $2 AND status NOT IN ('inactive', 'terminated')
                        """, [.integer(now.milliseconds), .integer(number.number)])
                    for subscription in over { try transaction.emitChange(of: subscription.number, now: now) }
                    try transaction.connection.execute(
                        """
                        UPDATE accounts SET is_enabled = 0
                        WHERE id <> $1 AND subscription_id IN (SELECT id FROM subscriptions WHERE customer_id = $2)
                        """, [.integer(AccountID.default.number), .integer(number.number)])
                }
                try transaction.accountsChanged(of: number)
            }
            return Customer(
                number: number, identity: old.identity, key: old.key, details: details, createdAt: old.createdAt,
                updatedAt: now)
        }
    }

    /// Deletes a terminated customer with its subscriptions. It cannot be undone.
    ///
    /// - Parameters:
    ///   - withAccountsAt: now: its accounts, their rooms and all their data go with it; `nil`: one with accounts stays.
    ///   - check: gets the customer as it is, and may throw to leave it.
    /// - Throws: ``CommerceFault/notDeletable(_:)``; ``AccountRemovalFault``, ``RoomProblem`` `.roomInUse` while something runs there.
    /// - Returns: whether there was one.
    package func removeCustomer(
        _ number: CustomerNumber, withAccountsAt now: WireTime? = nil,
        check: @escaping @Sendable (Customer) throws -> Void = { _ in }
    ) async throws -> Bool {
        try await write { transaction in
            let connection = transaction.connection
            guard let customer = try CustomerRows.customer(connection, number) else { return false }
            try check(customer)
            guard customer.details.status.mayBeDeleted else {
                throw CommerceFault.notDeletable(.customerIs(customer.details.status))
            }
            if let now {
                let bought = try connection.query(
                    "SELECT id FROM subscriptions WHERE customer_id = $1 ORDER BY id", [.integer(number.number)])
                for row in bought {
                    try transaction.removeAccounts(of: SubscriptionNumber(try row.integer(0)), now: now)
                }
            }
            let accounts = try CommerceRows.count(
                connection,
                """
                SELECT COUNT(*) FROM accounts AS a JOIN subscriptions AS s ON s.id = a.subscription_id
                WHERE s.customer_id = $1
                """, number.number)
            guard accounts == 0 else { throw CommerceFault.notDeletable(.hasAccounts(accounts)) }
            for statement in [
                """
                DELETE FROM subscription_features
                WHERE subscription_id IN (SELECT id FROM subscriptions WHERE customer_id = $1)
                """,
                """
                DELETE FROM subscription_providers
                WHERE subscription_id IN (SELECT id FROM subscriptions WHERE customer_id = $1)
                """,
                "DELETE FROM subscriptions WHERE customer_id = $1", "DELETE FROM customers WHERE id = $1",
            ] {
                try connection.execute(statement, [.integer(number.number)])
            }
            return true
        }
    }
}

extension StoreTransaction {
    /// With a subdomain, and nothing that another customer has.
    fileprivate func settled(_ given: CustomerDetails, key: String, except own: CustomerNumber?) throws
        -> CustomerDetails
    {
        func isFree(_ column: String, _ text: String) throws -> Bool {
            let rows = try connection.query("SELECT id FROM customers WHERE \(column) = $1", [.text(text)])
            return try rows.allSatisfy { try $0.integer(0) == own?.number }
        }
        var details = given
        if details.subdomain.isEmpty {
            let base = DomainName.label(from: details.namesake) ?? key
            details.subdomain = try isFree("subdomain", base) ? base : "\(base)-\(key)"
        }
        let unique: [(column: String, text: String?)] = [
            ("email", details.email), ("external_id", details.externalID), ("hostname", details.hostname),
            ("subdomain", details.subdomain),
        ]
        for (column, text) in unique {
            if let text, try !isFree(column, text) { throw CommerceFault.taken(field: column) }
        }
        return details
    }
}

enum CustomerRows {
    static let columns = """
        SELECT id, public_id, uuid, ulid, customer_key, created_at, updated_at, external_id, prefix, type, status, email,
            first_name, last_name, company_name, hostname, subdomain, country, currency, locale, timezone,
            allowed_origins, allowed_domains, metadata
        FROM customers
        """

    static func customer(_ connection: any SQLConnection, _ number: CustomerNumber) throws -> Customer? {
        try connection.query("\(columns) WHERE id = $1", [.integer(number.number)]).first.map { try read($0) }
    }

    static func row(of details: CustomerDetails) -> [CommerceColumn] {
        [
            ("external_id", SQLValue(details.externalID)), ("prefix", SQLValue(details.prefix)),
            ("type", .text(details.type.rawValue)), ("status", .text(details.status.rawValue)),
            ("email", .text(details.email)), ("first_name", .text(details.firstName)),
            ("last_name", .text(details.lastName)), ("company_name", SQLValue(details.companyName)),
            ("hostname", SQLValue(details.hostname)), ("subdomain", .text(details.subdomain)),
            ("country", .text(details.country)), ("currency", .text(details.currency.code)),
            ("locale", .text(details.locale)), ("timezone", .text(details.timezone)),
            ("allowed_origins", .text(details.allowedOrigins.joined(separator: "\n"))),
            ("allowed_domains", .text(details.allowedDomains.joined(separator: "\n"))),
            ("metadata", .text(details.metadata.json)),
        ]
    }

    static func read(_ row: SQLRow) throws -> Customer {
        var reader = ColumnReader(row)
        let number = CustomerNumber(try reader.integer())
        let identity = try reader.identity()
        let key = try reader.text()
        let (createdAt, updatedAt) = (try reader.time(), try reader.time())
        let (externalID, prefix) = (try reader.optionalText(), try reader.optionalText())
        let type: CustomerType = try reader.word("type of a customer")
        let status: CustomerStatus = try reader.word("status of a customer")
        let email = try reader.text()
        let (firstName, lastName) = (try reader.text(), try reader.text())
        let (companyName, hostname) = (try reader.optionalText(), try reader.optionalText())
        let (subdomain, country) = (try reader.text(), try reader.text())
        let currency = try reader.currency()
        let (locale, timezone) = (try reader.text(), try reader.text())
        let (origins, domains) = (try reader.list(), try reader.list())
        let metadata = try reader.metadata()
        return Customer(
            number: number, identity: identity, key: key,
            details: CustomerDetails(
                type: type, email: email, firstName: firstName, lastName: lastName, companyName: companyName,
                status: status, externalID: externalID, prefix: prefix, hostname: hostname, subdomain: subdomain,
                country: country, currency: currency, locale: locale, timezone: timezone, allowedOrigins: origins,
                allowedDomains: domains, metadata: metadata),
            createdAt: createdAt, updatedAt: updatedAt)
    }
}
