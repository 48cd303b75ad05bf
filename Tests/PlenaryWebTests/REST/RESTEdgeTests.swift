import HTTPTypes
import PlenaryCore
import PlenaryStore
import Testing

@testable import PlenaryWeb

/// What holds for the API as a whole, whatever the endpoint.
@Suite struct RESTEdgeTests {
    @Test func `paths that lead nowhere and methods that there are not are no way around the limits`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let lost = try await desk.api(.get, "/nothing", as: nil)
            #expect(lost.status == 404)
            #expect(lost.header("RateLimit")?.contains("r=599") == true)
            for _ in 0..<598 { _ = try await desk.api(.get, "/nothing", as: nil) }
            let wrong = try await desk.api(.delete, "/me", as: nil)
            #expect(wrong.status == 405)
            #expect(wrong.header("Allow") == "GET, HEAD, OPTIONS")
            let next = try await desk.api(.get, "/nothing", as: nil)
            #expect(next.status == 429)
            let other = try await desk.api(.delete, "/me", as: nil)
            #expect(other.status == 429)
        }
    }

    @Test func `who brings no credential sends no long body`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let name = JSON.text(String(repeating: "a", count: 20_000))
            let anybody = try await desk.api(.post, "/join/u6Yh3DkQ9w", ["name": name], as: nil)
            #expect(anybody.status == 413 && anybody.code == "body_too_large", "\(anybody.text)")
            let known = try await desk.api(.post, "/customers", ["email": name], as: try await desk.key())
            #expect(known.status == 422, "\(known.text)")
        }
    }

    @Test func `what is answered says how much is left, and which wish was granted`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let seen = try await desk.api(
                .get, "/customers/\(customer.identity.id)", as: key, headers: ["Prefer": "handling=strict"])
            #expect(seen.status == 200)
            #expect(
                seen.header("RateLimit")?.contains("r=598") == true, "\(String(describing: seen.header("RateLimit")))")
            #expect(seen.header("RateLimit-Policy")?.contains("q=600") == true)
            #expect(seen.header("Preference-Applied") == "handling=strict")
        }
    }

    @Test func `whatever shows one thing has a tag, and is not sent again to who has it`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let room = try await door.room { $0.isPublic = true }
            let key = try await desk.key()
            for path in [
                "/rooms/\(room.identity.id)", "/rooms/\(room.identity.id)/status", "/join/\(room.identity.id)", "/me",
                "/room-settings-schema",
            ] {
                let shown = try await desk.api(.get, path, as: key)
                #expect(shown.status == 200, "\(path)")
                let tag = try #require(shown.header("ETag"), "\(path)")
                let again = try await desk.api(.get, path, as: key, headers: ["If-None-Match": tag])
                #expect(again.status == 304, "\(path)")
                #expect(again.text.isEmpty && again.header("ETag") == tag, "\(path)")
            }
            let list = try await desk.api(.get, "/rooms", as: key)
            #expect(list.header("ETag") == nil)
        }
    }

    @Test func `a problem that is told again has the id of the request that it answers`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let headers = ["Idempotency-Key": "again"]
            let first = try await desk.api(.post, "/customers", ["email": "ida"], as: key, headers: headers)
            let second = try await desk.api(.post, "/customers", ["email": "ida"], as: key, headers: headers)
            #expect(second.header("Idempotency-Replayed") == "true")
            #expect(second.status == 422)
            #expect(second.faults == first.faults)
            #expect(second.json["request_id"]?.text == second.header("X-Request-Id"))
            #expect(second.json["request_id"] != first.json["request_id"])
            #expect(second.json.members?.map(\.name) == first.json.members?.map(\.name))
            #expect(first.header("Content-Language") == nil && second.header("Content-Language") == nil)
            // In the language of who asks now.
            let german = ["Idempotency-Key": "again", "Accept-Language": "de"]
            let third = try await desk.api(.post, "/customers", ["email": "ida"], as: key, headers: german)
            #expect(third.header("Idempotency-Replayed") == "true" && third.header("Content-Language") == "de")
            #expect(third.json["title"] == "Die Anfrage enthält ungültige Werte")
            let lost = try await desk.api(.get, "/nothing", as: key, headers: ["Accept-Language": "fr"])
            #expect(lost.header("Content-Language") == "fr" && lost.status == 404)
        }
    }

    @Test func `pages call the API that a customer allows, and see that customer's`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let north = try await desk.addCustomer("North", as: key)
            let south = try await desk.addCustomer("South", as: key)
            let changed = try await desk.api(
                .patch, "/customers/\(north.identity.id)", ["allowed_domains_origins": ["https://www.north.example"]],
                as: key)
            #expect(changed.status == 200, "\(changed.text)")
            let origin = ["Origin": "https://www.north.example"]
            let asked = try await desk.api(
                .options, "/rooms", as: nil,
                headers: [
                    "Origin": "https://www.north.example", "Access-Control-Request-Method": "GET",
                    "Access-Control-Request-Headers": "authorization",
                ])
            #expect(asked.status == 204)
            #expect(asked.header("Access-Control-Allow-Origin") == "https://www.north.example")
            #expect(asked.header("Access-Control-Allow-Methods") == "GET, HEAD, OPTIONS, POST")
            #expect(asked.header("Access-Control-Allow-Headers")?.contains("Authorization") == true)
            #expect(asked.header("Access-Control-Allow-Credentials") == nil)
            let own = try await desk.api(.get, "/me", as: try await desk.key(of: [north.number]), headers: origin)
            #expect(own.header("Access-Control-Allow-Origin") == "https://www.north.example")
            #expect(own.header("Vary") == "Origin")
            // With the key of somebody else, or of the platform, that page reads nothing.
            let other = try await desk.api(.get, "/me", as: try await desk.key(of: [south.number]), headers: origin)
            #expect(other.status == 200)
            #expect(other.header("Access-Control-Allow-Origin") == nil)
            let all = try await desk.api(.get, "/me", as: key, headers: origin)
            #expect(all.header("Access-Control-Allow-Origin") == nil)
            let nobody = try await desk.api(.get, "/me", as: nil, headers: origin)
            #expect(nobody.status == 401)
            let evil = try await desk.api(
                .options, "/rooms", as: nil,
                headers: ["Origin": "https://evil.example", "Access-Control-Request-Method": "GET"])
            #expect(evil.status == 204)
            #expect(evil.header("Access-Control-Allow-Origin") == nil)
        }
    }
}
