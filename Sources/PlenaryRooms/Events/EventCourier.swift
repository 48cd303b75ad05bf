internal import BigBlueButton
package import Logging
internal import PlenaryCore
package import PlenaryFleet
internal import PlenaryStore
internal import ServiceLifecycle
internal import Synchronization

/// Tells web hooks what happened (`rooms-api.md` 16): from the store, at least once and in no order, until it is taken or dead.
package final class EventCourier: Service {
    private let platform: Platform
    private let outbound: any OutboundTransport
    private let logger: Logger
    private let isStopped = Mutex(false)

    /// Between two looks for what is due.
    private static let interval = Duration.milliseconds(500)
    /// How long a receiver rests that could not be reached, at first and at most: then others of it are tried, too.
    private static let firstRest = Duration.seconds(5)
    private static let longestRest = Duration.seconds(60)

    package init(platform: Platform, outbound: any OutboundTransport, logger: Logger) {
        self.platform = platform
        self.outbound = outbound
        self.logger = logger
    }

    package func run() async throws {
        await withLogger(logger) { _ in
            // What is under way is finished and noted: cut off, it would be sent again.
            await withGracefulShutdownHandler {
                await self.deliverUntilStopped()
            } onGracefulShutdown: {
                self.isStopped.withLock { $0 = true }
            }
            await self.outbound.close()
        }
    }

    private var time: FleetTime { platform.time }
    private var settings: WebhookSettings { platform.settings.webhooks }
    private var isDelivering: Bool { !Task.isCancelled && !isStopped.withLock { $0 } }

    /// What became of a try for its receiver.
    private struct Made: Sendable {
        let number: Int64
        let outcome: DeliverySlots.Outcome
    }

    private func deliverUntilStopped() async {
        await withTaskGroup(of: Made?.self) { group in
            var busy = OwnerSlots(toOne: settings.toOneOwner)
            var slots = DeliverySlots(
                DeliverySlots.Limits(
                    atATime: settings.atATime, toOneReceiver: settings.toOneReceiver, firstRest: Self.firstRest,
                    longestRest: Self.longestRest))
            group.addTask { await self.pause() }
            while isDelivering, let finished = await group.next() {
                if let made = finished {
                    busy.ended(made.number)
                    slots.ended(String(made.number), made.outcome, at: time.uptime(), chance: time.fraction())
                } else {
                    group.addTask { await self.pause() }
                }
                guard isDelivering, slots.hasRoom else { continue }
                do {
                    let due = try await platform.store.dueWebhooks(
                        at: time.now(), besides: busy.numbers, notTo: slots.closed(at: time.uptime()),
                        notOf: busy.full, toOneReceiver: settings.toOneReceiver, limit: settings.atATime)
                    for next in due where !busy.isFull(next.owner) {
                        guard slots.begin(String(next.number), to: next.receiver, at: time.uptime()) else { continue }
                        busy.began(next.number, of: next.owner)
                        group.addTask { Made(number: next.number, outcome: await self.deliver(next.number)) }
                    }
                } catch { tell(error) }
            }
        }
    }

    private func pause() async -> Made? {
        // Ends early only when cancelled, which the condition sees.
        try? await time.sleep(Self.interval)
        return nil
    }

    /// Sends everything that is due now: for tests, and for simulations that have their own time.
    package func deliverOnce() async throws {
        let due = try await platform.store.dueWebhooks(
            at: time.now(), besides: [], notTo: [], toOneReceiver: 1_000, limit: 1_000)
        for next in due { _ = await deliver(next.number) }
    }

    private func deliver(_ number: Int64) async -> DeliverySlots.Outcome {
        do {
            guard let message = try await platform.store.webhookMessage(number, now: time.now()) else {
                return .untried
            }
            let result = await send(message)
            // Cut off: it stays as it is, and is sent by the next process.
            if Task.isCancelled, case .failed = result { return .untried }
            let outcome: WebhookSchedule.Outcome
            let words: String
            let reached: DeliverySlots.Outcome
            switch result {
            case .answered(let status):
                outcome = .answered(status)
                words = "HTTP \(status)"
                reached = .reached
            case .failed(let what):
                outcome = .failed
                words = what
                reached = .unreached
            case .refused(let what):
                outcome = .refused
                words = what
                reached = .untried
            }
            let switchedOff = try await platform.store.noteWebhook(
                number, outcome, at: message.url, result: words, schedule: settings.schedule, chance: time.fraction(),
                now: time.now())
            if let switchedOff {
                Logger.current.warning(
                    "web hook is switched off",
                    metadata: ["webhook.id": "\(message.webhookID)", "webhook.reason": "\(switchedOff.rawValue)"])
            }
            return reached
        } catch {
            tell(error)
            // It may be sent once more, but not at once. Cancelled: then it does not matter.
            try? await time.sleep(Self.firstRest)
            return .untried
        }
    }

    private func send(_ message: WebhookMessage) async -> OutboundResult {
        // A process that was started without the key of its secrets must not give up what waits: the next one may have it.
        guard !message.secrets.isEmpty else { return .failed("there is no secret to sign with") }
        let seconds = time.now().milliseconds / 1_000
        let signature = WebhookSignature.header(
            id: message.id, seconds: seconds, body: message.body, secrets: message.secrets)
        let headers: [OutboundRequest.Header] = [
            OutboundRequest.Header(name: "Content-Type", value: "application/json"),
            OutboundRequest.Header(name: "webhook-id", value: message.id),
            OutboundRequest.Header(name: "webhook-timestamp", value: String(seconds)),
            OutboundRequest.Header(name: "webhook-signature", value: signature),
        ]
        return await outbound.send(
            OutboundRequest(url: message.url, headers: headers, body: message.body),
            deadline: settings.schedule.deadline)
    }

    private func tell(_ error: any Error) {
        Logger.current.error("telling web hooks", metadata: ["error.chain": "\(error)"])
    }
}
