/// The features of a package or a subscription, each at most once, and what holds where one is absent (`rooms-api.md` 5.1).
package struct FeatureSet: Sendable, Hashable {
    package private(set) var values: [FeatureCode: FeatureValue]

    package static let empty = FeatureSet([:])

    package init(_ values: [FeatureCode: FeatureValue]) { self.values = values }

    /// As it was given; `nil`: it is absent.
    package subscript(code: FeatureCode) -> FeatureValue? { values[code] }

    /// What holds, whether the feature is there or not: an int that is absent puts no limit, a bool has what the catalogue
    /// says. Of the pool of connections ask ``pool``: there, absent and unlimited differ.
    package func value(of code: FeatureCode) -> FeatureValue {
        if let value = values[code] { return value }
        let feature = code.feature
        switch feature.kind {
        case .int: return .unlimited
        case .bool: return .bool(feature.holdsWhenAbsent)
        }
    }

    /// What an int feature caps; `nil`: nothing.
    package func limit(of code: FeatureCode) -> Int? { value(of: code).limit }

    /// Whether a bool feature holds.
    package func allows(_ code: FeatureCode) -> Bool { value(of: code) == .bool(true) }

    /// The connections of section 15.
    package enum Pool: Sendable, Hashable {
        /// Nothing is reserved.
        case off
        /// Reservations are kept, everything is admitted.
        case unlimited
        case connections(Int)
    }

    package var pool: Pool {
        switch values[.maxConnections] {
        case nil: .off
        case .integer(let connections)?: .connections(connections)
        case .unlimited?, .bool?: .unlimited
        }
    }

    /// The codes that are there, in the order of the catalogue.
    package var codes: [FeatureCode] { FeatureCode.allCases.filter { values[$0] != nil } }

    // MARK: sync

    /// One thing that sync would do (`rooms-api.md` 5.3).
    package enum Difference: Sendable, Hashable {
        case added(FeatureCode, FeatureValue)
        case changed(FeatureCode, from: FeatureValue, to: FeatureValue)
        case removed(FeatureCode, FeatureValue)

        package var code: FeatureCode {
            switch self {
            case .added(let code, _), .changed(let code, _, _), .removed(let code, _): code
            }
        }
    }

    /// What has to be done to have the features of `target` and no others, in the order of the catalogue.
    package func differences(to target: FeatureSet) -> [Difference] {
        FeatureCode.allCases.compactMap { code -> Difference? in
            switch (values[code], target.values[code]) {
            case (nil, nil): return nil
            case (nil, let new?): return .added(code, new)
            case (let old?, nil): return .removed(code, old)
            case (let old?, let new?): return old == new ? nil : .changed(code, from: old, to: new)
            }
        }
    }

    package mutating func apply(_ difference: Difference) {
        switch difference {
        case .added(let code, let value), .changed(let code, _, let value): values[code] = value
        case .removed(let code, _): values[code] = nil
        }
    }
}

/// One feature of a subscription, and where it comes from.
package struct SubscriptionFeature: Sendable, Hashable {
    package enum Source: String, Sendable, Hashable {
        /// Copied when the subscription was made, or by sync.
        case copied = "package"
        /// Set for this subscription.
        case own = "subscription"
    }

    package let code: FeatureCode
    package let value: FeatureValue
    package let source: Source

    package init(code: FeatureCode, value: FeatureValue, source: Source) {
        self.code = code
        self.value = value
        self.source = source
    }
}

/// How much of a feature is used (`rooms-api.md` 5.3, usage).
package struct FeatureUsage: Sendable, Hashable {
    package let feature: SubscriptionFeature
    /// `nil`: nothing is counted.
    package let used: Int?

    package init(feature: SubscriptionFeature, used: Int?) {
        self.feature = feature
        self.used = used
    }

    /// Never below 0: a limit may have been lowered. `nil` without a limit or a count.
    package var remaining: Int? {
        guard let limit = feature.value.limit, let used else { return nil }
        return max(0, limit - used)
    }
}
