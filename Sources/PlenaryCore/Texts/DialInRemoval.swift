/// Leaves the telephone out of a text in HTML, where no server has a number: every line, between `<br>`s, that speaks of one
/// (`rooms-api.md` 15.8).
enum DialInRemoval {
    static func apply(to html: String) -> String {
        guard speaksOfDialIn(html) else { return html }
        var kept: [(lineBreak: Substring, line: Substring)] = []
        var (lineBreak, rest) = (Substring(), Substring(html))
        while true {
            let found = rest.firstMatch(of: #/<br\s*/?>/#.ignoresCase().matchingSemantics(.unicodeScalar))
            let line = rest[..<(found?.range.lowerBound ?? rest.endIndex)]
            if !speaksOfDialIn(line) { kept.append((lineBreak, line)) }
            guard let found else { break }
            (lineBreak, rest) = (rest[found.range], rest[found.range.upperBound...])
        }
        return kept.enumerated().map { index, part in (index == 0 ? "" : part.lineBreak) + part.line }.joined()
    }

    private static func speaksOfDialIn(_ html: some StringProtocol) -> Bool {
        ChatTemplate.dialIn.contains { html.utf8.firstRange(of: $0.utf8) != nil }
    }
}
