internal import BigBlueButton
package import PlenaryCore
internal import PlenaryStore
internal import Synchronization

extension JoinDesk {
    /// What a visitor need not say again who found no provider that can serve, and whose page keeps trying (`rooms-api.md` 11.3).
    package func ticket(for attempt: JoinAttempt) async throws -> String {
        try await scene(of: attempt).ticket(key: store.key)
    }

    /// The next look at the session of a room asks its host, however little time ago that told of it. What it told stays, for when
    /// it does not answer.
    ///
    /// - Parameter pass: of who comes back; for anybody else nothing changes.
    package func lookAnew(at room: ResourceReference, by pass: String?) async throws {
        guard holder(of: pass, at: room) != nil else { return }
        guard let found = try await store.room(room), let session = try await store.liveSession(of: found.number) else {
            return
        }
        state.withLock { $0.looks[session.number]?.at -= Self.freshness }
    }

    /// Why the newest session of a room ended; `nil`: it has not, or there was none.
    package func lastEnd(of room: Room) async throws -> SessionEndReason? {
        try await store.sessions(of: room.number, limit: 1).first?.endReason
    }
}
