package import BigBlueButton

/// One reservation: the connections that a meeting has, or had, kept for it.
package struct Reservation: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// Its create is on its way. Protected until it expires: nobody may ever learn what became of it.
        /// Can transition to: `live` when the meeting is there; removed, or `orphaned` again, when it could not be made.
        case pending(since: WireTime, orphanedUntil: WireTime?)
        /// Its meeting lives. Protected until it expires.
        /// Can transition to: `claimed`; `ending`; `orphaned` when the meeting is lost; removed when it ended.
        case live
        /// Its server said that it ends the meeting, as somebody told it: it does not count any more (A10).
        /// Can transition to: removed when it ended.
        case ending
        /// Chosen to make room for a create that is on its way: it does not count, and nobody else can choose it.
        /// Can transition to: `terminating` when that meeting is there; `live` when it could not be made.
        case claimed(by: MeetingKey)
        /// Its meeting is being ended for the one that took its connections, and does not count any more.
        /// Can transition to: removed when it ended.
        case terminating(for: MeetingKey)
        /// Its meeting is lost without having ended. Protected for whoever creates it again.
        /// Can transition to: `pending`; removed when that time is over.
        case orphaned(until: WireTime)
    }

    package let key: MeetingKey
    /// `m`.
    package let connections: Int
    /// `d`.
    package let minutes: Int
    package fileprivate(set) var state: State
    /// `e`. Of a pending one as far as is known: a meeting that is made anew keeps its time, a new one gets it when it is there.
    package fileprivate(set) var expiresAt: WireTime
    package let createdAt: WireTime

    package init(
        key: MeetingKey, connections: Int, minutes: Int, state: State, expiresAt: WireTime, createdAt: WireTime
    ) {
        self.key = key
        self.connections = connections
        self.minutes = minutes
        self.state = state
        self.expiresAt = expiresAt
        self.createdAt = createdAt
    }

    /// Nobody's create can take these connections.
    package func isProtected(at now: WireTime) -> Bool {
        switch state {
        case .pending, .live: now < expiresAt
        case .orphaned(let until): now < until
        case .claimed, .ending, .terminating: false
        }
    }

    /// Its meeting lives past its time: it counts, until a create needs its connections.
    package func isUnreserved(at now: WireTime) -> Bool { state == .live && now >= expiresAt }

    /// When it is protected no longer, if nothing happens but that creates succeed.
    fileprivate var protectedUntil: WireTime {
        if case .orphaned(let until) = state { until } else { expiresAt }
    }
}

/// The connections that a subscription bought, and who has them (`rooms-api.md` 15): a machine without a clock.
///
/// It is made from what is stored, told what happens, and stored again, inside one transaction: so admissions of a pool follow
/// one another (T1).
package struct ReservationPool: Sendable {
    /// `C`; `nil`: unlimited, everything is admitted.
    package let capacity: Int?
    package private(set) var reservations: [MeetingKey: Reservation]

    /// How long a reservation without a meeting waits for it: after a crash (T6).
    package static let pendingTime = Duration.seconds(60)
    /// How long connections wait for a meeting that was lost (T9b).
    package static let orphanTime = Duration.seconds(600)

    package init(capacity: Int?, reservations: [Reservation]) {
        self.capacity = capacity
        self.reservations = Dictionary(uniqueKeysWithValues: reservations.map { ($0.key, $0) })
    }

    /// `P`.
    package func protected(at now: WireTime) -> Int {
        reservations.values.reduce(0) { $0 + ($1.isProtected(at: now) ? $1.connections : 0) }
    }

    /// `U`.
    package func unreserved(at now: WireTime) -> Int {
        reservations.values.reduce(0) { $0 + ($1.isUnreserved(at: now) ? $1.connections : 0) }
    }

    /// `free`: below 0 after the pool was made smaller (T11). `nil`: unlimited.
    package func free(at now: WireTime) -> Int? {
        capacity.map { $0 - protected(at: now) - unreserved(at: now) }
    }

    /// When connections become free of themselves, soonest first.
    package func nextExpiries(at now: WireTime) -> [(at: WireTime, connections: Int)] {
        let protected = reservations.values.filter { $0.isProtected(at: now) }
        return Dictionary(grouping: protected, by: \.protectedUntil)
            .map { (at: $0.key, connections: $0.value.reduce(0) { $0 + $1.connections }) }.sorted { $0.at < $1.at }
    }

    // MARK: admission

    package enum Admission: Sendable, Hashable {
        /// The connections are the meeting's from now on; these meetings are ended once it is there, and not before.
        case admitted(Reservation, ending: [MeetingKey])
        /// The pool has not so many: never (A2), or others have them (A5). Nothing changes.
        case refused(Shortage)
    }

    /// What a caller who was refused is told.
    package struct Shortage: Sendable, Hashable {
        package let asked: Int
        package let pool: Int
        /// What a create could get at most.
        package let available: Int
        /// When as many as asked are there, if nothing changes; `nil` when that cannot be told.
        package let until: WireTime?

        /// The pool never has so many (A2).
        package var exceedsPool: Bool { asked > pool }

        /// Whole seconds, rounded up: who comes then is not early.
        package func retryAfter(from now: WireTime) -> Int? {
            until.map { Int(($0.milliseconds - now.milliseconds + 999) / 1_000) }
        }
    }

    /// A create of a meeting that does not live (15.4). One that was lost takes its connections and its time over.
    ///
    /// - Parameter people: how many are in a meeting, as last seen; `nil`: nobody looked.
    package mutating func admit(
        _ key: MeetingKey, _ request: ReservationRequest, people: (MeetingKey) -> Int?, at now: WireTime
    ) -> Admission {
        forgetExpired(at: now)
        if let lost = reservations[key], case .orphaned(let until) = lost.state {
            var again = lost
            again.state = .pending(since: now, orphanedUntil: until)
            reservations[key] = again
            return .admitted(again, ending: [])
        }
        let asked = request.connections
        var chosen: [MeetingKey] = []
        if let capacity {
            let protected = protected(at: now)
            guard asked <= capacity - protected else {
                return .refused(
                    Shortage(
                        asked: asked, pool: capacity, available: max(0, capacity - protected),
                        until: whenThereAre(asked, of: capacity, after: now)))
            }
            let needed = asked - (capacity - protected - unreserved(at: now))
            if needed > 0 { chosen = choose(needed, people: people, at: now) }
        }
        for victim in chosen { reservations[victim]?.state = .claimed(by: key) }
        let new = Reservation(
            key: key, connections: asked, minutes: request.minutes,
            state: .pending(since: now, orphanedUntil: nil),
            expiresAt: now.advanced(by: .seconds(60 * request.minutes)),
            createdAt: now)
        reservations[key] = new
        return .admitted(new, ending: chosen)
    }

    /// The first expiry at which so many could be had (15.4).
    private func whenThereAre(_ asked: Int, of capacity: Int, after now: WireTime) -> WireTime? {
        var protected = protected(at: now)
        for expiry in nextExpiries(at: now) {
            protected -= expiry.connections
            if asked <= capacity - protected { return expiry.at }
        }
        return nil
    }

    /// Which meetings past their time make room (15.5): the empty first, then the longest overdue, then those with the
    /// fewest people, then the oldest; and of these none that is not needed beside the others.
    private func choose(_ needed: Int, people: (MeetingKey) -> Int?, at now: WireTime) -> [MeetingKey] {
        struct Candidate {
            let reservation: Reservation
            let people: Int?
            /// Smaller: sooner.
            var rank: (Int, WireTime, Int, WireTime, Int64, String) {
                (
                    people == 0 ? 0 : 1, reservation.expiresAt, people ?? .max, reservation.createdAt,
                    reservation.key.account.number, reservation.key.meetingID.rawValue
                )
            }
        }
        let ordered = reservations.values.filter { $0.isUnreserved(at: now) }
            .map { Candidate(reservation: $0, people: people($0.key)) }.sorted { $0.rank < $1.rank }
        var taken: [Reservation] = []
        var sum = 0
        for candidate in ordered where sum < needed {
            taken.append(candidate.reservation)
            sum += candidate.reservation.connections
        }
        for reservation in taken.reversed() where sum - reservation.connections >= needed {
            sum -= reservation.connections
            taken.removeAll { $0.key == reservation.key }
        }
        return taken.map(\.key)
    }

    // MARK: what becomes of it

    /// The meeting is there: its time counts from then, unless it is one that was made anew, or nobody learned of it for so
    /// long that others may have its connections.
    ///
    /// - Parameter createdAt: when its server made it. Of another clock: what is before the create, or to come, is not believed.
    /// - Returns: the meetings to be ended now.
    package mutating func confirm(_ key: MeetingKey, createdAt: WireTime, at now: WireTime) -> [MeetingKey] {
        guard var reservation = reservations[key], case .pending(_, let orphanedUntil) = reservation.state else {
            return []
        }
        if orphanedUntil == nil, now < reservation.expiresAt {
            let start = min(max(createdAt, reservation.createdAt), now)
            reservation.expiresAt = start.advanced(by: .seconds(60 * reservation.minutes))
        }
        reservation.state = .live
        reservations[key] = reservation
        return settleClaims(of: key, as: .terminating(for: key))
    }

    /// No server made the meeting: nobody is thrown out for it (T3).
    package mutating func fail(_ key: MeetingKey) {
        guard var reservation = reservations[key], case .pending(_, let orphanedUntil) = reservation.state else {
            return
        }
        if let orphanedUntil {
            reservation.state = .orphaned(until: orphanedUntil)
            reservations[key] = reservation
        } else {
            reservations[key] = nil
        }
        _ = settleClaims(of: key, as: .live)
    }

    private mutating func settleClaims(of key: MeetingKey, as state: Reservation.State) -> [MeetingKey] {
        let claimed = reservations.values.filter { $0.state == .claimed(by: key) }.map(\.key)
        for victim in claimed { reservations[victim]?.state = state }
        return claimed.sorted { ($0.account, $0.meetingID.rawValue) < ($1.account, $1.meetingID.rawValue) }
    }

    /// Its server said that it ends the meeting.
    package mutating func ending(_ key: MeetingKey) {
        switch reservations[key]?.state {
        case .live?, .claimed?: reservations[key]?.state = .ending
        default: break
        }
    }

    /// The meeting ended, by whomever: its connections are free at once (A10).
    package mutating func end(_ key: MeetingKey) {
        reservations[key] = nil
        // Whoever claimed it does not need to end it any more, and whom it claimed for itself lives.
        _ = settleClaims(of: key, as: .live)
    }

    /// The meeting is gone without having ended (T9b).
    package mutating func lose(_ key: MeetingKey, at now: WireTime) {
        guard var reservation = reservations[key] else { return }
        guard reservation.state == .live, now < reservation.expiresAt else { return end(key) }
        reservation.state = .orphaned(until: min(reservation.expiresAt, now.advanced(by: Self.orphanTime)))
        reservations[key] = reservation
    }

    /// A meeting that was given up lives after all. What was lost has its time again; anything else counts, and is not
    /// protected: nobody kept its connections.
    ///
    /// - Parameter connections: of a meeting that has no reservation any more.
    package mutating func comeBack(_ key: MeetingKey, connections: Int, createdAt: WireTime, at now: WireTime) {
        forgetExpired(at: now)
        switch reservations[key]?.state {
        case .orphaned?: reservations[key]?.state = .live
        case nil:
            reservations[key] = Reservation(
                key: key, connections: connections, minutes: 1, state: .live, expiresAt: now, createdAt: createdAt)
        default: break
        }
    }

    /// Gives the reservation up; the meeting goes on, unreserved (15.9).
    ///
    /// - Returns: whether there was one to give up.
    package mutating func release(_ key: MeetingKey, at now: WireTime) -> Bool {
        guard var reservation = reservations[key], reservation.state == .live, now < reservation.expiresAt else {
            return false
        }
        reservation.expiresAt = now
        reservations[key] = reservation
        return true
    }

    /// Reserves a live meeting for longer, if the pool has the room for it without ending anybody (15.9).
    ///
    /// - Returns: whether it did.
    package mutating func extend(_ key: MeetingKey, to later: WireTime, at now: WireTime) -> Bool {
        guard var reservation = reservations[key], reservation.state == .live, later > now,
            later > reservation.expiresAt
        else { return false }
        if let capacity {
            // What is past its time takes its connections anew, beside all others that are there.
            let taken = protected(at: now) + (reservation.isUnreserved(at: now) ? unreserved(at: now) : 0)
            if taken > capacity { return false }
        }
        reservation.expiresAt = later
        reservations[key] = reservation
        return true
    }

    /// Removes what nobody came for: lost meetings past their time, creates that a crash cut off, and whatever else has no
    /// meeting. Of a create whose outcome nobody learns those live that it would have displaced (T6).
    ///
    /// - Parameter lives: whether the key has a meeting, or a create that is on its way.
    package mutating func sweep(
        lives: (MeetingKey) -> Bool, pendingFor pending: Duration = pendingTime, at now: WireTime
    ) {
        forgetExpired(at: now)
        for reservation in reservations.values {
            switch reservation.state {
            case .pending(let since, _) where now.since(since) < pending: break
            case .pending where !lives(reservation.key): fail(reservation.key)
            case .pending: _ = settleClaims(of: reservation.key, as: .live)
            case .live, .ending, .claimed, .terminating: if !lives(reservation.key) { end(reservation.key) }
            case .orphaned: break
            }
        }
        forgetExpired(at: now)
    }

    private mutating func forgetExpired(at now: WireTime) {
        reservations = reservations.filter { _, reservation in
            if case .orphaned(let until) = reservation.state { now < until } else { true }
        }
    }
}
