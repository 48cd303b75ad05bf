package import BigBlueButton

package struct RoomCodeNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: RoomCodeNumber, right: RoomCodeNumber) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// What may be changed about an access code, and is said when one is made. Without a code, the platform makes one.
package struct RoomCodeDetails: Sendable, Hashable {
    package var role: RoomRole
    /// As somebody wrote it; `nil`: the platform's.
    package var code: String?
    /// As for tokens.
    package var expiresAt: WireTime?
    package var label: String?

    package init(role: RoomRole, code: String? = nil, expiresAt: WireTime? = nil, label: String? = nil) {
        self.role = role
        self.code = code
        self.expiresAt = expiresAt
        self.label = label
    }

    /// - Returns: the code, when one was given.
    /// - Throws: everything that is wrong.
    package func checked() throws(RoomFaults) -> RoomCodeText? {
        var check = RoomCheck()
        let text = code.flatMap { RoomCodeText($0) }
        check.expect(
            code == nil || text != nil, "code", .invalidFormat,
            "has 4 to 64 visible characters, no blanks")
        if let label { check.line(label, "label", longest: RoomTokenDetails.longestLabel) }
        try check.finish()
        return text
    }
}

/// A pin of a room (`rooms-api.md` 9): a second factor beside a token of the same role (D-22).
package struct RoomAccessCode: Sendable, Hashable {
    package let number: RoomCodeNumber
    /// Names it in the API.
    package let id: String
    package let text: RoomCodeText
    package let role: RoomRole
    package let expiresAt: WireTime?
    package private(set) var lastUsage: WireTime?
    package let label: String?
    package let createdAt: WireTime

    package init(
        number: RoomCodeNumber, id: String, text: RoomCodeText, role: RoomRole, expiresAt: WireTime? = nil,
        lastUsage: WireTime? = nil, label: String? = nil, createdAt: WireTime
    ) {
        self.number = number
        self.id = id
        self.text = text
        self.role = role
        self.expiresAt = expiresAt
        self.lastUsage = lastUsage
        self.label = label
        self.createdAt = createdAt
    }

    package func isValid(at now: WireTime) -> Bool { expiresAt.map { now < $0 } ?? true }

    /// It let somebody in.
    package mutating func used(at now: WireTime) { lastUsage = max(lastUsage ?? now, now) }
}

/// All codes of one room.
package struct RoomCodes: Sendable, Hashable {
    package let all: [RoomAccessCode]

    package init(_ all: [RoomAccessCode]) { self.all = all }

    /// Whether who has the role must give a code: as soon as there is one of it, expired or not. When all have expired, nobody
    /// gets in: fail closed.
    package func protects(_ role: RoomRole) -> Bool { all.contains { $0.role == role } }

    /// Whether another code of the room, of any role, is the same.
    ///
    /// - Parameter changed: the code that is being changed, which may stay as it is.
    package func admit(_ text: RoomCodeText, changing changed: RoomCodeNumber? = nil) throws(RoomProblem) {
        guard !all.contains(where: { $0.number != changed && $0.text == text }) else { throw .codeNotUnique }
    }

    package enum Verdict: Sendable, Hashable {
        /// The role is not protected; what was given is not looked at.
        case notNeeded
        case accepted(RoomCodeNumber)
        /// None was given.
        case required
        /// One answer for both reasons, so that a guest cannot find moderators' codes. The reason is for the audit log.
        case invalid(Reason)
        /// The role's own, but its time is over.
        case expired(RoomCodeNumber)

        package enum Reason: Sendable, Hashable {
            case unknown
            case otherRole(RoomCodeNumber)
        }

        /// Whether it counts towards too many wrong codes (2.9).
        package var isWrong: Bool {
            switch self {
            case .invalid: true
            case .notNeeded, .accepted, .required, .expired: false
            }
        }
    }

    /// - Parameters:
    ///   - typed: as the visitor typed it; blank: none.
    ///   - role: of the token.
    package func judge(_ typed: String?, for role: RoomRole, at now: WireTime) -> Verdict {
        guard protects(role) else { return .notNeeded }
        guard let typed, !typed.allSatisfy(\.isWhitespace) else { return .required }
        guard let given = RoomCodeText(typed: typed) else { return .invalid(.unknown) }
        // All are compared, so that the time does not tell which one it is.
        var same: RoomAccessCode?
        for code in all where code.text.matches(given) { same = code }
        guard let found = same else { return .invalid(.unknown) }
        guard found.role == role else { return .invalid(.otherRole(found.number)) }
        return found.isValid(at: now) ? .accepted(found.number) : .expired(found.number)
    }
}
