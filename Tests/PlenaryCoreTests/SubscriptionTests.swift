import BigBlueButton
import Testing

@testable import PlenaryCore

extension WireTime {
    /// What the test itself wrote is a time.
    fileprivate static func at(_ text: String) -> WireTime { made(WireTime(timestamp: text)) }
}

/// Times by the calendar, and what becomes of a subscription in time (`rooms-api.md` 5.3).
struct SubscriptionTests {
    private static func life(
        from start: String = "2026-03-01", to end: String? = "2026-04-01", trial: String? = nil, graceDays: Int = 0,
        _ status: SubscriptionLife.Status = .active, period: Period = .month
    ) -> SubscriptionLife {
        SubscriptionLife(
            status: status, startsAt: .at(start), endsAt: end.map { .at($0) }, trialEndsAt: trial.map { .at($0) },
            cancelsAt: nil, canceledAt: nil, trial: .zero, grace: made(Period(graceDays, .day)), periodicity: period)
    }

    // MARK: the calendar

    @Test(
        arguments: [
            ("2026-01-31T10:30:00Z", 1, PeriodUnit.month, 1, "2026-02-28T10:30:00Z"),
            ("2024-01-31", 1, .month, 1, "2024-02-29T00:00:00Z"), ("2024-02-29", 1, .year, 1, "2025-02-28T00:00:00Z"),
            ("2024-02-29", 4, .year, 1, "2028-02-29T00:00:00Z"), ("2026-12-31", 1, .day, 1, "2027-01-01T00:00:00Z"),
            ("2026-12-15", 1, .month, 1, "2027-01-15T00:00:00Z"), ("2026-02-27", 1, .week, 1, "2026-03-06T00:00:00Z"),
            ("2026-01-31", 1, .month, 3, "2026-04-30T00:00:00Z"), ("2026-01-31", 0, .month, 5, "2026-01-31T00:00:00Z"),
            // Time is UTC: no hour is lost in summer.
            ("2026-03-28T23:30:00Z", 2, .day, 1, "2026-03-30T23:30:00Z"),
        ] as [(String, Int, PeriodUnit, Int, String)])
    func `a period is reckoned by the calendar`(from: String, count: Int, unit: PeriodUnit, times: Int, to: String) {
        #expect(WireTime.at(from).adding(made(Period(count, unit)), times: times)?.timestamp == to)
    }

    @Test func `months that are added one by one do not creep towards the 28th`() {
        var time = WireTime.at("2026-01-31")
        var days: [Int] = []
        for _ in 0..<14 {
            time = made(time.adding(.month, anchor: 31))
            days.append(CivilDate(time).day)
        }
        #expect(days == [28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31])
        // A day that somebody chose is not moved.
        #expect(WireTime.at("2026-04-15").adding(.month, anchor: 31)?.timestamp == "2026-05-15T00:00:00Z")
        #expect(WireTime.at("2026-02-28").adding(.month, anchor: 5)?.timestamp == "2026-03-28T00:00:00Z")
    }

    @Test(arguments: UInt64(0)..<200) func `a later period ends later, on the same day or the last of its month`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        let start = WireTime(milliseconds: Int64.random(in: 0...4_000_000_000, using: &random) * 1_000)
        let unit = made(PeriodUnit.allCases.randomElement(using: &random))
        let count = Int.random(in: 1...30, using: &random)
        let first = try #require(start.adding(made(Period(count, unit))))
        let second = try #require(start.adding(made(Period(count, unit)), times: 2))
        #expect(start < first && first < second)
        #expect(first.since(first.startOfDay) == start.since(start.startOfDay))
        if unit == .month || unit == .year {
            let date = CivilDate(first)
            #expect(date.day == CivilDate(start).day || date.isLastOfMonth && date.day < CivilDate(start).day)
        }
    }

    @Test func `nothing is reckoned beyond the year 9999`() {
        let last = WireTime.at("9999-12-31")
        for unit in PeriodUnit.allCases { #expect(last.adding(made(Period(1, unit))) == nil) }
        #expect(WireTime.at("2026-01-01").adding(made(Period(1_000, .year)), times: 120) == nil)
        #expect(WireTime.at("2026-01-01").adding(.month, times: 0) == nil)
        #expect(WireTime.at("2026-01-01").adding(.month, times: 1_001) == nil)
        #expect(Period(-1, .day) == nil && Period(1_001, .day) == nil && Period(1_000, .day) != nil)
    }

    // MARK: a new one

    @Test(
        arguments: [
            (0, nil, "2026-04-15T00:00:00Z"), (14, "2026-03-29T00:00:00Z", "2026-04-29T00:00:00Z"),
        ] as [(Int, String?, String)])
    func `a new one begins with its trial, then comes one period`(trial: Int, trialEnd: String?, end: String) throws {
        let life = try #require(
            SubscriptionLife(
                from: .at("2026-03-15"), trial: made(Period(trial, .day)), grace: made(Period(7, .day)),
                periodicity: .month))
        #expect(life.status == .active && life.startsAt == .at("2026-03-15"))
        #expect(life.trialEndsAt?.timestamp == trialEnd)
        #expect(life.endsAt?.timestamp == end)
        #expect(life.cancelsAt == nil && life.canceledAt == nil)
    }

    @Test func `one without periods does not end`() throws {
        let life = try #require(
            SubscriptionLife(from: .at("2026-03-15"), trial: .zero, grace: .zero, periodicity: .zero))
        #expect(life.endsAt == nil && life.isUsable(at: .at("9999-12-31")))
        #expect(SubscriptionLife(from: .at("9999-12-15"), trial: .zero, grace: .zero, periodicity: .month) == nil)
        #expect(SubscriptionLife(from: .at("9999-12-31"), trial: .month, grace: .zero, periodicity: .zero) == nil)
    }

    // MARK: is_active

    @Test(arguments: [
        ("2026-02-28T23:59:59Z", false), ("2026-03-01T00:00:00Z", true), ("2026-03-31T23:59:59Z", true),
        // Grace.
        ("2026-04-01T00:00:00Z", true), ("2026-04-07T23:59:59Z", true), ("2026-04-08T00:00:00Z", false),
    ]) func `it is active inside of what is paid for and of the grace`(now: String, isActive: Bool) {
        let life = Self.life(graceDays: 7)
        #expect(life.isActive(at: .at(now)) == isActive)
        #expect(life.isUsable(at: .at(now)) == isActive)
    }

    @Test(arguments: [("2026-04-01", false), ("2026-03-31T23:59:59Z", true)])
    func `without grace it is over when its time is`(now: String, isActive: Bool) {
        #expect(Self.life().isActive(at: .at(now)) == isActive)
    }

    @Test func `a trial that was made longer than what is paid for counts`() {
        let life = Self.life(trial: "2026-04-20", graceDays: 2)
        #expect(life.isActive(at: .at("2026-04-19")) && life.isActive(at: .at("2026-04-21")))
        #expect(!life.isActive(at: .at("2026-04-22")))
    }

    @Test func `what has not begun is not active`() {
        var life = Self.life()
        life.startsAt = nil
        #expect(!life.isActive(at: .at("2026-03-15")))
    }

    @Test(arguments: SubscriptionLife.Status.allCases)
    func `only an active status can be used`(status: SubscriptionLife.Status) {
        let life = Self.life(status)
        #expect(life.isActive(at: .at("2026-03-15")))
        #expect(life.isUsable(at: .at("2026-03-15")) == (status == .active))
    }

    // MARK: cancel

    @Test func `a cancellation takes effect at the end, and there is no grace then`() {
        var life = Self.life(graceDays: 7)
        let now = WireTime.at("2026-03-10T12:00:00Z")
        #expect(life.cancel(atOnce: false, at: now) == .cancels(at: .at("2026-04-01")))
        #expect(life.status == .active && life.canceledAt == now && life.cancelsAt == .at("2026-04-01"))
        #expect(life.isUsable(at: .at("2026-03-31T23:59:59Z")))
        #expect(!life.isActive(at: .at("2026-04-01")))
        // Said again, it changes nothing.
        let once = life
        #expect(life.cancel(atOnce: false, at: .at("2026-03-11")) == .none)
        #expect(life == once)
        #expect(life.expire(at: .at("2026-03-31")) == .none)
        #expect(life.expire(at: .at("2026-04-01")) == .canceled)
        #expect(life.status == .canceled)
    }

    @Test func `canceled now, it is over now, also when it was canceled to its end before`() {
        for isCanceledBefore in [false, true] {
            var life = Self.life(graceDays: 7)
            let before = WireTime.at("2026-03-05")
            if isCanceledBefore { _ = life.cancel(atOnce: false, at: before) }
            let now = WireTime.at("2026-03-10")
            #expect(life.cancel(atOnce: true, at: now) == .canceled)
            #expect(life.status == .canceled && life.cancelsAt == now)
            #expect(life.canceledAt == (isCanceledBefore ? before : now))
            #expect(!life.isActive(at: now))
        }
    }

    @Test(arguments: [nil, "2026-03-05"] as [String?])
    func `one in its grace, or without an end, ends at once`(end: String?) {
        var life = Self.life(to: end, graceDays: 30)
        #expect(life.cancel(atOnce: false, at: .at("2026-03-10")) == .canceled)
        #expect(!life.isActive(at: .at("2026-03-10")))
    }

    @Test(arguments: [SubscriptionLife.Status.inactive, .suspended, .canceled, .terminated], [true, false])
    func `cancel has no effect on what is not active`(status: SubscriptionLife.Status, atOnce: Bool) {
        var life = Self.life(status)
        let before = life
        #expect(life.cancel(atOnce: atOnce, at: .at("2026-03-10")) == .none)
        #expect(life == before)
        var over = Self.life()
        #expect(over.cancel(atOnce: atOnce, at: .at("2026-05-01")) == .none)
        #expect(over == Self.life())
    }

    @Test(arguments: [true, false]) func `a cancellation can be taken back`(atOnce: Bool) {
        var life = Self.life()
        _ = life.cancel(atOnce: atOnce, at: .at("2026-03-10"))
        #expect(life.uncancel() == .uncanceled)
        #expect(life == Self.life())
        #expect(life.uncancel() == .none)
    }

    // MARK: renew

    @Test(arguments: [
        ("2026-03-10", 1, "2026-05-01T00:00:00Z"), ("2026-03-10", 12, "2027-04-01T00:00:00Z"),
        // In its grace it goes on where it ended, and before it began it is paid for longer.
        ("2026-04-03", 1, "2026-05-01T00:00:00Z"), ("2026-02-01", 1, "2026-05-01T00:00:00Z"),
    ]) func `a renewal goes on where the time ends`(now: String, cycles: Int, end: String) throws {
        var life = Self.life(graceDays: 7)
        let action = try life.renew(cycles: cycles, uncancel: false, at: .at(now))
        #expect(action == .renewed(until: .at(end)))
        #expect(life.startsAt == .at("2026-03-01") && life.endsAt == .at(end) && life.status == .active)
    }

    @Test(arguments: [SubscriptionLife.Status.active, .suspended])
    func `one whose time and grace are over begins anew, today`(status: SubscriptionLife.Status) throws {
        var life = Self.life(trial: "2026-03-10", graceDays: 7, status)
        let now = WireTime.at("2026-04-08T15:00:00Z")
        let action = try life.renew(cycles: 2, uncancel: false, at: now)
        #expect(action == .renewed(until: .at("2026-06-08")))
        #expect(life.startsAt == .at("2026-04-08") && life.trialEndsAt == nil)
        #expect(life.isUsable(at: now))
    }

    @Test func `who was suspended within the time stays suspended`() throws {
        var life = Self.life(.suspended)
        _ = try life.renew(cycles: 1, uncancel: false, at: .at("2026-03-10"))
        #expect(life.status == .suspended && life.endsAt == .at("2026-05-01"))
    }

    @Test func `monthly renewals of the 31st stay at the end of the month`() throws {
        var life = Self.life(from: "2026-01-31", to: "2026-02-28")
        var ends: [String] = []
        for _ in 0..<3 {
            _ = try life.renew(cycles: 1, uncancel: false, at: .at("2026-02-01"))
            ends.append(made(life.endsAt).timestamp)
        }
        #expect(ends == ["2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z", "2026-05-31T00:00:00Z"])
    }

    @Test(arguments: [true, false]) func `a canceled one must be un-canceled to renew`(atOnce: Bool) throws {
        var life = Self.life()
        let now = WireTime.at("2026-03-10")
        _ = life.cancel(atOnce: atOnce, at: now)
        let canceled = life
        #expect(throws: SubscriptionFault.canceled) { _ = try life.renew(cycles: 1, uncancel: false, at: now) }
        #expect(life == canceled)
        let action = try life.renew(cycles: 1, uncancel: true, at: now)
        #expect(action == .renewed(until: .at("2026-05-01")))
        #expect(life.canceledAt == nil && life.cancelsAt == nil && life.isUsable(at: now))
    }

    @Test func `one that people called canceled must be un-canceled as well`() throws {
        var life = Self.life(.canceled)
        let now = WireTime.at("2026-03-10")
        #expect(throws: SubscriptionFault.canceled) { _ = try life.renew(cycles: 1, uncancel: false, at: now) }
        _ = try life.renew(cycles: 1, uncancel: true, at: now)
        #expect(life.isUsable(at: now))
    }

    struct Refused: Sendable {
        let life: SubscriptionLife
        var cycles = 1
        let fault: SubscriptionFault
    }

    static let refused = [
        Refused(life: life(.inactive), fault: .notRenewable(.inactive)),
        Refused(life: life(.terminated), fault: .notRenewable(.terminated)),
        Refused(life: life(to: nil), fault: .endless), Refused(life: life(period: .zero), fault: .endless),
        Refused(life: life(), cycles: 0, fault: .cycles(most: 120)),
        Refused(life: life(), cycles: 121, fault: .cycles(most: 120)),
        Refused(life: life(to: "9999-12-15"), fault: .tooFar),
    ]

    @Test(arguments: refused.indices) func `what cannot be renewed stays as it was`(index: Int) {
        let it = Self.refused[index]
        var life = it.life
        #expect(throws: it.fault) {
            _ = try life.renew(cycles: it.cycles, uncancel: true, at: .at("2026-03-10"))
        }
        #expect(life == it.life)
    }

    // MARK: expire

    @Test func `what is over is suspended, once`() {
        var life = Self.life(graceDays: 7)
        for now in ["2026-02-01", "2026-03-31", "2026-04-07T23:59:59Z"] {
            #expect(life.expire(at: .at(now)) == .none)
        }
        #expect(life.expire(at: .at("2026-04-08")) == .expired)
        #expect(life.status == .suspended && !life.isActive(at: .at("2026-04-08")))
        #expect(life.expire(at: .at("2026-05-01")) == .none)
    }

    @Test(arguments: [SubscriptionLife.Status.inactive, .suspended, .canceled, .terminated])
    func `what people set is not changed by the clock`(status: SubscriptionLife.Status) {
        var life = Self.life(status)
        #expect(life.expire(at: .at("2027-01-01")) == .none)
        #expect(life.status == status)
    }

    @Test(arguments: UInt64(0)..<500) func `in any history, what is usable is neither over nor canceled`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var life = Self.life(graceDays: Int.random(in: 0...10, using: &random))
        var now = WireTime.at("2026-02-20")
        for _ in 0..<40 {
            now = now.advanced(by: .seconds(Int.random(in: 0...864_000, using: &random)))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: _ = life.cancel(atOnce: random.chance(0.3), at: now)
            case 1: _ = life.uncancel()
            // A refusal is an outcome like another one.
            case 2: _ = try? life.renew(cycles: 1, uncancel: random.chance(0.5), at: now)
            default: _ = life.expire(at: now)
            }
            #expect((life.cancelsAt == nil) == (life.canceledAt == nil))
            #expect(made(life.startsAt) < made(life.endsAt))
            let wasUsable = life.isUsable(at: now)
            let over = made(life.endOfGrace)
            if wasUsable { #expect(life.status == .active && now < over && !life.isCanceled(at: now)) }
            // The clock alone changes no more than the status says already.
            var later = life
            _ = later.expire(at: now)
            #expect(later.isUsable(at: now) == wasUsable)
        }
    }

    // MARK: orders

    private static let sold = PackageDetails(
        name: "Meet Standard", price: made(Price("14.99")), tier: 1, trial: .zero, grace: made(Period(7, .day)))

    @Test func `an order takes the terms of the package, from the beginning of the day`() throws {
        let order = SubscriptionOrder(PackageNumber(1), for: CustomerNumber(2))
        let details = try order.details(of: Self.sold, tag: "jkgqmnmj", now: .at("2026-03-01T08:00:00Z"))
        #expect(details.name == "Meet Standard - jkgqmnmj" && details.price.text == "14.99" && details.tier == 1)
        #expect(details.life == Self.life(graceDays: 7))
    }

    @Test func `an order may deviate from the package`() throws {
        var order = SubscriptionOrder(PackageNumber(1), for: CustomerNumber(2))
        order.name = "School"
        order.startsAt = .at("2026-05-01")
        order.periodicity = Period(1, .year)
        order.grace = Period.zero
        order.price = Price("9.99")
        order.currency = Currency("USD")
        let details = try order.details(of: Self.sold, tag: "jkgqmnmj", now: .at("2026-03-01"))
        #expect(details.name == "School" && details.price.text == "9.99" && details.currency.code == "USD")
        #expect(details.life.startsAt == .at("2026-05-01") && details.life.endsAt == .at("2027-05-01"))
        #expect(details.life.grace.isNone)
        order.endsAt = .at("2026-06-15")
        #expect(try order.details(of: Self.sold, tag: "t", now: .at("2026-03-01")).life.endsAt == .at("2026-06-15"))
    }

    @Test(arguments: ["2026-03-01", "2026-02-01"]) func `an order does not end before it begins`(end: String) throws {
        var order = SubscriptionOrder(PackageNumber(1), for: CustomerNumber(2))
        order.startsAt = .at("2026-03-01")
        order.endsAt = .at(end)
        let fault = try #require(
            #expect(throws: ValidationFault.self) {
                _ = try order.details(of: Self.sold, tag: "t", now: .at("2026-03-01"))
            })
        #expect(fault.faults.map(\.field) == ["ends_at"] && fault.faults.map(\.code) == [.outOfRange])
    }

    // MARK: entitlements

    @Test(arguments: CustomerStatus.allCases, SubscriptionLife.Status.allCases)
    func `an account may start what its customer and its subscription allow`(
        customer: CustomerStatus, status: SubscriptionLife.Status
    ) {
        let entitlement = Entitlement(
            subscription: SubscriptionNumber(1), subscriptionID: "sB9xHt3LwV", customer: CustomerNumber(1),
            customerStatus: customer, life: Self.life(status), features: .empty)
        let mayUse = customer == .active || customer == .suspended
        for (time, isInside) in [("2026-02-01", false), ("2026-03-15", true), ("2026-05-01", false)] {
            let now = WireTime.at(time)
            let isUsable = isInside && status == .active
            #expect(entitlement.mayStart(at: now) == (mayUse && isUsable))
            #expect(entitlement.mayCreateResources(at: now) == (customer == .active && isUsable))
            // Who is in a session stays, whatever became of the subscription; nobody was before it began.
            #expect(entitlement.mayUse(at: now) == (mayUse && time != "2026-02-01"))
        }
    }
}
