package import BigBlueButton
internal import Logging
package import PlenaryCore
internal import PlenaryStore

extension Fleet {
    /// `move` (`balancer.md` 6): the meeting is made on another server, with the same parameters, passwords and slides, and
    /// ended where it was. The answer is that of a create.
    func move(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        let request = try MeetingRequest(call)
        guard let meeting = store.roster({ $0.liveMeeting(request.meetingID, of: account.id) }) else { throw .notFound }
        var target: ServerID?
        if let text = call.signedParameters["serverID"]?.nonEmpty {
            guard
                let server = store.roster({ roster in
                    roster.servers.values.first { String($0.id.number) == text }
                        ?? roster.servers.values.first { $0.name.text == text.lowercased() }
                })
            else { throw Refusal(.invalidParameters, "There is no server of that number or name.") }
            target = server.id
        }
        return try await move(meeting, to: target)
    }

    /// Moves a meeting. It is made on its new server before it is ended on the old one: when it cannot be made, it stays.
    ///
    /// - Parameters:
    ///   - target: where to; `nil`: wherever a new meeting would go.
    ///   - isDead: the server that has it is not asked for anything.
    @discardableResult
    package func move(_ meeting: Meeting, to target: ServerID?, isDead: Bool = false) async throws(Refusal) -> [UInt8] {
        do {
            return try await creates.pass(meeting.key) {
                try await self.moveInLine(meeting.key, to: target, isDead: isDead)
            }
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            FleetLog.failure("moving a meeting", error)
            throw .internalError
        }
    }

    private func moveInLine(_ key: MeetingKey, to target: ServerID?, isDead: Bool) async throws -> [UInt8] {
        guard let meeting = store.roster({ $0.liveMeeting(key) }) else { throw Refusal.notFound }
        // Its create, or another move, is not settled.
        guard meeting.state == .running else { throw Refusal.unknownOutcome }
        // It was told to end, or is being told: a move would bring it back.
        let isBegun = withState { $0.ends[key] == nil && $0.moves.insert(key).inserted }
        guard !meeting.isEnding, !meeting.isPreempted, isBegun else {
            if isBegun { withState { _ = $0.moves.remove(key) } }
            throw Refusal.notFound
        }
        defer { withState { _ = $0.moves.remove(key) } }
        guard target != meeting.server else {
            throw Refusal(.invalidParameters, "The meeting is on that server already.")
        }
        // Its moderator may have ended it, and no poll have seen that yet: what is over is not made again.
        if !isDead, let server = server(meeting.server), !isGivenUp(server),
            case .success(let reply) = await send(
                .getMeetingInfo, ["meetingID": key.idOnServer.rawValue], to: server, within: settings.create.ask,
                skipping: MeetingsReply.details), reply.saysMeetingIsGone,
            !withState({ $0.health.isInPanic })
        {
            _ = try await store.end(
                meeting, reason: "not on its server", isLost: isLost(meeting), now: time.now())
            throw Refusal.notFound
        }
        guard let past = try await store.meeting(meeting.number) else { throw Refusal.notFound }
        let document = try await store.document(of: meeting.number)
        let request = try CreateRequest(past.parameters, document: document, documentLimits: settings.document)
        guard !request.isBreakout else {
            throw Refusal(.invalidParameters, "A breakout room stays on the server of its parent.")
        }
        let plan = try CreatePlan(request, secret: past.secret, isOwn: true)
        guard let octets = try await place(plan, key, displacing: meeting, target: target) else {
            throw Refusal.unknownOutcome
        }
        guard let moved = store.roster({ $0.liveMeeting(key) }), moved.replaces == meeting.number else {
            // The new server refused it, in its own words; the meeting is where it was.
            return octets
        }
        FleetLog.meeting("meeting was moved", moved, server: server(moved.server), level: .notice)
        if let old = server(meeting.server), let copy = meeting.internalMeetingID {
            await sweep(copy, moderatorPW: meeting.moderatorPW, old)
            nudges.nudge(old.id)
        }
        return tellingDuration(octets, of: moved)
    }

    /// Meetings whose new server died before it said whether it had made them go on where they are.
    package func takeBackMoves() async {
        let pending = store.roster { roster in
            roster.meetings.values.filter { $0.state == .creating && $0.replaces != nil }
        }
        let others = await livingNodes(pending)
        for meeting in pending where !isBusy(meeting, others) {
            guard let server = server(meeting.server), isGivenUp(server), whereItRuns(meeting).server != meeting.server
            else { continue }
            do {
                guard let old = try await store.giveBackPlace(of: meeting) else { continue }
                FleetLog.meeting(
                    "move is taken back, the new server died", old, server: self.server(old.server), level: .notice)
            } catch { FleetLog.failure("taking a move back", error) }
        }
    }

    /// Whether a living process is creating it.
    private func isBusy(_ meeting: Meeting, _ others: Set<String>) -> Bool {
        meeting.creator == settings.identity.instance
            ? withState { $0.inFlight.contains(meeting.number) }
            : others.contains(meeting.creator) && isBusyElsewhere(meeting)
    }

    /// Where a meeting went that was to be moved.
    enum Move {
        /// It is elsewhere.
        case made
        /// Nobody knows yet whether its new server has it: this is the meeting there.
        case pending(Meeting)
        /// It is where it was, or over.
        case none
    }

    func moveOf(_ number: MeetingNumber, _ key: MeetingKey) -> Move {
        guard let live = store.roster({ $0.liveMeeting(key) }), live.replaces == number else { return .none }
        return live.state == .running ? .made : .pending(live)
    }
}
