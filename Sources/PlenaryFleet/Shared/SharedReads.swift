internal import BigBlueButton
internal import PlenaryCore
internal import Synchronization

/// Reads that are the same share one call to the server (ARCHITECTURE decision 8).
///
/// The first caller makes the call; who asks meanwhile waits for its answer. With a maximum age, an answer is reused for that
/// long; whatever changes a server's meetings discards what is known of it, and calls that began before are not shared any
/// more.
final class SharedReads: Sendable {
    struct Key: Hashable, Sendable {
        let server: ServerID
        let call: CallName
        let meetingID: MeetingID?
    }

    typealias Result = Swift.Result<Reply, ServerFault>

    private struct Flight {
        let number: UInt64
        var waiting: [CheckedContinuation<Result?, Never>] = []
    }

    private struct Kept {
        let reply: Reply
        let at: Duration
    }

    private struct State {
        var flights: [Key: Flight] = [:]
        var kept: [Key: Kept] = [:]
        var lastNumber: UInt64 = 0
    }

    private let state = Mutex(State())
    private let maxAge: Duration
    private let limit: Int
    private let uptime: @Sendable () -> Duration

    init(maxAge: Duration, limit: Int, uptime: @escaping @Sendable () -> Duration) {
        self.maxAge = maxAge
        self.limit = limit
        self.uptime = uptime
    }

    private enum Part { case kept(Reply), lead(UInt64), follow }

    func read(_ key: Key, _ fetch: () async -> Result) async -> Result {
        let began = uptime()
        var number: UInt64 = 0
        let followed: Result? = await withCheckedContinuation { continuation in
            let now: (Result?)? = state.withLock { state in
                if let kept = state.kept[key], began - kept.at < maxAge { return .some(.success(kept.reply)) }
                if state.flights[key] != nil {
                    state.flights[key]?.waiting.append(continuation)
                    return nil
                }
                state.lastNumber += 1
                number = state.lastNumber
                state.flights[key] = Flight(number: number)
                return .some(nil)
            }
            if let now { continuation.resume(returning: now) }
        }
        if let followed { return followed }
        // Followed a flight that was discarded, or leads: without a number of its own it asks by itself.
        let result = await fetch()
        if number > 0 { land(key, number, result) }
        return result
    }

    private func land(_ key: Key, _ number: UInt64, _ result: Result) {
        let waiting: [CheckedContinuation<Result?, Never>] = state.withLock { state in
            guard let flight = state.flights[key], flight.number == number else { return [] }
            state.flights[key] = nil
            if maxAge > .zero, case .success(let reply) = result {
                if state.kept.count >= limit { state.kept = state.kept.filter { uptime() - $0.value.at < maxAge } }
                if state.kept.count < limit { state.kept[key] = Kept(reply: reply, at: uptime()) }
            }
            return flight.waiting
        }
        // A caller that gave up says nothing about the server: the others ask by themselves.
        var shared: Result? = result
        if case .failure(let fault) = result, !fault.countsAgainstServer { shared = nil }
        for continuation in waiting { continuation.resume(returning: shared) }
    }

    /// Something changed at a server: what was read, or is being read, may be older than that.
    func discard(_ server: ServerID) {
        let waiting: [CheckedContinuation<Result?, Never>] = state.withLock { state in
            state.kept = state.kept.filter { $0.key.server != server }
            let flights = state.flights.filter { $0.key.server == server }
            for key in flights.keys { state.flights[key] = nil }
            return flights.values.flatMap(\.waiting)
        }
        for continuation in waiting { continuation.resume(returning: nil) }
    }
}
