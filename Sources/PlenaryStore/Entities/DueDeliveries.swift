package import BigBlueButton
package import PlenaryCore

/// The first of a lane, which is due. What is sent is read when it is sent: it may be long, and many may be due.
package struct DueDelivery: Sendable, Hashable {
    package let id: DeliveryID
    package let lane: String
    /// Host and port; empty when the address is none that is ever called.
    package let receiver: String
}

extension Store {
    /// The deliveries that are due, the oldest of each lane: first the oldest of each receiver, then the second of each, and so
    /// on. However many wait for one, those for others come as early.
    ///
    /// - Parameters:
    ///   - busy: lanes in which one is being made.
    ///   - closed: receivers to which no more may be sent now.
    ///   - toOneReceiver: how many of one receiver are of use.
    package func dueDeliveries(
        at now: WireTime, besides busy: [String], notTo closed: [String], toOneReceiver: Int, limit: Int
    ) async throws -> [DueDelivery] {
        let lanes = Self.condition("d.lane", noneOf: busy, after: 1)
        let receivers = Self.condition("d.receiver", noneOf: closed, after: 1 + lanes.values.count)
        let count = 1 + lanes.values.count + receivers.values.count
        let values: [[SQLValue]] = [
            [.integer(now.milliseconds)], lanes.values, receivers.values,
            [.integer(Int64(toOneReceiver)), .integer(Int64(limit))],
        ]
        return try await read { connection in
            try connection.query(
                """
                SELECT id, lane, receiver FROM (
                    SELECT d.id, d.lane, d.receiver, d.due_at,
                        ROW_NUMBER() OVER (PARTITION BY d.receiver ORDER BY d.due_at, d.id) AS place
                    FROM deliveries AS d
                    WHERE d.state = 'waiting' AND d.due_at <= $1\(lanes.sql)\(receivers.sql) AND NOT EXISTS (
                        SELECT 1 FROM deliveries AS earlier
                        WHERE earlier.lane = d.lane AND earlier.state = 'waiting' AND earlier.id < d.id
                    )
                ) AS heads WHERE place <= $\(count + 1) ORDER BY place, due_at, id LIMIT $\(count + 2)
                """, values.flatMap { $0 }
            ).map { row in
                DueDelivery(
                    id: DeliveryID(try row.integer(0)), lane: try row.text(1), receiver: try row.text(2))
            }
        }
    }

    /// A condition that a column has none of some values. Their number is filled up to a multiple of sixteen by the last one, so
    /// that few texts of statements are prepared.
    private static func condition(
        _ column: String, noneOf values: [String], after parameters: Int
    ) -> (sql: String, values: [SQLValue]) {
        guard let last = values.last else { return ("", []) }
        let size = (values.count + 15) / 16 * 16
        let names = (1...size).map { "$\(parameters + $0)" }.joined(separator: ", ")
        let filled = values + Array(repeating: last, count: size - values.count)
        return (" AND \(column) NOT IN (\(names))", filled.map(SQLValue.text))
    }

    /// When the next delivery is due; `nil` when none waits.
    package func nextDelivery() async throws -> WireTime? {
        try await read { connection in
            try connection.query("SELECT MIN(due_at) FROM deliveries WHERE state = 'waiting'").first?
                .optionalInteger(0).map(WireTime.init(milliseconds:))
        }
    }

    /// What became of a try.
    package enum Attempt: Sendable, Hashable {
        case delivered
        case again(at: WireTime)
        case parked
    }

    /// Notes a try. An acknowledgement counts also when the delivery was given up meanwhile, else it would be sent a second time
    /// by an operator's word; anything else counts only while it waits.
    ///
    /// - Parameter isAnswer: its receiver answered, whatever it said.
    package func note(
        _ attempt: Attempt, of delivery: DeliveryID, result: String, isAnswer: Bool = false, now: WireTime
    ) async throws {
        try await write { transaction in
            let (state, due, done): (Delivery.State, WireTime?, WireTime?) =
                switch attempt {
                case .delivered: (.delivered, nil, now)
                case .again(let at): (.waiting, at, nil)
                case .parked: (.parked, nil, now)
                }
            let isError = isAnswer && attempt != .delivered
            // What is long is not needed any more once it is acknowledged.
            let payload =
                attempt == .delivered
                ? ", payload = CASE WHEN kind IN ('analytics', 'hook') THEN '' ELSE payload END" : ""
            try transaction.connection.execute(
                """
                UPDATE deliveries SET state = $1, attempts = attempts + 1, last_result = $2,
                    due_at = COALESCE($3, due_at), done_at = $4, answers = answers + $5,
                    answered_since = COALESCE(answered_since, $6)\(payload)
                WHERE id = $7 AND state \(attempt == .delivered ? "<> 'delivered'" : "= 'waiting'")
                """,
                [
                    .text(state.rawValue), .text(result), SQLValue(due?.milliseconds), SQLValue(done?.milliseconds),
                    .integer(isError ? 1 : 0), SQLValue(isError ? now.milliseconds : nil), .integer(delivery.number),
                ])
        }
    }

    /// Lets what was given up, or waits long, be tried again at once; what was acknowledged is left alone.
    ///
    /// - Parameter delivery: `nil`: all that were given up.
    /// - Returns: how many.
    package func retry(_ delivery: DeliveryID?, now: WireTime) async throws -> Int {
        try await write { transaction in
            // From now on, with all its patience again.
            let sql = """
                UPDATE deliveries SET state = 'waiting', attempts = 0, answers = 0, answered_since = NULL, done_at = NULL,
                    due_at = $1, created_at = $2 WHERE
                """
            let time: [SQLValue] = [.integer(now.milliseconds), .integer(now.milliseconds)]
            guard let delivery else { return try transaction.connection.execute("\(sql) state = 'parked'", time) }
            return try transaction.connection.execute(
                "\(sql) id = $3 AND state <> 'delivered'", time + [.integer(delivery.number)])
        }
    }
}
