internal import BigBlueButton
internal import PlenaryCore

/// What a list that is asked in SQL knows of a field (`rooms-api.md` 2.6).
enum ListField {
    /// An expression whose octets are compared. A database of PostgreSQL has the collation `C`; SQLite's default is that.
    case text(String)
    /// An expression that is 0 or 1.
    case bool(String)
    /// An expression in milliseconds.
    case time(String)
    /// The table that has the three identifiers.
    case identifier(String)
    /// A condition that holds or not; never unknown.
    case condition(String)
    /// A table of keys and values, and the condition by which its rows belong to the item. It is called `k` there.
    case keys(table: String, belongs: String)

    /// What is sorted by; `nil`: nothing is.
    fileprivate var sorted: String? {
        switch self {
        case .text(let expression), .bool(let expression), .time(let expression): expression
        case .identifier, .condition, .keys: nil
        }
    }
}

/// The conditions of a list, and the values in them in the order in which they are written.
///
/// `ShortList` is the oracle: what it does in memory this does in SQL.
struct ListStatement {
    private(set) var conditions: [String] = []
    private(set) var values: [SQLValue] = []

    private static let never = "1 = 0"
    private static let always = "1 = 1"

    /// ` WHERE ...`, or nothing.
    var clause: String { conditions.isEmpty ? "" : " WHERE \(conditions.joined(separator: " AND "))" }

    mutating func require(_ condition: String) { conditions.append("(\(condition))") }

    /// A new place for a value; it must be written behind all that there are.
    mutating func place(_ value: SQLValue) -> String {
        values.append(value)
        return "$\(values.count)"
    }

    mutating func places(_ list: [SQLValue]) -> String { list.map { place($0) }.joined(separator: ", ") }

    /// That an expression is one of these.
    mutating func isAny(_ expression: String, of list: [SQLValue]) -> String {
        list.isEmpty ? Self.never : "\(expression) IN (\(places(list)))"
    }

    // MARK: filters

    mutating func require(_ filters: [Filter], _ field: (String) -> ListField?) throws {
        for filter in filters {
            guard let known = field(filter.field) else {
                throw StoreFault.unreadable("filter of a list: \(filter.field)")
            }
            require(condition(filter, known))
        }
    }

    private mutating func condition(_ filter: Filter, _ field: ListField) -> String {
        switch (field, filter.condition) {
        case (.time(let expression), .isAny(let wanted)):
            var parts: [String] = []
            for value in wanted {
                guard case .time(let time) = value, time.milliseconds == Self.second(of: time) else { continue }
                let from = place(.integer(time.milliseconds))
                let behind = place(.integer(time.milliseconds + 1_000))
                parts.append("(\(expression) >= \(from) AND \(expression) < \(behind))")
            }
            return parts.isEmpty ? Self.never : parts.joined(separator: " OR ")
        case (.time(let expression), .compares(let comparison, .time(let bound))):
            return Self.compared(expression, comparison, bound) { place(.integer($0)) }
        case (.text(let expression), .isAny(let wanted)):
            return isAny(expression, of: Self.texts(wanted))
        case (.bool(let expression), .isAny(let wanted)):
            return isAny(expression, of: Self.bools(wanted).map { .integer($0 ? 1 : 0) })
        case (.condition(let sql), .isAny(let wanted)):
            let bools = Self.bools(wanted)
            switch (bools.contains(true), bools.contains(false)) {
            case (true, true): return Self.always
            case (true, false): return sql
            case (false, true): return "NOT (\(sql))"
            case (false, false): return Self.never
            }
        case (.identifier(let table), .isAny(let wanted)):
            var parts: [String] = []
            for value in wanted {
                guard case .identifier(let reference) = value else { continue }
                let named = CommerceRows.place(of: reference)
                parts.append("\(table).\(named.name) = \(place(named.value))")
            }
            return parts.isEmpty ? Self.never : parts.joined(separator: " OR ")
        case (.keys(let table, let belongs), .isAny(let wanted)):
            let name = place(.text(filter.key ?? ""))
            let fits = isAny("k.value", of: Self.texts(wanted))
            return "EXISTS (SELECT 1 FROM \(table) AS k WHERE \(belongs) AND k.name = \(name) AND \(fits))"
        case (.time, .compares), (.text, .compares), (.bool, .compares), (.condition, .compares),
            (.identifier, .compares), (.keys, .compares):
            return Self.never
        }
    }

    /// Times are compared in whole seconds, without hiding the column from its index.
    private static func compared(
        _ expression: String, _ comparison: Filter.Operator, _ bound: WireTime, place: (Int64) -> String
    ) -> String {
        let second = second(of: bound)
        // The first millisecond of the first second that is not before the bound, and of the first one behind it.
        let from = second == bound.milliseconds ? second : second + 1_000
        let behind = second + 1_000
        switch comparison {
        case .gte: return "\(expression) >= \(place(from))"
        case .gt: return "\(expression) >= \(place(behind))"
        case .lt: return "\(expression) < \(place(from))"
        case .lte: return "\(expression) < \(place(behind))"
        }
    }

    private static func second(of time: WireTime) -> Int64 {
        let rest = time.milliseconds % 1_000
        return time.milliseconds - (rest < 0 ? rest + 1_000 : rest)
    }

    private static func bools(_ values: [FilterValue]) -> [Bool] {
        var bools: [Bool] = []
        for case .bool(let bool) in values { bools.append(bool) }
        return bools
    }

    private static func texts(_ values: [FilterValue]) -> [SQLValue] {
        var texts: [SQLValue] = []
        for case .text(let text) in values { texts.append(.text(text)) }
        return texts
    }

    // MARK: search

    /// - Parameter folded: expressions of texts that are folded as `SearchText` does it, by the name of the field.
    mutating func require(_ terms: [SearchTerm], folded: [String: String]) {
        for term in terms {
            let expressions = term.fields.compactMap { folded[$0] }
            // A text that ends for SQLite where a control character stands matches too much; no name has one.
            guard !expressions.isEmpty, !term.word.unicodeScalars.contains("\0") else {
                require(Self.never)
                continue
            }
            var pattern = "%"
            for scalar in term.word.unicodeScalars {
                if scalar == "%" || scalar == "_" || scalar == "!" { pattern += "!" }
                pattern.unicodeScalars.append(scalar)
            }
            pattern += "%"
            require(expressions.map { "\($0) LIKE \(place(.text(pattern))) ESCAPE '!'" }.joined(separator: " OR "))
        }
    }

    // MARK: order

    /// ` ORDER BY ...`: what is absent comes last in both directions, ties go by the ULID.
    static func order(_ query: ListQuery, ulid: String, _ field: (String) -> ListField?) throws -> String {
        var keys: [String] = []
        for sort in query.sort {
            let expression = try sorted(sort, field)
            keys.append("\(expression) IS NULL")
            keys.append("\(expression)\(sort.isDescending ? " DESC" : "")")
        }
        keys.append("\(ulid)\(query.ulidIsDescending ? " DESC" : "")")
        return " ORDER BY \(keys.joined(separator: ", "))"
    }

    /// That an item comes behind the place of a cursor.
    mutating func require(after cursor: Cursor, _ query: ListQuery, ulid: String, _ field: (String) -> ListField?)
        throws
    {
        var alternatives: [String] = []
        for last in 0...query.sort.count {
            var parts: [String] = []
            for index in 0..<last {
                let kind = try Self.kind(query.sort[index], field)
                let expression = try Self.sorted(query.sort[index], field)
                parts.append(isSame(expression, cursor.keys[index], kind))
            }
            if last < query.sort.count {
                let sort = query.sort[last]
                let kind = try Self.kind(sort, field)
                let expression = try Self.sorted(sort, field)
                parts.append(isBehind(expression, cursor.keys[last], kind, isDescending: sort.isDescending))
            } else {
                parts.append("\(ulid) \(query.ulidIsDescending ? "<" : ">") \(place(.text(cursor.ulid)))")
            }
            alternatives.append(parts.map { "(\($0))" }.joined(separator: " AND "))
        }
        require(alternatives.map { "(\($0))" }.joined(separator: " OR "))
    }

    private static func sorted(_ key: SortKey, _ field: (String) -> ListField?) throws -> String {
        guard let expression = field(key.field)?.sorted else {
            throw StoreFault.unreadable("order of a list: \(key.field)")
        }
        return expression
    }

    private static func kind(_ key: SortKey, _ field: (String) -> ListField?) throws -> ListField {
        guard let kind = field(key.field) else { throw StoreFault.unreadable("order of a list: \(key.field)") }
        return kind
    }

    private mutating func isSame(_ expression: String, _ key: FilterValue?, _ kind: ListField) -> String {
        guard let key else { return "\(expression) IS NULL" }
        // A cursor that somebody made up may hold anything.
        guard let value = Self.value(key, kind) else { return "\(expression) IS NOT NULL" }
        return "\(expression) = \(place(value))"
    }

    private mutating func isBehind(
        _ expression: String, _ key: FilterValue?, _ kind: ListField, isDescending: Bool
    ) -> String {
        guard let key else { return Self.never }
        guard let value = Self.value(key, kind) else { return "\(expression) IS NULL" }
        return "\(expression) \(isDescending ? "<" : ">") \(place(value)) OR \(expression) IS NULL"
    }

    private static func value(_ key: FilterValue, _ kind: ListField) -> SQLValue? {
        switch (kind, key) {
        case (.text, .text(let text)): return SQLValue.text(text)
        case (.bool, .bool(let bool)): return SQLValue.integer(bool ? 1 : 0)
        case (.time, .time(let time)): return SQLValue.integer(time.milliseconds)
        default: return Optional<SQLValue>.none
        }
    }
}
