package import BigBlueButton

/// Why a provider's certificate is not valid: `reason` of `provider_tls_invalid` (`rooms-api.md` 6.4).
package enum CertificateFault: String, Sendable, Hashable, CaseIterable {
    case expired
    case notYetValid = "not_yet_valid"
    case hostnameMismatch = "hostname_mismatch"
    case untrustedIssuer = "untrusted_issuer"
    case selfSigned = "self_signed"

    /// For people.
    package var words: String {
        switch self {
        case .expired: "The certificate has expired."
        case .notYetValid: "The certificate is not valid yet."
        case .hostnameMismatch: "The certificate is for another host name."
        case .untrustedIssuer: "The certificate is issued by nobody who is trusted here, or its chain is incomplete."
        case .selfSigned: "The certificate is signed by itself."
        }
    }

    /// Of a certificate that did not pass as a whole, the first reason that holds.
    ///
    /// - Parameter isTrusted: its chain leads to a trusted root and its time is right; only its name was not looked at.
    package init(_ facts: CertificateFacts, isTrusted: Bool, now: WireTime) {
        if isTrusted {
            self = .hostnameMismatch
        } else if let end = facts.notAfter, end < now {
            self = .expired
        } else if let begin = facts.notBefore, now < begin {
            self = .notYetValid
        } else {
            self = facts.isSelfIssued ? .selfSigned : .untrustedIssuer
        }
    }
}

/// What of a certificate is shown (X.509, RFC 5280 4.1). Whether it can be trusted TLS decides, not this.
package struct CertificateFacts: Sendable, Hashable {
    package let notBefore: WireTime?
    package let notAfter: WireTime?
    /// The common name of the issuer, else its organisation; `nil`: it has neither.
    package let issuer: String?
    package let isSelfIssued: Bool

    package init(notBefore: WireTime?, notAfter: WireTime?, issuer: String?, isSelfIssued: Bool) {
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.issuer = issuer
        self.isSelfIssued = isSelfIssued
    }

    /// - Parameters:
    ///   - der: the certificate.
    ///   - notBefore: as the TLS library read them.
    /// - Returns: `nil` when it has not the form of one.
    package init?(der: [UInt8], notBefore: WireTime?, notAfter: WireTime?) {
        var document = DERReader(der[...])
        guard var certificate = document.next(.sequence), var body = certificate.next(.sequence) else { return nil }
        // The version may be missing: it was version 1 then.
        _ = body.next(.version)
        guard body.next(.integer) != nil, body.next(.sequence) != nil, let issuer = body.next(.sequence),
            body.next(.sequence) != nil, let subject = body.next(.sequence)
        else { return nil }
        self.notBefore = notBefore
        self.notAfter = notAfter
        isSelfIssued = Array(issuer.rest) == Array(subject.rest)
        self.issuer = Self.name(in: issuer)
    }

    /// The last common name counts, as it is the most specific one.
    private static func name(in issuer: DERReader) -> String? {
        var (common, organisation): (String?, String?) = (nil, nil)
        var names = issuer
        while var relative = names.next(.set) {
            while var attribute = relative.next(.sequence) {
                guard let type = attribute.next(.identifier), let text = attribute.nextText() else { continue }
                // 2.5.4.3 and 2.5.4.10.
                if Array(type.rest) == [0x55, 0x04, 0x03] { common = text }
                if Array(type.rest) == [0x55, 0x04, 0x0A] { organisation = text }
            }
        }
        return common ?? organisation
    }
}

/// Reads values of DER one after the other (X.690), as deep as somebody looks.
private struct DERReader {
    enum Tag: UInt8 {
        case integer = 0x02
        case identifier = 0x06
        case sequence = 0x30
        case set = 0x31
        /// `[0]` of a certificate.
        case version = 0xA0
    }

    private(set) var rest: ArraySlice<UInt8>

    init(_ octets: ArraySlice<UInt8>) { rest = octets }

    /// What is in the next value.
    ///
    /// - Returns: `nil` when it has another tag, which is left, or there is none.
    mutating func next(_ tag: Tag) -> DERReader? {
        guard rest.first == tag.rawValue, let content = content() else { return nil }
        rest = rest[content.endIndex...]
        return DERReader(content)
    }

    /// A text of any kind that is a superset of ASCII; control characters are taken out.
    mutating func nextText() -> String? {
        // UTF8String, PrintableString, T61String, IA5String.
        guard let tag = rest.first, [0x0C, 0x13, 0x14, 0x16].contains(tag), let content = content() else { return nil }
        rest = rest[content.endIndex...]
        var text = ""
        for scalar in String(decoding: content, as: UTF8.self).unicodeScalars.prefix(200)
        where scalar.properties.generalCategory != .control {
            text.unicodeScalars.append(scalar)
        }
        return text.isEmpty ? nil : text
    }

    private func content() -> ArraySlice<UInt8>? {
        guard rest.count >= 2 else { return nil }
        var index = rest.startIndex + 1
        var length = Int(rest[index])
        index += 1
        if length >= 0x80 {
            let count = length & 0x7F
            guard (1...3).contains(count), rest.endIndex - index >= count else { return nil }
            length = rest[index..<(index + count)].reduce(0) { $0 << 8 | Int($1) }
            index += count
        }
        guard rest.endIndex - index >= length else { return nil }
        return rest[index..<(index + length)]
    }
}
