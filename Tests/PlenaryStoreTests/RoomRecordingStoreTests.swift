import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// The catalogue of recordings (`rooms-api.md` 7.6, 14).
@Suite struct RoomRecordingStoreTests {
    private static let recording: [FeatureCode: FeatureValue] = [.guestAccess: .bool(true), .recording: .bool(true)]

    private static func place(_ room: Room) -> RecordingPlace { RecordingPlace(of: room, at: "vD2fSb8YkC") }

    private static func facts(_ id: String = "abc-1", _ state: String = "published", size: Int? = nil)
        -> RecordingFacts
    {
        RecordingFacts(
            recordID: id, internalID: id, name: "Meeting", state: state, participants: 3, size: size,
            formats: [["type": "video", "url": .null, "length_minutes": 3, "size_bytes": 5]],
            startedAt: .second(-60), endedAt: .start)
    }

    private static func told(_ store: Store, _ type: EventType) async throws -> [PlatformEvent] {
        try await store.allEvents().filter { $0.type == type }
    }

    @Test(arguments: Place.allCases) func `a recording is told to be ready once, when it can first be played`(
        place: Place
    ) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let at = Self.place(room)
            try await store.learn(at: at, seen: [Self.facts("abc-1", "processing")], askedAt: .start, now: .second(1))
            #expect(try await Self.told(store, .recordingReady).isEmpty)
            for (second, state) in [(2, "published"), (3, "unpublished"), (4, "published")] {
                try await store.learn(
                    at: at, seen: [Self.facts("abc-1", state)], askedAt: .second(second), now: .second(second))
            }
            let ready = try await Self.told(store, .recordingReady)
            #expect(ready.count == 1)
            #expect(ready.first?.subject == EventSubject("Recording", "\(room.identity.id)-abc-1"))
            #expect(ready.first?.data["room_id"] == .text(room.identity.id))
            let known = try await store.recordings(at: at)
            #expect(known.map(\.facts) == [Self.facts()])
            #expect(known.first?.firstSeenAt == .second(1) && known.first?.toldReadyAt == .second(2))
            #expect(known.first?.place == at)
        }
    }

    @Test(arguments: Place.allCases) func `of many sweeps at once one tells that a recording is ready`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let at = Self.place(try await stand.room())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for second in 1...20 {
                    group.addTask {
                        try await store.learn(
                            at: at, seen: [Self.facts("abc-1"), Self.facts("abc-2")], askedAt: .second(second),
                            now: .second(second))
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await Self.told(store, .recordingReady).count == 2)
            #expect(try await store.recordings(at: at).count == 2)
        }
    }

    @Test(arguments: Place.allCases) func `what is gone is told, and a late answer does not bring it back`(
        place: Place
    ) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let at = Self.place(try await stand.room())
            try await store.learn(at: at, seen: [Self.facts()], askedAt: .start, now: .second(1))
            // Who was asked before it was known cannot say that it is gone.
            try await store.learn(at: at, seen: [], gone: ["abc-1"], askedAt: .start, now: .second(2))
            #expect(try await store.recordings(at: at).count == 1)
            try await store.learn(at: at, seen: [], gone: ["abc-1", "abc-9"], askedAt: .second(3), now: .second(4))
            #expect(try await store.recordings(at: at).isEmpty)
            try await store.learn(at: at, seen: [Self.facts()], askedAt: .second(3), now: .second(5))
            #expect(try await store.recordings(at: at).isEmpty)
            #expect(try await Self.told(store, .recordingDeleted).count == 1)
            // It is there after all; that it is ready was told.
            try await store.learn(at: at, seen: [Self.facts()], askedAt: .second(9_000), now: .second(9_001))
            #expect(try await store.recordings(at: at).count == 1)
            #expect(try await Self.told(store, .recordingReady).count == 1)
        }
    }

    @Test(arguments: Place.allCases) func `no provider tells away what is of another room`(place: Place) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let (one, two) = (
                Self.place(try await stand.room("One", 1)), Self.place(try await stand.room("Two", 2))
            )
            try await store.learn(at: one, seen: [Self.facts()], askedAt: .start, now: .second(1))
            try await store.learn(
                at: two, seen: [Self.facts("abc-1", "unpublished")], askedAt: .second(2), now: .second(2))
            try await store.learn(at: two, seen: [], gone: ["abc-1"], askedAt: .second(3), now: .second(3))
            #expect(try await store.recordings(at: one).map(\.facts) == [Self.facts()])
            #expect(try await store.recordings(at: two).isEmpty)
        }
    }

    @Test(arguments: Place.allCases) func `the account keeps what a deleted room leaves, and it is looked at soon`(
        place: Place
    ) async throws {
        try await withRooms(place, features: Self.recording) { stand in
            let store = stand.store
            let room = try await stand.room()
            let beginning = try await store.beginSession(
                of: room.number, identity: .sample(1), provider: .north, used: FeatureSet(Self.recording),
                settings: .none, now: .start)
            guard case .begun(let begun)? = beginning else { throw Unexpected("it is taken") }
            _ = try await store.settleSession(
                begun.number, attempt: 1, on: .north, sessionID: "abc-1", createTime: 5, now: .start)
            _ = try await store.endSession(begun.number, reason: .api, now: .second(100))
            let sources = try await store.recordingSources(of: room.number)
            #expect(sources.map(\.dueAt) == [.second(160)])
            #expect(try await store.recordingProvidersDue(at: .second(159)).isEmpty)
            try await store.learn(
                at: Self.place(room), seen: [Self.facts()], askedAt: .second(161),
                source: sources.first, nextAt: .second(900), now: .second(161))
            #expect(try await store.recordingProvidersDue(at: .second(161)).isEmpty)

            _ = try await store.removeRoom(room.number, now: .second(200))
            let kept = try await store.recordings(of: stand.account)
            #expect(kept.map(\.place.room) == [nil] && kept.map(\.place.roomID) == [room.identity.id])
            let named = try await store.keptRecording("abc-1", ofRoom: room.identity.id)
            #expect(named == kept.first)
            let due = try await store.recordingSourcesDue(on: "vD2fSb8YkC", at: .second(200), limit: 10)
            #expect(due.map(\.place.room) == [nil])
            // What comes to be afterwards is the account's, too.
            try await store.learn(
                at: Self.place(room), seen: [Self.facts("abc-2")], askedAt: .second(201), now: .second(201))
            #expect(try await store.recordings(of: stand.account).count == 2)
            #expect(try await store.wantRecordings(ofMeeting: room.identity.uuid, now: .second(300)))
            #expect(try await store.wantRecordings(ofMeeting: "none", now: .second(300)) == false)
        }
    }

    @Test(arguments: Place.allCases) func `limits of recordings are counted over all rooms, and told`(place: Place)
        async throws
    {
        let features: [FeatureCode: FeatureValue] = [
            .recording: .bool(true), .maxRecordings: .integer(5), .maxStorage: .integer(2),
        ]
        try await withRooms(place, features: features) { stand in
            let store = stand.store
            let (one, two) = (try await stand.room("One", 1), try await stand.room("Two", 2))
            let half = RecordingTotals.gigabyte / 2
            let first = (1...2).map { Self.facts("abc-\($0)", size: half) }
            try await store.learn(at: Self.place(one), seen: first, askedAt: .start, now: .start)
            #expect(try await Self.told(store, .quotaThreshold).isEmpty)
            let second = (3...4).map { Self.facts("abc-\($0)", size: half) }
            try await store.learn(at: Self.place(two), seen: second, askedAt: .start, now: .start)
            let marks = try await Self.told(store, .quotaThreshold).map { event in
                "\(event.data["feature"]?.text ?? "") \(event.data["percent"]?.encoded ?? "")"
            }
            #expect(marks == ["max_recordings 80", "max_storage 80", "max_storage 100"])
            let reached = try await Self.told(store, .quotaReached)
            #expect(reached.count == 1 && reached.first?.data["used"] == 2)
            let use = try await store.recordingUse(of: stand.subscription.number, and: one.number)
            #expect(use.subscription == RecordingTotals(count: 4, size: 4 * half))
            #expect(use.room == RecordingTotals(count: 2, size: 2 * half))
            let usage = try await store.usage(of: stand.subscription.number, now: .start)
            #expect(usage.first { $0.feature.code == .maxRecordings }?.used == 4)
            #expect(usage.first { $0.feature.code == .maxStorage }?.used == 2)
        }
    }

    @Test(arguments: Place.allCases) func `that a recording will be deleted is told once, until it is revoked`(
        place: Place
    ) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let at = Self.place(try await stand.room())
            try await store.learn(at: at, seen: [Self.facts()], askedAt: .start, now: .start)
            let number = try #require(try await store.recordings(at: at).first).number
            for _ in 1...2 { try await store.tellExpiring(number, at: .second(500), now: .second(9)) }
            #expect(try await Self.told(store, .recordingExpiring).count == 1)
            try await store.revokeExpiring(number)
            try await store.tellExpiring(number, at: .second(900), now: .second(10))
            #expect(try await Self.told(store, .recordingExpiring).count == 2)
        }
    }
}
