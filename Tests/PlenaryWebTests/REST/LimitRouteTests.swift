import HTTPTypes
import PlenaryCore
import PlenaryRooms
import PlenaryStore
import Testing

/// Who may make no more, and how much is shown at once.
@Suite struct LimitRouteTests {
    @Test func `a suspended customer makes no users and no keys`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let path = "/customers/\(customer.identity.id)"
            let theirs = try await desk.key(of: [customer.number])
            let changed = try await desk.api(.patch, path, ["status": "suspended"], as: key)
            #expect(changed.status == 200, "\(changed.text)")
            let user = try await desk.api(
                .post, "\(path)/users",
                ["email": "a@nordschule.example", "first_name": "A", "last_name": "B"], as: theirs)
            #expect(user.status == 403)
            #expect(user.code == "customer_suspended")
            let made = try await desk.api(
                .post, "/api-keys", ["name": "A", "permissions": ["rooms.read"]], as: theirs)
            #expect(made.status == 403)
            #expect(made.code == "customer_suspended")
            let hook = try await desk.api(
                .post, "/webhooks", ["url": "https://crm.example/in", "events": ["room.*"]], as: theirs)
            #expect(hook.status == 403)
            #expect(hook.code == "customer_suspended")
        }
    }

    @Test func `a customer has a hundred keys at most, whoever makes them`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let north = try await desk.addCustomer("North", as: key)
            let south = try await desk.addCustomer("South", as: key)
            let theirs = try await desk.key(of: [north.number])
            for _ in 0..<(Platform.mostAPIKeys - 2) { _ = try await desk.key(["rooms.read"], of: [north.number]) }
            let body: JSON = ["name": "A", "permissions": ["rooms.read"]]
            let last = try await desk.api(.post, "/api-keys", body, as: theirs)
            #expect(last.status == 201, "\(last.text)")
            let more = try await desk.api(.post, "/api-keys", body, as: theirs)
            #expect(more.status == 403)
            #expect(more.code == "limit_exceeded")
            let both: JSON = [
                "name": "A", "permissions": ["rooms.read"],
                "customer_ids": [.text(north.identity.id), .text(south.identity.id)],
            ]
            let wide = try await desk.api(.post, "/api-keys", both, as: key)
            #expect(wide.code == "limit_exceeded")
            let others = try await desk.api(.post, "/api-keys", body, as: try await desk.key(of: [south.number]))
            #expect(others.status == 201, "\(others.text)")
            let gone = try await desk.api(.delete, "/api-keys/\(try #require(last.json["id"]?.text))", as: theirs)
            #expect(gone.status == 204)
            let again = try await desk.api(.post, "/api-keys", body, as: theirs)
            #expect(again.status == 201, "\(again.text)")
        }
    }

    @Test func `an inactive account takes no rooms and no tokens`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk, features: [["code": "max_rooms", "value": 5]])
            let account = try await tenant.accountID()
            let body: JSON = ["account_id": .text(account), "room_name": "Talk"]
            let room = try await desk.api(.post, "/rooms", body, as: tenant.key)
            #expect(room.status == 201, "\(room.text)")
            let closed = try await desk.api(.patch, "/accounts/\(account)", ["status": "inactive"], as: tenant.key)
            #expect(closed.status == 200, "\(closed.text)")
            let other = try await desk.api(.post, "/rooms", body, as: tenant.key)
            #expect(other.status == 403)
            #expect(other.code == "subscription_unusable")
            let token = try await desk.api(
                .post, "/rooms/\(try #require(room.json["id"]?.text))/tokens", ["role": "guest"], as: tenant.key)
            #expect(token.status == 403)
            #expect(token.code == "subscription_unusable")
        }
    }

    @Test func `a room shows its newest hundred tokens, and all of them page by page`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk, features: [["code": "max_rooms", "value": 5]])
            let body: JSON = ["account_id": .text(try await tenant.accountID()), "room_name": "Talk"]
            let room = try await desk.api(.post, "/rooms", body, as: tenant.key)
            let path = "/rooms/\(try #require(room.json["id"]?.text))"
            var made: [JSON?] = []
            for number in 0..<105 {
                let label = JSON.text("Token \(number)")
                let token = try await desk.api(
                    .post, "\(path)/tokens", ["role": "attendee", "label": label], as: tenant.key)
                #expect(token.status == 201, "\(token.text)")
                made.insert(token.json["id"], at: 0)
            }
            let shown = try await desk.api(.get, "\(path)?include=tokens", as: tenant.key)
            #expect(shown.json["tokens"]?.elements?.map { $0["id"] } == Array(made.prefix(100)))

            let first = try await desk.api(.get, "\(path)/tokens?limit=50", as: tenant.key)
            #expect(first.data.map { $0["id"] } == Array(made.prefix(50)))
            let second = try await desk.api(.get, "\(path)/tokens?limit=50&page=2", as: tenant.key)
            #expect(second.data.map { $0["id"] } == Array(made[50..<100]))
            var seen: [JSON?] = first.data.map { $0["id"] }
            var link = first.header("Link")
            for _ in 0..<3 {
                guard let text = link, let place = Self.next(in: text) else { break }
                let page = try await desk.api(.get, "\(path)/tokens\(place)", as: tenant.key)
                #expect(page.status == 200, "\(page.text)")
                seen += page.data.map { $0["id"] }
                link = page.header("Link")
            }
            #expect(seen == made)
            // With a filter all are looked through, in the same order.
            let filtered = try await desk.api(
                .get, "\(path)/tokens?limit=50&filter[role]=attendee&page=2", as: tenant.key)
            #expect(filtered.data.map { $0["id"] } == Array(made[50..<100]))
        }
    }

    /// The query of the next page.
    private static func next(in link: String) -> String? {
        for part in link.split(separator: ",") where part.contains("rel=\"next\"") {
            let address = part.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" }
            return String(address.drop { $0 != "?" })
        }
        return nil
    }

    @Test func `the host of a customer is the platform's to give, and never its own`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let path = "/customers/\(customer.identity.id)"
            let theirs = try await desk.key(of: [customer.number])
            let taken = try await desk.api(.patch, path, ["hostname": "rooms.bank.example"], as: theirs)
            #expect(taken.status == 422, "\(taken.text)")
            let same = try await desk.api(.patch, path, ["hostname": .null, "last_name": "Sand"], as: theirs)
            #expect(same.status == 200, "\(same.text)")
            for host in ["Plenary.example", "admin.plenary.example"] {
                let own = try await desk.api(.patch, path, ["hostname": .text(host)], as: key)
                #expect(own.faults == ["/hostname not_unique"], "\(own.text)")
            }
            let given = try await desk.api(.patch, path, ["hostname": "rooms.school.example"], as: key)
            #expect(given.json["hostname"] == "rooms.school.example", "\(given.text)")
        }
    }

    @Test func `of roles that people take for the same there is one`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let made = try await desk.api(
                .post, "/roles", ["name": " Support ", "permissions": ["*.read"]], as: key)
            #expect(made.status == 201, "\(made.text)")
            #expect(made.json["name"] == "support")
            let twin = try await desk.api(.post, "/roles", ["name": "SUPPORT", "permissions": ["*.read"]], as: key)
            #expect(twin.status == 422, "\(twin.text)")
            let builtIn = try await desk.api(.post, "/roles", ["name": "Admin ", "permissions": ["*.read"]], as: key)
            #expect(builtIn.status == 403, "\(builtIn.text)")
            let similar = try await desk.api(
                .post, "/roles", ["name": "\u{0430}dmin", "permissions": ["*.read"]], as: key)
            #expect(similar.faults == ["/name invalid_format"], "\(similar.text)")
            let holder = try await desk.api(
                .post, "/admins", ["email": "a@b.example", "name": "A", "roles": ["Support"]], as: key)
            #expect(holder.json["roles"] == ["support"], "\(holder.text)")
        }
    }

    @Test func `of many who name an account the same at once, each gets a key`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk)
            let replies = try await withThrowingTaskGroup(of: APIReply.self) { group in
                for _ in 0..<10 { group.addTask { try await tenant.account("Meetings") } }
                var replies: [APIReply] = []
                for try await reply in group { replies.append(reply) }
                return replies
            }
            #expect(replies.allSatisfy { $0.status == 201 })
            let keys = Set(replies.compactMap { $0.json["account_key"]?.text })
            #expect(keys.count == 10)
        }
    }
}
