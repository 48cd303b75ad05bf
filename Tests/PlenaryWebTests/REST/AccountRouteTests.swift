import HTTPTypes
import PlenaryCore
import Testing

@testable import PlenaryWeb

/// A customer with a subscription, and a key of the platform.
struct TenantDesk: Sendable {
    let desk: Desk
    let key: APIKeyText
    let customer: Customer
    let subscription: String

    init(_ desk: Desk, _ name: String = "Nordschule", features: JSON = []) async throws {
        self.desk = desk
        key = try await desk.key()
        customer = try await desk.addCustomer(name, as: key)
        let package = try await desk.addPackage(["name": "Meet", "features": features], as: key)
        subscription = try await desk.sell(package, to: customer, as: key)
    }

    /// Adds an account by the API.
    func account(_ name: String = "Meetings", as caller: APIKeyText? = nil) async throws -> APIReply {
        try await desk.api(
            .post, "/accounts", ["account_name": .text(name), "subscription_id": .text(subscription)],
            as: caller ?? key)
    }

    /// Adds an account, and gives its id.
    func accountID(_ name: String = "Meetings") async throws -> String {
        let reply = try await account(name)
        #expect(reply.status == 201, "\(reply.text)")
        return try #require(reply.json["id"]?.text)
    }
}

@Suite struct AccountRouteTests {
    private static let check = SchemaCheck(schemas: CommerceSchemaTests.schemas)

    @Test func `an account is made, shown, changed and deleted`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk)
            let made = try await tenant.account("Nordschule Meetings")
            #expect(made.status == 201, "\(made.text)")
            let id = try #require(made.json["id"]?.text)
            #expect(made.header("Location") == "/api/v1/accounts/\(id)")
            #expect(made.json["account_key"] == "nordschule-meetings")
            #expect(made.json["subscriber_id"] == .text(tenant.customer.identity.id))
            #expect(made.json["subscription_id"] == .text(tenant.subscription))
            #expect(Self.check.faults(of: made.json, JSONSchema.named("Account")).isEmpty)
            let second = try await tenant.account("Nordschule Meetings")
            #expect(second.json["account_key"] != made.json["account_key"])

            let path = "/accounts/\(id)"
            let shown = try await desk.api(.get, "\(path)?include=customer,subscription,users", as: tenant.key)
            #expect(shown.json["customer"]?["id"] == .text(tenant.customer.identity.id))
            #expect(shown.json["users"]?.elements?.map { $0["owner"] } == [.bool(true)])
            let tag = try #require(shown.header("ETag"))
            let early = try await desk.api(.delete, path, as: tenant.key)
            #expect(early.code == "not_deletable")
            let changed = try await desk.api(
                .patch, path, ["status": "inactive", "tag": "school"], as: tenant.key, headers: ["If-Match": tag])
            #expect(changed.json["status"] == "inactive")
            let stale = try await desk.api(
                .patch, path, ["tag": "other"], as: tenant.key, headers: ["If-Match": tag])
            #expect(stale.status == 412)
            let gone = try await desk.api(.delete, path, as: tenant.key)
            #expect(gone.status == 204, "\(gone.text)")
            let after = try await desk.api(.get, path, as: tenant.key)
            #expect(after.status == 404)
        }
    }

    @Test func `everything that is wrong with an account is told at once`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk)
            let reply = try await desk.api(
                .post, "/accounts",
                [
                    "subscription_id": "sB9xHt3LwV", "account_key": "no key", "code": 1, "nonsense": 1,
                    "account_settings": ["a": 1],
                ], as: tenant.key)
            #expect(reply.status == 422)
            #expect(
                reply.faults == [
                    "/account_key invalid_format", "/account_name required", "/account_settings read_only",
                    "/code invalid_type", "/nonsense unknown_field", "/subscription_id not_found",
                ])
            let taken = try await desk.api(
                .post, "/accounts",
                ["account_name": "A", "subscription_id": .text(tenant.subscription), "account_key": "default"],
                as: tenant.key)
            #expect(taken.faults == ["/account_key not_unique"])
        }
    }

    @Test func `a subscription has so many accounts`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk, features: [["code": "max_accounts", "value": 1]])
            _ = try await tenant.accountID()
            let refused = try await tenant.account("Second")
            #expect(refused.status == 403)
            #expect(refused.code == "limit_exceeded")
            #expect(refused.json["limit"]?["code"] == "max_accounts")
            #expect(refused.json["limit"]?["subscription_id"] == .text(tenant.subscription))
        }
    }

    @Test func `a customer makes accounts where the subscription allows it, and sees no others`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let north = try await TenantDesk(desk, "North")
            let south = try await TenantDesk(
                desk, "South", features: [["code": "allow_create_account", "value": true]])
            let id = try await north.accountID("North")
            let northern = try await desk.key(of: [north.customer.number])
            let southern = try await desk.key(of: [south.customer.number])
            let refused = try await north.account("Own", as: northern)
            #expect(refused.code == "feature_not_available")
            let made = try await south.account("Own", as: southern)
            #expect(made.status == 201, "\(made.text)")
            let foreign = try await north.account("Foreign", as: southern)
            #expect(foreign.faults == ["/subscription_id not_found"])

            let list = try await desk.api(.get, "/accounts", as: southern)
            #expect(list.data.map { $0["account_name"] } == [.text("Own")])
            for method: HTTPRequest.Method in [.get, .patch, .delete] {
                let body: JSON? = method == .patch ? ["tag": "x"] : nil
                let hidden = try await desk.api(method, "/accounts/\(id)", body, as: southern)
                #expect(hidden.status == 404)
                let reader = try await desk.key(["rooms.read"])
                let forbidden = try await desk.api(method, "/accounts/\(id)", body, as: reader)
                #expect(forbidden.status == 403)
                let nobody = try await desk.api(method, "/accounts/\(id)", body, as: nil)
                #expect(nobody.status == 401)
            }
        }
    }

    @Test func `who was made inactive does not make himself active`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk)
            let path = "/accounts/\(try await tenant.accountID())"
            let own = try await desk.key(of: [tenant.customer.number])
            let off = try await desk.api(.patch, path, ["status": "inactive"], as: own)
            #expect(off.status == 200)
            let on = try await desk.api(.patch, path, ["status": "active"], as: own)
            #expect(on.faults == ["/status read_only"])
            let unlocked = try await desk.api(.patch, path, ["status": "active"], as: tenant.key)
            #expect(unlocked.json["status"] == "active")
        }
    }

    @Test func `an account has users of its customer, and one owner`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk)
            let path = "/accounts/\(try await tenant.accountID())/users"
            let inherited = try await desk.api(.get, path, as: tenant.key)
            let owner = try #require(inherited.data.first?["user_id"]?.text)
            #expect(inherited.data.map { $0["owner"] } == [.bool(true)])
            let kept = try await desk.api(.delete, "\(path)/\(owner)", as: tenant.key)
            #expect(kept.code == "owner_required")

            let stranger = try await desk.api(.post, path, ["email": "eva@else.example"], as: tenant.key)
            #expect(stranger.code == "user_not_of_customer")
            let both = try await desk.api(.post, path, ["nonsense": 1], as: tenant.key)
            #expect(both.faults == ["/nonsense unknown_field", "/user_id required"])
            let invited = try await desk.api(
                .post, "/customers/\(tenant.customer.identity.id)/users",
                ["email": "eva@nordschule.example", "first_name": "Eva", "last_name": "Lind"], as: tenant.key)
            let eva = try #require(invited.json["user_id"]?.text)
            let added = try await desk.api(.post, path, ["user_id": .text(eva)], as: tenant.key)
            #expect(added.status == 201, "\(added.text)")
            #expect(Self.check.faults(of: added.json, JSONSchema.named("AccountUser")).isEmpty)
            let moved = try await desk.api(.patch, "\(path)/\(eva)", ["owner": true], as: tenant.key)
            #expect(moved.json["owner"] == true)
            let list = try await desk.api(.get, path, as: tenant.key)
            #expect(list.data.count == 1)
            #expect(Self.check.faults(of: list.json, JSONSchema.named("AccountUserList")).isEmpty)
            let refused = try await desk.api(.patch, "\(path)/\(eva)", ["owner": false], as: tenant.key)
            #expect(refused.code == "owner_required")
            let foreign = try await desk.key(of: [])
            let hidden = try await desk.api(.get, path, as: foreign)
            #expect(hidden.status == 404)
        }
    }
}
