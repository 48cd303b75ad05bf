package import BigBlueButton
package import PlenaryCore

extension Store {
    /// A role as it is stored. The built-in one is not.
    package struct KeptRole: Sendable, Hashable {
        package let identity: ResourceIdentity
        package let role: Role
        package let createdAt: WireTime
        package let updatedAt: WireTime

        package init(identity: ResourceIdentity, role: Role, createdAt: WireTime, updatedAt: WireTime) {
            self.identity = identity
            self.role = role
            self.createdAt = createdAt
            self.updatedAt = updatedAt
        }
    }

    /// - Throws: ``ValidationFault``; ``AdminFault`` `.roleIsBuiltIn` for the name of the built-in one, `.roleNameTaken`.
    package func addRole(_ role: Role, identity: ResourceIdentity, now: WireTime) async throws -> KeptRole {
        try role.check()
        return try await write { transaction in
            try transaction.checkName(of: role, except: nil)
            let row: [CommerceColumn] = [
                ("id", .integer(try transaction.next("role"))), ("name", .text(role.name)),
                ("scopes", .text(ScopeRows.text(role.scopes))), ("created_at", .integer(now.milliseconds)),
                ("updated_at", .integer(now.milliseconds)),
            ]
            try transaction.insert(into: "roles", row + CommerceRows.row(of: identity))
            return KeptRole(identity: identity, role: role, createdAt: now, updatedAt: now)
        }
    }

    package func role(_ reference: ResourceReference) async throws -> KeptRole? {
        try await read { try RoleRows.found($0, reference)?.kept }
    }

    /// By their names, without the built-in one.
    package func roles() async throws -> [KeptRole] {
        try await read { connection in
            try connection.query("\(RoleRows.columns) ORDER BY name").map { try RoleRows.read($0).kept }
        }
    }

    /// Changes a role; who has it may do that much from then on.
    ///
    /// - Parameter change: gets the role as it is, and may throw to leave it so.
    /// - Throws: as ``addRole(_:identity:now:)``.
    /// - Returns: `nil` when there is no such role.
    package func updateRole(
        _ reference: ResourceReference, now: WireTime, _ change: @escaping @Sendable (Role) throws -> Role
    ) async throws -> KeptRole? {
        try await write { transaction in
            guard let old = try RoleRows.found(transaction.connection, reference) else { return nil }
            let role = try change(old.kept.role)
            guard role != old.kept.role else { return old.kept }
            try role.check()
            try transaction.checkName(of: role, except: old.number)
            let row: [CommerceColumn] = [
                ("name", .text(role.name)), ("scopes", .text(ScopeRows.text(role.scopes))),
                ("updated_at", .integer(now.milliseconds)),
            ]
            try transaction.update("roles", row, of: old.number)
            return KeptRole(
                identity: old.kept.identity, role: role, createdAt: old.kept.createdAt, updatedAt: now)
        }
    }

    /// - Throws: ``AdminFault/roleInUse(_:)``.
    /// - Returns: whether there was one.
    package func removeRole(
        _ reference: ResourceReference, check: @escaping @Sendable (Role) throws -> Void = { _ in }
    ) async throws -> Bool {
        try await write { transaction in
            let connection = transaction.connection
            guard let old = try RoleRows.found(connection, reference) else { return false }
            try check(old.kept.role)
            let users = try CommerceRows.count(
                connection, "SELECT COUNT(*) FROM admin_roles WHERE role_id = $1", old.number)
            guard users == 0 else { throw AdminFault.roleInUse(users) }
            return try connection.execute("DELETE FROM roles WHERE id = $1", [.integer(old.number)]) > 0
        }
    }
}

extension StoreTransaction {
    fileprivate func checkName(of role: Role, except own: Int64?) throws {
        guard !role.isBuiltIn else { throw AdminFault.roleIsBuiltIn }
        let rows = try connection.query("SELECT id FROM roles WHERE name = $1", [.text(role.name)])
        let isFree = try rows.allSatisfy { try $0.integer(0) == own }
        guard isFree else { throw AdminFault.roleNameTaken }
    }
}

enum RoleRows {
    static let columns = "SELECT id, public_id, uuid, ulid, name, scopes, created_at, updated_at FROM roles"

    static func found(_ connection: any SQLConnection, _ reference: ResourceReference) throws
        -> (number: Int64, kept: Store.KeptRole)?
    {
        let place = CommerceRows.place(of: reference)
        return try connection.query("\(columns) WHERE \(place.name) = $1", [place.value]).first.map { try read($0) }
    }

    static func read(_ row: SQLRow) throws -> (number: Int64, kept: Store.KeptRole) {
        var reader = ColumnReader(row)
        let number = try reader.integer()
        let identity = try reader.identity()
        let role = Role(name: try reader.text(), scopes: ScopeRows.scopes(try reader.text()))
        let (createdAt, updatedAt) = (try reader.time(), try reader.time())
        return (
            number: number,
            kept: Store.KeptRole(identity: identity, role: role, createdAt: createdAt, updatedAt: updatedAt)
        )
    }
}
