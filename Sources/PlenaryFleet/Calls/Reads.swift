package import BigBlueButton
internal import Logging
package import PlenaryCore
internal import PlenaryStore

extension Fleet {
    /// Where a call about a meeting goes.
    struct Located: Sendable {
        let server: ServerID
        /// The external id by which the server knows it, whichever id the caller used.
        let idOnServer: MeetingID
        /// As it was when it was looked for; `nil` for a breakout room that its server made by itself.
        let meeting: Meeting?
    }

    /// The id by which a server is asked about a meeting.
    ///
    /// A server takes an id for the beginning of an internal one before it looks for whole ones (`bbb-api.md` 4.2): one of few
    /// hexadecimal digits may be the beginning of somebody else's. Where there are several accounts the internal id is sent,
    /// which no other begins with.
    func idToSend(_ found: Located) -> String {
        guard let internalID = found.meeting?.internalMeetingID, found.idOnServer.mayBeginAnInternalID,
            store.roster({ $0.accounts.count }) > 1
        else { return found.idOnServer.rawValue }
        return internalID.rawValue
    }

    /// Finds a meeting by its external or internal id: ours first, then breakout rooms of ours that servers told of.
    func locate(_ id: MeetingID, of account: AccountID) -> Located? {
        if let meeting = store.roster({ $0.liveMeeting(id, of: account) }) {
            let there = whereItRuns(meeting)
            return Located(server: there.server, idOnServer: there.key.idOnServer, meeting: there)
        }
        let rooms = withState { state in
            state.health.members.keys.sorted().flatMap { server in
                state.view(of: server).breakouts.filter {
                    $0.meetingID == id || $0.internalMeetingID.rawValue == id.rawValue
                }
                .map { (server, $0) }
            }
        }
        for (server, room) in rooms {
            guard let parent = room.parentMeetingID.flatMap({ MeetingID(rawValue: $0.rawValue) }),
                store.roster({ $0.liveMeeting(parent, of: account)?.server }) == server, isNobodysElse(room, account)
            else { continue }
            return Located(server: server, idOnServer: room.meetingID, meeting: nil)
        }
        return nil
    }

    /// Whether no other account has a meeting of which its server says that it was made inside one of this account's.
    func isNobodysElse(_ room: MeetingSnapshot, _ account: AccountID) -> Bool {
        let key = MeetingKey(idOnServer: room.meetingID)
        return key.account == account || store.roster { $0.liveMeeting(key) } == nil
    }

    /// A meeting that is being moved runs where it was until its new server has it.
    func whereItRuns(_ meeting: Meeting) -> Meeting {
        guard meeting.state == .creating, let number = meeting.replaces,
            let old = store.roster({ $0.meetings[number] }), old.state == .displaced,
            let server = server(old.server), !isGivenUp(server)
        else { return meeting }
        return old
    }

    /// Offline, and not forced: front-ends may start its meetings again elsewhere.
    func isGivenUp(_ server: Server) -> Bool {
        guard server.administrative != .force, case .offline = withState({ $0.health.state(of: server.id) }) else {
            return false
        }
        return true
    }

    /// `isMeetingRunning` (`bbb-api.md` 5.2). A meeting that nobody knows is not running; a server that does not answer is not
    /// an answer.
    package func isMeetingRunning(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        let request = try MeetingRequest(call)
        let no = XMLWriter.response(.success) { $0.element("running", false) }
        guard let found = locate(request.meetingID, of: account.id), let server = server(found.server),
            !isGivenUp(server)
        else { return no }
        let read = await read(request, found, at: server)
        switch read {
        case .reply(let reply):
            if reply.saysMeetingIsGone {
                await forget(found, server)
                return no
            }
            return reply.octets
        case .lastKnown(let known):
            return XMLWriter.response(.success) { $0.element("running", known.meeting.running) }
        case .nothing: throw .unknownOutcome
        }
    }

    /// `getMeetingInfo` (`bbb-api.md` 5.5): the server's own words.
    package func getMeetingInfo(_ call: Call, of account: Account) async throws(Refusal) -> [UInt8] {
        let request = try MeetingRequest(call) { self.locate($0, of: account.id) != nil }
        guard let found = locate(request.meetingID, of: account.id), let server = server(found.server),
            !isGivenUp(server)
        else {
            throw .notFound
        }
        switch await read(request, found, at: server) {
        case .reply(let reply):
            if reply.saysMeetingIsGone {
                await forget(found, server)
                throw .notFound
            }
            return tellingDuration(restoring(reply.octets), of: found.meeting)
        case .lastKnown(let known):
            // `getMeetingInfo` says of a meeting what `getMeetings` says in a `<meeting>` (`bbb-api.md` 5.6).
            var writer = XMLWriter()
            writer.element("response") {
                $0.element("returncode", ReturnCode.success.rawValue)
                $0.raw(restoring(known.content))
            }
            return tellingDuration(writer.octets, of: found.meeting)
        case .nothing: throw .unknownOutcome
        }
    }

    private enum Read {
        case reply(Reply)
        case lastKnown(KnownMeeting)
        case nothing
    }

    private func read(_ request: MeetingRequest, _ found: Located, at server: Server) async -> Read {
        if isSuspect(server), let known = lastKnown(found, server) { return .lastKnown(known) }
        var parameters = request.parameters
        parameters["meetingID"] = idToSend(found)
        let key = SharedReads.Key(server: server.id, call: request.call, meetingID: found.idOnServer)
        let result = await reads.read(key) {
            await send(
                request.call, parameters, to: server, within: settings.readDeadline, skipping: MeetingsReply.details)
        }
        switch result {
        case .success(let reply):
            // Of a meeting that it does not have a server says that it does not run.
            let isNowhere = reply.saysMeetingIsGone || reply.root.text(of: "running") == "false"
            if isNowhere, let now = elsewhere(than: found), let server = self.server(now.server),
                !isGivenUp(server)
            {
                return await self.read(request, now, at: server)
            }
            return .reply(reply)
        case .failure: return lastKnown(found, server).map(Read.lastKnown) ?? .nothing
        }
    }

    func isSuspect(_ server: Server) -> Bool {
        guard server.administrative != .force, case .suspect = withState({ $0.health.state(of: server.id) }) else {
            return false
        }
        return true
    }

    private func lastKnown(_ found: Located, _ server: Server) -> KnownMeeting? {
        lastKnownMeetings(on: server)?.first { $0.meeting.meetingID == found.idOnServer }
    }

    /// The server said that it does not have the meeting: it is over, unless everything is failing, or it was made anew since
    /// the server was asked.
    func forget(_ found: Located, _ server: Server) async {
        reads.discard(server.id)
        guard let meeting = found.meeting, meeting.state == .running, !withState({ $0.health.isInPanic }) else {
            return
        }
        // If this fails the poll finds it again.
        do {
            if try await store.end(meeting, reason: "not on its server", isLost: isLost(meeting), now: time.now()) {
                FleetLog.meeting("meeting is over", meeting, server: server)
            }
        } catch { FleetLog.failure("ending a meeting that its server does not have", error) }
    }
}
