internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

/// An order as `--json` shows it. Stable: fields are added, never renamed.
struct OrderView: Encodable {
    let order: Int64
    /// open, done, failed, cancelled.
    let state: String
    let moved: Int
    let failed: Int
    let message: String

    init(_ order: Order) {
        self.order = order.id.number
        state = order.state.rawValue
        moved = order.moved
        failed = order.failed
        message = order.message
    }
}

/// What commands that order something have in common.
struct OrderOptions: ParsableArguments {
    @Flag(name: .customLong("no-wait"), help: "Do not wait until it is done: the running serve goes on with it.")
    var noWait = false
    @Option(help: "Seconds to wait for it. It goes on afterwards.") var wait = 600
}

extension Workplace {
    /// Writes an order down and waits until the running `serve` has carried it out.
    ///
    /// - Parameter progress: is told how far it is, each time that something was done.
    func carryOut(_ work: Order.Work, _ options: OrderOptions, progress: (Order) -> Void) async throws -> Order {
        let written: Order
        switch try await store.order(work, now: time.now()) {
        case .written(let order): written = order
        case .busy(let order):
            throw CommandFailure(
                message: "the server has an order that is not finished (number \(order.id), \(order.moved) moved)",
                remedy:
                    "Wait for it, or cancel it by giving the server a state: plenary server enable, drain or disable.")
        }
        let alive = time.now().advanced(by: .zero - settings.fleet.deadNodeAge)
        let isServed = try await store.nodes().contains { $0.seenAt > alive }
        guard isServed else {
            Console.note("plenary: no serve is running; the order is carried out when one is.")
            return written
        }
        guard !options.noWait else { return written }
        let patience = time.uptime() + .seconds(options.wait)
        var last = written
        while time.uptime() < patience {
            guard let now = try await store.order(written.id) else { break }
            if now.moved != last.moved || now.failed != last.failed { progress(now) }
            last = now
            if now.state != .open { break }
            try await time.sleep(.milliseconds(200))
        }
        return last
    }
}

/// Tells how an order ended, and fails when it did not end well.
private func tell(_ order: Order, _ what: String, _ output: OutputOptions, next: String) throws {
    if output.json { try Console.json(OrderView(order)) }
    switch order.state {
    case .done: if !output.json { Console.say("\(what): \(order.message). \(next)") }
    case .open: if !output.json { Console.say("\(what): under way, \(order.moved) moved so far. \(next)") }
    case .failed, .cancelled:
        throw CommandFailure(message: "\(what): \(order.message)", remedy: next)
    }
}

struct ServerEvacuate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evacuate", abstract: "Drain a server and move every meeting off it, at a rate.",
        discussion:
            "Participants see that the meeting has ended, press OK and are in the new one. Giving the server another state cancels it."
    )
    @Argument(help: "Its name or number.") var server: String
    @Option(help: "Meetings a minute.") var rate = 20.0
    @OptionGroup var options: OrderOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard rate > 0, rate <= 6_000 else { throw ValidationError("--rate is more than 0 and at most 6000 a minute") }
    }

    func run() async throws {
        let (name, order) = try await Workplace.open { place in
            let server = try place.server(server)
            return (
                server.name.text,
                try await place.carryOut(.evacuate(server.id, perMinute: rate), options) { order in
                    Console.note("\(order.moved) moved\(order.failed > 0 ? ", \(order.failed) tries failed" : "")")
                }
            )
        }
        try tell(order, "\(name) is evacuated", output, next: "See what it still has: plenary server show \(name)")
    }
}

struct ServerPanic: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "panic",
        abstract: "Give a server up: into maintenance with it, and all its meetings are made elsewhere at once.")
    @Argument(help: "Its name or number.") var server: String
    @OptionGroup var options: OrderOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (name, order) = try await Workplace.open { place in
            let server = try place.server(server)
            return (server.name.text, try await place.carryOut(.panic(server.id), options) { _ in })
        }
        try tell(
            order, "\(name) is given up", output, next: "Bring it back when it is well: plenary server enable \(name)")
    }
}

struct MeetingMove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Make a meeting anew on another server and end it where it is.")
    @Argument(help: "Its meetingID, internal id or number.") var meeting: String
    @Option(help: "Name or number of the server that shall take it. Default: where a new meeting would go.")
    var to: String?
    @Option(help: "Whose meeting.") var account = "default"
    @OptionGroup var options: OrderOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (name, order) = try await Workplace.open { place in
            let found = try place.meeting(meeting, account: try place.account(account))
            let target = try to.map { try place.server($0).id }
            let order = try await place.carryOut(.move(found.number, to: target), options) { _ in }
            return (MeetingView.printable(found.key.meetingID.rawValue), order)
        }
        try tell(order, name, output, next: "See where it is: plenary meeting show \(name)")
    }
}

struct ServerTag: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "Mark a server with tags, instead of those that it has; without any it has none.",
        discussion: "Meetings ask for tags with meta_server-tag=a;b (one of these if possible) or a;b! (only these).")
    @Argument(help: "Its name or number.") var server: String
    @Argument(help: "Tags.") var tags: [String] = []
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let view = try await Workplace.open { place in
            let server = try place.server(server)
            _ = try await place.store.setTags(try Self.tags(tags), of: server.id)
            return ServerView(
                try place.server(self.server), meetings: place.store.roster { $0.count(on: server.id) },
                observation: try await place.observations()[server.id])
        }
        if output.json { return try Console.json(view) }
        let what = view.tags.isEmpty ? "has no tags" : "has the tags \(view.tags.joined(separator: ", "))"
        Console.say("\(view.name) \(what). See all: plenary server list")
    }

    static func tags(_ given: [String]) throws -> Set<String> {
        Set(
            try given.map { text in
                // The grammar of requests has its own meaning for `;`, `!` and the word none.
                guard let tag = Slug(text)?.text, tag != "none" else {
                    throw CommandFailure(
                        message: "`\(text)` cannot be a tag",
                        remedy:
                            "Use letters, digits, dots, hyphens and underscores; `none` stands for servers without tags.",
                        exitCode: 64)
                }
                return tag
            })
    }
}
