import PlenaryFleet
import PlenaryStore
import Synchronization

/// The process dies at its n-th effect, and nothing that it still tries has any.
final class CrashSwitch: Sendable {
    struct Crash: Error {}

    private struct State {
        var left: Int?
        var isDead = false
        var count = 0
    }

    private let state = Mutex(State())

    /// Dies at the n-th effect from now; `nil`: never.
    func arm(_ effects: Int?) { state.withLock { $0.left = effects } }

    var isDead: Bool { state.withLock { $0.isDead } }

    /// Effects so far.
    var count: Int { state.withLock { $0.count } }

    func step() throws(Crash) {
        let isDead = state.withLock { state in
            guard !state.isDead else { return true }
            state.count += 1
            if let left = state.left {
                state.left = left - 1
                state.isDead = left <= 1
            }
            return state.isDead
        }
        if isDead { throw Crash() }
    }
}

/// An engine whose process may die before a transaction begins, or after it was committed and before anybody hears of it.
struct CrashingEngine: SQLEngine {
    let base: SQLiteEngine
    let crash: CrashSwitch

    var dialect: SQLDialect { base.dialect }

    func write<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        try crash.step()
        let value = try await base.write(work)
        try crash.step()
        return value
    }

    func read<Value: Sendable>(_ work: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        guard !crash.isDead else { throw CrashSwitch.Crash() }
        return try await base.read(work)
    }

    func compact() async throws { try await base.compact() }
    func emptyLog() async throws { try await base.emptyLog() }
    func close() async throws {}
}
