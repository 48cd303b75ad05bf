package import BigBlueButton
package import PlenaryCore

/// Random names for what a room needs besides itself: taken only where something is made.
package struct RoomSeeds: Sendable {
    /// Of the owner user, when the customer has none yet.
    package let owner: ResourceIdentity
    package let token: RoomTokenSeed

    package init(at now: WireTime, using random: inout some RandomNumberGenerator) {
        owner = ResourceIdentity(at: now, using: &random)
        token = RoomTokenSeed(at: now, using: &random)
    }
}

extension Store {
    /// Adds a room, with its owner, and with its automatic token when it is public.
    ///
    /// - Parameter owner: a user of the customer; `nil`: the customer's owner user, who is made when there is none.
    /// - Throws: ``RoomFaults``; ``CommerceFault`` `.notFound(.account)`; ``RoomCreationRefusal``, which is `.subscriptionUnusable`
    ///   also for an account without a subscription: its rooms would be nobody's, and exactly one owner is a rule (13.1);
    ///   ``RoomProblem`` `.userNotOfCustomer`, and `.featureNotAvailable` for a public one without guests.
    package func addRoom(
        _ given: RoomDetails, in account: AccountID, owner: RoomUserID? = nil, identity: ResourceIdentity,
        seeds: RoomSeeds, now: WireTime
    ) async throws -> Room {
        let details = try given.checked()
        let actor = AuditActor.current
        return try await write { transaction in
            let connection = transaction.connection
            let accounts = try connection.query(
                "SELECT is_enabled FROM accounts WHERE id = $1", [.integer(account.number)])
            guard let holder = accounts.first else { throw CommerceFault.notFound(.account) }
            guard try holder.integer(0) == 1 else { throw RoomCreationRefusal.subscriptionUnusable }
            guard let entitlement = try CommerceRows.entitlement(connection, account: account.number),
                let subscription = try SubscriptionRows.found(connection, entitlement.subscription)
            else { throw RoomCreationRefusal.subscriptionUnusable }
            let count = try RoomRows.count(connection, of: entitlement.subscription)
            try RoomLimits.admitRoom(entitlement, rooms: count, at: now)
            let used = details.features.resolved(against: entitlement.features).used
            let action = try PublicRoom.change(from: false, to: details.isPublic, used: used)
            // An id is never used again, whatever chance says.
            guard try RoomRows.removed(connection, .id(identity.id)) == nil else {
                throw StoreFault.constraint(.unique)
            }

            let number = RoomNumber(try transaction.next("room"))
            let fixed: [CommerceColumn] = [
                ("id", .integer(number.number)), ("account_id", .integer(account.number)),
                ("type", .text(subscription.serviceType.rawValue)), ("created_at", .integer(now.milliseconds)),
                ("updated_at", .integer(now.milliseconds)),
            ]
            try transaction.insert(
                into: "rooms", fixed + CommerceRows.row(of: identity) + RoomRows.row(of: details))
            try RoomRows.writeKeys(connection, details.metadata, of: number)
            let owned = try transaction.roomOwner(owner, of: entitlement.customer, seeds: seeds, now: now)
            try connection.execute(
                "INSERT INTO room_users (room_id, user_id, is_owner, permissions, created_at) VALUES ($1, $2, 1, '', $3)",
                [.integer(number.number), .integer(owned.number), .integer(now.milliseconds)])
            try transaction.follow(action, of: number, seeds: seeds, now: now)
            try transaction.note(.roomCreated, of: number, by: actor, now: now)
            guard let room = try RoomRows.room(connection, number) else { throw StoreFault.unreadable("new room") }
            try transaction.emit(.roomCreated, room, now: now)
            let limit = entitlement.features.limit(of: .maxRooms)
            try transaction.emitQuota(.maxRooms, of: account, limit: limit, before: count, after: count + 1, now: now)
            return room
        }
    }

    package func room(_ reference: ResourceReference) async throws -> Room? {
        try await read { connection in
            let place = CommerceRows.place(of: reference)
            return try RoomRows.found(connection, "WHERE r.\(place.name) = $1", [place.value]).first
        }
    }

    package func room(_ number: RoomNumber) async throws -> Room? {
        try await read { try RoomRows.room($0, number) }
    }

    /// The newest of an account.
    package func rooms(of account: AccountID, limit: Int) async throws -> [Room] {
        try await read { connection in
            try RoomRows.found(
                connection, "WHERE r.account_id = $1 ORDER BY r.id DESC LIMIT $2",
                [.integer(account.number), .integer(Int64(limit))])
        }
    }

    /// When a room was removed that had this name; `nil`: there was none (410 or 404).
    package func roomRemoved(_ reference: ResourceReference) async throws -> WireTime? {
        try await read { try RoomRows.removed($0, reference) }
    }

    /// How many rooms all accounts of a subscription have, inactive ones too.
    package func roomCount(of subscription: SubscriptionNumber) async throws -> Int {
        try await read { try RoomRows.count($0, of: subscription) }
    }

    /// Changes a room in one step. When it becomes public it gets a new automatic token, when it becomes private that goes.
    ///
    /// - Parameter change: gets the room and its details as they are, and may throw to leave them so.
    /// - Throws: ``RoomFaults``; ``RoomProblem`` `.featureNotAvailable`.
    /// - Returns: `nil` when there is no such room.
    package func updateRoom(
        _ number: RoomNumber, seeds: RoomSeeds, now: WireTime,
        _ change: @escaping @Sendable (Room, inout RoomDetails) throws -> Void
    ) async throws -> Room? {
        let actor = AuditActor.current
        return try await write { transaction in
            let connection = transaction.connection
            guard let old = try RoomRows.room(connection, number) else { return nil }
            var changed = old.details
            try change(old, &changed)
            let details = try changed.checked()
            let entitlement = try CommerceRows.entitlement(connection, account: old.account.number)
            let used = details.features.resolved(against: entitlement?.features ?? .empty).used
            let action = try PublicRoom.change(from: old.details.isPublic, to: details.isPublic, used: used)
            let stamp: [CommerceColumn] = [("updated_at", .integer(now.milliseconds))]
            try transaction.update("rooms", RoomRows.row(of: details) + stamp, of: number.number)
            if details.metadata != old.details.metadata {
                try RoomRows.writeKeys(connection, details.metadata, of: number)
            }
            try transaction.follow(action, of: number, seeds: seeds, now: now)
            let members = RoomAuditRows.members(old.details, details)
            if !members.isEmpty {
                try transaction.note(.roomUpdated, of: number, by: actor, members: members, now: now)
            }
            let room = try RoomRows.room(connection, number)
            if let room, details != old.details { try transaction.emit(.roomUpdated, room, now: now) }
            return room
        }
    }

    /// What was removed.
    package struct RemovedRoom: Sendable, Hashable {
        package let room: Room
        /// It was live, and its provider must be told that it is over.
        package let session: RoomSession?
    }

    /// Deletes a room with all that belongs to it. Its address answers 410 from then on.
    ///
    /// - Parameters:
    ///   - force: although a session is live.
    ///   - check: gets the room as it is, and may throw to leave it.
    /// - Throws: ``RoomProblem`` `.roomInUse`.
    /// - Returns: `nil` when there is no such room.
    package func removeRoom(
        _ number: RoomNumber, force: Bool = false, now: WireTime,
        check: @escaping @Sendable (Room) throws -> Void = { _ in }
    ) async throws -> RemovedRoom? {
        try await write { transaction in
            guard let room = try RoomRows.room(transaction.connection, number) else { return nil }
            try check(room)
            return try transaction.removeRoom(room, force: force, now: now)
        }
    }
}

extension StoreTransaction {
    /// The rooms of an account that is deleted.
    ///
    /// - Throws: ``RoomProblem`` `.roomInUse` when a session is live in one of them.
    func removeRooms(of account: AccountID, now: WireTime) throws {
        let rooms = try RoomRows.found(connection, "WHERE r.account_id = $1 ORDER BY r.id", [.integer(account.number)])
        for room in rooms { _ = try removeRoom(room, force: false, now: now) }
    }

    fileprivate func removeRoom(_ room: Room, force: Bool, now: WireTime) throws -> Store.RemovedRoom {
        let session = try RoomSessionRows.live(connection, of: room.number)
        try RoomLimits.admitDeletion(isRunning: session != nil, force: force)
        if let session { try emitEnd(of: session, reason: .roomDeleted, now: now) }
        try emit(.roomDeleted, room, now: now)
        try noteRecordingsLeft(by: room, session, now: now)
        let gone: [CommerceColumn] = [("removed_at", .integer(now.milliseconds))]
        try insert(into: "gone_rooms", CommerceRows.row(of: room.identity) + gone)
        // The schema takes along what belongs to it.
        try connection.execute("DELETE FROM rooms WHERE id = $1", [.integer(room.number.number)])
        return Store.RemovedRoom(room: room, session: session)
    }

    /// The number of who will own a room.
    fileprivate func roomOwner(
        _ wanted: RoomUserID?, of customer: CustomerNumber, seeds: RoomSeeds, now: WireTime
    ) throws -> UserNumber {
        guard let wanted else { return try ensureOwnerUser(of: customer, identity: seeds.owner, now: now).number }
        guard let user = try userOfCustomer(wanted, customer) else { throw RoomProblem.userNotOfCustomer }
        return user
    }

    /// - Returns: `nil` when they are no user of the customer.
    func userOfCustomer(_ user: RoomUserID, _ customer: CustomerNumber) throws -> UserNumber? {
        let rows = try connection.query(
            """
            SELECT u.id FROM users AS u JOIN customer_users AS m ON m.user_id = u.id
            WHERE u.public_id = $1 AND m.customer_id = $2
            """, [.text(user.text), .integer(customer.number)])
        return try rows.first.map { UserNumber(try $0.integer(0)) }
    }

    fileprivate func follow(_ action: PublicRoom.Action, of room: RoomNumber, seeds: RoomSeeds, now: WireTime) throws {
        switch action {
        case .none: break
        case .makeToken: _ = try addToken(.automatic, seeds.token, to: room, isAutomatic: true, now: now)
        case .removeToken:
            let tokens = try connection.query(
                "SELECT public_id FROM room_tokens WHERE room_id = $1 AND is_automatic = 1", [.integer(room.number)])
            for token in tokens { try emit(.roomTokenDeleted, token: try token.text(0), of: room, now: now) }
            try connection.execute(
                "DELETE FROM room_tokens WHERE room_id = $1 AND is_automatic = 1", [.integer(room.number)])
        }
    }

    /// That something may be made in a room.
    ///
    /// - Throws: ``RoomCreationRefusal``; ``RoomProblem`` `.roomNotFound`.
    func mayCreate(in room: RoomNumber, now: WireTime) throws {
        let rows = try connection.query(
            "SELECT a.id, a.is_enabled FROM rooms AS r JOIN accounts AS a ON a.id = r.account_id WHERE r.id = $1",
            [.integer(room.number)])
        guard let row = rows.first else { throw RoomProblem.roomNotFound }
        guard try row.integer(1) == 1 else { throw RoomCreationRefusal.subscriptionUnusable }
        guard let entitlement = try CommerceRows.entitlement(connection, account: try row.integer(0)),
            entitlement.mayStart(at: now)
        else { throw RoomCreationRefusal.subscriptionUnusable }
        guard entitlement.mayCreateResources(at: now) else { throw RoomCreationRefusal.customerSuspended }
    }
}
