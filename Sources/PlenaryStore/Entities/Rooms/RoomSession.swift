package import BigBlueButton
package import PlenaryCore

package struct RoomSessionNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: RoomSessionNumber, right: RoomSessionNumber) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// Where a session runs, as it was when it was started there.
package struct RoomSessionProvider: Sendable, Hashable {
    /// Of the row; it may have been deleted since.
    package let number: Int64?
    /// The public id.
    package let id: String
    package let type: RoomProviderType

    package init(number: Int64? = nil, id: String, type: RoomProviderType) {
        self.number = number
        self.id = id
        self.type = type
    }
}

/// One run of a room (`rooms-api.md` 7.6).
package struct RoomSession: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// Somebody starts it, and has the lock of the room (11.4).
        /// Can transition to: `running`; `ended`; away, when nobody could create it.
        case starting
        /// Can transition to: `ended`.
        case running
        case ended
    }

    package let number: RoomSessionNumber
    package let identity: ResourceIdentity
    package let room: RoomNumber
    /// The public id.
    package let roomID: String
    package let state: State
    /// Counted from 1: who starts it for somebody who gave up has the next one.
    package let attempt: Int
    /// When that began.
    package let attemptedAt: WireTime
    /// `nil`: none was chosen yet.
    package let provider: RoomSessionProvider?
    /// What the provider knows it by: the room's uuid.
    package let meetingID: String
    /// What the provider calls this run.
    package let providerSessionID: String?
    /// What join links of this run carry, in milliseconds as the provider told it.
    package let createTime: Int64?
    /// `nil`: it did not get so far.
    package let startedAt: WireTime?
    package let endedAt: WireTime?
    package let endReason: SessionEndReason?
    /// The provider was not told yet that it is over: it was down.
    package let owesEnd: Bool
    /// Fixed when it was started (7.3).
    package let used: FeatureSet
    /// The room's, as they were then (7.4).
    package let settings: RoomSettings
    /// Whether anything was recorded so far.
    package let wasRecorded: Bool
    package let peakParticipants: Int
    /// The time that all participants together were in, in whole minutes.
    package let participantMinutes: Int
    /// What the provider last said; `nil`: it has not run yet.
    package let figures: MeetFigures?
    /// When it said that; `nil`: never.
    package let observedAt: WireTime?
    package let createdAt: WireTime

    package var isLive: Bool { state != .ended }

    /// How long who starts a session may take, until others may do it for them: two providers with 15 s each, and an `end`
    /// (11.7).
    package static let patience = Duration.seconds(60)
}

/// What became of somebody's wish to start a session.
package enum RoomSessionBeginning: Sendable, Hashable {
    /// Create it at the provider, then settle or abandon it.
    case begun(RoomSession)
    /// Somebody was faster: it runs, or is being started.
    case exists(RoomSession)
    /// `max_concurrent_sessions` of the subscription are live.
    case limited(QuotaRefusal)
}

/// Somebody is let in: what the answer `ready` writes down (`rooms-api.md` 11.5).
package struct RoomEntry: Sendable, Hashable {
    package let session: RoomSessionNumber
    package let visitor: RoomCalls.Visitor
    package let role: RoomRole
    package let token: RoomTokenNumber?
    package let code: RoomCodeNumber?

    package init(
        session: RoomSessionNumber, visitor: RoomCalls.Visitor, role: RoomRole, token: RoomTokenNumber? = nil,
        code: RoomCodeNumber? = nil
    ) {
        self.session = session
        self.visitor = visitor
        self.role = role
        self.token = token
        self.code = code
    }
}
