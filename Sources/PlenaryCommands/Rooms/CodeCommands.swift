internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct CodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "code", abstract: "Access codes of rooms, which are asked for beside a link of the same role.",
        subcommands: [CodeCreate.self, CodeList.self, CodeDelete.self])
}

struct CodeCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Add an access code, and print it.",
        discussion: """
            From the first code of a role on, everybody with a link of that role needs one, also when it is over. Codes are \
            not encrypted: put nothing sensitive into one.
            """)
    @Argument(help: "The room's id, uuid or ulid.") var room: String
    @Option(help: "moderator, attendee or guest.") var role: String
    @Option(help: "The code: 4 to 64 characters. Default: nine digits.") var code: String?
    @OptionGroup var expiry: ExpiryOptions
    @Option(help: "A note for yourself.") var label: String?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let role: RoomRole = try CommerceInput.word(role, "--role")
        let view = try await Workplace.openPlatform { place in
            let found = try await place.room(room)
            let now = place.time.now()
            let details = RoomCodeDetails(
                role: role, code: code, expiresAt: try expiry.time(at: now), label: label)
            var random = FleetRandom(place.time)
            let seed = RoomCodeSeed(at: now, using: &random)
            let made = try await place.store.addCode(details, to: found.number, seed: seed, now: now)
            return CodeView(made, now: now)
        }
        if output.json { return try Console.json(view) }
        Console.say(view.code)
        Console.note(
            "Added the code \(view.id). Who comes by a link with the role \(view.role) is asked for it from now on.")
    }
}

struct CodeList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the access codes of a room, the newest first.")
    @Argument(help: "The room's id, uuid or ulid.") var room: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let views = try await Workplace.openPlatform { place in
            let found = try await place.room(room)
            let now = place.time.now()
            return try await place.store.codes(of: found.number).all.map { CodeView($0, now: now) }
        }
        if output.json { return try Console.json(views) }
        if views.isEmpty {
            return Console.say(
                "No codes: links are enough. Add one: plenary code create \(MeetingView.printable(room)) --role guest")
        }
        var table = Table(["id", "role", "code", "valid", "until", "last use", "label"])
        for view in views {
            table.add([
                view.id, view.role, MeetingView.printable(view.code), view.isValid ? "yes" : "no", view.expiresAt ?? "",
                view.lastUsage ?? "", MeetingView.printable(view.label ?? ""),
            ])
        }
        Console.say(table.text)
    }
}

struct CodeDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete an access code. Without any of its role, links are enough again.")
    @Argument(help: "The room's id, uuid or ulid.") var room: String
    @Argument(help: "The code's id: plenary code list ROOM.") var code: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Workplace.openPlatform { place in
            let found = try await place.room(room)
            guard try await place.store.removeCode(code, of: found.number) else {
                throw CommandFailure(
                    message: "the room has no such code",
                    remedy: "See them: plenary code list \(MeetingView.printable(room)). One is named by its id.")
            }
        }
        if output.json { return try Console.json(DeletedView(deleted: code)) }
        Console.say("Deleted the code. See what is left: plenary code list \(room)")
    }
}
