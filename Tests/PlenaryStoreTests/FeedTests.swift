import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// Two stores over one database: what one process writes reaches the other.
@Suite struct FeedTests {
    @Test(arguments: Place.allCases) func `what another process wrote comes with the next look, in order`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let (here, there) = (try await database.store(), try await database.store())
            let told = Told(there)
            let one = try await here.addSample("bbb1")
            let two = try await here.addSample("bbb2")
            let room = try await here.running("room", on: one.id)
            _ = try await here.setAdministrative(.drain, of: two.id, now: .start)
            #expect(there.servers.isEmpty && told.words.isEmpty)
            try await there.catchUp()
            expectSameRoster(there, here)
            // Each entity once, as it is now, in the order in which they were first told of.
            #expect(told.words == ["server \(one.id)", "server \(two.id)", "meeting \(room.number)"])
            #expect(told.count == 1)
            try await there.catchUp()
            #expect(told.count == 1)
        }
    }

    @Test(arguments: Place.allCases) func `writes of two processes interleave, and each sees both`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let stores = [try await database.store(), try await database.store()]
            let told = stores.map(Told.init)
            var servers: [Server] = []
            for number in 0..<12 { servers.append(try await stores[number % 2].addSample("bbb\(number)")) }
            for store in stores { try await store.catchUp() }
            #expect(servers.map(\.id.number) == Array(1...12))
            expectSameRoster(stores[0], stores[1])
            // A write brings in what others wrote before it.
            for told in told { #expect(told.words == servers.map { "server \($0.id)" }) }
        }
    }

    @Test(arguments: Place.allCases) func `a write sees what another process wrote, whatever its roster says`(
        place: Place
    )
        async throws
    {
        try await withDatabase(place) { database in
            let (here, there) = (try await database.store(), try await database.store())
            let server = try await here.addSample("bbb1")
            let room = try await here.written("room", on: server.id)
            guard case .taken(let found) = try await there.intend(.sample("room", on: server.id), now: .start) else {
                throw Unexpected("two processes hold one key")
            }
            #expect(found == room)
            // The answer is in the roster of who asked before it goes on.
            #expect(there.meetings == [room.number: room])
        }
    }

    @Test(arguments: Place.allCases) func `two processes write at once, and nothing is lost`(place: Place) async throws
    {
        try await withDatabase(place) { database in
            let stores = [try await database.store(), try await database.store()]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask { try await stores[number % 2].addSample("bbb\(number)") }
                }
                try await group.waitForAll()
            }
            for store in stores { try await store.catchUp() }
            #expect(stores[0].servers.count == 40)
            expectSameRoster(stores[0], stores[1])
            expectSameRoster(stores[0], try await database.store())
        }
    }

    @Test(arguments: Place.allCases) func `who fell behind a trimmed feed reads everything, others read what is new`(
        place: Place
    ) async throws {
        try await withDatabase(place) { database in
            var settings = Store.Settings()
            settings.keptChanges = 5
            let here = try await database.store(settings)
            let (near, far) = (try await database.store(), try await database.store())
            let (toldNear, toldFar) = (Told(near), Told(far))
            try await here.addSample("bbb0")
            try await near.catchUp()
            for number in 1...5 { try await here.addSample("bbb\(number)") }
            try await here.trimChanges()
            #expect(try await here.number("SELECT COUNT(*) FROM changes") == 5)
            try await near.catchUp()
            try await far.catchUp()
            #expect(toldNear.words == (1...6).map { "server \($0)" })
            #expect(toldFar.words == ["everything"])
            for store in [near, far] { expectSameRoster(store, here) }
            // From here on both follow by the feed.
            let last = try await here.addSample("bbb6")
            try await near.catchUp()
            try await far.catchUp()
            #expect(toldNear.words.last == "server \(last.id)")
            #expect(toldFar.words == ["everything", "server \(last.id)"])
        }
    }

    @Test(arguments: Place.allCases) func `a feed without rows is no sign that nothing happened`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            var settings = Store.Settings()
            settings.keptChanges = 0
            let here = try await database.store(settings)
            let there = try await database.store()
            let told = Told(there)
            let server = try await here.addSample("bbb1")
            try await here.trimChanges()
            #expect(try await here.number("SELECT COUNT(*) FROM changes") == 0)
            try await there.catchUp()
            #expect(told.words == ["everything"] && there.servers == [server.id: server])
            // Numbers go on where they were.
            let next = try await there.addSample("bbb2")
            try await here.catchUp()
            #expect(here.servers.count == 2 && next.id.number == 2)
        }
    }

    @Test(arguments: Place.allCases) func `what is gone is taken out of the other roster`(place: Place) async throws {
        try await withDatabase(place) { database in
            let (here, there) = (try await database.store(), try await database.store())
            let server = try await here.addSample("bbb1")
            let room = try await here.running("room", on: server.id)
            try await there.catchUp()
            #expect(there.meetings.count == 1 && there.servers.count == 1)
            #expect(try await here.end(room, reason: "over", now: .start))
            _ = try await here.removeServer(server.id, force: false, now: .start)
            try await there.catchUp()
            #expect(there.meetings.isEmpty && there.servers.isEmpty)
            expectSameRoster(there, here)
        }
    }

    @Test(arguments: Place.allCases) func `a write that failed is told to nobody`(place: Place) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            try await store.addSample("bbb1")
            let told = Told(store)
            let before = try await store.number("SELECT value FROM counters WHERE name = 'changes'")
            await #expect(throws: StoreFault.constraint(.unique)) { try await store.addSample("bbb1") }
            #expect(told.count == 0)
            #expect(try await store.number("SELECT value FROM counters WHERE name = 'changes'") == before)
        }
    }
}
