import HTTPTypes
import PlenaryCore
import Testing

@testable import PlenaryWeb

@Suite struct UserRouteTests {
    private static let check = SchemaCheck(schemas: CommerceSchemaTests.schemas)

    @Test func `a user is made, shown, changed and deleted`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let made = try await desk.api(
                .post, "/users",
                ["email": "Ida@School.example", "first_name": "Ida", "last_name": "Berg", "user_metadata": ["a": 1]],
                as: key)
            #expect(made.status == 201, "\(made.text)")
            #expect(made.json["email"] == "ida@school.example")
            #expect(Self.check.faults(of: made.json, JSONSchema.named("User")).isEmpty)
            let path = "/users/\(try #require(made.json["id"]?.text))"
            let tag = try #require(made.header("ETag"))
            let changed = try await desk.api(
                .patch, path, ["last_name": "Sand"], as: key, headers: ["If-Match": tag])
            #expect(changed.json["last_name"] == "Sand")
            let stale = try await desk.api(.delete, path, as: key, headers: ["If-Match": tag])
            #expect(stale.status == 412)
            let again = try await desk.api(
                .post, "/users", ["email": "ida@school.example", "first_name": "I", "last_name": "B"], as: key)
            #expect(again.faults == ["/email not_unique"])
            let wrong = try await desk.api(.post, "/users", ["email": "ida", "nonsense": 1], as: key)
            #expect(
                wrong.faults == [
                    "/email invalid_format", "/first_name required", "/last_name required", "/nonsense unknown_field",
                ])
            let gone = try await desk.api(.delete, path, as: key)
            #expect(gone.status == 204)
        }
    }

    @Test func `a customer's own see their users only, and change nobody who belongs to others too`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let north = try await desk.addCustomer("North", as: key)
            let south = try await desk.addCustomer("South", as: key)
            let theirs = try await desk.key(of: [north.number])
            let list = try await desk.api(.get, "/users", as: theirs)
            #expect(list.data.map { $0["email"] } == [.text("it@north.example")])
            let all = try await desk.api(.get, "/users", as: key)
            #expect(all.data.count == 2)
            let owner = try #require(list.data.first?["id"]?.text)
            let other = try #require(all.data.first { $0["email"] == "it@south.example" }?["id"]?.text)
            let hidden = try await desk.api(.get, "/users/\(other)", as: theirs)
            #expect(hidden.status == 404)
            let renamed = try await desk.api(.patch, "/users/\(owner)", ["first_name": "Isa"], as: theirs)
            #expect(renamed.json["first_name"] == "Isa")
            _ = try await desk.api(
                .post, "/customers/\(south.identity.id)/users", ["user_id": .text(owner)], as: key)
            let southern = try await desk.key(of: [south.number])
            let refused = try await desk.api(.patch, "/users/\(owner)", ["email": "me@evil.example"], as: southern)
            #expect(refused.status == 403)
            let made = try await desk.api(.post, "/users", ["email": "a@b.example"], as: theirs)
            #expect(made.status == 403)
            let reader = try await desk.key(["rooms.read"])
            let forbidden = try await desk.api(.get, "/users/\(owner)", as: reader)
            #expect(forbidden.status == 403)
            let nobody = try await desk.api(.get, "/users", as: nil)
            #expect(nobody.status == 401)
        }
    }

    @Test func `who was invited to a room of others is not taken from there by an e-mail address`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let south = try await TenantDesk(desk, "South", features: [["code": "max_rooms", "value": 5]])
            let account = try await south.accountID()
            let room = try await desk.api(
                .post, "/rooms", ["account_id": .text(account), "room_name": "Talk"], as: south.key)
            let people = "/rooms/\(try #require(room.json["id"]?.text))/users"
            let invited = try await desk.api(
                .post, people, ["email": "guest@else.example", "permissions": ["room.view", "room.update"]],
                as: south.key)
            #expect(invited.status == 201, "\(invited.text)")
            let guest = try #require(invited.json["user_id"]?.text)

            let north = try await desk.addCustomer("North", as: south.key)
            let theirs = try await desk.key(of: [north.number])
            let added = try await desk.api(
                .post, "/customers/\(north.identity.id)/users", ["email": "guest@else.example"], as: theirs)
            #expect(added.status == 201, "\(added.text)")
            let taken = try await desk.api(.patch, "/users/\(guest)", ["email": "me@evil.example"], as: theirs)
            #expect(taken.status == 403, "\(taken.text)")
            let deleted = try await desk.api(.delete, "/users/\(guest)", as: theirs)
            #expect(deleted.status == 403, "\(deleted.text)")
            let left = try await desk.api(.get, people, as: south.key)
            #expect(left.data.contains { $0["email"] == "guest@else.example" })
            // In no room of others any more, they are changed.
            let gone = try await desk.api(.delete, "\(people)/\(guest)", as: south.key)
            #expect(gone.status == 204, "\(gone.text)")
            let changed = try await desk.api(.patch, "/users/\(guest)", ["last_name": "Sand"], as: theirs)
            #expect(changed.status == 200, "\(changed.text)")
        }
    }

    @Test func `what one customer wrote down about a user is not for the next who knows the address`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let north = try await desk.addCustomer("North", as: key)
            let south = try await desk.addCustomer("South", as: key)
            let made = try await desk.api(
                .post, "/users",
                ["email": "a@south.example", "first_name": "A", "last_name": "B", "user_metadata": ["staff": 17]],
                as: key)
            let id = try #require(made.json["id"]?.text)
            _ = try await desk.api(.post, "/customers/\(south.identity.id)/users", ["user_id": .text(id)], as: key)
            let southern = try await desk.key(of: [south.number])
            let own = try await desk.api(.get, "/users/\(id)", as: southern)
            #expect(own.json["user_metadata"]?["staff"] == 17)
            let northern = try await desk.key(of: [north.number])
            let added = try await desk.api(
                .post, "/customers/\(north.identity.id)/users", ["email": "a@south.example"], as: northern)
            #expect(added.status == 201, "\(added.text)")
            let seen = try await desk.api(.get, "/users/\(id)", as: northern)
            #expect(seen.status == 200)
            #expect(seen.json["user_metadata"] == JSON.object([]))
            let found = try await desk.api(.get, "/users?filter[user_metadata.staff]=17", as: northern)
            #expect(found.data.isEmpty)
            let whole = try await desk.api(.get, "/users/\(id)", as: key)
            #expect(whole.json["user_metadata"]?["staff"] == 17)
        }
    }

    @Test func `knowing an address takes nobody away from their customer, and tells no name`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let north = try await desk.addCustomer("North", as: key)
            let south = try await desk.addCustomer("South", as: key)
            let southern = try await desk.key(of: [south.number])
            let made = try await desk.api(
                .post, "/customers/\(south.identity.id)/users",
                ["email": "i.berg@south.example", "first_name": "Isolde", "last_name": "Berg"], as: southern)
            let id = try #require(made.json["user_id"]?.text)

            let northern = try await desk.key(of: [north.number])
            let path = "/customers/\(north.identity.id)/users"
            let owner = try await desk.api(
                .post, path, ["email": "i.berg@south.example", "owner": true], as: northern)
            #expect(owner.status == 403, "\(owner.text)")
            let claimed = try await desk.api(.post, path, ["email": "i.berg@south.example"], as: northern)
            #expect(claimed.status == 201, "\(claimed.text)")
            #expect(claimed.json["name"] == "i berg")
            let crowned = try await desk.api(.patch, "\(path)/\(id)", ["owner": true], as: northern)
            #expect(crowned.status == 403, "\(crowned.text)")
            let seen = try await desk.api(.get, "/users/\(id)", as: northern)
            #expect(seen.json["first_name"] == "i")
            let list = try await desk.api(.get, "\(path)?filter[owner]=false", as: northern)
            #expect(list.data.map { $0["name"] } == ["i berg"])
            let taken = try await desk.api(.patch, "/users/\(id)", ["email": "me@evil.example"], as: northern)
            #expect(taken.status == 403, "\(taken.text)")
            // To their own customer nothing happened.
            let changed = try await desk.api(.patch, "/users/\(id)", ["last_name": "Sand"], as: southern)
            #expect(changed.json["last_name"] == "Sand", "\(changed.text)")
            // Others invited them by the address: whoever had another one in its place would come in there as them.
            let moved = try await desk.api(.patch, "/users/\(id)", ["email": "me@evil.example"], as: southern)
            #expect(moved.status == 403 && moved.code == "forbidden", "\(moved.text)")
            let same = try await desk.api(.patch, "/users/\(id)", ["email": "I.Berg@south.example"], as: southern)
            #expect(same.status == 200, "\(same.text)")
            let gone = try await desk.api(.delete, "/customers/\(south.identity.id)/users/\(id)", as: southern)
            #expect(gone.status == 204)
            let inherited = try await desk.api(.patch, "/users/\(id)", ["last_name": "Lind"], as: northern)
            #expect(inherited.status == 200, "\(inherited.text)")
            let alone = try await desk.api(.patch, "/users/\(id)", ["email": "i.lind@north.example"], as: northern)
            #expect(alone.status == 200, "\(alone.text)")
            let back = try await desk.api(.patch, "/users/\(id)", ["email": "i.berg@south.example"], as: key)
            #expect(back.status == 200, "\(back.text)")
            _ = try await desk.api(
                .post, "/customers/\(south.identity.id)/users", ["email": "i.berg@south.example"], as: southern)
            let lost = try await desk.api(.patch, "/users/\(id)", ["last_name": "Sand"], as: southern)
            #expect(lost.status == 403, "\(lost.text)")
        }
    }

    @Test func `a room of others shows nobody's name but the one that the address tells`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let south = try await desk.addCustomer("South", as: key)
            _ = try await desk.api(
                .post, "/customers/\(south.identity.id)/users",
                ["email": "i.berg@south.example", "first_name": "Isolde", "last_name": "Berg"], as: key)
            let north = try await TenantDesk(desk, "North", features: [["code": "max_rooms", "value": 5]])
            let room = try await desk.api(
                .post, "/rooms", ["account_id": .text(try await north.accountID()), "room_name": "Talk"], as: north.key)
            let theirs = try await desk.key(of: [north.customer.number])
            let invited = try await desk.api(
                .post, "/rooms/\(try #require(room.json["id"]?.text))/users",
                ["email": "i.berg@south.example", "permissions": ["room.view"]], as: theirs)
            #expect(invited.status == 201, "\(invited.text)")
            #expect(invited.json["name"] == "i berg")
        }
    }

    @Test func `a customer has one owner, and invites whom its domains allow`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let home = "/customers/\(customer.identity.id)"
            let path = "\(home)/users"
            _ = try await desk.api(
                .patch, home, ["allowed_domains_registration": ["nordschule.example"]], as: key)
            let outside = try await desk.api(
                .post, path, ["email": "a@else.example", "first_name": "A", "last_name": "B"], as: key)
            #expect(outside.status == 422)
            #expect(outside.code == "email_domain_not_allowed")
            let nameless = try await desk.api(.post, path, ["email": "eva@nordschule.example"], as: key)
            #expect(nameless.faults == ["/first_name required", "/last_name required"])
            let eva = try await desk.api(
                .post, path,
                ["email": "eva@nordschule.example", "first_name": "Eva", "last_name": "Lind", "owner": true], as: key)
            #expect(eva.status == 201, "\(eva.text)")
            #expect(Self.check.faults(of: eva.json, JSONSchema.named("CustomerUser")).isEmpty)
            let list = try await desk.api(.get, "\(path)?filter[owner]=true", as: key)
            #expect(list.data == [eva.json])
            let evasID = try #require(eva.json["user_id"]?.text)
            let kept = try await desk.api(.delete, "\(path)/\(evasID)", as: key)
            #expect(kept.code == "owner_required")
            let included = try await desk.api(.get, "\(home)?include=users,accounts", as: key)
            #expect(included.json["users"]?.elements?.count == 2)
            #expect(included.json["accounts"] == [])
            let others = try await desk.api(.get, "\(path)?filter[owner]=false", as: key)
            let former = try #require(others.data.first?["user_id"]?.text)
            let gone = try await desk.api(.delete, "\(path)/\(former)", as: key)
            #expect(gone.status == 204)
            let theirs = try await desk.key(of: [])
            let hidden = try await desk.api(.get, path, as: theirs)
            #expect(hidden.status == 404)
        }
    }

    @Test func `whoever asks is told who they are`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let theirs = try await desk.key(["rooms.*"], of: [customer.number])
            let me = try await desk.api(.get, "/me", as: theirs)
            #expect(me.json["kind"] == "api_key")
            #expect(me.json["id"] == .text(theirs.id))
            #expect(me.json["permissions"] == ["rooms.*"])
            #expect(me.json["customer_ids"] == [.text(customer.identity.id)])
            #expect(Self.check.faults(of: me.json, JSONSchema.named("Me")).isEmpty)
            let platform = try await desk.api(.get, "/me", as: key)
            #expect(platform.json["customer_ids"] == .null)
            let nobody = try await desk.api(.get, "/me", as: nil)
            #expect(nobody.status == 401)
        }
    }
}
