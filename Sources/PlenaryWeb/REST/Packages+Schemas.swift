internal import PlenaryCore

/// What `/packages` takes and answers (`rooms-api.md` 5.2).
enum PackageSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "Package": JSONSchema.resource("ServicePackage", settable() + included, example: example),
        "PackageList": JSONSchema.page(of: "Package", example: example),
        "NewPackage": JSONSchema.request(
            takenSettable(nameIsRequired: true)
                + [Member("features", JSONSchema.list(of: JSONSchema.named("NewFeature"), "Each code at most once."))],
            example: newExample),
        "PackageChange": JSONSchema.change(
            takenSettable(nameIsRequired: false), example: ["retired": true, "tier": 2]),
        "PackageFeature": JSONSchema.resource(
            "PackageFeature",
            [
                Member("code", FeatureSchemas.code), Member("name", JSONSchema.text()),
                Member("value", FeatureSchemas.value),
            ], hasIdentity: false, example: featureExample),
        "PackageFeatureList": JSONSchema.page(of: "PackageFeature", example: featureExample),
    ]

    static let serviceTypes = ServiceType.allCases.map(\.rawValue)
    static let intervals = PeriodUnit.allCases.map(\.rawValue)

    /// Periods, which packages and subscriptions have.
    static let periods: [JSONSchema.Member] = [
        JSONSchema.Member("trial_period", JSONSchema.integer("Before the first period; 0: none.", 0...Period.most)),
        JSONSchema.Member("trial_interval", JSONSchema.choice(intervals)),
        JSONSchema.Member("grace_period", JSONSchema.integer("Use after the end; 0: none.", 0...Period.most)),
        JSONSchema.Member("grace_interval", JSONSchema.choice(intervals)),
        JSONSchema.Member(
            "periodicity", JSONSchema.integer("What one renewal adds; 0: it does not end.", 0...Period.most)),
        JSONSchema.Member("periodicity_type", JSONSchema.choice(intervals)),
    ]

    static let tier = JSONSchema.nullable(
        JSONSchema.number("The order for up- and downgrades, because prices may mislead."))

    /// What is answered as it was set.
    private static func settable() -> [Member] {
        var members: [Member] = [
            Member("name", JSONSchema.text(least: 1, longest: 200)),
            Member("short_description", JSONSchema.text(longest: 500)),
            Member("description", JSONSchema.text(longest: 5_000)),
            Member("service_type", JSONSchema.choice(serviceTypes, "Fixed as soon as there is a subscription.")),
            Member("status", JSONSchema.choice(PackageDetails.Status.allCases.map(\.rawValue))),
            Member("hidden", JSONSchema.bool("Not shown for sale.")),
            Member("retired", JSONSchema.bool("Existing subscriptions go on, no new ones.")),
            Member("price", JSONSchema.price()), Member("signup_fee", JSONSchema.price()),
            Member("currency", JSONSchema.currency()), Member("tier", tier),
        ]
        members += periods
        members += [
            Member("package_settings", JSONSchema.settings("None yet; what is given is ignored.")),
            Member("package_metadata", JSONSchema.metadata),
        ]
        return members
    }

    /// The same as it may be given: some of it may be set back by `null`.
    private static func takenSettable(nameIsRequired: Bool) -> [Member] {
        let empties: Set<String> = ["short_description", "description", "package_settings", "package_metadata"]
        return settable().map { member in
            Member(
                member.name, empties.contains(member.name) ? JSONSchema.nullable(member.schema) : member.schema,
                required: nameIsRequired && member.name == "name")
        }
    }

    private static let included: [Member] = [
        Member(
            "features",
            JSONSchema.list(
                of: JSONSchema.object([
                    Member("code", FeatureSchemas.code, required: true),
                    Member("value", FeatureSchemas.value, required: true),
                ]), "With include=features.")),
        Member("providers", JSONSchema.list(of: ProviderSchemas.included, "With include=providers.")),
    ]

    private static let featureExample: JSON = [
        "object": "PackageFeature", "code": "max_rooms", "name": "Max Rooms", "value": 20,
    ]

    private static let newExample: JSON = [
        "name": "Meet Standard", "short_description": "20 connections", "service_type": "meet", "price": "14.99",
        "currency": "EUR", "tier": 1, "grace_period": 7, "grace_interval": "day",
        "features": [["code": "max_rooms", "value": 20], ["code": "recording", "value": true]],
    ]

    private static let example: JSON = [
        "object": "ServicePackage", "id": "pG5cNy6RjM", "uuid": "c0a1d7d2-9a0c-4f5e-8a57-0b6f5f1f6e11",
        "ulid": "01JPKS0A1B2C3D4E5F6G7H8J9K", "name": "Meet Standard", "short_description": "20 connections",
        "description": "", "service_type": "meet", "status": "active", "hidden": false, "retired": false,
        "price": "14.99", "signup_fee": "0.00", "currency": "EUR", "tier": 1, "trial_period": 0,
        "trial_interval": "day", "grace_period": 7, "grace_interval": "day", "periodicity": 1,
        "periodicity_type": "month", "package_settings": [:], "package_metadata": [:],
        "created_at": "2026-03-01T07:30:00Z", "updated_at": "2026-03-01T07:30:00Z",
    ]
}
