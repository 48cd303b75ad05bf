/// Percent coding of names and values in queries and form bodies (`bbb-api.md` 2.5).
public enum FormCoding {
    /// Reads one name or value: `+` is a blank, `%XX` are UTF-8 octets; octets that are not UTF-8 become U+FFFD.
    ///
    /// - Returns: `nil` when an escape is broken (`%`, `%4`, `%zz`): a servlet container skips such a parameter.
    public static func decode(_ text: some StringProtocol) -> String? {
        var octets: [UInt8] = []
        octets.reserveCapacity(text.utf8.count)
        var rest = text.utf8.makeIterator()
        while let octet = rest.next() {
            switch octet {
            case UInt8(ascii: "+"): octets.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue)
                else { return nil }
                octets.append(high << 4 | low)
            default: octets.append(octet)
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }

    /// Which octets stay as they are when a value is written.
    public enum Style: Sendable {
        /// RFC 3986: everything but `A-Za-z0-9-._~` is escaped, a blank is `%20`. What we send.
        case uri
        /// `java.net.URLEncoder`: everything but `A-Za-z0-9*-_.` is escaped, a blank is `+`. What BigBlueButton 2.4 to 2.7
        /// rebuilds from a form body before it hashes it.
        case java
    }

    /// Writes one name or value.
    public static func encode(_ text: String, style: Style = .uri) -> String {
        var octets: [UInt8] = []
        octets.reserveCapacity(text.utf8.count)
        for octet in text.utf8 {
            if isPlain(octet, style) {
                octets.append(octet)
            } else if octet == UInt8(ascii: " "), style == .java {
                octets.append(UInt8(ascii: "+"))
            } else {
                octets.append(UInt8(ascii: "%"))
                octets.append(hexDigits[Int(octet >> 4)])
                octets.append(hexDigits[Int(octet & 15)])
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    private static func isPlain(_ octet: UInt8, _ style: Style) -> Bool {
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"):
            true
        case UInt8(ascii: "~"): style == .uri
        case UInt8(ascii: "*"): style == .java
        default: false
        }
    }
}

/// The value of one hexadecimal digit, in either case.
func hexValue(_ octet: UInt8) -> UInt8? {
    switch octet {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
    default: nil
    }
}
