package import PlenaryCore
internal import PlenaryStore

extension Platform {
    /// The page of a room's tokens that a query asks for, where it asks for the newest and nothing more: a room may have thousands,
    /// and only those on the page are opened.
    ///
    /// - Returns: `nil` for a query that needs all of them.
    package func newestTokens(of room: Room, _ query: ListQuery) async throws -> (
        tokens: [RoomToken], total: Int?, next: Cursor?
    )? {
        guard query.sort == ListQuery.defaultSort, query.filters.isEmpty, query.search.isEmpty else { return nil }
        let page: Store.RoomTokenPage
        var total: Int?
        switch query.place {
        case .page:
            page = try await store.tokens(of: room.number, limit: query.limit, offset: query.offset ?? 0)
            total = try await store.tokenCount(of: room.number)
        case .after(let cursor):
            // What another list gave out.
            guard let number = Int64(cursor.ulid) else { return nil }
            page = try await store.tokens(of: room.number, limit: query.limit, before: RoomTokenNumber(number))
        }
        let next = page.last.map { last in
            Cursor(
                sort: query.sort, keys: [FilterValue.time(last.createdAt)], ulid: RoomPart.place(of: last.number.number)
            )
        }
        return (tokens: page.tokens, total: total, next: next)
    }
}
