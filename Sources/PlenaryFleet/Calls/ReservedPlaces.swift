internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryStore

/// Connections that are reserved on servers, as one more create sees them (`rooms-api.md` 15.6, T13).
struct ReservedPlaces {
    /// What the create reserves.
    let size: Int
    private let key: MeetingKey
    /// By server: what meetings have, and what of that those of the same pool have that are past their time.
    private let there: [ServerID: (connections: Int, overdue: Int)]
    private let written: Set<MeetingKey>
    private let underWay: [MeetingKey: FleetState.Reserving]

    fileprivate init(
        size: Int, key: MeetingKey, meetings: [(meeting: Meeting, isOverdue: Bool)],
        underWay: [MeetingKey: FleetState.Reserving]
    ) {
        self.size = size
        self.key = key
        self.underWay = underWay
        written = Set(meetings.map(\.meeting.key))
        there = meetings.reduce(into: [:]) { sums, one in
            let connections = one.meeting.reserved?.connections ?? 0
            sums[one.meeting.server, default: (0, 0)].connections += connections
            if one.isOverdue { sums[one.meeting.server, default: (0, 0)].overdue += connections }
        }
    }

    /// The servers that have room for the create. If none has, those that have when nobody past his time counts: the pool decides
    /// who makes room, and does not know of servers.
    ///
    /// - Parameter now: creates that are under way.
    func servers(with now: [MeetingKey: FleetState.Reserving], among servers: [Server]) -> [Server] {
        let roomy = servers.filter { hasRoom(on: $0, now, overdueCounts: true) }
        return roomy.isEmpty ? servers.filter { hasRoom(on: $0, now, overdueCounts: false) } : roomy
    }

    private func hasRoom(on server: Server, _ now: [MeetingKey: FleetState.Reserving], overdueCounts: Bool) -> Bool {
        guard let most = server.connections else { return true }
        let coming = underWay.merging(now) { $1 }.filter {
            $0.key != key && $0.value.server == server.id && !written.contains($0.key)
        }
        let sums = there[server.id] ?? (0, 0)
        return sums.connections - (overdueCounts ? 0 : sums.overdue)
            + coming.values.reduce(size) { $0 + $1.connections } <= most
    }
}

extension FleetState {
    /// Connections of a create that is under way.
    struct Reserving {
        let server: ServerID
        let connections: Int
    }
}

extension Fleet {
    /// - Returns: `nil` when nothing is reserved, or no server has a number of connections.
    func reservedPlaces(_ plan: CreatePlan, _ key: MeetingKey, displacing old: Meeting?, among servers: [Server])
        -> ReservedPlaces?
    {
        guard let size = old?.reserved?.connections ?? plan.reservation?.request.connections,
            servers.contains(where: { $0.connections != nil })
        else { return nil }
        let now = time.now()
        // In this order: what is written down in between is in both, and counted once.
        let underWay = withState { $0.reserving }
        let meetings = store.roster { roster in
            let account = roster.accounts[key.account]
            // One that ends, or makes room for another, is as good as gone.
            return roster.meetings.values.filter {
                $0.reserved != nil && $0.key != key && $0.state.isLive && !$0.isEnding && !$0.isPreempted
            }.map { meeting in
                let isOverdue = meeting.reservedUntil.map { $0 <= now } ?? true
                let other = roster.accounts[meeting.key.account]
                let sharesPool = account.flatMap { account in other.map(account.sharesPool) } ?? false
                return (meeting: meeting, isOverdue: isOverdue && sharesPool)
            }
        }
        return ReservedPlaces(size: size, key: key, meetings: meetings, underWay: underWay)
    }

    /// Books the connections of a create on the server that is tried next.
    ///
    /// - Returns: `false` when others took them meanwhile.
    func book(_ plan: CreatePlan, _ key: MeetingKey, displacing old: Meeting?, on server: ServerID) -> Bool {
        guard let server = self.server(server),
            let places = reservedPlaces(plan, key, displacing: old, among: [server])
        else { return true }
        return withState { state in
            guard !places.servers(with: state.reserving, among: [server]).isEmpty else { return false }
            state.reserving[key] = .init(server: server.id, connections: places.size)
            return true
        }
    }
}
