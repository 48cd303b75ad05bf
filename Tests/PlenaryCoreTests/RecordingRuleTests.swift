import BigBlueButton
import PlenaryCore
import Testing

/// When providers are asked for recordings, and when recordings go (`rooms-api.md` 7.6, 14).
@Suite struct RecordingRuleTests {
    private static let start = WireTime(milliseconds: 1_772_355_600_000)

    private static func day(_ days: Int) -> WireTime { start.advanced(by: .seconds(days * 86_400)) }

    @Test func `providers are asked often at first, then hourly, daily, and no more where there is nothing`() {
        let ends: [(seconds: Int, keeps: Bool, next: Int?)] = [
            (60, false, 120), (3_599, false, 120), (3_600, false, 3_600), (86_400, false, 86_400),
            (14 * 86_400, false, nil), (14 * 86_400, true, 86_400),
        ]
        for end in ends {
            let now = Self.start.advanced(by: .seconds(end.seconds))
            let next = RecordingSchedule.next(endedAt: Self.start, keepsAny: end.keeps, now: now)
            #expect(next == end.next.map { now.advanced(by: .seconds($0)) }, "\(end.seconds)")
        }
    }

    @Test func `a recording goes after its days, and not without seven of notice`() {
        func expiry(_ days: Int?, at now: Int, told: Int? = nil) -> RecordingExpiry {
            RecordingExpiry.of(
                madeAt: Self.start, days: days, announcedAt: told.map { Self.day($0) }, now: Self.day(now))
        }
        #expect(expiry(nil, at: 10_000) == .keeps)
        #expect(expiry(30, at: 22) == .keeps)
        #expect(expiry(30, at: 23) == .announce(Self.day(30)))
        #expect(expiry(30, at: 29, told: 23) == .keeps)
        #expect(expiry(30, at: 30, told: 23) == .isOver)
        // The limit was lowered: the notice begins then.
        #expect(expiry(30, at: 300) == .announce(Self.day(307)))
        #expect(expiry(30, at: 306, told: 300) == .keeps)
        #expect(expiry(30, at: 307, told: 300) == .isOver)
        // Who keeps three days cannot know a week before.
        #expect(expiry(3, at: 0) == .announce(Self.day(3)))
        #expect(expiry(3, at: 3, told: 0) == .isOver)
        #expect(expiry(3, at: 2, told: 0) == .keeps)
        // A year was lowered to three days.
        #expect(expiry(3, at: 100) == .announce(Self.day(107)))
        #expect(expiry(3, at: 106, told: 100) == .keeps)
        #expect(expiry(3, at: 107, told: 100) == .isOver)
        // It was told by a clock that was ahead.
        let isAhead = RecordingExpiry.isRevoked(
            madeAt: Self.start, days: 30, announcedAt: Self.day(4_000), now: Self.day(25))
        #expect(isAhead)
        let revoked = RecordingExpiry.isRevoked(
            madeAt: Self.start, days: 300, announcedAt: Self.day(23), now: Self.day(24))
        #expect(revoked)
    }

    @Test func `a session that is gone was ended by a moderator who was in it a moment ago`() {
        func reason(moderators: Int, seen: Int) -> SessionEndReason {
            SessionEndReason.ofGone(
                startedAt: Self.start, used: .empty, lastSeen: 3, moderators: moderators,
                seenAt: Self.start.advanced(by: .seconds(seen)), now: Self.start.advanced(by: .seconds(600)))
        }
        #expect(reason(moderators: 1, seen: 570) == .moderator)
        #expect(reason(moderators: 0, seen: 570) == .unknown)
        #expect(reason(moderators: 1, seen: 500) == .unknown)
    }
}
