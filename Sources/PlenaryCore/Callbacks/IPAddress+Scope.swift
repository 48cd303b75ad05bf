extension IPAddress {
    /// From where an address can be reached, as far as that decides whether a stranger may make us call it.
    package enum Scope: Sendable, Hashable {
        /// A host of the public Internet.
        case global
        /// A host of the operator's own networks, or of this machine: called where the settings allow it.
        case local
        /// No host that answers callbacks, or one that hands out credentials to whoever asks (the metadata services of
        /// clouds): never called, whatever the settings say.
        case never
    }

    /// An address that carries an IPv4 address (v4-mapped, NAT64, 6to4) has the scope of the address in it.
    package var scope: Scope {
        switch self {
        case .v4(let bits): Self.scope(v4: bits)
        case .v6(let high, let low): Self.scope(high: high, low: low)
        }
    }

    /// Whether a URL that a stranger gave may lead to it.
    package var isPublic: Bool { scope == .global }

    /// - Parameter allowPrivate: whether the operator's own networks may be called too.
    package func isAllowed(allowPrivate: Bool) -> Bool {
        switch scope {
        case .global: true
        case .local: allowPrivate
        case .never: false
        }
    }

    /// The special ranges of the IANA IPv4 registry (RFC 6890 and later), and single addresses of clouds.
    private static func scope(v4 bits: UInt32) -> Scope {
        switch bits {
        case 0x0000_0000...0x00FF_FFFF: .never  // 0.0.0.0/8: on Linux a way to write 127.0.0.1
        case 0x0A00_0000...0x0AFF_FFFF: .local  // 10.0.0.0/8: private
        case 0x6464_64C8: .never  // 100.100.100.200: metadata of Alibaba Cloud
        case 0x6440_0000...0x647F_FFFF: .local  // 100.64.0.0/10: carrier-grade NAT
        case 0x7F00_0000...0x7FFF_FFFF: .local  // 127.0.0.0/8: loopback
        case 0xA83F_8110: .never  // 168.63.129.16: the agent's server of Azure
        case 0xA9FE_0000...0xA9FE_FFFF: .never  // 169.254.0.0/16: link-local, metadata of most clouds
        case 0xAC10_0000...0xAC1F_FFFF: .local  // 172.16.0.0/12: private
        case 0xC000_0000...0xC000_00FF: .never  // 192.0.0.0/24: protocol assignments, metadata of Oracle Cloud
        case 0xC000_0200...0xC000_02FF: .local  // 192.0.2.0/24: documentation
        case 0xC058_6300...0xC058_63FF: .never  // 192.88.99.0/24: former relays of 6to4
        case 0xC0A8_0000...0xC0A8_FFFF: .local  // 192.168.0.0/16: private
        case 0xC612_0000...0xC613_FFFF: .local  // 198.18.0.0/15: benchmarking
        case 0xC633_6400...0xC633_64FF: .local  // 198.51.100.0/24: documentation
        case 0xCB00_7100...0xCB00_71FF: .local  // 203.0.113.0/24: documentation
        case 0xE000_0000...0xFFFF_FFFF: .never  // 224.0.0.0/3: multicast, reserved, broadcast
        default: .global
        }
    }

    /// Only 2000::/3 is in use as global unicast: whatever is not named here is not called.
    private static func scope(high: UInt64, low: UInt64) -> Scope {
        let isMapped = high == 0 && low >> 32 == 0xFFFF  // ::ffff:0:0/96
        let isTranslated = high == 0x0064_FF9B_0000_0000 && low >> 32 == 0  // 64:ff9b::/96: NAT64
        if isMapped || isTranslated { return scope(v4: UInt32(truncatingIfNeeded: low)) }
        if high == 0, low == 1 { return .local }  // ::1: loopback
        return switch high >> 32 {
        case 0x2001_0000...0x2001_01FF: .never  // 2001::/23: Teredo, benchmarking, ORCHID
        case 0x2001_0DB8: .local  // 2001:db8::/32: documentation
        case 0x2002_0000...0x2002_FFFF: scope(v4: UInt32(truncatingIfNeeded: high >> 16))  // 2002::/16: 6to4
        case 0x3FFF_0000...0x3FFF_0FFF: .local  // 3fff::/20: documentation
        case 0x2000_0000...0x3FFF_FFFF: .global
        case 0xFD00_0EC2, 0xFD20_00CE: .never  // fd00:ec2::/32, fd20:ce::/32: metadata of AWS and of Google Cloud
        case 0xFC00_0000...0xFDFF_FFFF: .local  // fc00::/7: unique local
        default: .never
        }
    }
}
