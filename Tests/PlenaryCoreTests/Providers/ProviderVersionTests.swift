import Testing

@testable import PlenaryCore

/// What a provider tells of its version (`rooms-api.md` 6.4, D-12).
@Suite struct ProviderVersionTests {
    @Test(arguments: [
        ("v1.5.1", "1.5.1"), ("1.0.0-rc1", "1.0.0"), ("build 2024, 1.2", "1.2"), ("2.6.10", "2.6.10"),
        ("release-10.0", "10.0"), ("1..2 3.4", "3.4"), ("007.1", "7.1"),
    ]) func `the first numbers with dots between them are the version`(text: String, version: String) {
        #expect(ProviderVersion(in: text)?.description == version)
    }

    @Test(arguments: ["", "master", "7", "v2", "1.", ".5", "abc.def"]) func `others tell none`(text: String) {
        #expect(ProviderVersion(in: text) == nil)
    }

    @Test(arguments: [
        ("1.0", "1.0", false), ("0.99", "1.0", true), ("9.9", "10.0", true), ("10.0", "9.9", false),
        ("1.0", "1.0.0", false), ("1.0.0", "1.0", false), ("1.0", "1.0.1", true),
    ]) func `versions are compared number by number`(one: String, other: String, isLess: Bool) throws {
        let (left, right) = (try #require(ProviderVersion(in: one)), try #require(ProviderVersion(in: other)))
        #expect((left < right) == isLess)
    }

    @Test func `what has more digits than a number is newer than everything`() throws {
        let huge = try #require(ProviderVersion(in: "99999999999999999999999.1"))
        #expect(try #require(ProviderVersion(in: "10.0")) < huge)
    }

    @Test(
        arguments: [
            (ProviderType.scalelite, "v1.5.1", nil, ProviderVersion.Check.ok), (.scalelite, "0.99", nil, .unsupported),
            (.scalelite, "1.0.0-rc1", nil, .ok), (.scalelite, "", nil, .unverified),
            (.scalelite, nil, "3.0", .unverified),
            (.bigBlueButton, nil, "2.6.0", .ok), (.bigBlueButton, nil, "2.5.19", .unsupported),
            (.bigBlueButton, "9.9", nil, .unverified), (.bigBlueButton, nil, "", .unverified),
        ] as [(ProviderType, String?, String?, ProviderVersion.Check)])
    func `each type tells its version in its own place`(
        type: ProviderType, build: String?, bbbVersion: String?, check: ProviderVersion.Check
    ) {
        #expect(ProviderVersion.judge(type, build: build, bbbVersion: bbbVersion).check == check)
    }
}
