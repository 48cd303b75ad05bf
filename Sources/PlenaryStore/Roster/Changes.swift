internal import PlenaryCore

/// The feed of what changed: one row an entity and transaction, numbered in the order of commits.
enum Changes {
    struct Batch: Sendable {
        enum Content: Sendable {
            case changes([RosterChange])
            case everything(Roster)
        }
        let content: Content
        let seen: Int64
    }

    enum Kind: String { case account, server, meeting, hook, order, policy }

    /// Reads what came after row `seen`; everything when it is `nil` or the feed does not reach back that far.
    static func read(_ connection: any SQLConnection, after seen: Int64?) throws -> Batch {
        let newest = try connection.query("SELECT value FROM counters WHERE name = 'changes'").first?.integer(0) ?? 0
        guard let seen else { return Batch(content: .everything(try everything(connection)), seen: newest) }
        guard newest > seen else { return Batch(content: .changes([]), seen: max(newest, seen)) }
        let rows = try connection.query(
            "SELECT seq, kind, entity FROM changes WHERE seq > $1 ORDER BY seq", [.integer(seen)])
        guard try rows.first?.integer(0) == seen + 1 else {
            return Batch(content: .everything(try everything(connection)), seen: newest)
        }
        var told: Set<String> = []
        var changes: [RosterChange] = []
        for row in rows {
            let kind = try row.text(1)
            let entity = try row.integer(2)
            // Each entity once, as it is now.
            guard told.insert("\(kind) \(entity)").inserted else { continue }
            switch Kind(rawValue: kind) {
            case .account:
                let id = AccountID(entity)
                changes.append(.account(id, try AccountRows.account(connection, id)))
            case .server:
                let id = ServerID(entity)
                changes.append(.server(id, try ServerRows.server(connection, id)))
            case .meeting:
                let number = MeetingNumber(entity)
                changes.append(.meeting(number, try MeetingRows.open(connection, number)))
            case .hook: changes.append(.hook(entity, try HookRows.hook(connection, entity)))
            case .order:
                let id = OrderID(entity)
                changes.append(.order(id, try OrderRows.open(connection, entity)))
            case .policy: changes.append(.policy(try PolicyRows.policy(connection, account: nil)))
            case nil: throw StoreFault.unreadable("kind of change")
            }
        }
        return Batch(content: .changes(changes), seen: newest)
    }

    private static func everything(_ connection: any SQLConnection) throws -> Roster {
        var roster = Roster()
        for account in try AccountRows.all(connection) { roster.apply(.account(account.id, account)) }
        roster.apply(.policy(try PolicyRows.policy(connection, account: nil)))
        for server in try ServerRows.all(connection) { roster.apply(.server(server.id, server)) }
        for meeting in try MeetingRows.allOpen(connection) { roster.apply(.meeting(meeting.number, meeting)) }
        for hook in try HookRows.all(connection) { roster.apply(.hook(hook.number, hook)) }
        for order in try OrderRows.allOpen(connection) { roster.apply(.order(order.id, order)) }
        return roster
    }

    static func trim(_ connection: any SQLConnection, keeping kept: Int64) throws {
        try connection.execute(
            "DELETE FROM changes WHERE seq <= (SELECT value FROM counters WHERE name = 'changes') - $1",
            [.integer(kept)])
    }
}

/// One transaction as the entities see it.
struct StoreTransaction {
    let connection: any SQLConnection

    /// The next number of a kind: one more than the last, visible in the order of commits.
    func next(_ counter: String) throws -> Int64 {
        guard
            let row = try connection.query(
                "UPDATE counters SET value = value + 1 WHERE name = $1 RETURNING value", [.text(counter)]
            ).first
        else { throw StoreFault.unreadable("counter") }
        return try row.integer(0)
    }

    /// Tells the feed that an entity changed.
    func changed(_ kind: Changes.Kind, _ entity: Int64) throws {
        try connection.execute(
            "INSERT INTO changes (seq, kind, entity) VALUES ($1, $2, $3)",
            [.integer(try next("changes")), .text(kind.rawValue), .integer(entity)])
    }
}
