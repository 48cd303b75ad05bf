/// Rooms that anyone may enter who has the address (`rooms-api.md` 10). They have one automatic guest token, as long as they are
/// public (D-23).
package enum PublicRoom {
    package enum Action: Sendable, Hashable {
        case none
        /// A new one each time: the old one stays invalid.
        case makeToken
        /// Who came in by it stays in. Who waits by it is sent away.
        case removeToken
    }

    /// What a change of `is_public` does.
    ///
    /// - Parameter used: the room's used features.
    /// - Throws: `feature_not_available` when it becomes public and guests are not allowed.
    package static func change(from wasPublic: Bool, to isPublic: Bool, used: FeatureSet) throws(RoomProblem) -> Action
    {
        switch (wasPublic, isPublic) {
        case (false, false), (true, true): return .none
        case (true, false): return .removeToken
        case (false, true):
            guard used.allows(.guestAccess) else { throw .featureNotAvailable }
            return .makeToken
        }
    }
}
