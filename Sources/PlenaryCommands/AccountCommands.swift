internal import ArgumentParser
internal import BigBlueButton
internal import Foundation
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Accounts: whose secret a call is signed with.",
        subcommands: [AccountList.self, AccountShow.self, AccountSecretCommand.self])
}

/// An account as `--json` shows it. Stable: fields are added, never renamed.
private struct AccountView: Encodable {
    struct SecretView: Encodable {
        let id: Int64
        let label: String
        let createdAt: Int64
        /// Only on explicit request.
        let secret: String?
    }

    let id: Int64
    let slug: String
    let name: String
    let apiURL: String
    let meetings: Int
    let secrets: [SecretView]

    init(_ account: Account, _ place: Workplace, reveal: Bool = false) {
        id = account.id.number
        slug = account.slug.text
        name = account.name
        apiURL = place.settings.baseURL + "/bigbluebutton/api"
        meetings = place.store.roster { $0.runningMeetings(of: account.id).count }
        secrets = account.secrets.map {
            SecretView(
                id: $0.number, label: $0.label, createdAt: $0.createdAt.milliseconds,
                secret: reveal ? $0.secret.reveal() : nil)
        }
    }
}

struct AccountList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the accounts.")
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let accounts = try await Workplace.open { place in
            place.store.roster { $0.accounts.values.sorted { $0.id < $1.id } }.map { AccountView($0, place) }
        }
        if output.json { return try Console.json(accounts) }
        var table = Table(["id", "slug", "secrets", "meetings", "name"])
        for account in accounts {
            table.add([
                String(account.id), account.slug, String(account.secrets.count), String(account.meetings), account.name,
            ])
        }
        Console.say(table.text)
    }
}

struct AccountShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one account: its API URL and its secrets.")
    @Argument(help: "Its short name.") var account = "default"
    @Flag(help: "Show the secrets themselves.") var reveal = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let view = try await Workplace.open { AccountView(try $0.account(account), $0, reveal: reveal) }
        if output.json { return try Console.json(view) }
        Console.say("\(view.name) (\(view.slug)), \(view.meetings) meetings running")
        Console.say("API URL \(view.apiURL)")
        var table = Table(["id", "label", "added", "secret"])
        for secret in view.secrets {
            table.add([
                String(secret.id), secret.label, WireTime(milliseconds: secret.createdAt).text,
                secret.secret ?? "hidden; --reveal shows it",
            ])
        }
        Console.say(view.secrets.isEmpty ? "No secrets. Add one: plenary account secret add" : table.text)
    }
}

struct AccountSecretCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret",
        abstract: "Secrets of an account: several may be valid, for changing them without a break.",
        subcommands: [AccountSecretAdd.self, AccountSecretRemove.self])
}

struct AccountSecretAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a secret; it is valid at once, beside the others.")
    @Option(help: "The account's short name.") var account = "default"
    @Option(help: "What it is for.") var label = "added"
    @Option(help: "File with the secret; - is standard input. Default: one is made.") var secretFile: String?
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        let id: Int64
        let label: String
        let secret: String
    }

    func run() async throws {
        let secret = try readSecret()
        let added = try await Workplace.open(mayCreate: true) { place in
            let account = try place.account(account)
            do {
                let added = try await place.store.addSecret(secret, label: label, to: account.id, now: place.time.now())
                guard let added else {
                    throw CommandFailure(message: "the account was just removed", remedy: "plenary account list")
                }
                return added
            } catch StoreFault.constraint(.unique) {
                throw CommandFailure(
                    message: "the account has this secret already",
                    remedy: "See them: plenary account show \(account.slug)")
            }
        }
        if output.json {
            return try Console.json(Answer(id: added.number, label: added.label, secret: secret.reveal()))
        }
        if secretFile == nil { Console.say(secret.reveal()) }
        Console.note(
            "Secret \(added.number) is valid now. When nobody uses the old one any more: plenary account secret remove ID"
        )
    }

    private func readSecret() throws -> Secret {
        guard let secretFile else { return .generate() }
        do {
            let data =
                secretFile == "-"
                ? FileHandle.standardInput.readDataToEndOfFile()
                : try Data(contentsOf: URL(fileURLWithPath: secretFile))
            guard let secret = Secret(String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)) else {
                throw CommandFailure(
                    message: "the secret is empty or begins or ends with a blank",
                    remedy: "Put just the secret into the file.")
            }
            return secret
        } catch let failure as CommandFailure { throw failure } catch {
            throw CommandFailure(
                message: "the file \(secretFile) cannot be read", remedy: "Check its path and permissions.")
        }
    }
}

struct AccountSecretRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a secret; calls signed with it are refused from then on.")
    @Argument(help: "Its number.") var id: Int64
    @Option(help: "The account's short name.") var account = "default"
    @Flag(help: "Remove it even if it is the last one.") var force = false
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable { let removed: Int64 }

    func run() async throws {
        let left = try await Workplace.open { place in
            let account = try place.account(account)
            if account.secrets.map(\.number) == [id], !force {
                throw CommandFailure(
                    message: "this is the account's only secret: nobody could call any more",
                    remedy: "Add another one first (plenary account secret add), or remove it with --force.")
            }
            guard try await place.store.removeSecret(id, from: account.id) else {
                throw CommandFailure(
                    message: "the account has no secret number \(id)",
                    remedy: "See them: plenary account show \(account.slug)")
            }
            return account.secrets.count - 1
        }
        if output.json { return try Console.json(Answer(removed: id)) }
        Console.say("Removed secret \(id), \(left) left. See them: plenary account show \(account)")
    }
}
