internal import PlenaryCore

extension APIRequest {
    /// A page of a list that is in memory. Only what stands on the page is written, with what is included.
    ///
    /// - Parameter written: gives each item of a page, in its order, with all that may be shown.
    func page<Item>(
        _ items: [Item], _ query: ListQuery, of schema: ResourceSchema, view: ShortList<Item>.View,
        written: ([Item]) async throws -> [JSON]
    ) async throws -> APIAnswer {
        var page: [Item] = []
        let place = ShortList(items, view: view).answer(query) { item in
            page.append(item)
            return .null
        }
        let data = try await written(page).map { query.selection.applied(to: $0) }
        return answer(ListAnswer(data: data, total: place.total, next: place.next), query, of: schema)
    }
}
