package import PlenaryCore
package import PlenaryFleet

/// The port to service providers (`rooms-api.md` 6.3): what conforms looks every address up, refuses those that may not be called,
/// connects to what it judged, believes the operator's own authorities beside those of the system, and follows no redirect.
package protocol ProviderTransport: BBBTransport {
    /// Looks at the certificate that a host presents. Nothing is asked there.
    ///
    /// - Parameters:
    ///   - host: as the certificate must name it.
    ///   - deadline: the longest that all of it may take.
    func certificate(of host: String, port: Int, deadline: Duration) async -> CertificateFinding
}

/// What became of a look at a certificate.
package enum CertificateFinding: Sendable, Hashable {
    case valid(CertificateFacts)
    /// - Parameter CertificateFacts: `nil`: it cannot be read.
    case invalid(CertificateFault, CertificateFacts?)
    /// No certificate was seen.
    case unreachable(TransportFault)
}
