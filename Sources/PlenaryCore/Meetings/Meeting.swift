package import BigBlueButton

/// The balancer's own number of a meeting: one per creation, never used again.
package struct MeetingNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: MeetingNumber, right: MeetingNumber) -> Bool {
        left.number < right.number
    }
    package var description: String { String(number) }
}

/// Whose meeting: ids are the account's own.
package struct MeetingKey: Sendable, Hashable {
    package let account: AccountID
    package let meetingID: MeetingID

    package init(account: AccountID, meetingID: MeetingID) {
        self.account = account
        self.meetingID = meetingID
    }
}

/// The life of a meeting in the store. At most one meeting of a key is `creating` or `running`.
package enum MeetingState: String, Sendable, Hashable, CaseIterable {
    /// Written down with the server that was chosen; nobody knows yet whether it exists there.
    /// Can transition to: `running` when the server has it; `ended` when it is certain that no server does; `displaced` when
    /// its server is offline and the meeting is made elsewhere, or goes on where it was.
    case creating
    /// Acknowledged, and mapped to the server that runs it.
    /// Can transition to: `ended` when that server is found without it; `displaced` when its server is offline, or given up
    /// by an operator, and the meeting is made again elsewhere.
    case running
    /// Another meeting took its place, or it was forgotten by an operator's word; a copy may still run on its server, where it
    /// will be ended.
    /// Can transition to: `ended` when that server is found without it; back to `running` (or `creating`) when the meeting that
    /// took its place never came to be.
    case displaced
    /// Over. Kept for the record.
    case ended

    package var isLive: Bool { self == .creating || self == .running }
}

/// A meeting that is, or may be, on a server.
package struct Meeting: Sendable, Hashable {
    package let number: MeetingNumber
    package let key: MeetingKey
    package let name: String
    package let server: ServerID
    package let state: MeetingState
    /// Grows each time the key is created again; a fencing number.
    package let epoch: Int64
    /// Known once it is running.
    package let internalMeetingID: InternalMeetingID?
    package let createTime: WireTime?
    package let attendeePW: String
    package let moderatorPW: String
    /// What placement expects it to weigh.
    package let expectedLoad: Double
    /// The process that is creating it; another process may settle it only once that one is dead.
    package let creator: String
    package let createdAt: WireTime
    /// The server confirmed an `end`; whether it is gone is not known yet.
    package let isEnding: Bool
    /// What addresses of ours for this meeting are made unguessable with; `nil` for meetings of older versions.
    package let token: Secret?
    /// The caller's addresses.
    package let callbacks: CallerCallbacks
    /// Where its create sends participants who leave.
    package let logoutURL: String?
    /// The number of its voice conference, empty when nobody knows it.
    package let voiceBridge: String
    /// The meeting whose place it took: it goes on elsewhere for those who were in that one.
    package let replaces: MeetingNumber?
    /// The internal ids that its caller was told before it was moved, or made again elsewhere: they still name it.
    package let formerIDs: [InternalMeetingID]
    /// What was reserved for it; `nil`: it was made without a reservation.
    package let reserved: Reserved?
    /// Until when its connections are safe (`e`).
    package let reservedUntil: WireTime?
    /// Its connections were given to another one, for which it is being ended (`rooms-api.md` 15.6, T5).
    package let isPreempted: Bool

    /// What a meeting keeps of its reservation as long as it lives, wherever it is made again.
    package struct Reserved: Sendable, Hashable {
        /// `m`: the people that it may have.
        package let connections: Int
        /// What its caller said, for answers; 0: nothing.
        package let askedMinutes: Int

        package init(connections: Int, askedMinutes: Int) {
            self.connections = connections
            self.askedMinutes = askedMinutes
        }
    }

    package init(
        number: MeetingNumber, key: MeetingKey, name: String, server: ServerID, state: MeetingState,
        epoch: Int64,
        internalMeetingID: InternalMeetingID?, createTime: WireTime?, attendeePW: String,
        moderatorPW: String,
        expectedLoad: Double, creator: String, createdAt: WireTime, isEnding: Bool,
        token: Secret? = nil, callbacks: CallerCallbacks = .none, logoutURL: String? = nil, voiceBridge: String = "",
        replaces: MeetingNumber? = nil, formerIDs: [InternalMeetingID] = [], reserved: Reserved? = nil,
        reservedUntil: WireTime? = nil, isPreempted: Bool = false
    ) {
        self.number = number
        self.key = key
        self.name = name
        self.server = server
        self.state = state
        self.epoch = epoch
        self.internalMeetingID = internalMeetingID
        self.createTime = createTime
        self.attendeePW = attendeePW
        self.moderatorPW = moderatorPW
        self.expectedLoad = expectedLoad
        self.creator = creator
        self.createdAt = createdAt
        self.isEnding = isEnding
        self.token = token
        self.callbacks = callbacks
        self.logoutURL = logoutURL
        self.voiceBridge = voiceBridge
        self.replaces = replaces
        self.formerIDs = formerIDs
        self.reserved = reserved
        self.reservedUntil = reservedUntil
        self.isPreempted = isPreempted
    }
}
