package import BigBlueButton

/// What reservations of a tenant go by (`rooms-api.md` 15.3).
package struct ReservationDefaults: Sendable, Hashable {
    /// Connections of a create that says none.
    package let participants: Int
    /// Minutes of a create that says none.
    package let duration: Int

    /// What the founding platform does when nothing is set (R8).
    package static let factory = ReservationDefaults(participants: 20, duration: 120)

    package init(participants: Int, duration: Int) {
        self.participants = participants
        self.duration = duration
    }
}

/// How many connections a `create` wants reserved, and for how long (`rooms-api.md` 15.3).
package struct ReservationRequest: Sendable, Hashable {
    /// `m`: connections, at least 1.
    package let connections: Int
    /// `d`: minutes, at least 1.
    package let minutes: Int
    /// Whether the caller said `m`: what was said is refused when it cannot be, what was assumed is lowered (R4).
    package let isExplicit: Bool

    package init(connections: Int, minutes: Int, isExplicit: Bool) {
        self.connections = connections
        self.minutes = minutes
        self.isExplicit = isExplicit
    }

    /// - Parameters:
    ///   - pool: `C`; `nil`: unlimited.
    ///   - longest: the operator's maximum of minutes (R5).
    package init(_ parameters: Parameters, defaults: ReservationDefaults, pool: Int?, longest: Int) {
        let said = parameters["maxParticipants"].flatMap(Self.number)
        isExplicit = said != nil
        connections = said ?? min(defaults.participants, max(1, pool ?? .max))
        minutes = min(parameters["duration"].flatMap(Self.number) ?? defaults.duration, max(1, longest))
    }

    /// A whole number of 1 to 2147483647, an optional sign and ASCII digits; everything else counts as missing (R1 to R3).
    package static func number(_ text: String) -> Int? {
        var digits = Substring(text).utf8
        if digits.first == UInt8(ascii: "+") || digits.first == UInt8(ascii: "-") { digits.removeFirst() }
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int32(text), number > 0
        else { return nil }
        return Int(number)
    }
}
