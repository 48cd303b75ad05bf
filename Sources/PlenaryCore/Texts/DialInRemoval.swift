/// Leaves the telephone out of a text in HTML: each line (between `<br>`s) that speaks of a number that no server has; of a
/// line with several sentences, the sentences that do (`rooms-api.md` 15.8).
enum DialInRemoval {
    private enum Token {
        case scalar(Unicode.Scalar)
        case tag(Tag)

        var text: String {
            switch self {
            case .scalar(let scalar): String(Character(scalar))
            case .tag(let tag): tag.text
            }
        }

        var isText: Bool { if case .scalar = self { true } else { false } }

        /// Whether a reader sees something.
        var isVisible: Bool {
            switch self {
            case .scalar(let scalar): !scalar.properties.isWhitespace
            case .tag(let tag): tag.name == "img"
            }
        }
    }

    private struct Tag {
        let text: String
        /// In lower case.
        let name: String
        let isClosing: Bool

        /// - Parameter scalars: from `<` to `>`.
        /// - Returns: `nil` when it is no tag: `<3`, `< 5`.
        init?(_ scalars: ArraySlice<Unicode.Scalar>) {
            let inner = scalars.dropFirst().dropLast()
            isClosing = inner.first == "/"
            let word = (isClosing ? inner.dropFirst() : inner).prefix {
                $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
            }
            guard let first = word.first, first.properties.isAlphabetic else { return nil }
            name = DialInRemoval.text(word).lowercased()
            text = DialInRemoval.text(scalars)
        }

        /// What is closed by no other tag.
        var isAlone: Bool { ["br", "hr", "img"].contains(name) || text.hasSuffix("/>") }
        /// Sentences do not go on beyond it.
        var isBlock: Bool { ["p", "div", "li", "ul", "ol", "tr", "td"].contains(name) }
    }

    private struct Line {
        /// The tag before it; empty for the first.
        let lineBreak: String
        var sentences: [[Token]] = [[]]

        mutating func append(_ token: Token) { sentences[sentences.count - 1].append(token) }
        mutating func endSentence() { sentences.append([]) }
    }

    static func apply(to html: String) -> String {
        guard speaksOfDialIn(html) else { return html }
        var kept: [(lineBreak: String, tokens: [Token])] = []
        // Tags of lines that are left out, whose other halves are not.
        var tags: [Token] = []
        var isAfterGap = false
        for line in lines(of: tokens(of: html)) {
            let (tokens, isCut) = withoutDialIn(line)
            guard !isCut || tokens.contains(where: \.isVisible) else {
                tags += tokens.filter { !$0.isText }
                isAfterGap = true
                continue
            }
            // Of empty lines before and behind what is left out, those before stay.
            if isAfterGap, isBlank(tokens), kept.last.map({ isBlank($0.tokens) }) ?? true { continue }
            kept.append((line.lineBreak, tags + tokens))
            tags = []
            isAfterGap = false
        }
        while isAfterGap, let last = kept.last, isBlank(last.tokens) { kept.removeLast() }
        guard kept.contains(where: { $0.tokens.contains(where: \.isVisible) }) else { return "" }
        let text = kept.enumerated().map { index, line in
            (index == 0 ? "" : line.lineBreak) + line.tokens.map(\.text).joined()
        }
        return text.joined() + tags.map(\.text).joined()
    }

    // MARK: reading

    private static func tokens(of html: String) -> [Token] {
        // By scalars: a combining character behind a `<` would make another Character of it.
        var tokens: [Token] = []
        var rest = Array(html.unicodeScalars)[...]
        while let first = rest.first {
            if first == "<", let end = rest.dropFirst().firstIndex(where: { $0 == "<" || $0 == ">" }), rest[end] == ">",
                let tag = Tag(rest[...end])
            {
                tokens.append(.tag(tag))
                rest = rest[(end + 1)...]
            } else {
                tokens.append(.scalar(first))
                rest = rest.dropFirst()
            }
        }
        return tokens
    }

    private static func lines(of tokens: [Token]) -> [Line] {
        var lines = [Line(lineBreak: "")]
        for (index, token) in tokens.enumerated() {
            switch token {
            case .tag(let tag) where tag.name == "br": lines.append(Line(lineBreak: tag.text))
            case .tag(let tag) where tag.isBlock:
                if !tag.isClosing { lines[lines.count - 1].endSentence() }
                lines[lines.count - 1].append(token)
                if tag.isClosing { lines[lines.count - 1].endSentence() }
            case .tag: lines[lines.count - 1].append(token)
            case .scalar(let mark):
                lines[lines.count - 1].append(token)
                if isEnd(mark, past: tokens[..<index], rest: tokens[(index + 1)...]) {
                    lines[lines.count - 1].endSentence()
                }
            }
        }
        return lines
    }

    /// Whether a sentence ends with this mark. A full stop may be that of an abbreviation: `Tel. %%DIALNUM%%`, `z. B.`.
    private static func isEnd(_ mark: Unicode.Scalar, past: ArraySlice<Token>, rest: ArraySlice<Token>) -> Bool {
        guard mark == "." || mark == "!" || mark == "?" || mark == "\u{061F}" else { return false }
        // `plenary.example` goes on.
        if let next = rest.first(where: \.isText), next.isVisible { return false }
        let next = rest.first { $0.isText && $0.isVisible }
        guard mark == ".", case .scalar(let first)? = next else { return true }
        let word = past.reversed().prefix { $0.isText && $0.isVisible }
        let isLetter = word.count == 1 && word.first?.text.first?.isLetter == true
        return first != "%" && !first.properties.isLowercase && !isLetter
    }

    // MARK: leaving out

    private static func withoutDialIn(_ line: Line) -> (tokens: [Token], isCut: Bool) {
        var (tokens, isCut) = ([Token](), false)
        for sentence in line.sentences {
            let isDialIn = speaksOfDialIn(sentence.map(\.text).joined())
            tokens += isDialIn ? unpairedTags(sentence) : sentence
            isCut = isCut || isDialIn
        }
        // The blank between sentences does not begin a line.
        return (isCut ? Array(tokens.drop { $0.text == " " }) : tokens, isCut)
    }

    /// What must stay of a sentence, so that all that was opened is closed; no tag with a number in it stays all the same.
    private static func unpairedTags(_ sentence: [Token]) -> [Token] {
        var (open, closing) = ([Tag](), [Tag]())
        for case .tag(let tag) in sentence where !tag.isAlone && !speaksOfDialIn(tag.text) {
            if !tag.isClosing {
                open.append(tag)
            } else if open.last?.name == tag.name {
                open.removeLast()
            } else {
                closing.append(tag)
            }
        }
        return (closing + open).map { .tag($0) }
    }

    private static func isBlank(_ tokens: [Token]) -> Bool {
        tokens.allSatisfy { $0.isText && !$0.isVisible }
    }

    /// In an attribute too: `<a href="tel:%%DIALNUM%%">`.
    private static func speaksOfDialIn(_ html: String) -> Bool {
        ChatTemplate.dialIn.contains { html.utf8.firstRange(of: $0.utf8) != nil }
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}
