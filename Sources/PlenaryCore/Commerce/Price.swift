/// An amount of money as a decimal text (D-21): `14.99`. Nothing is reckoned with it.
package struct Price: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package static let zero = Price(unchecked: "0.00")

    private init(unchecked text: String) { self.text = text }

    /// - Returns: `nil` unless it is 1 to 9 digits without a leading zero and, behind a dot, up to 4 more.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        func isNumber(_ part: Substring.UTF8View, longest: Int) -> Bool {
            (1...longest).contains(part.count)
                && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        guard (1...2).contains(parts.count), isNumber(parts[0], longest: 9),
            parts[0].count == 1 || parts[0].first != UInt8(ascii: "0"),
            parts.count == 1 || isNumber(parts[1], longest: 4)
        else { return nil }
        self.text = text
    }

    package var description: String { text }
}

/// A currency by its ISO 4217 code: three letters. Whether one of that code exists is not looked up.
package struct Currency: Sendable, Hashable, CustomStringConvertible {
    package let code: String

    package static let euro = Currency(unchecked: "EUR")

    private init(unchecked code: String) { self.code = code }

    /// - Parameter text: in any case.
    /// - Returns: `nil` unless it is three letters.
    package init?(_ text: String) {
        guard text.utf8.count == 3, text.isLetters else { return nil }
        code = text.uppercased()
    }

    package var description: String { code }
}

extension String {
    /// Only ASCII letters, and at least one.
    var isLetters: Bool {
        !isEmpty
            && utf8.allSatisfy { octet in
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet)
            }
    }
}
