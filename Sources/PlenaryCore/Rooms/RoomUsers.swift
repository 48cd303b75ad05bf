/// The public id of a user.
package struct RoomUserID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let text: String
    package init(_ text: String) { self.text = text }
    package static func < (left: RoomUserID, right: RoomUserID) -> Bool { left.text < right.text }
    package var description: String { text }
}

/// What a user may do in one room (`rooms-api.md` 13.2).
package enum RoomPermission: String, Sendable, Hashable, CaseIterable {
    case view = "room.view"
    case update = "room.update"
    case delete = "room.delete"
    /// Starts and ends sessions; joins as moderator.
    case start = "room.start"
    /// Joins as attendee without a token.
    case join = "room.join"
    case tokens = "room.tokens"
    case codes = "room.codes"
    /// Room users, but for the owner.
    case users = "room.users"
    case recordings = "room.recordings"

    package static let all = Set(allCases)

    /// What `permissions` of a request says.
    ///
    /// - Throws: `invalid_enum` for each that is none.
    package static func read(_ given: [String]) throws(RoomFaults) -> Set<RoomPermission> {
        var check = RoomCheck()
        var permissions: Set<RoomPermission> = []
        for (index, text) in given.enumerated() {
            if let permission = RoomPermission(rawValue: text) {
                permissions.insert(permission)
            } else {
                check.note(RoomFault(["permissions", String(index)], .invalidEnum, "is no permission of rooms"))
            }
        }
        try check.finish()
        return permissions
    }
}

/// The users of a room (`rooms-api.md` 13). There is exactly one owner: another number of them cannot be written down here.
package struct RoomUsers: Sendable, Hashable {
    package private(set) var owner: RoomUserID
    /// Everybody else. The owner is never among them.
    package private(set) var others: [RoomUserID: Set<RoomPermission>]

    /// - Parameter owner: by default the owner user of the customer.
    package init(owner: RoomUserID, others: [RoomUserID: Set<RoomPermission>] = [:]) {
        self.owner = owner
        self.others = others
        self.others[owner] = nil
    }

    /// Who asks.
    package enum Actor: Sendable, Hashable {
        /// Of the platform, with the permission that it takes there.
        case administrator
        /// The owner of the account, who need not be a user of the room.
        case accountOwner(RoomUserID)
        case user(RoomUserID)
    }

    package enum Action: Sendable, Hashable {
        case none
        case add(RoomUserID, Set<RoomPermission>)
        case change(RoomUserID, Set<RoomPermission>)
        case remove(RoomUserID)
        /// In one transaction. The old owner stays with all permissions, or goes.
        case moveOwnership(to: RoomUserID, from: RoomUserID, keepsPrevious: Bool)
    }

    /// What somebody may do; the owner may everything, a stranger nothing.
    package func permissions(of user: RoomUserID) -> Set<RoomPermission> {
        user == owner ? RoomPermission.all : others[user] ?? []
    }

    /// Everybody, the owner first.
    package var all: [RoomUserID] { [owner] + others.keys.sorted() }

    package func contains(_ user: RoomUserID) -> Bool { user == owner || others[user] != nil }

    /// In what role a signed-in user joins without a token (13.3); `nil`: as anybody else.
    package func role(of user: RoomUserID) -> RoomRole? {
        let held = permissions(of: user)
        if held.contains(.start) { return .moderator }
        return held.contains(.join) ? .attendee : nil
    }

    // MARK: what happens

    /// Somebody new. Who is a user already gets the permissions instead of the old ones.
    package mutating func added(
        _ user: RoomUserID, permissions: Set<RoomPermission>, by actor: Actor
    ) throws(RoomProblem) -> Action {
        try mayManage(actor)
        guard others[user] == nil, user != owner else { return try changed(user, to: permissions, by: actor) }
        try mayGrant(permissions, actor)
        others[user] = permissions
        return .add(user, permissions)
    }

    /// - Parameter permissions: all that they have from now on.
    /// - Throws: `not_found` for who is no user of the room; `owner_required` for the owner, whom nobody restricts.
    package mutating func changed(
        _ user: RoomUserID, to permissions: Set<RoomPermission>, by actor: Actor
    ) throws(RoomProblem) -> Action {
        try mayManage(actor)
        guard user != owner else { throw .ownerRequired }
        guard let old = others[user] else { throw .notFound }
        if case .user(user) = actor { throw .ownPermissions }
        guard old != permissions else { return .none }
        try mayGrant(permissions.subtracting(old), actor)
        others[user] = permissions
        return .change(user, permissions)
    }

    /// Who leaves by themselves needs no permission.
    package mutating func removed(_ user: RoomUserID, by actor: Actor) throws(RoomProblem) -> Action {
        if actor != .user(user) || !contains(user) { try mayManage(actor) }
        guard user != owner else { throw .ownerRequired }
        guard others.removeValue(forKey: user) != nil else { throw .notFound }
        return .remove(user)
    }

    /// The owner, the account's owner and administrators give a room to somebody else, who need not be a user of it yet.
    ///
    /// - Parameters:
    ///   - isOfCustomer: whether the new owner is a user of the room's customer.
    ///   - keepsPrevious: the old owner stays as a user with all permissions.
    package mutating func ownershipMoved(
        to user: RoomUserID, isOfCustomer: Bool, keepsPrevious: Bool = true, by actor: Actor
    ) throws(RoomProblem) -> Action {
        switch actor {
        case .administrator, .accountOwner: break
        case .user(let asking): if asking != owner { throw .forbidden }
        }
        guard isOfCustomer else { throw .userNotOfCustomer }
        guard user != owner else { return .none }
        let previous = owner
        owner = user
        others[user] = nil
        if keepsPrevious { others[previous] = RoomPermission.all }
        return .moveOwnership(to: user, from: previous, keepsPrevious: keepsPrevious)
    }

    /// Whether somebody may be invited by e-mail.
    ///
    /// - Parameter allowedDomains: of the customer, in lower case; none: any.
    package static func mayInvite(email: String, allowedDomains: [String]) throws(RoomProblem) {
        // Exactly one @: of two addresses in one text the last would speak for both.
        let parts = email.lowercased().split(separator: "@", omittingEmptySubsequences: false).map { String($0) }
        guard allowedDomains.isEmpty || parts.count == 2 && allowedDomains.contains(parts[1]) else {
            throw .emailDomainNotAllowed
        }
    }

    private func mayManage(_ actor: Actor) throws(RoomProblem) {
        switch actor {
        case .administrator, .accountOwner: break
        case .user(let user): if !permissions(of: user).contains(.users) { throw .forbidden }
        }
    }

    /// Nobody grants what they do not hold.
    private func mayGrant(_ granted: Set<RoomPermission>, _ actor: Actor) throws(RoomProblem) {
        switch actor {
        case .administrator, .accountOwner: break
        case .user(let user): if !granted.isSubset(of: permissions(of: user)) { throw .forbidden }
        }
    }
}
