package import BigBlueButton

package struct WebhookNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: WebhookNumber, right: WebhookNumber) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// What may be changed about a web hook.
package struct WebhookDetails: Sendable, Hashable {
    /// Where events are sent. It may hold what only its owner should know: it never goes into a log.
    package var url: String
    /// One at least.
    package var events: [EventSelection]
    package var description: String?
    package var isActive: Bool

    package init(url: String, events: [EventSelection], description: String? = nil, isActive: Bool = true) {
        self.url = url
        self.events = events
        self.description = description
        self.isActive = isActive
    }

    package static let mostEvents = 50
    package static let longestDescription = 500
}

/// An address that is told what happens (`rooms-api.md` 16).
package struct Webhook: Sendable, Hashable {
    /// Why it was switched off by itself.
    package enum SwitchOff: String, Sendable, Hashable, CaseIterable {
        /// It failed for ``WebhookSchedule/patience``.
        case failing
        /// It answered 410.
        case gone
    }

    package let number: WebhookNumber
    package let identity: ResourceIdentity
    /// `nil`: the platform's, which is told what happens to everybody.
    package let owner: EventOwner?
    package let details: WebhookDetails
    /// Since when nothing was taken; `nil`: the last was.
    package let failingSince: WireTime?
    package let switchedOffAt: WireTime?
    package let switchedOff: SwitchOff?
    package let createdAt: WireTime
    package let updatedAt: WireTime

    package init(
        number: WebhookNumber, identity: ResourceIdentity, owner: EventOwner?, details: WebhookDetails,
        failingSince: WireTime? = nil, switchedOffAt: WireTime? = nil, switchedOff: SwitchOff? = nil,
        createdAt: WireTime, updatedAt: WireTime
    ) {
        self.number = number
        self.identity = identity
        self.owner = owner
        self.details = details
        self.failingSince = failingSince
        self.switchedOffAt = switchedOffAt
        self.switchedOff = switchedOff
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Of one owner: each event is written down once for each that wants it.
    package static let mostOfOneOwner = 20
    /// Of one that takes nothing: everybody's turn is looked for among all that wait.
    package static let mostWaiting = 10_000
    /// How long both sign when the secret is another one.
    package static let rotationTime = Duration.seconds(86_400)
}

/// There are as many as there may be.
package struct WebhookLimit: Error, Sendable, Hashable {
    package init() {}
}
