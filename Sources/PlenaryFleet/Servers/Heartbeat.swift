internal import BigBlueButton
internal import Logging
package import PlenaryCore
package import PlenaryStore

extension Fleet {
    /// Reads what other processes wrote. While the database cannot be reached the roster goes on as it is.
    package func catchUp() async {
        do { try await store.catchUp() } catch { FleetLog.failure("reading changes of other processes", error) }
    }

    /// Tells the store that this node lives, and what it sees of the servers.
    package func heartbeat() async {
        let now = time.now()
        let identity = settings.identity
        let node = Node(
            id: identity.instance, version: identity.version, address: identity.address, startedAt: startedAt,
            seenAt: now)
        do {
            try await store.heartbeat(
                node, observations(), deadBefore: now.advanced(by: .zero - settings.deadNodeAge * 3))
            try await store.trimChanges()
            try await store.trimDeliveries(
                before: now.advanced(by: .zero - settings.keptDeliveries),
                events: now.advanced(by: .zero - settings.keptEvents))
        } catch { FleetLog.failure("telling that this node lives", error) }
    }

    /// At the end: what waits is written, and the node says goodbye.
    func farewell() async {
        await flushJoins()
        await flushSecretUses()
        do { try await store.removeNode(settings.identity.instance) } catch {
            FleetLog.failure("saying goodbye", error)
        }
    }

    /// What this node sees of each server.
    package func observations() -> [Observation] {
        let now = time.now()
        let uptime = time.uptime()
        let servers = store.roster { roster in roster.servers.keys.sorted().map { ($0, roster.count(on: $0)) } }
        return withState { state in
            servers.map { server, meetings in
                let view = state.view(of: server)
                let member = state.health.members[server]
                return Observation(
                    server: server, state: (member?.state ?? .unchecked).word, fault: member?.lastFault?.word,
                    since: view.stateSince ?? now, meetings: meetings,
                    users: view.meetings?.entries.reduce(0) { $0 + $1.meeting.participantCount } ?? 0,
                    unexplained: view.foreign.count, load: state.ledger.load(of: server, at: uptime), seenAt: now)
            }
        }
    }

    /// Whether every server was polled at least once, or failed to be: what the fleet knows is then as good as it gets.
    package var hasLookedAround: Bool {
        let servers = store.roster { $0.servers.values.filter { $0.administrative != .maintenance }.map(\.id) }
        return withState { state in servers.allSatisfy { state.health.state(of: $0) != .unchecked } }
    }

    /// Whether a create would find a server now.
    package var canCreate: Bool {
        let servers = store.roster { Array($0.servers.values) }
        let now = time.uptime()
        return withState { $0.candidates(servers, at: now).contains { $0.eligibility == .eligible } }
    }

    package var isInPanic: Bool { withState { $0.health.isInPanic } }

    package func health(of server: ServerID) -> HealthState { withState { $0.health.state(of: server) } }
}
