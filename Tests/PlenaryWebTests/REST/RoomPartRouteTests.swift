import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

@Suite struct RoomPartRouteTests {
    @Test func `a token is made, shown, changed and deleted`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let school = try await desk.openSchool()
            let room = try await desk.addRoom(in: school)
            let path = "/rooms/\(room)/tokens"
            let made = try await desk.api(
                .post, path, ["role": "moderator", "expires_at": "2018-01-01"], as: school.key)
            #expect(made.status == 201, "\(made.text)")
            #expect(RoomSchemaSet.faults(made.json, "RoomToken").isEmpty)
            #expect(made.json["expires_at"] == "2018-01-01T00:00:00Z")
            #expect(made.json["valid"] == false)
            let text = try #require(made.json["token"]?.text)
            #expect(made.json["url"]?.text?.hasSuffix("/business-meeting?token=\(text)") == true)
            let id = try #require(made.json["id"]?.text)
            #expect(made.header("Location") == "/api/v1\(path)/\(id)")

            let shown = try await desk.api(.get, "\(path)/\(id)", as: school.key)
            #expect(shown.json == made.json)
            let tag = try #require(shown.header("ETag"))
            let changed = try await desk.api(
                .patch, "\(path)/\(id)", ["role": "attendee", "expires_at": .null, "label": "Parents"],
                as: school.key, headers: ["If-Match": tag])
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.json["valid"] == true)
            let stale = try await desk.api(
                .patch, "\(path)/\(id)", ["role": "guest"], as: school.key, headers: ["If-Match": tag])
            #expect(stale.status == 412)
            let wrong = try await desk.api(
                .patch, "\(path)/\(id)", ["token": "mine", "role": "king", "max_uses": 0], as: school.key)
            #expect(wrong.faults == ["/max_uses out_of_range", "/role invalid_enum", "/token read_only"])
            let list = try await desk.api(.get, "\(path)?filter[role]=attendee&filter[valid]=true", as: school.key)
            #expect(list.data.map { $0["id"] } == [.text(id)])
            #expect(RoomSchemaSet.faults(list.json, "RoomTokenList").isEmpty)

            let gone = try await desk.api(.delete, "\(path)/\(id)", as: school.key)
            #expect(gone.status == 204)
            let again = try await desk.api(.delete, "\(path)/\(id)", as: school.key)
            #expect(again.status == 404)
            let lacking = try await desk.api(.post, path, ["label": 3], as: school.key)
            #expect(lacking.faults == ["/label invalid_type", "/role required"])
        }
    }

    @Test func `the token of a public room is nobody's to change`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let school = try await desk.openSchool()
            let room = try await desk.addRoom(in: school)
            _ = try await desk.api(.patch, "/rooms/\(room)", ["is_public": true], as: school.key)
            let list = try await desk.api(.get, "/rooms/\(room)/tokens?filter[auto]=true", as: school.key)
            let id = try #require(list.data.first?["id"]?.text)
            let changed = try await desk.api(
                .patch, "/rooms/\(room)/tokens/\(id)", ["role": "moderator"], as: school.key)
            #expect(changed.status == 409)
            #expect(changed.code == "token_is_automatic")
            let gone = try await desk.api(.delete, "/rooms/\(room)/tokens/\(id)", as: school.key)
            #expect(gone.code == "token_is_automatic")
            _ = try await desk.api(.patch, "/rooms/\(room)", ["is_public": false], as: school.key)
            let after = try await desk.api(.get, "/rooms/\(room)/tokens", as: school.key)
            #expect(after.data.isEmpty)
        }
    }

    @Test func `an access code is set or made, and unique in its room`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let school = try await desk.openSchool()
            let room = try await desk.addRoom(in: school)
            let path = "/rooms/\(room)/access-codes"
            let made = try await desk.api(.post, path, ["role": "attendee"], as: school.key)
            #expect(made.status == 201, "\(made.text)")
            #expect(RoomSchemaSet.faults(made.json, "RoomAccessCode").isEmpty)
            let code = try #require(made.json["code"]?.text)
            #expect(code.utf8.count == 9)
            let id = try #require(made.json["id"]?.text)
            let twice = try await desk.api(.post, path, ["role": "guest", "code": .text(code)], as: school.key)
            #expect(twice.status == 409)
            #expect(twice.code == "code_not_unique")
            let short = try await desk.api(.post, path, ["code": "abc", "auto": true], as: school.key)
            #expect(short.faults == ["/auto unknown_field", "/code invalid_format", "/role required"])
            let shown = try await desk.api(.get, "\(path)/\(id)", as: school.key)
            let tag = try #require(shown.header("ETag"))
            let changed = try await desk.api(
                .patch, "\(path)/\(id)", ["code": "spring-2018", "expires_at": "2018-01-01"], as: school.key,
                headers: ["If-Match": tag])
            #expect(changed.json["code"] == "spring-2018")
            #expect(changed.json["valid"] == false)
            let stale = try await desk.api(.delete, "\(path)/\(id)", as: school.key, headers: ["If-Match": tag])
            #expect(stale.status == 412)
            let list = try await desk.api(.get, path, as: school.key)
            #expect(list.data == [changed.json])
            let gone = try await desk.api(.delete, "\(path)/\(id)", as: school.key)
            #expect(gone.status == 204)
            let after = try await desk.api(.get, "\(path)/\(id)", as: school.key)
            #expect(after.status == 404)
        }
    }

    @Test func `users of a room are added, changed, removed, and one of them owns it`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let school = try await desk.openSchool()
            let room = try await desk.addRoom(in: school)
            let path = "/rooms/\(room)/users"
            let invited = try await desk.api(
                .post, path, ["email": "Ben@nordschule.example", "permissions": ["room.view"]], as: school.key)
            #expect(invited.status == 201, "\(invited.text)")
            #expect(RoomSchemaSet.faults(invited.json, "RoomUser").isEmpty)
            #expect(invited.json["email"] == "ben@nordschule.example")
            let ben = try #require(invited.json["user_id"]?.text)
            let tag = try #require(invited.header("ETag"))
            let changed = try await desk.api(
                .patch, "\(path)/\(ben)", ["permissions": ["room.join", "room.view"]], as: school.key,
                headers: ["If-Match": tag])
            #expect(changed.json["permissions"] == ["room.view", "room.join"])
            let stale = try await desk.api(
                .patch, "\(path)/\(ben)", ["permissions": []], as: school.key, headers: ["If-Match": tag])
            #expect(stale.status == 412)
            let wrong = try await desk.api(.post, path, ["permissions": ["room.fly"], "name": "x"], as: school.key)
            #expect(
                wrong.faults == ["/name unknown_field", "/permissions/0 invalid_enum", "/user_id required"])
            let nobody = try await desk.api(
                .post, path, ["user_id": "n5RtLb2WfJ", "permissions": []], as: school.key)
            #expect(nobody.faults == ["/user_id not_found"])

            let list = try await desk.api(.get, "\(path)?sort=-owner", as: school.key)
            #expect(RoomSchemaSet.faults(list.json, "RoomUserList").isEmpty)
            #expect(list.data.map { $0["owner"] } == [true, false])
            let owner = try #require(list.data.first?["user_id"]?.text)
            let kept = try await desk.api(.delete, "\(path)/\(owner)", as: school.key)
            #expect(kept.code == "owner_required")

            let stranger = try await desk.api(.put, "/rooms/\(room)/owner", ["user_id": .text(ben)], as: school.key)
            #expect(stranger.status == 422)
            #expect(stranger.code == "user_not_of_customer")
            try await desk.store.setMember(
                RoomUserID(ben), isOwner: false, of: school.customer.number, now: desk.clock.now)
            let given = try await desk.api(
                .put, "/rooms/\(room)/owner", ["user_id": .text(ben), "keep_previous": false], as: school.key)
            #expect(given.status == 200, "\(given.text)")
            #expect(given.json["owner"] == true)
            let after = try await desk.api(.get, path, as: school.key)
            #expect(after.data.map { $0["user_id"] } == [.text(ben)])
        }
    }

    @Test func `only addresses of the customer's domains are invited, and users of others are not told`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let north = try await desk.openSchool()
            let south = try await desk.openSchool("Sued")
            _ = try await desk.api(
                .patch, "/customers/\(north.customer.identity.id)",
                ["allowed_domains_registration": ["nordschule.example"]], as: north.key)
            let room = try await desk.addRoom(in: north)
            let path = "/rooms/\(room)/users"
            let refused = try await desk.api(
                .post, path, ["email": "eve@other.example", "permissions": []], as: north.key)
            #expect(refused.status == 422)
            #expect(refused.code == "email_domain_not_allowed")
            let foreign = try await desk.addRoom(in: south)
            let people = try await desk.api(.get, "/rooms/\(foreign)/users", as: north.key)
            let user = try #require(people.data.first?["user_id"])
            let theirs = try await desk.key(of: [north.customer.number])
            let hidden = try await desk.api(.post, path, ["user_id": user, "permissions": []], as: theirs)
            #expect(hidden.faults == ["/user_id not_found"])
        }
    }
}
