package import BigBlueButton
package import PlenaryCore

extension Store {
    /// What a create wants of its account's pool of connections (`rooms-api.md` 15.4).
    package struct Admission: Sendable {
        package let request: ReservationRequest
        /// Minutes that the caller said; 0: none. For answers only.
        package let askedMinutes: Int
        /// `C`; `nil`: unlimited.
        package let capacity: Int?
        /// Whether all accounts of the subscription share the pool.
        package let isShared: Bool
        /// The people of the meeting are told when its time is over (15.5).
        package let isTold: Bool
        /// How many are in the meetings of the pool, as last seen; who is not there was not looked for. Asked when somebody has
        /// to make room, inside the transaction.
        package let people: @Sendable () -> [MeetingKey: Int]

        package init(
            request: ReservationRequest, askedMinutes: Int, capacity: Int?, isShared: Bool, isTold: Bool = false,
            people: @escaping @Sendable () -> [MeetingKey: Int] = { [:] }
        ) {
            self.request = request
            self.askedMinutes = askedMinutes
            self.capacity = capacity
            self.isShared = isShared
            self.isTold = isTold
            self.people = people
        }
    }

    /// The reservations of an account's pool, with those of all who share it.
    package func pool(of account: AccountID, capacity: Int?, isShared: Bool) async throws -> ReservationPool {
        try await read { connection in
            ReservationPool(
                capacity: capacity,
                reservations: try ReservationRows.all(connection, sharedWith: account, onlyOwn: !isShared))
        }
    }

    /// Gives a reservation up; its meeting goes on, unreserved (15.9).
    ///
    /// - Parameter check: gets the reservation as it is, and may throw to leave it so.
    /// - Returns: whether there was one that protected its meeting.
    package func releaseReservation(
        of key: MeetingKey, now: WireTime, check: @escaping @Sendable (Reservation) throws -> Void = { _ in }
    ) async throws -> Bool {
        try await write { transaction in
            // As it was: what was given up is over.
            let released: Bool? = try transaction.changeReservation(of: key) { (pool: inout ReservationPool) -> Bool in
                if let held = pool.reservations[key] { try check(held) }
                return pool.release(key, at: now)
            }
            guard released == true else { return false }
            try transaction.emit(.reservationReleased, reservationOf: key, now: now)
            return true
        }
    }

    /// Reserves a meeting's connections for longer, if the pool has the room without ending anybody (15.9).
    ///
    /// - Parameter more: beyond its time, or from now on when that is over.
    package func extendReservation(
        of key: MeetingKey, by more: Duration, capacity: Int?, isShared: Bool, now: WireTime
    ) async throws -> Extension {
        try await extendReservation(of: key, capacity: capacity, isShared: isShared, now: now) {
            max($0.expiresAt, now).advanced(by: more)
        }
    }

    /// The same until a certain time.
    ///
    /// - Parameter later: tells that time; gets the reservation as it is, and may throw to leave it so.
    package func extendReservation(
        of key: MeetingKey, capacity: Int?, isShared: Bool, now: WireTime,
        until later: @escaping @Sendable (Reservation) throws -> WireTime
    ) async throws -> Extension {
        try await write { transaction in
            let before = try ReservationRows.all(
                transaction.connection, sharedWith: key.account, onlyOwn: !isShared)
            var pool = ReservationPool(capacity: capacity, reservations: before)
            guard let reservation = pool.reservations[key], reservation.state == .live else { return .noReservation }
            guard pool.extend(key, to: try later(reservation), at: now), let extended = pool.reservations[key] else {
                return .noRoom
            }
            try transaction.save(pool, before: before)
            return .extended(extended)
        }
    }

    package enum Extension: Sendable, Hashable {
        case extended(Reservation)
        /// The meeting has none, or is being ended.
        case noReservation
        /// Others have the connections.
        case noRoom
    }

    /// Removes reservations for which nobody came: of lost meetings, and of creates that were cut off (T6, T9b). Those that have
    /// no meeting for whatever reason are not left behind either.
    ///
    /// - Parameter pending: how long a create may be on its way.
    package func sweepReservations(
        pendingFor pending: Duration = ReservationPool.pendingTime, now: WireTime
    ) async throws {
        let stale = try await read { connection in
            try connection.query(
                """
                SELECT account_id, meeting_id FROM reservations
                WHERE (state = 'orphaned' AND orphaned_until <= $1) OR (state = 'pending' AND pending_since <= $2)
                    OR (state <> 'orphaned' AND NOT EXISTS (
                        SELECT 1 FROM meetings WHERE meetings.account_id = reservations.account_id
                            AND meetings.meeting_id = reservations.meeting_id
                            AND meetings.state IN ('creating', 'running')
                    ))
                """,
                [
                    .integer(now.milliseconds),
                    .integer(now.advanced(by: .zero - pending).milliseconds),
                ]
            ).map(ReservationRows.key)
        }
        for key in stale {
            try await write { transaction in
                _ = try transaction.changeReservation(of: key) { pool in
                    let live = try MeetingRows.live(transaction.connection, key)
                    let isPending = if case .pending? = pool.reservations[key]?.state { true } else { false }
                    // One that runs is nobody's create that is on its way.
                    let lives = isPending ? live?.state == .creating : live != nil
                    pool.sweep(lives: { $0 == key ? lives : true }, pendingFor: pending, at: now)
                }
            }
        }
    }
}

extension StoreTransaction {
    func admit(_ key: MeetingKey, _ admission: Store.Admission, now: WireTime) throws -> ReservationPool.Admission {
        var capacity = admission.capacity
        let before: [Reservation]
        var people: [MeetingKey: Int] = [:]
        let taken = try capacity.map { _ in
            try ReservationRows.taken(connection, sharedWith: key.account, onlyOwn: !admission.isShared, now: now)
        }
        if let most = capacity, let taken, admission.request.connections > most - taken {
            before = try ReservationRows.all(connection, sharedWith: key.account, onlyOwn: !admission.isShared)
            people = admission.people()
        } else {
            // There is room for everybody, so that nobody else is looked at: a pool may have thousands.
            before = try ReservationRows.one(connection, key).map { [$0] } ?? []
            capacity = nil
        }
        var pool = ReservationPool(capacity: capacity, reservations: before)
        let result = pool.admit(key, admission.request, people: { people[$0] }, at: now)
        try save(pool, before: before)
        if case .admitted = result {
            try connection.execute(
                "UPDATE reservations SET is_told = $1 WHERE account_id = $2 AND meeting_id = $3",
                [.integer(admission.isTold ? 1 : 0), .integer(key.account.number), .text(key.meetingID.rawValue)])
            if let most = admission.capacity, let taken {
                let after = try ReservationRows.taken(
                    connection, sharedWith: key.account, onlyOwn: !admission.isShared, now: now)
                try emitQuota(.maxConnections, of: key.account, limit: most, before: taken, after: after, now: now)
            }
        }
        return result
    }

    /// Changes a meeting's reservation, and what it has to do with those that it claimed. No other of the pool is looked at.
    ///
    /// - Returns: `nil` when the meeting has no reservation: nothing was changed.
    func changeReservation<Value>(of key: MeetingKey, _ change: (inout ReservationPool) throws -> Value) throws
        -> Value?
    {
        guard let own = try ReservationRows.one(connection, key) else { return nil }
        let before = [own] + (try ReservationRows.claimed(connection, by: key).filter { $0.key != key })
        var pool = ReservationPool(capacity: nil, reservations: before)
        let result = try change(&pool)
        try save(pool, before: before)
        return result
    }

    /// The meeting is there: those that it displaced are ended from now on. One whose reservation is gone by now, because nobody
    /// knew of it for too long, counts all the same.
    func reservationConfirmed(_ meeting: Meeting, createdAt: WireTime, now: WireTime) throws {
        let before = try ReservationRows.one(connection, meeting.key)
        let claimed = before == nil ? [] : try ReservationRows.claimed(connection, by: meeting.key)
        let found = try changeReservation(of: meeting.key) { $0.confirm(meeting.key, createdAt: createdAt, at: now) }
        try emitConfirmed(meeting.key, before: before, claimed: claimed, now: now)
        guard found == nil, let reserved = meeting.reserved else { return }
        try reservationCameBack(meeting.key, connections: reserved.connections, createdAt: createdAt, now: now)
    }

    func reservationFailed(_ key: MeetingKey) throws { _ = try changeReservation(of: key) { $0.fail(key) } }

    func reservationEnding(_ key: MeetingKey) throws { _ = try changeReservation(of: key) { $0.ending(key) } }

    func reservationEnded(_ key: MeetingKey) throws { _ = try changeReservation(of: key) { $0.end(key) } }

    func reservationLost(_ key: MeetingKey, now: WireTime) throws {
        _ = try changeReservation(of: key) { $0.lose(key, at: now) }
    }

    func reservationCameBack(_ key: MeetingKey, connections: Int, createdAt: WireTime, now: WireTime) throws {
        let before = try ReservationRows.one(connection, key).map { [$0] } ?? []
        var pool = ReservationPool(capacity: nil, reservations: before)
        pool.comeBack(key, connections: connections, createdAt: createdAt, at: now)
        try save(pool, before: before)
    }

    fileprivate func save(_ pool: ReservationPool, before: [Reservation]) throws {
        let before = Dictionary(uniqueKeysWithValues: before.map { ($0.key, $0) })
        for key in Set(before.keys).union(pool.reservations.keys) {
            let (old, new) = (before[key], pool.reservations[key])
            guard old != new else { continue }
            if let new {
                try ReservationRows.write(new, isNew: old == nil, connection)
            } else {
                try connection.execute(
                    "DELETE FROM reservations WHERE account_id = $1 AND meeting_id = $2",
                    [.integer(key.account.number), .text(key.meetingID.rawValue)])
            }
            guard old?.isTerminating != new?.isTerminating || old?.expiresAt != new?.expiresAt else { continue }
            // The roster knows until when it is safe, and whether it is being ended: joins are refused from then on.
            let open = try connection.query(
                "SELECT id FROM meetings WHERE account_id = $1 AND meeting_id = $2 AND state <> 'ended'",
                [.integer(key.account.number), .text(key.meetingID.rawValue)])
            for row in open { try changed(.meeting, try row.integer(0)) }
        }
    }
}

extension Reservation {
    fileprivate var isTerminating: Bool {
        if case .terminating = state { true } else { false }
    }
}

enum ReservationRows {
    private static let columns = """
        SELECT account_id, meeting_id, connections, minutes, state, expires_at, created_at, pending_since, orphaned_until,
            taker_account, taker_meeting
        FROM reservations
        """

    static func one(_ connection: any SQLConnection, _ key: MeetingKey) throws -> Reservation? {
        try connection.query(
            "\(columns) WHERE account_id = $1 AND meeting_id = $2",
            [.integer(key.account.number), .text(key.meetingID.rawValue)]
        ).first.map(read)
    }

    /// The accounts whose reservations are in a pool: one, or all of its subscription.
    private static func sharing(_ account: AccountID, onlyOwn: Bool) -> (condition: String, values: [SQLValue]) {
        let number = SQLValue.integer(account.number)
        if onlyOwn { return ("account_id = $1", [number]) }
        let others = """
            (account_id = $1 OR account_id IN (
                SELECT other.id FROM accounts AS own JOIN accounts AS other ON other.subscription_id = own.subscription_id
                WHERE own.id = $2))
            """
        return (others, [number, number])
    }

    /// The reservations of an account, and of all accounts of its subscription.
    static func all(_ connection: any SQLConnection, sharedWith account: AccountID, onlyOwn: Bool) throws
        -> [Reservation]
    {
        let (condition, values) = sharing(account, onlyOwn: onlyOwn)
        return try connection.query("\(columns) WHERE \(condition) ORDER BY account_id, meeting_id", values).map(read)
    }

    /// The connections that count in a pool: `P + U`, as ``ReservationPool`` has them.
    static func taken(_ connection: any SQLConnection, sharedWith account: AccountID, onlyOwn: Bool, now: WireTime)
        throws -> Int
    {
        let (condition, values) = sharing(account, onlyOwn: onlyOwn)
        let time = values.count + 1
        let row = try connection.query(
            """
            SELECT COALESCE(SUM(connections), 0) FROM reservations
            WHERE \(condition) AND (state = 'live' OR (state = 'pending' AND expires_at > $\(time))
                OR (state = 'orphaned' AND orphaned_until > $\(time + 1)))
            """, values + [.integer(now.milliseconds), .integer(now.milliseconds)]
        ).first
        return Int(try row?.integer(0) ?? 0)
    }

    /// The reservations of all accounts of a subscription.
    static func all(_ connection: any SQLConnection, of subscription: SubscriptionNumber) throws -> [Reservation] {
        try connection.query(
            "\(columns) WHERE account_id IN (SELECT id FROM accounts WHERE subscription_id = $1)",
            [.integer(subscription.number)]
        ).map(read)
    }

    /// Those that were chosen to make room for a meeting.
    static func claimed(_ connection: any SQLConnection, by key: MeetingKey) throws -> [Reservation] {
        try connection.query(
            "\(columns) WHERE taker_account = $1 AND taker_meeting = $2 AND state = 'claimed'",
            [.integer(key.account.number), .text(key.meetingID.rawValue)]
        ).map(read)
    }

    static func key(_ row: SQLRow) throws -> MeetingKey {
        guard let meetingID = MeetingID(rawValue: try row.text(1)) else { throw StoreFault.unreadable("reservation") }
        return MeetingKey(account: AccountID(try row.integer(0)), meetingID: meetingID)
    }

    private static func read(_ row: SQLRow) throws -> Reservation {
        func time(_ column: Int) throws -> WireTime? {
            try row.optionalInteger(column).map(WireTime.init(milliseconds:))
        }
        func taker() throws -> MeetingKey? {
            guard let account = try row.optionalInteger(9), let id = try row.optionalText(10) else { return nil }
            return MeetingID(rawValue: id).map { MeetingKey(account: AccountID(account), meetingID: $0) }
        }
        let state: Reservation.State
        switch (try row.text(4), try time(7), try time(8), try taker()) {
        case ("pending", let since?, let until, _): state = .pending(since: since, orphanedUntil: until)
        case ("live", _, _, _): state = .live
        case ("ending", _, _, _): state = .ending
        case ("claimed", _, _, let taker?): state = .claimed(by: taker)
        case ("terminating", _, _, let taker?): state = .terminating(for: taker)
        case ("orphaned", _, let until?, _): state = .orphaned(until: until)
        default: throw StoreFault.unreadable("reservation")
        }
        return Reservation(
            key: try key(row), connections: Int(try row.integer(2)), minutes: Int(try row.integer(3)), state: state,
            expiresAt: WireTime(milliseconds: try row.integer(5)), createdAt: WireTime(milliseconds: try row.integer(6))
        )
    }

    static func write(_ reservation: Reservation, isNew: Bool, _ connection: any SQLConnection) throws {
        let state: String
        var (since, until, taker): (WireTime?, WireTime?, MeetingKey?)
        switch reservation.state {
        case .pending(let begun, let orphaned): (state, since, until) = ("pending", begun, orphaned)
        case .live: state = "live"
        case .ending: state = "ending"
        case .claimed(let key): (state, taker) = ("claimed", key)
        case .terminating(let key): (state, taker) = ("terminating", key)
        case .orphaned(let end): (state, until) = ("orphaned", end)
        }
        let values: [SQLValue] = [
            .integer(Int64(reservation.connections)), .integer(Int64(reservation.minutes)), .text(state),
            .integer(reservation.expiresAt.milliseconds), .integer(reservation.createdAt.milliseconds),
            SQLValue(since?.milliseconds), SQLValue(until?.milliseconds), SQLValue(taker?.account.number),
            SQLValue(taker?.meetingID.rawValue), .integer(reservation.key.account.number),
            .text(reservation.key.meetingID.rawValue),
        ]
        let names = """
            connections, minutes, state, expires_at, created_at, pending_since, orphaned_until, taker_account, taker_meeting
            """
        if isNew {
            try connection.execute(
                """
                INSERT INTO reservations (\(names), account_id, meeting_id)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                """, values)
        } else {
            try connection.execute(
                """
                UPDATE reservations SET connections = $1, minutes = $2, state = $3, expires_at = $4, created_at = $5,
                    pending_since = $6, orphaned_until = $7, taker_account = $8, taker_meeting = $9
                WHERE account_id = $10 AND meeting_id = $11
                """, values)
        }
    }
}
