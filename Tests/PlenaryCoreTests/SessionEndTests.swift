import BigBlueButton
import PlenaryCore
import Testing

/// Why a session is over that its provider does not have any more (`rooms-api.md` 7.6, 14).
@Suite struct SessionEndTests {
    private static let start = WireTime(milliseconds: 1_772_359_200_000)

    private static func reason(after seconds: Int, lastSeen: Int?, minutes: Int? = 60) -> SessionEndReason {
        var values: [FeatureCode: FeatureValue] = [:]
        if let minutes { values[.maxDuration] = .integer(minutes) }
        let used = FeatureSet(values)
        return SessionEndReason.ofGone(
            startedAt: start, used: used, lastSeen: lastSeen, now: start.advanced(by: .seconds(seconds)))
    }

    @Test func `a session that its provider ended for its length is not one of unknown end`() {
        #expect(Self.reason(after: 3_600, lastSeen: 12) == .maxDuration)
        #expect(Self.reason(after: 3_599, lastSeen: 12) == .maxDuration)
        #expect(Self.reason(after: 3_500, lastSeen: 12) == .unknown)
        #expect(Self.reason(after: 9_000, lastSeen: 12, minutes: nil) == .unknown)
    }

    @Test func `a session in which nobody was left is empty, and one that nobody told of is unknown`() {
        #expect(Self.reason(after: 60, lastSeen: 0) == .empty)
        #expect(Self.reason(after: 60, lastSeen: 1) == .unknown)
        #expect(Self.reason(after: 60, lastSeen: nil) == .unknown)
    }
}
