package import BigBlueButton
package import PlenaryCore

/// Something to be told to a caller: written down once for each event.
package struct NewDelivery: Sendable {
    package let account: AccountID
    package let kind: Delivery.Kind
    package let meeting: MeetingNumber?
    /// Names the event: what was written down under this name already is not written down again.
    package let event: String
    /// Deliveries of one lane are made one after the other.
    package let lane: String
    package let url: String
    package let payload: String
    package let secret: Int64?
    package let dueAt: WireTime

    package init(
        account: AccountID, kind: Delivery.Kind, meeting: MeetingNumber?, event: String, lane: String, url: String,
        payload: String, secret: Int64?, dueAt: WireTime
    ) {
        self.account = account
        self.kind = kind
        self.meeting = meeting
        self.event = event
        self.lane = lane
        self.url = url
        self.payload = payload
        self.secret = secret
        self.dueAt = dueAt
    }
}

extension Store {
    /// Writes events down that callers shall be told, all or none; those that are known are left alone.
    ///
    /// - Parameter limit: waiting deliveries of one lane; the oldest beyond are parked.
    /// - Returns: how many are new.
    package func tell(_ deliveries: [NewDelivery], limit: Int64 = 10_000, now: WireTime) async throws -> Int {
        try await write { transaction in
            var new = 0
            for delivery in deliveries {
                guard try transaction.tell(delivery, now: now) else { continue }
                new += 1
                try transaction.trim(lane: delivery.lane, to: limit)
            }
            return new
        }
    }

    /// A server told that a meeting of ours is over there, and whether somebody pressed record.
    ///
    /// The meeting does not end by that; but if the end is known already and was not told yet, it is told now, and right.
    package func noteMarks(_ marks: Bool, of meeting: MeetingNumber, now: WireTime) async throws {
        try await write { transaction in
            let connection = transaction.connection
            let number = SQLValue.integer(meeting.number)
            // Before it was moved here somebody may have pressed it: there is a recording of that part.
            let row = try connection.query("SELECT recording_marks FROM meetings WHERE id = $1", [number]).first
            let marks = try marks || row?.optionalInteger(0) == 1
            if marks {
                try connection.execute(
                    "UPDATE meetings SET recording_marks = 1 WHERE replaces = $1 AND state <> 'ended'", [number])
            }
            // It may have been made anew on its server meanwhile: then this is about the one whose end waits to be told.
            let told = try connection.execute(
                """
                UPDATE deliveries SET payload = $1, due_at = $2
                WHERE meeting = $3 AND kind = 'end' AND state = 'waiting'
                """,
                [.text(marks ? "true" : "false"), .integer(now.milliseconds), .integer(meeting.number)])
            guard told == 0 else { return }
            try connection.execute(
                "UPDATE meetings SET recording_marks = $1 WHERE id = $2",
                [.integer(marks ? 1 : 0), .integer(meeting.number)])
        }
    }

    /// The deliveries that are due, the oldest of each lane.
    ///
    /// - Parameter busy: lanes in which one is being made.
    package func dueDeliveries(at now: WireTime, besides busy: Set<String>, limit: Int) async throws
        -> [(lane: String, delivery: Delivery)]
    {
        try await read { connection in
            let rows = try connection.query(
                """
                \(DeliveryRows.columns), lane FROM deliveries AS d WHERE state = 'waiting' AND due_at <= $1 AND NOT EXISTS (
                    SELECT 1 FROM deliveries AS earlier
                    WHERE earlier.lane = d.lane AND earlier.state = 'waiting' AND earlier.id < d.id
                ) ORDER BY due_at, id LIMIT $2
                """, [.integer(now.milliseconds), .integer(Int64(limit + busy.count))])
            return try rows.map { (try $0.text(DeliveryRows.count), try DeliveryRows.read($0)) }
                .filter { !busy.contains($0.0) }
        }
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

    package func note(_ attempt: Attempt, of delivery: DeliveryID, result: String, now: WireTime) async throws {
        try await write { transaction in
            let (state, due, done): (Delivery.State, WireTime?, WireTime?) =
                switch attempt {
                case .delivered: (.delivered, nil, now)
                case .again(let at): (.waiting, at, nil)
                case .parked: (.parked, nil, nil)
                }
            try transaction.connection.execute(
                """
                UPDATE deliveries SET state = $1, attempts = attempts + 1, last_result = $2,
                    due_at = COALESCE($3, due_at), delivered_at = $4 WHERE id = $5 AND state = 'waiting'
                """,
                [
                    .text(state.rawValue), .text(result), SQLValue(due?.milliseconds), SQLValue(done?.milliseconds),
                    .integer(delivery.number),
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
            let sql = "UPDATE deliveries SET state = 'waiting', attempts = 0, due_at = $1, created_at = $2 WHERE "
            let time: [SQLValue] = [.integer(now.milliseconds), .integer(now.milliseconds)]
            guard let delivery else { return try transaction.connection.execute(sql + "state = 'parked'", time) }
            return try transaction.connection.execute(
                sql + "id = $3 AND state <> 'delivered'", time + [.integer(delivery.number)])
        }
    }

    package func delivery(_ id: DeliveryID) async throws -> Delivery? {
        try await read { connection in
            try connection.query(
                "\(DeliveryRows.columns) FROM deliveries WHERE id = $1", [.integer(id.number)]
            ).first.map(DeliveryRows.read)
        }
    }

    /// The newest deliveries first.
    package func deliveries(in state: Delivery.State?, limit: Int) async throws -> [Delivery] {
        try await read { connection in
            // Parameters are numbered in the order in which they stand.
            guard let state else {
                return try connection.query(
                    "\(DeliveryRows.columns) FROM deliveries ORDER BY id DESC LIMIT $1", [.integer(Int64(limit))]
                ).map(DeliveryRows.read)
            }
            return try connection.query(
                "\(DeliveryRows.columns) FROM deliveries WHERE state = $1 ORDER BY id DESC LIMIT $2",
                [.text(state.rawValue), .integer(Int64(limit))]
            ).map(DeliveryRows.read)
        }
    }

    /// How many deliveries are in each state; a state that none is in is left out.
    package func deliveryCounts() async throws -> [Delivery.State: Int] {
        try await read { connection in
            let rows = try connection.query("SELECT state, COUNT(*) FROM deliveries GROUP BY state")
            return try rows.reduce(into: [:]) { counts, row in
                if let state = Delivery.State(rawValue: try row.text(0)) { counts[state] = Int(try row.integer(1)) }
            }
        }
    }

    /// Forgets what was acknowledged, or given up, before a time.
    /// - Parameter events: the same for events of web hooks, which are many and hold more than names.
    package func trimDeliveries(before: WireTime, events: WireTime) async throws {
        try await write { transaction in
            try transaction.connection.execute(
                "DELETE FROM deliveries WHERE state <> 'waiting' AND due_at < $1", [.integer(before.milliseconds)])
            try transaction.connection.execute(
                "DELETE FROM deliveries WHERE state <> 'waiting' AND kind = 'hook' AND due_at < $1",
                [.integer(events.milliseconds)])
        }
    }
}

extension StoreTransaction {
    /// - Returns: whether the event is new.
    func tell(_ delivery: NewDelivery, now: WireTime) throws -> Bool {
        let known = try connection.query("SELECT id FROM deliveries WHERE event = $1", [.text(delivery.event)])
        guard known.isEmpty else { return false }
        try connection.execute(
            """
            INSERT INTO deliveries (id, account_id, kind, meeting, event, lane, url, payload, secret_id, state, due_at,
                created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10, $11)
            """,
            [
                .integer(try next("delivery")), .integer(delivery.account.number), .text(delivery.kind.rawValue),
                SQLValue(delivery.meeting?.number), .text(delivery.event), .text(delivery.lane), .text(delivery.url),
                .text(delivery.payload), SQLValue(delivery.secret), .integer(delivery.dueAt.milliseconds),
                .integer(now.milliseconds),
            ])
        return true
    }

    func trim(lane: String, to limit: Int64) throws {
        try connection.execute(
            """
            UPDATE deliveries SET state = 'parked', last_result = 'too many waited' WHERE state = 'waiting' AND id IN (
                SELECT id FROM deliveries WHERE lane = $1 AND state = 'waiting' ORDER BY id DESC LIMIT 1000 OFFSET $2
            )
            """, [.text(lane), .integer(limit)])
    }

    /// How long the end of a meeting that may be recorded waits for its server to tell whether somebody pressed record: longer
    /// than until the server's second try, should we have been away at the first (`bbb-api.md` 10.1).
    static let graceForMarks = Duration.seconds(40)

    /// A running meeting is over: its caller is told, once.
    func tellEnd(of meeting: Meeting, now: WireTime) throws {
        // One that was never acknowledged has no end.
        guard !meeting.callbacks.isEmpty, let id = meeting.internalMeetingID,
            let row = try connection.query(
                "SELECT recording_marks, secret_id, is_breakout FROM meetings WHERE id = $1",
                [.integer(meeting.number.number)]
            ).first,
            // BigBlueButton does not tell the end of breakout rooms.
            try row.integer(2) == 0
        else { return }
        let parameters = Parameters(parsing: try MeetingRows.parameters(connection, meeting.number))
        // Nobody can press record where the meeting is not recorded.
        let marks = parameters["record"]?.lowercased() == "true" ? try row.optionalInteger(0) : 0
        for (kind, payload, grace) in [
            (CallerCallbacks.Kind.end, marks == 1 ? "true" : "false", marks == nil ? Self.graceForMarks : .zero),
            (.ended, "", .zero),
        ] {
            guard let url = meeting.callbacks.url(for: kind), let told = Delivery.Kind(rawValue: kind.rawValue) else {
                continue
            }
            _ = try tell(
                NewDelivery(
                    account: meeting.key.account, kind: told, meeting: meeting.number,
                    event: "\(kind.rawValue) \(meeting.key.account) \(id)",
                    lane: "\(meeting.number) \(url)", url: url, payload: payload, secret: try row.optionalInteger(1),
                    dueAt: now.advanced(by: grace)), now: now)
        }
    }
}

enum DeliveryRows {
    static let columns = """
        SELECT id, account_id, kind, meeting, url, payload, secret_id, state, attempts, due_at, last_result, created_at,
            delivered_at
        """
    /// How many columns these are.
    static let count = 13

    static func read(_ row: SQLRow) throws -> Delivery {
        guard let kind = Delivery.Kind(rawValue: try row.text(2)), let state = Delivery.State(rawValue: try row.text(7))
        else { throw StoreFault.unreadable("delivery") }
        return Delivery(
            id: DeliveryID(try row.integer(0)), account: AccountID(try row.integer(1)), kind: kind,
            meeting: try row.optionalInteger(3).map(MeetingNumber.init), url: try row.text(4), payload: try row.text(5),
            secret: try row.optionalInteger(6), state: state, attempts: Int(try row.integer(8)),
            dueAt: WireTime(milliseconds: try row.integer(9)), lastResult: try row.optionalText(10),
            createdAt: WireTime(milliseconds: try row.integer(11)),
            deliveredAt: try row.optionalInteger(12).map(WireTime.init(milliseconds:)))
    }
}
