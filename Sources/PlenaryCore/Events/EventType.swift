/// What happens on the platform and is told (`rooms-api.md` 16): `<resource>.<what>`.
package enum EventType: String, Sendable, Hashable, CaseIterable {
    case roomCreated = "room.created"
    case roomUpdated = "room.updated"
    case roomDeleted = "room.deleted"
    case sessionStarted = "session.started"
    case sessionEnded = "session.ended"
    /// By how many more or fewer the provider saw in a session since it was last asked; nobody's name.
    case participantJoined = "participant.joined"
    case participantLeft = "participant.left"
    case roomTokenCreated = "room_token.created"
    case roomTokenDeleted = "room_token.deleted"
    case roomTokenExpired = "room_token.expired"
    case recordingReady = "recording.ready"
    case recordingDeleted = "recording.deleted"
    /// Not in the specification, which wants the event and names none: it will be deleted by `record_expiration`.
    case recordingExpiring = "recording.expiring"
    case reservationCreated = "reservation.created"
    case reservationExpiring = "reservation.expiring"
    case reservationExpired = "reservation.expired"
    case reservationReleased = "reservation.released"
    case meetingPreempted = "meeting.preempted"
    case capacityRefused = "capacity.refused"
    case providerDown = "provider.down"
    case providerUp = "provider.up"
    case providerTLSInvalid = "provider.tls_invalid"
    case providerTLSExpiresSoon = "provider.tls_expires_soon"
    /// At 80 and at 100 % of a limit.
    case quotaThreshold = "quota.threshold"
    /// At 100 %.
    case quotaReached = "quota.reached"
    case subscriptionUpdated = "subscription.updated"
    case subscriptionExpired = "subscription.expired"
    case subscriptionCanceled = "subscription.canceled"
    // Not in the specification.
    /// Somebody tries a web hook; only that one is told.
    case webhookTest = "webhook.test"
    /// A web hook was switched off because nobody takes what it is told.
    case webhookDisabled = "webhook.disabled"

    /// Before the dot.
    package var resource: Substring { rawValue.prefix { $0 != "." } }
}

/// Which events a web hook is told.
package enum EventSelection: Sendable, Hashable, CustomStringConvertible {
    /// `*`: also what comes to be later.
    case everything
    /// `room.*`
    case resource(String)
    case one(EventType)

    /// - Returns: `nil` unless it is a type that exists, `<resource>.*` of one that has some, or `*`.
    package init?(_ text: String) {
        if text == "*" {
            self = .everything
        } else if let type = EventType(rawValue: text) {
            self = .one(type)
        } else if text.hasSuffix(".*"), EventType.allCases.contains(where: { $0.resource == text.dropLast(2) }) {
            self = .resource(String(text.dropLast(2)))
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .everything: "*"
        case .resource(let resource): "\(resource).*"
        case .one(let type): type.rawValue
        }
    }

    /// A test is told to nobody but the web hook that is tested.
    package func includes(_ type: EventType) -> Bool {
        guard type != .webhookTest else { return false }
        switch self {
        case .everything: return true
        case .resource(let resource): return type.resource == resource
        case .one(let wanted): return type == wanted
        }
    }
}
