import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Breakout rooms have the metadata of the meeting in which they were made, and so its addresses for callbacks; but ids of
/// their own (`bbb-api.md` 10.2, 10.3).
@Suite struct BreakoutCallbackTests {
    private static let kept: Parameters = ["record": "true", "meetingKeepEvents": "true"]

    /// A meeting with breakout rooms, on a server.
    private func open(_ id: String, _ stand: Stand, _ more: Parameters = Self.kept) throws -> [SimulatedMeeting] {
        let (holder, parent, now) = (try stand.holder(id), try stand.id(id), stand.now)
        let opened = holder.withBBB { $0.openBreakouts(of: parent, count: 2, with: more, at: now) }
        let rooms = opened.compactMap { holder.meeting($0) }
        #expect(rooms.count == 2)
        return rooms
    }

    private func token(_ meetingID: String, _ recordID: String, by server: SimulatedServer) -> String {
        SignedToken.sign(
            "{\"meeting_id\":\"\(meetingID)\",\"record_id\":\"\(recordID)\"}", secret: server.secret,
            algorithm: .hs256)
    }

    private func announce(_ token: String, _ id: String, _ stand: Stand) async throws -> InboundAnswer {
        let meeting = try #require(try stand.mapped(id))
        let key = KeyedHash.hex(of: "callback recording", key: try #require(meeting.token))
        let called = try #require(try await stand.fleet.calledBack(.recording, meeting.number.number, key: key))
        return await stand.fleet.receiveRecording(of: called, ["signed_parameters": token])
    }

    /// Whether a poll shows the rooms, or they come and go between two of them.
    @Test(arguments: [true, false])
    func `recordings and analytics of breakout rooms are told with the ids of the rooms`(isSeen: Bool) async throws {
        let stand = try await Stand.reachable()
        let receiver = Receiver("https://lms.example/")
        try await stand.create("room-1", Told.all)
        let holder = try stand.holder("room-1")
        let rooms = try open("room-1", stand)
        if isSeen { await stand.pollAll() }
        holder.endMeeting(try stand.id("room-1"), at: stand.now)
        await stand.pollAll()
        for room in rooms { #expect(holder.publishRecording(room.internalID.rawValue, at: stand.now)) }
        // Analytics of three meetings, recordings of two.
        let sent = try await stand.bringCallbacks()
        #expect(sent.filter { $0.kind == .analytics }.count == 3)
        #expect(sent.filter { $0.kind == .recordingReady }.count == 2)
        // Once more is no news.
        for callback in sent { #expect(try await stand.bring(callback) == .taken) }
        try await stand.deliverAll(receiver)
        let secret = try stand.secret("client")
        let told = receiver.received(at: Told.recording).compactMap { request in
            SignedToken.verify(request.form["signed_parameters"] ?? "", secret: secret, algorithms: [.hs256])?.asText
        }
        let expected = rooms.map { "{\"meeting_id\":\"\($0.id)\",\"record_id\":\"\($0.internalID)\"}" }
        #expect(Set(told) == Set(expected) && told.count == 2)
        let analytics = receiver.received(at: Told.analytics).map { ($0.body ?? []).asText }
        #expect(analytics.count == 3)
        for room in rooms {
            #expect(analytics.contains { $0.contains("\"internal_meeting_id\":\"\(room.internalID)\"") })
        }
    }

    @Test func `analytics of a breakout room that was not recorded are told when a poll saw the room`() async throws {
        let stand = try await Stand.reachable()
        try await stand.create("room-1", Told.all)
        let holder = try stand.holder("room-1")
        _ = try open("room-1", stand, ["meetingKeepEvents": "true"])
        await stand.pollAll()
        holder.endMeeting(try stand.id("room-1"), at: stand.now)
        await stand.pass(30)
        #expect(try await stand.bringCallbacks().filter { $0.kind == .analytics }.count == 3)
        #expect(try await stand.deliveries().filter { $0.kind == .analytics }.count == 3)
    }

    @Test func `rooms of another meeting, and what its server does not call a room, are refused`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        try await stand.create("room-1", Told.all)
        try await stand.create("room-2", Told.all)
        let server = stand.servers[0]
        let (mine, theirs) = (try open("room-1", stand), try open("room-2", stand))
        await stand.pollAll()
        let second = try #require(try stand.mapped("room-2")?.internalMeetingID)
        let wrong = [
            (theirs[0].id.rawValue, theirs[0].internalID.rawValue),
            (mine[0].id.rawValue, theirs[0].internalID.rawValue),
            (mine[0].id.rawValue, mine[1].internalID.rawValue), ("room-2", second.rawValue),
            ("room-1", mine[0].internalID.rawValue), ("nobody", "nobody-1"),
        ]
        for (meetingID, recordID) in wrong {
            let answer = try await announce(token(meetingID, recordID, by: server), "room-1", stand)
            #expect(answer == .malformed, "\(meetingID) \(recordID)")
        }
        #expect(try await stand.deliveries().isEmpty)
        let right = token(mine[0].id.rawValue, mine[0].internalID.rawValue, by: server)
        #expect(try await announce(right, "room-1", stand) == .taken)
    }

    @Test func `a room of which nobody can say whose it is may be told again later`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        try await stand.create("room-1", Told.all)
        let server = stand.servers[0]
        server.set(.status(500), call: .getRecordings)
        let (unknown, log) = (token("room", "room-1531155809613", by: server), LogBook())
        try await log.keep {
            let answer = try await announce(unknown, "room-1", stand)
            #expect(answer == .unavailable)
        }
        #expect(log.warnings.count == 1)
        #expect(try await stand.deliveries().isEmpty)
    }
}
