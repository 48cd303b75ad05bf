import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryWeb

@Suite struct IntegrationRouteTests {
    private static let check = SchemaCheck(schemas: CommerceSchemaTests.schemas)

    /// A call of an account's program.
    private func call(_ name: CallName, _ query: String = "", _ integration: JSON, _ desk: Desk) async throws -> String
    {
        let secret = try #require(integration["credentials"]?["secret"]?.text)
        let url = try #require(integration["credentials"]?["url"]?.text)
        let path = url.dropFirst("https://plenary.example".count).dropLast("/bigbluebutton/".count)
        let target = try Desk.target(name, query, secret: secret)
        let answer = try await desk.send(String(path) + target)
        return answer.text
    }

    @Test func `while it is off programs are refused and credentials are not shown`() async throws {
        try await Desk.open { desk in
            let tenant = try await TenantDesk(desk)
            let path = "/accounts/\(try await tenant.accountID())/integration-api"
            let on = try await desk.api(.get, path, as: tenant.key)
            #expect(on.json["enabled"] == true)
            #expect(on.json["default_max_participants"] == 20)
            #expect(on.header("Cache-Control") == "no-store")
            #expect(Self.check.faults(of: on.json, JSONSchema.named("IntegrationAPI")).isEmpty)
            let made = try await call(.create, "name=Class&meetingID=class-1", on.json, desk)
            #expect(made.contains("<returncode>SUCCESS</returncode>"), "\(made)")

            let tag = try #require(on.header("ETag"))
            let off = try await desk.api(
                .patch, path, ["enabled": false], as: tenant.key, headers: ["If-Match": tag])
            #expect(off.json["enabled"] == false)
            #expect(off.json["credentials"] == .null)
            let refused = try await call(.getMeetings, "", on.json, desk)
            #expect(refused.contains("permissionDenied"), "\(refused)")
            let join = try await call(.join, "fullName=Ann&meetingID=class-1&role=VIEWER&redirect=false", on.json, desk)
            #expect(join.contains("permissionDenied"), "\(join)")
            let stale = try await desk.api(
                .patch, path, ["enabled": true], as: tenant.key, headers: ["If-Match": tag])
            #expect(stale.status == 412)
            let again = try await desk.api(.patch, path, ["enabled": true], as: tenant.key)
            #expect(again.json["credentials"] == on.json["credentials"])
            let listed = try await call(.getMeetings, "", again.json, desk)
            #expect(listed.contains("class-1"), "\(listed)")
        }
    }

    @Test func `defaults and texts are set, and what was fetched may be sent back`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk)
            let path = "/accounts/\(try await tenant.accountID())/integration-api"
            let changed = try await desk.api(
                .patch, path,
                [
                    "default_max_participants": 30, "default_chat_texts": ["welcome": "Hello"],
                    "unsupported_calls": ["setConfigXML"],
                ], as: tenant.key)
            #expect(changed.json["default_max_participants"] == 30)
            #expect(changed.json["default_chat_texts"] == ["welcome": "Hello", "moderator_only": .null])
            #expect(changed.json["unsupported_calls"] == ["setConfigXML"])
            let same = try await desk.api(.patch, path, changed.json, as: tenant.key)
            #expect(same.json == changed.json)
            let reset = try await desk.api(
                .patch, path, ["default_max_participants": .null, "default_chat_texts": .null], as: tenant.key)
            #expect(reset.json["default_max_participants"] == 20)
            #expect(reset.json["default_chat_texts"]?["welcome"] == .null)
            let wrong = try await desk.api(
                .patch, path,
                ["enabled": "yes", "default_duration": 0, "credentials": .null, "unsupported_calls": ["create"]],
                as: tenant.key)
            #expect(
                wrong.faults == [
                    "/credentials read_only", "/default_duration out_of_range", "/enabled invalid_type",
                    "/unsupported_calls/0 invalid_enum",
                ])
            let own = try await desk.key(of: [tenant.customer.number])
            let refused = try await desk.api(.patch, path, ["unsupported_calls": []], as: own)
            #expect(refused.faults == ["/unsupported_calls read_only"])
        }
    }

    @Test func `an old secret works beside the new one for a while`() async throws {
        try await Desk.open { desk in
            let tenant = try await TenantDesk(desk)
            let path = "/accounts/\(try await tenant.accountID())/integration-api"
            let old = try await desk.api(.get, path, as: tenant.key)
            let new = try await desk.api(
                .post, "\(path)/rotate-secret", ["overlap_minutes": 1], as: tenant.key)
            #expect(new.status == 200, "\(new.text)")
            #expect(new.json["credentials"] != old.json["credentials"])
            for json in [old.json, new.json] {
                let answer = try await call(.getMeetings, "", json, desk)
                #expect(answer.contains("SUCCESS"), "\(answer)")
            }
            desk.clock.advance(by: .seconds(61))
            let late = try await call(.getMeetings, "", old.json, desk)
            #expect(late.contains("checksumError"), "\(late)")
            let wrong = try await desk.api(
                .post, "\(path)/rotate-secret", ["overlap_minutes": -1], as: tenant.key)
            #expect(wrong.faults == ["/overlap_minutes out_of_range"])
        }
    }

    @Test func `a secret that was rotated often enough is none any more`() async throws {
        try await Desk.open { desk in
            let tenant = try await TenantDesk(desk)
            let path = "/accounts/\(try await tenant.accountID())/integration-api"
            let order: JSON = ["overlap_minutes": 1_000]
            let second = try await desk.api(.post, "\(path)/rotate-secret", order, as: tenant.key)
            for _ in 1..<Store.mostRotated {
                _ = try await desk.api(.post, "\(path)/rotate-secret", order, as: tenant.key)
            }
            let still = try await call(.getMeetings, "", second.json, desk)
            #expect(still.contains("SUCCESS"), "\(still)")
            let last = try await desk.api(.post, "\(path)/rotate-secret", order, as: tenant.key)
            let late = try await call(.getMeetings, "", second.json, desk)
            #expect(late.contains("checksumError"), "\(late)")
            let now = try await call(.getMeetings, "", last.json, desk)
            #expect(now.contains("SUCCESS"), "\(now)")
        }
    }

    @Test func `reservations are listed, made longer and given up`() async throws {
        try await Desk.open { desk in
            let tenant = try await TenantDesk(desk, features: [["code": "max_connections", "value": 20]])
            let home = "/accounts/\(try await tenant.accountID())"
            let integration = try await desk.api(.get, "\(home)/integration-api", as: tenant.key)
            let query = "name=Class&meetingID=class-1&maxParticipants=15&duration=60"
            let made = try await call(.create, query, integration.json, desk)
            #expect(made.contains("<returncode>SUCCESS</returncode>"), "\(made)")
            let list = try await desk.api(.get, "\(home)/reservations", as: tenant.key)
            #expect(list.data.map { $0["meeting_id"] } == [.text("class-1")])
            #expect(list.data.first?["state"] == "reserved")
            #expect(Self.check.faults(of: list.json, JSONSchema.named("ReservationList")).isEmpty)
            let later = try await desk.api(.get, "\(home)/reservations?at=2999-01-01", as: tenant.key)
            #expect(later.data.first?["state"] == "unreserved")
            let capacity = try await desk.api(.get, "\(home)/capacity", as: tenant.key)
            #expect(capacity.json["pool"] == 20)
            #expect(capacity.json["free"] == 5)
            #expect(capacity.json["subscription_id"] == .text(tenant.subscription))
            #expect(Self.check.faults(of: capacity.json, JSONSchema.named("Capacity")).isEmpty)

            let id = try #require(list.data.first?["id"]?.text)
            let path = "\(home)/reservations/\(id)"
            let until = desk.clock.now.advanced(by: .seconds(7_200)).timestamp
            let extended = try await desk.api(.patch, path, ["expires_at": .text(until)], as: tenant.key)
            #expect(extended.json["expires_at"] == .text(until), "\(extended.text)")
            let back = try await desk.api(.patch, path, ["expires_at": "2001-01-01", "minutes": 1], as: tenant.key)
            #expect(back.faults == ["/minutes read_only"])
            let earlier = try await desk.api(.patch, path, ["expires_at": "2001-01-01"], as: tenant.key)
            #expect(earlier.faults == ["/expires_at out_of_range"])
            let stale = try await desk.api(.delete, path, as: tenant.key, headers: ["If-Match": "\"other\""])
            #expect(stale.status == 412)
            let tag = try #require(extended.header("ETag"))
            let gone = try await desk.api(.delete, path, as: tenant.key, headers: ["If-Match": tag])
            #expect(gone.status == 204)
            let after = try await desk.api(.get, "\(home)/reservations", as: tenant.key)
            #expect(after.data.first?["state"] == "unreserved")
            let none = try await desk.api(.delete, "\(home)/reservations/nothing", as: tenant.key)
            #expect(none.status == 404)
        }
    }

    @Test func `it is nobody else's to see`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk)
            let home = "/accounts/\(try await tenant.accountID())"
            let other = try await desk.key(of: [])
            let reader = try await desk.key(["*.read"])
            let asked: [(HTTPRequest.Method, String, JSON?)] = [
                (.get, "integration-api", nil), (.patch, "integration-api", ["enabled": false]),
                (.post, "integration-api/rotate-secret", [:]), (.get, "reservations", nil),
                (.patch, "reservations/a", ["expires_at": "2999-01-01"]), (.delete, "reservations/a", nil),
                (.get, "capacity", nil),
            ]
            for (method, path, body) in asked {
                let hidden = try await desk.api(method, "\(home)/\(path)", body, as: other)
                #expect(hidden.status == 404, "\(path)")
                let forbidden = try await desk.api(method, "\(home)/\(path)", body, as: reader)
                #expect(forbidden.status == 403, "\(path)")
                let nobody = try await desk.api(method, "\(home)/\(path)", body, as: nil)
                #expect(nobody.status == 401, "\(path)")
            }
        }
    }
}
