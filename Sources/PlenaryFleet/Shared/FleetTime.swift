package import BigBlueButton

/// Time and chance as the use cases see them: real ones from the commands, virtual ones in simulations.
package struct FleetTime: Sendable {
    /// Time since some fixed moment; never goes back. Deadlines and health are reckoned in it.
    package let uptime: @Sendable () -> Duration
    /// The wall clock, for what people and other machines read.
    package let now: @Sendable () -> WireTime
    /// Waits; throws `CancellationError` when the task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void
    /// 64 random bits.
    package let random: @Sendable () -> UInt64

    package init(
        uptime: @escaping @Sendable () -> Duration, now: @escaping @Sendable () -> WireTime,
        sleep: @escaping @Sendable (Duration) async throws -> Void, random: @escaping @Sendable () -> UInt64
    ) {
        self.uptime = uptime
        self.now = now
        self.sleep = sleep
        self.random = random
    }

    /// A number in 0..<1.
    package func fraction() -> Double { Double(random() >> 11) * 0x1p-53 }
}

/// The random source of a ``FleetTime``, where the standard library wants a generator.
package struct FleetRandom: RandomNumberGenerator {
    private let source: @Sendable () -> UInt64

    package init(_ time: FleetTime) { source = time.random }

    package mutating func next() -> UInt64 { source() }
}
