internal import ArgumentParser
internal import BigBlueButton
internal import Foundation
internal import Logging
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore
internal import PlenaryWeb

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the BigBlueButton API for the fleet, in the foreground.",
        discussion:
            "Logs to standard error. /readyz answers 200 once every server was looked at. SIGTERM ends it after open requests are answered."
    )

    func run() async throws {
        // A core file would have every secret in it.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        var settings = try await Workplace.loadSettings()
        let logger = Logger.plenary(settings)
        for warning in settings.warnings { logger.warning("check the settings", metadata: ["setting": "\(warning)"]) }
        let now = WireTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        let hadKeys = settings.keySource.isThere
        let store = try await Workplace.openStore(settings, now: now)
        let lock = try ServingLock(databasePath: settings.databasePath)
        await Self.cleanUp(store, logger)
        try settings.choosePort()
        try await Self.giveFirstSecret(settings, store, now: now)
        let node = try ServingNode(settings: settings, store: store, logger: logger)
        if !hadKeys { Workplace.tellNewKeys(settings) }
        logger.notice(
            "plenary starts",
            metadata: [
                "version": "\(BuildInfo.version)", "database.path": "\(settings.databasePath)",
                "keys.source": "\(settings.keySource.name)",
                "servers": "\(store.roster { $0.servers.count })",
            ])
        let strangers = CallbackReach.strangers(
            among: store.roster { roster in roster.servers.values.map(\.endpoint.url) },
            callbacksURL: settings.fleet.callbacksURL)
        if !strangers.isEmpty {
            logger.warning(
                "servers are told to call back at an address of this machine, which leads them to themselves",
                metadata: ["servers": "\(strangers.count)", "setting": "callbacks.url"])
        }
        try await Self.inviteFirst(settings, node, logger)
        try await node.run { [settings] port in
            logger.notice(
                "listening", metadata: ["address": "\(settings.web.host):\(port)", "base.url": "\(settings.baseURL)"])
        }
        try await store.close()
        logger.notice("plenary ended")
        _ = consume lock
    }

    /// Takes out of the files what is left of secrets in clear. Without it the fleet runs as well, so that it is no reason not to.
    private static func cleanUp(_ store: Store, _ logger: Logger) async {
        do {
            guard try await store.owesCleaning() else { return }
            logger.notice(
                "secrets were encrypted; the database is written anew, so that nothing is left of them in clear")
            if try await store.cleanUp() { logger.notice("the database is clean") }
        } catch {
            logger.warning(
                "secrets are encrypted, but old copies of them may still be in the database's files; run: plenary secrets clean",
                metadata: ["error.chain": "\(error)"])
        }
    }

    /// As long as there is no administrator, whoever starts the server becomes the first one by a link. It is shown on a terminal,
    /// where somebody sees it and nobody keeps it; what is written to a journal or a file may be read by others for years.
    private static func inviteFirst(_ settings: Settings, _ node: ServingNode, _ logger: Logger) async throws {
        guard try await node.store.administrators().isEmpty else { return }
        guard isatty(STDERR_FILENO) == 1, let link = try await node.services.signIn.firstLink() else {
            logger.notice("there is no administrator yet; make a link for the first one: plenary admin setup-link")
            return
        }
        Console.note(
            """
            plenary: there is no administrator yet. Whoever follows this link becomes the first one, and may do everything:
              \(link.url(origin: settings.baseURL))
              Good once, for 24 hours; a start of the server or `plenary admin setup-link` makes another one.
            """)
    }

    /// The default account must be able to sign; a generated secret is shown this once.
    static func giveFirstSecret(_ settings: Settings, _ store: Store, now: WireTime) async throws {
        guard store.roster({ $0.accounts[.default]?.secrets.isEmpty ?? true }) else { return }
        let secret = settings.secret ?? .generate()
        guard try await store.addFirstSecret(secret, to: .default, now: now), settings.secret == nil else { return }
        Console.note(
            """
            plenary: a secret was made for the default account. It is shown only now:
              API URL  \(settings.baseURL)/bigbluebutton/api
              secret   \(secret.reveal())
            """)
    }
}
