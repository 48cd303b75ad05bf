internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryStore

/// One create on its way: what the caller wants of the server, and of us.
struct CreatePlan: Sendable {
    let request: CreateRequest
    let wish: PlacementWish
    /// The caller's addresses.
    let callbacks: CallerCallbacks
    /// The secret that signed it.
    let secret: Int64?
    /// What it wants reserved; `nil`: nothing.
    let reservation: Fleet.ReservationWish?

    /// - Parameter isOwn: a room of the platform asks for it, or it was asked for before.
    init(
        _ request: CreateRequest, secret: Int64?, isOwn: Bool, reservation: Fleet.ReservationWish? = nil
    ) throws(Refusal) {
        self.reservation = reservation
        self.request = request
        self.secret = secret
        wish = try PlacementWish(request.parameters, isOwn: isOwn)
        callbacks = CallerCallbacks(request.parameters)
    }

    /// What the caller asked for the voice bridge; empty counts as nothing.
    var voiceBridge: String? { request.parameters["voiceBridge"].flatMap { $0.isEmpty ? nil : $0 } }

    var logoutURL: String? { request.parameters["logoutURL"]?.nonEmpty }

    /// What a meeting weighs that says nothing of itself counts once (`balancer.md` 3, `load`).
    func expected(_ weights: LoadWeights) -> Double { weights.prior * (wish.load ?? 1) }
}

extension Fleet {
    /// The parameters with which a server makes a meeting, or is asked again: with our addresses in place of the caller's.
    ///
    /// - Parameters:
    ///   - voiceBridge: the number that it shall have; `nil`: as the caller said, or as the server likes.
    ///   - addingPasswords: whether ours stand in for those that the caller left out.
    func parameters(_ plan: CreatePlan, for meeting: Meeting, voiceBridge: String?, addingPasswords: Bool = true)
        -> Parameters
    {
        var parameters = plan.wish.parameters
        if addingPasswords {
            parameters = plan.request.passwords(
                in: parameters, attendeePW: meeting.attendeePW, moderatorPW: meeting.moderatorPW)
        }
        parameters = addresses(plan.callbacks, in: parameters, for: meeting)
        if let voiceBridge {
            // Old clients say it twice, and servers want both to be free (`bbb-api.md` 5.1.1).
            if voiceBridge != plan.voiceBridge, parameters["webVoice"]?.nonEmpty != nil {
                parameters["webVoice"] = voiceBridge
            }
            parameters["voiceBridge"] = voiceBridge
        }
        // As many as it has, whatever this create says: a meeting that is made again has the place that it had. Of one that runs
        // the server makes nothing of it; if it ended there, the new one has what this create says.
        if let reserved = meeting.reserved, meeting.state == .creating {
            parameters["maxParticipants"] = String(reserved.connections)
        }
        if settings.rejoin == .create,
            let url = rejoinURL(meeting, logout: nil)
        {
            parameters["logoutURL"] = url
        }
        return parameters
    }

    /// The caller's addresses exchanged for ours.
    func addresses(_ callbacks: CallerCallbacks, in parameters: Parameters, for meeting: Meeting) -> Parameters {
        var parameters = parameters
        if meeting.key.isScoped {
            parameters["meetingID"] = meeting.key.idOnServer.rawValue
            Self.fillIn(meeting.key, in: &parameters)
        }
        // Its server knows the parent by our id, and by its own internal one, but not by those that it had elsewhere.
        if let id = parameters["parentMeetingID"].flatMap(MeetingID.init(rawValue:)) {
            if let parent = store.roster({ $0.liveMeeting(id, of: meeting.key.account) }) {
                if parent.internalMeetingID?.rawValue != id.rawValue {
                    parameters["parentMeetingID"] = parent.key.idOnServer.rawValue
                }
            } else {
                // Of nobody's that we know: no other account's either.
                parameters["parentMeetingID"] =
                    id.mayBeginAnInternalID
                    ? nil : MeetingKey(account: meeting.key.account, meetingID: id).idOnServer.rawValue
            }
        }
        guard meeting.token != nil else { return parameters }
        return callbacks.replacing(in: parameters) { kind in
            Addresses.callback(kind, of: meeting, base: settings.callbacksURL) ?? ""
        }
    }

    /// Where a server would write the id by which it knows the meeting into an address of the caller's, his own is written.
    static func fillIn(_ key: MeetingKey, in parameters: inout Parameters) {
        guard key.isScoped, let url = parameters["logoutURL"], url.contains("%%MEETINGID%%") else { return }
        let id = FormCoding.encode(key.meetingID.rawValue)
        parameters["logoutURL"] = url.split(separator: "%%MEETINGID%%", omittingEmptySubsequences: false)
            .joined(separator: id)
    }

    /// A token of 128 bits.
    func newToken() -> Secret? {
        let text = String(time.random(), radix: 36) + "-" + String(time.random(), radix: 36)
        return Secret(text)
    }

    // MARK: voice bridges

    /// The number with which a meeting is made on a server (`balancer.md` 3): the one that it had, which people may have been
    /// told; else the caller's while nobody there has it; else another one.
    ///
    /// - Parameter isTaken: the server said so of the number that was tried last.
    /// - Returns: `nil` when the server may choose.
    func voiceBridge(_ plan: CreatePlan, _ meeting: Meeting, on server: ServerID, isTaken: Bool = false) -> String? {
        let key = meeting.key
        let had = meeting.replaces.flatMap { number in store.roster { $0.meetings[number]?.voiceBridge.nonEmpty } }
        let isWanted = plan.voiceBridge != nil || settings.uniqueVoiceBridges
        guard isWanted || (had != nil && !isTaken) else { return nil }
        // What ends gives its number back at once; should its server still have it, the server says so, and it is exchanged.
        let others = store.roster { roster in
            roster.meetings.values.filter { meeting in
                meeting.key != key && !meeting.isEnding
                    && (settings.uniqueVoiceBridges || meeting.server == server)
            }.map(\.voiceBridge)
        }
        var random = FleetRandom(time)
        return withState { state in
            // The test bridge: a meeting that has it cannot be found again (`bbb-api.md` 4.1).
            var used = Set(others + ["99999", ""])
            for (id, view) in state.views where settings.uniqueVoiceBridges || id == server {
                // Meetings that are nobody's, and rooms that servers make themselves. Of ours the store knows better than a list
                // that is some seconds old.
                used.formUnion(
                    (view.meetings?.entries ?? []).map(\.meeting).filter {
                        $0.isBreakout || view.foreign.contains($0.internalMeetingID)
                    }.map(\.voiceBridge))
            }
            used.formUnion(state.voiceBridges.filter { $0.key != key }.values)
            if isTaken, let last = state.voiceBridges[key] { used.insert(last) }
            if isTaken, let given = plan.voiceBridge { used.insert(given) }
            var number = [had, plan.voiceBridge].compactMap { $0 }.first { !used.contains($0) } ?? ""
            if number.isEmpty {
                guard isWanted else { return nil }
                let first = Int.random(in: 0..<10_000, using: &random)
                let free = (0..<10_000).lazy.map { String(70_000 + (first + $0) % 10_000) }.first { !used.contains($0) }
                // All ten thousand are used: the server finds one.
                guard let free else { return nil }
                number = free
            }
            state.voiceBridges[key] = number
            return number
        }
    }

    // MARK: candidates

    /// Chooses the candidates and books the best one in the same step (ARCHITECTURE decision 5).
    ///
    /// - Parameters:
    ///   - old: the meeting that the new one displaces; its server is none of them.
    ///   - target: the one server that it shall be, if somebody said so.
    func pick(_ plan: CreatePlan, _ key: MeetingKey, displacing old: Meeting?, target: ServerID?) throws(Refusal)
        -> [ServerID]
    {
        if let parentID = plan.request.parentMeetingID {
            // A breakout lives where its parent lives (`bbb-api.md` 14.22).
            guard
                let parent = MeetingID(rawValue: parentID).flatMap({ id in
                    store.roster { $0.liveMeeting(id, of: key.account) }
                })
            else {
                throw Refusal(.parentMeetingDoesNotExist, "No parent meeting exists for the breakout room")
            }
            return [parent.server]
        }
        let now = time.uptime()
        let rights = store.roster { $0.accounts[key.account]?.rights }
        var servers = store.roster { roster in roster.servers.values.filter { rights?.mayUse($0) ?? true } }
        if let old { servers.removeAll { $0.id == old.server } }
        if let target { servers.removeAll { $0.id != target } }
        let places = reservedPlaces(plan, key, displacing: old, among: servers)
        var random = FleetRandom(time)
        let expected = plan.expected(settings.weights)
        let placed: [ServerID]? = withState { state in
            func eligibility(_ server: Server) -> Eligibility {
                Eligibility(server.administrative, state.health.state(of: server.id), panic: state.health.isInPanic)
            }
            guard var wanted = plan.wish.tags.choose(among: servers, isEligible: { eligibility($0) == .eligible })
            else { return nil }
            // An optional wish is no reason to fail when its servers turn out not to take the meeting.
            var others =
                plan.wish.tags.isRequired
                ? [] : servers.filter { server in !wanted.contains { $0.id == server.id } }
            if let places {
                // Of those that can be used at all: others have room for nobody.
                let usable = (wanted + others).filter { server in
                    if case .excluded = eligibility(server) { false } else { true }
                }
                let roomy = Set(places.servers(with: state.reserving, among: usable).map(\.id))
                wanted.removeAll { !roomy.contains($0.id) }
                others.removeAll { !roomy.contains($0.id) }
            }
            var candidates = policy.place(
                expected: expected, among: state.candidates(wanted, at: now), using: &random
            ).candidates
            if !others.isEmpty {
                candidates +=
                    policy.place(expected: expected, among: state.candidates(others, at: now), using: &random)
                    .candidates
            }
            if let name = plan.wish.preferredServer,
                let preferred = (wanted + others).first(where: { $0.isNamed(name) && eligibility($0) == .eligible })
            {
                candidates = [preferred.id] + candidates.filter { $0 != preferred.id }
            }
            if let best = candidates.first {
                state.book(key, on: best, expected: expected, at: now)
                if let places { state.reserving[key] = .init(server: best, connections: places.size) }
            }
            return candidates
        }
        guard let placed else { throw .serverTagUnavailable }
        if placed.isEmpty { throw .noServer }
        return placed
    }
}

extension Server {
    /// Whether people mean this server by a text: its name, or the host in its address (`balancer.md` 3, `preferredServer`).
    func isNamed(_ text: String) -> Bool {
        name.text == text || endpoint.url.host == text || endpoint.url.authority == text
    }
}
