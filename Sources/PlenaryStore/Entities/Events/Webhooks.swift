package import BigBlueButton
package import PlenaryCore

extension Store {
    /// Adds a web hook.
    ///
    /// - Parameters:
    ///   - customer: whose it is; `nil`: the platform's.
    ///   - secret: signs what it is told; it is shown once, by who made it.
    /// - Throws: ``WebhookLimit``; ``CommerceFault/notFound(_:)`` `.customer`.
    package func addWebhook(
        _ details: WebhookDetails, of customer: CustomerNumber?, secret: Secret, identity: ResourceIdentity,
        now: WireTime
    ) async throws -> Webhook {
        try await write { transaction in
            let connection = transaction.connection
            var owner: EventOwner?
            if let customer {
                guard let found = try CustomerRows.customer(connection, customer) else {
                    throw CommerceFault.notFound(.customer)
                }
                owner = EventOwner(number: found.number, id: found.identity.id)
            }
            let count = try WebhookRows.count(connection, of: customer)
            guard count < Webhook.mostOfOneOwner else { throw WebhookLimit() }
            let number = WebhookNumber(try transaction.next("webhook"))
            let fixed: [CommerceColumn] = [
                ("id", .integer(number.number)), ("customer_id", SQLValue(customer?.number)),
                ("created_at", .integer(now.milliseconds)), ("updated_at", .integer(now.milliseconds)),
            ]
            try transaction.insert(
                into: "webhooks", fixed + CommerceRows.row(of: identity) + WebhookRows.row(of: details))
            try transaction.addSecret(secret, to: number, now: now)
            return Webhook(
                number: number, identity: identity, owner: owner, details: details, createdAt: now, updatedAt: now)
        }
    }

    package func webhook(_ reference: ResourceReference) async throws -> Webhook? {
        try await read { connection in
            let place = CommerceRows.place(of: reference)
            return try WebhookRows.found(connection, "WHERE w.\(place.name) = $1", [place.value]).first
        }
    }

    /// In the order in which they were made.
    package func webhooks() async throws -> [Webhook] {
        try await read { try WebhookRows.found($0, "ORDER BY w.id", []) }
    }

    /// Changes a web hook in one step. One that becomes active begins anew; of one that becomes inactive nothing waits.
    ///
    /// - Parameters:
    ///   - newSecret: signs from now on, beside those before, each for ``Webhook/rotationTime`` since it was the newest; three at
    ///     most.
    ///   - change: gets the details as they are, and may throw to leave them so.
    /// - Returns: `nil` when there is no such web hook.
    package func updateWebhook(
        _ number: WebhookNumber, newSecret: Secret?, now: WireTime,
        _ change: @escaping @Sendable (inout WebhookDetails) throws -> Void
    ) async throws -> Webhook? {
        try await write { transaction in
            guard let old = try WebhookRows.webhook(transaction.connection, number) else { return nil }
            var details = old.details
            try change(&details)
            var row = WebhookRows.row(of: details)
            row.append(("updated_at", .integer(now.milliseconds)))
            let isOther = details.isActive != old.details.isActive || details.url != old.details.url
            if isOther { row.append(("failing_since", .null)) }
            if details.isActive {
                row.append(("switched_off_at", .null))
                row.append(("switched_off", .null))
            }
            try transaction.update("webhooks", row, of: number.number)
            if old.details.isActive, !details.isActive { try transaction.giveUp(on: number, now: now) }
            if let newSecret { try transaction.addSecret(newSecret, to: number, now: now) }
            return try WebhookRows.webhook(transaction.connection, number)
        }
    }

    /// With its secrets, and all that it was to be told.
    ///
    /// - Parameter check: gets it as it is, and may throw to leave it.
    /// - Returns: whether there was one.
    package func removeWebhook(
        _ number: WebhookNumber, check: @escaping @Sendable (Webhook) throws -> Void = { _ in }
    ) async throws -> Bool {
        try await write { transaction in
            guard let webhook = try WebhookRows.webhook(transaction.connection, number) else { return false }
            try check(webhook)
            try transaction.connection.execute("DELETE FROM webhooks WHERE id = $1", [.integer(number.number)])
            return true
        }
    }
}

extension StoreTransaction {
    /// The others sign beside it, each for a while since it was the newest. Of more than two the oldest and the newest stay: one of
    /// them is what the receiver has, and those in between nobody may have seen.
    fileprivate func addSecret(_ secret: Secret, to hook: WebhookNumber, now: WireTime) throws {
        let value = SQLValue.integer(hook.number)
        try connection.execute(
            "DELETE FROM webhook_secrets WHERE webhook_id = $1 AND expires_at <= $2",
            [value, .integer(now.milliseconds)])
        try connection.execute(
            "UPDATE webhook_secrets SET expires_at = $1 WHERE webhook_id = $2 AND expires_at IS NULL",
            [.integer(now.advanced(by: Webhook.rotationTime).milliseconds), value])
        try connection.execute(
            """
            DELETE FROM webhook_secrets WHERE webhook_id = $1
                AND id > (SELECT MIN(id) FROM webhook_secrets WHERE webhook_id = $2)
                AND id < (SELECT MAX(id) FROM webhook_secrets WHERE webhook_id = $3)
            """, [value, value, value])
        let number = try next("webhook_secret")
        let ring = try SealedRows.ring(connection)
        let sealed = try ring.seal(secret, of: WebhookRows.place(number, of: hook))
        let row: [CommerceColumn] = [
            ("id", .integer(number)), ("webhook_id", .integer(hook.number)), ("secret", .text(sealed)),
            ("key_id", .text(ring.current)), ("created_at", .integer(now.milliseconds)),
        ]
        try insert(into: "webhook_secrets", row)
    }

    /// Of a web hook that is switched off nothing waits: it can be sent anew.
    func giveUp(on hook: WebhookNumber, now: WireTime) throws {
        try connection.execute(
            """
            UPDATE webhook_deliveries SET state = 'dead', done_at = $1, last_result = $2
            WHERE webhook_id = $3 AND state = 'waiting'
            """, [.integer(now.milliseconds), .text("the web hook was switched off"), .integer(hook.number)])
    }
}

enum WebhookRows {
    private static let columns = """
        SELECT w.id, w.public_id, w.uuid, w.ulid, w.customer_id, c.public_id, w.url, w.events, w.description,
            w.is_active, w.failing_since, w.switched_off_at, w.switched_off, w.created_at, w.updated_at
        FROM webhooks AS w LEFT JOIN customers AS c ON c.id = w.customer_id
        """

    static func found(_ connection: any SQLConnection, _ condition: String, _ values: [SQLValue]) throws -> [Webhook] {
        try connection.query("\(columns) \(condition)", values).map { try read($0) }
    }

    /// - Parameter customer: `nil`: the platform.
    static func count(_ connection: any SQLConnection, of customer: CustomerNumber?) throws -> Int {
        guard let customer else {
            let row = try connection.query("SELECT COUNT(*) FROM webhooks WHERE customer_id IS NULL").first
            return Int(try row?.integer(0) ?? 0)
        }
        return try CommerceRows.count(
            connection, "SELECT COUNT(*) FROM webhooks WHERE customer_id = $1", customer.number)
    }

    static func webhook(_ connection: any SQLConnection, _ number: WebhookNumber) throws -> Webhook? {
        try found(connection, "WHERE w.id = $1", [.integer(number.number)]).first
    }

    /// A sealed secret belongs to its row and its web hook.
    static func place(_ number: Int64, of hook: WebhookNumber) -> String {
        "webhook_secrets/\(number)/webhook/\(hook.number)"
    }

    /// Those that sign now, the newest first; what does not open is left out.
    static func secrets(_ connection: any SQLConnection, of hook: WebhookNumber, now: WireTime) throws -> [Secret] {
        let rows = try connection.query(
            """
            SELECT id, secret, key_id FROM webhook_secrets
            WHERE webhook_id = $1 AND (expires_at IS NULL OR expires_at > $2) ORDER BY id DESC
            """, [.integer(hook.number), .integer(now.milliseconds)])
        return try rows.compactMap { row in
            try SealedRows.readable(
                connection, try row.text(1), key: try row.text(2), of: place(try row.integer(0), of: hook))
        }
    }

    /// Seals anew what another key than the newest of `ring` sealed.
    static func seal(_ connection: any SQLConnection, with ring: KeyRing, _ count: inout SealedRows.Count) throws {
        let rows = try connection.query(
            "SELECT id, webhook_id, secret, key_id FROM webhook_secrets WHERE key_id <> $1 ORDER BY id",
            [.text(ring.current)])
        for row in rows {
            let (number, key) = (try row.integer(0), try row.text(3))
            let place = place(number, of: WebhookNumber(try row.integer(1)))
            guard let secret = try SealedRows.readable(connection, try row.text(2), key: key, of: place) else {
                count.unreadable += 1
                continue
            }
            try connection.execute(
                "UPDATE webhook_secrets SET secret = $1, key_id = $2 WHERE id = $3",
                [.text(try ring.seal(secret, of: place)), .text(ring.current), .integer(number)])
            count.add(key: key)
        }
    }

    /// One a line. What this version does not know selects nothing.
    static func selections(_ text: String) -> [EventSelection] {
        text.split(separator: "\n").compactMap { EventSelection(String($0)) }
    }

    static func row(of details: WebhookDetails) -> [CommerceColumn] {
        [
            ("url", .text(details.url)), ("receiver", .text(OutboundURL.receiver(of: details.url))),
            ("events", .text(details.events.map { $0.description }.joined(separator: "\n"))),
            ("description", SQLValue(details.description)), ("is_active", .integer(details.isActive ? 1 : 0)),
        ]
    }

    private static func read(_ row: SQLRow) throws -> Webhook {
        var reader = ColumnReader(row)
        let number = WebhookNumber(try reader.integer())
        let identity = try reader.identity()
        let (customer, customerID) = (try reader.optionalInteger(), try reader.optionalText())
        var owner: EventOwner?
        if let customer, let customerID { owner = EventOwner(number: CustomerNumber(customer), id: customerID) }
        let url = try reader.text()
        let events = selections(try reader.text())
        let description = try reader.optionalText()
        let isActive = try reader.flag()
        let (failingSince, switchedOffAt) = (try reader.optionalTime(), try reader.optionalTime())
        let switchedOff = try reader.optionalText().flatMap { Webhook.SwitchOff(rawValue: $0) }
        let (createdAt, updatedAt) = (try reader.time(), try reader.time())
        return Webhook(
            number: number, identity: identity, owner: owner,
            details: WebhookDetails(url: url, events: events, description: description, isActive: isActive),
            failingSince: failingSince, switchedOffAt: switchedOffAt, switchedOff: switchedOff, createdAt: createdAt,
            updatedAt: updatedAt)
    }
}
