internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct PackageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "package", abstract: "Packages: what is sold, with its features and limits.",
        subcommands: [
            PackageCreate.self, PackageList.self, PackageShow.self, PackageUpdate.self, PackageDelete.self,
            PackageFeatureCommand.self,
        ])
}

/// A feature and its value as `--json` shows it.
struct FeatureView: Encodable {
    let code: String
    let value: FeatureValue

    static func list(_ features: FeatureSet) -> [FeatureView] {
        features.codes.map { FeatureView(code: $0.rawValue, value: features.value(of: $0)) }
    }

    static func text(_ features: FeatureSet) -> String {
        list(features).map { "\($0.code)=\($0.value)" }.joined(separator: ", ")
    }
}

/// A package as `--json` shows it, with the names of the REST API. Stable: fields are added, never renamed.
private struct PackageView: Encodable {
    let sold: ServicePackage

    private enum Keys: String, CodingKey {
        case object, id, uuid, ulid, name, description
        case shortDescription = "short_description"
        case serviceType = "service_type"
        case status, hidden, retired, price
        case signupFee = "signup_fee"
        case currency, tier
        case trialPeriod = "trial_period"
        case trialInterval = "trial_interval"
        case gracePeriod = "grace_period"
        case graceInterval = "grace_interval"
        case periodicity
        case periodicityType = "periodicity_type"
        case features
        case settings = "package_settings"
        case metadata = "package_metadata"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    func encode(to encoder: any Encoder) throws {
        let details = sold.details
        var keyed = encoder.container(keyedBy: Keys.self)
        try keyed.encode("ServicePackage", forKey: .object)
        try keyed.encode(sold.identity.id, forKey: .id)
        try keyed.encode(sold.identity.uuid, forKey: .uuid)
        try keyed.encode(sold.identity.ulid, forKey: .ulid)
        try keyed.encode(details.name, forKey: .name)
        try keyed.encode(details.description, forKey: .description)
        try keyed.encode(details.shortDescription, forKey: .shortDescription)
        try keyed.encode(details.serviceType.rawValue, forKey: .serviceType)
        try keyed.encode(details.status.rawValue, forKey: .status)
        try keyed.encode(details.isHidden, forKey: .hidden)
        try keyed.encode(details.isRetired, forKey: .retired)
        try keyed.encode(details.price.text, forKey: .price)
        try keyed.encode(details.signupFee.text, forKey: .signupFee)
        try keyed.encode(details.currency.code, forKey: .currency)
        try keyed.encodeIfPresent(details.tier, forKey: .tier)
        try keyed.encode(details.trial.count, forKey: .trialPeriod)
        try keyed.encode(details.trial.unit.rawValue, forKey: .trialInterval)
        try keyed.encode(details.grace.count, forKey: .gracePeriod)
        try keyed.encode(details.grace.unit.rawValue, forKey: .graceInterval)
        try keyed.encode(details.periodicity.count, forKey: .periodicity)
        try keyed.encode(details.periodicity.unit.rawValue, forKey: .periodicityType)
        try keyed.encode(FeatureView.list(sold.features), forKey: .features)
        // There are no settings that may be set yet.
        try keyed.encode(Metadata.empty, forKey: .settings)
        try keyed.encode(details.metadata, forKey: .metadata)
        try keyed.encode(sold.createdAt.timestamp, forKey: .createdAt)
        try keyed.encode(sold.updatedAt.timestamp, forKey: .updatedAt)
    }
}

/// What can be said about a package.
struct PackageFields: ParsableArguments {
    @Option(help: "What it offers: meet, video, live or simulcast.") var type: String?
    @Option(help: "active or inactive.") var status: String?
    @Option(help: "Description.") var description: String?
    @Option(help: "Description in a few words.") var shortDescription: String?
    @Flag(inversion: .prefixedNo, help: "Do not show it for sale.") var hidden: Bool?
    @Flag(inversion: .prefixedNo, help: "Existing subscriptions go on, no new ones.") var retired: Bool?
    @Option(help: "Price of a period, such as 14.99.") var price: String?
    @Option(help: "Price of the first day.") var signupFee: String?
    @Option(help: "Three letters of ISO 4217.") var currency: String?
    @Option(help: "Order of packages for up- and downgrades.") var tier: Double?
    @Option(help: "Trial before the first period, such as 14days.") var trial: String?
    @Option(help: "Use after the end, such as 7days.") var grace: String?
    @Option(help: "What a subscription is paid for at a time, such as 1month; 0days: it does not end.")
    var period: String?
    @Option(help: "JSON object of any data of yours; replaces what there is.") var metadata: String?

    func edits() throws -> [Edit<PackageDetails>] {
        var edits: [Edit<PackageDetails>] = []
        if let type {
            let type: ServiceType = try CommerceInput.word(type, "--type")
            edits.append { $0.serviceType = type }
        }
        if let status {
            let status: PackageDetails.Status = try CommerceInput.word(status, "--status")
            edits.append { $0.status = status }
        }
        if let description { edits.append { $0.description = description } }
        if let shortDescription { edits.append { $0.shortDescription = shortDescription } }
        if let hidden { edits.append { $0.isHidden = hidden } }
        if let retired { edits.append { $0.isRetired = retired } }
        if let price {
            let price = try CommerceInput.price(price, "--price")
            edits.append { $0.price = price }
        }
        if let signupFee {
            let fee = try CommerceInput.price(signupFee, "--signup-fee")
            edits.append { $0.signupFee = fee }
        }
        if let currency {
            let currency = try CommerceInput.currency(currency)
            edits.append { $0.currency = currency }
        }
        if let tier { edits.append { $0.tier = tier } }
        if let trial {
            let trial = try CommerceInput.period(trial, "--trial")
            edits.append { $0.trial = trial }
        }
        if let grace {
            let grace = try CommerceInput.period(grace, "--grace")
            edits.append { $0.grace = grace }
        }
        if let period {
            let period = try CommerceInput.period(period, "--period")
            edits.append { $0.periodicity = period }
        }
        if let metadata {
            let metadata = try CommerceInput.metadata(metadata)
            edits.append { $0.metadata = metadata }
        }
        return edits
    }
}

struct PackageCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Add a package.",
        discussion: "Features that it does not have limit nothing; recording is off unless it has recording=true.")
    @Argument(help: "Its name.") var name: String
    @Option(help: "A feature, such as max_rooms=20 or recording=true; once for each.") var feature: [String] = []
    @OptionGroup var fields: PackageFields
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var details = PackageDetails(name: name)
        for edit in try fields.edits() { edit(&details) }
        let given = details
        let features = try CommerceInput.features(feature)
        let sold = try await Workplace.openCommerce(mayCreate: true) { place in
            var random = FleetRandom(place.time)
            let now = place.time.now()
            return try await place.store.addPackage(
                given, features: features, identity: ResourceIdentity(at: now, using: &random), now: now)
        }
        if output.json { return try Console.json(PackageView(sold: sold)) }
        Console.say(
            "Added package \(sold.identity.id). Sell it: plenary subscription create --package \(sold.identity.id) --customer CUSTOMER"
        )
    }
}

struct PackageList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the packages.")
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let packages = try await Workplace.openCommerce { try await $0.store.servicePackages() }
        if output.json { return try Console.json(packages.map { PackageView(sold: $0) }) }
        if packages.isEmpty { return Console.say("No packages. Add one: plenary package create NAME") }
        var table = Table(["id", "type", "status", "price", "period", "name", "features"])
        for sold in packages {
            let details = sold.details
            table.add([
                sold.identity.id, details.serviceType.rawValue,
                details.isRetired ? "retired" : details.status.rawValue, "\(details.price) \(details.currency)",
                details.periodicity.isNone ? "" : "\(details.periodicity)", MeetingView.printable(details.name),
                FeatureView.text(sold.features),
            ])
        }
        Console.say(table.text)
    }
}

struct PackageShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one package.")
    @Argument(help: ArgumentHelp("Its id, uuid or ulid.", valueName: "package")) var sold: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let found = try await Workplace.openCommerce { try await $0.servicePackage(sold) }
        if output.json { return try Console.json(PackageView(sold: found)) }
        let details = found.details
        Console.say(
            "\(MeetingView.printable(details.name)) (\(found.identity.id)), \(details.serviceType.rawValue), \(details.status.rawValue)\(details.isRetired ? ", retired" : "")\(details.isHidden ? ", hidden" : "")"
        )
        let period = details.periodicity.isNone ? "it does not end" : "a period is \(details.periodicity)"
        Console.say(
            "\(details.price) \(details.currency), \(period), trial \(details.trial), grace \(details.grace)")
        for feature in FeatureView.list(found.features) { Console.say("\(feature.code)=\(feature.value)") }
        if found.features.codes.isEmpty {
            Console.say("No features. Add one: plenary package feature set \(found.identity.id) max_rooms 20")
        }
    }
}

struct PackageUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change a package: only what is named. Its subscriptions stay as they are.")
    @Argument(help: ArgumentHelp("Its id, uuid or ulid.", valueName: "package")) var sold: String
    @Option(help: "Its name.") var name: String?
    @OptionGroup var fields: PackageFields
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var edits = try fields.edits()
        if let name { edits.append { $0.name = name } }
        guard !edits.isEmpty else {
            throw CommandFailure(
                message: "nothing to change was named", remedy: "plenary package update --help tells what can be.",
                exitCode: 64)
        }
        let wanted = edits
        let changed = try await Workplace.openCommerce { place in
            let found = try await place.servicePackage(sold)
            let changed = try await place.store.updatePackage(found.number, now: place.time.now()) { details in
                for edit in wanted { edit(&details) }
            }
            guard let changed else { throw CommerceFault.notFound(.soldPackage) }
            return changed
        }
        if output.json { return try Console.json(PackageView(sold: changed)) }
        Console.say("Changed. See it: plenary package show \(changed.identity.id)")
    }
}

struct PackageDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a package that nobody has a subscription of.")
    @Argument(help: ArgumentHelp("Its id, uuid or ulid.", valueName: "package")) var sold: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let id = try await Workplace.openCommerce { place in
            let found = try await place.servicePackage(sold)
            guard try await place.store.removePackage(found.number) else { throw CommerceFault.notFound(.soldPackage) }
            return found.identity.id
        }
        if output.json { return try Console.json(DeletedView(deleted: id)) }
        Console.say("Deleted package \(id). See what is left: plenary package list")
    }
}

struct PackageFeatureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feature",
        abstract: "Features of a package. Subscriptions of it stay as they are until they are synced.",
        subcommands: [PackageFeatureSet.self, PackageFeatureRemove.self])
}

struct PackageFeatureSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "set", abstract: "Set a feature of a package.")
    @Argument(help: ArgumentHelp("Its id, uuid or ulid.", valueName: "package")) var sold: String
    @Argument(help: "The feature, such as max_rooms.") var code: String
    @Argument(help: "A number, unlimited, true or false.") var value: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let code = try CommerceInput.feature(code)
        let value = try CommerceInput.value(value, for: code)
        let changed = try await Workplace.openCommerce { place in
            let found = try await place.servicePackage(sold)
            let changed = try await place.store.setFeature(code, value, of: found.number, now: place.time.now())
            guard let changed else { throw CommerceFault.notFound(.soldPackage) }
            return changed
        }
        if output.json { return try Console.json(PackageView(sold: changed)) }
        Console.say(
            "\(code.rawValue) is \(value). Existing subscriptions get it with: plenary subscription feature sync SUBSCRIPTION"
        )
    }
}

struct PackageFeatureRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "remove", abstract: "Take a feature from a package.")
    @Argument(help: ArgumentHelp("Its id, uuid or ulid.", valueName: "package")) var sold: String
    @Argument(help: "The feature, such as max_rooms.") var code: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let code = try CommerceInput.feature(code)
        let changed = try await Workplace.openCommerce { place in
            let found = try await place.servicePackage(sold)
            let changed = try await place.store.removeFeature(code, of: found.number, now: place.time.now())
            guard let changed else { throw CommerceFault.notFound(.soldPackage) }
            return changed
        }
        if output.json { return try Console.json(PackageView(sold: changed)) }
        Console.say(
            "\(code.rawValue) is gone. Existing subscriptions lose it with: plenary subscription feature sync SUBSCRIPTION"
        )
    }
}
