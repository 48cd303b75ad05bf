package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
package import PlenaryStore

extension Platform {
    /// - Throws: 404 `not_found`, also for one that is not the caller's to see, and for one that was deleted; 403 `forbidden`.
    package func room(_ reference: ResourceReference, _ permission: Permission, for caller: APICaller) async throws
        -> Room
    {
        try caller.check(permission)
        let found = try await store.room(reference)
        guard let room = found else { throw Problem(.notFound) }
        try await check(permission, in: room, for: caller)
        return room
    }

    /// Whether somebody may do something in a room that was found. Keys and administrators by whose it is; users by what they hold
    /// there, and who holds nothing does not learn that there is such a room (`rooms-api.md` 2.2 and 13).
    ///
    /// - Throws: 403 `forbidden`; 404 `not_found`.
    package func check(_ permission: Permission, in room: Room, for caller: APICaller) async throws {
        guard case .user(let user) = caller.kind else {
            return try caller.check(permission, ownedBy: try await customer(of: room)?.number)
        }
        guard let held = try await permissions(of: user, in: room) else { throw Problem(.notFound) }
        guard let needed = permission.ofRoomUsers, held.contains(needed) else { throw Problem(.forbidden) }
    }

    /// Whether somebody who may do something in a room also sees its details (13.2): keys and administrators do.
    package func maySee(_ room: Room, for caller: APICaller) async throws -> Bool {
        guard case .user(let user) = caller.kind else { return true }
        return try await permissions(of: user, in: room)?.contains(.view) ?? false
    }

    /// What a user may do in a room, as its user or as the owner of its account.
    ///
    /// - Returns: `nil` when they have nothing to do with it, or its customer lets nobody in.
    private func permissions(of user: RoomUserID, in room: Room) async throws -> Set<RoomPermission>? {
        if let whose = try await customer(of: room), !whose.details.status.maySignIn { return nil }
        let users = try await store.roomUsers(of: room.number)
        let isAccountOwner = try await isAccountOwner(user, of: room)
        guard let users, users.contains(user) || isAccountOwner else { return nil }
        return users.permissions(of: user).union(isAccountOwner ? RoomPermission.ofAccountOwners : [])
    }

    private func isAccountOwner(_ user: RoomUserID, of room: Room) async throws -> Bool {
        guard let found = try await store.user(.id(user.text)) else { return false }
        return try await store.ownedAccounts(of: found.number).contains(room.account)
    }

    /// As the users of a room know somebody: keys and administrators are of the platform.
    package func actor(_ caller: APICaller, in room: Room) async throws -> RoomUsers.Actor {
        switch caller.kind {
        case .key, .administrator: return .administrator
        case .user(let user):
            return try await isAccountOwner(user, of: room) ? .accountOwner(user) : .user(user)
        }
    }

    /// A page of the rooms that somebody gets to see: users those that they own or may see, and those of accounts of theirs.
    package func rooms(_ query: ListQuery, for caller: APICaller) async throws -> RoomPage {
        guard case .user(let id) = caller.kind else {
            return try await store.rooms(query, reach: caller.principal.reach)
        }
        guard let user = try await store.user(.id(id.text)) else { throw Problem.unauthenticated }
        return try await store.rooms(query, reach: .platform, viewer: user.number)
    }

    /// Makes the room that a body asks for.
    ///
    /// - Parameter isStrict: what would be accepted and ignored is wrong.
    /// - Throws: 403 `forbidden`, `limit_exceeded`, `subscription_unusable`, `customer_suspended`, `feature_not_available`;
    ///   422 `validation_failed`.
    package func addRoom(_ body: ObjectReader, isStrict: Bool, for caller: APICaller, now: WireTime) async throws
        -> Room
    {
        try caller.check(.createRooms)
        var account: Account?
        if let named = RoomResource.account(in: body) { account = try await store.account(named) }
        // Another tenant's is none.
        if let found = account, !caller.principal.reach.includes(found.entitlement?.customer) { account = nil }
        var whose: RoomOwnership?
        if let account { whose = try await ownership(of: account) }
        let details = try RoomResource.details(from: body, in: whose, isStrict: isStrict)
        guard let whose else { throw Problem(.notFound) }
        var random = FleetRandom(time)
        let identity = ResourceIdentity(at: now, using: &random)
        let seeds = RoomSeeds(at: now, using: &random)
        do {
            return try await store.addRoom(details, in: whose.account.id, identity: identity, seeds: seeds, now: now)
        } catch let refusal as RoomCreationRefusal {
            throw Problem(of: refusal, subscriptionID: whose.account.entitlement?.subscriptionID)
        }
    }

    /// Changes a room as a body asks for.
    ///
    /// - Parameters:
    ///   - isStrict: what the body names and would be ignored is wrong.
    ///   - check: gets the details as they are, inside the transaction, and may throw to leave them so.
    /// - Throws: 404 `not_found`; 403 `feature_not_available`; 422 `validation_failed`.
    package func changeRoom(
        _ room: Room, _ body: ObjectReader, isStrict: Bool, now: WireTime,
        check: @escaping @Sendable (RoomDetails) throws -> Void
    ) async throws -> Room {
        let owners = try await ownership(of: room)
        guard let whose = owners else { throw Problem(.notFound) }
        let origin = origin(of: whose.customer)
        var random = FleetRandom(time)
        let seeds = RoomSeeds(at: now, using: &random)
        let changed = try await store.updateRoom(room.number, seeds: seeds, now: now) { old, details in
            try check(details)
            details = try RoomResource.details(
                from: body, changing: old, of: whose, origin: origin, isStrict: isStrict)
        }
        guard let changed else { throw Problem(.notFound) }
        return changed
    }

    // MARK: whose it is

    /// The customer whose room it is; `nil`: nobody's.
    package func customer(of room: Room) async throws -> Customer? {
        guard let reference = ResourceReference(room.customerID) else { return nil }
        return try await store.customer(reference)
    }

    func ownership(of account: Account) async throws -> RoomOwnership {
        guard let entitlement = account.entitlement else {
            return RoomOwnership(account: account, subscription: nil, customer: nil)
        }
        return RoomOwnership(
            account: account, subscription: try await store.subscription(entitlement.subscription),
            customer: try await store.customer(entitlement.customer))
    }

    /// - Returns: `nil` when the room was deleted meanwhile.
    func ownership(of room: Room) async throws -> RoomOwnership? {
        guard let reference = ResourceReference(room.accountID), let account = try await store.account(reference) else {
            return nil
        }
        return try await ownership(of: account)
    }

    /// What the subscription of a room gives it.
    package func features(of room: Room) async throws -> FeatureSet {
        guard let reference = ResourceReference(room.accountID), let account = try await store.account(reference) else {
            return .empty
        }
        return account.entitlement?.features ?? .empty
    }

    /// What is stored, but has no effect now (7.3, 7.4).
    package func warnings(of room: Room) async throws -> [RoomWarning] {
        guard let reference = ResourceReference(room.accountID), let account = try await store.account(reference) else {
            return []
        }
        var provider: RoomProviderType?
        if let entitlement = account.entitlement {
            let attached = try await store.providers(of: .subscription(entitlement.subscription))
            provider = (attached.first { $0.entry.isDefault } ?? attached.first)?.type
        }
        return room.details.warnings(
            under: account.entitlement?.features ?? .empty, type: room.type, provider: provider)
    }
}
