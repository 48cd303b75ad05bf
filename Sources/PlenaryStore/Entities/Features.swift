internal import PlenaryCore

/// Features of packages and of subscriptions: two tables of one shape.
enum FeatureRows {
    /// Kind and number of a value, as columns.
    static func columns(of value: FeatureValue) -> (kind: SQLValue, number: SQLValue) {
        switch value {
        case .integer(let number): ("count", .integer(Int64(number)))
        case .unlimited: ("unlimited", .null)
        case .bool(let bool): ("flag", .integer(bool ? 1 : 0))
        }
    }

    static func features(_ connection: any SQLConnection, of sold: PackageNumber) throws -> FeatureSet {
        var values: [FeatureCode: FeatureValue] = [:]
        let rows = try connection.query(
            "SELECT code, kind, number FROM package_features WHERE package_id = $1", [.integer(sold.number)])
        for row in rows {
            let (code, value) = try read(row, at: 0)
            values[code] = value
        }
        return FeatureSet(values)
    }

    static func allOfPackages(_ connection: any SQLConnection) throws -> [Int64: FeatureSet] {
        var values: [Int64: [FeatureCode: FeatureValue]] = [:]
        for row in try connection.query("SELECT package_id, code, kind, number FROM package_features") {
            let (code, value) = try read(row, at: 1)
            let number = try row.integer(0)
            values[number, default: [:]][code] = value
        }
        return values.mapValues { FeatureSet($0) }
    }

    /// In the order of the catalogue.
    static func features(_ connection: any SQLConnection, of subscription: SubscriptionNumber) throws
        -> [SubscriptionFeature]
    {
        let rows = try connection.query(
            "SELECT subscription_id, code, kind, number, source FROM subscription_features WHERE subscription_id = $1",
            [.integer(subscription.number)])
        return try rows.map { try readFeature($0) }.sorted { $0.code.rank < $1.code.rank }
    }

    static func allOfSubscriptions(_ connection: any SQLConnection) throws -> [Int64: [SubscriptionFeature]] {
        var features: [Int64: [SubscriptionFeature]] = [:]
        let rows = try connection.query("SELECT subscription_id, code, kind, number, source FROM subscription_features")
        for row in rows {
            let number = try row.integer(0)
            features[number, default: []].append(try readFeature(row))
        }
        return features.mapValues { list in list.sorted { $0.code.rank < $1.code.rank } }
    }

    static func set(_ features: [SubscriptionFeature]) -> FeatureSet {
        var values: [FeatureCode: FeatureValue] = [:]
        for feature in features { values[feature.code] = feature.value }
        return FeatureSet(values)
    }

    static func write(
        _ connection: any SQLConnection, _ value: FeatureValue, for code: FeatureCode, of sold: PackageNumber
    ) throws {
        let (kind, number) = columns(of: value)
        try connection.execute(
            """
            INSERT INTO package_features (package_id, code, kind, number) VALUES ($1, $2, $3, $4)
            ON CONFLICT (package_id, code) DO UPDATE SET kind = excluded.kind, number = excluded.number
            """, [.integer(sold.number), .text(code.rawValue), kind, number])
    }

    static func write(
        _ connection: any SQLConnection, _ feature: SubscriptionFeature, of subscription: SubscriptionNumber
    ) throws {
        let (kind, number) = columns(of: feature.value)
        try connection.execute(
            """
            INSERT INTO subscription_features (subscription_id, code, kind, number, source)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (subscription_id, code) DO UPDATE SET kind = excluded.kind, number = excluded.number,
                source = excluded.source
            """,
            [
                .integer(subscription.number), .text(feature.code.rawValue), kind, number,
                .text(feature.source.rawValue),
            ])
    }

    private static func readFeature(_ row: SQLRow) throws -> SubscriptionFeature {
        let (code, value) = try read(row, at: 1)
        guard let source = SubscriptionFeature.Source(rawValue: try row.text(4)) else {
            throw StoreFault.unreadable("source of a feature")
        }
        return SubscriptionFeature(code: code, value: value, source: source)
    }

    private static func read(_ row: SQLRow, at column: Int) throws -> (FeatureCode, FeatureValue) {
        guard let code = FeatureCode(rawValue: try row.text(column)) else { throw StoreFault.unreadable("feature") }
        let number = try row.optionalInteger(column + 2)
        switch (try row.text(column + 1), number) {
        case ("count", let number?): return (code, .integer(Int(number)))
        case ("flag", let number?): return (code, .bool(number == 1))
        case ("unlimited", nil): return (code, .unlimited)
        default: throw StoreFault.unreadable("value of a feature")
        }
    }
}
