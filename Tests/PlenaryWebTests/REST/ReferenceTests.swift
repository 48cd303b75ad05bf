import HTTPTypes
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryWeb

/// What the API tells about itself, and problems in the language of who asks (`rooms-api.md` 2.8, 18).
@Suite struct ReferenceTests {
    @Test func `the API tells that it answers`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let reply = try await desk.api(.get, "/healthz", as: nil)
            #expect(reply.status == 200 && reply.json["status"] == "ok")
        }
    }

    @Test(arguments: ["/api", "/api/"]) func `the reference is a page without scripts`(path: String) async throws {
        try await Desk.open(looksAround: false) { desk in
            let page = try await desk.send(path)
            #expect(page.status == 200 && page.type == "text/html; charset=utf-8")
            for text in [
                "<code>/rooms/{room_id}/audit</code>", "rooms.read", "/api/v1/openapi.json", "id=\"limit_exceeded\"",
                "https://plenary.example/api/v1",
            ] {
                #expect(page.text.contains(text), "\(text)")
            }
            #expect(!page.text.contains("<script"))
            let policy = HTTPField.Name("Content-Security-Policy").flatMap { page.headers[$0] } ?? ""
            #expect(policy.hasPrefix("default-src 'none';"))
        }
    }

    @Test func `JSON is written with lines`() {
        let json: JSON = ["a": [1, ["b": .null]], "c": [:], "d": "<"]
        let expected = "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": {},\n  \"d\": \"<\"\n}"
        #expect(ReferencePage.written(json, depth: 0) == expected)
    }

    @Test(arguments: PageLanguage.allCases) func `every problem has a title in every language`(language: PageLanguage) {
        for code in ProblemCode.allCases {
            let title = ProblemTitles.title(of: code, in: language) ?? ""
            #expect(!title.isEmpty, "\(code.rawValue)")
            if language != .english { #expect(title != code.title, "\(code.rawValue)") }
        }
    }

    @Test func `a problem is told in the language that is asked for, its code never changes`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let cases = [
                ("de-AT,en;q=0.5", "Diese Ressource gibt es nicht"), ("pt", "Não existe esse recurso"),
                ("nl", "There is no such resource"), ("nl, fr;q=0.1", "Cette ressource n’existe pas"),
            ]
            for (accepted, title) in cases {
                let reply = try await desk.api(
                    .get, "/customers/c8Wq2TnKpX", as: key, headers: ["Accept-Language": accepted])
                #expect(reply.status == 404 && reply.code == "not_found")
                #expect(reply.json["title"] == .text(title), "\(reply.text)")
                #expect(reply.json["detail"] == .text("\(title)."))
            }
        }
    }

    @Test func `the status is told again when something changes, and that the room is gone`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let time = door.desk.clock.fleetTime
            let platform = Platform(
                store: door.desk.store, fleet: door.desk.fleet,
                settings: PlatformSettings(publicURL: "https://plenary.example"), time: time)
            let services = PlatformServices(platform: platform, transport: NoProviders())
            let key = try await door.desk.key()
            let stream = RoomStatusStream.events(of: room, services) {
                try await platform.caller(with: key, now: time.now())
            }
            let first = try await stream.look()
            #expect(first.name == "status" && !first.isLast)
            #expect(first.data["object"] == "RoomStatus" && first.data["state"] == "inactive")
            let version = stream.version()
            door.desk.clock.advance(by: .seconds(5))
            #expect(stream.version() != version)
            _ = try await door.desk.store.removeRoom(room.number, now: door.desk.clock.now)
            let last = try await stream.look()
            #expect(last.name == "gone" && last.isLast)
        }
    }

    @Test func `who may see a room no longer is told nothing more of it`() async throws {
        try await RoomDoor.open { door in
            let room = try await door.room()
            let time = door.desk.clock.fleetTime
            let platform = Platform(
                store: door.desk.store, fleet: door.desk.fleet,
                settings: PlatformSettings(publicURL: "https://plenary.example"), time: time)
            let services = PlatformServices(platform: platform, transport: NoProviders())
            let user = try await door.desk.addUser()
            let id = user.id
            try await door.allow(user, [.view], in: room)
            let stream = RoomStatusStream.events(of: room, services) { APICaller(.user(id), .user) }
            let first = try await stream.look()
            #expect(first.name == "status")
            _ = try await door.desk.store.changeUsers(of: room.number, now: door.desk.clock.now) { users in
                try users.removed(id, by: .administrator)
            }
            let last = try await stream.look()
            #expect(last.name == "gone" && last.isLast)
        }
    }

    @Test func `a stream whose key was taken back tells nothing more`() async throws {
        try await RoomDoor.open { door in
            let desk = door.desk
            let room = try await door.room()
            let time = desk.clock.fleetTime
            let platform = Platform(
                store: desk.store, fleet: desk.fleet,
                settings: PlatformSettings(publicURL: "https://plenary.example"), time: time)
            let services = PlatformServices(platform: platform, transport: NoProviders())
            let key = try await desk.key(["rooms.read"])
            let stream = RoomStatusStream.events(of: room, services) {
                try await platform.caller(with: key, now: time.now())
            }
            let first = try await stream.look()
            #expect(first.name == "status")
            let master = try await desk.key()
            let revoked = try await desk.api(.delete, "/api-keys/\(key.id)", as: master)
            #expect(revoked.status == 204, "\(revoked.text)")
            let last = try await stream.look()
            #expect(last.name == "gone" && last.isLast && last.data["object"] == nil)
        }
    }

    @Test func `that a quiet room was looked at again is no event`() {
        func event(_ time: String, _ state: String) -> EventStream.Event {
            EventStream.Event(
                name: "status", data: ["state": .text(state), "observed_at": .text(time)], isLast: false)
        }
        let told = event("2026-03-01T10:00:00Z", "inactive")
        #expect(told.isNews(after: nil))
        #expect(!event("2026-03-01T10:00:04Z", "inactive").isNews(after: told))
        #expect(event("2026-03-01T10:00:04Z", "active").isNews(after: told))
    }

    @Test func `who has many streams open gets no more`() {
        let listeners = StreamListeners()
        for _ in 0..<StreamListeners.most { #expect(listeners.enter("key 1")) }
        #expect(!listeners.enter("key 1") && listeners.enter("key 2"))
        listeners.leave("key 1")
        #expect(listeners.enter("key 1"))
    }
}
