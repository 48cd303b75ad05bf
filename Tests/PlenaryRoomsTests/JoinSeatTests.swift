import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

/// Seats of a session, and the connections that it takes (`rooms-api.md` 11.3, 11.8, 15.11).
@Suite struct JoinSeatTests {
    private static func features(_ seats: Int) -> [FeatureCode: FeatureValue] {
        [.guestAccess: .bool(true), .maxParticipants: .integer(seats)]
    }

    @Test(arguments: HostKind.allCases)
    func `a full room refuses who is new and lets in who is there already`(kind: HostKind) async throws {
        let stand = try await JoinStand([kind], features: Self.features(2))
        let room = try await stand.room()
        let link = try await stand.token(.attendee, of: room)
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        let seated = try await stand.enter(room, link)
        await stand.pass(4)
        let late = try await stand.desk.attempt(stand.attempt(room, link))
        #expect(late.word == "refused room_full")
        var back = stand.attempt(room, link)
        back.visitor = seated.visitor
        let returned = try await stand.desk.attempt(back)
        #expect(returned.word == "ready attendee")
        let token = try #require(try await stand.store.token(link.id, of: room.number))
        #expect(token.useCount == 1)
    }

    @Test func `who comes back has the host asked anew, and a host that is silent then empties no room`() async throws {
        let stand = try await JoinStand(features: Self.features(2))
        let room = try await stand.room()
        let link = try await stand.token(.attendee, of: room)
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        let seated = try await stand.enter(room, link)
        await stand.pass(4)
        let late = try await stand.desk.attempt(stand.attempt(room, link))
        #expect(late.word == "refused room_full")
        try stand.server(.bigbluebutton).set(.status(502), call: .getMeetingInfo)
        for pass in [seated.pass, "x", nil] {
            try await stand.desk.lookAnew(at: .id(room.identity.id), by: pass)
            let later = try await stand.desk.attempt(stand.attempt(room, link))
            #expect(later.word == "refused room_full")
        }
    }

    @Test func `the seat of somebody who never came is free after a minute, however often others look`()
        async throws
    {
        let stand = try await JoinStand(features: Self.features(2))
        let room = try await stand.room()
        let link = try await stand.token(.attendee, of: room)
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        // Was sent to the meeting, and the browser was closed.
        let lost = try await stand.desk.attempt(stand.attempt(room, link))
        #expect(lost.word == "ready attendee")
        for _ in 0..<5 {
            stand.clock.advance(by: .seconds(10))
            let late = try await stand.desk.attempt(stand.attempt(room, link))
            #expect(late.word == "refused room_full")
        }
        stand.clock.advance(by: .seconds(10))
        let seated = try await stand.desk.attempt(stand.attempt(room, link))
        #expect(seated.word == "ready attendee")
    }

    @Test func `who waits for a seat gets it in the order of coming`() async throws {
        let stand = try await JoinStand(features: Self.features(2))
        let room = try await stand.room { $0.settings = RoomSettings(["queue_when_full": .bool(true)]) }
        let link = try await stand.token(.attendee, of: room)
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        _ = try await stand.enter(room, link)
        stand.clock.advance(by: .seconds(3))
        var tickets: [String] = []
        for place in 0..<3 {
            let waiting = try await stand.desk.attempt(stand.attempt(room, link, name: "Visitor \(place)"))
            #expect(waiting.word == "waiting room_full attendee" && waiting.ahead == place)
            tickets.append(try #require(waiting.ticket))
        }
        func again(_ number: Int) async throws -> JoinOutcome {
            var attempt = JoinAttempt(room: .id(room.identity.id))
            attempt.ticket = tickets[number]
            return try await stand.desk.attempt(attempt)
        }
        let still = try await again(2)
        #expect(still.ahead == 2)

        // Somebody leaves.
        let bbb = try stand.server(.bigbluebutton)
        let seated = try #require(try stand.meeting(on: .bigbluebutton).participants.last)
        #expect(bbb.leave(seated.id, at: stand.clock.now))
        stand.clock.advance(by: .seconds(3))
        let second = try await again(1)
        #expect(second.ahead == 1)
        let newcomer = try await stand.desk.attempt(stand.attempt(room, link, name: "Newcomer"))
        #expect(newcomer.ahead == 3)
        var patient = JoinAttempt(room: .id(room.identity.id))
        patient.ticket = tickets[0]
        #expect(try await stand.desk.glance(patient) == .ready)
        let first = try await again(0)
        #expect(first.word == "ready attendee")
        try stand.follow(first)
        let next = try await again(1)
        #expect(next.ahead == 0)
    }

    @Test func `a place in the queue is lost after a minute without contact`() async throws {
        let stand = try await JoinStand(features: Self.features(1))
        let room = try await stand.room { $0.settings = RoomSettings(["queue_when_full": .bool(true)]) }
        let link = try await stand.token(.attendee, of: room)
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        stand.clock.advance(by: .seconds(3))
        let silent = try await stand.desk.attempt(stand.attempt(room, link, name: "Silent"))
        let faithful = try await stand.desk.attempt(stand.attempt(room, link, name: "Faithful"))
        #expect(silent.ahead == 0 && faithful.ahead == 1)
        var patient = JoinAttempt(room: .id(room.identity.id))
        patient.ticket = faithful.ticket
        for _ in 0..<2 {
            stand.clock.advance(by: .seconds(29))
            // To look is contact as well.
            #expect(try await stand.desk.glance(patient) == .waiting(.roomFull(ahead: 1)))
        }
        stand.clock.advance(by: .seconds(2))
        #expect(try await stand.desk.glance(patient) == .waiting(.roomFull(ahead: 0)))
        var back = JoinAttempt(room: .id(room.identity.id))
        back.ticket = silent.ticket
        let lost = try await stand.desk.attempt(back)
        #expect(lost.ahead == 1)
    }

    // MARK: the pool

    @Test func `a session takes its connections, and the next is told what is left`() async throws {
        let stand = try await JoinStand(
            [.fleet],
            features: [
                .guestAccess: .bool(true), .maxParticipants: .integer(8), .maxDuration: .integer(30),
                .maxConnections: .integer(10),
            ])
        let first = try await stand.room("First")
        _ = try await stand.enter(first, try await stand.token(.moderator, of: first))
        let made = try stand.meeting(on: .fleet).parameters
        // What was sold is told to the server, as well as what is reserved.
        #expect(made["maxParticipants"] == "8" && made["duration"] == "30")

        let second = try await stand.room("Second")
        let link = try await stand.token(.moderator, of: second)
        let refused = try await stand.desk.attempt(stand.attempt(second, link))
        #expect(refused.word == "refused capacity_exhausted")
        if case .refused(.noConnections(let available, let retryAfter)) = refused.state {
            #expect(available == 2)
            #expect(retryAfter.map { $0 > .zero && $0 <= .seconds(1_800) } == true)
        }
        #expect(try await stand.store.liveSession(of: second.number) == nil)
        // It is nobody's fault: the provider is as healthy as before.
        let health = try await stand.store.serviceProvider(try stand.provider(.fleet).number)?.health
        #expect(health?.failures == 0)

        _ = try await stand.desk.end(first, reason: .moderator)
        let started = try await stand.desk.attempt(stand.attempt(second, link))
        #expect(started.word == "ready moderator")
    }

    @Test func `a session whose connections went to another one ended for that`() async throws {
        let stand = try await JoinStand(
            [.fleet],
            features: [.guestAccess: .bool(true), .maxParticipants: .integer(8), .maxConnections: .integer(10)])
        let first = try await stand.room("First")
        _ = try await stand.enter(first, try await stand.token(.moderator, of: first))
        // Past the two hours for which its connections are its own (15.3, R8).
        stand.clock.advance(by: .seconds(7_300))
        await stand.pass(2)
        let second = try await stand.room("Second")
        _ = try await stand.enter(second, try await stand.token(.moderator, of: second))
        await stand.fleet.endPreempted()
        await stand.pass(8)
        _ = try await stand.desk.status(of: first)
        let ended = try await stand.sessions(first)
        #expect(ended.map(\.endReason) == [.preempted])
        let audit = try await stand.store.audit(of: first.number)
        let written = audit.first { $0.action == .sessionPreempted }
        #expect(written?.actor.kind == .system && written?.subject == ended.first?.identity.id)
        let other = try await stand.store.audit(of: second.number)
        #expect(!other.contains { $0.action == .sessionPreempted })
    }

    @Test(arguments: HostKind.allCases)
    func `as many sessions run at once as the subscription allows`(kind: HostKind) async throws {
        let stand = try await JoinStand(
            [kind], features: [.guestAccess: .bool(true), .maxConcurrentSessions: .integer(1)])
        let first = try await stand.room("First")
        _ = try await stand.enter(first, try await stand.token(.moderator, of: first))
        let second = try await stand.room("Second")
        let link = try await stand.token(.moderator, of: second)
        let refused = try await stand.desk.attempt(stand.attempt(second, link))
        #expect(refused.word == "refused capacity_exhausted")
        let quota = QuotaRefusal(code: .maxConcurrentSessions, value: 1, used: 1, requested: 1)
        if case .refused(let refusal) = refused.state { #expect(refusal == .limited(quota)) }
        _ = try await stand.desk.end(first, reason: .moderator)
        // Our own servers count a meeting until a poll has seen its end.
        await stand.pass(2)
        let started = try await stand.desk.attempt(stand.attempt(second, link))
        #expect(started.word == "ready moderator")
    }

    /// The percentages that were told of sessions at once, in their order.
    private func marks(_ stand: JoinStand) async throws -> [JSON] {
        let schema = EventList.schema
        let query = try ListQuery(
            [QueryParameter("filter[type]", "quota.threshold"), QueryParameter("sort", "created_at")], of: schema,
            in: SchemaCatalogue([schema]))
        return try await stand.store.events(query, reach: .platform).items.compactMap { event in
            event.data["feature"] == "max_concurrent_sessions" ? event.data["percent"] : nil
        }
    }

    @Test(arguments: HostKind.allCases)
    func `that as many sessions run as may is told once, when one has started`(kind: HostKind) async throws {
        let stand = try await JoinStand(
            [kind], features: [.guestAccess: .bool(true), .maxConcurrentSessions: .integer(2)])
        let first = try await stand.room("First")
        _ = try await stand.enter(first, try await stand.token(.moderator, of: first))
        let one = try await marks(stand)
        #expect(one.isEmpty)
        // What does not start is none.
        let second = try await stand.room("Second")
        let link = try await stand.token(.moderator, of: second)
        try stand.server(kind).set(.failed(.internalError, "No."), call: .create)
        let failed = try await stand.desk.attempt(stand.attempt(second, link))
        #expect(failed.word == "refused provider_unavailable")
        let none = try await marks(stand)
        #expect(none.isEmpty)
        try stand.server(kind).heal()
        await stand.pass(60)
        let started = try await stand.desk.attempt(stand.attempt(second, link))
        #expect(started.word == "ready moderator")
        let two = try await marks(stand)
        #expect(Set(two) == [80, 100] && two.count == 2)
        // Who comes into one that runs starts none.
        _ = try await stand.desk.attempt(stand.attempt(second, link))
        let still = try await marks(stand)
        #expect(still.count == 2)
    }
}
