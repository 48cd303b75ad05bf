internal import BigBlueButton
internal import PlenaryCore

/// What happens is written down with what makes it happen, in one transaction: nothing is told that did not happen, and nothing
/// that happened is forgotten.
extension StoreTransaction {
    /// Writes an event down, and for each web hook that wants it that it is to be told.
    func emit(_ event: NewEvent, now: WireTime) throws {
        let number = try written(event, now: now)
        let owner = SQLValue(event.owner?.number.number)
        let hooks = try connection.query(
            """
            SELECT id, events, failing_since FROM webhooks
            WHERE is_active = 1 AND (customer_id IS NULL OR customer_id = $1) ORDER BY id
            """, [owner])
        for hook in hooks {
            let isWanted = try WebhookRows.selections(hook.text(1)).contains { $0.includes(event.type) }
            guard isWanted else { continue }
            let receiver = WebhookNumber(try hook.integer(0))
            _ = try queue(number, to: receiver, now: now)
            // Of one that takes what it is told hardly anything waits.
            if try hook.optionalInteger(2) != nil {
                try giveUpOldest(for: receiver, beyond: Webhook.mostWaiting, now: now)
            }
        }
    }

    /// Gives the oldest up that wait for a web hook beyond so many. They can be sent anew.
    func giveUpOldest(for hook: WebhookNumber, beyond most: Int, now: WireTime) throws {
        let rows = try connection.query(
            """
            SELECT id FROM webhook_deliveries WHERE webhook_id = $1 AND state = 'waiting'
            ORDER BY id DESC LIMIT 1 OFFSET $2
            """, [.integer(hook.number), .integer(Int64(most))])
        guard let newest = rows.first else { return }
        try connection.execute(
            """
            UPDATE webhook_deliveries SET state = 'dead', done_at = $1, last_result = $2
            WHERE webhook_id = $3 AND state = 'waiting' AND id <= $4
            """,
            [
                .integer(now.milliseconds), .text("too many waited"), .integer(hook.number),
                .integer(try newest.integer(0)),
            ])
    }

    /// - Returns: its number; nobody is told yet.
    func written(_ event: NewEvent, now: WireTime) throws -> Int64 {
        // Front-ends of two accounts may call a meeting the same: nobody counts, and hears of, what is another's.
        let isMeeting = event.subject.object == EventSubject.meeting
        let counted = isMeeting ? "\(event.accountID ?? "") \(event.subject.id)" : event.subject.id
        let sequence = try connection.query(
            """
            INSERT INTO event_sequences (subject_object, subject_id, value, last_at) VALUES ($1, $2, 1, $3)
            ON CONFLICT (subject_object, subject_id)
            DO UPDATE SET value = event_sequences.value + 1, last_at = excluded.last_at
            RETURNING value
            """, [.text(event.subject.object), .text(counted), .integer(now.milliseconds)])
        guard let row = sequence.first else { throw StoreFault.unreadable("sequence of a subject") }
        let number = try next("event")
        let columns: [CommerceColumn] = [
            ("id", .integer(number)), ("ulid", .text(CipherChance.identity(at: now).ulid)),
            ("type", .text(event.type.rawValue)), ("created_at", .integer(now.milliseconds)),
            ("sequence", .integer(try row.integer(0))), ("customer_id", SQLValue(event.owner?.number.number)),
            ("customer_public_id", SQLValue(event.owner?.id)), ("account_public_id", SQLValue(event.accountID)),
            ("subject_object", .text(event.subject.object)), ("subject_id", .text(event.subject.id)),
            ("data", .text(event.data.encoded)),
        ]
        try insert(into: "platform_events", columns)
        return number
    }

    /// - Returns: the number of the delivery.
    func queue(_ event: Int64, to hook: WebhookNumber, now: WireTime) throws -> Int64 {
        let number = try next("webhook_delivery")
        let identity = CipherChance.identity(at: now)
        let columns: [CommerceColumn] = [
            ("id", .integer(number)), ("public_id", .text(identity.id)), ("ulid", .text(identity.ulid)),
            ("webhook_id", .integer(hook.number)), ("event_id", .integer(event)), ("state", .text("waiting")),
            ("attempts", .integer(0)), ("due_at", .integer(now.milliseconds)),
            ("created_at", .integer(now.milliseconds)),
        ]
        try insert(into: "webhook_deliveries", columns)
        return number
    }

    /// Whose an account is, and its public id.
    func eventPlace(of account: AccountID) throws -> (owner: EventOwner?, accountID: String?) {
        let rows = try connection.query(
            """
            SELECT a.public_id, c.id, c.public_id FROM accounts AS a
            LEFT JOIN subscriptions AS s ON s.id = a.subscription_id LEFT JOIN customers AS c ON c.id = s.customer_id
            WHERE a.id = $1
            """, [.integer(account.number)])
        guard let row = rows.first else { return (owner: nil, accountID: nil) }
        var owner: EventOwner?
        if let number = try row.optionalInteger(1), let id = try row.optionalText(2) {
            owner = EventOwner(number: CustomerNumber(number), id: id)
        }
        return (owner: owner, accountID: try row.optionalText(0))
    }

    /// An event in an account.
    func emit(_ type: EventType, _ subject: EventSubject, in account: AccountID, _ data: JSON, now: WireTime) throws {
        let place = try eventPlace(of: account)
        try emit(NewEvent(type, subject, owner: place.owner, accountID: place.accountID, data: data), now: now)
    }
}
