/// An IP address: what a URL may name, and what a name resolves to.
package enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    /// Reads the one strict form of each family: four decimal parts without leading zeros, or RFC 4291 2.2.
    ///
    /// Never the forms of `inet_aton` (`127.1`, `0x7f.1`, `0177.0.0.1`, `2130706433`): parsers disagree about them,
    /// which is how a check is passed that the connection then does not keep.
    ///
    /// - Returns: `nil` for anything else, also for an address with a zone (`fe80::1%eth0`).
    package init?(_ text: String) {
        let octets = Array(text.utf8)
        guard octets.count <= Self.longestText else { return nil }
        if octets.contains(UInt8(ascii: ":")) {
            guard let groups = Self.eightGroups(octets) else { return nil }
            self = .v6(high: Self.half(groups[..<4]), low: Self.half(groups[4...]))
        } else {
            guard let bits = Self.fourParts(octets[...]) else { return nil }
            self = .v4(bits)
        }
    }

    /// An IPv4 address in the clothes of IPv6 (`::ffff:192.0.2.1`, as listeners of both families name their clients) as
    /// what it is; any other address as it stands.
    package var unmapped: IPAddress {
        if case .v6(high: 0, low: let low) = self, low >> 32 == 0xFFFF { return .v4(UInt32(truncatingIfNeeded: low)) }
        return self
    }

    // MARK: reading

    /// Six groups of four and a dotted address.
    private static let longestText = 45

    private static func fourParts(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var number: UInt32 = 0
            for octet in part {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) else { return nil }
                number = number * 10 + UInt32(octet - UInt8(ascii: "0"))
            }
            guard number <= 255 else { return nil }
            bits = bits << 8 | number
        }
        return bits
    }

    private static func eightGroups(_ octets: [UInt8]) -> [UInt16]? {
        let colon = UInt8(ascii: ":")
        let gap = octets.indices.dropLast().first { octets[$0] == colon && octets[$0 + 1] == colon }
        guard let gap else {
            let all = groups(octets[...], isEnd: true)
            return all?.count == 8 ? all : nil
        }
        // A second `::` leaves an empty group behind, which is refused there. `::` stands for one group at least.
        guard let head = groups(octets[..<gap], isEnd: false), let tail = groups(octets[(gap + 2)...], isEnd: true),
            head.count + tail.count < 8
        else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - head.count - tail.count)
        return head + zeros + tail
    }

    private static func half(_ groups: ArraySlice<UInt16>) -> UInt64 {
        var bits: UInt64 = 0
        for group in groups { bits = bits << 16 | UInt64(group) }
        return bits
    }

    /// - Parameter isEnd: whether the address ends here, where its last 32 bits may be dotted.
    private static func groups(_ text: ArraySlice<UInt8>, isEnd: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let fields = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, field) in fields.enumerated() {
            if isEnd, index == fields.count - 1, field.contains(UInt8(ascii: ".")) {
                guard let bits = fourParts(field) else { return nil }
                groups += [UInt16(truncatingIfNeeded: bits >> 16), UInt16(truncatingIfNeeded: bits)]
                continue
            }
            guard (1...4).contains(field.count) else { return nil }
            var group: UInt16 = 0
            for octet in field {
                guard let digit = Character(Unicode.Scalar(octet)).hexDigitValue else { return nil }
                group = group << 4 | UInt16(digit)
            }
            groups.append(group)
        }
        return groups
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text: dotted, or RFC 5952.
    package var description: String {
        switch self {
        case .v4(let bits): Self.dotted(bits)
        case .v6(let high, let low):
            if case .v4(let bits) = unmapped { "::ffff:\(Self.dotted(bits))" } else { Self.colons(high, low) }
        }
    }

    private static func dotted(_ bits: UInt32) -> String {
        "\(bits >> 24).\(bits >> 16 & 0xFF).\(bits >> 8 & 0xFF).\(bits & 0xFF)"
    }

    private static func colons(_ high: UInt64, _ low: UInt64) -> String {
        var groups: [UInt16] = []
        for half in [high, low] {
            for shift in [48, 32, 16, 0] { groups.append(UInt16(truncatingIfNeeded: half >> UInt64(shift))) }
        }
        // `::` stands for the longest run of two or more zeros, the first one of equals.
        var longest = 0..<0
        var index = 0
        while index < groups.count {
            let end = groups[index...].firstIndex { $0 != 0 } ?? groups.count
            if end - index > max(longest.count, 1) { longest = index..<end }
            index = end + 1
        }
        func joined(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !longest.isEmpty else { return joined(groups[...]) }
        return joined(groups[..<longest.lowerBound]) + "::" + joined(groups[longest.upperBound...])
    }
}
