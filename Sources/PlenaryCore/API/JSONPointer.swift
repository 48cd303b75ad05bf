/// Where something stands in a JSON text (RFC 6901): `/room_settings/banner_color`. The whole text is ``root``.
package struct JSONPointer: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Names of members and numbers of elements, not escaped.
    package let tokens: [String]

    package static let root = JSONPointer([])

    package init(_ tokens: [String]) { self.tokens = tokens }

    /// A member of the whole.
    package init(_ name: String) { tokens = [name] }

    /// - Returns: `nil` unless each token begins with `/` and has no other escapes than `~0` and `~1`.
    package init?(text: String) {
        guard !text.isEmpty else {
            tokens = []
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1, parts[0].isEmpty else { return nil }
        var tokens: [String] = []
        for part in parts.dropFirst() {
            guard let token = Self.unescaped(part) else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    package func appending(_ name: String) -> JSONPointer { JSONPointer(tokens + [name]) }
    package func appending(_ index: Int) -> JSONPointer { JSONPointer(tokens + [String(index)]) }

    package var description: String {
        var text = ""
        for token in tokens {
            text += "/"
            for scalar in token.unicodeScalars {
                switch scalar {
                case "~": text += "~0"
                case "/": text += "~1"
                default: text.unicodeScalars.append(scalar)
                }
            }
        }
        return text
    }

    /// Token by token: numbers by their size before names by their octets, the whole before its parts.
    package static func < (left: JSONPointer, right: JSONPointer) -> Bool {
        for (one, other) in zip(left.tokens, right.tokens) where !one.utf8.elementsEqual(other.utf8) {
            // Were a number and a name compared by octets, 9 would be before 10, 10 before 1a and 1a before 9.
            switch (number(one), number(other)) {
            case (let first?, let second?): return first < second
            case (.some, nil): return true
            case (nil, .some): return false
            case (nil, nil): return one.utf8.lexicographicallyPrecedes(other.utf8)
            }
        }
        return left.tokens.count < right.tokens.count
    }

    private static func number(_ token: String) -> Int? {
        let isIndex =
            token == "0"
            || (token.utf8.first != UInt8(ascii: "0")
                && token.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        return isIndex ? Int(token) : nil
    }

    private static func unescaped(_ part: Substring) -> String? {
        var text = ""
        var rest = part.unicodeScalars.makeIterator()
        while let scalar = rest.next() {
            guard scalar == "~" else {
                text.unicodeScalars.append(scalar)
                continue
            }
            switch rest.next() {
            case "0": text += "~"
            case "1": text += "/"
            default: return nil
            }
        }
        return text
    }
}
