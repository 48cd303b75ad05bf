/// Writes XML the way BigBlueButton does: no declaration, no CDATA, five entities, no padding inside leaves
/// (`bbb-api.md` 1.3). Characters that XML 1.0 cannot carry are dropped.
public struct XMLWriter: Sendable {
    public private(set) var octets: [UInt8] = []

    public init() {}

    /// `<name>value</name>`
    public mutating func element(_ name: String, _ value: String) {
        octets += "<\(name)>".utf8
        Self.escape(value, into: &octets)
        octets += "</\(name)>".utf8
    }

    public mutating func element(_ name: String, _ value: some BinaryInteger) {
        element(name, String(value))
    }
    public mutating func element(_ name: String, _ value: Bool) {
        element(name, value ? "true" : "false")
    }

    /// `<name>` ... `</name>` around what `content` writes.
    public mutating func element(_ name: String, content: (inout XMLWriter) -> Void) {
        octets += "<\(name)>".utf8
        content(&self)
        octets += "</\(name)>".utf8
    }

    /// `<name/>`
    public mutating func empty(_ name: String) { octets += "<\(name)/>".utf8 }

    /// Character data, escaped.
    public mutating func characters(_ text: String) { Self.escape(text, into: &octets) }

    /// Octets that are XML already, such as an element that a server wrote.
    public mutating func raw(_ xml: some Sequence<UInt8>) { octets += xml }

    public var text: String { String(decoding: octets, as: UTF8.self) }

    /// `<name><![CDATA[value]]></name>`, as the web hooks service writes addresses.
    public mutating func characterData(_ name: String, _ value: String) {
        octets += "<\(name)><![CDATA[".utf8
        // By octets: a combining character behind `]]>` would make another Character of it, and the section would end.
        var rest = Array(String(String.UnicodeScalarView(value.unicodeScalars.filter(Self.isAllowed))).utf8)[...]
        while let octet = rest.popFirst() {
            switch octet {
            case UInt8(ascii: "]") where rest.starts(with: "]>".utf8):
                octets += "]]]]><![CDATA[>".utf8
                rest = rest.dropFirst(2)
            // A parser turns a bare carriage return into a line feed, and a section has no references.
            case UInt8(ascii: "\r"): octets += "]]>&#13;<![CDATA[".utf8
            default: octets.append(octet)
            }
        }
        octets += "]]></\(name)>".utf8
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20
            ? scalar.value != 0xFFFE && scalar.value != 0xFFFF : "\t\n\r".unicodeScalars.contains(scalar)
    }

    /// Whether a text can be the name of an element: letters, digits, `_`, `.` and `-`, a letter or `_` first.
    public static func isName(_ name: some Sequence<UInt8>) -> Bool {
        func isLetter(_ octet: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20) }
        var isFirst = true
        for octet in name {
            let isOther =
                octet == UInt8(ascii: ".") || octet == UInt8(ascii: "-")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
            guard isLetter(octet) || octet == UInt8(ascii: "_") || (!isFirst && isOther) else { return false }
            isFirst = false
        }
        return !isFirst
    }

    /// The same for a text.
    public static func isName(_ name: String) -> Bool { isName(name.utf8) }

    /// A `<response>` with the return code and what `content` adds.
    public static func response(_ code: ReturnCode, content: (inout XMLWriter) -> Void = { _ in })
        -> [UInt8]
    {
        var writer = XMLWriter()
        writer.element("response") {
            $0.element("returncode", code.rawValue)
            content(&$0)
        }
        return writer.octets
    }

    static func escape(_ text: String, into octets: inout [UInt8]) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": octets += "&amp;".utf8
            case "<": octets += "&lt;".utf8
            case ">": octets += "&gt;".utf8
            case "\"": octets += "&quot;".utf8
            case "'": octets += "&apos;".utf8
            // A parser turns a bare carriage return into a line feed; as a reference it survives.
            case "\r": octets += "&#13;".utf8
            case "\t", "\n": octets += UTF8.encode(scalar).map(Array.init) ?? []
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: continue
            default: octets += UTF8.encode(scalar).map(Array.init) ?? []
            }
        }
    }
}
