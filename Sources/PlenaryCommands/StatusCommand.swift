internal import ArgumentParser
internal import BigBlueButton
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryStore

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show at a glance whether the fleet works.")
    @OptionGroup var output: OutputOptions

    private struct NodeView: Encodable {
        let address: String
        let version: String
        let startedAt: Int64
        let seenAt: Int64
    }

    private struct Answer: Encodable {
        let database: String
        let apiURL: String
        let nodes: [NodeView]
        let servers: [ServerView]
        let meetings: Int
        let unsettled: Int
        /// Callbacks that wait for their receivers, and that were given up.
        let waitingCallbacks: Int
        let parkedCallbacks: Int
    }

    func run() async throws {
        let (answer, now) = try await Workplace.open { place in
            let now = place.time.now()
            let alive = now.advanced(by: .zero - place.settings.fleet.deadNodeAge)
            let nodes = try await place.store.nodes().filter { $0.seenAt > alive }
            let meetings = place.meetings()
            let callbacks = try await place.store.deliveryCounts()
            let answer = Answer(
                database: place.settings.databasePath, apiURL: place.settings.baseURL + "/bigbluebutton/api",
                nodes: nodes.map {
                    NodeView(
                        address: $0.address, version: $0.version, startedAt: $0.startedAt.milliseconds,
                        seenAt: $0.seenAt.milliseconds)
                },
                servers: try await ServerView.all(place), meetings: meetings.filter { $0.state == .running }.count,
                unsettled: meetings.filter { $0.state == .creating }.count,
                waitingCallbacks: callbacks[.waiting] ?? 0, parkedCallbacks: callbacks[.parked] ?? 0)
            return (answer, now)
        }
        if output.json { return try Console.json(answer) }
        Console.say("database  \(answer.database)")
        Console.say("API       \(answer.apiURL)")
        for node in answer.nodes {
            let seconds = Int(now.since(WireTime(milliseconds: node.seenAt)) / .seconds(1))
            Console.say(
                "serving   at \(node.address), version \(node.version), since \(WireTime(milliseconds: node.startedAt).text), heard of \(seconds) s ago"
            )
        }
        if answer.nodes.isEmpty { Console.say("serving   nobody: start one with `plenary serve`") }
        let online = answer.servers.filter { $0.health == "online" }.count
        Console.say("servers   \(answer.servers.count)\(answer.nodes.isEmpty ? "" : ", \(online) online")")
        for server in answer.servers
        where server.health != nil && server.health != "online" && server.state != "maintenance" {
            Console.say("          \(server.name) is \(server.health ?? "")\(server.fault.map { ": \($0)" } ?? "")")
        }
        Console.say(
            "meetings  \(answer.meetings) running\(answer.unsettled > 0 ? ", \(answer.unsettled) not settled yet" : "")"
        )
        if answer.waitingCallbacks > 0 || answer.parkedCallbacks > 0 {
            Console.say(
                "callbacks \(answer.waitingCallbacks) waiting, \(answer.parkedCallbacks) given up: plenary callback list"
            )
        }
        if answer.servers.isEmpty { Console.say("Next: plenary server add URL --secret SECRET") }
    }
}
