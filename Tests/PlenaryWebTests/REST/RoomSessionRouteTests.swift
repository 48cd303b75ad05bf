import HTTPTypes
import PlenaryCore
import PlenarySimulator
import Testing

@Suite struct RoomSessionRouteTests {
    @Test func `a session is started once, told of, and ended`() async throws {
        try await Desk.open { desk in
            let school = try await desk.openSchool()
            let room = try await desk.addRoom(in: school)
            let quiet = try await desk.api(.get, "/rooms/\(room)/status", as: school.key)
            #expect(RoomSchemaSet.faults(quiet.json, "RoomStatus").isEmpty)
            #expect(quiet.json["state"] == "inactive")
            #expect(quiet.json["meet"]?["participant_count"] == 0)
            #expect(quiet.json["meet"]?["max_participants"] == 100)
            let none = try await desk.api(.post, "/rooms/\(room)/end", as: school.key)
            #expect(none.status == 409)
            #expect(none.code == "not_running")

            let started = try await desk.api(.post, "/rooms/\(room)/start", as: school.key)
            #expect(started.status == 201, "\(started.text)")
            #expect(RoomSchemaSet.faults(started.json, "Session").isEmpty)
            #expect(started.json["state"] == "running")
            #expect(started.json["provider_type"] == "fleet")
            let id = try #require(started.json["id"]?.text)
            #expect(started.header("Location") == "/api/v1/sessions/\(id)")
            let again = try await desk.api(.post, "/rooms/\(room)/start", as: school.key)
            #expect(again.status == 200)
            #expect(again.json["id"] == .text(id))
            let wrong = try await desk.api(.post, "/rooms/\(room)/start", ["now": true], as: school.key)
            #expect(wrong.faults == ["/now unknown_field"])

            // The sentence is in the language of who asks, wherever it stands.
            let german = ["Accept-Language": "de"]
            for path in ["/rooms/\(room)?include=status", "/rooms?include=status"] {
                let told = try await desk.api(.get, path, as: school.key, headers: german)
                let status = told.json["status"] ?? told.data.first?["status"]
                #expect(status?["message"]?.text?.hasPrefix("Ein Meeting läuft, mit ") == true, "\(told.text)")
            }
            let live = try await desk.api(.get, "/rooms?filter[live]=true&include=status", as: school.key)
            #expect(live.data.map { $0["id"] } == [.text(room)])
            #expect(live.data.first?["status"]?["state"] == "active")
            let status = try await desk.api(.get, "/rooms/\(room)/status", as: school.key)
            #expect(status.json["state"] == "active")
            #expect(status.json["stale"] == false)
            #expect(status.json["meet"]?["session_id"] == .text(id))
            #expect(status.json["provider"]?["provider_type"] == "fleet")
            let busy = try await desk.api(.delete, "/rooms/\(room)", as: school.key)
            #expect(busy.status == 409)
            #expect(busy.code == "room_in_use")

            let ended = try await desk.api(.post, "/rooms/\(room)/end", as: school.key)
            #expect(ended.status == 202, "\(ended.text)")
            #expect(ended.json["end_reason"] == "api")
            let list = try await desk.api(.get, "/rooms/\(room)/sessions", as: school.key)
            #expect(RoomSchemaSet.faults(list.json, "SessionList").isEmpty)
            #expect(list.data == [ended.json])
            let shown = try await desk.api(.get, "/sessions/\(id)", as: school.key)
            #expect(shown.json == ended.json)
            let other = try await desk.openSchool("Sued")
            let theirs = try await desk.key(of: [other.customer.number])
            let hidden = try await desk.api(.get, "/sessions/\(id)", as: theirs)
            #expect(hidden.status == 404)
        }
    }

    @Test func `a room in use is deleted by force`() async throws {
        try await Desk.open { desk in
            let school = try await desk.openSchool()
            let room = try await desk.addRoom(in: school)
            let started = try await desk.api(.post, "/rooms/\(room)/start", as: school.key)
            #expect(started.status == 201, "\(started.text)")
            let gone = try await desk.api(.delete, "/rooms/\(room)?force=true", as: school.key)
            #expect(gone.status == 204, "\(gone.text)")
            let after = try await desk.api(.get, "/rooms/\(room)", as: school.key)
            #expect(after.status == 404)
            let wrong = try await desk.api(.delete, "/rooms/\(room)?force=perhaps", as: school.key)
            #expect(wrong.code == "invalid_query")
        }
    }

    @Test func `nothing is started in a room that is closed`() async throws {
        try await Desk.open { desk in
            let school = try await desk.openSchool()
            let room = try await desk.addRoom(in: school)
            _ = try await desk.api(.patch, "/rooms/\(room)", ["status": "inactive"], as: school.key)
            let refused = try await desk.api(.post, "/rooms/\(room)/start", as: school.key)
            #expect(refused.status == 403)
            #expect(refused.code == "room_inactive")
            let status = try await desk.api(.get, "/rooms/\(room)/status", as: school.key)
            #expect(status.json["message"] == "The room is closed.")
        }
    }
}
