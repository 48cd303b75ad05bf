/// The problems that rules of rooms give, by their stable codes (`rooms-api.md` 17). Those of single members are ``RoomFault``.
package enum RoomProblem: String, Error, Sendable, Hashable, CaseIterable {
    case tokenRequired = "token_required"
    case accessCodeRequired = "access_code_required"

    case forbidden
    case ownPermissions = "own_permissions"
    case tokenInvalid = "token_invalid"
    case tokenExpired = "token_expired"
    case tokenUsedUp = "token_used_up"
    case accessCodeInvalid = "access_code_invalid"
    case accessCodeExpired = "access_code_expired"
    case roomInactive = "room_inactive"
    case roomNotOpen = "room_not_open"
    case guestsNotAllowed = "guests_not_allowed"
    case featureNotAvailable = "feature_not_available"
    case subscriptionUnusable = "subscription_unusable"
    case customerSuspended = "customer_suspended"
    case limitExceeded = "limit_exceeded"

    case notFound = "not_found"
    case roomNotFound = "room_not_found"

    case roomInUse = "room_in_use"
    case roomFull = "room_full"
    case notRunning = "not_running"
    case capacityExhausted = "capacity_exhausted"
    case codeNotUnique = "code_not_unique"
    case tokenIsAutomatic = "token_is_automatic"
    case ownerRequired = "owner_required"

    case roomGone = "room_gone"

    case validationFailed = "validation_failed"
    case nameRequired = "name_required"
    case consentRequired = "consent_required"
    case joinIncomplete = "join_incomplete"
    case userNotOfCustomer = "user_not_of_customer"
    case emailDomainNotAllowed = "email_domain_not_allowed"

    case rateLimited = "rate_limited"
    case providerUnavailable = "provider_unavailable"

    /// Of the HTTP answer.
    package var status: Int {
        switch self {
        case .tokenRequired, .accessCodeRequired: 401
        case .forbidden, .ownPermissions, .tokenInvalid, .tokenExpired, .tokenUsedUp, .accessCodeInvalid,
            .accessCodeExpired, .roomInactive, .roomNotOpen, .guestsNotAllowed, .featureNotAvailable,
            .subscriptionUnusable, .customerSuspended, .limitExceeded:
            403
        case .notFound, .roomNotFound: 404
        case .roomInUse, .roomFull, .notRunning, .capacityExhausted, .codeNotUnique, .tokenIsAutomatic,
            .ownerRequired:
            409
        case .roomGone: 410
        case .validationFailed, .nameRequired, .consentRequired, .joinIncomplete, .userNotOfCustomer,
            .emailDomainNotAllowed:
            422
        case .rateLimited: 429
        case .providerUnavailable: 503
        }
    }
}
