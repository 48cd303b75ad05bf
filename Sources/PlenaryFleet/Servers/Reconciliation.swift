internal import BigBlueButton
internal import Logging
internal import PlenaryCore
internal import PlenaryStore

extension Fleet {
    /// Carries out what ``Reconciler`` found. Every step is a conditional write: what changed meanwhile is left alone.
    func reconcile(_ server: Server, _ list: MeetingsReply, mapped: [Meeting], busy: Set<MeetingNumber>) async {
        let now = time.now()
        let panic = withState { $0.health.isInPanic }
        let others = await livingNodes(mapped)
        let result = Reconciler.reconcile(
            mapped: mapped, inventory: list.entries.map(\.meeting),
            inFlight: { meeting in
                meeting.creator == settings.identity.instance
                    ? busy.contains(meeting.number) || withState { $0.inFlight.contains(meeting.number) }
                    : others.contains(meeting.creator)
                        && now.since(meeting.createdAt) < settings.create.document + settings.create.whole
            },
            isReplaced: { meeting in
                // As it is now: its place may have been given back meanwhile.
                store.roster { roster in
                    guard roster.meetings[meeting.number]?.state == .displaced else { return false }
                    return roster.liveMeeting(meeting.key).map { $0.state == .running && $0.server != server.id }
                        ?? true
                }
            }, canEnd: !panic)
        let byNumber = Dictionary(uniqueKeysWithValues: mapped.map { ($0.number, $0) })
        for action in result.actions {
            do { try await carryOut(action, byNumber, server) } catch {
                FleetLog.failure("bringing a meeting in line with its server", error)
            }
        }
        if !panic { withState { $0.withView(of: server.id) { $0.isReturning = false } } }
        do { try await explain(result.unexplained, server, canEnd: !panic) } catch {
            FleetLog.failure("looking for the origin of a meeting", error)
        }
    }

    /// Nodes that may be busy with creates of theirs. Not asked while every create is ours.
    func livingNodes(_ mapped: [Meeting]) async -> Set<String> {
        guard mapped.contains(where: { $0.state == .creating && $0.creator != settings.identity.instance }) else {
            return []
        }
        do {
            let alive = time.now().advanced(by: .zero - settings.deadNodeAge)
            return Set(try await store.nodes().filter { $0.seenAt > alive }.map(\.id))
        } catch {
            // Could not look: then nobody counts as dead.
            FleetLog.failure("looking which nodes live", error)
            return Set(mapped.map(\.creator))
        }
    }

    private func carryOut(_ action: Reconciler.Action, _ mapped: [MeetingNumber: Meeting], _ server: Server)
        async throws
    {
        switch action {
        case .settle(let number, let there):
            guard try await store.settle(number, on: server.id, .init(there), now: time.now()) != nil,
                let meeting = mapped[number]
            else { return }
            FleetLog.meeting(
                "interrupted create is settled, the server has the meeting", meeting, server: server, level: .notice)
        case .abandon(let number):
            guard let meeting = mapped[number],
                try await store.end(meeting, reason: "interrupted create", now: time.now())
            else { return }
            FleetLog.meeting(
                "interrupted create is settled, the server does not have the meeting", meeting, server: server,
                level: .notice)
        case .renew(let number, let there):
            // What waits to be written may be of the meeting that ended.
            await flushJoins()
            _ = try await store.settle(number, on: server.id, .init(there), now: time.now())
        case .end(let number):
            guard let meeting = mapped[number],
                try await store.end(
                    meeting, reason: "not on its server", isLost: isLost(meeting), now: time.now())
            else { return }
            reads.discard(server.id)
            let uptime = time.uptime()
            // Nobody ended it: the server may have been started anew, and have forgotten our hooks with its meetings.
            if !meeting.isEnding { withState { $0.withView(of: server.id) { $0.hooksDueAt = uptime } } }
            FleetLog.meeting("meeting is over", meeting, server: server)
        case .sweep(let number, let there):
            // It may have come back here since the server was asked: then this is no copy any more.
            guard let meeting = mapped[number],
                store.roster({ $0.liveMeeting(meeting.key) })?.isIt(there, on: server.id) != true
            else { return }
            FleetLog.meeting(
                "ending a copy of a meeting that has its place elsewhere", meeting, server: server, level: .notice)
            await sweep(there.internalMeetingID, moderatorPW: there.moderatorPW, server)
        }
    }

    /// Ends exactly this copy: by its internal id, which no other has.
    func sweep(_ copy: InternalMeetingID, moderatorPW: String, _ server: Server) async {
        _ = await send(
            .end, ["meetingID": copy.rawValue, "password": moderatorPW], to: server,
            within: settings.readDeadline)
        reads.discard(server.id)
    }

    /// Meetings that no mapping explains: copies that turned up late are taken back or swept, the rest is for the operator.
    private func explain(_ unexplained: [MeetingSnapshot], _ server: Server, canEnd: Bool) async throws {
        let known = withState { $0.view(of: server.id).foreign }
        let lateBefore = withState { $0.view(of: server.id).late }
        var foreign: Set<InternalMeetingID> = []
        var late: Set<InternalMeetingID> = []
        for meeting in unexplained {
            if known.contains(meeting.internalMeetingID) {
                foreign.insert(meeting.internalMeetingID)
                continue
            }
            guard let placed = try await store.placement(of: MeetingKey(idOnServer: meeting.meetingID), on: server.id)
            else {
                foreign.insert(meeting.internalMeetingID)
                Logger.current.notice(
                    "server has a meeting that is not ours", metadata: ["server.name": "\(server.name)"])
                continue
            }
            switch store.roster({ $0.liveMeeting(placed.meeting.key) }) {
            case nil where placed.isOver && !lateBefore.contains(meeting.internalMeetingID):
                // The list may be older than the end: what the next one shows too is really there.
                late.insert(meeting.internalMeetingID)
            case nil where placed.isOver:
                if try await store.takeBack(placed.meeting, on: server.id, .init(meeting), now: time.now()) != nil {
                    FleetLog.meeting(
                        "meeting turned up late and is taken back", placed.meeting, server: server, level: .notice)
                }
            case let live? where live.server != server.id && live.state == .running && canEnd:
                FleetLog.meeting(
                    "ending a late copy of a meeting that has its place elsewhere", live, server: server, level: .notice
                )
                await sweep(meeting.internalMeetingID, moderatorPW: meeting.moderatorPW, server)
            default: break  // It became ours meanwhile, or its create is not settled: the next poll sees which.
            }
        }
        withState { state in
            state.withView(of: server.id) { view in
                view.foreign = foreign
                view.late = late
            }
        }
    }
}

extension Meeting {
    /// Whether a meeting that a server has is this one.
    fileprivate func isIt(_ there: MeetingSnapshot, on server: ServerID) -> Bool {
        self.server == server && internalMeetingID == there.internalMeetingID
    }
}
