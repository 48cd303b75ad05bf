internal import PlenaryCore

/// What `/subscriptions` takes and answers (`rooms-api.md` 5.3).
enum SubscriptionSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "Subscription": JSONSchema.resource("Subscription", answered(), example: example),
        "SubscriptionList": JSONSchema.page(of: "Subscription", example: example),
        "NewSubscription": JSONSchema.request(ordered(), example: newExample),
        "SubscriptionChange": JSONSchema.change(changed(), example: ["status": "inactive"]),
        "Renewal": JSONSchema.request(
            [
                Member("cycles", JSONSchema.integer("Periods; 1 unless told.", 1...SubscriptionLife.mostCycles)),
                Member("uncancel", JSONSchema.bool("Take a cancellation back first.")),
            ], example: ["cycles": 1, "uncancel": false]),
        "Cancellation": JSONSchema.request(
            [Member("cancel_now", JSONSchema.bool("At once, not with what is paid for."))],
            example: ["cancel_now": false]),
        "SubscriptionFeature": feature,
        "SubscriptionFeatureList": JSONSchema.page(of: "SubscriptionFeature", example: featureExample),
        "FeatureSyncOrder": JSONSchema.request(
            [Member("dry_run", JSONSchema.bool("Only tell what would change."))], example: ["dry_run": true]),
        "FeatureSync": sync,
    ]

    private static let statuses = SubscriptionLife.Status.allCases.map(\.rawValue)

    private static let texts: [Member] = [
        Member("name", JSONSchema.text(least: 1, longest: 200)),
        Member("description", JSONSchema.text(longest: 5_000)),
    ]

    private static func answered() -> [Member] {
        var members: [Member] = [Member("tag", JSONSchema.text("For people; unique.", least: 8, longest: 8))]
        members += texts
        members += [
            Member("package_id", JSONSchema.identifier()),
            Member("subscriber_id", JSONSchema.identifier("The customer.")),
            Member("service_type", JSONSchema.choice(PackageSchemas.serviceTypes, "Copied from the package.")),
            Member("status", JSONSchema.choice(statuses)),
            Member("is_active", JSONSchema.bool("Now is inside of trial, paid time or grace, and it is not canceled.")),
            Member("starts_at", JSONSchema.nullable(JSONSchema.time())),
            Member("ends_at", JSONSchema.nullable(JSONSchema.time("null: it does not end by itself."))),
            Member("cancels_at", JSONSchema.nullable(JSONSchema.time("When a cancellation takes effect."))),
            Member("canceled_at", JSONSchema.nullable(JSONSchema.time("When that was said."))),
            Member("trial_ends_at", JSONSchema.nullable(JSONSchema.time())),
        ]
        members += PackageSchemas.periods
        members += [
            Member("tier", PackageSchemas.tier), Member("price", JSONSchema.price()),
            Member("currency", JSONSchema.currency()), Member("subscription_metadata", JSONSchema.metadata),
        ]
        members += included
        return members
    }

    private static let included: [Member] = [
        Member(
            "features",
            JSONSchema.list(
                of: JSONSchema.object([
                    Member("code", FeatureSchemas.code, required: true),
                    Member("value", FeatureSchemas.value, required: true), Member("source", source, required: true),
                ]), "With include=features.")),
        Member("usage", JSONSchema.list(of: JSONSchema.named("SubscriptionFeature"), "With include=usage.")),
        Member("providers", JSONSchema.list(of: ProviderSchemas.included, "With include=providers.")),
        Member("accounts", JSONSchema.list(of: JSONSchema.object([]), "With include=accounts.")),
        Member("package", JSONSchema.named("Package")),
        Member("customer", JSONSchema.nullable(JSONSchema.named("Customer"))),
    ]

    /// What a customer's own may change as well.
    private static let labels: [Member] = [
        texts[0], Member("description", JSONSchema.nullable(texts[1].schema)),
        Member("subscription_metadata", JSONSchema.nullable(JSONSchema.metadata)),
    ]

    private static func ordered() -> [Member] {
        var members: [Member] = [
            Member("package_id", JSONSchema.reference("The package"), required: true),
            Member("subscriber_id", JSONSchema.reference("The customer"), required: true),
            Member("name", JSONSchema.nullable(texts[0].schema)), labels[1], labels[2],
            Member("starts_at", JSONSchema.nullable(JSONSchema.givenTime("00:00:00 UTC of today unless told."))),
            Member("ends_at", JSONSchema.nullable(JSONSchema.givenTime("After one period unless told."))),
        ]
        members += PackageSchemas.periods
        members += [
            Member("tier", PackageSchemas.tier), Member("price", JSONSchema.nullable(JSONSchema.price())),
            Member("currency", JSONSchema.nullable(JSONSchema.currency())),
        ]
        return members
    }

    private static func changed() -> [Member] {
        var members: [Member] = labels
        members += [
            Member("status", JSONSchema.choice(statuses)),
            Member("starts_at", JSONSchema.nullable(JSONSchema.givenTime("When it begins."))),
            Member("ends_at", JSONSchema.nullable(JSONSchema.givenTime("When what is paid for ends."))),
            Member("trial_ends_at", JSONSchema.nullable(JSONSchema.givenTime("When the trial ends."))),
            Member("cancels_at", ["type": "null", "description": "Takes a cancellation back."]),
        ]
        members += PackageSchemas.periods
        members += [
            Member("tier", PackageSchemas.tier), Member("price", JSONSchema.price()),
            Member("currency", JSONSchema.currency()),
        ]
        return members
    }

    // MARK: features

    private static let source = JSONSchema.choice(
        ["package", "subscription"], "Whether it was copied, or set for this subscription.")

    private static let feature = JSONSchema.resource(
        "SubscriptionFeature",
        [
            Member("code", FeatureSchemas.code), Member("name", JSONSchema.text()),
            Member("value", FeatureSchemas.value), Member("source", source),
            Member("used", JSONSchema.nullable(JSONSchema.integer("null: nothing is counted.", 0...Int(Int32.max)))),
            Member(
                "remaining", JSONSchema.nullable(JSONSchema.integer("null: without a limit.", 0...Int(Int32.max)))),
            Member("resets_at", JSONSchema.nullable(JSONSchema.time())),
        ], hasIdentity: false, example: featureExample)

    private static let sync = JSONSchema.object(
        [
            Member("object", JSONSchema.constant("FeatureSync"), required: true),
            Member("dry_run", JSONSchema.bool("Nothing was changed."), required: true),
            Member(
                "differences",
                JSONSchema.list(
                    of: JSONSchema.object([
                        Member("code", FeatureSchemas.code, required: true),
                        Member("change", JSONSchema.choice(["added", "changed", "removed"]), required: true),
                        Member("from", JSONSchema.nullable(FeatureSchemas.value), required: true),
                        Member("to", JSONSchema.nullable(FeatureSchemas.value), required: true),
                    ])), required: true),
        ],
        example: [
            "object": "FeatureSync", "dry_run": true,
            "differences": [["code": "max_rooms", "change": "changed", "from": 30, "to": 20]],
        ])

    // MARK: examples

    private static let featureExample: JSON = [
        "object": "SubscriptionFeature", "code": "max_rooms", "name": "Max Rooms", "value": 20,
        "source": "subscription", "used": 7, "remaining": 13, "resets_at": .null,
    ]

    private static let newExample: JSON = [
        "package_id": "pG5cNy6RjM", "subscriber_id": "c8Wq2TnKpX", "starts_at": "2026-03-01",
        "subscription_metadata": ["purchase_order": "PO-17"],
    ]

    private static let example: JSON = [
        "object": "Subscription", "id": "sB9xHt3LwV", "uuid": "b7cecfb2-2bf4-4628-91e1-18dea2fd40bc",
        "ulid": "01JPKS1Q2R3S4T5V6W7X8Y9Z0A", "tag": "jkgqmnmj", "name": "Meet Standard - jkgqmnmj",
        "description": "", "package_id": "pG5cNy6RjM", "subscriber_id": "c8Wq2TnKpX", "service_type": "meet",
        "status": "active", "is_active": true, "starts_at": "2026-03-01T00:00:00Z",
        "ends_at": "2026-04-01T00:00:00Z", "cancels_at": .null, "canceled_at": .null, "trial_period": 0,
        "trial_interval": "day", "trial_ends_at": .null, "grace_period": 7, "grace_interval": "day",
        "periodicity": 1, "periodicity_type": "month", "tier": 1, "price": "14.99", "currency": "EUR",
        "subscription_metadata": [:], "created_at": "2026-03-01T08:00:00Z", "updated_at": "2026-03-01T08:00:00Z",
    ]
}
