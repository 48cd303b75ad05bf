package import BigBlueButton

/// What an account's calls need of its subscription and its customer while the program runs: no database is asked.
package struct Entitlement: Sendable, Hashable {
    package let subscription: SubscriptionNumber
    /// The public id, for answers.
    package let subscriptionID: String
    package let customer: CustomerNumber
    package let customerStatus: CustomerStatus
    package let life: SubscriptionLife
    package let features: FeatureSet

    package init(
        subscription: SubscriptionNumber, subscriptionID: String, customer: CustomerNumber,
        customerStatus: CustomerStatus, life: SubscriptionLife, features: FeatureSet
    ) {
        self.subscription = subscription
        self.subscriptionID = subscriptionID
        self.customer = customer
        self.customerStatus = customerStatus
        self.life = life
        self.features = features
    }

    /// Whether a session may be started, and somebody may join for the first time (`rooms-api.md` 3 and 5.3).
    package func mayStart(at now: WireTime) -> Bool { customerStatus.mayUseRooms && life.isUsable(at: now) }

    /// Whether who is in a session that runs may stay and come back: the end of the subscription leaves that alone, only a
    /// customer who may not use rooms is kept out, and who has a subscription that has not begun.
    package func mayUse(at now: WireTime) -> Bool {
        customerStatus.mayUseRooms && (life.startsAt.map { $0 <= now } ?? false)
    }

    /// Whether resources may be made: rooms, tokens, accounts.
    package func mayCreateResources(at now: WireTime) -> Bool {
        customerStatus.mayCreateResources && life.isUsable(at: now)
    }
}
