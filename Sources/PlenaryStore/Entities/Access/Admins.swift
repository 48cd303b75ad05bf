package import BigBlueButton
package import PlenaryCore

extension Store {
    /// Adds an administrator.
    ///
    /// - Parameter password: its hash (``PasswordHash``); `nil`: he signs in after he has followed a set-up link.
    /// - Throws: ``ValidationFault``, ``AdminFault``.
    package func addAdministrator(
        _ given: AdminDetails, identity: ResourceIdentity, password: String? = nil, now: WireTime
    ) async throws -> Administrator {
        let details = try given.checked()
        return try await write { transaction in
            try transaction.addAdministrator(details, identity: identity, password: password, now: now)
        }
    }

    package func administrator(_ reference: ResourceReference) async throws -> Administrator? {
        try await read { connection in
            let place = CommerceRows.place(of: reference)
            return try AdminRows.found(connection, "WHERE \(place.name) = $1", [place.value]).first
        }
    }

    package func administrator(_ number: AdminNumber) async throws -> Administrator? {
        try await read { try AdminRows.administrator($0, number) }
    }

    /// - Parameter email: in any case.
    package func administrator(email: String) async throws -> Administrator? {
        try await read { connection in
            try AdminRows.found(connection, "WHERE email = $1", [.text(email.lowercased())]).first
        }
    }

    /// In the order in which they were made.
    package func administrators() async throws -> [Administrator] {
        try await read { try AdminRows.found($0, "ORDER BY id", []) }
    }

    /// Changes an administrator in one step. Who is not active any more is signed out.
    ///
    /// - Parameter change: gets the details as they are, and may throw to leave them so.
    /// - Throws: ``ValidationFault``; ``AdminFault``, also `.lastAdministrator` when nobody were left who may do everything.
    /// - Returns: `nil` when there is no such administrator.
    package func updateAdministrator(
        _ number: AdminNumber, now: WireTime, _ change: @escaping @Sendable (inout AdminDetails) throws -> Void
    ) async throws -> Administrator? {
        try await write { transaction in
            guard let old = try AdminRows.administrator(transaction.connection, number) else { return nil }
            var changed = old.details
            try change(&changed)
            let details = try changed.checked()
            guard details != old.details else { return old }
            try transaction.checkEmail(details.email, except: number)
            if !details.isFullAdmin { try transaction.expectAnotherFullAdmin(than: old) }
            let stamp: [CommerceColumn] = [("updated_at", .integer(now.milliseconds))]
            try transaction.update("admins", AdminRows.row(of: details) + stamp, of: number.number)
            try transaction.setRoles(details.roles, of: number)
            if !details.isActive { try transaction.endSessions(of: .admin(number)) }
            // A link that went to another address than his is in other hands.
            if !details.isActive || details.email != old.details.email {
                try transaction.endSetupLinks(of: .admin(number))
            }
            return try AdminRows.administrator(transaction.connection, number)
        }
    }

    /// Deletes an administrator; he is signed out everywhere. Keys that he made stay.
    ///
    /// - Throws: ``AdminFault/lastAdministrator``.
    /// - Returns: whether there was one.
    package func removeAdministrator(
        _ number: AdminNumber, check: @escaping @Sendable (Administrator) throws -> Void = { _ in }
    ) async throws -> Bool {
        try await write { transaction in
            guard let old = try AdminRows.administrator(transaction.connection, number) else { return false }
            try check(old)
            try transaction.expectAnotherFullAdmin(than: old)
            try transaction.endSessions(of: .admin(number))
            // His roles and his links go with him.
            try transaction.connection.execute("DELETE FROM admins WHERE id = $1", [.integer(number.number)])
            return true
        }
    }
}

extension StoreTransaction {
    /// - Parameter details: checked.
    func addAdministrator(_ details: AdminDetails, identity: ResourceIdentity, password: String?, now: WireTime) throws
        -> Administrator
    {
        try checkEmail(details.email, except: nil)
        let number = AdminNumber(try next("admin"))
        let fixed: [CommerceColumn] = [
            ("id", .integer(number.number)), ("password", SQLValue(password)),
            ("created_at", .integer(now.milliseconds)), ("updated_at", .integer(now.milliseconds)),
        ]
        try insert(into: "admins", fixed + CommerceRows.row(of: identity) + AdminRows.row(of: details))
        try setRoles(details.roles, of: number)
        guard let administrator = try AdminRows.administrator(connection, number) else {
            throw StoreFault.unreadable("new administrator")
        }
        return administrator
    }

    fileprivate func checkEmail(_ email: String, except own: AdminNumber?) throws {
        let rows = try connection.query("SELECT id FROM admins WHERE email = $1", [.text(email)])
        let isFree = try rows.allSatisfy { try $0.integer(0) == own?.number }
        guard isFree else { throw AdminFault.emailTaken }
    }

    /// Who cannot sign in yet does not count, neither as the last one nor as another.
    fileprivate func expectAnotherFullAdmin(than old: Administrator) throws {
        guard old.details.isFullAdmin, old.hasPassword else { return }
        let others = try CommerceRows.count(
            connection,
            "SELECT COUNT(*) FROM admins WHERE is_full = 1 AND is_active = 1 AND password IS NOT NULL AND id <> $1",
            old.number.number)
        guard others > 0 else { throw AdminFault.lastAdministrator }
    }

    fileprivate func setRoles(_ names: Set<String>, of number: AdminNumber) throws {
        try connection.execute("DELETE FROM admin_roles WHERE admin_id = $1", [.integer(number.number)])
        for name in names.sorted() where name != Role.admin.name {
            let rows = try connection.query("SELECT id FROM roles WHERE name = $1", [.text(name)])
            guard let row = rows.first else { throw AdminFault.noRole(name: name) }
            try connection.execute(
                "INSERT INTO admin_roles (admin_id, role_id) VALUES ($1, $2)",
                [.integer(number.number), .integer(try row.integer(0))])
        }
    }
}

enum AdminRows {
    private static let columns = """
        SELECT id, public_id, uuid, ulid, email, name, CASE WHEN password IS NULL THEN 0 ELSE 1 END, is_active, is_full,
            created_at, updated_at
        FROM admins
        """

    static func administrator(_ connection: any SQLConnection, _ number: AdminNumber) throws -> Administrator? {
        try found(connection, "WHERE id = $1", [.integer(number.number)]).first
    }

    static func row(of details: AdminDetails) -> [CommerceColumn] {
        [
            ("email", .text(details.email)), ("name", .text(details.name)),
            ("is_active", .integer(details.isActive ? 1 : 0)),
            ("is_full", .integer(details.roles.contains(Role.admin.name) ? 1 : 0)),
        ]
    }

    static func found(_ connection: any SQLConnection, _ condition: String, _ values: [SQLValue]) throws
        -> [Administrator]
    {
        try connection.query("\(columns) \(condition)", values).map { row in
            let roles = try connection.query(
                """
                SELECT r.name, r.scopes FROM roles AS r JOIN admin_roles AS a ON a.role_id = r.id
                WHERE a.admin_id = $1 ORDER BY r.name
                """, [.integer(try row.integer(0))]
            ).map { Role(name: try $0.text(0), scopes: ScopeRows.scopes(try $0.text(1))) }
            return try read(row, roles)
        }
    }

    private static func read(_ row: SQLRow, _ stored: [Role]) throws -> Administrator {
        var reader = ColumnReader(row)
        let number = AdminNumber(try reader.integer())
        let identity = try reader.identity()
        let (email, name) = (try reader.text(), try reader.text())
        let hasPassword = try reader.flag()
        let (isActive, isFull) = (try reader.flag(), try reader.flag())
        let (createdAt, updatedAt) = (try reader.time(), try reader.time())
        let roles = isFull ? [Role.admin] + stored : stored
        return Administrator(
            number: number, identity: identity,
            details: AdminDetails(
                email: email, name: name, isActive: isActive, roles: Set(roles.map { $0.name })),
            roles: roles, hasPassword: hasPassword, createdAt: createdAt, updatedAt: updatedAt)
    }
}
