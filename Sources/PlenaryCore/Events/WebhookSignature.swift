package import BigBlueButton

/// How messages are signed: the convention of Standard Webhooks (`rooms-api.md` 16), which receivers have libraries for.
///
/// `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; of several secrets one signature each, with blanks between.
package enum WebhookSignature {
    private static let prefix = "whsec_"
    private static let length = 32

    /// `whsec_` and 32 random octets in base64.
    package static func newSecret(using random: inout some RandomNumberGenerator) -> Secret {
        let octets = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        guard let secret = Secret(prefix + base64(octets)) else {
            preconditionFailure("a text without white space is a secret")
        }
        return secret
    }

    /// - Parameters:
    ///   - id: equal on every try.
    ///   - seconds: since 1970, of this try.
    ///   - secrets: the newest first; what is none of ours signs nothing.
    package static func header(id: String, seconds: Int64, body: [UInt8], secrets: [Secret]) -> String {
        let message = Array("\(id).\(seconds).".utf8) + body
        let signatures = secrets.compactMap { secret -> String? in
            guard let key = key(of: secret) else { return nil }
            return "v1,\(base64(KeyedHash.octets(of: message, key: key)))"
        }
        return signatures.joined(separator: " ")
    }

    private static func key(of secret: Secret) -> [UInt8]? {
        let text = secret.reveal()
        guard text.hasPrefix(prefix) else { return nil }
        let spelled = text.dropFirst(prefix.count).filter { $0 != "=" }.map { character -> Character in
            switch character {
            case "+": "-"
            case "/": "_"
            default: character
            }
        }
        return Base64URL.decode(String(spelled))
    }

    /// With the usual alphabet, and padding (RFC 4648 section 4).
    static func base64(_ octets: [UInt8]) -> String {
        var text = ""
        for character in Base64URL.encode(octets) {
            switch character {
            case "-": text.append("+")
            case "_": text.append("/")
            default: text.append(character)
            }
        }
        while text.utf8.count % 4 != 0 { text.append("=") }
        return text
    }
}
