internal import BigBlueButton

/// What is due, found from the web hooks: what waits for one is never read to find what waits for another.
extension WebhookDeliveryRows {
    /// A web hook that has something due.
    struct DueHook {
        let number: Int64
        let receiver: String
        /// 0: the platform's.
        let owner: Int64
    }

    /// Of those that are due at a web hook, one of the oldest.
    struct Head {
        let hook: DueHook
        let number: Int64
        let dueAt: Int64
    }

    /// - Parameter limit: web hooks; those whose oldest has been due the longest.
    static func due(
        _ connection: any SQLConnection, at now: WireTime, notTo closed: [String], notOf full: [Int64], limit: Int
    ) throws -> [DueHook] {
        var statement = ListStatement()
        statement.require("w.is_active = 1")
        if !closed.isEmpty { statement.require("w.receiver NOT IN (\(statement.places(closed.map { .text($0) })))") }
        if !full.isEmpty {
            statement.require("COALESCE(w.customer_id, 0) NOT IN (\(statement.places(full.map { .integer($0) })))")
        }
        let clause = statement.clause
        let until = statement.place(.integer(now.milliseconds))
        let count = statement.place(.integer(Int64(limit)))
        let rows = try connection.query(
            """
            SELECT id, receiver, owner FROM (
                SELECT w.id, w.receiver, COALESCE(w.customer_id, 0) AS owner, (
                    SELECT MIN(d.due_at) FROM webhook_deliveries AS d WHERE d.webhook_id = w.id AND d.state = 'waiting'
                ) AS due_at
                FROM webhooks AS w\(clause)
            ) AS hooks WHERE due_at <= \(until) ORDER BY due_at, id LIMIT \(count)
            """, statement.values)
        return try rows.map { DueHook(number: try $0.integer(0), receiver: try $0.text(1), owner: try $0.integer(2)) }
    }

    static func heads(
        _ connection: any SQLConnection, of hook: DueHook, at now: WireTime, besides busy: [Int64], limit: Int
    ) throws -> [Head] {
        var statement = ListStatement()
        statement.require("webhook_id = \(statement.place(.integer(hook.number))) AND state = 'waiting'")
        statement.require("due_at <= \(statement.place(.integer(now.milliseconds)))")
        if !busy.isEmpty { statement.require("id NOT IN (\(statement.places(busy.map { .integer($0) })))") }
        let clause = statement.clause
        let count = statement.place(.integer(Int64(limit)))
        let rows = try connection.query(
            "SELECT id, due_at FROM webhook_deliveries\(clause) ORDER BY due_at, id LIMIT \(count)", statement.values)
        return try rows.map { Head(hook: hook, number: try $0.integer(0), dueAt: try $0.integer(1)) }
    }
}
