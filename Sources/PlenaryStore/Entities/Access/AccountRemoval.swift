package import BigBlueButton
package import PlenaryCore

/// Why an account is not deleted (`rooms-api.md` 4): each is 409 `not_deletable`.
package enum AccountRemovalFault: Error, Sendable, Hashable {
    /// The default account always exists.
    case isDefault
    /// It must be inactive first.
    case isActive
    /// So many of its meetings are not over.
    case hasMeetings(Int)

    package var problem: Problem {
        switch self {
        case .isDefault: Problem(.notDeletable, "The default account cannot be deleted.")
        case .isActive: Problem(.notDeletable, "The account is active; it must be inactive first.")
        case .hasMeetings(let count): Problem(.notDeletable, "\(count) of its meetings are not over.")
        }
    }
}

extension Store {
    /// Deletes an inactive account with all that is its own: secrets, rules, hooks, what waits to be delivered, its rooms, and the
    /// history of its meetings. It cannot be undone.
    ///
    /// - Parameter check: gets the account as it is, and may throw to leave it.
    /// - Throws: ``AccountRemovalFault``, ``RoomProblem`` `.roomInUse`; nothing is deleted then.
    /// - Returns: whether there was one.
    package func removeAccount(
        _ id: AccountID, now: WireTime, check: @escaping @Sendable (Account) throws -> Void = { _ in }
    ) async throws -> Bool {
        try await write { try $0.removeAccount(id, now: now, check) }
    }
}

extension StoreTransaction {
    /// What of other entities goes with an account, before the account itself.
    private static let dependents: [@Sendable (StoreTransaction, AccountID, WireTime) throws -> Void] = [
        { transaction, account, now in try transaction.removeRooms(of: account, now: now) }
    ]

    /// The same for all accounts of a subscription that goes, active or not.
    ///
    /// - Throws: ``AccountRemovalFault`` but `.isActive`, ``RoomProblem`` `.roomInUse`.
    func removeAccounts(of subscription: SubscriptionNumber, now: WireTime) throws {
        let rows = try connection.query(
            "SELECT id FROM accounts WHERE subscription_id = $1 ORDER BY id", [.integer(subscription.number)])
        for row in rows {
            let id = AccountID(try row.integer(0))
            _ = try removeAccount(id, now: now, mustBeInactive: false) { _ in }
        }
    }

    fileprivate func removeAccount(
        _ id: AccountID, now: WireTime, mustBeInactive: Bool = true, _ check: (Account) throws -> Void
    ) throws -> Bool {
        guard let account = try AccountRows.account(connection, id) else { return false }
        try check(account)
        guard id != .default else { throw AccountRemovalFault.isDefault }
        guard !mustBeInactive || !account.rights.isEnabled else { throw AccountRemovalFault.isActive }
        let open = try CommerceRows.count(
            connection, "SELECT COUNT(*) FROM meetings WHERE account_id = $1 AND state <> 'ended'", id.number)
        guard open == 0 else { throw AccountRemovalFault.hasMeetings(open) }

        for remove in Self.dependents { try remove(self, id, now) }
        let value: [SQLValue] = [.integer(id.number)]
        let meetings = "(SELECT id FROM meetings WHERE account_id = $1)"
        for row in try connection.query("SELECT id FROM orders WHERE meeting IN \(meetings)", value) {
            try changed(.order, try row.integer(0))
        }
        for row in try connection.query("SELECT number FROM hooks WHERE account_id = $1", value) {
            try changed(.hook, try row.integer(0))
        }
        for statement in [
            "DELETE FROM orders WHERE meeting IN \(meetings)", "DELETE FROM deliveries WHERE account_id = $1",
            "DELETE FROM hooks WHERE account_id = $1", "DELETE FROM meeting_documents WHERE meeting IN \(meetings)",
            "DELETE FROM placements WHERE meeting IN \(meetings)", "DELETE FROM joins WHERE meeting IN \(meetings)",
            "DELETE FROM meetings WHERE account_id = $1", "DELETE FROM reservations WHERE account_id = $1",
            "DELETE FROM parameter_rules WHERE account_id = $1", "DELETE FROM account_secrets WHERE account_id = $1",
            "DELETE FROM accounts WHERE id = $1",
        ] {
            try connection.execute(statement, value)
        }
        try changed(.account, id.number)
        return true
    }
}
