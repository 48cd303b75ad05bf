/// A server as placement sees it.
package struct Candidate: Sendable, Hashable {
    package let server: ServerID
    package let eligibility: Eligibility
    /// Booked plus observed.
    package let load: Double
    /// Greater than 0.
    package let capacity: Double
    /// 1, or less while it comes back slowly.
    package let share: Double
    /// Uptime of the last good poll, for choosing in panic.
    package let lastSuccess: Duration?

    package init(
        server: ServerID, eligibility: Eligibility, load: Double, capacity: Double, share: Double,
        lastSuccess: Duration?
    ) {
        self.server = server
        self.eligibility = eligibility
        self.load = load
        self.capacity = capacity
        self.share = share
        self.lastSuccess = lastSuccess
    }
}

/// Where a new meeting goes: the servers to try, best first, and why the others are not among them.
package struct Placement: Sendable, Hashable {
    package let candidates: [ServerID]
    package let excluded: [ServerID: Eligibility.Reason]
}

/// The one interface of placement policies.
package protocol PlacementPolicy: Sendable {
    /// - Parameter expected: what the meeting will weigh.
    func place(
        expected: Double, among candidates: [Candidate], using random: inout some RandomNumberGenerator
    ) -> Placement
}

/// Least (load after the placement) / capacity; ties at random.
///
/// A server that comes back slowly is offered only as often as its growing share of an even split: being empty it would
/// otherwise take every meeting of its first minute. In panic, servers that do not answer follow in the order of their
/// last success, behind all that do.
package struct LeastLoad: PlacementPolicy {
    package init() {}

    package func place(
        expected: Double, among candidates: [Candidate], using random: inout some RandomNumberGenerator
    ) -> Placement {
        var ranked: [(tier: Int, key: Double, tie: UInt64, server: ServerID)] = []
        var excluded: [ServerID: Eligibility.Reason] = [:]
        let eligible = candidates.filter { $0.eligibility == .eligible }.count
        // Sorted, so that the same seed gives the same choice however the caller's collection was ordered.
        for candidate in candidates.sorted(by: { $0.server < $1.server }) {
            let tie: UInt64 = random.next()
            switch candidate.eligibility {
            case .eligible:
                let isHeldBack =
                    candidate.share < 1
                    && Double.random(in: 0..<1, using: &random) >= candidate.share / Double(eligible)
                ranked.append(
                    (
                        isHeldBack ? 1 : 0, (candidate.load + expected) / candidate.capacity, tie,
                        candidate.server
                    ))
            case .lastResort:
                ranked.append(
                    (
                        2, -(candidate.lastSuccess.map { $0 / .seconds(1) } ?? -.infinity), tie,
                        candidate.server
                    ))
            case .excluded(let reason): excluded[candidate.server] = reason
            }
        }
        ranked.sort { ($0.tier, $0.key, $0.tie) < ($1.tier, $1.key, $1.tie) }
        return Placement(candidates: ranked.map(\.server), excluded: excluded)
    }
}
