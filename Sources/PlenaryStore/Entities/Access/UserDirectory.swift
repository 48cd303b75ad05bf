package import BigBlueButton
package import PlenaryCore

extension Store {
    /// All users, in the order in which they were made.
    package func users() async throws -> [User] {
        try await read { try UserRows.found($0, "ORDER BY u.id", []) }
    }

    /// Those of some customers, each once, in the order in which they were made.
    package func users(of customers: Set<CustomerNumber>) async throws -> [User] {
        try await read { connection in
            var found: [UserNumber: User] = [:]
            for customer in customers.sorted() {
                let users = try UserRows.found(
                    connection, "JOIN customer_users AS m ON m.user_id = u.id WHERE m.customer_id = $1",
                    [.integer(customer.number)])
                for user in users { found[user.number] = user }
            }
            return found.values.sorted { $0.number < $1.number }
        }
    }

    /// Makes who has this e-mail address a user of a customer; a new one when nobody has it.
    ///
    /// - Parameter given: of somebody who is known only the e-mail address counts.
    /// - Throws: ``ValidationFault``; as ``setMember(_:isOwner:of:now:)``.
    package func addMember(
        _ given: UserDetails, isOwner: Bool, of customer: CustomerNumber, identity: ResourceIdentity, now: WireTime
    ) async throws -> User {
        try await write { transaction in
            let connection = transaction.connection
            guard try CustomerRows.customer(connection, customer) != nil else {
                throw CommerceFault.notFound(.customer)
            }
            let email = given.email.lowercased()
            let known = try UserRows.found(connection, "WHERE u.email = $1", [.text(email)]).first
            let user = try known ?? transaction.addUser(given.checked(), home: customer, identity: identity, now: now)
            try transaction.setMember(user.id, isOwner: isOwner, .customers, of: customer.number, now: now)
            return user
        }
    }

    /// - Returns: `nil` for an account that is in no subscription, and belongs to nobody.
    package func accountOwner(of account: AccountID) async throws -> AccountOwner? {
        try await read { connection in
            let rows = try connection.query(
                """
                SELECT c.id, c.public_id, s.id, s.public_id FROM accounts AS a
                JOIN subscriptions AS s ON s.id = a.subscription_id JOIN customers AS c ON c.id = s.customer_id
                WHERE a.id = $1
                """, [.integer(account.number)])
            guard let row = rows.first else { return nil }
            return AccountOwner(
                customer: CustomerNumber(try row.integer(0)), customerID: try row.text(1),
                subscription: SubscriptionNumber(try row.integer(2)), subscriptionID: try row.text(3))
        }
    }
}
