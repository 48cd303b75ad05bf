/// The name under which somebody is in a room (`rooms-api.md` 11.3, check 9).
package struct VisitorName: Sendable, Hashable {
    package let text: String

    package static let longest = 64
    package static let rule = "has 1 to \(longest) characters, without control characters"

    /// - Returns: `nil` when nothing but white space is left, when it is too long, or when it has characters that are not seen
    ///   and change how others are shown.
    package init?(_ given: String) {
        // By scalars: a combining character at an end would make another Character of the blank before it.
        let scalars = given.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return nil }
        let trimmed = scalars[first...last]
        guard trimmed.count <= Self.longest, trimmed.allSatisfy(Self.isHarmless), trimmed.contains(where: Self.isSeen)
        else { return nil }
        text = String(trimmed)
    }

    /// Not a name alone: what takes no width, the blank of Braille, and characters without a meaning.
    private static func isSeen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .format, .spaceSeparator, .unassigned, .privateUse, .nonspacingMark: false
        default: scalar.value != 0x2800 && !scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    /// Whether a character leaves what stands beside it as it is.
    package static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        // Line and paragraph separators are white space, but no blanks.
        case .control, .lineSeparator, .paragraphSeparator: false
        default: !isDirection(scalar)
        }
    }

    /// Embeddings, overrides and isolates of a direction of writing.
    private static func isDirection(_ scalar: Unicode.Scalar) -> Bool {
        (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
}
