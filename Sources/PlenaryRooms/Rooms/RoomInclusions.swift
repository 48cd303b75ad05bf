package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

extension RoomResource {
    /// Whether somebody may see what is included: asked before anything is looked up.
    ///
    /// - Throws: 403 `forbidden`.
    package static func check(_ includes: Includes, for caller: APICaller) throws(Problem) {
        for permission in needed(includes) { try caller.check(permission) }
        if includes["account"] != nil { try caller.check(.readAccounts) }
        if includes["account"]?["customer"] != nil { try caller.check(.readCustomers) }
        if includes["account"]?["subscription"] != nil { try caller.check(.readSubscriptions) }
    }

    /// What is included of the room itself, and users hold or do not hold in each room.
    static func needed(_ includes: Includes) -> [Permission] {
        let all: [(String, Permission)] = [
            ("tokens", .manageRoomTokens), ("access_codes", .manageRoomAccessCodes), ("users", .manageRoomUsers),
        ]
        return all.filter { includes[$0.0] != nil }.map { $0.1 }
    }
}

extension PlatformServices {
    /// Rooms as they are shown, with what is included.
    ///
    /// - Parameter asks: the providers of sessions that run, for `status`; else what is known is told.
    /// - Throws: 403 `forbidden` for what the caller may not read.
    package func json(of rooms: [Room], _ includes: Includes, for caller: APICaller, asks: Bool = true) async throws
        -> [RoomNumber: JSON]
    {
        var shown = try await platform.json(of: rooms, includes, for: caller)
        guard includes["status"] != nil else { return shown }
        for room in rooms {
            let status = try await joins.status(of: room, asks: asks)
            shown[room.number] = shown[room.number]?.including("status", status.json)
        }
        return shown
    }
}

extension Platform {
    /// Rooms as they are shown, with what is included but for `status`, which providers are asked about.
    ///
    /// - Throws: 403 `forbidden` for what the caller may not read.
    package func json(of rooms: [Room], _ includes: Includes, for caller: APICaller) async throws
        -> [RoomNumber: JSON]
    {
        try RoomResource.check(includes, for: caller)
        let now = time.now()
        // Many rooms are of one account.
        var known: [AccountID: RoomOwnership] = [:]
        var accounts: [AccountID: JSON] = [:]
        var shown: [RoomNumber: JSON] = [:]
        for room in rooms {
            var whose = known[room.account]
            if whose == nil { whose = try await ownership(of: room) }
            // It was deleted meanwhile.
            guard let whose else { continue }
            if case .user = caller.kind {
                for permission in RoomResource.needed(includes) {
                    try await check(permission, in: room, for: caller)
                }
            }
            known[room.account] = whose
            let origin = origin(of: whose.customer)
            var json = RoomResource.json(room, origin: origin)
            if includes["tokens"] != nil {
                let tokens = try await store.tokens(of: room.number)
                json = json.including(
                    "tokens",
                    .list(tokens.map { RoomTokenResource.json($0, of: room, origin: origin, now: now) }))
            }
            if includes["access_codes"] != nil {
                let codes = try await store.codes(of: room.number)
                json = json.including("access_codes", .list(codes.all.map { RoomCodeResource.json($0, now: now) }))
            }
            if includes["users"] != nil {
                let people = try await store.people(of: room.number)
                json = json.including("users", .list(people.map { RoomUserResource.json($0, of: room) }))
            }
            if includes["effective_features"] != nil {
                let features = RoomFeatureResource.shown(room, under: whose.features)
                json = json.including("effective_features", .list(features.map { RoomFeatureResource.json($0) }))
            }
            if let inner = includes["account"] {
                if accounts[room.account] == nil {
                    accounts[room.account] = try await accountJSON(whose, inner, for: caller)
                }
                json = json.including("account", accounts[room.account] ?? .null)
            }
            shown[room.number] = json
        }
        return shown
    }

    /// An account as section 4 shows it.
    private func accountJSON(_ whose: RoomOwnership, _ includes: Includes, for caller: APICaller) async throws -> JSON {
        let account = whose.account
        var members = account.identity.members(of: "Account")
        members += [
            JSON.Member("account_name", .text(account.name)), JSON.Member("account_key", .text(account.slug.text)),
            JSON.Member("code", JSON(account.code)), JSON.Member("tag", JSON(account.tag)),
            JSON.Member("subscriber_id", JSON(whose.customer?.identity.id)),
            JSON.Member("subscription_id", JSON(whose.subscription?.identity.id)),
            JSON.Member("status", .text(account.details.isActive ? "active" : "inactive")),
            JSON.Member("account_settings", .object([])), JSON.Member("account_metadata", JSON(account.metadata)),
            JSON.Member("created_at", JSON(account.createdAt)), JSON.Member("updated_at", JSON(account.updatedAt)),
        ]
        var json = JSON.object(members)
        if let inner = includes["customer"] {
            var customers: [CustomerNumber: JSON] = [:]
            if let customer = whose.customer { customers = try await self.json(of: [customer], inner, for: caller) }
            json = json.including("customer", whose.customer.flatMap { customers[$0.number] } ?? .null)
        }
        if let inner = includes["subscription"] {
            var sold: [SubscriptionNumber: JSON] = [:]
            if let subscription = whose.subscription {
                sold = try await self.json(of: [subscription], inner, for: caller)
            }
            json = json.including("subscription", whose.subscription.flatMap { sold[$0.number] } ?? .null)
        }
        return json
    }
}
