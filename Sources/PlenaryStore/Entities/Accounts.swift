package import BigBlueButton
package import PlenaryCore

extension Store {
    /// Adds an account. Without a name for people it is called by its short one.
    ///
    /// - Throws: ``StoreFault/constraint(_:)`` `.unique` when there is one of that short name.
    package func addAccount(slug: Slug, name: String, firstSecret: Secret? = nil, now: WireTime) async throws -> Account
    {
        try await addAccount(
            slug: slug, AccountDetails(name: name.isEmpty ? slug.text : name), identity: identity(now),
            firstSecret: firstSecret, now: now)
    }

    /// Adds an account, and binds it to a subscription in the same step: none is left without one when that is refused.
    ///
    /// - Throws: as ``addAccount(slug:name:firstSecret:now:)``; ``ValidationFault``; what
    ///   ``bind(_:to:force:now:)`` throws.
    package func addAccount(
        slug: Slug, _ details: AccountDetails, identity: ResourceIdentity, subscription: SubscriptionNumber? = nil,
        firstSecret: Secret? = nil, now: WireTime
    ) async throws -> Account {
        try details.check()
        return try await write { transaction in
            let id = AccountID(try transaction.next("account"))
            let fixed: [CommerceColumn] = [
                ("id", .integer(id.number)), ("slug", .text(slug.text)), ("created_at", .integer(now.milliseconds)),
                ("updated_at", .integer(now.milliseconds)),
            ]
            try transaction.insert(
                into: "accounts", fixed + CommerceRows.row(of: identity) + AccountRows.row(of: details))
            if let subscription { _ = try transaction.bind(id, to: subscription, force: false, now: now) }
            if let firstSecret { _ = try transaction.addSecret(firstSecret, label: "first", to: id, now: now) }
            try transaction.changed(.account, id.number)
            guard let account = try AccountRows.account(transaction.connection, id) else {
                throw StoreFault.unreadable("new account")
            }
            return account
        }
    }

    /// Changes what an account may do and have, from what it is now.
    ///
    /// - Returns: the account as it is then; `nil` when there is none.
    package func changeRights(
        of account: AccountID, _ change: @escaping @Sendable (inout AccountRights) -> Void
    ) async throws -> Account? {
        try await write { transaction in
            guard let found = try AccountRows.account(transaction.connection, account) else { return nil }
            var rights = found.rights
            change(&rights)
            // What its rules ask for it must be allowed: who lowers a limit is told now, not the teacher whose create is refused.
            let limits = PolicyLimits(rights, found.entitlement)
            if let conflict = try transaction.policyConflict(
                of: account, under: limits, before: PolicyLimits(found))
            {
                throw RightsConflict(conflict: conflict)
            }
            try AccountRows.write(rights, of: account, transaction.connection)
            try transaction.changed(.account, account.number)
            return try AccountRows.account(transaction.connection, account)
        }
    }

    /// Sets what an account's meetings say in their chat (`rooms-api.md` 15.8).
    ///
    /// - Returns: `nil` when there is no such account.
    package func setChatTexts(
        of account: AccountID, _ change: @escaping @Sendable (AccountChatTexts) -> AccountChatTexts
    ) async throws -> Account? {
        try await write { transaction in
            guard let found = try AccountRows.account(transaction.connection, account) else { return nil }
            let texts = change(found.chatTexts)
            try transaction.connection.execute(
                "UPDATE accounts SET welcome_text = $1, moderator_text = $2 WHERE id = $3",
                [SQLValue(texts.welcome), SQLValue(texts.moderatorOnly), .integer(account.number)])
            try transaction.changed(.account, account.number)
            return try AccountRows.account(transaction.connection, account)
        }
    }

    package func rename(_ account: AccountID, to name: String) async throws -> Account? {
        try await write { transaction in
            let changed = try transaction.connection.execute(
                "UPDATE accounts SET name = $1 WHERE id = $2", [.text(name), .integer(account.number)])
            guard changed > 0 else { return nil }
            try transaction.changed(.account, account.number)
            return try AccountRows.account(transaction.connection, account)
        }
    }

    /// Adds a secret, and lets the others end, for a change without a break: what ends sooner stays so. Of those with this label
    /// the newest stay: each call with a wrong checksum is compared with all of them.
    ///
    /// - Returns: `nil` when there is no such account.
    package func rotateSecret(
        _ secret: Secret, label: String, of account: AccountID, othersEnd end: WireTime, now: WireTime
    ) async throws -> AccountSecret? {
        try await write { transaction in
            guard try AccountRows.account(transaction.connection, account) != nil else { return nil }
            try transaction.connection.execute(
                """
                UPDATE account_secrets SET expires_at = $1
                WHERE account_id = $2 AND (expires_at IS NULL OR expires_at > $1)
                """, [.integer(end.milliseconds), .integer(account.number)])
            let added = try transaction.addSecret(secret, label: label, to: account, now: now)
            try transaction.connection.execute(
                """
                DELETE FROM account_secrets WHERE account_id = $1 AND label = $2 AND id NOT IN (
                    SELECT s.id FROM account_secrets AS s WHERE s.account_id = $1 AND s.label = $2
                    ORDER BY s.id DESC LIMIT \(Self.mostRotated))
                """, [.integer(account.number), .text(label)])
            return added
        }
    }

    /// Secrets of one label that rotating leaves an account.
    package static let mostRotated = 10

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
            guard let found = try AccountRows.account(transaction.connection, account), found.secrets.isEmpty,
                found.unreadableSecrets.isEmpty
            else {
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

/// What an account shall be allowed is less than rules about parameters ask for.
package struct RightsConflict: Error, Sendable, Hashable {
    package let conflict: PolicyConflict
}

extension StoreTransaction {
    func makeDefaultAccount(_ identity: ResourceIdentity, now: WireTime) throws {
        let exists = try !connection.query(
            "SELECT id FROM accounts WHERE id = $1", [.integer(AccountID.default.number)]
        ).isEmpty
        guard !exists else { return }
        let number = try next("account")
        guard number == AccountID.default.number else { throw StoreFault.unreadable("number of the default account") }
        let row: [CommerceColumn] = [
            ("id", .integer(number)), ("slug", "default"), ("name", "Default account"),
            ("created_at", .integer(now.milliseconds)), ("updated_at", .integer(now.milliseconds)),
        ]
        try insert(into: "accounts", row + CommerceRows.row(of: identity))
        try changed(.account, number)
        var rights = AccountRights()
        rights.mayUseBalancerCalls = true
        try AccountRows.write(rights, of: .default, connection)
    }

    func addSecret(_ secret: Secret, label: String, to account: AccountID, now: WireTime) throws -> AccountSecret {
        let number = try next("secret")
        let ring = try SealedRows.ring(connection)
        let sealed = try ring.seal(secret, of: SealedRows.place(secret: number, of: account.number))
        let mark = SealedRows.mark(secret, key: try InstallationRows.key(connection))
        try connection.execute(
            """
            INSERT INTO account_secrets (id, account_id, label, secret, key_id, mark, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            [
                .integer(number), .integer(account.number), .text(label), .text(sealed), .text(ring.current),
                .text(mark), .integer(now.milliseconds),
            ])
        try changed(.account, account.number)
        return AccountSecret(number: number, label: label, secret: secret, createdAt: now)
    }
}

enum AccountRows {
    private static let columns = """
        SELECT id, slug, name, created_at, is_enabled, may_record, may_use_balancer_calls, server_tags, algorithms,
            max_meetings, max_participants, max_duration, max_connections, default_participants, default_duration,
            unsupported_calls, welcome_text, moderator_text, dialect, public_id, uuid, ulid, code, tag, metadata, updated_at,
            integration_enabled
        FROM accounts
        """
    private static let secrets = """
        SELECT account_id, id, label, secret, created_at, expires_at, key_id FROM account_secrets
        """

    static func account(_ connection: any SQLConnection, _ id: AccountID) throws -> Account? {
        let rows = try connection.query("\(columns) WHERE id = $1", [.integer(id.number)])
        let secrets = try connection.query("\(secrets) WHERE account_id = $1 ORDER BY id", [.integer(id.number)])
        return try rows.first.map { row in
            try read(
                row, connection, secrets: secrets, policy: try PolicyRows.policy(connection, account: id),
                entitlement: try CommerceRows.entitlement(connection, account: id.number))
        }
    }

    static func all(_ connection: any SQLConnection) throws -> [Account] {
        let secrets = try Dictionary(grouping: connection.query("\(secrets) ORDER BY id")) { try $0.integer(0) }
        let policies = try PolicyRows.all(connection)
        let entitlements = try CommerceRows.entitlements(connection)
        return try connection.query("\(columns) ORDER BY id").map { row in
            let id = try row.integer(0)
            return try read(
                row, connection, secrets: secrets[id] ?? [], policy: policies.policy(of: AccountID(id)),
                entitlement: entitlements[id])
        }
    }

    private static func read(
        _ row: SQLRow, _ connection: any SQLConnection, secrets: [SQLRow], policy: ParameterPolicy,
        entitlement: Entitlement?
    ) throws -> Account {
        guard let slug = Slug(try row.text(1)) else { throw StoreFault.unreadable("slug of an account") }
        var unreadable: [Int64] = []
        let readable = try secrets.compactMap { row -> AccountSecret? in
            let number = try row.integer(1)
            let secret = try SealedRows.readable(
                connection, try row.text(3), key: try row.optionalText(6),
                of: SealedRows.place(secret: number, of: try row.integer(0)))
            guard let secret else {
                unreadable.append(number)
                return nil
            }
            return AccountSecret(
                number: number, label: try row.text(2), secret: secret,
                createdAt: WireTime(milliseconds: try row.integer(4)),
                expiresAt: try row.optionalInteger(5).map(WireTime.init(milliseconds:)))
        }
        var labels = ColumnReader(SQLRow(Array(row.values[19...])))
        let identity = try labels.identity()
        let (code, tag) = (try labels.optionalText(), try labels.optionalText())
        let metadata = try labels.metadata()
        return Account(
            id: AccountID(try row.integer(0)), identity: identity, slug: slug, name: try row.text(2), secrets: readable,
            rights: try rights(row), policy: policy, entitlement: entitlement,
            chatTexts: AccountChatTexts(welcome: try row.optionalText(16), moderatorOnly: try row.optionalText(17)),
            code: code, tag: tag, metadata: metadata, unreadableSecrets: unreadable,
            createdAt: WireTime(milliseconds: try row.integer(3)), updatedAt: try labels.optionalTime())
    }

    private static func rights(_ row: SQLRow) throws -> AccountRights {
        var rights = AccountRights()
        rights.isEnabled = try row.integer(4) == 1
        rights.hasIntegrationAPI = try row.integer(26) == 1
        rights.mayRecord = try row.integer(5) == 1
        rights.mayUseBalancerCalls = try row.integer(6) == 1
        rights.serverTags = Set(try row.text(7).split(separator: " ").map(String.init))
        rights.algorithms = Set(
            try row.text(8).split(separator: " ").compactMap { ChecksumAlgorithm(rawValue: String($0)) })
        rights.unsupportedCalls = Set(
            try row.text(15).split(separator: " ").map { CallName(rawValue: String($0)) })
        guard let dialect = Dialect(rawValue: try row.text(18)) else { throw StoreFault.unreadable("dialect") }
        rights.dialect = dialect
        func number(_ column: Int) throws -> Int? { try row.optionalInteger(column).map { Int($0) } }
        rights.limits.meetings = try number(9)
        rights.limits.participants = try number(10)
        rights.limits.duration = try number(11)
        rights.limits.connections = try number(12)
        rights.limits.defaultParticipants = try number(13)
        rights.limits.defaultDuration = try number(14)
        return rights
    }

    static func write(_ rights: AccountRights, of id: AccountID, _ connection: any SQLConnection) throws {
        func number(_ value: Int?) -> SQLValue { SQLValue(value.map { Int64($0) }) }
        func flag(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }
        let limits = rights.limits
        try connection.execute(
            """
            UPDATE accounts SET is_enabled = $1, may_record = $2, may_use_balancer_calls = $3, server_tags = $4,
                algorithms = $5, max_meetings = $6, max_participants = $7, max_duration = $8, max_connections = $9,
                default_participants = $10, default_duration = $11, unsupported_calls = $12, dialect = $13,
                integration_enabled = $14
            WHERE id = $15
            """,
            [
                flag(rights.isEnabled), flag(rights.mayRecord), flag(rights.mayUseBalancerCalls),
                .text(rights.serverTags.sorted().joined(separator: " ")),
                .text(rights.algorithms.map(\.rawValue).sorted().joined(separator: " ")), number(limits.meetings),
                number(limits.participants), number(limits.duration), number(limits.connections),
                number(limits.defaultParticipants), number(limits.defaultDuration),
                .text(rights.unsupportedCalls.map(\.rawValue).sorted().joined(separator: " ")),
                .text(rights.dialect.rawValue), flag(rights.hasIntegrationAPI), .integer(id.number),
            ])
    }
}
