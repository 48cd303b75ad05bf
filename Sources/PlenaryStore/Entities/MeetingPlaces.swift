package import BigBlueButton
package import PlenaryCore

/// Places that meetings had, or were to have: where a copy comes from, and where a meeting goes back to.
extension Store {
    /// The newest meeting of a key that was ever placed on a server, whatever became of it: it explains a copy that turns up
    /// there without a mapping.
    ///
    /// - Parameter key: whose meeting its id on the server says it is.
    package func placement(of key: MeetingKey, on server: ServerID) async throws -> (
        meeting: Meeting, isOver: Bool
    )? {
        try await read { connection in
            try connection.query(
                """
                \(MeetingRows.columns) WHERE meetings.account_id = $1 AND meetings.meeting_id = $2 AND EXISTS (
                    SELECT 1 FROM placements WHERE placements.meeting = meetings.id AND placements.server_id = $3
                ) ORDER BY meetings.epoch DESC, meetings.id DESC LIMIT 1
                """,
                [.integer(key.account.number), .text(key.meetingID.rawValue), .integer(server.number)]
            ).first.map { (try MeetingRows.read($0), try $0.text(5) == MeetingState.ended.rawValue) }
        }
    }

    /// Takes a meeting back that was given up, because its server has it and nobody else does.
    ///
    /// - Returns: `nil` when the key has a live meeting by now.
    package func takeBack(_ old: Meeting, on server: ServerID, _ settlement: Settlement, now: WireTime) async throws
        -> Meeting?
    {
        try await write { transaction in
            guard try MeetingRows.live(transaction.connection, old.key) == nil else { return nil }
            let intent = Intent(
                key: old.key, name: old.name, server: server, attendeePW: settlement.attendeePW,
                moderatorPW: settlement.moderatorPW,
                parameters: try MeetingRows.parameters(transaction.connection, old.number),
                expectedLoad: old.expectedLoad, creator: old.creator, token: old.token,
                secret: try MeetingRows.secret(transaction.connection, old.number), callbacks: old.callbacks,
                logoutURL: old.logoutURL, voiceBridge: settlement.voiceBridge,
                isBreakout: try MeetingRows.isBreakout(transaction.connection, old.number))
            let meeting = try transaction.insert(intent, reserved: old.reserved, replacing: old.number, now: now)
            if let reserved = old.reserved {
                try transaction.reservationCameBack(
                    old.key, connections: reserved.connections, createdAt: settlement.createTime, now: now)
            }
            try transaction.connection.execute(
                "UPDATE meetings SET state = 'running', internal_meeting_id = $1, create_time = $2 WHERE id = $3",
                [
                    .text(settlement.internalMeetingID.rawValue), .integer(settlement.createTime.milliseconds),
                    .integer(meeting.number.number),
                ])
            return try MeetingRows.open(transaction.connection, meeting.number)
        }
    }

    /// Forgets a meeting whose server was given up, and tells its caller that it is over. What may still run there is a copy
    /// from then on, to be ended when that server answers.
    ///
    /// - Parameter seen: the meeting as it was when that was decided.
    /// - Returns: whether it was forgotten by this call.
    package func forget(_ seen: Meeting, reason: String, now: WireTime) async throws -> Bool {
        try await write { transaction in
            guard let found = try MeetingRows.open(transaction.connection, seen.number),
                found.server == seen.server, found.state == seen.state,
                found.internalMeetingID == seen.internalMeetingID
            else { return false }
            guard found.state == .running else {
                return try transaction.end(seen.number, reason: reason, now: now)
            }
            try transaction.tellEnd(of: found, now: now)
            try transaction.reservationLost(found.key, now: now)
            try transaction.connection.execute(
                "UPDATE meetings SET state = 'displaced', end_reason = $1 WHERE id = $2",
                [.text(reason), .integer(seen.number.number)])
            try transaction.connection.execute(
                "DELETE FROM meeting_documents WHERE meeting = $1", [.integer(seen.number.number)])
            try transaction.changed(.meeting, seen.number.number)
            return true
        }
    }

    /// The server on which a meeting was to be made in another's place is given up, and nobody knows whether it made it: the
    /// other has its place again, and a copy that turns up is swept.
    ///
    /// - Parameter seen: the meeting that was to take the place, as it was when that was found.
    /// - Returns: the other meeting; `nil` when it is over, or something changed meanwhile.
    package func giveBackPlace(of seen: Meeting) async throws -> Meeting? {
        try await write { transaction in
            guard let found = try MeetingRows.open(transaction.connection, seen.number), found.state == .creating,
                found.server == seen.server, let replaced = found.replaces,
                let old = try MeetingRows.open(transaction.connection, replaced), old.state == .displaced,
                old.internalMeetingID != nil
            else { return nil }
            try transaction.giveUpReservation(of: found, replacing: replaced)
            // In this order: a key has one live meeting at any time.
            for (number, state) in [(found.number, MeetingState.displaced), (old.number, .running)] {
                try transaction.connection.execute(
                    "UPDATE meetings SET state = $1 WHERE id = $2", [.text(state.rawValue), .integer(number.number)])
                try transaction.changed(.meeting, number.number)
            }
            return try MeetingRows.open(transaction.connection, old.number)
        }
    }
}
