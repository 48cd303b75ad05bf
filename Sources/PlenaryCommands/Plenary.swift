internal import ArgumentParser
internal import Foundation

/// The command line. `main.swift` calls ``main()`` and nothing else.
package enum Plenary {
    package static func main() async {
        // A client that hangs up must not end the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            let arguments = try CommandLineSettings.take(from: Array(CommandLine.arguments.dropFirst()))
            var command = try PlenaryCommand.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let failure as CommandFailure {
            Console.fail(failure)
            exit(failure.exitCode)
        } catch {
            PlenaryCommand.exit(withError: error)
        }
    }
}

struct PlenaryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plenary",
        abstract: "Makes a fleet of BigBlueButton servers look like one.",
        discussion: """
            Every setting is a flag, an environment variable and an entry of the YAML file named by --config: \
            `plenary settings` lists them. New here? Run `plenary demo`.
            """,
        subcommands: [
            ServeCommand.self, DemoCommand.self, ServerCommand.self, MeetingCommand.self, AccountCommand.self,
            PolicyCommand.self, CustomerCommand.self, PackageCommand.self, SubscriptionCommand.self,
            RoomCommand.self, TokenCommand.self, CodeCommand.self, ProviderCommand.self, APIKeyCommand.self,
            AdminCommand.self, CallbackCommand.self, SecretsCommand.self, StatusCommand.self, SignCommand.self,
            SimulateCommand.self,
            SettingsCommand.self, VersionCommand.self,
        ])
}

/// What every command understands.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print the result as JSON.") var json = false
}

/// The flags of the settings table, taken out of the command line before the commands are parsed: they are the same for all.
enum CommandLineSettings {
    nonisolated(unsafe) private static var taken: [String: String] = [:]  // Written once, before anything else runs.

    static var flags: [String: String] { taken }

    static func take(from arguments: [String]) throws -> [String] {
        let (flags, rest) = try split(arguments)
        taken = flags
        return rest
    }

    static func split(_ arguments: [String]) throws -> (flags: [String: String], rest: [String]) {
        var keys: [String: String] = ["--config": "config"]
        for setting in SettingsTable.all { if let flag = setting.flag { keys[flag] = setting.key } }
        var flags: [String: String] = [:]
        var rest: [String] = []
        var left = arguments[...]
        while let argument = left.popFirst() {
            // What stands behind `--` is never a flag.
            if argument == "--" {
                rest += ["--"] + left
                break
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard argument.hasPrefix("--"), let key = keys[parts[0]] else {
                rest.append(argument)
                continue
            }
            guard let value = parts.count > 1 ? parts[1] : left.popFirst() else {
                throw CommandFailure(
                    message: "\(argument) needs a value", remedy: "`plenary settings` tells which.", exitCode: 64)
            }
            flags[key] = value
        }
        return (flags, rest)
    }
}
