package import BigBlueButton

package struct OrderID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: OrderID, right: OrderID) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// What an operator wants done that takes a while: written down by a command, carried out by whoever serves, and gone on with
/// after a restart (`balancer.md` 12).
package struct Order: Sendable, Hashable {
    package enum Work: Sendable, Hashable {
        /// Takes one meeting to another server.
        case move(MeetingNumber, to: ServerID?)
        /// Takes every meeting off a server that is drained, so many a minute.
        case evacuate(ServerID, perMinute: Double)
        /// The server is dead: its meetings are made elsewhere at once.
        case panic(ServerID)
        /// Waits until a drained server has no meeting, then puts it into maintenance.
        case untilEmpty(ServerID)
    }

    package enum State: String, Sendable, Hashable {
        /// Can transition to: `done`, `failed`, `cancelled`.
        case open
        case done, failed, cancelled
    }

    package let id: OrderID
    package let work: Work
    package let state: State
    /// Meetings that were moved, and that could not be.
    package let moved: Int
    package let failed: Int
    /// For people: what became of it.
    package let message: String
    package let createdAt: WireTime

    package init(
        id: OrderID, work: Work, state: State, moved: Int, failed: Int, message: String, createdAt: WireTime
    ) {
        self.id = id
        self.work = work
        self.state = state
        self.moved = moved
        self.failed = failed
        self.message = message
        self.createdAt = createdAt
    }

    /// The server that it is about, if it is about one.
    package var server: ServerID? {
        switch work {
        case .move: nil
        case .evacuate(let server, _), .panic(let server), .untilEmpty(let server): server
        }
    }
}
