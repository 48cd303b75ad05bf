internal import ArgumentParser
internal import BigBlueButton
internal import Foundation
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Accounts: whose secret a call is signed with.",
        subcommands: [
            AccountCreate.self, AccountList.self, AccountShow.self, AccountUpdate.self, AccountEnable.self,
            AccountDisable.self, AccountAllow.self, AccountLimitsCommand.self, AccountSecretCommand.self,
            AccountPolicyCommand.self, AccountReservationsCommand.self, AccountTextsCommand.self,
        ])
}

/// An account as `--json` shows it. Stable: fields are added, never renamed. Limits that are not set are left out.
struct AccountView: Encodable {
    struct SecretView: Encodable {
        let id: Int64
        let label: String
        let createdAt: Int64
        let expiresAt: Int64?
        /// To the hour.
        let lastUsedAt: Int64?
        /// Only on explicit request.
        let secret: String?
    }

    struct LimitsView: Encodable {
        let meetings: Int?
        let participants: Int?
        let duration: Int?
        let connections: Int?
        let defaultParticipants: Int?
        let defaultDuration: Int?
    }

    let id: Int64
    let slug: String
    let name: String
    let apiURL: String
    let meetings: Int
    let enabled: Bool
    let mayRecord: Bool
    let mayUseBalancerCalls: Bool
    let serverTags: [String]
    /// Empty: those of the settings.
    let hashes: [String]
    let unsupportedCalls: [String]
    /// bigbluebutton, mconf.
    let dialect: String
    let limits: LimitsView
    let secrets: [SecretView]
    /// Ids of those that are damaged in the database, or whose key is missing: they sign nothing.
    let unreadableSecrets: [Int64]

    /// - Parameter uses: when secrets were last used, by their numbers.
    init(_ account: Account, _ place: Workplace, uses: [Int64: WireTime] = [:], reveal: Bool = false) {
        id = account.id.number
        slug = account.slug.text
        name = account.name
        // An address of its own opens to its own secrets only, and costs the same however many accounts there are.
        let path = account.id == .default ? "" : "/a/\(account.slug)"
        apiURL = "\(place.settings.baseURL)\(path)/bigbluebutton/api"
        meetings = place.store.roster { $0.runningMeetings(of: account.id).count }
        let rights = account.rights
        enabled = rights.isEnabled
        mayRecord = rights.mayRecord
        mayUseBalancerCalls = rights.mayUseBalancerCalls
        serverTags = rights.serverTags.sorted()
        hashes = rights.algorithms.map(\.rawValue).sorted()
        dialect = rights.dialect.rawValue
        unsupportedCalls = rights.unsupportedCalls.map(\.rawValue).sorted()
        limits = LimitsView(
            meetings: rights.limits.meetings, participants: rights.limits.participants,
            duration: rights.limits.duration, connections: rights.limits.connections,
            defaultParticipants: rights.limits.defaultParticipants, defaultDuration: rights.limits.defaultDuration)
        unreadableSecrets = account.unreadableSecrets
        secrets = account.secrets.map {
            SecretView(
                id: $0.number, label: $0.label, createdAt: $0.createdAt.milliseconds,
                expiresAt: $0.expiresAt?.milliseconds, lastUsedAt: uses[$0.number]?.milliseconds,
                secret: reveal ? $0.secret.reveal() : nil)
        }
    }
}

struct AccountList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the accounts.")
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let accounts = try await Workplace.open { place in
            let uses = try await place.store.lastUses()
            let accounts = place.store.roster { $0.accounts.values.sorted { $0.id < $1.id } }
            return accounts.map { AccountView($0, place, uses: uses) }
        }
        if output.json { return try Console.json(accounts) }
        var table = Table(["id", "slug", "state", "secrets", "meetings", "name"])
        for account in accounts {
            table.add([
                String(account.id), account.slug, account.enabled ? "enabled" : "disabled",
                String(account.secrets.count), String(account.meetings), account.name,
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
        let view = try await Workplace.open { place in
            AccountView(
                try place.account(account), place, uses: try await place.store.lastUses(), reveal: reveal)
        }
        if output.json { return try Console.json(view) }
        let state = view.enabled ? "" : ", disabled"
        Console.say("\(view.name) (\(view.slug))\(state), \(view.meetings) meetings running")
        Console.say("API URL \(view.apiURL)")
        for line in view.rightsInWords { Console.say(line) }
        var table = Table(["id", "label", "added", "until", "used", "secret"])
        for secret in view.secrets {
            table.add([
                String(secret.id), secret.label, WireTime(milliseconds: secret.createdAt).text,
                secret.expiresAt.map { WireTime(milliseconds: $0).text } ?? "",
                secret.lastUsedAt.map { WireTime(milliseconds: $0).text } ?? "",
                secret.secret ?? "hidden; --reveal shows it",
            ])
        }
        for number in view.unreadableSecrets {
            Console.say(
                "secret \(number) cannot be read. Restore it, or remove it: plenary account secret remove \(number)"
                    + " --account \(view.slug)")
        }
        Console.say(
            view.secrets.isEmpty ? "No secrets. Add one: plenary account secret add --account \(view.slug)" : table.text
        )
    }
}

struct AccountCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make an account with a first secret: one more customer of this fleet.",
        discussion: "Its meetings, recordings and hooks are its own, also where others use the same meetingIDs.")
    @Argument(help: "Its short name, for its address and the command line: letters, digits, dots and hyphens.")
    var slug: String
    @Option(help: "Its name for people. Default: the short name.") var name: String?
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        let account: AccountView
        let apiURL: String
        let secret: String
    }

    func run() async throws {
        guard let slug = Slug(slug) else {
            throw CommandFailure(
                message: "'\(slug)' is no short name",
                remedy: "Letters, digits, dots, hyphens and underscores, up to 63, a letter or digit first.")
        }
        let secret = Secret.generate()
        let name = name ?? slug.text
        let view = try await Workplace.open(mayCreate: true) { place in
            let now = place.time.now()
            do {
                let account = try await place.store.addAccount(slug: slug, name: name, firstSecret: secret, now: now)
                return AccountView(account, place)
            } catch StoreFault.constraint(.unique) {
                throw CommandFailure(
                    message: "there is an account \(slug) already", remedy: "See it: plenary account show \(slug)")
            }
        }
        if output.json { return try Console.json(Answer(account: view, apiURL: view.apiURL, secret: secret.reveal())) }
        Console.say("API URL \(view.apiURL)")
        Console.say("secret  \(secret.reveal())")
        Console.note("Made account \(slug). Its limits: plenary account limits \(slug) --help")
    }
}
