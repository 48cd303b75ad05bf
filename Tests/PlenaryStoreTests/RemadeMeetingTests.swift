import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// A meeting ends on its server and is created again there before anybody saw the end: one number, two meetings.
@Suite struct RemadeMeetingTests {
    private static let again: Parameters = [
        "name": "Again", "meetingID": "room", "record": "false", "meetingEndedURL": "https://other.example/ended",
    ]

    /// What a create says that finds it made anew.
    private static func renewal(of meeting: Meeting, admission: Store.Admission? = nil) -> Store.Renewal {
        Store.Renewal(
            name: "Again", parameters: again.encoded(), secret: 2, callbacks: CallerCallbacks(again), logoutURL: nil,
            document: nil, replacing: meeting.internalMeetingID, admission: admission)
    }

    private static func made(_ internalID: String, at second: Int) throws -> Store.Settlement {
        try .sample(internalID, createTime: WireTime.second(second).milliseconds)
    }

    private static func join(_ meeting: Meeting, _ name: String, at second: Int) -> JoinRecord {
        JoinRecord(meeting: meeting.number, fullName: name, userID: nil, role: "VIEWER", joinedAt: .second(second))
    }

    /// All that was held, the newest first.
    private static func held(_ store: Store) async throws -> [MeetingEvent] {
        var query = MeetingEventsQuery()
        query.users = 0
        return try await store.meetingEvents(of: .default, query)
    }

    private static func owner(of id: String, in store: Store) async throws -> Meeting? {
        let id = try #require(InternalMeetingID(rawValue: id))
        return try await store.owners(of: [id])[id]
    }

    /// A meeting with slides that began in second 1, and a server that it is on.
    private func withRoom(_ place: Place, _ work: (Store, ServerID, Meeting) async throws -> Void) async throws {
        try await withStore(place) { store in
            let server = try await store.addSample("bbb1").id
            let slides = OutgoingCall.Body(octets: Array("<modules/>".utf8), contentType: "application/xml")
            let intent = try Intent.telling("room", on: server, secret: 1, document: slides)
            let written = try await store.written(intent, now: 1)
            let settled = try await store.settle(written.number, on: server, Self.made("i-1", at: 2), now: .second(2))
            try await work(store, server, try #require(settled))
        }
    }

    // MARK: the history

    @Test(arguments: Place.allCases)
    func `a meeting made again before anybody saw its end is two meetings in the history`(place: Place) async throws {
        try await withRoom(place) { store, server, first in
            try await store.record([Self.join(first, "Ann", at: 3), Self.join(first, "Bob", at: 4)])
            let settled = try await store.settle(
                first.number, on: server, Self.made("i-2", at: 10), renewal: Self.renewal(of: first), now: .second(10))
            let second = try #require(settled)
            #expect(second.number == first.number && second.createdAt == .second(10))
            #expect(second.epoch == first.epoch + 1 && second.state == .running && second.name == "Again")
            try await store.record([Self.join(second, "Cid", at: 11)])

            let events = try await Self.held(store)
            #expect(events.map(\.meeting.createdAt) == [.second(10), .second(1)])
            #expect(events.map(\.endedAt) == [nil, .second(10)])
            #expect(events.map(\.meeting.name) == ["Again", "Room room"])
            #expect(
                events.map { $0.parameters["meetingEndedURL"] } == [
                    "https://other.example/ended", "https://lms.example/ended",
                ])
            #expect(events.map { $0.joins.map(\.fullName) } == [["Cid"], ["Ann", "Bob"]])
            #expect(events.map(\.serverName) == ["bbb1", "bbb1"])

            // It is over also in the history, later.
            #expect(try await store.end(second, reason: "over", now: .second(20)))
            #expect(try await Self.held(store).map(\.endedAt) == [.second(20), .second(10)])
        }
    }

    @Test(arguments: Place.allCases)
    func `what a poll finds made anew is told with who joined since its server made it`(place: Place) async throws {
        try await withRoom(place) { store, server, first in
            try await store.record([
                Self.join(first, "Ann", at: 3), Self.join(first, "Bob", at: 9), Self.join(first, "Cid", at: 10),
            ])
            _ = try await store.settle(first.number, on: server, Self.made("i-2", at: 10), now: .second(12))
            let events = try await Self.held(store)
            #expect(events.map { $0.joins.map(\.fullName) } == [["Cid"], ["Ann", "Bob"]])
            #expect(events.map(\.endedAt) == [nil, .second(12)])

            // The create that made it has its say later: the one that ended keeps what it was created with.
            _ = try await store.settle(
                first.number, on: server, Self.made("i-2", at: 10), renewal: Self.renewal(of: first), now: .second(13))
            #expect(try await Self.held(store).map(\.meeting.name) == ["Again", "Room room"])
            // Nothing is news a second time.
            _ = try await store.settle(first.number, on: server, Self.made("i-2", at: 10), now: .second(14))
            #expect(try await Self.held(store).map(\.meeting.createdAt) == [.second(12), .second(1)])
        }
    }

    @Test(arguments: Place.allCases) func `one that is made anew again and again is as many meetings`(place: Place)
        async throws
    {
        try await withRoom(place) { store, server, first in
            for round in 2...4 {
                let renewed = try await store.settle(
                    first.number, on: server, Self.made("i-\(round)", at: round * 10), now: .second(round * 10))
                #expect(renewed?.number == first.number && renewed?.epoch == Int64(round))
            }
            let events = try await Self.held(store)
            #expect(events.map { $0.meeting.internalMeetingID?.rawValue } == ["i-4", "i-3", "i-2", "i-1"])
            #expect(events.map(\.meeting.createdAt) == [.second(40), .second(30), .second(20), .second(1)])
            #expect(events.map(\.endedAt) == [nil, .second(40), .second(30), .second(20)])
            #expect(events.map(\.meeting.epoch) == [4, 3, 2, 1])
        }
    }

    // MARK: looking it up

    @Test(arguments: Place.allCases) func `both are found by the ids that their server gave them`(place: Place)
        async throws
    {
        try await withRoom(place) { store, server, first in
            try await store.noteMarks(true, of: first.number, now: .second(3))
            let settled = try await store.settle(
                first.number, on: server, Self.made("i-2", at: 10), renewal: Self.renewal(of: first), now: .second(10))
            let second = try #require(settled)
            #expect(try await Self.owner(of: "i-2", in: store) == second)
            let old = try #require(try await Self.owner(of: "i-1", in: store))
            #expect(old.number != first.number && old.state == .ended && old.epoch == first.epoch)
            #expect(old.key == first.key && old.name == first.name && old.createTime == first.createTime)
            #expect(old.callbacks == first.callbacks && old.token == first.token)

            let past = try #require(try await store.meeting(old.number))
            #expect(past.secret == 1 && past.servers == [server])
            #expect(past.parameters["meetingEndedURL"] == "https://lms.example/ended")
            // Slides are of meetings that may be made elsewhere. This one is over.
            #expect(try await store.document(of: old.number) == nil)
            let marks = "SELECT COALESCE(recording_marks, -1) FROM meetings WHERE id = $1"
            #expect(try await store.number(marks, [.integer(old.number.number)]) == 1)
            #expect(try await store.number(marks, [.integer(second.number.number)]) == -1)
            // Nothing took its place: it ended.
            #expect(try await store.isReplaced(old) == false)
        }
    }

    @Test(arguments: Place.allCases) func `the newest of its id is the new one, though its number is the lower one`(
        place: Place
    ) async throws {
        try await withRoom(place) { store, server, first in
            let settled = try await store.settle(
                first.number, on: server, Self.made("i-2", at: 10), renewal: Self.renewal(of: first), now: .second(10))
            let second = try #require(settled)
            #expect(store.meetings == [second.number: second])
            #expect(try await store.placement(of: first.key, on: server)?.meeting == second)
            #expect(try await store.end(second, reason: "given up", now: .second(20)))
            let over = try #require(try await store.placement(of: first.key, on: server))
            #expect(over.isOver && over.meeting.number == second.number && over.meeting.name == "Again")
            // It turns up late, and has its own name and addresses again.
            let found = try await store.takeBack(over.meeting, on: server, Self.made("i-2", at: 10), now: .second(21))
            let back = try #require(found)
            #expect(back.name == "Again" && back.replaces == second.number && back.epoch == second.epoch + 1)
            #expect(try await Self.owner(of: "i-2", in: store) == back)
        }
    }

    // MARK: what stays with the new one

    @Test(arguments: Place.allCases) func `what its server tells of the end of the first one is told with it`(
        place: Place
    ) async throws {
        try await withRoom(place) { store, server, first in
            _ = try await store.settle(
                first.number, on: server, Self.made("i-2", at: 10), renewal: Self.renewal(of: first), now: .second(10))
            // The server has only the one address of ours, with the one number.
            try await store.noteMarks(true, of: first.number, now: .second(12))
            #expect(try await store.told() == ["end true 12.0", "ended  10.0"])
        }
    }

    @Test(arguments: Place.allCases)
    func `one that was made again and has no connections leaves the first one in the history`(place: Place)
        async throws
    {
        try await ReservationBench.run(place) { bench in
            let first = try await bench.live("room", bench.admission(5), at: 0)
            _ = try await bench.live("room-B", bench.admission(15), at: 0)
            try await bench.store.record([Self.join(first, "Ann", at: 3)])
            let renewal = Self.renewal(of: first, admission: bench.admission(20))
            await #expect(throws: Store.Unreserved.self) {
                _ = try await bench.store.settle(
                    first.number, on: bench.one, Self.made("i-2", at: 600), renewal: renewal, now: .minute(10))
            }
            let displaced = try #require(bench.store.meetings[first.number])
            #expect(displaced.state == .displaced && displaced.internalMeetingID?.rawValue == "i-2")
            #expect(displaced.epoch == first.epoch + 1 && displaced.createdAt == .minute(10))
            let id = try #require(first.internalMeetingID).rawValue
            let old = try #require(try await Self.owner(of: id, in: bench.store))
            #expect(old.number != first.number && old.state == .ended && old.name == first.name)
            #expect(old.reserved?.connections == 5)
            #expect(try await Self.owner(of: "i-2", in: bench.store)?.number == first.number)
            let events = try await Self.held(bench.store).filter { $0.meeting.key == first.key }
            #expect(events.map(\.meeting.createdAt) == [.minute(10), .start])
            #expect(events.map(\.endedAt) == [nil, .minute(10)])
            #expect(events.map { $0.joins.map(\.fullName) } == [[], ["Ann"]])
            // The copy that is to be swept is that of the second one.
            #expect(try await bench.store.placement(of: first.key, on: bench.one)?.meeting.number == first.number)
            try await bench.other.catchUp()
            #expect(bench.other.meetings[first.number] == displaced)
        }
    }
}
