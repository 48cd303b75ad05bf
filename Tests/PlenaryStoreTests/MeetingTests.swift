import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct MeetingTests {
    /// A store with two servers.
    private func withServers(_ place: Place, _ work: (Store, ServerID, ServerID) async throws -> Void) async throws {
        try await withStore(place) { store in
            let one = try await store.addSample("bbb1")
            let two = try await store.addSample("bbb2")
            try await work(store, one.id, two.id)
        }
    }

    private func live(_ id: String, _ store: Store) throws -> Meeting? {
        let key = try MeetingKey.sample(id)
        return store.roster { $0.liveMeeting(key) }
    }

    @Test(arguments: Place.allCases) func `an intent is written down with everything that creating it again needs`(
        place: Place
    ) async throws {
        try await withServers(place) { store, one, _ in
            let meeting = try await store.written("room", on: one)
            #expect(meeting.state == .creating && meeting.epoch == 1 && meeting.server == one && !meeting.isEnding)
            #expect(meeting.internalMeetingID == nil && meeting.createTime == nil && meeting.creator == "node-1")
            #expect(meeting.attendeePW == "a" && meeting.moderatorPW == "m" && meeting.expectedLoad == 12)
            #expect(store.meetings == [meeting.number: meeting])
            #expect(store.roster { $0.runningMeetings(of: .default) }.isEmpty)
            let parameters = try await store.read { try MeetingRows.parameters($0, meeting.number) }
            #expect(parameters == "name=Room&meetingID=room")
        }
    }

    @Test(arguments: Place.allCases) func `a key has one live meeting, creating or running`(place: Place) async throws {
        try await withServers(place) { store, one, two in
            let first = try await store.written("room", on: one)
            guard case .taken(let creating) = try await store.intend(.sample("room", on: two), now: .start) else {
                throw Unexpected("written twice")
            }
            #expect(creating == first)
            let running = try await store.settle(first.number, on: one, .sample("i-1"), now: .start)
            guard case .taken(let found) = try await store.intend(.sample("room", on: two), now: .start) else {
                throw Unexpected("written twice")
            }
            #expect(found == running && store.meetings.count == 1)
        }
    }

    @Test(arguments: Place.allCases) func `of many that want a key at once, one gets it`(place: Place) async throws {
        try await withServers(place) { store, one, two in
            let numbers = try await withThrowingTaskGroup(of: (MeetingNumber, Bool).self) { group in
                for attempt in 0..<40 {
                    group.addTask {
                        let intent = try Intent.sample("room", on: attempt.isMultiple(of: 2) ? one : two)
                        switch try await store.intend(intent, now: .start) {
                        case .written(let meeting): return (meeting.number, true)
                        case .taken(let meeting): return (meeting.number, false)
                        case .full, .refused: throw StoreFault.unreadable("a limit that nobody set")
                        }
                    }
                }
                return try await group.reduce(into: [(MeetingNumber, Bool)]()) { $0.append($1) }
            }
            #expect(numbers.count { $0.1 } == 1)
            #expect(Set(numbers.map(\.0)).count == 1)
        }
    }

    @Test(arguments: Place.allCases) func `ids that differ in one octet are two keys`(place: Place) async throws {
        try await withServers(place) { store, one, _ in
            // Case, blanks, and two spellings of one letter.
            for id in ["room", "Room", "room ", "r\u{00F6}m", "ro\u{0308}m"] {
                _ = try await store.written(id, on: one)
            }
            #expect(store.meetings.count == 5)
        }
    }

    @Test(arguments: Place.allCases) func `the epoch of a key grows each time it is created again`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, two in
            for epoch in Int64(1)...4 {
                let meeting = try await store.written("room", on: one)
                #expect(meeting.epoch == epoch)
                #expect(try await store.end(meeting, reason: "over", now: .start))
            }
            #expect(try await store.written("other", on: one).epoch == 1)
            let last = try await store.written("room", on: one)
            let moved = try await store.written("room", on: two, displacing: last)
            #expect(last.epoch == 5 && moved.epoch == 6 && moved.number > last.number)
        }
    }

    // MARK: settling

    @Test(arguments: Place.allCases) func `settling makes an intent run with what the server said`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, _ in
            let intent = try await store.written("room", on: one)
            let settled = try await store.settle(
                intent.number, on: one, .sample("i-1", createTime: 77, moderatorPW: "server's"), now: .start)
            let meeting = try #require(settled)
            #expect(meeting.state == .running && meeting.epoch == 1 && meeting.createTime?.milliseconds == 77)
            #expect(meeting.internalMeetingID?.rawValue == "i-1")
            #expect(meeting.attendeePW == "ap" && meeting.moderatorPW == "server's")
            #expect(store.meetings == [meeting.number: meeting])
            #expect(store.roster { $0.runningMeetings(of: .default) } == [meeting])
            let byInternalID = try #require(MeetingID(rawValue: "i-1"))
            #expect(store.roster { $0.liveMeeting(byInternalID, of: .default) } == meeting)
            #expect(store.roster { $0.liveMeeting(byInternalID, of: AccountID(2)) } == nil)
        }
    }

    @Test(arguments: Place.allCases) func `a running meeting that its server made anew gets new ids and an epoch`(
        place: Place
    )
        async throws
    {
        try await withServers(place) { store, one, _ in
            let old = try await store.running("room", on: one, internalID: "i-1")
            try await store.markEnding(old)
            #expect(store.meetings[old.number]?.isEnding == true)
            let settled = try await store.settle(old.number, on: one, .sample("i-2"), now: .start)
            let new = try #require(settled)
            #expect(new.number == old.number && new.epoch == old.epoch + 1 && !new.isEnding)
            let (first, second) = try (
                #require(MeetingID(rawValue: "i-1")), #require(MeetingID(rawValue: "i-2"))
            )
            #expect(store.roster { $0.liveMeeting(first, of: .default) } == nil)
            #expect(store.roster { $0.liveMeeting(second, of: .default) } == new)
            // What ended was the old one.
            try await store.markEnding(old)
            #expect(store.meetings[new.number] == new)
        }
    }

    @Test(arguments: Place.allCases) func `what is over, displaced or elsewhere is not settled`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, two in
            let ended = try await store.written("ended", on: one)
            #expect(try await store.end(ended, reason: "over", now: .start))
            #expect(try await store.settle(ended.number, on: one, .sample("i-1"), now: .start) == nil)
            let displaced = try await store.written("moved", on: one)
            let moved = try await store.written("moved", on: two, displacing: displaced)
            #expect(try await store.settle(displaced.number, on: one, .sample("i-2"), now: .start) == nil)
            #expect(try await store.settle(moved.number, on: one, .sample("i-3"), now: .start) == nil)
            #expect(try await store.settle(MeetingNumber(99), on: one, .sample("i-4"), now: .start) == nil)
            #expect(store.meetings[moved.number] == moved)
            #expect(store.meetings[displaced.number]?.state == .displaced)
        }
    }

    // MARK: moving

    @Test(arguments: Place.allCases) func `an intent moves to the next candidate, a running meeting does not`(
        place: Place
    )
        async throws
    {
        try await withServers(place) { store, one, two in
            let intent = try await store.written("room", on: one)
            let moved = try #require(try await store.reassign(intent.number, to: two, now: .start))
            #expect(moved.server == two && moved.state == .creating && moved.epoch == intent.epoch)
            #expect(store.roster { ($0.count(on: one), $0.count(on: two)) } == (0, 1))
            #expect(try await store.settle(intent.number, on: one, .sample("late"), now: .start) == nil)
            #expect(try await store.settle(intent.number, on: two, .sample("i-1"), now: .start) != nil)
            #expect(try await store.reassign(intent.number, to: one, now: .start) == nil)
            #expect(try live("room", store)?.server == two)
            await #expect(throws: StoreFault.constraint(.foreignKey)) {
                let other = try await store.written("other", on: one)
                _ = try await store.reassign(other.number, to: ServerID(99), now: .start)
            }
            #expect(try live("other", store)?.server == one)
        }
    }

    @Test(arguments: Place.allCases) func `a displaced meeting stays on its server and is not live`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, two in
            let old = try await store.running("room", on: one, internalID: "i-1")
            let new = try await store.written("room", on: two, displacing: old)
            #expect(store.meetings[old.number]?.state == .displaced)
            #expect(try live("room", store) == new)
            #expect(store.roster { $0.meetings(on: one) }.map(\.number) == [old.number])
            let internalID = try #require(MeetingID(rawValue: "i-1"))
            // Its caller was told that id: it names what took its place.
            #expect(store.roster { $0.liveMeeting(internalID, of: .default) } == new)
            #expect(new.formerIDs.map(\.rawValue) == ["i-1"])
            let displaced = try #require(store.meetings[old.number])
            #expect(try await store.end(displaced, reason: "copy ended", now: .start))
            #expect(try live("room", store) == new && store.meetings.count == 1)
        }
    }

    @Test(arguments: Place.allCases) func `what changed since it was seen is not displaced`(place: Place) async throws {
        try await withServers(place) { store, one, two in
            let seen = try await store.written("room", on: one)
            let running = try #require(try await store.settle(seen.number, on: one, .sample("i-1"), now: .start))
            guard
                case .taken(let found) = try await store.intend(
                    .sample("room", on: two), displacing: seen, now: .start)
            else { throw Unexpected("a meeting that runs by now was displaced") }
            #expect(found == running && store.meetings == [running.number: running])
        }
    }

    @Test(arguments: Place.allCases) func `displacing what is over by now writes the new meeting`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, two in
            let old = try await store.running("room", on: one)
            #expect(try await store.end(old, reason: "over", now: .start))
            let new = try await store.written("room", on: two, displacing: old)
            #expect(store.meetings == [new.number: new])
        }
    }

    // MARK: ending

    @Test(arguments: Place.allCases) func `ending what changed since it was seen does nothing`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, two in
            let creating = try await store.written("room", on: one)
            let elsewhere = try #require(try await store.reassign(creating.number, to: two, now: .start))
            #expect(try await !store.end(creating, reason: "stale server", now: .start))
            let running = try #require(try await store.settle(creating.number, on: two, .sample("i-1"), now: .start))
            #expect(try await !store.end(elsewhere, reason: "stale state", now: .start))
            let anew = try #require(try await store.settle(creating.number, on: two, .sample("i-2"), now: .start))
            #expect(try await !store.end(running, reason: "stale internal id", now: .start))
            #expect(try live("room", store) == anew)
            #expect(try await store.end(anew, reason: "over", now: .start))
            #expect(try await !store.end(anew, reason: "twice", now: .start))
            #expect(store.meetings.isEmpty)
            #expect(try await store.number("SELECT COUNT(*) FROM meetings WHERE end_reason = 'over'") == 1)
        }
    }

    @Test(arguments: Place.allCases) func `only a running meeting is marked as ending`(place: Place) async throws {
        try await withServers(place) { store, one, _ in
            let creating = try await store.written("creating", on: one)
            let running = try await store.running("running", on: one)
            let told = Told(store)
            for meeting in [creating, running, running] { try await store.markEnding(meeting) }
            #expect(store.meetings[creating.number]?.isEnding == false)
            #expect(store.meetings[running.number]?.isEnding == true)
            #expect(told.words == ["meeting \(running.number)"])
        }
    }

    // MARK: what explains a copy

    @Test(arguments: Place.allCases) func `every server that a create may have reached is remembered`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, two in
            let id = try MeetingKey.sample("room")
            #expect(try await store.placement(of: id, on: one) == nil)
            let first = try await store.written("room", on: one)
            _ = try await store.reassign(first.number, to: two, now: .start)
            let open = try #require(try await store.placement(of: id, on: one))
            #expect(open.meeting.number == first.number && open.meeting.server == two && !open.isOver)
            let current = try #require(store.meetings[first.number])
            #expect(try await store.end(current, reason: "over", now: .start))
            let over = try #require(try await store.placement(of: id, on: one))
            #expect(over.isOver && over.meeting.number == first.number)
            // The newest that was placed there explains it.
            let second = try await store.written("room", on: two)
            #expect(try await store.placement(of: id, on: one)?.meeting.number == first.number)
            #expect(try await store.placement(of: id, on: two)?.meeting.number == second.number)
        }
    }

    @Test(arguments: Place.allCases) func `a meeting that was given up is taken back`(place: Place) async throws {
        try await withServers(place) { store, one, _ in
            let old = try await store.written("room", on: one)
            #expect(try await store.end(old, reason: "given up", now: .start))
            let settlement = try Store.Settlement.sample("i-1", createTime: 9)
            let back = try #require(try await store.takeBack(old, on: one, settlement, now: .start))
            #expect(back.state == .running && back.number > old.number && back.epoch == old.epoch + 1)
            #expect(back.internalMeetingID?.rawValue == "i-1" && back.name == old.name && back.server == one)
            #expect(back.attendeePW == "ap" && back.creator == old.creator)
            #expect(store.meetings == [back.number: back])
            let parameters = try await store.read { try MeetingRows.parameters($0, back.number) }
            #expect(parameters == "name=Room&meetingID=room")
            #expect(try await store.placement(of: old.key, on: one)?.meeting == back)
        }
    }

    @Test(arguments: Place.allCases) func `nothing is taken back while the key has a live meeting`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, two in
            let old = try await store.written("room", on: one)
            #expect(try await store.end(old, reason: "given up", now: .start))
            let live = try await store.written("room", on: two)
            #expect(try await store.takeBack(old, on: one, .sample("i-1"), now: .start) == nil)
            #expect(store.meetings == [live.number: live])
        }
    }

    // MARK: joins

    @Test(arguments: Place.allCases) func `joins are told in the order in which they came`(place: Place) async throws {
        try await withServers(place) { store, one, _ in
            let meeting = try await store.running("room", on: one)
            let other = try await store.running("other", on: one)
            func join(_ name: String, _ meeting: Meeting, _ userID: String? = nil, _ role: String? = nil) -> JoinRecord
            {
                JoinRecord(meeting: meeting.number, fullName: name, userID: userID, role: role, joinedAt: .start)
            }
            let first = [join("Ann", meeting, "u1", "VIEWER"), join("Bob", other), join("Ann", meeting)]
            try await store.record(first)
            try await store.record([join("Cid <\u{1F600}>", meeting, nil, "MODERATOR")])
            try await store.record([])
            #expect(
                try await store.joins(of: meeting.number) == [
                    first[0], first[2], join("Cid <\u{1F600}>", meeting, nil, "MODERATOR"),
                ])
            #expect(try await store.joins(of: MeetingNumber(99)).isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `of joins that are written together, all are or none`(place: Place)
        async throws
    {
        try await withServers(place) { store, one, _ in
            let meeting = try await store.running("room", on: one)
            let joins = [meeting.number, MeetingNumber(99)].map {
                JoinRecord(meeting: $0, fullName: "Ann", userID: nil, role: nil, joinedAt: .start)
            }
            await #expect(throws: StoreFault.constraint(.foreignKey)) { try await store.record(joins) }
            #expect(try await store.joins(of: meeting.number).isEmpty)
        }
    }
}
