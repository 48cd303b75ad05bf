/// The catalogue of errors (`rooms-api.md` 17): the last segment of a problem's type, and what programs compare.
package enum ProblemCode: String, Sendable, Hashable, CaseIterable {
    // 400
    case malformedJSON = "malformed_json"
    case badRequest = "bad_request"
    // 401
    case unauthenticated
    case tokenRequired = "token_required"
    case accessCodeRequired = "access_code_required"
    // 403
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
    // 404 to 406
    case notFound = "not_found"
    case roomNotFound = "room_not_found"
    case methodNotAllowed = "method_not_allowed"
    case notAcceptable = "not_acceptable"
    // 409
    case roomInUse = "room_in_use"
    case roomFull = "room_full"
    case notRunning = "not_running"
    case capacityExhausted = "capacity_exhausted"
    case codeNotUnique = "code_not_unique"
    case featureExists = "feature_exists"
    case tokenIsAutomatic = "token_is_automatic"
    case ownerRequired = "owner_required"
    case notDeletable = "not_deletable"
    case providerInUse = "provider_in_use"
    case providerIsDefault = "provider_is_default"
    case providerActive = "provider_active"
    case packageUnavailable = "package_unavailable"
    case subscriptionCanceled = "subscription_canceled"
    case idempotencyInProgress = "idempotency_in_progress"
    // 410 to 415
    case roomGone = "room_gone"
    case preconditionFailed = "precondition_failed"
    case bodyTooLarge = "body_too_large"
    case uriTooLong = "uri_too_long"
    case unsupportedMediaType = "unsupported_media_type"
    // 422
    case validationFailed = "validation_failed"
    case invalidQuery = "invalid_query"
    case nameRequired = "name_required"
    case consentRequired = "consent_required"
    case joinIncomplete = "join_incomplete"
    case idempotencyKeyReused = "idempotency_key_reused"
    case providerUnreachable = "provider_unreachable"
    case providerTLSInvalid = "provider_tls_invalid"
    case providerSecretInvalid = "provider_secret_invalid"
    case providerVersionUnsupported = "provider_version_unsupported"
    case providerServiceTypeMismatch = "provider_service_type_mismatch"
    case providerNotInPackage = "provider_not_in_package"
    case userNotOfCustomer = "user_not_of_customer"
    case emailDomainNotAllowed = "email_domain_not_allowed"
    // 426 and later
    case httpsRequired = "https_required"
    case rateLimited = "rate_limited"
    case internalError = "internal_error"
    case providerError = "provider_error"
    case providerUnavailable = "provider_unavailable"
    case maintenance
    case providerTimeout = "provider_timeout"

    /// The status of the answer.
    package var status: Int {
        switch self {
        case .malformedJSON, .badRequest: 400
        case .unauthenticated, .tokenRequired, .accessCodeRequired: 401
        case .forbidden, .ownPermissions, .tokenInvalid, .tokenExpired, .tokenUsedUp, .accessCodeInvalid,
            .accessCodeExpired, .roomInactive, .roomNotOpen, .guestsNotAllowed, .featureNotAvailable,
            .subscriptionUnusable, .customerSuspended, .limitExceeded:
            403
        case .notFound, .roomNotFound: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .roomInUse, .roomFull, .notRunning, .capacityExhausted, .codeNotUnique, .featureExists,
            .tokenIsAutomatic, .ownerRequired, .notDeletable, .providerInUse, .providerIsDefault, .providerActive,
            .packageUnavailable, .subscriptionCanceled, .idempotencyInProgress:
            409
        case .roomGone: 410
        case .preconditionFailed: 412
        case .bodyTooLarge: 413
        case .uriTooLong: 414
        case .unsupportedMediaType: 415
        case .validationFailed, .invalidQuery, .nameRequired, .consentRequired, .joinIncomplete,
            .idempotencyKeyReused, .providerUnreachable, .providerTLSInvalid, .providerSecretInvalid,
            .providerVersionUnsupported, .providerServiceTypeMismatch, .providerNotInPackage, .userNotOfCustomer,
            .emailDomainNotAllowed:
            422
        case .httpsRequired: 426
        case .rateLimited: 429
        case .internalError: 500
        case .providerError: 502
        case .providerUnavailable, .maintenance: 503
        case .providerTimeout: 504
        }
    }

    /// The URI of its type; a page there explains it (`rooms-api.md` 2.8).
    ///
    /// - Parameter base: the public address of the platform, without a slash at its end.
    package func type(base: String) -> String { "\(base)/problems/\(rawValue)" }
}
