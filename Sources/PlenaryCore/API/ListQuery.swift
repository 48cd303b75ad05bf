/// What a list was asked for (`rooms-api.md` 2.6). One that exists is valid: its fields are in the schema, its values have
/// their types, its bounds are kept.
package struct ListQuery: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// Counted from 1; beyond the end there is nothing.
        case page(Int)
        case after(Cursor)
    }

    package static let defaultLimit = 50
    /// There is no way to ask for everything at once (D-15).
    package static let limits = 1...200
    /// Newest first; ties are broken by the ULID.
    package static let defaultSort = [SortKey("created_at", isDescending: true)]

    package let place: Place
    package let limit: Int
    /// One at least, no field twice.
    package let sort: [SortKey]
    package let filters: [Filter]
    package let search: [SearchTerm]
    package let selection: Selection
    /// What it was made of, but for its place and limit: for the links to other pages.
    package let parameters: [QueryParameter]

    /// The ULID breaks ties in the direction of the last key, so that a list that is turned around is the same list.
    package var ulidIsDescending: Bool { sort.last?.isDescending ?? false }

    /// Items before those of the page; `nil` behind a cursor.
    package var offset: Int? { if case .page(let page) = place { (page - 1) * limit } else { nil } }

    /// The address of another page of the same list.
    ///
    /// - Parameter path: the address of the list without its query.
    package func address(of place: Place, path: String) -> String {
        let last =
            switch place {
            case .page(let page): QueryParameter("page", String(page))
            case .after(let cursor): QueryParameter("cursor", cursor.text)
            }
        return "\(path)?\(QueryText.write(parameters + [QueryParameter("limit", String(limit)), last]))"
    }
}
