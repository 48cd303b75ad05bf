package import BigBlueButton
package import PlenaryCore

/// A user of a room, as it is told (`rooms-api.md` 13.3).
package struct RoomPerson: Sendable, Hashable {
    package let user: User
    package let isOwner: Bool
    /// The owner has all.
    package let permissions: Set<RoomPermission>
    package let createdAt: WireTime
}

extension Store {
    /// The owner first, then by their ids. Those who are other customers' users at first are called by their addresses.
    ///
    /// - Returns: nothing when there is no such room: every room has an owner.
    package func people(of room: RoomNumber) async throws -> [RoomPerson] {
        try await read { try RoomPeopleRows.people($0, of: room) }
    }

    /// - Returns: `nil` when there is no such room.
    package func roomUsers(of room: RoomNumber) async throws -> RoomUsers? {
        try await read { try RoomPeopleRows.users($0, of: room) }
    }

    /// Whether somebody is a user of the customer whose room it is.
    package func isUser(_ user: RoomUserID, ofCustomerOf room: RoomNumber) async throws -> Bool {
        try await read { connection in
            try StoreTransaction(connection: connection).isUser(user, ofCustomerOf: room)
        }
    }

    /// Changes the users of a room in one step.
    ///
    /// - Parameter change: asks ``RoomUsers`` for what is to be done, which is written; it may throw to leave all as it is.
    /// - Throws: ``RoomProblem`` `.notFound` for who is no user of the platform, `.userNotOfCustomer` when a new owner is not of the
    ///   customer by now.
    /// - Returns: the users as they are then; `nil` when there is no such room.
    package func changeUsers(
        of room: RoomNumber, now: WireTime,
        _ change: @escaping @Sendable (inout RoomUsers) throws -> RoomUsers.Action
    ) async throws -> RoomUsers? {
        let actor = AuditActor.current
        return try await write { transaction in
            guard var users = try RoomPeopleRows.users(transaction.connection, of: room) else { return nil }
            let action = try change(&users)
            try transaction.follow(action, of: room, now: now)
            try transaction.note(action, of: room, by: actor, now: now)
            return users
        }
    }

    /// The same as ``changeUsers(of:now:_:)``.
    ///
    /// - Returns: all users of the room as they are then, in the order of ``people(of:)``; `nil` when there is no such room.
    package func changePeople(
        of room: RoomNumber, now: WireTime,
        _ change: @escaping @Sendable (inout RoomUsers) throws -> RoomUsers.Action
    ) async throws -> [RoomPerson]? {
        let actor = AuditActor.current
        return try await write { transaction in
            guard var users = try RoomPeopleRows.users(transaction.connection, of: room) else { return nil }
            let action = try change(&users)
            try transaction.follow(action, of: room, now: now)
            try transaction.note(action, of: room, by: actor, now: now)
            return try RoomPeopleRows.people(transaction.connection, of: room)
        }
    }

    /// Makes somebody a user of a room by their address, and a user at all when nobody has it: both, or nothing.
    ///
    /// - Parameters:
    ///   - home: of a new user: see ``addUser(_:home:identity:now:)``.
    ///   - change: as in ``changeUsers(of:now:_:)``, for the user with that id.
    /// - Throws: ``ValidationFault``; what `change` throws.
    /// - Returns: `nil` when there is no such room.
    package func addPerson(
        _ given: UserDetails, home: CustomerNumber?, identity: ResourceIdentity, to room: RoomNumber, now: WireTime,
        _ change: @escaping @Sendable (RoomUserID, inout RoomUsers) throws -> RoomUsers.Action
    ) async throws -> RoomPerson? {
        let details = try given.checked()
        let actor = AuditActor.current
        return try await write { transaction in
            let connection = transaction.connection
            guard var users = try RoomPeopleRows.users(connection, of: room) else { return nil }
            // Somebody else may have made them meanwhile.
            let known = try UserRows.found(connection, "WHERE u.email = $1", [.text(details.email)]).first
            let user = try known ?? transaction.addUser(details, home: home, identity: identity, now: now)
            let action = try change(user.id, &users)
            try transaction.follow(action, of: room, now: now)
            try transaction.note(action, of: room, by: actor, now: now)
            return try RoomPeopleRows.people(connection, of: room).first { $0.user.number == user.number }
        }
    }
}

extension StoreTransaction {
    fileprivate func isUser(_ user: RoomUserID, ofCustomerOf room: RoomNumber) throws -> Bool {
        let rows = try connection.query(
            """
            SELECT 1 FROM rooms AS r JOIN accounts AS a ON a.id = r.account_id
            JOIN subscriptions AS s ON s.id = a.subscription_id JOIN customer_users AS m ON m.customer_id = s.customer_id
            JOIN users AS u ON u.id = m.user_id WHERE r.id = $1 AND u.public_id = $2
            """, [.integer(room.number), .text(user.text)])
        return !rows.isEmpty
    }

    fileprivate func follow(_ action: RoomUsers.Action, of room: RoomNumber, now: WireTime) throws {
        switch action {
        case .none: break
        case .add(let user, let permissions), .change(let user, let permissions):
            try write(user, permissions, isOwner: false, of: room, now: now)
        case .remove(let user):
            try connection.execute(
                "DELETE FROM room_users WHERE room_id = $1 AND user_id = $2 AND is_owner = 0",
                [.integer(room.number), .integer(try number(of: user).number)])
        case .moveOwnership(let new, let old, let keepsPrevious):
            guard try isUser(new, ofCustomerOf: room) else { throw RoomProblem.userNotOfCustomer }
            // First away from the old one: there are never two.
            if keepsPrevious {
                try write(old, RoomPermission.all, isOwner: false, of: room, now: now)
            } else {
                try connection.execute(
                    "DELETE FROM room_users WHERE room_id = $1 AND user_id = $2",
                    [.integer(room.number), .integer(try number(of: old).number)])
            }
            try write(new, [], isOwner: true, of: room, now: now)
        }
    }

    fileprivate func note(_ action: RoomUsers.Action, of room: RoomNumber, by actor: AuditActor, now: WireTime) throws {
        switch action {
        case .none: break
        case .add(let user, _): try note(.userAdded, of: room, by: actor, subject: user.text, now: now)
        case .change(let user, _):
            try note(.userUpdated, of: room, by: actor, subject: user.text, members: ["permissions"], now: now)
        case .remove(let user): try note(.userRemoved, of: room, by: actor, subject: user.text, now: now)
        case .moveOwnership(let new, _, _):
            try note(.ownerChanged, of: room, by: actor, subject: new.text, now: now)
        }
    }

    private func number(of user: RoomUserID) throws -> UserNumber {
        guard let found = try UserRows.user(connection, user) else { throw RoomProblem.notFound }
        return found.number
    }

    private func write(
        _ user: RoomUserID, _ permissions: Set<RoomPermission>, isOwner: Bool, of room: RoomNumber, now: WireTime
    ) throws {
        try connection.execute(
            """
            INSERT INTO room_users (room_id, user_id, is_owner, permissions, created_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (room_id, user_id) DO UPDATE SET is_owner = excluded.is_owner,
                permissions = excluded.permissions
            """,
            [
                .integer(room.number), .integer(try number(of: user).number), .integer(isOwner ? 1 : 0),
                .text(permissions.map(\.rawValue).sorted().joined(separator: " ")), .integer(now.milliseconds),
            ])
    }
}

enum RoomPeopleRows {
    static func people(_ connection: any SQLConnection, of room: RoomNumber) throws -> [RoomPerson] {
        let rows = try connection.query(
            """
            SELECT m.is_owner, m.permissions, m.created_at, s.customer_id, \(UserRows.columns)
            FROM room_users AS m
            JOIN users AS u ON u.id = m.user_id JOIN rooms AS r ON r.id = m.room_id
            JOIN accounts AS a ON a.id = r.account_id LEFT JOIN subscriptions AS s ON s.id = a.subscription_id
            WHERE m.room_id = $1 ORDER BY m.is_owner DESC, u.public_id
            """, [.integer(room.number)])
        return try rows.map { row in
            var reader = ColumnReader(row)
            let isOwner = try reader.flag()
            let held = permissions(try reader.text())
            let createdAt = try reader.time()
            let customer: CustomerNumber? = try reader.optionalInteger().map { CustomerNumber($0) }
            return RoomPerson(
                user: try UserRows.read(&reader).seen(by: customer), isOwner: isOwner,
                permissions: isOwner ? RoomPermission.all : held, createdAt: createdAt)
        }
    }

    static func users(_ connection: any SQLConnection, of room: RoomNumber) throws -> RoomUsers? {
        let rows = try connection.query(
            """
            SELECT u.public_id, m.is_owner, m.permissions FROM room_users AS m JOIN users AS u ON u.id = m.user_id
            WHERE m.room_id = $1
            """, [.integer(room.number)])
        var owner: RoomUserID?
        var others: [RoomUserID: Set<RoomPermission>] = [:]
        for row in rows {
            let user = RoomUserID(try row.text(0))
            if try row.integer(1) == 1 {
                owner = user
            } else {
                others[user] = permissions(try row.text(2))
            }
        }
        return owner.map { RoomUsers(owner: $0, others: others) }
    }

    /// Those that this version knows.
    private static func permissions(_ text: String) -> Set<RoomPermission> {
        Set(text.split(separator: " ").compactMap { RoomPermission(rawValue: String($0)) })
    }
}
