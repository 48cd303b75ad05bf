internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct SubscriptionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscription",
        abstract: "Subscriptions: who bought which package, until when, for which accounts.",
        subcommands: [
            SubscriptionCreate.self, SubscriptionList.self, SubscriptionShow.self, SubscriptionUpdate.self,
            SubscriptionRenew.self, SubscriptionCancel.self, SubscriptionUncancel.self, SubscriptionDelete.self,
            SubscriptionUsage.self, SubscriptionFeatureCommand.self, SubscriptionBind.self, SubscriptionUnbind.self,
        ])
}

/// A subscription as `--json` shows it, with the names of the REST API. Stable: fields are added, never renamed.
struct SubscriptionView: Encodable {
    let subscription: Subscription
    /// `is_active` depends on the time.
    let now: WireTime

    private enum Keys: String, CodingKey {
        case object, id, uuid, ulid, tag, name, description
        case packageID = "package_id"
        case subscriberID = "subscriber_id"
        case serviceType = "service_type"
        case status
        case isActive = "is_active"
        case startsAt = "starts_at"
        case endsAt = "ends_at"
        case cancelsAt = "cancels_at"
        case canceledAt = "canceled_at"
        case trialPeriod = "trial_period"
        case trialInterval = "trial_interval"
        case trialEndsAt = "trial_ends_at"
        case gracePeriod = "grace_period"
        case graceInterval = "grace_interval"
        case periodicity
        case periodicityType = "periodicity_type"
        case tier, price, currency
        case metadata = "subscription_metadata"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    func encode(to encoder: any Encoder) throws {
        let (details, life) = (subscription.details, subscription.life)
        var keyed = encoder.container(keyedBy: Keys.self)
        try keyed.encode("Subscription", forKey: .object)
        try keyed.encode(subscription.identity.id, forKey: .id)
        try keyed.encode(subscription.identity.uuid, forKey: .uuid)
        try keyed.encode(subscription.identity.ulid, forKey: .ulid)
        try keyed.encode(subscription.tag, forKey: .tag)
        try keyed.encode(details.name, forKey: .name)
        try keyed.encode(details.description, forKey: .description)
        try keyed.encode(subscription.packageID, forKey: .packageID)
        try keyed.encode(subscription.subscriberID, forKey: .subscriberID)
        try keyed.encode(subscription.serviceType.rawValue, forKey: .serviceType)
        try keyed.encode(life.status.rawValue, forKey: .status)
        try keyed.encode(life.isActive(at: now), forKey: .isActive)
        try keyed.encodeIfPresent(life.startsAt?.timestamp, forKey: .startsAt)
        try keyed.encodeIfPresent(life.endsAt?.timestamp, forKey: .endsAt)
        try keyed.encodeIfPresent(life.cancelsAt?.timestamp, forKey: .cancelsAt)
        try keyed.encodeIfPresent(life.canceledAt?.timestamp, forKey: .canceledAt)
        try keyed.encode(life.trial.count, forKey: .trialPeriod)
        try keyed.encode(life.trial.unit.rawValue, forKey: .trialInterval)
        try keyed.encodeIfPresent(life.trialEndsAt?.timestamp, forKey: .trialEndsAt)
        try keyed.encode(life.grace.count, forKey: .gracePeriod)
        try keyed.encode(life.grace.unit.rawValue, forKey: .graceInterval)
        try keyed.encode(life.periodicity.count, forKey: .periodicity)
        try keyed.encode(life.periodicity.unit.rawValue, forKey: .periodicityType)
        try keyed.encodeIfPresent(details.tier, forKey: .tier)
        try keyed.encode(details.price.text, forKey: .price)
        try keyed.encode(details.currency.code, forKey: .currency)
        try keyed.encode(details.metadata, forKey: .metadata)
        try keyed.encode(subscription.createdAt.timestamp, forKey: .createdAt)
        try keyed.encode(subscription.updatedAt.timestamp, forKey: .updatedAt)
    }

    /// For people: whether it can be used, and until when.
    var state: String {
        let life = subscription.life
        let end = life.endsAt.map { "until \($0.timestamp)" } ?? "without an end"
        if let cancels = life.cancelsAt, cancels > now { return "active, canceled to \(cancels.timestamp)" }
        if life.isUsable(at: now) { return "active \(end)" }
        return life.status == .active ? "not in its time, \(end)" : life.status.rawValue
    }
}

/// What may deviate from the package.
struct SubscriptionFields: ParsableArguments {
    @Option(help: "Its name. Default: made from the package and the tag.") var name: String?
    @Option(help: "Description.") var description: String?
    @Option(help: "When it begins: a day or a time. Default: today.") var startsAt: String?
    @Option(help: "When what is paid for ends: a day or a time.") var endsAt: String?
    @Option(help: "Trial at its beginning, such as 14days.") var trial: String?
    @Option(help: "Use after the end, such as 7days.") var grace: String?
    @Option(help: "What one renewal adds, such as 1month.") var period: String?
    @Option(help: "Price of a period, such as 14.99.") var price: String?
    @Option(help: "Three letters of ISO 4217.") var currency: String?
    @Option(help: "Order for up- and downgrades.") var tier: Double?
    @Option(help: "JSON object of any data of yours; replaces what there is.") var metadata: String?
}

struct SubscriptionCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Sell a package to a customer.",
        discussion: "It gets the features of the package as they are now, and its terms where nothing else is said.")
    @Option(name: .customLong("package"), help: "The package: id, uuid or ulid.") var sold: String
    @Option(help: "The customer: id, uuid, ulid or e-mail address.") var customer: String
    @OptionGroup var fields: SubscriptionFields
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let view = try await Workplace.openCommerce { place in
            let bought = try await place.servicePackage(sold)
            let subscriber = try await place.customer(customer)
            var order = SubscriptionOrder(bought.number, for: subscriber.number)
            order.name = fields.name
            order.description = fields.description ?? ""
            order.startsAt = try fields.startsAt.map { try CommerceInput.time($0, "--starts-at") }
            order.endsAt = try fields.endsAt.map { try CommerceInput.time($0, "--ends-at") }
            order.trial = try fields.trial.map { try CommerceInput.period($0, "--trial") }
            order.grace = try fields.grace.map { try CommerceInput.period($0, "--grace") }
            order.periodicity = try fields.period.map { try CommerceInput.period($0, "--period") }
            order.price = try fields.price.map { try CommerceInput.price($0, "--price") }
            order.currency = try fields.currency.map { try CommerceInput.currency($0) }
            order.tier = fields.tier
            order.metadata = try fields.metadata.map { try CommerceInput.metadata($0) } ?? .empty
            var random = FleetRandom(place.time)
            let now = place.time.now()
            let made = try await place.store.addSubscription(
                order, identity: ResourceIdentity(at: now, using: &random),
                tag: ResourceIdentity.shortWord(Subscription.tagLength, using: &random), now: now)
            return SubscriptionView(subscription: made, now: now)
        }
        if output.json { return try Console.json(view) }
        let tag = view.subscription.tag
        Console.say(
            "Sold \(MeetingView.printable(view.subscription.details.name)), \(view.state). Give it an account: plenary subscription bind \(tag) ACCOUNT"
        )
    }
}

struct SubscriptionList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the subscriptions.")
    @Option(help: "Only those of this customer: id, uuid, ulid or e-mail address.") var customer: String?
    @Option(help: "Only those: active, inactive, suspended, canceled or terminated.") var status: String?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let wanted: SubscriptionLife.Status? = try status.map { try CommerceInput.word($0, "--status") }
        let views = try await Workplace.openCommerce { place in
            var number: CustomerNumber?
            if let customer { number = try await place.customer(customer).number }
            let now = place.time.now()
            return try await place.store.subscriptions(of: number).filter {
                wanted == nil || $0.life.status == wanted
            }.map { SubscriptionView(subscription: $0, now: now) }
        }
        if output.json { return try Console.json(views) }
        if views.isEmpty {
            return Console.say(
                "No subscriptions. Sell one: plenary subscription create --package PACKAGE --customer CUSTOMER")
        }
        var table = Table(["id", "tag", "customer", "status", "state", "name"])
        for view in views {
            table.add([
                view.subscription.identity.id, view.subscription.tag, view.subscription.subscriberID,
                view.subscription.life.status.rawValue, view.state,
                MeetingView.printable(view.subscription.details.name),
            ])
        }
        Console.say(table.text)
    }
}

struct SubscriptionShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one subscription.")
    @Argument(help: "Its id, uuid, ulid or tag.") var subscription: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (view, accounts, features) = try await Workplace.openCommerce { place in
            let found = try await place.subscription(subscription)
            let numbers = try await place.store.accounts(of: found.number)
            let slugs = place.store.roster { roster in numbers.compactMap { roster.accounts[$0]?.slug.text } }
            return (
                SubscriptionView(subscription: found, now: place.time.now()), slugs,
                try await place.store.features(of: found.number)
            )
        }
        if output.json { return try Console.json(view) }
        let details = view.subscription.details
        Console.say("\(MeetingView.printable(details.name)) (\(view.subscription.identity.id)), \(view.state)")
        Console.say(
            "package \(view.subscription.packageID), customer \(view.subscription.subscriberID), \(details.price) \(details.currency), period \(details.life.periodicity), grace \(details.life.grace)"
        )
        for feature in features {
            let own = feature.source == .own ? " (its own)" : ""
            Console.say("\(feature.code.rawValue)=\(feature.value)\(own)")
        }
        Console.say(
            accounts.isEmpty
                ? "No accounts. Give it one: plenary subscription bind \(view.subscription.tag) ACCOUNT"
                : "accounts \(accounts.joined(separator: ", "))")
    }
}

struct SubscriptionUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change a subscription: only what is named. Its accounts go by it at once.")
    @Argument(help: "Its id, uuid, ulid or tag.") var subscription: String
    @Option(help: "active, inactive, suspended, canceled or terminated.") var status: String?
    @Option(help: "When the trial ends: a day or a time; empty: there is none.") var trialEndsAt: String?
    @OptionGroup var fields: SubscriptionFields
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let wanted = try edits()
        guard !wanted.isEmpty else {
            throw CommandFailure(
                message: "nothing to change was named", remedy: "plenary subscription update --help tells what can be.",
                exitCode: 64)
        }
        let view = try await Workplace.openCommerce { place in
            let found = try await place.subscription(subscription)
            let now = place.time.now()
            let changed = try await place.store.updateSubscription(found.number, now: now) { details in
                for edit in wanted { edit(&details) }
            }
            guard let changed else { throw CommerceFault.notFound(.subscription) }
            return SubscriptionView(subscription: changed, now: now)
        }
        if output.json { return try Console.json(view) }
        Console.say("Changed, \(view.state). See it: plenary subscription show \(view.subscription.tag)")
    }

    private func edits() throws -> [Edit<SubscriptionDetails>] {
        var edits: [Edit<SubscriptionDetails>] = []
        if let status {
            let status: SubscriptionLife.Status = try CommerceInput.word(status, "--status")
            edits.append { $0.life.status = status }
        }
        if let trialEndsAt {
            let time: WireTime? = try CommerceInput.optional(trialEndsAt).map {
                try CommerceInput.time($0, "--trial-ends-at")
            }
            edits.append { $0.life.trialEndsAt = time }
        }
        if let name = fields.name { edits.append { $0.name = name } }
        if let description = fields.description { edits.append { $0.description = description } }
        if let text = fields.startsAt {
            let time = try CommerceInput.time(text, "--starts-at")
            edits.append { $0.life.startsAt = time }
        }
        if let text = fields.endsAt {
            // Empty: it does not end.
            let time: WireTime? = try CommerceInput.optional(text).map { try CommerceInput.time($0, "--ends-at") }
            edits.append { $0.life.endsAt = time }
        }
        if let text = fields.trial {
            let period = try CommerceInput.period(text, "--trial")
            edits.append { $0.life.trial = period }
        }
        if let text = fields.grace {
            let period = try CommerceInput.period(text, "--grace")
            edits.append { $0.life.grace = period }
        }
        if let text = fields.period {
            let period = try CommerceInput.period(text, "--period")
            edits.append { $0.life.periodicity = period }
        }
        if let text = fields.price {
            let price = try CommerceInput.price(text, "--price")
            edits.append { $0.price = price }
        }
        if let text = fields.currency {
            let currency = try CommerceInput.currency(text)
            edits.append { $0.currency = currency }
        }
        if let tier = fields.tier { edits.append { $0.tier = tier } }
        if let text = fields.metadata {
            let metadata = try CommerceInput.metadata(text)
            edits.append { $0.metadata = metadata }
        }
        return edits
    }
}

struct SubscriptionDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete an inactive subscription without accounts. It cannot be undone.")
    @Argument(help: "Its id, uuid, ulid or tag.") var subscription: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let id = try await Workplace.openCommerce { place in
            let found = try await place.subscription(subscription)
            guard try await place.store.removeSubscription(found.number) else {
                throw CommerceFault.notFound(.subscription)
            }
            return found.identity.id
        }
        if output.json { return try Console.json(DeletedView(deleted: id)) }
        Console.say("Deleted subscription \(id). See what is left: plenary subscription list")
    }
}

struct SubscriptionBind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bind", abstract: "Give an account this subscription: it goes by its limits at once.")
    @Argument(help: "Its id, uuid, ulid or tag.") var subscription: String
    @Argument(help: "The account's short name.") var account: String
    @Flag(help: "Also when it has another subscription.") var force = false
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        let account: String
        let subscriptionID: String
        let subscriberID: String

        private enum CodingKeys: String, CodingKey {
            case account
            case subscriptionID = "subscription_id"
            case subscriberID = "subscriber_id"
        }
    }

    func run() async throws {
        let answer = try await Workplace.openCommerce { place in
            let account = try place.account(account)
            let found = try await place.subscription(subscription)
            _ = try await place.store.bind(account.id, to: found.number, force: force, now: place.time.now())
            return Answer(
                account: account.slug.text, subscriptionID: found.identity.id, subscriberID: found.subscriberID)
        }
        if output.json { return try Console.json(answer) }
        Console.say(
            "\(answer.account) goes by subscription \(answer.subscriptionID). See what is used: plenary subscription usage \(answer.subscriptionID)"
        )
    }
}

struct SubscriptionUnbind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unbind", abstract: "Take an account out of its subscription: none limits it then.")
    @Argument(help: "The account's short name.") var account: String
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        let account: String
        /// Whether it had a subscription.
        let unbound: Bool
    }

    func run() async throws {
        let answer = try await Workplace.openCommerce { place in
            let account = try place.account(account)
            return Answer(account: account.slug.text, unbound: try await place.store.unbind(account.id))
        }
        if output.json { return try Console.json(answer) }
        Console.say(
            answer.unbound
                ? "\(answer.account) has no subscription any more. Give it one: plenary subscription bind SUBSCRIPTION \(answer.account)"
                : "\(answer.account) had no subscription.")
    }
}
