internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct CustomerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customer", abstract: "Customers: who is billed, and whose accounts they are.",
        subcommands: [
            CustomerCreate.self, CustomerList.self, CustomerShow.self, CustomerUpdate.self, CustomerDelete.self,
        ])
}

/// A customer as `--json` shows it, with the names of the REST API. Stable: fields are added, never renamed.
private struct CustomerView: Encodable {
    let customer: Customer

    private enum Keys: String, CodingKey {
        case object, id, uuid, ulid
        case externalID = "external_id"
        case key = "customer_key"
        case prefix = "customer_prefix"
        case type = "customer_type"
        case status, email
        case firstName = "first_name"
        case lastName = "last_name"
        case companyName = "company_name"
        case hostname, subdomain, country, currency, locale, timezone
        case origins = "allowed_domains_origins"
        case domains = "allowed_domains_registration"
        case settings = "customer_settings"
        case metadata = "customer_metadata"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    func encode(to encoder: any Encoder) throws {
        let details = customer.details
        var keyed = encoder.container(keyedBy: Keys.self)
        try keyed.encode("Customer", forKey: .object)
        try keyed.encode(customer.identity.id, forKey: .id)
        try keyed.encode(customer.identity.uuid, forKey: .uuid)
        try keyed.encode(customer.identity.ulid, forKey: .ulid)
        try keyed.encodeIfPresent(details.externalID, forKey: .externalID)
        try keyed.encode(customer.key, forKey: .key)
        try keyed.encodeIfPresent(details.prefix, forKey: .prefix)
        try keyed.encode(details.type.rawValue, forKey: .type)
        try keyed.encode(details.status.rawValue, forKey: .status)
        try keyed.encode(details.email, forKey: .email)
        try keyed.encode(details.firstName, forKey: .firstName)
        try keyed.encode(details.lastName, forKey: .lastName)
        try keyed.encodeIfPresent(details.companyName, forKey: .companyName)
        try keyed.encodeIfPresent(details.hostname, forKey: .hostname)
        try keyed.encode(details.subdomain, forKey: .subdomain)
        try keyed.encode(details.country, forKey: .country)
        try keyed.encode(details.currency.code, forKey: .currency)
        try keyed.encode(details.locale, forKey: .locale)
        try keyed.encode(details.timezone, forKey: .timezone)
        try keyed.encode(details.allowedOrigins, forKey: .origins)
        try keyed.encode(details.allowedDomains, forKey: .domains)
        // There are no settings that may be set yet.
        try keyed.encode(Metadata.empty, forKey: .settings)
        try keyed.encode(details.metadata, forKey: .metadata)
        try keyed.encode(customer.createdAt.timestamp, forKey: .createdAt)
        try keyed.encode(customer.updatedAt.timestamp, forKey: .updatedAt)
    }
}

/// What can be said about a customer.
struct CustomerFields: ParsableArguments {
    @Option(help: "business or personal. Default: a business when it has a company.") var type: String?
    @Option(help: "active, suspended, inactive or terminated.") var status: String?
    @Option(help: "E-mail address; unique.") var email: String?
    @Option(help: "First name of the contact.") var firstName: String?
    @Option(help: "Last name of the contact.") var lastName: String?
    @Option(help: "Name of the business; empty: none.") var company: String?
    @Option(name: .customLong("external-id"), help: "Id in a billing system, unique; empty: none.")
    var externalID: String?
    @Option(help: "Prefix of invoice numbers and the like; empty: none.") var prefix: String?
    @Option(help: "Domain of its own for public links; empty: none.") var hostname: String?
    @Option(help: "Part of the address of public links; empty: made from the name.") var subdomain: String?
    @Option(help: "Two letters of ISO 3166-1.") var country: String?
    @Option(help: "Three letters of ISO 4217.") var currency: String?
    @Option(help: "Language, such as de.") var locale: String?
    @Option(help: "Time zone, such as Europe/Berlin.") var timezone: String?
    @Option(help: "Web origin that may call the API; once for each, an empty one: none.") var origin: [String] = []
    @Option(help: "E-mail domain of users that may be invited; once for each, an empty one: any.")
    var emailDomain: [String] = []
    @Option(help: "JSON object of any data of yours; replaces what there is.") var metadata: String?

    func edits() throws -> [Edit<CustomerDetails>] {
        var edits: [Edit<CustomerDetails>] = []
        if let company {
            let name = CommerceInput.optional(company)
            edits.append { $0.companyName = name }
        }
        if let type {
            let type: CustomerType = try CommerceInput.word(type, "--type")
            edits.append { $0.type = type }
        }
        if let status {
            let status: CustomerStatus = try CommerceInput.word(status, "--status")
            edits.append { $0.status = status }
        }
        if let email { edits.append { $0.email = email } }
        if let firstName { edits.append { $0.firstName = firstName } }
        if let lastName { edits.append { $0.lastName = lastName } }
        if let externalID { edits.append { $0.externalID = CommerceInput.optional(externalID) } }
        if let prefix { edits.append { $0.prefix = CommerceInput.optional(prefix) } }
        if let hostname { edits.append { $0.hostname = CommerceInput.optional(hostname) } }
        if let subdomain { edits.append { $0.subdomain = subdomain } }
        if let country { edits.append { $0.country = country } }
        if let currency {
            let currency = try CommerceInput.currency(currency)
            edits.append { $0.currency = currency }
        }
        if let locale { edits.append { $0.locale = locale } }
        if let timezone { edits.append { $0.timezone = timezone } }
        if !origin.isEmpty {
            let origins = origin.filter { !$0.isEmpty }
            edits.append { $0.allowedOrigins = origins }
        }
        if !emailDomain.isEmpty {
            let domains = emailDomain.filter { !$0.isEmpty }
            edits.append { $0.allowedDomains = domains }
        }
        if let metadata {
            let metadata = try CommerceInput.metadata(metadata)
            edits.append { $0.metadata = metadata }
        }
        return edits
    }
}

struct CustomerCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Add a customer. Needs --email, --first-name and --last-name.")
    @OptionGroup var fields: CustomerFields
    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard let email = fields.email, let firstName = fields.firstName, let lastName = fields.lastName else {
            throw CommandFailure(
                message: "a customer needs an e-mail address and the name of somebody",
                remedy: "plenary customer create --email ida@school.example --first-name Ida --last-name Berg",
                exitCode: 64)
        }
        let isBusiness = !(fields.company ?? "").isEmpty
        var details = CustomerDetails(
            type: isBusiness ? .business : .personal, email: email, firstName: firstName, lastName: lastName)
        for edit in try fields.edits() { edit(&details) }
        let given = details
        let customer = try await Workplace.openCommerce(mayCreate: true) { place in
            var random = FleetRandom(place.time)
            let now = place.time.now()
            return try await place.store.addCustomer(
                given, identity: ResourceIdentity(at: now, using: &random),
                key: ResourceIdentity.shortWord(Customer.keyLength, using: &random), now: now)
        }
        if output.json { return try Console.json(CustomerView(customer: customer)) }
        Console.say(
            "Added customer \(customer.identity.id). Sell a package: plenary subscription create --customer \(customer.identity.id) --package PACKAGE"
        )
    }
}

struct CustomerList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the customers.")
    @Option(help: "Only those: active, suspended, inactive or terminated.") var status: String?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let wanted: CustomerStatus? = try status.map { try CommerceInput.word($0, "--status") }
        let customers = try await Workplace.openCommerce { try await $0.store.customers() }.filter {
            wanted == nil || $0.details.status == wanted
        }
        if output.json { return try Console.json(customers.map { CustomerView(customer: $0) }) }
        if customers.isEmpty { return Console.say("No customers. Add one: plenary customer create --help") }
        var table = Table(["id", "status", "e-mail", "subdomain", "name"])
        for customer in customers {
            table.add([
                customer.identity.id, customer.details.status.rawValue, customer.details.email,
                customer.details.subdomain, MeetingView.printable(customer.details.namesake),
            ])
        }
        Console.say(table.text)
    }
}

struct CustomerShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one customer.")
    @Argument(help: "Its id, uuid, ulid or e-mail address.") var customer: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (found, subscriptions) = try await Workplace.openCommerce { place in
            let found = try await place.customer(customer)
            return (found, try await place.store.subscriptions(of: found.number))
        }
        if output.json { return try Console.json(CustomerView(customer: found)) }
        let details = found.details
        Console.say("\(MeetingView.printable(details.namesake)) (\(found.identity.id)), \(details.status.rawValue)")
        Console.say("\(MeetingView.printable("\(details.firstName) \(details.lastName)")), \(details.email)")
        Console.say(
            "subdomain \(details.subdomain)\(details.hostname.map { ", domain \($0)" } ?? ""), \(details.country), \(details.currency), \(details.locale), \(details.timezone)"
        )
        if subscriptions.isEmpty {
            Console.say(
                "No subscriptions. Sell a package: plenary subscription create --customer \(found.identity.id) --package PACKAGE"
            )
        }
        for subscription in subscriptions {
            Console.say(
                "subscription \(subscription.identity.id) \(MeetingView.printable(subscription.details.name)), \(subscription.life.status.rawValue)"
            )
        }
    }
}

struct CustomerUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change a customer: only what is named.",
        discussion: "A customer who is terminated has only inactive subscriptions from then on.")
    @Argument(help: "Its id, uuid, ulid or e-mail address.") var customer: String
    @OptionGroup var fields: CustomerFields
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let edits = try fields.edits()
        guard !edits.isEmpty else {
            throw CommandFailure(
                message: "nothing to change was named", remedy: "plenary customer update --help tells what can be.",
                exitCode: 64)
        }
        let changed = try await Workplace.openCommerce { place in
            let found = try await place.customer(customer)
            let changed = try await place.store.updateCustomer(found.number, now: place.time.now()) { details in
                for edit in edits { edit(&details) }
            }
            guard let changed else { throw CommerceFault.notFound(.customer) }
            return changed
        }
        if output.json { return try Console.json(CustomerView(customer: changed)) }
        Console.say("Changed. See it: plenary customer show \(changed.identity.id)")
    }
}

struct CustomerDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a terminated customer and its subscriptions. It cannot be undone.")
    @Argument(help: "Its id, uuid, ulid or e-mail address.") var customer: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let id = try await Workplace.openCommerce { place in
            let found = try await place.customer(customer)
            guard try await place.store.removeCustomer(found.number) else { throw CommerceFault.notFound(.customer) }
            return found.identity.id
        }
        if output.json { return try Console.json(DeletedView(deleted: id)) }
        Console.say("Deleted customer \(id). See who is left: plenary customer list")
    }
}
