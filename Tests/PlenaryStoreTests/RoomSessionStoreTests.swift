import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

extension RoomSessionProvider {
    static let north = RoomSessionProvider(number: 4, id: "vD2fSb8YkC", type: .scalelite)
}

extension RoomStand {
    /// Takes the lock; it must be free.
    func begun(_ room: Room, _ number: Int = 1, now: WireTime = .start) async throws -> RoomSession {
        let beginning = try await store.beginSession(
            of: room.number, identity: .sample(7_000 + number), provider: .north, used: .empty, settings: .none,
            now: now)
        guard case .begun(let session)? = beginning else { throw Unexpected("the room has a session") }
        return session
    }

    /// A session that runs.
    func running(_ room: Room, _ number: Int = 1, now: WireTime = .start) async throws -> RoomSession {
        let session = try await begun(room, number, now: now)
        let settled = try await store.settleSession(
            session.number, attempt: session.attempt, on: .north, sessionID: "internal-\(number)", createTime: 5,
            now: now)
        return try #require(settled)
    }
}

@Suite struct RoomSessionStoreTests {
    @Test(arguments: Place.allCases) func `of many who start a room at once, one does`(place: Place) async throws {
        try await withRooms(place) { stand in
            let room = try await stand.room()
            let beginnings = try await withThrowingTaskGroup(of: RoomSessionBeginning?.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        try await stand.store.beginSession(
                            of: room.number, identity: .sample(7_000 + number), provider: .north, used: .empty,
                            settings: .none,
                            now: .start)
                    }
                }
                return try await group.reduce(into: [RoomSessionBeginning]()) { all, beginning in
                    if let beginning { all.append(beginning) }
                }
            }
            var begun: [RoomSession] = []
            var existing: [RoomSession] = []
            for beginning in beginnings {
                switch beginning {
                case .begun(let session): begun.append(session)
                case .exists(let session): existing.append(session)
                case .limited: Issue.record("there is no limit")
                }
            }
            #expect(begun.count == 1 && existing.count == 49)
            #expect(Set(existing) == Set(begun))
            #expect(try await stand.store.liveSession(of: room.number) == begun.first)
        }
    }

    @Test(arguments: Place.allCases) func `a session is begun, runs, and is history`(place: Place) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let used = FeatureSet([
                .maxParticipants: .integer(50), .recording: .bool(true), .maxDuration: .unlimited,
            ])
            let beginning = try await store.beginSession(
                of: room.number, identity: .sample(1), provider: nil, used: used, settings: .none, now: .start)
            guard case .begun(let begun)? = beginning else { throw Unexpected("it is taken") }
            #expect(begun.state == .starting && begun.attempt == 1 && begun.provider == nil && begun.isLive)
            #expect(begun.meetingID == room.identity.uuid && begun.roomID == room.identity.id)
            #expect(begun.used == used && begun.startedAt == nil && begun.figures == nil)
            let settled = try await store.settleSession(
                begun.number, attempt: 1, on: .north, sessionID: "9f7a", createTime: 1_772_355_600_000,
                now: .second(2))
            let running = try #require(settled)
            #expect(running.state == .running && running.startedAt == .second(2) && running.provider == .north)
            #expect(running.providerSessionID == "9f7a" && running.createTime == 1_772_355_600_000)
            #expect(running.figures?.mostParticipants == 50 && running.observedAt == nil)
            #expect(try await store.session(.id(begun.identity.id)) == running)
            #expect(try await store.liveSessions() == [running])
            let twice = try await store.settleSession(
                begun.number, attempt: 1, on: .north, sessionID: "other", createTime: 6, now: .second(3))
            #expect(twice == nil)

            let ended = try await store.endSession(begun.number, reason: .moderator, now: .second(60))
            #expect(ended?.state == .ended && ended?.endedAt == .second(60) && ended?.endReason == .moderator)
            #expect(try await store.endSession(begun.number, reason: .api, now: .second(61)) == nil)
            #expect(try await store.liveSession(of: room.number) == nil)
            let next = try await stand.running(room, 2, now: .second(70))
            #expect(try await store.sessions(of: room.number, limit: 10) == [next, try #require(ended)])
            #expect(try await store.sessions(of: room.number, limit: 1, offset: 1) == [try #require(ended)])
            #expect(try await store.sessionCount(of: room.number) == 2)
        }
    }

    @Test(arguments: Place.allCases) func `a session that is gone ended because nobody was in, if that was seen`(
        place: Place
    ) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let first = try await stand.running(room)
            let unknown = try await store.endGoneSession(first.number, now: .second(10))
            #expect(unknown?.endReason == .unknown)
            #expect(try await store.endGoneSession(first.number, now: .second(11)) == nil)
            let second = try await stand.running(room, 2, now: .second(20))
            try await store.observeSessions([second.number: MeetFigures(startedAt: .second(20))], at: .second(30))
            let empty = try await store.endGoneSession(second.number, now: .second(40))
            #expect(empty?.endReason == .empty && empty?.endedAt == .second(40))
        }
    }

    @Test(arguments: Place.allCases) func `who does not come back loses the lock to the next`(place: Place) async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let first = try await stand.begun(room)
            let early = try await store.beginSession(
                of: room.number, identity: .sample(2), provider: .north, used: .empty, settings: .none, now: .second(59)
            )
            #expect(early == .exists(first))
            let second = try await stand.begun(room, 2, now: .second(60))
            #expect(second.number == first.number && second.identity == first.identity && second.attempt == 2)
            // The first one comes late: it is nobody's session.
            let late = try await store.settleSession(
                first.number, attempt: 1, on: .north, sessionID: "late", createTime: 1, now: .second(61))
            #expect(late == nil)
            #expect(try await store.abandonSession(first.number, attempt: 1) == false)
            #expect(try await store.abandonSession(second.number, attempt: 2))
            #expect(try await store.liveSession(of: room.number) == nil)
            #expect(try await store.sessionCount(of: room.number) == 0)
            // What runs is nobody's to take, however old it is.
            let running = try await stand.running(room, 3, now: .second(70))
            let much = try await store.beginSession(
                of: room.number, identity: .sample(4), provider: .north, used: .empty, settings: .none,
                now: .second(7_000))
            #expect(much == .exists(running))
            #expect(try await store.abandonSession(running.number, attempt: 1) == false)
            let nobody = try await store.beginSession(
                of: RoomNumber(99), identity: .sample(5), provider: .north, used: .empty, settings: .none, now: .start)
            #expect(nobody == nil)
        }
    }

    @Test(arguments: Place.allCases) func `no more sessions at once than the subscription has`(place: Place)
        async throws
    {
        try await withRooms(place, features: [.maxConcurrentSessions: .integer(2)]) { stand in
            let store = stand.store
            var rooms: [Room] = []
            for number in 0..<6 { rooms.append(try await stand.room("Room \(number)", number)) }
            let all = rooms
            let begun = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        let beginning = try await store.beginSession(
                            of: all[number].number, identity: .sample(7_000 + number), provider: .north, used: .empty,
                            settings: .none,
                            now: .start)
                        let refusal = QuotaRefusal(code: .maxConcurrentSessions, value: 2, used: 2, requested: 1)
                        return beginning != .limited(refusal)
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(begun == 2)
            let live = try await store.liveSessions()
            #expect(live.count == 2)
            _ = try await store.endSession(try #require(live.first).number, reason: .empty, now: .second(1))
            let free = try #require(all.first { room in !live.contains { $0.room == room.number } })
            _ = try await stand.running(free, 100)
        }
    }

    @Test(arguments: Place.allCases) func `figures make peaks and minutes, and old ones nothing`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let session = try await stand.running(room)
            func observe(_ second: Int, _ participants: Int, recording: Bool = false) async throws -> RoomSession {
                var figures = MeetFigures(startedAt: .start)
                figures.participants = participants
                figures.moderators = 1
                figures.isRecording = recording
                try await store.observeSessions(
                    [session.number: figures, RoomSessionNumber(99): figures], at: .second(second))
                return try #require(try await store.session(session.number))
            }
            _ = try await observe(60, 10)
            let second = try await observe(180, 4, recording: true)
            // Ten people for two minutes; who was there before the first look is not known.
            #expect(second.participantMinutes == 20 && second.peakParticipants == 10 && second.wasRecorded)
            #expect(second.figures?.participants == 4 && second.observedAt == .second(180))
            #expect(try await observe(170, 50) == second)
            let third = try await observe(210, 0)
            #expect(third.participantMinutes == 22 && third.wasRecorded && third.figures?.isRecording == false)
            let ended = try await store.endSession(session.number, reason: .empty, now: .second(220))
            #expect(ended?.participantMinutes == 22 && ended?.peakParticipants == 10)
            #expect(try await observe(230, 7) == ended)
        }
    }

    @Test(arguments: Place.allCases) func `a lost provider is told later that it is over`(place: Place) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let session = try await stand.running(room)
            let ended = try await store.endSession(
                session.number, reason: .providerLost, owesEnd: true, now: .second(1))
            #expect(try await store.sessionsOwingEnd(on: RoomSessionProvider.north.id) == [try #require(ended)])
            #expect(try await store.sessionsOwingEnd(on: "u6Yh3DkQ9w").isEmpty)
            try await store.endWasSent(session.number)
            #expect(try await store.sessionsOwingEnd(on: RoomSessionProvider.north.id).isEmpty)
        }
    }
}
