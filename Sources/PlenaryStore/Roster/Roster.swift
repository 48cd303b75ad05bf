package import BigBlueButton
package import PlenaryCore

/// The fast copy of the store: accounts, servers, hooks, and all meetings and orders that are not over (ARCHITECTURE decision 1).
///
/// A plain value. It is changed only by ``RosterChange``s that were read inside the transaction that made them, in the
/// order of commits, so it never runs ahead of the store nor backwards.
package struct Roster: Sendable {
    package private(set) var accounts: [AccountID: Account] = [:]
    /// The same by their numbers. Each call to the common address goes through all of them, so nobody sorts them for it.
    package private(set) var accountsInOrder: [Account] = []
    package private(set) var servers: [ServerID: Server] = [:]
    /// Creating, running and displaced.
    package private(set) var meetings: [MeetingNumber: Meeting] = [:]
    package private(set) var hooks: [Int64: Hook] = [:]
    /// The rules about parameters that hold for every account.
    package private(set) var policy = ParameterPolicy.empty
    /// Open ones.
    package private(set) var orders: [OrderID: Order] = [:]
    private var accountsBySlug: [Slug: AccountID] = [:]
    private var live: [MeetingKey: MeetingNumber] = [:]
    private var byInternalID: [InternalKey: MeetingNumber] = [:]
    private var byServer: [ServerID: Set<MeetingNumber>] = [:]

    private struct InternalKey: Hashable {
        let account: AccountID
        let id: InternalMeetingID
    }

    package init() {}

    /// The live meeting that `id` names for an account: by its external id first, then by its internal id
    /// (`bbb-api.md` 4.2; never by a prefix).
    package func liveMeeting(_ id: MeetingID, of account: AccountID) -> Meeting? {
        if let number = live[MeetingKey(account: account, meetingID: id)] { return meetings[number] }
        guard let internalID = InternalMeetingID(rawValue: id.rawValue),
            let number = byInternalID[InternalKey(account: account, id: internalID)]
        else { return nil }
        return meetings[number]
    }

    package func liveMeeting(_ key: MeetingKey) -> Meeting? { live[key].flatMap { meetings[$0] } }

    /// Meetings that are or may be on a server: creating, running and displaced.
    package func meetings(on server: ServerID) -> [Meeting] {
        (byServer[server] ?? []).sorted().compactMap { meetings[$0] }
    }

    package func count(on server: ServerID) -> Int { byServer[server]?.count ?? 0 }

    /// Running meetings of an account, in the order of their numbers; with those that are being moved, where they still are.
    package func runningMeetings(of account: AccountID) -> [Meeting] {
        meetings.values.filter { meeting in
            guard meeting.key.account == account else { return false }
            return meeting.state == .running || (meeting.state == .displaced && isBeingMoved(meeting))
        }.sorted { $0.number < $1.number }
    }

    private func isBeingMoved(_ meeting: Meeting) -> Bool {
        guard let live = liveMeeting(meeting.key) else { return false }
        return live.state == .creating && live.replaces == meeting.number
    }

    package func account(named slug: Slug) -> Account? { accountsBySlug[slug].flatMap { accounts[$0] } }

    package func server(named name: Slug) -> Server? { servers.values.first { $0.name == name } }

    mutating func apply(_ change: RosterChange) {
        switch change {
        case .account(let id, let account):
            var account = account
            if let old = accounts[id] {
                accountsBySlug[old.slug] = nil
                account?.keepReadable(of: old)
            }
            accounts[id] = account
            order(account, id)
            if let account { accountsBySlug[account.slug] = id }
        case .server(let id, let server):
            let old = servers[id]
            servers[id] = server.map { server in old.map(server.keepingReadable(of:)) ?? server }
        case .hook(let number, let hook): hooks[number] = hook
        case .policy(let policy): self.policy = policy
        case .order(let id, let order): orders[id] = order
        case .meeting(let number, let meeting):
            if let old = meetings.removeValue(forKey: number) { forget(old) }
            if let meeting { remember(meeting) }
        }
    }

    /// With the secrets that were known before, where they cannot be read now.
    func keepingReadable(of old: Roster) -> Roster {
        var roster = self
        for (id, account) in accounts where !account.unreadableSecrets.isEmpty {
            guard let old = old.accounts[id] else { continue }
            roster.accounts[id]?.keepReadable(of: old)
            roster.order(roster.accounts[id], id)
        }
        for (id, server) in servers where server.isUnreadable {
            if let old = old.servers[id] { roster.servers[id] = server.keepingReadable(of: old) }
        }
        return roster
    }

    /// Puts an account in its place in ``accountsInOrder``, or takes it out.
    private mutating func order(_ account: Account?, _ id: AccountID) {
        // The first place that is not before it.
        var (low, high) = (0, accountsInOrder.count)
        while low < high {
            let middle = (low + high) / 2
            if accountsInOrder[middle].id < id { low = middle + 1 } else { high = middle }
        }
        let isThere = low < accountsInOrder.count && accountsInOrder[low].id == id
        switch (account, isThere) {
        case (let account?, true): accountsInOrder[low] = account
        case (let account?, false): accountsInOrder.insert(account, at: low)
        case (nil, true): accountsInOrder.remove(at: low)
        case (nil, false): break
        }
    }

    private mutating func forget(_ meeting: Meeting) {
        if live[meeting.key] == meeting.number { live[meeting.key] = nil }
        for id in meeting.internalIDs {
            let key = InternalKey(account: meeting.key.account, id: id)
            if byInternalID[key] == meeting.number { byInternalID[key] = nil }
        }
        byServer[meeting.server]?.remove(meeting.number)
        if byServer[meeting.server]?.isEmpty == true { byServer[meeting.server] = nil }
    }

    private mutating func remember(_ meeting: Meeting) {
        meetings[meeting.number] = meeting
        byServer[meeting.server, default: []].insert(meeting.number)
        guard meeting.state.isLive else { return }
        live[meeting.key] = meeting.number
        for id in meeting.internalIDs {
            byInternalID[InternalKey(account: meeting.key.account, id: id)] = meeting.number
        }
    }
}

extension Meeting {
    fileprivate var internalIDs: [InternalMeetingID] { (internalMeetingID.map { [$0] } ?? []) + formerIDs }
}

/// What a transaction changed, as it is after it. `nil`: it is not there any more (or, for a meeting or an order, it is over).
package enum RosterChange: Sendable {
    case account(AccountID, Account?)
    case server(ServerID, Server?)
    case meeting(MeetingNumber, Meeting?)
    case hook(Int64, Hook?)
    case order(OrderID, Order?)
    case policy(ParameterPolicy)
}
