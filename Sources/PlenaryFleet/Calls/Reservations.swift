internal import BigBlueButton
internal import Logging
internal import PlenaryCore
internal import PlenaryStore

/// Connections that accounts reserve (`rooms-api.md` 15): what a create asks for, what becomes of meetings whose time is over.
extension Fleet {
    /// What a create wants of its account's pool.
    struct ReservationWish: Sendable {
        let pool: ConnectionPool
        let request: ReservationRequest
        /// For answers.
        let askedMinutes: Int
        /// Its people are told when its time is over.
        let isTold: Bool
    }

    /// - Parameters:
    ///   - given: the parameters after rules were applied, with the caller's own duration.
    ///   - limits: what one meeting of the account may have.
    ///   - isWhiteLabel: the caller wants no texts of the platform.
    /// - Returns: `nil` where nothing is reserved: the account has no pool, or it is a breakout room (T12).
    func reservationWish(
        _ given: Parameters, of caller: Caller, limits: PolicyLimits, isWhiteLabel: Bool
    ) -> ReservationWish? {
        let account = caller.account
        guard let pool = account.connectionPool, given["isBreakout"]?.lowercased() != "true" else { return nil }
        let own = ReservationRequest(
            given, defaults: account.rights.limits.reservationDefaults, pool: pool.capacity,
            longest: settings.longestReservation)
        let request = (caller.room ?? own).capped(by: limits)
        // What it says when it ends: what the caller asked for, or what the operator allows.
        let asked = given["duration"].flatMap(ReservationRequest.number)
        return ReservationWish(
            pool: pool, request: request, askedMinutes: [asked, limits.longestMeeting].compactMap { $0 }.min() ?? 0,
            isTold: settings.chatTexts.isOn && !isWhiteLabel)
    }

    /// The parameters of a create that reserves: the server holds it to its size (R6), and ends it for nobody's `duration`
    /// (R7) but the operator's.
    func parameters(_ given: Parameters, reserving wish: ReservationWish, longest: Int?) -> Parameters {
        var parameters = given
        parameters["maxParticipants"] = String(wish.request.connections)
        parameters["duration"] = longest.map(String.init)
        return parameters
    }

    /// A breakout room reserves nothing, and has no more than its parent (T12).
    func breakoutInParent(_ given: Parameters, of account: Account) -> Parameters {
        guard given["isBreakout"]?.lowercased() == "true",
            let parent = given["parentMeetingID"].flatMap(MeetingID.init(rawValue:)),
            let reserved = store.roster({ $0.liveMeeting(parent, of: account.id)?.reserved })
        else { return given }
        var parameters = given
        let asked = given["maxParticipants"].flatMap(ReservationRequest.number) ?? .max
        parameters["maxParticipants"] = String(min(asked, reserved.connections))
        return parameters
    }

    func admission(_ plan: CreatePlan, _ key: MeetingKey) -> Store.Admission? {
        guard let wish = plan.reservation, let account = store.roster({ $0.accounts[key.account] }) else { return nil }
        return admission(wish, of: account)
    }

    func admission(_ wish: ReservationWish, of account: Account) -> Store.Admission {
        Store.Admission(
            request: wish.request, askedMinutes: wish.askedMinutes, capacity: wish.pool.capacity,
            isShared: wish.pool.isShared, isTold: wish.isTold
        ) { [weak self] in self?.people(competingWith: account) ?? [:] }
    }

    /// Why the pool would not admit a create; `nil`: it would.
    func shortage(_ plan: CreatePlan, _ key: MeetingKey) async throws -> ReservationPool.Shortage? {
        guard let wish = plan.reservation else { return nil }
        var pool = try await store.pool(of: key.account, capacity: wish.pool.capacity, isShared: wish.pool.isShared)
        guard case .refused(let shortage) = pool.admit(key, wish.request, people: { _ in nil }, at: time.now()) else {
            return nil
        }
        return shortage
    }

    /// How many are in the meetings of an account's pool, as their servers last told.
    private func people(competingWith account: Account) -> [MeetingKey: Int] {
        let meetings = store.roster { roster in
            roster.meetings.values.filter { meeting in
                meeting.reserved != nil && meeting.state == .running
                    && roster.accounts[meeting.key.account].map(account.sharesPool) == true
            }
        }
        guard !meetings.isEmpty else { return [:] }
        return withState { state in
            var people: [MeetingKey: Int] = [:]
            for (server, there) in Dictionary(grouping: meetings, by: \.server) {
                let told = Dictionary(
                    (state.view(of: server).meetings?.entries ?? []).map {
                        ($0.meeting.internalMeetingID, $0.meeting.participantCount)
                    }, uniquingKeysWith: max)
                for meeting in there { people[meeting.key] = meeting.internalMeetingID.flatMap { told[$0] } }
            }
            return people
        }
    }

    // MARK: answers

    /// An answer about a meeting with the duration that its caller asked for, which its server was not told (15.7).
    func tellingDuration(_ octets: [UInt8], of meeting: Meeting?) -> [UInt8] {
        guard let reserved = meeting?.reserved,
            // What its server wrote and we read before; if it were not to be read it would go out as it is.
            let root = try? XMLReader.read(octets, skipping: MeetingsReply.details, limits: settings.reply),
            let duration = root.child("duration")
        else { return octets }
        var rewriter = XMLRewriter(octets)
        rewriter.replaceText(of: duration, with: String(reserved.askedMinutes))
        return rewriter.finished()
    }

    // MARK: meetings whose connections went to others

    /// Ends a meeting whose connections were given away, so that it can be made anew, as its caller asks now.
    func makeWay(_ meeting: Meeting) async throws {
        if let server = server(meeting.server), !isGivenUp(server), meeting.state == .running {
            guard await endPreempted(meeting, server) else { throw Refusal.unknownOutcome }
            // Ending takes a while, and until then a create would bring back the one that goes.
            let deadline = time.uptime() + settings.create.ask
            while try await !isGone(meeting) {
                guard time.uptime() < deadline else { throw Refusal.unknownOutcome }
                try await time.sleep(.milliseconds(250))
            }
        }
        _ = try await store.forget(meeting, reason: "its connections went to another meeting", now: time.now())
    }

    /// Ends the meetings whose connections were given to others, again and again until they are gone (T5).
    package func endPreempted() async {
        let now = time.uptime()
        let meetings = store.roster { $0.meetings.values.filter { $0.isPreempted && $0.state == .running } }
        let present = Set(meetings.map(\.number))
        let due = withState { state in
            state.preemptions = state.preemptions.filter { present.contains($0.key) }
            return meetings.filter { (state.preemptions[$0.number]?.at ?? now) <= now }
        }.sorted { $0.number < $1.number }
        await withTaskGroup(of: Void.self) { group in
            for (index, meeting) in due.enumerated() {
                if index >= 8 { await group.next() }
                // One that is away is asked when it is back.
                guard let server = server(meeting.server), !isGivenUp(server) else { continue }
                group.addTask { _ = await self.endPreempted(meeting, server) }
            }
        }
    }

    /// - Returns: whether its server said that it ends it, or that it does not have it.
    private func endPreempted(_ meeting: Meeting, _ server: Server) async -> Bool {
        let now = time.uptime()
        let isFirst = withState { state in
            let wait = min(.seconds(60), (state.preemptions[meeting.number]?.wait).map { $0 * 2 } ?? .seconds(2))
            return state.preemptions.updateValue(.init(at: now + wait, wait: wait), forKey: meeting.number) == nil
        }
        if isFirst {
            FleetLog.meeting(
                "ending a meeting past its reserved time, its connections went to another one", meeting, server: server,
                level: .notice)
        }
        let id = meeting.internalMeetingID?.rawValue ?? meeting.key.idOnServer.rawValue
        let result = await send(
            .end, ["meetingID": id, "password": meeting.moderatorPW], to: server, within: settings.readDeadline)
        reads.discard(server.id)
        guard case .success(let reply) = result, reply.isSuccess || reply.saysMeetingIsGone else { return false }
        do {
            if reply.saysMeetingIsGone {
                _ = try await store.end(meeting, reason: "not on its server", now: time.now())
            } else {
                try await store.markEnding(meeting)
            }
        } catch { FleetLog.failure("noting that a meeting ends", error) }
        nudges.nudge(server.id)
        return true
    }

    /// Removes reservations for which nobody came.
    package func sweepReservations() async {
        // A create with slides may be on its way for longer than others.
        let longest = max(ReservationPool.pendingTime, settings.create.document + settings.create.whole)
        do { try await store.sweepReservations(pendingFor: longest, now: time.now()) } catch {
            FleetLog.failure("looking for reservations that nobody needs", error)
        }
    }

    /// Tells meetings that their reserved time is over soon, or over (15.5), where their servers can.
    package func tellReservations() async {
        let now = time.now()
        let soon = now.advanced(by: .seconds(60 * ReservationNotice.minutesBefore))
        let notices: [Store.ReservationNotice]
        do { notices = try await store.takeNotices(soon: soon, now: now) } catch {
            return FleetLog.failure("looking for reservations that expire", error)
        }
        await withTaskGroup(of: Void.self) { group in
            for (index, notice) in notices.enumerated() {
                if index >= 8 { await group.next() }
                guard let meeting = store.roster({ $0.liveMeeting(notice.key) }), meeting.state == .running,
                    let server = server(meeting.server), !isGivenUp(server),
                    // Nobody ends it where there is no such pool any more.
                    store.roster({ $0.accounts[notice.key.account]?.connectionPool?.capacity }) != nil
                else { continue }
                FleetLog.meeting(
                    notice.isOver ? "reserved time of a meeting is over" : "reserved time of a meeting is over soon",
                    meeting, server: server)
                guard notice.isTold, let line = settings.chatTexts.line(notice.isOver ? .expired : .expiring) else {
                    continue
                }
                group.addTask {
                    // Servers before 3.0 have no such call, and nobody may be there to read it.
                    _ = await self.send(
                        .sendChatMessage,
                        ["meetingID": meeting.internalMeetingID?.rawValue ?? "", "message": line], to: server,
                        within: self.settings.readDeadline)
                }
            }
        }
    }

    // MARK: lost meetings

    /// Whether a meeting that its server does not have is lost, and did not end: its server was away since it was seen there,
    /// or this process did not look yet (T9b).
    func isLost(_ meeting: Meeting) -> Bool {
        guard meeting.reserved != nil, !meeting.isEnding else { return false }
        return withState { $0.view(of: meeting.server).isReturning }
    }
}

extension FleetState {
    /// When a meeting is told to end again, and how long was waited for that.
    struct Preemption {
        let at: Duration
        let wait: Duration
    }
}
