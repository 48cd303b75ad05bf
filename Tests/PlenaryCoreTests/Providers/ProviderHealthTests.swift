import BigBlueButton
import Testing

@testable import PlenaryCore

/// The health of a provider (`rooms-api.md` 6.5), check by check.
@Suite struct ProviderHealthTests {
    private static let now = WireTime(milliseconds: 1_772_355_605_000)
    private static let silent = ProviderReport(fault: .unreachable("no answer in time"))
    private static let good = ProviderReport(
        latency: .milliseconds(41), version: "1.5.1", versionCheck: .ok, tls: tls(days: 60))
    private static let warned = ProviderReport(latency: .milliseconds(41), versionCheck: .ok, tls: tls(days: 13))
    private static let old = ProviderReport(
        latency: .milliseconds(5), version: "0.9", versionCheck: .unsupported, leastVersion: "1.0")
    private static let unverified = ProviderReport(latency: .milliseconds(5), versionCheck: .unverified)
    private static let wrongSecret = ProviderReport(fault: .secretInvalid)
    private static let expired = ProviderReport(
        fault: .tlsInvalid(.expired, notAfter: now), tls: tls(days: -1, .expired))

    private static func tls(days: Int64, _ fault: CertificateFault? = nil) -> ProviderTLS {
        ProviderTLS(fault: fault, notAfter: now.advanced(by: .seconds(days * 86_400)), issuer: "R11", checkedAt: now)
    }

    struct Way: Sendable {
        let name: String
        let reports: [ProviderReport]
        let states: [ProviderState]

        init(_ name: String, _ reports: [ProviderReport], _ states: [ProviderState]) {
            self.name = name
            self.reports = reports
            self.states = states
        }
    }

    static let ways = [
        Way("a good check", [good], [.healthy]),
        Way("three misses in a row", [silent, silent, silent], [.unknown, .unknown, .down]),
        Way(
            "misses that are not in a row", [good, silent, silent, good, silent, silent],
            [.healthy, .healthy, .healthy, .healthy, .healthy, .healthy]),
        Way("back after two", [wrongSecret, good, good], [.down, .down, .healthy]),
        Way(
            "one good check is not enough", [wrongSecret, good, silent, good, good],
            [.down, .down, .down, .down, .healthy]),
        Way("a wrong secret is certain", [good, wrongSecret], [.healthy, .down]),
        Way("a wrong certificate is certain", [good, expired], [.healthy, .down]),
        Way("a certificate that ends soon", [warned, good], [.degraded, .healthy]),
        Way("a version that is too low goes on", [good, old], [.healthy, .degraded]),
        Way("a version that is not told is no reason", [unverified], [.healthy]),
        Way("back with a warning", [wrongSecret, warned, warned], [.down, .down, .degraded]),
        Way("degraded and silent", [warned, silent, silent, silent], [.degraded, .degraded, .degraded, .down]),
    ]

    @Test(arguments: ways) func `checks move it`(way: Way) {
        var health = ProviderHealth.unknown
        var states: [ProviderState] = []
        for report in way.reports {
            let before = health.state
            let changes = health.checked(report, at: Self.now)
            states.append(health.state)
            let moves = changes.filter { if case .moved = $0 { true } else { false } }
            #expect(moves == (before == health.state ? [] : [.moved(from: before, to: health.state)]), "\(way.name)")
        }
        #expect(states == way.states, "\(way.name)")
    }

    @Test func `that a certificate turned invalid is told once`() {
        var health = ProviderHealth.unknown
        _ = health.checked(Self.good, at: Self.now)
        let first = health.checked(Self.expired, at: Self.now)
        #expect(first == [.tlsTurnedInvalid(.expired), .moved(from: .healthy, to: .down)])
        #expect(health.checked(Self.expired, at: Self.now) == [])
    }

    @Test func `creates that fail count like checks that do, and are no checks`() {
        var health = ProviderHealth.unknown
        _ = health.checked(Self.good, at: Self.now)
        for _ in 0..<3 { _ = health.createFailed(at: Self.now.advanced(by: .seconds(5))) }
        #expect(health.state == .down && health.failures == 3 && health.checkedAt == Self.now)
    }

    @Test func `our own fleet knows best`() {
        var health = ProviderHealth.unknown
        #expect(health.fleetSeen(isUsable: false, at: Self.now) == [.moved(from: .unknown, to: .down)])
        #expect(health.fleetSeen(isUsable: true, at: Self.now) == [.moved(from: .down, to: .healthy)])
        #expect(health.failures == 0)
    }

    @Test func `it is written as the contract shows it`() {
        var health = ProviderHealth.unknown
        #expect(
            health.json.encoded
                == #"{"state":"unknown","checked_at":null,"consecutive_failures":0,"latency_ms":null,"version":null,"version_check":null,"tls":null,"warnings":[]}"#
        )
        _ = health.checked(Self.good, at: Self.now)
        #expect(
            health.json.encoded
                == #"{"state":"healthy","checked_at":"2026-03-01T09:00:05Z","consecutive_failures":0,"latency_ms":41,"version":"1.5.1","version_check":"ok","tls":{"valid":true,"not_after":"2026-04-30T09:00:05Z","issuer":"R11"},"warnings":[]}"#
        )
        _ = health.checked(Self.warned, at: Self.now)
        #expect(health.warnings == [.tlsExpiresSoon])
        _ = health.checked(Self.expired, at: Self.now)
        #expect(health.json["tls"]?["valid"] == false && health.json["tls"]?["reason"] == "expired")
    }

    @Test func `when nothing is new it is the same`() {
        var health = ProviderHealth.unknown
        _ = health.checked(Self.good, at: Self.now)
        var next = health
        var slower = Self.good
        slower.latency = .milliseconds(99)
        _ = next.checked(slower, at: Self.now.advanced(by: .seconds(15)))
        #expect(next.isSame(as: health) && next != health)
        _ = next.checked(Self.silent, at: Self.now)
        #expect(!next.isSame(as: health))
    }

    @Test func `each check that fails has its problem, without the secret`() {
        let host = "scalelite.example.com"
        let gone = Problem(of: .tlsInvalid(.expired, notAfter: WireTime(timestamp: "2026-02-01")), host: host)
        #expect(gone.code == .providerTLSInvalid && gone.status == 422)
        #expect(gone.detail == "scalelite.example.com presented a certificate that expired on 2026-02-01.")
        #expect(gone.told == ["/properties/host_url provider_tls_invalid"])
        #expect(gone.members == [JSON.Member("reason", "expired")])
        #expect(Problem(of: .secretInvalid, host: host).told == ["/properties/secret provider_secret_invalid"])
        #expect(Problem(of: .unreachable("x"), host: host).code == .providerUnreachable)
        let low = Problem(of: .versionUnsupported(found: "0.9", least: "1.0"), host: host)
        #expect(low.code == .providerVersionUnsupported && low.detail.contains("0.9"))
        #expect(Self.old.refusal == .versionUnsupported(found: "0.9", least: "1.0") && Self.unverified.refusal == nil)
    }
}

/// What of a certificate is shown.
@Suite struct CertificateFactsTests {
    /// Of an authority, signed by itself: O=Example Trust, CN=R11.
    private static let authority =
        "MIIBojCCAUegAwIBAgIUE2l17CUQSQ1Gqw7mYr46Fiv39u0wCgYIKoZIzj0EAwIwJjEWMBQGA1UECgwNRXhhbXBsZSBUcnVzdDEMMAoGA1UEAwwDUjExMB4XDTI2MTEyMTIzMDgyMloXDTM2MTExODIzMDgyMlowJjEWMBQGA1UECgwNRXhhbXBsZSBUcnVzdDEMMAoGA1UEAwwDUjExMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2svJgflOSokvIGgRd6S22uXnx5wfaum-3hFSjGWHK3XgWkCKkJ60nytY_RVxmVO31Xt6o9EJCkHy4Ge4e8yXr6NTMFEwHQYDVR0OBBYEFOLOWE4Q0qsIN5KK0l6P68Bg4CM9MB8GA1UdIwQYMBaAFOLOWE4Q0qsIN5KK0l6P68Bg4CM9MA8GA1UdEwEB_wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhANWaO9w2_OsBU3wR5J_ICBDRmnF_q9JhCFG-x_WW2YK9AiEAmtlcX7sKNiYuD1kgsbpjBdCthBQl6ribAnltRxytjoA"
    /// Signed by it, for h.example.
    private static let leaf =
        "MIIBMzCB2wIUO19nRl6LHZuO0kd-V1phMpqQMiwwCgYIKoZIzj0EAwIwJjEWMBQGA1UECgwNRXhhbXBsZSBUcnVzdDEMMAoGA1UEAwwDUjExMB4XDTI2MTEyMTIzMDgyMloXDTI2MTIyMTIzMDgyMlowFDESMBAGA1UEAwwJaC5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEtV0UFLMWD6zDH-3cNwk3b1CcKn178NqZ4LiVrFMRAYQ01pm8Eye0opKwMp-Jfdp6kyrrO4dkeChY-O8OXpdkDzAKBggqhkjOPQQDAgNHADBEAh98IALExWYFfiKGiQhAD3Kb-b8jKXlxQDootbzam7YqAiEAkhJGsD38CuQdHn8njLEZFIY_zwC8n9shdJ-58N9MpLo"

    private static func facts(_ text: String) throws -> CertificateFacts {
        let octets = try #require(Base64URL.decode(text))
        return try #require(
            CertificateFacts(
                der: octets, notBefore: WireTime(milliseconds: 1_000), notAfter: WireTime(milliseconds: 9_000)))
    }

    @Test func `the issuer is named, and whether it is the certificate itself`() throws {
        let (authority, leaf) = (try Self.facts(Self.authority), try Self.facts(Self.leaf))
        #expect(authority.issuer == "R11" && authority.isSelfIssued)
        #expect(leaf.issuer == "R11" && !leaf.isSelfIssued)
    }

    @Test func `what is cut short is no certificate, and nothing worse`() throws {
        let octets = try #require(Base64URL.decode(Self.leaf))
        for count in 0..<octets.count {
            #expect(CertificateFacts(der: Array(octets[..<count]), notBefore: nil, notAfter: nil) == nil, "\(count)")
        }
    }

    @Test(
        arguments: [
            (true, 5_000, CertificateFault.hostnameMismatch), (false, 9_001, .expired), (false, 999, .notYetValid),
            (false, 5_000, .untrustedIssuer),
        ] as [(Bool, Int64, CertificateFault)])
    func `the first reason that holds is told`(isTrusted: Bool, now: Int64, fault: CertificateFault) throws {
        let facts = try Self.facts(Self.leaf)
        #expect(CertificateFault(facts, isTrusted: isTrusted, now: WireTime(milliseconds: now)) == fault)
    }

    @Test func `who signs himself is told so`() throws {
        let facts = try Self.facts(Self.authority)
        #expect(CertificateFault(facts, isTrusted: false, now: WireTime(milliseconds: 5_000)) == .selfSigned)
    }
}
