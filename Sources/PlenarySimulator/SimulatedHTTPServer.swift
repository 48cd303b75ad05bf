internal import BigBlueButton
internal import HTTPTypes
package import Hummingbird
package import Logging
internal import NIOCore
package import PlenaryFleet
internal import ServiceLifecycle

/// A simulated server over real HTTP.
package struct SimulatedHTTPServer: Sendable {
    private let server: SimulatedServer
    private let host: String
    private let port: Int
    private let time: FleetTime
    private let logger: Logger
    private let onServerRunning: @Sendable (Int) async -> Void
    private let deliver: SimulatedCourier.Deliver?

    private static let longestBody = 64 << 20
    private static let longestHang = Duration.seconds(600)

    /// - Parameters:
    ///   - port: 0 for any free one; the server is then told its URL when it is bound.
    ///   - onServerRunning: is told the port that was bound.
    ///   - deliver: sends one callback and says which status came back, `nil` when nothing did; see
    ///     ``SimulatedCourier``. Without it callbacks stay in the outbox.
    package init(
        _ server: SimulatedServer, host: String = "127.0.0.1", port: Int = 0, time: FleetTime, logger: Logger,
        onServerRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in },
        deliver: (@Sendable (SimulatedCallback) async -> Int?)? = nil
    ) {
        self.server = server
        self.host = host
        self.port = port
        self.time = time
        self.logger = logger
        self.onServerRunning = onServerRunning
        self.deliver = deliver
    }

    /// The service: to be run in a service group, or by ``run()``. Callbacks are delivered while it runs.
    package func application() -> some ApplicationProtocol {
        var services: [any Service] = []
        if let deliver { services.append(SimulatedCourier(servers: [server], time: time, deliver: deliver)) }
        let responder = CallbackResponder<SimulatedContext> { request, context in
            try await respond(to: request, context)
        }
        return Application(
            responder: responder,
            configuration: .init(address: .hostname(host, port: port), serverName: "plenary-simulator"),
            services: services,
            onServerRunning: { channel in await announce(channel) }, logger: logger)
    }

    /// Serves until it is cancelled or shut down.
    package func run() async throws { try await application().run() }

    private func announce(_ channel: any Channel) async {
        let bound = channel.localAddress?.port ?? port
        let shownHost = host.contains(":") ? "[\(host)]" : host
        if port == 0, let url = APIURL("http://\(shownHost):\(bound)/bigbluebutton/api") { server.move(to: url) }
        await onServerRunning(bound)
    }

    private func respond(to request: Request, _ context: SimulatedContext) async throws -> Response {
        let body = try await request.body.collect(upTo: Self.longestBody)
        // Path and query as they came: no library has decoded or escaped them.
        let received = SimulatedRequest(
            method: .init(rawValue: request.method.rawValue) ?? .other, target: request.head.path ?? "/",
            contentType: request.headers[.contentType], body: Array(body.readableBytesView))
        if let answer = control(received) { return answer }
        let response: SimulatedResponse
        switch server.receive(received, at: time.now()) {
        case .answered(let answer): response = answer
        case .answeredLate(let answer, let delay):
            try await time.sleep(delay)
            response = answer
        case .worksLate(let delay):
            try await time.sleep(delay)
            response = server.carryOut(received, at: time.now())
        case .silent:
            try await time.sleep(Self.longestHang)
            return await drop(context)
        case .dropped: return await drop(context)
        }
        return Response(response, withoutBody: request.method == .head)
    }

    /// `/simulator/...` is no part of BigBlueButton: it drives the simulation, and no fault meets it.
    private func control(_ request: SimulatedRequest) -> Response? {
        guard request.path.hasPrefix("/simulator/") else { return nil }
        let verb = String(request.path.dropFirst("/simulator/".count))
        let answer = SimulatedControl(server: server).carryOut(verb, Parameters(parsing: request.query), at: time.now())
        return Response(
            status: .init(code: answer.status), headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: answer.json + "\n")))
    }

    /// Closes the connection. What is returned cannot be written any more.
    private func drop(_ context: SimulatedContext) async -> Response {
        // A connection that the client closed already is as good.
        try? await context.channel.close(mode: .all)
        return Response(status: .badGateway)
    }
}

/// The connection of a request, so that it can be closed without an answer.
private struct SimulatedContext: InitializableFromSource {
    let channel: any Channel

    init(source: ApplicationRequestContextSource) { channel = source.channel }
}

extension Response {
    fileprivate init(_ answer: SimulatedResponse, withoutBody: Bool) {
        var headers = HTTPFields()
        for header in answer.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            headers.append(HTTPField(name: name, value: header.value))
        }
        let body = withoutBody ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        self.init(status: .init(code: answer.status), headers: headers, body: body)
    }
}
