package import BigBlueButton
package import PlenaryCore

/// What getMeetingEvents asks (`balancer.md` 6).
package struct MeetingEventsQuery: Sendable, Hashable {
    /// Created at this time or later.
    package var createdFrom: WireTime?
    /// Ended before this time; those that run are left out.
    package var endedBefore: WireTime?
    /// At least so many people came.
    package var users = 1
    package var limit = 50

    package init() {}
}

/// A meeting that was held, or is.
package struct MeetingEvent: Sendable {
    package let meeting: Meeting
    package let endedAt: WireTime?
    package let serverName: String
    package let serverURL: String
    package let parameters: Parameters
    /// One for each time that somebody joined.
    package let joins: [JoinRecord]
}

extension Store {
    /// The meetings of an account, the newest first. Creates that never came to be are none.
    package func meetingEvents(of account: AccountID, _ query: MeetingEventsQuery) async throws -> [MeetingEvent] {
        try await read { connection in
            let rows = try connection.query(
                """
                \(MeetingRows.columns) WHERE account_id = $1 AND internal_meeting_id IS NOT NULL AND created_at >= $2
                    AND ($3 = 0 OR ended_at < $4)
                    AND $5 <= (
                        SELECT COUNT(DISTINCT COALESCE(user_id, full_name)) FROM joins WHERE joins.meeting = meetings.id
                    )
                ORDER BY created_at DESC, id DESC LIMIT $6
                """,
                [
                    .integer(account.number), .integer(query.createdFrom?.milliseconds ?? 0),
                    .integer(query.endedBefore == nil ? 0 : 1), .integer(query.endedBefore?.milliseconds ?? 0),
                    .integer(Int64(query.users)), .integer(Int64(query.limit)),
                ])
            return try rows.map { row in
                let meeting = try MeetingRows.read(row)
                let more = try connection.query(
                    """
                    SELECT meetings.ended_at, meetings.parameters, servers.name, servers.url FROM meetings
                    JOIN servers ON servers.id = meetings.server_id WHERE meetings.id = $1
                    """, [.integer(meeting.number.number)])
                guard let more = more.first else { throw StoreFault.unreadable("meeting") }
                return MeetingEvent(
                    meeting: meeting, endedAt: try more.optionalInteger(0).map(WireTime.init(milliseconds:)),
                    serverName: try more.text(2), serverURL: try more.text(3),
                    parameters: Parameters(parsing: try more.text(1)),
                    joins: try JoinRows.joins(connection, of: meeting.number))
            }
        }
    }
}
