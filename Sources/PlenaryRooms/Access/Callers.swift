package import BigBlueButton
package import PlenaryCore
internal import PlenaryStore

extension Platform {
    /// Who comes with this key. That it was used is written down.
    ///
    /// - Returns: `nil` for a key that does not exist, or is not valid any more.
    package func caller(with text: APIKeyText, now: WireTime) async throws -> APICaller? {
        guard let kept = try await store.apiKey(text), let principal = kept.key.principal(with: text, at: now),
            let reach = try await reachNow(of: principal)
        else { return nil }
        try await store.noteUse(of: kept, now: now)
        return APICaller(.key(kept.key.identity.id), Principal(scopes: principal.scopes, reach: reach))
    }

    /// Who comes with a session (`rooms-api.md` 2.2): an administrator with what the roles give, or a user of customers, who acts
    /// through the permissions of rooms.
    ///
    /// - Returns: `nil` for who is not active.
    package func caller(with current: SignIn.Current) -> APICaller? {
        switch current.who {
        case .administrator(let administrator):
            administrator.principal.map { APICaller(.administrator(administrator.identity.id), $0) }
        case .user(let user): APICaller(.user(user.id), .user)
        }
    }

    /// Without the customers that may not sign in: neither may their keys (`rooms-api.md` 3).
    ///
    /// - Returns: `nil` when none of them may.
    private func reachNow(of principal: Principal) async throws -> Reach? {
        guard case .customers(let customers) = principal.reach, !customers.isEmpty else { return principal.reach }
        var present: Set<CustomerNumber> = []
        for number in customers {
            if let customer = try await store.customer(number), customer.details.status.maySignIn {
                present.insert(number)
            }
        }
        return present.isEmpty ? nil : .customers(present)
    }
}
