internal import Crypto

/// A hash that BigBlueButton knows (`bbb-api.md` 2.2). The algorithm of a received checksum is told by its length.
public enum ChecksumAlgorithm: String, Sendable, Hashable, CaseIterable {
    case sha1, sha256, sha384, sha512

    /// Length of a checksum in hexadecimal digits.
    public var digits: Int {
        switch self {
        case .sha1: 40
        case .sha256: 64
        case .sha384: 96
        case .sha512: 128
        }
    }

    func digest(_ texts: [String]) -> [UInt8] {
        var octets = 0
        return digests(of: texts, with: [""], octets: &octets)[0]
    }

    /// One digest for each ending: of all texts, one behind the other, and that ending.
    ///
    /// - Parameter octets: counts what is hashed. A hash function is a value: what they have in common is hashed once, and
    ///   each ending goes into a copy, so that a hundred secrets behind a long text cost little more than one.
    func digests(of texts: [String], with endings: [String], octets: inout Int) -> [[UInt8]] {
        func run<H: HashFunction>(_ function: H) -> [[UInt8]] {
            func add(_ text: String, to function: inout H) {
                var text = text
                text.withUTF8 {
                    function.update(data: $0)
                    octets += $0.count
                }
            }
            var common = function
            for text in texts { add(text, to: &common) }
            return endings.map { ending in
                var function = common
                add(ending, to: &function)
                return Array(function.finalize())
            }
        }
        return switch self {
        case .sha1: run(Insecure.SHA1())
        case .sha256: run(SHA256())
        case .sha384: run(SHA384())
        case .sha512: run(SHA512())
        }
    }
}

/// What proves that a call was made by somebody who knows the secret: the hash of call name, query and secret.
public struct Checksum: Sendable {
    public let algorithm: ChecksumAlgorithm
    let octets: [UInt8]

    /// Reads a received checksum, in either letter case.
    ///
    /// - Returns: `nil` when it is not hexadecimal or has no known algorithm's length.
    public init?(hex: String) {
        let digits = Array(hex.utf8)
        guard let algorithm = ChecksumAlgorithm.allCases.first(where: { $0.digits == digits.count })
        else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(digits.count / 2)
        for at in stride(from: 0, to: digits.count, by: 2) {
            guard let high = hexValue(digits[at]), let low = hexValue(digits[at + 1]) else { return nil }
            octets.append(high << 4 | low)
        }
        self.algorithm = algorithm
        self.octets = octets
    }

    /// Signs `query`, exactly the text that will be sent, without its checksum.
    public init(_ call: CallName, query: String, secret: Secret, algorithm: ChecksumAlgorithm = .sha1) {
        self.algorithm = algorithm
        octets = algorithm.digest([call.rawValue, query, secret.reveal()])
    }

    /// Lower-case hexadecimal, as it stands in a URL.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Whether both are the same, in a time that does not depend on where they differ.
    public func matches(_ other: Checksum) -> Bool { matches(other.octets) }

    private func matches(_ other: [UInt8]) -> Bool {
        guard octets.count == other.count else { return false }
        return zip(octets, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Which of `secrets` signed `query`. All are tried, whichever matches, so that the time tells nothing.
    ///
    /// - Returns: the index of the first that matches.
    public func signer(of call: CallName, query: String, among secrets: [Secret]) -> Int? {
        var effort = Call.Effort()
        return signer(of: call, query: query, among: secrets, effort: &effort)
    }

    func signer(of call: CallName, query: String, among secrets: [Secret], effort: inout Call.Effort) -> Int? {
        let digests = algorithm.digests(
            of: [call.rawValue, query], with: secrets.map { $0.reveal() }, octets: &effort.octets)
        var found: Int?
        for (index, digest) in digests.enumerated() {
            // Compared whether one was found or not.
            let isSame = matches(digest)
            if isSame, found == nil { found = index }
        }
        return found
    }
}

extension Checksum: CustomStringConvertible, CustomReflectable {
    /// A checksum opens what it signs, so it prints as `***`; ``hex`` gives the text.
    public var description: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The lower-case hexadecimal SHA-1 of a text: what BigBlueButton makes internal meeting ids from (`bbb-api.md` 4.1).
public func sha1Hex(_ text: String) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
        decoding: ChecksumAlgorithm.sha1.digest([text]).flatMap {
            [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
        },
        as: UTF8.self)
}
