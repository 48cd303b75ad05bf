import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// What was lost, mixed up or told about others, and is not any more.
@Suite struct EventGapTests {
    @Test(arguments: Place.allCases) func `meetings of one name in two accounts do not count together`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let other = try await store.account("sued")
            for account in [stand.account, other, stand.account] {
                try await store.write { transaction in
                    try transaction.emit(
                        .reservationCreated, EventSubject(EventSubject.meeting, "math"), in: account, [:], now: .start)
                }
            }
            let words = try await store.eventWords()
            #expect(words == ["reservation.created 1", "reservation.created 1", "reservation.created 2"])
            let subjects = try await store.allEvents().map(\.subject.id)
            #expect(subjects == ["math", "math", "math"])
        }
    }

    @Test(arguments: Place.allCases) func `what follows the end of a session is still about that session`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let room = try await stand.room()
            let meetingID = try #require(MeetingID(rawValue: room.identity.uuid))
            let key = MeetingKey(account: stand.account, meetingID: meetingID)
            let none = try await store.write { try $0.subject(of: key) }
            #expect(none.object == EventSubject.meeting)
            let session = try await stand.running(room, now: .second(1))
            let wanted = EventSubject("Session", session.identity.id)
            let running = try await store.write { try $0.subject(of: key) }
            #expect(running == wanted)
            _ = try await store.endSession(session.number, reason: .api, now: .second(2))
            let over = try await store.write { try $0.subject(of: key) }
            #expect(over == wanted)
        }
    }

    @Test(arguments: Place.allCases) func `another feature of a subscription is told`(place: Place) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let number = stand.subscription.number
            _ = try await store.setFeature(.maxRooms, .integer(5), of: number, now: .second(1))
            await #expect(throws: CommerceFault.featureExists(.maxRooms)) {
                _ = try await store.setFeature(.maxRooms, .integer(6), of: number, mustBeNew: true, now: .second(2))
            }
            try await store.removeFeature(.maxRooms, of: number, now: .second(3))
            let words = try await store.eventWords()
            #expect(words == ["subscription.updated 1", "subscription.updated 2"])
        }
    }

    @Test(arguments: Place.allCases) func `a customer that is over tells that its subscriptions are`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            _ = try await store.updateCustomer(stand.customer.number, now: .second(1)) { $0.status = .terminated }
            let events = try await store.allEvents()
            #expect(events.map(\.type) == [.subscriptionUpdated])
            #expect(events.first?.subject.id == stand.subscription.identity.id)
            #expect(events.first?.data["status"] == "inactive")
        }
    }

    @Test(arguments: Place.allCases) func `the last account of a subscription is told as such`(place: Place)
        async throws
    {
        try await withRooms(place, features: [.maxAccounts: .integer(2)]) { stand in
            let store = stand.store
            let before = try await store.eventWords()
            #expect(before.isEmpty)
            let second = try await store.account("sued")
            _ = try await store.bind(second, to: stand.subscription.number, force: false, now: .second(1))
            let events = try await store.allEvents()
            #expect(events.map(\.type) == [.quotaThreshold, .quotaThreshold, .quotaReached])
            #expect(events.allSatisfy { $0.data["feature"] == "max_accounts" })
            #expect(events.allSatisfy { $0.customerID == stand.customer.identity.id })
        }
    }

    @Test(arguments: Place.allCases) func `an address that was given up meanwhile does not switch off the new one`(
        place: Place
    ) async throws {
        try await withRooms(place) { stand in
            let store = stand.store
            let hook = try await store.hook(of: stand.customer.number)
            _ = try await stand.room()
            let number = try #require(try await store.due(at: .start).first).number
            let old = try #require(try await store.webhookMessage(number, now: .start)).url
            _ = try await store.updateWebhook(hook.number, newSecret: nil, now: .second(1)) {
                $0.url = "https://new.example/in"
            }
            for outcome in [WebhookSchedule.Outcome.answered(410), .answered(500), .failed, .refused] {
                let off = try await store.noteWebhook(
                    number, outcome, at: old, result: "x", schedule: WebhookSchedule(), chance: 0, now: .second(2))
                #expect(off == nil)
            }
            let held = try #require(try await store.webhook(.id(hook.identity.id)))
            #expect(held.details.isActive && held.failingSince == nil)
            let due = try await store.due(at: .second(2))
            #expect(due.map(\.receiver) == ["new.example:443"])
            _ = try await store.noteWebhook(
                number, .answered(200), at: old, result: "x", schedule: WebhookSchedule(), chance: 0, now: .second(3))
            let taken = try await store.list(of: hook).items.map(\.state)
            #expect(taken == [.delivered])
        }
    }

    @Test(arguments: Place.allCases) func `an owner with many slow receivers takes no turn of others`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            for number in 1...3 { _ = try await store.hook(number, of: stand.customer.number) }
            _ = try await store.hook(4, of: nil)
            _ = try await stand.room()
            let all = try await store.due(at: .start)
            let customer = stand.customer.number.number
            #expect(all.map(\.owner) == [customer, customer, customer, 0])
            let others = try await store.dueWebhooks(
                at: .start, besides: [], notTo: [], notOf: [customer], toOneReceiver: 4, limit: 32)
            #expect(others.map(\.receiver) == ["hook4.example:443"])
            let theirs = try await store.dueWebhooks(
                at: .start, besides: [], notTo: [], notOf: [0], toOneReceiver: 4, limit: 32)
            #expect(theirs.count == 3)
        }
    }

    @Test func `a recording that is ready is told with its callback, once`() async throws {
        try await withRooms(.memory) { stand in
            let store = stand.store
            let server = try await store.addSample("bbb-1").id
            let meeting = try await store.running("math", on: server)
            let told = NewDelivery(
                account: meeting.key.account, kind: .recording, meeting: meeting.number, event: "recording 1",
                lane: "1", url: "https://lms.example/ready", payload: "abc-1", secret: nil, dueAt: .start)
            for _ in 1...2 { _ = try await store.tell([told], now: .start) }
            let events = try await store.allEvents()
            #expect(events.map(\.type) == [.recordingReady])
            #expect(events.first?.subject == EventSubject("Recording", "abc-1"))
            #expect(events.first?.data["meeting_id"] == "math")
        }
    }

    @Test(arguments: Place.allCases) func `of an address that is dead for long only so much waits`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let hook = try await store.hook(of: stand.customer.number)
            for number in 1...4 { _ = try await stand.room("Room \(number)", number) }
            try await store.write { try $0.giveUpOldest(for: hook.number, beyond: 4, now: .second(1)) }
            let all = try await store.due(at: .second(1)).map(\.number)
            #expect(all.count == 4)
            try await store.write { try $0.giveUpOldest(for: hook.number, beyond: 3, now: .second(1)) }
            let left = try await store.due(at: .second(1)).map(\.number)
            #expect(left == Array(all.dropFirst()))
            // It was under way, and was taken after all.
            let first = try #require(all.first)
            for outcome in [WebhookSchedule.Outcome.failed, .answered(200), .failed] {
                _ = try await store.noteWebhook(
                    first, outcome, result: "x", schedule: WebhookSchedule(), chance: 0, now: .second(2))
            }
            let taken = try await store.list(of: hook, "filter[status]=delivered").items.count
            #expect(taken == 1)
            let held = try await store.webhook(.id(hook.identity.id))
            #expect(held?.failingSince == nil)
        }
    }
}
