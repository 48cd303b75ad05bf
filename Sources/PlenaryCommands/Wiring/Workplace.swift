internal import BigBlueButton
internal import Foundation
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

/// A command at work beside a running `serve`, or without one: the settings, the store, and the fleet's use cases.
struct Workplace: Sendable {
    let settings: Settings
    let store: Store
    let time: FleetTime

    /// Opens the database, closes it after `work`, and tells failures with a remedy.
    ///
    /// - Parameter mayCreate: whether the database is made when it is missing. Commands that only look, or that change what
    ///   is there, take a missing database for a wrong path.
    static func open<Value: Sendable>(
        mayCreate: Bool = false, _ work: (Workplace) async throws -> Value
    ) async throws -> Value {
        let settings = try await loadSettings()
        guard mayCreate || FileManager.default.fileExists(atPath: settings.databasePath) else {
            throw CommandFailure(
                message: "there is no database at \(settings.databasePath)",
                remedy:
                    "Name the one that `serve` uses (PLENARY_DATABASE_URL), or begin: plenary serve, plenary server add."
            )
        }
        for warning in settings.warnings { Console.note("plenary: warning: \(warning)") }
        let time = FleetTime.system()
        let hadKeys = settings.keySource.isThere
        let store = try await openStore(settings, now: time.now())
        let workplace = Workplace(settings: settings, store: store, time: time)
        let result: Result<Value, any Error>
        do { result = .success(try await work(workplace)) } catch let fault as StoreFault {
            result = .failure(describe(fault, path: settings.databasePath))
        } catch let fault as RightsConflict {
            result = .failure(CommandFailure(message: fault.conflict.message, remedy: fault.conflict.remedy))
        } catch { result = .failure(error) }
        try await store.close()
        let value = try result.get()
        if !hadKeys { tellNewKeys(settings) }
        return value
    }

    /// Says once that there is a key now. Behind what was asked for: an error stands alone.
    static func tellNewKeys(_ settings: Settings) {
        Console.note(
            "plenary: made the key of the stored secrets, \(settings.keySource.name). Back it up, apart from the database:"
                + " without it the secrets are lost.")
    }

    static func loadSettings() async throws -> Settings {
        do { return try await Settings.load(flags: CommandLineSettings.flags) } catch let problems
            as SettingsValues.Problems
        {
            throw CommandFailure(
                message: "the configuration is wrong:\n" + problems.list.map { "  - \($0)" }.joined(separator: "\n"),
                remedy: "`plenary settings` lists every setting.", exitCode: 78)
        }
    }

    static func openStore(_ settings: Settings, now: WireTime) async throws -> Store {
        let path = settings.databasePath
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            guard isThereOrMade(path) else { throw CocoaError(.fileWriteNoPermission) }
        } catch {
            throw CommandFailure(
                message: "the database \(path) cannot be made",
                remedy: "Let this user write to \(directory), or name another place: PLENARY_DATABASE_URL=sqlite:PATH.")
        }
        do {
            return try await Store.open(
                try SQLiteEngine(path: path, keys: settings.keySource.chain()), settings: settings.store,
                newKey: .generate(), now: now)
        } catch let fault as StoreFault {
            throw describe(fault, path: path)
        }
    }

    static func describe(_ fault: StoreFault, path: String) -> CommandFailure {
        switch fault {
        case .schemaTooNew(let found, let known):
            CommandFailure(
                message:
                    "the database \(path) was written by a newer version (schema \(found), this one knows \(known))",
                remedy: "Use the newer version of plenary, or restore a backup from before the upgrade.")
        case .busy:
            CommandFailure(
                message: "the database \(path) is busy",
                remedy: "Another process holds it for long. Try again; if it stays, see what has the file open.")
        case .keyMissing(let id):
            CommandFailure(
                message: "the database \(path) has secrets that were encrypted with the key \(id), which is not there",
                remedy:
                    "Put that key back behind the newer ones, from the backup of the key file (\(path).key unless the settings say otherwise). Without it these secrets cannot be read.",
                exitCode: 78)
        case .unreadable(let what) where what.hasPrefix("secret of "):
            CommandFailure(
                message: "the \(what) in the database \(path) is damaged, or belongs to another row",
                remedy:
                    "See which: plenary account show ACCOUNT, plenary server list. Remove that secret or server and add it anew, or restore the database from a backup.",
                exitCode: 78)
        case .unavailable(let what):
            CommandFailure(
                message: "the database \(path) cannot be used: \(what)",
                remedy:
                    "Check that the file is a SQLite database, that this user may read and write it and its directory, and that the disk is not full."
            )
        default:
            CommandFailure(
                message: "the database \(path) refused: \(fault)",
                remedy: "This should not happen; please report it with the command.")
        }
    }

    /// The fleet as this process sees it: it has polled nobody.
    func fleet(_ transport: any BBBTransport) -> Fleet {
        var settings = settings.fleet
        settings.identity.instance = "command-\(time.random())"
        return Fleet(store: store, transport: transport, settings: settings, time: time)
    }

    /// Runs `work` with an HTTP client that is closed afterwards.
    func withTransport<Value: Sendable>(_ work: (HTTPTransport) async throws -> Value) async throws -> Value {
        let transport = HTTPTransport(
            longestReply: settings.fleet.reply.size, longestRecordings: settings.fleet.recordingsReply.size)
        let result: Result<Value, any Error>
        do { result = .success(try await work(transport)) } catch { result = .failure(error) }
        try await transport.close()
        return try result.get()
    }

    // MARK: finding things by what people write

    func server(_ name: String) throws -> Server {
        let servers = store.roster { Array($0.servers.values) }
        // Its number first: older versions took names that are numbers, and a number is never used again.
        if let server = servers.first(where: { String($0.id.number) == name })
            ?? servers.first(where: { $0.name.text == name.lowercased() })
        {
            return server
        }
        let names = servers.map(\.name.text).sorted().joined(separator: ", ")
        throw CommandFailure(
            message: "there is no server `\(name)`",
            remedy: names.isEmpty
                ? "Add one: plenary server add URL --secret SECRET"
                : "There are: \(names). A server is named by its name or number.")
    }

    func account(_ slug: String) throws -> Account {
        let accounts = store.roster { $0.accounts.values.sorted { $0.id < $1.id } }
        if let account = accounts.first(where: { $0.slug.text == slug.lowercased() }) { return account }
        throw CommandFailure(
            message: "there is no account `\(slug)`",
            remedy: "There are: \(accounts.map(\.slug.text).joined(separator: ", ")).")
    }
}

/// Makes an empty file, unless there is one: nobody but its owner reads it. Never empties what another program made meanwhile.
private func isThereOrMade(_ path: String) -> Bool {
    if access(path, F_OK) == 0 { return true }
    let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return false }
    close(descriptor)
    return true
}
