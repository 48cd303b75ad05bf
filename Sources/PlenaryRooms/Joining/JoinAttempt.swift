package import PlenaryCore

/// Somebody at the door of a room: what came with the request (`rooms-api.md` 11.5).
package struct JoinAttempt: Sendable {
    package var room: ResourceReference
    /// In the address. An empty one is none.
    package var token: String?
    package var name: String?
    package var code: String?
    package var consents = false
    /// Of a try before.
    package var ticket: String?
    /// What the browser keeps of the last time that it was let in, for coming back. It counts where nothing else is said, and as long
    /// as what it names is valid.
    package var pass: String?
    /// The pseudonym that the browser keeps, as ``JoinDesk/visitor(of:)`` found it; `nil`: it has none yet.
    package var visitor: String?
    /// Who is signed in.
    package var user: RoomUserID?
    package var address: IPAddress?

    package init(room: ResourceReference) { self.room = room }
}

/// How it stands with somebody who waits.
package enum JoinGlance: Sendable, Hashable {
    case ready
    case waiting(JoinWait)
    /// No provider can serve at the moment.
    case unavailable
    case closed(JoinRefusal)
}

/// What becomes of it.
package struct JoinOutcome: Sendable {
    package enum State: Sendable {
        case ready(HostedJoin, RoomRole)
        case waiting(JoinWait, RoomRole, ticket: String)
        case refused(JoinRefusal)
        /// Two or more things are missing.
        case incomplete([JoinRefusal])
    }

    package let state: State
    /// `nil`: there is no such room.
    package let room: Room?
    /// As what the visitor would be in; `nil`: the checks did not come so far.
    package let role: RoomRole?
    /// The address of the room, without a token; empty: there is none.
    package let roomURL: String
    /// What the browser shall be known by from now on.
    package let visitor: String
    /// For ``JoinAttempt/pass``, of who was let in.
    package let pass: String?
    /// Refusals are explained to who belongs to the room.
    package let isRoomUser: Bool

    package init(
        state: State, room: Room?, role: RoomRole?, roomURL: String, visitor: String, pass: String?, isRoomUser: Bool
    ) {
        self.state = state
        self.room = room
        self.role = role
        self.roomURL = roomURL
        self.visitor = visitor
        self.pass = pass
        self.isRoomUser = isRoomUser
    }
}
