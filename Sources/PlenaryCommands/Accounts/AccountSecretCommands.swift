internal import ArgumentParser
internal import BigBlueButton
internal import Foundation
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct AccountSecretCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret",
        abstract: "Secrets of an account: several may be valid, for changing them without a break.",
        subcommands: [AccountSecretAdd.self, AccountSecretRotate.self, AccountSecretRemove.self])
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
                    message: "an account has this secret already: it would not tell whose call it is",
                    remedy: "Take another one; without --secret-file one is made.")
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

struct AccountSecretRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Add a secret, and let the others end after a while in which all are valid.")
    @Option(help: "The account's short name.") var account = "default"
    @Option(help: "What the new one is for.") var label = "rotated"
    @Option(help: "How long the others stay valid: 30m, 24h, 7d.") var overlap = "24h"
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        let id: Int64
        let secret: String
        let othersExpireAt: Int64
    }

    func run() async throws {
        guard let time = Self.duration(overlap) else {
            throw CommandFailure(message: "'\(overlap)' is no time", remedy: "Such as --overlap 30m, 24h or 7d.")
        }
        let secret = Secret.generate()
        let (added, end) = try await Workplace.open { place in
            let account = try place.account(account)
            let now = place.time.now()
            let end = now.advanced(by: time)
            guard
                let added = try await place.store.rotateSecret(
                    secret, label: label, of: account.id, othersEnd: end, now: now)
            else { throw CommandFailure(message: "the account was just removed", remedy: "plenary account list") }
            return (added, end)
        }
        if output.json {
            return try Console.json(
                Answer(id: added.number, secret: secret.reveal(), othersExpireAt: end.milliseconds))
        }
        Console.say(secret.reveal())
        Console.note("Secret \(added.number) is valid now; the others are until \(end.text).")
    }

    private static func duration(_ text: String) -> Duration? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int32(text.dropLast()), number >= 0 else {
            return nil
        }
        return .seconds(Int(number) * unit)
    }
}
