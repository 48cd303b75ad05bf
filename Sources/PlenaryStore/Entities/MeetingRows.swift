internal import BigBlueButton
internal import PlenaryCore

/// Meetings as their table has them.
enum MeetingRows {
    /// The reason of an end that made room for another meeting.
    static let preempted = "its connections went to another meeting"
    /// Its server said that it has it no more.
    static let notOnServer = "not on its server"

    static let columns = """
        SELECT id, account_id, meeting_id, name, server_id, state, epoch, internal_meeting_id, create_time, attendee_pw,
            moderator_pw, expected_load, creator, is_ending, created_at, token, callbacks, voice_bridge, replaces,
            logout_url, former_ids, connections, asked_minutes,
            (SELECT state FROM reservations WHERE reservations.account_id = meetings.account_id
                AND reservations.meeting_id = meetings.meeting_id),
            (SELECT expires_at FROM reservations WHERE reservations.account_id = meetings.account_id
                AND reservations.meeting_id = meetings.meeting_id)
        FROM meetings
        """

    /// A meeting that is not over.
    static func open(_ connection: any SQLConnection, _ number: MeetingNumber) throws -> Meeting? {
        try connection.query("\(columns) WHERE id = $1 AND state <> 'ended'", [.integer(number.number)]).first.map(read)
    }

    static func live(_ connection: any SQLConnection, _ key: MeetingKey) throws -> Meeting? {
        try connection.query(
            "\(columns) WHERE account_id = $1 AND meeting_id = $2 AND state IN ('creating', 'running')",
            [.integer(key.account.number), .text(key.meetingID.rawValue)]
        ).first.map(read)
    }

    static func allOpen(_ connection: any SQLConnection) throws -> [Meeting] {
        try connection.query("\(columns) WHERE state <> 'ended' ORDER BY id").map(read)
    }

    static func parameters(_ connection: any SQLConnection, _ number: MeetingNumber) throws -> String {
        try connection.query("SELECT parameters FROM meetings WHERE id = $1", [.integer(number.number)]).first?.text(0)
            ?? ""
    }

    /// The secret that signed the create.
    static func secret(_ connection: any SQLConnection, _ number: MeetingNumber) throws -> Int64? {
        try connection.query("SELECT secret_id FROM meetings WHERE id = $1", [.integer(number.number)]).first?
            .optionalInteger(0)
    }

    static func isBreakout(_ connection: any SQLConnection, _ number: MeetingNumber) throws -> Bool {
        try connection.query("SELECT is_breakout FROM meetings WHERE id = $1", [.integer(number.number)]).first?
            .integer(0) == 1
    }

    static func read(_ row: SQLRow) throws -> Meeting {
        guard let meetingID = MeetingID(rawValue: try row.text(2)), let state = MeetingState(rawValue: try row.text(5))
        else {
            throw StoreFault.unreadable("meeting")
        }
        return Meeting(
            number: MeetingNumber(try row.integer(0)),
            key: MeetingKey(account: AccountID(try row.integer(1)), meetingID: meetingID),
            name: try row.text(3), server: ServerID(try row.integer(4)), state: state, epoch: try row.integer(6),
            internalMeetingID: try row.optionalText(7).flatMap(InternalMeetingID.init(rawValue:)),
            createTime: try row.optionalInteger(8).map(WireTime.init(milliseconds:)),
            attendeePW: try row.text(9), moderatorPW: try row.text(10), expectedLoad: try row.real(11),
            creator: try row.text(12), createdAt: WireTime(milliseconds: try row.integer(14)),
            isEnding: try row.integer(13) == 1, token: Secret(try row.text(15)),
            callbacks: CallerCallbacks(stored: try row.text(16)), logoutURL: try row.optionalText(19),
            voiceBridge: try row.text(17), replaces: try row.optionalInteger(18).map(MeetingNumber.init),
            formerIDs: try row.text(20).split(separator: " ").compactMap { InternalMeetingID(rawValue: String($0)) },
            reserved: try row.optionalInteger(21).map { connections in
                Meeting.Reserved(connections: Int(connections), askedMinutes: Int(try row.optionalInteger(22) ?? 0))
            },
            reservedUntil: try row.optionalInteger(24).map(WireTime.init(milliseconds:)),
            isPreempted: try row.optionalText(23) == "terminating")
    }
}
