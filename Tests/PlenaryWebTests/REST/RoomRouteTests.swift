import HTTPTypes
import PlenaryCore
import PlenarySimulator
import PlenaryStore
import Testing

@Suite struct RoomRouteTests {
    @Test func `a room is made, shown, changed and deleted`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let school = try await desk.openSchool()
            let made = try await desk.api(
                .post, "/rooms",
                [
                    "account_id": .text(school.account), "room_name": "Business Meeting",
                    "room_features": ["max_participants": 50],
                    "room_settings": ["description": "Weekly planning", "auto_start_recording": true],
                    "room_metadata": ["external_crm_id": 456], "customer_id": .text(school.customer.identity.uuid),
                    "subscription_id": .text(school.subscription), "room_type": "meet",
                ], as: school.key)
            #expect(made.status == 201, "\(made.text)")
            let id = try #require(made.json["id"]?.text)
            #expect(made.header("Location") == "/api/v1/rooms/\(id)")
            #expect(made.json["slug"] == "business-meeting")
            #expect(made.json["url"] == .text("https://plenary.example/rooms/\(id)/business-meeting"))
            #expect(made.json["customer_id"] == .text(school.customer.identity.id))
            #expect(made.json["subscription_id"] == .text(school.subscription))
            #expect(made.json["is_public"] == false)
            #expect(made.json["warnings"] == [])
            #expect(RoomSchemaSet.faults(made.json, "ChangedRoom").isEmpty)

            let shown = try await desk.api(.get, "/rooms/\(id)", as: school.key)
            #expect(shown.json["warnings"] == nil)
            #expect(RoomSchemaSet.faults(shown.json, "Room").isEmpty)
            let tag = try #require(shown.header("ETag"))
            let same = try await desk.api(.patch, "/rooms/\(id)", shown.json, as: school.key)
            #expect(same.status == 200, "\(same.text)")

            let changed = try await desk.api(
                .patch, "/rooms/\(id)",
                [
                    "room_name": "Planning", "slug": .null, "room_settings": ["description": .null, "own": 1],
                    "room_features": ["recording": false], "room_metadata": ["b": 3],
                ], as: school.key, headers: ["If-Match": tag])
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.json["slug"] == "planning")
            #expect(changed.json["room_settings"] == ["auto_start_recording": true, "own": 1])
            #expect(changed.json["room_features"] == ["max_participants": 50, "recording": false])
            #expect(changed.json["room_metadata"] == ["b": 3])
            let stale = try await desk.api(
                .patch, "/rooms/\(id)", ["is_public": true], as: school.key, headers: ["If-Match": tag])
            #expect(stale.status == 412)
            let kept = try await desk.api(.delete, "/rooms/\(id)", as: school.key, headers: ["If-Match": tag])
            #expect(kept.status == 412)

            let gone = try await desk.api(.delete, "/rooms/\(id)?keep_recordings=true", as: school.key)
            #expect(gone.status == 204)
            let after = try await desk.api(.get, "/rooms/\(id)", as: school.key)
            #expect(after.status == 404)
        }
    }

    @Test func `everything that is wrong with a room is told at once`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let school = try await desk.openSchool()
            let reply = try await desk.api(
                .post, "/rooms",
                [
                    "account_id": .text(school.account), "id": "u6Yh3DkQ9w", "room_type": "video", "slug": "No Slug",
                    "subscription_id": "sB9xHt3LwV", "status": "closed", "room_features": ["recording": [true]],
                    "room_settings": ["locale": 7, "Free": 1], "room_metadata": ["a": ["b": ["c": 1]]], "nme": "x",
                ], as: school.key)
            #expect(reply.status == 422)
            #expect(
                reply.faults == [
                    "/id read_only", "/nme unknown_field", "/room_features/recording invalid_type",
                    "/room_metadata/a/b metadata_too_deep", "/room_name required",
                    "/room_settings/Free invalid_setting", "/room_settings/locale invalid_setting",
                    "/room_type immutable_by_subscription", "/slug invalid_format", "/status invalid_enum",
                    "/subscription_id read_only",
                ])
            let nowhere = try await desk.api(
                .post, "/rooms", ["account_id": "aK4mZr7PdQ", "room_name": "Room"], as: school.key)
            #expect(nowhere.faults == ["/account_id not_found"])
        }
    }

    @Test func `what has no effect is a warning, and an error where that is preferred`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let school = try await desk.openSchool()
            let features: JSON = ["max_participants": 150, "webcams": false]
            let body: JSON = [
                "account_id": .text(school.account), "room_name": "Large", "room_features": features,
            ]
            let strict = try await desk.api(
                .post, "/rooms", body, as: school.key, headers: ["Prefer": "handling=strict"])
            #expect(strict.status == 422)
            #expect(
                strict.faults == [
                    "/room_features/max_participants ignored_exceeds_subscription",
                    "/room_features/webcams ignored_not_in_subscription",
                ])
            let lenient = try await desk.api(.post, "/rooms", body, as: school.key)
            #expect(lenient.status == 201)
            #expect(lenient.json["room_features"] == features)
            let codes = lenient.json["warnings"]?.elements?.map { $0["code"] }
            #expect(codes == ["ignored_exceeds_subscription", "ignored_not_in_subscription"])
            let id = try #require(lenient.json["id"]?.text)
            // What was there before is not what this body says.
            let renamed = try await desk.api(
                .patch, "/rooms/\(id)", ["room_name": "Larger"], as: school.key,
                headers: ["Prefer": "handling=strict"])
            #expect(renamed.status == 200, "\(renamed.text)")

            let list = try await desk.api(.get, "/rooms/\(id)/features", as: school.key)
            #expect(RoomSchemaSet.faults(list.json, "RoomFeatureList").isEmpty)
            #expect(
                list.data.map { $0["code"] } == ["max_participants", "max_duration", "recording", "webcams"])
            #expect(
                list.data.first == [
                    "object": "RoomFeature", "code": "max_participants", "subscription_value": 100,
                    "room_value": 150, "used_value": 100, "resolution": "ignored_exceeds_subscription",
                ])
        }
    }

    @Test func `the subscription limits how many rooms there are`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let school = try await desk.openSchool()
            for number in 1...3 { _ = try await desk.addRoom("Room \(number)", in: school) }
            let body: JSON = ["account_id": .text(school.account), "room_name": "Room 4"]
            let refused = try await desk.api(.post, "/rooms", body, as: school.key)
            #expect(refused.status == 403)
            #expect(refused.code == "limit_exceeded")
            #expect(
                refused.json["limit"] == [
                    "code": "max_rooms", "value": 3, "used": 3, "requested": 1, "scope": "subscription",
                    "subscription_id": .text(school.subscription),
                ])
            let path = "/customers/\(school.customer.identity.id)"
            _ = try await desk.api(.patch, path, ["status": "suspended"], as: school.key)
            let suspended = try await desk.api(.post, "/rooms", body, as: school.key)
            #expect(suspended.code == "customer_suspended")
        }
    }

    @Test func `rooms of another tenant are not there`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let north = try await desk.openSchool()
            let south = try await desk.openSchool("Sued")
            let id = try await desk.addRoom(in: north)
            let own = try await desk.addRoom(in: south)
            let theirs = try await desk.key(of: [south.customer.number])
            for method in [HTTPRequest.Method.get, .delete] {
                let reply = try await desk.api(method, "/rooms/\(id)", as: theirs)
                #expect(reply.status == 404)
            }
            let changed = try await desk.api(.patch, "/rooms/\(id)", ["status": "inactive"], as: theirs)
            #expect(changed.status == 404)
            for path in ["features", "status", "tokens", "access-codes", "users", "sessions"] {
                let reply = try await desk.api(.get, "/rooms/\(id)/\(path)", as: theirs)
                #expect(reply.status == 404, "\(path)")
            }
            for path in ["start", "end"] {
                let reply = try await desk.api(.post, "/rooms/\(id)/\(path)", as: theirs)
                #expect(reply.status == 404, "\(path)")
            }
            let made = try await desk.api(
                .post, "/rooms", ["account_id": .text(north.account), "room_name": "Room"], as: theirs)
            #expect(made.faults == ["/account_id not_found"])
            let list = try await desk.api(.get, "/rooms", as: theirs)
            #expect(list.data.map { $0["id"] } == [.text(own)])
        }
    }

    @Test func `without permission it is 403 before anything is looked up, without credential 401`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let reader = try await desk.key(["rooms.read"])
            let nothing = try await desk.key(["features.read"])
            let room = "/rooms/u6Yh3DkQ9w"
            let calls: [(HTTPRequest.Method, String)] = [
                (.post, "/rooms"), (.patch, room), (.delete, room), (.get, "\(room)/tokens"),
                (.post, "\(room)/tokens"), (.get, "\(room)/tokens/t7QmXc4ZrB"), (.patch, "\(room)/tokens/t7QmXc4ZrB"),
                (.delete, "\(room)/tokens/t7QmXc4ZrB"), (.get, "\(room)/access-codes"),
                (.post, "\(room)/access-codes"), (.get, "\(room)/access-codes/k3PnVd9HsG"),
                (.patch, "\(room)/access-codes/k3PnVd9HsG"), (.delete, "\(room)/access-codes/k3PnVd9HsG"),
                (.get, "\(room)/users"), (.post, "\(room)/users"), (.patch, "\(room)/users/n5RtLb2WfJ"),
                (.delete, "\(room)/users/n5RtLb2WfJ"), (.put, "\(room)/owner"), (.post, "\(room)/start"),
                (.post, "\(room)/end"), (.get, "\(room)/sessions"), (.get, "/sessions/e4ZcVy9BtN"),
                (.get, "\(room)?include=tokens"), (.get, "/rooms?include=access_codes"), (.get, "/rooms?include=users"),
            ]
            for (method, path) in calls {
                let refused = try await desk.api(method, path, as: reader)
                #expect(refused.status == 403, "\(method) \(path) \(refused.text)")
                let unknown = try await desk.api(method, path, as: nil)
                #expect(unknown.status == 401, "\(method) \(path)")
            }
            for path in ["/rooms", room, "\(room)/features", "\(room)/status"] {
                let refused = try await desk.api(.get, path, as: nothing)
                #expect(refused.status == 403, "\(path)")
            }
        }
    }

    @Test func `rooms are filtered, searched and listed page by page, with what is included`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let school = try await desk.openSchool()
            let one = try await desk.addRoom("Räume", in: school, [.init("room_metadata", ["crm": 4])])
            let two = try await desk.addRoom("Board", in: school, [.init("is_public", true)])
            let found = try await desk.api(.get, "/rooms?search=raume", as: school.key)
            #expect(found.data.map { $0["id"] } == [.text(one)])
            let metadata = try await desk.api(.get, "/rooms?filter[room_metadata.crm]=4", as: school.key)
            #expect(metadata.data.map { $0["id"] } == [.text(one)])
            let open = try await desk.api(
                .get, "/rooms?filter[is_public]=true&fields=room_name,tokens", as: school.key)
            #expect(open.data.count == 1)
            #expect(open.data.first?["room_name"] == "Board")
            #expect(open.data.first?["slug"] == nil)
            let tokens = open.data.first?["tokens"]?.elements
            #expect(tokens?.map { $0["auto"] } == [true])
            let account = try await desk.api(
                .get, "/rooms?filter[account_id]=\(school.account)&sort=room_name&limit=1", as: school.key)
            #expect(account.data.map { $0["id"] } == [.text(two)])
            #expect(RoomSchemaSet.faults(account.json, "RoomList").isEmpty)
            let next = try #require(account.json["meta"]?["pagination"]?["next_cursor"]?.text)
            let behind = try await desk.api(
                .get, "/rooms?filter[account_id]=\(school.account)&sort=room_name&limit=1&cursor=\(next)",
                as: school.key)
            #expect(behind.data.map { $0["id"] } == [.text(one)])

            let all = try await desk.api(
                .get, "/rooms/\(two)?include=tokens,access_codes,users,effective_features,status,account",
                as: school.key)
            #expect(all.status == 200, "\(all.text)")
            #expect(RoomSchemaSet.faults(all.json, "Room").isEmpty)
            #expect(all.json["access_codes"] == [])
            #expect(all.json["users"]?.elements?.map { $0["owner"] } == [true])
            #expect(all.json["status"]?["state"] == "inactive")
            #expect(all.json["status"]?["room_status"] == "active")
            #expect(all.json["account"]?["id"] == .text(school.account))
            let wrong = try await desk.api(.get, "/rooms?filter[color]=red", as: school.key)
            #expect(wrong.code == "invalid_query")
        }
    }

    @Test func `the schema of the settings knows those of a type and a provider`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key(["rooms.read"])
            let meet = try await desk.api(
                .get, "/room-settings-schema?room_type=meet&provider_type=bbb", as: key)
            #expect(meet.json["properties"]?["mute_on_start"] == ["type": "boolean", "default": false])
            let video = try await desk.api(.get, "/room-settings-schema?room_type=video", as: key)
            #expect(video.json["properties"]?["mute_on_start"] == nil)
            #expect(video.json["properties"]?["description"]?["maxLength"] == 4_000)
            let wrong = try await desk.api(
                .get, "/room-settings-schema?room_type=dance&provider_type=hall", as: key)
            #expect(wrong.faults == ["provider_type invalid_enum", "room_type invalid_enum"])
            let nobody = try await desk.api(.get, "/room-settings-schema", as: nil)
            #expect(nobody.status == 401)
        }
    }
}
