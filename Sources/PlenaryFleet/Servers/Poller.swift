internal import BigBlueButton
package import Logging
package import PlenaryCore
internal import PlenaryStore
internal import ServiceLifecycle

/// Polls every server of the fleet: one task a server, with its own cadence and deadline, so that a server that hangs costs
/// itself only (RELIABILITY 0 and 1.3).
package struct Poller: Service {
    private let fleet: Fleet
    private let logger: Logger

    package init(fleet: Fleet, logger: Logger) {
        self.fleet = fleet
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withLogger(logger) { _ in await follow() }
        }
    }

    /// Starts a task for every server that comes; each ends by itself when its server has gone.
    private func follow() async {
        await withDiscardingTaskGroup { group in
            var polled: Set<ServerID> = []
            while !Task.isCancelled {
                await fleet.membership.wait()
                let servers = fleet.store.roster { Set($0.servers.keys) }
                for (index, server) in servers.subtracting(polled).sorted().enumerated() {
                    group.addTask { await fleet.poll(server, firstAfter: .milliseconds(20) * index) }
                }
                polled = servers
            }
            group.cancelAll()
        }
    }
}

extension Fleet {
    /// Polls one server until it leaves the fleet.
    func poll(_ id: ServerID, firstAfter delay: Duration) async {
        let nudge = nudges.open(id)
        defer { nudges.close(id) }
        // A wait that ends early was cancelled; the loop's condition sees that.
        try? await time.sleep(delay)
        var isFirst = true
        while !Task.isCancelled, let server = server(id) {
            let began = time.uptime()
            await pollOnce(server)
            let chance = time.fraction()
            let interval = withState { $0.health.pollInterval(of: id, at: began, chance: chance) }
            // The first polls come at once, so that the fleet is ready soon; the second ones spread over the interval.
            let wait = (isFirst ? interval * time.fraction() : interval) - (time.uptime() - began)
            isFirst = false
            // Never faster than this, however often it is nudged.
            let floor = Duration.milliseconds(200)
            // Ends early only when cancelled, which the condition sees.
            try? await time.sleep(floor)
            await pause(max(wait - floor, .zero), orUntil: nudge)
        }
    }

    private func pause(_ duration: Duration, orUntil nudge: Signal) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await self.time.sleep(duration) }  // Cancelled when the nudge came first.
            group.addTask { await nudge.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    /// Asks a server what it has, judges its health, and brings the store in line with it.
    package func pollOnce(_ server: Server) async {
        // Before the call is sent: what is made while the answer is on its way is not missed in it.
        let mapped = store.roster { $0.meetings(on: server.id) }
        guard server.administrative != .maintenance || !mapped.isEmpty else { return }
        let busy = withState { $0.inFlight }
        let askedAt = time.uptime()
        let result = await send(
            .getMeetings, to: server, within: settings.pollDeadline, skipping: MeetingsReply.details, isProbe: true)
        // A failure was counted by `send`, and has no inventory.
        guard case .success(let reply) = result else {
            return withState { $0.withView(of: server.id) { $0.isReturning = true } }
        }
        guard let list = MeetingsReply(reply) else {
            let now = time.uptime()
            withState { $0.withView(of: server.id) { $0.isReturning = true } }
            return announce(
                withState { $0.health.failed(server.id, .answersWrongly("gives no list of its meetings"), at: now) })
        }
        answered(server, list, mapped: mapped, askedAt: askedAt)
        await reconcile(server, list, mapped: mapped, busy: busy)
        await lookAfterHooksIfDue(of: server)
    }

    private func answered(_ server: Server, _ list: MeetingsReply, mapped: [Meeting], askedAt: Duration) {
        let now = time.uptime()
        let numbers = Dictionary(
            mapped.map { ($0.key.idOnServer, $0.number) }, uniquingKeysWith: { _, newest in newest })
        var loads: [MeetingNumber: Double] = [:]
        var foreign = 0.0
        for entry in list.entries {
            let load = settings.weights.load(entry.meeting)
            if let number = numbers[entry.meeting.meetingID] { loads[number] = load } else { foreign += load }
        }
        let changes = withState { state in
            state.ledger.observed(server.id, loads, foreign: foreign)
            state.withView(of: server.id) { view in
                view.meetings = list
                view.meetingsAt = now
                view.breakouts = list.entries.map(\.meeting).filter(\.isBreakout)
                view.rooms.note(view.breakouts)
                // What was made after the question is not in the answer.
                view.created = view.created.filter { $0.value.at >= askedAt }
            }
            return state.health.pollSucceeded(server.id, at: now) + state.health.timePassed(at: now)
        }
        announce(changes)
    }
}
