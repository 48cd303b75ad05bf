/// The text that is an access code (`rooms-api.md` 9): what people type, in one spelling.
///
/// The contract wants NFKC. The standard library compares texts by canonical equivalence, which is NFC; this folds what keyboards
/// and copied texts have beyond it (``folded(_:)``). It is not encrypted, and not a secret from who administers the room.
package struct RoomCodeText: Sendable, CustomStringConvertible {
    package let text: String

    /// Characters.
    package static let lengths = 4...64
    /// Digits of one that the platform makes.
    package static let generatedLength = 9

    /// What somebody sets.
    ///
    /// - Returns: `nil` unless it has ``lengths`` characters that are seen, without blanks between them.
    package init?(_ given: String) {
        let folded = Self.folded(given.unicodeScalars.drop { $0.properties.isWhitespace })
        var scalars = Substring(folded).unicodeScalars
        while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        guard Self.lengths.contains(scalars.count), scalars.allSatisfy(Self.isVisible) else { return nil }
        text = String(scalars)
    }

    /// What somebody types at the door. Blanks do not count, wherever they are: people read `482 913 075` to each other.
    ///
    /// - Returns: `nil` when it can be no code.
    package init?(typed: String) {
        self.init(String(String.UnicodeScalarView(typed.unicodeScalars.filter { !Self.isIgnored($0) })))
    }

    /// One that the platform makes.
    ///
    /// - Parameter digits: random ones of 0 to 9, at least ``generatedLength`` of them.
    /// - Returns: `nil` when they are none, or too few.
    package init?(digits: [Int]) {
        let used = digits.prefix(Self.generatedLength)
        guard used.count == Self.generatedLength, used.allSatisfy({ (0...9).contains($0) }) else { return nil }
        text = used.map { String($0) }.joined()
    }

    package init(using random: inout some RandomNumberGenerator) {
        var digits = ""
        for _ in 0..<Self.generatedLength { digits += String(Int.random(in: 0...9, using: &random)) }
        text = digits
    }

    package var description: String { text }

    /// Whether both are the same, in a time that does not tell how much of them is: first by keyed hashes, of which who guesses
    /// knows nothing. Two spellings of one letter are the same.
    package func matches(_ other: RoomCodeText) -> Bool { hashValue == other.hashValue && self == other }

    // MARK: spelling

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
            .paragraphSeparator:
            false
        default: true
        }
    }

    /// Blanks, and the characters without width that come along when a text is copied.
    private static func isIgnored(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.properties.generalCategory == .format
    }

    /// With the plain characters for those that only look otherwise: full and half width, raised, lowered and circled digits,
    /// letters of mathematics, ligatures.
    static func folded(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var result = String.UnicodeScalarView()
        for scalar in scalars { result.append(contentsOf: plain(scalar).unicodeScalars) }
        return String(result)
    }

    private static func plain(_ scalar: Unicode.Scalar) -> String {
        let value = scalar.value
        switch value {
        case 0xFF01...0xFF5E: return letter(value - 0xFF01, of: 0x21)
        case 0x3000, 0x00A0, 0x2000...0x200A, 0x202F, 0x205F: return " "
        case 0x2080...0x2089: return letter(value - 0x2080, of: 0x30)
        case 0x2070, 0x2074...0x2079: return letter(value - 0x2070, of: 0x30)
        case 0x00B9: return "1"
        case 0x00B2, 0x00B3: return letter(value - 0x00B0, of: 0x30)
        case 0x2460...0x2473: return String(value - 0x2460 + 1)
        case 0x24EA: return "0"
        case 0x24B6...0x24CF: return letter(value - 0x24B6, of: 0x41)
        case 0x24D0...0x24E9: return letter(value - 0x24D0, of: 0x61)
        // 13 alphabets of capitals and small letters, then five rows of digits.
        case 0x1D400...0x1D6A3:
            let place = (value - 0x1D400) % 52
            return place < 26 ? letter(place, of: 0x41) : letter(place - 26, of: 0x61)
        case 0x1D7CE...0x1D7FF: return letter((value - 0x1D7CE) % 10, of: 0x30)
        case 0xFF61...0xFF9F: return String(halfWidth[Int(value - 0xFF61)])
        default: return ligatures[value] ?? String(Character(scalar))
        }
    }

    /// The letter that stands so far behind another one.
    private static func letter(_ distance: UInt32, of first: UInt32) -> String {
        Unicode.Scalar(first + distance).map { String(Character($0)) } ?? ""
    }

    private static let ligatures: [UInt32: String] = [
        0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st",
        0x00AA: "a", 0x00BA: "o", 0x00B5: "μ", 0x2122: "TM", 0x2026: "...", 0x212A: "K",
    ]

    /// U+FF61 to U+FF9F; the last two are marks that combine.
    private static let halfWidth: [Unicode.Scalar] = Array(
        """
        。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u{3099}\u{309A}
        """.unicodeScalars)
}

extension RoomCodeText: Hashable {
    // As the standard library compares texts: `é` in one scalar or in two.
    package static func == (left: RoomCodeText, right: RoomCodeText) -> Bool { left.text == right.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
