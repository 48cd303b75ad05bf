package import BigBlueButton
package import PlenaryCore

extension Store {
    package func account(_ reference: ResourceReference) async throws -> Account? {
        try await read { connection in
            let place = CommerceRows.place(of: reference)
            let rows = try connection.query("SELECT id FROM accounts WHERE \(place.name) = $1", [place.value])
            guard let row = rows.first else { return nil }
            return try AccountRows.account(connection, AccountID(try row.integer(0)))
        }
    }

    /// Changes what an account is called and whether it is active, in one step.
    ///
    /// - Parameter change: gets the details as they are, and may throw to leave them so.
    /// - Throws: ``ValidationFault``.
    /// - Returns: `nil` when there is no such account.
    package func updateAccount(
        _ id: AccountID, now: WireTime, _ change: @escaping @Sendable (inout AccountDetails) throws -> Void
    ) async throws -> Account? {
        try await write { transaction in
            guard let old = try AccountRows.account(transaction.connection, id) else { return nil }
            var details = old.details
            try change(&details)
            guard details != old.details else { return old }
            try details.check()
            let stamp: [CommerceColumn] = [("updated_at", .integer(now.milliseconds))]
            try transaction.update("accounts", AccountRows.row(of: details) + stamp, of: id.number)
            try transaction.changed(.account, id.number)
            return try AccountRows.account(transaction.connection, id)
        }
    }

    /// Whose accounts are: the public identifiers of the customer and the subscription of each that has one.
    package func accountOwners() async throws -> [AccountID: AccountOwner] {
        try await read { connection in
            let rows = try connection.query(
                """
                SELECT a.id, c.id, c.public_id, s.id, s.public_id FROM accounts AS a
                JOIN subscriptions AS s ON s.id = a.subscription_id JOIN customers AS c ON c.id = s.customer_id
                """)
            var owners: [AccountID: AccountOwner] = [:]
            for row in rows {
                owners[AccountID(try row.integer(0))] = AccountOwner(
                    customer: CustomerNumber(try row.integer(1)), customerID: try row.text(2),
                    subscription: SubscriptionNumber(try row.integer(3)), subscriptionID: try row.text(4))
            }
            return owners
        }
    }
}

/// The customer that an account belongs to, and by which subscription.
package struct AccountOwner: Sendable, Hashable {
    package let customer: CustomerNumber
    package let customerID: String
    package let subscription: SubscriptionNumber
    package let subscriptionID: String
}

extension AccountRows {
    static func row(of details: AccountDetails) -> [CommerceColumn] {
        [
            ("name", .text(details.name)), ("code", SQLValue(details.code)), ("tag", SQLValue(details.tag)),
            ("is_enabled", .integer(details.isActive ? 1 : 0)), ("metadata", .text(details.metadata.json)),
        ]
    }

    /// Gives identifiers to the accounts that have none: those of an older version.
    static func nameAll(_ connection: any SQLConnection, _ identity: (WireTime) -> ResourceIdentity) throws {
        let rows = try connection.query("SELECT id, created_at FROM accounts WHERE public_id IS NULL ORDER BY id")
        for row in rows {
            let made = identity(WireTime(milliseconds: try row.integer(1)))
            try connection.execute(
                "UPDATE accounts SET public_id = $1, uuid = $2, ulid = $3 WHERE id = $4",
                [.text(made.id), .text(made.uuid), .text(made.ulid), .integer(try row.integer(0))])
        }
    }
}
