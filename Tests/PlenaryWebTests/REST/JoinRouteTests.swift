import BigBlueButton
import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import PlenaryWeb
import Testing

/// `/join/{room_id}` (`rooms-api.md` 11.5).
@Suite struct JoinRouteTests {
    @Test func `the preview tells what will be asked`() async throws {
        try await RoomDoor.open(features: [.guestAccess: .bool(true), .maxParticipants: .integer(50)]) { door in
            let room = try await door.room { $0.settings = RoomSettings(["description": .text("Weekly planning")]) }
            let token = try await door.token(.attendee, of: room)
            try await door.addCode("482913075", .attendee, to: room)
            let path = "/join/\(room.identity.id)"
            let reply = try await door.desk.api(.get, "\(path)?token=\(token)", as: nil)
            #expect(reply.status == 200, "\(reply.text)")
            #expect(reply.json["object"] == "JoinPreview" && reply.json["role"] == "attendee")
            #expect(reply.json["room"]?["room_name"] == "Business Meeting")
            #expect(reply.json["room"]?["description"] == "Weekly planning")
            #expect(reply.json["requires"] == ["name": true, "access_code": true, "consent": false])
            #expect(reply.json["can_start"] == false && reply.json["preset_name"] == .null)
            #expect(reply.json["recording"] == "no")
            let live: JSON = [
                "state": "inactive", "started_at": .null, "participant_count": 0, "max_participants": 50,
            ]
            #expect(reply.json["live"] == live)
            #expect(reply.header("Cache-Control") == "no-store")

            let guest = try await door.token(.guest, of: room)
            let hidden = try await door.desk.api(.get, "\(path)?token=\(guest)", as: nil)
            #expect(hidden.json["live"]?["participant_count"] == .null)
            let starter = try await door.token(.moderator, of: room)
            let moderator = try await door.desk.api(.get, "\(path)?token=\(starter)", as: nil)
            #expect(moderator.json["can_start"] == true)
        }
    }

    @Test func `who has no credential learns nothing of the room`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let other = try await door.room("Other")
            let foreign = try await door.token(.moderator, of: other)
            let cases = [
                ("", 401, "token_required"), ("?token=", 401, "token_required"),
                ("?token=Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e", 403, "token_invalid"),
                ("?token=\(foreign)", 403, "token_invalid"), ("?token=%00%27%22", 403, "token_invalid"),
            ]
            for (query, status, code) in cases {
                let reply = try await door.desk.api(.get, "/join/\(room.identity.id)\(query)", as: nil)
                #expect(reply.status == status && reply.code == code, "\(reply.text)")
                #expect(!reply.text.contains("Business") && !reply.text.contains(foreign))
                if status == 401 { #expect(reply.header("WWW-Authenticate") != nil) }
            }
            for id in ["u6Yh3DkQ9w", "x", "0b8f5c1e-6d2a-4a58-9a51-2c7d3e9f1b44"] {
                let reply = try await door.desk.api(.get, "/join/\(id)", as: nil)
                #expect(reply.status == 404 && reply.code == "room_not_found")
            }
            _ = try await door.desk.store.removeRoom(room.number, now: door.desk.clock.now)
            let gone = try await door.join(room, ["name": "Ada"])
            #expect(gone.status == 410 && gone.code == "room_gone")
        }
    }

    @Test func `who may start is let in, others wait and are let in`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let token = try await door.token(.attendee, of: room)
            let body: JSON = ["token": .text(token), "name": "Ada Lovelace"]
            let waiting = try await door.join(room, body)
            #expect(waiting.status == 202, "\(waiting.text)")
            #expect(waiting.json["object"] == "JoinResult" && waiting.json["state"] == "waiting")
            #expect(waiting.json["reason"] == "not_started" && waiting.json["role"] == "attendee")
            #expect(waiting.json["retry_after"] == 5 && waiting.json["queue_position"] == .null)
            let ticket = try #require(waiting.json["ticket"]?.text)
            let events = waiting.json["events_url"]?.text ?? ""
            #expect(events == "https://plenary.example/api/v1/join/\(room.identity.id)/events?ticket=\(ticket)")
            #expect(!waiting.text.contains(token))

            let starter = try await door.token(.moderator, of: room)
            let started = try await door.join(room, ["token": .text(starter), "name": "Ida"])
            #expect(started.status == 200, "\(started.text)")
            #expect(started.json["state"] == "ready" && started.json["role"] == "moderator")
            #expect(started.json["expires_in"] == 120)
            let entered = try await door.join(room, ["ticket": .text(ticket)])
            #expect(entered.status == 200, "\(entered.text)")
            let place = entered.json["redirect_url"]?.text ?? ""
            #expect(place.hasPrefix("http://bbb") && place.contains("/bigbluebutton/api/join?"))
            #expect(place.contains("fullName=Ada%20Lovelace") && place.contains("createTime="))
        }
    }

    @Test func `what is missing is told with its pointer`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let token = JSON.text(try await door.token(.attendee, of: room))
            try await door.addCode("482913075", .attendee, to: room)
            let both = try await door.join(room, ["token": token])
            #expect(both.status == 422 && both.code == "join_incomplete", "\(both.text)")
            #expect(both.faults == ["/access_code access_code_required", "/name name_required"])
            #expect(both.json["room"] == ["room_name": "Business Meeting", "role": "attendee"])
            let cases: [(JSON, Int, String, String)] = [
                (["token": token, "name": "Ada"], 401, "access_code_required", "/access_code"),
                (["token": token, "name": "Ada", "access_code": "1234"], 403, "access_code_invalid", "/access_code"),
                (["token": token, "access_code": "482913075"], 422, "name_required", "/name"),
                (["token": token, "access_code": "482913075", "name": "a\u{0}b"], 422, "name_required", "/name"),
            ]
            for (body, status, code, pointer) in cases {
                let reply = try await door.join(room, body)
                #expect(reply.status == status && reply.code == code, "\(reply.text)")
                #expect(reply.faults == ["\(pointer) \(code)"])
                #expect(reply.json["room"]?["role"] == "attendee")
            }
            let wrong = try await door.join(room, ["token": 1, "consent": ["recording": "yes"], "frob": true])
            #expect(wrong.status == 422 && wrong.code == "validation_failed")
            #expect(wrong.faults == ["/consent/recording invalid_type", "/frob unknown_field", "/token invalid_type"])
        }
    }

    @Test func `too many wrong codes, and too many tries, have to wait`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let token = JSON.text(try await door.token(.attendee, of: room))
            try await door.addCode("482913075", .attendee, to: room)
            for _ in 0..<5 {
                let wrong = try await door.join(room, ["token": token, "name": "Ada", "access_code": "1234"])
                #expect(wrong.code == "access_code_invalid")
            }
            let locked = try await door.join(room, ["token": token, "name": "Ada", "access_code": "482913075"])
            #expect(locked.status == 429 && locked.code == "rate_limited")
            #expect(locked.header("Retry-After") == "120")
        }
        try await RoomDoor.open(joins: 3) { door in
            let room = try await door.room { $0.isPublic = true }
            let waiting = try await door.join(room, ["name": "Ada"])
            let ticket = JSON.text(try #require(waiting.json["ticket"]?.text))
            for _ in 0..<2 { _ = try await door.desk.api(.get, "/join/\(room.identity.id)", as: nil) }
            let refused = try await door.desk.api(.get, "/join/\(room.identity.id)", as: nil)
            #expect(refused.status == 429 && refused.code == "rate_limited")
            #expect(refused.header("Retry-After") != nil)
            let page = try await door.page(RoomDoor.path(room))
            expectPage(page, 429)
            // Who waits goes on waiting.
            let still = try await door.join(room, ["ticket": ticket])
            #expect(still.status == 202, "\(still.text)")
        }
    }

    @Test func `events tell how it stands`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room { $0.isPublic = true }
            let waiting = try await door.join(room, ["name": "Ada"])
            let ticket = try #require(waiting.json["ticket"]?.text)
            let path = "/api/v1/join/\(room.identity.id)/events?ticket=\(ticket)"
            // As an EventSource asks.
            let stream = try await door.desk.send(path, headers: [.accept: "text/event-stream"])
            #expect(stream.status == 200 && stream.type == "text/event-stream")
            // A proxy in between must not keep it back.
            #expect(HTTPField.Name("X-Accel-Buffering").flatMap { stream.headers[$0] } == "no")
            #expect(stream.text.hasPrefix("event: state\ndata: {"))
            let first = String(stream.text.prefix { $0 != "\n" })
            #expect(first == "event: state")
            #expect(stream.text.contains("\"waiting\"") && stream.text.contains("\"not_started\""))
            // Without news a comment, and not the same again.
            #expect(stream.text.contains("\n\n: still there\n\n"))
            #expect(stream.text.split(separator: "event: state").count == 1)

            await door.desk.pass(10)
            let starter = try await door.token(.moderator, of: room)
            let started = try await door.join(room, ["token": .text(starter), "name": "Ida"])
            #expect(started.status == 200, "\(started.text)")
            let ready = try await door.desk.send(path)
            #expect(ready.text == "event: state\ndata: {\"state\":\"ready\"}\n\n")

            _ = try await door.desk.store.removeRoom(room.number, force: true, now: door.desk.clock.now)
            let closed = try await door.desk.send(path)
            #expect(closed.text.contains("\"closed\"") && closed.text.contains("\"room_gone\""))
            for bad in ["", "?ticket=", "?ticket=x", "?ticket=%00"] {
                let refused = try await door.desk.api(.get, "/join/\(room.identity.id)/events\(bad)", as: nil)
                #expect(refused.status == 400 && refused.code == "bad_request")
            }
        }
    }

    @Test func `an answer about joining tells of the limit for tries to join, whatever it is`() async throws {
        try await RoomDoor.open(joins: 60) { door in
            let room = try await door.room { $0.isPublic = true }
            let path = "/join/\(room.identity.id)"
            let preview = try await door.desk.api(.get, path, as: nil)
            #expect(preview.header("RateLimit-Policy") == "\"join\";q=60;w=60, \"address\";q=600;w=60")
            #expect(preview.header("RateLimit")?.hasPrefix("\"join\";r=59;t=1, \"address\";r=599;") == true)
            let refused = try await door.join(room, ["token": "x", "name": "Ada"])
            #expect(refused.status == 403)
            #expect(refused.header("RateLimit")?.hasPrefix("\"join\";r=58;") == true)
            let waiting = try await door.join(room, ["name": "Ada"])
            let ticket = try #require(waiting.json["ticket"]?.text)
            let again = try await door.join(room, ["ticket": .text(ticket)])
            #expect(again.status == 202)
            #expect(again.header("RateLimit-Policy")?.hasPrefix("\"waiting\";q=60;w=60, ") == true)
        }
    }

    @Test func `nothing that is sent breaks it`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room { $0.isPublic = true }
            let id = room.identity.id
            let ids = [
                id, "%00", "%FF%FE", "..%2F..%2Fetc", "%27%20OR%201=1", "%F0%9F%98%80", "null",
                String(repeating: "a", count: 3_000),
            ]
            let long = String(repeating: "x", count: 5_000)
            let queries = ["", "?token=%", "?token=%ZZ", "?token=\(long)", "?&&==&token"]
            for id in ids {
                for query in queries {
                    for path in ["/api/v1/join/\(id)\(query)", "/api/v1/join/\(id)/events\(query)"] {
                        let answer = try await door.desk.send(path)
                        #expect(answer.status < 500, "\(path)")
                    }
                }
            }
            let bodies = [
                "{", "[]", "null", "7", "\"x\"", "{}", "{\"name\":null}", "{\"name\":\"\\u0000\"}", "{\"name\":{}}",
                "{\"name\":\"\\ud800\"}", "{\"token\":\"\\u202e\",\"name\":\"Ada\"}",
                "{\"name\":\"Ada\",\"access_code\":\"\(String(repeating: "9", count: 1_900))\"}",
                "{\"ticket\":\"a.b.c\",\"name\":\"Ada\"}", "{\"consent\":[]}", String(repeating: "[", count: 5_000),
                "{\"name\":\"\(String(repeating: "e\u{301}", count: 600))\"}",
            ]
            for body in bodies {
                let answer = try await door.desk.send(
                    "/api/v1/join/\(id)", method: .post, headers: [.contentType: "application/json"], body: body)
                #expect(answer.status < 500, "\(body.prefix(60)) \(answer.text)")
            }
        }
    }
}
