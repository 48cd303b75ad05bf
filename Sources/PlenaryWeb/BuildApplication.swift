internal import BigBlueButton
internal import HTTPTypes
package import Hummingbird
internal import HummingbirdCore
package import Logging
package import NIOCore
package import PlenaryCore
package import PlenaryFleet
package import PlenaryRooms

/// What the listener can be told.
package struct WebSettings: Sendable {
    package var host = "127.0.0.1"
    /// 0: any free port.
    package var port = 8080
    /// Octets of a body that is signed by a query: slides.
    package var longestBody = 64 << 20
    /// Octets of a form that carries its own checksum: read before anybody knows who sent it.
    package var longestForm = 2 << 20
    /// Octets of what a server tells for analytics.
    package var longestAnalytics = 16 << 20
    /// Octets of all bodies that are being read at a time.
    package var bodiesAtATime = 512 << 20
    /// Octets of a query.
    package var longestQuery = 64 << 10
    /// Octets of a body of the REST API (`rooms-api.md` 17).
    package var longestRequest = 1 << 20
    /// Tries to join a room from one address in a minute (`rooms-api.md` 2.9).
    package var joinsPerMinute = 60
    /// Whose `X-Forwarded-For` is believed.
    package var trustedProxies = TrustedProxies([])
    /// Connections at a time; more wait to be accepted.
    package var connections = 10_000
    /// A connection on which nothing happens is closed.
    package var idleTimeout: Duration = .seconds(60)

    package init() {}
}

/// The web side of a fleet: the BBB API, probes and the few pages that participants may meet.
///
/// Tests and the command line build it with this function; there is no second wiring.
package func buildApplication(
    fleet: Fleet, services: PlatformServices, settings: WebSettings, logger: Logger,
    onServerRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
) throws -> some ApplicationProtocol {
    let router = Router(context: WebContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: AccessLog(uptime: fleet.time.uptime))
    // One for both: together they hold no more.
    let bodies = BodyReader(budget: BodyBudget(limit: settings.bodiesAtATime), time: fleet.time)
    let api = BBBAPI(fleet: fleet, settings: settings, bodies: bodies)
    router.add(middleware: api)
    router.add(middleware: LastResort())
    addProbes(to: router, fleet: fleet)
    addPages(to: router)
    let doors = JoinLimits(perMinute: settings.joinsPerMinute)
    let groups = allEndpoints(services, doors: doors)
    let reference = ReferencePage(
        groups: groups, publicURL: services.platform.settings.publicURL,
        version: fleet.settings.identity.version)
    addReferencePage(to: router, reference)
    let rest = RESTAPI(
        platform: services.platform, signIn: services.signIn, endpoints: groups.flatMap(\.endpoints),
        catalogue: PlatformCatalogue.schemas,
        limits: RequestLimits(), proxies: settings.trustedProxies, bodies: bodies, longestBody: settings.longestRequest)
    router.add(middleware: UnknownEndpoints(api: rest))
    rest.add(to: router)
    try RoomPageRoutes(services: services, doors: doors, proxies: settings.trustedProxies).add(to: router)
    try SignInRoutes(
        services: services, doors: JoinLimits(perMinute: settings.joinsPerMinute), proxies: settings.trustedProxies
    ).add(to: router)
    CallbackRoutes(
        fleet: fleet, longestBody: settings.longestForm, longestAnalytics: settings.longestAnalytics
    ).add(to: router)
    RoomCallbackRoutes(joins: services.joins).add(to: router)
    let idle = TimeAmount(settings.idleTimeout)
    let expected = ExpectedBodies(rest.endpoints, longestBody: settings.longestRequest)
    return Application(
        router: router,
        server: .continuing(.init(idleTimeout: idle), when: { expected.wants($0) ?? api.wantsBody(of: $0) }),
        configuration: .init(
            address: .hostname(settings.host, port: settings.port), serverName: "plenary", backlog: 1_024,
            availableConnectionsDelegate: MaximumAvailableConnections(settings.connections)),
        onServerRunning: onServerRunning, logger: logger)
}

extension HTTPServerBuilder {
    /// HTTP/1 with the interim answer that some clients wait for before they send a long body: curl does for a second, others
    /// for ever. The framework leaves it to whoever writes the response, and that is too late: the body was read by then.
    ///
    /// A client of HTTP/1.0 must not get it and cannot be told apart here; none of these has an `Expect`.
    fileprivate static func continuing(
        _ configuration: HTTP1Channel.Configuration, when wantsBody: @escaping @Sendable (Request) -> Bool
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            HTTP1Channel(
                responder: { (request: Request, writer: consuming ResponseWriter, channel: any Channel) in
                    if wantsBody(request) {
                        try await writer.writeInformationalHead(HTTPResponse(status: .continue))
                    }
                    try await responder(request, writer, channel)
                }, configuration: configuration)
        }
    }
}
