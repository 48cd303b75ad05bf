import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryWeb

/// Sessions as credentials of the REST API (`rooms-api.md` 2.2), and what users may do by them (13).
@Suite struct SessionRouteTests {
    @Test func `an administrator does what the roles give, with the token of the session`() async throws {
        try await Desk.open(looksAround: false) { desk in
            try await desk.addAdministrator()
            let browser = try await desk.signIn("olga@rooms.example", isAdmin: true)
            let me = try await desk.api(.get, "/me", as: nil, headers: ["Cookie": browser.cookie])
            #expect(me.status == 200 && me.json["kind"] == "administrator", "\(me.text)")
            #expect(me.header("X-CSRF-Token") == browser.csrfToken)
            let body: JSON = ["name": "support", "permissions": ["*.read"]]
            let without = try await desk.api(.post, "/roles", body, as: nil, headers: ["Cookie": browser.cookie])
            #expect(without.status == 403 && without.code == "forbidden")
            let wrong = try await desk.api(
                .post, "/roles", body, as: nil, headers: browser.headers(["X-CSRF-Token": "0"], isChanging: false))
            #expect(wrong.status == 403)
            for site in ["cross-site", "same-site"] {
                let foreign = try await desk.api(
                    .post, "/roles", body, as: nil, headers: browser.headers(["Sec-Fetch-Site": site]))
                #expect(foreign.status == 403)
            }
            let foreign = try await desk.api(
                .post, "/roles", body, as: nil, headers: browser.headers(["Origin": "https://evil.example"]))
            #expect(foreign.status == 403)
            let made = try await desk.api(
                .post, "/roles", body, as: nil, headers: browser.headers(["Origin": "https://plenary.example"]))
            #expect(made.status == 201, "\(made.text)")
            // Nobody changes what he may do himself.
            let id = try #require(me.json["id"]?.text)
            let own = try await desk.api(.patch, "/admins/\(id)", ["roles": ["support"]], in: browser)
            #expect(own.status != 200, "\(own.text)")
        }
    }

    @Test func `a session that is over is no credential, and a role that is taken away has no effect`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let olga = try await desk.addAdministrator()
            let key = try await desk.key()
            _ = try await desk.api(.post, "/roles", ["name": "reader", "permissions": ["*.read"]], as: key)
            try await desk.addAdministrator("max@rooms.example", roles: ["reader"])
            let reader = try await desk.signIn("max@rooms.example", isAdmin: true)
            let read = try await desk.api(.get, "/customers", in: reader)
            #expect(read.status == 200)
            let written = try await desk.api(.post, "/packages", ["name": "Meet"], in: reader)
            #expect(written.status == 403)
            let admin = try await desk.signIn("olga@rooms.example", isAdmin: true)
            let gone = try await desk.api(.get, "/customers", as: nil, headers: ["Cookie": "__Host-session=x"])
            #expect(gone.status == 401 && gone.header("WWW-Authenticate") == "Bearer")
            desk.clock.advance(by: .seconds(3_600))
            let late = try await desk.api(.get, "/admins/\(olga.identity.id)", in: admin)
            #expect(late.status == 401)
        }
    }

    @Test func `links that set passwords are made for whom one may change`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let olga = try await desk.addAdministrator()
            let user = try await desk.addUser()
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let schemas = CommerceSchemaTests.schemas
            for path in ["/admins/\(olga.identity.id)/setup-link", "/users/\(user.identity.id)/setup-link"] {
                let made = try await desk.api(.post, path, as: key)
                #expect(made.status == 201, "\(made.text)")
                #expect(SchemaCheck(schemas: schemas).faults(of: made.json, JSONSchema.named("SetupLink")).isEmpty)
                let url = try #require(made.json["url"]?.text)
                #expect(url.hasPrefix("https://plenary.example/setup?token="))
                let page = try await desk.get(String(url.dropFirst("https://plenary.example".count)))
                #expect(page.status == 200)
                let wrong = try await desk.api(.post, path, ["x": 1], as: key)
                #expect(wrong.faults == ["/x unknown_field"])
                let nobody = try await desk.api(.post, path, as: nil)
                #expect(nobody.status == 401)
                let theirs = try await desk.api(.post, path, as: try await desk.key(of: [customer.number]))
                #expect(theirs.status == 403)
                let few = try await desk.api(.post, path, as: try await desk.key(["rooms.*"]))
                #expect(few.status == 403)
            }
            // Who may do everything is not taken over by who may not.
            let some = try await desk.api(
                .post, "/admins/\(olga.identity.id)/setup-link", as: try await desk.key(["admins.manage"]))
            #expect(some.status == 403)
            let helper = try await desk.api(
                .post, "/users/\(user.identity.id)/setup-link", as: try await desk.key(["users.*"]))
            #expect(helper.status == 403, "\(helper.text)")
            let unknown = try await desk.api(.post, "/users/zzzzzzzzzz/setup-link", as: key)
            #expect(unknown.status == 404)
        }
    }

    // MARK: users of rooms

    @Test(arguments: RoomPermission.allCases) func `a permission in a room allows what belongs to it, and nothing more`(
        permission: RoomPermission
    ) async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let user = try await desk.addUser()
            let room = try await door.room()
            let other = try await door.room("Other")
            try await door.allow(user, [permission], in: room)
            let browser = try await desk.signIn("max@nordschule.example")
            let path = "/rooms/\(room.identity.id)"
            let calls: [(HTTPRequest.Method, String, JSON?, RoomPermission)] = [
                (.get, "", nil, .view), (.get, "/status", nil, .view), (.get, "/sessions", nil, .view),
                (.patch, "", ["room_name": "New"], .update), (.get, "/tokens", nil, .tokens),
                (.post, "/tokens", ["role": "guest"], .tokens), (.get, "/access-codes", nil, .codes),
                (.get, "/users", nil, .users), (.delete, "", nil, .delete),
            ]
            for (method, tail, body, needed) in calls {
                let foreign = try await desk.api(method, "/rooms/\(other.identity.id)\(tail)", body, in: browser)
                #expect(foreign.status == 404, "\(method) \(tail) \(foreign.text)")
                let reply = try await desk.api(method, path + tail, body, in: browser)
                if needed == permission {
                    #expect((200..<300).contains(reply.status), "\(method) \(tail) \(reply.text)")
                } else if reply.status != 404 || permission != .delete {
                    #expect(reply.status == 403, "\(method) \(tail) \(reply.text)")
                }
            }
        }
    }

    @Test func `who may change a room without seeing it is shown nothing of it`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let user = try await desk.addUser()
            let room = try await door.room { $0.settings = RoomSettings(["description": .text("Weekly planning")]) }
            let path = "/rooms/\(room.identity.id)"
            try await door.allow(user, [.update], in: room)
            let browser = try await desk.signIn("max@nordschule.example")
            let blind = try await desk.api(.patch, path, ["room_name": "New"], in: browser)
            #expect(blind.status == 200, "\(blind.text)")
            #expect(blind.json == ["object": "Room", "id": .text(room.identity.id)])
            #expect(RoomSchemaSet.faults(blind.json, "ChangedRoom").isEmpty)
            let stale = try await desk.api(
                .patch, path, ["room_name": "Newer"], as: nil, headers: browser.headers(["If-Match": "\"other\""]))
            #expect(stale.status == 412)
            try await door.allow(user, [.update, .view], in: room)
            let seen = try await desk.api(.patch, path, ["room_name": "Newer"], in: browser)
            #expect(seen.json["room_settings"]?["description"] == "Weekly planning", "\(seen.text)")
        }
    }

    @Test func `who hides where a join comes from joins as nobody in particular`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let user = try await desk.addUser()
            let room = try await door.room()
            try await door.allow(user, [.start], in: room)
            let browser = try await desk.signIn("max@nordschule.example")
            let path = "/join/\(room.identity.id)"
            for (origin, status) in [("null", 401), ("https://evil.example", 401), ("https://plenary.example", 200)] {
                let reply = try await desk.api(
                    .post, path, ["name": "Max"], as: nil, headers: ["Cookie": browser.cookie, "Origin": origin])
                #expect(reply.status == status, "\(origin) \(reply.text)")
            }
        }
    }

    @Test func `a user sees the rooms that are theirs to see, and includes what they may`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let user = try await desk.addUser()
            let room = try await door.room("Seen")
            let hidden = try await door.room("Joined")
            _ = try await door.room("Foreign")
            try await door.allow(user, [.view], in: room)
            try await door.allow(user, [.join], in: hidden)
            let browser = try await desk.signIn("max@nordschule.example")
            let list = try await desk.api(.get, "/rooms", in: browser)
            #expect(list.data.map { $0["room_name"] } == [.text("Seen")], "\(list.text)")
            for include in ["tokens", "access_codes", "users", "account"] {
                let single = try await desk.api(.get, "/rooms/\(room.identity.id)?include=\(include)", in: browser)
                #expect(single.status == 403, "\(include)")
                let all = try await desk.api(.get, "/rooms?include=\(include)", in: browser)
                #expect(all.status == 403, "\(include)")
            }
            try await door.allow(user, [.view, .tokens], in: room)
            let tokens = try await desk.api(.get, "/rooms/\(room.identity.id)?include=tokens", in: browser)
            #expect(tokens.status == 200, "\(tokens.text)")
            for path in ["/customers", "/accounts", "/users", "/admins", "/api-keys", "/packages", "/subscriptions"] {
                let reply = try await desk.api(.get, path, in: browser)
                #expect(reply.status == 403, "\(path) \(reply.text)")
            }
            let made = try await desk.api(.post, "/rooms", ["room_name": "Mine"], in: browser)
            #expect(made.status == 403)
        }
    }

    @Test func `rooms of a customer who lets nobody in are not listed, as they cannot be opened`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let user = try await desk.addUser()
            let room = try await door.room()
            try await door.allow(user, [.view, .tokens], in: room)
            let browser = try await desk.signIn("max@nordschule.example")
            let before = try await desk.api(.get, "/rooms", in: browser)
            #expect(before.data.count == 1, "\(before.text)")
            let reference = try #require(ResourceReference(room.customerID))
            let customer = try #require(try await desk.store.customer(reference))
            _ = try await desk.store.updateCustomer(customer.number, now: desk.clock.now) { $0.status = .inactive }
            let single = try await desk.api(.get, "/rooms/\(room.identity.id)", in: browser)
            #expect(single.status == 404)
            let list = try await desk.api(.get, "/rooms?include=tokens", in: browser)
            #expect(list.status == 200 && list.data.isEmpty, "\(list.text)")
        }
    }

    @Test func `who changed the users of a room is written down`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let max = try await desk.addUser()
            let eva = try await desk.addUser("eva@nordschule.example")
            let room = try await door.room()
            try await door.allow(max, [.view, .users], in: room)
            try await door.allow(eva, [], in: room)
            let browser = try await desk.signIn("max@nordschule.example")
            let path = "/rooms/\(room.identity.id)"
            let changed = try await desk.api(
                .patch, "\(path)/users/\(eva.identity.id)", ["permissions": ["room.view"]], in: browser)
            #expect(changed.status == 200, "\(changed.text)")
            let invited = try await desk.api(
                .post, "\(path)/users", ["email": "jo@nordschule.example", "permissions": ["room.view"]], in: browser)
            #expect(invited.status == 201, "\(invited.text)")
            let entries = try await desk.store.audit(of: room.number)
            let told = entries.prefix(2).map { $0.action }
            #expect(told == [.userAdded, .userUpdated])
            for entry in entries.prefix(2) {
                #expect(entry.actor.kind == .user && entry.actor.id == max.identity.id)
            }
        }
    }

    @Test func `users give what they hold, never to themselves, and may leave`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let max = try await desk.addUser()
            let eva = try await desk.addUser("eva@nordschule.example")
            let room = try await door.room()
            try await door.allow(max, [.view, .users], in: room)
            try await door.allow(eva, [.join], in: room)
            let browser = try await desk.signIn("max@nordschule.example")
            let people = "/rooms/\(room.identity.id)/users"
            let more = try await desk.api(
                .patch, "\(people)/\(eva.identity.id)", ["permissions": ["room.join", "room.delete"]], in: browser)
            #expect(more.status == 403, "\(more.text)")
            let held = try await desk.api(
                .patch, "\(people)/\(eva.identity.id)", ["permissions": ["room.join", "room.view"]], in: browser)
            #expect(held.status == 200, "\(held.text)")
            let own = try await desk.api(
                .patch, "\(people)/\(max.identity.id)", ["permissions": ["room.view"]], in: browser)
            #expect(own.code == "own_permissions")
            let taken = try await desk.api(
                .put, "/rooms/\(room.identity.id)/owner", ["user_id": .text(max.identity.id)], in: browser)
            #expect(taken.status == 403, "\(taken.text)")
            let other = try await desk.signIn("eva@nordschule.example")
            let removed = try await desk.api(.delete, "\(people)/\(max.identity.id)", in: other)
            #expect(removed.status == 403)
            let left = try await desk.api(.delete, "\(people)/\(eva.identity.id)", in: other)
            #expect(left.status == 204, "\(left.text)")
            let gone = try await desk.api(.get, "/rooms/\(room.identity.id)", in: other)
            #expect(gone.status == 404)
        }
    }
}

extension RoomDoor {
    /// Makes somebody a user of a room, with these permissions and no others.
    func allow(_ user: User, _ permissions: Set<RoomPermission>, in room: Room) async throws {
        let id = user.id
        _ = try await desk.store.changeUsers(of: room.number, now: desk.clock.now) { users in
            try users.added(id, permissions: permissions, by: .administrator)
        }
    }
}
