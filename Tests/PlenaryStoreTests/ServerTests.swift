import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct ServerTests {
    @Test(arguments: Place.allCases) func `a server that is added is in the roster as it was given`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let endpoint = Endpoint(
                url: try #require(APIURL("https://bbb1.example:8443/x/api")), secret: try .sample("ä secret"))
            let server = try await store.addServer(
                name: try #require(Slug("BBB1")), endpoint: endpoint, administrative: .drain, capacity: 2.5,
                now: .start.advanced(by: .seconds(3)))
            #expect(server.endpoint == endpoint && server.name.text == "bbb1" && server.capacity == 2.5)
            #expect(server.administrative == .drain && server.createdAt == .start.advanced(by: .seconds(3)))
            #expect(store.servers == [server.id: server])
            #expect(try await database.store().servers == [server.id: server])
            #expect(store.roster { $0.server(named: server.name) } == server)
        }
    }

    @Test(arguments: Place.allCases) func `names and URLs are unique among the servers that are there`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let first = try await store.addSample("bbb1", host: "one.example")
            for (name, host) in [("bbb1", "two.example"), ("bbb2", "one.example"), ("BBB1", "ONE.example")] {
                await #expect(throws: StoreFault.constraint(.unique), "\(name) \(host)") {
                    try await store.addSample(name, host: host)
                }
            }
            #expect(store.servers == [first.id: first])
            let second = try await store.addSample("bbb2", host: "two.example")
            // Attempts that failed used no numbers.
            #expect(second.id.number == first.id.number + 1)
        }
    }

    @Test(arguments: Place.allCases) func `a server without meetings is removed, and its name and URL are free again`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            let old = try await store.addSample("bbb1")
            #expect(try await store.removeServer(old.id, force: false, now: .start) == .removed(endedMeetings: 0))
            #expect(store.servers.isEmpty)
            #expect(try await store.removeServer(old.id, force: true, now: .start) == .noSuchServer)
            #expect(try await store.removeServer(ServerID(99), force: false, now: .start) == .noSuchServer)
            let new = try await store.addSample("bbb1")
            #expect(new.id > old.id && store.servers == [new.id: new])
        }
    }

    @Test(arguments: Place.allCases) func `a server with meetings is removed only by force, which ends them`(
        place: Place
    )
        async throws
    {
        try await withStore(place) { store in
            let server = try await store.addSample("bbb1")
            let other = try await store.addSample("bbb2")
            let one = try await store.running("one", on: server.id)
            let two = try await store.written("two", on: server.id)
            let three = try await store.running("three", on: other.id)
            // A displaced meeting may still run there.
            let four = try await store.running("four", on: server.id)
            let moved = try await store.written("four", on: other.id, displacing: four)
            #expect(try await store.removeServer(server.id, force: false, now: .start) == .notEmpty(meetings: 3))
            #expect(store.servers.count == 2 && store.meetings.count == 5)
            #expect(try await store.removeServer(server.id, force: true, now: .start) == .removed(endedMeetings: 3))
            #expect(Set(store.meetings.keys) == [three.number, moved.number])
            #expect(store.roster { $0.count(on: server.id) } == 0)
            let ended = try await store.number(
                """
                SELECT COUNT(*) FROM meetings
                WHERE end_reason = 'server removed' AND ended_at = $1 AND id IN ($2, $3, $4)
                """,
                [
                    .integer(WireTime.start.milliseconds), .integer(one.number.number), .integer(two.number.number),
                    .integer(four.number.number),
                ])
            #expect(ended == 3)
        }
    }

    @Test(arguments: Place.allCases, AdministrativeState.allCases)
    func `the administrative state is set and kept`(place: Place, state: AdministrativeState) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let server = try await store.addSample("bbb1")
            #expect(try await store.setAdministrative(state, of: server.id, now: .start))
            #expect(store.servers[server.id]?.administrative == state)
            #expect(try await database.store().servers[server.id]?.administrative == state)
            #expect(try await !store.setAdministrative(state, of: ServerID(99), now: .start))
            _ = try await store.removeServer(server.id, force: false, now: .start)
            #expect(try await !store.setAdministrative(state, of: server.id, now: .start))
        }
    }
}
