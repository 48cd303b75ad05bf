import BigBlueButton
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryWeb

/// What was added to rooms later: files, invitations, who changed what, many at once (`rooms-api.md` 7.6, 8.4).
@Suite struct RoomRecordRouteTests {
    /// Sends a file.
    private func upload(
        _ desk: Desk, _ path: String, _ octets: [UInt8], as caller: APIKeyText?,
        type: String = "application/octet-stream"
    ) async throws -> APIReply {
        var headers: HTTPFields = [.contentType: type]
        if let caller { headers[.authorization] = "Bearer \(caller.reveal())" }
        let response = try await desk.client.execute(
            uri: "/api/v1\(path)", method: .post, headers: headers, body: ByteBuffer(bytes: octets))
        let body = Array(response.body.readableBytesView)
        let json = body.isEmpty ? JSON.null : try JSONReader.read(body)
        return APIReply(
            status: response.status.code, headers: response.headers, json: json,
            text: String(decoding: body, as: UTF8.self))
    }

    // MARK: presentations

    @Test func `a file is kept, listed and deleted`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let key = try await desk.key()
            let room = try await door.room()
            let path = "/rooms/\(room.identity.id)/presentations"
            let added = try await upload(desk, "\(path)?name=slides.pdf", Array("%PDF".utf8), as: key)
            #expect(added.status == 201, "\(added.text)")
            #expect(added.json["object"] == "Presentation" && added.json["name"] == "slides.pdf")
            #expect(added.json["size_bytes"] == 4)
            let id = try #require(added.json["id"]?.text)
            #expect(added.header("Location") == "/api/v1\(path)/\(id)")

            let list = try await desk.api(.get, path, as: key)
            #expect(list.status == 200 && list.data.map { $0["id"] } == [.text(id)])
            let slides = try await desk.store.slides(of: room.number)
            #expect(slides == [RoomSlides(name: "slides.pdf", octets: Array("%PDF".utf8))])

            let stale = try await desk.api(.delete, "\(path)/\(id)", as: key, headers: ["If-Match": "\"other\""])
            #expect(stale.status == 412)
            let gone = try await desk.api(.delete, "\(path)/\(id)", as: key)
            #expect(gone.status == 204)
            let again = try await desk.api(.delete, "\(path)/\(id)", as: key)
            #expect(again.status == 404)
        }
    }

    @Test func `a file for a room of nobody is refused before it is taken`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let file = [UInt8](repeating: 1, count: Store.largestPresentations + 1)
            let path = "/rooms/u6Yh3DkQ9w/presentations?name=slides.pdf"
            let reply = try await upload(desk, path, file, as: try await desk.key())
            #expect(reply.status == 404 && reply.code == "not_found", "\(reply.status)")
            let room = try await door.room()
            let own = try await upload(
                desk, "/rooms/\(room.identity.id)/presentations?name=slides.pdf", file, as: try await desk.key())
            #expect(own.status == 413 && own.code == "body_too_large", "\(own.status)")
        }
    }

    @Test func `what cannot be shown is not taken`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let key = try await desk.key()
            let room = try await door.room()
            let path = "/rooms/\(room.identity.id)/presentations"
            for query in [
                "", "?name=", "?name=slides", "?name=run.exe", "?name=a%2Fb.pdf", "?name=.pdf", "?name=a.pdf.",
                "?name=%E2%80%AEfdp.exe.pdf", "?name=a%E2%80%A8b.pdf", "?name=a%EF%BF%BEb.pdf",
            ] {
                let reply = try await upload(desk, "\(path)\(query)", [1], as: key)
                #expect(reply.status == 422 && reply.code == "invalid_query", "\(query) \(reply.text)")
            }
            let form = try await upload(
                desk, "\(path)?name=slides.pdf", [1], as: key, type: "Multipart/Form-Data; boundary=x")
            #expect(form.status == 415 && form.code == "unsupported_media_type", "\(form.text)")
            let empty = try await upload(desk, "\(path)?name=slides.pdf", [], as: key)
            #expect(empty.status == 422 && empty.code == "validation_failed", "\(empty.text)")
            for index in 0..<Store.mostPresentations {
                let reply = try await upload(desk, "\(path)?name=\(index).pdf", [1], as: key)
                #expect(reply.status == 201)
            }
            let more = try await upload(desk, "\(path)?name=more.pdf", [1], as: key)
            #expect(more.status == 403 && more.code == "limit_exceeded")
        }
    }

    @Test func `files of a room are shown in its session`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let key = try await desk.key()
            let room = try await door.room()
            let path = "/rooms/\(room.identity.id)"
            _ = try await upload(desk, "\(path)/presentations?name=slides.pdf", Array("%PDF".utf8), as: key)
            let started = try await desk.api(.post, "\(path)/start", as: key)
            #expect(started.status == 201, "\(started.text)")
            let names = desk.servers.flatMap { server in server.meetings.flatMap { $0.documents.map(\.name) } }
            #expect(names == ["slides.pdf"])
        }
    }

    // MARK: invitations

    @Test func `an invitation is a personal link and an entry for a calendar`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let key = try await desk.key()
            let room = try await door.room()
            let path = "/rooms/\(room.identity.id)/invitations"
            let body: JSON = [
                "email": "jo@elsewhere.example", "name": "Jo", "starts_at": "2026-03-01T10:00:00Z",
                "ends_at": "2026-03-01T11:00:00Z",
            ]
            let reply = try await desk.api(.post, path, body, as: key)
            #expect(reply.status == 201, "\(reply.text)")
            #expect(reply.json["object"] == "Invitation" && reply.json["role"] == "attendee")
            #expect(reply.json["mail_sent"] == false)
            let url = try #require(reply.json["url"]?.text)
            #expect(url.contains("?token="))
            let calendar = try #require(reply.json["calendar"]?.text)
            #expect(calendar.hasPrefix("BEGIN:VCALENDAR\r\n") && calendar.contains("DTSTART:20260301T100000Z"))
            #expect(calendar.contains("DTEND:20260301T110000Z"))
            let tokens = try await desk.store.tokens(of: room.number)
            #expect(tokens.map(\.details.label) == ["jo@elsewhere.example"])
            #expect(tokens.map(\.details.displayName) == ["Jo"])

            let plain = try await desk.api(.post, path, ["email": "al@elsewhere.example", "role": "guest"], as: key)
            #expect(plain.status == 201 && plain.json["calendar"] == .null && plain.json["role"] == "guest")
        }
    }

    @Test func `everything wrong with an invitation is told at once`() async throws {
        try await RoomDoor.open { door in
            let key = try await door.desk.key()
            let room = try await door.room()
            let reply = try await door.desk.api(
                .post, "/rooms/\(room.identity.id)/invitations",
                ["email": "nobody", "role": "owner", "ends_at": "2026-03-01", "colour": "red"], as: key)
            #expect(reply.status == 422)
            let expected = [
                "/colour unknown_field", "/email invalid_format", "/role invalid_enum", "/starts_at required",
            ]
            #expect(reply.faults.sorted() == expected, "\(reply.text)")
            // A name that shows others otherwise than they are.
            let turned = try await door.desk.api(
                .post, "/rooms/\(room.identity.id)/invitations",
                ["email": "jo@elsewhere.example", "name": "a\u{202E}b"], as: key)
            #expect(turned.status == 422 && turned.faults == ["/name invalid_format"], "\(turned.text)")
        }
    }

    // MARK: audit

    @Test func `who changed what is written down, without values`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let key = try await desk.key()
            let room = try await door.room()
            let path = "/rooms/\(room.identity.id)"
            let named = try await desk.api(.patch, path, ["room_name": "Secret plans"], as: key)
            #expect(named.status == 200, "\(named.text)")
            // Nothing is another than before.
            _ = try await desk.api(.patch, path, ["room_name": "Secret plans"], as: key)
            let token = try await desk.api(.post, "\(path)/tokens", ["role": "guest"], as: key)
            let id = try #require(token.json["id"]?.text)
            _ = try await desk.api(.patch, "\(path)/tokens/\(id)", ["role": "attendee"], as: key)
            _ = try await desk.api(.delete, "\(path)/tokens/\(id)", as: key)
            let code = try await desk.api(
                .post, "\(path)/access-codes", ["role": "guest", "code": "482913075"], as: key)
            #expect(code.status == 201, "\(code.text)")

            let reply = try await desk.api(.get, "\(path)/audit?sort=created_at", as: key)
            #expect(reply.status == 200, "\(reply.text)")
            let actions = reply.data.map { $0["action"]?.text ?? "" }.sorted()
            let expected = [
                "access_code.created", "room.created", "room.updated", "token.created", "token.deleted",
                "token.updated",
            ]
            #expect(actions == expected, "\(reply.text)")
            let renamed = try #require(reply.data.first { $0["action"] == "room.updated" })
            #expect(renamed["members"] == ["room_name"] && renamed["actor_type"] == "key")
            #expect(renamed["request_id"]?.text == named.header("X-Request-Id"))
            let changed = try #require(reply.data.first { $0["action"] == "token.updated" })
            #expect(changed["subject_id"] == .text(id) && changed["members"] == ["role"])
            for secret in ["Secret plans", "482913075", token.json["token"]?.text ?? "?"] {
                #expect(!reply.text.contains(secret))
            }
            let filtered = try await desk.api(.get, "\(path)/audit?filter[action]=token.deleted", as: key)
            #expect(filtered.data.count == 1)
        }
    }

    // MARK: many at once

    @Test func `of many rooms each is added or refused for itself`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let key = try await desk.key()
            let account = try #require(desk.store.roster { $0.accounts[door.account]?.identity.id })
            let good: JSON = ["account_id": .text(account), "room_name": "One"]
            let bad: JSON = ["account_id": .text(account), "room_name": "Two", "colour": "red"]
            let reply = try await desk.api(.post, "/rooms/bulk", ["rooms": .list([good, bad, 3])], as: key)
            #expect(reply.status == 200, "\(reply.text)")
            #expect(reply.json["created"] == 1 && reply.json["failed"] == 2)
            #expect(reply.data.map { $0["status"] } == [201, 422, 422])
            #expect(reply.data.first?["room"]?["room_name"] == "One")
            let fault = reply.data[1]["problem"]?["errors"]?.elements?.first
            #expect(fault?["pointer"] == "/colour" && fault?["code"] == "unknown_field")
            let german = try await desk.api(
                .post, "/rooms/bulk", ["rooms": .list([bad])], as: key, headers: ["Accept-Language": "de"])
            #expect(german.data.first?["problem"]?["title"] == "Die Anfrage enthält ungültige Werte")
            for body: JSON in [[:], ["rooms": []], ["rooms": .list(Array(repeating: good, count: 101))]] {
                let refused = try await desk.api(.post, "/rooms/bulk", body, as: key)
                #expect(refused.status == 422 && refused.faults.count == 1, "\(refused.text)")
            }
        }
    }

    // MARK: recordings

    @Test func `recordings are listed, taken back and deleted where they are`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let key = try await desk.key()
            let room = try await door.room()
            let path = "/rooms/\(room.identity.id)"
            let none = try await desk.api(.get, "\(path)/recordings", as: key)
            #expect(none.status == 200 && none.data.isEmpty, "\(none.text)")
            let started = try await desk.api(.post, "\(path)/start", as: key)
            #expect(started.status == 201, "\(started.text)")
            let session = try #require(started.json["provider_session_id"]?.text)
            let meeting = try #require(
                desk.store.roster { $0.runningMeetings(of: door.account) }.first)
            let now = desk.clock.now
            desk.servers[0].addRecording(
                SimulatedRecording(
                    recordID: session, meetingID: meeting.key.idOnServer.rawValue, name: "Business Meeting",
                    startTime: now, endTime: now))
            let list = try await desk.api(.get, "\(path)/recordings", as: key)
            #expect(list.status == 200 && list.data.count == 1, "\(list.text)")
            let id = try #require(list.data.first?["id"]?.text)
            #expect(id == "\(room.identity.id)-\(session)" && list.data.first?["published"] == true)

            let hidden = try await desk.api(.patch, "/recordings/\(id)", ["published": false], as: key)
            #expect(hidden.status == 200 && hidden.json["published"] == false, "\(hidden.text)")
            let wrong = try await desk.api(.patch, "/recordings/\(id)", ["published": "no", "name": "x"], as: key)
            #expect(wrong.status == 422 && wrong.faults == ["/name read_only", "/published invalid_type"])
            let other = try await door.room("Other")
            let elsewhere = try await desk.api(.delete, "/recordings/\(other.identity.id)-\(session)", as: key)
            #expect(elsewhere.status == 404)
            // What is not seen may be on the server that is away: that it is gone nobody knows.
            desk.servers[1].set(.status(502))
            let unsure = try await desk.api(.delete, "/recordings/\(room.identity.id)-abc-1", as: key)
            #expect(unsure.status == 503 && unsure.code == "provider_unavailable", "\(unsure.text)")
            desk.servers[1].heal()
            let deleted = try await desk.api(.delete, "/recordings/\(id)", as: key)
            #expect(deleted.status == 204, "\(deleted.text)")
            let again = try await desk.api(.delete, "/recordings/\(id)", as: key)
            #expect(again.status == 404)
            let told = try await desk.api(.get, "/events?filter[type]=recording.deleted", as: key)
            #expect(told.data.count == 1 && told.data.first?["subject"]?["id"] == JSON.text(id))
            let audit = try await desk.store.audit(of: room.number)
            #expect(audit.map(\.action) == [.recordingDeleted, .recordingUnpublished, .roomCreated])
            #expect(audit.first?.subject == session && audit.first?.actor.kind == .key)
        }
    }

    @Test(arguments: [true, false])
    func `recordings go with their room unless they are kept`(keeps: Bool) async throws {
        try await RoomDoor.open(features: [.recording: .bool(true)]) { door in
            let desk = door.desk
            let key = try await desk.key()
            let room = try await door.room()
            let path = "/rooms/\(room.identity.id)"
            let started = try await desk.api(.post, "\(path)/start", as: key)
            #expect(started.status == 201, "\(started.text)")
            let session = try #require(started.json["provider_session_id"]?.text)
            let meeting = try #require(desk.store.roster { $0.runningMeetings(of: door.account) }.first)
            let now = desk.clock.now
            desk.servers[0].addRecording(
                SimulatedRecording(
                    recordID: session, meetingID: meeting.key.idOnServer.rawValue, name: "Business Meeting",
                    startTime: now, endTime: now))
            let used = try await desk.api(.delete, path, as: key)
            #expect(used.status == 409 && used.code == "room_in_use")
            // What nobody sees may be there: the room stays, and with it who could delete them.
            desk.servers[0].set(.status(502), call: .getRecordings)
            let unsure = try await desk.api(.delete, "\(path)?force=true", as: key)
            #expect(unsure.status == 503 && unsure.code == "provider_unavailable", "\(unsure.text)")
            desk.servers[0].heal()
            let gone = try await desk.api(.delete, "\(path)?force=true&keep_recordings=\(keeps)", as: key)
            #expect(gone.status == 204, "\(gone.text)")
            #expect(desk.servers[0].count(of: .deleteRecordings) == (keeps ? 0 : 1))
        }
    }

    @Test func `what a deleted room leaves is listed and deleted by its account`() async throws {
        try await RoomDoor.open(features: [.recording: .bool(true)]) { door in
            let desk = door.desk
            let key = try await desk.key()
            let account = try #require(desk.store.roster { $0.accounts[door.account]?.identity.id })
            let room = try await door.room()
            let path = "/rooms/\(room.identity.id)"
            let started = try await desk.api(.post, "\(path)/start", as: key)
            let session = try #require(started.json["provider_session_id"]?.text)
            let meeting = try #require(desk.store.roster { $0.runningMeetings(of: door.account) }.first)
            let now = desk.clock.now
            desk.servers[0].addRecording(
                SimulatedRecording(
                    recordID: session, meetingID: meeting.key.idOnServer.rawValue, name: "Business Meeting",
                    startTime: now, endTime: now))
            // Who lists them makes them known.
            let live = try await desk.api(.get, "\(path)/recordings", as: key)
            let known = try await desk.api(.get, "/accounts/\(account)/recordings", as: key)
            #expect(known.status == 200 && known.data == live.data && known.data.count == 1, "\(known.text)")
            let gone = try await desk.api(.delete, "\(path)?force=true&keep_recordings=true", as: key)
            #expect(gone.status == 204, "\(gone.text)")
            let list = "/accounts/\(account)/recordings?filter[room_id]=\(room.identity.id)"
            let kept = try await desk.api(.get, list, as: key)
            let id = try #require(kept.data.first?["id"]?.text)
            #expect(id == "\(room.identity.id)-\(session)" && kept.data.count == 1)

            let other = try await desk.addCustomer("Suedschule", as: key)
            let foreign = try await desk.key(["*"], of: [other.number])
            let weak = try await desk.key(["packages.read"])
            for (method, path) in [
                (HTTPRequest.Method.get, "/accounts/\(account)/recordings"), (.delete, "/recordings/\(id)"),
            ] {
                let hidden = try await desk.api(method, path, as: foreign)
                #expect(hidden.status == 404, "\(path) \(hidden.text)")
                let forbidden = try await desk.api(method, path, as: weak)
                #expect(forbidden.status == 403, "\(path)")
                let nobody = try await desk.api(method, path, as: nil)
                #expect(nobody.status == 401, "\(path)")
            }
            let deleted = try await desk.api(.delete, "/recordings/\(id)", as: key)
            #expect(deleted.status == 204, "\(deleted.text)")
            let none = try await desk.api(.get, list, as: key)
            #expect(none.data.isEmpty)
            let again = try await desk.api(.delete, "/recordings/\(id)", as: key)
            #expect(again.status == 404)
        }
    }

    @Test func `a callback about a room with a wrong key is of nothing`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let calls: [(HTTPRequest.Method, String)] = [(.get, "room-end"), (.post, "room-recording")]
            for (method, name) in calls {
                let answer = try await door.desk.send(
                    "/callbacks/\(name)/\(room.identity.uuid)/0123456789abcdef0123456789abcdef", method: method)
                #expect(answer.status == 404)
            }
        }
    }

    // MARK: who may

    @Test func `nobody gets at rooms of others, or without permission`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let room = try await door.room()
            let platform = try await desk.key()
            let other = try await desk.addCustomer("Suedschule", as: platform)
            let foreign = try await desk.key(["*"], of: [other.number])
            let weak = try await desk.key(["packages.read"])
            let id = room.identity.id
            let calls: [(HTTPRequest.Method, String, JSON?)] = [
                (.get, "/rooms/\(id)/audit", nil), (.get, "/rooms/\(id)/presentations", nil),
                (.delete, "/rooms/\(id)/presentations/p3FgHt7LmQ", nil),
                (.post, "/rooms/\(id)/invitations", ["email": "jo@elsewhere.example"]),
                (.get, "/rooms/\(id)/recordings", nil), (.get, "/rooms/\(id)/status/stream", nil),
                (.patch, "/recordings/\(id)-abc-1", ["published": true]), (.delete, "/recordings/\(id)-abc-1", nil),
            ]
            for (method, path, body) in calls {
                let hidden = try await desk.api(method, path, body, as: foreign)
                #expect(hidden.status == 404 && hidden.code == "not_found", "\(path) \(hidden.text)")
                let forbidden = try await desk.api(method, path, body, as: weak)
                #expect(forbidden.status == 403, "\(path) \(forbidden.text)")
                let nobody = try await desk.api(method, path, body, as: nil)
                #expect(nobody.status == 401, "\(path) \(nobody.text)")
            }
            let file = try await upload(desk, "/rooms/\(id)/presentations?name=a.pdf", [1], as: foreign)
            #expect(file.status == 404)
            let bulk = try await desk.api(.post, "/rooms/bulk", ["rooms": [[:]]], as: weak)
            #expect(bulk.status == 403)
            let tries = ["/recordings/x", "/recordings/\(id)", "/recordings/\(id)-a,b"]
            for path in tries {
                let reply = try await desk.api(.delete, path, as: platform)
                #expect(reply.status == 404, "\(path)")
            }
        }
    }
}
