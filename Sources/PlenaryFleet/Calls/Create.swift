package import BigBlueButton
internal import Logging
internal import PlenaryCore
internal import PlenaryStore

extension Fleet {
    /// `create` (`balancer.md` 3, `bbb-api.md` 5.1): on one server of the fleet, once.
    package func create(_ call: Call, of caller: Caller) async throws(Refusal) -> [UInt8] {
        let account = caller.account
        let allowed = PolicyLimits(account)
        let asked = account.policy.applied(to: call.parameters, call: .create, global: store.roster { $0.policy })
        let ruled = settings.chatTexts.applied(to: asked, account: account.chatTexts)
        let wish = reservationWish(
            ruled, of: caller, limits: allowed, isWhiteLabel: DefaultChatTexts.areDeactivated(in: asked))
        // A room's time is a limit that was sold: its server ends it then (D-09).
        let sold = caller.room == nil ? nil : ruled["duration"].flatMap(ReservationRequest.number)
        let longest = [sold, allowed.longestMeeting].compactMap { $0 }.min()
        let given =
            wish.map { parameters(ruled, reserving: $0, longest: longest) }
            ?? breakoutInParent(allowed.capping(ruled), of: account)
        let request = try CreateRequest(call, parameters: given, documentLimits: settings.document)
        if !allowed.mayRecord, request.parameters["record"]?.lowercased() == "true" { throw .mayNotRecord }
        // Also of a meeting that lives: its server would look for the parent among everybody's.
        if let parent = request.parentMeetingID,
            MeetingID(rawValue: parent).flatMap({ id in store.roster { $0.liveMeeting(id, of: account.id) } }) == nil
        {
            throw Refusal(.parentMeetingDoesNotExist, "No parent meeting exists for the breakout room")
        }
        let plan = try CreatePlan(request, secret: caller.secret, isOwn: caller.isRoom, reservation: wish)
        let key = MeetingKey(account: caller.account.id, meetingID: request.meetingID)
        let began = time.uptime()
        do {
            // Each round the situation is looked at anew; it changes when other creates and ends interfere.
            for _ in 0..<5 {
                let octets: [UInt8]?
                if case .forward(let meeting) = disposition(of: key) {
                    // All repeated creates of a running meeting go to its server at once.
                    octets = try await again(plan, meeting)
                } else {
                    octets = try await creates.pass(key) { try await self.createInLine(plan, key, since: began) }
                }
                if let octets { return tellingDuration(octets, of: store.roster { $0.liveMeeting(key) }) }
            }
            throw Refusal.unknownOutcome
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            FleetLog.failure("creating a meeting", error)
            throw .internalError
        }
    }

    private enum Disposition {
        /// Nobody has it.
        case fresh
        /// It runs on a server that is not given up: that server answers.
        case forward(Meeting)
        /// It runs, but whether its server still has it must be asked before it may take it again.
        case verify(Meeting)
        /// Written down, and not settled: its server is asked.
        case pinned(Meeting)
        /// Its server is offline: it is made elsewhere.
        case displace(Meeting)
        /// Its connections went to another one: it is over for its caller.
        case preempted(Meeting)
    }

    private func disposition(of key: MeetingKey) -> Disposition {
        guard let meeting = store.roster({ $0.liveMeeting(key) }) else { return .fresh }
        if meeting.isPreempted { return .preempted(meeting) }
        let server = server(meeting.server)
        let (state, panic) = withState { ($0.health.state(of: meeting.server), $0.health.isInPanic) }
        if case .offline = state, server?.administrative != .force { return .displace(meeting) }
        if meeting.state == .creating { return .pinned(meeting) }
        guard let server, !meeting.isEnding, Eligibility(server.administrative, state, panic: panic) == .eligible else {
            return .verify(meeting)
        }
        return .forward(meeting)
    }

    /// One at a time for a meetingID, in this process. Other processes are kept out by the store.
    ///
    /// - Returns: `nil` when there is nothing to do in line: the situation is to be looked at anew.
    private func createInLine(_ plan: CreatePlan, _ key: MeetingKey, since began: Duration) async throws -> [UInt8]? {
        // Who waited in line as long as a create may take does not begin one: so the line is as long as one create.
        let patience = plan.request.document == nil ? settings.create.whole : settings.create.document
        guard time.uptime() - began < patience else { throw Refusal.unknownOutcome }
        switch disposition(of: key) {
        case .forward: return nil
        case .verify(let meeting), .pinned(let meeting):
            guard try await isGone(meeting) else { return try await again(plan, meeting) }
            _ = try await store.end(
                meeting, reason: "not on its server", isLost: isLost(meeting), now: time.now())
            return nil
        case .preempted(let meeting):
            try await makeWay(meeting)
            return nil
        case .fresh:
            // What runs goes on when a subscription ends; nothing is begun.
            guard store.roster({ $0.accounts[key.account] })?.mayStart(at: time.now()) != false else {
                throw Refusal.permissionDenied
            }
            return try await place(plan, key, displacing: nil)
        case .displace(let meeting):
            // Where it was to be moved to is dead, and where it was is not: there it goes on.
            if whereItRuns(meeting).number != meeting.number, try await store.giveBackPlace(of: meeting) != nil {
                return nil
            }
            return try await place(plan, key, displacing: meeting)
        }
    }

    /// Asks a meeting's server whether it has the meeting.
    func isGone(_ meeting: Meeting) async throws -> Bool {
        guard let server = server(meeting.server) else { return true }
        if isBusyElsewhere(meeting) { throw Refusal.unknownOutcome }
        switch await send(
            .getMeetingInfo, ["meetingID": meeting.key.idOnServer.rawValue], to: server, within: settings.create.ask,
            skipping: MeetingsReply.details)
        {
        case .success(let reply):
            if reply.saysMeetingIsGone { return true }
            // A server may answer for another meeting whose internal id begins with this one's id (`bbb-api.md` 4.2).
            guard let snapshot = MeetingSnapshot(reply.root), snapshot.meetingID == meeting.key.idOnServer else {
                throw Refusal.unknownOutcome
            }
            if meeting.state == .creating {
                _ = try await store.settle(meeting.number, on: server.id, .init(snapshot), now: time.now())
            }
            return false
        case .failure: throw Refusal.unknownOutcome
        }
    }

    /// Whether another process that may be alive is creating it.
    func isBusyElsewhere(_ meeting: Meeting) -> Bool {
        meeting.state == .creating && meeting.creator != settings.identity.instance
            && time.now().since(meeting.createdAt) < settings.create.document + settings.create.whole
    }

    // MARK: a new meeting

    /// Places a new meeting.
    ///
    /// - Parameters:
    ///   - old: the meeting whose place it takes.
    ///   - target: the only server that will do.
    /// - Returns: the answer; `nil` when another process wrote a meeting of that key down first.
    func place(_ plan: CreatePlan, _ key: MeetingKey, displacing old: Meeting?, target: ServerID? = nil) async throws
        -> [UInt8]?
    {
        let request = plan.request
        let candidates: [ServerID]
        do throws(Refusal) { candidates = try pick(plan, key, displacing: old, target: target) } catch {
            // When there are no connections either, that is what its caller can do something about.
            if error == .noServer, old == nil, let shortage = try await shortage(plan, key) {
                throw shortage.refusal(at: time.now())
            }
            throw error
        }
        // Gone already where an intent was written.
        defer {
            withState { state in
                state.reserving[key] = nil
                state.releaseBooking(of: key)
                // The store knows the number by now, or nobody has it.
                state.voiceBridges[key] = nil
            }
        }
        let passwords = (
            attendee: request.attendeePW ?? old?.attendeePW ?? password(),
            moderator: request.moderatorPW ?? old?.moderatorPW ?? password()
        )
        var machine = CreateMachine(
            candidates: candidates, startedAt: time.uptime(), budget: settings.create,
            hasDocument: request.document != nil)
        var written: Meeting?
        var last = LastWord()
        var action = machine.started(at: time.uptime())
        defer { if let written { withState { _ = $0.inFlight.remove(written.number) } } }
        while true {
            switch action {
            case .assign(let server):
                guard written == nil || book(plan, key, displacing: old, on: server) else {
                    action = machine.passedOver(at: time.uptime())
                    continue
                }
                if let meeting = written {
                    written = try await store.reassign(meeting.number, to: server, now: time.now())
                    guard written != nil else { return nil }
                } else {
                    let intent = Intent(
                        key: key, name: request.name, server: server, attendeePW: passwords.attendee,
                        moderatorPW: passwords.moderator, parameters: request.parameters.encoded(),
                        expectedLoad: plan.expected(settings.weights), creator: settings.identity.instance,
                        token: newToken(), secret: plan.secret, callbacks: plan.callbacks,
                        logoutURL: plan.logoutURL, isBreakout: request.isBreakout,
                        document: kept(request.document), reserved: old?.reserved)
                    switch try await intend(intent, displacing: old, plan.reservation) {
                    case .taken: return nil
                    case .full: throw Refusal.tooManyMeetings
                    case .refused(let shortage): throw shortage.refusal(at: time.now())
                    case .written(let meeting): written = meeting
                    }
                }
                let heard = withState { $0.view(of: server).heardAt }
                action = machine.assigned(server, heardFrom: heard, at: time.uptime())
            case .look(let server, let within):
                let answers = await look(server, key, within: within)
                action = machine.looked(answers: answers, at: time.uptime())
            case .send(let server, let within):
                guard let written else { throw Refusal.internalError }
                let sent = await sendCreate(plan, written, to: server, within: within, &last)
                action = machine.sent(sent, at: time.uptime())
            case .ask(let server, let within):
                let asked = await ask(server, key, within: within, &last)
                action = machine.asked(asked, at: time.uptime())
            case .finish(let outcome):
                return try await finish(outcome, request, written, last)
            }
        }
    }

    /// Slides that are kept, to be given again.
    func kept(_ document: OutgoingCall.Body?) -> OutgoingCall.Body? {
        document.flatMap { $0.octets.count <= settings.keptDocument ? $0 : nil }
    }

    /// Writes the intent, marking it as in flight before any poll can see it.
    private func intend(_ intent: Intent, displacing old: Meeting?, _ wish: ReservationWish?) async throws
        -> Store.Intended
    {
        let account = store.roster { $0.accounts[intent.key.account] }
        let limits = Store.MeetingLimits(
            ofAccount: account?.rights.limits.meetings,
            ofSubscription: account?.entitlement?.features.limit(of: .maxConcurrentSessions))
        var admission: Store.Admission?
        if old?.reserved == nil, let wish, let account { admission = self.admission(wish, of: account) }
        let intended = try await store.intend(
            intent, displacing: old, limits: limits, admission: admission, now: time.now())
        if case .written(let meeting) = intended {
            withState { _ = $0.inFlight.insert(meeting.number) }
            if let old {
                FleetLog.meeting("meeting is made again elsewhere", old, server: server(old.server), level: .notice)
            }
        }
        return intended
    }

    /// What the last server said that is worth passing on.
    private struct LastWord {
        /// Its answer to the create.
        var reply: Reply?
        /// Its description of the meeting, asked for because the answer was lost.
        var info: Reply?
    }

    private func look(_ server: ServerID, _ key: MeetingKey, within: Duration) async -> Bool {
        guard let server = self.server(server) else { return false }
        if case .success = await send(
            .isMeetingRunning, ["meetingID": key.idOnServer.rawValue], to: server, within: within)
        {
            return true
        }
        return false
    }

    private func sendCreate(
        _ plan: CreatePlan, _ meeting: Meeting, to server: ServerID, within: Duration, _ last: inout LastWord
    ) async -> CreateMachine.Sent {
        guard let server = self.server(server) else { return .notActed }
        let deadline = time.uptime() + within
        var isTaken = false
        // Somebody may take the number on the server itself: then the next one is tried, a few times.
        for _ in 0..<4 {
            let bridge = voiceBridge(plan, meeting, on: server.id, isTaken: isTaken)
            let left = deadline - time.uptime()
            guard left > .zero else { break }
            let parameters = self.parameters(plan, for: meeting, voiceBridge: bridge)
            switch await send(.create, parameters, document: plan.request.document, to: server, within: left) {
            case .failure(let fault): return fault.mayHaveActed ? .unknown : .notActed
            case .success(let reply):
                last.reply = reply
                isTaken = reply.messageKey == .nonUniqueVoiceBridge && bridge != nil
                if isTaken { continue }
                if reply.code == .failed { return .refused }
                // A success without ids is no answer to a create.
                return CreateReply(reply) == nil ? .unknown : .created
            }
        }
        return .refused
    }

    private func ask(_ server: ServerID, _ key: MeetingKey, within: Duration, _ last: inout LastWord) async
        -> CreateMachine.Asked
    {
        guard let server = self.server(server) else { return .unknown }
        switch await send(
            .getMeetingInfo, ["meetingID": key.idOnServer.rawValue], to: server, within: within, skipping: ["attendees"]
        )
        {
        case .failure: return .unknown
        case .success(let reply):
            if reply.saysMeetingIsGone { return .hasNot }
            guard reply.isSuccess, MeetingSnapshot(reply.root)?.meetingID == key.idOnServer else { return .unknown }
            last.info = reply
            return .has
        }
    }

    private func finish(
        _ outcome: CreateMachine.Outcome, _ request: CreateRequest, _ written: Meeting?, _ last: LastWord
    ) async throws
        -> [UInt8]?
    {
        switch outcome {
        case .created(let server):
            guard let written, let reply = last.reply, let created = CreateReply(reply) else {
                throw Refusal.internalError
            }
            guard try await settle(written, on: server, .init(created)) else { return nil }
            remember(reply, name: request.name, parameters: request.parameters, on: server)
            return reply.octets
        case .found(let server):
            guard let written, let info = last.info, let snapshot = MeetingSnapshot(info.root) else {
                throw Refusal.internalError
            }
            return try await settle(written, on: server, .init(snapshot)) ? CreateReply.octets(from: info) : nil
        case .refused:
            try await giveUp(written, reason: "refused by its server")
            guard let reply = last.reply else { throw Refusal.internalError }
            return reply.octets
        case .noServer:
            try await giveUp(written, reason: "no server could take it")
            throw Refusal.noServer
        case .unknown:
            if let written {
                FleetLog.meeting(
                    "outcome of a create is unknown, it stays pinned", written, server: server(written.server),
                    level: .warning)
            }
            throw Refusal.unknownOutcome
        }
    }

    private func settle(_ written: Meeting, on server: ServerID, _ settlement: Store.Settlement) async throws -> Bool {
        reads.discard(server)
        guard
            let meeting = try await store.settle(
                written.number, on: server, settlement, now: time.now())
        else { return false }
        FleetLog.meeting("meeting created", meeting, server: self.server(server))
        return true
    }

    private func giveUp(_ written: Meeting?, reason: String) async throws {
        guard let written else { return }
        _ = try await store.end(written, reason: reason, now: time.now())
    }

    /// Eight letters and digits, as BigBlueButton makes them.
    private func password() -> String {
        let alphabet = Array("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789".utf8)
        var random = FleetRandom(time)
        return String(
            decoding: (0..<8).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }, as: UTF8.self)
    }

    func server(_ id: ServerID) -> Server? { store.roster { $0.servers[id] } }
}
