import Testing

@testable import PlenaryCore

/// When something that was not acknowledged is tried again.
@Suite struct RetryScheduleTests {
    private static let schedule = RetrySchedule()
    private static let longAgo = Duration.seconds(365 * 86_400)

    private static func seconds(
        _ schedule: RetrySchedule = RetrySchedule(), after attempts: Int, chance: Double = 0.5
    ) -> Double? {
        schedule.delay(afterAttempts: attempts, age: .zero, chance: chance).map { $0 / .seconds(1) }
    }

    private static let table: [(Int, Double)] = [
        (0, 2), (1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 64), (7, 128), (8, 256), (9, 512), (10, 1_024),
        (11, 1_800), (12, 1_800), (31, 1_800), (32, 1_800), (1_000, 1_800), (Int.max, 1_800),
    ]

    @Test(arguments: table)
    func `each wait is twice the last, up to half an hour`(attempts: Int, expected: Double) throws {
        let delay = try #require(Self.seconds(after: attempts))
        #expect(abs(delay - expected) < 0.000_001)
    }

    @Test func `chance makes it a fifth shorter or longer, and no more`() throws {
        for attempts in 1...20 {
            let plain = try #require(Self.seconds(after: attempts))
            let shortest = try #require(Self.seconds(after: attempts, chance: 0))
            let longest = try #require(Self.seconds(after: attempts, chance: 0.999_999))
            #expect(abs(shortest - plain * 0.8) < 0.001)
            #expect(longest < plain * 1.2 && longest > plain * 1.199)
        }
    }

    @Test(arguments: [0, 0.25, 0.5, 0.75, 0.999]) func `waits never become shorter`(chance: Double) throws {
        var last = 0.0
        for attempts in 1...200 {
            let delay = try #require(Self.seconds(after: attempts, chance: chance))
            #expect(delay >= last, "after \(attempts)")
            last = delay
        }
    }

    @Test func `nothing is tried after its patience, however old it is`() {
        let schedule = Self.schedule
        let patience = schedule.patience
        #expect(schedule.delay(afterAttempts: 1, age: patience - .seconds(3), chance: 0.5) != nil)
        #expect(schedule.delay(afterAttempts: 1, age: patience - .seconds(1), chance: 0.5) == nil)
        // The next try would be too late, not this one.
        #expect(schedule.delay(afterAttempts: 20, age: patience - .seconds(1_700), chance: 0.5) == nil)
        #expect(schedule.delay(afterAttempts: 20, age: patience - .seconds(1_900), chance: 0.5) != nil)
        for attempts in [0, 1, 50] {
            #expect(schedule.delay(afterAttempts: attempts, age: patience, chance: 0) == nil)
            #expect(schedule.delay(afterAttempts: attempts, age: Self.longAgo, chance: 0) == nil)
        }
    }

    @Test func `a clock that was set back does not end patience`() {
        #expect(Self.schedule.delay(afterAttempts: 3, age: .seconds(-3_600), chance: 0.5) != nil)
    }

    @Test func `five tries in half a minute, ten in 17 minutes, then 48 a day, for two days`() {
        var tries: [Duration] = [.zero]
        while let at = tries.last,
            let delay = Self.schedule.delay(afterAttempts: tries.count, age: at, chance: 0.5)
        {
            tries.append(at + delay)
        }
        #expect(tries.count { $0 <= .milliseconds(30_001) } == 5)
        #expect(tries.count { $0 <= .seconds(17 * 60 + 5) } == 10)
        let day = tries.count { $0 > .seconds(20_000) && $0 <= .seconds(20_000 + 86_400) }
        #expect(day == 48)
        #expect(tries.allSatisfy { $0 <= .seconds(48 * 3_600) })
        #expect((tries.last ?? .zero) > .seconds(47 * 3_600))
    }

    @Test func `other numbers are kept to as well`() throws {
        var schedule = RetrySchedule()
        schedule.first = .milliseconds(50)
        schedule.longest = .milliseconds(200)
        schedule.patience = .seconds(1)
        let delays = (1...4).map { Self.seconds(schedule, after: $0) ?? -1 }
        for (delay, expected) in zip(delays, [0.05, 0.1, 0.2, 0.2]) { #expect(abs(delay - expected) < 0.000_001) }
        // What could never be waited for is not tried again at all.
        schedule.patience = .milliseconds(10)
        #expect(schedule.delay(afterAttempts: 1, age: .zero, chance: 0) == nil)
    }

    // MARK: events that make way

    @Test
    func `an event that is refused makes way after eight answers, one that meets an error after three minutes too`() {
        let schedule = Self.schedule
        for answers in 1..<8 {
            for isRefusal in [false, true] {
                #expect(!schedule.makesWay(afterAnswers: answers, since: Self.longAgo, isRefusal: isRefusal))
            }
        }
        #expect(schedule.makesWay(afterAnswers: 8, since: .zero, isRefusal: true))
        #expect(!schedule.makesWay(afterAnswers: 8, since: .seconds(179), isRefusal: false))
        #expect(!schedule.makesWay(afterAnswers: 1_000, since: .seconds(179), isRefusal: false))
        #expect(schedule.makesWay(afterAnswers: 8, since: .seconds(180), isRefusal: false))
        #expect(schedule.makesWay(afterAnswers: 9, since: Self.longAgo, isRefusal: false))
    }

    @Test(arguments: [0, 0.5, 0.999_999])
    func `with the usual waits an error lasts three minutes by the eighth answer, and five at most`(chance: Double) {
        let waits = (1...7).compactMap { Self.schedule.delay(afterAttempts: $0, age: .zero, chance: chance) }
        let lasted = waits.reduce(.zero, +)
        #expect(waits.count == 7)
        #expect(lasted > Self.schedule.trouble && lasted < .seconds(306))
    }
}
