package import BigBlueButton

/// The pool from which an account's meetings get their connections (`rooms-api.md` 15.1).
package struct ConnectionPool: Sendable, Hashable {
    /// `C`; `nil`: unlimited, reservations are kept for display.
    package let capacity: Int?
    /// It is the subscription's, and all accounts of it have it together.
    package let isShared: Bool

    /// Where an account's meetings get connections from; `nil`: nothing is reserved. What a subscription sells goes before the
    /// account's own limit, which would only take from the others.
    package init?(_ limits: AccountLimits, _ entitlement: Entitlement?) {
        switch entitlement?.features.pool {
        case .connections(let connections)?: (capacity, isShared) = (connections, true)
        case .unlimited?: (capacity, isShared) = (nil, true)
        case .off?, nil:
            guard let own = limits.connections else { return nil }
            (capacity, isShared) = (own, false)
        }
    }
}

extension Account {
    package var connectionPool: ConnectionPool? { ConnectionPool(rights.limits, entitlement) }

    /// Whether meetings of another account compete with its own for connections.
    package func sharesPool(with other: Account) -> Bool {
        other.id == id
            || (connectionPool?.isShared == true && other.entitlement?.subscription == entitlement?.subscription)
    }
}

extension ReservationRequest {
    /// Within what one meeting of an account may have.
    package func capped(by limits: PolicyLimits) -> ReservationRequest {
        ReservationRequest(
            connections: min(connections, limits.mostParticipants ?? .max),
            minutes: min(minutes, limits.longestMeeting ?? .max), isExplicit: isExplicit)
    }
}

extension ReservationPool.Shortage {
    /// What the caller is told (15.4).
    package func refusal(at now: WireTime) -> Refusal {
        var message = "\(asked) connections were requested; "
        var details = [Refusal.Detail("availableConnections", available)]
        if exceedsPool {
            message += "there are never more than \(pool)."
        } else if let until, let seconds = retryAfter(from: now) {
            message += "\(available) of \(pool) are free until \(until.timestamp)."
            details.append(Refusal.Detail("retryAfter", seconds))
        } else {
            message += "\(available) of \(pool) are free."
        }
        return Refusal(exceedsPool ? .connectionLimitExceeded : .noConnectionsAvailable, message, details: details)
    }
}
