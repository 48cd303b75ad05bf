internal import BigBlueButton
package import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore
internal import Synchronization

extension JoinDesk {
    /// Whether something goes on in a room (`rooms-api.md` 12). A session that its provider does not have any more is over.
    ///
    /// - Parameter asks: asks the provider of a session that runs, unless it told a moment ago; else what is known is told.
    /// - Throws: what the store throws; a provider that is silent is no error.
    package func status(of room: Room, asks: Bool = true) async throws -> RoomStatusReport {
        let now = platform.time.now()
        let account = store.roster { $0.accounts[room.account] }
        let (session, figures, seenAt) = try await running(room, asks: asks, now: now)
        let provider = try await place(of: session, room, account?.entitlement)
        var observedAt = seenAt
        if session == nil, room.type.hasAdapter {
            // We know what we started; what others started on a provider that is down nobody knows.
            observedAt = now
            if provider?.health == .down, let reference = provider.flatMap({ ResourceReference($0.id) }) {
                observedAt = try await store.serviceProvider(reference)?.health.checkedAt
            }
        }
        let features = account?.entitlement?.features ?? .empty
        let used = session?.used ?? room.details.features.resolved(against: features).used
        let reservation = try await held(by: session, account)
        return RoomStatusReport(
            room: room,
            status: RoomStatus(
                type: room.type, roomStatus: room.details.status, figures: figures, observedAt: observedAt,
                health: provider?.health ?? .unknown, now: now), session: session, provider: provider,
            mostParticipants: used.limit(of: .maxParticipants), reservation: reservation,
            isReserved: reservation?.isProtected(at: now) ?? false)
    }

    /// What runs, what is known of it, and since when.
    private func running(_ room: Room, asks: Bool, now: WireTime) async throws -> (
        RoomSession?, RoomStatus.Figures, WireTime?
    ) {
        let nothing: RoomStatus.Figures = room.type.hasAdapter ? .quiet : .none
        let live = try await current(room, now: now)
        guard let running = live else { return (nil, nothing, nil) }
        if asks, case .gone = await look(at: running, room) {
            _ = try await store.endGoneSession(running.number, now: now)
            forgetLook(at: running.number)
            return (nil, nothing, nil)
        }
        let known = state.withLock { $0.looks[running.number] }
        var figures = running.figures ?? MeetFigures(startedAt: running.startedAt ?? now)
        var seenAt = running.observedAt
        if let known, let people = known.people {
            figures = people.figures
            let age = platform.time.uptime() - known.at
            seenAt = now.advanced(by: Duration.zero - age)
        }
        if let startedAt = running.startedAt { figures.startedAt = startedAt }
        return (running, .meet(figures), seenAt)
    }

    /// The provider of a session, or of one that would be started now.
    private func place(of session: RoomSession?, _ room: Room, _ entitlement: Entitlement?) async throws
        -> RoomStatusReport.Provider?
    {
        var attached: [AttachedServiceProvider] = []
        if let entitlement { attached = try await store.providers(of: .subscription(entitlement.subscription)) }
        if let held = session?.provider {
            var health = attached.first { $0.identity.id == held.id }?.state
            if health == nil, let reference = ResourceReference(held.id) {
                health = try await store.serviceProvider(reference)?.health.state
            }
            return RoomStatusReport.Provider(id: held.id, type: held.type, health: health ?? .unknown)
        }
        let wanted = AttachedProvider.candidates(attached.map(\.attached), for: room.type).first?.id
        let next = attached.first { $0.identity.id == wanted } ?? attached.first { $0.entry.isDefault }
        return next.map { RoomStatusReport.Provider(id: $0.identity.id, type: $0.type, health: $0.state) }
    }

    /// What a session on our own servers has of the pool.
    private func held(by session: RoomSession?, _ account: Account?) async throws -> Reservation? {
        guard let session, session.provider?.type == .fleet, let account, let pool = account.connectionPool,
            let meeting = MeetingID(rawValue: session.meetingID)
        else { return nil }
        let all = try await store.pool(of: account.id, capacity: pool.capacity, isShared: pool.isShared)
        return all.reservations[MeetingKey(account: account.id, meetingID: meeting)]
    }
}
