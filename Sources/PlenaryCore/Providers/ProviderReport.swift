package import BigBlueButton

/// What a look at a provider's certificate found.
package struct ProviderTLS: Sendable, Hashable {
    /// `nil`: it is valid.
    package let fault: CertificateFault?
    package let notAfter: WireTime?
    package let issuer: String?
    package let checkedAt: WireTime

    package init(fault: CertificateFault?, notAfter: WireTime?, issuer: String?, checkedAt: WireTime) {
        self.fault = fault
        self.notAfter = notAfter
        self.issuer = issuer
        self.checkedAt = checkedAt
    }

    /// Before its end.
    package static let warning = Duration.seconds(14 * 86_400)
    /// Between two looks at a certificate that was valid.
    package static let interval = Duration.seconds(86_400)

    package func expiresSoon(at now: WireTime) -> Bool {
        guard fault == nil, let notAfter else { return false }
        return notAfter.since(now) <= Self.warning
    }

    package func isDue(at now: WireTime) -> Bool { fault != nil || now.since(checkedAt) >= Self.interval }

    /// But for when it was looked at.
    package func isSame(as other: ProviderTLS) -> Bool {
        fault == other.fault && notAfter == other.notAfter && issuer == other.issuer
    }
}

/// A check of a provider that did not pass (`rooms-api.md` 6.4).
package enum ProviderFault: Error, Sendable, Hashable {
    /// No answer, or none of BigBlueButton's; for people, without names and addresses.
    case unreachable(String)
    case tlsInvalid(CertificateFault, notAfter: WireTime?)
    case secretInvalid
    case versionUnsupported(found: String, least: String)

    package var code: ProblemCode {
        switch self {
        case .unreachable: .providerUnreachable
        case .tlsInvalid: .providerTLSInvalid
        case .secretInvalid: .providerSecretInvalid
        case .versionUnsupported: .providerVersionUnsupported
        }
    }

    /// Whether the provider answered, so that asking again would give the same.
    package var isCertain: Bool {
        switch self {
        case .unreachable: false
        case .tlsInvalid, .secretInvalid, .versionUnsupported: true
        }
    }
}

extension Problem {
    /// 422 of a create or a change whose check did not pass.
    ///
    /// - Parameter host: as the caller gave it.
    package init(of fault: ProviderFault, host: String) {
        let member = fault == .secretInvalid ? "secret" : "host_url"
        let place = RequestFault.Place.pointer(JSONPointer(["properties", member]))
        let texts: (detail: String, short: String) =
            switch fault {
            case .unreachable(let words): ("\(host) does not answer as it should: \(words).", "It cannot be reached.")
            case .tlsInvalid(let reason, let notAfter):
                (Self.detail(reason, host: host, notAfter: notAfter), reason.words)
            case .secretInvalid: ("\(host) refuses calls that are signed with this secret.", "It is another secret.")
            case .versionUnsupported(let found, let least):
                ("\(host) runs version \(found); \(least) or higher is needed.", "Its version is too low.")
            }
        let code: RequestFault.Code =
            switch fault {
            case .unreachable: .providerUnreachable
            case .tlsInvalid: .providerTLSInvalid
            case .secretInvalid: .providerSecretInvalid
            case .versionUnsupported: .providerVersionUnsupported
            }
        var members: [JSON.Member] = []
        if case .tlsInvalid(let reason, _) = fault { members.append(JSON.Member("reason", .text(reason.rawValue))) }
        self.init(
            fault.code, texts.detail, faults: [RequestFault(place, code, texts.short)], members: members)
    }

    private static func detail(_ reason: CertificateFault, host: String, notAfter: WireTime?) -> String {
        switch (reason, notAfter) {
        case (.expired, let end?):
            "\(host) presented a certificate that expired on \(end.timestamp.prefix(10))."
        case (.expired, nil), (.notYetValid, _), (.hostnameMismatch, _), (.untrustedIssuer, _), (.selfSigned, _):
            "\(host) presented a certificate that is not valid. \(reason.words)"
        }
    }
}

/// What all checks of a provider found together.
package struct ProviderReport: Sendable, Hashable {
    /// What keeps it from being used; `nil`: it answers as it should.
    package var fault: ProviderFault?
    /// Of the root of the API.
    package var latency: Duration?
    /// As found; `nil`: it does not tell, or was not asked.
    package var version: String?
    package var versionCheck: ProviderVersion.Check?
    /// `nil`: it was not looked at.
    package var tls: ProviderTLS?
    /// What ``versionCheck`` was made against.
    package var leastVersion: String?

    package init(
        fault: ProviderFault? = nil, latency: Duration? = nil, version: String? = nil,
        versionCheck: ProviderVersion.Check? = nil, tls: ProviderTLS? = nil, leastVersion: String? = nil
    ) {
        self.fault = fault
        self.latency = latency
        self.version = version
        self.versionCheck = versionCheck
        self.tls = tls
        self.leastVersion = leastVersion
    }

    /// Why a provider is not stored like that. A version that is too low is told later, and goes on being used.
    package var refusal: ProviderFault? {
        if let fault { return fault }
        guard versionCheck == .unsupported else { return nil }
        return .versionUnsupported(found: version ?? "", least: leastVersion ?? "")
    }
}
