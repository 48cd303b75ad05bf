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

    /// Octets that are XML already, such as an element that a server wrote.
    public mutating func raw(_ xml: some Sequence<UInt8>) { octets += xml }

    public var text: String { String(decoding: octets, as: UTF8.self) }

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
