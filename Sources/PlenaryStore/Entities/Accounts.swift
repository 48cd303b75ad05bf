package import BigBlueButton
package import PlenaryCore

extension Store {
    /// Adds an account without a secret.
    ///
    /// - Throws: ``StoreFault/constraint(_:)`` `.unique` when there is one of that short name.
    package func addAccount(slug: Slug, name: String, now: WireTime) async throws -> Account {
        try await write { transaction in
            let id = AccountID(try transaction.next("account"))
            try transaction.connection.execute(
                "INSERT INTO accounts (id, slug, name, created_at) VALUES ($1, $2, $3, $4)",
                [.integer(id.number), .text(slug.text), .text(name), .integer(now.milliseconds)])
            try transaction.changed(.account, id.number)
            return Account(id: id, slug: slug, name: name, secrets: [], createdAt: now)
        }
    }

    /// Adds a secret to an account; calls signed with it are taken from then on.
    ///
    /// - Returns: `nil` when there is no such account.
    /// - Throws: ``StoreFault/constraint(_:)`` `.unique` when the account has that secret already.
    package func addSecret(_ secret: Secret, label: String, to account: AccountID, now: WireTime) async throws
        -> AccountSecret?
    {
        try await write { transaction in
            guard try AccountRows.account(transaction.connection, account) != nil else { return nil }
            return try transaction.addSecret(secret, label: label, to: account, now: now)
        }
    }

    /// Gives an account its first secret, if it has none.
    ///
    /// - Returns: whether it was given.
    package func addFirstSecret(_ secret: Secret, to account: AccountID, now: WireTime) async throws -> Bool {
        try await write { transaction in
            guard let found = try AccountRows.account(transaction.connection, account), found.secrets.isEmpty else {
                return false
            }
            _ = try transaction.addSecret(secret, label: "first", to: account, now: now)
            return true
        }
    }

    /// - Returns: whether the account had a secret of that number.
    package func removeSecret(_ number: Int64, from account: AccountID) async throws -> Bool {
        try await write { transaction in
            let removed = try transaction.connection.execute(
                "DELETE FROM account_secrets WHERE id = $1 AND account_id = $2",
                [.integer(number), .integer(account.number)])
            if removed > 0 { try transaction.changed(.account, account.number) }
            return removed > 0
        }
    }
}

extension StoreTransaction {
    func makeDefaultAccount(now: WireTime) throws {
        let exists = try !connection.query(
            "SELECT id FROM accounts WHERE id = $1", [.integer(AccountID.default.number)]
        ).isEmpty
        guard !exists else { return }
        let number = try next("account")
        guard number == AccountID.default.number else { throw StoreFault.unreadable("number of the default account") }
        try connection.execute(
            "INSERT INTO accounts (id, slug, name, created_at) VALUES ($1, $2, $3, $4)",
            [.integer(number), "default", "Default account", .integer(now.milliseconds)])
        try changed(.account, number)
    }

    func addSecret(_ secret: Secret, label: String, to account: AccountID, now: WireTime) throws -> AccountSecret {
        let number = try next("secret")
        try connection.execute(
            "INSERT INTO account_secrets (id, account_id, label, secret, created_at) VALUES ($1, $2, $3, $4, $5)",
            [
                .integer(number), .integer(account.number), .text(label), .text(secret.reveal()),
                .integer(now.milliseconds),
            ])
        try changed(.account, account.number)
        return AccountSecret(number: number, label: label, secret: secret, createdAt: now)
    }
}

enum AccountRows {
    private static let columns = "SELECT id, slug, name, created_at FROM accounts"
    private static let secrets = "SELECT account_id, id, label, secret, created_at FROM account_secrets"

    static func account(_ connection: any SQLConnection, _ id: AccountID) throws -> Account? {
        let rows = try connection.query("\(columns) WHERE id = $1", [.integer(id.number)])
        let secrets = try connection.query("\(secrets) WHERE account_id = $1 ORDER BY id", [.integer(id.number)])
        return try rows.first.map { try read($0, secrets: secrets) }
    }

    static func all(_ connection: any SQLConnection) throws -> [Account] {
        let secrets = try Dictionary(grouping: connection.query("\(secrets) ORDER BY id")) { try $0.integer(0) }
        return try connection.query("\(columns) ORDER BY id").map {
            try read($0, secrets: secrets[$0.integer(0)] ?? [])
        }
    }

    private static func read(_ row: SQLRow, secrets: [SQLRow]) throws -> Account {
        guard let slug = Slug(try row.text(1)) else { throw StoreFault.unreadable("slug of an account") }
        return Account(
            id: AccountID(try row.integer(0)), slug: slug, name: try row.text(2),
            secrets: try secrets.map { row in
                guard let secret = Secret(try row.text(3)) else { throw StoreFault.unreadable("secret of an account") }
                return AccountSecret(
                    number: try row.integer(1), label: try row.text(2), secret: secret,
                    createdAt: WireTime(milliseconds: try row.integer(4)))
            },
            createdAt: WireTime(milliseconds: try row.integer(3)))
    }
}
