import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct AccountIdentityTests {
    @Test(arguments: Place.allCases) func `every account has identifiers of its own, and keeps them`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let school = try await store.account("school")
            let identities = store.accounts.mapValues(\.identity)
            #expect(identities.count == 2 && Set(identities.values.map(\.id)).count == 2)
            #expect(store.accounts[.default]?.identity.createdAt == .start)
            let again = try await database.store(now: .second(60))
            #expect(again.accounts.mapValues(\.identity) == identities)
            let identity = try #require(identities[school])
            for reference in [
                ResourceReference.id(identity.id), .uuid(identity.uuid), .ulid(identity.ulid),
            ] {
                let found = try await again.account(reference)
                #expect(found?.id == school)
            }
            #expect(try await again.account(.id("zzzzzzzzzz")) == nil)
        }
    }

    @Test(arguments: Place.allCases) func `accounts of an older version get theirs when the store is opened`(
        place: Place
    ) async throws {
        try await withDatabase(place) { database in
            let engine = try database.engine()
            let older = Schema.migrations.filter { $0.number < 6 }
            try await Migrator.migrate(engine, with: older, now: .start)
            try await engine.write { connection in
                _ = try connection.execute(
                    """
                    INSERT INTO accounts (id, slug, name, created_at)
                    VALUES (1, 'default', 'Default account', 1000), (2, 'school', 'School', 2000)
                    """)
                _ = try connection.execute("UPDATE counters SET value = 2 WHERE name = 'account'")
            }
            let store = try await database.store(now: .second(60))
            let accounts = store.accounts
            #expect(accounts.count == 2)
            #expect(accounts[AccountID(2)]?.identity.createdAt == WireTime(milliseconds: 2_000))
            #expect(accounts[AccountID(2)]?.updatedAt == WireTime(milliseconds: 2_000))
            #expect(accounts[AccountID(2)]?.details == AccountDetails(name: "School"))
            #expect(accounts[.default]?.identity != accounts[AccountID(2)]?.identity)
        }
    }

    @Test func `identifiers are those that whoever opens the store makes`() async throws {
        let store = try await Store.open(
            try SQLiteEngine(), newKey: Secret("key of a test"), now: .start, identity: { _ in .sample(7) })
        #expect(store.accounts[.default]?.identity == .sample(7))
    }

    @Test(arguments: Place.allCases) func `what people may change is changed, and everybody hears of it`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let school = try await store.account("school")
            let metadata = Metadata(members: ["cost_centre": .scalar(.integer(4_100))])
            let changed = try await store.updateAccount(school, now: .second(5)) { details in
                details.name = "Nordschule"
                details.code = "A-1"
                details.tag = "school"
                details.isActive = false
                details.metadata = metadata
            }
            #expect(changed?.details.metadata == metadata && changed?.rights.isEnabled == false)
            #expect(changed?.code == "A-1" && changed?.tag == "school" && changed?.name == "Nordschule")
            #expect(changed?.updatedAt == .second(5) && changed?.createdAt == .start)
            #expect(store.accounts[school] == changed)
            let next = try await database.store()
            #expect(next.accounts[school] == changed)
            // What changes nothing is no change.
            let same = try await store.updateAccount(school, now: .second(6)) { $0.tag = "school" }
            #expect(same?.updatedAt == .second(5))
            await #expect(throws: ValidationFault.self) {
                _ = try await store.updateAccount(school, now: .second(7)) { $0.name = "" }
            }
            #expect(store.accounts[school] == changed)
            #expect(try await store.updateAccount(AccountID(99), now: .second(8)) { $0.tag = nil } == nil)
        }
    }

    @Test(arguments: Place.allCases) func `an account is made in its subscription, or not at all`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let customer = try await store.addCustomer("Nordschule")
            let bought = try await store.addPackage(features: [.maxAccounts: .integer(1)])
            let subscription = try await store.sell(bought.number, to: customer.number)
            func add(_ slug: String, _ number: Int) async throws -> Account {
                try await store.addAccount(
                    slug: try #require(Slug(slug)), AccountDetails(name: slug), identity: .sample(number),
                    subscription: subscription.number, now: .start)
            }
            let first = try await add("one", 1)
            #expect(first.entitlement?.subscription == subscription.number)
            let owner = try await store.accountOwners()[first.id]
            #expect(owner?.customerID == customer.identity.id && owner?.subscriptionID == subscription.identity.id)
            await #expect(throws: CommerceFault.self) { _ = try await add("two", 2) }
            #expect(store.roster { $0.accounts.count } == 2)
            #expect(try await store.number("SELECT COUNT(*) FROM accounts") == 2)
        }
    }

    // MARK: deleting

    @Test(arguments: Place.allCases) func `an inactive account goes with all that is its own`(place: Place) async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let there = try await database.store()
            let school = try await store.account("school")
            _ = try await store.addSecret(.sample("red"), label: "a", to: school, now: .start)
            _ = try await store.registerHook(
                id: "h-1", account: school, callbackURL: "https://lms.example/", meetingID: nil, eventID: nil,
                isRaw: false,
                secret: nil, now: .start)
            let server = try await store.addSample("bbb1")
            guard
                case .written(let meeting) = try await store.intend(
                    Intent(
                        key: MeetingKey(account: school, meetingID: try #require(MeetingID(rawValue: "room"))),
                        name: "Room", server: server.id, attendeePW: "a", moderatorPW: "m", parameters: "name=Room",
                        expectedLoad: 12, creator: "node-1"), displacing: nil, now: .start)
            else { throw Unexpected("taken") }
            #expect(try await store.removeAccount(AccountID(99), now: .start) == false)
            await #expect(throws: AccountRemovalFault.isActive) {
                _ = try await store.removeAccount(school, now: .start)
            }
            _ = try await store.updateAccount(school, now: .start) { $0.isActive = false }
            await #expect(throws: AccountRemovalFault.hasMeetings(1)) {
                _ = try await store.removeAccount(school, now: .start)
            }
            #expect(try await store.end(meeting, reason: "over", now: .start))
            #expect(try await store.removeAccount(school, now: .start))
            #expect(store.accounts[school] == nil)
            #expect(store.roster { $0.hooks.isEmpty })
            for table in ["account_secrets", "hooks", "meetings", "placements", "deliveries"] {
                #expect(try await store.number("SELECT COUNT(*) FROM \(table)") == 0, "\(table)")
            }
            // Other processes hear of it.
            try await there.catchUp()
            #expect(there.accounts[school] == nil)
            #expect(there.roster { $0.hooks.isEmpty })
            // Its number is not given again.
            let next = try await store.account("school")
            #expect(next > school)
        }
    }

    @Test func `the default account is not deleted`() async throws {
        try await withStore(.memory) { store in
            _ = try await store.updateAccount(.default, now: .start) { $0.isActive = false }
            await #expect(throws: AccountRemovalFault.isDefault) {
                _ = try await store.removeAccount(.default, now: .start)
            }
            #expect(AccountRemovalFault.isDefault.problem.status == 409)
        }
    }
}
