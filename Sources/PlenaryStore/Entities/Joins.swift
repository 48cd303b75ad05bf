package import BigBlueButton
package import PlenaryCore

/// One join: who, as what, when.
package struct JoinRecord: Sendable, Hashable {
    package let meeting: MeetingNumber
    package let fullName: String
    package let userID: String?
    package let role: String?
    package let joinedAt: WireTime

    package init(meeting: MeetingNumber, fullName: String, userID: String?, role: String?, joinedAt: WireTime) {
        self.meeting = meeting
        self.fullName = fullName
        self.userID = userID
        self.role = role
        self.joinedAt = joinedAt
    }
}

extension Store {
    /// Writes joins down, all or none.
    package func record(_ joins: [JoinRecord]) async throws {
        try await write { transaction in
            for join in joins {
                try transaction.connection.execute(
                    "INSERT INTO joins (id, meeting, full_name, user_id, role, joined_at) VALUES ($1, $2, $3, $4, $5, $6)",
                    [
                        .integer(try transaction.next("join")), .integer(join.meeting.number), .text(join.fullName),
                        SQLValue(join.userID), SQLValue(join.role), .integer(join.joinedAt.milliseconds),
                    ])
            }
        }
    }

    /// The joins of a meeting, oldest first.
    package func joins(of meeting: MeetingNumber) async throws -> [JoinRecord] {
        try await read { try JoinRows.joins($0, of: meeting) }
    }
}

enum JoinRows {
    static func joins(_ connection: any SQLConnection, of meeting: MeetingNumber) throws -> [JoinRecord] {
        try connection.query(
            "SELECT meeting, full_name, user_id, role, joined_at FROM joins WHERE meeting = $1 ORDER BY id",
            [.integer(meeting.number)]
        ).map { row in
            JoinRecord(
                meeting: MeetingNumber(try row.integer(0)), fullName: try row.text(1), userID: try row.optionalText(2),
                role: try row.optionalText(3), joinedAt: WireTime(milliseconds: try row.integer(4)))
        }
    }
}
