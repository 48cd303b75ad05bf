/// When something that was not taken is sent again, and when a web hook is switched off (`rooms-api.md` 16).
///
/// After 5 s, 30 s, 2 min, 10 min, 1 h, 3 h, 8 h and 12 h, up to a tenth later by chance so that what failed together does not
/// come back together: nine tries in 24 to 27 hours, then it is dead.
package struct WebhookSchedule: Sendable, Hashable {
    package var delays: [Duration] = [
        .seconds(5), .seconds(30), .seconds(120), .seconds(600), .seconds(3_600), .seconds(3 * 3_600),
        .seconds(8 * 3_600), .seconds(12 * 3_600),
    ]
    /// How long an address may fail until it is switched off.
    package var patience: Duration = .seconds(3 * 86_400)
    /// The longest until the status of the answer is there.
    package var deadline: Duration = .seconds(10)

    package init() {}

    /// What became of a try.
    package enum Outcome: Sendable, Hashable {
        case answered(Int)
        /// No answer came.
        case failed
        /// Nothing was sent: we do not call such an address.
        case refused
    }

    package enum Verdict: Sendable, Hashable {
        case taken
        case again(after: Duration)
        /// Given up. It can be sent anew by somebody's word.
        case dead
    }

    /// - Parameters:
    ///   - attempts: how often it was tried, this time included.
    ///   - chance: a number in 0..<1.
    package func verdict(on outcome: Outcome, attempts: Int, chance: Double) -> Verdict {
        switch outcome {
        case .answered(200..<300): return .taken
        // It does not want it, or nothing was sent: the next try would be the same.
        case .answered(410), .refused: return .dead
        case .answered, .failed:
            let index = max(attempts, 1) - 1
            guard index < delays.count else { return .dead }
            return .again(after: delays[index] * (1 + chance / 10))
        }
    }

    /// Whether the web hook is switched off by that.
    ///
    /// - Parameter failingFor: how long nothing was taken.
    package func switchesOff(on outcome: Outcome, failingFor: Duration) -> Webhook.SwitchOff? {
        switch outcome {
        case .answered(200..<300): nil
        case .answered(410): .gone
        case .answered, .failed, .refused: failingFor >= patience ? .failing : nil
        }
    }
}
