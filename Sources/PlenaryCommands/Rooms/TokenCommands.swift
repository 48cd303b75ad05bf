internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Links into rooms: whoever has one gets in, as what it says.",
        subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self, TokenDelete.self])
}

struct TokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a link into a room, and print it.")
    @Argument(help: "The room's id, uuid or ulid.") var room: String
    @Option(help: "moderator, attendee or guest.") var role: String
    @OptionGroup var expiry: ExpiryOptions
    @Option(help: "A note for yourself.") var label: String?
    @Option(help: "The visitor's name, which cannot be changed then: a personal link.") var name: String?
    @Option(help: "How often it lets somebody in. Default: any number of times.") var maxUses: Int?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let role: RoomRole = try CommerceInput.word(role, "--role")
        let view = try await Workplace.openPlatform { place in
            let found = try await place.room(room)
            let now = place.time.now()
            let details = RoomTokenDetails(
                role: role, expiresAt: try expiry.time(at: now), label: label, displayName: name, maxUses: maxUses)
            var random = FleetRandom(place.time)
            let seed = RoomTokenSeed(at: now, using: &random)
            let made = try await place.store.addToken(details, to: found.number, seed: seed, now: now)
            return TokenView(
                made, of: found, origin: try await place.origin(ofCustomer: found.customerID), now: now, reveal: true)
        }
        if output.json { return try Console.json(view) }
        Console.say(view.url ?? "")
        Console.note(
            "Made the link \(view.id) for a \(view.role)\(view.expiresAt.map { ", valid until \($0)" } ?? "")\(view.isValid ? "" : ", which is over"). Whoever has it gets in."
        )
    }
}

struct TokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the links into a room, the newest first.")
    @Argument(help: "The room's id, uuid or ulid.") var room: String
    @Flag(help: "Show the links themselves.") var reveal = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let views = try await Workplace.openPlatform { place in
            let found = try await place.room(room)
            let origin = try await place.origin(ofCustomer: found.customerID)
            let now = place.time.now()
            return try await place.store.tokens(of: found.number).map {
                TokenView($0, of: found, origin: origin, now: now, reveal: reveal)
            }
        }
        if output.json { return try Console.json(views) }
        if views.isEmpty {
            return Console.say(
                "No links. Make one: plenary token create \(MeetingView.printable(room)) --role moderator")
        }
        var table = Table(["id", "role", "valid", "until", "uses", "last use", "label", "link"])
        for view in views {
            let name = view.displayName ?? view.label ?? (view.isAutomatic ? "of the public room" : "")
            table.add([
                view.id, view.role, view.isValid ? "yes" : "no", view.expiresAt ?? "",
                "\(view.useCount)\(view.maxUses.map { " of \($0)" } ?? "")", view.lastUsage ?? "",
                MeetingView.printable(name), view.url ?? "hidden; --reveal shows it",
            ])
        }
        Console.say(table.text)
    }
}

/// Names one link: an id of the API, never the link itself, which would stand in the history of the shell.
struct TokenName: ParsableArguments {
    @Argument(help: "The room's id, uuid or ulid.") var room: String
    @Argument(help: "The link's id: plenary token list ROOM.") var token: String

    var failure: CommandFailure {
        CommandFailure(
            message: "the room has no such link",
            remedy: "See them: plenary token list \(MeetingView.printable(room)). One is named by its id.")
    }
}

struct TokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Let a link be over now; it stays in the list. Who is in stays in.")
    @OptionGroup var name: TokenName
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let view = try await Workplace.openPlatform { place in
            let found = try await place.room(name.room)
            let now = place.time.now()
            let changed = try await place.store.updateToken(name.token, of: found.number) { _, details in
                // One that was over before stays over since then.
                details.expiresAt = min(details.expiresAt ?? now, now)
            }
            guard let changed else { throw name.failure }
            return TokenView(
                changed, of: found, origin: try await place.origin(ofCustomer: found.customerID), now: now,
                reveal: false)
        }
        if output.json { return try Console.json(view) }
        Console.say("The link \(view.id) lets nobody in any more.")
    }
}

struct TokenDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a link; it is good for nothing at once. Who is in stays in.")
    @OptionGroup var name: TokenName
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Workplace.openPlatform { place in
            let found = try await place.room(name.room)
            let isGone = try await place.store.removeToken(name.token, of: found.number, now: place.time.now())
            guard isGone else { throw name.failure }
        }
        if output.json { return try Console.json(DeletedView(deleted: name.token)) }
        Console.say("Deleted the link \(name.token). See what is left: plenary token list \(name.room)")
    }
}
