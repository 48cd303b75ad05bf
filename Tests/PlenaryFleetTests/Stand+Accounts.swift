import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Calls of accounts by what is stored of them now, and what they bought.
extension Stand {
    /// An account as it is now; a value that was taken before its rights were changed is stale.
    func current(_ account: AccountID) throws -> Account { try #require(store.roster { $0.accounts[account] }) }

    func answer(_ name: CallName, _ parameters: Parameters, of account: AccountID) async throws -> CallAnswer {
        let account = try current(account)
        return await answer(to: Call(name, rawQuery: parameters.encoded()), of: account)
    }

    func reply(_ name: CallName, _ parameters: Parameters, of account: AccountID) async throws -> Reply {
        guard case .xml(let octets) = try await answer(name, parameters, of: account) else { throw NoReply() }
        return try Reply(octets)
    }

    @discardableResult
    func create(_ id: String, _ more: Parameters = [:], of account: AccountID) async throws -> Reply {
        var parameters: Parameters = ["name": "Room \(id)", "meetingID": id]
        parameters.append(contentsOf: more)
        return try await reply(.create, parameters, of: account)
    }

    /// What a server was told of a meeting.
    func told(_ id: String, of account: AccountID) throws -> Parameters {
        let (holder, idOnServer) = (try holder(id, of: account), try idOnServer(id, of: account))
        return try #require(holder.meeting(idOnServer)).parameters
    }

    /// A customer buys a package for accounts of these names.
    func sell(
        _ features: [FeatureCode: FeatureValue], to slugs: [String], by customer: String = "nord"
    ) async throws -> (SubscriptionNumber, [AccountID]) {
        var random = SeededRandom(seed: customer.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        func identity() -> ResourceIdentity { ResourceIdentity(at: now, using: &random) }
        let details = CustomerDetails(
            type: .business, email: "it@\(customer).example", firstName: "Ida", lastName: "Berg", companyName: customer)
        let buyer = try await store.addCustomer(details, identity: identity(), key: customer, now: now)
        let package = try await store.addPackage(
            PackageDetails(name: "Meet"), features: FeatureSet(features), identity: identity(), now: now)
        let tag = ResourceIdentity.shortWord(Subscription.tagLength, using: &random)
        let sold = try await store.addSubscription(
            SubscriptionOrder(package.number, for: buyer.number), identity: identity(), tag: tag, now: now)
        var accounts: [AccountID] = []
        for slug in slugs {
            let account = try await tenant(slug).id
            _ = try await store.bind(account, to: sold.number, force: false, now: now)
            accounts.append(account)
        }
        return (sold.number, accounts)
    }
}
