/// What somebody is in a room (`rooms-api.md` 8.2); a greater one may more.
package enum RoomRole: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Joins as a guest.
    case guest
    /// Joins as a participant.
    case attendee
    /// Manages the room's resources and participants.
    case moderator

    private var rank: Int {
        switch self {
        case .guest: 0
        case .attendee: 1
        case .moderator: 2
        }
    }

    package static func < (left: RoomRole, right: RoomRole) -> Bool { left.rank < right.rank }

    /// Whether somebody of this role may start a session (11.4, D-13).
    package func mayStart(anyoneCanStart: Bool) -> Bool { self == .moderator || anyoneCanStart }

    /// Whether it is told how many people are in (11.5).
    package var seesHeadcount: Bool { self != .guest }
}
