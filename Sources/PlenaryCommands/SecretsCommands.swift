internal import ArgumentParser
internal import PlenaryStore

struct SecretsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets", abstract: "The keys that stored secrets are encrypted with.",
        subcommands: [
            SecretsRotateKey.self, SecretsReseal.self, SecretsDropOldKeys.self, SecretsKeys.self, SecretsClean.self,
        ])
}

/// How the stored secrets are encrypted, as `--json` shows it. Keys are named by their ids; they themselves are never shown.
private struct SealingView: Encodable {
    let key: String
    let keys: [String]
    let encrypted: Int
    /// Those that do not open, and stay as they are.
    let unreadable: Int

    init(_ sealing: Store.Sealing) {
        key = sealing.key
        keys = sealing.keys
        encrypted = sealing.count
        unreadable = sealing.unreadable
    }
}

extension Store.Sealing {
    fileprivate func tellUnreadable() {
        guard unreadable > 0 else { return }
        Console.note(
            "plenary: warning: \(unreadable) secrets cannot be read and stay as they are. Remove them, and add them anew:"
                + " plenary account show, plenary server show tell which")
    }
}

struct SecretsRotateKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key",
        abstract: "Make a new key, and encrypt every stored secret with it. A running `serve` goes on.",
        discussion: "The secrets stay the same. Backups of the database from before need the old key, which is kept.")
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (sealing, file) = try await Workplace.open { place in
            let file = try place.keyFile()
            return (try await place.store.reseal { try file.addKey() }, file)
        }
        if output.json { return try Console.json(SealingView(sealing)) }
        Console.say("\(sealing.count) secrets are encrypted with the new key \(sealing.key) in \(file.path).")
        sealing.tellUnreadable()
        Console.note(
            "Back the file up. Older keys are still in it; when no backup needs them: plenary secrets drop-old-keys")
    }
}

struct SecretsReseal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reseal", abstract: "Encrypt every stored secret with the newest key.",
        discussion: """
            For keys that this program does not write itself: put the new one in front of the old one, restart `serve`, \
            then run this.
            """)
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let sealing = try await Workplace.open { try await $0.store.reseal() }
        if output.json { return try Console.json(SealingView(sealing)) }
        Console.say("\(sealing.count) secrets were encrypted anew with the key \(sealing.key).")
        sealing.tellUnreadable()
    }
}

struct SecretsDropOldKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop-old-keys", abstract: "Take the keys that no stored secret needs out of the key file.",
        discussion: "Backups of the database from before the last change of the key cannot be read without them.")
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (sealing, file) = try await Workplace.open { place in
            let file = try place.keyFile()
            guard let sealing = try await place.store.dropOldKeys(by: { try file.dropOldKeys() }) else {
                throw CommandFailure(
                    message: "secrets are still encrypted with an older key",
                    remedy:
                        "Encrypt them with the newest one first: plenary secrets reseal. Those that it cannot read are to be removed: plenary account show, plenary server show."
                )
            }
            return (sealing, file)
        }
        if output.json { return try Console.json(SealingView(sealing)) }
        Console.say("Only the key \(sealing.key) is left in \(file.path).")
    }
}

struct SecretsKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "The ids of the keys in a file, the newest first; without one, those in use.",
        discussion: "A key's id tells which backup of the key file belongs to which database. Keys are never shown.")
    @Option(help: "A file of keys, such as a backup.") var file: String?
    @OptionGroup var output: OutputOptions

    private struct View: Encodable {
        let id: String
        /// Secrets in the database that are encrypted with it; absent for the keys of a file.
        let secrets: Int?
    }

    func run() async throws {
        let views: [View]
        if let file {
            views = try KeyFile(path: file).read().ids.map { View(id: $0, secrets: nil) }
        } else {
            views = try await Workplace.open { place in
                try await place.store.keysInUse().map { View(id: $0.id, secrets: $0.secrets) }
            }
        }
        if output.json { return try Console.json(views) }
        var table = Table(["key", "secrets"])
        for view in views { table.add([view.id, view.secrets.map { String($0) } ?? ""]) }
        Console.say(table.text)
    }
}

struct SecretsClean: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Take out of the database's files what is left of secrets from before they were encrypted.",
        discussion: """
            `serve` does it when it starts; this is for when it could not. The database is written anew: that needs free space \
            of twice its size, beside it and for temporary files, and creates wait meanwhile.
            """)
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable { let cleaned: Bool }

    func run() async throws {
        let cleaned = try await Workplace.open { try await $0.store.cleanUp() }
        if output.json { return try Console.json(Answer(cleaned: cleaned)) }
        Console.say(cleaned ? "The database's files are clean." : "There is nothing left to take out.")
    }
}

extension Workplace {
    /// The file of keys, if it is ours to change.
    fileprivate func keyFile() throws -> KeyFile {
        let place: String
        switch settings.keySource {
        case .file(let path): return KeyFile(path: path)
        case .setting: place = "the setting encryption.key"
        case .credential: place = "a credential of systemd"
        }
        throw CommandFailure(
            message: "the keys come from \(place), which this program does not change",
            remedy: """
                New key: put it in front of the old one (openssl rand -hex 32), restart `serve`, then run: plenary secrets \
                reseal. Afterwards the old one may be taken out, and `serve` restarted.
                """)
    }
}
