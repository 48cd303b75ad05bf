import Testing

@testable import PlenaryCore

struct EligibilityTests {
    static let states: [HealthState] = [
        .unchecked, .online(rampFrom: nil), .online(rampFrom: .seconds(9)), .suspect(failures: 0, countedAt: .zero),
        .suspect(failures: 7, countedAt: .seconds(9)), .offline(since: .seconds(9), credits: 0),
        .offline(since: .seconds(9), credits: 2),
    ]

    /// For each administrative state, what each of ``states`` gives: while calm, and in panic.
    static let table: [(AdministrativeState, calm: [Eligibility], panic: [Eligibility])] = [
        (
            .ready,
            [
                .excluded(.unchecked), .eligible, .eligible, .excluded(.suspect), .excluded(.suspect),
                .excluded(.offline), .excluded(.offline),
            ],
            [.excluded(.unchecked), .eligible, .eligible, .lastResort, .lastResort, .lastResort, .lastResort]
        ),
        (
            .drain, Array(repeating: .excluded(.drained), count: 7),
            Array(repeating: .excluded(.drained), count: 7)
        ),
        (
            .maintenance, Array(repeating: .excluded(.inMaintenance), count: 7),
            Array(repeating: .excluded(.inMaintenance), count: 7)
        ),
        (.force, Array(repeating: .eligible, count: 7), Array(repeating: .eligible, count: 7)),
    ]

    @Test func `eligibility is what people said, then health, then panic`() {
        #expect(Self.table.map(\.0) == AdministrativeState.allCases)
        for (administrative, calm, panic) in Self.table {
            for (index, state) in Self.states.enumerated() {
                #expect(Eligibility(administrative, state, panic: false) == calm[index], "\(administrative) \(state)")
                #expect(Eligibility(administrative, state, panic: true) == panic[index], "\(administrative) \(state)")
            }
        }
    }
}
