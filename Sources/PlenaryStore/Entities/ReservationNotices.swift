package import BigBlueButton
package import PlenaryCore

extension Store {
    /// What the people of a meeting are to be told of its reservation (15.5).
    package struct ReservationNotice: Sendable, Hashable {
        package let key: MeetingKey
        package let expiresAt: WireTime
        /// The time is over; else it is soon.
        package let isOver: Bool
        /// Its people are told; else only the log.
        package let isTold: Bool
    }

    /// Notices that nobody took yet, of reservations that expire until `soon`; each is given once. A reservation that was not
    /// made for so long is told about when it is over only.
    package func takeNotices(soon: WireTime, now: WireTime) async throws -> [ReservationNotice] {
        let columns = "SELECT account_id, meeting_id, expires_at, is_told FROM reservations WHERE state = 'live'"
        let due = """
            \(columns) AND expires_at <= $1 AND expires_at - created_at > \(soon.milliseconds - now.milliseconds)
                AND (warned_for IS NULL OR warned_for <> expires_at)
                AND (told_for IS NULL OR told_for <> expires_at)
            """
        let over = "\(columns) AND expires_at <= $1 AND (told_for IS NULL OR told_for <> expires_at)"
        let isAnything = try await read { connection in
            try !connection.query("\(due) LIMIT 1", [.integer(soon.milliseconds)]).isEmpty
                || !connection.query("\(over) LIMIT 1", [.integer(now.milliseconds)]).isEmpty
        }
        guard isAnything else { return [] }
        return try await write { transaction in
            func take(_ query: String, until time: WireTime, mark column: String, isOver: Bool) throws
                -> [ReservationNotice]
            {
                try transaction.connection.query(query, [.integer(time.milliseconds)]).map { row in
                    let key = try ReservationRows.key(row)
                    try transaction.connection.execute(
                        "UPDATE reservations SET \(column) = expires_at WHERE account_id = $1 AND meeting_id = $2",
                        [.integer(key.account.number), .text(key.meetingID.rawValue)])
                    try transaction.emit(
                        isOver ? .reservationExpired : .reservationExpiring, reservationOf: key, now: now)
                    return ReservationNotice(
                        key: key, expiresAt: WireTime(milliseconds: try row.integer(2)), isOver: isOver,
                        isTold: try row.integer(3) == 1)
                }
            }
            // Who is told that it is over is not told any more that it will be soon.
            return try take(over, until: now, mark: "told_for", isOver: true)
                + take(due, until: soon, mark: "warned_for", isOver: false)
        }
    }
}
