package import BigBlueButton
package import PlenaryCore

extension Store {
    /// A rule as it is stored.
    package struct SetRule: Sendable, Hashable {
        package let rule: ParameterRule
        package let setAt: WireTime

        package init(rule: ParameterRule, setAt: WireTime) {
            self.rule = rule
            self.setAt = setAt
        }
    }

    /// What became of setting a rule.
    package struct RuleChange: Sendable, Hashable {
        package let rule: ParameterRule
        /// The one that was there.
        package let replaced: ParameterRule?
        package let warnings: [PolicyWarning]
    }

    /// Sets a rule about a parameter, if it goes with the rules that hold beside it and with what the accounts may.
    ///
    /// - Parameters:
    ///   - account: whose; `nil`: a global one, for every account.
    ///   - replacing: whether it may take the place of a rule of another kind. One of its own kind it replaces always.
    /// - Returns: `nil` when there is no such account.
    /// - Throws: ``PolicyFault`` when it cannot be; nothing is changed then.
    package func setRule(
        _ rule: ParameterRule, of account: AccountID?, replacing: Bool = false, now: WireTime
    ) async throws -> RuleChange? {
        try await write { transaction in
            let connection = transaction.connection
            guard try PolicyRows.isThere(connection, account) else { return nil }
            let before = try PolicyRows.policies(connection, concerning: account)
            let replaced = before.policy(of: account).rule(rule.call, rule.name)
            if let replaced, replaced.kind != rule.kind, !replacing {
                throw PolicyFault(rule.draft, .taken(by: replaced))
            }
            var after = before
            after.change(account) { $0.set(rule) }
            try transaction.check(rule.draft, before, after, concerning: account)
            // The one that was there may be written otherwise: a parameter's old name.
            if let replaced { try PolicyRows.delete(connection, replaced, of: account) }
            try connection.execute(
                """
                INSERT INTO parameter_rules (account_id, call, kind, name, value, set_at)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                [
                    SQLValue(account?.number), .text(rule.call.rawValue), .text(rule.kind.rawValue),
                    .text(rule.name.text), SQLValue(rule.value), .integer(now.milliseconds),
                ])
            try transaction.policyChanged(account)
            let global = account == nil ? ParameterPolicy.empty : after.global
            return RuleChange(
                rule: rule, replaced: replaced,
                warnings: after.policy(of: account).warnings(about: rule, global: global))
        }
    }

    /// Takes a rule away, if what is left goes together.
    ///
    /// - Returns: the rule that was there; `nil` when there was none, or there is no such account.
    /// - Throws: ``PolicyFault`` when what is left would contradict itself; nothing is changed then.
    package func removeRule(_ call: ParameterRule.Call, _ name: ParameterName, of account: AccountID?) async throws
        -> ParameterRule?
    {
        try await write { transaction in
            let connection = transaction.connection
            let before = try PolicyRows.policies(connection, concerning: account)
            guard let removed = before.policy(of: account).rule(call, name) else { return nil }
            var after = before
            after.change(account) { $0.remove(call, name) }
            try transaction.check(removed.draft, before, after, concerning: account)
            try PolicyRows.delete(connection, removed, of: account)
            try transaction.policyChanged(account)
            return removed
        }
    }

    /// The rules of an account, or the global ones, by call and name.
    package func rules(of account: AccountID?) async throws -> [SetRule] {
        try await read { connection in
            try PolicyRows.rows(connection, of: account).map {
                SetRule(rule: try PolicyRows.read($0), setAt: WireTime(milliseconds: try $0.integer(5)))
            }.sorted { ($0.rule.call.rawValue, $0.rule.name) < ($1.rule.call.rawValue, $1.rule.name) }
        }
    }
}

extension StoreTransaction {
    /// Refuses a change by which something contradicts itself that did not before. What did so before is not held against it:
    /// a way out must not be barred.
    fileprivate func check(
        _ draft: ParameterRule.Draft, _ before: Policies, _ after: Policies, concerning account: AccountID?
    ) throws {
        let limits = try PolicyRows.limits(connection, concerning: account)
        func newConflict(of account: AccountID?) -> PolicyConflict? {
            let allowed = account.flatMap { limits[$0] } ?? PolicyLimits.unlimited
            func conflicts(_ policies: Policies) -> Set<PolicyConflict> {
                let own = account.map { policies.policy(of: $0) } ?? ParameterPolicy.empty
                return own.conflicts(global: policies.global, limits: allowed)
            }
            return conflicts(after).subtracting(conflicts(before)).min()
        }
        if account == nil, let conflict = newConflict(of: nil) {
            throw PolicyFault(draft, .conflict(conflict, account: nil))
        }
        // A global rule is one of every account's.
        for concerned in limits.keys.sorted() {
            if let conflict = newConflict(of: concerned) {
                throw PolicyFault(draft, .conflict(conflict, account: concerned))
            }
        }
    }

    /// Whether what an account shall be allowed from now on is less than its rules, and the global ones, ask for: who lowers a limit
    /// is told then, not the teacher whose create is refused.
    ///
    /// - Parameter before: what it was allowed until now: what contradicted that already is not held against the change.
    func policyConflict(of account: AccountID, under limits: PolicyLimits, before: PolicyLimits) throws
        -> PolicyConflict?
    {
        let policies = try PolicyRows.policies(connection, concerning: account)
        func conflicts(_ limits: PolicyLimits) -> Set<PolicyConflict> {
            policies.policy(of: account).conflicts(global: policies.global, limits: limits)
        }
        return conflicts(limits).subtracting(conflicts(before)).min()
    }

    fileprivate func policyChanged(_ account: AccountID?) throws {
        if let account { try changed(.account, account.number) } else { try changed(.policy, 0) }
    }
}

/// The global rules, and those of the accounts that have some.
struct Policies: Sendable {
    private(set) var global = ParameterPolicy.empty
    private(set) var own: [AccountID: ParameterPolicy] = [:]

    func policy(of account: AccountID?) -> ParameterPolicy {
        guard let account else { return global }
        return own[account] ?? ParameterPolicy.empty
    }

    mutating func change(_ account: AccountID?, _ change: (inout ParameterPolicy) -> Void) {
        if let account { change(&own[account, default: .empty]) } else { change(&global) }
    }
}

enum PolicyRows {
    private static let columns = "SELECT account_id, call, kind, name, value, set_at FROM parameter_rules"

    /// The rules of an account, or the global ones.
    static func policy(_ connection: any SQLConnection, account: AccountID?) throws -> ParameterPolicy {
        ParameterPolicy(try rows(connection, of: account).map(read))
    }

    /// All rules, in one look: for reading the roster anew.
    static func all(_ connection: any SQLConnection) throws -> Policies {
        var policies = Policies()
        for row in try connection.query("\(columns) ORDER BY account_id, call, name") {
            let rule = try read(row)
            let account = try row.optionalInteger(0).map { AccountID($0) }
            policies.change(account) { $0.set(rule) }
        }
        return policies
    }

    /// The rules that a change concerns: an account's and the global ones, or those of everybody.
    fileprivate static func policies(_ connection: any SQLConnection, concerning account: AccountID?) throws
        -> Policies
    {
        guard let account else { return try all(connection) }
        var policies = Policies()
        let (own, global) = (try policy(connection, account: account), try policy(connection, account: nil))
        policies.change(account) { $0 = own }
        policies.change(nil) { $0 = global }
        return policies
    }

    /// What the accounts may that a change concerns.
    fileprivate static func limits(_ connection: any SQLConnection, concerning account: AccountID?) throws
        -> [AccountID: PolicyLimits]
    {
        let accounts: [Account]
        if let account {
            accounts = try AccountRows.account(connection, account).map { [$0] } ?? []
        } else {
            accounts = try AccountRows.all(connection)
        }
        return Dictionary(uniqueKeysWithValues: accounts.map { ($0.id, PolicyLimits($0)) })
    }

    fileprivate static func isThere(_ connection: any SQLConnection, _ account: AccountID?) throws -> Bool {
        guard let account else { return true }
        return try !connection.query("SELECT id FROM accounts WHERE id = $1", [.integer(account.number)]).isEmpty
    }

    fileprivate static func rows(_ connection: any SQLConnection, of account: AccountID?) throws -> [SQLRow] {
        guard let account else {
            return try connection.query("\(columns) WHERE account_id IS NULL ORDER BY call, name")
        }
        return try connection.query(
            "\(columns) WHERE account_id = $1 ORDER BY call, name", [.integer(account.number)])
    }

    fileprivate static func delete(
        _ connection: any SQLConnection, _ rule: ParameterRule, of account: AccountID?
    ) throws {
        let values: [SQLValue] = [.text(rule.call.rawValue), .text(rule.name.text)]
        if let account {
            try connection.execute(
                "DELETE FROM parameter_rules WHERE call = $1 AND name = $2 AND account_id = $3",
                values + [.integer(account.number)])
        } else {
            try connection.execute(
                "DELETE FROM parameter_rules WHERE call = $1 AND name = $2 AND account_id IS NULL", values)
        }
    }

    fileprivate static func read(_ row: SQLRow) throws -> ParameterRule {
        guard
            let rule = ParameterRule(
                stored: try row.text(1), kind: try row.text(2), name: try row.text(3), value: try row.optionalText(4))
        else { throw StoreFault.unreadable("rule about a parameter") }
        return rule
    }
}
