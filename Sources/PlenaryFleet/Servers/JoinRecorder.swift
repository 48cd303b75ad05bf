package import Logging
internal import PlenaryCore
internal import PlenaryStore
internal import ServiceLifecycle
internal import Synchronization

/// Joins that wait to be written down. Bounded: beyond the limit the oldest are dropped, and counted.
final class JoinRecorder: Sendable {
    private struct State {
        var waiting: [JoinRecord] = []
        var dropped = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func add(_ join: JoinRecord) {
        state.withLock { state in
            state.waiting.append(join)
            guard state.waiting.count > limit else { return }
            let excess = max(1, limit / 10)
            state.waiting.removeFirst(excess)
            state.dropped += excess
        }
    }

    func take() -> (joins: [JoinRecord], dropped: Int) {
        state.withLock { state in
            defer { state = State() }
            return (state.waiting, state.dropped)
        }
    }

    /// Puts joins back that could not be written.
    func putBack(_ joins: [JoinRecord]) { state.withLock { $0.waiting = (joins + $0.waiting).suffix(limit) } }
}

extension Fleet {
    /// Writes the joins that wait.
    package func flushJoins() async {
        let (waiting, dropped) = joins.take()
        if dropped > 0 {
            Logger.current.warning(
                "joins were not recorded, too many waited", metadata: ["joins.dropped": "\(dropped)"])
        }
        guard !waiting.isEmpty else { return }
        do { try await store.record(waiting) } catch {
            joins.putBack(waiting)
            FleetLog.failure("recording joins", error)
        }
    }
}

extension Fleet {
    /// Says of subscriptions that are over that they are. What they allow goes by their times, not by that word.
    package func expireSubscriptions() async {
        do { _ = try await store.expireSubscriptions(now: time.now()) } catch {
            FleetLog.failure("looking for subscriptions that are over", error)
        }
    }
}

extension Fleet {
    /// Says once of each secret that the store cannot read that it cannot.
    package func tellUnreadable() {
        let found = store.roster { roster in
            Set(
                roster.accounts.values.flatMap { account in
                    account.unreadableSecrets.map { "secret \($0) of account \(account.slug)" }
                } + roster.servers.values.filter(\.isUnreadable).map { "secret of server \($0.name)" })
        }
        let new = withState { state in
            defer { state.unreadable = found }
            return found.subtracting(state.unreadable)
        }
        for what in new.sorted() {
            Logger.current.error(
                "a stored secret cannot be read: it is damaged, or its key is missing", metadata: ["secret": "\(what)"])
        }
    }
}

/// What happens at intervals beside the polls: joins and uses of secrets are written, other processes' changes are read, the
/// node tells that it lives and what it sees.
package struct Housekeeper: Service {
    private let fleet: Fleet
    private let logger: Logger

    package init(fleet: Fleet, logger: Logger) {
        self.fleet = fleet
        self.logger = logger
    }

    package func run() async throws {
        let settings = fleet.settings
        await withLogger(logger) { _ in
            await cancelWhenGracefulShutdown {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await repeatedly(every: settings.feedInterval) { await fleet.catchUp() } }
                    group.addTask {
                        await repeatedly(every: settings.feedInterval) {
                            await fleet.flushJoins()
                            await fleet.flushSecretUses()
                        }
                    }
                    group.addTask { await repeatedly(every: settings.heartbeatInterval) { await fleet.heartbeat() } }
                    group.addTask { await repeatedly(every: settings.feedInterval) { await fleet.takeBackMoves() } }
                    group.addTask { await repeatedly(every: .seconds(60)) { await fleet.expireSubscriptions() } }
                    group.addTask { await repeatedly(every: settings.feedInterval) { await fleet.endPreempted() } }
                    group.addTask { await repeatedly(every: .seconds(60)) { await fleet.sweepReservations() } }
                    group.addTask { await repeatedly(every: .seconds(30)) { await fleet.tellReservations() } }
                    group.addTask { await repeatedly(every: .seconds(60)) { fleet.tellUnreadable() } }
                    // Several: an order that takes long, because servers hang, does not keep one that comes later waiting.
                    for _ in 0..<4 {
                        group.addTask {
                            await repeatedly(every: settings.feedInterval) { await fleet.carryOutOrders() }
                        }
                    }
                    group.addTask {
                        await repeatedly(every: settings.feedInterval) { await fleet.leaveRemovedServers() }
                    }
                }
            }
            await fleet.farewell()
        }
    }

    private func repeatedly(every interval: Duration, _ work: () async -> Void) async {
        while !Task.isCancelled {
            await work()
            // Ends early only when cancelled, which the condition sees.
            try? await fleet.time.sleep(interval)
        }
    }
}
