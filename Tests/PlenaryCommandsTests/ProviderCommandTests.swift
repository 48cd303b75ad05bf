import BigBlueButton
import Foundation
import PlenaryCore
import Testing

@testable import PlenaryCommands

/// Service providers on the command line.
@Suite struct ProviderCommandTests {
    static let others: [ProviderFault] = [
        .unreachable("connection refused"), .secretInvalid, .versionUnsupported(found: "0.9", least: "1.0"),
    ]
    static let faults: [ProviderFault] =
        others
        + CertificateFault.allCases.map { reason -> ProviderFault in
            ProviderFault.tlsInvalid(reason, notAfter: WireTime(milliseconds: 1_700_000_000_000))
        }

    @Test(arguments: faults) func `a check that does not pass is named, with what to do`(fault: ProviderFault) throws {
        let problem = Problem(of: fault, host: "scalelite.example")
        let failure = try #require(PlatformFailure.of(problem))
        #expect(failure.message.hasPrefix(fault.code.rawValue) && failure.message.contains("scalelite.example"))
        #expect(failure.remedy.contains("--no-verify") && failure.exitCode == 1)
    }

    @Test func `an authority of one's own is told where to name it`() {
        let problem = Problem(of: ProviderFault.tlsInvalid(.untrustedIssuer, notAfter: nil), host: "h.example")
        #expect(PlatformFailure.describe(problem).remedy.contains("PLENARY_PROVIDERS_EXTRA_CA"))
    }

    @Test func `a draft that cannot be is told member by member`() throws {
        let body: JSON = [
            "provider_name": "north", "provider_type": "scalelite",
            "properties": ["host_url": "http://h.example", "secret": "my-secret-key"],
        ]
        let problem = try #require(#expect(throws: Problem.self) { _ = try ProviderDraft(ObjectReader(body)) })
        let failure = PlatformFailure.describe(problem)
        #expect(failure.exitCode == 64 && failure.message.contains("properties/host_url"))
        #expect(!failure.message.contains("my-secret-key"))
    }

    static let conflicts: [ProviderConflict] = [
        .isDefault, .isActive, .inUse(packages: 1, subscriptions: 2), .notInPackage,
        .serviceTypeMismatch(offers: .meet, wants: .video), .noSuchProvider, .attachedAlready, .notActive,
    ]

    @Test(arguments: conflicts) func `every conflict of providers is told in words`(conflict: ProviderConflict) throws {
        let failure = try #require(PlatformFailure.of(conflict))
        #expect(!failure.message.isEmpty && !failure.remedy.isEmpty && !failure.message.contains("("))
    }

    @Test func `resources of the API are printed without what they do not have`() throws {
        let json: JSON = [
            "a": .null, "b": .list([.integer(1), .bool(true), .text("x")]), "c": ["d": .null, "e": .integer(-2)],
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let text = String(decoding: try encoder.encode(JSONView(json)), as: UTF8.self)
        #expect(text == #"{"b":[1,true,"x"],"c":{"e":-2}}"#)
    }
}
