internal import BigBlueButton
internal import Logging
package import PlenaryCore
internal import PlenaryStore

/// Our own hooks at the servers: one for events and one for raw messages, where any caller wants such. Whatever they tell goes
/// to the callers' hooks that want it.
extension Fleet {
    /// How often a server is asked whether it still has our hooks: it deletes those that could not be reached for a while,
    /// and may have lost all in a restart.
    private static let hooksAge = Duration.seconds(15)

    /// Registers with all servers what is wanted, and takes away what is not.
    func lookAfterHooks() async {
        let servers = store.roster { Array($0.servers.values) }
        await withTaskGroup(of: Void.self) { group in
            for server in servers where !isGivenUp(server) {
                group.addTask { await self.lookAfterHooks(of: server) }
            }
        }
    }

    /// The same for one server that answers, when it is time.
    func lookAfterHooksIfDue(of server: Server) async {
        let now = time.uptime()
        let wants = store.roster { !$0.hooks.isEmpty }
        let (dueAt, isTidy) = withState { state in
            let view = state.view(of: server.id)
            return (view.hooksDueAt, view.hooksAreTidy)
        }
        // Hooks of an earlier process may be there that nobody wants any more: that is looked for once.
        guard wants || !isTidy, dueAt <= now else { return }
        await lookAfterHooks(of: server)
    }

    /// One at a time: else a hook that was just registered anew could be taken away by who found before that nobody wants it.
    private func lookAfterHooks(of server: Server) async {
        let asked = withState { $0.view(of: server.id).hookLooks }
        await hookCare.pass(server.id) {
            // A look that began after this one was wanted saw what it is about: who waits waits for two looks at most.
            let isSeen = withState { state in
                state.withView(of: server.id) { view in
                    guard view.hookLooks == asked else { return true }
                    view.hookLooks += 1
                    return false
                }
            }
            if !isSeen { await tend(server) }
        }
    }

    private static let mostLooks = 3

    private func tend(_ server: Server) async {
        var isDone = false
        for _ in 0..<Self.mostLooks {
            // It may have been removed while others were looked after.
            guard self.server(server.id) != nil else { return }
            let wanted = wantedHooks
            guard let outcome = await register(wanted, at: server) else { return }
            isDone = outcome
            // Meanwhile somebody may have wanted what was taken away.
            if wantedHooks == wanted { break }
            isDone = false
        }
        let isTidy = isDone
        let now = time.uptime()
        withState { state in
            state.withView(of: server.id) { view in
                view.hooksDueAt = now + (isTidy ? Self.hooksAge : Self.hooksAge * 2)
                view.hooksAreTidy = isTidy
            }
        }
    }

    /// The kinds of hook that any caller wants: raw or not.
    private var wantedHooks: Set<Bool> { store.roster { Set($0.hooks.values.map(\.isRaw)) } }

    /// - Returns: whether the server has what is wanted and no more; `nil` when nobody could look.
    private func register(_ wanted: Set<Bool>, at server: Server) async -> Bool? {
        let known: [Store.ServerHook]
        do { known = try await store.serverHooks().filter { $0.server == server.id } } catch {
            FleetLog.failure("looking for hooks at a server", error)
            return nil
        }
        var isDone = true
        for isRaw in [false, true] {
            if wanted.contains(isRaw) {
                isDone = await register(isRaw: isRaw, at: server, known: known.first { $0.isRaw == isRaw }) && isDone
            } else {
                for hook in known where hook.isRaw == isRaw { isDone = await withdraw(hook, from: server) && isDone }
            }
        }
        return isDone
    }

    /// - Returns: whether there is nothing left to do.
    private func register(isRaw: Bool, at server: Server, known: Store.ServerHook?) async -> Bool {
        let url = hookURL(of: server, isRaw: isRaw)
        var parameters: Parameters = ["callbackURL": url]
        if isRaw { parameters["getRaw"] = "true" }
        switch await hooks(.hooksCreate, parameters, at: server) {
        case .failure(let fault): return fault.isUnsupported
        case .success(let reply):
            guard reply.isSuccess, let id = reply.root.text(of: "hookID") else { return false }
            let hook = Store.ServerHook(server: server.id, isRaw: isRaw, id: id, callbackURL: url)
            guard hook != known else { return true }
            // One for an address that we had before, such as another base URL.
            if let known, known.callbackURL != url { _ = await withdraw(known, from: server) }
            do { try await store.noteServerHook(hook, now: time.now()) } catch {
                FleetLog.failure("noting a hook at a server", error)
                return false
            }
            return true
        }
    }

    /// - Returns: whether it is gone there.
    private func withdraw(_ hook: Store.ServerHook, from server: Server) async -> Bool {
        switch await hooks(.hooksDestroy, ["hookID": hook.id], at: server) {
        case .failure(let fault) where !fault.isUnsupported: return false
        case .failure, .success:
            do { try await store.forgetServerHook(hook) } catch {
                FleetLog.failure("forgetting a hook at a server", error)
                return false
            }
            return true
        }
    }

    /// The service of web hooks runs beside the server; older ones know nothing but SHA-1 (`bbb-api.md` 11).
    private func hooks(_ call: CallName, _ parameters: Parameters, at server: Server) async -> Result<
        Reply, ServerFault
    > {
        let request = server.endpoint.request(call, parameters, algorithm: .sha1, longestQuery: .max)
        return await exchange(request, with: server, within: settings.readDeadline).map(\.reply)
    }

    // MARK: events

    private func hookURL(of server: Server, isRaw: Bool) -> String {
        "\(settings.callbacksURL)/callbacks/hook/\(server.id)/\(Self.hookKey(server, isRaw))\(isRaw ? "?raw" : "")"
    }

    private static func hookKey(_ server: Server, _ isRaw: Bool) -> String {
        KeyedHash.hex(of: isRaw ? "raw hook" : "hook", key: server.endpoint.secret)
    }

    /// The server behind an address of ours, before anything else of the request is read.
    package func server(ofHook number: Int64, key: String, isRaw: Bool) -> Server? {
        guard let server = server(ServerID(number)),
            KeyedHash.matches(key, isRaw ? "raw hook" : "hook", key: server.endpoint.secret)
        else { return nil }
        return server
    }

    /// Something happened at a server (`bbb-api.md` 11.5): every hook that wants it is told.
    ///
    /// - Parameter bearer: what servers send that are set up for `auth2_0`, instead of a checksum: their secret.
    package func receiveEvent(
        from server: Server, isRaw: Bool, checksum: String, bearer: String? = nil, _ body: [UInt8]
    ) async -> InboundAnswer {
        refuseEvent(await takeEvent(server, isRaw, checksum, bearer, body), from: server)
    }

    /// Tells of an event that is refused: once a server, until it sends one that is taken.
    @discardableResult
    package func refuseEvent(_ answer: InboundAnswer, from server: Server) -> InboundAnswer {
        let isNews = withState { state in
            state.withView(of: server.id) { view in
                let isNews = answer.reason != nil && !view.refusesEvents
                if answer.reason != nil || answer == .taken { view.refusesEvents = answer.reason != nil }
                return isNews
            }
        }
        guard isNews, let reason = answer.reason else { return answer }
        Logger.current.warning(
            "event of a server's web hook is refused",
            metadata: ["server.name": "\(server.name)", "callback.reason": "\(reason)"])
        return answer
    }

    private func isSigned(
        _ text: String, _ checksum: String, _ bearer: String?, by server: Server, isRaw: Bool
    ) -> Bool {
        let secret = server.endpoint.secret
        if checksum.isEmpty {
            // As hashes, so that the time it takes tells nothing of the secret.
            return bearer.map { KeyedHash.matches(KeyedHash.hex(of: $0, key: secret), secret.reveal(), key: secret) }
                ?? false
        }
        guard let given = Checksum(hex: checksum) else { return false }
        let address = CallName(rawValue: hookURL(of: server, isRaw: isRaw))
        return given.matches(Checksum(address, query: text, secret: secret, algorithm: given.algorithm))
    }

    private func takeEvent(
        _ server: Server, _ isRaw: Bool, _ checksum: String, _ bearer: String?, _ body: [UInt8]
    ) async -> InboundAnswer {
        let text = String(decoding: body, as: UTF8.self)
        guard isSigned(text, checksum, bearer, by: server, isRaw: isRaw) else { return .forbidden }
        let form = Parameters(parsing: text)
        guard let event = form["event"], let json = JSONValue(Array(event.utf8)) else { return .malformed }
        let about = EventSubject(json, isRaw: isRaw)
        if about.isEnd { nudges.nudge(server.id) }
        do {
            if try await isEndOfCopy(about, at: server.id) { return .taken }
            guard let (account, meetingID) = try await owner(of: about, at: server.id) else { return .taken }
            let event = MeetingIDs.restoringJSON(try await restoringJSON(event), of: account)
            let now = time.now()
            let news = store.roster { roster in roster.hooks.values.sorted { $0.number < $1.number } }.filter {
                $0.account == account && $0.isRaw == isRaw && $0.wants(event: about.event, of: meetingID)
            }.map { hook in
                let payload: Parameters = [
                    "domain": APIURL(settings.publicURL)?.host ?? "", "event": event,
                    "timestamp": form["timestamp"] ?? now.description,
                ]
                return NewDelivery(
                    account: account, kind: .hook, meeting: nil,
                    event: "hook \(hook.id) \(server.id) \(sha1Hex(text))", lane: Hook.lane(hook.id),
                    part: meetingID?.rawValue, url: hook.callbackURL, payload: payload.encoded(style: .java),
                    secret: hook.secret, dueAt: now)
            }
            if !news.isEmpty { _ = try await store.tell(news, now: now) }
        } catch {
            FleetLog.failure("writing an event down", error)
            return .unavailable
        }
        deliveries.raise()
        return .taken
    }

    /// Whether a meeting ended for its server only: it was moved, or made again elsewhere, and lives on for its caller. He
    /// knows both by one id, and would take the end of the first for the end of the second.
    private func isEndOfCopy(_ subject: EventSubject, at server: ServerID) async throws -> Bool {
        guard subject.isEnd, let id = subject.internalMeetingID else { return false }
        if let meeting = try await store.owners(of: [id])[id] {
            guard let live = store.roster({ $0.liveMeeting(meeting.key) }), live.number != meeting.number else {
                return false
            }
            // What took its place was given up, and it has its place again; else something took its place. Numbers do not tell
            // which is older: what its server made anew has the number of what it was.
            if meeting.state == .displaced || live.epoch < meeting.epoch { return true }
            return try await store.isReplaced(meeting)
        }
        // A copy that nobody waited for any more: a late answer to a create.
        let live: Meeting? = store.roster { roster in
            if let meetingID = subject.meetingID { return roster.liveMeeting(MeetingKey(idOnServer: meetingID)) }
            return roster.meetings.values.first { $0.state.isLive && $0.key.idOnServer.names(id) }
        }
        return live.map { $0.server != server } ?? false
    }

    /// Whose meeting an event is about, and its id.
    ///
    /// - Returns: `nil` when nobody knows, and there is more than one account: then nobody is told.
    private func owner(of subject: EventSubject, at server: ServerID) async throws -> (AccountID, MeetingID?)? {
        if let id = subject.internalMeetingID, let meeting = try await store.owners(of: [id])[id] {
            return (meeting.key.account, meeting.key.meetingID)
        }
        // Its create is answered only after the event: it is known by the id that we gave it there.
        let meeting = store.roster { roster in
            roster.meetings(on: server).last { meeting in
                let id = meeting.key.idOnServer
                return id == subject.meetingID || subject.internalMeetingID.map(id.names) == true
            }
        }
        if let meeting { return (meeting.key.account, meeting.key.meetingID) }
        // A room that the server made inside a meeting of ours.
        let rooms = withState { $0.view(of: server).breakouts }
        let parent =
            subject.parentID ?? rooms.first { $0.internalMeetingID == subject.internalMeetingID }?.parentMeetingID
        if let parent, let meeting = try await store.owners(of: [parent])[parent] {
            return (meeting.key.account, subject.meetingID)
        }
        // Nobody made it through us, or it is forgotten: its id tells whose it is.
        if let id = subject.meetingID {
            let key = MeetingKey(idOnServer: id)
            return (key.account, key.meetingID)
        }
        return store.roster({ $0.accounts.count }) == 1 ? (.default, nil) : nil
    }
}

/// What an event is about, as far as it says.
private struct EventSubject {
    let event: String?
    let meetingID: MeetingID?
    let internalMeetingID: InternalMeetingID?
    /// Of a breakout room.
    let parentID: InternalMeetingID?

    /// Whether a meeting is over. The server's own bus says it twice.
    var isEnd: Bool {
        ["meeting-ended", "MeetingEndedEvtMsg", "MeetingDestroyedEvtMsg"].contains(event)
    }

    init(_ json: JSONValue, isRaw: Bool) {
        if isRaw {
            event = (json["envelope", "name"] ?? json["header", "name"])?.text
            meetingID = nil
            let id =
                json["core", "header", "meetingId"] ?? json["core", "body", "meetingId"]
                ?? json["payload", "meeting_id"]
            internalMeetingID = id?.text.flatMap(InternalMeetingID.init(rawValue:))
            parentID = nil
            return
        }
        event = json["data", "id"]?.text
        let meeting = json["data", "attributes", "meeting"]
        meetingID = meeting?["external-meeting-id"]?.text.flatMap(MeetingID.init(rawValue:))
        internalMeetingID = meeting?["internal-meeting-id"]?.text.flatMap(InternalMeetingID.init(rawValue:))
        parentID = meeting?["parent-id"]?.text.flatMap(InternalMeetingID.init(rawValue:))
    }
}
