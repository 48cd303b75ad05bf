/// A secret that two sides share, such as a BigBlueButton server's `securitySalt`.
///
/// It prints as `***` wherever it ends up in a log, an error or a debugger; only ``reveal()`` gives the text.
/// An empty secret would sign anything and one with white space around it is a slip of the clipboard (Moodle trims it,
/// others do not), so neither can be made (`bbb-api.md` 2.8).
public struct Secret: Sendable, Hashable {
    private let text: String

    /// Octet by octet, as a hash sees it.
    public static func == (left: Secret, right: Secret) -> Bool { left.text.isSame(as: right.text) }

    public func hash(into hasher: inout Hasher) { text.hashOctets(into: &hasher) }

    /// - Returns: `nil` when `text` is empty or begins or ends with white space.
    public init?(_ text: String) {
        guard let first = text.first, let last = text.last, !first.isWhitespace, !last.isWhitespace
        else { return nil }
        self.text = text
    }

    /// The secret itself, for signing and for the one place where an operator asks to see it.
    public func reveal() -> String { text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
