/// Why the platform does not do what was asked about a customer, a package or a subscription. Each is one word of the catalogue
/// of errors (`rooms-api.md` 17).
package enum CommerceFault: Error, Sendable, Hashable {
    package enum Resource: String, Sendable, Hashable { case customer, account, soldPackage = "package", subscription }

    /// 404 `not_found`; what a request refers to is 422.
    case notFound(Resource)
    /// Another customer has that e-mail address, external id, hostname or subdomain already: the member's name.
    case taken(field: String)
    /// 409 `not_deletable`
    case notDeletable(Obstacle)
    /// 409 `package_unavailable`: it is retired or inactive.
    case packageUnavailable
    /// The type of service is copied into subscriptions: it stays while there is one.
    case serviceTypeInUse
    /// 409 `feature_exists`
    case featureExists(FeatureCode)
    case noFeature(FeatureCode)
    /// 403 `limit_exceeded`
    case limitExceeded(QuotaRefusal)
    /// 403 `subscription_unusable`
    case subscriptionUnusable
    /// 403: the customer may not make resources.
    case customerMayNotCreate(CustomerStatus)
    /// The account has another subscription: its number.
    case accountBound(SubscriptionNumber)

    /// What stands in the way of a deletion.
    package enum Obstacle: Sendable, Hashable {
        /// A customer must be terminated first.
        case customerIs(CustomerStatus)
        /// A subscription must be inactive first.
        case subscriptionIs(SubscriptionLife.Status)
        case hasAccounts(Int)
        case hasSubscriptions(Int)
    }
}
