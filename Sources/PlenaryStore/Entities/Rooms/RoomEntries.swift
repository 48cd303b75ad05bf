package import BigBlueButton
package import PlenaryCore

extension Store {
    /// Somebody is let in (`rooms-api.md` 8.1, 9, 11.5): token and code are marked as used, and the visitor as one who was in. What
    /// was true when it was decided is looked at once more: of two who use a link for one at the same time, one gets in.
    ///
    /// - Throws: ``RoomProblem``: `.notRunning` when the session is over; `.tokenInvalid`, `.tokenExpired`, `.tokenUsedUp`;
    ///   `.accessCodeInvalid`, `.accessCodeExpired`. Nothing is marked then.
    package func enter(_ entry: RoomEntry, now: WireTime) async throws {
        try await write { transaction in
            let connection = transaction.connection
            guard let session = try RoomSessionRows.session(connection, entry.session), session.state == .running
            else { throw RoomProblem.notRunning }
            // Who comes back, after a reload or a broken line, uses the link no second time.
            let isBack = try transaction.role(of: entry.visitor, in: entry.session) == entry.role
            if let token = entry.token { try transaction.use(token, in: session.room, counts: !isBack, now: now) }
            if let code = entry.code { try transaction.use(code, in: session.room, now: now) }
            try connection.execute(
                """
                INSERT INTO room_session_visits (session_id, visitor, role, first_at, last_at)
                VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (session_id, visitor) DO UPDATE SET role = excluded.role, last_at = excluded.last_at
                """,
                [
                    .integer(session.number.number), .text(entry.visitor.pseudonym), .text(entry.role.rawValue),
                    .integer(now.milliseconds), .integer(now.milliseconds),
                ])
        }
    }

    /// As what somebody was let into a session that is live: they may come back when the subscription has ended meanwhile (5.3),
    /// and by a link that is used up.
    ///
    /// - Returns: `nil`: they were not.
    package func roleBefore(_ session: RoomSessionNumber, _ visitor: RoomCalls.Visitor) async throws -> RoomRole? {
        try await read { try StoreTransaction(connection: $0).role(of: visitor, in: session) }
    }
}

extension StoreTransaction {
    fileprivate func role(of visitor: RoomCalls.Visitor, in session: RoomSessionNumber) throws -> RoomRole? {
        let rows = try connection.query(
            "SELECT role FROM room_session_visits WHERE session_id = $1 AND visitor = $2",
            [.integer(session.number), .text(visitor.pseudonym)])
        return try rows.first.flatMap { RoomRole(rawValue: try $0.text(0)) }
    }

    fileprivate func use(_ token: RoomTokenNumber, in room: RoomNumber, counts: Bool, now: WireTime) throws {
        let rows = try connection.query(
            """
            SELECT expires_at, max_uses, use_count, last_usage FROM room_tokens WHERE id = $1 AND room_id = $2
            """, [.integer(token.number), .integer(room.number)])
        guard let row = rows.first else { throw RoomProblem.tokenInvalid }
        if let end = try row.optionalInteger(0), end <= now.milliseconds { throw RoomProblem.tokenExpired }
        let count = try row.integer(2)
        if counts, let most = try row.optionalInteger(1), count >= most { throw RoomProblem.tokenUsedUp }
        // Two nodes may tell it out of order.
        let last = max(try row.optionalInteger(3) ?? now.milliseconds, now.milliseconds)
        try connection.execute(
            "UPDATE room_tokens SET use_count = $1, last_usage = $2 WHERE id = $3",
            [.integer(counts ? count + 1 : count), .integer(last), .integer(token.number)])
    }

    fileprivate func use(_ code: RoomCodeNumber, in room: RoomNumber, now: WireTime) throws {
        let rows = try connection.query(
            "SELECT expires_at, last_usage FROM room_codes WHERE id = $1 AND room_id = $2",
            [.integer(code.number), .integer(room.number)])
        guard let row = rows.first else { throw RoomProblem.accessCodeInvalid }
        if let end = try row.optionalInteger(0), end <= now.milliseconds { throw RoomProblem.accessCodeExpired }
        let last = max(try row.optionalInteger(1) ?? now.milliseconds, now.milliseconds)
        try connection.execute(
            "UPDATE room_codes SET last_usage = $1 WHERE id = $2", [.integer(last), .integer(code.number)])
    }
}
