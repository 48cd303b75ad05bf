import Testing

@testable import PlenaryCore

/// Users of rooms, and their one owner (`rooms-api.md` 13).
struct RoomUserTests {
    private static let ida = RoomUserID("ida")
    private static let ben = RoomUserID("ben")
    private static let eve = RoomUserID("eve")

    private static func users(_ others: [RoomUserID: Set<RoomPermission>] = [:]) -> RoomUsers {
        RoomUsers(owner: ida, others: others)
    }

    /// A mutating call cannot stand in an expectation itself.
    private static func expect(
        _ action: RoomUsers.Action, is expected: RoomUsers.Action, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(action == expected, sourceLocation: location)
    }

    // MARK: rules

    @Test func `the owner may everything, a stranger nothing`() {
        let users = Self.users([Self.ben: [.view]])
        #expect(users.permissions(of: Self.ida) == RoomPermission.all)
        #expect(users.permissions(of: Self.ben) == [.view] && users.permissions(of: Self.eve).isEmpty)
        #expect(users.all == [Self.ida, Self.ben])
        #expect(RoomUsers(owner: Self.ida, others: [Self.ida: [.view]]) == Self.users())
    }

    @Test(
        arguments: [
            (RoomPermission.allCases, RoomRole.moderator), ([.start], .moderator), ([.start, .join], .moderator),
            ([.join], .attendee), ([.join, .view], .attendee), ([.view, .update, .users, .tokens], nil), ([], nil),
        ] as [([RoomPermission], RoomRole?)])
    func `the role without a token`(permissions: [RoomPermission], role: RoomRole?) {
        let users = Self.users([Self.ben: Set(permissions)])
        #expect(users.role(of: Self.ben) == role)
        #expect(users.role(of: Self.ida) == .moderator && users.role(of: Self.eve) == nil)
    }

    @Test func `users are added and changed by the owner`() throws {
        var users = Self.users()
        try Self.expect(users.added(Self.ben, permissions: [.join], by: .user(Self.ida)), is: .add(Self.ben, [.join]))
        try Self.expect(
            users.added(Self.ben, permissions: [.view], by: .user(Self.ida)), is: .change(Self.ben, [.view]))
        try Self.expect(users.changed(Self.ben, to: [.view], by: .user(Self.ida)), is: .none)
        try Self.expect(users.changed(Self.ben, to: [], by: .administrator), is: .change(Self.ben, []))
        #expect(users.contains(Self.ben) && users.permissions(of: Self.ben).isEmpty)
        #expect(throws: RoomProblem.notFound) { _ = try users.changed(Self.eve, to: [.view], by: .administrator) }
        #expect(throws: RoomProblem.notFound) { _ = try users.removed(Self.eve, by: .administrator) }
        try Self.expect(users.removed(Self.ben, by: .accountOwner(Self.eve)), is: .remove(Self.ben))
        #expect(users == Self.users())
    }

    @Test func `the owner cannot be restricted or removed`() {
        var users = Self.users([Self.ben: RoomPermission.all])
        for actor in [RoomUsers.Actor.administrator, .accountOwner(Self.eve), .user(Self.ben), .user(Self.ida)] {
            #expect(throws: RoomProblem.ownerRequired) { _ = try users.changed(Self.ida, to: [.view], by: actor) }
            #expect(throws: RoomProblem.ownerRequired) {
                _ = try users.added(Self.ida, permissions: RoomPermission.all, by: actor)
            }
            #expect(throws: RoomProblem.ownerRequired) { _ = try users.removed(Self.ida, by: actor) }
        }
        #expect(users == Self.users([Self.ben: RoomPermission.all]))
    }

    @Test func `nobody edits their own permissions`() {
        var users = Self.users([Self.ben: [.users, .join]])
        #expect(throws: RoomProblem.ownPermissions) {
            _ = try users.changed(Self.ben, to: [.users], by: .user(Self.ben))
        }
        #expect(throws: RoomProblem.ownPermissions) {
            _ = try users.added(Self.ben, permissions: RoomPermission.all, by: .user(Self.ben))
        }
        #expect(users.permissions(of: Self.ben) == [.users, .join])
    }

    @Test func `nobody grants what they do not hold`() throws {
        var users = Self.users([Self.ben: [.users, .join]])
        #expect(throws: RoomProblem.forbidden) {
            _ = try users.added(Self.eve, permissions: [.join, .start], by: .user(Self.ben))
        }
        try Self.expect(users.added(Self.eve, permissions: [.join], by: .user(Self.ben)), is: .add(Self.eve, [.join]))
        // What they had from others stays without being granted again.
        _ = try users.changed(Self.eve, to: [.start], by: .administrator)
        try Self.expect(
            users.changed(Self.eve, to: [.start, .join], by: .user(Self.ben)), is: .change(Self.eve, [.start, .join]))
        #expect(throws: RoomProblem.forbidden) {
            _ = try users.changed(Self.eve, to: [.start, .delete], by: .user(Self.ben))
        }
    }

    @Test func `who may not manage users may only leave`() throws {
        var users = Self.users([Self.ben: [.join, .update], Self.eve: [.join]])
        #expect(throws: RoomProblem.forbidden) { _ = try users.removed(Self.eve, by: .user(Self.ben)) }
        #expect(throws: RoomProblem.forbidden) {
            _ = try users.added(RoomUserID("new"), permissions: [], by: .user(Self.ben))
        }
        #expect(throws: RoomProblem.forbidden) { _ = try users.changed(Self.eve, to: [], by: .user(Self.ben)) }
        #expect(throws: RoomProblem.forbidden) { _ = try users.removed(RoomUserID("x"), by: .user(RoomUserID("x"))) }
        try Self.expect(users.removed(Self.ben, by: .user(Self.ben)), is: .remove(Self.ben))
    }

    @Test func `a room is given to another user of the customer`() throws {
        var users = Self.users([Self.ben: [.view]])
        #expect(throws: RoomProblem.userNotOfCustomer) {
            _ = try users.ownershipMoved(to: Self.eve, isOfCustomer: false, by: .administrator)
        }
        #expect(throws: RoomProblem.forbidden) {
            _ = try users.ownershipMoved(to: Self.ben, isOfCustomer: true, by: .user(Self.ben))
        }
        #expect(users == Self.users([Self.ben: [.view]]))
        try Self.expect(
            users.ownershipMoved(to: Self.ben, isOfCustomer: true, by: .user(Self.ida)),
            is: .moveOwnership(to: Self.ben, from: Self.ida, keepsPrevious: true))
        #expect(users == RoomUsers(owner: Self.ben, others: [Self.ida: RoomPermission.all]))
        #expect(throws: RoomProblem.forbidden) {
            _ = try users.ownershipMoved(to: Self.ida, isOfCustomer: true, by: .user(Self.ida))
        }
        try Self.expect(
            users.ownershipMoved(
                to: Self.eve, isOfCustomer: true, keepsPrevious: false, by: .accountOwner(Self.ida)),
            is: .moveOwnership(to: Self.eve, from: Self.ben, keepsPrevious: false))
        #expect(users == RoomUsers(owner: Self.eve, others: [Self.ida: RoomPermission.all]))
        try Self.expect(users.ownershipMoved(to: Self.eve, isOfCustomer: true, by: .administrator), is: .none)
    }

    @Test(
        arguments: [
            ("ida@nordschule.example", ["nordschule.example"], true),
            ("IDA@Nordschule.Example", ["nordschule.example"], true),
            ("ida@other.example", ["nordschule.example"], false),
            ("ida@sub.nordschule.example", ["nordschule.example"], false),
            ("eve@evil.example,ida@nordschule.example", ["nordschule.example"], false),
            ("nordschule.example", ["nordschule.example"], false), ("ida@", ["nordschule.example"], false),
            ("ida@other.example", [], true), ("nordschule.example@evil.example", ["nordschule.example"], false),
        ] as [(String, [String], Bool)])
    func `only people of the customer's domains are invited`(email: String, domains: [String], mayInvite: Bool) throws {
        if mayInvite {
            try RoomUsers.mayInvite(email: email, allowedDomains: domains)
        } else {
            #expect(throws: RoomProblem.emailDomainNotAllowed) {
                try RoomUsers.mayInvite(email: email, allowedDomains: domains)
            }
        }
    }

    @Test func `permissions are read by their words`() throws {
        #expect(try RoomPermission.read(["room.view", "room.join", "room.view"]) == [.view, .join])
        #expect(try RoomPermission.read(RoomPermission.allCases.map(\.rawValue)) == RoomPermission.all)
        let thrown = try #require(
            #expect(throws: RoomFaults.self) { _ = try RoomPermission.read(["room.view", "room.fly", "view"]) })
        #expect(thrown.faults.map(\.pointer) == ["/permissions/1", "/permissions/2"])
        #expect(thrown.faults.allSatisfy { $0.code == .invalidEnum })
    }

    // MARK: histories

    /// A plain list of who is in a room, with a flag for the owner, as a table has it.
    private struct Oracle {
        struct Row { var user: RoomUserID, isOwner: Bool, permissions: Set<RoomPermission> }
        var rows: [Row]

        func row(_ user: RoomUserID) -> Row? { rows.first { $0.user == user } }

        func holds(_ permissions: Set<RoomPermission>, _ actor: RoomUsers.Actor) -> Bool {
            guard case .user(let user) = actor else { return true }
            guard let known = row(user) else { return permissions.isEmpty }
            return known.isOwner || permissions.isSubset(of: known.permissions)
        }

        mutating func set(
            _ user: RoomUserID, _ permissions: Set<RoomPermission>, mustExist: Bool, _ actor: RoomUsers.Actor
        )
            -> RoomProblem?
        {
            if !holds([.users], actor) { return .forbidden }
            guard let old = row(user) else {
                if mustExist { return .notFound }
                if !holds(permissions, actor) { return .forbidden }
                rows.append(Row(user: user, isOwner: false, permissions: permissions))
                return nil
            }
            if old.isOwner { return .ownerRequired }
            if actor == .user(user) { return .ownPermissions }
            if !holds(permissions.subtracting(old.permissions), actor) { return .forbidden }
            rows = rows.map { $0.user == user ? Row(user: user, isOwner: false, permissions: permissions) : $0 }
            return nil
        }

        mutating func remove(_ user: RoomUserID, _ actor: RoomUsers.Actor) -> RoomProblem? {
            let leaves = actor == .user(user) && row(user) != nil
            if !leaves, !holds([.users], actor) { return .forbidden }
            guard let old = row(user) else { return .notFound }
            if old.isOwner { return .ownerRequired }
            rows.removeAll { $0.user == user }
            return nil
        }

        mutating func give(_ user: RoomUserID, isOfCustomer: Bool, keeps: Bool, _ actor: RoomUsers.Actor)
            -> RoomProblem?
        {
            if case .user(let asking) = actor, row(asking)?.isOwner != true { return .forbidden }
            if !isOfCustomer { return .userNotOfCustomer }
            if row(user)?.isOwner == true { return nil }
            rows.removeAll { $0.user == user }
            rows = rows.compactMap { row -> Row? in
                guard row.isOwner else { return row }
                return keeps ? Row(user: row.user, isOwner: false, permissions: RoomPermission.all) : nil
            }
            rows.append(Row(user: user, isOwner: true, permissions: []))
            return nil
        }
    }

    private static func told(_ ask: () throws -> RoomUsers.Action) -> RoomProblem? {
        do {
            _ = try ask()
            return nil
        } catch {
            return error as? RoomProblem ?? .validationFailed
        }
    }

    @Test(arguments: UInt64(0)..<300) func `whatever happens, there is one owner, and the rules are kept`(seed: UInt64)
    {
        var random = SplitMix64(seed: seed)
        let people = ["a", "b", "c", "d", "e"].map { RoomUserID($0) }
        func anybody() -> RoomUserID { people[Int.random(in: 0..<people.count, using: &random)] }
        func anyPermissions() -> Set<RoomPermission> {
            Set(RoomPermission.allCases.filter { _ in random.chance(0.4) })
        }
        func anyActor() -> RoomUsers.Actor {
            switch Int.random(in: 0..<6, using: &random) {
            case 0: .administrator
            case 1: .accountOwner(anybody())
            default: .user(anybody())
            }
        }
        var users = RoomUsers(owner: people[0])
        var oracle = Oracle(rows: [Oracle.Row(user: people[0], isOwner: true, permissions: [])])
        for step in 0..<60 {
            let (actor, user, permissions) = (anyActor(), anybody(), anyPermissions())
            let (isOfCustomer, keeps) = (random.chance(0.8), random.chance(0.7))
            let before = users
            var next = users
            let got: RoomProblem?
            let expected: RoomProblem?
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                got = Self.told { try next.added(user, permissions: permissions, by: actor) }
                expected = oracle.set(user, permissions, mustExist: false, actor)
            case 1:
                got = Self.told { try next.changed(user, to: permissions, by: actor) }
                expected = oracle.set(user, permissions, mustExist: true, actor)
            case 2:
                got = Self.told { try next.removed(user, by: actor) }
                expected = oracle.remove(user, actor)
            default:
                got = Self.told {
                    try next.ownershipMoved(to: user, isOfCustomer: isOfCustomer, keepsPrevious: keeps, by: actor)
                }
                expected = oracle.give(user, isOfCustomer: isOfCustomer, keeps: keeps, actor)
            }
            users = next
            #expect(got == expected, "step \(step): \(actor) \(user)")
            if got != nil { #expect(users == before, "step \(step)") }
            #expect(oracle.rows.filter(\.isOwner).count == 1)
            #expect(oracle.row(users.owner)?.isOwner == true, "step \(step)")
            #expect(users.others[users.owner] == nil && users.all.count == oracle.rows.count, "step \(step)")
            for row in oracle.rows where !row.isOwner {
                #expect(users.others[row.user] == row.permissions, "step \(step): \(row.user)")
            }
        }
    }
}
