internal import BigBlueButton
internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials

/// What a hash of a password costs (scrypt, RFC 7914).
package struct PasswordCost: Sendable, Hashable {
    /// The binary logarithm of N.
    package let logarithm: Int
    package let blockSize: Int
    package let parallelism: Int

    /// - Returns: `nil` outside of what is reasonable: a hash takes `128 * 2^logarithm * blockSize` octets, 512 MiB at most.
    package init?(logarithm: Int, blockSize: Int = 8, parallelism: Int = 1) {
        guard (1...20).contains(logarithm), (1...32).contains(blockSize), (1...16).contains(parallelism),
            128 * blockSize << logarithm <= 512 << 20
        else { return nil }
        self.logarithm = logarithm
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    private init() {
        logarithm = 15
        blockSize = 8
        parallelism = 1
    }

    /// 32 MiB, and a tenth of a second of one core.
    package static let standard = PasswordCost()

    /// Whether it costs less in any way.
    package func isBelow(_ other: PasswordCost) -> Bool {
        logarithm < other.logarithm || blockSize < other.blockSize || parallelism < other.parallelism
    }
}

/// A password as it is stored: `$scrypt$ln=15,r=8,p=1$salt$hash`, both in base64 without padding.
package struct PasswordHash: Sendable, Hashable, Redacted {
    package let cost: PasswordCost
    let salt: [UInt8]
    let hash: [UInt8]

    static let saltOctets = 16
    static let hashOctets = 32

    /// Takes its time: see ``Passwords``.
    ///
    /// - Parameter password: not empty.
    /// - Returns: `nil` when there is no memory for it.
    init?(of password: [UInt8], salt: [UInt8], _ cost: PasswordCost) {
        guard let hash = Self.derive(password, salt, cost, count: Self.hashOctets) else { return nil }
        self.init(cost: cost, salt: salt, hash: hash)
    }

    init(cost: PasswordCost, salt: [UInt8], hash: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.hash = hash
    }

    /// - Returns: `nil` when it has not the form of one.
    package init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let cost = Self.cost(parts[2]),
            let salt = Self.octets(parts[3]), (1...64).contains(salt.count), let hash = Self.octets(parts[4]),
            (16...64).contains(hash.count)
        else { return nil }
        self.init(cost: cost, salt: salt, hash: hash)
    }

    /// What is stored.
    package var text: String {
        let parameters = "ln=\(cost.logarithm),r=\(cost.blockSize),p=\(cost.parallelism)"
        return "$scrypt$\(parameters)$\(Self.base64(salt))$\(Self.base64(hash))"
    }

    /// Takes as long as making it; in constant time otherwise.
    ///
    /// - Parameter password: not empty.
    /// - Returns: `nil` when there is no memory for it.
    func matches(_ password: [UInt8]) -> Bool? {
        guard let made = Self.derive(password, salt, cost, count: hash.count) else { return nil }
        return zip(made, hash).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func derive(_ password: [UInt8], _ salt: [UInt8], _ cost: PasswordCost, count: Int) -> [UInt8]? {
        // Its fault is memory, and says no more.
        let key = try? KDF.Scrypt.deriveKey(
            from: password, salt: salt, outputByteCount: count, rounds: 1 << cost.logarithm, blockSize: cost.blockSize,
            parallelism: cost.parallelism)
        guard let made = key?.withUnsafeBytes({ Array($0) }), made.count == count else { return nil }
        return made
    }

    private static func cost(_ text: String) -> PasswordCost? {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 3 else { return nil }
        var numbers: [Int] = []
        for (field, name) in zip(fields, ["ln=", "r=", "p="]) {
            let digits = field.dropFirst(name.count)
            guard field.hasPrefix(name), (1...2).contains(digits.utf8.count),
                digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let number = Int(digits)
            else { return nil }
            numbers.append(number)
        }
        return PasswordCost(logarithm: numbers[0], blockSize: numbers[1], parallelism: numbers[2])
    }

    // The alphabet of such texts is that of base64, not the one for URLs.

    private static func base64(_ octets: [UInt8]) -> String { swapped(Base64URL.encode(octets), ["-": "+", "_": "/"]) }

    private static func octets(_ text: String) -> [UInt8]? {
        guard !text.contains("-"), !text.contains("_") else { return nil }
        return Base64URL.decode(swapped(text, ["+": "-", "/": "_"]))
    }

    private static func swapped(_ text: String, _ letters: [Character: Character]) -> String {
        String(text.map { letters[$0] ?? $0 })
    }
}
