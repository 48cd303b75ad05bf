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
    @Option(help: "Seconds to wait for it. It goes on afterwards; the command ends with 75 then.") var wait = 600
}

/// How an order stands when the command that gave it ends.
struct OrderOutcome: Sendable {
    let order: Order
    let wait: Wait

    enum Wait: Sendable {
        /// As long as somebody wanted to wait, or until it was finished.
        case over
        case notWanted
        /// No `serve` runs that could carry it out.
        case nobodyServes
    }

    /// Tried later it may be so (`EX_TEMPFAIL`): neither done nor failed.
    static let stillOpen: Int32 = 75

    /// What the command says, and with which exit code it ends.
    ///
    /// - Parameters:
    ///   - done: what is so when the order is done; `open`: what is so until then.
    ///   - next: the next useful command.
    func report(done: String, open: String, next: String) -> Result<String, CommandFailure> {
        let number = "order \(order.id)"
        switch (order.state, wait) {
        case (.done, _): return .success("\(done): \(order.message). \(next)")
        case (.failed, _), (.cancelled, _):
            let failed = order.state == .failed ? "failed" : "was cancelled"
            return .failure(CommandFailure(message: "\(open), but \(number) \(failed): \(order.message)", remedy: next))
        case (.open, .notWanted):
            return .success("\(open): \(number) is written down, nobody waits for it. \(next)")
        case (.open, .nobodyServes):
            return .failure(
                CommandFailure(
                    message: "\(open): \(number) is written down, but no serve is running that could carry it out",
                    remedy: "It is carried out when one runs: plenary serve. \(next)", exitCode: Self.stillOpen))
        case (.open, .over):
            let failed = order.failed > 0 ? ", \(order.failed) tries failed" : ""
            let reason = order.message.isEmpty ? "" : " (\(order.message))"
            return .failure(
                CommandFailure(
                    message: "\(open): \(number) is not finished, \(order.moved) moved so far\(failed)\(reason)",
                    remedy: "It goes on. \(next)", exitCode: Self.stillOpen))
        }
    }

    /// Tells how the order stands, and fails unless it is done or nobody wanted to wait.
    func tell(_ output: OutputOptions, done: String, open: String, next: String) throws {
        if output.json { try Console.json(OrderView(order)) }
        let line = try report(done: done, open: open, next: next).get()
        if !output.json { Console.say(line) }
    }
}

extension Workplace {
    /// Whether a `serve` runs on this database: one was heard of lately.
    func isServed() async throws -> Bool {
        let alive = time.now().advanced(by: .zero - settings.fleet.deadNodeAge)
        return try await store.nodes().contains { $0.seenAt > alive }
    }

    /// Writes an order down and waits until the running `serve` has carried it out.
    ///
    /// - Parameter progress: is told how far it is, each time that something was done.
    func carryOut(_ work: Order.Work, _ options: OrderOptions, progress: (Order) -> Void) async throws -> OrderOutcome {
        let written: Order
        switch try await store.order(work, now: time.now()) {
        case .written(let order): written = order
        case .busy(let order):
            throw CommandFailure(
                message: "the server has an order that is not finished (number \(order.id), \(order.moved) moved)",
                remedy:
                    "Wait for it, or cancel it by giving the server a state: plenary server enable, drain or disable.")
        }
        if options.noWait {
            if try await !isServed() {
                Console.note("plenary: no serve is running; the order is carried out when one is.")
            }
            return OrderOutcome(order: written, wait: .notWanted)
        }
        guard try await isServed() else { return OrderOutcome(order: written, wait: .nobodyServes) }
        let patience = time.uptime() + .seconds(options.wait)
        var last = written
        while time.uptime() < patience {
            guard let now = try await store.order(written.id) else { break }
            if now.moved != last.moved || now.failed != last.failed { progress(now) }
            last = now
            if now.state != .open { break }
            try await time.sleep(.milliseconds(200))
        }
        // It may have been stopped meanwhile: who waits in vain shall know why.
        if last.state == .open, try await !isServed() { return OrderOutcome(order: last, wait: .nobodyServes) }
        return OrderOutcome(order: last, wait: .over)
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
        let (name, outcome) = try await Workplace.open { place in
            let server = try place.server(server)
            return (
                server.name.text,
                try await place.carryOut(.evacuate(server.id, perMinute: rate), options) { order in
                    Console.note("\(order.moved) moved\(order.failed > 0 ? ", \(order.failed) tries failed" : "")")
                }
            )
        }
        try outcome.tell(
            output, done: "\(name) is evacuated", open: "\(name) is being evacuated",
            next: "See what it still has: plenary server show \(name)")
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
        let (name, outcome) = try await Workplace.open { place in
            let server = try place.server(server)
            return (server.name.text, try await place.carryOut(.panic(server.id), options) { _ in })
        }
        // Giving it a state would cancel the order, so until it is done that is not the next thing to do.
        let next =
            outcome.order.state == .open
            ? "See what it still has: plenary server show \(name)"
            : "Bring it back when it is well: plenary server enable \(name)"
        try outcome.tell(output, done: "\(name) is given up", open: "\(name) is being given up", next: next)
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
        let (name, outcome) = try await Workplace.open { place in
            let found = try place.meeting(meeting, account: try place.account(account))
            let target = try to.map { try place.server($0).id }
            let outcome = try await place.carryOut(.move(found.number, to: target), options) { _ in }
            return (MeetingView.printable(found.key.meetingID.rawValue), outcome)
        }
        try outcome.tell(
            output, done: name, open: "\(name) is being moved", next: "See where it is: plenary meeting show \(name)")
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

struct ServerConnections: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connections", abstract: "How many connections can be reserved on a server.",
        discussion: "Only creates of accounts with reservations count, and are held back.")
    @Argument(help: "Its name or number.") var server: String
    @Argument(help: "A number of 1 or more, or none: any number.") var connections: AccountLimitsCommand.Limit
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let view = try await Workplace.open { place in
            let server = try place.server(server)
            _ = try await place.store.setConnections(connections.number, of: server.id)
            return ServerView(
                try place.server(self.server), meetings: place.store.roster { $0.count(on: server.id) },
                observation: try await place.observations()[server.id])
        }
        if output.json { return try Console.json(view) }
        Console.say(
            view.connections.map { "\($0) connections can be reserved on \(view.name)." }
                ?? "Any number of connections can be reserved on \(view.name).")
    }
}
