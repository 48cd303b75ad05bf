package import BigBlueButton
package import PlenaryCore

/// A page of events, or of what a web hook was told.
package struct EventPage<Item: Sendable & Hashable>: Sendable, Hashable {
    package let items: [Item]
    /// Of all pages; `nil` behind a cursor, where nobody counts.
    package let total: Int?
    /// Where the next page begins; `nil`: this is the last one.
    package let next: Cursor?
}

/// What events may be asked for in lists (`rooms-api.md` 2.6, 16).
package enum EventList {
    package static let schema = ResourceSchema(
        PlatformEvent.object,
        fields: [
            ResourceSchema.Field("object"), ResourceSchema.Field("id"),
            ResourceSchema.Field("type", filter: .choice(EventType.allCases.map(\.rawValue))),
            ResourceSchema.Field("created_at", filter: .time, sorts: true), ResourceSchema.Field("sequence"),
            ResourceSchema.Field("customer_id", filter: .text), ResourceSchema.Field("account_id", filter: .text),
            ResourceSchema.Field("subject"), ResourceSchema.Field("data"),
        ],
        otherFilters: ["subject.id": .text, "subject.object": .text])

    fileprivate static func field(_ name: String) -> ListField? {
        switch name {
        case "type": .text("e.type")
        case "created_at": .time("e.created_at")
        case "customer_id": .text("e.customer_public_id")
        case "account_id": .text("e.account_public_id")
        case "subject.id": .text("e.subject_id")
        case "subject.object": .text("e.subject_object")
        default: nil
        }
    }
}

extension Store {
    /// A list of events, in SQL.
    ///
    /// - Parameters:
    ///   - query: read with ``EventList/schema``.
    ///   - reach: whose events there are at all.
    package func events(_ query: ListQuery, reach: Reach) async throws -> EventPage<PlatformEvent> {
        try await read { connection in
            var statement = ListStatement()
            if case .customers(let customers) = reach {
                let numbers = customers.sorted { $0.number < $1.number }
                statement.require(statement.isAny("e.customer_id", of: numbers.map { .integer($0.number) }))
            }
            return try EventRows.page(
                connection, query, &statement, tables: "platform_events AS e", ulid: "e.ulid",
                field: { EventList.field($0) },
                read: { clause, values in try EventRows.found(connection, clause, values) },
                place: { (createdAt: $0.createdAt, ulid: $0.ulid) })
        }
    }

    /// Forgets events that are older than ``PlatformEvent/kept``, with what is still to be told of them, secrets that sign no
    /// more, and how subjects count of which nothing was heard for a year.
    package func trimEvents(now: WireTime) async throws {
        let oldest = now.advanced(by: .zero - PlatformEvent.kept)
        let longAgo = now.advanced(by: .zero - Duration.seconds(366 * 86_400))
        try await write { transaction in
            let connection = transaction.connection
            try connection.execute(
                "DELETE FROM platform_events WHERE created_at < $1", [.integer(oldest.milliseconds)])
            try connection.execute(
                "DELETE FROM event_sequences WHERE last_at < $1", [.integer(longAgo.milliseconds)])
            try connection.execute(
                "DELETE FROM webhook_secrets WHERE expires_at <= $1", [.integer(now.milliseconds)])
        }
    }
}

enum EventRows {
    static let columns = """
        e.id, e.ulid, e.type, e.created_at, e.sequence, e.customer_public_id, e.account_public_id, e.subject_object,
        e.subject_id, e.data
        """

    static func found(_ connection: any SQLConnection, _ clause: String, _ values: [SQLValue]) throws -> [PlatformEvent]
    {
        try connection.query("SELECT \(columns) FROM platform_events AS e\(clause)", values).map { row in
            var reader = ColumnReader(row)
            return try read(&reader)
        }
    }

    /// Reads ``columns``.
    static func read(_ reader: inout ColumnReader) throws -> PlatformEvent {
        let number = try reader.integer()
        let ulid = try reader.text()
        let type: EventType = try reader.word("type of an event")
        let createdAt = try reader.time()
        let sequence = try reader.integer()
        let (customerID, accountID) = (try reader.optionalText(), try reader.optionalText())
        let subject = EventSubject(try reader.text(), try reader.text())
        let text = try reader.text()
        let data: JSON
        do throws(JSONReader.Fault) { data = try JSONReader.read(Array(text.utf8)) } catch {
            throw StoreFault.unreadable("JSON of an event")
        }
        return PlatformEvent(
            number: number, ulid: ulid, type: type, subject: subject, sequence: sequence, customerID: customerID,
            accountID: accountID, data: data, createdAt: createdAt)
    }

    /// One page of a list that is sorted by `created_at`.
    ///
    /// - Parameters:
    ///   - tables: what is counted.
    ///   - read: reads what a clause that begins with ` WHERE` or ` ORDER` finds.
    ///   - place: of an item in the order.
    static func page<Item: Sendable & Hashable>(
        _ connection: any SQLConnection, _ query: ListQuery, _ statement: inout ListStatement, tables: String,
        ulid: String, field: (String) -> ListField?, read: (String, [SQLValue]) throws -> [Item],
        place: (Item) -> (createdAt: WireTime, ulid: String)
    ) throws -> EventPage<Item> {
        try statement.require(query.filters, field)
        let total: Int?
        let rest: String
        switch query.place {
        case .page:
            let row = try connection.query(
                "SELECT COUNT(*) FROM \(tables)\(statement.clause)", statement.values
            ).first
            total = Int(try row?.integer(0) ?? 0)
            let limit = statement.place(.integer(Int64(query.limit + 1)))
            rest = " LIMIT \(limit) OFFSET \(statement.place(.integer(Int64(query.offset ?? 0))))"
        case .after(let cursor):
            total = nil
            try statement.require(after: cursor, query, ulid: ulid, field)
            rest = " LIMIT \(statement.place(.integer(Int64(query.limit + 1))))"
        }
        let order = try ListStatement.order(query, ulid: ulid, field)
        // One more than is shown: whether there is a page behind this one.
        let found = try read("\(statement.clause)\(order)\(rest)", statement.values)
        let page = Array(found.prefix(query.limit))
        let last = found.count > page.count ? page.last : nil
        let next = last.map { item -> Cursor in
            let key = place(item)
            let keys = query.sort.map { $0.field == "created_at" ? FilterValue.time(key.createdAt) : nil }
            return Cursor(sort: query.sort, keys: keys, ulid: key.ulid)
        }
        return EventPage(items: page, total: total, next: next)
    }
}
