/// What somebody may do (`rooms-api.md` 2.2): `<resource>.<action>`. `manage` is reading and writing in one, where what is read
/// is a secret or writing is all there is.
package enum Permission: String, Sendable, Hashable, CaseIterable {
    case readRooms = "rooms.read"
    case createRooms = "rooms.create"
    case updateRooms = "rooms.update"
    case deleteRooms = "rooms.delete"
    case manageRoomTokens = "room_tokens.manage"
    case manageRoomAccessCodes = "room_access_codes.manage"
    case manageRoomUsers = "room_users.manage"
    case readSessions = "sessions.read"
    /// Starting and ending them.
    case manageSessions = "sessions.manage"
    case readRecordings = "recordings.read"
    case manageRecordings = "recordings.manage"
    case managePresentations = "presentations.manage"
    case readServiceProviders = "service_providers.read"
    case manageServiceProviders = "service_providers.manage"
    case readFeatures = "features.read"
    case readPackages = "packages.read"
    case createPackages = "packages.create"
    case updatePackages = "packages.update"
    case deletePackages = "packages.delete"
    case readSubscriptions = "subscriptions.read"
    case createSubscriptions = "subscriptions.create"
    case updateSubscriptions = "subscriptions.update"
    case deleteSubscriptions = "subscriptions.delete"
    case readAccounts = "accounts.read"
    case createAccounts = "accounts.create"
    case updateAccounts = "accounts.update"
    case deleteAccounts = "accounts.delete"
    case manageIntegrationAPI = "integration_api.manage"
    case readCustomers = "customers.read"
    case createCustomers = "customers.create"
    case updateCustomers = "customers.update"
    case deleteCustomers = "customers.delete"
    case readUsers = "users.read"
    case createUsers = "users.create"
    case updateUsers = "users.update"
    case deleteUsers = "users.delete"
    case manageAdmins = "admins.manage"
    case manageRoles = "roles.manage"
    case manageAPIKeys = "api_keys.manage"
    case manageWebhooks = "webhooks.manage"
    case readEvents = "events.read"

    /// Before the dot.
    package var resource: Substring { rawValue.prefix { $0 != "." } }

    package var isReading: Bool { rawValue.hasSuffix(".read") }
}

/// What a key or a role is given: one permission, or many at once.
package enum Scope: Sendable, Hashable, CustomStringConvertible {
    /// `*`: also what comes to be later.
    case everything
    /// `*.read`
    case reading
    /// `rooms.*`
    case resource(String)
    case one(Permission)

    /// - Returns: `nil` unless it is a permission that exists, `<resource>.*` of one that has some, `*.read` or `*`.
    package init?(_ text: String) {
        switch text {
        case "*": self = .everything
        case "*.read": self = .reading
        default:
            if let permission = Permission(rawValue: text) {
                self = .one(permission)
            } else if text.hasSuffix(".*"), Permission.allCases.contains(where: { $0.resource == text.dropLast(2) }) {
                self = .resource(String(text.dropLast(2)))
            } else {
                return nil
            }
        }
    }

    package var description: String {
        switch self {
        case .everything: "*"
        case .reading: "*.read"
        case .resource(let resource): "\(resource).*"
        case .one(let permission): permission.rawValue
        }
    }

    package func allows(_ permission: Permission) -> Bool {
        switch self {
        case .everything: true
        case .reading: permission.isReading
        case .resource(let resource): permission.resource == resource
        case .one(let given): permission == given
        }
    }

    /// Whether somebody with these may give this one to another: never more than he has, nor what may come to be more.
    package func isCovered(by scopes: Set<Scope>) -> Bool {
        if scopes.contains(.everything) || scopes.contains(self) { return true }
        guard case .one(let permission) = self else { return false }
        return scopes.contains { $0.allows(permission) }
    }
}

/// What an administrator may do, under a name. Administrators have permissions through roles only.
package struct Role: Sendable, Hashable {
    package let name: String
    package let scopes: Set<Scope>

    package init(name: String, scopes: Set<Scope>) {
        self.name = name
        self.scopes = scopes
    }

    /// The built-in one.
    package static let admin = Role(name: "admin", scopes: [.everything])

    /// The built-in role is neither edited nor deleted, and no other has its name.
    package var isBuiltIn: Bool { name == Self.admin.name }
}

/// Whose resources somebody gets to see.
package enum Reach: Sendable, Hashable {
    /// Those of all customers, and those of the platform.
    case platform
    case customers(Set<CustomerNumber>)

    /// - Parameter owner: of the resource; `nil`: the platform.
    package func includes(_ owner: CustomerNumber?) -> Bool {
        switch self {
        case .platform: true
        case .customers(let customers): owner.map { customers.contains($0) } ?? false
        }
    }

    /// Whether somebody with this one may give the other: never more than he has.
    package func covers(_ other: Reach) -> Bool {
        switch (self, other) {
        case (.platform, _): true
        case (.customers, .platform): false
        case (.customers(let own), .customers(let given)): given.isSubset(of: own)
        }
    }
}

/// Who a credential makes somebody.
package struct Principal: Sendable, Hashable {
    package let scopes: Set<Scope>
    package let reach: Reach

    package init(scopes: Set<Scope>, reach: Reach) {
        self.scopes = scopes
        self.reach = reach
    }

    /// An administrator of the platform.
    package init(roles: [Role]) {
        self.init(scopes: roles.reduce(into: []) { $0.formUnion($1.scopes) }, reach: .platform)
    }

    package func may(_ permission: Permission) -> Bool { scopes.contains { $0.allows(permission) } }
}

/// The three ways to be told no (`rooms-api.md` 2.2).
package enum Access: Sendable, Hashable {
    case granted
    /// 401: there is no credential.
    case unauthenticated
    /// 403: whatever the resource, so that it tells nothing about any.
    case forbidden
    /// 404: it is another tenant's, as if there were none.
    case hidden

    /// Before anything is looked up.
    package static func of(_ principal: Principal?, to permission: Permission) -> Access {
        guard let principal else { return .unauthenticated }
        return principal.may(permission) ? .granted : .forbidden
    }

    /// - Parameter owner: of the resource that was found; `nil`: the platform.
    package static func of(_ principal: Principal?, to permission: Permission, ownedBy owner: CustomerNumber?)
        -> Access
    {
        let access = of(principal, to: permission)
        guard access == .granted, let principal else { return access }
        return principal.reach.includes(owner) ? .granted : .hidden
    }

    /// `nil`: it is granted.
    package var problem: Problem? {
        switch self {
        case .granted: nil
        case .unauthenticated: .unauthenticated
        case .forbidden: Problem(.forbidden)
        case .hidden: Problem(.notFound)
        }
    }
}
