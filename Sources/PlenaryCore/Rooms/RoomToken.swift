package import BigBlueButton

package struct RoomTokenNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: RoomTokenNumber, right: RoomTokenNumber) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// The text that is a token (`rooms-api.md` 8.1): 32 characters of base 62, about 190 bits. Whoever has it has its rights, so it
/// prints as nothing.
package struct RoomTokenText: Sendable, Hashable, Redacted {
    private let text: String

    package static let length = 32

    package init(using random: inout some RandomNumberGenerator) {
        var octets: [UInt8] = []
        for _ in 0..<Self.length { octets.append(Self.alphabet[Int.random(in: 0..<62, using: &random)]) }
        text = String(decoding: octets, as: UTF8.self)
    }

    /// - Returns: `nil` when it has not the form of a token; no room has it then.
    package init?(_ text: String) {
        guard text.utf8.count == Self.length, text.utf8.allSatisfy({ Self.alphabet.contains($0) }) else { return nil }
        self.text = text
    }

    /// The token itself, for its link and for looking it up.
    package func reveal() -> String { text }

    /// Whether both are the same, in a time that does not tell how much of them is.
    package func matches(_ other: RoomTokenText) -> Bool {
        zip(text.utf8, other.text.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
}

/// What may be changed about a token, and is said when one is made.
package struct RoomTokenDetails: Sendable, Hashable {
    package var role: RoomRole
    /// Valid until just before it; a past one makes an invalid token, which is how it is revoked without being deleted. `nil`:
    /// it never expires.
    package var expiresAt: WireTime?
    /// A note for the owner.
    package var label: String?
    /// The visitor's name, which they cannot change: a personal link.
    package var displayName: String?
    /// How often it lets in; `nil`: any number of times.
    package var maxUses: Int?

    package init(
        role: RoomRole, expiresAt: WireTime? = nil, label: String? = nil, displayName: String? = nil,
        maxUses: Int? = nil
    ) {
        self.role = role
        self.expiresAt = expiresAt
        self.label = label
        self.displayName = displayName
        self.maxUses = maxUses
    }

    package static let longestLabel = 100

    /// The same in the spelling in which it is kept.
    ///
    /// - Throws: everything that is wrong.
    package func checked() throws(RoomFaults) -> RoomTokenDetails {
        var kept = self
        var check = RoomCheck()
        if let label { check.line(label, "label", longest: Self.longestLabel) }
        if let displayName {
            if let name = VisitorName(displayName) {
                kept.displayName = name.text
            } else {
                check.note(RoomFault("display_name", .invalidFormat, VisitorName.rule))
            }
        }
        check.expect(
            maxUses.map { (1...Int(Int32.max)).contains($0) } ?? true, "max_uses", .outOfRange, "is at least 1")
        try check.finish()
        return kept
    }

    /// The automatic one of a public room (10, D-23).
    package static let automatic = RoomTokenDetails(role: .guest)
}

/// A link into a room (`rooms-api.md` 8).
package struct RoomToken: Sendable, Hashable {
    package let number: RoomTokenNumber
    /// Names it in the API.
    package let id: String
    package let text: RoomTokenText
    package private(set) var details: RoomTokenDetails
    /// How often it let somebody in.
    package private(set) var useCount: Int
    /// When it last did; not for counting.
    package private(set) var lastUsage: WireTime?
    /// The one of a public room, which nobody changes.
    package let isAutomatic: Bool
    package let createdAt: WireTime

    package init(
        number: RoomTokenNumber, id: String, text: RoomTokenText, details: RoomTokenDetails, useCount: Int = 0,
        lastUsage: WireTime? = nil, isAutomatic: Bool = false, createdAt: WireTime
    ) {
        self.number = number
        self.id = id
        self.text = text
        self.details = details
        self.useCount = useCount
        self.lastUsage = lastUsage
        self.isAutomatic = isAutomatic
        self.createdAt = createdAt
    }

    package var role: RoomRole { details.role }

    package enum Validity: Sendable, Hashable { case valid, expired, usedUp }

    /// Whether it lets in now. People who are in stay in, whatever becomes of it.
    package func validity(at now: WireTime) -> Validity {
        if let end = details.expiresAt, end <= now { return .expired }
        if let most = details.maxUses, useCount >= most { return .usedUp }
        return .valid
    }

    /// It let somebody in: a join was answered with `ready`. Neither opening the page nor waiting is a use.
    package mutating func used(at now: WireTime) {
        useCount += 1
        // Two nodes may tell it out of order.
        lastUsage = max(lastUsage ?? now, now)
    }

    /// - Parameter new: checked.
    package mutating func changed(to new: RoomTokenDetails) throws(RoomProblem) {
        guard !isAutomatic else { throw .tokenIsAutomatic }
        details = new
    }

    /// Whether people may delete it.
    package func mayBeDeleted() throws(RoomProblem) {
        guard !isAutomatic else { throw .tokenIsAutomatic }
    }
}
