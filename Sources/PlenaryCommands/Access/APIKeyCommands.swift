internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct APIKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-key", abstract: "Keys of the REST API: what programs sign in with.",
        subcommands: [APIKeyCreate.self, APIKeyList.self, APIKeyDelete.self])
}

/// Reads what people write about permissions.
enum AccessInput {
    /// - Throws: also when there is none: nobody gets everything by leaving something out.
    static func scopes(_ given: [String]) throws -> Set<Scope> {
        let known = "There are: \(Permission.allCases.map(\.rawValue).joined(separator: ", "))."
        let many = "rooms.* is everything with rooms, *.read reads everything, * may do everything. "
        guard !given.isEmpty else {
            throw CommandFailure(
                message: "a key needs one --permission at least", remedy: many + known, exitCode: 64)
        }
        return Set(
            try given.map { text -> Scope in
                guard let scope = Scope(text) else {
                    throw CommandFailure(
                        message: "there is no permission `\(MeetingView.printable(text))`", remedy: many + known,
                        exitCode: 64)
                }
                return scope
            })
    }
}

/// A key as `--json` shows it, with the names of the REST API. Stable: fields are added, never renamed.
struct APIKeyView: Encodable {
    let object = "APIKey"
    let id: String
    let uuid: String
    let ulid: String
    let name: String
    let description: String?
    let permissions: [String]
    /// Whose resources it sees; absent: everything.
    let customers: [String]?
    let createdAt: String
    let expiresAt: String?
    let lastUsedAt: String?
    /// Only once, when it is made.
    let key: String?

    private enum CodingKeys: String, CodingKey {
        case object, id, uuid, ulid, name, description, permissions
        case customers = "customer_ids"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case lastUsedAt = "last_used_at"
        case key
    }

    /// - Parameter names: public ids of customers.
    init(_ kept: Store.KeptAPIKey, names: [CustomerNumber: String], text: APIKeyText? = nil) {
        let stored = kept.key
        id = stored.identity.id
        uuid = stored.identity.uuid
        ulid = stored.identity.ulid
        name = stored.details.name
        description = stored.details.description
        permissions = stored.details.scopes.map(\.description).sorted()
        switch stored.reach {
        case .platform: customers = nil
        case .customers(let numbers): customers = numbers.sorted().compactMap { names[$0] }
        }
        createdAt = stored.createdAt.timestamp
        expiresAt = stored.details.expiresAt?.timestamp
        lastUsedAt = kept.lastUsedAt?.timestamp
        key = text?.reveal()
    }
}

struct APIKeyCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key, and print it. It is shown this once only.")
    @Argument(help: "Its name, for people.") var name: String
    @Option(help: "What it may do, such as rooms.create, rooms.*, *.read, or * for everything; once for each.")
    var permission: [String] = []
    @Option(help: "Only what belongs to this customer: id, uuid, ulid or e-mail address; once for each. Default: all.")
    var customer: [String] = []
    @Option(help: "What it is for.") var description: String?
    @OptionGroup var expiry: ExpiryOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let scopes = try AccessInput.scopes(permission)
        let view = try await Workplace.openPlatform(mayCreate: true) { place in
            let now = place.time.now()
            let expiresAt = try expiry.time(at: now)
            if let expiresAt, expiresAt <= now {
                throw CommandFailure(
                    message: "the key would be over already", remedy: "Give a later time.", exitCode: 64)
            }
            var names: [CustomerNumber: String] = [:]
            for text in customer {
                let found = try await place.customer(text)
                names[found.number] = found.identity.id
            }
            let reach: Reach = names.isEmpty ? .platform : .customers(Set(names.keys))
            let details = APIKeyDetails(name: name, description: description, scopes: scopes, expiresAt: expiresAt)
            // Who can write to the database may give everything.
            try details.check(maker: Principal(scopes: [.everything], reach: .platform), reach: reach)
            var random = FleetRandom(place.time)
            let identity = ResourceIdentity(at: now, using: &random)
            let text = APIKeyText(id: identity.id, using: &random)
            let key = APIKey(
                identity: identity, verifier: text.verifier, details: details, reach: reach, createdAt: now)
            let kept = try await place.store.addAPIKey(key, createdBy: nil)
            return APIKeyView(kept, names: names, text: text)
        }
        if output.json { return try Console.json(view) }
        Console.say(view.key ?? "")
        Console.note(
            "Made the key \(view.id). Keep it: it is not shown again. Send it as `Authorization: Bearer KEY`. Take it back: plenary api-key delete \(view.id)"
        )
    }
}

struct APIKeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the keys, without the keys themselves.")
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let views = try await Workplace.openPlatform { place in
            let customers = try await place.store.customers()
            let names = Dictionary(uniqueKeysWithValues: customers.map { ($0.number, $0.identity.id) })
            return try await place.store.apiKeys().map { APIKeyView($0, names: names) }
        }
        if output.json { return try Console.json(views) }
        if views.isEmpty {
            return Console.say("No keys. Make one: plenary api-key create NAME --permission 'rooms.*'")
        }
        var table = Table(["id", "name", "until", "last use", "customers", "permissions"])
        for view in views {
            table.add([
                view.id, MeetingView.printable(view.name), view.expiresAt ?? "", view.lastUsedAt ?? "",
                view.customers.map { $0.joined(separator: ", ") } ?? "all", view.permissions.joined(separator: ", "),
            ])
        }
        Console.say(table.text)
    }
}

struct APIKeyDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a key: it opens nothing from then on.")
    @Argument(help: "Its id, uuid or ulid; never the key itself.") var key: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let id = try await Workplace.openPlatform { place in
            guard let reference = ResourceReference(key), let found = try await place.store.apiKey(reference),
                try await place.store.removeAPIKey(reference)
            else {
                // What was given is not repeated: it may be a key.
                throw CommandFailure(
                    message: "there is no such key", remedy: "List them: plenary api-key list. One is named by its id.")
            }
            return found.key.identity.id
        }
        if output.json { return try Console.json(DeletedView(deleted: id)) }
        Console.say("Deleted the key \(id). See what is left: plenary api-key list")
    }
}
