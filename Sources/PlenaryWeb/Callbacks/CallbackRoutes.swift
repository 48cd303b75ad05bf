internal import BigBlueButton
internal import HTTPTypes
internal import Hummingbird
internal import PlenaryCore
internal import PlenaryFleet

/// Where servers call us back, outside the BBB API (`bbb-api.md` 15). The key in an address is looked at before anything else
/// of the request is read.
struct CallbackRoutes: Sendable {
    let fleet: Fleet
    /// Octets of what a server sends.
    let longestBody: Int

    func add(to router: Router<BasicRequestContext>) {
        router.get("/callbacks/end/:number/:key") { request, context in
            try await meeting(.end, context) { past in await fleet.receiveEnd(of: past, Self.query(request)) }
        }
        router.get("/callbacks/ended/:number/:key") { request, context in
            try await meeting(.ended, context) { past in await fleet.receiveEnd(of: past, Self.query(request)) }
        }
        router.post("/callbacks/recording/:number/:key") { request, context in
            try await meeting(.recording, context) { past in
                guard let body = await body(of: request) else { return .malformed }
                return await fleet.receiveRecording(
                    of: past, BigBlueButton.Parameters(parsing: String(decoding: body, as: UTF8.self)))
            }
        }
        router.post("/callbacks/analytics/:number/:key") { request, context in
            try await meeting(.analytics, context) { past in
                let bearer = request.headers[.authorization].map { $0.dropFirst("Bearer ".count) }
                guard let bearer, let body = await body(of: request) else { return .malformed }
                return await fleet.receiveAnalytics(of: past, bearer: String(bearer), body)
            }
        }
        router.post("/callbacks/hook/:number/:key") { request, context in
            let query = Self.query(request)
            let isRaw = query["raw"] != nil
            guard let number = context.parameters.get("number", as: Int64.self),
                let key = context.parameters.get("key"),
                let server = fleet.server(ofHook: number, key: key, isRaw: isRaw)
            else { return Response(.unknown) }
            guard let body = await body(of: request) else { return Response(.malformed) }
            return Response(
                await fleet.receiveEvent(from: server, isRaw: isRaw, checksum: query["checksum"] ?? "", body))
        }
    }

    /// What the address says, then what the request does.
    private func meeting(
        _ kind: CallerCallbacks.Kind, _ context: BasicRequestContext, _ receive: (CalledBack) async -> InboundAnswer
    ) async throws -> Response {
        guard let number = context.parameters.get("number", as: Int64.self), let key = context.parameters.get("key")
        else {
            return Response(.unknown)
        }
        guard let past = try await fleet.calledBack(kind, number, key: key) else { return Response(.unknown) }
        return Response(await receive(past))
    }

    private static func query(_ request: Request) -> BigBlueButton.Parameters {
        BigBlueButton.Parameters(parsing: BBBTarget(request.head.path ?? "").query)
    }

    /// - Returns: `nil` when it is longer than allowed, or breaks off.
    private func body(of request: Request) async -> [UInt8]? {
        // Why it did not arrive does not matter: the server sends it again, or does not.
        guard let buffer = try? await request.body.collect(upTo: longestBody) else { return nil }
        return Array(buffer.readableBytesView)
    }
}

extension Response {
    fileprivate init(_ answer: InboundAnswer) { self.init(status: .init(code: answer.rawValue)) }
}
