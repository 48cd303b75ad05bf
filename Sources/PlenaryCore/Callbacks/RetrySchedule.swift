/// When something that was not acknowledged is tried again: after 2 s, 4 s, 8 s, ..., at most half an hour apart, for two
/// days. A fifth more or less by chance, so that what failed together does not come back together.
///
/// With these numbers: 5 tries in the first half minute, 10 in 17 minutes, then 48 a day.
package struct RetrySchedule: Sendable, Hashable {
    package var first: Duration = .seconds(2)
    package var longest: Duration = .seconds(30 * 60)
    /// Counted from when it was written down; later nothing is tried any more.
    package var patience: Duration = .seconds(48 * 3_600)

    /// How often the receiver of a web hook must have answered an event with an error before it is given up.
    package var errors = 8
    /// How long it must have done so, unless it says that it does not want the event: one that is busy, or being started
    /// again, may be so for a while. With the other numbers the eighth such answer comes after 3 to 5 minutes, which is
    /// when bbb-webhooks gives up too.
    package var trouble: Duration = .seconds(180)

    package init() {}

    /// Whether an event of a web hook makes way for those behind it: its receiver answers, and does not take it. While no
    /// answer comes at all nothing makes way, because the next event would fare no better.
    ///
    /// - Parameters:
    ///   - answers: how often it was answered with an error, this time included.
    ///   - since: how long ago that was the first time.
    ///   - isRefusal: the receiver does not want it as it is.
    package func makesWay(afterAnswers answers: Int, since: Duration, isRefusal: Bool) -> Bool {
        answers >= errors && (isRefusal || since >= trouble)
    }

    /// - Parameters:
    ///   - attempts: how often it was tried, at least once.
    ///   - age: how long ago it was written down.
    ///   - chance: a number in 0..<1.
    /// - Returns: how long to wait for the next try; `nil`: no more.
    package func delay(afterAttempts attempts: Int, age: Duration, chance: Double) -> Duration? {
        // Capped before it is multiplied: 2 to the power of 60 would leave the range of a duration.
        let doublings = min(max(attempts - 1, 0), 30)
        let plain = min(longest, first * Double(1 << doublings))
        let delay = plain * (0.8 + 0.4 * chance)
        return age + delay > patience ? nil : delay
    }
}
