import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Servers that were taken out of the fleet still tell of the meetings that they had; and what is refused is told to the
/// operator.
@Suite struct FormerServerTests {
    /// A recorded meeting that is over, on the only server, which has not told anything yet.
    private struct Fixture {
        let stand: Stand
        let server: SimulatedServer
        let meeting: Meeting
        let recordID: String

        init() async throws {
            stand = try await Stand.reachable(servers: 1)
            server = stand.servers[0]
            try await stand.create("room-1", Told.all)
            meeting = try #require(try stand.mapped("room-1"))
            recordID = try #require(meeting.internalMeetingID?.rawValue)
            server.endMeeting(try stand.id("room-1"), at: stand.now)
            await stand.pollAll()
        }

        func remove() async throws {
            let id = try stand.server(server).id
            let removal = try await stand.store.removeServer(id, force: true, now: stand.now)
            #expect(removal == .removed(endedMeetings: 0))
        }

        func addAgain() async throws {
            _ = try await stand.store.addServer(
                name: try #require(Slug(server.name)), endpoint: server.endpoint, now: stand.now)
        }

        func called(_ kind: CallerCallbacks.Kind) async throws -> CalledBack {
            let key = KeyedHash.hex(of: "callback \(kind.rawValue)", key: try #require(meeting.token))
            return try #require(try await stand.fleet.calledBack(kind, meeting.number.number, key: key))
        }

        func token(by secret: Secret) -> String {
            SignedToken.sign(
                "{\"meeting_id\":\"room-1\",\"record_id\":\"\(recordID)\"}", secret: secret, algorithm: .hs256)
        }

        func announce(by secret: Secret) async throws -> InboundAnswer {
            await stand.fleet.receiveRecording(
                of: try await called(.recording), ["signed_parameters": token(by: secret)])
        }
    }

    @Test
    func `a server that was removed and added again with another secret is heard, signed by the old one and the new`()
        async throws
    {
        let fixture = try await Fixture()
        let (stand, server) = (fixture.stand, fixture.server)
        // What it signed before and sends after.
        #expect(server.withBBB { $0.firedCallbacks }.contains { $0.kind == .analytics })
        try await fixture.remove()
        server.changeSecret(to: try stand.secret("changed"))
        try await fixture.addAgain()
        server.publishRecording(fixture.recordID, at: stand.now)
        let sent = try await stand.bringCallbacks()
        #expect(Set(sent.map(\.kind)).isSuperset(of: [.analytics, .recordingReady]))
        // The same recording once more, asked about at the server under its new number, is no news.
        for callback in sent { #expect(try await stand.bring(callback) == .taken) }
        let kinds = try await stand.deliveries().map(\.kind)
        #expect(kinds.filter { $0 == .recording }.count == 1 && kinds.filter { $0 == .analytics }.count == 1)
    }

    @Test func `a server that was removed for good is heard`() async throws {
        let fixture = try await Fixture()
        try await fixture.remove()
        #expect(try await fixture.announce(by: fixture.server.secret) == .taken)
        #expect(try await fixture.stand.deliveries(.waiting).contains { $0.kind == .recording })
    }

    @Test func `a server of another URL is not believed, whoever was removed`() async throws {
        let fixture = try await Fixture()
        let other = try await fixture.stand.addServer("other")
        try await fixture.remove()
        #expect(try await fixture.announce(by: other.secret) == .unsigned)
        // Nor one that had other meetings only, and was removed too.
        let id = try fixture.stand.server(other).id
        _ = try await fixture.stand.store.removeServer(id, force: true, now: fixture.stand.now)
        #expect(try await fixture.announce(by: other.secret) == .unsigned)
    }

    // MARK: what operators see

    @Test func `a callback that knows our address and is refused is told to the operator, without secrets`()
        async throws
    {
        let fixture = try await Fixture()
        let (stand, log) = (fixture.stand, LogBook())
        let stranger = try stand.secret("a stranger's secret")
        try await log.keep {
            #expect(try await fixture.announce(by: stranger) == .unsigned)
            let recording = try await fixture.called(.recording)
            #expect(await stand.fleet.receiveRecording(of: recording, [:]) == .malformed)
            let analytics = try await fixture.called(.analytics)
            #expect(await stand.fleet.receiveAnalytics(of: analytics, bearer: "x", []) == .unsigned)
            #expect(stand.fleet.refuse(.tooLong, .analytics, of: analytics) == .tooLong)
        }
        let warnings = log.warnings
        #expect(warnings.count == 4)
        let number = fixture.meeting.number
        for warning in warnings {
            #expect(warning.hasPrefix("callback of a server is refused ") && warning.contains("callback.reason="))
            #expect(warning.contains("server.name=bbb1") && warning.contains("meeting.number=\(number)"))
            for secret in [stranger.reveal(), fixture.server.secret.reveal(), "lms.example", "callbacks/", "eyJ"] {
                #expect(!warning.contains(secret), "\(warning)")
            }
        }
        // What is taken, and what nobody asked for, is not.
        try await log.keep {
            let answer = try await fixture.announce(by: fixture.server.secret)
            #expect(answer == .taken)
        }
        #expect(log.warnings.count == 4)
    }
}
