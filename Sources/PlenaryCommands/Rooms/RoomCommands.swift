internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

struct RoomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "room", abstract: "Rooms: places with an address of their own, in which people meet.",
        subcommands: [
            RoomCreate.self, RoomListing.self, RoomShow.self, RoomUpdate.self, RoomEnd.self, RoomDelete.self,
        ])
}

extension Workplace {
    /// A room with what of it has no effect now, which is told on standard error too.
    ///
    /// - Parameter changed: whether somebody just wrote it.
    fileprivate func view(of room: Room, changed: Bool = false) async throws -> RoomView {
        let account = store.roster { $0.accounts[room.account] }
        var warnings: [RoomWarning]?
        if changed {
            let entitlement = account?.entitlement
            var provider: ProviderType?
            if let entitlement {
                let attached = try await store.providers(of: .subscription(entitlement.subscription))
                provider = attached.first { $0.entry.isDefault }?.type
                if attached.isEmpty {
                    Console.note(
                        "plenary: note: no service provider is attached to its subscription yet. `serve` makes one of your"
                            + " own servers at its first start; or: plenary provider attach")
                }
            }
            let found = room.details.warnings(
                under: entitlement?.features ?? .empty, type: room.type, provider: provider)
            for warning in found {
                Console.note("plenary: note: \(PlatformFailure.name(warning.pointer)) \(warning.rule)")
            }
            warnings = found
        }
        return RoomView(
            room, origin: try await origin(ofCustomer: room.customerID), account: account?.slug.text ?? "",
            warnings: warnings)
    }
}

struct RoomCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Add a room to an account that has a subscription.",
        discussion: "`plenary token create` makes links into it.")
    @Option(help: "The account's short name.") var account: String
    @Option(help: "Its name; other rooms may have the same.") var name: String
    @Option(help: "Who owns it, a user of the customer: id or e-mail address. Default: the customer's owner.")
    var owner: String?
    @OptionGroup var fields: RoomFields
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var details = RoomDetails(name: name)
        for edit in try fields.edits() { edit(&details) }
        let given = details
        let view = try await Workplace.openPlatform { place in
            let found = try place.account(account)
            guard found.entitlement != nil else { throw Self.noSubscription(found.slug.text) }
            var ownerID: RoomUserID?
            if let owner { ownerID = try await place.user(owner).id }
            var random = FleetRandom(place.time)
            let now = place.time.now()
            let identity = ResourceIdentity(at: now, using: &random)
            let seeds = RoomSeeds(at: now, using: &random)
            let room = try await place.store.addRoom(
                given, in: found.id, owner: ownerID, identity: identity, seeds: seeds, now: now)
            return try await place.view(of: room, changed: true)
        }
        if output.json { return try Console.json(view) }
        Console.say("\(view.id)  \(view.url)")
        Console.note(
            view.isPublic
                ? "Added the room. Who has its address gets in as a guest; moderators need a link: plenary token create \(view.id) --role moderator"
                : "Added the room. Make a link into it: plenary token create \(view.id) --role moderator")
    }

    static func noSubscription(_ slug: String) -> CommandFailure {
        CommandFailure(
            message: "the account \(slug) has no subscription, and rooms belong to what a customer bought",
            remedy: """
                Sell something, and give it to the account:
                    plenary customer create --email ida@school.example --first-name Ida --last-name Berg
                    plenary package create Meetings
                    plenary subscription create --customer ida@school.example --package PACKAGE
                    plenary subscription bind SUBSCRIPTION \(slug)
                """)
    }
}

struct RoomListing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the rooms, in the order in which they were made.")
    @Option(help: "Only those of this account: its short name.") var account: String?
    @Option(help: "Only those of this customer: id, uuid, ulid or e-mail address.") var customer: String?
    @Option(help: "Only those with all of these words in their name or address.") var search: String?
    @Flag(help: "Only those in which a session runs.") var live = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let views = try await Workplace.openPlatform { place in
            var parameters = [QueryParameter("sort", "created_at")]
            if let account {
                parameters.append(QueryParameter("filter[account_id]", try place.account(account).identity.id))
            }
            if let customer {
                parameters.append(
                    QueryParameter("filter[customer_id]", try await place.customer(customer).identity.id))
            }
            if let search { parameters.append(QueryParameter("search", search)) }
            if live { parameters.append(QueryParameter("filter[live]", "true")) }
            let rooms = try await place.rooms(parameters)
            let customers = try await place.store.customers()
            let slugs = place.store.roster { $0.accounts.mapValues(\.slug.text) }
            return rooms.map { room in
                let owner = customers.first { $0.identity.id == room.customerID }
                return RoomView(
                    room, origin: place.platformSettings.origin(of: owner), account: slugs[room.account] ?? "")
            }
        }
        if output.json { return try Console.json(views) }
        if views.isEmpty { return Console.say("No rooms. Add one: plenary room create --account ACCOUNT --name NAME") }
        var table = Table(["id", "type", "status", "public", "account", "name", "url"])
        for view in views {
            table.add([
                view.id, view.type, view.status, view.isPublic ? "yes" : "no", view.account,
                MeetingView.printable(view.name), view.url,
            ])
        }
        Console.say(table.text)
    }
}

extension Workplace {
    /// All rooms that were asked for, page by page.
    ///
    /// - Parameter parameters: as in the query of `GET /rooms`.
    fileprivate func rooms(_ parameters: [QueryParameter]) async throws -> [Room] {
        let schema = RoomList.schema
        let catalogue = SchemaCatalogue([schema])
        let limit = QueryParameter("limit", String(ListQuery.limits.upperBound))
        var rooms: [Room] = []
        var next: [QueryParameter] = []
        repeat {
            let query = try ListQuery(parameters + [limit] + next, of: schema, in: catalogue)
            let page = try await store.rooms(query, reach: .platform)
            rooms += page.rooms
            next = page.next.map { [QueryParameter("cursor", $0.text)] } ?? []
        } while !next.isEmpty
        return rooms
    }
}

struct RoomShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one room.")
    @Argument(help: "Its id, uuid or ulid.") var room: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (view, words) = try await Workplace.openPlatform { place in
            let found = try await place.room(room)
            return (try await place.view(of: found), try await place.words(about: found))
        }
        if output.json { return try Console.json(view) }
        Console.say(
            "\(MeetingView.printable(view.name)) (\(view.id)), \(view.type), \(view.status), \(view.isPublic ? "public" : "by personal links only")"
        )
        Console.say(view.url)
        Console.say("account \(view.account), customer \(view.customerID), subscription \(view.subscriptionID)")
        for line in words { Console.say(line) }
    }
}

extension Workplace {
    /// What goes on in a room, what holds for its sessions, and how people get in.
    fileprivate func words(about room: Room) async throws -> [String] {
        var lines: [String] = []
        switch try await store.liveSession(of: room.number) {
        case nil: lines.append("Nothing runs in it.")
        case let session? where session.state == .running:
            let since = session.startedAt.map { " since \($0.timestamp)" } ?? ""
            let people = session.figures.map { ", \($0.participants) in it" } ?? ""
            lines.append("A session runs\(since)\(people).")
        case .some: lines.append("A session is being started.")
        }
        let entitlement = store.roster { $0.accounts[room.account] }?.entitlement
        for feature in room.details.features.resolved(against: entitlement?.features ?? .empty).shown {
            let used = feature.usedValue.map { "\($0)" } ?? "no limit"
            let reason =
                feature.resolution.fault == nil ? "" : " (its own value is ignored: \(feature.resolution.rawValue))"
            lines.append("\(MeetingView.printable(feature.code)): \(used)\(reason)")
        }
        for (key, value) in room.details.settings.given.sorted(by: { $0.key < $1.key }) {
            lines.append("\(key) = \(MeetingView.printable(Self.text(value)))")
        }
        let now = time.now()
        let tokens = try await store.tokens(of: room.number)
        let valid = tokens.count(where: { $0.validity(at: now) == .valid })
        let codes = try await store.codes(of: room.number).all.count
        lines.append(
            tokens.isEmpty
                ? "No links. Make one: plenary token create \(room.identity.id) --role moderator"
                : "\(tokens.count) links, \(valid) of them valid: plenary token list \(room.identity.id)")
        if codes > 0 { lines.append("\(codes) access codes: plenary code list \(room.identity.id)") }
        return lines
    }

    private static func text(_ value: Metadata.Scalar) -> String {
        switch value {
        case .null: ""
        case .bool(let bool): bool ? "true" : "false"
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .text(let text): text
        }
    }
}

struct RoomUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change a room: only what is named.",
        discussion: "A session that runs goes on as it was started; features and settings reach the next one.")
    @Argument(help: "Its id, uuid or ulid.") var room: String
    @Option(help: "Its name.") var name: String?
    @OptionGroup var fields: RoomFields
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var edits = try fields.edits()
        if let name { edits.append { $0.name = name } }
        guard !edits.isEmpty else {
            throw CommandFailure(
                message: "nothing to change was named", remedy: "plenary room update --help tells what can be.",
                exitCode: 64)
        }
        let wanted = edits
        let view = try await Workplace.openPlatform { place in
            let found = try await place.room(room)
            var random = FleetRandom(place.time)
            let now = place.time.now()
            let seeds = RoomSeeds(at: now, using: &random)
            let changed = try await place.store.updateRoom(found.number, seeds: seeds, now: now) { _, details in
                for edit in wanted { edit(&details) }
            }
            guard let changed else { throw RoomProblem.roomNotFound }
            return try await place.view(of: changed, changed: true)
        }
        if output.json { return try Console.json(view) }
        Console.say("Changed. See it: plenary room show \(view.id)")
    }
}
