import HTTPTypes
import PlenaryCore
import Testing

@testable import PlenaryWeb

@Suite struct PackageRouteTests {
    private static let check = SchemaCheck(schemas: CommerceSchemaTests.schemas)

    @Test func `a package is made, shown, changed and deleted`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let made = try await desk.api(
                .post, "/packages",
                [
                    "name": "Meet Standard", "price": "14.99", "tier": 1, "grace_period": 7,
                    "features": [["code": "max_rooms", "value": 20], ["code": "max_participants", "value": true]],
                ], as: key)
            #expect(made.status == 201, "\(made.text)")
            let id = try #require(made.json["id"]?.text)
            #expect(made.header("Location") == "/api/v1/packages/\(id)")
            #expect(made.json["object"] == "ServicePackage")
            #expect(made.json["price"] == "14.99")
            #expect(made.json["tier"] == 1)
            #expect(made.json["grace_interval"] == "day")
            #expect(made.json["features"] == nil)
            #expect(Self.check.faults(of: made.json, JSONSchema.named("Package")).isEmpty)

            let shown = try await desk.api(.get, "/packages/\(id)?include=features", as: key)
            #expect(
                shown.json["features"] == [
                    ["code": "max_rooms", "value": 20], ["code": "max_participants", "value": "unlimited"],
                ])
            let tag = try #require(shown.header("ETag"))

            let changed = try await desk.api(
                .patch, "/packages/\(id)", ["retired": true, "tier": .null], as: key, headers: ["If-Match": tag])
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.json["retired"] == true)
            #expect(changed.json["tier"] == .null)
            #expect(changed.json["name"] == "Meet Standard")
            let stale = try await desk.api(
                .patch, "/packages/\(id)", ["retired": false], as: key, headers: ["If-Match": tag])
            #expect(stale.status == 412)

            let gone = try await desk.api(.delete, "/packages/\(id)", as: key)
            #expect(gone.status == 204)
            let after = try await desk.api(.get, "/packages/\(id)", as: key)
            #expect(after.status == 404)
        }
    }

    @Test func `everything that is wrong with a package is told at once`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let reply = try await desk.api(
                .post, "/packages",
                [
                    "price": 14, "currency": "Euro", "trial_interval": "fortnight", "hidden": "yes", "nonsense": 1,
                    "features": [["code": "max_rooms", "value": -1], ["code": "nothing", "value": 1]],
                ], as: key)
            #expect(reply.status == 422)
            #expect(reply.code == "validation_failed")
            #expect(
                reply.faults == [
                    "/currency invalid_format", "/features/0/value out_of_range", "/features/1/code invalid_enum",
                    "/hidden invalid_type", "/name required", "/nonsense unknown_field", "/price invalid_type",
                    "/trial_interval invalid_enum",
                ])
        }
    }

    @Test func `a hidden package is shown to the platform's own only, and a customer's key makes none`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let hidden = try await desk.addPackage(["name": "Secret", "hidden": true], as: key)
            let open = try await desk.addPackage(["name": "Open"], as: key)
            let theirs = try await desk.key(of: [customer.number])

            let list = try await desk.api(.get, "/packages", as: theirs)
            #expect(list.data.map { $0["id"] } == [.text(open)])
            let one = try await desk.api(.get, "/packages/\(hidden)", as: theirs)
            #expect(one.status == 404)
            let all = try await desk.api(.get, "/packages?sort=name", as: key)
            #expect(all.data.map { $0["id"] } == [.text(open), .text(hidden)])

            let made = try await desk.api(.post, "/packages", ["name": "Mine"], as: theirs)
            #expect(made.status == 403)
            let changed = try await desk.api(.patch, "/packages/\(open)", ["price": "0.00"], as: theirs)
            #expect(changed.status == 403)
            let nobody = try await desk.api(.get, "/packages", as: nil)
            #expect(nobody.status == 401)
        }
    }

    @Test func `a package has each feature once, and its list has the order of the catalogue`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let id = try await desk.addPackage(as: key)
            let path = "/packages/\(id)/features"
            for body: JSON in [["code": "recording", "value": true], ["code": "max_rooms", "value": 0]] {
                let reply = try await desk.api(.post, path, body, as: key)
                #expect(reply.status == 201, "\(reply.text)")
                #expect(Self.check.faults(of: reply.json, JSONSchema.named("PackageFeature")).isEmpty)
            }
            let twice = try await desk.api(.post, path, ["code": "recording", "value": false], as: key)
            #expect(twice.status == 409)
            #expect(twice.code == "feature_exists")

            let list = try await desk.api(.get, path, as: key)
            #expect(list.data.map { $0["code"] } == ["max_rooms", "recording"])
            #expect(Self.check.faults(of: list.json, JSONSchema.named("PackageFeatureList")).isEmpty)

            let changed = try await desk.api(.patch, "\(path)/max_rooms", ["value": "unlimited"], as: key)
            #expect(changed.json["value"] == "unlimited")
            let absent = try await desk.api(.patch, "\(path)/webcams", ["value": false], as: key)
            #expect(absent.status == 404)
            let unknown = try await desk.api(.patch, "\(path)/nothing", ["value": false], as: key)
            #expect(unknown.status == 404)
            let gone = try await desk.api(.delete, "\(path)/max_rooms", as: key)
            #expect(gone.status == 204)
            let again = try await desk.api(.delete, "\(path)/max_rooms", as: key)
            #expect(again.status == 404)
        }
    }

    @Test func `the catalogue of features is listed page by page`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key(["features.read"])
            let first = try await desk.api(.get, "/features?limit=15", as: key)
            #expect(first.data.count == 15)
            #expect(first.data.first?["code"] == "max_accounts")
            #expect(Self.check.faults(of: first.json, JSONSchema.named("FeatureList")).isEmpty)
            let second = try await desk.api(.get, "/features?limit=15&page=2", as: key)
            #expect(second.data.last?["code"] == "max_outputs")
            #expect(first.data.count + second.data.count == FeatureCode.allCases.count)
            let next = try #require(first.json["meta"]?["pagination"]?["next_cursor"]?.text)
            let behind = try await desk.api(.get, "/features?limit=15&cursor=\(next)", as: key)
            #expect(behind.data == second.data)
            let bools = try await desk.api(.get, "/features?filter[kind]=bool&fields=code", as: key)
            #expect(bools.data.count == 10)
            #expect(bools.data.first == ["object": "Feature", "code": "recording"])
        }
    }
}
