package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
package import PlenaryStore

extension Platform {
    /// The users that somebody gets to see: those of their customers, and all of them to the platform's own.
    package func users(for caller: APICaller) async throws -> [User] {
        switch caller.principal.reach {
        case .platform: return try await store.users()
        case .customers(let customers):
            let holders = try await store.holders(ofUsersOf: customers)
            return try await store.users(of: customers).map { user in
                Self.isOwn(user, holders[user.number] ?? [], to: caller) ? user : user.asStranger
            }
        }
    }

    /// Whether somebody is these customers' to change: it takes an e-mail address only to make anybody one's user, so it is the
    /// customer by whom they came who decides, as long as they are there; else nobody but these may have to do with them.
    private static func isOwn(_ user: User, _ holders: Set<CustomerNumber?>, to caller: APICaller) -> Bool {
        if let home = user.home, holders.contains(home) { return caller.principal.reach.includes(home) }
        return holders.allSatisfy { caller.principal.reach.includes($0) }
    }

    /// Nobody makes somebody of another customer an owner by knowing the address: who owns something is not deleted.
    ///
    /// - Throws: 403 `forbidden`.
    func checkOwner(_ user: User, of customer: Customer, by caller: APICaller) async throws {
        if caller.isPlatform { return }
        let holders = try await store.holders(of: user.number)
        guard let home = user.home, holders.contains(home), home != customer.number else { return }
        throw Problem(.forbidden, "The user is another customer's; only the platform's own make them an owner.")
    }

    /// - Throws: 404 `not_found`, also for one that is not the caller's to see; 403 `forbidden`.
    package func user(_ reference: ResourceReference, _ permission: Permission, for caller: APICaller) async throws
        -> User
    {
        try caller.check(permission)
        guard let user = try await visibleUser(reference, to: caller) else { throw Problem(.notFound) }
        if caller.isPlatform { return user }
        return Self.isOwn(user, try await store.holders(of: user.number), to: caller) ? user : user.asStranger
    }

    /// The same of one who is changed or deleted: who belongs to customers of others as well, or was invited to an account or a
    /// room of theirs, is not one's own to change, since with the e-mail address one had what they have there.
    ///
    /// - Throws: 404 `not_found`; 403 `forbidden`.
    package func user(_ reference: ResourceReference, toChange permission: Permission, for caller: APICaller)
        async throws -> User
    {
        let user = try await user(reference, permission, for: caller)
        if !caller.isPlatform {
            guard Self.isOwn(user, try await store.holders(of: user.number), to: caller) else {
                throw Problem(.forbidden, "The user belongs to others too.")
            }
        }
        return user
    }

    private func visibleUser(_ reference: ResourceReference, to caller: APICaller) async throws -> User? {
        guard let user = try await store.user(reference) else { return nil }
        if caller.isPlatform { return user }
        let customers = try await store.customers(of: user.number)
        return customers.keys.contains { caller.principal.reach.includes($0) } ? user : nil
    }

    /// A user of no customer yet: by the platform's own only.
    ///
    /// - Throws: 403 `forbidden`; 422 `validation_failed`.
    package func addUser(_ details: UserDetails, for caller: APICaller, now: WireTime) async throws -> User {
        try caller.checkPlatform(.createUsers)
        var random = FleetRandom(time)
        let identity = ResourceIdentity(at: now, using: &random)
        do { return try await store.addUser(details, identity: identity, now: now) } catch let fault as CommerceFault {
            throw Self.problem(ofUser: fault)
        }
    }

    /// The address of somebody whom other customers know is the platform's alone to change: they were invited there by it, and
    /// whoever had another one in its place would be let in as them.
    ///
    /// - Parameter change: gets the details as they are, and may throw to leave them so.
    /// - Throws: 403 `forbidden`; 404 `not_found`; 422 `validation_failed`.
    package func updateUser(
        _ user: User, for caller: APICaller, now: WireTime,
        _ change: @escaping @Sendable (inout UserDetails) throws -> Void
    ) async throws -> User {
        do {
            let changed = try await store.updateUser(
                user.number, now: now,
                moving: { holders in
                    if caller.isPlatform { return }
                    guard holders.allSatisfy({ caller.principal.reach.includes($0) }) else {
                        throw Problem(
                            .forbidden,
                            "Others know the user by this e-mail address; only the platform's own change it.")
                    }
                }, change)
            guard let changed else { throw Problem(.notFound) }
            return changed
        } catch let fault as CommerceFault {
            throw Self.problem(ofUser: fault)
        }
    }

    private static func problem(ofUser fault: CommerceFault) -> Problem {
        guard case .taken(let field) = fault else { return Problem(of: fault) }
        return .invalid([RequestFault(field, .notUnique, "Another user has this e-mail address.")])
    }

    // MARK: users of customers

    /// The owner first. Those who are others' at first are called by their addresses.
    package func members(of customer: Customer) async throws -> [Member] {
        try await store.members(of: customer.number).map { $0.seen(by: customer.number) }
    }

    package func member(_ reference: ResourceReference, of customer: Customer) async throws -> Member {
        try Self.member(reference, among: try await members(of: customer))
    }

    /// Makes somebody a user of a customer: one who is known, or a new one by an e-mail address.
    ///
    /// - Throws: 422 `validation_failed`, `email_domain_not_allowed`; 409 `owner_required` for the owner, who stays so; 403
    ///   `customer_suspended`, and `forbidden` for an owner who is another customer's.
    package func addMember(
        _ draft: MemberResource.Draft, to customer: Customer, for caller: APICaller, now: WireTime
    ) async throws -> Member {
        guard customer.details.status.mayCreateResources else { throw Problem(.customerSuspended) }
        let id: RoomUserID
        switch draft.who {
        case .user(let reference):
            guard let user = try await visibleUser(reference, to: caller) else { throw Self.noSuchUser }
            if draft.isOwner { try await checkOwner(user, of: customer, by: caller) }
            try await store.setMember(user.id, isOwner: draft.isOwner, of: customer.number, now: now)
            id = user.id
        case .email(let email):
            try RoomUsers.mayInvite(email: email, allowedDomains: customer.details.allowedDomains)
            let known = try await store.user(email: email)
            if draft.isOwner, let known { try await checkOwner(known, of: customer, by: caller) }
            let details = try Self.details(of: draft, email: email, isKnown: known != nil)
            var random = FleetRandom(time)
            id = try await store.addMember(
                details, isOwner: draft.isOwner, of: customer.number,
                identity: ResourceIdentity(at: now, using: &random), now: now
            ).id
        }
        return try await member(.id(id.text), of: customer)
    }

    /// Somebody new has a name.
    private static func details(of draft: MemberResource.Draft, email: String, isKnown: Bool) throws(Problem)
        -> UserDetails
    {
        let details = UserDetails(
            email: email, firstName: draft.firstName ?? "", lastName: draft.lastName ?? "", locale: draft.locale)
        if isKnown { return details }
        do throws(ValidationFault) { return try details.checked() } catch { throw Problem(of: error) }
    }

    /// Makes somebody the owner, or leaves them what they are.
    ///
    /// - Parameter check: gets the user as they are, and may throw to leave them so.
    /// - Throws: 409 `owner_required` for the owner, who stays so until there is another; 404 `not_found` for one who left.
    package func setMember(
        _ member: Member, isOwner: Bool, of customer: Customer, for caller: APICaller, now: WireTime,
        check: @escaping @Sendable (Member) throws -> Void
    ) async throws -> Member {
        if isOwner { try await checkOwner(member.user, of: customer, by: caller) }
        try await store.setMember(member.user.id, isOwner: isOwner, of: customer.number, now: now) { held in
            guard let held else { throw Problem(.notFound) }
            try check(held)
        }
        return try await self.member(.id(member.user.identity.id), of: customer)
    }

    // MARK: users of accounts

    /// The owner first: that of its customer where it has none of its own.
    package func members(of owned: OwnedAccount) async throws -> [Member] {
        let whose = owned.owner?.customer
        let own = try await store.members(of: owned.account.id).map { $0.seen(by: whose) }
        guard let customer = whose, !own.contains(where: \.isOwner) else { return own }
        let owners = try await store.members(of: customer).filter(\.isOwner).map { $0.seen(by: customer) }
        let ids = Set(owners.map(\.user.id))
        return owners + own.filter { !ids.contains($0.user.id) }
    }

    package func member(_ reference: ResourceReference, of owned: OwnedAccount) async throws -> Member {
        try Self.member(reference, among: try await members(of: owned))
    }

    /// Makes a user of the customer one of an account.
    ///
    /// - Throws: 422 `validation_failed`, `user_not_of_customer`; 409 `owner_required`.
    package func addMember(
        _ draft: MemberResource.Draft, to owned: OwnedAccount, for caller: APICaller, now: WireTime
    ) async throws -> Member {
        let found: User?
        switch draft.who {
        case .user(let reference):
            found = try await visibleUser(reference, to: caller)
            if found == nil { throw Self.noSuchUser }
        case .email(let email): found = try await store.user(email: email)
        }
        // Of somebody who is not the customer's nothing is told, not even whether they exist.
        guard let user = found else { throw Problem(.userNotOfCustomer) }
        if let customer = owned.owner?.customer {
            let customers = try await store.customers(of: user.number)
            guard customers[customer] != nil else { throw Problem(.userNotOfCustomer) }
        }
        return try await setMember(user, isOwner: draft.isOwner, of: owned, for: caller, now: now)
    }

    /// - Parameter check: gets the user as they are, `nil` when they are none of its, and may throw to leave that so.
    /// - Throws: 409 `owner_required` for the owner, who stays so until there is another; 403 `forbidden` for an owner who is
    ///   another customer's.
    package func setMember(
        _ user: User, isOwner: Bool, of owned: OwnedAccount, for caller: APICaller, now: WireTime,
        check: (@Sendable (Member?) throws -> Void)? = nil
    ) async throws -> Member {
        if !isOwner { try await expectNoOwner(user.id, of: owned) }
        if isOwner, let number = owned.owner?.customer, let customer = try await store.customer(number) {
            try await checkOwner(user, of: customer, by: caller)
        }
        try await store.setMember(user.id, isOwner: isOwner, of: owned.account.id, now: now, check: check)
        return try await member(.id(user.identity.id), of: owned)
    }

    /// - Parameter check: gets the user as they are, and may throw to leave them.
    /// - Throws: 409 `owner_required` for the owner; 404 `not_found`.
    package func removeMember(
        _ user: RoomUserID, of owned: OwnedAccount, check: @escaping @Sendable (Member) throws -> Void
    ) async throws {
        try await expectNoOwner(user, of: owned)
        guard try await store.removeMember(user, of: owned.account.id, check: check) else { throw Problem(.notFound) }
    }

    private func expectNoOwner(_ user: RoomUserID, of owned: OwnedAccount) async throws {
        let owner = try await members(of: owned).first(where: \.isOwner)
        if owner?.user.id == user { throw RoomProblem.ownerRequired }
    }

    private static func member(_ reference: ResourceReference, among members: [Member]) throws(Problem) -> Member {
        let found = members.first { member in
            switch reference {
            case .id(let id): member.user.identity.id == id
            case .uuid(let uuid): member.user.identity.uuid == uuid
            case .ulid(let ulid): member.user.identity.ulid == ulid
            }
        }
        guard let found else { throw Problem(.notFound) }
        return found
    }

    private static var noSuchUser: Problem {
        .invalid([RequestFault("user_id", .notFound, "There is no such user.")])
    }
}
