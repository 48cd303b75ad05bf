package import BigBlueButton
package import PlenaryCore

/// A meeting that shall be created: written down before any server hears of it.
package struct Intent: Sendable {
    package let key: MeetingKey
    package let name: String
    package let server: ServerID
    package let attendeePW: String
    package let moderatorPW: String
    /// The create call's parameters as a query, for the record and for creating it again.
    package let parameters: String
    package let expectedLoad: Double
    package let creator: String
    /// Makes our addresses for the meeting unguessable.
    package let token: Secret?
    /// The secret that signed the create.
    package let secret: Int64?
    package let callbacks: CallerCallbacks
    package let logoutURL: String?
    package let voiceBridge: String
    package let isBreakout: Bool
    /// Slides, to be given again when the meeting moves.
    package let document: OutgoingCall.Body?
    /// What its place is kept by when it is made again, moved or taken back.
    package let reserved: Meeting.Reserved?

    package init(
        key: MeetingKey, name: String, server: ServerID, attendeePW: String, moderatorPW: String, parameters: String,
        expectedLoad: Double, creator: String, token: Secret? = nil, secret: Int64? = nil,
        callbacks: CallerCallbacks = .none, logoutURL: String? = nil, voiceBridge: String = "",
        isBreakout: Bool = false, document: OutgoingCall.Body? = nil, reserved: Meeting.Reserved? = nil
    ) {
        self.reserved = reserved
        self.key = key
        self.name = name
        self.server = server
        self.attendeePW = attendeePW
        self.moderatorPW = moderatorPW
        self.parameters = parameters
        self.expectedLoad = expectedLoad
        self.creator = creator
        self.token = token
        self.secret = secret
        self.callbacks = callbacks
        self.logoutURL = logoutURL
        self.voiceBridge = voiceBridge
        self.isBreakout = isBreakout
        self.document = document
    }
}

extension Store {
    /// Meetings that may be at a time; `nil`: any number.
    package struct MeetingLimits: Sendable, Hashable {
        package let ofAccount: Int?
        /// Of all accounts of its subscription together.
        package let ofSubscription: Int?

        package init(ofAccount: Int? = nil, ofSubscription: Int? = nil) {
            self.ofAccount = ofAccount
            self.ofSubscription = ofSubscription
        }
    }

    package enum Intended: Sendable {
        case written(Meeting)
        /// The key has a live meeting: this one.
        case taken(Meeting)
        /// The account has as many meetings as it may have.
        case full
        /// Its pool has not so many connections.
        case refused(ReservationPool.Shortage)
    }

    /// Writes an intent down, unless the key has a live meeting.
    ///
    /// - Parameters:
    ///   - displacing: the live meeting whose place it takes, in the state that the caller saw; if it changed meanwhile,
    ///     nothing is written.
    ///   - limits: meetings at a time. Counted where they are written down, so that they hold however many creates come at once
    ///     (`balancer.md` 7).
    ///   - admission: what it wants reserved; nothing is asked of one that displaces another and has its place.
    package func intend(
        _ intent: Intent, displacing old: Meeting? = nil, limits: MeetingLimits = MeetingLimits(),
        admission: Admission? = nil, now: WireTime
    ) async throws -> Intended {
        try await write { transaction in
            var displaced: MeetingNumber?
            var reserved = intent.reserved
            func reserve() throws -> ReservationPool.Shortage? {
                guard let admission, reserved == nil else { return nil }
                switch try transaction.admit(intent.key, admission, now: now) {
                case .admitted(let reservation, _):
                    reserved = Meeting.Reserved(
                        connections: reservation.connections, askedMinutes: admission.askedMinutes)
                    return nil
                case .refused(let shortage):
                    try transaction.emitRefusal(intent.key, shortage, now: now)
                    return shortage
                }
            }
            if let found = try MeetingRows.live(transaction.connection, intent.key) {
                guard let old, found.number == old.number, found.state == old.state, found.server == old.server else {
                    return .taken(found)
                }
                if let shortage = try reserve() { return .refused(shortage) }
                try transaction.connection.execute(
                    "UPDATE meetings SET state = 'displaced' WHERE id = $1", [.integer(found.number.number)])
                try transaction.changed(.meeting, found.number.number)
                displaced = found.number
            } else if !intent.isBreakout, try transaction.isFull(intent.key.account, limits) {
                return .full
            } else if let shortage = try reserve() {
                return .refused(shortage)
            }
            return .written(try transaction.insert(intent, reserved: reserved, replacing: displaced, now: now))
        }
    }

    /// Moves an intent to the next candidate: the last server is known not to have it.
    ///
    /// - Returns: `nil` when the intent is not there any more.
    package func reassign(_ number: MeetingNumber, to server: ServerID, now: WireTime) async throws -> Meeting? {
        try await write { transaction in
            let changed = try transaction.connection.execute(
                "UPDATE meetings SET server_id = $1 WHERE id = $2 AND state = 'creating'",
                [.integer(server.number), .integer(number.number)])
            guard changed > 0 else { return nil }
            try transaction.place(number, on: server, now: now)
            try transaction.changed(.meeting, number.number)
            return try MeetingRows.open(transaction.connection, number)
        }
    }

    /// The meeting is over, as far as the caller saw it: it is left alone when it changed meanwhile.
    ///
    /// - Parameters:
    ///   - seen: the meeting as it was when the reason was found.
    ///   - isLost: it is gone without having ended: its connections wait for it (`rooms-api.md` 15.6, T9b).
    /// - Returns: whether it was ended by this call.
    package func end(_ seen: Meeting, reason: String, isLost: Bool = false, now: WireTime) async throws -> Bool {
        try await write { transaction in
            guard let found = try MeetingRows.open(transaction.connection, seen.number),
                found.server == seen.server, found.state == seen.state,
                found.internalMeetingID == seen.internalMeetingID
            else { return false }
            return try transaction.end(seen.number, reason: reason, isLost: isLost, now: now)
        }
    }

    /// The server confirmed an `end`; the mapping stays until it is found without the meeting.
    ///
    /// - Parameter seen: the meeting that was ended; one that was made anew meanwhile is not marked.
    package func markEnding(_ seen: Meeting) async throws {
        try await write { transaction in
            let changed = try transaction.connection.execute(
                """
                UPDATE meetings SET is_ending = 1
                WHERE id = $1 AND state = 'running' AND is_ending = 0 AND internal_meeting_id = $2
                """,
                [.integer(seen.number.number), SQLValue(seen.internalMeetingID?.rawValue)])
            guard changed > 0 else { return }
            try transaction.reservationEnding(seen.key)
            try transaction.changed(.meeting, seen.number.number)
        }
    }
}

extension StoreTransaction {
    /// - Parameter replacing: the meeting whose place it takes.
    func insert(
        _ intent: Intent, reserved: Meeting.Reserved?, replacing: MeetingNumber? = nil, now: WireTime
    ) throws -> Meeting {
        let number = MeetingNumber(try next("meeting"))
        try connection.execute(
            """
            INSERT INTO meetings (id, account_id, meeting_id, name, server_id, state, epoch, attendee_pw, moderator_pw,
                parameters, expected_load, creator, created_at, token, secret_id, callbacks, voice_bridge, replaces,
                is_breakout, logout_url, former_ids, connections, asked_minutes)
            SELECT $1, $2, $3, $4, $5, 'creating', COALESCE(MAX(epoch), 0) + 1, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                $15, $16, $17, $18, $19, $20, $21
            FROM meetings WHERE account_id = $22 AND meeting_id = $23
            """,
            [
                .integer(number.number), .integer(intent.key.account.number), .text(intent.key.meetingID.rawValue),
                .text(intent.name), .integer(intent.server.number), .text(intent.attendeePW), .text(intent.moderatorPW),
                .text(intent.parameters), .real(intent.expectedLoad), .text(intent.creator), .integer(now.milliseconds),
                .text(intent.token?.reveal() ?? ""), SQLValue(intent.secret), .text(intent.callbacks.stored),
                .text(intent.voiceBridge), SQLValue(replacing?.number), .integer(intent.isBreakout ? 1 : 0),
                SQLValue(intent.logoutURL), .text(try formerIDs(ofWhatFollows: replacing)),
                SQLValue(reserved.map { Int64($0.connections) }), SQLValue(reserved.map { Int64($0.askedMinutes) }),
                .integer(intent.key.account.number), .text(intent.key.meetingID.rawValue),
            ])
        if let document = intent.document { try keep(document, of: number) }
        try place(number, on: intent.server, now: now)
        try changed(.meeting, number.number)
        guard let meeting = try MeetingRows.open(connection, number) else { throw StoreFault.unreadable("new meeting") }
        return meeting
    }

    /// Whether an account, or its subscription, has as many meetings as it may have: those that are being made count, breakout
    /// rooms do not, nor those that are being ended to make room.
    func isFull(_ account: AccountID, _ limits: Store.MeetingLimits) throws -> Bool {
        func count(_ accounts: String) throws -> Int64 {
            try connection.query(
                """
                SELECT COUNT(*) FROM meetings
                WHERE account_id IN (\(accounts)) AND state IN ('creating', 'running') AND is_breakout = 0
                    AND NOT EXISTS (
                        SELECT 1 FROM reservations WHERE reservations.account_id = meetings.account_id
                            AND reservations.meeting_id = meetings.meeting_id AND reservations.state = 'terminating'
                    )
                """, [.integer(account.number)]
            ).first?.integer(0) ?? 0
        }
        if let limit = limits.ofAccount, try count("$1") >= limit { return true }
        guard let limit = limits.ofSubscription else { return false }
        return try count(
            """
            SELECT other.id FROM accounts AS own JOIN accounts AS other ON other.subscription_id = own.subscription_id
            WHERE own.id = $1
            """) >= limit
    }

    /// The internal ids of a meeting and of those that it replaced, the newest twenty.
    private func formerIDs(ofWhatFollows number: MeetingNumber?) throws -> String {
        guard let number,
            let row = try connection.query("\(MeetingRows.columns) WHERE id = $1", [.integer(number.number)]).first
        else { return "" }
        let old = try MeetingRows.read(row)
        let ids = (old.internalMeetingID.map { [$0] } ?? []) + old.formerIDs
        return ids.prefix(20).map(\.rawValue).joined(separator: " ")
    }

    func place(_ number: MeetingNumber, on server: ServerID, now: WireTime) throws {
        try connection.execute(
            "INSERT INTO placements (meeting, server_id, placed_at) VALUES ($1, $2, $3) ON CONFLICT (meeting, server_id) DO NOTHING",
            [.integer(number.number), .integer(server.number), .integer(now.milliseconds)])
    }

    /// Ends a meeting. One that never came to be gives its place back to the meeting that it displaced.
    func end(_ number: MeetingNumber, reason: String, isLost: Bool = false, now: WireTime) throws -> Bool {
        let before = try MeetingRows.open(connection, number)
        let reason = before?.isPreempted == true ? MeetingRows.preempted : reason
        let ended = try connection.execute(
            "UPDATE meetings SET state = 'ended', ended_at = $1, end_reason = $2 WHERE id = $3 AND state <> 'ended'",
            [.integer(now.milliseconds), .text(reason), .integer(number.number)])
        guard ended > 0, let before else { return false }
        try changed(.meeting, number.number)
        try connection.execute("DELETE FROM meeting_documents WHERE meeting = $1", [.integer(number.number)])
        switch before.state {
        case .creating:
            if let replaced = before.replaces {
                try giveUpReservation(of: before, replacing: replaced)
                try bringBack(replaced, now: now)
            } else {
                try reservationFailed(before.key)
            }
        case .running:
            try tellEnd(of: before, now: now)
            if isLost {
                try reservationLost(before.key, now: now)
            } else {
                try emitReleased(by: before.key, now: now)
                try reservationEnded(before.key)
            }
        // The meeting goes on elsewhere, or its caller made it again: for him it is not over.
        case .displaced, .ended: break
        }
        return true
    }

    /// One that displaced another has the other's reservation, unless that had none: then what it asked for itself is free.
    func giveUpReservation(of meeting: Meeting, replacing replaced: MeetingNumber) throws {
        let old = try connection.query("SELECT connections FROM meetings WHERE id = $1", [.integer(replaced.number)])
        guard meeting.reserved != nil, try old.first?.optionalInteger(0) == nil else { return }
        try reservationFailed(meeting.key)
    }

    /// What took a meeting's place never came to be: it has its place again, or is over for its caller too.
    private func bringBack(_ replaced: MeetingNumber, now: WireTime) throws {
        let changed = try connection.execute(
            """
            UPDATE meetings SET state = CASE WHEN internal_meeting_id IS NULL THEN 'creating' ELSE 'running' END
            WHERE id = $1 AND state = 'displaced'
            """, [.integer(replaced.number)])
        if changed > 0 { return try self.changed(.meeting, replaced.number) }
        // Its server was found without it meanwhile, when that told nobody anything.
        let rows = try connection.query("\(MeetingRows.columns) WHERE id = $1", [.integer(replaced.number)])
        guard let row = rows.first else { return }
        let old = try MeetingRows.read(row)
        try tellEnd(of: old, now: now)
        try reservationLost(old.key, now: now)
    }
}
