package import BigBlueButton
package import PlenaryCore

/// Who signs in by a password: administrators of the platform and users of customers are two worlds (`rooms-api.md` 13.3).
package enum SignInKind: String, Sendable, Hashable {
    case admin, user
}

/// Whose a session is.
package enum SessionSubject: Sendable, Hashable {
    case admin(AdminNumber)
    /// The number of a user.
    case user(Int64)

    package var kind: SignInKind {
        switch self {
        case .admin: .admin
        case .user: .user
        }
    }

    package var number: Int64 {
        switch self {
        case .admin(let admin): admin.number
        case .user(let number): number
        }
    }

    package init(_ kind: SignInKind, _ number: Int64) {
        switch kind {
        case .admin: self = .admin(AdminNumber(number))
        case .user: self = .user(number)
        }
    }
}

extension Store {
    /// What a sign-in is checked against.
    package struct Credential: Sendable, Hashable, Redacted {
        package let subject: SessionSubject
        /// The hash of the password; `nil`: he has none yet.
        package let password: String?
        /// Otherwise no password is right.
        package let isActive: Bool

        package init(subject: SessionSubject, password: String?, isActive: Bool) {
            self.subject = subject
            self.password = password
            self.isActive = isActive
        }
    }

    /// - Parameter email: in any case.
    /// - Returns: `nil` when nobody of that kind has the address. A caller must not let anybody notice the difference.
    package func credential(_ kind: SignInKind, email: String) async throws -> Credential? {
        try await read { connection in
            let columns =
                switch kind {
                case .admin: "id, password, is_active"
                case .user: "id, password, 1"
                }
            let rows = try connection.query(
                "SELECT \(columns) FROM \(CredentialRows.table(of: kind)) WHERE email = $1",
                [.text(email.lowercased())])
            guard let row = rows.first else { return nil }
            return Credential(
                subject: SessionSubject(kind, try row.integer(0)), password: try row.optionalText(1),
                isActive: try row.integer(2) == 1)
        }
    }

    /// Gives somebody another password; he is signed out everywhere, and links with which it could be set again are good for
    /// nothing any more.
    ///
    /// - Parameters:
    ///   - password: its hash; `nil`: none.
    ///   - old: the hash that it takes the place of. Nothing, when it was changed meanwhile: who knew the old one does not undo
    ///     a set-up link. `nil`: whatever it is.
    ///   - kept: the verifier of the session in which he changed it himself, which goes on.
    /// - Returns: whether there is such a subject, with that password.
    package func setPassword(
        _ password: String?, of subject: SessionSubject, replacing old: String? = nil, keeping kept: String? = nil,
        now: WireTime
    ) async throws -> Bool {
        try await write { transaction in
            let table = CredentialRows.table(of: subject.kind)
            var values: [SQLValue] = [SQLValue(password), .integer(now.milliseconds), .integer(subject.number)]
            var still = ""
            if let old {
                still = " AND password = $4"
                values.append(.text(old))
            }
            let changed = try transaction.connection.execute(
                "UPDATE \(table) SET password = $1, updated_at = $2 WHERE id = $3\(still)", values)
            guard changed > 0 else { return false }
            try transaction.endSessions(of: subject, except: kept)
            try transaction.endSetupLinks(of: subject)
            return true
        }
    }

    /// The same password, hashed with today's parameters: nobody is signed out. Nothing, when it was changed meanwhile.
    package func rehashPassword(of subject: SessionSubject, from old: String, to new: String) async throws {
        try await write { transaction in
            _ = try transaction.connection.execute(
                "UPDATE \(CredentialRows.table(of: subject.kind)) SET password = $1 WHERE id = $2 AND password = $3",
                [.text(new), .integer(subject.number), .text(old)])
        }
    }
}

enum CredentialRows {
    static func table(of kind: SignInKind) -> String {
        switch kind {
        case .admin: "admins"
        case .user: "users"
        }
    }
}
