/// The part of a room's address that people read: `business-meeting` (`rooms-api.md` 7.1). Not unique, and decoration only: the
/// id decides (D-24).
package struct RoomSlug: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    /// Characters.
    package static let longest = 100
    /// When nothing of a name can be written.
    package static let fallback = "room"

    /// - Returns: `nil` unless it is lower case letters and digits with single hyphens between them, at most ``longest``.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: Self.hyphen, omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.longest,
            parts.allSatisfy({ part in !part.isEmpty && part.allSatisfy(Self.isPlain) })
        else { return nil }
        self.text = text
    }

    /// The default one: letters as their readers write them in ASCII, hyphens for all else.
    package init(from name: String) {
        var slug = ""
        for character in name.lowercased() {
            if let letters = Self.spelled(character) {
                slug += letters
            } else if slug.last != "-", !slug.isEmpty {
                slug += "-"
            }
        }
        slug = String(slug.prefix(Self.longest))
        while slug.last == "-" { slug.removeLast() }
        text = slug.isEmpty ? Self.fallback : slug
    }

    package var description: String { text }

    // MARK: letters

    /// - Returns: letters and digits of ASCII, or nothing for a letter that is not spoken; `nil` for what is no letter.
    private static func spelled(_ character: Character) -> String? {
        if let known = letters[character] { return known }
        // Accents follow their letter, or are part of it.
        guard let base = character.unicodeScalars.first else { return nil }
        if base.isASCII { return isPlain(UInt8(base.value)) ? String(Character(base)) : nil }
        return letters[Character(base)] ?? latin(base)
    }

    /// The plain letter of a Latin one with accents: its name says which that is.
    private static func latin(_ scalar: Unicode.Scalar) -> String? {
        guard let name = scalar.properties.name, name.hasPrefix(latinPrefix) else { return nil }
        let letter = name.dropFirst(latinPrefix.count).prefix { $0 != " " }.lowercased()
        return letter.utf8.count <= 2 ? letter : nil
    }

    private static let latinPrefix = "LATIN SMALL LETTER "
    private static let hyphen = UInt8(ascii: "-")

    private static func isPlain(_ octet: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
    }

    private static let letters: [Character: String] = [
        // Letters with a spelling of their own.
        "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "œ": "oe", "ð": "d", "þ": "th", "ı": "i",
        "ŋ": "ng", "ə": "e", "'": "", "’": "",
        // Greek.
        "α": "a", "ά": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "έ": "e", "ζ": "z", "η": "i", "ή": "i",
        "θ": "th", "ι": "i", "ί": "i", "ϊ": "i", "ΐ": "i", "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "x",
        "ο": "o", "ό": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "ύ": "y", "ϋ": "y",
        "ΰ": "y", "φ": "f", "χ": "ch", "ψ": "ps", "ω": "o", "ώ": "o",
        // Cyrillic.
        "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "yo", "є": "ye", "ж": "zh",
        "з": "z", "и": "i", "і": "i", "ї": "yi", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o",
        "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch",
        "ш": "sh",
        "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "ђ": "dj", "ј": "j", "љ": "lj",
        "њ": "nj", "ћ": "c", "џ": "dz",
    ]
}
