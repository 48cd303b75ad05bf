import BigBlueButton
import PlenaryCore
import PlenaryRooms
import PlenarySimulator
import Testing

@Suite struct SubscriptionResourceTests {
    private static let now = WireTime(milliseconds: 1_772_352_000_000)

    private static func sample(_ change: (inout SubscriptionDetails) -> Void = { _ in }) throws -> Subscription {
        let life = SubscriptionLife(
            from: now.startOfDay, trial: .zero, grace: .zero, periodicity: .month)
        var details = SubscriptionDetails(name: "Meet", life: try #require(life))
        change(&details)
        var dice = SeededRandom(seed: 1)
        return Subscription(
            number: SubscriptionNumber(1), identity: ResourceIdentity(at: now, using: &dice), tag: "jkgqmnmj",
            bought: PackageNumber(1), packageID: "pG5cNy6RjM", subscriber: CustomerNumber(1),
            subscriberID: "c8Wq2TnKpX", serviceType: .meet, details: details, createdAt: now, updatedAt: now)
    }

    private static func changed(_ subscription: Subscription, _ body: JSON, maySell: Bool = true) throws(Problem)
        -> SubscriptionDetails
    {
        try SubscriptionResource.details(
            from: ObjectReader(body), changing: subscription, subscription.details, maySell: maySell, now: now)
    }

    @Test(arguments: [true, false]) func `what was fetched may be sent back as it is`(maySell: Bool) throws {
        let subscription = try Self.sample { details in
            details.tier = 2.5
            _ = details.life.cancel(atOnce: false, at: Self.now)
        }
        let shown = SubscriptionResource.json(subscription, now: Self.now)
        let again = try Self.changed(subscription, shown, maySell: maySell)
        #expect(again == subscription.details)
    }

    @Test func `a cancellation is taken back, but not made by a change`() throws {
        let canceled = try Self.sample { _ = $0.life.cancel(atOnce: true, at: Self.now) }
        let back = try Self.changed(canceled, ["cancels_at": .null])
        #expect(back.life.status == .active)
        #expect(back.life.canceledAt == nil)
        let running = try Self.sample()
        var problem: Problem?
        do throws(Problem) {
            _ = try Self.changed(running, ["cancels_at": "2026-03-20", "is_active": false])
        } catch {
            problem = error
        }
        #expect(problem?.faults.map(\.code) == [.readOnly, .readOnly])
    }

    @Test func `an end before the beginning is told with the rest`() throws {
        let subscription = try Self.sample()
        var problem: Problem?
        do throws(Problem) {
            _ = try Self.changed(subscription, ["ends_at": "2026-02-01", "price": "free", "name": .null])
        } catch {
            problem = error
        }
        #expect(problem?.faults.map { $0.json["pointer"] } == ["/ends_at", "/name", "/price"])
    }

    @Test func `an order without a package or a customer tells both`() {
        var problem: Problem?
        do throws(Problem) {
            _ = try SubscriptionResource.order(
                from: ObjectReader(["package_id": "pG5cNy6RjM"]), of: nil, for: nil, tag: "jkgqmnmj", now: Self.now)
        } catch {
            problem = error
        }
        #expect(problem?.faults.map(\.code) == [.notFound, .required])
    }
}
