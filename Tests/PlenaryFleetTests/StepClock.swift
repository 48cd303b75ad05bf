import BigBlueButton
import PlenaryFleet
import PlenarySimulator
import Synchronization

/// A clock whose sleepers wake when it is advanced past their time, and not before.
final class StepClock: Sendable {
    private struct State {
        var now: Duration = .zero
        var sleepers: [Int: (due: Duration, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var lastID = 0
        var cancelled: Set<Int> = []
        var random = SeededRandom(seed: 5)
    }

    private let state = Mutex(State())

    var now: Duration { state.withLock { $0.now } }
    var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    var fleetTime: FleetTime {
        FleetTime(
            uptime: { self.now },
            now: { WireTime(milliseconds: 1_500_000_000_000).advanced(by: self.now) },
            sleep: { try await self.pause(for: $0) },
            random: { self.state.withLock { $0.random.next() } })
    }

    private func pause(for duration: Duration) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if duration <= .zero { return .success(()) }
                    state.sleepers[id] = (state.now + duration, continuation)
                    return nil
                }
                if let isOver { continuation.resume(with: isOver) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now += duration
            let due = state.sleepers.filter { $0.value.due <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.sorted { $0.value.due < $1.value.due }
        }
        for sleeper in due { sleeper.value.continuation.resume() }
    }
}
