import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

extension Store {
    /// All events, the oldest first, as `type sequence`.
    func eventWords() async throws -> [String] {
        try await read { try EventRows.found($0, " ORDER BY e.id", []) }.map { "\($0.type.rawValue) \($0.sequence)" }
    }

    func allEvents() async throws -> [PlatformEvent] {
        try await read { try EventRows.found($0, " ORDER BY e.id", []) }
    }

    /// A web hook; numbers differ for each.
    func hook(
        _ number: Int = 1, of customer: CustomerNumber?, _ events: [EventSelection] = [.everything],
        now: WireTime = .start
    ) async throws -> Webhook {
        try await addWebhook(
            WebhookDetails(url: "https://hook\(number).example/in", events: events), of: customer,
            secret: try .sample("whsec_\(number)AAA"), identity: .sample(8_000 + number), now: now)
    }

    /// What is to be told now.
    func due(at now: WireTime) async throws -> [DueWebhook] {
        try await dueWebhooks(at: now, besides: [], notTo: [], toOneReceiver: 100, limit: 100)
    }

    func list(of hook: Webhook, _ query: String = "") async throws -> EventPage<WebhookDelivery> {
        let schema = WebhookDeliveryList.schema
        let query = try ListQuery(QueryText.read(query), of: schema, in: SchemaCatalogue([schema]))
        return try await webhookDeliveries(of: hook.number, query)
    }
}

@Suite struct WebhookStoreTests {
    @Test(arguments: Place.allCases) func `what happens is told to who wants it, and to nobody else`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let other = try await store.addCustomer("Suedschule", 2)
            let rooms = try await store.hook(1, of: stand.customer.number, [.resource("room")])
            let ended = try await store.hook(2, of: stand.customer.number, [.one(.sessionEnded)])
            let platform = try await store.hook(3, of: nil)
            let foreign = try await store.hook(4, of: other.number)
            let room = try await stand.room()
            let counts = [
                try await store.list(of: rooms).items.count, try await store.list(of: ended).items.count,
                try await store.list(of: platform).items.count, try await store.list(of: foreign).items.count,
            ]
            #expect(counts == [1, 0, 1, 0])
            let due = try await store.due(at: .start)
            #expect(due.map(\.receiver) == ["hook1.example:443", "hook3.example:443"])
            let first = try #require(due.first)
            let message = try #require(try await store.webhookMessage(first.number, now: .start))
            #expect(message.url == "https://hook1.example/in")
            let secret = try Secret.sample("whsec_1AAA")
            #expect(message.secrets == [secret])
            let json = try JSONReader.read(message.body)
            #expect(json["type"] == "room.created" && json["id"]?.text == message.id)
            #expect(json["subject"] == ["object": "Room", "id": .text(room.identity.id)])
            #expect(json["customer_id"] == .text(stand.customer.identity.id))
        }
    }

    @Test(arguments: Place.allCases) func `what is undone was never told`(place: Place) async throws {
        try await withRooms(place, features: [.maxRooms: .integer(1)]) { stand in
            _ = try await stand.room()
            let before = try await stand.store.eventWords()
            await #expect(throws: RoomCreationRefusal.self) { try await stand.room("Second", 2) }
            let after = try await stand.store.eventWords()
            #expect(after == before)
            #expect(before == ["room.created 1", "quota.threshold 1", "quota.threshold 2", "quota.reached 3"])
        }
    }

    @Test func `a room, its tokens and its sessions tell what happens to them`() async throws {
        try await withRooms(.memory) { stand in
            let store = stand.store
            let room = try await stand.room()
            _ = try await store.updateRoom(room.number, seeds: .sample(2), now: .second(1)) { $1.name = "Other" }
            _ = try await store.updateRoom(room.number, seeds: .sample(2), now: .second(1)) { $1.name = "Other" }
            let token = try await store.addToken(
                RoomTokenDetails(role: .guest, expiresAt: .second(60)), to: room.number, seed: .sample(1),
                now: .second(2))
            try await store.tellExpiredTokens(now: .second(59))
            try await store.tellExpiredTokens(now: .second(60))
            try await store.tellExpiredTokens(now: .second(61))
            _ = try await store.removeToken(token.id, of: room.number, now: .second(62))
            let session = try await stand.running(room, now: .second(63))
            var figures = MeetFigures(startedAt: .second(63))
            for people in [3, 3, 1] {
                figures.participants = people
                try await store.observeSessions([session.number: figures], at: .second(70))
            }
            _ = try await store.endSession(session.number, reason: .api, now: .second(80))
            _ = try await store.endSession(session.number, reason: .api, now: .second(81))
            _ = try await store.removeRoom(room.number, now: .second(90))
            let words = try await store.eventWords()
            #expect(
                words == [
                    "room.created 1", "room.updated 2", "room_token.created 1", "room_token.expired 2",
                    "room_token.deleted 3", "session.started 1", "participant.joined 2", "participant.left 3",
                    "session.ended 4", "room.deleted 3",
                ])
            let events = try await store.allEvents()
            #expect(events.allSatisfy { $0.customerID == stand.customer.identity.id && $0.accountID != nil })
            #expect(!events.contains { $0.data.encoded.contains(token.text.reveal()) })
            let joined = try #require(events.first { $0.type == .participantJoined })
            #expect(joined.data["count"] == 3 && joined.data["participants"] == 3)
        }
    }

    @Test func `subscriptions and providers tell what happens to them`() async throws {
        try await withRooms(.memory) { stand in
            let store = stand.store
            let number = stand.subscription.number
            _ = try await store.updateSubscription(number, now: .start) { $0.name = "Other" }
            _ = try await store.updateSubscription(number, now: .start) { $0.name = "Other" }
            _ = try await store.cancelSubscription(number, atOnce: true, now: .second(1))
            let provider = try #require(
                try await store.ensureFleetProvider(identity: .sample(9_001), now: .start))
            for isUsable in [true, false, false, true] {
                _ = try await store.observeServiceProvider(provider.number, now: .second(2)) {
                    $0.fleetSeen(isUsable: isUsable, at: .second(2))
                }
            }
            let words = try await store.eventWords()
            #expect(
                words == [
                    "subscription.updated 1", "subscription.canceled 2", "provider.down 1", "provider.up 2",
                ])
        }
    }

    @Test func `a reservation tells that it was made, and who is refused is told about once a minute`() async throws {
        try await ReservationBench.run(.memory) { bench in
            let store = bench.store
            let intended = try await bench.intend("a", bench.admission(15), at: .minute(0))
            guard case .written(let meeting) = intended else { throw Unexpected("it is not admitted") }
            let settlement = try Store.Settlement.sample(
                "a-internal", createTime: WireTime.minute(0).milliseconds)
            _ = try await store.settle(meeting.number, on: bench.one, settlement, now: .minute(0))
            for second: Int64 in [0, 1, 61] {
                let refused = try await bench.intend(
                    "b", bench.admission(15), at: WireTime.minute(1).advanced(by: .seconds(second)))
                guard case .refused = refused else { throw Unexpected("it is admitted") }
            }
            let released = try await store.releaseReservation(of: meeting.key, now: .minute(3))
            #expect(released)
            let words = try await store.eventWords()
            #expect(
                words == [
                    "reservation.created 1", "capacity.refused 1", "capacity.refused 2", "reservation.released 2",
                ])
        }
    }

    @Test(arguments: Place.allCases) func `what is not taken waits, and dies after the last try`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let hook = try await store.hook(of: stand.customer.number)
            _ = try await stand.room()
            let number = try #require(try await store.due(at: .start).first).number
            var now = WireTime.start
            for attempt in 1...9 {
                let off = try await store.noteWebhook(
                    number, .answered(500), result: "HTTP 500", schedule: WebhookSchedule(), chance: 0, now: now)
                #expect(off == nil)
                let delivery = try #require(try await store.list(of: hook).items.first)
                #expect(delivery.attempts == attempt && delivery.lastStatus == 500)
                #expect(delivery.state == (attempt < 9 ? .waiting : .dead))
                let early = try await store.due(at: now)
                #expect(early.isEmpty)
                now = delivery.dueAt
            }
            let dead = try #require(try await store.list(of: hook, "filter[status]=dead").items.first)
            let again = try await store.redeliver(dead.id, of: hook.number, now: now)
            #expect(again?.state == .waiting && again?.attempts == 0)
            let due = try await store.due(at: now)
            #expect(due.map(\.number) == [number])
            _ = try await store.noteWebhook(
                number, .answered(204), result: "HTTP 204", schedule: WebhookSchedule(), chance: 0, now: now)
            let taken = try #require(try await store.list(of: hook).items.first)
            #expect(taken.state == .delivered && taken.doneAt == now)
            let mended = try await store.webhook(.id(hook.identity.id))
            #expect(mended?.failingSince == nil)
            let nothing = try await store.redeliver("u6Yh3DkQ9w", of: hook.number, now: now)
            #expect(nothing == nil)
        }
    }

    @Test(arguments: [Webhook.SwitchOff.gone, .failing])
    func `one that nobody answers is switched off, and everybody can see it`(reason: Webhook.SwitchOff) async throws {
        try await withRooms(.memory) { stand in
            let store = stand.store
            let hook = try await store.hook(of: stand.customer.number)
            let watcher = try await store.hook(2, of: nil, [.one(.webhookDisabled)])
            _ = try await stand.room()
            _ = try await stand.room("Second", 2)
            let due = try await store.due(at: .start).map(\.number)
            let first = try #require(due.first)
            let outcome: WebhookSchedule.Outcome = reason == .gone ? .answered(410) : .failed
            var now = WireTime.start
            if reason == .failing {
                let early = try await store.noteWebhook(
                    first, outcome, result: "x", schedule: WebhookSchedule(), chance: 0, now: now)
                #expect(early == nil)
                now = now.advanced(by: WebhookSchedule().patience)
            }
            let off = try await store.noteWebhook(
                first, outcome, result: "x", schedule: WebhookSchedule(), chance: 0, now: now)
            #expect(off == reason)
            let held = try #require(try await store.webhook(.id(hook.identity.id)))
            #expect(!held.details.isActive && held.switchedOff == reason && held.switchedOffAt == now)
            let states = try await store.list(of: hook).items.map(\.state)
            #expect(states == [.dead, .dead])
            let told = try await store.list(of: watcher).items.map(\.type)
            #expect(told == [.webhookDisabled])
            // Nothing is written down for it any more, until somebody switches it on.
            _ = try await stand.room("Third", 3)
            let still = try await store.list(of: hook).items.count
            #expect(still == 2)
            let on = try await store.updateWebhook(hook.number, newSecret: nil, now: now) { $0.isActive = true }
            #expect(on?.switchedOff == nil && on?.failingSince == nil)
        }
    }

    @Test(arguments: Place.allCases) func `a secret never stands in clear, and signs on for a day`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            let hook = try await store.hook(of: stand.customer.number)
            let clear = try await store.number(
                "SELECT COUNT(*) FROM webhook_secrets WHERE secret LIKE $1", [.text("%whsec%")])
            #expect(clear == 0)
            let first = try Secret.sample("whsec_1AAA")
            let (second, third) = (try Secret.sample("whsec_2222"), try Secret.sample("whsec_3333"))
            _ = try await store.updateWebhook(hook.number, newSecret: second, now: .second(1)) { _ in }
            let both = try await store.read { try WebhookRows.secrets($0, of: hook.number, now: .second(2)) }
            #expect(both == [second, first])
            let later = WireTime.second(1).advanced(by: Webhook.rotationTime)
            let one = try await store.read { try WebhookRows.secrets($0, of: hook.number, now: later) }
            #expect(one == [second])
            // However often it is changed in a row: the one that the receiver has signs on for its day.
            _ = try await store.updateWebhook(hook.number, newSecret: third, now: .second(3)) { _ in }
            let three = try await store.read { try WebhookRows.secrets($0, of: hook.number, now: .second(4)) }
            #expect(three == [third, second, first])
            let fourth = try Secret.sample("whsec_4444")
            _ = try await store.updateWebhook(hook.number, newSecret: fourth, now: .second(5)) { _ in }
            let most = try await store.read { try WebhookRows.secrets($0, of: hook.number, now: .second(6)) }
            #expect(most == [fourth, third, first])
            let over = try await store.read { try WebhookRows.secrets($0, of: hook.number, now: later) }
            #expect(over == [fourth, third])
            let fifth = try Secret.sample("whsec_5555")
            _ = try await store.updateWebhook(hook.number, newSecret: fifth, now: later) { _ in }
            let next = try await store.read { try WebhookRows.secrets($0, of: hook.number, now: later) }
            #expect(next == [fifth, fourth, third])
            let sealing = try await store.reseal()
            #expect(sealing.unreadable == 0)
        }
    }

    @Test func `old events go with what was to be told of them, and subjects count on`() async throws {
        try await withRooms(.memory) { stand in
            let store = stand.store
            let hook = try await store.hook(of: stand.customer.number)
            let room = try await stand.room()
            let later = WireTime.start.advanced(by: PlatformEvent.kept + .seconds(1))
            try await store.trimEvents(now: later)
            let left = try await store.list(of: hook).items.count
            #expect(left == 0)
            _ = try await store.updateRoom(room.number, seeds: .sample(2), now: later) { $1.name = "Other" }
            let words = try await store.eventWords()
            #expect(words == ["room.updated 2"])
        }
    }

    @Test func `an owner has twenty, and they go with the owner`() async throws {
        try await withRooms(.memory) { stand in
            let store = stand.store
            let other = try await store.addCustomer("Suedschule", 2)
            for number in 1...Webhook.mostOfOneOwner { _ = try await store.hook(number, of: other.number) }
            await #expect(throws: WebhookLimit.self) { _ = try await store.hook(99, of: other.number) }
            _ = try await store.hook(100, of: nil)
            try await store.run("UPDATE customers SET status = 'terminated' WHERE id = \(other.number.number)")
            let isGone = try await store.removeCustomer(other.number)
            #expect(isGone)
            let left = try await store.webhooks().count
            #expect(left == 1)
        }
    }

    @Test(arguments: Place.allCases) func `however much waits for one, the oldest of each is found`(place: Place)
        async throws
    {
        try await withRooms(place) { stand in
            let store = stand.store
            _ = try await store.hook(1, of: stand.customer.number)
            _ = try await stand.room("Room", 1)
            let first = try await store.due(at: .start)
            // As many more of the same event.
            try await store.run(
                """
                INSERT INTO webhook_deliveries (id, public_id, ulid, webhook_id, event_id, state, attempts, due_at, created_at)
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                SELECT 1000 + i, substr('0000000000' || i, -10), substr('00000000000000000000000000' || i, -26),
                    webhook_id, event_id, 'waiting', 0, due_at - i, created_at
                FROM webhook_deliveries, n
                """)
            _ = try await store.hook(2, of: stand.customer.number)
            _ = try await stand.room("Other", 2)
            let due = try await store.dueWebhooks(at: .start, besides: [], notTo: [], toOneReceiver: 2, limit: 3)
            #expect(due.map(\.receiver) == ["hook1.example:443", "hook2.example:443", "hook1.example:443"])
            #expect(due.filter { $0.receiver == "hook1.example:443" }.map(\.number) == [3_000, 2_999])
            let others = try await store.dueWebhooks(
                at: .start, besides: [], notTo: ["hook1.example:443"], toOneReceiver: 2, limit: 3)
            #expect(others.count == 1 && !first.map(\.number).contains(others.first?.number ?? 0))
        }
    }

    @Test func `a busy receiver takes no turn of the others`() async throws {
        try await withRooms(.memory) { stand in
            let store = stand.store
            _ = try await store.hook(1, of: stand.customer.number)
            _ = try await store.hook(2, of: stand.customer.number)
            for number in 1...3 { _ = try await stand.room("Room \(number)", number) }
            let due = try await store.dueWebhooks(
                at: .start, besides: [], notTo: [], toOneReceiver: 1, limit: 100)
            #expect(due.map(\.receiver) == ["hook1.example:443", "hook2.example:443"])
            let rest = try await store.dueWebhooks(
                at: .start, besides: due.map(\.number), notTo: ["hook1.example:443"], toOneReceiver: 100, limit: 100)
            #expect(rest.map(\.receiver) == ["hook2.example:443", "hook2.example:443"])
        }
    }
}
