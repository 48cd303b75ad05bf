internal import Synchronization

/// How many octets of bodies may be held at a time, over all requests: many clients together take no more memory than this.
final class BodyBudget: Sendable {
    private let limit: Int
    private let taken = Mutex(0)

    init(limit: Int) { self.limit = limit }

    /// - Returns: whether there was room.
    func take(_ octets: Int) -> Bool {
        taken.withLock { taken in
            guard taken + octets <= limit else { return false }
            taken += octets
            return true
        }
    }

    func giveBack(_ octets: Int) { taken.withLock { $0 -= octets } }
}
