/// Which callbacks may be under way at the same time: so many of all, a few to one receiver, one of a lane.
///
/// A receiver that could not be reached is in doubt: all that is for it waits together, longer each time, and then one try is
/// made. All receivers in doubt together have half of the slots, so that however many are dead, those that answer are told.
/// What is remembered is lost when the process ends; then each dead receiver costs one deadline more.
package struct DeliverySlots: Sendable {
    package struct Limits: Sendable, Hashable {
        package let atATime: Int
        package let toOneReceiver: Int
        /// How long a receiver rests that could not be reached once; twice as long each time it fails again.
        package let firstRest: Duration
        package let longestRest: Duration

        package init(atATime: Int, toOneReceiver: Int, firstRest: Duration, longestRest: Duration) {
            self.atATime = atATime
            self.toOneReceiver = toOneReceiver
            self.firstRest = firstRest
            self.longestRest = longestRest
        }

        var inDoubt: Int { max(1, atATime / 2) }
    }

    /// What a try says of its receiver.
    package enum Outcome: Sendable, Hashable {
        /// It answered, whatever it said.
        case reached
        /// No answer came.
        case unreached
        /// Nothing was sent.
        case untried
    }

    private struct Receiver {
        var underWay = 0
        /// How often in a row it could not be reached: it is in doubt after the first.
        var strikes = 0
        var restsUntil = Duration.zero
    }

    private let limits: Limits
    /// The lanes in which one is under way, with its receiver.
    private var lanes: [String: String] = [:]
    /// Those to which one is under way, or that are in doubt.
    private var receivers: [String: Receiver] = [:]

    package init(_ limits: Limits) { self.limits = limits }

    /// Whether another one may begin at all.
    package var hasRoom: Bool { lanes.count < limits.atATime }

    /// The lanes in which one is under way.
    package var busyLanes: [String] { lanes.keys.sorted() }

    /// The receivers to which no other may begin now.
    package func closed(at now: Duration) -> [String] {
        let isCrowded = self.isCrowded
        return receivers.filter { !isOpen($0.value, isCrowded, at: now) }.keys.sorted()
    }

    /// - Returns: `false` when it may not begin now; nothing is changed then.
    package mutating func begin(_ lane: String, to receiver: String, at now: Duration) -> Bool {
        guard hasRoom, lanes[lane] == nil, isOpen(receivers[receiver] ?? Receiver(), isCrowded, at: now) else {
            return false
        }
        lanes[lane] = receiver
        receivers[receiver, default: Receiver()].underWay += 1
        return true
    }

    /// - Parameter chance: a number in 0..<1; what failed together shall not come back together.
    package mutating func ended(_ lane: String, _ outcome: Outcome, at now: Duration, chance: Double) {
        guard let name = lanes.removeValue(forKey: lane), var receiver = receivers[name] else { return }
        receiver.underWay -= 1
        switch outcome {
        case .untried: break
        case .reached: receiver.strikes = 0
        case .unreached where receiver.strikes > 0 && receiver.restsUntil > now:
            // It was under way beside the one that failed first, and says no more than that one.
            break
        case .unreached:
            // Capped before it is multiplied: 2 to the power of 60 would leave the range of a duration.
            let doublings = min(receiver.strikes, 30)
            let rest = min(limits.longestRest, limits.firstRest * Double(1 << doublings))
            receiver.restsUntil = now + rest * (0.8 + 0.4 * chance)
            receiver.strikes += 1
        }
        receivers[name] = receiver.underWay == 0 && receiver.strikes == 0 ? nil : receiver
        forgetSome()
    }

    /// Whether receivers in doubt have all the slots that they may have.
    private var isCrowded: Bool {
        receivers.values.reduce(0) { $0 + ($1.strikes > 0 ? $1.underWay : 0) } >= limits.inDoubt
    }

    private func isOpen(_ receiver: Receiver, _ isCrowded: Bool, at now: Duration) -> Bool {
        guard receiver.strikes > 0 else { return receiver.underWay < limits.toOneReceiver }
        return receiver.underWay == 0 && receiver.restsUntil <= now && !isCrowded
    }

    /// Receivers in doubt that are remembered. Anybody may name hosts that do not exist.
    private static let longestMemory = 1_024

    private mutating func forgetSome() {
        guard receivers.count > Self.longestMemory else { return }
        let oldest = receivers.filter { $0.value.underWay == 0 }.min { left, right in
            (left.value.restsUntil, left.key) < (right.value.restsUntil, right.key)
        }
        if let oldest { receivers[oldest.key] = nil }
    }
}
