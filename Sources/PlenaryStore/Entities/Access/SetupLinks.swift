package import BigBlueButton
package import PlenaryCore

/// What a set-up link holds: 256 random bits with which an administrator or a user sets the first password, or a new one. Shown
/// once, good for once.
package struct SetupToken: Sendable, Hashable, Redacted {
    private let secret: Secret
    private static let octets = 32

    /// How long it is good for, unless told otherwise.
    package static let life: Duration = .seconds(24 * 3_600)

    package init(using random: inout some RandomNumberGenerator) {
        var octets: [UInt8] = []
        for _ in 0..<Self.octets { octets.append(UInt8.random(in: .min ... .max, using: &random)) }
        guard let secret = Secret(Base64URL.encode(octets)) else { preconditionFailure("letters are a secret") }
        self.secret = secret
    }

    /// - Returns: `nil` when it has not the form of one.
    package init?(_ text: String) {
        guard Base64URL.decode(text)?.count == Self.octets, let secret = Secret(text) else { return nil }
        self.secret = secret
    }

    /// For the link.
    package func reveal() -> String { secret.reveal() }

    /// What is stored, and what it is found by.
    var mark: String { KeyedHash.hex(of: "set-up link", key: secret) }
}

extension Store {
    /// What a set-up link is for.
    package enum SetupLink: Sendable, Hashable {
        /// Makes the first administrator.
        case first
        /// Gives him a password.
        case invited(Administrator)
    }

    /// Who becomes the first administrator.
    package struct FirstAdministrator: Sendable, Hashable {
        package let email: String
        package let name: String
        package let identity: ResourceIdentity

        package init(email: String, name: String, identity: ResourceIdentity) {
            self.email = email
            self.name = name
            self.identity = identity
        }
    }

    /// Makes a link; those that were made before for the same person are good for nothing any more.
    ///
    /// - Parameter admin: for whom; `nil`: for who becomes the first administrator.
    /// - Returns: `nil`, and no link, when there is no such administrator, or it were for the first one and there is one.
    package func addSetupLink(
        _ token: SetupToken, for admin: AdminNumber?, expiresAt: WireTime, now: WireTime
    ) async throws -> SetupLink? {
        try await write { transaction in
            let connection = transaction.connection
            var link = SetupLink.first
            if let admin {
                guard let found = try AdminRows.administrator(connection, admin) else { return nil }
                link = .invited(found)
                try connection.execute("DELETE FROM setup_links WHERE admin_id = $1", [.integer(admin.number)])
            } else {
                guard try SetupRows.isFirst(connection) else { return nil }
                try connection.execute("DELETE FROM setup_links WHERE admin_id IS NULL")
            }
            try connection.execute(
                "INSERT INTO setup_links (mark, admin_id, expires_at, created_at) VALUES ($1, $2, $3, $4)",
                [
                    .text(token.mark), SQLValue(admin?.number), .integer(expiresAt.milliseconds),
                    .integer(now.milliseconds),
                ])
            return link
        }
    }

    /// A look at a link, which does not use it up.
    ///
    /// - Returns: `nil` when it is none, or none any more.
    package func setupLink(_ token: SetupToken, now: WireTime) async throws -> SetupLink? {
        try await read { try SetupRows.link($0, token, now: now) }
    }

    /// Uses a link up: its administrator has this password then, and is signed out wherever he was signed in.
    ///
    /// - Parameters:
    ///   - password: its hash.
    ///   - first: for a link that makes the first administrator; he has the built-in role.
    /// - Returns: `nil` when the link is none any more, or makes the first administrator and nobody says who that is.
    /// - Throws: ``ValidationFault`` about the first administrator; the link stays good then.
    package func useSetupLink(
        _ token: SetupToken, password: String, first: FirstAdministrator? = nil, now: WireTime
    ) async throws -> Administrator? {
        try await write { transaction in
            let connection = transaction.connection
            guard let link = try SetupRows.link(connection, token, now: now) else { return nil }
            switch link {
            case .first:
                guard let first else { return nil }
                let details = try AdminDetails(email: first.email, name: first.name, roles: [Role.admin.name]).checked()
                try connection.execute("DELETE FROM setup_links WHERE admin_id IS NULL")
                return try transaction.addAdministrator(
                    details, identity: first.identity, password: password, now: now)
            case .invited(let admin):
                let number: SQLValue = .integer(admin.number.number)
                try connection.execute("DELETE FROM setup_links WHERE admin_id = $1", [number])
                try connection.execute(
                    "UPDATE admins SET password = $1, updated_at = $2 WHERE id = $3",
                    [.text(password), .integer(now.milliseconds), number])
                try transaction.endSessions(of: .admin(admin.number))
                return try AdminRows.administrator(connection, admin.number)
            }
        }
    }

    /// Removes the links whose time is over.
    package func removeOldSetupLinks(now: WireTime) async throws {
        try await write { transaction in
            for table in ["setup_links", "user_setup_links"] {
                try transaction.connection.execute(
                    "DELETE FROM \(table) WHERE expires_at <= $1", [.integer(now.milliseconds)])
            }
        }
    }
}

extension StoreTransaction {
    /// Links of somebody are good for nothing any more.
    func endSetupLinks(of subject: SessionSubject) throws {
        let statement =
            switch subject.kind {
            case .admin: "DELETE FROM setup_links WHERE admin_id = $1"
            case .user: "DELETE FROM user_setup_links WHERE user_id = $1"
            }
        try connection.execute(statement, [.integer(subject.number)])
    }
}

enum SetupRows {
    static func isFirst(_ connection: any SQLConnection) throws -> Bool {
        try connection.query("SELECT id FROM admins LIMIT 1").isEmpty
    }

    static func link(_ connection: any SQLConnection, _ token: SetupToken, now: WireTime) throws -> Store.SetupLink? {
        let rows = try connection.query(
            "SELECT admin_id FROM setup_links WHERE mark = $1 AND expires_at > $2",
            [.text(token.mark), .integer(now.milliseconds)])
        guard let row = rows.first else { return nil }
        guard let number = try row.optionalInteger(0) else {
            // Who came first is the first one: an old link does not make another.
            return try isFirst(connection) ? .first : nil
        }
        // Who was locked out does not come back by an old link.
        guard let admin = try AdminRows.administrator(connection, AdminNumber(number)), admin.details.isActive
        else { return nil }
        return .invited(admin)
    }
}
