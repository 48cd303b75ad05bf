/// Writes the little JSON that the API has.
public enum JSONText {
    /// `text` as a JSON string with its quotes (RFC 8259 section 7): quote, backslash and control characters are
    /// escaped, all else stays as it is.
    public static func quoted(_ text: String) -> String {
        var octets: [UInt8] = [quote]
        for octet in text.utf8 {
            switch octet {
            case quote, backslash: octets += [backslash, octet]
            case 0x08: octets += "\\b".utf8
            case 0x09: octets += "\\t".utf8
            case 0x0A: octets += "\\n".utf8
            case 0x0C: octets += "\\f".utf8
            case 0x0D: octets += "\\r".utf8
            case 0..<0x20:
                octets += "\\u00".utf8
                octets += [hexDigits[Int(octet >> 4)], hexDigits[Int(octet & 15)]]
            default: octets.append(octet)
            }
        }
        octets.append(quote)
        return String(decoding: octets, as: UTF8.self)
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let hexDigits = Array("0123456789abcdef".utf8)
}

/// Answers of the calls that answer in JSON (`bbb-api.md` 1.4).
public enum JSONReply {
    /// The JSON form of envelope A (`bbb-api.md` 1.4).
    public static func failed(key: MessageKey, message: String) -> [UInt8] {
        let members = [
            "\"returncode\":\"\(ReturnCode.failed.rawValue)\"",
            "\"messageKey\":\(JSONText.quoted(key.rawValue))",
            "\"message\":\(JSONText.quoted(message))",
        ]
        return Array("{\"response\":{\(members.joined(separator: ","))}}".utf8)
    }
}

extension Refusal {
    /// The JSON form of envelope A (`bbb-api.md` 1.4), for the calls about text tracks.
    public var json: [UInt8] { JSONReply.failed(key: key, message: message) }
}
