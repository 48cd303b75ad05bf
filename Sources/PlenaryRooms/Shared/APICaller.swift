package import PlenaryCore

/// Who sends a request to the REST API (`rooms-api.md` 2.2).
package struct APICaller: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// A machine; the public id of its key.
        case key(String)
        /// An administrator of the platform; the public id.
        case administrator(String)
        /// A user of customers.
        case user(RoomUserID)
    }

    package let kind: Kind
    package let principal: Principal

    package init(_ kind: Kind, _ principal: Principal) {
        self.kind = kind
        self.principal = principal
    }

    /// Names the credential where requests are counted or remembered. No secret.
    package var credential: String {
        switch kind {
        case .key(let id): "key \(id)"
        case .administrator(let id): "administrator \(id)"
        case .user(let id): "user \(id)"
        }
    }

    /// Who is signed in as a user; `nil`: a machine, or an administrator, who is no user of rooms.
    package var user: RoomUserID? { if case .user(let id) = kind { id } else { nil } }

    /// Before anything is looked up.
    ///
    /// - Throws: 403 `forbidden`.
    package func check(_ permission: Permission) throws(Problem) {
        if let problem = Access.of(principal, to: permission).problem { throw problem }
    }

    /// Whether this is the platform's own, who sells and sees everything.
    package var isPlatform: Bool { principal.reach == .platform }

    /// What only the platform's own do, such as selling: with that permission for some customers nobody does.
    ///
    /// - Throws: 403 `forbidden`, whatever the resource.
    package func checkPlatform(_ permission: Permission) throws(Problem) {
        try check(permission)
        guard isPlatform else { throw Problem(.forbidden, "Only who sees all customers does that.") }
    }

    /// - Parameter owner: of what was found; `nil`: the platform.
    /// - Throws: 404 `not_found`: it is another tenant's, as if there were none.
    package func check(_ permission: Permission, ownedBy owner: CustomerNumber?) throws(Problem) {
        if let problem = Access.of(principal, to: permission, ownedBy: owner).problem { throw problem }
    }
}
