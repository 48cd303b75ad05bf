internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version of this program.")
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        let name = "plenary"
        let version = BuildInfo.version
        let revision = BuildInfo.revision
    }

    func run() async throws {
        if output.json { return try Console.json(Answer()) }
        Console.say("plenary \(BuildInfo.version)\(BuildInfo.revision.isEmpty ? "" : " (\(BuildInfo.revision))")")
    }
}

struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "settings", abstract: "List every setting.")
    @OptionGroup var output: OutputOptions
    @Flag(help: "Print the reference as Markdown: docs/configuration.md.") var markdown = false

    private struct Answer: Encodable {
        let key, environment, kind, `default`, meaning: String
        let flag: String?
        let choices: [String]
    }

    func run() async throws {
        if markdown { return Console.say(String(SettingsTable.reference.dropLast())) }
        if output.json {
            return try Console.json(
                SettingsTable.all.map {
                    Answer(
                        key: $0.key, environment: $0.variable, kind: $0.kind.rawValue, default: $0.fallback,
                        meaning: $0.summary, flag: $0.flag,
                        choices: $0.choices)
                })
        }
        var table = Table(["environment", "flag", "default", "meaning"])
        for setting in SettingsTable.all {
            table.add([setting.variable, setting.flag ?? "", setting.fallback, setting.summary])
        }
        Console.say(table.text)
    }
}

struct SignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Print a signed BigBlueButton URL: the operator's curl.",
        discussion: "Example: curl \"$(plenary sign create meetingID=room-1 name=Room)\"")
    @Argument(help: "The call: create, join, getMeetings, ...") var call: String
    @Argument(help: "Parameters as name=value, in the order in which they shall stand.") var parameters: [String] = []
    @Option(help: "The account whose secret signs.") var account = "default"
    @Option(help: "Sign for this server of the fleet, with its secret, instead of for the balancer.") var server:
        String?
    @Option(help: "sha1, sha256, sha384 or sha512.") var algorithm = "sha256"
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable { let url: String }

    func run() async throws {
        guard let algorithm = ChecksumAlgorithm(rawValue: algorithm) else {
            throw CommandFailure(
                message: "there is no algorithm `\(algorithm)`", remedy: "Write sha1, sha256, sha384 or sha512.",
                exitCode: 64)
        }
        var list: [Parameters.Parameter] = []
        for parameter in parameters {
            guard let equals = parameter.firstIndex(of: "="), equals != parameter.startIndex else {
                throw CommandFailure(
                    message: "`\(parameter)` is no parameter", remedy: "Write name=value, such as meetingID=room-1.",
                    exitCode: 64)
            }
            list.append(
                .init(name: String(parameter[..<equals]), value: String(parameter[parameter.index(after: equals)...])))
        }
        let url = try await Workplace.open { place in
            let endpoint = try endpoint(place)
            return endpoint.request(
                CallName(rawValue: call), Parameters(list), algorithm: algorithm, longestQuery: .max
            ).url
        }
        if output.json { return try Console.json(Answer(url: url)) }
        Console.say(url)
    }

    private func endpoint(_ place: Workplace) throws -> Endpoint {
        if let server { return try place.server(server).endpoint }
        let account = try place.account(account)
        guard let secret = account.secrets.first?.secret, let url = APIURL(place.settings.baseURL) else {
            throw CommandFailure(
                message: "the account `\(account.slug)` has no secret",
                remedy: "Add one: plenary account secret add --account \(account.slug)")
        }
        return Endpoint(url: url, secret: secret)
    }
}
