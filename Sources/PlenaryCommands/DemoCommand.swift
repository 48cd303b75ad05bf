internal import ArgumentParser
internal import BigBlueButton
internal import Foundation
internal import Logging
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenarySimulator
internal import PlenaryStore
internal import PlenaryWeb
internal import ServiceLifecycle

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Start the balancer with three simulated servers and some life in them.",
        discussion: "Nothing is kept: its database is a temporary file. PLENARY_LISTEN chooses the port.")

    func run() async throws {
        var settings = try await Workplace.loadSettings()
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("plenary-demo-\(getpid())").path
        settings.databasePath = directory + "/plenary.sqlite"
        // Gone with the rest: nobody's real keys are used, or made, for it.
        settings.givenKeys = nil
        // People look at what the program prints, not at every request.
        settings.logLevel = max(settings.logLevel, .warning)
        let result: Result<Void, any Error>
        do { result = .success(try await run(settings)) } catch { result = .failure(error) }
        // What a leftover file in the temporary directory costs is nothing; a failure to remove it is none of the demo.
        try? FileManager.default.removeItem(atPath: directory)
        try result.get()
    }

    private func run(_ given: Settings) async throws {
        var settings = given
        try settings.choosePort()
        let logger = Logger.plenary(settings)
        let time = FleetTime.system()
        let store = try await Workplace.openStore(settings, now: time.now())
        let secret = settings.secret ?? .generate()
        _ = try await store.addFirstSecret(secret, to: .default, now: time.now())
        let node = try ServingNode(settings: settings, store: store, logger: logger)
        let guide = DemoGuide(settings: settings, secret: secret)
        let ready = AsyncStream<Void>.makeStream()
        let servers = Self.servers(time)
        let delivery = SimulatedDelivery()
        let stages: [any Service] = servers.map { server in
            SimulatedHTTPServer(server, time: time, logger: logger) { _ in
                ready.continuation.yield()
            } deliver: {
                await delivery.deliver($0)
            }.application()
        }
        let life = DemoPlay(
            servers: servers, isReady: ready.stream, node: node, guide: guide, time: time, logger: logger)
        // The servers first: they end last, when nobody asks them any more.
        let result: Result<Void, any Error>
        do {
            result = .success(try await node.run(after: stages, beside: [life]) { _ in ready.continuation.yield() })
        } catch { result = .failure(error) }
        try await delivery.close()
        try result.get()
        try await store.close()
    }

    private static func servers(_ time: FleetTime) -> [SimulatedServer] {
        // The port is told to each once it is bound.
        ["bbb1", "bbb2", "bbb3"].compactMap { name in
            APIURL("http://127.0.0.1:1").map {
                SimulatedServer(name: name, url: $0, secret: .generate(), seed: time.random())
            }
        }
    }
}

/// Adds the simulated servers to the fleet once all listen, tells what to try, and lets meetings come and go.
private struct DemoPlay: Service {
    let servers: [SimulatedServer]
    /// One signal from each server, and one from the node.
    let isReady: AsyncStream<Void>
    let node: ServingNode
    let guide: DemoGuide
    let time: FleetTime
    let logger: Logger

    func run() async throws {
        try await withLogger(logger) { _ in
            try await cancelWhenGracefulShutdown { try await play() }
        }
    }

    private func play() async throws {
        var waitedFor = servers.count + 1
        for await _ in isReady {
            waitedFor -= 1
            if waitedFor == 0 { break }
        }
        guard !Task.isCancelled else { return }
        for server in servers {
            guard let name = Slug(server.name) else { continue }
            _ = try await node.store.addServer(name: name, endpoint: server.endpoint, now: time.now())
        }
        // The links shall work when somebody sees them.
        let patience = time.uptime() + .seconds(10)
        while !node.fleet.canCreate, time.uptime() < patience { try await time.sleep(.milliseconds(50)) }
        Console.say(guide.text(databasePath: node.settings.databasePath))
        let life = DemoLife(
            servers: servers, time: time,
            create: { await isMade(.create, ["name": $1, "meetingID": $0]) },
            end: { _ = await isMade(.end, ["meetingID": $0]) })
        try await life.run()
    }

    /// A call as any client would make it, but for HTTP.
    private func isMade(_ name: CallName, _ parameters: Parameters) async -> Bool {
        guard let account = node.store.roster({ $0.accounts[.default] }),
            case .xml(let octets) = await node.fleet.answer(
                Call(name, rawQuery: parameters.encoded()), of: Caller(account))
        else { return false }
        // What is no reply was not made.
        return (try? Reply(octets))?.isSuccess == true
    }
}

/// What the demo tells: where it is, links that work, and what to try next.
struct DemoGuide: Sendable {
    let settings: Settings
    let secret: Secret

    func text(databasePath: String) -> String {
        guard let url = APIURL(settings.baseURL) else { return settings.baseURL }
        let endpoint = Endpoint(url: url, secret: secret)
        let create = endpoint.request(
            .create, ["name": "My first meeting", "meetingID": "my-first-meeting"], longestQuery: .max)
        let join = endpoint.request(
            .join, ["fullName": "Ada Lovelace", "meetingID": "my-first-meeting", "role": "MODERATOR"],
            longestQuery: .max)
        return """

            Plenary \(BuildInfo.version) runs with three simulated BigBlueButton servers, and meetings come and go on them.

              API URL   \(url)
              secret    \(secret.reveal())

            A signed link that creates a meeting, and one that joins it:

              create
              \(create.url)

              join
              \(join.url)

            Try next, in another terminal:

              export PLENARY_DATABASE_URL=sqlite:\(databasePath) PLENARY_BASE_URL=\(settings.baseURL)
              plenary status
              plenary server list
              plenary meeting list
              curl "$(plenary sign getMeetings)"
              plenary server drain bbb2

            Control-C ends the demo; nothing is kept.
            """
    }
}
