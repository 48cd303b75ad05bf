internal import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
package import PlenaryStore
internal import Synchronization

/// Sessions of rooms at their hosts: looked at, started, ended (`rooms-api.md` 11.4, 11.7).
extension JoinDesk {
    /// How old what a host said may be (12).
    static var freshness: Duration { .seconds(2) }
    /// How long a host may take to create a session (11.7).
    package static var createDeadline: Duration { .seconds(15) }
    static var lookDeadline: Duration { .seconds(4) }

    enum Seen: Sendable {
        /// - Parameter HostedPeople: `nil`: the host did not answer, and never told of it. It is there until somebody says that it
        ///   is not.
        case there(HostedPeople?)
        /// The host says that it does not have it.
        case gone
        /// Nobody can be asked any more: its provider was deleted.
        case lost
    }

    /// The session of a room that is live; one that ended long ago without anybody noticing is not.
    func current(_ room: Room, now: WireTime) async throws -> RoomSession? {
        guard let session = try await store.liveSession(of: room.number) else { return nil }
        // Who began to start it gave up: nothing runs, and the next who starts takes it over.
        return session.state == .running ? session : nil
    }

    /// Who is in a session, not older than ``freshness``.
    func look(at session: RoomSession, _ room: Room) async -> Seen {
        if let seen = seen(session) { return seen }
        return await sightings.pass(session.number) {
            // Who was before may have asked.
            if let seen = seen(session) { return seen }
            return await ask(session, room)
        }
    }

    /// What is known well enough that nobody is asked: also that a host did not answer a moment ago.
    private func seen(_ session: RoomSession) -> Seen? {
        let now = platform.time.uptime()
        return state.withLock { state -> Seen? in
            if state.gone[session.number] != nil { return .gone }
            guard let known = state.looks[session.number] else { return nil }
            if known.people != nil, now - known.at < Self.freshness { return .there(known.people) }
            if let failedAt = known.failedAt, now - failedAt < Self.freshness { return .there(known.people) }
            return nil
        }
    }

    private func ask(_ session: RoomSession, _ room: Room) async -> Seen {
        let now = platform.time.uptime()
        let known = state.withLock { $0.looks[session.number] }
        do {
            guard let host = try await host(of: session, room) else {
                return try await isProviderDeleted(session) ? .lost : .there(known?.people)
            }
            guard let meeting = MeetingID(rawValue: session.meetingID) else { return .there(known?.people) }
            guard let people = try await host.look(at: meeting, deadline: Self.lookDeadline) else {
                noteGone(session.number)
                return .gone
            }
            let seenAt = platform.time.uptime()
            state.withLock { state in
                var look = state.looks[session.number] ?? JoinDeskState.Look(people: nil, at: now)
                look.people = people
                look.at = seenAt
                look.failedAt = nil
                // Who was let in a while ago and is not there did not come.
                look.expected = look.expected.filter { expected in
                    !people.users.contains(expected.key) && seenAt - expected.value.since < Self.arrival
                }
                state.looks[session.number] = look
            }
            return .there(people)
        } catch {
            // Not seeing a session is no reason to think that it is over.
            let failedAt = platform.time.uptime()
            state.withLock { state in
                state.looks[session.number, default: JoinDeskState.Look(people: nil, at: now)].failedAt = failedAt
            }
            return .there(known?.people)
        }
    }

    private func noteGone(_ session: RoomSessionNumber) {
        let now = platform.time.uptime()
        state.withLock { state in
            // By then nobody has it in hand any more who read it before it was over.
            state.gone = state.gone.filter { now - $0.value < .seconds(60) }
            state.gone[session] = now
        }
    }

    /// Who was let into a session and may still arrive, as ``RoomCalls/Visitor/userID(as:)`` has them.
    func expected(in session: RoomSessionNumber) -> Set<String> {
        let now = platform.time.uptime()
        let all = state.withLock { $0.looks[session]?.expected ?? [:] }
        return Set(all.filter { now - $0.value.since < Self.arrival }.keys)
    }

    /// How long a browser may take from our redirect into the session, until its seat counts as free again.
    private static var arrival: Duration { .seconds(60) }

    func forgetLook(at session: RoomSessionNumber) { state.withLock { $0.looks[session] = nil } }

    // MARK: hosts

    /// The provider of a session as a host.
    ///
    /// - Returns: `nil` when it was deleted.
    func host(of session: RoomSession, _ room: Room) async throws -> (any MeetingHost)? {
        guard let provider = session.provider, let id = ResourceReference(provider.id) else { return nil }
        return try await host(id, room)
    }

    private func isProviderDeleted(_ session: RoomSession) async throws -> Bool {
        guard let id = session.provider.flatMap({ ResourceReference($0.id) }) else { return true }
        return try await store.serviceProvider(id) == nil
    }

    func host(_ provider: ResourceReference, _ room: Room) async throws -> (any MeetingHost)? {
        try await host(provider, of: room.account)
    }

    func host(_ provider: ResourceReference, of number: AccountID) async throws -> (any MeetingHost)? {
        guard let found = try await store.serviceProvider(provider) else { return nil }
        switch found.details.properties {
        case .fleet:
            guard let account = store.roster({ $0.accounts[number] }) else { return nil }
            return OwnFleetHost(fleet: platform.fleet, account: account)
        case .server:
            return found.details.properties.endpoint.map { RemoteHost(endpoint: $0, transport: transport) }
        }
    }

    // MARK: starting

    /// Starts a session, unless somebody else did meanwhile.
    ///
    /// - Returns: why there is none; `nil`: it runs.
    func start(_ scene: JoinScene, _ room: Room) async throws -> JoinRefusal? {
        if try await current(room, now: scene.situation.now) != nil, scene.situation.session != .lost { return nil }
        if scene.situation.session == .lost, let lost = scene.session {
            _ = try await store.endSession(
                lost.number, reason: .providerLost, owesEnd: true, now: scene.situation.now)
            forgetLook(at: lost.number)
        }
        guard let account = scene.account else { return .subscriptionUnusable }
        let (sold, reservation) = plan(room, account)
        let used = try await withoutUsedUpRecording(sold, room, account)
        var tried: Set<String> = []
        for _ in 0..<2 {
            let attached = attached(scene.providers)
            guard let next = AttachedProvider.candidates(attached, for: room.type, excluding: tried).first,
                let provider = scene.providers.first(where: { $0.identity.id == next.id })
            else { break }
            tried.insert(next.id)
            switch try await start(room, at: provider, account: account, used: used, reservation, scene) {
            case .runs: return nil
            case .refused(let refusal): return refusal
            case .failed: continue
            }
        }
        return .noProvider(.down)
    }

    private enum Started {
        case runs
        case refused(JoinRefusal)
        case failed
    }

    private func start(
        _ room: Room, at provider: AttachedServiceProvider, account: Account, used: FeatureSet,
        _ reservation: ReservationRequest?, _ scene: JoinScene
    ) async throws -> Started {
        // Before the room is taken: what cannot be read keeps nobody from the next try.
        let size = try await store.presentations(of: room.number).reduce(0) { $0 + $1.size }
        // A thousand rooms that start at nine would hold all their slides at once: who is one too many comes again in a moment.
        guard take(slides: size) else { return .refused(.noProvider(.down)) }
        defer { giveBack(slides: size) }
        let slides = size == 0 ? [] : try await store.slides(of: room.number)
        let document = RoomCalls.document(of: slides.map { (name: $0.name, octets: $0.octets) })
        let now = platform.time.now()
        var random = FleetRandom(platform.time)
        let place = RoomSessionProvider(
            number: provider.entry.provider.number, id: provider.identity.id, type: provider.type)
        let beginning = try await store.beginSession(
            of: room.number, identity: ResourceIdentity(at: now, using: &random), provider: place, used: used,
            settings: room.details.settings, now: now)
        let session: RoomSession
        switch beginning {
        case nil: return .refused(.roomGone)
        case .limited(let refusal)?: return .refused(.limited(refusal))
        // Another node is faster, or is at it: the visitor comes again in a moment.
        case .exists(let other)?: return other.state == .running ? .runs : .refused(.noProvider(.down))
        case .begun(let begun)?: session = begun
        }
        guard let host = try await host(.id(provider.identity.id), room) else {
            _ = try await store.abandonSession(session.number, attempt: session.attempt)
            return .failed
        }
        let parameters = RoomCalls.create(
            room, used: used, creation(room, account, scene.roomURL, of: session))
        do throws(HostFault) {
            let made = try await create(parameters, document, reserving: reservation, at: host, provider.identity.id)
            return try await settled(session, made, place, room, host)
        } catch {
            // Before the room is free for others: who starts the same meeting there must not see it ended.
            if error.mayHaveActed { await endUnsure(room, place.id, host) }
            _ = try await store.abandonSession(session.number, attempt: session.attempt)
            return try await failed(error, provider, account)
        }
    }

    private func settled(
        _ session: RoomSession, _ made: HostedMeeting, _ place: RoomSessionProvider, _ room: Room,
        _ host: any MeetingHost
    ) async throws(HostFault) -> Started {
        do {
            let settled = try await store.settleSession(
                session.number, attempt: session.attempt, on: place, sessionID: made.internalID.rawValue,
                createTime: made.createTime.milliseconds, now: platform.time.now())
            changed(room.number)
            guard settled == nil else { return .runs }
            // Somebody else took it over meanwhile, or the room was deleted: on the same provider it is the same meeting, on
            // another one this is a second copy.
            if try await store.liveSession(of: room.number)?.provider?.id == place.id { return .failed }
        } catch { throw .silent(mayHaveActed: true) }
        await endUnsure(room, place.id, host)
        return .failed
    }

    /// Ends what may have been made, so that no second copy survives.
    private func endUnsure(_ room: Room, _ provider: String, _ host: any MeetingHost) async {
        guard let meeting = MeetingID(rawValue: room.identity.uuid) else { return }
        do throws(HostFault) {
            try await host.end(meeting, moderatorPassword: passwords(room).moderator, deadline: Self.lookDeadline)
        } catch { JoinLog.endFailed(provider) }
    }

    private func failed(_ fault: HostFault, _ provider: AttachedServiceProvider, _ account: Account) async throws
        -> Started
    {
        switch fault {
        case .tooManyMeetings:
            let limits = [
                account.entitlement?.features.limit(of: .maxConcurrentSessions), account.rights.limits.meetings,
            ]
            let most = limits.compactMap { $0 }.min() ?? 0
            return .refused(
                .limited(QuotaRefusal(code: .maxConcurrentSessions, value: most, used: most, requested: 1)))
        case .noConnections(let available, let retryAfter):
            return .refused(.noConnections(available: available, retryAfter: retryAfter))
        case .refused(let key):
            if key == .permissionDenied { return .refused(.subscriptionUnusable) }
            // It answered, and did not like this room: that says nothing of its health, or one room would close all others.
            JoinLog.refused(by: provider.identity.id, key.rawValue)
            return .failed
        case .silent, .late, .unreadable:
            try await providers.createFailed(at: provider.entry.provider)
            return .failed
        }
    }

    /// Features of a session that starts now, and what it takes of a pool.
    private func plan(_ room: Room, _ account: Account) -> (FeatureSet, ReservationRequest?) {
        let resolved = room.details.features.resolved(against: account.entitlement?.features ?? .empty)
        guard let pool = account.connectionPool else { return (resolved.used, nil) }
        let request = RoomLimits.reservation(
            used: resolved.used, settings: room.details.settings,
            defaults: account.rights.limits.reservationDefaults, pool: pool.capacity,
            longest: platform.fleet.settings.longestReservation,
            isOwn: resolved[FeatureCode.maxParticipants.rawValue]?.resolution == .room)
        return (RoomLimits.used(resolved.used, admitted: request), request)
    }

    private func creation(_ room: Room, _ account: Account, _ roomURL: String, of session: RoomSession)
        -> RoomCalls.Creation
    {
        let passwords = passwords(room)
        // Our own servers tell the fleet, which is in this process.
        let isOwn = session.provider?.type == .fleet
        return RoomCalls.Creation(
            attendeePassword: passwords.attendee, moderatorPassword: passwords.moderator, roomURL: roomURL,
            endCallbackURL: isOwn ? nil : callbackURL(.end, session.identity.uuid),
            recordingURL: isOwn ? nil : callbackURL(.recording, room.identity.uuid),
            mayRecord: account.rights.mayRecord)
    }

    /// Derived from the room, so that a repeated create has the same (11.4).
    func passwords(_ room: Room) -> (attendee: Secret, moderator: Secret) {
        func password(_ role: String) -> Secret {
            guard let secret = Secret(KeyedHash.hex(of: "\(role) of room \(room.identity.uuid)", key: store.key)) else {
                preconditionFailure("hexadecimal digits are a secret")
            }
            return secret
        }
        return (password("attendee"), password("moderator"))
    }

    // MARK: ending

    /// Ends the session of a room.
    ///
    /// - Returns: the session; `nil`: nothing runs.
    package func end(_ room: Room, reason: SessionEndReason) async throws -> RoomSession? {
        guard let session = try await store.liveSession(of: room.number), session.state == .running else { return nil }
        let wasTold = try await tellEnd(of: session, room)
        forgetLook(at: session.number)
        defer { changed(room.number) }
        return try await store.endSession(
            session.number, reason: reason, owesEnd: !wasTold, now: platform.time.now())
    }

    /// Asks the provider of a session to end it.
    ///
    /// - Returns: whether it did, or had done so.
    package func tellEnd(of session: RoomSession, _ room: Room, deadline: Duration = JoinDesk.createDeadline)
        async throws -> Bool
    {
        guard let host = try await host(of: session, room), let meeting = MeetingID(rawValue: session.meetingID) else {
            return true
        }
        do throws(HostFault) {
            try await host.end(meeting, moderatorPassword: passwords(room).moderator, deadline: deadline)
            return true
        } catch { return false }
    }

    /// Asks a provider that is back to end a session that was given up while it was down, unless the room runs there anew: that is
    /// the same meeting, and to end the old one would end the new one. Nobody starts one in the room meanwhile.
    ///
    /// - Returns: whether nothing is owed any more.
    func tellOwedEnd(of session: RoomSession, on provider: String) async throws -> Bool {
        try await starts.pass(session.room) {
            guard let room = try await store.room(session.room) else { return false }
            if try await store.liveSession(of: room.number)?.provider?.id != provider {
                guard try await tellEnd(of: session, room, deadline: Self.lookDeadline) else { return false }
            }
            try await store.endWasSent(session.number)
            return true
        }
    }

    /// Starts a session without anybody joining (7.6).
    ///
    /// - Returns: the session that runs, and whether it did before.
    /// - Throws: ``JoinRefusal``.
    package func start(_ room: Room) async throws -> (session: RoomSession, wasRunning: Bool) {
        let scene = try await openScene(of: room)
        if let session = scene.session, scene.situation.session != .lost { return (session, true) }
        if case .refused(let refusal) = scene.situation.judged() { throw refusal }
        let failure = try await starts.pass(room.number) { try await self.start(scene, room) }
        if let failure { throw failure }
        guard let session = try await store.liveSession(of: room.number) else {
            throw JoinRefusal.noProvider(.down)
        }
        return (session, false)
    }

    /// The scene as the room's owner sees it who is at the door.
    private func openScene(of room: Room) async throws -> JoinScene {
        var scene = try await scene(of: JoinAttempt(room: .id(room.identity.id)))
        scene.situation.token = .none
        scene.situation.user = JoinSituation.SignedIn(role: .moderator, name: "Owner")
        scene.situation.form.consents = true
        return scene
    }
}
