internal import BigBlueButton
internal import Foundation
internal import Hummingbird
internal import Logging
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore
internal import PlenaryWeb
internal import ServiceLifecycle
internal import UnixSignals

/// A serving process: listener, poller and housekeeping over one store, in one service group.
struct ServingNode {
    let settings: Settings
    let store: Store
    let fleet: Fleet
    let services: PlatformServices
    let logger: Logger
    private let transport: HTTPTransport
    private let probes: HTTPTransport
    private let providers: ProviderClient

    init(settings: Settings, store: Store, logger: Logger) throws {
        var settings = settings
        if !settings.geoDatabase.isEmpty {
            let geolocator = try Geolocator(path: settings.geoDatabase)
            settings.fleet.locate = { await geolocator.locate($0) }
        }
        let time = FleetTime.system()
        settings.fleet.identity.instance = String(time.random(), radix: 36)
        settings.fleet.identity.address = "\(settings.web.host):\(settings.web.port)"
        self.settings = settings
        self.store = store
        self.logger = logger
        transport = HTTPTransport(
            longestReply: settings.fleet.reply.size, longestRecordings: settings.fleet.recordingsReply.size)
        // Probes have connections of their own: calls that wait for a slow server do not make it look dead.
        probes = HTTPTransport(longestReply: settings.fleet.reply.size, connections: 2)
        fleet = Fleet(store: store, transport: transport, probes: probes, settings: settings.fleet, time: time)
        providers = ProviderClient(allowPrivate: settings.allowsPrivateProviders, extraCA: settings.providersCA)
        var passwords = Passwords.Settings()
        // The other half of the cores serves.
        passwords.atOnce = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
        var platformSettings = PlatformSettings(
            publicURL: settings.baseURL, hasSubdomains: settings.hasSubdomains)
        platformSettings.webhooks = Self.webhookSettings(settings)
        services = PlatformServices(
            platform: Platform(store: store, fleet: fleet, settings: platformSettings, time: time),
            transport: providers, passwords: passwords, threads: .pool)
    }

    /// Web hooks are https, unless callbacks may go to the operator's own networks: then without TLS, too.
    private static func webhookSettings(_ settings: Settings) -> WebhookSettings {
        WebhookSettings(
            allowsPrivate: settings.allowsPrivateCallbacks,
            allowsHTTP: settings.allowsPrivateCallbacks && settings.allowsHTTPCallbacks)
    }

    /// Runs until the process is told to end.
    ///
    /// - Parameters:
    ///   - first: services that it needs: they start first and end last.
    ///   - services: more that run beside it, and end first.
    ///   - onRunning: called once the listener is bound, with its port.
    func run(
        after first: [any Service] = [], beside services: [any Service] = [],
        onRunning: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let outbound = HTTPOutbound(
            allowPrivate: settings.allowsPrivateCallbacks, allowHTTP: settings.allowsHTTPCallbacks)
        let hooks = Self.webhookSettings(settings)
        let events = HTTPOutbound(allowPrivate: hooks.allowsPrivate, allowHTTP: hooks.allowsHTTP)
        // A file has one serving process: whatever other nodes it names are dead, and their creates may be settled.
        try await store.forgetOtherNodes(than: settings.fleet.identity.instance)
        let application = try buildApplication(
            fleet: fleet, services: self.services, settings: settings.web, logger: logger
        ) { channel in
            await onRunning(channel.localAddress?.port ?? 0)
        }
        var random = FleetRandom(fleet.time)
        let now = fleet.time.now()
        _ = try await store.ensureFleetProvider(identity: ResourceIdentity(at: now, using: &random), now: now)
        var configuration = ServiceGroupConfiguration(
            services: first + [
                Housekeeper(fleet: fleet, logger: logger), Poller(fleet: fleet, logger: logger),
                Courier(fleet: fleet, outbound: outbound, logger: logger),
                ProviderWatch(desk: self.services.providers, logger: logger),
                RoomKeeper(desk: self.services.joins, signIn: self.services.signIn, logger: logger),
                RecordingKeeper(desk: self.services.joins, logger: logger),
                EventCourier(platform: self.services.platform, outbound: events, logger: logger), application,
            ]
                + services,
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(25)
        let group = ServiceGroup(configuration: configuration)
        let result: Result<Void, any Error>
        do { result = .success(try await group.run()) } catch { result = .failure(error) }
        try await transport.close()
        try await probes.close()
        await providers.close()
        try result.get()
    }
}

/// Holds a file for one serving process: the second one is told so instead of both polling the fleet.
struct ServingLock: ~Copyable {
    private let descriptor: Int32

    init(databasePath: String) throws {
        let path = databasePath + ".serving"
        descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(
                message: "the lock \(path) cannot be made",
                remedy: "Let this user write to the directory of the database.")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CommandFailure(
                message: "another `plenary serve` runs on \(databasePath)",
                remedy:
                    "One process serves a SQLite database. Stop the other one, or give this one a database of its own (PLENARY_DATABASE_URL)."
            )
        }
    }

    deinit { close(descriptor) }
}
