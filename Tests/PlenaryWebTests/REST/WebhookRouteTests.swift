import HTTPTypes
import PlenaryCore
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryWeb

@Suite struct WebhookRouteTests {
    private static let check = SchemaCheck(schemas: CommerceSchemaTests.schemas)
    private static let body: JSON = ["url": "https://crm.example/in", "events": ["room.*"]]

    @Test func `a web hook shows its secret once, is changed and deleted`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let north = try await desk.addCustomer("North", as: key)
            let theirs = try await desk.key(of: [north.number])
            let made = try await desk.api(.post, "/webhooks", Self.body, as: theirs)
            #expect(made.status == 201, "\(made.text)")
            #expect(Self.check.faults(of: made.json, JSONSchema.named("Webhook")).isEmpty)
            #expect(made.json["customer_id"] == .text(north.identity.id))
            let secret = try #require(made.json["secret"]?.text)
            #expect(secret.hasPrefix("whsec_"))
            let id = try #require(made.json["id"]?.text)
            let path = "/webhooks/\(id)"
            #expect(made.header("Location") == "/api/v1\(path)")
            let shown = try await desk.api(.get, path, as: theirs)
            #expect(shown.json["secret"] == nil && shown.json["url"] == "https://crm.example/in")
            let tag = try #require(shown.header("ETag"))
            let list = try await desk.api(.get, "/webhooks?filter[active]=true", as: key)
            #expect(list.data.count == 1)
            #expect(Self.check.faults(of: list.json, JSONSchema.named("WebhookList")).isEmpty)

            let changed = try await desk.api(
                .patch, path, ["active": false, "description": "CRM"], as: theirs, headers: ["If-Match": tag])
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.json["active"] == false && changed.json["secret"] == nil)
            let stale = try await desk.api(.patch, path, ["active": true], as: theirs, headers: ["If-Match": tag])
            #expect(stale.status == 412)
            let rotated = try await desk.api(.patch, path, ["rotate_secret": true, "active": true], as: theirs)
            let second = try #require(rotated.json["secret"]?.text)
            #expect(second != secret && rotated.json["active"] == true)
            // Who did not get the answer asks again, and the secret is not another one once more.
            let once = ["Idempotency-Key": "rotate-1"]
            let third = try await desk.api(.patch, path, ["rotate_secret": true], as: theirs, headers: once)
            let again = try await desk.api(.patch, path, ["rotate_secret": true], as: theirs, headers: once)
            #expect(again.status == 200 && again.json == third.json, "\(again.text)")
            #expect(again.header("Idempotency-Replayed") == "true")
            let staleDelete = try await desk.api(.delete, path, as: theirs, headers: ["If-Match": tag])
            #expect(staleDelete.status == 412)
            let gone = try await desk.api(.delete, path, as: theirs)
            #expect(gone.status == 204)
            let after = try await desk.api(.get, path, as: theirs)
            #expect(after.status == 404)
        }
    }

    @Test func `everything that is wrong with a web hook is told at once`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let reply = try await desk.api(
                .post, "/webhooks",
                [
                    "url": "http://crm.example/in", "events": ["room.*", "room.flown"], "active": "yes",
                    "customer_id": "c8Wq2TnKpX", "secret": "mine",
                ], as: key)
            #expect(reply.status == 422)
            #expect(
                reply.faults == [
                    "/active invalid_type", "/customer_id not_found", "/events/1 invalid_enum",
                    "/secret unknown_field", "/url invalid_format",
                ])
            let empty = try await desk.api(.post, "/webhooks", ["events": []], as: key)
            #expect(empty.faults == ["/events required", "/url required"])
            for url in ["https://127.0.0.1/in", "https://10.0.0.5/in", "https://[::1]/in", "https://169.254.169.254/"] {
                let refused = try await desk.api(
                    .post, "/webhooks", ["url": .text(url), "events": ["*"]], as: key)
                #expect(refused.faults == ["/url invalid_format"], "\(url)")
            }
            let made = try await desk.api(.post, "/webhooks", Self.body, as: key)
            let id = try #require(made.json["id"]?.text)
            let changed = try await desk.api(
                .patch, "/webhooks/\(id)",
                ["url": "ftp://a", "customer_id": "c8Wq2TnKpX", "rotate_secret": 1], as: key)
            #expect(
                changed.faults == ["/customer_id read_only", "/rotate_secret invalid_type", "/url invalid_format"])
            let back = try await desk.api(.get, "/webhooks/\(id)", as: key)
            let same = try await desk.api(.patch, "/webhooks/\(id)", back.json, as: key)
            #expect(same.status == 200, "\(same.text)")
        }
    }

    @Test func `nobody hears of other customers`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let north = try await desk.addCustomer("North", as: key)
            let south = try await desk.addCustomer("South", as: key)
            let theirs = try await desk.key(of: [south.number])
            let both = try await desk.key(of: [north.number, south.number])
            let unsaid = try await desk.api(.post, "/webhooks", Self.body, as: both)
            #expect(unsaid.faults == ["/customer_id required"])
            let foreign = try await desk.api(
                .post, "/webhooks",
                ["url": "https://a.example", "events": ["*"], "customer_id": .text(north.identity.id)], as: theirs)
            #expect(foreign.faults == ["/customer_id not_found"])
            let made = try await desk.api(.post, "/webhooks", Self.body, as: key)
            #expect(made.json["customer_id"] == .null)
            let id = try #require(made.json["id"]?.text)
            let reader = try await desk.key(["rooms.read"])
            let paths: [(HTTPRequest.Method, String)] = [
                (.get, "/webhooks/\(id)"), (.patch, "/webhooks/\(id)"), (.delete, "/webhooks/\(id)"),
                (.post, "/webhooks/\(id)/test"), (.get, "/webhooks/\(id)/deliveries"),
                (.post, "/webhooks/\(id)/deliveries/u6Yh3DkQ9w/redeliver"),
            ]
            for (method, path) in paths {
                let hidden = try await desk.api(method, path, as: theirs)
                #expect(hidden.status == 404, "\(path)")
                let forbidden = try await desk.api(method, path, as: reader)
                #expect(forbidden.status == 403, "\(path)")
                let nobody = try await desk.api(method, path, as: nil)
                #expect(nobody.status == 401, "\(path)")
            }
            for path in ["/webhooks", "/events"] {
                let forbidden = try await desk.api(.get, path, as: reader)
                #expect(forbidden.status == 403, "\(path)")
                let nobody = try await desk.api(.get, path, as: nil)
                #expect(nobody.status == 401, "\(path)")
            }
            let list = try await desk.api(.get, "/webhooks", as: theirs)
            #expect(list.data.isEmpty)
        }
    }

    @Test func `a test is written down, told again by word, and not when it is switched off`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let made = try await desk.api(.post, "/webhooks", Self.body, as: key)
            let path = "/webhooks/\(try #require(made.json["id"]?.text))"
            let tested = try await desk.api(.post, "\(path)/test", as: key)
            #expect(tested.status == 202, "\(tested.text)")
            #expect(Self.check.faults(of: tested.json, JSONSchema.named("WebhookDelivery")).isEmpty)
            #expect(tested.json["event_type"] == "webhook.test" && tested.json["status"] == "waiting")
            let wrong = try await desk.api(.post, "\(path)/test", ["now": true], as: key)
            #expect(wrong.faults == ["/now unknown_field"])
            let list = try await desk.api(.get, "\(path)/deliveries?filter[status]=waiting", as: key)
            #expect(list.data.map { $0["id"] } == [tested.json["id"]])
            #expect(Self.check.faults(of: list.json, JSONSchema.named("WebhookDeliveryList")).isEmpty)
            let delivery = try #require(tested.json["id"]?.text)
            let again = try await desk.api(.post, "\(path)/deliveries/\(delivery)/redeliver", as: key)
            #expect(again.status == 202 && again.json["attempts"] == 0)
            let none = try await desk.api(.post, "\(path)/deliveries/u6Yh3DkQ9w/redeliver", as: key)
            #expect(none.status == 404)
            _ = try await desk.api(.patch, path, ["active": false], as: key)
            let off = try await desk.api(.post, "\(path)/test", as: key)
            #expect(off.status == 400)
            let offAgain = try await desk.api(.post, "\(path)/deliveries/\(delivery)/redeliver", as: key)
            #expect(offAgain.status == 400)
        }
    }

    @Test func `events are read page by page, each customer's own`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let north = try await desk.addCustomer("North", as: key)
            let south = try await desk.addCustomer("South", as: key)
            let sold = try await desk.addPackage(as: key)
            var subscriptions: [String] = []
            for customer in [north, south] { subscriptions.append(try await desk.sell(sold, to: customer, as: key)) }
            for name in ["One", "Two", "Three"] {
                desk.clock.advance(by: .seconds(1))
                for subscription in subscriptions {
                    let changed = try await desk.api(
                        .patch, "/subscriptions/\(subscription)", ["name": .text(name)], as: key)
                    #expect(changed.status == 200, "\(changed.text)")
                }
            }
            let all = try await desk.api(.get, "/events", as: key)
            #expect(all.data.count == 6)
            #expect(Self.check.faults(of: all.json, JSONSchema.named("EventList")).isEmpty)
            let theirs = try await desk.key(of: [north.number])
            let first = try await desk.api(.get, "/events?limit=2", as: theirs)
            #expect(first.data.map { $0["sequence"] } == [3, 2])
            let cursor = try #require(first.json["meta"]?["pagination"]?["next_cursor"]?.text)
            let rest = try await desk.api(.get, "/events?limit=2&cursor=\(cursor)", as: theirs)
            #expect(rest.data.map { $0["sequence"] } == [1])
            #expect(rest.data.first?["customer_id"] == .text(north.identity.id))
            let typed = try await desk.api(.get, "/events?filter[type]=room.created", as: key)
            #expect(typed.data.isEmpty)
            let subject = subscriptions[1]
            let own = try await desk.api(.get, "/events?filter[subject.id]=\(subject)&sort=created_at", as: key)
            #expect(own.data.map { $0["sequence"] } == [1, 2, 3])
            let wrong = try await desk.api(.get, "/events?filter[type]=room.flown", as: key)
            #expect(wrong.status == 422)
        }
    }
}
