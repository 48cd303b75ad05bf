import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

extension Store {
    /// Registers a web hook of a caller.
    func register(
        _ id: String, at url: String = "https://lms.example/hook", of account: AccountID = .default,
        meetingID: String? = nil, eventID: String? = nil, isRaw: Bool = false, secret: Int64? = nil
    ) async throws -> Registered {
        try await registerHook(
            id: id, account: account, callbackURL: url, meetingID: meetingID.flatMap(MeetingID.init(rawValue:)),
            eventID: eventID, isRaw: isRaw, secret: secret, now: .second(3))
    }

    /// The ids of the hooks in the roster, in the order in which they were registered.
    var hookIDs: [String] { roster { $0.hooks.values.sorted { $0.number < $1.number } }.map(\.id) }
}

/// Web hooks of callers, and our own at the servers (`balancer.md` 11).
@Suite struct HookTests {
    private func new(_ registered: Store.Registered) throws -> Hook {
        guard case .new(let hook) = registered else { throw Unexpected("it is known") }
        return hook
    }

    @Test(arguments: Place.allCases) func `a hook is there as it was registered, also for the next process`(
        place: Place
    ) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let hook = try new(
                try await store.register(
                    "h-1", at: "https://lms.example/é?a=1", meetingID: "room ü", eventID: "user-joined, x", isRaw: true,
                    secret: 7))
            let expected = Hook(
                number: 1, id: "h-1", account: .default, callbackURL: "https://lms.example/é?a=1",
                meetingID: MeetingID(rawValue: "room ü"), eventID: "user-joined, x", isRaw: true, secret: 7,
                createdAt: .second(3))
            #expect(hook == expected)
            #expect(store.roster { $0.hooks } == [1: expected])
            let next = try await database.store()
            #expect(next.roster { $0.hooks } == [1: expected])
        }
    }

    @Test(arguments: Place.allCases) func `an address is registered once, and left as it was the second time`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            let hook = try new(try await store.register("h-1", meetingID: "room-1"))
            let again = try await store.register("h-2", meetingID: "room-2", eventID: "user-joined", isRaw: true)
            #expect(again == .known(hook))
            #expect(store.hookIDs == ["h-1"])
            // Another address, octet by octet, is another hook.
            for (id, url) in [("h-3", "https://lms.example/hook?"), ("h-4", "https://LMS.example/hook")] {
                _ = try new(try await store.register(id, at: url))
            }
            #expect(store.hookIDs == ["h-1", "h-3", "h-4"])
        }
    }

    @Test(arguments: Place.allCases) func `an address of two accounts is two hooks`(place: Place) async throws {
        try await withStore(place) { store in
            let other = try await store.addAccount(slug: try #require(Slug("other")), name: "Other", now: .start)
            _ = try new(try await store.register("h-1"))
            _ = try new(try await store.register("h-2", of: other.id))
            #expect(
                store.roster { $0.hooks.values.sorted { $0.number < $1.number } }.map(\.account) == [
                    .default, other.id,
                ])
            // Nobody removes what is another one's.
            #expect(try await store.removeHook("h-2", of: .default) == false)
            #expect(store.hookIDs == ["h-1", "h-2"])
            #expect(try await store.removeHook("h-2", of: other.id))
            #expect(store.hookIDs == ["h-1"])
        }
    }

    @Test(arguments: Place.allCases) func `of many that register one address at once, one does`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let stores = [try await database.store(), try await database.store()]
            let hooks = try await withThrowingTaskGroup(of: (Hook, Bool).self) { group in
                for attempt in 0..<20 {
                    group.addTask {
                        switch try await stores[attempt % 2].register("h-\(attempt)") {
                        case .new(let hook): return (hook, true)
                        case .known(let hook): return (hook, false)
                        }
                    }
                }
                return try await group.reduce(into: [(Hook, Bool)]()) { $0.append($1) }
            }
            #expect(hooks.count { $0.1 } == 1)
            #expect(Set(hooks.map(\.0)).count == 1)
        }
    }

    @Test(arguments: Place.allCases) func `a hook that is removed is gone everywhere, and makes room`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let (here, there) = (try await database.store(), try await database.store())
            let told = Told(there)
            _ = try new(try await here.register("h-1"))
            try await there.catchUp()
            #expect(there.hookIDs == ["h-1"])
            #expect(try await here.removeHook("h-1", of: .default))
            #expect(try await here.removeHook("h-1", of: .default) == false)
            #expect(try await here.removeHook("nobody", of: .default) == false)
            #expect(here.hookIDs.isEmpty)
            try await there.catchUp()
            #expect(there.hookIDs.isEmpty)
            #expect(told.words == ["hook 1", "hook 1"])
            // Numbers are never used again.
            let next = try new(try await there.register("h-2"))
            #expect(next.number == 2)
        }
    }

    @Test(arguments: Place.allCases) func `no two hooks have one id`(place: Place) async throws {
        try await withStore(place) { store in
            _ = try new(try await store.register("h-1"))
            await #expect(throws: StoreFault.constraint(.unique)) {
                _ = try await store.register("h-1", at: "https://other.example/")
            }
            await #expect(throws: StoreFault.constraint(.foreignKey)) {
                _ = try await store.register("h-2", of: AccountID(99))
            }
            #expect(store.hookIDs == ["h-1"])
        }
    }

    // MARK: at the servers

    @Test(arguments: Place.allCases) func `a server has one hook of ours of each kind, the one noted last`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let (one, two) = (try await store.addSample("bbb1").id, try await store.addSample("bbb2").id)
            func hook(_ server: ServerID, _ id: String, isRaw: Bool = false, url: String = "u") -> Store.ServerHook {
                Store.ServerHook(server: server, isRaw: isRaw, id: id, callbackURL: url)
            }
            #expect(try await store.serverHooks().isEmpty)
            for noted in [hook(two, "c"), hook(one, "b", isRaw: true), hook(one, "a")] {
                try await store.noteServerHook(noted, now: .start)
            }
            try await store.noteServerHook(hook(one, "a2", url: "u2"), now: .second(1))
            let expected = [hook(one, "a2", url: "u2"), hook(one, "b", isRaw: true), hook(two, "c")]
            #expect(try await store.serverHooks() == expected)
            #expect(try await database.store().serverHooks() == expected)
            // What was replaced meanwhile is not forgotten by who knew the old one.
            try await store.forgetServerHook(hook(one, "a"))
            #expect(try await store.serverHooks() == expected)
            try await store.forgetServerHook(hook(one, "a2"))
            try await store.forgetServerHook(hook(two, "c", isRaw: true))
            #expect(try await store.serverHooks() == [hook(one, "b", isRaw: true), hook(two, "c")])
        }
    }

    @Test(arguments: Place.allCases) func `a server that is removed takes the notes of its hooks with it`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let (one, two) = (try await store.addSample("bbb1").id, try await store.addSample("bbb2").id)
            for server in [one, two] {
                for isRaw in [false, true] {
                    try await store.noteServerHook(
                        Store.ServerHook(server: server, isRaw: isRaw, id: "x", callbackURL: "u"), now: .start)
                }
            }
            _ = try await store.removeServer(one, force: false, now: .second(1))
            #expect(try await store.serverHooks().map(\.server) == [two, two])
            await #expect(throws: StoreFault.constraint(.foreignKey)) {
                try await store.noteServerHook(
                    Store.ServerHook(server: ServerID(99), isRaw: false, id: "x", callbackURL: "u"), now: .start)
            }
        }
    }
}
