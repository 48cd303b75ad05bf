internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryStore

/// How many people an account has, and may have (`balancer.md` 7).
extension Fleet {
    /// A join counts until a list that was asked for so long after it tells of it: browsers take a while to arrive.
    private static let arrival = Duration.seconds(15)

    /// Takes a place for somebody who joins, where the account has a limit.
    ///
    /// People are counted as servers last told, and with them everybody who was let in since: so many joins at once do not
    /// come past the limit. Who was let in and did not come gives the place back some seconds later.
    func hasRoomForJoin(_ account: Account, _ found: Located) -> Bool {
        guard let limit = account.rights.limits.participants else { return true }
        let meetings = store.roster { $0.runningMeetings(of: account.id) }
        let now = time.uptime()
        return withState { state in
            var people = 0
            for (server, there) in Dictionary(grouping: meetings, by: \.server) {
                let ids = Set(there.map(\.key.idOnServer))
                let list = (state.view(of: server).meetings?.entries ?? []).map(\.meeting)
                people += list.filter { ids.contains($0.meetingID) }.reduce(0) { $0 + $1.participantCount }
            }
            // Filtered here: an account without a limit pays nothing.
            let arriving = (state.arriving[account.id] ?? []).filter { join in
                state.view(of: join.server).meetingsAt < join.at + Self.arrival && now - join.at < .seconds(60)
            }
            guard people + arriving.count < limit else {
                state.arriving[account.id] = arriving
                return false
            }
            state.arriving[account.id] = arriving + [(found.server, now)]
            return true
        }
    }
}
