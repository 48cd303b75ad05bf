/// The languages of the room page.
enum PageLanguage: String, Sendable, Hashable, CaseIterable {
    case english = "en"
    case german = "de"
    case french = "fr"
    case spanish = "es"
    case portuguese = "pt-BR"
    case arabic = "ar"

    /// As the language calls itself.
    var ownName: String {
        switch self {
        case .english: "English"
        case .german: "Deutsch"
        case .french: "Français"
        case .spanish: "Español"
        case .portuguese: "Português (Brasil)"
        case .arabic: "العربية"
        }
    }

    /// Of the attribute `dir`.
    var direction: String { self == .arabic ? "rtl" : "ltr" }

    /// The language of a tag, or of any variety of it: `de-AT`, `pt`, `PT_br`.
    ///
    /// - Returns: `nil` when there are no texts in it.
    init?(tag: String) {
        let wanted = Self.normal(tag)
        let exact = Self.allCases.first { Self.normal($0.rawValue) == wanted }
        let close = Self.allCases.first { Self.primary(Self.normal($0.rawValue)) == Self.primary(wanted) }
        guard let found = exact ?? close else { return nil }
        self = found
    }

    /// What the visitor chose, else what the room says, else what the browser asks for, else English.
    ///
    /// - Parameters:
    ///   - chosen: `lang` of the query.
    ///   - room: the setting `locale`.
    ///   - accepted: the header `Accept-Language`.
    init(chosen: String?, room: String?, accepted: String?) {
        self =
            chosen.flatMap { PageLanguage(tag: $0) } ?? room.flatMap { PageLanguage(tag: $0) }
            ?? accepted.flatMap { Self.best(of: $0) } ?? .english
    }

    /// The language that is wanted most of those that there are (RFC 9110, 12.5.4).
    ///
    /// - Returns: `nil` when none of them is named; `*` names none in particular.
    static func best(of header: String) -> PageLanguage? {
        var best: (language: PageLanguage, weight: Int)?
        // More than a browser ever sends is not read.
        for range in header.split(separator: ",").prefix(32) {
            let parts = range.split(separator: ";")
            guard let tag = parts.first, let language = PageLanguage(tag: trimmed(tag)) else { continue }
            let given = parts.dropFirst().map { trimmed($0) }.first { $0.hasPrefix("q=") || $0.hasPrefix("Q=") }
            // What cannot be read counts as not wanted: there are others.
            let weight = given.map { Self.weight($0.dropFirst(2)) ?? 0 } ?? 1_000
            // Of two that are wanted as much, the first.
            if weight > (best?.weight ?? 0) { best = (language, weight) }
        }
        return best?.language
    }

    /// In thousandths: `0.8` is 800.
    private static func weight(_ text: Substring) -> Int? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, whole == "0" || whole == "1" else { return nil }
        let digits = parts.count > 1 ? parts[1] : Substring()
        guard digits.utf8.count <= 3, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let padded = String(digits) + String(repeating: "0", count: 3 - digits.utf8.count)
        guard let fraction = Int(padded) else { return nil }
        return whole == "1" ? (fraction == 0 ? 1_000 : nil) : fraction
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text
        while rest.first == " " || rest.first == "\t" { rest = rest.dropFirst() }
        while rest.last == " " || rest.last == "\t" { rest = rest.dropLast() }
        return String(rest)
    }

    private static func normal(_ tag: String) -> String { tag.lowercased().replacing("_", with: "-") }

    private static func primary(_ tag: String) -> Substring { tag.prefix { $0 != "-" } }
}
