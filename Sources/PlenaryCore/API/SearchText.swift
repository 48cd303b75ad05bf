/// Texts as `search` compares them (`rooms-api.md` 2.6): without case and accents, `Müller` as `MULLER`.
package enum SearchText {
    /// In one spelling: in lower case; letters with marks as the letter alone, in Latin writing.
    ///
    /// Marks of other writings stay: there they make another letter.
    package static func folded(_ text: String) -> String {
        var folded = ""
        // Both ways: there are letters whose capitals are two, and which no other way finds.
        for scalar in text.uppercased().lowercased().unicodeScalars {
            switch scalar.value {
            case 0..<0x80: folded.unicodeScalars.append(scalar)
            case 0x300...0x36F: break
            default: folded.unicodeScalars.append(plain(scalar))
            }
        }
        return folded
    }

    /// The letter without its marks, which is told by its name in Unicode.
    private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let prefix = "LATIN SMALL LETTER "
        guard let name = scalar.properties.name, name.hasPrefix(prefix) else { return scalar }
        let words = name.dropFirst(prefix.count).split(separator: " ")
        guard words.count > 2, words[0].utf8.count == 1, words[1] == "WITH",
            let letter = words[0].lowercased().unicodeScalars.first
        else { return scalar }
        return letter
    }
}

/// One word of a `search`; all of them must be found.
package struct SearchTerm: Sendable, Hashable {
    /// Folded.
    package let word: String
    /// Where to look; any of them will do.
    package let fields: [String]

    package init(word: String, fields: [String]) {
        self.word = SearchText.folded(word)
        self.fields = fields
    }

    /// - Parameter text: of a field, `nil` where there is none.
    package func isFound(in text: (String) -> String?) -> Bool {
        fields.contains { field in text(field).map { Self.contains(SearchText.folded($0), word) } ?? false }
    }

    private static func contains(_ text: String, _ word: String) -> Bool {
        let (text, word) = (Array(text.utf8), Array(word.utf8))
        guard !word.isEmpty else { return true }
        guard text.count >= word.count else { return false }
        return (0...(text.count - word.count)).contains { text[$0..<($0 + word.count)].elementsEqual(word) }
    }
}
