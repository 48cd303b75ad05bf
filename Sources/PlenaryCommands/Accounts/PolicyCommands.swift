internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Rules about parameters of create and join, for every account.",
        discussion: PolicyText.kinds,
        subcommands: [PolicyList.self, PolicySet.self, PolicyRemove.self])
}

struct AccountPolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Rules about parameters of create and join, for one account.",
        discussion: PolicyText.kinds,
        subcommands: [AccountPolicyList.self, AccountPolicySet.self, AccountPolicyRemove.self])
}

private enum PolicyText {
    static let kinds = """
        A rule is of one kind. default: what is sent when the caller says nothing. override: what is sent whatever the \
        caller says. remove: what the caller says is dropped. Removals come first, then defaults, then overrides; of one \
        kind the account's rule comes before the global one.
        """
}

/// A rule as `--json` shows it. Stable: fields are added, never renamed.
private struct RuleView: Encodable {
    /// create, join.
    let call: String
    /// default, override, remove.
    let kind: String
    let name: String
    /// Short name of the account; a global rule has none.
    let account: String?
    /// A removal has none.
    let value: String?
    let setAt: Int64?

    init(_ rule: ParameterRule, of account: Account?, setAt: WireTime? = nil) {
        call = rule.call.rawValue
        kind = rule.kind.rawValue
        name = rule.name.text
        self.account = account?.slug.text
        value = rule.value
        self.setAt = setAt?.milliseconds
    }

    /// What people type to say so.
    var words: String { "\(call) \(kind) \(name)\(value.map { " '\(MeetingView.printable($0))'" } ?? "")" }
}

private struct RuleChangeView: Encodable {
    let rule: RuleView
    let replaced: RuleView?
    let warnings: [String]
}

/// What commands about an account's rules and about global ones do alike; `slug` is `nil` for the global ones.
private enum PolicyWork {
    static func list(of slug: String?, _ output: OutputOptions) async throws {
        let rules = try await Workplace.open { place in
            let account = try slug.map { try place.account($0) }
            var rules = try await place.store.rules(of: nil).map { RuleView($0.rule, of: nil, setAt: $0.setAt) }
            if let account {
                rules += try await place.store.rules(of: account.id).map {
                    RuleView($0.rule, of: account, setAt: $0.setAt)
                }
            }
            return rules
        }
        if output.json { return try Console.json(rules) }
        if rules.isEmpty {
            return Console.say("No rules: calls are passed on as they come. Set one: plenary \(command(slug)) set")
        }
        var table = Table(["scope", "call", "kind", "name", "set", "value"])
        for rule in rules {
            table.add([
                rule.account ?? "global", rule.call, rule.kind, rule.name,
                rule.setAt.map { WireTime(milliseconds: $0).text } ?? "", MeetingView.printable(rule.value ?? ""),
            ])
        }
        Console.say(table.text)
    }

    static func set(
        _ draft: ParameterRule.Draft, of slug: String?, replacing: Bool, _ output: OutputOptions
    ) async throws {
        let view = try await Workplace.open { place in
            let account = try slug.map { try place.account($0) }
            let change = try await told(place) {
                try await place.store.setRule(
                    try ParameterRule(draft), of: account?.id, replacing: replacing, now: place.time.now())
            }
            guard let change else { throw gone }
            return RuleChangeView(
                rule: RuleView(change.rule, of: account), replaced: change.replaced.map { RuleView($0, of: account) },
                warnings: change.warnings.map(\.message))
        }
        if output.json { return try Console.json(view) }
        for warning in view.warnings { Console.note("plenary: warning: \(warning)") }
        let before = view.replaced.map { ", instead of \($0.words)" } ?? ""
        Console.say("Set \(view.rule.words)\(before). See all: \(listing(slug))")
    }

    static func remove(
        _ call: ParameterRule.Call, _ name: String, of slug: String?, _ output: OutputOptions
    ) async throws {
        let view = try await Workplace.open { place in
            let account = try slug.map { try place.account($0) }
            let removed = try await told(place) {
                try await place.store.removeRule(call, ParameterName(name), of: account?.id)
            }
            guard let removed else {
                throw CommandFailure(
                    message: "there is no rule for \(call) `\(MeetingView.printable(name))`",
                    remedy: "See them: \(listing(slug))")
            }
            return RuleView(removed, of: account)
        }
        if output.json { return try Console.json(view) }
        Console.say("Removed \(view.words). See the others: \(listing(slug))")
    }

    /// A refusal with its remedy, and with the account that it is about.
    private static func told<Value>(_ place: Workplace, _ work: () async throws -> Value) async throws -> Value {
        do { return try await work() } catch let fault as PolicyFault {
            var remedy = fault.remedy
            if case .conflict(_, let account?) = fault.reason,
                let slug = place.store.roster({ $0.accounts[account]?.slug.text })
            {
                remedy += " See the rules: \(listing(slug))"
            }
            // The name and the value are what somebody typed: they must not steer the terminal.
            throw CommandFailure(message: MeetingView.printable(fault.message), remedy: MeetingView.printable(remedy))
        }
    }

    private static var gone: CommandFailure {
        CommandFailure(message: "the account was just removed", remedy: "plenary account list")
    }

    private static func command(_ slug: String?) -> String { slug == nil ? "policy" : "account policy" }

    private static func listing(_ slug: String?) -> String {
        "plenary \(command(slug)) list\(slug.map { " \($0)" } ?? "")"
    }
}

/// What a rule is about.
struct RuleTarget: ParsableArguments {
    @Argument(help: "create or join.") var call: String
    @Argument(help: "default, override or remove.") var kind: String
    @Argument(help: "The parameter, such as muteOnStart, meta_NAME or userdata-NAME.") var name: String
    @Argument(help: "Its value; a rule of the kind remove has none.") var value: String?
    @Flag(help: "Take the place of a rule of another kind for that parameter.") var replace = false

    func validate() throws {
        _ = try RuleTarget.call(call)
        guard ParameterRule.Kind(rawValue: kind) != nil else {
            throw ValidationError("The kind of a rule is default, override or remove, not `\(kind)`")
        }
    }

    static func call(_ text: String) throws -> ParameterRule.Call {
        guard let call = ParameterRule.Call(rawValue: text) else {
            throw ValidationError("Rules are about create or join, not `\(text)`")
        }
        return call
    }

    func draft() throws -> ParameterRule.Draft {
        // Checked by `validate`.
        guard let kind = ParameterRule.Kind(rawValue: kind) else { throw ValidationError("no kind") }
        return ParameterRule.Draft(call: try RuleTarget.call(call), kind: kind, name: name, value: value)
    }
}

struct PolicyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the global rules.")
    @OptionGroup var output: OutputOptions

    func run() async throws { try await PolicyWork.list(of: nil, output) }
}

struct PolicySet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a rule for every account.",
        discussion: "For example: plenary policy set create override muteOnStart true")
    @OptionGroup var target: RuleTarget
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PolicyWork.set(try target.draft(), of: nil, replacing: target.replace, output)
    }
}

struct PolicyRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a global rule.",
        discussion: "To have what callers say removed, set a rule of the kind remove.", aliases: ["unset"])
    @Argument(help: "create or join.") var call: String
    @Argument(help: "The parameter.") var name: String
    @OptionGroup var output: OutputOptions

    func validate() throws { _ = try RuleTarget.call(call) }

    func run() async throws { try await PolicyWork.remove(try RuleTarget.call(call), name, of: nil, output) }
}

struct AccountPolicyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the rules that hold for an account: the global ones and its own.")
    @Argument(help: "The account's short name.") var account: String
    @OptionGroup var output: OutputOptions

    func run() async throws { try await PolicyWork.list(of: account, output) }
}

struct AccountPolicySet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a rule for one account.",
        discussion: "For example: plenary account policy set school create default guestPolicy ASK_MODERATOR")
    @Argument(help: "The account's short name.") var account: String
    @OptionGroup var target: RuleTarget
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await PolicyWork.set(try target.draft(), of: account, replacing: target.replace, output)
    }
}

struct AccountPolicyRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a rule of an account.",
        discussion: "To have what callers say removed, set a rule of the kind remove.", aliases: ["unset"])
    @Argument(help: "The account's short name.") var account: String
    @Argument(help: "create or join.") var call: String
    @Argument(help: "The parameter.") var name: String
    @OptionGroup var output: OutputOptions

    func validate() throws { _ = try RuleTarget.call(call) }

    func run() async throws { try await PolicyWork.remove(try RuleTarget.call(call), name, of: account, output) }
}
