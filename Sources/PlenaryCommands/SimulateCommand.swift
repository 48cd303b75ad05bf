internal import ArgumentParser
internal import BigBlueButton
internal import Foundation
internal import Logging
internal import PlenaryFleet
internal import PlenarySimulator
internal import ServiceLifecycle
internal import UnixSignals

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Simulated BigBlueButton servers, for trying things and for tests.",
        subcommands: [SimulateServer.self])
}

struct SimulateServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server", abstract: "Run one simulated BigBlueButton server until it is told to end.",
        discussion: """
            Prints READY and its API URL. Under /simulator/ it is driven: GET state; POST fault?mode=hang&call=create&when=after&count=1, \
            heal, reboot, join?meetingID=ID&fullName=NAME&role=MODERATOR, leave?meetingID=ID, end?meetingID=ID, \
            marks?meetingID=ID (somebody presses record), record?recordID=ID&formats=presentation,video (a recording is ready), \
            config?hooks=false&configXML=true; GET callbacks lists what it told others.
            """)
    @Option(help: "Address to listen on. It has no protection: keep it on loopback.") var host = "127.0.0.1"
    @Option(help: "Port; 0 is any free one.") var port = 0
    @Option(help: "Its shared secret.") var secret: String
    @Option(help: "Its name.") var name = "simulated"

    func run() async throws {
        guard let secret = Secret(secret), let url = APIURL("http://\(host):\(port == 0 ? 1 : port)") else {
            throw CommandFailure(
                message: "secret, host or port make no server",
                remedy: "Example: plenary simulate server --port 8091 --secret s3cret",
                exitCode: 64)
        }
        var logger = Logger(label: "plenary.simulator") { _ in LineLogHandler(level: .warning, format: .text) }
        logger.logLevel = .warning
        let time = FleetTime.system()
        let server = SimulatedServer(name: name, url: url, secret: secret, seed: time.random())
        let delivery = SimulatedDelivery()
        let application = SimulatedHTTPServer(server, host: host, port: port, time: time, logger: logger) { bound in
            Console.say("READY http://\(host):\(bound)/bigbluebutton/api")
        } deliver: {
            await delivery.deliver($0)
        }.application()
        var configuration = ServiceGroupConfiguration(
            services: [application], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // A hanging request is what it is for; it does not hold the process.
        configuration.maximumGracefulShutdownDuration = .seconds(1)
        let result: Result<Void, any Error>
        do { result = .success(try await ServiceGroup(configuration: configuration).run()) } catch {
            result = .failure(error)
        }
        try await delivery.close()
        try result.get()
    }
}
