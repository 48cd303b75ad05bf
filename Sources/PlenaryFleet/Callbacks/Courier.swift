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

    /// Makes deliveries as they come due, some at a time: one of a lane, and a few to one host.
    func deliverUntilStopped(_ outbound: any OutboundTransport) async {
        await withTaskGroup(of: String?.self) { group in
            /// The lanes in which one is being made, with its host.
            var busy: [String: String] = [:]
            // The clock by which a lane that is free, or an event that is new, is noticed.
            group.addTask { await self.waitForDeliveries() }
            while isDelivering, let finished = await group.next() {
                if let lane = finished { busy[lane] = nil } else { group.addTask { await self.waitForDeliveries() } }
                guard isDelivering, busy.count < settings.deliveriesAtATime else { continue }
                do {
                    let due = try await store.dueDeliveries(at: time.now(), besides: Set(busy.keys), limit: 200)
                    for (lane, delivery) in due where busy.count < settings.deliveriesAtATime {
                        let host = Self.authority(of: delivery.url)
                        guard busy.values.filter({ $0 == host }).count < settings.deliveriesToOneHost else { continue }
                        busy[lane] = host
                        group.addTask {
                            await self.deliver(delivery, outbound)
                            return lane
                        }
                    }
                } catch { FleetLog.failure("looking for callbacks that are due", error) }
            }
        }
    }

    /// Until something is new, or a while has passed.
    private func waitForDeliveries() async -> String? {
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
        for (_, delivery) in try await store.dueDeliveries(at: time.now(), besides: [], limit: 1_000) {
            let result = try await attempt(delivery, outbound)
            try await note(delivery, result)
        }
    }

    /// One try. What became of it is noted before the lane is free again, however long that takes: else what was acknowledged
    /// would be sent once more.
    private func deliver(_ delivery: Delivery, _ outbound: any OutboundTransport) async {
        let result: OutboundResult?
        do { result = try await attempt(delivery, outbound) } catch {
            FleetLog.failure("making a callback", error)
            // Nothing was sent. The lane rests before it is looked at again.
            try? await time.sleep(settings.retries.first)  // Cancelled: then it does not matter.
            return
        }
        // Cut off: it stays as it is, and is made by the next process.
        if Task.isCancelled, case .failed = result { return }
        var wait = Duration.milliseconds(250)
        while true {
            do { return try await note(delivery, result) } catch {
                FleetLog.failure("noting what became of a callback", error)
            }
            guard isDelivering else { return }
            // Cancelled: the condition sees that.
            try? await time.sleep(wait)
            wait = min(wait * 2, .seconds(30))
        }
    }

    /// - Returns: `nil` when there is nothing to sign with.
    private func attempt(_ delivery: Delivery, _ outbound: any OutboundTransport) async throws -> OutboundResult? {
        guard let request = try await request(for: delivery) else { return nil }
        return await outbound.send(request.numbered(delivery.id), deadline: settings.deliveryDeadline)
    }

    private func note(_ delivery: Delivery, _ result: OutboundResult?) async throws {
        switch result {
        case .answered(let status) where delivery.isAcknowledged(by: status):
            try await note(delivery, .delivered, "HTTP \(status)")
        case .answered(let status):
            let isRefusal = (400..<500).contains(status) && ![408, 425, 429].contains(status)
            try await again(delivery, "HTTP \(status)", isRefusal: isRefusal)
        case .failed(let what): try await again(delivery, what)
        case .refused(let what): try await note(delivery, .parked, what)
        case nil: try await note(delivery, .parked, "the account has no secret to sign with")
        }
    }

    private static let triesOfRefusedEvents = 8

    /// - Parameter isRefusal: the receiver answered, and does not want it as it is.
    private func again(_ delivery: Delivery, _ result: String, isRefusal: Bool = false) async throws {
        let now = time.now()
        // Events of a hook come one after the other: one that its receiver will never take must not hold up all others.
        if delivery.kind == .hook, isRefusal, delivery.attempts + 1 >= Self.triesOfRefusedEvents {
            return try await note(delivery, .parked, result)
        }
        guard
            let delay = settings.retries.delay(
                afterAttempts: delivery.attempts + 1, age: now.since(delivery.createdAt), chance: time.fraction())
        else { return try await note(delivery, .parked, result) }
        try await note(delivery, .again(at: now.advanced(by: delay)), result)
    }

    private func note(_ delivery: Delivery, _ attempt: Store.Attempt, _ result: String) async throws {
        if attempt == .parked {
            Logger.current.warning(
                "callback is given up",
                metadata: [
                    "delivery.number": "\(delivery.id)", "delivery.kind": "\(delivery.kind.rawValue)",
                    "delivery.result": "\(result)",
                ])
        }
        try await store.note(attempt, of: delivery.id, result: result, now: time.now())
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
            let payload =
                "{\"meeting_id\":\(JSONText.quoted(meetingID)),\"record_id\":\(JSONText.quoted(delivery.payload))}"
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
            let joint = delivery.url.contains("?") ? "&" : "?"
            return OutboundRequest(
                url: "\(delivery.url)\(joint)checksum=\(checksum)", headers: [form], body: Array(delivery.payload.utf8))
        }
    }
}

extension OutboundRequest {
    /// With the number of the delivery: should it ever come twice, because we died between its acknowledgement and our note of
    /// it, a receiver can tell.
    fileprivate func numbered(_ id: DeliveryID) -> OutboundRequest {
        OutboundRequest(
            url: url, headers: headers + [.init(name: "Plenary-Delivery", value: id.description)], body: body)
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
