package import BigBlueButton
internal import Crypto
internal import FoundationEssentials

/// The keys that stored secrets are sealed with: the newest seals, the older ones still open.
///
/// What is sealed belongs to its row: copied to another one it does not open, so that nobody who can write to the database
/// gives himself a secret of somebody else.
package struct KeyRing: Sendable {
    private struct Key: Sendable {
        let id: String
        let key: SymmetricKey

        init(_ key: SymmetricKey) {
            self.key = key
            let digits = Array("0123456789abcdef".utf8)
            let octets = key.withUnsafeBytes { Array("plenary key id ".utf8) + Array($0) }
            // Enough to tell keys apart, and nothing about them.
            let digest = SHA256.hash(data: octets).prefix(4)
            id = String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        }
    }

    private let newest: Key
    private let older: [Key]

    /// The id of the key that seals.
    package var current: String { newest.id }

    /// The ids of all keys, the newest first.
    package var ids: [String] { [newest.id] + older.map(\.id) }

    /// - Parameter text: keys, one a line, the newest first: 64 hexadecimal digits, or base64 of 32 octets. Lines that begin
    ///   with `#` are comments. Commas and blanks separate keys too, for what has no lines.
    package init(text: String) throws(KeyFault) {
        var keys: [Key] = []
        for (line, word) in Self.words(of: text) {
            guard let octets = Self.octets(word) else { throw .malformed(line: line) }
            let key = Key(SymmetricKey(data: octets))
            // Twice is once.
            if !keys.contains(where: { $0.id == key.id }) { keys.append(key) }
        }
        guard let newest = keys.first else { throw .empty }
        self.newest = newest
        older = Array(keys.dropFirst())
    }

    /// One that nobody else has: for a database in memory, which nobody opens again.
    static func forMemory() -> KeyRing { KeyRing(Key(SymmetricKey(size: .bits256))) }

    private init(_ newest: Key, older: [Key] = []) {
        self.newest = newest
        self.older = older
    }

    /// The same keys, of which that one seals, if it is among them.
    func sealing(with id: String?) -> KeyRing {
        let all = [newest] + older
        guard let key = all.first(where: { $0.id == id }) else { return self }
        return KeyRing(key, older: all.filter { $0.id != key.id })
    }

    /// The newest key of such a text, as it is written there.
    package static func newest(in text: String) -> String? { words(of: text).first.map { String($0.word) } }

    private static func words(of text: String) -> [(line: Int, word: Substring)] {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        return lines.enumerated().flatMap { index, line -> [(line: Int, word: Substring)] in
            guard line.first(where: { !$0.isWhitespace }) != "#" else { return [] }
            return line.split { $0 == "," || $0.isWhitespace }.map { (line: index + 1, word: $0) }
        }
    }

    private static func octets(_ word: Substring) -> [UInt8]? {
        guard word.utf8.count == 64, word.allSatisfy({ $0.isHexDigit }) else {
            guard let data = Data(base64Encoded: String(word)), data.count == 32 else { return nil }
            return Array(data)
        }
        let digits = Array(word)
        var octets: [UInt8] = []
        for at in stride(from: 0, to: digits.count - 1, by: 2) {
            guard let octet = UInt8(String(digits[at...at + 1]), radix: 16) else { return nil }
            octets.append(octet)
        }
        return octets.count == 32 ? octets : nil
    }

    /// - Parameter row: whose secret it is, such as `servers/4`.
    /// - Returns: `v1`, the id of the key, and nonce, ciphertext and tag in base64, separated by dots.
    package func seal(_ secret: Secret, of row: String) throws(StoreFault) -> String {
        do {
            let box = try AES.GCM.seal(
                Array(secret.reveal().utf8), using: newest.key, authenticating: Array(row.utf8))
            guard let sealed = box.combined else { throw StoreFault.unavailable("no cipher") }
            return "v1.\(newest.id).\(sealed.base64EncodedString())"
        } catch { throw .unavailable("the secret of \(row) cannot be sealed") }
    }

    /// - Throws: ``StoreFault/keyMissing(id:)`` when none of these keys sealed it, ``StoreFault/unreadable(_:)`` when it was
    ///   changed, or is of another row.
    package func open(_ text: String, of row: String) throws(StoreFault) -> Secret {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "v1", let sealed = Data(base64Encoded: String(parts[2])),
            // Base64 has spare bits: of several texts for the same octets only the one that was written is taken.
            sealed.base64EncodedString() == parts[2]
        else { throw .unreadable("secret of \(row)") }
        let id = String(parts[1])
        guard let key = ([newest] + older).first(where: { $0.id == id }) else { throw .keyMissing(id: id) }
        let opened: Data
        do {
            let box = try AES.GCM.SealedBox(combined: sealed)
            opened = try AES.GCM.open(box, using: key.key, authenticating: Array(row.utf8))
        } catch { throw .unreadable("secret of \(row)") }
        guard let secret = Secret(String(decoding: opened, as: UTF8.self)) else {
            throw .unreadable("secret of \(row)")
        }
        return secret
    }
}

extension KeyRing: CustomStringConvertible, CustomReflectable {
    /// Keys print as `***`, wherever they end up.
    package var description: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a text has no keys. Never with anything of the text.
package enum KeyFault: Error, Sendable, Hashable {
    case empty
    case malformed(line: Int)

    package var words: String {
        switch self {
        case .empty: "there is no key in it"
        case .malformed(let line): "line \(line) is no key: write 64 hexadecimal digits, or base64 of 32 octets"
        }
    }
}
