internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

/// Providers of others tell when a session is over or a recording is ready, at addresses that nobody else knows
/// (`rooms-api.md` 11.6). They are not believed: who knows the address makes us look, and no more.
extension JoinDesk {
    package enum RoomCallback: String, Sendable, Hashable, CaseIterable {
        case end = "room-end"
        case recording = "room-recording"
    }

    /// - Parameter uuid: of the session for its end, of the room for recordings, which may be ready when the room is deleted.
    package func callbackURL(_ kind: RoomCallback, _ uuid: String) -> String {
        let key = KeyedHash.hex(of: Self.signed(kind, uuid), key: store.key)
        return "\(platform.settings.publicURL)/callbacks/\(kind.rawValue)/\(uuid)/\(key)"
    }

    private static func signed(_ kind: RoomCallback, _ uuid: String) -> String { "callback \(kind.rawValue) \(uuid)" }

    /// A provider called at one of those addresses.
    ///
    /// - Returns: whether it is one of ours, with the right key, of something that is still known.
    package func receive(_ kind: RoomCallback, _ uuid: String, key: String) async throws -> Bool {
        guard KeyedHash.matches(key, Self.signed(kind, uuid), key: store.key) else { return false }
        switch kind {
        case .end:
            guard let reference = ResourceReference(uuid), case .uuid = reference,
                let session = try await store.session(reference)
            else { return false }
            // Whoever repeats it gets the answer of the look before, as everybody does (``freshness``).
            if session.state == .running, let room = try await store.room(session.room) {
                try await lookAfter(session, room)
            }
            return true
        case .recording: return try await store.wantRecordings(ofMeeting: uuid, now: platform.time.now())
        }
    }

    /// Looks at a session that runs, and writes down how it is.
    func lookAfter(_ session: RoomSession, _ room: Room) async throws {
        let now = platform.time.now()
        switch await look(at: session, room) {
        case .there(let people?):
            var figures = people.figures
            if let startedAt = session.startedAt { figures.startedAt = startedAt }
            try await store.observeSessions([session.number: figures], at: now)
        case .there(nil): break
        case .gone:
            _ = try await store.endGoneSession(session.number, now: now)
            forgetLook(at: session.number)
            changed(room.number)
        case .lost:
            _ = try await store.endSession(session.number, reason: .providerLost, now: now)
            forgetLook(at: session.number)
            changed(room.number)
        }
    }
}
