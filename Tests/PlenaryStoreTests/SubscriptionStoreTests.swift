import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// Subscriptions, their features and their accounts in the store (`rooms-api.md` 4 and 5.3).
@Suite struct SubscriptionStoreTests {
    /// A customer, a package with some features, and a subscription of it.
    private func withSold(
        _ place: Place, features: [FeatureCode: FeatureValue] = [.maxAccounts: .integer(2), .recording: .bool(true)],
        _ work: (Store, Customer, ServicePackage, Subscription) async throws -> Void
    ) async throws {
        try await withStore(place) { store in
            let customer = try await store.addCustomer("Nordschule")
            let sold = try await store.addPackage("Meet", features: features) {
                $0.periodicity = .month
                $0.tier = 1
            }
            try await work(store, customer, sold, try await store.sell(sold.number, to: customer.number))
        }
    }

    private func day(_ text: String) throws -> WireTime { try #require(WireTime(timestamp: text)) }

    @Test(arguments: Place.allCases) func `a subscription is there as it was sold, by each of its names`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let customer = try await store.addCustomer("Nordschule")
            let sold = try await store.addPackage("Meet", features: [.maxRooms: .integer(3), .maxDuration: .unlimited])
            {
                $0.serviceType = .live
                $0.tier = 1
            }
            var order = SubscriptionOrder(sold.number, for: customer.number)
            order.description = "for tests"
            order.price = Price("9.99")
            order.trial = Period(14, .day)
            order.metadata = Metadata(members: ["a": .scalar(.integer(1))])
            let identity = ResourceIdentity.sample(1)
            let made = try await store.addSubscription(order, identity: identity, tag: "jkgqmnmj", now: .second(7))
            #expect(made.number == SubscriptionNumber(1) && made.identity == identity && made.tag == "jkgqmnmj")
            #expect(made.packageID == sold.identity.id && made.subscriberID == customer.identity.id)
            #expect(made.serviceType == .live && made.details.name == "Meet - jkgqmnmj" && made.details.tier == 1)
            #expect(made.details.price == Price("9.99") && made.details.description == "for tests")
            let (begin, trialEnd, end) = (try day("2023-11-14"), try day("2023-11-28"), try day("2023-12-28"))
            #expect(made.life.startsAt == begin && made.life.trialEndsAt == trialEnd && made.life.endsAt == end)
            let next = try await database.store()
            for reference in [ResourceReference.id(identity.id), .uuid(identity.uuid), .ulid(identity.ulid)] {
                #expect(try await next.subscription(reference) == made)
            }
            #expect(try await next.subscription(made.number) == made)
            #expect(try await next.subscription(tag: "jkgqmnmj") == made)
            #expect(try await next.subscriptions() == [made])
            #expect(try await next.subscriptions(of: customer.number) == [made])
            #expect(try await next.subscriptions(of: CustomerNumber(99)).isEmpty)
            // It has copied the features, in the order of the catalogue.
            #expect(
                try await next.features(of: made.number) == [
                    SubscriptionFeature(code: .maxRooms, value: .integer(3), source: .copied),
                    SubscriptionFeature(code: .maxDuration, value: .unlimited, source: .copied),
                ])
        }
    }

    @Test(arguments: Place.allCases) func `what cannot be bought is refused`(place: Place) async throws {
        try await withSold(place) { store, customer, sold, _ in
            func refused(_ fault: CommerceFault, _ bought: PackageNumber, _ buyer: CustomerNumber) async {
                await #expect(throws: fault) { _ = try await store.sell(bought, to: buyer, 2) }
            }
            await refused(.notFound(.soldPackage), PackageNumber(99), customer.number)
            await refused(.notFound(.customer), sold.number, CustomerNumber(99))
            for change: @Sendable (inout PackageDetails) -> Void in [
                { $0.isRetired = true },
                {
                    $0.isRetired = false
                    $0.status = .inactive
                },
            ] {
                _ = try await store.updatePackage(sold.number, now: .second(1), change)
                await refused(.packageUnavailable, sold.number, customer.number)
            }
            _ = try await store.updatePackage(sold.number, now: .second(1)) { $0.status = .active }
            for status in [CustomerStatus.suspended, .inactive, .terminated] {
                _ = try await store.updateCustomer(customer.number, now: .second(1)) { $0.status = status }
                await refused(.customerMayNotCreate(status), sold.number, customer.number)
            }
            #expect(try await store.commerceRows() == [1, 1, 2, 1, 2])
            _ = try await store.updateCustomer(customer.number, now: .second(1)) { $0.status = .active }
            // The tag is unique, and an order is checked.
            await #expect(throws: StoreFault.constraint(.unique)) {
                _ = try await store.addSubscription(
                    SubscriptionOrder(sold.number, for: customer.number), identity: .sample(9), tag: "tag10001",
                    now: .start)
            }
            var order = SubscriptionOrder(sold.number, for: customer.number)
            order.endsAt = .start.advanced(by: .seconds(-864_000))
            let wrong = order
            await #expect(throws: ValidationFault.self) {
                _ = try await store.addSubscription(wrong, identity: .sample(9), tag: "jkgqmnmj", now: .start)
            }
            // A refusal loses no number.
            #expect(try await store.sell(sold.number, to: customer.number, 3).number == SubscriptionNumber(2))
        }
    }

    @Test(arguments: Place.allCases) func `a change of the package leaves its subscriptions alone`(place: Place)
        async throws
    {
        try await withSold(place) { store, _, sold, subscription in
            let features = try await store.features(of: subscription.number)
            _ = try await store.updatePackage(sold.number, now: .second(1)) {
                $0.name = "Other"
                $0.tier = 7
                $0.isRetired = true
            }
            _ = try await store.setFeature(.maxRooms, .integer(1), of: sold.number, now: .second(1))
            _ = try await store.removeFeature(.recording, of: sold.number, now: .second(1))
            #expect(try await store.subscription(subscription.number) == subscription)
            #expect(try await store.features(of: subscription.number) == features)
        }
    }

    // MARK: its life

    @Test(arguments: Place.allCases) func `accounts go by what becomes of their subscription`(place: Place) async throws
    {
        try await withSold(place) { store, _, _, subscription in
            let number = subscription.number
            let account = try await store.account("school")
            _ = try await store.bind(account, to: number, force: false, now: .start)
            let (soon, later, spring) = (try day("2023-11-20"), try day("2024-02-01"), try day("2024-03-14"))
            func mayStart(_ time: WireTime) async throws -> Bool {
                try #require(try await store.entitlement(of: account)).mayStart(at: time)
            }
            let told = Told(store)
            #expect(try await mayStart(soon))
            #expect(try await !mayStart(later))

            let renewed = try #require(
                try await store.renewSubscription(number, cycles: 3, uncancel: false, now: .second(1)))
            #expect(renewed.action == .renewed(until: spring))
            #expect(renewed.subscription.updatedAt == .second(1))
            #expect(try await mayStart(later))

            let canceled = try #require(try await store.cancelSubscription(number, atOnce: false, now: .second(2)))
            #expect(canceled.action == .cancels(at: spring))
            // Said again it is nothing, and nobody is told.
            let again = try #require(try await store.cancelSubscription(number, atOnce: false, now: .second(3)))
            #expect(again.action == .none && again.subscription == canceled.subscription)
            await #expect(throws: SubscriptionFault.canceled) {
                _ = try await store.renewSubscription(number, cycles: 1, uncancel: false, now: .second(4))
            }
            #expect(try await store.subscription(number) == canceled.subscription)

            let ended = try #require(try await store.cancelSubscription(number, atOnce: true, now: .second(5)))
            #expect(ended.action == .canceled)
            #expect(try await !mayStart(soon))
            let back = try #require(try await store.uncancelSubscription(number, now: .second(6)))
            #expect(back.action == .uncanceled && back.subscription.life == renewed.subscription.life)
            #expect(try await mayStart(later))

            _ = try await store.updateSubscription(number, now: .second(7)) { $0.life.status = .suspended }
            #expect(try await !mayStart(soon))
            #expect(told.words == Array(repeating: "account \(account)", count: 5))
            // What accounts do not go by, they do not hear of.
            _ = try await store.updateSubscription(number, now: .second(8)) { $0.name = "School" }
            #expect(told.words.count == 5)
            #expect(try await store.subscription(number)?.details.name == "School")
        }
    }

    @Test(arguments: Place.allCases) func `nobody is no subscription`(place: Place) async throws {
        try await withStore(place) { (store: Store) async throws -> Void in
            let nobody = SubscriptionNumber(99)
            #expect(try await store.renewSubscription(nobody, cycles: 1, uncancel: false, now: .start) == nil)
            #expect(try await store.cancelSubscription(nobody, atOnce: true, now: .start) == nil)
            #expect(try await store.uncancelSubscription(nobody, now: .start) == nil)
            #expect(try await store.updateSubscription(nobody, now: .start) { $0.tier = 1 } == nil)
            #expect(try await store.removeSubscription(nobody) == false)
            #expect(try await store.features(of: nobody).isEmpty)
            await #expect(throws: CommerceFault.notFound(.subscription)) {
                _ = try await store.usage(of: nobody, now: .start)
            }
            await #expect(throws: CommerceFault.notFound(.subscription)) {
                _ = try await store.setFeature(.maxRooms, .integer(1), of: nobody, now: .start)
            }
            await #expect(throws: CommerceFault.notFound(.subscription)) {
                try await store.removeFeature(.maxRooms, of: nobody, now: .start)
            }
            await #expect(throws: CommerceFault.notFound(.subscription)) {
                _ = try await store.syncFeatures(of: nobody, dryRun: true, now: .start)
            }
            await #expect(throws: CommerceFault.notFound(.subscription)) {
                _ = try await store.bind(.default, to: nobody, force: true, now: .start)
            }
        }
    }

    @Test(arguments: Place.allCases) func `what is over is suspended, what is canceled is canceled, and no others`(
        place: Place
    ) async throws {
        try await withSold(place) { store, customer, sold, first in
            var numbers = [first.number]
            for number in 2...5 {
                numbers.append(try await store.sell(sold.number, to: customer.number, number).number)
            }
            _ = try await store.cancelSubscription(numbers[1], atOnce: false, now: .second(1))
            _ = try await store.renewSubscription(numbers[2], cycles: 2, uncancel: false, now: .second(1))
            _ = try await store.updateSubscription(numbers[3], now: .second(1)) { $0.life.status = .inactive }
            _ = try await store.updateSubscription(numbers[4], now: .second(1)) {
                if let week = Period(1, .week) { $0.life.grace = week }
            }
            let account = try await store.account("school")
            _ = try await store.bind(account, to: numbers[0], force: false, now: .start)
            let told = Told(store)
            #expect(try await store.expireSubscriptions(now: .second(2)).isEmpty)
            let end = try day("2023-12-14")
            let lived = try await store.expireSubscriptions(now: end)
            #expect(lived.map(\.subscription.number) == [numbers[0], numbers[1]])
            #expect(lived.map(\.action) == [.expired, .canceled])
            let statuses = try await store.subscriptions().map(\.life.status)
            #expect(statuses == [.suspended, .canceled, .active, .inactive, .active])
            #expect(told.words == ["account \(account)"])
            #expect(try await store.expireSubscriptions(now: end).isEmpty)
            let afterGrace = try await store.expireSubscriptions(now: try day("2023-12-21"))
            #expect(afterGrace.map(\.subscription.number) == [numbers[4]])
        }
    }

    @Test(arguments: Place.allCases, SubscriptionLife.Status.allCases)
    func `only an inactive subscription without accounts is deleted`(place: Place, status: SubscriptionLife.Status)
        async throws
    {
        try await withSold(place) { store, _, _, subscription in
            let account = try await store.account("school")
            _ = try await store.bind(account, to: subscription.number, force: false, now: .start)
            _ = try await store.updateSubscription(subscription.number, now: .start) { $0.life.status = status }
            let fault: CommerceFault = .notDeletable(status == .inactive ? .hasAccounts(1) : .subscriptionIs(status))
            await #expect(throws: fault) { _ = try await store.removeSubscription(subscription.number) }
            #expect(try await store.unbind(account))
            guard status == .inactive else {
                await #expect(throws: fault) { _ = try await store.removeSubscription(subscription.number) }
                return
            }
            #expect(try await store.removeSubscription(subscription.number))
            #expect(try await store.commerceRows() == [1, 1, 2, 0, 0])
        }
    }

    // MARK: features

    @Test(arguments: Place.allCases) func `a feature of its own is told to its accounts`(place: Place) async throws {
        try await withSold(place) { store, _, _, subscription in
            let number = subscription.number
            let account = try await store.account("school")
            _ = try await store.bind(account, to: number, force: false, now: .start)
            let told = Told(store)
            let set = try await store.setFeature(.maxConnections, .integer(20), of: number, now: .second(1))
            #expect(set == SubscriptionFeature(code: .maxConnections, value: .integer(20), source: .own))
            #expect(try await store.entitlement(of: account)?.features.pool == .connections(20))
            _ = try await store.setFeature(.recording, .bool(false), of: number, now: .second(2))
            try await store.removeFeature(.maxConnections, of: number, now: .second(3))
            #expect(told.words == Array(repeating: "account \(account)", count: 3))
            let features = try #require(try await store.entitlement(of: account)).features
            #expect(features == FeatureSet([.maxAccounts: .integer(2), .recording: .bool(false)]))
            #expect(try await store.subscription(number)?.updatedAt == .second(3))
            // A refusal tells nobody.
            await #expect(throws: CommerceFault.featureExists(.recording)) {
                _ = try await store.setFeature(.recording, .bool(true), of: number, mustBeNew: true, now: .second(4))
            }
            await #expect(throws: CommerceFault.noFeature(.maxConnections)) {
                try await store.removeFeature(.maxConnections, of: number, now: .second(4))
            }
            await #expect(throws: FeatureValueFault.wrongKind(.recording, .bool)) {
                _ = try await store.setFeature(.recording, .integer(1), of: number, now: .second(4))
            }
            #expect(told.words.count == 3)
            #expect(try await store.subscription(number)?.updatedAt == .second(3))
        }
    }

    @Test(arguments: Place.allCases) func `sync gives the features of the package and no others`(place: Place)
        async throws
    {
        try await withSold(place) { store, _, sold, subscription in
            let number = subscription.number
            _ = try await store.setFeature(.maxAccounts, .integer(9), of: number, now: .second(1))
            _ = try await store.setFeature(.customBranding, .bool(true), of: number, now: .second(1))
            _ = try await store.setFeature(.recording, .bool(true), of: number, now: .second(1))
            _ = try await store.setFeature(.maxDuration, .unlimited, of: sold.number, now: .second(1))
            let before = try await store.features(of: number)
            let differences: [FeatureSet.Difference] = [
                .changed(.maxAccounts, from: .integer(9), to: .integer(2)), .added(.maxDuration, .unlimited),
                .removed(.customBranding, .bool(true)),
            ]
            #expect(try await store.syncFeatures(of: number, dryRun: true, now: .second(2)) == differences)
            #expect(try await store.features(of: number) == before)
            #expect(try await store.syncFeatures(of: number, dryRun: false, now: .second(3)) == differences)
            // What was equal is the package's own again, too.
            #expect(
                try await store.features(of: number) == [
                    SubscriptionFeature(code: .maxAccounts, value: .integer(2), source: .copied),
                    SubscriptionFeature(code: .maxDuration, value: .unlimited, source: .copied),
                    SubscriptionFeature(code: .recording, value: .bool(true), source: .copied),
                ])
            #expect(try await store.syncFeatures(of: number, dryRun: false, now: .second(4)).isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `usage counts over all accounts of a subscription`(place: Place) async throws
    {
        let features: [FeatureCode: FeatureValue] = [
            .maxAccounts: .integer(2), .maxConcurrentSessions: .integer(5), .maxConnections: .integer(20),
            .maxRooms: .integer(3), .recording: .bool(true),
        ]
        try await withSold(place, features: features) { store, _, _, subscription in
            let number = subscription.number
            _ = try await store.bind(.default, to: number, force: false, now: .start)
            _ = try await store.bind(try await store.account("school"), to: number, force: false, now: .start)
            let server = try await store.addSample("bbb1")
            _ = try await store.running("one", on: server.id)
            let request = ReservationRequest(connections: 15, minutes: 60, isExplicit: true)
            let admission = Store.Admission(request: request, askedMinutes: 60, capacity: 20, isShared: true)
            _ = try await store.intend(.sample("two", on: server.id), admission: admission, now: .start)
            let usage = try await store.usage(of: number, now: .start)
            #expect(
                usage.map(\.feature.code) == [
                    .maxAccounts, .maxRooms, .recording, .maxConnections, .maxConcurrentSessions,
                ])
            #expect(usage.map(\.used) == [2, 0, nil, 15, 2])
            #expect(usage.map(\.remaining) == [0, 3, nil, 5, 3])
        }
    }

    // MARK: accounts

    @Test(arguments: Place.allCases) func `all accounts of a subscription share its limit`(place: Place) async throws {
        try await withSold(place) { store, _, _, subscription in
            let number = subscription.number
            var accounts: [AccountID] = []
            for name in ["one", "two", "three"] { accounts.append(try await store.account(name)) }
            #expect(try await store.bind(accounts[0], to: number, force: false, now: .start) == .bound)
            #expect(try await store.bind(accounts[1], to: number, force: false, now: .start) == .bound)
            let refusal = QuotaRefusal(code: .maxAccounts, value: 2, used: 2, requested: 1)
            for force in [false, true] {
                await #expect(throws: CommerceFault.limitExceeded(refusal)) {
                    _ = try await store.bind(accounts[2], to: number, force: force, now: .start)
                }
            }
            // Who has it has it, also after the limit was lowered.
            _ = try await store.setFeature(.maxAccounts, .integer(0), of: number, now: .second(1))
            #expect(try await store.bind(accounts[0], to: number, force: false, now: .start) == .already)
            #expect(try await store.accounts(of: number) == [accounts[0], accounts[1]])
            #expect(try await store.unbind(accounts[0]))
            #expect(try await store.unbind(accounts[0]) == false)
            #expect(try await store.entitlement(of: accounts[0]) == nil)
            #expect(try await store.accounts(of: number) == [accounts[1]])
            _ = try await store.setFeature(.maxAccounts, .unlimited, of: number, now: .second(2))
            #expect(try await store.bind(accounts[2], to: number, force: false, now: .start) == .bound)
        }
    }

    @Test(arguments: Place.allCases) func `of many accounts at once, as many as fit are bound`(place: Place)
        async throws
    {
        try await withSold(place, features: [.maxAccounts: .integer(5)]) { store, _, _, subscription in
            var accounts: [AccountID] = []
            for number in 0..<20 { accounts.append(try await store.account("a\(number)")) }
            let bound = try await withThrowingTaskGroup(of: Bool.self) { group in
                for account in accounts {
                    group.addTask {
                        do {
                            _ = try await store.bind(account, to: subscription.number, force: false, now: .start)
                            return true
                        } catch CommerceFault.limitExceeded { return false }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(bound == 5)
            #expect(try await store.accounts(of: subscription.number).count == 5)
        }
    }

    @Test(arguments: Place.allCases) func `an account leaves another subscription only by force`(place: Place)
        async throws
    {
        try await withSold(place) { store, customer, sold, first in
            let second = try await store.sell(sold.number, to: customer.number, 2)
            let account = try await store.account("school")
            _ = try await store.bind(account, to: first.number, force: false, now: .start)
            let told = Told(store)
            await #expect(throws: CommerceFault.accountBound(first.number)) {
                _ = try await store.bind(account, to: second.number, force: false, now: .start)
            }
            #expect(try await store.entitlement(of: account)?.subscription == first.number)
            #expect(told.words.isEmpty)
            #expect(try await store.bind(account, to: second.number, force: true, now: .start) == .bound)
            #expect(try await store.entitlement(of: account)?.subscription == second.number)
            #expect(told.words == ["account \(account)"])
            await #expect(throws: CommerceFault.notFound(.account)) {
                _ = try await store.bind(AccountID(99), to: second.number, force: true, now: .start)
            }
        }
    }

    @Test(arguments: Place.allCases) func `nothing is made under what cannot be used`(place: Place) async throws {
        try await withSold(place) { store, customer, _, subscription in
            let account = try await store.account("school")
            func bind(_ now: WireTime) async throws {
                _ = try await store.bind(account, to: subscription.number, force: true, now: now)
            }
            let over = try day("2024-06-01")
            await #expect(throws: CommerceFault.subscriptionUnusable) { try await bind(over) }
            _ = try await store.updateSubscription(subscription.number, now: .start) { $0.life.status = .suspended }
            await #expect(throws: CommerceFault.subscriptionUnusable) { try await bind(.start) }
            _ = try await store.updateSubscription(subscription.number, now: .start) { $0.life.status = .active }
            _ = try await store.updateCustomer(customer.number, now: .start) { $0.status = .suspended }
            await #expect(throws: CommerceFault.customerMayNotCreate(.suspended)) { try await bind(.start) }
            #expect(try await store.entitlement(of: account) == nil)
        }
    }

    @Test(arguments: Place.allCases) func `an entitlement is the same alone and among all`(place: Place) async throws {
        try await withSold(place) { store, customer, sold, first in
            let second = try await store.sell(sold.number, to: customer.number, 2)
            _ = try await store.setFeature(.maxConnections, .unlimited, of: second.number, now: .start)
            var accounts = [AccountID.default]
            for name in ["one", "two", "three"] { accounts.append(try await store.account(name)) }
            _ = try await store.bind(accounts[1], to: first.number, force: false, now: .start)
            _ = try await store.bind(accounts[2], to: second.number, force: false, now: .start)
            let all = try await store.read { try CommerceRows.entitlements($0) }
            #expect(all.keys.sorted() == [accounts[1].number, accounts[2].number])
            for account in accounts { #expect(try await store.entitlement(of: account) == all[account.number]) }
            let expected = Entitlement(
                subscription: second.number, subscriptionID: second.identity.id, customer: customer.number,
                customerStatus: .active, life: second.life,
                features: FeatureSet([
                    .maxAccounts: .integer(2), .recording: .bool(true), .maxConnections: .unlimited,
                ]))
            #expect(all[accounts[2].number] == expected)
        }
    }

    // MARK: what the schema refuses

    @Test(
        arguments: Place.allCases,
        [
            ("subscriptions SET status = 'expired'", StoreFault.Constraint.check),
            ("subscriptions SET tag = 'x'", .check),
            ("subscriptions SET tag = 'tag10002'", .unique), ("subscriptions SET service_type = 'phone'", .check),
            ("subscriptions SET package_id = 99", .foreignKey), ("subscriptions SET customer_id = 99", .foreignKey),
            ("subscriptions SET cancels_at = 5", .check), ("subscriptions SET canceled_at = 5", .check),
            ("subscriptions SET ends_at = starts_at", .check), ("subscriptions SET starts_at = NULL", .check),
            ("subscriptions SET trial_ends_at = starts_at", .check), ("subscriptions SET grace_count = -1", .check),
            ("subscriptions SET period_unit = 'hour'", .check), ("subscriptions SET price = 'free'", .check),
            ("subscriptions SET name = ''", .check), ("subscription_features SET source = 'room'", .check),
            ("subscription_features SET number = NULL", .check), ("subscription_features SET code = 'one'", .unique),
            ("accounts SET subscription_id = 99", .foreignKey),
        ] as [(String, StoreFault.Constraint)])
    func `the schema itself refuses what must not be`(place: Place, refused: (String, StoreFault.Constraint))
        async throws
    {
        try await withSold(place) { store, customer, sold, subscription in
            let other = try await store.sell(sold.number, to: customer.number, 2)
            // One row, so that what must be unique is not broken by the statement itself.
            let row = refused.0.hasPrefix("subscriptions") ? " WHERE id = \(subscription.number)" : ""
            await #expect(throws: StoreFault.constraint(refused.1)) {
                try await store.run("UPDATE \(refused.0)\(row)")
            }
            #expect(try await store.subscriptions() == [subscription, other])
        }
    }

    @Test(arguments: Place.allCases) func `what is referred to cannot be deleted behind our back`(place: Place)
        async throws
    {
        try await withSold(place) { store, _, _, subscription in
            _ = try await store.bind(.default, to: subscription.number, force: false, now: .start)
            for table in ["customers", "packages", "subscriptions"] {
                await #expect(throws: StoreFault.constraint(.foreignKey)) {
                    try await store.run("DELETE FROM \(table)")
                }
            }
            #expect(try await store.commerceRows() == [1, 1, 2, 1, 2])
        }
    }
}
