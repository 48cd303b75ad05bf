import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Synchronization
import Testing

/// What is not taken of those who call back: only the meeting's own server is believed, and only about that meeting.
@Suite struct CallbackRefusalTests {
    /// A recorded meeting with everything to tell, and one more.
    private struct Fixture {
        let stand: Stand
        let holder: SimulatedServer
        let meeting: Meeting
        let recordID: String

        init(engine: (any SQLEngine)? = nil) async throws {
            stand = try await Stand.reachable(engine: engine)
            try await stand.create("room-1", Told.all)
            try await stand.create("room-2", Told.all)
            holder = try stand.holder("room-1")
            meeting = try #require(try stand.mapped("room-1"))
            recordID = try #require(meeting.internalMeetingID?.rawValue)
        }

        /// The meeting as who knows our address of it finds it.
        func called(_ kind: CallerCallbacks.Kind) async throws -> CalledBack {
            let key = KeyedHash.hex(of: "callback \(kind.rawValue)", key: try #require(meeting.token))
            return try #require(try await stand.fleet.calledBack(kind, meeting.number.number, key: key))
        }

        func announce(_ token: String) async throws -> InboundAnswer {
            await stand.fleet.receiveRecording(of: try await called(.recording), ["signed_parameters": token])
        }

        /// A recording's token, right in everything that is not said otherwise.
        func token(
            of meetingID: String = "room-1", recordID other: String? = nil, by secret: Secret? = nil,
            _ algorithm: SignedToken.Algorithm = .hs256
        ) -> String {
            SignedToken.sign(
                "{\"meeting_id\":\"\(meetingID)\",\"record_id\":\"\(other ?? recordID)\"}",
                secret: secret ?? holder.secret, algorithm: algorithm)
        }

        func analyse(_ bearer: String, _ body: String? = nil) async throws -> InboundAnswer {
            let text = body ?? "{\"meeting_id\":\"room-1\",\"internal_meeting_id\":\"\(recordID)\",\"data\":{}}"
            return await stand.fleet.receiveAnalytics(
                of: try await called(.analytics), bearer: bearer, Array(text.utf8))
        }

        /// An analytics bearer that says so, or that it expires in a while.
        func bearer(
            _ claims: String? = nil, by secret: Secret? = nil, _ algorithm: SignedToken.Algorithm = .hs512
        ) -> String {
            SignedToken.sign(
                claims ?? "{\"exp\":\(stand.now.milliseconds / 1_000 + 60)}", secret: secret ?? holder.secret,
                algorithm: algorithm, includesType: true)
        }
    }

    // MARK: addresses

    @Test func `an address that was not given to anybody leads nowhere`() async throws {
        let fixture = try await Fixture()
        let (stand, number) = (fixture.stand, fixture.meeting.number.number)
        let token = try #require(fixture.meeting.token)
        let room2 = try #require(try stand.mapped("room-2"))
        let other = try #require(room2.token)
        func isKnown(_ kind: CallerCallbacks.Kind, _ number: Int64, _ key: String) async throws -> Bool {
            try await stand.fleet.calledBack(kind, number, key: key) != nil
        }
        for kind in CallerCallbacks.Kind.allCases {
            let key = KeyedHash.hex(of: "callback \(kind.rawValue)", key: token)
            #expect(try await isKnown(kind, number, key))
            // The key of one kind opens no other, the key of one meeting no other.
            for another in CallerCallbacks.Kind.allCases where another != kind {
                #expect(try await isKnown(another, number, key) == false)
            }
            #expect(try await isKnown(kind, number + 1, key) == false)
            #expect(
                try await isKnown(kind, number, KeyedHash.hex(of: "callback \(kind.rawValue)", key: other)) == false)
            let keys = ["", String(key.dropLast()), key + "0", key.uppercased() + " ", token.reveal()]
            for wrong in keys { #expect(try await isKnown(kind, number, wrong) == false) }
            for number in [0, -1, 99, Int64.max, Int64.min] {
                #expect(try await isKnown(kind, number, key) == false)
            }
        }
        // The key of rejoin is given to browsers.
        #expect(try await isKnown(.end, number, KeyedHash.hex(of: "callback rejoin", key: token)) == false)
    }

    @Test func `addresses lead somewhere after the meeting is over, too`() async throws {
        let fixture = try await Fixture()
        fixture.holder.endMeeting(try fixture.stand.id("room-1"))
        await fixture.stand.pollAll()
        #expect(try fixture.stand.mapped("room-1") == nil)
        #expect(try await fixture.announce(fixture.token()) == .taken)
        #expect(try await fixture.analyse(fixture.bearer()) == .taken)
    }

    // MARK: the end

    @Test func `an end that is only said ends nothing, and is told to nobody`() async throws {
        let fixture = try await Fixture()
        let stand = fixture.stand
        let queries: [Parameters] = [["recordingmarks": "true", "meetingID": "room-1"], [:], ["recordingmarks": "x"]]
        for kind in [CallerCallbacks.Kind.end, .ended] {
            let called = try await fixture.called(kind)
            for query in queries { #expect(await stand.fleet.receiveEnd(of: called, query) == .taken) }
        }
        await stand.pass(60)
        #expect(try stand.mapped("room-1")?.internalMeetingID == fixture.meeting.internalMeetingID)
        #expect(fixture.holder.meetings.contains { $0.id.rawValue == "room-1" })
        #expect(try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"]).isSuccess)
        #expect(try await stand.deliveries().isEmpty)
    }

    // MARK: recordings

    @Test func `a recording is announced by the meeting's own server, signed as BigBlueButton signs`() async throws {
        let fixture = try await Fixture()
        let others = fixture.stand.servers.filter { $0 !== fixture.holder }.map(\.secret)
        #expect(others.count == 2)
        let good = fixture.token()
        let parts = good.split(separator: ".").map(String.init)
        let none = Base64URL.encode("{\"alg\":\"none\"}".utf8)
        var wrong = others.map { fixture.token(by: $0) }
        wrong += [
            fixture.token(by: try fixture.stand.secret("client")), fixture.token(by: try fixture.stand.secret("x")),
            fixture.token(by: fixture.meeting.token), fixture.token(.hs512), "", "x", "..",
            "\(none).\(parts[1]).", "\(none).\(parts[1]).\(parts[2])", String(good.dropLast()), good + "A",
            "\(parts[0]).\(parts[1])", fixture.bearer(),
        ]
        for token in wrong { #expect(try await fixture.announce(token) == .unsigned, "\(token)") }
        #expect(try await fixture.stand.deliveries().isEmpty)
        #expect(try await fixture.announce(good) == .taken)
        #expect(try await fixture.stand.deliveries().map(\.payload) == [fixture.recordID])
    }

    @Test func `a server that has the meeting announces no recording of another one`() async throws {
        let fixture = try await Fixture()
        let stand = fixture.stand
        let other = try #require(try stand.mapped("room-2")?.internalMeetingID?.rawValue)
        let hash = sha1Hex("room-1")
        let payloads = [
            "{\"meeting_id\":\"room-2\",\"record_id\":\"\(other)\"}",
            "{\"meeting_id\":\"room-1\",\"record_id\":\"\(other)\"}",
            "{\"meeting_id\":\"room-2\",\"record_id\":\"\(fixture.recordID)\"}",
            "{\"meeting_id\":\"Room-1\",\"record_id\":\"\(fixture.recordID)\"}",
            "{\"meeting_id\":\"room-1\",\"record_id\":\"\(hash)\"}", "{\"meeting_id\":\"room-1\",\"record_id\":\"\"}",
            "{\"meeting_id\":\"room-1\"}", "{\"record_id\":\"\(fixture.recordID)\"}",
            "{\"meeting_id\":1,\"record_id\":\"\(fixture.recordID)\"}", "{\"meeting_id\":\"room-1\",\"record_id\":7}",
            "{}", "null", "\"room-1\"", "not JSON", "",
        ]
        for payload in payloads {
            let token = SignedToken.sign(payload, secret: fixture.holder.secret, algorithm: .hs256)
            #expect(try await fixture.announce(token) == .malformed, "\(payload)")
        }
        let called = try await fixture.called(.recording)
        #expect(await stand.fleet.receiveRecording(of: called, [:]) == .malformed)
        #expect(await stand.fleet.receiveRecording(of: called, ["Signed_Parameters": fixture.token()]) == .malformed)
        #expect(try await stand.deliveries().isEmpty)
    }

    @Test func `a recording that nobody asked about is nobody's`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        try await stand.create("room-1", ["record": "true", "meta_endCallbackUrl": Told.end])
        let meeting = try #require(try stand.mapped("room-1"))
        let key = KeyedHash.hex(of: "callback recording", key: try #require(meeting.token))
        let called = try #require(try await stand.fleet.calledBack(.recording, meeting.number.number, key: key))
        let recordID = try #require(meeting.internalMeetingID)
        let token = SignedToken.sign(
            "{\"meeting_id\":\"room-1\",\"record_id\":\"\(recordID)\"}", secret: stand.servers[0].secret,
            algorithm: .hs256)
        #expect(await stand.fleet.receiveRecording(of: called, ["signed_parameters": token]) == .unknown)
        #expect(try await stand.deliveries().isEmpty)
    }

    @Test func `each server that a create was tried on may announce, for it may have the recording`() async throws {
        let stand = try await Stand.reachable()
        // The create gets no answer there, and is found not to have happened.
        let tried = stand.servers[1]
        tried.set(.status(500), call: .create, remaining: 1)
        var parameters = Told.all
        parameters["preferredServer"] = tried.name
        try await stand.create("room-1", parameters)
        let holder = try stand.holder("room-1")
        let meeting = try #require(try stand.mapped("room-1"))
        let recordID = try #require(meeting.internalMeetingID)
        let key = KeyedHash.hex(of: "callback recording", key: try #require(meeting.token))
        for server in stand.servers {
            let token = SignedToken.sign(
                "{\"meeting_id\":\"room-1\",\"record_id\":\"\(recordID)\"}", secret: server.secret, algorithm: .hs256)
            let called = try #require(
                try await stand.fleet.calledBack(.recording, meeting.number.number, key: key))
            let expected: InboundAnswer = server === holder || server === tried ? .taken : .unsigned
            let answer = await stand.fleet.receiveRecording(of: called, ["signed_parameters": token])
            #expect(answer == expected, "\(server.name)")
        }
        #expect(tried !== holder)
    }

    // MARK: analytics

    @Test func `analytics come with a bearer of the meeting's own server that has not expired`() async throws {
        let fixture = try await Fixture()
        let now = fixture.stand.now.milliseconds / 1_000
        let others = fixture.stand.servers.filter { $0 !== fixture.holder }.map(\.secret)
        var wrong = others.map { fixture.bearer(by: $0) }
        wrong += [
            fixture.bearer(by: try fixture.stand.secret("client")), fixture.bearer(nil, .hs256), fixture.token(),
            fixture.bearer("{\"exp\":\(now)}"), fixture.bearer("{\"exp\":\(now - 1)}"), fixture.bearer("{}"),
            fixture.bearer("{\"exp\":\"\(now + 60)\"}"), fixture.bearer("{\"exp\":null}"), fixture.bearer("no"), "",
            "x",
        ]
        for bearer in wrong { #expect(try await fixture.analyse(bearer) == .unsigned, "\(bearer)") }
        #expect(try await fixture.stand.deliveries().isEmpty)
        #expect(try await fixture.analyse(fixture.bearer()) == .taken)
        #expect(try await fixture.stand.deliveries().map(\.kind) == [.analytics])
    }

    @Test(arguments: [
        "", "no JSON", "{}", "{\"meeting_id\":\"room-2\"}", "{\"meeting_id\":\"ROOM-1\"}", "{\"meeting_id\":1}",
        "{\"data\":{\"meeting_id\":\"room-1\"}}", "{\"meeting_id\":\"room-1\"", "\u{0}",
    ])
    func `analytics of another meeting, or of none, are refused`(body: String) async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.analyse(fixture.bearer(), body) == .malformed)
        #expect(try await fixture.stand.deliveries().isEmpty)
    }

    // MARK: when we cannot

    /// An engine that can be cut off.
    private final class SeverableEngine: SQLEngine {
        private let base: SQLiteEngine
        private let isCut = Mutex(false)

        init() throws { base = try SQLiteEngine() }

        var dialect: SQLDialect { base.dialect }
        func cut(_ cut: Bool) { isCut.withLock { $0 = cut } }

        private func check() throws {
            if isCut.withLock({ $0 }) { throw StoreFault.unavailable("cut off") }
        }

        func write<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws
            -> Value
        {
            try check()
            return try await base.write(work)
        }

        func read<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws
            -> Value
        {
            try check()
            return try await base.read(work)
        }

        func compact() async throws { try await base.compact() }
        func emptyLog() async throws { try await base.emptyLog() }
        func close() async throws {}
    }

    @Test func `what cannot be written down is not taken, so that the server sends it again`() async throws {
        let engine = try SeverableEngine()
        let fixture = try await Fixture(engine: engine)
        let fleet = fixture.stand.fleet
        let recording = try await fixture.called(.recording)
        let analytics = try await fixture.called(.analytics)
        let end = try await fixture.called(.end)
        let body = Array("{\"meeting_id\":\"room-1\"}".utf8)
        for (isCut, expected) in [(true, InboundAnswer.unavailable), (false, .taken)] {
            engine.cut(isCut)
            #expect(await fleet.receiveEnd(of: end, ["recordingmarks": "true"]) == expected)
            #expect(await fleet.receiveRecording(of: recording, ["signed_parameters": fixture.token()]) == expected)
            #expect(await fleet.receiveAnalytics(of: analytics, bearer: fixture.bearer(), body) == expected)
        }
        engine.cut(true)
        await #expect(throws: StoreFault.unavailable("cut off")) { _ = try await fixture.called(.end) }
    }
}
