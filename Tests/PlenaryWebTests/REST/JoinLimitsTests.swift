import Testing

@testable import PlenaryWeb

@Suite struct JoinLimitsTests {
    @Test func `nobody listens more often than a browser has pages`() {
        let limits = JoinLimits(perMinute: 60)
        for _ in 0..<JoinLimits.mostStreams { #expect(limits.listens("ada")) }
        #expect(!limits.listens("ada"))
        // The next one is told so instead of getting an empty stream.
        #expect(!limits.mayListen("ada") && limits.mayListen("bob"))
        #expect(limits.listens("bob"))
        limits.leaves("ada")
        #expect(limits.listens("ada"))
        #expect(!limits.listens("ada"))
    }
}
