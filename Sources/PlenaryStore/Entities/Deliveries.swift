package import BigBlueButton
internal import Logging
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
    /// What waits in one backlog has one limit, and goes together when its web hook is removed. It has a lane, or several.
    package let backlog: String
    package let url: String
    package let payload: String
    package let secret: Int64?
    package let dueAt: WireTime

    /// - Parameter part: what belongs together within the lane, such as the events of one meeting. It is made side by side with
    ///   other parts, and waits in one backlog with them.
    package init(
        account: AccountID, kind: Delivery.Kind, meeting: MeetingNumber?, event: String, lane: String,
        part: String? = nil, url: String, payload: String, secret: Int64?, dueAt: WireTime
    ) {
        self.account = account
        self.kind = kind
        self.meeting = meeting
        self.event = event
        self.lane = part.map { "\(lane) \($0)" } ?? lane
        backlog = lane
        self.url = url
        self.payload = payload
        self.secret = secret
        self.dueAt = dueAt
    }
}

extension Store {
    /// Writes events down that callers shall be told, all or none; those that are known are left alone.
    ///
    /// - Parameter limit: waiting deliveries of one backlog; the oldest beyond are parked.
    /// - Returns: how many are new.
    package func tell(_ deliveries: [NewDelivery], limit: Int64 = 10_000, now: WireTime) async throws -> Int {
        let told = try await write { transaction in
            var new = 0
            var overflown: [NewDelivery] = []
            for delivery in deliveries {
                guard try transaction.tell(delivery, now: now) else { continue }
                new += 1
                try transaction.emitReady(delivery, now: now)
                if try transaction.trim(backlog: delivery.backlog, to: limit, now: now) { overflown.append(delivery) }
            }
            return Told(new: new, overflown: overflown)
        }
        // A lane may have an address in its name, which no log shall have.
        for delivery in told.overflown {
            var metadata: Logger.Metadata = [
                "account.id": "\(delivery.account)", "delivery.kind": "\(delivery.kind.rawValue)",
                "deliveries.limit": "\(limit)",
            ]
            if let meeting = delivery.meeting { metadata["meeting.number"] = "\(meeting)" }
            Logger.current.warning("too many callbacks wait, the oldest are given up", metadata: metadata)
        }
        return told.new
    }

    private struct Told: Sendable {
        let new: Int
        let overflown: [NewDelivery]
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

    /// Forgets what was acknowledged, or given up, before a time, however long it waited until then.
    ///
    /// - Parameter events: the same for events of web hooks, which are many and hold more than names.
    package func trimDeliveries(before: WireTime, events: WireTime) async throws {
        try await write { transaction in
            try transaction.connection.execute(
                "DELETE FROM deliveries WHERE state <> 'waiting' AND done_at < $1", [.integer(before.milliseconds)])
            try transaction.connection.execute(
                "DELETE FROM deliveries WHERE state <> 'waiting' AND kind = 'hook' AND done_at < $1",
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
            INSERT INTO deliveries (id, account_id, kind, meeting, event, lane, backlog, receiver, url, payload, secret_id,
                state, due_at, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'waiting', $12, $13)
            """,
            [
                .integer(try next("delivery")), .integer(delivery.account.number), .text(delivery.kind.rawValue),
                SQLValue(delivery.meeting?.number), .text(delivery.event), .text(delivery.lane),
                .text(delivery.backlog), .text(OutboundURL.receiver(of: delivery.url)), .text(delivery.url),
                .text(delivery.payload), SQLValue(delivery.secret), .integer(delivery.dueAt.milliseconds),
                .integer(now.milliseconds),
            ])
        return true
    }

    /// Parks the oldest that wait beyond a limit, but never the first of a lane: it may be under way, and what is
    /// acknowledged then must not look as if it was given up.
    ///
    /// - Returns: whether this is the first time that as much waits there, as far as anybody remembers.
    func trim(backlog: String, to limit: Int64, now: WireTime) throws -> Bool {
        let waiting = try connection.query(
            "SELECT COUNT(*) FROM deliveries WHERE backlog = $1 AND state = 'waiting'", [.text(backlog)])
        let excess = try (waiting.first?.integer(0) ?? 0) - limit
        guard excess > 0 else { return false }
        let result = SQLValue.text("too many waited")
        let known = try connection.query(
            "SELECT id FROM deliveries WHERE backlog = $1 AND state = 'parked' AND last_result = $2 LIMIT 1",
            [.text(backlog), result])
        let parked = try connection.execute(
            """
            UPDATE deliveries SET state = 'parked', last_result = $1, done_at = $2 WHERE id IN (
                SELECT d.id FROM deliveries AS d WHERE d.backlog = $3 AND d.state = 'waiting' AND EXISTS (
                    SELECT 1 FROM deliveries AS earlier
                    WHERE earlier.lane = d.lane AND earlier.state = 'waiting' AND earlier.id < d.id
                ) ORDER BY d.id LIMIT $4
            )
            """, [result, .integer(now.milliseconds), .text(backlog), .integer(excess)])
        return parked > 0 && known.isEmpty
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
            done_at, answers, answered_since
        """

    static func read(_ row: SQLRow) throws -> Delivery {
        guard let kind = Delivery.Kind(rawValue: try row.text(2)), let state = Delivery.State(rawValue: try row.text(7))
        else { throw StoreFault.unreadable("delivery") }
        return Delivery(
            id: DeliveryID(try row.integer(0)), account: AccountID(try row.integer(1)), kind: kind,
            meeting: try row.optionalInteger(3).map(MeetingNumber.init), url: try row.text(4), payload: try row.text(5),
            secret: try row.optionalInteger(6), state: state, attempts: Int(try row.integer(8)),
            answers: Int(try row.integer(13)),
            answeredSince: try row.optionalInteger(14).map(WireTime.init(milliseconds:)),
            dueAt: WireTime(milliseconds: try row.integer(9)), lastResult: try row.optionalText(10),
            createdAt: WireTime(milliseconds: try row.integer(11)),
            deliveredAt: state == .delivered
                ? try row.optionalInteger(12).map(WireTime.init(milliseconds:)) : nil)
    }
}
