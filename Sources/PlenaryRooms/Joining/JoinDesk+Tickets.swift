internal import BigBlueButton
internal import PlenaryStore

extension JoinDesk {
    /// What a visitor need not say again who found no provider that can serve, and whose page keeps trying (`rooms-api.md` 11.3).
    package func ticket(for attempt: JoinAttempt) async throws -> String {
        try await scene(of: attempt).ticket(key: store.key)
    }
}
