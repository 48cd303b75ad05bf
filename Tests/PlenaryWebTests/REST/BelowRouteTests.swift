import HTTPTypes
import PlenaryCore
import PlenaryRooms
import PlenaryStore
import Testing

/// What is below customers, subscriptions and accounts: shown with them, and gone with them (`rooms-api.md` 3, 4, 5.3).
@Suite struct BelowRouteTests {
    private static let features: JSON = [["code": "max_rooms", "value": 5]]

    private static func room(_ tenant: TenantDesk, in account: String) async throws -> String {
        let body: JSON = ["account_id": .text(account), "room_name": "Talk"]
        let room = try await tenant.desk.api(.post, "/rooms", body, as: tenant.key)
        #expect(room.status == 201, "\(room.text)")
        return try #require(room.json["id"]?.text)
    }

    @Test func `an account shows its rooms, and a subscription its accounts`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk, features: Self.features)
            let account = try await tenant.accountID()
            let other = try await tenant.accountID("Other")
            let room = try await Self.room(tenant, in: account)
            let shown = try await desk.api(.get, "/accounts/\(account)?include=rooms", as: tenant.key)
            #expect(shown.status == 200, "\(shown.text)")
            #expect(shown.json["rooms"]?.elements?.map { $0["id"] } == [.text(room)])
            let path = "/subscriptions/\(tenant.subscription)"
            let sold = try await desk.api(.get, "\(path)?include=accounts.rooms", as: tenant.key)
            #expect(sold.status == 200, "\(sold.text)")
            let accounts = sold.json["accounts"]?.elements ?? []
            #expect(accounts.map { $0["id"] } == [.text(account), .text(other)])
            #expect(accounts.map { $0["rooms"]?.elements?.count } == [1, 0])
            let blind = try await desk.key(["accounts.read", "subscriptions.read"])
            for wanted in ["/accounts?include=rooms", "\(path)?include=accounts.rooms"] {
                let refused = try await desk.api(.get, wanted, as: blind)
                #expect(refused.status == 403, "\(wanted)")
            }
            let seller = try await desk.key(["subscriptions.read"])
            let refused = try await desk.api(.get, "\(path)?include=accounts", as: seller)
            #expect(refused.status == 403)
        }
    }

    @Test func `a terminated customer has inactive accounts, and goes with all its rooms`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk, features: Self.features)
            let account = try await tenant.accountID()
            let room = try await Self.room(tenant, in: account)
            let bystander = try await TenantDesk(desk, "South", features: Self.features)
            let kept = try await Self.room(bystander, in: try await bystander.accountID("South"))
            let path = "/customers/\(tenant.customer.identity.id)"
            let early = try await desk.api(.delete, path, as: tenant.key)
            #expect(early.code == "not_deletable")
            let ended = try await desk.api(.patch, path, ["status": "terminated"], as: tenant.key)
            #expect(ended.status == 200, "\(ended.text)")
            let closed = try await desk.api(.get, "/accounts/\(account)", as: tenant.key)
            #expect(closed.json["status"] == "inactive")
            let gone = try await desk.api(.delete, path, as: tenant.key)
            #expect(gone.status == 204, "\(gone.text)")
            for place in [path, "/accounts/\(account)", "/rooms/\(room)", "/subscriptions/\(tenant.subscription)"] {
                let after = try await desk.api(.get, place, as: tenant.key)
                #expect(after.status == 404, "\(place)")
            }
            let other = try await desk.api(.get, "/rooms/\(kept)", as: tenant.key)
            #expect(other.status == 200)
        }
    }

    @Test func `an inactive subscription goes with its accounts`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk, features: Self.features)
            let account = try await tenant.accountID()
            let room = try await Self.room(tenant, in: account)
            let path = "/subscriptions/\(tenant.subscription)"
            let ended = try await desk.api(.patch, path, ["status": "inactive"], as: tenant.key)
            #expect(ended.status == 200, "\(ended.text)")
            let gone = try await desk.api(.delete, path, as: tenant.key)
            #expect(gone.status == 204, "\(gone.text)")
            for place in [path, "/accounts/\(account)", "/rooms/\(room)"] {
                let after = try await desk.api(.get, place, as: tenant.key)
                #expect(after.status == 404, "\(place)")
            }
        }
    }

    @Test func `the status of a room is told in the language of the caller`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk, features: Self.features)
            let path = "/rooms/\(try await Self.room(tenant, in: try await tenant.accountID()))/status"
            let english = try await desk.api(.get, path, as: tenant.key)
            #expect(english.json["message"] == "No meeting is running.")
            let german = try await desk.api(.get, path, as: tenant.key, headers: ["Accept-Language": "de-AT, en;q=0.5"])
            #expect(german.json["message"] == "Es läuft kein Meeting.")
            let other = try await desk.api(.get, path, as: tenant.key, headers: ["Accept-Language": "nl"])
            #expect(other.json["message"] == "No meeting is running.")
        }
    }

    @Test func `nobody makes another customer's user the owner of an account or a room`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk, features: Self.features)
            let account = try await tenant.accountID()
            let room = try await Self.room(tenant, in: account)
            let south = try await desk.addCustomer("South", as: tenant.key)
            let made = try await desk.api(
                .post, "/customers/\(south.identity.id)/users",
                ["email": "i.berg@south.example", "first_name": "Isolde", "last_name": "Berg"], as: tenant.key)
            let id = try #require(made.json["user_id"]?.text)
            let theirs = try await desk.key(of: [tenant.customer.number])
            let claimed = try await desk.api(
                .post, "/customers/\(tenant.customer.identity.id)/users", ["email": "i.berg@south.example"], as: theirs)
            #expect(claimed.status == 201, "\(claimed.text)")
            let users = "/accounts/\(account)/users"
            let owner = try await desk.api(.post, users, ["user_id": .text(id), "owner": true], as: theirs)
            #expect(owner.status == 403, "\(owner.text)")
            let member = try await desk.api(.post, users, ["user_id": .text(id)], as: theirs)
            #expect(member.status == 201, "\(member.text)")
            let crowned = try await desk.api(.patch, "\(users)/\(id)", ["owner": true], as: theirs)
            #expect(crowned.status == 403, "\(crowned.text)")
            let given = try await desk.api(.put, "/rooms/\(room)/owner", ["user_id": .text(id)], as: theirs)
            #expect(given.status == 403, "\(given.text)")
            // So their own customer can still delete them.
            let gone = try await desk.api(.delete, "/users/\(id)", as: try await desk.key(of: [south.number]))
            #expect(gone.status == 204, "\(gone.text)")
        }
    }
}
