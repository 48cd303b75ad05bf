internal import BigBlueButton
package import Logging
internal import PlenaryCore
internal import PlenaryStore
internal import ServiceLifecycle

/// Tells callers what they asked to be told: from the store, in order within a lane, again and again until it is acknowledged
/// (ARCHITECTURE decision 10).
package struct Courier: Service {
    private let fleet: Fleet
    private let outbound: any OutboundTransport
    private let logger: Logger

    package init(fleet: Fleet, outbound: any OutboundTransport, logger: Logger) {
        self.fleet = fleet
        self.outbound = outbound
        self.logger = logger
    }

    package func run() async throws {
        await withLogger(logger) { _ in
            // What is under way is finished and noted: cut off, it would be sent again.
            await withGracefulShutdownHandler {
                await fleet.deliverUntilStopped(outbound)
            } onGracefulShutdown: {
                fleet.stopDelivering()
            }
            await outbound.close()
        }
    }
}

extension Fleet {
    /// No new deliveries; those under way are finished.
    func stopDelivering() {
        withState { $0.hasStoppedDelivering = true }
        deliveries.raise()
    }

    private var isDelivering: Bool { !Task.isCancelled && !withState { $0.hasStoppedDelivering } }

    /// What became of a delivery for its lane and its receiver.
    private struct Made: Sendable {
        let lane: String
        let outcome: DeliverySlots.Outcome
    }

    /// Longer than that nobody rests who could not be reached: when he is back, those who wait for him hear of it soon.
    private static let longestRest = Duration.seconds(60)

    /// Makes deliveries as they come due, some at a time: one of a lane, and a few to one receiver.
    func deliverUntilStopped(_ outbound: any OutboundTransport) async {
        await withTaskGroup(of: Made?.self) { group in
            var slots = DeliverySlots(
                DeliverySlots.Limits(
                    atATime: settings.deliveriesAtATime, toOneReceiver: settings.deliveriesToOneHost,
                    firstRest: settings.retries.first, longestRest: min(settings.retries.longest, Self.longestRest)))
            // The clock by which a lane that is free, or an event that is new, is noticed.
            group.addTask { await self.waitForDeliveries() }
            while isDelivering, let finished = await group.next() {
                if let made = finished {
                    slots.ended(made.lane, made.outcome, at: time.uptime(), chance: time.fraction())
                } else {
                    group.addTask { await self.waitForDeliveries() }
                }
                guard isDelivering, slots.hasRoom else { continue }
                do {
                    let due = try await store.dueDeliveries(
                        at: time.now(), besides: slots.busyLanes, notTo: slots.closed(at: time.uptime()),
                        toOneReceiver: settings.deliveriesToOneHost,
                        limit: settings.deliveriesAtATime * settings.deliveriesToOneHost)
                    for next in due where slots.begin(next.lane, to: next.receiver, at: time.uptime()) {
                        group.addTask { Made(lane: next.lane, outcome: await self.deliver(next.id, outbound)) }
                    }
                } catch { FleetLog.failure("looking for callbacks that are due", error) }
            }
        }
    }

    /// Until something is new, or a while has passed.
    private func waitForDeliveries() async -> Made? {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.deliveries.wait() }
            // Cancelled when something came.
            group.addTask { try? await self.time.sleep(.milliseconds(500)) }
            await group.next()
            group.cancelAll()
        }
        return nil
    }

    /// Makes everything that is due now: for tests, and for simulations that have their own time.
    package func deliverOnce(_ outbound: any OutboundTransport) async throws {
        let due = try await store.dueDeliveries(
            at: time.now(), besides: [], notTo: [], toOneReceiver: 1_000, limit: 1_000)
        for next in due {
            guard let delivery = try await waiting(next.id) else { continue }
            let result = try await attempt(delivery, outbound)
            try await note(delivery, result)
        }
    }

    /// A delivery as it is now; `nil` when it need not be made any more, because its hook is gone or it was given up.
    private func waiting(_ id: DeliveryID) async throws -> Delivery? {
        guard let delivery = try await store.delivery(id), delivery.state == .waiting else { return nil }
        return delivery
    }

    /// One try. What became of it is noted before the lane is free again, however long that takes: else what was acknowledged
    /// would be sent once more.
    private func deliver(_ id: DeliveryID, _ outbound: any OutboundTransport) async -> DeliverySlots.Outcome {
        let delivery: Delivery
        let result: OutboundResult?
        do {
            guard let found = try await waiting(id) else { return .untried }
            delivery = found
            result = try await attempt(found, outbound)
        } catch {
            FleetLog.failure("making a callback", error)
            // Nothing was sent. The lane rests before it is looked at again.
            try? await time.sleep(settings.retries.first)  // Cancelled: then it does not matter.
            return .untried
        }
        // Cut off: it stays as it is, and is made by the next process.
        if Task.isCancelled, case .failed = result { return .untried }
        let outcome: DeliverySlots.Outcome =
            switch result {
            case .answered: .reached
            case .failed: .unreached
            case .refused, nil: .untried
            }
        var wait = Duration.milliseconds(250)
        while true {
            do {
                try await note(delivery, result)
                return outcome
            } catch { FleetLog.failure("noting what became of a callback", error) }
            guard isDelivering else { return outcome }
            // Cancelled: the condition sees that.
            try? await time.sleep(wait)
            wait = min(wait * 2, .seconds(30))
        }
    }

    /// - Returns: `nil` when there is nothing to sign with.
    private func attempt(_ delivery: Delivery, _ outbound: any OutboundTransport) async throws -> OutboundResult? {
        guard let request = try await request(for: delivery) else { return nil }
        return await outbound.send(
            request.numbered(delivery.id.reference(key: store.key)), deadline: settings.deliveryDeadline)
    }

    private func note(_ delivery: Delivery, _ result: OutboundResult?) async throws {
        switch result {
        case .answered(let status) where delivery.isAcknowledged(by: status):
            try await note(delivery, .delivered, "HTTP \(status)", isAnswer: true)
        case .answered(let status): try await again(delivery, answered: status)
        case .failed(let what): try await again(delivery, what, afterTries: delivery.attempts + 1)
        case .refused(let what): try await note(delivery, .parked, what)
        case nil: try await note(delivery, .parked, "the account has no secret to sign with")
        }
    }

    /// The receiver answered, and did not take it.
    private func again(_ delivery: Delivery, answered status: Int) async throws {
        let result = "HTTP \(status)"
        guard delivery.kind == .hook else {
            return try await again(delivery, result, afterTries: delivery.attempts + 1, isAnswer: true)
        }
        // Events of a hook come one after the other: one that its receiver never takes must not hold up all others.
        let answers = delivery.answers + 1
        let since = delivery.answeredSince.map { time.now().since($0) } ?? .zero
        let isRefusal = (400..<500).contains(status) && ![408, 425, 429].contains(status)
        if settings.retries.makesWay(afterAnswers: answers, since: since, isRefusal: isRefusal) {
            return try await note(delivery, .parked, result, isAnswer: true)
        }
        // Whoever answers again, after hours of silence, is asked again as soon as at first.
        try await again(delivery, result, afterTries: answers, isAnswer: true)
    }

    private func again(_ delivery: Delivery, _ result: String, afterTries tries: Int, isAnswer: Bool = false)
        async throws
    {
        let now = time.now()
        guard
            let delay = settings.retries.delay(
                afterAttempts: tries, age: now.since(delivery.createdAt), chance: time.fraction())
        else { return try await note(delivery, .parked, result, isAnswer: isAnswer) }
        try await note(delivery, .again(at: now.advanced(by: delay)), result, isAnswer: isAnswer)
    }

    private func note(
        _ delivery: Delivery, _ attempt: Store.Attempt, _ result: String, isAnswer: Bool = false
    ) async throws {
        if attempt == .parked {
            Logger.current.warning(
                "callback is given up",
                metadata: [
                    "delivery.number": "\(delivery.id)", "delivery.kind": "\(delivery.kind.rawValue)",
                    "delivery.result": "\(result)",
                ])
        }
        try await store.note(attempt, of: delivery.id, result: result, isAnswer: isAnswer, now: time.now())
    }

    /// The request in the form of its kind (`bbb-api.md` 10, 11.5), signed with the caller's own secret.
    ///
    /// - Returns: `nil` when there is nothing to sign with.
    func request(for delivery: Delivery) async throws -> OutboundRequest? {
        let form = OutboundRequest.Header(
            name: "Content-Type", value: "application/x-www-form-urlencoded; charset=UTF-8")
        var meetingID = ""
        if let number = delivery.meeting {
            meetingID = try await store.meeting(number)?.meeting.key.meetingID.rawValue ?? ""
        }
        if delivery.kind == .ended { return OutboundRequest(url: delivery.url) }
        if delivery.kind == .end {
            let query = "recordingmarks=\(delivery.payload)&meetingID=\(FormCoding.encode(meetingID, style: .java))"
            return OutboundRequest(url: JoinRequest.Delivery.adding(query, to: delivery.url))
        }
        guard let secret = signingSecret(delivery.account, delivery.secret) else { return nil }
        switch delivery.kind {
        case .end, .ended: return nil
        case .recording:
            // Of a breakout room its own id stands behind that of its recording.
            let ids = delivery.payload.split(separator: " ", maxSplits: 1).map(String.init)
            if ids.count > 1 { meetingID = ids[1] }
            let payload =
                "{\"meeting_id\":\(JSONText.quoted(meetingID)),\"record_id\":\(JSONText.quoted(ids.first ?? ""))}"
            let token = SignedToken.sign(payload, secret: secret, algorithm: .hs256)
            return OutboundRequest(
                url: delivery.url, headers: [form], body: Array("signed_parameters=\(FormCoding.encode(token))".utf8))
        case .analytics:
            let expiry = time.now().milliseconds / 1_000 + 86_400
            let token = SignedToken.sign(
                "{\"exp\":\(expiry)}", secret: secret, algorithm: .hs512, includesType: true)
            return OutboundRequest(
                url: delivery.url,
                headers: [
                    .init(name: "Content-Type", value: "application/json"),
                    .init(name: "Authorization", value: "Bearer \(token)"),
                    .init(name: "User-Agent", value: "BigBlueButton Analytics Callback"),
                ], body: Array(delivery.payload.utf8))
        case .hook:
            let checksum = Checksum(CallName(rawValue: delivery.url), query: delivery.payload, secret: secret).hex
            return OutboundRequest(
                url: JoinRequest.Delivery.adding("checksum=\(checksum)", to: delivery.url), headers: [form],
                body: Array(delivery.payload.utf8))
        }
    }
}

extension OutboundRequest {
    /// With the number of the delivery: should it ever come twice, because we died between its acknowledgement and our note of
    /// it, a receiver can tell.
    fileprivate func numbered(_ reference: String) -> OutboundRequest {
        OutboundRequest(url: url, headers: headers + [.init(name: "Plenary-Delivery", value: reference)], body: body)
    }
}

extension Delivery {
    /// Whether the receiver has it, or says that it does not want it any more (`bbb-api.md` 10.2, 11.5).
    fileprivate func isAcknowledged(by status: Int) -> Bool {
        switch (kind, status) {
        case (_, 200..<300), (.recording, 410), (.hook, 401): true
        default: false
        }
    }
}
