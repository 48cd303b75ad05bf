import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

/// The examples of joining, member by member, and what each check answers (`rooms-api.md` 11.3 and 11.5).
@Suite struct ContractJoinTests {
    private static let features: [FeatureCode: FeatureValue] = [
        .guestAccess: .bool(true), .maxParticipants: .integer(50), .recording: .bool(true),
    ]

    /// The room of the examples, which asks attendees for a code.
    private static func room(_ door: RoomDoor) async throws -> Room {
        let room = try await door.room { $0.settings = RoomSettings(["description": .text("Weekly planning")]) }
        try await door.addCode("482913075", .attendee, to: room)
        return room
    }

    /// `last_usage` of all tokens and codes of a role.
    private static func uses(_ role: RoomRole, of room: Room, _ door: RoomDoor) async throws -> [JSON?] {
        let key = try await door.desk.key()
        var uses: [JSON?] = []
        for part in ["tokens", "access-codes"] {
            let path = "/rooms/\(room.identity.id)/\(part)?filter[role]=\(role.rawValue)"
            let list = try await door.desk.api(.get, path, as: key)
            uses += list.data.map { $0["last_usage"] }
        }
        return uses
    }

    // MARK: the examples (11.5)

    @Test func `the preview of 11.5 is answered as there`() async throws {
        try await RoomDoor.open(features: Self.features) { door in
            let room = try await Self.room(door)
            let token = try await door.token(.attendee, of: room)
            let reply = try await door.desk.api(.get, "/join/\(room.identity.id)?token=\(token)", as: nil)
            #expect(reply.status == 200, "\(reply.text)")
            try expectExample(
                reply.json,
                """
                {
                  "object": "JoinPreview",
                  "room": {
                    "id": "u6Yh3DkQ9w", "room_name": "Business Meeting", "room_type": "meet",
                    "description": "Weekly planning", "hero_image": null, "featured_image": null,
                    "locale": null, "owner_name": null
                  },
                  "role": "attendee",
                  "requires": { "name": true, "access_code": true, "consent": true },
                  "preset_name": null,
                  "can_start": false,
                  "live": { "state": "inactive", "started_at": null, "participant_count": 0,
                            "max_participants": 50 },
                  "recording": "possible"
                }
                """, varying: ["/room/id"])
            #expect(reply.json["room"]?["id"] == .text(room.identity.id))
        }
    }

    @Test func `who waits and who is let in are answered as in 11.5`() async throws {
        try await RoomDoor.open(features: Self.features) { door in
            let room = try await Self.room(door)
            let body: JSON = [
                "token": .text(try await door.token(.attendee, of: room)), "name": "Ada Lovelace",
                "access_code": "482913075", "consent": ["recording": true], "ticket": .null,
            ]
            let waiting = try await door.join(room, body)
            #expect(waiting.status == 202, "\(waiting.text)")
            try expectExample(
                waiting.json,
                """
                {
                  "object": "JoinResult", "state": "waiting", "reason": "not_started",
                  "role": "attendee", "ticket": "eyJhbGciOiJIUzI1NiJ9.eyJyIjoidTYifQ.c2ln",
                  "retry_after": 5,
                  "events_url": "https://rooms.example/api/v1/join/u6Yh3DkQ9w/events?ticket=eyJhbGciOiJIUzI1NiJ9.eyJyIjoidTYifQ.c2ln",
                  "queue_position": null
                }
                """, varying: ["/ticket", "/events_url"])
            let ticket = waiting.json["ticket"]?.text ?? ""
            let events = "https://plenary.example/api/v1/join/\(room.identity.id)/events?ticket=\(ticket)"
            #expect(waiting.json["events_url"] == .text(events))
            let unused = try await Self.uses(.attendee, of: room, door)
            #expect(unused == [.null, .null])

            let starter = try await door.token(.moderator, of: room)
            let started = try await door.join(
                room, ["token": .text(starter), "name": "Ida", "consent": ["recording": true]])
            #expect(started.status == 200, "\(started.text)")
            let ready = try await door.join(room, body)
            #expect(ready.status == 200, "\(ready.text)")
            try expectExample(
                ready.json,
                """
                {
                  "object": "JoinResult", "state": "ready", "role": "attendee",
                  "redirect_url": "https://bbb3.example.com/bigbluebutton/api/join?fullName=Ada%20Lovelace&checksum=6a1f0c",
                  "expires_in": 120
                }
                """, varying: ["/redirect_url"])
            let place = ready.json["redirect_url"]?.text ?? ""
            for part in [
                "/bigbluebutton/api/join?", "fullName=Ada%20Lovelace", "~\(room.identity.uuid)", "role=VIEWER",
                "userID=a_", "createTime=", "redirect=true", "checksum=",
            ] {
                #expect(place.contains(part), "\(part) \(place)")
            }
            let used = try await Self.uses(.attendee, of: room, door)
            #expect(used.count == 2 && !used.contains(.null))
        }
    }

    @Test func `what is missing is told as in 11.5`() async throws {
        try await RoomDoor.open { door in
            let room = try await Self.room(door)
            let token = JSON.text(try await door.token(.attendee, of: room))
            let reply = try await door.join(room, ["token": token])
            try expectProblem(
                reply,
                """
                {
                  "type": "https://rooms.example/problems/join_incomplete",
                  "title": "Something is missing to join", "status": 422, "code": "join_incomplete",
                  "detail": "A name and an access code are needed.",
                  "instance": "/api/v1/join/u6Yh3DkQ9w", "request_id": "req_01JPKSBC3D4E5F6G7H8J9KMNPQ",
                  "errors": [
                    { "pointer": "/access_code", "code": "access_code_required",
                      "detail": "This room asks participants for an access code." },
                    { "pointer": "/name", "code": "name_required", "detail": "Please tell us your name." }
                  ],
                  "room": { "room_name": "Business Meeting", "role": "attendee" }
                }
                """, varying: ["/instance"])
            #expect(reply.json["instance"] == .text("/api/v1/join/\(room.identity.id)"))
        }
    }

    // MARK: the checks (11.3)

    /// A body that lacks nothing.
    private static func body(_ token: String?) -> JSON {
        ["token": JSON(token), "name": "Ada Lovelace", "consent": ["recording": true]]
    }

    private static func expect(
        _ reply: APIReply, _ status: Int, _ code: String?, at location: SourceLocation = #_sourceLocation
    ) {
        let note = Comment(rawValue: reply.text)
        #expect(reply.status == status && reply.code == code, note, sourceLocation: location)
        if status == 401 {
            #expect(reply.header("WWW-Authenticate") != nil, note, sourceLocation: location)
        }
        if status == 503 || status == 429 {
            #expect(reply.header("Retry-After") != nil, note, sourceLocation: location)
        }
    }

    @Test func `checks 1 to 5 answer as the table has it`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let nowhere = try await door.desk.api(.post, "/join/u6Yh3DkQ9w", Self.body(nil), as: nil)
            Self.expect(nowhere, 404, "room_not_found")
            let gone = try await door.room("Gone")
            _ = try await door.desk.store.removeRoom(gone.number, now: door.desk.clock.now)
            Self.expect(try await door.join(gone, Self.body(nil)), 410, "room_gone")

            let other = try await door.token(.moderator, of: try await door.room("Other"))
            Self.expect(try await door.join(room, Self.body(other)), 403, "token_invalid")
            Self.expect(try await door.join(room, Self.body(nil)), 401, "token_required")
            // Past, and used up.
            let key = try await door.desk.key()
            let tokens = "/rooms/\(room.identity.id)/tokens"
            let old = try await door.desk.api(
                .post, tokens, ["role": "moderator", "expires_at": "2018-01-01"], as: key)
            Self.expect(try await door.join(room, Self.body(old.json["token"]?.text)), 403, "token_expired")
            let once = try await door.desk.api(.post, tokens, ["role": "moderator", "max_uses": 1], as: key)
            Self.expect(try await door.join(room, Self.body(once.json["token"]?.text)), 200, nil)
            Self.expect(try await door.join(room, Self.body(once.json["token"]?.text)), 403, "token_used_up")

            let closed = try await door.room("Closed") { $0.status = .inactive }
            for role in RoomRole.allCases {
                let token = try await door.token(role, of: closed)
                Self.expect(try await door.join(closed, Self.body(token)), 403, "room_inactive")
            }
            let link = try await door.token(.moderator, of: room)
            let customers = try await door.desk.api(.get, "/customers", as: key)
            let customer = try #require(customers.data.first?["id"]?.text)
            // Of a suspended customer rooms go on.
            _ = try await door.desk.api(.patch, "/customers/\(customer)", ["status": "suspended"], as: key)
            Self.expect(try await door.join(room, Self.body(link)), 200, nil)
            _ = try await door.desk.api(.patch, "/customers/\(customer)", ["status": "inactive"], as: key)
            Self.expect(try await door.join(room, Self.body(link)), 403, "subscription_unusable")
        }
    }

    @Test func `checks 6 to 10 answer as the table has it`() async throws {
        try await RoomDoor.open(features: Self.features) { door in
            let early = try await door.room("Early") {
                $0.settings = RoomSettings(["opens_at": .text("2030-01-01T00:00:00Z")])
            }
            let soon = try await door.join(early, Self.body(try await door.token(.attendee, of: early)))
            Self.expect(soon, 403, "room_not_open")
            #expect(soon.json["opens_at"] == "2030-01-01T00:00:00Z")

            let closed = try await door.room("No guests") {
                $0.settings = RoomSettings(["guest_policy": .text("always_deny")])
            }
            let guest = try await door.token(.guest, of: closed)
            Self.expect(try await door.join(closed, Self.body(guest)), 403, "guests_not_allowed")

            let room = try await Self.room(door)
            let link = JSON.text(try await door.token(.attendee, of: room))
            let consent: JSON = ["recording": true]
            let cases: [(JSON, Int, String)] = [
                (["token": link, "name": "Ada", "consent": consent], 401, "access_code_required"),
                (["token": link, "name": "Ada", "consent": consent, "access_code": "0"], 403, "access_code_invalid"),
                (["token": link, "consent": consent, "access_code": "482913075"], 422, "name_required"),
                (["token": link, "name": "Ada", "access_code": "482913075"], 422, "consent_required"),
                (["token": link, "name": "Ada", "access_code": "0"], 422, "join_incomplete"),
            ]
            for (body, status, code) in cases { Self.expect(try await door.join(room, body), status, code) }
            let key = try await door.desk.key()
            let codes = "/rooms/\(room.identity.id)/access-codes"
            let old = try await door.desk.api(
                .post, codes, ["role": "attendee", "code": "winter", "expires_at": "2018-01-01"], as: key)
            #expect(old.status == 201, "\(old.text)")
            let late = try await door.join(
                room, ["token": link, "name": "Ada", "consent": consent, "access_code": "winter"])
            Self.expect(late, 403, "access_code_expired")
        }
    }

    @Test func `check 11 answers as the table has it`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let token = try await door.token(.moderator, of: room)
            for server in door.desk.servers { server.set(.refuse) }
            Self.expect(try await door.join(room, Self.body(token)), 503, "provider_unavailable")
        }
    }

    @Test func `checks 12 to 15 answer as the table has it`() async throws {
        let features: [FeatureCode: FeatureValue] = [
            .guestAccess: .bool(true), .maxParticipants: .integer(8), .maxDuration: .integer(30),
            .maxConnections: .integer(10),
        ]
        try await RoomDoor.open(features: features) { door in
            let room = try await door.room { $0.features = RoomFeatures(["max_participants": .integer(1)]) }
            let link = try await door.token(.attendee, of: room)
            let waiting = try await door.join(room, Self.body(link))
            Self.expect(waiting, 202, nil)
            #expect(waiting.json["reason"] == "not_started")
            Self.expect(try await door.join(room, Self.body(try await door.token(.moderator, of: room))), 200, nil)
            Self.expect(try await door.join(room, Self.body(link)), 409, "room_full")

            let queue = try await door.room("Queue") {
                $0.features = RoomFeatures(["max_participants": .integer(1)])
                $0.settings = RoomSettings(["queue_when_full": .bool(true)])
            }
            Self.expect(try await door.join(queue, Self.body(try await door.token(.moderator, of: queue))), 200, nil)
            let behind = try await door.join(queue, Self.body(try await door.token(.attendee, of: queue)))
            Self.expect(behind, 202, nil)
            #expect(behind.json["reason"] == "room_full" && behind.json["queue_position"] == 1)

            // Of ten connections eight are left.
            let large = try await door.room("Large") { $0.features = RoomFeatures(["max_participants": .integer(8)]) }
            Self.expect(try await door.join(large, Self.body(try await door.token(.moderator, of: large))), 200, nil)
            let last = try await door.room("Last") { $0.features = RoomFeatures(["max_participants": .integer(5)]) }
            let refused = try await door.join(last, Self.body(try await door.token(.moderator, of: last)))
            Self.expect(refused, 409, "capacity_exhausted")
            #expect(refused.json["available_connections"] == 0)
            #expect(refused.json["retry_after"] != nil && refused.header("Retry-After") != nil)
            // Who only starts it is told the same (15.11).
            let key = try await door.desk.key()
            let unstarted = try await door.desk.api(.post, "/rooms/\(last.identity.id)/start", as: key)
            Self.expect(unstarted, 409, "capacity_exhausted")
            #expect(unstarted.json["available_connections"] == 0)
            #expect(unstarted.json["retry_after"] != nil && unstarted.header("Retry-After") != nil)
        }
    }

    @Test func `as many sessions as the subscription has are told with the limit`() async throws {
        try await RoomDoor.open(features: [.maxConcurrentSessions: .integer(1)]) { door in
            let key = try await door.desk.key()
            let (one, other) = (try await door.room("One"), try await door.room("Other"))
            let started = try await door.desk.api(.post, "/rooms/\(one.identity.id)/start", as: key)
            #expect(started.status == 201, "\(started.text)")
            let refused = try await door.desk.api(.post, "/rooms/\(other.identity.id)/start", as: key)
            Self.expect(refused, 409, "capacity_exhausted")
            #expect(
                refused.json["limit"] == [
                    "code": "max_concurrent_sessions", "value": 1, "used": 1, "requested": 1, "scope": "subscription",
                    "subscription_id": .text(other.subscriptionID),
                ])
        }
    }
}
