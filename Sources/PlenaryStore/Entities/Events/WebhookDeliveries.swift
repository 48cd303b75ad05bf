package import BigBlueButton
package import PlenaryCore

/// What is due: who sends it reads the rest when it is sent.
package struct DueWebhook: Sendable, Hashable {
    package let number: Int64
    /// Host and port.
    package let receiver: String
    /// The number of the customer whose web hook it is for; 0: the platform's.
    package let owner: Int64
}

/// A message as it is sent now.
package struct WebhookMessage: Sendable, Hashable, Redacted {
    package let url: String
    /// Equal on every try.
    package let id: String
    package let body: [UInt8]
    /// The newest first; none: what there is does not open.
    package let secrets: [Secret]
    package let webhookID: String
}

/// What deliveries of a web hook may be asked for in lists.
package enum WebhookDeliveryList {
    package static let schema = ResourceSchema(
        "WebhookDelivery",
        fields: [
            ResourceSchema.Field("object"), ResourceSchema.Field("id"), ResourceSchema.Field("webhook_id"),
            ResourceSchema.Field("event_id"),
            ResourceSchema.Field("event_type", filter: .choice(EventType.allCases.map(\.rawValue))),
            ResourceSchema.Field("status", filter: .choice(WebhookDelivery.State.allCases.map(\.rawValue))),
            ResourceSchema.Field("attempts"), ResourceSchema.Field("next_attempt_at"),
            ResourceSchema.Field("last_status"), ResourceSchema.Field("last_result"),
            ResourceSchema.Field("created_at", filter: .time, sorts: true), ResourceSchema.Field("done_at"),
        ])

    fileprivate static func field(_ name: String) -> ListField? {
        switch name {
        case "event_type": .text("e.type")
        case "status": .text("d.state")
        case "created_at": .time("d.created_at")
        default: nil
        }
    }
}

extension Store {
    /// What is due, the oldest of each receiver first: however many wait for one, those for others come as early, and are found
    /// as fast.
    ///
    /// - Parameters:
    ///   - busy: numbers of those that are under way.
    ///   - closed: receivers to which no more may be sent now.
    ///   - full: owners of whom no more may be sent now.
    package func dueWebhooks(
        at now: WireTime, besides busy: [Int64], notTo closed: [String], notOf full: [Int64] = [], toOneReceiver: Int,
        limit: Int
    ) async throws -> [DueWebhook] {
        try await read { connection in
            // Of who is under way hardly anything is left over: twice as many as are taken have enough.
            let hooks = try WebhookDeliveryRows.due(connection, at: now, notTo: closed, notOf: full, limit: 2 * limit)
            var found: [String: [WebhookDeliveryRows.Head]] = [:]
            for hook in hooks {
                found[hook.receiver, default: []] += try WebhookDeliveryRows.heads(
                    connection, of: hook, at: now, besides: busy, limit: toOneReceiver)
            }
            let heads = found.values.flatMap { all in
                all.sorted { ($0.dueAt, $0.number) < ($1.dueAt, $1.number) }.prefix(toOneReceiver).enumerated()
            }
            let inTurn = heads.sorted { left, right in
                (left.offset, left.element.dueAt, left.element.number)
                    < (right.offset, right.element.dueAt, right.element.number)
            }
            return inTurn.prefix(limit).map { _, head in
                DueWebhook(number: head.number, receiver: head.hook.receiver, owner: head.hook.owner)
            }
        }
    }

    /// - Returns: `nil` when it is not to be sent any more.
    package func webhookMessage(_ number: Int64, now: WireTime) async throws -> WebhookMessage? {
        try await read { connection in
            let rows = try connection.query(
                """
                SELECT w.id, w.url, w.public_id, \(EventRows.columns)
                FROM webhook_deliveries AS d JOIN webhooks AS w ON w.id = d.webhook_id
                JOIN platform_events AS e ON e.id = d.event_id
                WHERE d.id = $1 AND d.state = 'waiting' AND w.is_active = 1
                """, [.integer(number)])
            guard let row = rows.first else { return nil }
            var reader = ColumnReader(row)
            let hook = WebhookNumber(try reader.integer())
            let (url, webhookID) = (try reader.text(), try reader.text())
            let event = try EventRows.read(&reader)
            return WebhookMessage(
                url: url, id: event.id, body: Array(event.json.encoded.utf8),
                secrets: try WebhookRows.secrets(connection, of: hook, now: now), webhookID: webhookID)
        }
    }

    /// Writes down what became of a try, and switches the web hook off when nobody has taken anything for too long.
    ///
    /// - Parameters:
    ///   - url: where it was sent to. When the web hook has another one by now, only that it was taken counts: what the old one
    ///     said else is nothing of the new one, to which it is sent at once.
    ///   - result: in words without addresses.
    ///   - chance: a number in 0..<1.
    /// - Returns: why it was switched off; `nil`: it was not.
    package func noteWebhook(
        _ number: Int64, _ outcome: WebhookSchedule.Outcome, at url: String? = nil, result: String,
        schedule: WebhookSchedule, chance: Double, now: WireTime
    ) async throws -> Webhook.SwitchOff? {
        try await write { transaction in
            let connection = transaction.connection
            let rows = try connection.query(
                "SELECT attempts, webhook_id, state FROM webhook_deliveries WHERE id = $1 AND state <> 'delivered'",
                [.integer(number)])
            guard let row = rows.first,
                let hook = try WebhookRows.webhook(connection, WebhookNumber(try row.integer(1)))
            else { return nil }
            let attempts = Int(try row.integer(0)) + 1
            var columns: [CommerceColumn] = [("attempts", .integer(Int64(attempts))), ("last_result", .text(result))]
            if case .answered(let status) = outcome {
                columns.append(("last_status", .integer(Int64(status))))
            } else {
                columns.append(("last_status", .null))
            }
            let verdict = schedule.verdict(on: outcome, attempts: attempts, chance: chance)
            // What was given up while it was under way, and was taken, was taken. Nothing else is news of it.
            guard try verdict == .taken || row.text(2) == "waiting" else { return nil }
            if verdict != .taken, let url, url != hook.details.url { return nil }
            switch verdict {
            case .taken:
                columns.append(("state", .text("delivered")))
                columns.append(("done_at", .integer(now.milliseconds)))
            case .dead:
                columns.append(("state", .text("dead")))
                columns.append(("done_at", .integer(now.milliseconds)))
            case .again(let delay): columns.append(("due_at", .integer(now.advanced(by: delay).milliseconds)))
            }
            try transaction.update("webhook_deliveries", columns, of: number)
            guard verdict != .taken else {
                if hook.failingSince != nil {
                    try transaction.update("webhooks", [("failing_since", .null)], of: hook.number.number)
                }
                return nil
            }
            let since = hook.failingSince ?? now
            if hook.failingSince == nil {
                try transaction.update(
                    "webhooks", [("failing_since", .integer(now.milliseconds))], of: hook.number.number)
            }
            guard hook.details.isActive,
                let reason = schedule.switchesOff(on: outcome, failingFor: now.since(since))
            else { return nil }
            try transaction.switchOff(hook, reason, now: now)
            return reason
        }
    }

    /// Lets a web hook be told something that only it is told.
    ///
    /// - Returns: `nil` when there is no such web hook, or it is not active.
    package func testWebhook(_ number: WebhookNumber, now: WireTime) async throws -> WebhookDelivery? {
        try await write { transaction in
            guard let hook = try WebhookRows.webhook(transaction.connection, number), hook.details.isActive else {
                return nil
            }
            let event = NewEvent(.webhookTest, EventSubject("Webhook", hook.identity.id), owner: hook.owner)
            let delivery = try transaction.queue(try transaction.written(event, now: now), to: number, now: now)
            return try WebhookDeliveryRows.found(
                transaction.connection, " WHERE d.id = $1", [.integer(delivery)]
            ).first
        }
    }

    /// Lets something be sent anew at once, with all tries, whatever became of it.
    ///
    /// - Parameter id: its name in the API.
    /// - Returns: `nil` when the web hook has no such delivery.
    package func redeliver(_ id: String, of hook: WebhookNumber, now: WireTime) async throws -> WebhookDelivery? {
        try await write { transaction in
            let connection = transaction.connection
            try connection.execute(
                """
                UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, done_at = NULL, due_at = $1
                WHERE public_id = $2 AND webhook_id = $3
                """, [.integer(now.milliseconds), .text(id), .integer(hook.number)])
            return try WebhookDeliveryRows.found(
                connection, " WHERE d.public_id = $1 AND d.webhook_id = $2", [.text(id), .integer(hook.number)]
            ).first
        }
    }

    /// - Parameter query: read with ``WebhookDeliveryList/schema``.
    package func webhookDeliveries(of hook: WebhookNumber, _ query: ListQuery) async throws
        -> EventPage<WebhookDelivery>
    {
        try await read { connection in
            var statement = ListStatement()
            statement.require("d.webhook_id = \(statement.place(.integer(hook.number)))")
            return try EventRows.page(
                connection, query, &statement, tables: WebhookDeliveryRows.tables, ulid: "d.ulid",
                field: { WebhookDeliveryList.field($0) },
                read: { clause, values in try WebhookDeliveryRows.found(connection, clause, values) },
                place: { (createdAt: $0.createdAt, ulid: $0.ulid) })
        }
    }
}

extension StoreTransaction {
    fileprivate func switchOff(_ hook: Webhook, _ reason: Webhook.SwitchOff, now: WireTime) throws {
        let row: [CommerceColumn] = [
            ("is_active", .integer(0)), ("switched_off_at", .integer(now.milliseconds)),
            ("switched_off", .text(reason.rawValue)), ("updated_at", .integer(now.milliseconds)),
        ]
        try update("webhooks", row, of: hook.number.number)
        try giveUp(on: hook.number, now: now)
        let data: JSON = ["reason": .text(reason.rawValue), "failing_since": JSON(hook.failingSince ?? now)]
        let subject = EventSubject("Webhook", hook.identity.id)
        try emit(NewEvent(.webhookDisabled, subject, owner: hook.owner, data: data), now: now)
    }
}

enum WebhookDeliveryRows {
    static let tables = "webhook_deliveries AS d JOIN platform_events AS e ON e.id = d.event_id"

    private static let columns = """
        d.id, d.public_id, d.ulid, e.ulid, e.type, d.state, d.attempts, d.due_at, d.last_status, d.last_result,
        d.created_at, d.done_at
        """

    static func found(_ connection: any SQLConnection, _ clause: String, _ values: [SQLValue]) throws
        -> [WebhookDelivery]
    {
        try connection.query("SELECT \(columns) FROM \(tables)\(clause)", values).map { try read($0) }
    }

    private static func read(_ row: SQLRow) throws -> WebhookDelivery {
        var reader = ColumnReader(row)
        let number = try reader.integer()
        let (id, ulid, event) = (try reader.text(), try reader.text(), try reader.text())
        let type: EventType = try reader.word("type of an event")
        let state: WebhookDelivery.State = try reader.word("state of a delivery")
        let attempts = Int(try reader.integer())
        let dueAt = try reader.time()
        let lastStatus = try reader.optionalInteger().map { Int($0) }
        let lastResult = try reader.optionalText()
        let createdAt = try reader.time()
        let doneAt = try reader.optionalTime()
        return WebhookDelivery(
            number: number, id: id, ulid: ulid, eventID: "evt_\(event)", type: type, state: state, attempts: attempts,
            dueAt: dueAt, lastStatus: lastStatus, lastResult: lastResult, createdAt: createdAt, doneAt: doneAt)
    }
}
