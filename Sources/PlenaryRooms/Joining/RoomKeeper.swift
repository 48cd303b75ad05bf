internal import BigBlueButton
package import Logging
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore
internal import ServiceLifecycle

/// Looks after sessions that run while nobody asks for them (`rooms-api.md` 7.6, 11.7, 14): how many are in, which are over, which
/// are longer than was sold, and whom a provider that is back still has to be told of.
package struct RoomKeeper: Service {
    private let desk: JoinDesk
    private let signIn: SignIn?
    private let logger: Logger

    /// Between two rounds. Who wants to know it sooner asks, and the provider is asked then.
    package static let interval = Duration.seconds(30)
    /// Sessions that are looked at, at the same time.
    private static let atATime = 16
    /// For telling one provider what it is owed, in one round.
    private static let owedTime = Duration.seconds(10)
    /// Between two times that what is old is thrown away.
    private static let tidying = Duration.seconds(3_600)

    /// - Parameter signIn: whose old sessions and links are thrown away; `nil`: only answers to requests that may be repeated.
    package init(desk: JoinDesk, signIn: SignIn? = nil, logger: Logger) {
        self.desk = desk
        self.signIn = signIn
        self.logger = logger
    }

    package func run() async throws {
        await withLogger(logger) { _ in
            await cancelWhenGracefulShutdown { await repeatedly() }
        }
    }

    private func repeatedly() async {
        let time = desk.platform.time
        var tidiesAt = time.uptime()
        while !Task.isCancelled {
            let began = time.uptime()
            await lookOnce()
            if began >= tidiesAt {
                await tidy()
                tidiesAt = began + Self.tidying
            }
            let rest = max(Self.interval - (time.uptime() - began), .seconds(1))
            // Ends early only when cancelled, which the condition sees.
            try? await time.sleep(rest)
        }
    }

    /// One round over all sessions.
    package func lookOnce() async {
        do {
            let sessions = try await desk.store.liveSessions().filter { $0.state == .running }
            await withTaskGroup(of: Void.self) { group in
                for (index, session) in sessions.enumerated() {
                    if index >= Self.atATime { await group.next() }
                    group.addTask { await look(after: session) }
                }
            }
            try await tellOwedEnds()
        } catch { tell(error) }
        do { try await desk.store.tellExpiredTokens(now: desk.platform.time.now()) } catch { tell(error) }
    }

    private func look(after session: RoomSession) async {
        do {
            let now = desk.platform.time.now()
            guard let room = try await desk.store.room(session.room) else { return }
            if let end = session.startedAt.flatMap({ RoomLimits.hardEnd(startedAt: $0, used: session.used) }),
                end <= now
            {
                // Its provider should have ended it a minute ago.
                _ = try await desk.end(room, reason: .maxDuration)
                return
            }
            // Who does not answer has no turn of four seconds each time: the watch of the providers says when it is back.
            if let provider = session.provider, provider.type != .fleet, let id = ResourceReference(provider.id),
                try await desk.store.serviceProvider(id)?.health.state == .down
            {
                return
            }
            try await desk.lookAfter(session, room)
        } catch { tell(error) }
    }

    /// Sessions that were given up while their provider was down end there as soon as it is back. One that is silent keeps no other
    /// one waiting.
    private func tellOwedEnds() async throws {
        let providers = try await desk.store.serviceProviders().filter { $0.health.state != .down }
        await withTaskGroup(of: Void.self) { group in
            for (index, provider) in providers.enumerated() {
                if index >= Self.atATime { await group.next() }
                group.addTask { await tellOwedEnds(on: provider.identity.id) }
            }
        }
    }

    private func tellOwedEnds(on provider: String) async {
        let time = desk.platform.time
        let began = time.uptime()
        do {
            for session in try await desk.store.sessionsOwingEnd(on: provider) {
                // What is left has its turn in the next round.
                guard time.uptime() - began < Self.owedTime else { return }
                _ = try await desk.tellOwedEnd(of: session, on: provider)
            }
        } catch { tell(error) }
    }

    private func tidy() async {
        do { try await desk.store.trimEvents(now: desk.platform.time.now()) } catch { tell(error) }
        do {
            if let signIn { return try await signIn.tidy() }
            try await desk.store.removeOldIdempotencyRecords(now: desk.platform.time.now())
        } catch { tell(error) }
    }

    private func tell(_ error: any Error) {
        Logger.current.error("looking after sessions of rooms", metadata: ["error.chain": "\(error)"])
    }
}
