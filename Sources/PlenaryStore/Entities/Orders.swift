package import BigBlueButton
package import PlenaryCore

extension Store {
    package enum Ordered: Sendable, Hashable {
        case written(Order)
        /// The server has an open order: this one.
        case busy(Order)
    }

    /// Writes an order down, and turns its server into the state that it needs, in one step.
    package func order(_ work: Order.Work, now: WireTime) async throws -> Ordered {
        try await write { transaction in
            let connection = transaction.connection
            let id = OrderID(try transaction.next("order"))
            let order = Order(id: id, work: work, state: .open, moved: 0, failed: 0, message: "", createdAt: now)
            if let server = order.server {
                // What was to be done in peace does not keep anybody from what must be done now.
                if case .panic = work {
                    try transaction.cancelOrders(of: server, because: "a panic was ordered", now: now)
                }
                if let open = try connection.query(
                    "\(OrderRows.columns) WHERE server_id = $1 AND state = 'open'", [.integer(server.number)]
                ).first {
                    return .busy(try OrderRows.read(open))
                }
                let state: AdministrativeState = if case .panic = work { .maintenance } else { .drain }
                // A server in maintenance takes no meetings as it is, and is not judged again because it is emptied.
                try connection.execute(
                    """
                    UPDATE servers SET administrative = $1
                    WHERE id = $2 AND removed_at IS NULL AND administrative <> 'maintenance'
                    """,
                    [.text(state.rawValue), .integer(server.number)])
                try transaction.changed(.server, server.number)
            }
            var (meeting, target, rate): (Int64?, Int64?, SQLValue) = (nil, nil, .null)
            let kind: String
            switch work {
            case .move(let number, let to): (kind, meeting, target) = ("move", number.number, to?.number)
            case .evacuate(_, let perMinute): (kind, rate) = ("evacuate", .real(perMinute))
            case .panic: kind = "panic"
            case .untilEmpty: kind = "until-empty"
            }
            try connection.execute(
                """
                INSERT INTO orders (id, kind, server_id, meeting, target_id, per_minute, state, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, 'open', $7)
                """,
                [
                    .integer(id.number), .text(kind), SQLValue(order.server?.number), SQLValue(meeting),
                    SQLValue(target),
                    rate, .integer(now.milliseconds),
                ])
            try transaction.changed(.order, id.number)
            return .written(order)
        }
    }

    /// One step of an order: how many meetings were moved by it, and how many could not be.
    package func noteStep(of order: OrderID, moved: Int, failed: Int, message: String = "") async throws {
        try await write { transaction in
            _ = try transaction.connection.execute(
                """
                UPDATE orders SET moved = moved + $1, failed = failed + $2,
                    message = CASE WHEN $3 = '' THEN message ELSE $3 END WHERE id = $4 AND state = 'open'
                """,
                [.integer(Int64(moved)), .integer(Int64(failed)), .text(message), .integer(order.number)])
            try transaction.changed(.order, order.number)
        }
    }

    /// An order ends.
    ///
    /// - Parameter turning: the state into which its server goes in the same step.
    /// - Returns: whether it was open.
    package func finish(
        _ order: OrderID, as state: Order.State, message: String, turning: AdministrativeState? = nil, now: WireTime
    ) async throws -> Bool {
        try await write { transaction in
            let rows = try transaction.connection.query(
                """
                UPDATE orders SET state = $1, message = $2, done_at = $3 WHERE id = $4 AND state = 'open'
                RETURNING server_id
                """,
                [.text(state.rawValue), .text(message), .integer(now.milliseconds), .integer(order.number)])
            guard let row = rows.first else { return false }
            try transaction.changed(.order, order.number)
            if let turning, let server = try row.optionalInteger(0) {
                try transaction.connection.execute(
                    "UPDATE servers SET administrative = $1 WHERE id = $2 AND removed_at IS NULL",
                    [.text(turning.rawValue), .integer(server)])
                try transaction.changed(.server, server)
            }
            return true
        }
    }

    package func order(_ id: OrderID) async throws -> Order? {
        try await read { connection in
            try connection.query("\(OrderRows.columns) WHERE id = $1", [.integer(id.number)]).first.map(OrderRows.read)
        }
    }
}

extension StoreTransaction {
    /// People changed the state of a server by hand: what was ordered for it does not go on against their word.
    func cancelOrders(
        of server: ServerID, because reason: String = "the server was given another state", now: WireTime
    ) throws {
        let rows = try connection.query(
            """
            UPDATE orders SET state = 'cancelled', message = $1, done_at = $2
            WHERE server_id = $3 AND state = 'open' RETURNING id
            """, [.text(reason), .integer(now.milliseconds), .integer(server.number)])
        for row in rows { try changed(.order, try row.integer(0)) }
    }
}

enum OrderRows {
    static let columns = """
        SELECT id, kind, server_id, meeting, target_id, per_minute, state, moved, failed, message, created_at FROM orders
        """

    static func open(_ connection: any SQLConnection, _ number: Int64) throws -> Order? {
        try connection.query("\(columns) WHERE id = $1 AND state = 'open'", [.integer(number)]).first.map(read)
    }

    static func allOpen(_ connection: any SQLConnection) throws -> [Order] {
        try connection.query("\(columns) WHERE state = 'open' ORDER BY id").map(read)
    }

    static func read(_ row: SQLRow) throws -> Order {
        let server = try row.optionalInteger(2).map(ServerID.init)
        let work: Order.Work? =
            switch (try row.text(1), server) {
            case ("move", _):
                try row.optionalInteger(3).map {
                    .move(MeetingNumber($0), to: try row.optionalInteger(4).map(ServerID.init))
                }
            case ("evacuate", let server?): .evacuate(server, perMinute: try row.real(5))
            case ("panic", let server?): .panic(server)
            case ("until-empty", let server?): .untilEmpty(server)
            default: nil
            }
        guard let work, let state = Order.State(rawValue: try row.text(6)) else { throw StoreFault.unreadable("order") }
        return Order(
            id: OrderID(try row.integer(0)), work: work, state: state, moved: Int(try row.integer(7)),
            failed: Int(try row.integer(8)), message: try row.text(9),
            createdAt: WireTime(milliseconds: try row.integer(10)))
    }
}
