import Testing

@testable import PlenaryRooms

@Suite struct PasswordGateTests {
    /// Until so many wait, or there is no hope of it.
    private func expectWaiting(_ count: Int, at gate: PasswordGate) async {
        for _ in 0..<100_000 where gate.waiting != count { await Task.yield() }
        #expect(gate.waiting == count)
    }

    @Test func `only so many are inside, only so many wait, and all come in`() async throws {
        let gate = PasswordGate(places: 2, limit: 3)
        try await gate.enter()
        try await gate.enter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    try await gate.enter()
                    gate.leave()
                }
            }
            await expectWaiting(3, at: gate)
            await #expect(throws: PasswordFault.overloaded) { try await gate.enter() }
            gate.leave()
            try await group.waitForAll()
        }
        #expect(gate.waiting == 0)
        // One place is free again, and one is taken.
        try await gate.enter()
        gate.leave()
        gate.leave()
    }

    @Test func `who does not wait any more keeps no place`() async throws {
        let gate = PasswordGate(places: 1, limit: 3)
        try await gate.enter()
        let cancelled = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    do {
                        try await gate.enter()
                        return false
                    } catch { return error is CancellationError }
                }
            }
            await expectWaiting(3, at: gate)
            group.cancelAll()
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(cancelled == 3 && gate.waiting == 0)
        gate.leave()
        try await gate.enter()
        gate.leave()
    }
}
