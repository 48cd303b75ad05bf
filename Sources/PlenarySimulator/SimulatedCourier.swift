package import PlenaryFleet
internal import ServiceLifecycle
internal import Synchronization

/// Delivers what servers send by themselves, as a service that runs beside them.
///
/// Callbacks go out side by side, so their order is not kept. A failed one is tried again after 0.3 s, 0.6 s, 1.2 s and
/// 2.4 s, five times in all. A real server waits for minutes (`bbb-api.md` 10.1, 11.5), which nobody who tries things has.
package struct SimulatedCourier: Service {
    /// Sends one callback and says which status came back, `nil` when nothing did.
    package typealias Deliver = @Sendable (SimulatedCallback) async -> Int?

    private let servers: [SimulatedServer]
    private let time: FleetTime
    private let deliver: Deliver

    private static let interval = Duration.milliseconds(50)
    private static let attempts = 5
    private static let firstPause = Duration.milliseconds(300)
    /// Under way at once; the others wait in the outboxes.
    private static let limit = 32

    package init(servers: [SimulatedServer], time: FleetTime, deliver: @escaping Deliver) {
        self.servers = servers
        self.time = time
        self.deliver = deliver
    }

    /// Until it is cancelled or shut down; what is under way then is given up.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await collect() }
    }

    private func collect() async {
        let seats = Seats(Self.limit)
        await withDiscardingTaskGroup { group in
            var waiting: [SimulatedCallback] = []
            while !Task.isCancelled {
                if waiting.isEmpty { waiting = servers.flatMap { $0.takeCallbacks() } }
                while let next = waiting.first, seats.take() {
                    waiting.removeFirst()
                    group.addTask {
                        await carry(next)
                        seats.giveBack()
                    }
                }
                // A wait that ends early was cancelled; the loop's condition sees that.
                try? await time.sleep(Self.interval)
            }
            group.cancelAll()
        }
    }

    /// 401 and 410 say that there is nobody any more who wants it.
    private func carry(_ callback: SimulatedCallback) async {
        var pause = Self.firstPause
        for attempt in 1...Self.attempts {
            if let status = await deliver(callback), (200...299).contains(status) || status == 401 || status == 410 {
                return
            }
            guard attempt < Self.attempts else { return }
            do { try await time.sleep(pause) } catch { return }
            pause += pause
        }
    }
}

/// How many more callbacks may be under way.
private final class Seats: Sendable {
    private let free: Mutex<Int>

    init(_ count: Int) { free = Mutex(count) }

    func take() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    func giveBack() { free.withLock { $0 += 1 } }
}
