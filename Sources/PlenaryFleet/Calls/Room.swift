internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryStore

/// How many people an account has, and may have (`balancer.md` 7).
extension Fleet {
    /// A join counts until a list that was asked for so long after it tells of it: browsers take a while to arrive.
    private static let arrival = Duration.seconds(15)

    /// Takes a place for somebody who joins, where the account has a limit.
    ///
    /// In each meeting there are as many as its server last told, or as many as it told before those came who were let in lately,
    /// and these; whichever is more. So many joins at once do not come past the limit, who has arrived is not counted twice, and
    /// who was let in and did not come gives the place back some seconds later.
    func hasRoomForJoin(_ account: Account, _ found: Located) -> Bool {
        guard let limit = account.rights.limits.participants else { return true }
        let meetings = store.roster { $0.runningMeetings(of: account.id) }
        let now = time.uptime()
        return withState { state in
            var arriving = state.arriving[account.id] ?? [:]
            var people = 0
            var here = 0
            for (server, there) in Dictionary(grouping: meetings, by: \.server) {
                let view = state.view(of: server)
                let list = Dictionary(
                    (view.meetings?.entries ?? []).map { ($0.meeting.meetingID, $0.meeting.participantCount) },
                    uniquingKeysWith: max)
                for meeting in there {
                    let told = list[meeting.key.idOnServer] ?? 0
                    if meeting.key.idOnServer == found.idOnServer { here = told }
                    let lately = (arriving[meeting.key.meetingID] ?? []).filter { join in
                        view.meetingsAt < join.at + Self.arrival && now - join.at < .seconds(60)
                    }
                    arriving[meeting.key.meetingID] = lately.isEmpty ? nil : lately
                    people += max(told, lately.first.map { $0.before + lately.count } ?? 0)
                }
            }
            defer { state.arriving[account.id] = arriving }
            guard people < limit else { return false }
            if let id = found.meeting?.key.meetingID {
                arriving[id, default: []].append(FleetState.Arrival(at: now, before: here))
            }
            return true
        }
    }
}

extension FleetState {
    /// Somebody who was let in, and how many his meeting had as far as was known then.
    struct Arrival {
        let at: Duration
        let before: Int
    }
}
