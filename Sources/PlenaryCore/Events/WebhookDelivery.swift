package import BigBlueButton

/// An event that a web hook is told, until it is taken.
package struct WebhookDelivery: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// Can transition to: `delivered` on 2xx; `dead` after the last try, or when the web hook is switched off.
        case waiting
        /// Can transition to: `waiting` by somebody's word.
        case delivered
        /// Can transition to: `waiting` by somebody's word.
        case dead
    }

    package let number: Int64
    package let id: String
    package let ulid: String
    package let eventID: String
    package let type: EventType
    package let state: State
    package let attempts: Int
    /// When it is tried next, while it waits.
    package let dueAt: WireTime
    /// Of the last answer; `nil`: there was none.
    package let lastStatus: Int?
    /// What became of the last try, in words without addresses.
    package let lastResult: String?
    package let createdAt: WireTime
    /// When it was taken, or given up.
    package let doneAt: WireTime?

    package init(
        number: Int64, id: String, ulid: String, eventID: String, type: EventType, state: State, attempts: Int,
        dueAt: WireTime, lastStatus: Int?, lastResult: String?, createdAt: WireTime, doneAt: WireTime?
    ) {
        self.number = number
        self.id = id
        self.ulid = ulid
        self.eventID = eventID
        self.type = type
        self.state = state
        self.attempts = attempts
        self.dueAt = dueAt
        self.lastStatus = lastStatus
        self.lastResult = lastResult
        self.createdAt = createdAt
        self.doneAt = doneAt
    }
}
