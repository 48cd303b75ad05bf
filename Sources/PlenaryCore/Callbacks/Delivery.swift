package import BigBlueButton

/// The number of something to be told to a caller.
package struct DeliveryID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: DeliveryID, right: DeliveryID) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// One event that a caller is told, until it is acknowledged (ARCHITECTURE decision 10).
package struct Delivery: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case end, ended, recording, analytics, hook
    }

    package enum State: String, Sendable, Hashable, CaseIterable {
        /// Can transition to: `delivered` when the receiver says 2xx (or that it does not want it any more); `parked` when
        /// patience ends.
        case waiting
        /// Acknowledged. Never sent again by itself.
        case delivered
        /// Given up. Can transition to: `waiting` by an operator's word; `delivered` when it was under way and is
        /// acknowledged after all.
        case parked
    }

    package let id: DeliveryID
    package let account: AccountID
    package let kind: Kind
    package let meeting: MeetingNumber?
    /// The caller's address.
    package let url: String
    /// What is sent, in the form of its kind: see `Courier`. Of events and analytics, which are long, it is dropped once they
    /// are acknowledged.
    package let payload: String
    /// The secret that signed the call which asked for it.
    package let secret: Int64?
    package let state: State
    package let attempts: Int
    /// Of these, how many were answered with an error, and when that was the first time.
    package let answers: Int
    package let answeredSince: WireTime?
    package let dueAt: WireTime
    /// What became of the last try, in words without addresses.
    package let lastResult: String?
    package let createdAt: WireTime
    package let deliveredAt: WireTime?

    package init(
        id: DeliveryID, account: AccountID, kind: Kind, meeting: MeetingNumber?, url: String, payload: String,
        secret: Int64?, state: State, attempts: Int, answers: Int = 0, answeredSince: WireTime? = nil, dueAt: WireTime,
        lastResult: String?, createdAt: WireTime, deliveredAt: WireTime?
    ) {
        self.id = id
        self.account = account
        self.kind = kind
        self.meeting = meeting
        self.url = url
        self.payload = payload
        self.secret = secret
        self.state = state
        self.attempts = attempts
        self.answers = answers
        self.answeredSince = answeredSince
        self.dueAt = dueAt
        self.lastResult = lastResult
        self.createdAt = createdAt
        self.deliveredAt = deliveredAt
    }
}

extension DeliveryID {
    /// How its receiver sees it.
    package func reference(key: Secret) -> String { ConcealedNumber.conceal(number, for: "delivery", key: key) }
}
