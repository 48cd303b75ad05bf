/// Tells whether a text is JSON (RFC 8259). Nothing is made of it: what BigBlueButton reads is passed on as it is.
struct JSONSyntax {
    private var rest: Substring.UTF8View
    private var depth = 0
    /// A reader that calls itself must not be led too deep.
    private static let deepest = 32

    static func isArray(_ text: String) -> Bool {
        var reader = JSONSyntax(rest: Substring(text).utf8)
        reader.skipBlanks()
        guard reader.rest.first == UInt8(ascii: "["), reader.value() else { return false }
        reader.skipBlanks()
        return reader.rest.isEmpty
    }

    private mutating func value() -> Bool {
        skipBlanks()
        guard let first = rest.first else { return false }
        switch first {
        case UInt8(ascii: "["): return list(closedBy: UInt8(ascii: "]")) { $0.value() }
        case UInt8(ascii: "{"): return list(closedBy: UInt8(ascii: "}")) { $0.member() }
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return take("true")
        case UInt8(ascii: "f"): return take("false")
        case UInt8(ascii: "n"): return take("null")
        default: return number()
        }
    }

    private mutating func list(closedBy end: UInt8, _ item: (inout JSONSyntax) -> Bool) -> Bool {
        rest.removeFirst()
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { return false }
        skipBlanks()
        if take(end) { return true }
        while item(&self) {
            skipBlanks()
            if take(end) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
        return false
    }

    private mutating func member() -> Bool {
        skipBlanks()
        guard rest.first == UInt8(ascii: "\""), string() else { return false }
        skipBlanks()
        return take(UInt8(ascii: ":")) && value()
    }

    private mutating func string() -> Bool {
        rest.removeFirst()
        while let octet = rest.popFirst() {
            switch octet {
            case UInt8(ascii: "\""): return true
            case 0..<0x20: return false
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return false }
                if escaped == UInt8(ascii: "u") {
                    for _ in 0..<4 {
                        guard let digit = rest.popFirst(), Self.isHexDigit(digit) else { return false }
                    }
                } else if !"\"\\/bfnrt".utf8.contains(escaped) {
                    return false
                }
            default: break
            }
        }
        return false
    }

    private mutating func number() -> Bool {
        _ = take(UInt8(ascii: "-"))
        let isZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, !isZero || whole == 1 else { return false }
        if take(UInt8(ascii: ".")), digits() == 0 { return false }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() > 0 else { return false }
        }
        return true
    }

    /// - Returns: how many there were.
    private mutating func digits() -> Int {
        let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
        rest = rest.dropFirst(count)
        return count
    }

    private mutating func take(_ octet: UInt8) -> Bool {
        guard rest.first == octet else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func take(_ word: String) -> Bool {
        guard rest.starts(with: word.utf8) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        return true
    }

    private mutating func skipBlanks() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }

    private static func isHexDigit(_ octet: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(octet | 0x20)
    }
}
