package import BigBlueButton

/// A web hook that a caller registered with us (`balancer.md` 11, `bbb-api.md` 11).
package struct Hook: Sendable, Hashable {
    package let number: Int64
    /// Made by us; the same for the caller whatever servers come and go.
    package let id: String
    package let account: AccountID
    package let callbackURL: String
    /// Only events of that meeting; `nil`: of all meetings of the account.
    package let meetingID: MeetingID?
    /// As given: only these events, separated by commas; `nil`: all.
    package let eventID: String?
    /// Whether events come as the server's own bus has them.
    package let isRaw: Bool
    package let secret: Int64?
    package let createdAt: WireTime

    package init(
        number: Int64, id: String, account: AccountID, callbackURL: String, meetingID: MeetingID?, eventID: String?,
        isRaw: Bool, secret: Int64?, createdAt: WireTime
    ) {
        self.number = number
        self.id = id
        self.account = account
        self.callbackURL = callbackURL
        self.meetingID = meetingID
        self.eventID = eventID
        self.isRaw = isRaw
        self.secret = secret
        self.createdAt = createdAt
    }

    /// The lane of what a hook is told.
    package static func lane(_ id: String) -> String { "hook \(id)" }

    /// Whether an event goes to this hook.
    ///
    /// - Parameters:
    ///   - event: its id, such as `user-joined`; `nil` for a raw message without one.
    ///   - meeting: the external id of its meeting, if it is about one.
    package func wants(event: String?, of meeting: MeetingID?) -> Bool {
        if let meetingID, meetingID != meeting { return false }
        // A filter by event cannot be applied to what has no event; servers pass raw messages on then.
        guard let eventID, let event, !isRaw else { return true }
        return eventID.split(separator: ",").contains { $0.trimmed.lowercased() == event.lowercased() }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
