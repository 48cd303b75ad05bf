import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct NodeTests {
    private func node(_ id: String, started: Int = 0, seen: Int = 0, address: String = "a") -> Node {
        Node(
            id: id, version: "1", address: address, startedAt: .start.advanced(by: .seconds(started)),
            seenAt: .start.advanced(by: .seconds(seen)))
    }

    private func observation(_ server: Server, state: String, fault: String? = nil, load: Double = 0) -> Observation {
        Observation(
            server: server.id, state: state, fault: fault, since: .start, meetings: 1, users: 2, unexplained: 3,
            load: load,
            seenAt: .start)
    }

    @Test(arguments: Place.allCases) func `nodes that beat are known, those that were silent for long are forgotten`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            try await store.heartbeat(node("b", started: 5, seen: 5), [], deadBefore: .start)
            try await store.heartbeat(node("a", started: 1, seen: 10), [], deadBefore: .start)
            #expect(try await store.nodes().map(\.id) == ["a", "b"])
            // A beat that comes late still tells when the node began.
            try await store.heartbeat(
                node("a", started: 99, seen: 20, address: "new"), [], deadBefore: .start.advanced(by: .seconds(6)))
            #expect(try await store.nodes() == [node("a", started: 1, seen: 20, address: "new")])
        }
    }

    @Test(arguments: Place.allCases) func `a node that was heard of just now is not forgotten`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            try await store.heartbeat(node("a", seen: 7), [], deadBefore: .start.advanced(by: .seconds(7)))
            #expect(try await store.nodes().map(\.id) == ["a"])
        }
    }

    @Test(arguments: Place.allCases) func `a node says goodbye, or is forgotten by the one that holds the file`(
        place: Place
    )
        async throws
    {
        try await withStore(place) { store in
            for id in ["a", "b", "c"] { try await store.heartbeat(node(id), [], deadBefore: .start) }
            try await store.removeNode("b")
            try await store.removeNode("nobody")
            #expect(try await store.nodes().map(\.id) == ["a", "c"])
            try await store.forgetOtherNodes(than: "c")
            #expect(try await store.nodes().map(\.id) == ["c"])
        }
    }

    @Test(arguments: Place.allCases) func `the last observation of a server is kept`(place: Place) async throws {
        try await withStore(place) { store in
            let (one, two) = (try await store.addSample("bbb1"), try await store.addSample("bbb2"))
            let told = Told(store)
            try await store.heartbeat(
                node("a"), [observation(one, state: "online"), observation(two, state: "unchecked")], deadBefore: .start
            )
            let down = observation(one, state: "offline", fault: "connection refused", load: 0.25)
            try await store.heartbeat(node("a"), [down], deadBefore: .start)
            #expect(
                try await store.observations() == [one.id: down, two.id: observation(two, state: "unchecked")])
            // It is for people: the roster has nothing of it.
            #expect(told.words.isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `a heartbeat that fails tells nothing at all`(place: Place) async throws {
        try await withStore(place) { store in
            let one = try await store.addSample("bbb1")
            let gone = Observation(
                server: ServerID(99), state: "online", fault: nil, since: .start, meetings: 0, users: 0, unexplained: 0,
                load: 0, seenAt: .start)
            await #expect(throws: StoreFault.constraint(.foreignKey)) {
                try await store.heartbeat(node("a"), [observation(one, state: "online"), gone], deadBefore: .start)
            }
            #expect(try await store.nodes().isEmpty)
            #expect(try await store.observations().isEmpty)
        }
    }
}
