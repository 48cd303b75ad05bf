package import Logging
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore
internal import ServiceLifecycle

/// Looks at every service provider at intervals (`rooms-api.md` 6.4): each has a task and a deadline of its own in a round, so
/// that one that hangs keeps nobody else waiting for long.
package struct ProviderWatch: Service {
    private let desk: ProviderDesk
    private let logger: Logger

    /// Between two looks. One look takes at most ``ProviderCheck/deadline``, which is less.
    package static let interval = Duration.seconds(15)
    /// Looks that are made at the same time.
    private static let atATime = 16

    package init(desk: ProviderDesk, logger: Logger) {
        self.desk = desk
        self.logger = logger
    }

    package func run() async throws {
        await withLogger(logger) { _ in
            await cancelWhenGracefulShutdown { await repeatedly() }
        }
    }

    private func repeatedly() async {
        while !Task.isCancelled {
            let began = desk.time.uptime()
            await lookOnce()
            // Never without a pause, however long the round took.
            let rest = max(Self.interval - (desk.time.uptime() - began), .seconds(1))
            // Ends early only when cancelled, which the condition sees.
            try? await desk.time.sleep(rest)
        }
    }

    /// Looks at all of them once.
    package func lookOnce() async {
        let providers: [ServiceProvider]
        do { providers = try await desk.store.serviceProviders() } catch { return tell(error) }
        await withTaskGroup(of: Void.self) { group in
            for (index, provider) in providers.enumerated() {
                if index >= Self.atATime { await group.next() }
                group.addTask { await look(provider) }
            }
        }
    }

    private func look(_ provider: ServiceProvider) async {
        let isDue = provider.health.tls?.isDue(at: desk.time.now()) ?? true
        do { _ = try await desk.observe(provider, withTLS: isDue) } catch { tell(error) }
    }

    private func tell(_ error: any Error) {
        Logger.current.error("looking at service providers", metadata: ["error.chain": "\(error)"])
    }
}
