package import Logging
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore
internal import ServiceLifecycle

/// Keeps the catalogue of recordings true, and deletes what was sold for a time that is over (`rooms-api.md` 7.6, 14). Beside
/// ``RoomKeeper``, so that a provider that is slow with its recordings delays no end of a session.
package struct RecordingKeeper: Service {
    private let desk: JoinDesk
    private let logger: Logger

    package static let interval = Duration.seconds(30)
    /// Between two looks at what expires.
    package static let day = Duration.seconds(86_400)
    /// Providers that are asked at the same time, each one room after the other.
    private static let atATime = 16
    /// For asking one provider in one round, and for deleting there in one day; what is left has its turn in the next.
    private static let askingTime = Duration.seconds(20)
    private static let deletingTime = Duration.seconds(300)
    private static let batch = 50

    package init(desk: JoinDesk, logger: Logger) {
        self.desk = desk
        self.logger = logger
    }

    package func run() async throws {
        await withLogger(logger) { _ in
            await cancelWhenGracefulShutdown { await repeatedly() }
        }
    }

    private func repeatedly() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await repeatedly(each: Self.interval) { await sweepOnce() } }
            group.addTask { await repeatedly(each: Self.day) { await expireOnce() } }
        }
    }

    private func repeatedly(each interval: Duration, _ work: @Sendable () async -> Void) async {
        let time = desk.platform.time
        while !Task.isCancelled {
            let began = time.uptime()
            await work()
            let rest = max(interval - (time.uptime() - began), .seconds(1))
            // Ends early only when cancelled, which the condition sees.
            try? await time.sleep(rest)
        }
    }

    /// Asks whoever is to be asked by now.
    package func sweepOnce() async {
        do {
            let due = try await desk.store.recordingProvidersDue(at: desk.platform.time.now())
            await eachOf(due) { await sweep($0) }
        } catch { tell(error) }
    }

    private func sweep(_ provider: String) async {
        let time = desk.platform.time
        let began = time.uptime()
        do {
            // Who is known to be away is not asked; nothing is lost by that, what is due stays due.
            guard let reference = ResourceReference(provider) else { return }
            let found = try await desk.store.serviceProvider(reference)
            if let found, found.type != .fleet, found.health.state == .down { return }
            let due = try await desk.store.recordingSourcesDue(on: provider, at: time.now(), limit: Self.batch)
            for source in due {
                guard time.uptime() - began < Self.askingTime, !Task.isCancelled else { return }
                do { try await desk.learn(source) } catch {
                    // One that cannot be written down is not the first again in every round, before all others.
                    tell(error)
                    try await desk.postpone(source)
                }
            }
        } catch { tell(error) }
    }

    /// Deletes the recordings whose time is over, and tells of those whose time will be. A provider that is away is asked again
    /// the next day.
    package func expireOnce() async {
        do {
            try await desk.store.trimRecordings(now: desk.platform.time.now())
            let over = try await desk.judgeRecordings()
            await eachOf(over.keys.sorted()) { provider in await expire(over[provider] ?? []) }
        } catch { tell(error) }
    }

    private func expire(_ recordings: [CataloguedRecording]) async {
        let time = desk.platform.time
        let began = time.uptime()
        for recording in recordings {
            guard time.uptime() - began < Self.deletingTime, !Task.isCancelled else { return }
            // Of our own servers one may be away that has this one, and others are there.
            do { _ = try await desk.expire(recording) } catch { tell(error) }
        }
    }

    private func eachOf(_ providers: [String], _ work: @escaping @Sendable (String) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for (index, provider) in providers.enumerated() {
                if index >= Self.atATime { await group.next() }
                group.addTask { await work(provider) }
            }
        }
    }

    private func tell(_ error: any Error) {
        Logger.current.error("looking after recordings of rooms", metadata: ["error.chain": "\(error)"])
    }
}
