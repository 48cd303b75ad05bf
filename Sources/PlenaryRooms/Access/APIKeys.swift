package import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
package import PlenaryStore

extension Platform {
    /// The keys that somebody gets to see: those that reach no further than they do.
    package func apiKeys(for caller: APICaller) async throws -> [Store.KeptAPIKey] {
        try await store.apiKeys().filter { Self.shows($0, to: caller) }
    }

    /// - Throws: 404 `not_found`, also for one that is not the caller's to see; 403 `forbidden`.
    package func apiKey(_ reference: ResourceReference, for caller: APICaller) async throws -> Store.KeptAPIKey {
        try caller.check(.manageAPIKeys)
        guard let kept = try await store.apiKey(reference), Self.shows(kept, to: caller) else {
            throw Problem(.notFound)
        }
        return kept
    }

    private static func shows(_ kept: Store.KeptAPIKey, to caller: APICaller) -> Bool {
        // What reaches nobody any more is nobody's but the platform's.
        if case .customers(let customers) = kept.key.reach, customers.isEmpty { return caller.isPlatform }
        return caller.principal.reach.covers(kept.key.reach)
    }

    package func json(of kept: Store.KeptAPIKey, text: APIKeyText? = nil) async throws -> JSON {
        APIKeyResource.json(kept, customerIDs: try await customerIDs(of: kept.key.reach), text: text)
    }

    /// One that is deleted: a key that may more than the caller is not theirs to take away.
    ///
    /// - Throws: 404 `not_found`; 403 `forbidden`.
    package func apiKey(_ reference: ResourceReference, toRemoveBy caller: APICaller) async throws -> Store.KeptAPIKey {
        let kept = try await apiKey(reference, for: caller)
        guard kept.key.details.scopes.allSatisfy({ $0.isCovered(by: caller.principal.scopes) }) else {
            throw Problem(.forbidden, "Nobody deletes a key that may more than oneself.")
        }
        return kept
    }

    /// A key that ends does not live on in one that it made.
    private func checkExpiry(_ wanted: WireTime?, madeBy caller: APICaller) async throws {
        guard case .key(let id) = caller.kind, let maker = try await store.apiKey(.id(id)),
            let end = maker.key.details.expiresAt
        else { return }
        guard let wanted, wanted <= end else {
            throw Problem(.forbidden, "Nobody makes a key that lasts longer than one's own, \(end.timestamp).")
        }
    }

    /// Makes a key, whose text nobody sees again.
    ///
    /// - Throws: 422 `validation_failed`; 403 `forbidden` for one that may more, or reaches further, than its maker,
    ///   `customer_suspended`, and `limit_exceeded` when there are ``mostAPIKeys``.
    package func addAPIKey(_ body: ObjectReader, for caller: APICaller, now: WireTime) async throws
        -> (kept: Store.KeptAPIKey, text: APIKeyText)
    {
        try caller.check(.manageAPIKeys)
        var reach = caller.principal.reach
        var unknown: [Int] = []
        if let references = APIKeyResource.customers(in: body) {
            var numbers: Set<CustomerNumber> = []
            for (index, reference) in references.enumerated() {
                let found = try await store.customer(reference)
                if let found, caller.principal.reach.includes(found.number) {
                    numbers.insert(found.number)
                } else {
                    unknown.append(index)
                }
            }
            reach = .customers(numbers)
        }
        let details = try APIKeyResource.details(from: body, unknown: unknown, now: now)
        try details.check(maker: caller.principal, reach: reach)
        try await checkExpiry(details.expiresAt, madeBy: caller)
        if case .customers(let numbers) = reach {
            for number in numbers {
                guard try await store.customer(number)?.details.status.mayCreateResources != false else {
                    throw Problem(.customerSuspended)
                }
            }
        }
        var random = FleetRandom(time)
        let identity = ResourceIdentity(at: now, using: &random)
        let text = APIKeyText(id: identity.id, using: &random)
        let key = APIKey(
            identity: identity, verifier: text.verifier, details: details, reach: reach, createdAt: now)
        return (kept: try await store.addAPIKey(key, createdBy: caller.id, most: Self.mostAPIKeys), text: text)
    }

    /// Keys of the platform, and of each customer.
    package static let mostAPIKeys = 100
}

extension APICaller {
    /// The public id of who it is.
    package var id: String {
        switch kind {
        case .key(let id), .administrator(let id): id
        case .user(let id): id.text
        }
    }
}
