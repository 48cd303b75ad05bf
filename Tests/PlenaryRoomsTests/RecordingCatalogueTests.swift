import BigBlueButton
import Logging
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import Testing

@testable import PlenaryRooms
@testable import PlenaryStore

/// How the catalogue learns of recordings, at each kind of provider (`rooms-api.md` 7.6, 11.6, 14).
@Suite struct RecordingCatalogueTests {
    private static let features: [FeatureCode: FeatureValue] = [.guestAccess: .bool(true), .recording: .bool(true)]

    private static func keeper(_ stand: JoinStand) -> RecordingKeeper {
        RecordingKeeper(desk: stand.desk, logger: Logger(label: "test"))
    }

    private static func events(_ stand: JoinStand, _ type: EventType) async throws -> [PlatformEvent] {
        try await stand.store.read { try EventRows.found($0, " ORDER BY e.id", []) }.filter { $0.type == type }
    }

    /// A session of a room is held and is over; its server works on the recording.
    ///
    /// - Returns: the id of the recording.
    private static func record(_ room: Room, on kind: HostKind, _ stand: JoinStand) async throws -> String {
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        let meeting = try #require(try stand.server(kind).meetings.last)
        #expect(meeting.isRecorded)
        _ = try await stand.desk.end(room, reason: .api)
        if kind == .fleet { await stand.pass(4) }
        return meeting.internalID.rawValue
    }

    @Test(arguments: HostKind.allCases)
    func `a recording is found when it is ready, and missed when it is gone, and not while nobody answers`(
        kind: HostKind
    ) async throws {
        let stand = try await JoinStand([kind], features: Self.features)
        let room = try await stand.room()
        let server = try stand.server(kind)
        let id = try await Self.record(room, on: kind, stand)
        let keeper = Self.keeper(stand)
        await keeper.sweepOnce()
        #expect(try await stand.store.recordings(of: stand.account).isEmpty)
        await stand.pass(62)
        await keeper.sweepOnce()
        let first = try await stand.store.recordings(of: stand.account)
        #expect(first.map(\.facts.recordID) == [id] && first.map(\.facts.state) == ["processing"])
        #expect(try await Self.events(stand, .recordingReady).isEmpty)

        #expect(server.publishRecording(id, at: stand.clock.now))
        await stand.pass(122)
        await keeper.sweepOnce()
        await keeper.sweepOnce()
        let ready = try await Self.events(stand, .recordingReady)
        #expect(ready.map(\.subject.id) == ["\(room.identity.id)-\(id)"])
        let known = try await stand.store.recordings(of: stand.account)
        #expect(known.map(\.facts.state) == ["published"] && known.first?.facts.size != nil)

        server.set(.status(502), call: .getRecordings)
        await stand.pass(122)
        await keeper.sweepOnce()
        #expect(try await stand.store.recordings(of: stand.account).count == 1)
        server.heal()
        for recording in server.recordings {
            var gone = recording
            gone.state = .deleted
            server.addRecording(gone)
        }
        await stand.pass(302)
        await keeper.sweepOnce()
        #expect(try await stand.store.recordings(of: stand.account).isEmpty)
        #expect(try await Self.events(stand, .recordingDeleted).count == 1)
    }

    @Test func `two sweeps at once tell once that a recording is ready`() async throws {
        let stand = try await JoinStand([.bigbluebutton], features: Self.features)
        let room = try await stand.room()
        let id = try await Self.record(room, on: .bigbluebutton, stand)
        #expect(try stand.server(.bigbluebutton).publishRecording(id, at: stand.clock.now))
        async let first = stand.desk.learnRecordings(of: room)
        async let second = stand.desk.learnRecordings(of: room)
        let (one, two) = (try await first, try await second)
        #expect(one && two)
        #expect(try await Self.events(stand, .recordingReady).count == 1)
    }

    @Test func `a provider that is silent holds up no other`() async throws {
        let stand = try await JoinStand([.bigbluebutton, .scalelite], features: Self.features)
        let (first, second) = (try await stand.room("First"), try await stand.room("Second"))
        _ = try await Self.record(first, on: .bigbluebutton, stand)
        try stand.server(.bigbluebutton).set(.status(502), call: .create)
        let id = try await Self.record(second, on: .scalelite, stand)
        try stand.server(.bigbluebutton).set(.hang, call: .getRecordings)
        stand.clock.advance(by: .seconds(61))
        let keeper = Self.keeper(stand)
        await keeper.sweepOnce()
        let known = try await stand.store.recordings(of: stand.account)
        #expect(known.map(\.facts.recordID) == [id])
        // It is asked again later.
        try stand.server(.bigbluebutton).heal()
        stand.clock.advance(by: .seconds(301))
        await keeper.sweepOnce()
        #expect(try await stand.store.recordings(of: stand.account).count == 2)
    }

    // MARK: callbacks

    @Test func `a provider tells that a session is over and a recording is ready, and only the address counts`()
        async throws
    {
        let stand = try await JoinStand([.scalelite], features: Self.features)
        let room = try await stand.room()
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        let meeting = try stand.meeting(on: .scalelite)
        let session = try #require(try await stand.store.liveSession(of: room.number))
        let desk = stand.desk
        #expect(meeting.parameters["meta_endCallbackUrl"] == desk.callbackURL(.end, session.identity.uuid))
        let ready = try #require(meeting.parameters["meta_bbb-recording-ready-url"])
        #expect(ready == desk.callbackURL(.recording, room.identity.uuid))
        #expect(ready.hasPrefix("https://rooms.example/callbacks/room-recording/\(room.identity.uuid)/"))
        func key(_ kind: JoinDesk.RoomCallback, _ uuid: String) -> String {
            String(desk.callbackURL(kind, uuid).split(separator: "/").last ?? "")
        }
        let uuid = session.identity.uuid
        let wrong = [
            try await desk.receive(.end, uuid, key: ""),
            try await desk.receive(.end, uuid, key: key(.recording, uuid)),
            try await desk.receive(.end, room.identity.uuid, key: key(.end, uuid)),
            try await desk.receive(.recording, uuid, key: key(.recording, room.identity.uuid)),
            // Signed by us, of nothing that there is.
            try await desk.receive(.end, room.identity.uuid, key: key(.end, room.identity.uuid)),
        ]
        #expect(wrong == [false, false, false, false, false])

        // It is not believed: somebody is in.
        stand.clock.advance(by: .seconds(3))
        #expect(try await desk.receive(.end, uuid, key: key(.end, uuid)))
        #expect(try await stand.store.liveSession(of: room.number) != nil)
        #expect(try stand.server(.scalelite).endMeeting(meeting.id, at: stand.clock.now))
        stand.clock.advance(by: .seconds(3))
        #expect(try await desk.receive(.end, uuid, key: key(.end, uuid)))
        let ended = try await stand.sessions(room)
        #expect(ended.map(\.endReason) == [.moderator])

        let id = meeting.internalID.rawValue
        #expect(try stand.server(.scalelite).publishRecording(id, at: stand.clock.now))
        #expect(try await desk.receive(.recording, room.identity.uuid, key: key(.recording, room.identity.uuid)))
        await Self.keeper(stand).sweepOnce()
        #expect(try await Self.events(stand, .recordingReady).count == 1)
    }

    // MARK: limits

    @Test(arguments: HostKind.allCases)
    func `a session is not recorded when there are as many recordings as were sold`(kind: HostKind) async throws {
        var features = Self.features
        features[.maxRecordings] = .integer(1)
        let stand = try await JoinStand([kind], features: features)
        let room = try await stand.room()
        _ = try await Self.record(room, on: kind, stand)
        #expect(try await stand.desk.learnRecordings(of: room))
        let other = try await stand.room("Other")
        _ = try await stand.enter(other, try await stand.token(.moderator, of: other))
        let meeting = try #require(try stand.server(kind).meetings.last)
        #expect(!meeting.isRecorded && meeting.parameters["meta_bbb-recording-ready-url"] == nil)
        let session = try await stand.store.liveSession(of: other.number)
        #expect(session?.used.allows(.recording) == false)
    }

    // MARK: what expires

    @Test(arguments: HostKind.allCases)
    func `a recording is announced and deleted after its days, also when its provider was away`(kind: HostKind)
        async throws
    {
        var features = Self.features
        features[.recordExpiration] = .integer(30)
        let stand = try await JoinStand([kind], features: features)
        let room = try await stand.room()
        let server = try stand.server(kind)
        let id = try await Self.record(room, on: kind, stand)
        #expect(server.publishRecording(id, at: stand.clock.now))
        #expect(try await stand.desk.learnRecordings(of: room))
        let keeper = Self.keeper(stand)
        func days(_ days: Int) async {
            stand.clock.advance(by: .seconds(days * 86_400))
            await stand.pass(6)
            await keeper.expireOnce()
        }
        await days(22)
        #expect(try await Self.events(stand, .recordingExpiring).isEmpty)
        await days(2)
        await days(1)
        let told = try await Self.events(stand, .recordingExpiring)
        #expect(told.count == 1 && told.first?.data["expires_at"] != nil)
        server.set(.status(502), call: .deleteRecordings)
        await days(7)
        #expect(try await stand.store.recordings(of: stand.account).count == 1)
        server.heal()
        await days(1)
        #expect(try await stand.store.recordings(of: stand.account).isEmpty)
        #expect(server.recordings.map(\.state) == [.deleted])
        #expect(try await Self.events(stand, .recordingDeleted).count == 1)
    }

    /// A room whose recording is over, and was told to be.
    private static func overdue(_ stand: JoinStand, _ room: Room, _ id: String) async throws -> CataloguedRecording {
        let place = RecordingPlace(of: room, at: try stand.provider(.bigbluebutton).identity.id)
        let facts = RecordingFacts(recordID: id, name: "Meeting", state: "published", endedAt: stand.clock.now)
        try await stand.store.learn(at: place, seen: [facts], askedAt: stand.clock.now, now: stand.clock.now)
        for days in [25, 8] {
            stand.clock.advance(by: .seconds(days * 86_400))
            let over = try await stand.desk.judgeRecordings()
            #expect(over.isEmpty == (days == 25))
        }
        return try #require(try await stand.store.recordings(at: place).first)
    }

    private static func expiring() async throws -> JoinStand {
        var features = Self.features
        features[.recordExpiration] = .integer(30)
        return try await JoinStand([.bigbluebutton], features: features)
    }

    @Test func `what another server has under the id of a recording that is over is not deleted`() async throws {
        let stand = try await Self.expiring()
        let (room, other) = (try await stand.room(), try await stand.room("Other"))
        let server = try stand.server(.bigbluebutton)
        let id = try await Self.record(other, on: .bigbluebutton, stand)
        #expect(server.publishRecording(id, at: stand.clock.now))
        let over = try await Self.overdue(stand, room, id)
        #expect(try await stand.desk.expire(over))
        #expect(server.recordings.map(\.state) == [.published])
        #expect(try await stand.store.recordings(of: stand.account).isEmpty)
    }

    @Test func `a limit that is raised while recordings are deleted keeps those that are left`() async throws {
        let stand = try await Self.expiring()
        let room = try await stand.room()
        let server = try stand.server(.bigbluebutton)
        let id = try await Self.record(room, on: .bigbluebutton, stand)
        #expect(server.publishRecording(id, at: stand.clock.now))
        let over = try await Self.overdue(stand, room, id)
        _ = try await stand.store.setFeature(
            .recordExpiration, .integer(365), of: stand.subscription.number, now: stand.clock.now)
        #expect(try await stand.desk.expire(over) == false)
        #expect(server.recordings.map(\.state) == [.published])
        // It will be told anew.
        _ = try await stand.desk.judgeRecordings()
        let kept = try await stand.store.recordings(of: stand.account)
        #expect(kept.count == 1 && kept.first?.toldExpiringAt == nil)
    }

    @Test func `a recording that its server does not delete is not told to be deleted`() async throws {
        let stand = try await Self.expiring()
        let room = try await stand.room()
        // It is worked on all the time.
        let id = try await Self.record(room, on: .bigbluebutton, stand)
        let over = try await Self.overdue(stand, room, id)
        #expect(try await stand.desk.expire(over) == false)
        #expect(try await Self.events(stand, .recordingDeleted).isEmpty)
        #expect(try await stand.store.recordings(of: stand.account).count == 1)
    }

    @Test func `an end that a provider does not know is none`() throws {
        func end(_ text: String, start: String = "1772355600000") throws -> WireTime? {
            let xml = """
                <response><returncode>SUCCESS</returncode><recordings><recording><recordID>abc-1</recordID>
                <meetingID>m</meetingID><name>Meeting</name><state>published</state><startTime>\(start)</startTime>
                <endTime>\(text)</endTime></recording></recordings></response>
                """
            let list = try #require(RecordingsReply(try Reply(Array(xml.utf8))))
            return RecordingFacts(try #require(list.entries.first)).endedAt
        }
        #expect(try end("1772355660000") == WireTime(milliseconds: 1_772_355_660_000))
        #expect(try end("0") == nil)
        #expect(try end("1772355") == nil)
        #expect(try end("") == nil)
        #expect(try end("0", start: "0") == nil)
    }
}
