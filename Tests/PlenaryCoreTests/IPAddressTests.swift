import Foundation
import Testing

@testable import PlenaryCore

struct IPAddressTests {
    // MARK: reading

    /// What is given, and the same in its canonical form.
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("1.2.3.4", "1.2.3.4"), ("255.255.255.255", "255.255.255.255"),
        ("10.0.100.1", "10.0.100.1"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::aB", "2001:db8::ab"),
        ("0:0:0:0:0:0:0:0", "::"), ("0000:0000:0000:0000:0000:0000:0000:0001", "::1"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("1::3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:0:0:2:3:0:0:4", "1::2:3:0:0:4"),
        ("::1.2.3.4", "::102:304"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4"), ("::FFFF:102:304", "::ffff:1.2.3.4"),
        ("0000:0000:0000:0000:0000:ffff:255.255.255.255", "::ffff:255.255.255.255"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"),
        ("fe80::1", "fe80::1"),
    ]) func `an address is read`(given: String, canonical: String) throws {
        let address = try #require(IPAddress(given))
        #expect("\(address)" == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test func `the bits of an address are in the order of its text`() {
        #expect(IPAddress("1.2.3.4") == .v4(0x0102_0304))
        #expect(
            IPAddress("1:2:3:4:5:6:7:8") == .v6(high: 0x0001_0002_0003_0004, low: 0x0005_0006_0007_0008))
    }

    @Test(arguments: [
        "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4.", "1.2.3.256", "1.2.3.1000",
        "01.2.3.4", "1.2.3.00", "0x1.2.3.4", "0177.0.0.1", "127.1", "2130706433", "+1.2.3.4", "-1.2.3.4", "1.2.3.4 ",
        " 1.2.3.4", "1.2.3.4/32", "1.2.3.a", "1\u{FF0E}2.3.4", "\u{661}.2.3.4", "1.2.3.4\u{0}",
        ":", ":::", "1", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
        "1::2::3", "1:::2", ":1::2", "1::2:", "12345::", "00001::", "g::", "::1.2.3", "::1.2.3.4.5", "::01.2.3.4",
        "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%eth0", "fe80::1%25eth0", "[::1]", "::1/128",
        " ::1", "::1 ", "::+1", "::\u{FF11}", "::1\u{0}",
    ]) func `anything else is no address`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: UInt64(0)..<50) func `an address reads back from any of its texts`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let address = IPAddress.near(&random)
            for text in ["\(address)", address.longText, address.longText.uppercased()] {
                #expect(IPAddress(text) == address, "\(text)")
            }
        }
    }

    /// The system's own strict parser is the oracle; of texts that are nearly addresses.
    @Test(arguments: UInt64(0)..<50) func `the system reads the same addresses`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let alphabet = Array("0123456789abcdefABCDEF::::....%/x ")
        for _ in 0..<500 {
            let address = IPAddress.near(&random)
            var text = Array(random.chance(0.5) ? "\(address)" : address.longText)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0...text.count, using: &random)
                let letter = made(alphabet.randomElement(using: &random))
                switch Int.random(in: 0...2, using: &random) {
                case 0: text.insert(letter, at: place)
                case 1 where place < text.count: text.remove(at: place)
                default: if place < text.count { text[place] = letter }
                }
            }
            #expect(IPAddress(String(text)) == IPAddress.readBySystem(String(text)), "\(String(text))")
        }
    }

    @Test func `a mapped address is the address in it`() {
        #expect(IPAddress("::ffff:192.0.2.1")?.unmapped == IPAddress("192.0.2.1"))
        for text in ["192.0.2.1", "::192.0.2.1", "::ffff:0:192.0.2.1", "64:ff9b::192.0.2.1", "::1", "2001:db8::1"] {
            #expect(IPAddress(text)?.unmapped == IPAddress(text))
        }
    }

    // MARK: scope

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
        "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "200.0.1.5", "223.255.255.255",
        "2000::", "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450:4001::200e", "2c0f::1",
        "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
    ]) func `a host of the Internet is public`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.isPublic)
        #expect(address.isAllowed(allowPrivate: false) && address.isAllowed(allowPrivate: true))
    }

    @Test(arguments: [
        "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255", "172.16.0.1",
        "172.31.255.255", "192.0.2.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9",
        "::1", "fc00::1", "fdff:ffff::1", "2001:db8::1", "3fff:fff::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
        "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "2002:a00:1::", "2002:7f00:1::1", "2002:c0a8:101::1",
    ]) func `a host inside is called where the settings allow it`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!address.isPublic)
        #expect(!address.isAllowed(allowPrivate: false))
        #expect(address.isAllowed(allowPrivate: true))
    }

    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "100.100.100.200", "168.63.129.16", "169.254.0.1", "169.254.169.254", "192.0.0.192",
        "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::2", "::7f00:1", "::8.8.8.8", "::ffff:0.0.0.0", "::ffff:169.254.169.254", "::ffff:0:8.8.8.8",
        "64:ff9b::169.254.169.254", "64:ff9b:0:0:0:1:808:808", "64:ff9b:1::808:808", "64:ff9b:1:ffff::1", "100::1",
        "2001::1", "2001:0:4136:e378::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff::1",
        "2002:a9fe:a9fe::1", "2002::1", "2002:e000:1::", "4000::1", "5f00::1", "fd00:ec2::254", "fd20:ce::254",
        "fe00::1", "fe80::1", "febf::1", "fec0::1", "feff::1", "ff00::", "ff02::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ]) func `some hosts are never called`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!address.isPublic)
        #expect(!address.isAllowed(allowPrivate: true))
    }

    @Test(arguments: UInt64(0)..<100) func `the scope is that of the registry`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let address = IPAddress.near(&random)
            #expect(address.scope == Registry.scope(of: address), "\(address)")
        }
    }

    @Test func `the edges of every network are where the registry has them`() {
        for network in Registry.all {
            for number in [
                network.first, network.last, network.first &- 1, network.last &+ 1, (network.first &+ network.last) / 2,
            ] {
                let address = IPAddress(number: number, isV4: network.isV4)
                #expect(address.scope == Registry.scope(of: address), "\(address) of \(network.text)")
            }
        }
    }
}

/// The oracle: networks as the registries write them, of which the smallest counts.
private enum Registry {
    struct Network: Sendable {
        let text: String
        let isV4: Bool
        let first: UInt128
        let last: UInt128
        let length: Int
        /// `nil`: that of the IPv4 address so many bits from the right.
        let scope: IPAddress.Scope?
        let inner: Int

        init(_ text: String, _ scope: IPAddress.Scope?, inner: Int = 0) {
            let parts = text.split(separator: "/")
            let address = made(IPAddress(String(parts[0])))
            length = made(Int(parts[1]))
            self.text = text
            isV4 = address.isV4
            first = address.number
            let others: UInt128 = (1 << UInt128((address.isV4 ? 32 : 128) - length)) &- 1
            last = first + others
            self.scope = scope
            self.inner = inner
        }
    }

    static let all: [Network] = [
        Network("0.0.0.0/0", .global), Network("0.0.0.0/8", .never), Network("10.0.0.0/8", .local),
        Network("100.64.0.0/10", .local), Network("100.100.100.200/32", .never), Network("127.0.0.0/8", .local),
        Network("168.63.129.16/32", .never), Network("169.254.0.0/16", .never), Network("172.16.0.0/12", .local),
        Network("192.0.0.0/24", .never), Network("192.0.2.0/24", .local), Network("192.88.99.0/24", .never),
        Network("192.168.0.0/16", .local), Network("198.18.0.0/15", .local), Network("198.51.100.0/24", .local),
        Network("203.0.113.0/24", .local), Network("224.0.0.0/4", .never), Network("240.0.0.0/4", .never),
        Network("255.255.255.255/32", .never),
        Network("::/0", .never), Network("::/96", .never), Network("::/128", .never), Network("::1/128", .local),
        Network("::ffff:0:0/96", nil), Network("64:ff9b::/96", nil), Network("64:ff9b:1::/48", .never),
        Network("100::/64", .never), Network("2000::/3", .global), Network("2001::/23", .never),
        Network("2001::/32", .never), Network("2001:db8::/32", .local), Network("2002::/16", nil, inner: 80),
        Network("3fff::/20", .local), Network("fc00::/7", .local), Network("fd00:ec2::/32", .never),
        Network("fd20:ce::/32", .never), Network("fe80::/10", .never), Network("fec0::/10", .never),
        Network("ff00::/8", .never),
    ]

    static func scope(of address: IPAddress) -> IPAddress.Scope {
        let number = address.number
        let isV4 = address.isV4
        let around = all.filter { $0.isV4 == isV4 && $0.first <= number && number <= $0.last }
        let smallest = made(around.max { $0.length < $1.length })
        if let scope = smallest.scope { return scope }
        return scope(of: .v4(UInt32(truncatingIfNeeded: number >> UInt128(smallest.inner))))
    }
}

extension IPAddress {
    fileprivate var isV4: Bool { if case .v4 = self { true } else { false } }

    fileprivate var number: UInt128 {
        switch self {
        case .v4(let bits): UInt128(bits)
        case .v6(let high, let low): UInt128(high) << UInt128(64) | UInt128(low)
        }
    }

    fileprivate init(number: UInt128, isV4: Bool) {
        if isV4 {
            self = .v4(UInt32(truncatingIfNeeded: number))
        } else {
            self = .v6(
                high: UInt64(truncatingIfNeeded: number >> UInt128(64)), low: UInt64(truncatingIfNeeded: number))
        }
    }

    /// Half of them in or beside a network of the registry, where uniform chance does not come by.
    fileprivate static func near(_ random: inout SplitMix64) -> IPAddress {
        let noise = UInt128(random.next()) << UInt128(64) | UInt128(random.next())
        if random.chance(0.2) { return IPAddress(number: noise, isV4: true) }
        if random.chance(0.2) { return IPAddress(number: noise, isV4: false) }
        let network = made(Registry.all.randomElement(using: &random))
        let size = network.last - network.first
        let offset = size == UInt128.max ? noise : noise % (size + 1)
        let number: UInt128 =
            switch Int.random(in: 0...4, using: &random) {
            case 0: network.first &- 1
            case 1: network.last &+ 1
            case 2: network.first
            default: network.first + offset
            }
        return IPAddress(number: number, isV4: network.isV4)
    }

    /// Without `::`, with leading zeros where the family has them.
    fileprivate var longText: String {
        guard case .v6(let high, let low) = self else { return "\(self)" }
        return [high, low].map { half in
            let hex = String(half, radix: 16)
            let digits = Array(String(repeating: "0", count: 16 - hex.count) + hex)
            return [0, 4, 8, 12].map { String(digits[$0..<$0 + 4]) }.joined(separator: ":")
        }.joined(separator: ":")
    }

    fileprivate static func readBySystem(_ text: String) -> IPAddress? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return .v4(UInt32(bigEndian: four.s_addr)) }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        var number: UInt128 = 0
        withUnsafeBytes(of: six) { octets in
            for octet in octets { number = number << UInt128(8) | UInt128(octet) }
        }
        return IPAddress(number: number, isV4: false)
    }
}
