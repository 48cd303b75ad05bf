/// The name of a parameter as BigBlueButton reads it: octet by octet, but that the names of metadata come in any letter case
/// (`bbb-api.md` 5.1.2).
///
/// Two names for one thing are equal: a rule about the one must not be evaded by the other.
package struct ParameterName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// As it is written; metadata in lower case.
    package let text: String
    /// What it is compared by.
    private let key: String

    package init(_ given: String) {
        text = given.utf8.starts(with: Self.metadata.utf8) ? given.loweredASCII : given
        key = Self.twins[text] ?? text
    }

    static let metadata = "meta_"
    static let userdata = "userdata-"

    /// Old and new names of one parameter, and our plain word for Scalelite's metadata (`bbb-api.md` 5.1.1, `balancer.md` 3).
    private static let twins = [
        "lockSettingsDisableNote": "lockSettingsDisableNotes", "keepEvents": "meetingKeepEvents",
        "serverTag": "meta_server-tag",
    ]

    // By octets: `==` takes the sign for Kelvin for a K, a server takes it for another name.
    package static func == (left: ParameterName, right: ParameterName) -> Bool {
        left.key.utf8.elementsEqual(right.key.utf8)
    }

    package func hash(into hasher: inout Hasher) { for octet in key.utf8 { hasher.combine(octet) } }

    package static func < (left: ParameterName, right: ParameterName) -> Bool {
        left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
    }

    package var description: String { text }

    /// Whether both are written the same, not just the same parameter.
    func isWritten(like other: ParameterName) -> Bool { text.utf8.elementsEqual(other.text.utf8) }
}

extension ParameterName: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(value) }
}

extension String {
    /// In lower case, ASCII letters only: there are letters beyond ASCII that lower-case into it.
    var loweredASCII: String {
        String(
            decoding: utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// Whether one of them is most likely meant to be the other: the same but for the letter case, or for one letter that is
    /// missing, too much, another one, or swapped with its neighbour. Of short words only the letter case may differ.
    func isNearly(_ other: String) -> Bool {
        let left = Array(loweredASCII.utf8)
        let right = Array(other.loweredASCII.utf8)
        if left == right { return true }
        guard min(left.count, right.count) >= 4, abs(left.count - right.count) <= 1 else { return false }
        let same = zip(left, right).prefix { $0 == $1 }.count
        let (restLeft, restRight) = (left[same...], right[same...])
        if left.count == right.count {
            if restLeft.dropFirst().elementsEqual(restRight.dropFirst()) { return true }
            return restLeft.count >= 2 && restLeft.prefix(2).elementsEqual(restRight.prefix(2).reversed())
                && restLeft.dropFirst(2).elementsEqual(restRight.dropFirst(2))
        }
        let (longer, shorter) = left.count > right.count ? (restLeft, restRight) : (restRight, restLeft)
        return longer.dropFirst().elementsEqual(shorter)
    }
}
