package import BigBlueButton
package import PlenaryCore

package struct UserNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: UserNumber, right: UserNumber) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// What may be changed about a user (`rooms-api.md` 13.2).
package struct UserDetails: Sendable, Hashable {
    /// Unique; kept in lower case.
    package var email: String
    package var firstName: String
    package var lastName: String
    /// BCP 47; `nil`: the browser's.
    package var locale: String?
    package var metadata: Metadata

    package init(
        email: String, firstName: String, lastName: String, locale: String? = nil, metadata: Metadata = .empty
    ) {
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
        self.locale = locale
        self.metadata = metadata
    }

    /// The same in the spelling in which it is kept.
    ///
    /// - Throws: everything that is wrong; metadata was checked where it was read.
    package func checked() throws(ValidationFault) -> UserDetails {
        var kept = self
        kept.email = email.lowercased()
        var faults: [FieldFault] = []
        if !DomainName.isEmail(kept.email) {
            faults.append(FieldFault("email", .invalidFormat, "is an address such as ida@school.example"))
        }
        for (text, field) in [(firstName, "first_name"), (lastName, "last_name")] {
            if text.allSatisfy(\.isWhitespace) {
                faults.append(FieldFault(field, .required, "must not be empty"))
            } else if text.unicodeScalars.count > 100 {
                faults.append(FieldFault(field, .tooLong, "has at most 100 characters"))
            } else if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
                faults.append(FieldFault(field, .invalidFormat, "has no control characters"))
            }
        }
        if let fault = ValidationFault(faults) { throw fault }
        return kept
    }
}

extension UserDetails {
    /// Of somebody of whom nobody told the name: it is made of the address.
    package static func named(after email: String) -> UserDetails {
        let parts = email.split(separator: "@").map { String($0) }
        let names = (parts.first ?? email).split(separator: ".").map { String($0) }
        return UserDetails(
            email: email, firstName: String((names.first ?? email).prefix(100)),
            lastName: String((names.count > 1 ? names[names.count - 1] : parts.last ?? email).prefix(100)))
    }
}

/// Somebody who signs in: of customers, accounts and rooms, or of none, and then may do nothing.
package struct User: Sendable, Hashable {
    package let number: UserNumber
    package let identity: ResourceIdentity
    package let details: UserDetails
    /// Who has none cannot sign in with one.
    package let hasPassword: Bool
    /// The customer by whom they came here; `nil`: the platform, or a customer who is gone.
    package let home: CustomerNumber?
    package let createdAt: WireTime
    package let updatedAt: WireTime

    /// As rooms know them.
    package var id: RoomUserID { RoomUserID(identity.id) }
    package var name: String { "\(details.firstName) \(details.lastName)" }

    /// As customers see them whose users they are not alone, nor at first: what others wrote down about them is not for whoever
    /// knows an address.
    package var asStranger: User {
        User(
            number: number, identity: identity, details: .named(after: details.email), hasPassword: hasPassword,
            home: home, createdAt: createdAt, updatedAt: updatedAt)
    }

    /// As a customer sees them who has them as a user.
    package func seen(by customer: CustomerNumber?) -> User { home == nil || home == customer ? self : asStranger }
}

extension Store {
    /// - Parameter home: whose user it is at first; `nil`: the platform's.
    /// - Throws: ``ValidationFault``; ``CommerceFault/taken(field:)`` when another user has the e-mail address.
    package func addUser(
        _ given: UserDetails, home: CustomerNumber? = nil, identity: ResourceIdentity, now: WireTime
    ) async throws -> User {
        let details = try given.checked()
        return try await write { try $0.addUser(details, home: home, identity: identity, now: now) }
    }

    package func user(_ reference: ResourceReference) async throws -> User? {
        try await read { connection in
            let place = CommerceRows.place(of: reference)
            return try UserRows.found(connection, "WHERE u.\(place.name) = $1", [place.value]).first
        }
    }

    /// - Parameter email: in any case.
    package func user(email: String) async throws -> User? {
        try await read { try UserRows.found($0, "WHERE u.email = $1", [.text(email.lowercased())]).first }
    }

    /// Changes a user in one step.
    ///
    /// - Parameters:
    ///   - moving: asked before the address becomes another one, with those to whom the user is known: see ``holders(of:)``. It may
    ///     throw to leave all as it is.
    ///   - change: gets the details as they are, and may throw to leave them so.
    /// - Throws: as ``addUser(_:home:identity:now:)``.
    /// - Returns: `nil` when there is no such user.
    package func updateUser(
        _ number: UserNumber, now: WireTime,
        moving: @escaping @Sendable (Set<CustomerNumber?>) throws -> Void = { _ in },
        _ change: @escaping @Sendable (inout UserDetails) throws -> Void
    ) async throws -> User? {
        try await write { transaction in
            guard let old = try UserRows.user(transaction.connection, number) else { return nil }
            var changed = old.details
            try change(&changed)
            let details = try changed.checked()
            if details.email != old.details.email {
                let held = try MemberRows.holders(transaction.connection, "= $1", .integer(number.number))
                try moving(held[number] ?? [])
            }
            try transaction.expectFree(email: details.email, except: number)
            let stamp: [CommerceColumn] = [("updated_at", .integer(now.milliseconds))]
            try transaction.update("users", UserRows.row(of: details) + stamp, of: number.number)
            // A link that went to another address than theirs is in other hands.
            if details.email != old.details.email {
                try transaction.endSetupLinks(of: .user(number.number))
            }
            return User(
                number: number, identity: old.identity, details: details, hasPassword: old.hasPassword,
                home: old.home, createdAt: old.createdAt, updatedAt: now)
        }
    }

    /// Deletes a user, and takes them out of customers, accounts and rooms.
    ///
    /// - Throws: ``RoomProblem`` `.ownerRequired` for who owns a customer, an account or a room.
    /// - Parameter check: gets the user as they are, and may throw to leave them.
    /// - Returns: whether there was one.
    package func removeUser(
        _ number: UserNumber, check: @escaping @Sendable (User) throws -> Void = { _ in }
    ) async throws -> Bool {
        let actor = AuditActor.current
        return try await write { transaction in
            let connection = transaction.connection
            guard let old = try UserRows.user(connection, number) else { return false }
            try check(old)
            let rooms = try connection.query(
                "SELECT room_id FROM room_users WHERE user_id = $1 ORDER BY room_id", [.integer(number.number)])
            for table in UserRows.memberships {
                let owned = try connection.query(
                    "SELECT 1 FROM \(table) WHERE user_id = $1 AND is_owner = 1 LIMIT 1", [.integer(number.number)])
                guard owned.isEmpty else { throw RoomProblem.ownerRequired }
            }
            for table in UserRows.memberships {
                try connection.execute("DELETE FROM \(table) WHERE user_id = $1", [.integer(number.number)])
            }
            for room in rooms {
                try transaction.note(
                    .userRemoved, of: RoomNumber(try room.integer(0)), by: actor, subject: old.id.text)
            }
            try transaction.endSessions(of: .user(number.number))
            return try connection.execute("DELETE FROM users WHERE id = $1", [.integer(number.number)]) > 0
        }
    }

    // MARK: passwords

    /// A user with their password as it is stored, for sign-in; never for an answer or a log.
    package struct UserCredential: Sendable, Redacted {
        package let user: User
        /// A PHC string; `nil`: none was set.
        package let password: String?
    }

    /// - Parameter email: in any case.
    package func credential(ofUser email: String) async throws -> UserCredential? {
        try await read { connection in
            let email = email.lowercased()
            let users = try UserRows.found(connection, "WHERE u.email = $1", [.text(email)])
            guard let user = users.first else { return nil }
            let row = try connection.query("SELECT password FROM users WHERE email = $1", [.text(email)]).first
            return UserCredential(user: user, password: try row?.optionalText(0))
        }
    }

    /// Gives a user another password; they are signed out everywhere.
    ///
    /// - Parameter password: a PHC string; `nil` takes it away.
    /// - Returns: whether there is such a user.
    package func setPassword(_ password: String?, of number: UserNumber, now: WireTime) async throws -> Bool {
        try await write { transaction in
            let row: [CommerceColumn] = [
                ("password", SQLValue(password)), ("updated_at", .integer(now.milliseconds)),
            ]
            guard try UserRows.user(transaction.connection, number) != nil else { return false }
            try transaction.update("users", row, of: number.number)
            try transaction.endSessions(of: .user(number.number))
            try transaction.endSetupLinks(of: .user(number.number))
            return true
        }
    }
}

extension StoreTransaction {
    /// - Parameter details: checked.
    func addUser(_ details: UserDetails, home: CustomerNumber?, identity: ResourceIdentity, now: WireTime) throws
        -> User
    {
        try expectFree(email: details.email, except: nil)
        let number = UserNumber(try next("user"))
        let fixed: [CommerceColumn] = [
            ("id", .integer(number.number)), ("created_at", .integer(now.milliseconds)),
            ("updated_at", .integer(now.milliseconds)), ("home_customer_id", SQLValue(home?.number)),
        ]
        try insert(into: "users", fixed + CommerceRows.row(of: identity) + UserRows.row(of: details))
        return User(
            number: number, identity: identity, details: details, hasPassword: false, home: home, createdAt: now,
            updatedAt: now)
    }

    fileprivate func expectFree(email: String, except own: UserNumber?) throws {
        let rows = try connection.query("SELECT id FROM users WHERE email = $1", [.text(email)])
        guard try rows.allSatisfy({ try $0.integer(0) == own?.number }) else {
            throw CommerceFault.taken(field: "email")
        }
    }
}

enum UserRows {
    /// The tables that say whose user somebody is.
    static let memberships = ["customer_users", "account_users", "room_users"]

    /// Of the table called `u`: what ``read(_:)`` reads.
    static let columns = """
        u.id, u.public_id, u.uuid, u.ulid, u.created_at, u.updated_at, u.email, u.first_name, u.last_name, u.locale,
        u.metadata, CASE WHEN u.password IS NULL THEN 0 ELSE 1 END, u.home_customer_id
        """

    static func found(_ connection: any SQLConnection, _ condition: String, _ values: [SQLValue]) throws -> [User] {
        try connection.query("SELECT \(columns) FROM users AS u \(condition)", values).map { row in
            var reader = ColumnReader(row)
            return try read(&reader)
        }
    }

    static func user(_ connection: any SQLConnection, _ number: UserNumber) throws -> User? {
        try found(connection, "WHERE u.id = $1", [.integer(number.number)]).first
    }

    static func user(_ connection: any SQLConnection, _ id: RoomUserID) throws -> User? {
        try found(connection, "WHERE u.public_id = $1", [.text(id.text)]).first
    }

    static func row(of details: UserDetails) -> [CommerceColumn] {
        [
            ("email", .text(details.email)), ("first_name", .text(details.firstName)),
            ("last_name", .text(details.lastName)), ("locale", SQLValue(details.locale)),
            ("metadata", .text(details.metadata.json)),
        ]
    }

    static func read(_ reader: inout ColumnReader) throws -> User {
        let number = UserNumber(try reader.integer())
        let identity = try reader.identity()
        let (createdAt, updatedAt) = (try reader.time(), try reader.time())
        let email = try reader.text()
        let (firstName, lastName) = (try reader.text(), try reader.text())
        let locale = try reader.optionalText()
        let metadata = try reader.storedMetadata()
        let hasPassword = try reader.flag()
        let home: CustomerNumber? = try reader.optionalInteger().map { CustomerNumber($0) }
        return User(
            number: number, identity: identity,
            details: UserDetails(
                email: email, firstName: firstName, lastName: lastName, locale: locale, metadata: metadata),
            hasPassword: hasPassword, home: home, createdAt: createdAt, updatedAt: updatedAt)
    }
}
