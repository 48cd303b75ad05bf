import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

extension ResourceIdentity {
    /// The same for the same number.
    static func sample(_ number: Int) -> ResourceIdentity {
        var dice = Dice(seed: UInt64(number))
        return ResourceIdentity(at: .start, using: &dice)
    }
}

extension CustomerDetails {
    static func sample(_ name: String = "Nordschule", email: String? = nil) -> CustomerDetails {
        CustomerDetails(
            type: .business, email: email ?? "it@\(name.lowercased()).example", firstName: "Ida", lastName: "Berg",
            companyName: name)
    }
}

extension Store {
    /// Adds a customer; numbers and names differ for each.
    func addCustomer(_ name: String, _ number: Int = 1) async throws -> Customer {
        try await addCustomer(
            .sample(name), identity: .sample(1_000 + number), key: "key\(number)", now: .start)
    }

    func addPackage(
        _ name: String = "Meet", _ number: Int = 1, features: [FeatureCode: FeatureValue] = [:],
        _ change: (inout PackageDetails) -> Void = { _ in }
    ) async throws -> ServicePackage {
        var details = PackageDetails(name: name)
        change(&details)
        return try await addPackage(
            details, features: FeatureSet(features), identity: .sample(2_000 + number), now: .start)
    }

    /// Sells; it begins on the day of ``WireTime/start``.
    func sell(_ bought: PackageNumber, to customer: CustomerNumber, _ number: Int = 1) async throws -> Subscription {
        try await addSubscription(
            SubscriptionOrder(bought, for: customer), identity: .sample(3_000 + number), tag: "tag\(10_000 + number)",
            now: .start)
    }

    func account(_ slug: String) async throws -> AccountID {
        try await addAccount(slug: try #require(Slug(slug)), name: slug, now: .start).id
    }

    /// What an account's calls would go by.
    func entitlement(of account: AccountID) async throws -> Entitlement? {
        try await read { try CommerceRows.entitlement($0, account: account.number) }
    }

    /// Runs one statement of the test.
    func run(_ sql: String) async throws {
        try await write { _ = try $0.connection.execute(sql) }
    }

    /// How many rows the tables of customers, packages and subscriptions have.
    func commerceRows() async throws -> [Int64] {
        var counts: [Int64] = []
        for table in ["customers", "packages", "package_features", "subscriptions", "subscription_features"] {
            counts.append(try await number("SELECT COUNT(*) FROM \(table)"))
        }
        return counts
    }
}
