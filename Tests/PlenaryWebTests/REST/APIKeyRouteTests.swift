import HTTPTypes
import PlenaryCore
import Testing

@testable import PlenaryWeb

@Suite struct APIKeyRouteTests {
    private static let check = SchemaCheck(schemas: CommerceSchemaTests.schemas)

    @Test func `a key is shown once, works, and works no more when it is deleted`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let made = try await desk.api(
                .post, "/api-keys", ["name": "Booking", "permissions": ["*.read", "api_keys.manage"]], as: key)
            #expect(made.status == 201, "\(made.text)")
            #expect(made.header("Cache-Control") == "no-store")
            #expect(made.json["created_by"] == .text(key.id))
            #expect(Self.check.faults(of: made.json, JSONSchema.named("APIKey")).isEmpty)
            let text = try #require(made.json["key"]?.text.flatMap { APIKeyText($0) })
            let path = "/api-keys/\(text.id)"
            let shown = try await desk.api(.get, path, as: text)
            #expect(shown.status == 200)
            #expect(shown.json["key"] == nil)
            let list = try await desk.api(.get, "/api-keys?filter[name]=Booking", as: key)
            #expect(list.data.count == 1)
            #expect(Self.check.faults(of: list.json, JSONSchema.named("APIKeyList")).isEmpty)
            let stale = try await desk.api(.delete, path, as: key, headers: ["If-Match": "\"other\""])
            #expect(stale.status == 412)
            let gone = try await desk.api(.delete, path, as: key)
            #expect(gone.status == 204)
            let after = try await desk.api(.get, "/me", as: text)
            #expect(after.status == 401)
        }
    }

    @Test func `everything that is wrong with a key is told at once`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let reply = try await desk.api(
                .post, "/api-keys",
                [
                    "permissions": ["rooms.read", "rooms.fly"], "expires_at": "2001-01-01",
                    "customer_ids": ["c8Wq2TnKpX"], "key": "mine",
                ], as: key)
            #expect(reply.status == 422)
            #expect(
                reply.faults == [
                    "/customer_ids/0 not_found", "/expires_at out_of_range", "/key unknown_field", "/name required",
                    "/permissions/1 invalid_enum",
                ])
        }
    }

    @Test func `nobody makes a key that may more or sees more than they do`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let north = try await desk.addCustomer("North", as: key)
            let south = try await desk.addCustomer("South", as: key)
            let theirs = try await desk.key(["api_keys.manage", "rooms.read"], of: [north.number])
            let more = try await desk.api(.post, "/api-keys", ["name": "A", "permissions": ["*"]], as: theirs)
            #expect(more.status == 403)
            let further = try await desk.api(
                .post, "/api-keys",
                ["name": "A", "permissions": ["rooms.read"], "customer_ids": [.text(south.identity.id)]], as: theirs)
            #expect(further.faults == ["/customer_ids/0 not_found"])
            let own = try await desk.api(
                .post, "/api-keys", ["name": "A", "permissions": ["rooms.read"]], as: theirs)
            #expect(own.json["customer_ids"] == [.text(north.identity.id)])
            let list = try await desk.api(.get, "/api-keys", as: theirs)
            #expect(list.data.count == 2)
            for method: HTTPRequest.Method in [.get, .delete] {
                let hidden = try await desk.api(method, "/api-keys/\(key.id)", as: theirs)
                #expect(hidden.status == 404)
                let reader = try await desk.key(["rooms.read"])
                let forbidden = try await desk.api(method, "/api-keys/\(key.id)", as: reader)
                #expect(forbidden.status == 403)
                let nobody = try await desk.api(method, "/api-keys/\(key.id)", as: nil)
                #expect(nobody.status == 401)
            }
        }
    }

    @Test func `nobody deletes a key that may more, nor outlives in another one`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let made = try await desk.api(
                .post, "/api-keys",
                ["name": "Small", "permissions": ["api_keys.manage"], "expires_at": "2998-01-01"], as: key)
            #expect(made.status == 201, "\(made.text)")
            let small = try #require(made.json["key"]?.text.flatMap { APIKeyText($0) })
            let refused = try await desk.api(.delete, "/api-keys/\(key.id)", as: small)
            #expect(refused.status == 403)
            for body: JSON in [
                ["name": "A", "permissions": ["api_keys.manage"]],
                ["name": "A", "permissions": ["api_keys.manage"], "expires_at": "2999-01-01"],
            ] {
                let longer = try await desk.api(.post, "/api-keys", body, as: small)
                #expect(longer.status == 403, "\(longer.text)")
            }
            let shorter = try await desk.api(
                .post, "/api-keys",
                ["name": "A", "permissions": ["api_keys.manage"], "expires_at": "2997-01-01"], as: small)
            #expect(shorter.status == 201, "\(shorter.text)")
            let itself = try await desk.api(.delete, "/api-keys/\(small.id)", as: small)
            #expect(itself.status == 204)
        }
    }

    @Test func `the keys of a customer who may not sign in open nothing`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let north = try await desk.addCustomer("North", as: key)
            let south = try await desk.addCustomer("South", as: key)
            let theirs = try await desk.key(of: [north.number])
            let both = try await desk.key(of: [north.number, south.number])
            for (status, expected) in [("suspended", 200), ("inactive", 401), ("active", 200), ("terminated", 401)] {
                let changed = try await desk.api(
                    .patch, "/customers/\(north.identity.id)", ["status": .text(status)], as: key)
                #expect(changed.status == 200, "\(changed.text)")
                let seen = try await desk.api(.get, "/me", as: theirs)
                #expect(seen.status == expected, "\(status)")
            }
            let rest = try await desk.api(.get, "/customers", as: both)
            #expect(rest.data.map { $0["id"] } == [.text(south.identity.id)])
        }
    }

    @Test func `wrong keys are counted where they come from`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let wrong = try #require(APIKeyText("rk_aaaaaaaaaa_" + String(repeating: "a", count: 40)))
            let first = try await desk.api(.get, "/rooms", as: wrong)
            #expect(first.status == 401)
            #expect(first.header("RateLimit") != nil)
            for _ in 0..<599 { _ = try await desk.api(.get, "/rooms", as: wrong) }
            let limited = try await desk.api(.get, "/rooms", as: wrong)
            #expect(limited.status == 429)
            #expect(limited.header("Retry-After") != nil)
            // A right one has a limit of its own.
            let right = try await desk.api(.get, "/me", as: try await desk.key())
            #expect(right.status == 200)
        }
    }
}
