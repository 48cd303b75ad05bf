package import BigBlueButton

/// One `filter[...]` of a list (`rooms-api.md` 2.6).
package struct Filter: Sendable, Hashable {
    package enum Operator: String, Sendable, Hashable, CaseIterable { case gte, lte, gt, lt }

    package enum Condition: Sendable, Hashable {
        /// Equal to any of them; there is one at least.
        case isAny(of: [FilterValue])
        case compares(Operator, FilterValue)
    }

    package let field: String
    /// The key within metadata.
    package let key: String?
    package let condition: Condition

    package init(field: String, key: String? = nil, condition: Condition) {
        self.field = field
        self.key = key
        self.condition = condition
    }

    /// Whether a value passes; what is absent passes no filter.
    ///
    /// - Parameter value: times are compared in whole seconds, as the caller sees them.
    package func accepts(_ value: FilterValue?) -> Bool {
        guard let value = value?.inWholeSeconds else { return false }
        switch condition {
        case .isAny(let values): return values.contains { $0.isSame(as: value) }
        case .compares(let comparison, let bound):
            switch comparison {
            case .gte: return !value.isBefore(bound) && value.isOfKind(of: bound)
            case .lte: return !bound.isBefore(value) && value.isOfKind(of: bound)
            case .gt: return bound.isBefore(value)
            case .lt: return value.isBefore(bound)
            }
        }
    }
}

/// What a filter compares with, or what is compared.
package enum FilterValue: Sendable, Hashable {
    case text(String)
    case identifier(ResourceReference)
    case bool(Bool)
    case integer(Int64)
    case time(WireTime)

    fileprivate var inWholeSeconds: FilterValue {
        guard case .time(let time) = self else { return self }
        let second = time.milliseconds >= 0 ? time.milliseconds / 1_000 : (time.milliseconds - 999) / 1_000
        return .time(WireTime(milliseconds: second * 1_000))
    }

    /// Texts octet by octet, as databases compare: two spellings of one letter are two texts.
    fileprivate func isSame(as other: FilterValue) -> Bool {
        if case .text(let one) = self, case .text(let two) = other { return one.utf8.elementsEqual(two.utf8) }
        return self == other
    }

    /// `false` for values of two kinds, and for those without an order.
    fileprivate func isBefore(_ other: FilterValue) -> Bool {
        switch (self, other) {
        case (.integer(let one), .integer(let other)): one < other
        case (.time(let one), .time(let other)): one < other
        default: false
        }
    }

    fileprivate func isOfKind(of other: FilterValue) -> Bool {
        switch (self, other) {
        case (.integer, .integer), (.time, .time): true
        default: false
        }
    }

    /// - Returns: `nil` when the text is no value of that kind.
    package init?(_ text: String, _ kind: FilterKind) {
        guard !text.isEmpty else { return nil }
        switch kind {
        case .text, .metadata: self = .text(text)
        case .choice(let words):
            guard words.contains(text) else { return nil }
            self = .text(text)
        case .identifier:
            guard let reference = ResourceReference(text) else { return nil }
            self = .identifier(reference)
        case .bool:
            switch text {
            // PHP writes truth values as digits.
            case "true", "1": self = .bool(true)
            case "false", "0": self = .bool(false)
            default: return nil
            }
        case .integer:
            guard let number = JSONNumber(text)?.integer else { return nil }
            self = .integer(number)
        case .time:
            // The plus of an offset that was not escaped came in as a blank.
            let spelled = String(text.map { $0 == " " ? "+" : $0 })
            guard let time = WireTime(timestamp: spelled) else { return nil }
            self = .time(time)
        }
    }
}
