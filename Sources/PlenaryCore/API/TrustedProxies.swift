/// Addresses with a common beginning: `10.0.0.0/8`, `::1`.
package struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
    package let address: IPAddress
    /// Bits of the beginning: to 32, or to 128.
    package let length: Int

    /// - Returns: `nil` when it is no address, or one with an impossible length.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
        let most = if case .v4 = address { 32 } else { 128 }
        guard parts.count == 2 else {
            self.address = address
            length = most
            return
        }
        guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = Int(parts[1]), length <= most
        else { return nil }
        self.address = address
        self.length = length
    }

    package var description: String { "\(address)/\(length)" }

    package func contains(_ other: IPAddress) -> Bool {
        switch (address, other.unmapped) {
        case (.v4(let one), .v4(let two)):
            return length == 0 || (one ^ two) >> UInt32(32 - length) == 0
        case (.v6(let high, let low), .v6(let otherHigh, let otherLow)):
            if length == 0 { return true }
            if length <= 64 { return (high ^ otherHigh) >> UInt64(64 - length) == 0 }
            return high == otherHigh && (low ^ otherLow) >> UInt64(128 - length) == 0
        case (.v4, .v6), (.v6, .v4): return false
        }
    }
}

/// Whom we believe what he says about a client: `X-Forwarded-For` is honoured only from these.
package struct TrustedProxies: Sendable, Hashable {
    package let networks: [IPNetwork]

    package init(_ networks: [IPNetwork]) { self.networks = networks }

    package func trusts(_ address: IPAddress?) -> Bool {
        guard let address else { return false }
        return networks.contains { $0.contains(address) }
    }

    /// The client behind the proxies: the last address that none of them has, because all before it may be invented.
    ///
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - forwarded: the values of `X-Forwarded-For`, joined by commas.
    package func client(peer: IPAddress?, forwarded: String?) -> IPAddress? {
        guard trusts(peer), let forwarded else { return peer }
        var found = peer
        for part in forwarded.split(separator: ",", omittingEmptySubsequences: false).reversed() {
            guard let address = Self.address(String(part.filter { !$0.isWhitespace })) else { return found }
            found = address
            guard trusts(address) else { return address }
        }
        return found
    }

    /// Some proxies write a port behind it, and brackets around an IPv6 address.
    private static func address(_ text: String) -> IPAddress? {
        if let address = IPAddress(text) { return address }
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return IPAddress(String(text[text.index(after: text.startIndex)..<end]))
        }
        let parts = text.split(separator: ":")
        return parts.count == 2 ? IPAddress(String(parts[0])) : nil
    }
}
