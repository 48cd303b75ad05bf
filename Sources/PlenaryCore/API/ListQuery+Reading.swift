extension ListQuery {
    /// Reads the query of a list. Parameters that are not ours are ignored (`rooms-api.md` 2.1), `filter[...]` excepted.
    ///
    /// - Throws: 422 `invalid_query` with everything that is wrong.
    package init(_ parameters: [QueryParameter], of schema: ResourceSchema, in catalogue: SchemaCatalogue)
        throws(Problem)
    {
        var reader = QueryReader(parameters)
        limit = reader.limit()
        sort = reader.sort(of: schema)
        place = reader.place(sort: sort, of: schema)
        filters = reader.filters(of: schema)
        search = reader.search(of: schema)
        selection = reader.selection(of: schema, in: catalogue)
        self.parameters = reader.parameters(without: ["page", "limit", "cursor"])
        try reader.finish()
    }

    /// The last page that is told from those behind it: an offset must not overflow.
    static let lastPage = 1_000_000_000
    /// Values of one filter.
    static let mostValues = 100
    /// Characters of a search, and words in it.
    static let longestSearch = 200
    static let mostWords = 10
}

extension QueryReader {
    fileprivate mutating func limit() -> Int {
        guard let limit = number("limit", most: Int(Int32.max)) else { return ListQuery.defaultLimit }
        let limits = ListQuery.limits
        guard limits.contains(limit) else {
            note("limit", .outOfRange, "It is \(limits.lowerBound) to \(limits.upperBound).")
            return ListQuery.defaultLimit
        }
        return limit
    }

    fileprivate mutating func place(sort: [SortKey], of schema: ResourceSchema) -> ListQuery.Place {
        let page = number("page", most: ListQuery.lastPage)
        if page == 0 { note("page", .outOfRange, "The first page is 1.") }
        guard let text = value("cursor") else { return .page(max(1, page ?? 1)) }
        if page != nil { note("page", .invalidFormat, "There is a cursor, which goes without a page.") }
        guard let cursor = Cursor(text, sort: sort), cursor.fits(schema) else {
            note("cursor", .invalidFormat, "It is not the next_cursor of this list in this order.")
            return .page(1)
        }
        return .after(cursor)
    }

    fileprivate mutating func sort(of schema: ResourceSchema) -> [SortKey] {
        let sortable = schema.fields.filter(\.isSortable).map(\.name)
        var keys: [SortKey] = []
        for name in names("sort") ?? [] {
            let isDescending = name.hasPrefix("-")
            let field = isDescending ? String(name.dropFirst()) : name
            if !sortable.contains(field) {
                note("sort", .invalidEnum, "The list is not sorted by that.", expected: sortable)
            } else if keys.contains(where: { $0.field == field }) {
                note("sort", .invalidFormat, "A field is there twice.")
            } else {
                keys.append(SortKey(field, isDescending: isDescending))
            }
        }
        // What other documents call it.
        let direction = value("sortedBy")
        if let direction, direction != "asc", direction != "desc" {
            note("sortedBy", .invalidEnum, "There is no such direction.", expected: ["asc", "desc"])
        }
        guard let field = value("orderBy") else {
            if direction != nil { note("sortedBy", .invalidFormat, "It needs orderBy.") }
            return keys.isEmpty ? ListQuery.defaultSort : keys
        }
        if !keys.isEmpty { note("orderBy", .invalidFormat, "It says the same as sort; give one of them.") }
        guard sortable.contains(field) else {
            note("orderBy", .invalidEnum, "The list is not sorted by that.", expected: sortable)
            return ListQuery.defaultSort
        }
        return [SortKey(field, isDescending: direction == "desc")]
    }

    // MARK: filters

    fileprivate mutating func filters(of schema: ResourceSchema) -> [Filter] {
        names(beginningWith: "filter[").compactMap { filter($0, of: schema) }
    }

    private mutating func filter(_ name: String, of schema: ResourceSchema) -> Filter? {
        let given = self.value(name)
        guard let (path, comparisonWord) = Self.parts(of: name) else {
            note(name, .invalidFormat, "It is written filter[field] or filter[field][gte].")
            return nil
        }
        // A filter may have a dot in its name, such as `health.state`.
        let dot = schema.otherFilters[String(path)] == nil ? path.firstIndex(of: ".") : nil
        let field = String(path[..<(dot ?? path.endIndex)])
        let key = dot.map { String(path[path.index(after: $0)...]) }
        guard let kind = schema.filter(field), (kind == .metadata) == (key != nil), key != "" else {
            note(name, .unknownField, "There is no such filter.")
            return nil
        }
        guard let value = given else {
            note(name, .required, "It needs a value.")
            return nil
        }
        guard let word = comparisonWord else {
            let texts = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard texts.count <= ListQuery.mostValues else {
                note(name, .outOfRange, "It has at most \(ListQuery.mostValues) values.")
                return nil
            }
            let values = texts.compactMap { FilterValue($0, kind) }
            guard values.count == texts.count else {
                noteNoValue(name, kind)
                return nil
            }
            return Filter(field: field, key: key, condition: .isAny(of: values))
        }
        let operators = kind.isOrdered ? Filter.Operator.allCases.map(\.rawValue) : []
        guard let comparison = Filter.Operator(rawValue: word), kind.isOrdered else {
            note(name, .invalidEnum, "It is not compared so.", expected: operators)
            return nil
        }
        guard let bound = FilterValue(value, kind) else {
            noteNoValue(name, kind)
            return nil
        }
        return Filter(field: field, key: key, condition: .compares(comparison, bound))
    }

    private mutating func noteNoValue(_ name: String, _ kind: FilterKind) {
        switch kind {
        case .choice(let words): note(name, .invalidEnum, "There is no such value.", expected: words)
        case .text, .metadata: note(name, .invalidFormat, "There is nothing between two commas.")
        case .identifier: note(name, .invalidFormat, "It is an id, a uuid or a ulid.")
        case .bool: note(name, .invalidType, "It is true or false.")
        case .integer: note(name, .invalidType, "It is a whole number.")
        case .time: note(name, .invalidFormat, "It is a time such as 2026-03-01T09:00:00Z, or a date.")
        }
    }

    /// - Returns: what stands in the first and in the second brackets; `nil` when it is written otherwise.
    private static func parts(of name: String) -> (path: Substring, word: String?)? {
        let inner = name.dropFirst("filter[".count)
        guard let end = inner.firstIndex(of: "]") else { return nil }
        let (path, rest) = (inner[..<end], inner[inner.index(after: end)...])
        guard !path.isEmpty else { return nil }
        if rest.isEmpty { return (path, nil) }
        guard rest.first == "[", rest.last == "]", rest.count > 2 else { return nil }
        return (path, String(rest.dropFirst().dropLast()))
    }

    // MARK: search

    fileprivate mutating func search(of schema: ResourceSchema) -> [SearchTerm] {
        guard let text = value("search") else { return [] }
        guard text.unicodeScalars.count <= ListQuery.longestSearch else {
            note("search", .tooLong, "It has at most \(ListQuery.longestSearch) characters.")
            return []
        }
        let fields = schema.fields.filter(\.isSearched).map(\.name)
        guard !fields.isEmpty else {
            note("search", .unknownField, "This list is not searched.")
            return []
        }
        let terms = Self.restricted(text, fields) ?? Self.words(text).map { SearchTerm(word: $0, fields: fields) }
        guard terms.count <= ListQuery.mostWords else {
            note("search", .outOfRange, "It has at most \(ListQuery.mostWords) words.")
            return []
        }
        return terms
    }

    /// `field:word;field2:word`.
    ///
    /// - Returns: `nil` unless each part begins with a field that is searched: then its colons are text.
    private static func restricted(_ text: String, _ fields: [String]) -> [SearchTerm]? {
        var terms: [SearchTerm] = []
        for part in text.split(separator: ";") {
            guard let colon = part.firstIndex(of: ":"), fields.contains(String(part[..<colon])) else { return nil }
            terms += words(part[part.index(after: colon)...]).map {
                SearchTerm(word: $0, fields: [String(part[..<colon])])
            }
        }
        return terms
    }

    private static func words(_ text: some StringProtocol) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map { String($0) }
    }
}
