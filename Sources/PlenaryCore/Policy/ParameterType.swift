internal import BigBlueButton

/// What values a parameter has.
package enum ParameterType: Sendable, Hashable {
    case boolean
    case integer(ClosedRange<Int>)
    /// More than 0, at most that.
    case decimal(upTo: Double)
    /// Any text. `longest` counts octets as they are sent, encoded.
    case text(longest: Int)
    /// A web address, http or https.
    case address
    /// A web address, or a path on the server.
    case image
    /// `#RRGGBB`.
    case colour
    /// One of these: BigBlueButton takes any other for something nobody means.
    case oneOf([String])
    /// One of these, or what a later version adds.
    case word([String])
    /// Words with commas between them: these, or what a later version adds.
    case list([String])
    /// A JSON array.
    case json
    /// The grammar of ``TagWish``.
    case tags

    /// How people are told what is expected.
    package var expectation: String {
        switch self {
        case .boolean: "true or false"
        case .integer(let range): "a whole number of \(range.lowerBound) to \(range.upperBound)"
        case .decimal(let most): "a number of more than 0 and at most \(Int(most))"
        case .text(let longest): "a text of at most \(longest) octets"
        case .address: "a web address (http or https)"
        case .image: "a web address (http or https), or a path that begins with a slash"
        case .colour: "a colour such as #1A2B3C"
        case .oneOf(let words), .word(let words): "one of \(words.joined(separator: ", "))"
        case .list: "words with commas between them"
        case .json: "a JSON array"
        case .tags: "tags such as `a;b` or `a;b!`"
        }
    }

    /// The longest value of any type, as it is sent. A request line ends at about 8 KB (`bbb-api.md` 1.6), and a create with
    /// slides, or a join, has nothing but its line.
    package static let longest = 4_000

    /// Reads a value as it is going to be sent.
    ///
    /// BigBlueButton takes `1`, `yes` or ` true` for false in most places (`bbb-api.md` 3.3), and what is no number for the
    /// server's default: nobody who writes that means it.
    package func read(_ given: String) throws(ValueFault) -> String {
        // A text may have lines; nothing has any other control character.
        let isPlain = given.unicodeScalars.allSatisfy { scalar in
            scalar.properties.generalCategory != .control || scalar == "\n" || scalar == "\r" || scalar == "\t"
        }
        guard isPlain else { throw .controlCharacter }
        let length = FormCoding.encode(given).utf8.count
        let limit = if case .text(let longest) = self { longest } else { Self.longest }
        guard length <= limit else { throw .tooLong(octets: length, limit: limit) }
        switch self {
        case .text: return given
        case .boolean:
            let text = given.loweredASCII
            guard text == "true" || text == "false" else { throw .unfit(self) }
            return text
        case .integer(let range):
            guard Self.isDigits(given), let number = Int(given), range.contains(number) else { throw .unfit(self) }
            return String(number)
        case .decimal(let most):
            // As a create is read: no sign, no exponent, no words.
            guard given.utf8.allSatisfy({ Self.isDigit($0) || $0 == UInt8(ascii: ".") }), let number = Double(given),
                number > 0, number <= most
            else { throw .unfit(self) }
            return given
        case .address:
            guard Self.isAddress(given) else { throw .unfit(self) }
            return given
        case .image:
            let isPath = given.hasPrefix("/") && !given.hasPrefix("//") && Self.hasNoBlanks(given)
            guard isPath || Self.isAddress(given) else { throw .unfit(self) }
            return given
        case .colour:
            let digits = given.utf8.dropFirst()
            guard given.utf8.first == UInt8(ascii: "#"), digits.count == 6, digits.allSatisfy(Self.isHexDigit) else {
                throw .unfit(self)
            }
            return given
        case .oneOf(let words):
            if words.contains(where: { $0.utf8.elementsEqual(given.utf8) }) { return given }
            if let meant = words.first(where: given.isNearly) { throw .misspelt(given, meant: meant) }
            throw .unfit(self)
        case .word(let words):
            try Self.checkWord(given, words)
            return given
        case .list(let words):
            let items = given.isEmpty ? [] : Self.items(given)
            for item in items { try Self.checkWord(item, words) }
            return items.joined(separator: ",")
        case .json:
            guard JSONSyntax.isArray(given) else { throw .unfit(self) }
            return given
        case .tags:
            let wish = TagWish(given)
            // The grammar forgives everything; this is what nobody means.
            guard !wish.tags.isEmpty, wish.tags.allSatisfy({ $0 == "none" || Slug($0) != nil }) else {
                throw .unfit(self)
            }
            return given
        }
    }

    /// What BigBlueButton is not known to have of a value that was read; it may be newer than we.
    package func unknown(in value: String) -> [String] {
        switch self {
        case .word(let words): words.contains(value) ? [] : [value]
        case .list(let words): value.isEmpty ? [] : Self.items(value).filter { !words.contains($0) }
        default: []
        }
    }

    /// The words of a list, without blanks around them.
    static func items(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { String($0).strippingControls }
    }

    private static func checkWord(_ word: String, _ known: [String]) throws(ValueFault) {
        if known.contains(where: { $0.utf8.elementsEqual(word.utf8) }) { return }
        if let meant = known.first(where: word.isNearly) { throw .misspelt(word, meant: meant) }
        guard XMLWriter.isName(word) else { throw .noWord(word) }
    }

    private static func isAddress(_ text: String) -> Bool {
        guard JoinRequest.Delivery.isWebAddress(text), let scheme = text.utf8.firstRange(of: "://".utf8) else {
            return false
        }
        let host = text.utf8[scheme.upperBound...].prefix {
            $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
        }
        // An address with a user in it is a way to look like another one.
        return !host.isEmpty && !host.contains(UInt8(ascii: "@")) && host.first != UInt8(ascii: ":")
    }

    private static func hasNoBlanks(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0.value <= 0x20 || $0.value == 0x7F }
    }

    private static func isDigit(_ octet: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) }

    private static func isDigits(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isDigit) }

    private static func isHexDigit(_ octet: UInt8) -> Bool {
        isDigit(octet) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(octet | 0x20)
    }
}

/// Why a text is no value of a parameter.
package enum ValueFault: Error, Sendable, Hashable {
    case unfit(ParameterType)
    case misspelt(String, meant: String)
    /// Not of letters, digits, `_`, `.` and `-`.
    case noWord(String)
    case tooLong(octets: Int, limit: Int)
    case controlCharacter
}
