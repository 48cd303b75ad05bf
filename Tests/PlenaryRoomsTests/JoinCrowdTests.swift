import BigBlueButton
import Logging
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryRooms

/// Many at once, and those who never come (`rooms-api.md` 11.3, 11.7).
@Suite struct JoinCrowdTests {
    private static let features: [FeatureCode: FeatureValue] = [
        .guestAccess: .bool(true), .maxParticipants: .integer(22),
    ]

    @Test func `who opens the page a hundred times as a guest fills no room without coming`() async throws {
        let stand = try await JoinStand(features: Self.features)
        let room = try await stand.room { $0.isPublic = true }
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        stand.clock.advance(by: .seconds(3))
        var guest = stand.attempt(room)
        guest.address = IPAddress("203.0.113.7")
        for number in 0..<100 {
            let outcome = try await stand.desk.attempt(guest)
            #expect(outcome.word == "ready guest", "\(number)")
        }
        let link = try await stand.token(.attendee, of: room)
        let invited = try await stand.desk.attempt(stand.attempt(room, link))
        #expect(invited.word == "ready attendee")
    }

    @Test(arguments: [nil, SimulatedFault.status(502)])
    func `of fifty who look at once one asks the provider`(fault: SimulatedFault?) async throws {
        let stand = try await JoinStand()
        let room = try await stand.room()
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        stand.clock.advance(by: .seconds(3))
        let bbb = try stand.server(.bigbluebutton)
        if let fault { bbb.set(fault, call: .getMeetingInfo) }
        let before = bbb.count(of: .getMeetingInfo)
        let attempt = stand.attempt(room, try await stand.token(.attendee, of: room))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await stand.desk.preview(attempt) } }
            try await group.waitForAll()
        }
        #expect(bbb.count(of: .getMeetingInfo) == before + 1)
    }

    @Test func `a provider that is silent holds up no round for the ends that it is owed`() async throws {
        let stand = try await JoinStand()
        let provider = try stand.provider(.bigbluebutton)
        for number in 0..<20 { try await stand.owe(try await stand.room("Room \(number)"), provider) }
        let bbb = try stand.server(.bigbluebutton)
        bbb.set(.hang, call: .end)
        let keeper = RoomKeeper(desk: stand.desk, logger: Logger(label: "test"))
        let began = stand.clock.uptime
        await keeper.lookOnce()
        #expect(stand.clock.uptime - began <= .seconds(14))
        #expect(try await stand.store.sessionsOwingEnd(on: provider.identity.id).count == 20)
        bbb.heal()
        await keeper.lookOnce()
        #expect(try await stand.store.sessionsOwingEnd(on: provider.identity.id).isEmpty)
    }

    @Test func `a room that runs anew where its old session is owed an end is not ended`() async throws {
        let stand = try await JoinStand()
        let provider = try stand.provider(.bigbluebutton)
        let room = try await stand.room()
        try await stand.owe(room, provider)
        let link = try await stand.token(.moderator, of: room)
        async let started = stand.desk.attempt(stand.attempt(room, link))
        await RoomKeeper(desk: stand.desk, logger: Logger(label: "test")).lookOnce()
        let outcome = try await started
        #expect(outcome.word == "ready moderator")
        // Whichever was first: what runs now was not ended behind it.
        #expect(try stand.server(.bigbluebutton).meetings.count == 1)
        #expect(try await stand.store.sessionsOwingEnd(on: provider.identity.id).isEmpty)
    }
}

extension JoinStand {
    /// A session of a room is over, and its provider was not told.
    fileprivate func owe(_ room: Room, _ provider: ServiceProvider) async throws {
        let now = clock.now
        var random = FleetRandom(clock.fleetTime)
        let place = RoomSessionProvider(number: provider.number.number, id: provider.identity.id, type: provider.type)
        let beginning = try await store.beginSession(
            of: room.number, identity: ResourceIdentity(at: now, using: &random), provider: place, used: .empty,
            settings: room.details.settings, now: now)
        guard case .begun(let session)? = beginning else {
            Issue.record("the session was not begun")
            return
        }
        _ = try await store.settleSession(
            session.number, attempt: session.attempt, on: place, sessionID: "internal-\(room.identity.id)",
            createTime: now.milliseconds, now: now)
        _ = try await store.endSession(session.number, reason: .providerLost, owesEnd: true, now: now)
    }
}
