import HTTPTypes
import PlenaryCore
import PlenarySimulator
import PlenaryStore
import Testing

/// The examples of rooms and of what belongs to them, member by member (`rooms-api.md` 2, 7 to 9, 13, 14).
@Suite struct ContractRoomTests {
    /// What the school of the examples bought.
    private static let features: JSON = [
        ["code": "max_participants", "value": 100], ["code": "max_duration", "value": 60],
        ["code": "recording", "value": true],
    ]

    private static func open(
        _ time: String, features: JSON = ContractRoomTests.features,
        _ work: @escaping @Sendable (Desk, School) async throws -> Void
    ) async throws {
        try await Desk.open(looksAround: false) { desk in
            try desk.goes(to: time)
            try await work(desk, try await desk.openSchool(features: features))
        }
    }

    // MARK: rooms (7.6)

    @Test func `the room of 7.6 is answered as there`() async throws {
        try await Self.open("2026-03-01T09:00:00Z") { desk, school in
            let made = try await desk.api(
                .post, "/rooms",
                [
                    "account_id": .text(school.account), "room_name": "Business Meeting", "is_public": false,
                    "room_features": ["max_participants": 50],
                    "room_settings": ["description": "Weekly planning", "auto_start_recording": true],
                    "room_metadata": ["external_crm_id": 456],
                ], as: school.key)
            #expect(made.status == 201, "\(made.text)")
            try expectExample(
                made.json,
                """
                {
                  "object": "Room",
                  "id": "u6Yh3DkQ9w",
                  "uuid": "0b8f5c1e-6d2a-4a58-9a51-2c7d3e9f1b44",
                  "ulid": "01JPKS3M7R9V0T2X4Z6B8D0F1H",
                  "customer_id": "c8Wq2TnKpX",
                  "account_id": "aK4mZr7PdQ",
                  "subscription_id": "sB9xHt3LwV",
                  "room_name": "Business Meeting",
                  "status": "active",
                  "is_public": false,
                  "room_type": "meet",
                  "slug": "business-meeting",
                  "url": "https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting",
                  "room_features": { "max_participants": 50 },
                  "room_settings": { "description": "Weekly planning", "auto_start_recording": true },
                  "room_metadata": { "external_crm_id": 456 },
                  "created_at": "2026-03-01T09:00:00Z",
                  "updated_at": "2026-03-01T09:00:00Z",
                  "warnings": []
                }
                """,
                varying: ["/id", "/uuid", "/ulid", "/customer_id", "/account_id", "/subscription_id", "/url"])
            let id = try #require(made.json["id"]?.text)
            #expect(made.json["url"] == .text("https://plenary.example/rooms/\(id)/business-meeting"))
            #expect(made.header("Location") == "/api/v1/rooms/\(id)")
        }
    }

    /// Tokens that are included are whole tokens (8.1); the example shows those members that the founding document has.
    @Test func `the room with its tokens of 7.6 is answered as there`() async throws {
        try await Self.open("2026-03-01T09:00:00Z") { desk, school in
            let room = try await desk.addRoom(in: school)
            _ = try await desk.api(.post, "/rooms/\(room)/tokens", ["role": "moderator"], as: school.key)
            let shown = try await desk.api(.get, "/rooms/\(room)?fields=room_name,url,tokens", as: school.key)
            let others = ["label", "display_name", "max_uses", "use_count", "auto", "valid", "created_at"]
            try expectExample(
                shown.json,
                """
                {
                  "object": "Room", "id": "u6Yh3DkQ9w", "room_name": "Business Meeting",
                  "url": "https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting",
                  "tokens": [
                    { "object": "RoomToken", "id": "t7QmXc4ZrB",
                      "token": "Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e", "role": "moderator",
                      "url": "https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting?token=Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e",
                      "expires_at": null, "last_usage": null }
                  ]
                }
                """, varying: ["/id", "/url", "/tokens/*/id", "/tokens/*/token", "/tokens/*/url"],
                more: Set(others.map { "/tokens/*/\($0)" }))
            let token = shown.json["tokens"]?.elements?.first
            let address = "\(shown.json["url"]?.text ?? "")?token=\(token?["token"]?.text ?? "")"
            #expect(token?["url"] == .text(address))
        }
    }

    @Test func `the features of 7.3 are answered as there`() async throws {
        try await Self.open("2026-03-01T09:00:00Z") { desk, school in
            let room = try await desk.addRoom(
                in: school,
                [.init("room_features", ["max_participants": 50, "max_duration": 60, "max_recordings": 10])])
            let list = try await desk.api(.get, "/rooms/\(room)/features", as: school.key)
            try expectExample(
                list.json,
                """
                {
                  "object": "list",
                  "data": [
                    { "object": "RoomFeature", "code": "max_participants", "subscription_value": 100,
                      "room_value": 50, "used_value": 50, "resolution": "room" },
                    { "object": "RoomFeature", "code": "max_duration", "subscription_value": 60,
                      "room_value": 60, "used_value": 60, "resolution": "room" },
                    { "object": "RoomFeature", "code": "recording", "subscription_value": true,
                      "room_value": null, "used_value": true, "resolution": "inherited" },
                    { "object": "RoomFeature", "code": "max_recordings", "subscription_value": null,
                      "room_value": 10, "used_value": null,
                      "resolution": "ignored_not_in_subscription" }
                  ],
                  "meta": { "pagination": { "total": 4, "count": 4, "per_page": 50, "current_page": 1,
                    "total_pages": 1, "next_cursor": null, "links": { "previous": null, "next": null } },
                    "include": [] }
                }
                """)
            let included = try await desk.api(.get, "/rooms/\(room)?include=effective_features", as: school.key)
            #expect(included.json["effective_features"] == .list(list.data))
        }
    }

    @Test func `a value that the subscription forbids is kept, and counts again when it allows it`() async throws {
        try await Self.open("2026-03-01T09:00:00Z") { desk, school in
            let room = try await desk.addRoom(in: school, [.init("room_features", ["max_participants": 80])])
            let cases: [(Int, JSON, JSON)] = [
                (100, 80, "room"), (60, 60, "ignored_exceeds_subscription"), (100, 80, "room"),
            ]
            for (sold, used, resolution) in cases {
                let path = "/subscriptions/\(school.subscription)/features/max_participants"
                let changed = try await desk.api(.patch, path, ["value": .integer(sold)], as: school.key)
                #expect(changed.status == 200, "\(changed.text)")
                let list = try await desk.api(
                    .get, "/rooms/\(room)/features?filter[code]=max_participants", as: school.key)
                #expect(list.data.map { $0["used_value"] } == [used])
                #expect(list.data.map { $0["room_value"] } == [80])
                #expect(list.data.map { $0["resolution"] } == [resolution])
            }
        }
    }

    @Test func `metadata is taken and refused as the table of 7.5 has it`() async throws {
        try await Self.open("2026-03-01T09:00:00Z") { desk, school in
            let room = "/rooms/\(try await desk.addRoom(in: school))"
            let taken = [
                #"{"external_billing_id": 123, "external_crm_id": 456}"#,
                #"{"crm": {"id": 456, "vip": true, "note": null}}"#, #"{"tags": ["a", 1, null]}"#, #"{"f": 1.5}"#,
            ]
            for text in taken {
                let metadata = try JSONReader.read(Array(text.utf8))
                let reply = try await desk.api(.patch, room, ["room_metadata": metadata], as: school.key)
                #expect(reply.status == 200, "\(reply.text)")
                #expect(reply.json["room_metadata"]?.isSame(as: metadata) == true, "\(reply.text)")
            }
            let refused = [
                (#"{"a": {"b": {"c": 1}}}"#, "/room_metadata/a/b metadata_too_deep"),
                (#"{"a": [[1]]}"#, "/room_metadata/a/0 metadata_too_deep"),
                (#"{"a": [{"b": 1}]}"#, "/room_metadata/a/0 metadata_too_deep"),
                (#"{"a": {"b": [1]}}"#, "/room_metadata/a/b metadata_too_deep"),
                ("[1, 2]", "/room_metadata invalid_type"), (#""text""#, "/room_metadata invalid_type"),
            ]
            for (text, fault) in refused {
                let metadata = try JSONReader.read(Array(text.utf8))
                let reply = try await desk.api(.patch, room, ["room_metadata": metadata], as: school.key)
                #expect(reply.status == 422 && reply.faults == [fault], "\(reply.text)")
            }
            // Overwrite, worked.
            _ = try await desk.api(.patch, room, ["room_metadata": ["a": 1, "b": 2]], as: school.key)
            let other = try await desk.api(.patch, room, ["room_name": "Other"], as: school.key)
            #expect(other.json["room_metadata"] == ["a": 1, "b": 2])
            let merged = try await desk.api(
                .patch, room, ["room_metadata": ["b": 3]], as: school.key,
                headers: ["Content-Type": "application/merge-patch+json"])
            #expect(merged.json["room_metadata"] == ["b": 3], "\(merged.text)")
            for empty in [JSON.null, [:]] {
                _ = try await desk.api(.patch, room, ["room_metadata": ["b": 3]], as: school.key)
                let emptied = try await desk.api(.patch, room, ["room_metadata": empty], as: school.key)
                #expect(emptied.json["room_metadata"] == [:])
            }
        }
    }

    // MARK: lists (2.5)

    @Test func `the list of 2.5 is answered as there`() async throws {
        try await Self.open("2026-03-01T09:00:00Z") { desk, school in
            for _ in 0..<41 { _ = try await desk.addRoom(in: school) }
            let page = try await desk.api(.get, "/rooms?limit=1", as: school.key)
            try expectExample(
                page.json,
                """
                {
                  "object": "list",
                  "data": [
                    { "object": "Room", "id": "u6Yh3DkQ9w", "room_name": "Business Meeting" }
                  ],
                  "meta": {
                    "pagination": {
                      "total": 41, "count": 1, "per_page": 1, "current_page": 1, "total_pages": 41,
                      "next_cursor": "eyJ1IjoiMDFKUEtTIn0",
                      "links": {
                        "previous": null,
                        "next": "https://rooms.example/api/v1/rooms?limit=1&page=2"
                      }
                    },
                    "include": ["tokens", "access_codes", "users", "effective_features", "status"]
                  }
                }
                """, varying: ["/data", "/meta/pagination/next_cursor", "/meta/include"])
            #expect(
                page.json["meta"]?["include"] == [
                    "tokens", "access_codes", "users", "effective_features", "status", "account",
                ])
            let link = "<https://plenary.example/api/v1/rooms?limit=1&page=2>; rel=\"next\""
            #expect(page.header("Link") == link)
            let sparse = try await desk.api(.get, "/rooms?limit=1&fields=room_name", as: school.key)
            try expectExample(
                .list(sparse.data),
                #"[{ "object": "Room", "id": "u6Yh3DkQ9w", "room_name": "Business Meeting" }]"#, varying: ["/*/id"])
            let alias = try await desk.api(.get, "/rooms?limit=1&filter=id,room_name", as: school.key)
            #expect(alias.data == sparse.data)
            let beyond = try await desk.api(.get, "/rooms?limit=1&page=42", as: school.key)
            #expect(beyond.status == 200 && beyond.data.isEmpty)
        }
    }

    // MARK: tokens, codes, users (8, 9, 13)

    @Test func `the token of 8.3 is answered as there`() async throws {
        try await Self.open("2026-03-01T09:05:00Z") { desk, school in
            let path = "/rooms/\(try await desk.addRoom(in: school))/tokens"
            let made = try await desk.api(
                .post, path, ["role": "moderator", "expires_at": "2021-01-01"], as: school.key)
            #expect(made.status == 201, "\(made.text)")
            try expectExample(
                made.json,
                """
                {
                  "object": "RoomToken",
                  "id": "t7QmXc4ZrB",
                  "token": "Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e",
                  "role": "moderator",
                  "url": "https://rooms.example/rooms/u6Yh3DkQ9w/business-meeting?token=Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e",
                  "expires_at": "2021-01-01T00:00:00Z",
                  "last_usage": null,
                  "label": null, "display_name": null, "max_uses": null, "use_count": 0,
                  "auto": false, "valid": false, "created_at": "2026-03-01T09:05:00Z"
                }
                """, varying: ["/id", "/token", "/url"])
            let lacking = try await desk.api(.post, path, ["expires_at": .null], as: school.key)
            #expect(lacking.faults == ["/role required"])
            let wrong = try await desk.api(.post, path, ["role": "king"], as: school.key)
            #expect(wrong.faults == ["/role invalid_enum"])
        }
    }

    @Test func `the access code of section 9 is answered as there`() async throws {
        try await Self.open("2026-03-01T09:06:00Z") { desk, school in
            let path = "/rooms/\(try await desk.addRoom(in: school))/access-codes"
            let made = try await desk.api(
                .post, path, ["role": "attendee", "expires_at": "2026-07-01", "label": "Summer term"], as: school.key)
            #expect(made.status == 201, "\(made.text)")
            let example = """
                {
                  "object": "RoomAccessCode", "id": "k3PnVd9HsG", "code": "482913075",
                  "role": "attendee", "expires_at": "2026-07-01T00:00:00Z", "last_usage": null,
                  "label": "Summer term", "valid": true, "created_at": "2026-03-01T09:06:00Z"
                }
                """
            try expectExample(made.json, example, varying: ["/id", "/code"])
            let code = made.json["code"]?.text ?? ""
            #expect(code.utf8.count == 9 && Int(code) != nil)
            // Set by the user.
            let id = try #require(made.json["id"]?.text)
            let set = try await desk.api(.patch, "\(path)/\(id)", ["code": "482913075"], as: school.key)
            try expectExample(set.json, example, varying: ["/id"])
        }
    }

    @Test func `the room user of section 13 is answered as there`() async throws {
        try await Self.open("2026-03-01T09:00:00Z") { desk, school in
            let room = try await desk.addRoom(in: school)
            let users = try await desk.api(.get, "/rooms/\(room)/users", as: school.key)
            #expect(users.data.count == 1)
            try expectExample(
                try #require(users.data.first),
                """
                {
                  "object": "RoomUser", "user_id": "n5RtLb2WfJ", "room_id": "u6Yh3DkQ9w",
                  "name": "Ida Berg", "email": "ida@nordschule.example", "owner": true,
                  "permissions": ["room.view", "room.update", "room.delete", "room.start", "room.join",
                                  "room.tokens", "room.codes", "room.users", "room.recordings"],
                  "created_at": "2026-03-01T09:00:00Z"
                }
                """, varying: ["/user_id", "/room_id", "/email"])
            #expect(users.data.first?["room_id"] == .text(room))
        }
    }

    // MARK: problems (2.8, 14)

    @Test func `wrong members are told as in 2.8`() async throws {
        try await Self.open("2026-03-01T09:00:00Z") { desk, school in
            let reply = try await desk.api(
                .post, "/rooms", ["account_id": .text(school.account), "room_type": "video"], as: school.key)
            try expectProblem(
                reply,
                """
                {
                  "type": "https://rooms.example/problems/validation_failed",
                  "title": "The request has invalid values",
                  "status": 422,
                  "code": "validation_failed",
                  "detail": "2 members of the request are invalid.",
                  "instance": "/api/v1/rooms",
                  "request_id": "req_01JPKS3M7R9V0T2X4Z6B8D0F1H",
                  "errors": [
                    { "pointer": "/room_name", "code": "required", "detail": "A room needs a name." },
                    { "pointer": "/room_type", "code": "immutable_by_subscription",
                      "detail": "The subscription offers meet; video was asked for.",
                      "expected": "meet", "actual": "video" }
                  ]
                }
                """)
        }
    }

    @Test func `a limit that is reached is told as in section 14`() async throws {
        try await Self.open("2026-03-01T09:00:00Z", features: [["code": "max_rooms", "value": 20]]) { desk, school in
            for _ in 0..<20 { _ = try await desk.addRoom(in: school) }
            let reply = try await desk.api(
                .post, "/rooms", ["account_id": .text(school.account), "room_name": "One more"], as: school.key)
            try expectProblem(
                reply,
                """
                {
                  "type": "https://rooms.example/problems/limit_exceeded",
                  "title": "A limit of the subscription is reached", "status": 403,
                  "code": "limit_exceeded", "detail": "The subscription allows 20 rooms; 20 exist.",
                  "instance": "/api/v1/rooms", "request_id": "req_01JPKS9Z8Y7X6W5V4T3S2R1Q0P",
                  "limit": { "code": "max_rooms", "value": 20, "used": 20, "requested": 1,
                             "scope": "subscription", "subscription_id": "sB9xHt3LwV" }
                }
                """, varying: ["/limit/subscription_id"])
            #expect(reply.json["limit"]?["subscription_id"] == .text(school.subscription))
        }
    }
}
