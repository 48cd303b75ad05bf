import BigBlueButton
import Foundation
import PlenaryCore
import Testing

@testable import PlenaryStore

/// Customers in the store (`rooms-api.md` 3), and metadata (7.5).
@Suite struct CustomerStoreTests {
    @Test(arguments: Place.allCases) func `a customer is there as it was added, by each of its names`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            var given = CustomerDetails.sample(email: "IT@Nordschule.example")
            given.externalID = "crm-4711"
            given.prefix = "NRD"
            given.hostname = "rooms.nordschule.example"
            given.allowedOrigins = ["https://a.example", "https://b.example:8443"]
            given.allowedDomains = ["nordschule.example"]
            given.metadata = Metadata(members: ["external_billing_id": .scalar(.text("B-99"))])
            let identity = ResourceIdentity.sample(1)
            let customer = try await store.addCustomer(given, identity: identity, key: "8wq2tn", now: .second(5))
            #expect(customer.number == CustomerNumber(1) && customer.identity == identity && customer.key == "8wq2tn")
            #expect(customer.details.email == "it@nordschule.example" && customer.details.subdomain == "nordschule")
            #expect(customer.createdAt == .second(5) && customer.updatedAt == .second(5))
            let next = try await database.store()
            for reference in [ResourceReference.id(identity.id), .uuid(identity.uuid), .ulid(identity.ulid)] {
                #expect(try await next.customer(reference) == customer)
            }
            #expect(try await next.customer(customer.number) == customer)
            #expect(try await next.customer(email: "It@nordschule.EXAMPLE") == customer)
            #expect(try await next.customers() == [customer])
            #expect(try await next.customer(.id(String(identity.id.reversed()))) == nil)
            #expect(try await next.customer(email: "nobody@nordschule.example") == nil)
        }
    }

    @Test(arguments: Place.allCases) func `a subdomain that is taken gets the customer's key`(place: Place) async throws
    {
        try await withStore(place) { store in
            let first = try await store.addCustomer("Nordschule", 1)
            let second = try await store.addCustomer(
                .sample(email: "b@b.example"), identity: .sample(2), key: "8wq2tn", now: .start)
            #expect([first, second].map(\.details.subdomain) == ["nordschule", "nordschule-8wq2tn"])
            let nameless = try await store.addCustomer(
                .sample("学校", email: "c@c.example"), identity: .sample(3), key: "3xyzab", now: .start)
            #expect(nameless.details.subdomain == "3xyzab")
        }
    }

    struct Taken: Sendable {
        let field: String
        let change: @Sendable (inout CustomerDetails) -> Void
    }

    static let taken = [
        Taken(field: "email") { $0.email = "IT@nordschule.example" },
        Taken(field: "external_id") { $0.externalID = "crm-1" },
        Taken(field: "hostname") { $0.hostname = "Rooms.nordschule.example" },
        Taken(field: "subdomain") { $0.subdomain = "nordschule" },
    ]

    @Test(arguments: Place.allCases, taken.indices) func `what must be unique is refused with its member`(
        place: Place, index: Int
    ) async throws {
        try await withStore(place) { store in
            var first = CustomerDetails.sample()
            first.externalID = "crm-1"
            first.hostname = "rooms.nordschule.example"
            _ = try await store.addCustomer(first, identity: .sample(1), key: "a", now: .start)
            let it = Self.taken[index]
            var second = CustomerDetails.sample("Other")
            it.change(&second)
            let given = second
            await #expect(throws: CommerceFault.taken(field: it.field)) {
                _ = try await store.addCustomer(given, identity: .sample(2), key: "b", now: .start)
            }
            // Nor can one become so; one's own is not taken.
            let other = try await store.addCustomer("Third", 3)
            await #expect(throws: CommerceFault.taken(field: it.field)) {
                _ = try await store.updateCustomer(other.number, now: .second(1)) { it.change(&$0) }
            }
            #expect(try await store.customer(other.number) == other)
            _ = try await store.updateCustomer(CustomerNumber(1), now: .second(1)) { it.change(&$0) }
            // The number of the attempt is not lost.
            #expect(other.number == CustomerNumber(2))
        }
    }

    @Test(arguments: Place.allCases) func `identifiers and keys are unique`(place: Place) async throws {
        try await withStore(place) { store in
            _ = try await store.addCustomer(.sample(), identity: .sample(1), key: "a", now: .start)
            await #expect(throws: StoreFault.constraint(.unique)) {
                _ = try await store.addCustomer(.sample("Other"), identity: .sample(1), key: "b", now: .start)
            }
            await #expect(throws: StoreFault.constraint(.unique)) {
                _ = try await store.addCustomer(.sample("Other"), identity: .sample(2), key: "a", now: .start)
            }
            #expect(try await store.customers().count == 1)
        }
    }

    @Test(arguments: Place.allCases) func `what is wrong is not stored`(place: Place) async throws {
        try await withStore(place) { store in
            await #expect(throws: ValidationFault.self) {
                _ = try await store.addCustomer(.sample(email: "nobody"), identity: .sample(1), key: "a", now: .start)
            }
            let customer = try await store.addCustomer("Nordschule")
            await #expect(throws: ValidationFault.self) {
                _ = try await store.updateCustomer(customer.number, now: .second(1)) { $0.companyName = nil }
            }
            await #expect(throws: Unexpected.self) {
                _ = try await store.updateCustomer(customer.number, now: .second(1)) {
                    $0.firstName = "Else"
                    throw Unexpected("on purpose")
                }
            }
            #expect(try await store.customers() == [customer])
        }
    }

    @Test(arguments: Place.allCases) func `a change keeps all else, and is there for the next process`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let customer = try await store.addCustomer("Nordschule")
            let changed = try #require(
                try await store.updateCustomer(customer.number, now: .second(9)) {
                    $0.type = .personal
                    $0.companyName = nil
                    $0.subdomain = ""
                    $0.metadata = Metadata(members: ["b": .scalar(.integer(3))])
                })
            var expected = customer.details
            expected.type = .personal
            expected.companyName = nil
            expected.subdomain = "ida-berg"
            expected.metadata = Metadata(members: ["b": .scalar(.integer(3))])
            #expect(changed.details == expected && changed.createdAt == .start && changed.updatedAt == .second(9))
            #expect(changed.identity == customer.identity && changed.key == customer.key)
            #expect(try await database.store().customer(customer.number) == changed)
            #expect(try await store.updateCustomer(CustomerNumber(99), now: .start) { $0.email = "x@x.example" } == nil)
        }
    }

    @Test(arguments: Place.allCases) func `of many that take one address at once, one does`(place: Place) async throws {
        try await withDatabase(place) { database in
            let stores = [try await database.store(), try await database.store()]
            let added = try await withThrowingTaskGroup(of: Bool.self) { group in
                for attempt in 0..<20 {
                    group.addTask {
                        do {
                            _ = try await stores[attempt % 2].addCustomer(
                                .sample(), identity: .sample(attempt), key: "key\(attempt)", now: .start)
                            return true
                        } catch CommerceFault.taken(field: "email") { return false }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(added == 1)
            #expect(try await stores[0].customers().count == 1)
        }
    }

    // MARK: the end

    @Test(arguments: Place.allCases) func `a terminated customer has only inactive subscriptions`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let customers = [try await store.addCustomer("One", 1), try await store.addCustomer("Two", 2)]
            let sold = try await store.addPackage()
            var subscriptions: [Subscription] = []
            for (index, customer) in [customers[0], customers[0], customers[0], customers[1]].enumerated() {
                subscriptions.append(try await store.sell(sold.number, to: customer.number, index))
            }
            _ = try await store.updateSubscription(subscriptions[1].number, now: .start) {
                $0.life.status = .terminated
            }
            _ = try await store.cancelSubscription(subscriptions[2].number, atOnce: true, now: .start)
            let account = try await store.account("school")
            _ = try await store.bind(account, to: subscriptions[0].number, force: false, now: .start)
            let told = Told(store)
            _ = try await store.updateCustomer(customers[0].number, now: .second(1)) { $0.status = .terminated }
            let statuses = try await store.subscriptions().map(\.life.status)
            #expect(statuses == [.inactive, .terminated, .inactive, .active])
            #expect(told.words == ["account \(account)"])
            let entitlement = try #require(try await store.entitlement(of: account))
            #expect(entitlement.customerStatus == .terminated && entitlement.life.status == .inactive)
            #expect(!entitlement.mayStart(at: .second(2)) && !entitlement.mayUse(at: .second(2)))
        }
    }

    @Test(arguments: Place.allCases) func `accounts hear of a customer's status, and of nothing else`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let customer = try await store.addCustomer("Nordschule")
            let sold = try await store.addPackage()
            let subscription = try await store.sell(sold.number, to: customer.number)
            let (one, two) = (try await store.account("one"), try await store.account("two"))
            for account in [one, two] {
                _ = try await store.bind(account, to: subscription.number, force: false, now: .start)
            }
            let told = Told(store)
            _ = try await store.updateCustomer(customer.number, now: .second(1)) { $0.lastName = "Tal" }
            #expect(told.words.isEmpty)
            _ = try await store.updateCustomer(customer.number, now: .second(2)) { $0.status = .suspended }
            #expect(told.words == ["account \(one)", "account \(two)"])
            #expect(try await store.entitlement(of: one)?.customerStatus == .suspended)
        }
    }

    @Test(arguments: Place.allCases, CustomerStatus.allCases)
    func `only a terminated customer is deleted`(place: Place, status: CustomerStatus) async throws {
        try await withStore(place) { store in
            let customer = try await store.addCustomer("Nordschule", 1)
            let other = try await store.addCustomer("Other", 2)
            let sold = try await store.addPackage(features: [.maxRooms: .integer(3)])
            _ = try await store.sell(sold.number, to: customer.number, 1)
            _ = try await store.sell(sold.number, to: other.number, 2)
            _ = try await store.updateCustomer(customer.number, now: .start) { $0.status = status }
            guard status == .terminated else {
                await #expect(throws: CommerceFault.notDeletable(.customerIs(status))) {
                    _ = try await store.removeCustomer(customer.number)
                }
                #expect(try await store.commerceRows() == [2, 1, 1, 2, 2])
                return
            }
            #expect(try await store.removeCustomer(customer.number))
            #expect(try await store.removeCustomer(customer.number) == false)
            // With its subscriptions and their features, and nothing of another one's.
            #expect(try await store.commerceRows() == [1, 1, 1, 1, 1])
            #expect(try await store.customers() == [other])
        }
    }

    @Test(arguments: Place.allCases) func `a customer with accounts is not deleted`(place: Place) async throws {
        try await withStore(place) { store in
            let customer = try await store.addCustomer("Nordschule")
            let subscription = try await store.sell(try await store.addPackage().number, to: customer.number)
            let account = try await store.account("school")
            _ = try await store.bind(account, to: subscription.number, force: false, now: .start)
            _ = try await store.updateCustomer(customer.number, now: .start) { $0.status = .terminated }
            await #expect(throws: CommerceFault.notDeletable(.hasAccounts(1))) {
                _ = try await store.removeCustomer(customer.number)
            }
            #expect(try await store.unbind(account))
            #expect(try await store.removeCustomer(customer.number))
            #expect(try await store.commerceRows() == [0, 1, 0, 0, 0])
        }
    }

    // MARK: what the schema refuses

    @Test(
        arguments: Place.allCases,
        [
            ("status = 'gone'", StoreFault.Constraint.check), ("type = 'club'", .check),
            ("company_name = NULL", .check),
            ("email = 'nobody'", .check), ("email = 'it@other.example'", .unique), ("subdomain = ''", .check),
            ("subdomain = 'other'", .unique), ("hostname = ''", .check), ("external_id = ''", .check),
            ("public_id = 'short'", .check), ("uuid = 'short'", .check), ("ulid = 'short'", .check),
            ("customer_key = 'key2'", .unique), ("country = 'DEU'", .check), ("currency = ''", .check),
            ("metadata = NULL", .notNull),
        ] as [(String, StoreFault.Constraint)])
    func `the schema itself refuses what must not be`(place: Place, refused: (String, StoreFault.Constraint))
        async throws
    {
        try await withStore(place) { store in
            let customer = try await store.addCustomer("Nordschule", 1)
            _ = try await store.addCustomer("Other", 2)
            await #expect(throws: StoreFault.constraint(refused.1)) {
                try await store.run("UPDATE customers SET \(refused.0) WHERE id = 1")
            }
            #expect(try await store.customer(customer.number) == customer)
        }
    }

    // MARK: metadata

    @Test(arguments: [
        #"{"external_billing_id": 123, "external_crm_id": 456}"#, #"{"crm": {"id": 456, "vip": true, "note": null}}"#,
        #"{"tags": ["a", 1, null]}"#, "{}",
        #"{"f": 1.5, "big": 9007199254740993, "n": -1, "t": "é\n\"\\\u0007", "l": []}"#,
        #"{"o": {}, "b": false, "x": null}"#,
    ]) func `metadata is read, and is stored as it was read`(text: String) async throws {
        let metadata = try JSONDecoder().decode(Metadata.self, from: Data(text.utf8))
        #expect(metadata.json.contains("123") == text.contains("123"))
        #expect(try JSONDecoder().decode(Metadata.self, from: Data(metadata.json.utf8)) == metadata)
        #expect(try JSONDecoder().decode(Metadata.self, from: JSONEncoder().encode(metadata)) == metadata)
        let store = try await Store.open(try SQLiteEngine(), newKey: Secret("key of a test"), now: .start)
        var details = CustomerDetails.sample()
        details.metadata = metadata
        let customer = try await store.addCustomer(details, identity: .sample(1), key: "a", now: .start)
        #expect(try await store.customer(customer.number)?.details.metadata == metadata)
    }

    /// It came back as a whole number: the decoder of Foundation gives one for 1.0.
    @Test func `a fraction in metadata that is worth a whole number is still one when it was stored`() async throws {
        let store = try await Store.open(try SQLiteEngine(), newKey: Secret("key of a test"), now: .start)
        var details = CustomerDetails.sample()
        details.metadata = Metadata(members: [
            "f": .scalar(.number(1)), "l": .list([.number(1e16), .integer(1)]), "o": .object(["x": .number(-2)]),
        ])
        let customer = try await store.addCustomer(details, identity: .sample(1), key: "a", now: .start)
        let stored = try await store.customer(customer.number)?.details.metadata
        #expect(stored == details.metadata && stored?.json == #"{"f":1.0,"l":[1e+16,1],"o":{"x":-2.0}}"#)
    }

    @Test(arguments: [
        #"{"a": {"b": {"c": 1}}}"#, #"{"a": [[1]]}"#, #"{"a": [{"b": 1}]}"#, #"{"a": {"b": [1]}}"#,
        #"{"a": {"b": {}}}"#,
    ]) func `metadata that is too deep is told as such`(text: String) throws {
        let fault = try #require(
            #expect(throws: ValidationFault.self) {
                _ = try JSONDecoder().decode(Metadata.self, from: Data(text.utf8))
            })
        #expect(fault.faults.map(\.code) == [.metadataTooDeep])
    }

    @Test(arguments: ["[1, 2]", #""text""#, "1", "null", "", "{"]) func `metadata is an object`(text: String) {
        #expect(throws: DecodingError.self) { _ = try JSONDecoder().decode(Metadata.self, from: Data(text.utf8)) }
    }
}
