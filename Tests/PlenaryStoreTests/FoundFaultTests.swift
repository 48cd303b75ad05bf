import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// Faults that were found by reading; each is named after its symptom.
@Suite struct FoundFaultTests {
    private func withServers(_ place: Place, _ work: (Store, ServerID, ServerID) async throws -> Void) async throws {
        try await withStore(place) { store in
            let one = try await store.addSample("bbb1")
            let two = try await store.addSample("bbb2")
            try await work(store, one.id, two.id)
        }
    }

    @Test(arguments: Place.allCases)
    func `a meeting that ends while it is being moved to no avail is told to its caller`(
        place: Place
    ) async throws {
        try await withServers(place) { store, one, two in
            let old = try await store.running(.telling("room", on: one), internalID: "i-1")
            let new = try await store.written(.telling("room", on: two), displacing: old)
            // Its server is found without it while nobody knows yet whether the new one has it.
            let displaced = try #require(store.meetings[old.number])
            #expect(try await store.end(displaced, reason: "not on its server", now: .second(5)))
            // The new one never had it: now it is over for its caller, too.
            #expect(try await store.end(new, reason: "interrupted create", now: .second(7)))
            let told = try await store.deliveries(in: nil, limit: 10)
            #expect(Set(told.map(\.kind)) == [.end, .ended])
        }
    }

    @Test(arguments: Place.allCases) func `a create that fails brings back no copy of a meeting that is long over`(
        place: Place
    ) async throws {
        try await withServers(place) { store, one, two in
            // Moved away from a server that does not answer: the copy there waits to be ended.
            let old = try await store.running(.telling("room", on: one), internalID: "i-1")
            let moved = try await store.running(.telling("room", on: two), internalID: "i-2", displacing: old)
            #expect(try await store.end(moved, reason: "over", now: .second(5)))
            #expect(store.meetings[old.number]?.state == .displaced)
            // A new meeting of that id took nobody's place, and gives none back.
            let fresh = try await store.written(.telling("room", on: two))
            #expect(fresh.replaces == nil)
            #expect(try await store.end(fresh, reason: "refused by its server", now: .second(7)))
            #expect(store.meetings[old.number]?.state == .displaced)
            #expect(store.roster { $0.liveMeeting(old.key) } == nil)
        }
    }

    @Test(arguments: Place.allCases) func `marks of a meeting that was made anew are not those of the next one`(
        place: Place
    ) async throws {
        try await withServers(place) { store, one, _ in
            let room = try await store.running(.telling("room", on: one), internalID: "i-1")
            let settled = try await store.settle(room.number, on: one, .sample("i-2"), now: .second(1))
            let renewed = try #require(settled)
            // The server tells of the first one, a little late.
            try await store.noteMarks(true, of: room.number, now: .second(2))
            #expect(try await store.told() == ["end true 2.0", "ended  1.0"])
            #expect(try await store.end(renewed, reason: "over", now: .second(60)))
            // Of the second one nobody said anything yet.
            #expect(try await store.told().suffix(2) == ["end false 100.0", "ended  60.0"])
        }
    }

    @Test(arguments: Place.allCases) func `a breakout room that is taken back stays a breakout room`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, _ in
            let room = try await store.running(.telling("room", on: one, isBreakout: true), internalID: "i-1")
            #expect(try await store.end(room, reason: "panic", now: .second(5)))
            let taken = try await store.takeBack(room, on: one, .sample("i-1"), now: .second(6))
            let back = try #require(taken)
            #expect(try await store.end(back, reason: "over", now: .second(7)))
            #expect(try await store.told().isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `a meeting that was told as over and turned up again is not told twice`(
        place: Place
    ) async throws {
        try await withServers(place) { store, one, _ in
            let room = try await store.running(.telling("room", on: one), internalID: "i-1")
            #expect(try await store.end(room, reason: "panic", now: .second(5)))
            #expect(try await store.told().count == 2)
            let taken = try await store.takeBack(room, on: one, .sample("i-1"), now: .second(6))
            let back = try #require(taken)
            #expect(try await store.end(back, reason: "over", now: .second(7)))
            #expect(try await store.told().count == 2)
        }
    }
}
