package import BigBlueButton
package import PlenaryCore

/// Somebody who belongs to a customer or an account (`rooms-api.md` 3 and 4).
package struct Member: Sendable, Hashable {
    package let user: User
    /// Exactly one of a customer.
    package let isOwner: Bool
    package let createdAt: WireTime

    /// As a customer sees them: see ``User/seen(by:)``.
    package func seen(by customer: CustomerNumber?) -> Member {
        Member(user: user.seen(by: customer), isOwner: isOwner, createdAt: createdAt)
    }
}

extension Store {
    /// The owner user of a customer: the one that there is, or who has the customer's e-mail address; made when nobody has it.
    ///
    /// - Throws: ``CommerceFault/notFound(_:)``.
    package func ensureOwnerUser(of customer: CustomerNumber, identity: ResourceIdentity, now: WireTime) async throws
        -> User
    {
        try await write { try $0.ensureOwnerUser(of: customer, identity: identity, now: now) }
    }

    /// The owner first, then in the order in which they came.
    package func members(of customer: CustomerNumber) async throws -> [Member] {
        try await read { try MemberRows.members($0, .customers, of: customer.number) }
    }

    /// The owner first, then in the order in which they came.
    package func members(of account: AccountID) async throws -> [Member] {
        try await read { try MemberRows.members($0, .accounts, of: account.number) }
    }

    /// Makes somebody a user of a customer; the owner before them stays as a user when they become the owner.
    ///
    /// - Parameter check: gets the user as they are, `nil` when they are none of its, and may throw to leave that so.
    /// - Throws: ``CommerceFault/notFound(_:)`` of the customer; ``RoomProblem`` `.notFound` of the user; `.ownerRequired` when the
    ///   owner would be none any more.
    package func setMember(
        _ user: RoomUserID, isOwner: Bool, of customer: CustomerNumber, now: WireTime,
        check: (@Sendable (Member?) throws -> Void)? = nil
    ) async throws {
        try await write { transaction in
            guard try CustomerRows.customer(transaction.connection, customer) != nil else {
                throw CommerceFault.notFound(.customer)
            }
            if let check {
                let members = try MemberRows.members(transaction.connection, .customers, of: customer.number)
                try check(members.first { $0.user.id == user })
            }
            try transaction.setMember(user, isOwner: isOwner, .customers, of: customer.number, now: now)
        }
    }

    /// The same of an account.
    package func setMember(
        _ user: RoomUserID, isOwner: Bool, of account: AccountID, now: WireTime,
        check: (@Sendable (Member?) throws -> Void)? = nil
    ) async throws {
        try await write { transaction in
            let rows = try transaction.connection.query(
                "SELECT id FROM accounts WHERE id = $1", [.integer(account.number)])
            guard !rows.isEmpty else { throw CommerceFault.notFound(.account) }
            if let check {
                let members = try MemberRows.members(transaction.connection, .accounts, of: account.number)
                try check(members.first { $0.user.id == user })
            }
            try transaction.setMember(user, isOwner: isOwner, .accounts, of: account.number, now: now)
        }
    }

    /// Takes somebody out of a customer, of its accounts and of their rooms.
    ///
    /// - Throws: ``RoomProblem`` `.ownerRequired` for the owner, and for who owns an account or a room of the customer.
    /// - Returns: whether they were a user of it.
    package func removeMember(
        _ user: RoomUserID, of customer: CustomerNumber,
        check: @escaping @Sendable (Member) throws -> Void = { _ in }
    ) async throws -> Bool {
        try await write { transaction in
            let members = try MemberRows.members(transaction.connection, .customers, of: customer.number)
            if let member = members.first(where: { $0.user.id == user }) { try check(member) }
            let rooms = try transaction.connection.query(
                """
                SELECT 1 FROM room_users AS m JOIN users AS u ON u.id = m.user_id JOIN rooms AS r ON r.id = m.room_id
                JOIN accounts AS a ON a.id = r.account_id JOIN subscriptions AS s ON s.id = a.subscription_id
                WHERE u.public_id = $1 AND m.is_owner = 1 AND s.customer_id = $2 LIMIT 1
                """, [.text(user.text), .integer(customer.number)])
            guard rooms.isEmpty else { throw RoomProblem.ownerRequired }
            return try transaction.removeMember(user, .customers, of: customer.number)
                && transaction.removeFromAccounts(user, of: customer)
        }
    }

    /// - Throws: ``RoomProblem`` `.ownerRequired` for the owner.
    /// - Returns: whether they were a user of it.
    package func removeMember(
        _ user: RoomUserID, of account: AccountID, check: @escaping @Sendable (Member) throws -> Void = { _ in }
    ) async throws -> Bool {
        try await write { transaction in
            let members = try MemberRows.members(transaction.connection, .accounts, of: account.number)
            if let member = members.first(where: { $0.user.id == user }) { try check(member) }
            return try transaction.removeMember(user, .accounts, of: account.number)
        }
    }

    /// The customers that somebody is a user of, and whether as the owner.
    package func customers(of user: UserNumber) async throws -> [CustomerNumber: Bool] {
        try await read { connection in
            let rows = try connection.query(
                "SELECT customer_id, is_owner FROM customer_users WHERE user_id = $1", [.integer(user.number)])
            var owned: [CustomerNumber: Bool] = [:]
            for row in rows { owned[CustomerNumber(try row.integer(0))] = try row.integer(1) == 1 }
            return owned
        }
    }

    /// Where each of the users of some customers is known: by their customers, and by whose accounts and rooms they are users of.
    /// `nil` stands for the platform, whose own accounts are nobody else's.
    ///
    /// - Parameter customers: at least one of them is a customer of each user.
    package func holders(ofUsersOf customers: Set<CustomerNumber>) async throws -> [UserNumber: Set<CustomerNumber?>] {
        try await read { connection in
            var held: [UserNumber: Set<CustomerNumber?>] = [:]
            for customer in customers.sorted() {
                let found = try MemberRows.holders(
                    connection, "IN (SELECT user_id FROM customer_users WHERE customer_id = $1)",
                    .integer(customer.number))
                for (user, holders) in found { held[user, default: []].formUnion(holders) }
            }
            return held
        }
    }

    /// The same of one user, who may have no customer.
    package func holders(of user: UserNumber) async throws -> Set<CustomerNumber?> {
        try await read { connection in
            try MemberRows.holders(connection, "= $1", .integer(user.number))[user] ?? []
        }
    }

    /// The accounts that somebody owns: who owns the customer owns its accounts, unless they have an owner of their own.
    package func ownedAccounts(of user: UserNumber) async throws -> Set<AccountID> {
        try await read { try MemberRows.ownedAccounts($0, of: user) }
    }
}

extension StoreTransaction {
    /// For whoever makes a customer as well: in the same transaction.
    func ensureOwnerUser(of customer: CustomerNumber, identity: ResourceIdentity, now: WireTime) throws -> User {
        let owners = try UserRows.found(
            connection, "JOIN customer_users AS m ON m.user_id = u.id WHERE m.customer_id = $1 AND m.is_owner = 1",
            [.integer(customer.number)])
        if let owner = owners.first { return owner }
        guard let found = try CustomerRows.customer(connection, customer) else {
            throw CommerceFault.notFound(.customer)
        }
        let contact = found.details
        let known = try UserRows.found(connection, "WHERE u.email = $1", [.text(contact.email)]).first
        let user =
            try known
            ?? addUser(
                UserDetails(
                    email: contact.email, firstName: contact.firstName, lastName: contact.lastName,
                    locale: contact.locale),
                home: customer, identity: identity, now: now)
        try setMember(user.id, isOwner: true, .customers, of: customer.number, now: now)
        return user
    }

    func setMember(
        _ user: RoomUserID, isOwner: Bool, _ whose: MemberRows.Whose, of number: Int64, now: WireTime
    ) throws {
        guard let found = try UserRows.user(connection, user) else { throw RoomProblem.notFound }
        if case .customers = whose { try settleHome(of: found, CustomerNumber(number)) }
        let owner = try connection.query(
            "SELECT user_id FROM \(whose.table) WHERE \(whose.column) = $1 AND is_owner = 1", [.integer(number)]
        ).first?.integer(0)
        if owner == found.number.number, !isOwner { throw RoomProblem.ownerRequired }
        if isOwner {
            try connection.execute(
                "UPDATE \(whose.table) SET is_owner = 0 WHERE \(whose.column) = $1 AND is_owner = 1",
                [.integer(number)])
        }
        try connection.execute(
            """
            INSERT INTO \(whose.table) (\(whose.column), user_id, is_owner, created_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (\(whose.column), user_id) DO UPDATE SET is_owner = excluded.is_owner
            """,
            [
                .integer(number), .integer(found.number.number), .integer(isOwner ? 1 : 0),
                .integer(now.milliseconds),
            ])
    }

    /// Who becomes a user of a customer, and is nobody else's, has it as home. Who is that of one other stays theirs: nobody takes
    /// somebody away from a customer by knowing the address.
    private func settleHome(of user: User, _ customer: CustomerNumber) throws {
        let value: [SQLValue] = [.integer(user.number.number)]
        let holders = try MemberRows.holders(connection, "= $1", value[0])[user.number] ?? []
        if let home = user.home, holders.contains(home) { return }
        let others = holders.subtracting([customer])
        let home: CustomerNumber?
        if others.isEmpty {
            home = customer
        } else if others.count == 1, let only = others.first {
            home = only
        } else {
            // Of several: nobody's alone.
            home = nil
        }
        guard home != user.home else { return }
        try connection.execute(
            "UPDATE users SET home_customer_id = $1 WHERE id = $2", [SQLValue(home?.number)] + value)
    }

    /// - Returns: that it is done.
    fileprivate func removeFromAccounts(_ user: RoomUserID, of customer: CustomerNumber) throws -> Bool {
        let accounts = """
            SELECT a.id FROM accounts AS a JOIN subscriptions AS s ON s.id = a.subscription_id WHERE s.customer_id = $2
            """
        let whose = "user_id = (SELECT id FROM users WHERE public_id = $1)"
        let values: [SQLValue] = [.text(user.text), .integer(customer.number)]
        let owned = try connection.query(
            "SELECT 1 FROM account_users WHERE \(whose) AND account_id IN (\(accounts)) AND is_owner = 1 LIMIT 1",
            values)
        guard owned.isEmpty else { throw RoomProblem.ownerRequired }
        try connection.execute("DELETE FROM account_users WHERE \(whose) AND account_id IN (\(accounts))", values)
        try connection.execute(
            "DELETE FROM room_users WHERE \(whose) AND room_id IN (SELECT id FROM rooms WHERE account_id IN (\(accounts)))",
            values)
        return true
    }

    fileprivate func removeMember(_ user: RoomUserID, _ whose: MemberRows.Whose, of number: Int64) throws -> Bool {
        guard let found = try UserRows.user(connection, user) else { return false }
        let rows = try connection.query(
            "SELECT is_owner FROM \(whose.table) WHERE \(whose.column) = $1 AND user_id = $2",
            [.integer(number), .integer(found.number.number)])
        guard let row = rows.first else { return false }
        guard try row.integer(0) == 0 else { throw RoomProblem.ownerRequired }
        try connection.execute(
            "DELETE FROM \(whose.table) WHERE \(whose.column) = $1 AND user_id = $2",
            [.integer(number), .integer(found.number.number)])
        return true
    }
}

enum MemberRows {
    /// Two tables of one shape.
    enum Whose {
        case customers
        case accounts

        var table: String {
            switch self {
            case .customers: "customer_users"
            case .accounts: "account_users"
            }
        }

        var column: String {
            switch self {
            case .customers: "customer_id"
            case .accounts: "account_id"
            }
        }
    }

    /// Whose users some users are, by their customers, accounts and rooms.
    ///
    /// - Parameter condition: behind the number of a user; it has `$1`, which is `value`.
    static func holders(_ connection: any SQLConnection, _ condition: String, _ value: SQLValue) throws
        -> [UserNumber: Set<CustomerNumber?>]
    {
        var held: [UserNumber: Set<CustomerNumber?>] = [:]
        for query in [
            "SELECT m.user_id, m.customer_id FROM customer_users AS m",
            """
            SELECT m.user_id, s.customer_id FROM account_users AS m JOIN accounts AS a ON a.id = m.account_id
            LEFT JOIN subscriptions AS s ON s.id = a.subscription_id
            """,
            """
            SELECT m.user_id, s.customer_id FROM room_users AS m JOIN rooms AS r ON r.id = m.room_id
            JOIN accounts AS a ON a.id = r.account_id LEFT JOIN subscriptions AS s ON s.id = a.subscription_id
            """,
        ] {
            for row in try connection.query("\(query) WHERE m.user_id \(condition)", [value]) {
                let customer: CustomerNumber? = try row.optionalInteger(1).map { CustomerNumber($0) }
                held[UserNumber(try row.integer(0)), default: []].insert(customer)
            }
        }
        return held
    }

    /// Who owns the customer owns its accounts, unless they have an owner of their own.
    static func ownedAccounts(_ connection: any SQLConnection, of user: UserNumber) throws -> Set<AccountID> {
        let rows = try connection.query(
            """
            SELECT account_id FROM account_users WHERE user_id = $1 AND is_owner = 1
            UNION SELECT a.id FROM accounts AS a JOIN subscriptions AS s ON s.id = a.subscription_id
            JOIN customer_users AS c ON c.customer_id = s.customer_id
            WHERE c.user_id = $2 AND c.is_owner = 1
                AND NOT EXISTS (SELECT 1 FROM account_users AS o WHERE o.account_id = a.id AND o.is_owner = 1)
            """, [.integer(user.number), .integer(user.number)])
        return Set(try rows.map { AccountID(try $0.integer(0)) })
    }

    static func members(_ connection: any SQLConnection, _ whose: Whose, of number: Int64) throws -> [Member] {
        let rows = try connection.query(
            """
            SELECT m.is_owner, m.created_at, \(UserRows.columns) FROM \(whose.table) AS m
            JOIN users AS u ON u.id = m.user_id WHERE m.\(whose.column) = $1
            ORDER BY m.is_owner DESC, m.created_at, u.id
            """, [.integer(number)])
        return try rows.map { row in
            var reader = ColumnReader(row)
            let isOwner = try reader.flag()
            let createdAt = try reader.time()
            return Member(user: try UserRows.read(&reader), isOwner: isOwner, createdAt: createdAt)
        }
    }
}
