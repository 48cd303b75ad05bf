import HTTPTypes
import PlenaryCore
import Testing

@testable import PlenaryWeb

@Suite struct SubscriptionRouteTests {
    private static let check = SchemaCheck(schemas: CommerceSchemaTests.schemas)

    @Test func `a package is sold with its features, and may deviate`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let sold = try await desk.addPackage(
                [
                    "name": "Meet", "price": "14.99", "grace_period": 7,
                    "features": [["code": "max_rooms", "value": 20]],
                ],
                as: key)
            let made = try await desk.api(
                .post, "/subscriptions",
                [
                    "package_id": .text(sold), "subscriber_id": .text(customer.identity.uuid),
                    "starts_at": "2018-07-01", "price": "9.00", "grace_interval": "week",
                ], as: key)
            #expect(made.status == 201, "\(made.text)")
            #expect(made.json["starts_at"] == "2018-07-01T00:00:00Z")
            #expect(made.json["ends_at"] == "2018-08-01T00:00:00Z")
            #expect(made.json["is_active"] == true)
            #expect(made.json["price"] == "9.00")
            #expect(made.json["grace_period"] == 7)
            #expect(made.json["grace_interval"] == "week")
            #expect(made.json["subscriber_id"] == .text(customer.identity.id))
            #expect(Self.check.faults(of: made.json, JSONSchema.named("Subscription")).isEmpty)

            let id = try #require(made.json["id"]?.text)
            let shown = try await desk.api(
                .get, "/subscriptions/\(id)?include=features,usage,package.features,customer", as: key)
            #expect(shown.json["features"] == [["code": "max_rooms", "value": 20, "source": "package"]])
            #expect(shown.json["usage"]?.elements?.first?["name"] == "Max Rooms")
            #expect(shown.json["package"]?["features"] == [["code": "max_rooms", "value": 20]])
            #expect(shown.json["customer"]?["id"] == .text(customer.identity.id))
            #expect(Self.check.faults(of: shown.json, JSONSchema.named("Subscription")).isEmpty)
        }
    }

    @Test func `everything that is wrong with a subscription is told at once`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let sold = try await desk.addPackage(as: key)
            let reply = try await desk.api(
                .post, "/subscriptions",
                [
                    "package_id": .text(sold), "subscriber_id": "c8Wq2TnKpX", "starts_at": "2018-07-02",
                    "ends_at": "2018-07-01", "trial_period": 1_001, "tag": "mine",
                ], as: key)
            #expect(reply.status == 422)
            #expect(
                reply.faults == [
                    "/ends_at out_of_range", "/subscriber_id not_found", "/tag read_only", "/trial_period out_of_range",
                ])
            let retired = try await desk.addPackage(["name": "Old", "retired": true], as: key)
            let customer = try await desk.addCustomer(as: key)
            let refused = try await desk.api(
                .post, "/subscriptions",
                ["package_id": .text(retired), "subscriber_id": .text(customer.identity.id)], as: key)
            #expect(refused.status == 409)
            #expect(refused.code == "package_unavailable")
        }
    }

    @Test func `a customer sees and names his own subscriptions, and does not set what they cost or allow`()
        async throws
    {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let sold = try await desk.addPackage(as: key)
            let north = try await desk.addCustomer("North", as: key)
            let south = try await desk.addCustomer("South", as: key)
            let own = try await desk.sell(sold, to: north, as: key)
            let other = try await desk.sell(sold, to: south, as: key)
            let theirs = try await desk.key(of: [north.number])

            let list = try await desk.api(.get, "/subscriptions", as: theirs)
            #expect(list.data.map { $0["id"] } == [.text(own)])
            let hidden = try await desk.api(.get, "/subscriptions/\(other)", as: theirs)
            #expect(hidden.status == 404)

            let named = try await desk.api(.patch, "/subscriptions/\(own)", ["name": "Ours"], as: theirs)
            #expect(named.status == 200, "\(named.text)")
            #expect(named.json["name"] == "Ours")
            let cheaper = try await desk.api(
                .patch, "/subscriptions/\(own)", ["price": "0.01", "status": "active"], as: theirs)
            #expect(cheaper.faults == ["/price read_only"])
            let calls: [(HTTPRequest.Method, String)] = [
                (.delete, own), (.post, "\(own)/renew"), (.post, "\(own)/features"), (.post, "\(own)/features/sync"),
                (.patch, "\(own)/features/max_rooms"), (.delete, "\(own)/features/max_rooms"),
            ]
            for (method, path) in calls {
                let reply = try await desk.api(method, "/subscriptions/\(path)", as: theirs)
                #expect(reply.status == 403, "\(method) \(path)")
            }
            let canceled = try await desk.api(
                .post, "/subscriptions/\(own)/cancel", ["cancel_now": true], as: theirs)
            #expect(canceled.json["status"] == "canceled")
        }
    }

    @Test func `a list is filtered by any identifier of the package and the customer`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let meet = try await desk.addPackage(as: key)
            let video = try await desk.addPackage(["name": "Video", "service_type": "video"], as: key)
            let customer = try await desk.addCustomer(as: key)
            let one = try await desk.sell(meet, to: customer, as: key)
            let other = try await desk.sell(video, to: customer, as: key)
            let package = try await desk.api(.get, "/packages/\(meet)", as: key)
            let uuid = try #require(package.json["uuid"]?.text)
            let cases: [(String, [String])] = [
                ("filter[package_id]=\(uuid)", [one]), ("filter[package_id]=\(video)", [other]),
                ("filter[service_type]=video", [other]), ("filter[is_active]=true&sort=created_at,ulid", [one, other]),
                ("filter[is_active]=false", []), ("filter[status]=canceled", []),
                ("filter[subscriber_id]=\(customer.identity.ulid)&filter[service_type]=meet", [one]),
                ("filter[ends_at][lt]=2018-07-01", []),
            ]
            for (query, expected) in cases {
                let list = try await desk.api(.get, "/subscriptions?\(query)", as: key)
                #expect(list.status == 200, "\(list.text)")
                #expect(Set(list.data.compactMap { $0["id"]?.text }) == Set(expected), "\(query)")
            }
            let wrong = try await desk.api(.get, "/subscriptions?filter[price]=1", as: key)
            #expect(wrong.code == "invalid_query")
        }
    }

    @Test func `one is renewed, canceled, and taken back`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let sold = try await desk.addPackage(as: key)
            let id = try await desk.sell(sold, to: customer, as: key)
            let path = "/subscriptions/\(id)"
            let before = try await desk.api(.get, path, as: key)
            #expect(before.json["ends_at"] == "2018-08-09T00:00:00Z")
            let renewed = try await desk.api(.post, "\(path)/renew", ["cycles": 2], as: key)
            #expect(renewed.json["ends_at"] == "2018-10-09T00:00:00Z")
            let canceled = try await desk.api(.post, "\(path)/cancel", as: key)
            #expect(canceled.json["cancels_at"] == "2018-10-09T00:00:00Z")
            #expect(canceled.json["is_active"] == true)
            let refused = try await desk.api(.post, "\(path)/renew", as: key)
            #expect(refused.status == 409)
            #expect(refused.code == "subscription_canceled")
            let back = try await desk.api(.patch, path, ["cancels_at": .null], as: key)
            #expect(back.json["canceled_at"] == .null)
            let wrong = try await desk.api(.post, "\(path)/renew", ["cycles": 0], as: key)
            #expect(wrong.faults == ["/cycles out_of_range"])

            let kept = try await desk.api(.delete, path, as: key)
            #expect(kept.code == "not_deletable")
            let ended = try await desk.api(.patch, path, ["status": "inactive"], as: key)
            #expect(ended.json["is_active"] == true)
            let gone = try await desk.api(.delete, path, as: key)
            #expect(gone.status == 204)
        }
    }

    @Test func `features are set, used, and synced with the package`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let sold = try await desk.addPackage(
                [
                    "name": "Meet",
                    "features": [["code": "max_rooms", "value": 20], ["code": "recording", "value": true]],
                ],
                as: key)
            let id = try await desk.sell(sold, to: customer, as: key)
            let path = "/subscriptions/\(id)"
            let added = try await desk.api(
                .post, "\(path)/features", ["code": "max_accounts", "value": 3], as: key)
            #expect(added.status == 201, "\(added.text)")
            #expect(added.json["used"] == 0)
            #expect(added.json["remaining"] == 3)
            #expect(added.json["source"] == "subscription")
            let changed = try await desk.api(.patch, "\(path)/features/max_rooms", ["value": 30], as: key)
            #expect(changed.json["value"] == 30)
            let tag = try #require(changed.header("ETag"))
            let again = try await desk.api(
                .patch, "\(path)/features/max_rooms", ["value": 31], as: key, headers: ["If-Match": tag])
            #expect(again.status == 200)
            let stale = try await desk.api(
                .delete, "\(path)/features/max_rooms", as: key, headers: ["If-Match": tag])
            #expect(stale.status == 412)

            let usage = try await desk.api(.get, "\(path)/usage", as: key)
            #expect(usage.data.map { $0["code"] } == ["max_accounts", "max_rooms", "recording"])
            #expect(Self.check.faults(of: usage.json, JSONSchema.named("SubscriptionFeatureList")).isEmpty)

            let differences: JSON = [
                ["code": "max_accounts", "change": "removed", "from": 3, "to": .null],
                ["code": "max_rooms", "change": "changed", "from": 31, "to": 20],
            ]
            let dry = try await desk.api(.post, "\(path)/features/sync", ["dry_run": true], as: key)
            #expect(dry.json["differences"] == differences)
            #expect(Self.check.faults(of: dry.json, JSONSchema.named("FeatureSync")).isEmpty)
            let wet = try await desk.api(.post, "\(path)/features/sync", as: key)
            #expect(wet.json["differences"] == differences)
            let after = try await desk.api(.get, "\(path)/features?filter[source]=subscription", as: key)
            #expect(after.data.isEmpty)
        }
    }
}
