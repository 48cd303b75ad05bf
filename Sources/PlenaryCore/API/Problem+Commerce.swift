extension Problem {
    /// - Parameter fault: about the resource of the path, or about what the body refers to.
    package init(of fault: CommerceFault) {
        switch fault {
        case .notFound(let resource): self.init(.notFound, "There is no such \(resource.rawValue).")
        case .taken(let field):
            self = .invalid([RequestFault(field, .notUnique, "Another customer has this \(field).")])
        case .notDeletable(let obstacle): self.init(.notDeletable, Self.detail(obstacle))
        case .packageUnavailable: self.init(.packageUnavailable)
        case .serviceTypeInUse:
            self = .invalid([
                RequestFault("service_type", .readOnly, "It does not change while there are subscriptions.")
            ])
        case .featureExists(let code): self.init(.featureExists, "The feature \(code.rawValue) is there already.")
        case .noFeature(let code): self.init(.notFound, "The feature \(code.rawValue) is not there.")
        case .limitExceeded(let refusal): self.init(of: refusal)
        case .subscriptionUnusable: self.init(.subscriptionUnusable)
        case .customerMayNotCreate(let status):
            self.init(
                status == .suspended ? .customerSuspended : .forbidden, "The customer is \(status.rawValue).")
        case .accountBound:
            self = .invalid([RequestFault("subscription_id", .readOnly, "The account has another subscription.")])
        }
    }

    /// 403 `limit_exceeded` or 409 `capacity_exhausted`, with the limit (`rooms-api.md` 14).
    ///
    /// - Parameter subscriptionID: whose limit it is, where that is known.
    package init(of refusal: QuotaRefusal, subscriptionID: String? = nil) {
        let limit: JSON = [
            "code": .text(refusal.code.rawValue), "value": .integer(refusal.value), "used": .integer(refusal.used),
            "requested": .integer(refusal.requested), "scope": "subscription", "subscription_id": JSON(subscriptionID),
        ]
        self.init(
            ProblemCode(rawValue: refusal.problem) ?? .limitExceeded,
            Self.detail(refusal),
            members: [JSON.Member("limit", limit)])
    }

    private static func detail(_ refusal: QuotaRefusal) -> String {
        switch refusal.code {
        case .maxAccounts, .maxRooms:
            let unit = refusal.code.feature.unit
            let counted = refusal.value == 1 ? String(unit.dropLast()) : unit
            let exist = refusal.used == 1 ? "exists" : "exist"
            return "The subscription allows \(refusal.value) \(counted); \(refusal.used) \(exist)."
        default: return "The limit of \(refusal.code.rawValue) is \(refusal.value); \(refusal.used) are used."
        }
    }

    private static func detail(_ obstacle: CommerceFault.Obstacle) -> String {
        switch obstacle {
        case .customerIs(let status): "The customer is \(status.rawValue); it must be terminated first."
        case .subscriptionIs(let status): "The subscription is \(status.rawValue); it must be inactive first."
        case .hasAccounts(let count): "It has \(count) accounts."
        case .hasSubscriptions(let count): "It has \(count) subscriptions."
        }
    }
}
