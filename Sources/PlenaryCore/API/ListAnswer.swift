/// A page of a list, in its envelope (`rooms-api.md` 2.5).
package struct ListAnswer: Sendable, Hashable {
    package let data: [JSON]
    /// Of all pages; `nil` behind a cursor, where nobody counts.
    package let total: Int?
    /// Where the next page begins; `nil`: this is the last one.
    package let next: Cursor?

    package init(data: [JSON], total: Int?, next: Cursor?) {
        self.data = data
        self.total = total
        self.next = next
    }

    /// - Parameters:
    ///   - query: what was asked.
    ///   - path: the public address of the list, without a query.
    ///   - schema: whose relationships may be asked for.
    package func json(for query: ListQuery, path: String, of schema: ResourceSchema) -> JSON {
        let place: Int? = if case .page(let page) = query.place { page } else { nil }
        let links: JSON = [
            "previous": JSON(previous(query).map { query.address(of: $0, path: path) }),
            "next": JSON(following(query).map { query.address(of: $0, path: path) }),
        ]
        let pagination: JSON = [
            "total": JSON(place == nil ? nil : total), "count": .integer(data.count),
            "per_page": .integer(query.limit), "current_page": JSON(place),
            "total_pages": JSON(place == nil ? nil : pages(query)), "next_cursor": JSON(next?.text), "links": links,
        ]
        return [
            "object": "list", "data": .list(data),
            "meta": [
                "pagination": pagination, "include": .list(schema.relationships.map { .text($0.name) }),
            ],
        ]
    }

    /// `Link` with what comes before and behind (RFC 8288); `nil` when this is all.
    package func link(for query: ListQuery, path: String) -> ResponseHeader? {
        let links = [("prev", previous(query)), ("next", following(query))].compactMap { relation, place in
            place.map { "<\(query.address(of: $0, path: path))>; rel=\"\(relation)\"" }
        }
        return links.isEmpty ? nil : ResponseHeader("Link", links.joined(separator: ", "))
    }

    /// An empty list has one page, which is empty.
    private func pages(_ query: ListQuery) -> Int? {
        total.map { max(1, ($0 + query.limit - 1) / query.limit) }
    }

    /// From beyond the end it leads to the last page.
    private func previous(_ query: ListQuery) -> ListQuery.Place? {
        guard case .page(let page) = query.place, page > 1 else { return nil }
        return .page(min(page - 1, pages(query) ?? (page - 1)))
    }

    private func following(_ query: ListQuery) -> ListQuery.Place? {
        switch query.place {
        case .page(let page):
            guard let pages = pages(query) else { return next.map { .after($0) } }
            return page < pages ? .page(page + 1) : nil
        case .after: return next.map { .after($0) }
        }
    }
}
