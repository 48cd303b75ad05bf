import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryWeb

extension TenantDesk {
    /// A create by a program of an account.
    func create(_ meeting: String, connections: Int, minutes: Int, in account: String) async throws {
        let shown = try await desk.api(.get, "/accounts/\(account)/integration-api", as: key)
        let secret = try #require(shown.json["credentials"]?["secret"]?.text)
        let url = try #require(shown.json["credentials"]?["url"]?.text)
        let path = url.dropFirst("https://plenary.example".count).dropLast("/bigbluebutton/".count)
        let query = "name=Class&meetingID=\(meeting)&maxParticipants=\(connections)&duration=\(minutes)"
        let target = try Desk.target(.create, query, secret: secret)
        let answer = try await desk.send(String(path) + target)
        #expect(answer.text.contains("<returncode>SUCCESS</returncode>"), "\(answer.text)")
    }
}

/// The examples of sessions, their status, the Integration API and events, member by member
/// (`rooms-api.md` 7.6, 12, 15.9, 16), and the index of endpoints (18).
@Suite struct ContractSessionTests {
    private static let features: JSON = [
        ["code": "max_participants", "value": 100], ["code": "max_duration", "value": 60],
        ["code": "recording", "value": true], ["code": "max_connections", "value": 100],
    ]

    /// Twelve people as in the example: how many of a role, and how their user ids begin.
    private static let people: [(Int, String, SimulatedRole)] = [
        (1, "m", .moderator), (8, "a", .viewer), (3, "g", .viewer),
    ]

    @Test func `the session of 7.6 and the status of 12 are answered as there`() async throws {
        try await Desk.open { desk in
            let school = try await desk.openSchool(features: Self.features)
            let room = try await desk.addRoom(in: school, [.init("room_features", ["max_participants": 50])])
            let started = try await desk.api(.post, "/rooms/\(room)/start", as: school.key)
            #expect(started.status == 201, "\(started.text)")
            let server = try #require(desk.servers.first { !$0.meetings.isEmpty })
            let meeting = try #require(server.meetings.first).id
            var present: [String] = []
            for (count, letter, role) in Self.people {
                for number in 0..<count {
                    let id = server.joinParticipant(
                        meetingID: meeting, fullName: "Somebody", role: role, userID: "\(letter)_\(number)",
                        at: desk.clock.now)
                    present.append(try #require(id))
                }
            }
            for id in present.prefix(10) { server.setVoice(true, of: id) }
            for id in present.suffix(2) { server.setListenOnly(true, of: id) }
            for id in present.prefix(4) { server.setVideo(true, of: id) }
            await desk.pass(10)
            let status = try await desk.api(.get, "/rooms/\(room)/status", as: school.key)
            // Whether it is recorded the provider says.
            try expectExample(
                status.json,
                """
                {
                  "object": "RoomStatus", "room_id": "u6Yh3DkQ9w", "room_type": "meet",
                  "room_status": "active", "state": "active",
                  "message": "A meeting is running with 12 participants.",
                  "provider": { "id": "vD2fSb8YkC", "provider_type": "fleet", "health": "healthy" },
                  "observed_at": "2026-03-01T10:15:02Z", "stale": false,
                  "meet": {
                    "session_id": "e4ZcVy9BtN", "started_at": "2026-03-01T10:00:00Z",
                    "participant_count": 12, "moderator_count": 1, "attendee_count": 8,
                    "guest_count": 3, "waiting_count": 0, "listener_count": 2,
                    "voice_participant_count": 10, "video_count": 4, "max_participants": 50,
                    "recording": false,
                    "reservation": { "state": "reserved", "connections": 50,
                                     "expires_at": "2026-03-01T11:00:00Z" }
                  }
                }
                """,
                varying: [
                    "/room_id", "/provider/id", "/provider/health", "/observed_at", "/meet/session_id",
                    "/meet/started_at", "/meet/recording", "/meet/reservation/expires_at",
                ])
            let ended = try await desk.api(.post, "/rooms/\(room)/end", as: school.key)
            #expect(ended.status == 202, "\(ended.text)")
            let session = try #require(started.json["id"]?.text)
            let shown = try await desk.api(.get, "/sessions/\(session)", as: school.key)
            try expectExample(
                shown.json,
                """
                {
                  "object": "Session", "id": "e4ZcVy9BtN", "room_id": "u6Yh3DkQ9w",
                  "state": "ended", "started_at": "2026-03-01T10:00:00Z",
                  "ended_at": "2026-03-01T11:02:10Z", "end_reason": "api",
                  "provider_id": "vD2fSb8YkC", "provider_type": "fleet",
                  "provider_session_id": "9f7a1c0e4b2d8f6a3c5e7b9d1f0a2c4e6b8d0f1a-1772359200000",
                  "used_features": { "max_participants": 50, "max_duration": 60, "recording": true },
                  "peak_participants": 17, "participant_minutes": 812, "recorded": false
                }
                """,
                varying: [
                    "/id", "/room_id", "/started_at", "/ended_at", "/provider_id", "/provider_session_id",
                    "/peak_participants", "/participant_minutes", "/recorded",
                ],
                // The example has three features of those of the room.
                more: Set(
                    ["/uuid", "/ulid", "/created_at"]
                        + (shown.json["used_features"]?.members ?? []).map { "/used_features/\($0.name)" }))
        }
    }

    // MARK: the Integration API (15.9)

    @Test func `the Integration API of 15.9 is answered as there`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let tenant = try await TenantDesk(desk)
            let account = try await tenant.accountID()
            let shown = try await desk.api(.get, "/accounts/\(account)/integration-api", as: tenant.key)
            // Each account has an address of its own, so that two may have the same secret.
            try expectExample(
                shown.json,
                """
                {
                  "object": "IntegrationAPI", "account_id": "aK4mZr7PdQ", "enabled": true,
                  "credentials": {
                    "url": "https://bbb.rooms.example/bigbluebutton/",
                    "secret": "Qm7rT2xV9kZb4Nw8Lh3Jc6Pd5Fs1Gy0a"
                  },
                  "default_max_participants": 20, "default_duration": 120,
                  "default_chat_texts": { "welcome": null, "moderator_only": null },
                  "unsupported_calls": [],
                  "updated_at": "2026-03-01T08:30:00Z"
                }
                """, varying: ["/account_id", "/credentials/url", "/credentials/secret", "/updated_at"])
            #expect(shown.json["account_id"] == .text(account))
            #expect(shown.json["credentials"]?["url"]?.text?.hasSuffix("/bigbluebutton/") == true)
            let off = try await desk.api(
                .patch, "/accounts/\(account)/integration-api", ["enabled": false], as: tenant.key)
            #expect(off.json["credentials"] == .null)
            #expect(off.json.members?.map(\.name) == shown.json.members?.map(\.name))
        }
    }

    @Test func `the capacity of 15.9 and the event of 16 are answered as there`() async throws {
        try await Desk.open { desk in
            let tenant = try await TenantDesk(desk, features: [["code": "max_connections", "value": 20]])
            let account = try await tenant.accountID()
            try await tenant.create("course-17", connections: 15, minutes: 60, in: account)
            let capacity = try await desk.api(.get, "/accounts/\(account)/capacity", as: tenant.key)
            try expectExample(
                capacity.json,
                """
                {
                  "object": "Capacity", "subscription_id": "sB9xHt3LwV", "at": "2026-03-01T10:15:00Z",
                  "pool": 20, "protected": 15, "unreserved": 0, "free": 5, "reclaimable": 0,
                  "next_expiries": [ { "at": "2026-03-01T11:00:00Z", "connections": 15 } ]
                }
                """, varying: ["/subscription_id", "/at", "/next_expiries/*/at"])
            #expect(capacity.json["subscription_id"] == .text(tenant.subscription))

            // Ten minutes past its time another one needs its connections.
            desk.clock.advance(by: .seconds(70 * 60))
            await desk.poll()
            let overdue = try await desk.api(.get, "/accounts/\(account)/capacity", as: tenant.key)
            #expect(overdue.json["unreserved"] == 15 && overdue.json["reclaimable"] == 15)
            #expect(overdue.json["free"] == 5 && overdue.json["next_expiries"] == [])
            try await tenant.create("course-99", connections: 10, minutes: 60, in: account)
            let events = try await desk.api(.get, "/events?filter[type]=meeting.preempted", as: tenant.key)
            #expect(events.data.count == 1, "\(events.text)")
            // A meeting of a program is no session of a room: its subject is what the program calls it.
            try expectExample(
                try #require(events.data.first),
                """
                {
                  "object": "Event", "id": "evt_01JPKT0A1B2C3D4E5F6G7H8J9K", "type": "meeting.preempted",
                  "created_at": "2026-03-01T11:10:00Z", "sequence": 3,
                  "customer_id": "c8Wq2TnKpX", "account_id": "aK4mZr7PdQ",
                  "subject": { "object": "Meeting", "id": "course-17" },
                  "data": { "meeting_id": "course-17", "connections": 15, "overdue_seconds": 600,
                            "preempted_by": { "meeting_id": "course-99", "connections": 10 } }
                }
                """, varying: ["/id", "/created_at", "/sequence", "/customer_id", "/account_id"])
            let event = events.data.first
            #expect(event?["id"]?.text?.hasPrefix("evt_") == true)
            #expect(event?["customer_id"] == .text(tenant.customer.identity.id))
            #expect(event?["account_id"] == .text(account))
        }
    }

    // MARK: the index (18)

    /// The index of the contract, and what its sections list beside it. Parameters of paths have no names here.
    private static let index = [
        "GET POST /rooms", "GET PATCH DELETE /rooms/{}", "GET /rooms/{}/status", "GET /rooms/{}/status/stream",
        "GET /rooms/{}/features", "GET POST /rooms/{}/tokens", "GET PATCH DELETE /rooms/{}/tokens/{}",
        "GET POST /rooms/{}/access-codes", "GET PATCH DELETE /rooms/{}/access-codes/{}", "GET POST /rooms/{}/users",
        "PATCH DELETE /rooms/{}/users/{}", "PUT /rooms/{}/owner", "POST /rooms/{}/start", "POST /rooms/{}/end",
        "GET /rooms/{}/sessions", "GET /sessions/{}", "GET /rooms/{}/recordings", "PATCH DELETE /recordings/{}",
        "GET POST /rooms/{}/presentations", "DELETE /rooms/{}/presentations/{}", "POST /rooms/{}/invitations",
        "GET /room-settings-schema", "POST /rooms/bulk", "GET /rooms/{}/audit", "GET POST /join/{}",
        "GET /join/{}/events", "GET POST /service-providers", "GET PATCH DELETE /service-providers/{}",
        "POST /service-providers/{}/check", "POST /service-providers/check", "GET /service-provider-types",
        "GET /features", "GET POST /packages", "GET PATCH DELETE /packages/{}", "GET POST /packages/{}/features",
        "PATCH DELETE /packages/{}/features/{}", "GET POST /packages/{}/providers",
        "PATCH DELETE /packages/{}/providers/{}", "GET POST /subscriptions", "GET PATCH DELETE /subscriptions/{}",
        "POST /subscriptions/{}/renew", "POST /subscriptions/{}/cancel", "GET /subscriptions/{}/usage",
        "GET POST /subscriptions/{}/features", "PATCH DELETE /subscriptions/{}/features/{}",
        "POST /subscriptions/{}/features/sync", "GET POST /subscriptions/{}/providers",
        "PATCH DELETE /subscriptions/{}/providers/{}", "GET POST /accounts", "GET PATCH DELETE /accounts/{}",
        "GET POST /accounts/{}/users", "PATCH DELETE /accounts/{}/users/{}", "GET PATCH /accounts/{}/integration-api",
        "POST /accounts/{}/integration-api/rotate-secret", "GET /accounts/{}/reservations",
        "PATCH DELETE /accounts/{}/reservations/{}", "GET /accounts/{}/capacity", "GET POST /customers",
        "GET PATCH DELETE /customers/{}", "GET POST /customers/{}/users", "PATCH DELETE /customers/{}/users/{}",
        "GET POST /users", "GET PATCH DELETE /users/{}", "GET /me", "GET POST /admins", "GET PATCH DELETE /admins/{}",
        "GET POST /roles", "GET PATCH DELETE /roles/{}", "GET /permissions", "GET POST /api-keys",
        "DELETE /api-keys/{}", "GET POST /webhooks", "GET PATCH DELETE /webhooks/{}", "POST /webhooks/{}/test",
        "GET /webhooks/{}/deliveries", "POST /webhooks/{}/deliveries/{}/redeliver", "GET /events",
        "GET /openapi.json", "GET /healthz",
    ]

    @Test func `every endpoint of the index is described`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let platform = Platform(
                store: desk.store, fleet: desk.fleet, settings: PlatformSettings(publicURL: "https://plenary.example"),
                time: desk.clock.fleetTime)
            let groups = allEndpoints(PlatformServices(platform: platform, transport: NoProviders()))
            let described = groups.flatMap(\.endpoints).map { endpoint -> String in
                // The names of parameters are ours.
                let parts = endpoint.path.split(separator: "/").map { $0.hasPrefix("{") ? "{}" : String($0) }
                return "\(endpoint.method.rawValue) /\(parts.joined(separator: "/"))"
            }
            for line in Self.index {
                let words = line.split(separator: " ").map(String.init)
                let path = try #require(words.last)
                for method in words.dropLast() {
                    #expect(described.contains("\(method) \(path)"), "\(method) \(path)")
                }
            }
        }
    }
}
