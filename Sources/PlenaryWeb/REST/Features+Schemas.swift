internal import PlenaryCore

/// What `/features` answers, and features in the bodies of packages and subscriptions (`rooms-api.md` 5.1).
enum FeatureSchemas {
    static let all: [String: JSON] = [
        "Feature": feature, "FeatureList": JSONSchema.page(of: "Feature", example: example),
        "NewFeature": JSONSchema.request(
            [
                JSONSchema.Member("code", code, required: true),
                JSONSchema.Member("value", givenValue, required: true),
            ], example: ["code": "max_rooms", "value": 20]),
        "FeatureChange": JSONSchema.request(
            [JSONSchema.Member("code", code), JSONSchema.Member("value", givenValue, required: true)],
            example: ["value": 30]),
    ]

    static let code = JSONSchema.choice(FeatureCode.allCases.map(\.rawValue))

    /// As it is answered.
    static let value: JSON = [
        "description": "A whole number or \"unlimited\", or true or false, as the kind of the feature is.",
        "anyOf": .list([
            JSONSchema.integer(nil, 0...FeatureValue.most), JSONSchema.bool(), JSONSchema.constant("unlimited"),
        ]),
    ]

    /// As it may be given.
    static let givenValue: JSON = [
        "description": """
        A whole number or "unlimited", or true or false, as the kind of the feature is. true is taken for "unlimited" where a \
        number belongs; 0 never means unlimited.
        """,
        "anyOf": .list([
            JSONSchema.integer(nil, 0...FeatureValue.most), JSONSchema.bool(), JSONSchema.constant("unlimited"),
        ]),
    ]

    private static let feature = JSONSchema.resource(
        "Feature",
        [
            JSONSchema.Member("code", code), JSONSchema.Member("name", JSONSchema.text()),
            JSONSchema.Member("description", JSONSchema.text()),
            JSONSchema.Member("kind", JSONSchema.choice(["int", "bool"])),
            JSONSchema.Member("field_suffix", JSONSchema.nullable(JSONSchema.text("What a number counts."))),
            JSONSchema.Member(
                "aggregation_type",
                JSONSchema.nullable(
                    JSONSchema.choice(["count_agg", "sum_agg", "max_agg", "unique_count_agg"]))),
            JSONSchema.Member("quota", JSONSchema.bool("It caps something.")),
            JSONSchema.Member("consumable", JSONSchema.bool("A counter is kept of it.")),
            JSONSchema.Member("room", JSONSchema.bool("A room may customise it.")),
            JSONSchema.Member(
                "periodicity_type", JSONSchema.nullable(JSONSchema.choice(["daily", "weekly", "monthly"]))),
            JSONSchema.Member("periodicity", JSONSchema.integer("0: its counter is never set back.", 0...1_000)),
            JSONSchema.Member("feature_settings", JSONSchema.settings("None yet.")),
            JSONSchema.Member("feature_metadata", JSONSchema.metadata),
        ], hasIdentity: false, example: example)

    private static let example: JSON = [
        "object": "Feature", "code": "max_rooms", "name": "Max Rooms",
        "description": "Rooms over all accounts of the subscription.", "kind": "int", "field_suffix": "rooms",
        "aggregation_type": "count_agg", "quota": true, "consumable": true, "room": false, "periodicity_type": .null,
        "periodicity": 0, "feature_settings": [:], "feature_metadata": [:],
    ]
}
