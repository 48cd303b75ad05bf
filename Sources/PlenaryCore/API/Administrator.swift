package import BigBlueButton

/// The number of an administrator of the platform.
package struct AdminNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: AdminNumber, right: AdminNumber) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// What can be changed of an administrator.
package struct AdminDetails: Sendable, Hashable {
    /// In lower case; with it one signs in.
    package var email: String
    package var name: String
    /// Otherwise he cannot sign in.
    package var isActive: Bool
    /// The names of his roles; ``Role/admin`` among them.
    package var roles: Set<String>

    package init(email: String, name: String, isActive: Bool = true, roles: Set<String>) {
        self.email = email
        self.name = name
        self.isActive = isActive
        self.roles = roles
    }

    /// The same in the spelling in which it is kept.
    ///
    /// - Throws: everything that is wrong.
    package func checked() throws(ValidationFault) -> AdminDetails {
        var kept = self
        kept.email = email.lowercased()
        var check = FieldCheck()
        check.expect(
            DomainName.isEmail(kept.email), "email", .invalidFormat, "is an address such as ida@school.example")
        check.text(name, "name", longest: 200)
        try check.finish()
        return kept
    }

    /// Whether he may do everything, for as long as it stays so.
    package var isFullAdmin: Bool { isActive && roles.contains(Role.admin.name) }
}

/// An administrator of the platform (`rooms-api.md` 2.2 and 13.3): not one of the users, who belong to customers.
package struct Administrator: Sendable, Hashable {
    package let number: AdminNumber
    package let identity: ResourceIdentity
    package let details: AdminDetails
    /// What his roles give, in the order of their names.
    package let roles: [Role]
    /// Whether he can sign in by a password; otherwise he has been invited.
    package let hasPassword: Bool
    package let createdAt: WireTime
    package let updatedAt: WireTime

    package init(
        number: AdminNumber, identity: ResourceIdentity, details: AdminDetails, roles: [Role], hasPassword: Bool,
        createdAt: WireTime, updatedAt: WireTime
    ) {
        self.number = number
        self.identity = identity
        self.details = details
        self.roles = roles
        self.hasPassword = hasPassword
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Who he is for the API; `nil`: nobody, since he is not active.
    package var principal: Principal? { details.isActive ? Principal(roles: roles) : nil }
}

extension Role {
    /// A name as it is kept: of two that people take for the same there is one.
    package static func named(_ given: String) -> String {
        var name = Substring(given)
        while name.first?.isWhitespace == true { name.removeFirst() }
        while name.last?.isWhitespace == true { name.removeLast() }
        return name.lowercased()
    }

    /// - Throws: everything that is wrong.
    package func check() throws(ValidationFault) {
        var check = FieldCheck()
        check.text(name, "name", longest: 100)
        check.expect(
            name.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "name", .invalidFormat,
            "has letters, digits and signs of ASCII only")
        check.expect(!scopes.isEmpty, "permissions", .required, "names one permission at least")
        try check.finish()
    }
}

/// Why something about administrators and their roles is not done.
package enum AdminFault: Error, Sendable, Hashable {
    /// Another administrator has the address.
    case emailTaken
    case noRole(name: String)
    case roleNameTaken
    /// The built-in role is neither edited nor deleted.
    case roleIsBuiltIn
    /// So many administrators have it.
    case roleInUse(Int)
    /// Nobody would be left who may do everything.
    case lastAdministrator
}

extension Problem {
    package init(of fault: AdminFault) {
        switch fault {
        case .emailTaken:
            self = .invalid([RequestFault("email", .notUnique, "Another administrator has this e-mail address.")])
        case .noRole(let name):
            self = .invalid([RequestFault("roles", .notFound, "There is no role \(name.prefix(100)).")])
        case .roleNameTaken: self = .invalid([RequestFault("name", .notUnique, "Another role has this name.")])
        case .roleIsBuiltIn: self.init(.forbidden, "The built-in role is neither edited nor deleted.")
        case .roleInUse(let count): self.init(.notDeletable, "\(count) administrators have it.")
        case .lastAdministrator:
            self.init(.notDeletable, "Nobody would be left who may do everything.")
        }
    }
}
