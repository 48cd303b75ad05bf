package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

extension RoomResource {
    /// Of what belongs to a room, as many are included: the newest tokens and codes, and of the users the owner with others. All of
    /// them have a list of their own.
    package static let mostIncluded = 100

    /// Whether somebody may see what is included: asked before anything is looked up.
    ///
    /// - Throws: 403 `forbidden`.
    package static func check(_ includes: Includes, for caller: APICaller) throws(Problem) {
        for permission in needed(includes) { try caller.check(permission) }
        if includes["account"] != nil { try caller.check(.readAccounts) }
        if includes["account"]?["users"] != nil { try caller.check(.readUsers) }
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
    /// - Parameters:
    ///   - asks: the providers of sessions that run, for `status`; else what is known is told.
    ///   - report: how `status` is written, in the language of who asks.
    /// - Throws: 403 `forbidden` for what the caller may not read.
    package func json(
        of rooms: [Room], _ includes: Includes, for caller: APICaller, asks: Bool = true,
        report: @Sendable (RoomStatusReport) -> JSON = { $0.json }
    ) async throws -> [RoomNumber: JSON] {
        var shown = try await platform.json(of: rooms, includes, for: caller)
        guard includes["status"] != nil else { return shown }
        for room in rooms where shown[room.number] != nil {
            let status = try await joins.status(of: room, asks: asks)
            // It takes the place of the attribute of that name, which it tells as `room_status`.
            let members = (shown[room.number]?.members ?? []).filter { $0.name != "status" }
            shown[room.number] = .object(members + [JSON.Member("status", report(status))])
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
                let tokens = try await store.tokens(of: room.number, limit: RoomResource.mostIncluded).tokens
                json = json.including(
                    "tokens",
                    .list(tokens.map { RoomTokenResource.json($0, of: room, origin: origin, now: now) }))
            }
            if includes["access_codes"] != nil {
                let codes = try await store.codes(of: room.number)
                json = json.including(
                    "access_codes",
                    .list(codes.all.prefix(RoomResource.mostIncluded).map { RoomCodeResource.json($0, now: now) }))
            }
            if includes["users"] != nil {
                let people = try await store.people(of: room.number).prefix(RoomResource.mostIncluded)
                json = json.including("users", .list(people.map { RoomUserResource.json($0, of: room) }))
            }
            if includes["effective_features"] != nil {
                let features = RoomFeatureResource.shown(room, under: whose.features)
                json = json.including("effective_features", .list(features.map { RoomFeatureResource.json($0) }))
            }
            if let inner = includes["account"] {
                if accounts[room.account] == nil {
                    let owned = OwnedAccount(
                        account: whose.account, owner: try await store.accountOwner(of: room.account))
                    accounts[room.account] = try await self.json(of: [owned], inner, for: caller)[room.account]
                }
                json = json.including("account", accounts[room.account] ?? .null)
            }
            shown[room.number] = json
        }
        return shown
    }
}
