/// Names of hosts in any script, as DNS and TLS want them: A-labels (RFC 3492, RFC 5890).
package enum Punycode {
    /// A host name of which every label is ASCII: `bücher.example` becomes `xn--bcher-kva.example`.
    ///
    /// Letters are put into lower case. There are no normal forms to ask for in a pure room: what is written with combining
    /// accents, or in full width, is refused instead of being taken for another name; browsers write the A-label then.
    ///
    /// - Returns: `nil` when a label holds what no host name has, or is too long. ASCII is not judged.
    package static func asciiHost(_ host: String) -> String? {
        // The full stops of East Asian keyboards are dots (RFC 3490 3.1).
        let dots: Set<Unicode.Scalar> = [".", "\u{3002}", "\u{FF0E}", "\u{FF61}"]
        var labels: [String] = []
        let parts = host.lowercased().unicodeScalars.split(omittingEmptySubsequences: false) { dots.contains($0) }
        for part in parts {
            let scalars = Array(part)
            if scalars.allSatisfy(\.isASCII) {
                labels.append(text(scalars))
                continue
            }
            guard scalars.allSatisfy({ isOfNames($0) }), let encoded = encode(scalars) else { return nil }
            let prefixed = "xn--\(encoded)"
            guard prefixed.utf8.count <= longestLabel else { return nil }
            labels.append(prefixed)
        }
        return labels.joined(separator: ".")
    }

    private static let longestLabel = 63

    private static func text(_ scalars: [Unicode.Scalar]) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    private static func isOfNames(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar == "-" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) }
        switch scalar.value {
        // Accents that stand alone, and letters in full width: see above.
        case 0x0300...0x036F, 0xFF00...0xFFEF: return false
        default: break
        }
        switch scalar.properties.generalCategory {
        case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber: return true
        default: return false
        }
    }

    // MARK: RFC 3492

    /// What stands behind `xn--`.
    ///
    /// - Returns: `nil` when it would be longer than a label.
    static func encode(_ scalars: [Unicode.Scalar]) -> String? {
        guard scalars.count <= longestLabel else { return nil }
        let points = scalars.map { Int($0.value) }
        var octets = scalars.filter(\.isASCII).map { UInt8($0.value) }
        let basic = octets.count
        if basic > 0 { octets.append(UInt8(ascii: "-")) }
        var (next, delta, bias, done) = (128, 0, 72, basic)
        while done < points.count, let least = points.filter({ $0 >= next }).min() {
            delta += (least - next) * (done + 1)
            next = least
            for point in points {
                if point < next { delta += 1 }
                guard point == next else { continue }
                octets += digits(of: delta, bias: bias)
                bias = adapted(delta, points: done + 1, isFirst: done == basic)
                delta = 0
                done += 1
            }
            delta += 1
            next += 1
        }
        return octets.count <= longestLabel ? String(decoding: octets, as: UTF8.self) : nil
    }

    private static let base = 36
    private static let least = 1
    private static let most = 26
    private static let skew = 38
    private static let damp = 700

    /// A number of variable length.
    private static func digits(of number: Int, bias: Int) -> [UInt8] {
        var digits: [UInt8] = []
        var rest = number
        var position = base
        while true {
            let threshold = min(max(position - bias, least), most)
            guard rest >= threshold else { break }
            digits.append(digit(threshold + (rest - threshold) % (base - threshold)))
            rest = (rest - threshold) / (base - threshold)
            position += base
        }
        digits.append(digit(rest))
        return digits
    }

    private static func adapted(_ delta: Int, points: Int, isFirst: Bool) -> Int {
        var rest = isFirst ? delta / damp : delta / 2
        rest += rest / points
        var bias = 0
        while rest > (base - least) * most / 2 {
            rest /= base - least
            bias += base
        }
        return bias + (base - least + 1) * rest / (rest + skew)
    }

    private static func digit(_ number: Int) -> UInt8 {
        number < 26 ? UInt8(ascii: "a") + UInt8(number) : UInt8(ascii: "0") + UInt8(number - 26)
    }
}
