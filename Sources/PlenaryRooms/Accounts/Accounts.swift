package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

extension Platform {
    /// The accounts that somebody gets to see, in the order in which they were made.
    package func accounts(for caller: APICaller) async throws -> [OwnedAccount] {
        let owners = try await store.accountOwners()
        let accounts = store.roster { $0.accountsInOrder }
        return accounts.map { OwnedAccount(account: $0, owner: owners[$0.id]) }.filter {
            caller.principal.reach.includes($0.owner?.customer)
        }
    }

    /// - Throws: 404 `not_found`, also for one that is not the caller's to see; 403 `forbidden`.
    package func account(_ reference: ResourceReference, _ permission: Permission, for caller: APICaller)
        async throws -> OwnedAccount
    {
        try caller.check(permission)
        guard let account = try await store.account(reference) else { throw Problem(.notFound) }
        let owner = try await store.accountOwner(of: account.id)
        try caller.check(permission, ownedBy: owner?.customer)
        return OwnedAccount(account: account, owner: owner)
    }

    /// Adds what a body asks for, with a first secret for its Integration API.
    ///
    /// - Throws: 422 `validation_failed`; 403 `feature_not_available` when a customer's own may not, `subscription_unusable`,
    ///   `customer_suspended`, and `limit_exceeded` when `max_accounts` is reached.
    package func addAccount(_ body: ObjectReader, for caller: APICaller, now: WireTime) async throws -> OwnedAccount {
        try caller.check(.createAccounts)
        var subscription: Subscription?
        if let wanted = AccountResource.reference(in: body) { subscription = try await store.subscription(wanted) }
        if let found = subscription, !caller.principal.reach.includes(found.subscriber) { subscription = nil }
        let draft = try AccountResource.draft(from: body, in: subscription)
        if !caller.isPlatform {
            let features = try await store.features(of: draft.subscription.number)
            guard features.contains(where: { $0.code == .allowCreateAccount && $0.value == .bool(true) }) else {
                throw Problem(.featureNotAvailable, "The subscription does not let customers make accounts.")
            }
        }
        var random = FleetRandom(time)
        var slug = try accountKey(draft, using: &random)
        for isLast in [false, true] {
            let identity = ResourceIdentity(at: now, using: &random)
            do {
                let account = try await store.addAccount(
                    slug: slug, draft.details, identity: identity, subscription: draft.subscription.number,
                    firstSecret: Secret.ofAccount(using: &random), now: now)
                return OwnedAccount(account: account, owner: try await store.accountOwner(of: account.id))
            } catch let fault as StoreFault where fault == .constraint(.unique) {
                // Of two who take the same name at once, who asked for no key of its own gets another one.
                guard draft.key == nil, !isLast else { throw Self.keyTaken }
                slug = try Self.otherKey(draft, using: &random)
            } catch let fault as CommerceFault {
                guard case .limitExceeded(let refusal) = fault else { throw fault }
                throw Problem(of: refusal, subscriptionID: draft.subscription.identity.id)
            }
        }
        throw Self.keyTaken
    }

    /// What is asked for, or made from the name; another one when somebody has that.
    private func accountKey(_ draft: AccountResource.Draft, using random: inout FleetRandom) throws(Problem) -> Slug {
        let base = DomainName.label(from: draft.details.name) ?? "account"
        let wanted = draft.key ?? Slug(base)
        let isTaken = wanted.map { slug in store.roster { $0.account(named: slug) != nil } } ?? true
        if let wanted, !isTaken { return wanted }
        if draft.key != nil { throw Self.keyTaken }
        return try Self.otherKey(draft, using: &random)
    }

    private static func otherKey(_ draft: AccountResource.Draft, using random: inout FleetRandom) throws(Problem)
        -> Slug
    {
        let base = DomainName.label(from: draft.details.name) ?? "account"
        let other = Slug("\(base)-\(ResourceIdentity.shortWord(Customer.keyLength, using: &random))")
        guard let other else { throw keyTaken }
        return other
    }

    private static var keyTaken: Problem {
        .invalid([RequestFault("account_key", .notUnique, "Another account has this key.")])
    }

    /// Deletes an inactive account with its rooms.
    ///
    /// - Parameter check: gets the account as it is, and may throw to leave it.
    /// - Throws: 409 `not_deletable`; 403 `feature_not_available` when a customer's own may not; 404 `not_found`.
    package func removeAccount(
        _ owned: OwnedAccount, for caller: APICaller, now: WireTime, check: @escaping @Sendable (Account) throws -> Void
    ) async throws {
        if !caller.isPlatform {
            guard owned.account.entitlement?.features.allows(.allowDeleteAccount) == true else {
                throw Problem(.featureNotAvailable, "The subscription does not let customers delete accounts.")
            }
        }
        guard try await store.removeAccount(owned.account.id, now: now, check: check) else { throw Problem(.notFound) }
    }

    /// How a query calls customers and subscriptions of accounts that it does not call by their `id`: filters compare what is
    /// written the same.
    ///
    /// - Returns: by that `id`.
    package func accountNames(in query: ListQuery) async throws -> [String: ResourceReference] {
        var names: [String: ResourceReference] = [:]
        for filter in query.filters {
            guard case .isAny(let values) = filter.condition else { continue }
            for value in values {
                guard case .identifier(let reference) = value else { continue }
                if case .id = reference { continue }
                switch filter.field {
                case "subscriber_id":
                    if let customer = try await store.customer(reference) { names[customer.identity.id] = reference }
                case "subscription_id":
                    if let found = try await store.subscription(reference) { names[found.identity.id] = reference }
                default: break
                }
            }
        }
        return names
    }
}

extension Platform {
    /// Accounts as they are shown, with what is included.
    ///
    /// - Throws: 403 `forbidden` for what the caller may not read.
    package func json(of accounts: [OwnedAccount], _ includes: Includes, for caller: APICaller) async throws
        -> [AccountID: JSON]
    {
        if includes["customer"] != nil { try caller.check(.readCustomers) }
        if includes["subscription"] != nil { try caller.check(.readSubscriptions) }
        if includes["rooms"] != nil { try caller.check(.readRooms) }
        if includes["users"] != nil { try caller.check(.readUsers) }
        let customers = try await customers(of: accounts, includes["customer"], for: caller)
        let subscriptions = try await subscriptions(of: accounts, includes["subscription"], for: caller)
        var shown: [AccountID: JSON] = [:]
        for owned in accounts {
            var json = AccountResource.json(owned)
            if includes["customer"] != nil {
                json = json.including("customer", owned.owner.flatMap { customers[$0.customer] } ?? .null)
            }
            if includes["subscription"] != nil {
                json = json.including("subscription", owned.owner.flatMap { subscriptions[$0.subscription] } ?? .null)
            }
            if includes["rooms"] != nil {
                let rooms = try await store.rooms(of: owned.account.id, limit: RoomResource.mostIncluded)
                let written = try await self.json(of: rooms, .empty, for: caller)
                json = json.including("rooms", .list(rooms.compactMap { written[$0.number] }))
            }
            if includes["users"] != nil {
                let members = try await members(of: owned)
                json = json.including(
                    "users", .list(members.map { MemberResource.json($0, of: owned.account) }))
            }
            shown[owned.account.id] = json
        }
        return shown
    }

    private func customers(of accounts: [OwnedAccount], _ includes: Includes?, for caller: APICaller) async throws
        -> [CustomerNumber: JSON]
    {
        guard let includes else { return [:] }
        let wanted = Set(accounts.compactMap { $0.owner?.customer })
        var found: [Customer] = []
        // One by one: a page has few of them, and there may be very many.
        for number in wanted where caller.principal.reach.includes(number) {
            if let customer = try await store.customer(number) { found.append(customer) }
        }
        return try await json(of: found, includes, for: caller)
    }

    private func subscriptions(of accounts: [OwnedAccount], _ includes: Includes?, for caller: APICaller) async throws
        -> [SubscriptionNumber: JSON]
    {
        guard let includes else { return [:] }
        let wanted = Set(accounts.compactMap { $0.owner?.subscription })
        let found = try await subscriptions(for: caller).filter { wanted.contains($0.number) }
        return try await json(of: found, includes, for: caller)
    }
}

extension Secret {
    /// A new secret of an account: 40 letters and digits, about 238 bits.
    package static func ofAccount(using random: inout some RandomNumberGenerator) -> Secret {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        var octets: [UInt8] = []
        for _ in 0..<40 { octets.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)]) }
        guard let secret = Secret(String(decoding: octets, as: UTF8.self)) else {
            preconditionFailure("letters and digits are a secret")
        }
        return secret
    }
}
