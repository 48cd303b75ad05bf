internal import Crypto

/// JSON web tokens as BigBlueButton signs its callbacks: HS256 for recordings (`bbb-api.md` 10.2), HS512 for analytics
/// (10.3). Nothing else of that standard: no other algorithm is ever believed, whatever a token says of itself.
public enum SignedToken {
    public enum Algorithm: String, Sendable, Hashable, CaseIterable {
        case hs256 = "HS256"
        case hs512 = "HS512"
    }

    /// - Parameters:
    ///   - payload: a JSON object, written out.
    ///   - includesType: whether the header names the type too, as BigBlueButton's analytics callback does.
    public static func sign(_ payload: String, secret: Secret, algorithm: Algorithm, includesType: Bool = false)
        -> String
    {
        let type = includesType ? "\"typ\":\"JWT\"," : ""
        let header = "{\(type)\"alg\":\"\(algorithm.rawValue)\"}"
        let signed = "\(Base64URL.encode(header.utf8)).\(Base64URL.encode(payload.utf8))"
        return "\(signed).\(Base64URL.encode(code(signed, secret, algorithm)))"
    }

    /// The payload's JSON, when one of `algorithms` and the secret made the signature.
    ///
    /// - Returns: `nil` for anything else. What the header says is not asked: the signature's length tells the algorithm.
    public static func verify(
        _ token: String, secret: Secret, algorithms: Set<Algorithm> = Set(Algorithm.allCases)
    ) -> [UInt8]? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]), let payload = Base64URL.decode(parts[1]),
            let algorithm = Algorithm.allCases.first(where: { $0.length == signature.count }),
            algorithms.contains(algorithm),
            isValid(signature, "\(parts[0]).\(parts[1])", secret, algorithm)
        else { return nil }
        return payload
    }

    private static func code(_ text: String, _ secret: Secret, _ algorithm: Algorithm) -> [UInt8] {
        let key = SymmetricKey(data: Array(secret.reveal().utf8))
        return switch algorithm {
        case .hs256: Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
        case .hs512: Array(HMAC<SHA512>.authenticationCode(for: Array(text.utf8), using: key))
        }
    }

    /// In constant time.
    private static func isValid(_ code: [UInt8], _ text: String, _ secret: Secret, _ algorithm: Algorithm) -> Bool {
        let key = SymmetricKey(data: Array(secret.reveal().utf8))
        return switch algorithm {
        case .hs256: HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array(text.utf8), using: key)
        case .hs512: HMAC<SHA512>.isValidAuthenticationCode(code, authenticating: Array(text.utf8), using: key)
        }
    }
}

extension SignedToken.Algorithm {
    /// Octets of a signature.
    fileprivate var length: Int {
        switch self {
        case .hs256: 32
        case .hs512: 64
        }
    }
}

/// A keyed hash of a text: what an address carries so that nobody guesses it, and what is derived from a secret without
/// giving the secret away.
public enum KeyedHash {
    /// 128 bits of HMAC-SHA256 in lower-case hexadecimal.
    public static func hex(of text: String, key: Secret) -> String {
        let key = SymmetricKey(data: Array(key.reveal().utf8))
        let digits = Array("0123456789abcdef".utf8)
        let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key).prefix(16)
        return String(decoding: code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// All of HMAC-SHA256, with a key of any octets: for signatures that others verify.
    public static func octets(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
    }

    /// Whether `given` is that hash; in constant time for texts of its length.
    public static func matches(_ given: String, _ text: String, key: Secret) -> Bool {
        let wanted = Array(hex(of: text, key: key).utf8)
        let given = Array(given.utf8)
        guard wanted.count == given.count else { return false }
        return zip(wanted, given).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
