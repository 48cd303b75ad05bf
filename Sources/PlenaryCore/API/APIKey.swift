package import BigBlueButton

/// The text of an API key, which is shown once and sent with each request (`rooms-api.md` 2.2): `rk_<id>_<secret>`.
package struct APIKeyText: Sendable, Hashable, Redacted {
    /// As ``ResourceIdentity/id``: names the key, and is no secret.
    package let id: String
    private let secret: Secret

    /// Tells what it is wherever it turns up, so that scanners of published code find it.
    package static let prefix = "rk_"
    /// Characters of the secret: 238 bits.
    package static let secretLength = 40
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// A new one.
    package init(id: String, using random: inout some RandomNumberGenerator) {
        var octets: [UInt8] = []
        for _ in 0..<Self.secretLength {
            octets.append(Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &random)])
        }
        guard let secret = Secret(String(decoding: octets, as: UTF8.self)) else {
            preconditionFailure("letters and digits are a secret")
        }
        self.id = id
        self.secret = secret
    }

    /// - Returns: `nil` when it has not the form of a key.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        let parts = text.dropFirst(Self.prefix.count).split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, ResourceReference(String(parts[0])) == .id(String(parts[0])),
            parts[1].utf8.count == Self.secretLength, parts[1].utf8.allSatisfy({ Self.alphabet.contains($0) }),
            let secret = Secret(String(parts[1]))
        else { return nil }
        id = String(parts[0])
        self.secret = secret
    }

    /// - Parameter authorization: `Bearer rk_...`; the scheme in any case.
    /// - Returns: `nil` when it is another credential, or none.
    package init?(authorization: String) {
        let parts = authorization.split(separator: " ")
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        self.init(String(parts[1]))
    }

    /// The whole of it, for the one answer that shows it.
    package func reveal() -> String { "\(Self.prefix)\(id)_\(secret.reveal())" }

    /// What is stored: 128 bits of HMAC-SHA256 with the secret as its key. The secret has more than any guessing reaches, so it
    /// needs neither salt nor a slow hash, and a change of the platform's keys does not touch it.
    package var verifier: String { KeyedHash.hex(of: signed, key: secret) }

    /// In constant time.
    package func isVerified(by verifier: String) -> Bool { KeyedHash.matches(verifier, signed, key: secret) }

    private var signed: String { "api key \(id)" }
}

/// What may be said about a key when it is made. It does not change.
package struct APIKeyDetails: Sendable, Hashable {
    package let name: String
    package let description: String?
    package let scopes: Set<Scope>
    /// Valid while the time is before it; `nil`: until it is deleted.
    package let expiresAt: WireTime?

    package init(name: String, description: String? = nil, scopes: Set<Scope>, expiresAt: WireTime? = nil) {
        self.name = name
        self.description = description
        self.scopes = scopes
        self.expiresAt = expiresAt
    }

    /// - Parameters:
    ///   - maker: who makes it: nobody makes a key that may more, or reaches further, than he may himself.
    ///   - reach: of the key.
    /// - Throws: 422 `validation_failed` with everything that is wrong; 403 `forbidden`.
    package func check(maker: Principal, reach: Reach) throws(Problem) {
        var check = FieldCheck()
        check.text(name, "name", longest: 100)
        if let description { check.text(description, "description", longest: 500, mayBeEmpty: true) }
        check.expect(!scopes.isEmpty, "permissions", .required, "names one permission at least")
        if let fault = ValidationFault(check.faults) { throw Problem(of: fault) }
        let excess = scopes.filter { !$0.isCovered(by: maker.scopes) }.map(\.description).sorted()
        guard excess.isEmpty else {
            let names = excess.joined(separator: ", ")
            throw Problem(.forbidden, "Nobody gives permissions that he does not have: \(names).")
        }
        guard maker.reach.covers(reach) else {
            throw Problem(.forbidden, "Nobody makes a key for what he does not see himself.")
        }
    }
}

/// An API key as it is stored.
package struct APIKey: Sendable, Hashable {
    package let identity: ResourceIdentity
    package let verifier: String
    package let details: APIKeyDetails
    package let reach: Reach
    package let createdAt: WireTime

    package init(
        identity: ResourceIdentity, verifier: String, details: APIKeyDetails, reach: Reach, createdAt: WireTime
    ) {
        self.identity = identity
        self.verifier = verifier
        self.details = details
        self.reach = reach
        self.createdAt = createdAt
    }

    /// Who comes with this text now.
    ///
    /// - Returns: `nil`, which is 401, when the text is another key's, or the key has expired.
    package func principal(with text: APIKeyText, at now: WireTime) -> Principal? {
        guard text.id == identity.id, text.isVerified(by: verifier), details.expiresAt.map({ now < $0 }) ?? true
        else { return nil }
        return Principal(scopes: details.scopes, reach: reach)
    }
}
