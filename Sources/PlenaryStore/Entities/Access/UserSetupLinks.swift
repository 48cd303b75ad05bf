package import BigBlueButton
internal import PlenaryCore

extension Store {
    package func user(_ number: UserNumber) async throws -> User? {
        try await read { try UserRows.user($0, number) }
    }

    /// Makes a link with which a user sets a password; those that were made before for the same user are good for nothing any more.
    ///
    /// - Returns: `nil`, and no link, when there is no such user.
    package func addUserSetupLink(
        _ token: SetupToken, for user: UserNumber, expiresAt: WireTime, now: WireTime
    ) async throws -> User? {
        try await write { transaction in
            let connection = transaction.connection
            guard let found = try UserRows.user(connection, user) else { return nil }
            try connection.execute("DELETE FROM user_setup_links WHERE user_id = $1", [.integer(user.number)])
            try connection.execute(
                "INSERT INTO user_setup_links (mark, user_id, expires_at, created_at) VALUES ($1, $2, $3, $4)",
                [
                    .text(token.mark), .integer(user.number), .integer(expiresAt.milliseconds),
                    .integer(now.milliseconds),
                ])
            return found
        }
    }

    /// A look at a link, which does not use it up.
    ///
    /// - Returns: whose it is; `nil` when it is none, or none any more.
    package func userSetupLink(_ token: SetupToken, now: WireTime) async throws -> User? {
        try await read { try UserSetupRows.user($0, token, now: now) }
    }

    /// Uses a link up: its user has this password then, and is signed out wherever they were signed in.
    ///
    /// - Parameter password: its hash.
    /// - Returns: `nil` when the link is none any more.
    package func useUserSetupLink(_ token: SetupToken, password: String, now: WireTime) async throws -> User? {
        try await write { transaction in
            let connection = transaction.connection
            guard let user = try UserSetupRows.user(connection, token, now: now) else { return nil }
            let number: SQLValue = .integer(user.number.number)
            try connection.execute("DELETE FROM user_setup_links WHERE user_id = $1", [number])
            try connection.execute(
                "UPDATE users SET password = $1, updated_at = $2 WHERE id = $3",
                [.text(password), .integer(now.milliseconds), number])
            try transaction.endSessions(of: .user(user.number.number))
            return try UserRows.user(connection, user.number)
        }
    }

    /// Where somebody is signed in, the newest first. Whether each is still live ``SessionLife`` says.
    package func sessions(of subject: SessionSubject) async throws -> [KeptSession] {
        try await read { connection in
            let rows = try connection.query(
                """
                SELECT verifier, started_at, seen_at FROM user_sessions WHERE kind = $1 AND subject_id = $2
                ORDER BY started_at DESC, verifier
                """, [.text(subject.kind.rawValue), .integer(subject.number)])
            return try rows.map { row in
                var reader = ColumnReader(row)
                let verifier = try reader.text()
                let (startedAt, seenAt) = (try reader.time(), try reader.time())
                return KeptSession(
                    verifier: verifier, subject: subject, life: SessionLife(startedAt: startedAt, seenAt: seenAt))
            }
        }
    }
}

enum UserSetupRows {
    static func user(_ connection: any SQLConnection, _ token: SetupToken, now: WireTime) throws -> User? {
        let rows = try connection.query(
            "SELECT user_id FROM user_setup_links WHERE mark = $1 AND expires_at > $2",
            [.text(token.mark), .integer(now.milliseconds)])
        guard let row = rows.first else { return nil }
        return try UserRows.user(connection, UserNumber(try row.integer(0)))
    }
}
