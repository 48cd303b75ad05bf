internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

/// Tells what became of a subscription.
private func tell(_ lived: Store.Lived, now: WireTime, _ output: OutputOptions) throws {
    let view = SubscriptionView(subscription: lived.subscription, now: now)
    if output.json { return try Console.json(view) }
    let tag = lived.subscription.tag
    switch lived.action {
    case .none: Console.say("Nothing to do: it is \(view.state). See it: plenary subscription show \(tag)")
    case .renewed(let until):
        Console.say("Renewed until \(until.timestamp). See it: plenary subscription show \(tag)")
    case .cancels(let time):
        Console.say("It goes on until \(time.timestamp). Take that back: plenary subscription uncancel \(tag)")
    case .canceled:
        Console.say("Canceled; it cannot be used any more. Take that back: plenary subscription uncancel \(tag)")
    case .uncanceled: Console.say("It goes on, \(view.state). See it: plenary subscription show \(tag)")
    case .expired: Console.say("Its time is over. Renew it: plenary subscription renew \(tag)")
    }
}

struct SubscriptionRenew: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Add periods to a subscription.",
        discussion: "One whose time is over, and its grace too, begins anew today.")
    @Argument(help: "Its id, uuid, ulid or tag.") var subscription: String
    @Option(help: "How many periods.") var cycles = 1
    @Flag(help: "Take a cancellation back first.") var uncancel = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (lived, now) = try await Workplace.openCommerce { place in
            let found = try await place.subscription(subscription)
            let now = place.time.now()
            let lived = try await place.store.renewSubscription(
                found.number, cycles: cycles, uncancel: uncancel, now: now)
            guard let lived else { throw CommerceFault.notFound(.subscription) }
            return (lived, now)
        }
        try tell(lived, now: now, output)
    }
}

struct SubscriptionCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Let a subscription end with what is paid for.")
    @Argument(help: "Its id, uuid, ulid or tag.") var subscription: String
    @Flag(name: .customLong("now"), help: "End it at once.") var atOnce = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (lived, now) = try await Workplace.openCommerce { place in
            let found = try await place.subscription(subscription)
            let now = place.time.now()
            let lived = try await place.store.cancelSubscription(found.number, atOnce: atOnce, now: now)
            guard let lived else { throw CommerceFault.notFound(.subscription) }
            return (lived, now)
        }
        try tell(lived, now: now, output)
    }
}

struct SubscriptionUncancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "uncancel", abstract: "Take a cancellation back.")
    @Argument(help: "Its id, uuid, ulid or tag.") var subscription: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (lived, now) = try await Workplace.openCommerce { place in
            let found = try await place.subscription(subscription)
            let now = place.time.now()
            let lived = try await place.store.uncancelSubscription(found.number, now: now)
            guard let lived else { throw CommerceFault.notFound(.subscription) }
            return (lived, now)
        }
        try tell(lived, now: now, output)
    }
}

// MARK: features

/// A feature of a subscription as `--json` shows it, with the names of the REST API.
private struct UsageView: Encodable {
    let object = "SubscriptionFeature"
    let code: String
    let name: String
    let value: FeatureValue
    /// package, subscription.
    let source: String
    let used: Int?
    let remaining: Int?

    init(_ usage: FeatureUsage) {
        code = usage.feature.code.rawValue
        name = usage.feature.code.feature.name
        value = usage.feature.value
        source = usage.feature.source.rawValue
        used = usage.used
        remaining = usage.remaining
    }
}

/// One difference between a subscription and its package as `--json` shows it.
private struct DifferenceView: Encodable {
    let code: String
    /// added, changed, removed.
    let change: String
    let from: FeatureValue?
    let to: FeatureValue?

    init(_ difference: FeatureSet.Difference) {
        code = difference.code.rawValue
        switch difference {
        case .added(_, let value): (change, from, to) = ("added", nil, value)
        case .changed(_, let old, let new): (change, from, to) = ("changed", old, new)
        case .removed(_, let value): (change, from, to) = ("removed", value, nil)
        }
    }
}

struct SubscriptionUsage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "Show the features of a subscription and how much of each is used.")
    @Argument(help: "Its id, uuid, ulid or tag.") var subscription: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let views = try await Workplace.openCommerce { place in
            let found = try await place.subscription(subscription)
            return try await place.store.usage(of: found.number, now: place.time.now()).map { UsageView($0) }
        }
        if output.json { return try Console.json(views) }
        if views.isEmpty { return Console.say("It has no features: nothing limits it.") }
        var table = Table(["feature", "value", "used", "remaining", "from"])
        for view in views {
            table.add([
                view.code, "\(view.value)", view.used.map { String($0) } ?? "", view.remaining.map { String($0) } ?? "",
                view.source,
            ])
        }
        Console.say(table.text)
    }
}

struct SubscriptionFeatureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feature", abstract: "Features of a subscription. Its accounts go by them at once.",
        subcommands: [SubscriptionFeatureSet.self, SubscriptionFeatureRemove.self, SubscriptionFeatureSync.self])
}

struct SubscriptionFeatureSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a feature of a subscription; it may deviate from the package.")
    @Argument(help: "Its id, uuid, ulid or tag.") var subscription: String
    @Argument(help: "The feature, such as max_rooms.") var code: String
    @Argument(help: "A number, unlimited, true or false.") var value: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let code = try CommerceInput.feature(code)
        let value = try CommerceInput.value(value, for: code)
        let feature = try await Workplace.openCommerce { place in
            let found = try await place.subscription(subscription)
            return try await place.store.setFeature(code, value, of: found.number, now: place.time.now())
        }
        if output.json { return try Console.json(UsageView(FeatureUsage(feature: feature, used: nil))) }
        Console.say("\(code.rawValue) is \(value). See what is used: plenary subscription usage \(subscription)")
    }
}

struct SubscriptionFeatureRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take a feature from a subscription. A limit that is removed limits nothing.")
    @Argument(help: "Its id, uuid, ulid or tag.") var subscription: String
    @Argument(help: "The feature, such as max_rooms.") var code: String
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable { let removed: String }

    func run() async throws {
        let code = try CommerceInput.feature(code)
        try await Workplace.openCommerce { place in
            let found = try await place.subscription(subscription)
            try await place.store.removeFeature(code, of: found.number, now: place.time.now())
        }
        if output.json { return try Console.json(Answer(removed: code.rawValue)) }
        Console.say("\(code.rawValue) is gone. See what is left: plenary subscription usage \(subscription)")
    }
}

struct SubscriptionFeatureSync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Give a subscription the features of its package as they are now, and no others."
    )
    @Argument(help: "Its id, uuid, ulid or tag.") var subscription: String
    @Flag(help: "Only tell what would change.") var dryRun = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let views = try await Workplace.openCommerce { place in
            let found = try await place.subscription(subscription)
            return try await place.store.syncFeatures(of: found.number, dryRun: dryRun, now: place.time.now()).map {
                DifferenceView($0)
            }
        }
        if output.json { return try Console.json(views) }
        if views.isEmpty { return Console.say("It has the features of its package.") }
        var table = Table(["feature", "change", "from", "to"])
        for view in views {
            table.add([view.code, view.change, view.from?.description ?? "", view.to?.description ?? ""])
        }
        Console.say(table.text)
        if dryRun { Console.note("Nothing was changed. Do it: plenary subscription feature sync \(subscription)") }
    }
}
