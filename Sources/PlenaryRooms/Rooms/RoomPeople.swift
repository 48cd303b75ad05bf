package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
package import PlenaryStore

/// The users of rooms (`rooms-api.md` 13).
extension Platform {
    /// Somebody becomes a user of a room, or gets other permissions there. An address of nobody becomes a user, who is invited.
    ///
    /// - Throws: 403 `forbidden`, `own_permissions`; 409 `owner_required`; 422 `validation_failed`, `email_domain_not_allowed`.
    package func addPerson(
        _ named: RoomUserResource.Named, _ permissions: Set<RoomPermission>, to room: Room, for caller: APICaller,
        now: WireTime
    ) async throws -> RoomPerson {
        let who = try await person(named, room, for: caller, now: now)
        let actor = try await self.actor(caller, in: room)
        switch who {
        case .known(let user):
            let id = user.id
            let people = try await store.changePeople(of: room.number, now: now) { users in
                try users.added(id, permissions: permissions, by: actor)
            }
            return try Self.person(id, among: people)
        case .new(let details, home: let home, let identity):
            let added = try await store.addPerson(
                details, home: home, identity: identity, to: room.number, now: now
            ) { id, users in
                try users.added(id, permissions: permissions, by: actor)
            }
            guard let person = added else { throw Problem(.notFound) }
            return person
        }
    }

    /// One of those that a change has left.
    ///
    /// - Parameter people: `nil`: there is no such room any more.
    /// - Throws: 404 `not_found`.
    package static func person(_ id: RoomUserID, among people: [RoomPerson]?) throws(Problem) -> RoomPerson {
        guard let person = people?.first(where: { $0.user.id == id }) else { throw Problem(.notFound) }
        return person
    }

    /// A user of a room by any of their identifiers.
    ///
    /// - Throws: 404 `not_found`.
    package func person(_ reference: ResourceReference, of room: Room) async throws -> RoomPerson {
        let people = try await store.people(of: room.number)
        guard let person = people.first(where: { reference.names($0.user.identity) }) else { throw Problem(.notFound) }
        return person
    }

    /// Gives a room to another user of its customer.
    ///
    /// - Throws: 403 `forbidden`; 404 `not_found`; 422 `user_not_of_customer`, also for who is nobody.
    /// - Returns: the new owner.
    package func giveRoom(
        _ room: Room, to reference: ResourceReference, keepsPrevious: Bool, for caller: APICaller, now: WireTime
    ) async throws -> RoomPerson {
        let actor = try await self.actor(caller, in: room)
        // Others do not learn who there is.
        if case .user(let asking) = actor, try await store.roomUsers(of: room.number)?.owner != asking {
            throw RoomProblem.forbidden
        }
        let found = try await store.user(reference)
        guard let user = found else { throw RoomProblem.userNotOfCustomer }
        let id = user.id
        let isOfCustomer = try await store.isUser(id, ofCustomerOf: room.number)
        if isOfCustomer, let whose = try await customer(of: room) {
            try await checkOwner(user, of: whose, by: caller)
        }
        let people = try await store.changePeople(of: room.number, now: now) { users in
            try users.ownershipMoved(to: id, isOfCustomer: isOfCustomer, keepsPrevious: keepsPrevious, by: actor)
        }
        return try Self.person(id, among: people)
    }

    /// A room out of which somebody is taken. Who leaves by themselves needs no permission there (0022).
    ///
    /// - Throws: 404 `not_found`; 403 `forbidden`.
    package func room(_ reference: ResourceReference, without leaving: ResourceReference, for caller: APICaller)
        async throws -> Room
    {
        if case .user(let id) = caller.kind, let asking = try await store.user(.id(id.text)),
            leaving.names(asking.identity), let room = try await store.room(reference),
            try await store.roomUsers(of: room.number)?.contains(id) == true
        {
            return room
        }
        return try await room(reference, .manageRoomUsers, for: caller)
    }

    // MARK: who it is

    private enum Who {
        case known(User)
        /// Made together with what they hold in the room: who is refused there is nobody afterwards.
        case new(UserDetails, home: CustomerNumber?, ResourceIdentity)
    }

    private func person(
        _ named: RoomUserResource.Named, _ room: Room, for caller: APICaller, now: WireTime
    ) async throws -> Who {
        switch named {
        case .user(let reference):
            let found = try await store.user(reference)
            guard let user = found, try await isVisible(user, room, to: caller) else {
                throw Problem.invalid([RequestFault("user_id", .notFound, "There is no such user.")])
            }
            return .known(user)
        case .email(let email):
            let known = try await store.user(email: email)
            // Who belongs to the customer already needs no invitation.
            if let known, try await store.isUser(known.id, ofCustomerOf: room.number) { return .known(known) }
            let domains = try await customer(of: room)?.details.allowedDomains ?? []
            try RoomUsers.mayInvite(email: email, allowedDomains: domains.map { $0.lowercased() })
            if let known { return .known(known) }
            let whose = try await customer(of: room)
            guard whose?.details.status.mayCreateResources ?? true else { throw Problem(.customerSuspended) }
            var random = FleetRandom(time)
            return .new(
                .named(after: email), home: whose?.number, ResourceIdentity(at: now, using: &random))
        }
    }

    /// Who sees some customers only does not learn who the users of others are.
    private func isVisible(_ user: User, _ room: Room, to caller: APICaller) async throws -> Bool {
        if caller.isPlatform { return true }
        let customers = try await store.customers(of: user.number)
        if customers.keys.contains(where: { caller.principal.reach.includes($0) }) { return true }
        return try await store.people(of: room.number).contains { $0.user.number == user.number }
    }
}
