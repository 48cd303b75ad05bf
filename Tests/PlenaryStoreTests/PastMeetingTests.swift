import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// What is needed to speak for a meeting after it is over.
@Suite struct PastMeetingTests {
    private static let slides = OutgoingCall.Body(
        octets: Array("<modules>\u{0}ü</modules>".utf8) + [0, 0xFF, 0x80], contentType: "application/xml; charset=x")

    private func withServers(_ place: Place, _ work: (Store, [ServerID]) async throws -> Void) async throws {
        try await withStore(place) { store in
            var servers: [ServerID] = []
            for number in 1...3 { servers.append(try await store.addSample("bbb\(number)").id) }
            try await work(store, servers)
        }
    }

    private func documents(_ store: Store) async throws -> Int64 {
        try await store.number("SELECT COUNT(*) FROM meeting_documents")
    }

    @Test(arguments: Place.allCases) func `a meeting is known by its number, whatever became of it`(place: Place)
        async throws
    {
        try await withServers(place) { store, servers in
            #expect(try await store.meeting(MeetingNumber(1)) == nil)
            let intent = try Intent.telling("room ü&1", on: servers[0], secret: 4)
            let room = try await store.running(intent, internalID: "i-1")
            for isOver in [false, true] {
                if isOver { #expect(try await store.end(room, reason: "over", now: .second(7))) }
                let past = try #require(try await store.meeting(room.number))
                let state: MeetingState = isOver ? .ended : .running
                #expect(past.meeting.state == state)
                #expect(past.meeting.key == room.key && past.meeting.token == room.token)
                #expect(past.meeting.callbacks == intent.callbacks && past.meeting.internalMeetingID?.rawValue == "i-1")
                #expect(past.parameters == Parameters(parsing: intent.parameters))
                #expect(past.parameters["meetingID"] == "room ü&1")
                #expect(past.secret == 4 && past.servers == [servers[0]])
            }
            #expect(try await store.meeting(MeetingNumber(2)) == nil)
        }
    }

    @Test(arguments: Place.allCases) func `every server that a create may have reached is remembered, in order`(
        place: Place
    ) async throws {
        try await withServers(place) { store, servers in
            let room = try await store.written(.telling("room", on: servers[2]))
            _ = try await store.reassign(room.number, to: servers[0], now: .second(1))
            _ = try await store.reassign(room.number, to: servers[1], now: .second(2))
            // Back to where it was tried already.
            _ = try await store.reassign(room.number, to: servers[2], now: .second(3))
            let past = try #require(try await store.meeting(room.number))
            #expect(past.servers == [servers[2], servers[0], servers[1]])
            #expect(past.meeting.server == servers[2] && past.meeting.state == .creating)
        }
    }

    @Test(arguments: Place.allCases) func `servers that were taken out of the fleet are known with URL and secret`(
        place: Place
    ) async throws {
        try await withServers(place) { store, servers in
            let room = try await store.written(.telling("room", on: servers[2]))
            _ = try await store.reassign(room.number, to: servers[0], now: .second(1))
            #expect(try await store.meeting(room.number)?.formerServers.isEmpty == true)
            let endpoints = store.roster { roster in servers.compactMap { roster.servers[$0]?.endpoint } }
            for server in servers { _ = try await store.removeServer(server, force: true, now: .second(2)) }
            let former = try #require(try await store.meeting(room.number)).formerServers
            // The second one never had it.
            #expect(former.map(\.url.text) == [endpoints[2], endpoints[0]].map(\.url.text))
            #expect(former.map { $0.secret.reveal() } == [endpoints[2], endpoints[0]].map { $0.secret.reveal() })
        }
    }

    @Test(arguments: Place.allCases) func `an address to be told at is changed, added and taken away`(place: Place)
        async throws
    {
        try await withServers(place) { store, servers in
            let room = try await store.running(.telling("room", on: servers[0]), internalID: "i-1")
            let others = room.callbacks.entries.filter { $0.kind != .recording }.count
            let name = "bbb-recording-ready-url"
            for url in ["https://a.example/?x=1&y=<2>", "https://b.example/", nil] {
                try await store.setCallback(name, to: url, of: room.number)
                let past = try #require(try await store.meeting(room.number)).meeting
                #expect(past.callbacks.url(named: name) == url)
                #expect(past.callbacks.entries.filter { $0.kind != .recording }.count == others)
                // Who follows the roster sees it too.
                #expect(store.meetings[room.number]?.callbacks == past.callbacks)
            }
            #expect(try await store.end(try #require(store.meetings[room.number]), reason: "over", now: .second(3)))
            try await store.setCallback(name, to: "https://c.example/", of: room.number)
            #expect(try await store.meeting(room.number)?.meeting.callbacks.url(named: name) == "https://c.example/")
            #expect(store.meetings[room.number] == nil)
            try await store.setCallback(name, to: "https://c.example/", of: MeetingNumber(99))
        }
    }

    @Test(arguments: Place.allCases) func `a meeting is replaced by what took its place, and by no other of its id`(
        place: Place
    ) async throws {
        try await withServers(place) { store, servers in
            let first = try await store.running(.telling("room", on: servers[0]), internalID: "i-1")
            #expect(try await store.isReplaced(first) == false)
            let second = try await store.running(
                .telling("room", on: servers[1]), internalID: "i-2", displacing: first)
            #expect(try await store.isReplaced(first))
            #expect(try await store.isReplaced(second) == false)
            #expect(try await store.end(second, reason: "over", now: .second(1)))
            _ = try await store.running(.telling("room", on: servers[2]), internalID: "i-3")
            #expect(try await store.isReplaced(second) == false)
        }
    }

    // MARK: slides

    @Test(arguments: Place.allCases) func `slides are kept octet by octet until the meeting is over`(place: Place)
        async throws
    {
        try await withServers(place) { store, servers in
            let plain = try await store.running("plain", on: servers[0])
            #expect(try await store.document(of: plain.number) == nil)
            let intent = try Intent.telling("room", on: servers[0], document: Self.slides)
            let room = try await store.running(intent, internalID: "i-1")
            #expect(try await store.document(of: room.number) == Self.slides)
            #expect(try await store.document(of: plain.number) == nil)
            try await store.markEnding(room)
            #expect(try await store.document(of: room.number) == Self.slides)
            #expect(try await store.end(room, reason: "over", now: .second(7)))
            #expect(try await store.document(of: room.number) == nil)
            #expect(try await documents(store) == 0)
        }
    }

    @Test(arguments: Place.allCases) func `slides of a displaced meeting stay while it may get its place back`(
        place: Place
    ) async throws {
        try await withServers(place) { store, servers in
            let intent = try Intent.telling("room", on: servers[0], document: Self.slides)
            let old = try await store.running(intent, internalID: "i-1")
            let new = try await store.written(
                .telling("room", on: servers[1], document: Self.slides), displacing: old)
            #expect(try await documents(store) == 2)
            #expect(try await store.end(new, reason: "refused", now: .second(1)))
            #expect(try await store.document(of: new.number) == nil)
            #expect(try await store.document(of: old.number) == Self.slides)
            let back = try #require(store.meetings[old.number])
            let next = try await store.running(
                .telling("room", on: servers[2], document: Self.slides), internalID: "i-2", displacing: back)
            let displaced = try #require(store.meetings[old.number])
            #expect(try await store.end(displaced, reason: "not on its server", now: .second(2)))
            #expect(try await store.document(of: next.number) == Self.slides)
            #expect(try await documents(store) == 1)
        }
    }

    @Test(arguments: Place.allCases) func `no slides are left of a server that is removed`(place: Place) async throws {
        try await withServers(place) { store, servers in
            for number in 1...3 {
                _ = try await store.running(
                    .telling("room-\(number)", on: servers[0], document: Self.slides), internalID: "i-\(number)")
            }
            _ = try await store.written(.telling("room-4", on: servers[0], document: Self.slides))
            #expect(try await documents(store) == 4)
            _ = try await store.removeServer(servers[0], force: true, now: .second(7))
            #expect(try await documents(store) == 0)
        }
    }

    // MARK: whose a recording is

    @Test(arguments: Place.allCases) func `internal ids tell whose meetings they were, also after they are over`(
        place: Place
    ) async throws {
        try await withServers(place) { store, servers in
            let other = try await store.addAccount(slug: try #require(Slug("other")), name: "Other", now: .start)
            let mine = try await store.running(.telling("room", on: servers[0]), internalID: "i-1")
            let theirs = try await store.running(
                .telling("room", on: servers[1], account: other.id), internalID: "i-2")
            _ = try await store.end(theirs, reason: "over", now: .second(7))
            let ids = ["i-1", "i-2", "i-3", "i"].compactMap(InternalMeetingID.init(rawValue:))
            let owners = try await store.owners(of: ids)
            #expect(owners.count == 2)
            #expect(owners[ids[0]]?.number == mine.number && owners[ids[0]]?.key.account == .default)
            #expect(owners[ids[1]]?.number == theirs.number && owners[ids[1]]?.key.account == other.id)
            #expect(try await store.owners(of: []).isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `of two meetings with one internal id the newest counts`(place: Place)
        async throws
    {
        try await withServers(place) { store, servers in
            let first = try await store.running(.telling("room", on: servers[0], secret: 4), internalID: "i-1")
            _ = try await store.end(first, reason: "panic", now: .second(5))
            let taken = try await store.takeBack(first, on: servers[0], .sample("i-1"), now: .second(6))
            let second = try #require(taken)
            let id = try #require(InternalMeetingID(rawValue: "i-1"))
            #expect(try await store.owners(of: [id])[id]?.number == second.number)
            // It is what it was.
            #expect(second.number > first.number && second.replaces == first.number && second.state == .running)
            #expect(second.token == first.token && second.callbacks == first.callbacks && second.name == first.name)
            let past = try #require(try await store.meeting(second.number))
            #expect(past.secret == 4 && past.servers == [servers[0]])
            #expect(past.parameters["meetingID"] == "room")
            // Only while nobody has its place.
            #expect(try await store.takeBack(first, on: servers[1], .sample("i-1"), now: .second(7)) == nil)
        }
    }
}
