package import BigBlueButton

/// When a provider is asked again for the recordings of a room (`rooms-api.md` 7.6). Servers work on a recording for minutes up
/// to hours after the session, rarely for days, and tell nobody that one was deleted.
package enum RecordingSchedule {
    private static let day = Duration.seconds(86_400)
    /// How long what may still come is looked for.
    private static let patience = day * 14

    /// After the end of a session.
    package static let first = Duration.seconds(60)
    /// After a provider did not answer.
    package static let afterSilence = Duration.seconds(300)

    /// - Parameters:
    ///   - endedAt: the last session that the provider held.
    ///   - keepsAny: whether it has recordings of the room.
    /// - Returns: `nil`: not until another session ends there, or somebody says that there is news.
    package static func next(endedAt: WireTime, keepsAny: Bool, now: WireTime) -> WireTime? {
        let age = now.since(endedAt)
        if age < .seconds(3_600) { return now.advanced(by: .seconds(120)) }
        if age < day { return now.advanced(by: .seconds(3_600)) }
        return age < patience || keepsAny ? now.advanced(by: day) : nil
    }
}

/// What `record_expiration` does to a recording (`rooms-api.md` 14).
package enum RecordingExpiry: Sendable, Hashable {
    /// It stays, and nobody need be told.
    case keeps
    /// It is to be told that it will be deleted, at that time.
    case announce(WireTime)
    /// Its time is over, and it was announced long enough ago.
    case isOver

    private static let day: Int64 = 86_400_000
    /// How long before it is told.
    package static let notice: Int64 = 7

    /// Nothing is deleted that was not announced: when the limit is lowered, or nobody was there to tell it in time, a recording
    /// stays until a whole notice has passed, however short the days are.
    ///
    /// - Parameters:
    ///   - madeAt: the end of the recording.
    ///   - days: the value that counts now; `nil`: none.
    ///   - announcedAt: when it was told; `nil`: it was not.
    package static func of(madeAt: WireTime, days: Int?, announcedAt: WireTime?, now: WireTime) -> RecordingExpiry {
        guard let days, days > 0, days < 1_000_000 else { return .keeps }
        let most = Self.notice * day
        let own = min(Int64(days) * day, most)
        let end = madeAt.milliseconds + Int64(days) * day
        guard now.milliseconds >= end - own else { return .keeps }
        let toldAt = (announcedAt ?? now).milliseconds
        // Who keeps three days cannot know a week before, but who lowers a year to three days can.
        let goes = max(end, toldAt + (toldAt < end ? own : most))
        guard announcedAt != nil else { return .announce(WireTime(milliseconds: goes)) }
        return now.milliseconds >= goes ? .isOver : .keeps
    }

    /// Whether what was announced does not hold any more: the limit was raised, or is gone. Nor does what was announced by a clock
    /// that was ahead.
    package static func isRevoked(madeAt: WireTime, days: Int?, announcedAt: WireTime?, now: WireTime) -> Bool {
        guard let announcedAt else { return false }
        return announcedAt > now || of(madeAt: madeAt, days: days, announcedAt: nil, now: now) == .keeps
    }
}

/// Words of BigBlueButton for what becomes of a recording (`bbb-api.md` 6.1).
package enum RecordingState {
    /// Whether somebody could watch it: what is new and unknown is not.
    package static func isReady(_ state: String) -> Bool {
        ["processed", "published", "unpublished"].contains(state)
    }
}
