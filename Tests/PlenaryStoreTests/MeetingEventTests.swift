import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// What was held, with who came (`balancer.md` 6, getMeetingEvents).
@Suite struct MeetingEventTests {
    /// A meeting that was created at a time, with people who joined.
    private func held(
        _ id: String, at second: Int, on server: ServerID, account: AccountID = .default, people: [String] = ["Ann"],
        until end: Int? = nil, in store: Store
    ) async throws -> Meeting {
        let written = try await store.written(.telling(id, on: server, account: account), now: second)
        let settled = try await store.settle(written.number, on: server, .sample("\(id) \(second)"), now: .start)
        let meeting = try #require(settled)
        try await store.record(
            people.map { name in
                // A user id stands behind a colon.
                let parts = name.split(separator: ":").map(String.init)
                return JoinRecord(
                    meeting: meeting.number, fullName: parts[0], userID: parts.count > 1 ? parts[1] : nil,
                    role: "VIEWER", joinedAt: .second(second + 1))
            })
        if let end { #expect(try await store.end(meeting, reason: "over", now: .second(end))) }
        return meeting
    }

    private func query(_ change: (inout MeetingEventsQuery) -> Void = { _ in }) -> MeetingEventsQuery {
        var query = MeetingEventsQuery()
        change(&query)
        return query
    }

    private func ids(_ store: Store, _ query: MeetingEventsQuery, of account: AccountID = .default) async throws
        -> [String]
    {
        try await store.meetingEvents(of: account, query).map(\.meeting.key.meetingID.rawValue)
    }

    @Test(arguments: Place.allCases) func `a meeting is told with its server, its create and everybody who came`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            let server = try await store.addSample("bbb1")
            let room = try await held(
                "room", at: 5, on: server.id, people: ["Ann:u1", "Bob", "Ann:u1"], until: 60, in: store)
            // Servers that have gone stay in the record.
            _ = try await store.removeServer(server.id, force: false, now: .second(70))
            let events = try await store.meetingEvents(of: .default, query())
            let event = try #require(events.first)
            #expect(events.count == 1 && event.meeting.number == room.number)
            #expect(event.meeting.createdAt == .second(5) && event.endedAt == .second(60))
            #expect(event.serverName == "bbb1" && event.serverURL == "https://bbb1.example/bigbluebutton/api")
            #expect(
                event.parameters.all.map(\.name) == [
                    "name", "meetingID", "record", "meta_endCallbackUrl", "meetingEndedURL",
                ])
            #expect(event.parameters["meta_endCallbackUrl"] == "https://lms.example/end")
            // One for each time that somebody joined, in order.
            #expect(event.joins.map(\.fullName) == ["Ann", "Bob", "Ann"])
            #expect(event.joins.allSatisfy { $0.joinedAt == .second(6) && $0.role == "VIEWER" })
        }
    }

    @Test(arguments: Place.allCases) func `the newest come first, and no more than are wanted`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let server = try await store.addSample("bbb1").id
            for (number, second) in [30, 10, 20, 20].enumerated() {
                _ = try await held("room-\(number)", at: second, on: server, in: store)
            }
            #expect(try await ids(store, query()) == ["room-0", "room-3", "room-2", "room-1"])
            #expect(try await ids(store, query { $0.limit = 2 }) == ["room-0", "room-3"])
        }
    }

    @Test(arguments: Place.allCases) func `creates that never came to be were never held`(place: Place) async throws {
        try await withStore(place) { store in
            let server = try await store.addSample("bbb1").id
            let refused = try await store.written(.telling("refused", on: server))
            _ = try await store.end(refused, reason: "refused", now: .second(1))
            _ = try await store.written(.telling("creating", on: server))
            _ = try await held("held", at: 5, on: server, in: store)
            #expect(try await ids(store, query { $0.users = 0 }) == ["held"])
        }
    }

    @Test(arguments: Place.allCases) func `people count once, by their id, or by their name without one`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let server = try await store.addSample("bbb1").id
            let rooms: [(String, [String])] = [
                ("nobody", []), ("one by id", ["Ann:u1", "Anna:u1"]), ("one by name", ["Ann", "Ann"]),
                ("two", ["Ann:u1", "Ann:u2"]), ("also two", ["Ann", "Ann:u1"]),
                ("three", ["Ann", "Bob", "Cid", "Bob"]),
            ]
            for (index, room) in rooms.enumerated() {
                _ = try await held(room.0, at: index, on: server, people: room.1, in: store)
            }
            let names = Array(rooms.map(\.0).reversed())
            #expect(try await ids(store, query { $0.users = 0 }) == names)
            #expect(try await ids(store, query()) == names.filter { $0 != "nobody" })
            #expect(try await ids(store, query { $0.users = 2 }) == ["three", "also two", "two"])
            #expect(try await ids(store, query { $0.users = 3 }) == ["three"])
            #expect(try await ids(store, query { $0.users = 4 }).isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `dates hold what is from the one on, and before the other`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let server = try await store.addSample("bbb1").id
            _ = try await held("early", at: 10, on: server, until: 20, in: store)
            _ = try await held("late", at: 15, on: server, until: 40, in: store)
            _ = try await held("running", at: 12, on: server, in: store)
            #expect(try await ids(store, query { $0.createdFrom = .second(12) }) == ["late", "running"])
            #expect(try await ids(store, query { $0.createdFrom = .second(15) }) == ["late"])
            #expect(try await ids(store, query { $0.createdFrom = .second(16) }).isEmpty)
            // One that still runs has not ended before anything.
            #expect(try await ids(store, query { $0.endedBefore = .second(41) }) == ["late", "early"])
            #expect(try await ids(store, query { $0.endedBefore = .second(40) }) == ["early"])
            #expect(try await ids(store, query { $0.endedBefore = .second(20) }).isEmpty)
            let both = query {
                $0.createdFrom = .second(11)
                $0.endedBefore = .second(41)
            }
            #expect(try await ids(store, both) == ["late"])
        }
    }

    @Test(arguments: Place.allCases) func `nobody sees what another account held`(place: Place) async throws {
        try await withStore(place) { store in
            let server = try await store.addSample("bbb1").id
            let other = try await store.addAccount(slug: try #require(Slug("other")), name: "Other", now: .start)
            _ = try await held("room", at: 1, on: server, people: ["Ann"], in: store)
            _ = try await held("room", at: 2, on: server, account: other.id, people: ["Bob"], in: store)
            #expect(try await store.meetingEvents(of: .default, query()).flatMap(\.joins).map(\.fullName) == ["Ann"])
            #expect(try await store.meetingEvents(of: other.id, query()).flatMap(\.joins).map(\.fullName) == ["Bob"])
            #expect(try await store.meetingEvents(of: AccountID(9), query()).isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `a meeting that moved was held in two places`(place: Place) async throws {
        try await withStore(place) { store in
            let (one, two) = (try await store.addSample("bbb1").id, try await store.addSample("bbb2").id)
            let old = try await held("room", at: 1, on: one, people: ["Ann"], in: store)
            let new = try await store.running(.telling("room", on: two), internalID: "i-2", displacing: old)
            try await store.record([
                JoinRecord(meeting: new.number, fullName: "Bob", userID: nil, role: nil, joinedAt: .second(3))
            ])
            let displaced = try #require(store.meetings[old.number])
            _ = try await store.end(displaced, reason: "not on its server", now: .second(4))
            let events = try await store.meetingEvents(of: .default, query())
            #expect(events.count == 2)
            #expect(Set(events.map(\.serverName)) == ["bbb1", "bbb2"])
            let byServer = Dictionary(uniqueKeysWithValues: events.map { ($0.serverName, $0) })
            #expect(byServer["bbb1"]?.endedAt == .second(4) && byServer["bbb1"]?.joins.map(\.fullName) == ["Ann"])
            #expect(byServer["bbb2"]?.endedAt == nil && byServer["bbb2"]?.joins.map(\.fullName) == ["Bob"])
        }
    }
}
