package import BigBlueButton
package import PlenaryFleet
internal import Synchronization

/// A clock that stands still unless somebody moves it, and a seeded random source: the time of a simulation.
///
/// Whoever sleeps moves the clock by that much, at once, and goes on. That is right for one task at a time: two tasks that
/// sleep side by side would age each other. A loop that only sleeps never suspends, so cancel it from inside.
package final class VirtualTime: Sendable {
    /// The wall clock when the uptime is zero.
    package let base: WireTime
    private let state: Mutex<State>

    private struct State: Sendable {
        var uptime = Duration.zero
        var random: SeededRandom
    }

    /// - Parameter base: Monday 9 July 2018, 17:03:29 UTC unless told otherwise.
    package init(seed: UInt64 = 1, base: WireTime = WireTime(milliseconds: 1_531_155_809_613)) {
        self.base = base
        state = Mutex(State(random: SeededRandom(seed: seed)))
    }

    package var uptime: Duration { state.withLock { $0.uptime } }
    package var now: WireTime { base.advanced(by: uptime) }

    /// Moves the clock; a negative duration moves nothing.
    package func advance(by duration: Duration) { state.withLock { $0.uptime += max(.zero, duration) } }

    package func random() -> UInt64 { state.withLock { $0.random.next() } }

    /// This time as the use cases see it.
    package var fleetTime: FleetTime {
        FleetTime(
            uptime: { self.uptime }, now: { self.now },
            sleep: { duration in
                try Task.checkCancellation()
                self.advance(by: duration)
            },
            random: { self.random() })
    }
}
