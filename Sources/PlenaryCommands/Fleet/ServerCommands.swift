internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server", abstract: "The servers of the fleet.",
        subcommands: [
            ServerAdd.self, ServerList.self, ServerShow.self, ServerEnable.self, ServerDrain.self, ServerDisable.self,
            ServerForce.self, ServerEvacuate.self, ServerPanic.self, ServerTag.self, ServerConnections.self,
            ServerRemove.self,
        ])
}

/// A server as `--json` shows it. Stable: fields are added, never renamed.
struct ServerView: Encodable {
    let id: Int64
    let name: String
    let url: String
    /// ready, drain, maintenance, force.
    let state: String
    /// What the running `serve` sees: unchecked, online, suspect, offline; absent when none runs.
    let health: String?
    let fault: String?
    let capacity: Double
    /// That can be reserved on it; absent: any number.
    let connections: Int?
    /// Its secret is damaged in the database, or the key of it is missing; absent: it can be read.
    let unreadable: Bool?
    let tags: [String]
    /// What was ordered for it and is not finished.
    let order: OrderView?
    let meetings: Int
    let users: Int?
    let load: Double?
    /// Meetings on it that nobody here made.
    let unexplained: Int?
    let createdAt: Int64

    init(_ server: Server, meetings: Int, observation: Observation?, order: Order? = nil) {
        id = server.id.number
        name = server.name.text
        url = server.endpoint.url.text
        state = server.administrative.rawValue
        health = observation?.state
        fault = observation?.fault
        capacity = server.capacity
        connections = server.connections
        unreadable = server.isUnreadable ? true : nil
        tags = server.tags.sorted()
        self.order = order.map(OrderView.init)
        self.meetings = meetings
        users = observation?.users
        load = observation?.load
        unexplained = observation?.unexplained
        createdAt = server.createdAt.milliseconds
    }

    /// All servers by name. What a `serve` saw that is not running any more is not shown.
    static func all(_ place: Workplace) async throws -> [ServerView] {
        let observations = try await place.observations()
        let servers = place.store.roster { roster in
            roster.servers.values.sorted { $0.name < $1.name }.map { server in
                (server, roster.count(on: server.id), roster.orders.values.first { $0.server == server.id })
            }
        }
        return servers.map { ServerView($0, meetings: $1, observation: observations[$0.id], order: $2) }
    }
}

extension Workplace {
    /// What a living `serve` sees of the servers.
    func observations() async throws -> [ServerID: Observation] {
        let alive = time.now().advanced(by: .zero - settings.fleet.deadNodeAge)
        return try await store.observations().filter { $0.value.seenAt > alive }
    }
}

struct ServerList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the servers.")
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let servers = try await Workplace.open { try await ServerView.all($0) }
        if output.json { return try Console.json(servers) }
        if servers.isEmpty { return Console.say("No servers yet. Add one: plenary server add URL --secret SECRET") }
        var table = Table(["id", "name", "state", "health", "meetings", "users", "load", "url"])
        for server in servers {
            table.add([
                String(server.id), server.name, server.state, server.health ?? "", String(server.meetings),
                server.users.map { String($0) } ?? "", server.load.map { String(Int($0.rounded())) } ?? "", server.url,
            ])
        }
        Console.say(table.text)
    }
}

struct ServerShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one server.")
    @Argument(help: "Its name or number.") var server: String
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        let server: ServerView
        let meetings: [MeetingView]
    }

    func run() async throws {
        let (view, meetings) = try await Workplace.open { place in
            let server = try place.server(server)
            let meetings = place.store.roster { $0.meetings(on: server.id) }
            let view = ServerView(
                server, meetings: meetings.count, observation: try await place.observations()[server.id],
                order: place.store.roster { roster in roster.orders.values.first { $0.server == server.id } })
            return (view, meetings.map { MeetingView($0, place) })
        }
        if output.json { return try Console.json(Answer(server: view, meetings: meetings)) }
        Console.say("\(view.name) (number \(view.id)) at \(view.url)")
        Console.say(
            "state \(view.state), health \(view.health ?? "unknown: no serve is running")\(view.fault.map { " (\($0))" } ?? "")"
        )
        Console.say(
            "capacity \(view.capacity), load \(view.load.map { String($0) } ?? "unknown"), users \(view.users.map { String($0) } ?? "unknown")"
        )
        if view.unreadable == true {
            Console.say("its secret cannot be read: restore the database, or remove the server and add it anew")
        }
        if let connections = view.connections { Console.say("\(connections) connections can be reserved on it") }
        if !view.tags.isEmpty { Console.say("tags \(view.tags.joined(separator: ", "))") }
        if let order = view.order {
            Console.say(
                "order \(order.order) is under way: \(order.moved) moved, \(order.failed) tries failed \(order.message)"
            )
        }
        if let unexplained = view.unexplained, unexplained > 0 {
            Console.say(
                "\(unexplained) meetings on it were not made here; they are left alone and not listed to clients")
        }
        if !meetings.isEmpty { Console.say(MeetingView.table(meetings)) }
    }
}

/// A verb that sets the administrative state.
private func setState(
    _ state: AdministrativeState, _ name: String, _ output: OutputOptions, next: @Sendable (Server) -> String
) async throws {
    let line = try await Workplace.open { place in
        let server = try place.server(name)
        guard
            try await place.store.setAdministrative(
                state, of: server.id, now: place.time.now())
        else {
            throw CommandFailure(message: "`\(name)` was just removed", remedy: "plenary server list")
        }
        let changed = try place.server(name)
        if output.json {
            try Console.json(
                ServerView(
                    changed, meetings: place.store.roster { $0.count(on: server.id) },
                    observation: try await place.observations()[server.id]))
            return ""
        }
        return next(changed)
    }
    if !line.isEmpty { Console.say(line) }
}

struct ServerEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Make a server ready for new meetings while it is healthy.")
    @Argument(help: "Its name or number.") var server: String
    @OptionGroup var output: OutputOptions
    func run() async throws {
        try await setState(.ready, server, output) { "\($0.name) is ready. Watch it: plenary server list" }
    }
}

struct ServerDrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Give a server no new meetings; those it has go on.", aliases: ["cordon"])
    @Argument(help: "Its name or number.") var server: String
    @Flag(help: "Put it into maintenance when its last meeting is over.") var untilEmpty = false
    @OptionGroup var output: OutputOptions
    func run() async throws {
        if untilEmpty {
            let (name, order) = try await Workplace.open { place in
                let server = try place.server(server)
                if try await !place.isServed() {
                    Console.note("plenary: no serve is running; the order is carried out when one is.")
                }
                guard
                    case .written(let order) = try await place.store.order(
                        .untilEmpty(server.id), now: place.time.now())
                else {
                    throw CommandFailure(
                        message: "the server has an order that is not finished",
                        remedy: "See it: plenary server show \(server.name)")
                }
                return (server.name.text, order)
            }
            if output.json { return try Console.json(OrderView(order)) }
            return Console.say(
                "\(name) drains, and goes into maintenance when it is empty. See what it still has: plenary server show \(name)"
            )
        }
        try await setState(.drain, server, output) {
            "\($0.name) drains. See what it still has: plenary server show \($0.name)"
        }
    }
}

struct ServerDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract:
            "Put a server into maintenance: no new meetings, its health is not judged; joins of its meetings work while it answers."
    )
    @Argument(help: "Its name or number.") var server: String
    @OptionGroup var output: OutputOptions
    func run() async throws {
        try await setState(.maintenance, server, output) {
            "\($0.name) is in maintenance. Bring it back: plenary server enable \($0.name)"
        }
    }
}

struct ServerForce: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "force", abstract: "Give a server new meetings whatever probes say.")
    @Argument(help: "Its name or number.") var server: String
    @OptionGroup var output: OutputOptions
    func run() async throws {
        try await setState(.force, server, output) {
            "\($0.name) takes meetings whatever probes say. Undo: plenary server enable \($0.name)"
        }
    }
}

struct ServerRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take an empty server out of the fleet.")
    @Argument(help: "Its name or number.") var server: String
    @Flag(help: "Forget the meetings that it has. They are not ended on the server.") var force = false
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        let removed: String
        let forgottenMeetings: Int
    }

    func run() async throws {
        let (name, forgotten) = try await Workplace.open { place in
            let server = try place.server(server)
            switch try await place.store.removeServer(server.id, force: force, now: place.time.now()) {
            case .removed(let forgotten): return (server.name.text, forgotten)
            case .noSuchServer:
                throw CommandFailure(message: "`\(server.name)` was just removed", remedy: "plenary server list")
            case .notEmpty(let meetings):
                throw CommandFailure(
                    message: "\(server.name) has \(meetings) meetings",
                    remedy:
                        "Drain it first (plenary server drain \(server.name)) and remove it when it is empty, or forget them with --force."
                )
            }
        }
        if output.json { return try Console.json(Answer(removed: name, forgottenMeetings: forgotten)) }
        Console.say(
            "Removed \(name)\(forgotten > 0 ? ", forgot \(forgotten) meetings" : ""). See what is left: plenary server list"
        )
    }
}
