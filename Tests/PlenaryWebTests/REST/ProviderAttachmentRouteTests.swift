import HTTPTypes
import PlenaryCore
import Testing

@testable import PlenaryWeb

/// Service providers of packages and subscriptions (`rooms-api.md` 5.2, 5.3).
@Suite struct ProviderAttachmentRouteTests {
    private static let check = SchemaCheck(schemas: CommerceSchemaTests.schemas)

    private static func body(_ provider: String, _ more: JSON.Member...) -> JSON {
        .object([JSON.Member("service_provider_id", .text(provider))] + more)
    }

    @Test func `a package has providers, one of which is the default`() async throws {
        try await Desk.open(looksAround: false, providers: FakeHost()) { desk in
            let key = try await desk.key()
            let north = try await desk.addProvider("north", as: key)
            let south = try await desk.addProvider("south", as: key)
            let sold = try await desk.addPackage(as: key)
            let path = "/packages/\(sold)/providers"
            let first = try await desk.api(.post, path, Self.body(north), as: key)
            #expect(first.status == 201, "\(first.text)")
            #expect(first.header("Location") == "/api/v1\(path)/\(north)")
            #expect(
                first.json == [
                    "object": "PackageProvider", "service_provider_id": .text(north), "provider_name": "north",
                    "provider_type": "scalelite", "default": true, "active": true,
                ])
            #expect(Self.check.faults(of: first.json, JSONSchema.named("PackageProvider")).isEmpty)
            let second = try await desk.api(.post, path, Self.body(south, .init("default", true)), as: key)
            #expect(second.json["default"] == true, "\(second.text)")

            let list = try await desk.api(.get, path, as: key)
            #expect(list.data.map { $0["service_provider_id"] } == [.text(north), .text(south)])
            #expect(list.data.map { $0["default"] } == [false, true])
            #expect(Self.check.faults(of: list.json, JSONSchema.named("PackageProviderList")).isEmpty)
            let chosen = try await desk.api(.get, "\(path)?filter[default]=true&fields=provider_name", as: key)
            #expect(chosen.data == [["object": "PackageProvider", "provider_name": "south"]])
            let package = try await desk.api(.get, "/packages/\(sold)?include=providers", as: key)
            #expect(
                package.json["providers"] == [
                    ["service_provider_id": .text(north), "default": false, "active": true],
                    ["service_provider_id": .text(south), "default": true, "active": true],
                ])
            #expect(Self.check.faults(of: package.json, JSONSchema.named("Package")).isEmpty)
        }
    }

    @Test func `the default stays, and what is removed is switched off before`() async throws {
        try await Desk.open(looksAround: false, providers: FakeHost()) { desk in
            let key = try await desk.key()
            let north = try await desk.addProvider("north", as: key)
            let south = try await desk.addProvider("south", as: key)
            let path = "/packages/\(try await desk.addPackage(as: key))/providers"
            _ = try await desk.api(.post, path, Self.body(north), as: key)
            _ = try await desk.api(.post, path, Self.body(south), as: key)
            let off: JSON = ["active": false]
            let refused: [(HTTPRequest.Method, String, JSON?, String)] = [
                (.patch, "\(path)/\(north)", off, "provider_is_default"),
                (.patch, "\(path)/\(north)", ["default": false], "provider_is_default"),
                (.delete, "\(path)/\(north)", nil, "provider_is_default"),
                (.delete, "\(path)/\(south)", nil, "provider_active"),
                (.patch, "/service-providers/\(north)", off, "provider_is_default"),
                (.delete, "/service-providers/\(south)", nil, "provider_in_use"),
            ]
            for (method, place, body, code) in refused {
                let reply = try await desk.api(method, place, body, as: key)
                #expect(reply.status == 409, "\(method) \(place)")
                #expect(reply.code == code, "\(method) \(place)")
            }
            let attached = try await desk.api(.patch, "\(path)/\(south)", off, as: key)
            #expect(attached.status == 200, "\(attached.text)")
            #expect(attached.json["active"] == false)
            let tag = try #require(attached.header("ETag"))
            let same = try await desk.api(.patch, "\(path)/\(south)", attached.json, as: key)
            #expect(same.json == attached.json)
            let moved = try await desk.api(
                .patch, "\(path)/\(south)", ["default": true], as: key, headers: ["If-Match": tag])
            #expect(moved.json["default"] == true, "\(moved.text)")
            #expect(moved.json["active"] == true)
            for method in [HTTPRequest.Method.patch, .delete] {
                let stale = try await desk.api(
                    method, "\(path)/\(south)", method == .patch ? off : nil, as: key, headers: ["If-Match": tag])
                #expect(stale.status == 412)
            }
            _ = try await desk.api(.patch, "\(path)/\(north)", off, as: key)
            let gone = try await desk.api(.delete, "\(path)/\(north)", as: key)
            #expect(gone.status == 204)
            for method in [HTTPRequest.Method.patch, .delete] {
                let again = try await desk.api(method, "\(path)/\(north)", method == .patch ? off : nil, as: key)
                #expect(again.status == 404)
            }
            let free = try await desk.api(.delete, "/service-providers/\(north)", as: key)
            #expect(free.status == 204)
        }
    }

    @Test func `what cannot be attached is told`() async throws {
        try await Desk.open(looksAround: false, providers: FakeHost()) { desk in
            let key = try await desk.key()
            let north = try await desk.addProvider("north", as: key)
            let path = "/packages/\(try await desk.addPackage(as: key))/providers"
            _ = try await desk.api(.post, path, Self.body(north), as: key)
            let wrong = try await desk.api(.post, path, ["default": "yes", "nonsense": 1], as: key)
            #expect(
                wrong.faults == [
                    "/default invalid_type", "/nonsense unknown_field", "/service_provider_id required",
                ])
            let twice = try await desk.api(.post, path, Self.body(north), as: key)
            #expect(twice.faults == ["/service_provider_id not_unique"])
            let absent = try await desk.api(.post, path, Self.body("vD2fSb8YkC"), as: key)
            #expect(absent.faults == ["/service_provider_id not_found"])
            let changed = try await desk.api(
                .patch, "\(path)/\(north)", ["active": 1, "provider_name": "other", "nonsense": 1], as: key)
            #expect(
                changed.faults == [
                    "/active invalid_type", "/nonsense unknown_field", "/provider_name read_only",
                ])
            let video = try await desk.addPackage(["name": "Video", "service_type": "video"], as: key)
            let mismatch = try await desk.api(.post, "/packages/\(video)/providers", Self.body(north), as: key)
            #expect(mismatch.status == 422)
            #expect(mismatch.code == "provider_service_type_mismatch")
        }
    }

    @Test func `a subscription begins with the default of its package, and gets what the package has`() async throws {
        try await Desk.open(looksAround: false, providers: FakeHost()) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let north = try await desk.addProvider("north", as: key)
            let south = try await desk.addProvider("south", as: key)
            let sold = try await desk.addPackage(as: key)
            _ = try await desk.api(.post, "/packages/\(sold)/providers", Self.body(north), as: key)
            let subscription = try await desk.sell(sold, to: customer, as: key)
            let path = "/subscriptions/\(subscription)/providers"
            let list = try await desk.api(.get, path, as: key)
            #expect(list.data.map { $0["service_provider_id"] } == [.text(north)])
            #expect(list.data.map { $0["object"] } == ["SubscriptionProvider"])
            #expect(Self.check.faults(of: list.json, JSONSchema.named("SubscriptionProviderList")).isEmpty)

            let foreign = try await desk.api(.post, path, Self.body(south), as: key)
            #expect(foreign.status == 422)
            #expect(foreign.code == "provider_not_in_package")
            _ = try await desk.api(.post, "/packages/\(sold)/providers", Self.body(south), as: key)
            let attached = try await desk.api(.post, path, Self.body(south, .init("default", true)), as: key)
            #expect(attached.status == 201, "\(attached.text)")
            #expect(attached.header("Location") == "/api/v1\(path)/\(south)")
            let shown = try await desk.api(.get, "/subscriptions/\(subscription)?include=providers", as: key)
            #expect(
                shown.json["providers"] == [
                    ["service_provider_id": .text(north), "default": false, "active": true],
                    ["service_provider_id": .text(south), "default": true, "active": true],
                ])
            #expect(Self.check.faults(of: shown.json, JSONSchema.named("Subscription")).isEmpty)
            let off = try await desk.api(.patch, "\(path)/\(north)", ["active": false], as: key)
            #expect(off.json["active"] == false)
            let gone = try await desk.api(.delete, "\(path)/\(north)", as: key)
            #expect(gone.status == 204)
        }
    }

    @Test func `a customer sees what serves his own subscriptions, and does not change it`() async throws {
        try await Desk.open(looksAround: false, providers: FakeHost()) { desk in
            let key = try await desk.key()
            let (one, other) = (
                try await desk.addCustomer("North", as: key), try await desk.addCustomer("South", as: key)
            )
            let provider = try await desk.addProvider("north", as: key)
            let sold = try await desk.addPackage(as: key)
            let hidden = try await desk.addPackage(["name": "Secret", "hidden": true], as: key)
            _ = try await desk.api(.post, "/packages/\(sold)/providers", Self.body(provider), as: key)
            let own = "/subscriptions/\(try await desk.sell(sold, to: one, as: key))/providers"
            let foreign = "/subscriptions/\(try await desk.sell(sold, to: other, as: key))/providers"
            let theirs = try await desk.key(of: [one.number])
            let less = try await desk.key(["rooms.*"])
            let calls: [(HTTPRequest.Method, String, Int)] = [
                (.get, own, 200), (.get, foreign, 404), (.post, own, 403), (.post, foreign, 403),
                (.patch, "\(own)/\(provider)", 403), (.delete, "\(own)/\(provider)", 403),
                (.get, "/packages/\(sold)/providers", 200), (.get, "/packages/\(hidden)/providers", 404),
                (.post, "/packages/\(sold)/providers", 403), (.patch, "/packages/\(sold)/providers/\(provider)", 403),
                (.delete, "/packages/\(sold)/providers/\(provider)", 403),
            ]
            for (method, path, status) in calls {
                let reply = try await desk.api(method, path, as: theirs)
                #expect(reply.status == status, "\(method) \(path)")
                let nobody = try await desk.api(method, path, as: nil)
                #expect(nobody.status == 401, "\(method) \(path)")
                let forbidden = try await desk.api(method, path, as: less)
                #expect(forbidden.status == 403, "\(method) \(path)")
            }
            for path in ["/packages/vD2fSb8YkC/providers", "/subscriptions/vD2fSb8YkC/providers"] {
                let absent = try await desk.api(.post, path, Self.body(provider), as: key)
                #expect(absent.status == 404)
            }
        }
    }
}
