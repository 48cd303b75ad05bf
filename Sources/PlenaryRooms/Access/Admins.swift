package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
package import PlenaryStore

/// Administrators and roles are the platform's: nobody gives a permission that he does not have, nor changes somebody who has more.
extension Platform {
    /// - Throws: 403 `forbidden`; 404 `not_found`.
    package func administrator(_ reference: ResourceReference, for caller: APICaller) async throws -> Administrator {
        try caller.checkPlatform(.manageAdmins)
        let found = try await store.administrator(reference)
        guard let administrator = found else { throw Problem(.notFound) }
        return administrator
    }

    /// One who is changed or deleted.
    ///
    /// - Throws: 403 `forbidden`, also for one who may more than the caller; 404 `not_found`.
    package func administrator(_ reference: ResourceReference, toChangeBy caller: APICaller) async throws
        -> Administrator
    {
        let administrator = try await administrator(reference, for: caller)
        for role in administrator.roles { try caller.checkGives(role) }
        return administrator
    }

    /// - Throws: 403 `forbidden`; 422 `validation_failed`.
    package func addAdministrator(_ details: AdminDetails, for caller: APICaller, now: WireTime) async throws
        -> Administrator
    {
        try caller.checkPlatform(.manageAdmins)
        try await checkGives(details.roles, by: caller)
        var random = FleetRandom(time)
        return try await store.addAdministrator(
            details, identity: ResourceIdentity(at: now, using: &random), now: now)
    }

    /// - Parameter change: gets the details as they are, and may throw to leave them so.
    /// - Throws: 403 `forbidden`, `own_permissions`; 422 `validation_failed`; 409 `not_deletable` when nobody were left who may
    ///   do everything; 404 `not_found`.
    package func updateAdministrator(
        _ administrator: Administrator, for caller: APICaller, now: WireTime,
        _ change: @escaping @Sendable (AdminDetails) throws -> AdminDetails
    ) async throws -> Administrator {
        // Whom he makes what is judged before: the change itself is judged again when it is made.
        let wanted = try change(administrator.details)
        try await checkGives(wanted.roles.subtracting(administrator.details.roles), by: caller)
        let isOwn = caller.kind == .administrator(administrator.identity.id)
        let changed = try await store.updateAdministrator(administrator.number, now: now) { details in
            let new = try change(details)
            let given = new.roles.subtracting(details.roles)
            guard given.isSubset(of: wanted.roles) else { throw Problem(.preconditionFailed) }
            if isOwn, new.roles != details.roles { throw Problem(.ownPermissions) }
            details = new
        }
        guard let changed else { throw Problem(.notFound) }
        return changed
    }

    private func checkGives(_ names: Set<String>, by caller: APICaller) async throws {
        if names.contains(Role.admin.name) { try caller.checkGives(.admin) }
        for kept in try await store.roles() where names.contains(kept.role.name) { try caller.checkGives(kept.role) }
    }

    // MARK: roles

    /// The built-in one first: `nil`.
    package func roles(for caller: APICaller) async throws -> [Store.KeptRole?] {
        try caller.checkPlatform(.manageRoles)
        let stored = try await store.roles()
        var all: [Store.KeptRole?] = [nil]
        for role in stored { all.append(role) }
        return all
    }

    /// - Parameter name: an identifier of a stored one.
    /// - Throws: 403 `forbidden`, also for the built-in one and for one that may more than the caller; 404 `not_found`.
    package func role(_ name: String, toChangeBy caller: APICaller) async throws -> Store.KeptRole {
        try caller.checkPlatform(.manageRoles)
        if name == Role.admin.name { throw AdminFault.roleIsBuiltIn }
        guard let reference = ResourceReference(name) else { throw Problem(.notFound) }
        let found = try await store.role(reference)
        guard let kept = found else { throw Problem(.notFound) }
        try caller.checkGives(kept.role)
        return kept
    }

    /// - Returns: `nil`: the built-in one.
    /// - Throws: 403 `forbidden`; 404 `not_found`.
    package func role(_ name: String, for caller: APICaller) async throws -> Store.KeptRole? {
        try caller.checkPlatform(.manageRoles)
        if name == Role.admin.name { return nil }
        guard let reference = ResourceReference(name) else { throw Problem(.notFound) }
        let found = try await store.role(reference)
        guard let kept = found else { throw Problem(.notFound) }
        return kept
    }

    /// - Throws: 403 `forbidden`; 422 `validation_failed`.
    package func addRole(_ role: Role, for caller: APICaller, now: WireTime) async throws -> Store.KeptRole {
        try caller.checkPlatform(.manageRoles)
        try caller.checkGives(role)
        var random = FleetRandom(time)
        return try await store.addRole(role, identity: ResourceIdentity(at: now, using: &random), now: now)
    }
}

extension APICaller {
    /// - Throws: 403 `forbidden` for a role that may more than the caller.
    package func checkGives(_ role: Role) throws(Problem) {
        guard role.scopes.allSatisfy({ $0.isCovered(by: principal.scopes) }) else {
            throw Problem(.forbidden, "Nobody gives permissions that he does not have.")
        }
    }
}
