package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

extension Platform {
    /// - Throws: 404 `not_found`, also for one that is not the caller's to see, and for one that was deleted; 403 `forbidden`.
    package func room(_ reference: ResourceReference, _ permission: Permission, for caller: APICaller) async throws
        -> Room
    {
        try caller.check(permission)
        let found = try await store.room(reference)
        guard let room = found else { throw Problem(.notFound) }
        try caller.check(permission, ownedBy: try await customer(of: room)?.number)
        return room
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
