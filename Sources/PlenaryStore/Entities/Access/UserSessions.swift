package import BigBlueButton
package import PlenaryCore

extension Store {
    /// A sign-in that goes on.
    package struct KeptSession: Sendable, Hashable {
        package let verifier: String
        package let subject: SessionSubject
        package let life: SessionLife

        package init(verifier: String, subject: SessionSubject, life: SessionLife) {
            self.verifier = verifier
            self.subject = subject
            self.life = life
        }
    }

    /// Begins a session.
    ///
    /// - Parameter password: the hash that was right. Nothing begins when it was changed meanwhile, or its owner was locked out:
    ///   a session that began in between would have been missed.
    /// - Returns: whether it began.
    package func addSession(
        verifier: String, of subject: SessionSubject, password: String, now: WireTime
    ) async throws -> Bool {
        try await write { transaction in
            let isOpen = subject.kind == .admin ? " AND is_active = 1" : ""
            let rows = try transaction.connection.query(
                "SELECT id FROM \(CredentialRows.table(of: subject.kind)) WHERE id = $1 AND password = $2\(isOpen)",
                [.integer(subject.number), .text(password)])
            guard !rows.isEmpty else { return false }
            try transaction.addSession(verifier: verifier, of: subject, now: now)
            return true
        }
    }

    /// The session of a verifier, as it was written last. Whether it is still live ``SessionLife`` says.
    package func session(verifier: String) async throws -> KeptSession? {
        try await read { connection in
            let rows = try connection.query(
                "SELECT kind, subject_id, started_at, seen_at FROM user_sessions WHERE verifier = $1",
                [.text(verifier)])
            guard let row = rows.first else { return nil }
            var reader = ColumnReader(row)
            let kind: SignInKind = try reader.word("kind of a session")
            let subject = SessionSubject(kind, try reader.integer())
            let (startedAt, seenAt) = (try reader.time(), try reader.time())
            return KeptSession(
                verifier: verifier, subject: subject, life: SessionLife(startedAt: startedAt, seenAt: seenAt))
        }
    }

    /// Writes down that a session was used; it never goes back. One that has ended meanwhile stays ended.
    package func touchSession(verifier: String, seenAt: WireTime) async throws {
        try await write { transaction in
            _ = try transaction.connection.execute(
                "UPDATE user_sessions SET seen_at = $1 WHERE verifier = $2 AND seen_at < $3",
                [.integer(seenAt.milliseconds), .text(verifier), .integer(seenAt.milliseconds)])
        }
    }

    /// Ends a session for good.
    ///
    /// - Returns: whether there was one.
    package func endSession(verifier: String) async throws -> Bool {
        try await write { transaction in
            try transaction.connection.execute(
                "DELETE FROM user_sessions WHERE verifier = $1", [.text(verifier)]) > 0
        }
    }

    /// Signs somebody out everywhere.
    ///
    /// - Parameter kept: the verifier of a session that goes on.
    /// - Returns: how many sessions ended.
    @discardableResult
    package func endSessions(of subject: SessionSubject, except kept: String? = nil) async throws -> Int {
        try await write { try $0.endSessions(of: subject, except: kept) }
    }

    /// Removes the sessions that ended by time.
    ///
    /// - Returns: how many.
    @discardableResult
    package func removeOldSessions(now: WireTime, _ policy: SessionPolicy) async throws -> Int {
        try await write { transaction in
            try transaction.connection.execute(
                "DELETE FROM user_sessions WHERE seen_at <= $1 OR started_at <= $2",
                [
                    .integer(now.advanced(by: .zero - policy.idle).milliseconds),
                    .integer(now.advanced(by: .zero - policy.absolute).milliseconds),
                ])
        }
    }
}

extension StoreTransaction {
    func addSession(verifier: String, of subject: SessionSubject, now: WireTime) throws {
        try connection.execute(
            "INSERT INTO user_sessions (verifier, kind, subject_id, started_at, seen_at) VALUES ($1, $2, $3, $4, $5)",
            [
                .text(verifier), .text(subject.kind.rawValue), .integer(subject.number), .integer(now.milliseconds),
                .integer(now.milliseconds),
            ])
    }

    @discardableResult
    func endSessions(of subject: SessionSubject, except kept: String? = nil) throws -> Int {
        // No verifier is empty.
        try connection.execute(
            "DELETE FROM user_sessions WHERE kind = $1 AND subject_id = $2 AND verifier <> $3",
            [.text(subject.kind.rawValue), .integer(subject.number), .text(kept ?? "")])
    }
}
