/// Texts that BigBlueButton shows as HTML (`rooms-api.md` 7.4, rule 6): of what room owners write, the little that its chat takes
/// stays HTML, and all else is shown as it is written.
package enum ChatMarkup {
    /// `<b>`, `<i>`, `<u>`, their ends, `<br>` and links to web pages stay; line breaks become `<br>`.
    package static func safe(_ text: String) -> String {
        var result: [UInt8] = []
        var rest = Substring(text).utf8
        // What is open, so that nothing that the owner writes reaches beyond it.
        var open: [String] = []
        while let octet = rest.first {
            if octet == UInt8(ascii: "<"), let end = rest.firstIndex(of: UInt8(ascii: ">")) {
                let inner = String(Substring(rest[rest.index(after: rest.startIndex)..<end]))
                if let kept = tag(inner, open: &open) {
                    result += kept.utf8
                    rest = rest[rest.index(after: end)...]
                    continue
                }
            }
            rest = rest.dropFirst()
            switch octet {
            case UInt8(ascii: "<"): result += "&lt;".utf8
            case UInt8(ascii: ">"): result += "&gt;".utf8
            case UInt8(ascii: "\""): result += "&quot;".utf8
            case UInt8(ascii: "'"): result += "&#39;".utf8
            case UInt8(ascii: "&"): result += "&amp;".utf8
            case UInt8(ascii: "\n"): result += "<br>".utf8
            case UInt8(ascii: "\t"): result.append(UInt8(ascii: " "))
            case 0..<0x20, 0x7F: break
            default: result.append(octet)
            }
        }
        for name in open.reversed() { result += "</\(name)>".utf8 }
        return String(decoding: result, as: UTF8.self)
    }

    /// - Parameter inner: what stands between `<` and `>`.
    /// - Returns: the tag as it is sent; `nil` when it is none that is let through.
    private static func tag(_ inner: String, open: inout [String]) -> String? {
        let name = inner.loweredASCII
        switch name {
        case "b", "i", "u":
            open.append(name)
            return "<\(name)>"
        case "br", "br/", "br /": return "<br>"
        case "/b", "/i", "/u", "/a":
            // Only what was opened last: tags that cross each other are shown as text.
            guard let last = open.last, name == "/\(last)" else { return nil }
            open.removeLast()
            return "<\(name)>"
        default:
            guard !open.contains("a"), let address = link(inner) else { return nil }
            open.append("a")
            return "<a href=\"\(address)\">"
        }
    }

    /// The address of `a href="https://..."`: of the web or a mailbox, and without anything that would end the attribute.
    private static func link(_ inner: String) -> String? {
        let opening = "a href="
        guard inner.loweredASCII.hasPrefix(opening) else { return nil }
        let quoted = Array(inner.utf8.dropFirst(opening.utf8.count))
        guard quoted.count > 2, let quote = quoted.first, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(quote),
            quoted.last == quote
        else { return nil }
        let address = quoted.dropFirst().dropLast()
        guard address.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !Array("\"'<>`".utf8).contains($0) }) else { return nil }
        let text = String(decoding: address, as: UTF8.self)
        let isKnown = ["https://", "http://", "mailto:"].contains { text.loweredASCII.hasPrefix($0) }
        return isKnown ? text.replacing("&amp;", with: "&").replacing("&", with: "&amp;") : nil
    }
}
