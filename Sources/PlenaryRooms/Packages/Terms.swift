internal import PlenaryCore

/// Terms of sale, which packages have and subscriptions copy (`rooms-api.md` 5.2).
enum Terms {
    /// The two members of a period.
    struct Names: Sendable {
        let count: String
        let unit: String
    }

    static let trial = Names(count: "trial_period", unit: "trial_interval")
    /// Use after the end.
    static let grace = Names(count: "grace_period", unit: "grace_interval")
    static let periodicity = Names(count: "periodicity", unit: "periodicity_type")

    static func members(_ names: Names, _ period: Period) -> [JSON.Member] {
        [
            JSON.Member(names.count, .integer(period.count)), JSON.Member(names.unit, .text(period.unit.rawValue)),
        ]
    }

    /// Whole numbers without a point: a tier of 1 is written `1`.
    static func json(_ tier: Double?) -> JSON {
        guard let tier else { return .null }
        if let whole = Int64(exactly: tier) { return .integer(whole) }
        return JSONNumber(String(tier)).map { JSON.number($0) } ?? .null
    }

    /// Lists sort by whole numbers; tiers are told apart to the thousandth.
    static func sortValue(_ tier: Double?) -> FilterValue? {
        guard let tier, tier.isFinite else { return nil }
        return .integer(Int64(max(-9e18, min(9e18, (tier * 1_000).rounded()))))
    }

    // MARK: reading

    /// A period of which a body may name the count, the unit, or both.
    ///
    /// - Parameter old: what holds where it says nothing.
    /// - Returns: `nil` when it says nothing at all.
    static func period(_ names: Names, _ reader: inout ObjectReader, _ old: Period) -> Period? {
        let count = reader.optional(names.count, JSONKind<Int>.integer(0...Period.most))
        let unit = reader.optional(names.unit, JSONKind<PeriodUnit>.choice)
        if count == nil, unit == nil { return nil }
        return Period(count ?? old.count, unit ?? old.unit)
    }
}

extension JSONKind where Value == Double {
    /// Any number.
    static var number: JSONKind {
        JSONKind { json, place in
            guard case .number(let number) = json else {
                return .faults([RequestFault(.pointer(place), .invalidType, "It is a number.")])
            }
            guard let double = number.double else {
                return .faults([RequestFault(.pointer(place), .outOfRange, "It is a number of 64 bits.")])
            }
            return .value(double)
        }
    }
}
