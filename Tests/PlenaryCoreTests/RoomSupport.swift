import BigBlueButton

@testable import PlenaryCore

/// What tests of rooms share.
enum RoomSamples {
    /// 2026-03-01T10:00:00Z
    static let now = WireTime(milliseconds: 1_772_359_200_000)
    static let origin = "https://rooms.example"

    static func minutes(_ minutes: Int) -> WireTime { now.advanced(by: .seconds(minutes * 60)) }

    static func room(_ details: RoomDetails = RoomDetails(name: "Business Meeting"), type: RoomType = .meet) -> Room {
        Room(
            number: RoomNumber(1),
            identity: made(
                ResourceIdentity(
                    id: "u6Yh3DkQ9w", uuid: "0b8f5c1e-6d2a-4a58-9a51-2c7d3e9f1b44",
                    ulid: "01JPKS3M7R9V0T2X4Z6B8D0F1H")),
            account: .default, accountID: "aK4mZr7PdQ", customerID: "c8Wq2TnKpX", subscriptionID: "sB9xHt3LwV",
            type: type, details: details, createdAt: now, updatedAt: now)
    }

    static let tokenText = made(RoomTokenText("Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e"))

    static func token(
        _ role: RoomRole, expiresAt: WireTime? = nil, displayName: String? = nil, maxUses: Int? = nil,
        useCount: Int = 0, isAutomatic: Bool = false, number: Int64 = 1
    ) -> RoomToken {
        RoomToken(
            number: RoomTokenNumber(number), id: "t7QmXc4ZrB", text: tokenText,
            details: RoomTokenDetails(role: role, expiresAt: expiresAt, displayName: displayName, maxUses: maxUses),
            useCount: useCount, isAutomatic: isAutomatic, createdAt: now)
    }

    static func code(_ number: Int64, _ role: RoomRole, _ text: String, expiresAt: WireTime? = nil) -> RoomAccessCode {
        RoomAccessCode(
            number: RoomCodeNumber(number), id: "k3PnVd9HsG", text: made(RoomCodeText(text)), role: role,
            expiresAt: expiresAt, createdAt: now)
    }

    /// A subscription that is paid for the whole of March 2026.
    static func entitlement(
        customer: CustomerStatus = .active, status: SubscriptionLife.Status = .active,
        endsAt: String = "2026-04-01", features: FeatureSet = .empty
    ) -> Entitlement {
        Entitlement(
            subscription: SubscriptionNumber(1), subscriptionID: "sB9xHt3LwV", customer: CustomerNumber(1),
            customerStatus: customer,
            life: SubscriptionLife(
                status: status, startsAt: made(WireTime(timestamp: "2026-02-01")),
                endsAt: made(WireTime(timestamp: endsAt)), trialEndsAt: nil, cancelsAt: nil, canceledAt: nil,
                trial: .zero, grace: .zero, periodicity: .month),
            features: features)
    }
}
