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
        guard let meeting = store.roster({ $0.meetings[number] }), meeting.state == .running else {
            // A process that died may have moved it, and not have noted that.
            let past = try await store.meeting(number)?.meeting
            let live = past.flatMap { past in store.roster { $0.liveMeeting(past.key) } }
            let isMoved = live?.replaces == number && live?.state == .running
            return try await finish(
                order, isMoved ? .done : .failed, isMoved ? "the meeting was moved" : "the meeting is over")
        }
        do throws(Refusal) {
            let reply = Self.refusal(in: try await move(meeting, to: target))
            if let reply { throw reply }
            try await note(order, moved: 1)
            try await done(order, .done, "the meeting was moved")
        } catch { try await done(order, .failed, error.message) }
    }

    /// The store's errors are for the log; the next round tries again.
    private func done(_ order: Order, _ state: Order.State, _ message: String) async throws(Refusal) {
        do { try await finish(order, state, message) } catch { throw .internalError }
    }

    private func note(_ order: Order, moved: Int = 0, failed: Int = 0, _ message: String = "") async throws(Refusal) {
        do { try await store.noteStep(of: order.id, moved: moved, failed: failed, message: message) } catch {
            throw .internalError
        }
    }

    /// Nothing of ours is there, or may be.
    private func isEmpty(_ server: ServerID) -> Bool { store.roster { $0.count(on: server) } == 0 }

    // MARK: evacuate

    private func evacuate(_ order: Order, _ server: ServerID, perMinute: Double) async throws {
        if isEmpty(server) { return try await finish(order, .done, "the server is empty") }
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
            do throws(Refusal) {
                if let refusal = Self.refusal(in: try await move(meeting, to: nil)) { throw refusal }
                try await note(order, moved: 1)
            } catch {
                let later = time.uptime() + .seconds(30)
                withState { $0.movesAgain[meeting.number] = later }
                try await store.noteStep(of: order.id, moved: 0, failed: 1, message: error.message)
            }
        }
    }

    /// The smallest first: fewest people are disturbed while there is most room elsewhere for the others.
    private func nextToMove(from server: ServerID, at now: Duration) -> Meeting? {
        let meetings = store.roster { $0.meetings(on: server) }.filter {
            $0.state == .running && !$0.isEnding
        }
        return withState { state in
            state.movesAgain = state.movesAgain.filter { $0.value > now }
            let users = Dictionary(
                (state.view(of: server).meetings?.entries ?? []).map { ($0.meeting.meetingID, $0.meeting) },
                uniquingKeysWith: { first, _ in first })
            return meetings.filter { state.movesAgain[$0.number] == nil }.filter {
                users[$0.key.meetingID]?.isBreakout != true
            }.min {
                let left = users[$0.key.meetingID]?.participantCount ?? 0
                let right = users[$1.key.meetingID]?.participantCount ?? 0
                return (left, $0.number) < (right, $1.number)
            }
        }
    }

    // MARK: panic

    /// The server is dead: everything is made elsewhere at once, and what cannot be is forgotten, so that a create makes it
    /// anew.
    private func abandon(_ order: Order, _ server: ServerID) async throws {
        let meetings = store.roster { $0.meetings(on: server) }.filter { $0.state.isLive }
        let results = await withTaskGroup(of: (Meeting, Refusal?).self) { group in
            var waiting = meetings[...]
            var results: [(Meeting, Refusal?)] = []
            func next() {
                guard let meeting = waiting.popFirst() else { return }
                group.addTask {
                    do throws(Refusal) {
                        return (meeting, Self.refusal(in: try await self.move(meeting, to: nil)))
                    } catch { return (meeting, error) }
                }
            }
            for _ in 0..<8 { next() }
            for await result in group {
                results.append(result)
                next()
            }
            return results
        }
        var forgotten = 0
        for case (let meeting, .some) in results {
            if try await store.end(meeting, reason: "panic", now: time.now()) {
                forgotten += 1
                FleetLog.meeting("meeting is forgotten, its server was given up", meeting, server: self.server(server))
            }
        }
        try await store.noteStep(of: order.id, moved: results.count - forgotten, failed: forgotten)
        try await finish(order, .done, "\(results.count - forgotten) moved, \(forgotten) forgotten")
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
