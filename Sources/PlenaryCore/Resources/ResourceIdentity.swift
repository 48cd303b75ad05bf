package import BigBlueButton

/// The three identifiers that every top-level resource has (`rooms-api.md` 2.3): made once by the platform, never changed.
///
/// They hold nothing of the database: how many resources there are cannot be told from them.
package struct ResourceIdentity: Sendable, Hashable {
    /// 10 characters that nobody confuses with each other: for paths, references and the addresses of rooms. Case matters.
    package let id: String
    /// Version 4, in lower case: the identity across the platform and the providers.
    package let uuid: String
    /// 26 characters in upper case; sorts in the order of creation.
    package let ulid: String

    /// - Parameters:
    ///   - time: when the resource is made, to the millisecond; it can be read from ``ulid``.
    ///   - random: about 59 + 122 + 80 bits are taken from it.
    package init(at time: WireTime, using random: inout some RandomNumberGenerator) {
        id = Self.word(Self.idLength, of: Self.idAlphabet, using: &random)

        var octets = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        octets[6] = octets[6] & 0x0F | 0x40
        octets[8] = octets[8] & 0x3F | 0x80
        var text: [UInt8] = []
        for (index, octet) in octets.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text += [Self.hexDigits[Int(octet >> 4)], Self.hexDigits[Int(octet & 15)]]
        }
        uuid = String(decoding: text, as: UTF8.self)

        // What is outside of 48 bits cannot be written; it lies beyond the year 10889.
        var rest = UInt64(min(max(time.milliseconds, 0), 0xFFFF_FFFF_FFFF))
        var stamp: [UInt8] = []
        for _ in 0..<10 {
            stamp.append(Self.crockford[Int(rest & 31)])
            rest >>= 5
        }
        ulid =
            String(decoding: stamp.reversed(), as: UTF8.self)
            + Self.word(16, of: Self.crockford, using: &random)
    }

    /// The identifiers of a resource that was stored.
    ///
    /// - Returns: `nil` when one of them has not its form.
    package init?(id: String, uuid: String, ulid: String) {
        guard ResourceReference(id) == .id(id), ResourceReference(uuid) == .uuid(uuid),
            ResourceReference(ulid) == .ulid(ulid)
        else { return nil }
        self.id = id
        self.uuid = uuid
        self.ulid = ulid
    }

    /// When the resource was made, as ``ulid`` says.
    package var createdAt: WireTime {
        var milliseconds: Int64 = 0
        for octet in ulid.utf8.prefix(10) {
            milliseconds = milliseconds << 5 | Int64(Self.crockford.firstIndex(of: octet) ?? 0)
        }
        return WireTime(milliseconds: milliseconds)
    }

    /// A short word for people, such as the tag of a subscription: lower case letters and digits that are not confused.
    package static func shortWord(_ length: Int, using random: inout some RandomNumberGenerator) -> String {
        word(length, of: shortAlphabet, using: &random)
    }

    private static func word(
        _ length: Int, of alphabet: [UInt8], using random: inout some RandomNumberGenerator
    ) -> String {
        var octets: [UInt8] = []
        for _ in 0..<length { octets.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)]) }
        return String(decoding: octets, as: UTF8.self)
    }

    fileprivate static let idLength = 10
    /// Without `0`, `O`, `I` and `l` (D-06).
    fileprivate static let idAlphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)
    /// Crockford's base 32: without `I`, `L`, `O` and `U`.
    fileprivate static let crockford = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    fileprivate static let hexDigits = Array("0123456789abcdef".utf8)
    private static let shortAlphabet = Array("23456789abcdefghjkmnpqrstuvwxyz".utf8)
}

/// How somebody names a resource: by any of its three identifiers, which differ in length (`rooms-api.md` 2.3).
package enum ResourceReference: Sendable, Hashable {
    case id(String)
    /// In lower case.
    case uuid(String)
    /// In upper case.
    case ulid(String)

    /// - Parameter text: an `id` as it is, a `uuid` or a `ulid` in any case.
    /// - Returns: `nil` when it has the form of none; nothing can be found by it then.
    package init?(_ text: String) {
        let octets = Array(text.utf8)
        switch octets.count {
        case ResourceIdentity.idLength:
            guard octets.allSatisfy({ ResourceIdentity.idAlphabet.contains($0) }) else { return nil }
            self = .id(text)
        case 26:
            let upper = octets.map { Self.upper($0) }
            // The first character holds three bits: more is no 128 bits any more.
            guard upper.allSatisfy({ ResourceIdentity.crockford.contains($0) }), upper[0] <= UInt8(ascii: "7")
            else { return nil }
            self = .ulid(String(decoding: upper, as: UTF8.self))
        case 36:
            let lower = octets.map { Self.lower($0) }
            for (index, octet) in lower.enumerated() {
                let fits =
                    switch index {
                    case 8, 13, 18, 23: octet == UInt8(ascii: "-")
                    case 14: octet == UInt8(ascii: "4")
                    case 19: Array("89ab".utf8).contains(octet)
                    default: ResourceIdentity.hexDigits.contains(octet)
                    }
                guard fits else { return nil }
            }
            self = .uuid(String(decoding: lower, as: UTF8.self))
        default: return nil
        }
    }

    private static func upper(_ octet: UInt8) -> UInt8 {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet) ? octet - 32 : octet
    }

    private static func lower(_ octet: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet) ? octet + 32 : octet
    }
}
