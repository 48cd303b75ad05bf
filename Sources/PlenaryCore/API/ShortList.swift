/// A list that is in memory, such as the tokens of a room, and what a query makes of it. A list in the database is asked for the
/// same in SQL.
package struct ShortList<Item> {
    /// How the items are looked at.
    package struct View {
        package let ulid: (Item) -> String
        /// A member for filters and sorting, with the key in metadata; `nil` where there is none.
        package let value: (Item, _ field: String, _ key: String?) -> FilterValue?
        /// A member for `search`.
        package let text: (Item, _ field: String) -> String?

        package init(
            ulid: @escaping (Item) -> String, value: @escaping (Item, String, String?) -> FilterValue?,
            text: @escaping (Item, String) -> String? = { _, _ in nil }
        ) {
            self.ulid = ulid
            self.value = value
            self.text = text
        }
    }

    package let items: [Item]
    package let view: View

    package init(_ items: [Item], view: View) {
        self.items = items
        self.view = view
    }

    /// The page that was asked for.
    ///
    /// - Parameter written: an item with all members and what is included; those that were not asked for are left out here.
    package func answer(_ query: ListQuery, written: (Item) -> JSON) -> ListAnswer {
        let found = items.filter { accepts($0, query) }
        let places = found.map { place(of: $0, query) }
        let order = found.indices.sorted { Self.isBefore(places[$0], places[$1], query) }
        let rest: ArraySlice<Int>
        let total: Int?
        switch query.place {
        case .page(let page):
            // A page number of any size must not overflow.
            let (offset, isTooFar) = (page - 1).multipliedReportingOverflow(by: query.limit)
            rest = order.dropFirst(isTooFar ? order.count : offset)
            total = order.count
        case .after(let cursor):
            rest = order.drop { !Self.isBefore(cursor, places[$0], query) }
            total = nil
        }
        let page = rest.prefix(query.limit)
        let next = rest.count > page.count ? page.last.map { places[$0] } : nil
        return ListAnswer(
            data: page.map { query.selection.applied(to: written(found[$0])) }, total: total, next: next)
    }

    private func accepts(_ item: Item, _ query: ListQuery) -> Bool {
        query.filters.allSatisfy { $0.accepts(view.value(item, $0.field, $0.key)) }
            && query.search.allSatisfy { $0.isFound { view.text(item, $0) } }
    }

    private func place(of item: Item, _ query: ListQuery) -> Cursor {
        Cursor(sort: query.sort, keys: query.sort.map { view.value(item, $0.field, nil) }, ulid: view.ulid(item))
    }

    private static func isBefore(_ left: Cursor, _ right: Cursor, _ query: ListQuery) -> Bool {
        for (index, sort) in query.sort.enumerated() {
            let (one, other) = (left.keys[index], right.keys[index])
            // What is absent comes last in both directions.
            if (one == nil) != (other == nil) { return other == nil }
            guard let one, let other else { continue }
            if one.sorts(before: other) { return !sort.isDescending }
            if other.sorts(before: one) { return sort.isDescending }
        }
        if left.ulid == right.ulid { return false }
        return (left.ulid < right.ulid) != query.ulidIsDescending
    }
}

extension FilterValue {
    /// Texts and identifiers by their octets, `false` before `true`; `false` for values of two kinds.
    fileprivate func sorts(before other: FilterValue) -> Bool {
        // A cursor writes an identifier as a text, so they are compared as what they are in it.
        if let one = spelling, let two = other.spelling { return one.utf8.lexicographicallyPrecedes(two.utf8) }
        return switch (self, other) {
        case (.bool(let one), .bool(let other)): !one && other
        case (.integer(let one), .integer(let other)): one < other
        case (.time(let one), .time(let other)): one < other
        default: false
        }
    }

    private var spelling: String? {
        switch self {
        case .text(let text), .identifier(.id(let text)), .identifier(.uuid(let text)), .identifier(.ulid(let text)):
            text
        case .bool, .integer, .time: nil
        }
    }
}
