internal import BigBlueButton
internal import Logging
internal import PlenaryCore
internal import PlenaryStore

/// Carries out what operators ordered (`balancer.md` 12). Each step works from what is stored, so that it goes on after a
/// restart where it was.
extension Fleet {
    /// Does what can be done now of all open orders.
    package func carryOutOrders() async {
        // Before the servers were looked at nobody seems to take a meeting: orders would fail, or forget what could be moved.
        guard hasLookedAround else { return }
        let open = store.roster { Set($0.orders.keys) }
        withState { $0.forgetOrders(besides: open) }
        // One does not wait for another: a server that is given up cannot wait for an evacuation.
        await withTaskGroup(of: Void.self) { group in
            for order in store.roster({ $0.orders.values.sorted { $0.id < $1.id } }) {
                guard withState({ $0.orders.insert(order.id).inserted }) else { continue }
                group.addTask {
                    do { try await self.carryOut(order) } catch { FleetLog.failure("carrying out an order", error) }
                    self.withState { _ = $0.orders.remove(order.id) }
                }
            }
        }
    }

    private func carryOut(_ order: Order) async throws {
        switch order.work {
        case .move(let number, let target): try await moveOnce(order, number, to: target)
        case .evacuate(let server, let perMinute): try await evacuate(order, server, perMinute: perMinute)
        case .panic(let server): try await abandon(order, server)
        case .untilEmpty(let server):
            guard isEmpty(server) else { return }
            try await finish(order, .done, "the server is empty", turning: .maintenance)
        }
    }

    private func finish(
        _ order: Order, _ state: Order.State, _ message: String, turning: AdministrativeState? = nil
    ) async throws {
        guard try await store.finish(order.id, as: state, message: message, turning: turning, now: time.now()) else {
            return
        }
        Logger.current.notice(
            "order is finished",
            metadata: [
                "order.number": "\(order.id)", "order.state": "\(state.rawValue)", "order.message": "\(message)",
            ])
    }

    private func moveOnce(_ order: Order, _ number: MeetingNumber, to target: ServerID?) async throws {
        var told: Refusal?
        if let meeting = store.roster({ $0.meetings[number] }), meeting.state == .running {
            told = await refusal(of: meeting, to: target)
        }
        // Not by the answer alone: a process that died may have moved it, and have told nobody.
        guard let past = try await store.meeting(number)?.meeting else {
            return try await finish(order, .failed, "the meeting is over")
        }
        switch moveOf(number, past.key) {
        case .made:
            try await store.noteStep(of: order.id, moved: 1, failed: 0)
            try await finish(order, .done, "the meeting was moved")
        case .pending:
            try await store.noteStep(of: order.id, moved: 0, failed: 0, message: Refusal.unknownOutcome.message)
        case .none: try await finish(order, .failed, told?.message ?? "the meeting is over")
        }
    }

    /// Why a meeting could not be moved, as far as its new server or we say; `nil` when it was.
    private func refusal(of meeting: Meeting, to target: ServerID?, isDead: Bool = false) async -> Refusal? {
        do throws(Refusal) {
            return Self.refusal(in: try await move(meeting, to: target, isDead: isDead))
        } catch { return error }
    }

    /// Counts moves whose outcome was not known before.
    ///
    /// - Returns: whether some still are not.
    private func countUnsettled(_ order: Order) async throws -> Bool {
        for meeting in withState({ $0.unsettled[order.id] ?? [] }) {
            let move = moveOf(meeting.number, meeting.key)
            if case .pending = move { continue }
            withState { _ = $0.unsettled[order.id]?.remove(meeting) }
            if case .made = move { try await store.noteStep(of: order.id, moved: 1, failed: 0) }
        }
        return withState { $0.unsettled[order.id]?.isEmpty == false }
    }

    /// Nothing of ours is there, or may be.
    private func isEmpty(_ server: ServerID) -> Bool { store.roster { $0.count(on: server) } == 0 }

    // MARK: evacuate

    private func evacuate(_ order: Order, _ server: ServerID, perMinute: Double) async throws {
        let isUnsettled = try await countUnsettled(order)
        if isEmpty(server), !isUnsettled { return try await finish(order, .done, "the server is empty") }
        let now = time.uptime()
        // At least one a round, so that a slow rate begins at once and a fast one is not lost by rounding.
        var allowed = withState { state in
            state.pace[order.id, default: FleetState.Pace(since: now)].take(perMinute: perMinute, at: now)
        }
        // It may have been cancelled meanwhile.
        while allowed > 0, !Task.isCancelled, store.roster({ $0.orders[order.id] }) != nil,
            let meeting = nextToMove(from: server, at: now)
        {
            allowed -= 1
            let refusal = await refusal(of: meeting, to: nil)
            switch moveOf(meeting.number, meeting.key) {
            case .made: try await store.noteStep(of: order.id, moved: 1, failed: 0)
            case .pending: withState { _ = $0.unsettled[order.id, default: []].insert(meeting) }
            case .none:
                let later = time.uptime() + .seconds(30)
                withState { $0.movesAgain[meeting.number] = later }
                try await store.noteStep(of: order.id, moved: 0, failed: 1, message: refusal?.message ?? "")
            }
        }
    }

    /// The smallest first: fewest people are disturbed while there is most room elsewhere for the others.
    private func nextToMove(from server: ServerID, at now: Duration) -> Meeting? {
        let meetings = store.roster { $0.meetings(on: server) }.filter {
            $0.state == .running && !$0.isEnding && !$0.isPreempted
        }
        return withState { state in
            state.movesAgain = state.movesAgain.filter { $0.value > now }
            let users = Dictionary(
                (state.view(of: server).meetings?.entries ?? []).map { ($0.meeting.meetingID, $0.meeting) },
                uniquingKeysWith: { first, _ in first })
            return meetings.filter { state.movesAgain[$0.number] == nil }.filter {
                users[$0.key.idOnServer]?.isBreakout != true
            }.min {
                let left = users[$0.key.idOnServer]?.participantCount ?? 0
                let right = users[$1.key.idOnServer]?.participantCount ?? 0
                return (left, $0.number) < (right, $1.number)
            }
        }
    }

    // MARK: panic

    /// The server is dead: everything is made elsewhere at once, and what cannot be is forgotten, so that a create makes it
    /// anew.
    private func abandon(_ order: Order, _ server: ServerID) async throws {
        // Its other server died too: then it is tried once more.
        for meeting in withState({ $0.unsettled[order.id] ?? [] }) {
            guard case .pending(let live) = moveOf(meeting.number, meeting.key),
                let other = self.server(live.server), isGivenUp(other)
            else { continue }
            _ = try await store.end(live, reason: "its server was given up", now: time.now())
        }
        _ = try await countUnsettled(order)
        let meetings = store.roster { $0.meetings(on: server) }.filter { $0.state.isLive }
        await withTaskGroup(of: Void.self) { group in
            var waiting = meetings[...]
            func next() {
                guard let meeting = waiting.popFirst() else { return }
                group.addTask { _ = await self.refusal(of: meeting, to: nil, isDead: true) }
            }
            for _ in 0..<8 { next() }
            while await group.next() != nil { next() }
        }
        var moved = 0
        var forgotten: [Meeting] = []
        for meeting in meetings {
            switch moveOf(meeting.number, meeting.key) {
            case .made: moved += 1
            case .pending: withState { _ = $0.unsettled[order.id, default: []].insert(meeting) }
            case .none:
                guard try await store.forget(meeting, reason: "panic", now: time.now()) else { continue }
                forgotten.append(meeting)
                FleetLog.meeting("meeting is forgotten, its server was given up", meeting, server: self.server(server))
            }
        }
        try await store.noteStep(of: order.id, moved: moved, failed: forgotten.count)
        if try await !countUnsettled(order), let done = try await store.order(order.id) {
            try await finish(order, .done, "\(done.moved) moved, \(done.failed) forgotten")
        }
        // It may be that the server lives after all: those who sit there see that it is over. What does not answer now is
        // ended by the polls.
        guard let server = self.server(server) else { return }
        await withTaskGroup(of: Void.self) { group in
            for (index, meeting) in forgotten.enumerated() {
                if index >= 8 { await group.next() }
                guard let copy = meeting.internalMeetingID else { continue }
                group.addTask { await self.sweep(copy, moderatorPW: meeting.moderatorPW, server) }
            }
        }
    }

    /// Why an answer to a create is none; `nil` when it is one.
    private static func refusal(in octets: [UInt8]) -> Refusal? {
        do throws(Reply.Fault) {
            let reply = try Reply(octets)
            return reply.isSuccess ? nil : Refusal(reply.messageKey ?? .internalError, reply.message)
        } catch { return .internalError }
    }
}

extension FleetState {
    /// Forgets what was kept for orders that are finished or cancelled: a process lives longer than any of them.
    mutating func forgetOrders(besides open: Set<OrderID>) {
        pace = pace.filter { open.contains($0.key) }
        unsettled = unsettled.filter { open.contains($0.key) && !$0.value.isEmpty }
        // Only evacuations, which have a pace, try again.
        if pace.isEmpty { movesAgain = [:] }
    }

    /// How much of an evacuation may be done now.
    struct Pace {
        var since: Duration
        var saved = 1.0

        mutating func take(perMinute: Double, at now: Duration) -> Int {
            // What is not used is not saved up for more than a minute.
            saved = min(max(perMinute, 1), saved + perMinute * ((now - since) / .seconds(60)))
            since = now
            let whole = Int(saved)
            saved -= Double(whole)
            return whole
        }
    }
}
