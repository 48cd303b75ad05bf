import BigBlueButton
import Logging
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

/// Which provider holds a session, and what becomes of it when one fails (`rooms-api.md` 11.7).
@Suite struct JoinProviderTests {
    private static let both: [HostKind] = [.bigbluebutton, .scalelite]

    @Test func `the default provider comes first, then the next that is healthy, then nobody`() async throws {
        let stand = try await JoinStand(Self.both)
        let first = try await stand.room("First")
        _ = try await stand.enter(first, try await stand.token(.moderator, of: first))
        _ = try stand.meeting(on: .bigbluebutton)

        try await stand.takeDown(.bigbluebutton)
        let second = try await stand.room("Second")
        _ = try await stand.enter(second, try await stand.token(.moderator, of: second))
        _ = try stand.meeting(on: .scalelite)

        try await stand.takeDown(.scalelite)
        let third = try await stand.room("Third") { $0.isPublic = true }
        let link = try await stand.token(.moderator, of: third)
        let refused = try await stand.desk.attempt(stand.attempt(third, link))
        #expect(refused.word == "refused provider_unavailable")
        var guest = stand.attempt(third)
        #expect(try await stand.desk.glance(guest) == .unavailable)
        guest.name = nil
        let preview = try await stand.desk.preview(guest)
        #expect(preview.startedAt == nil)
        #expect(try stand.server(.scalelite).count(of: .create) == 1)
    }

    @Test func `a lost session goes on at the next provider as soon as somebody may start it`() async throws {
        let stand = try await JoinStand(Self.both)
        let room = try await stand.room()
        let (moderators, attendees) = (
            try await stand.token(.moderator, of: room), try await stand.token(.attendee, of: room)
        )
        _ = try await stand.enter(room, moderators)
        try await stand.takeDown(.bigbluebutton)
        let waiting = try await stand.desk.attempt(stand.attempt(room, attendees))
        #expect(waiting.word == "refused provider_unavailable")
        #expect(try await stand.desk.glance(stand.attempt(room, attendees)) == .unavailable)
        // To see nothing of it is no reason to end it.
        let held = try await stand.sessions(room)
        #expect(held.map(\.state) == [.running])

        let moved = try await stand.enter(room, moderators)
        #expect(moved.place?.url.hasPrefix("https://scalelite.example/") == true)
        let followed = try await stand.enter(room, attendees)
        #expect(followed.place?.url.hasPrefix("https://scalelite.example/") == true)
        let sessions = try await stand.sessions(room)
        #expect(sessions.map(\.state) == [.running, .ended])
        #expect(sessions.last?.endReason == .providerLost && sessions.last?.owesEnd == true)
        let owed = try await stand.store.sessionsOwingEnd(on: try stand.provider(.bigbluebutton).identity.id)
        #expect(owed.map(\.number) == sessions.suffix(1).map(\.number))
    }

    @Test func `of thirty who find it lost one starts it`() async throws {
        let stand = try await JoinStand(Self.both)
        let room = try await stand.room()
        let link = try await stand.token(.moderator, of: room)
        _ = try await stand.enter(room, link)
        try await stand.takeDown(.bigbluebutton)
        let attempt = stand.attempt(room, link)
        let words = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<30 { group.addTask { try await stand.desk.attempt(attempt).word } }
            var words: [String] = []
            for try await word in group { words.append(word) }
            return words
        }
        #expect(words == Array(repeating: "ready moderator", count: 30))
        #expect(try stand.server(.scalelite).count(of: .create) == 1)
        let sessions = try await stand.sessions(room)
        #expect(sessions.count == 2)
    }

    @Test(arguments: [SimulatedFaultRule.When.before, .after])
    func `a create that times out is ended, and the next provider is tried`(when: SimulatedFaultRule.When) async throws
    {
        let stand = try await JoinStand(Self.both)
        let room = try await stand.room()
        let bbb = try stand.server(.bigbluebutton)
        bbb.set(.hang, call: .create, when: when, remaining: 1)
        let began = stand.clock.uptime
        let outcome = try await stand.enter(room, try await stand.token(.moderator, of: room))
        #expect(outcome.place?.url.hasPrefix("https://scalelite.example/") == true)
        #expect(stand.clock.uptime - began == .seconds(15))
        // No second copy survives.
        #expect(bbb.count(of: .end) == 1 && bbb.meetings.isEmpty)
        let health = try await stand.store.serviceProvider(try stand.provider(.bigbluebutton).number)?.health
        #expect(health?.failures == 1 && health?.state == .healthy)
        let sessions = try await stand.sessions(room)
        #expect(sessions.count == 1 && sessions.first?.provider?.type == .scalelite)
    }

    @Test func `a provider that refuses or is not there is not asked to end anything`() async throws {
        let faults: [SimulatedFault] = [.refuse, .failed("guestDeny", "No.")]
        for fault in faults {
            let stand = try await JoinStand(Self.both)
            let room = try await stand.room()
            let bbb = try stand.server(.bigbluebutton)
            bbb.set(fault, call: .create, remaining: 1)
            let outcome = try await stand.enter(room, try await stand.token(.moderator, of: room))
            #expect(outcome.place?.url.hasPrefix("https://scalelite.example/") == true)
            #expect(bbb.count(of: .end) == 0)
        }
    }

    @Test func `when two have failed the visitor waits, and the room is free for the next try`() async throws {
        let stand = try await JoinStand(Self.both)
        let room = try await stand.room()
        let link = try await stand.token(.moderator, of: room)
        for kind in Self.both { try stand.server(kind).set(.status(502)) }
        let refused = try await stand.desk.attempt(stand.attempt(room, link))
        #expect(refused.word == "refused provider_unavailable")
        let sessions = try await stand.sessions(room)
        #expect(sessions.isEmpty)
        for kind in Self.both { try stand.server(kind).heal() }
        let started = try await stand.enter(room, link)
        #expect(started.word == "ready moderator")
    }

    @Test func `a session that cannot be seen for a moment goes on`() async throws {
        let stand = try await JoinStand()
        let room = try await stand.room()
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        let bbb = try stand.server(.bigbluebutton)
        let faults: [SimulatedFault] = [.refuse, .status(502), .garbage, .emptyBody, .wrongSecret, .hang]
        let link = try await stand.token(.attendee, of: room)
        for fault in faults {
            bbb.set(fault, call: .getMeetingInfo)
            stand.clock.advance(by: .seconds(3))
            // The browser goes there by itself.
            let outcome = try await stand.desk.attempt(stand.attempt(room, link))
            #expect(outcome.word == "ready attendee", "\(fault)")
            bbb.heal()
        }
        let sessions = try await stand.sessions(room)
        #expect(sessions.map(\.state) == [.running])
    }

    @Test func `a session whose provider was deleted is lost`() async throws {
        let stand = try await JoinStand(Self.both)
        let room = try await stand.room()
        let link = try await stand.token(.moderator, of: room)
        _ = try await stand.enter(room, link)
        let old = try stand.provider(.bigbluebutton)
        let (reference, next) = (
            ResourceReference.id(old.identity.id), ResourceReference.id(try stand.provider(.scalelite).identity.id)
        )
        let (chosen, retired): (JSON, JSON) = (["default": true], ["active": false])
        let choosing = try ProviderAttachmentPatch(ObjectReader(chosen))
        let retiring = try ProviderAttachmentPatch(ObjectReader(retired))
        let owners: [ProviderOwner] = [
            .subscription(stand.subscription.number), .soldPackage(stand.sold.number),
        ]
        for owner in owners {
            _ = try await stand.store.changeAttachment(of: next, to: owner, choosing, now: stand.clock.now)
            _ = try await stand.store.changeAttachment(of: reference, to: owner, retiring, now: stand.clock.now)
            #expect(try await stand.store.detachProvider(reference, from: owner, now: stand.clock.now))
        }
        #expect(try await stand.store.removeServiceProvider(old.number))
        stand.clock.advance(by: .seconds(3))
        let attendee = try await stand.desk.attempt(
            stand.attempt(room, try await stand.token(.attendee, of: room)))
        #expect(attendee.word == "refused provider_unavailable")
        let moved = try await stand.enter(room, link)
        #expect(moved.place?.url.hasPrefix("https://scalelite.example/") == true)
    }

    @Test func `a room that is deleted while its session is made leaves no meeting behind`() async throws {
        let stand = try await JoinStand(Self.both)
        let room = try await stand.room()
        let link = try await stand.token(.moderator, of: room)
        let (store, now) = (stand.store, stand.clock.now)
        stand.network.setAfter { call in
            guard call.call == .create else { return }
            do { _ = try await store.removeRoom(room.number, force: true, now: now) } catch { Issue.record(error) }
        }
        let outcome = try await stand.desk.attempt(stand.attempt(room, link))
        #expect(outcome.word == "refused room_gone")
        for kind in Self.both { #expect(try stand.server(kind).meetings.isEmpty) }
    }

    @Test func `without a provider nobody gets in`() async throws {
        let stand = try await JoinStand([])
        let room = try await stand.room { $0.isPublic = true }
        let refused = try await stand.desk.attempt(
            stand.attempt(room, try await stand.token(.moderator, of: room)))
        #expect(refused.word == "refused provider_unavailable")
        if case .refused(let refusal) = refused.state { #expect(refusal == .noProvider(.none)) }
        let guest = try await stand.desk.attempt(stand.attempt(room))
        #expect(guest.word == "refused provider_unavailable" && !guest.isRoomUser)
    }
}
