import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

extension Intent {
    /// A meeting whose caller wants to be told its end at both addresses.
    static func telling(
        _ id: String, on server: ServerID, end: String = "https://lms.example/end",
        ended: String = "https://lms.example/ended", account: AccountID = .default, secret: Int64? = nil,
        isRecorded: Bool = true, isBreakout: Bool = false, document: OutgoingCall.Body? = nil
    ) throws -> Intent {
        let parameters: Parameters = [
            "name": "Room \(id)", "meetingID": id, "record": "\(isRecorded)", "meta_endCallbackUrl": end,
            "meetingEndedURL": ended,
        ]
        return Intent(
            key: MeetingKey(account: account, meetingID: try #require(MeetingID(rawValue: id))), name: "Room \(id)",
            server: server, attendeePW: "a", moderatorPW: "m", parameters: parameters.encoded(), expectedLoad: 12,
            creator: "node-1", token: try .sample("token of \(id)"), secret: secret,
            callbacks: CallerCallbacks(parameters), isBreakout: isBreakout, document: document)
    }
}

extension Store {
    /// Writes an intent down; it must not be taken.
    func written(_ intent: Intent, displacing old: Meeting? = nil, now: Int = 0) async throws -> Meeting {
        guard case .written(let meeting) = try await intend(intent, displacing: old, now: .second(now)) else {
            throw Unexpected("\(intent.key.meetingID) is taken")
        }
        return meeting
    }

    /// A meeting that runs.
    func running(_ intent: Intent, internalID: String, displacing old: Meeting? = nil) async throws -> Meeting {
        let meeting = try await written(intent, displacing: old)
        let settled = try await settle(meeting.number, on: intent.server, .sample(internalID), now: .start)
        return try #require(settled)
    }

    /// What callers are told, the first one first: kind, payload and when.
    func told() async throws -> [String] {
        try await deliveries(in: nil, limit: 1_000).reversed().map { delivery in
            "\(delivery.kind.rawValue) \(delivery.payload) \(delivery.dueAt.since(.start) / .seconds(1))"
        }
    }
}

/// Callers are told once that a meeting is over, by whatever way it ends, and only when it is over for them.
@Suite struct EndToldTests {
    private static let unknownMarks = ["end false 47.0", "ended  7.0"]

    private func withServers(_ place: Place, _ work: (Store, ServerID, ServerID) async throws -> Void) async throws {
        try await withStore(place) { store in
            let one = try await store.addSample("bbb1")
            let two = try await store.addSample("bbb2")
            try await work(store, one.id, two.id)
        }
    }

    // MARK: by which ways it ends

    @Test(arguments: Place.allCases) func `a meeting that its server does not have any more is told once`(
        place: Place
    ) async throws {
        try await withServers(place) { store, one, _ in
            let room = try await store.running(.telling("room", on: one, secret: 3), internalID: "i-1")
            #expect(try await store.told().isEmpty)
            #expect(try await store.end(room, reason: "over", now: .second(7)))
            // Whether somebody pressed record is not known: its server has forty seconds to tell.
            #expect(try await store.told() == Self.unknownMarks)
            for delivery in try await store.deliveries(in: nil, limit: 10) {
                #expect(delivery.account == .default && delivery.meeting == room.number && delivery.secret == 3)
                #expect(delivery.url == "https://lms.example/\(delivery.kind.rawValue)")
                #expect(delivery.state == .waiting && delivery.createdAt == .second(7))
            }
            #expect(try await store.end(room, reason: "again", now: .second(8)) == false)
            #expect(try await store.told() == Self.unknownMarks)
        }
    }

    @Test(arguments: Place.allCases) func `of many that see it end, one tells it`(place: Place) async throws {
        try await withDatabase(place) { database in
            let stores = [try await database.store(), try await database.store()]
            let server = try await stores[0].addSample("bbb1")
            let room = try await stores[0].running(.telling("room", on: server.id), internalID: "i-1")
            let ended = try await withThrowingTaskGroup(of: Bool.self) { group in
                for attempt in 0..<20 {
                    group.addTask { try await stores[attempt % 2].end(room, reason: "over", now: .second(7)) }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(ended == 1)
            #expect(try await stores[1].told() == Self.unknownMarks)
        }
    }

    @Test(arguments: Place.allCases) func `a server that is removed takes its meetings with it, and that is told`(
        place: Place
    ) async throws {
        try await withServers(place) { store, one, two in
            _ = try await store.running(.telling("room-1", on: one), internalID: "i-1")
            _ = try await store.running(.telling("room-2", on: two), internalID: "i-2")
            _ = try await store.written(.telling("room-3", on: one))
            let refused = try await store.removeServer(one, force: false, now: .second(7))
            #expect(refused == .notEmpty(meetings: 2))
            #expect(try await store.told().isEmpty)
            #expect(try await store.removeServer(one, force: true, now: .second(7)) == .removed(endedMeetings: 2))
            #expect(try await store.told() == Self.unknownMarks)
        }
    }

    @Test(arguments: Place.allCases) func `a meeting that its server made anew is told for each time that it ends`(
        place: Place
    ) async throws {
        try await withServers(place) { store, one, _ in
            let room = try await store.running(.telling("room", on: one), internalID: "i-1")
            try await store.noteMarks(true, of: room.number, now: .second(1))
            let renewed = try await store.settle(room.number, on: one, .sample("i-2"), now: .second(2))
            let again = try #require(renewed)
            #expect(again.number == room.number && again.state == .running)
            #expect(try await store.told() == ["end true 2.0", "ended  2.0"])
            // Nothing is news a second time, and what the first one was marked with says nothing of the second.
            _ = try await store.settle(room.number, on: one, .sample("i-2"), now: .second(3))
            #expect(try await store.told().count == 2)
            #expect(try await store.end(again, reason: "over", now: .second(7)))
            #expect(try await store.told() == ["end true 2.0", "ended  2.0"] + Self.unknownMarks)
        }
    }

    @Test(arguments: Place.allCases) func `a create that finds its meeting made anew is told at its own addresses`(
        place: Place
    ) async throws {
        try await withServers(place) { store, one, _ in
            let room = try await store.running(.telling("room", on: one, secret: 1), internalID: "i-1")
            let given: Parameters = ["meetingEndedURL": "https://other.example/ended", "name": "Again"]
            let renewal = Store.Renewal(
                name: "Again", parameters: given.encoded(), secret: 2, callbacks: CallerCallbacks(given),
                logoutURL: nil, document: nil, replacing: room.internalMeetingID)
            let renewed = try await store.settle(
                room.number, on: one, .sample("i-2"), renewal: renewal, now: .second(2))
            let again = try #require(renewed)
            #expect(again.name == "Again" && again.callbacks == CallerCallbacks(given) && again.token == room.token)
            #expect(try await store.end(again, reason: "over", now: .second(7)))
            let told = try await store.deliveries(in: nil, limit: 10).reversed().map { ($0.url, $0.secret) }
            #expect(
                told.map(\.0) == [
                    "https://lms.example/end", "https://lms.example/ended", "https://other.example/ended",
                ])
            #expect(told.compactMap(\.1) == [1, 1, 2])
        }
    }

    // MARK: what is no end for its caller

    @Test(arguments: Place.allCases) func `a create that never came to be is no end`(place: Place) async throws {
        try await withServers(place) { store, one, _ in
            let room = try await store.written(.telling("room", on: one))
            #expect(try await store.end(room, reason: "refused", now: .second(7)))
            #expect(try await store.told().isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `a meeting that goes on elsewhere is told when that one ends`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, two in
            let old = try await store.running(.telling("room", on: one), internalID: "i-1")
            let new = try await store.running(.telling("room", on: two), internalID: "i-2", displacing: old)
            let displaced = try #require(store.meetings[old.number])
            #expect(displaced.state == .displaced && new.replaces == old.number)
            #expect(try await store.end(displaced, reason: "not on its server", now: .second(5)))
            #expect(try await store.told().isEmpty)
            #expect(try await store.end(new, reason: "over", now: .second(7)))
            #expect(try await store.told() == Self.unknownMarks)
            #expect(try await store.deliveries(in: nil, limit: 10).allSatisfy { $0.meeting == new.number })
        }
    }

    @Test(arguments: Place.allCases) func `a meeting that got its place back is told when it ends, and once`(
        place: Place
    ) async throws {
        try await withServers(place) { store, one, two in
            let old = try await store.running(.telling("room", on: one), internalID: "i-1")
            let new = try await store.written(.telling("room", on: two), displacing: old)
            #expect(try await store.end(new, reason: "refused", now: .second(5)))
            let back = try #require(store.meetings[old.number])
            #expect(back.state == .running)
            #expect(try await store.told().isEmpty)
            #expect(try await store.end(back, reason: "over", now: .second(7)))
            #expect(try await store.told() == Self.unknownMarks)
        }
    }

    @Test(arguments: Place.allCases) func `nobody is told the end of a breakout room`(place: Place) async throws {
        try await withServers(place) { store, one, _ in
            let room = try await store.running(.telling("room", on: one, isBreakout: true), internalID: "i-1")
            _ = try await store.settle(room.number, on: one, .sample("i-2"), now: .second(3))
            let renewed = try #require(store.meetings[room.number])
            #expect(try await store.end(renewed, reason: "over", now: .second(7)))
            #expect(try await store.told().isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `who named one address is told there, who named none is not`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, _ in
            let rooms = [
                try await store.running("none", on: one),
                try await store.running(.telling("end", on: one, ended: ""), internalID: "i-1"),
                try await store.running(.telling("ended", on: one, end: ""), internalID: "i-2"),
            ]
            for room in rooms { #expect(try await store.end(room, reason: "over", now: .second(7))) }
            #expect(try await store.told() == Self.unknownMarks)
            let told = try await store.deliveries(in: nil, limit: 10).compactMap(\.meeting)
            #expect(told == [rooms[2].number, rooms[1].number])
        }
    }

    // MARK: marks

    @Test(arguments: Place.allCases, [true, false]) func `marks that are known before the end are told at once`(
        place: Place, marks: Bool
    ) async throws {
        try await withServers(place) { store, one, _ in
            let room = try await store.running(.telling("room", on: one), internalID: "i-1")
            try await store.noteMarks(marks, of: room.number, now: .second(2))
            #expect(try await store.told().isEmpty)
            #expect(try await store.end(room, reason: "over", now: .second(7)))
            #expect(try await store.told() == ["end \(marks) 7.0", "ended  7.0"])
        }
    }

    @Test(arguments: Place.allCases) func `what was marked once stays marked`(place: Place) async throws {
        try await withServers(place) { store, one, two in
            let room = try await store.running(.telling("room", on: one), internalID: "i-1")
            try await store.noteMarks(true, of: room.number, now: .second(1))
            try await store.noteMarks(false, of: room.number, now: .second(2))
            #expect(try await store.end(room, reason: "over", now: .second(7)))
            #expect(try await store.told() == ["end true 7.0", "ended  7.0"])
            // Also where it was moved to: of the first part there is a recording.
            let old = try await store.running(.telling("moved", on: one), internalID: "i-2")
            let new = try await store.running(.telling("moved", on: two), internalID: "i-3", displacing: old)
            try await store.noteMarks(true, of: old.number, now: .second(8))
            try await store.noteMarks(false, of: new.number, now: .second(9))
            #expect(try await store.end(new, reason: "over", now: .second(10)))
            #expect(try await store.told().suffix(2) == ["end true 10.0", "ended  10.0"])
        }
    }

    @Test(arguments: Place.allCases) func `marks that come after the end are told with it, at once`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, _ in
            let room = try await store.running(.telling("room", on: one), internalID: "i-1")
            let other = try await store.running(.telling("other", on: one), internalID: "i-2")
            for meeting in [room, other] { _ = try await store.end(meeting, reason: "over", now: .second(7)) }
            try await store.noteMarks(true, of: room.number, now: .second(9))
            #expect(try await store.told() == ["end true 9.0", "ended  7.0"] + Self.unknownMarks)
        }
    }

    @Test(arguments: Place.allCases) func `what was told once is not told another way`(place: Place) async throws {
        try await withServers(place) { store, one, _ in
            let room = try await store.running(.telling("room", on: one), internalID: "i-1")
            _ = try await store.end(room, reason: "over", now: .second(7))
            let end = try #require(try await store.deliveries(in: nil, limit: 10).last)
            #expect(end.kind == .end)
            try await store.note(.delivered, of: end.id, result: "HTTP 200", now: .second(47))
            try await store.noteMarks(true, of: room.number, now: .second(48))
            #expect(try await store.told() == Self.unknownMarks)
            // What was given up is not told by that either.
            let other = try await store.running(.telling("other", on: one), internalID: "i-2")
            _ = try await store.end(other, reason: "over", now: .second(7))
            let parked = try #require(try await store.deliveries(in: .waiting, limit: 10).last { $0.kind == .end })
            try await store.note(.parked, of: parked.id, result: "no", now: .second(48))
            try await store.noteMarks(true, of: other.number, now: .second(49))
            #expect(try await store.delivery(parked.id)?.payload == "false")
        }
    }

    @Test(arguments: Place.allCases) func `what nobody acknowledged yet is told as it is known by now`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, _ in
            let room = try await store.running(.telling("room", on: one), internalID: "i-1")
            _ = try await store.end(room, reason: "over", now: .second(7))
            let end = try #require(try await store.deliveries(in: nil, limit: 10).last)
            try await store.note(.again(at: .second(90)), of: end.id, result: "no answer", now: .second(47))
            try await store.noteMarks(true, of: room.number, now: .second(48))
            #expect(try await store.told() == ["end true 48.0", "ended  7.0"])
        }
    }

    @Test(arguments: Place.allCases) func `where nothing is recorded nobody waits for marks`(place: Place) async throws
    {
        try await withServers(place) { store, one, _ in
            let room = try await store.running(.telling("room", on: one, isRecorded: false), internalID: "i-1")
            try await store.noteMarks(true, of: room.number, now: .second(1))
            #expect(try await store.end(room, reason: "over", now: .second(7)))
            #expect(try await store.told() == ["end false 7.0", "ended  7.0"])
        }
    }

    @Test(arguments: Place.allCases) func `two ends at one address come one after the other`(place: Place) async throws
    {
        try await withServers(place) { store, one, _ in
            let address = "https://lms.example/x"
            let room = try await store.running(
                .telling("room", on: one, end: address, ended: address), internalID: "i-1")
            _ = try await store.end(room, reason: "over", now: .second(7))
            #expect(try await store.dueDeliveries(at: .second(46), besides: [], limit: 9).isEmpty)
            for kind in [Delivery.Kind.end, .ended] {
                let due = try await store.dueDeliveries(at: .second(47), besides: [], limit: 9)
                #expect(due.map(\.delivery.kind) == [kind])
                for (_, delivery) in due {
                    try await store.note(.delivered, of: delivery.id, result: "HTTP 200", now: .second(47))
                }
            }
            #expect(try await store.nextDelivery() == nil)
        }
    }
}
