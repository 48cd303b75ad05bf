internal import BigBlueButton
internal import Foundation
internal import Logging
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore
internal import PlenaryWeb

/// The settings of this run, checked.
struct Settings: Sendable {
    /// The file of the SQLite database.
    var databasePath: String
    var fleet: FleetSettings
    var web: WebSettings
    var store: Store.Settings
    /// Where clients reach us, without a slash at the end.
    var baseURL: String
    /// Whether the base URL was set, or made from the listener.
    var isBaseURLGiven: Bool
    /// The first secret of the default account.
    var secret: Secret?
    var logLevel: Logger.Level
    var logFormat: String
    var warnings: [String]
    /// Which addresses callbacks may go to.
    var allowsPrivateCallbacks = false
    var allowsHTTPCallbacks = true
    /// Whether servers reach us under a URL of its own.
    var isCallbacksURLGiven = false
    /// Whether service providers may be in the operator's own networks.
    var allowsPrivateProviders = true
    /// A file with authorities that are believed when service providers are called; empty: none beside those of the system.
    var providersCA = ""
    /// A MaxMind file; empty: none.
    var geoDatabase = ""
    /// Names below the public host lead here too.
    var hasSubdomains = false
    /// Where the keys of the stored secrets were said to be; `nil`: beside the database.
    var givenKeys: KeySource?

    /// Where the keys of the stored secrets come from.
    var keySource: KeySource { givenKeys ?? .file(path: databasePath + ".key") }

    static func load(flags: [String: String], environment: [String: String] = ProcessInfo.processInfo.environment)
        async throws -> Settings
    {
        var flags = flags
        let file =
            flags.removeValue(forKey: "config") ?? environment["PLENARY_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let values = try await SettingsValues(flags: flags, environment: environment, file: file)
        var parser = SettingsParser(values)
        var settings = Settings(
            databasePath: "", fleet: FleetSettings(), web: WebSettings(), store: Store.Settings(), baseURL: "",
            isBaseURLGiven: false,
            secret: nil, logLevel: .info, logFormat: parser.choice("log.format"), warnings: values.warnings)
        settings.logLevel = Logger.Level(rawValue: parser.choice("log.level")) ?? .info
        settings.readDatabase(&parser, environment: environment)
        settings.readListener(&parser)
        settings.readSecret(&parser)
        settings.readKeys(&parser, environment: environment)
        settings.readFleet(&parser)
        settings.store.waitingWrites = parser.count("store.waitingWrites", from: 1)
        settings.store.keptChanges = Int64(parser.count("store.keptChanges", from: 100))
        settings.readCallbacks(&parser)
        settings.readChatTexts(&parser)
        settings.fleet.longestReservation = parser.count("reservations.longest", from: 1)
        settings.readProviders(&parser)
        settings.geoDatabase = parser.values.text("geo.database")
        settings.hasSubdomains = parser.flag("rooms.subdomains")
        settings.web.joinsPerMinute = parser.count("rooms.joinsPerMinute", from: 1)
        try parser.check()
        return settings
    }

    private mutating func readDatabase(_ parser: inout SettingsParser, environment: [String: String]) {
        let url = parser.values.text("database.url")
        if url.hasPrefix("sqlite:"), url.count > "sqlite:".count {
            // sqlite:PATH and sqlite:///PATH are both written.
            let path = String(url.dropFirst("sqlite:".count))
            databasePath = path.hasPrefix("//") ? String(path.dropFirst(2)) : path
        } else if url.isEmpty {
            databasePath = Self.stateDirectory(environment) + "/plenary.sqlite"
        } else if url.hasPrefix("postgres:") || url.hasPrefix("postgresql:") {
            parser.reject("database.url", "this version keeps its data in SQLite only: write sqlite:PATH")
        } else {
            parser.reject("database.url", "write sqlite:PATH")
        }
    }

    private static func stateDirectory(_ environment: [String: String]) -> String {
        // systemd lists several with colons; the first is ours.
        if let first = environment["STATE_DIRECTORY"]?.split(separator: ":").first { return String(first) }
        if geteuid() == 0 { return "/var/lib/plenary" }
        if let state = environment["XDG_STATE_HOME"], !state.isEmpty { return state + "/plenary" }
        return (environment["HOME"] ?? ".") + "/.local/state/plenary"
    }

    private mutating func readListener(_ parser: inout SettingsParser) {
        guard let (host, port) = Self.hostAndPort(parser.values.text("listen")) else {
            return parser.reject("listen", "write ADDRESS:PORT, such as 127.0.0.1:8080 or [::]:8080")
        }
        web.host = host
        web.port = port
        web.longestBody = parser.size("http.longestBody")
        web.longestForm = parser.size("http.longestForm")
        web.bodiesAtATime = parser.size("http.bodiesAtATime")
        web.longestQuery = parser.size("http.longestQuery")
        web.connections = parser.count("http.connections", from: 1)
        web.idleTimeout = parser.positiveDuration("http.idleTimeout")
        web.longestRequest = parser.size("http.longestRequest")
        let proxies = parser.values.text("http.trustedProxies").split(separator: ",").map {
            String($0.filter { !$0.isWhitespace })
        }
        web.trustedProxies = TrustedProxies(proxies.compactMap { IPNetwork($0) })
        if web.trustedProxies.networks.count != proxies.count {
            parser.reject("http.trustedProxies", "write addresses or networks such as 10.0.0.5, 192.168.0.0/16, ::1")
        }
        let given = parser.values.text("base.url")
        isBaseURLGiven = !given.isEmpty
        baseURL = isBaseURLGiven ? given : Self.baseURL(host: web.host, port: port)
        while baseURL.hasSuffix("/") { baseURL.removeLast() }
        for end in ["/bigbluebutton/api", "/bigbluebutton"] where baseURL.hasSuffix(end) {
            baseURL.removeLast(end.count)
        }
        // One that was made from the listener is right, or its port is not known yet.
        if isBaseURLGiven, APIURL(baseURL) == nil {
            parser.reject("base.url", "write an http or https URL such as https://meet.example.org")
        }
        tellURLs()
    }

    /// The fleet's own addresses, made from the public URL.
    private mutating func tellURLs() {
        fleet.publicURL = baseURL
        fleet.joinFailedURL = baseURL + "/join-failed"
        if !isCallbacksURLGiven { fleet.callbacksURL = baseURL }
    }

    private mutating func readCallbacks(_ parser: inout SettingsParser) {
        var url = parser.values.text("callbacks.url")
        while url.hasSuffix("/") { url.removeLast() }
        isCallbacksURLGiven = !url.isEmpty
        if isCallbacksURLGiven, APIURL(url) == nil {
            parser.reject("callbacks.url", "write an http or https URL such as http://10.0.0.5:8080")
        }
        if isCallbacksURLGiven { fleet.callbacksURL = url }
        allowsPrivateCallbacks = parser.flag("callbacks.allowPrivate")
        web.longestAnalytics = parser.size("callbacks.analyticsSize")
        allowsHTTPCallbacks = parser.flag("callbacks.allowHTTP")
        fleet.allowsPrivateCallbacks = allowsPrivateCallbacks
        fleet.allowsHTTPCallbacks = allowsHTTPCallbacks
        fleet.retries.first = parser.positiveDuration("callbacks.firstRetry")
        fleet.retries.longest = max(parser.positiveDuration("callbacks.longestRetry"), fleet.retries.first)
        fleet.retries.patience = parser.positiveDuration("callbacks.patience")
        fleet.deliveryDeadline = parser.positiveDuration("callbacks.deadline")
        fleet.keptDeliveries = parser.duration("callbacks.kept")
        fleet.rejoin = FleetSettings.Rejoin(rawValue: parser.choice("rejoin")) ?? .join
        fleet.keptDocument = parser.size("move.keptDocument")
        fleet.uniqueVoiceBridges = parser.flag("voiceBridge.unique")
        fleet.tellsServers = parser.flag("meetings.tellServer")
    }

    private mutating func readProviders(_ parser: inout SettingsParser) {
        allowsPrivateProviders = parser.flag("providers.allowPrivate")
        providersCA = parser.values.text("providers.extraCA")
        if !providersCA.isEmpty, !FileManager.default.isReadableFile(atPath: providersCA) {
            parser.reject("providers.extraCA", "the file cannot be read")
        }
    }

    private mutating func readChatTexts(_ parser: inout SettingsParser) {
        let locale = parser.values.text("chat.locale")
        if ChatTemplate.closest(to: locale) == nil {
            let known = ChatTemplate.all.map(\.locale).joined(separator: ", ")
            parser.reject("chat.locale", "there are texts in \(known)")
        }
        fleet.chatTexts = DefaultChatTexts(
            platform: parser.values.text("chat.platform"), locale: locale, welcome: parser.values.text("chat.welcome"),
            moderatorOnly: parser.values.text("chat.moderatorOnly"), hasDialIn: parser.flag("chat.dialIn"))
    }

    /// `127.0.0.1:8080`, `[::1]:8080`, `:8080` (everywhere). What is cut short is refused, so that it does not listen elsewhere.
    static func hostAndPort(_ text: String) -> (String, Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        let host = text[..<colon]
        if host.isEmpty { return ("0.0.0.0", port) }
        if host.hasPrefix("["), host.hasSuffix("]"), host.count > 2 {
            return (String(host.dropFirst().dropLast()), port)
        }
        return host.contains { "[]:".contains($0) } ? nil : (String(host), port)
    }

    /// The URL of a listener; one that listens everywhere is reached at the loopback address.
    static func baseURL(host: String, port: Int) -> String {
        let host = ["0.0.0.0", "::"].contains(host) ? "127.0.0.1" : host
        return "http://" + (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
    }

    /// Makes sure that the listener can be had, and turns port 0 into a free port, so that the public URL is known before.
    mutating func choosePort() throws {
        web.port = try FreePort.find(host: web.host, port: web.port)
        if !isBaseURLGiven { baseURL = Self.baseURL(host: web.host, port: web.port) }
        tellURLs()
    }

    private mutating func readSecret(_ parser: inout SettingsParser) {
        var text = parser.values.text("secret")
        let file = parser.values.text("secret.file")
        if text.isEmpty, !file.isEmpty {
            do {
                text = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            } catch {
                return parser.reject("secret.file", "the file cannot be read")
            }
        }
        guard !text.isEmpty else { return }
        secret = Secret(text)
        // Not `reject`: the value must not be printed.
        if secret == nil { parser.reject("secret.file", "PLENARY_SECRET begins or ends with white space") }
    }

    private mutating func readKeys(_ parser: inout SettingsParser, environment: [String: String]) {
        let text = parser.values.text("encryption.key")
        let file = parser.values.text("encryption.keyFile")
        if !text.isEmpty {
            do throws(KeyFault) { givenKeys = .setting(try KeyRing(text: text)) } catch {
                parser.rejectUnseen("encryption.key", error.words)
            }
        } else if !file.isEmpty {
            givenKeys = .file(path: file)
        } else if let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty {
            // systemd's LoadCredential=plenary-key:PATH.
            let path = directory + "/plenary-key"
            if FileManager.default.fileExists(atPath: path) { givenKeys = .credential(path: path) }
        }
        if case .file(let path) = keySource, KeyFile(path: path).isOpenToAll {
            warnings.append("everybody on this machine can read or change the key file \(path): chmod o= \(path)")
        }
    }

    private mutating func readFleet(_ parser: inout SettingsParser) {
        fleet.health.interval = parser.positiveDuration("poll.interval")
        fleet.pollDeadline = parser.positiveDuration("poll.deadline")
        // A shorter cadence for everything keeps its proportions when the interval is made short.
        fleet.health.transitionInterval = min(fleet.health.transitionInterval, fleet.health.interval)
        fleet.health.fall = parser.count("health.fall", from: 1)
        fleet.health.silence = parser.duration("health.silence")
        fleet.health.rise = parser.count("health.rise", from: 1)
        fleet.health.slowStart = parser.duration("health.slowStart")
        fleet.health.panicLimit = parser.duration("health.panicLimit")
        fleet.create.whole = parser.positiveDuration("create.deadline")
        fleet.create.document = parser.positiveDuration("create.documentDeadline")
        fleet.create.ask = min(fleet.create.ask, fleet.create.whole / 4)
        fleet.readDeadline = parser.positiveDuration("reads.deadline")
        fleet.recordingsDeadline = parser.positiveDuration("recordings.deadline")
        fleet.readsMaxAge = parser.duration("reads.maxAge")
        fleet.weights.prior = Double(parser.count("load.prior", from: 1))
        fleet.algorithm = ChecksumAlgorithm(rawValue: parser.choice("servers.checksum")) ?? .sha256
        fleet.callsPerServer = parser.count("servers.calls", from: 1)
        fleet.reply.size = parser.size("servers.replySize")
        fleet.recordingsReply.size = parser.size("recordings.replySize")
        fleet.document.size = web.longestBody
        fleet.checksums.acceptsUnsignedForms = parser.flag("checksum.unsignedForms")
        fleet.waitingJoins = parser.count("joins.waiting", from: 1)
        fleet.identity.deploy = parser.count("deploy")
        fleet.identity.bbbVersion = parser.values.text("bbb.version")
        fleet.identity.version = BuildInfo.version
        fleet.identity.revision = BuildInfo.revision
    }
}
