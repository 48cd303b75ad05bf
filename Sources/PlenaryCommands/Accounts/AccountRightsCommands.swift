internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

extension AccountView {
    /// What the account may do and have, as far as it is not what every account may.
    var rightsInWords: [String] {
        var words: [String] = []
        if !mayRecord { words.append("may not record") }
        if mayUseBalancerCalls { words.append("may use getServers, getStatistics and move") }
        if !serverTags.isEmpty { words.append("only servers tagged \(serverTags.joined(separator: ", "))") }
        if !hashes.isEmpty { words.append("only signed with \(hashes.joined(separator: ", "))") }
        if dialect != Dialect.bigBlueButton.rawValue { words.append("errors in the words of \(dialect)") }
        if !unsupportedCalls.isEmpty { words.append("without \(unsupportedCalls.joined(separator: ", "))") }
        let numbers: [(Int?, String)] = [
            (limits.meetings, "meetings at a time"), (limits.participants, "participants in all"),
            (limits.duration, "minutes a meeting at most"), (limits.connections, "connections to reserve"),
            (limits.defaultParticipants, "participants reserved if none are told"),
            (limits.defaultDuration, "minutes reserved if none are told"),
        ]
        words += numbers.compactMap { number, what in number.map { "\($0) \(what)" } }
        return words
    }
}

extension Workplace {
    /// Changes the rights of an account and shows it; a running `serve` takes note at once.
    fileprivate static func change(
        _ name: String, _ output: OutputOptions, _ done: String,
        _ change: @escaping @Sendable (inout AccountRights) -> Void
    ) async throws {
        let view = try await open { place in
            let account = try place.account(name)
            guard let changed = try await place.store.changeRights(of: account.id, change) else {
                throw CommandFailure(message: "the account was just removed", remedy: "plenary account list")
            }
            return AccountView(changed, place, uses: try await place.store.lastUses())
        }
        if output.json { return try Console.json(view) }
        Console.say("\(view.name) (\(view.slug)) \(done)")
        for line in view.rightsInWords { Console.say(line) }
    }
}

struct AccountUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Give an account another name, or other words for errors.")
    @Argument(help: "Its short name, which stays.") var account: String
    @Option(help: "Its name for people.") var name: String?
    @Option(
        help: "Whose words its errors are in: bigbluebutton, or mconf for integrations written against that balancer.")
    var dialect: String?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let words = try dialect.map { try CommerceInput.word($0, "--dialect") as Dialect }
        guard name != nil || words != nil else {
            throw CommandFailure(
                message: "nothing to change", remedy: "Give --name or --dialect.", exitCode: 64)
        }
        let name = name
        let view = try await Workplace.open { place in
            var found = try place.account(account)
            func changed(_ account: Account?) throws -> Account {
                guard let account else {
                    throw CommandFailure(message: "the account was just removed", remedy: "plenary account list")
                }
                return account
            }
            if let name { found = try changed(try await place.store.rename(found.id, to: name)) }
            if let words {
                found = try changed(try await place.store.changeRights(of: found.id) { $0.dialect = words })
            }
            return AccountView(found, place, uses: try await place.store.lastUses())
        }
        if output.json { return try Console.json(view) }
        Console.say("\(view.slug) is named \(view.name). See it: plenary account show \(view.slug)")
        if view.dialect == Dialect.mconf.rawValue { Console.say("errors in the words of the Mconf load balancer") }
    }
}

struct AccountEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Let an account call again.")
    @Argument(help: "Its short name.") var account: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Workplace.change(account, output, "is enabled") { $0.isEnabled = true }
    }
}

struct AccountDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Refuse every call of an account; meetings that run go on.")
    @Argument(help: "Its short name.") var account: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Workplace.change(account, output, "is disabled: its calls are refused, its meetings go on") {
            $0.isEnabled = false
        }
    }
}

struct AccountAllow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allow", abstract: "What an account may do. What is not named stays as it is.")
    @Argument(help: "Its short name.") var account: String
    @Flag(inversion: .prefixedNo, help: "Whether it may record.") var record: Bool?
    @Flag(inversion: .prefixedNo, help: "Whether it may use getServers, getStatistics and move.") var balancerCalls:
        Bool?
    @Option(help: "Only servers with one of these tags: a,b; none: those without a tag; all: every server.")
    var serverTags: String?
    @Option(help: "Hashes with which its calls may be signed: sha256,sha512; all: those of the settings.")
    var hashes: String?
    @Option(help: "Calls that it shall not have: updateRecordings,setConfigXML; none: it has all.")
    var unsupportedCalls: String?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let tags = try serverTags.map(Self.tags)
        let unsupported = try unsupportedCalls.map(Self.calls)
        let algorithms = try hashes.map(Self.algorithms)
        let (record, balancerCalls) = (record, balancerCalls)
        try await Workplace.change(account, output, "may") { rights in
            if let record { rights.mayRecord = record }
            if let balancerCalls { rights.mayUseBalancerCalls = balancerCalls }
            if let tags { rights.serverTags = tags }
            if let algorithms { rights.algorithms = algorithms }
            if let unsupported { rights.unsupportedCalls = unsupported }
        }
    }

    private static func tags(_ text: String) throws -> Set<String> {
        if text == "all" { return [] }
        return Set(
            try text.split(separator: ",").map { part in
                guard let tag = Slug(String(part)) else {
                    throw CommandFailure(
                        message: "'\(part)' is no tag",
                        remedy: "Letters, digits, dots, hyphens and underscores: --server-tags gpu,eu-west")
                }
                return tag.text
            })
    }

    private static func calls(_ text: String) throws -> Set<CallName> {
        if text == "none" { return [] }
        return Set(
            try text.split(separator: ",").map { part in
                let known = AccountRights.canBeUnsupported.sorted { $0.rawValue < $1.rawValue }
                guard let call = known.first(where: { $0.rawValue.lowercased() == part.lowercased() }) else {
                    throw CommandFailure(
                        message: "'\(part)' is no call that can be switched off",
                        remedy: "There are \(known.map(\.rawValue).joined(separator: ", ")), and none.", exitCode: 64)
                }
                return call
            })
    }

    private static func algorithms(_ text: String) throws -> Set<ChecksumAlgorithm> {
        if text == "all" { return [] }
        return Set(
            try text.split(separator: ",").map { part in
                guard let algorithm = ChecksumAlgorithm(rawValue: part.lowercased()) else {
                    let known = ChecksumAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
                    throw CommandFailure(message: "'\(part)' is no hash", remedy: "There are \(known), and all.")
                }
                return algorithm
            })
    }
}

struct AccountLimitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits", abstract: "How much an account may have at a time; without options: what is set.",
        discussion: "Each is a number of 1 or more, or `none`. What is not named stays as it is.")
    @Argument(help: "Its short name.") var account: String
    @Option(help: "Meetings at a time.") var maxMeetings: Limit?
    @Option(help: "Participants in all its meetings together.") var maxParticipants: Limit?
    @Option(help: "Minutes of a meeting.") var maxDuration: Limit?
    @Option(help: "Connections that it can reserve; this switches reservations on.") var maxConnections: Limit?
    @Option(help: "Connections that a create reserves which does not say how many.") var defaultParticipants: Limit?
    @Option(help: "Minutes for which a create reserves which does not say how long.") var defaultDuration: Limit?
    @OptionGroup var output: OutputOptions

    /// A number of 1 or more, or none.
    struct Limit: ExpressibleByArgument, Sendable {
        let number: Int?

        init?(argument: String) {
            if argument.lowercased() == "none" {
                number = nil
            } else {
                guard let number = Int32(argument), number > 0 else { return nil }
                self.number = Int(number)
            }
        }
    }

    func run() async throws {
        let changes: [(any WritableKeyPath<AccountLimits, Int?> & Sendable, Limit?)] = [
            (\.meetings, maxMeetings), (\.participants, maxParticipants), (\.duration, maxDuration),
            (\.connections, maxConnections), (\.defaultParticipants, defaultParticipants),
            (\.defaultDuration, defaultDuration),
        ]
        if maxConnections?.number != nil {
            try await Workplace.open { place in
                let account = try place.account(account)
                guard let pool = account.entitlement?.features.pool, pool != .off else { return }
                Console.note(
                    "plenary: warning: the subscription of \(account.slug) has connections for all its accounts; this number"
                        + " counts for nothing while it does")
            }
        }
        try await Workplace.change(account, output, "may have") { rights in
            for (limit, value) in changes { if let value { rights.limits[keyPath: limit] = value.number } }
        }
    }
}
