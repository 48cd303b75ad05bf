internal import BigBlueButton
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PlenaryCore
internal import PlenaryFleet

/// Where servers call us back, outside the BBB API (`bbb-api.md` 15). The key in an address is looked at before anything else
/// of the request is read.
struct CallbackRoutes: Sendable {
    let fleet: Fleet
    /// Octets of what a server sends.
    let longestBody: Int
    /// The same of analytics, which grow with all that everybody did in a meeting.
    let longestAnalytics: Int

    func add(to router: Router<WebContext>) {
        router.get("/callbacks/end/:number/:key") { request, context in
            try await meeting(.end, context) { past in await fleet.receiveEnd(of: past, Self.query(request)) }
        }
        router.get("/callbacks/ended/:number/:key") { request, context in
            try await meeting(.ended, context) { past in await fleet.receiveEnd(of: past, Self.query(request)) }
        }
        router.post("/callbacks/recording/:number/:key") { request, context in
            try await meeting(.recording, context) { past in
                switch await body(of: request, upTo: longestBody) {
                case .failure(let failure): return fleet.refuse(failure.answer, .recording, of: past)
                case .success(let body):
                    return await fleet.receiveRecording(
                        of: past, BigBlueButton.Parameters(parsing: String(decoding: body, as: UTF8.self)))
                }
            }
        }
        router.post("/callbacks/analytics/:number/:key") { request, context in
            try await meeting(.analytics, context) { past in
                guard let bearer = Self.bearer(request) else { return fleet.refuse(.malformed, .analytics, of: past) }
                switch await body(of: request, upTo: longestAnalytics) {
                case .failure(let failure): return fleet.refuse(failure.answer, .analytics, of: past)
                case .success(let body): return await fleet.receiveAnalytics(of: past, bearer: bearer, body)
                }
            }
        }
        router.post("/callbacks/hook/:number/:key") { request, context in
            let query = Self.query(request)
            let isRaw = query["raw"] != nil
            guard let number = context.parameters.get("number", as: Int64.self),
                let key = context.parameters.get("key"),
                let server = fleet.server(ofHook: number, key: key, isRaw: isRaw)
            else { return Response(.unknown) }
            switch await body(of: request, upTo: longestBody) {
            case .failure(let failure): return Response(fleet.refuseEvent(failure.answer, from: server))
            case .success(let body):
                return Response(
                    await fleet.receiveEvent(
                        from: server, isRaw: isRaw, checksum: query["checksum"] ?? "", bearer: Self.bearer(request),
                        body))
            }
        }
    }

    /// What the address says, then what the request does.
    private func meeting(
        _ kind: CallerCallbacks.Kind, _ context: WebContext, _ receive: (CalledBack) async -> InboundAnswer
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

    private static func bearer(_ request: Request) -> String? {
        request.headers[.authorization].flatMap { value in
            value.hasPrefix("Bearer ") ? String(value.dropFirst("Bearer ".count)) : nil
        }
    }

    /// A body that could not be read.
    private struct Unread: Error {
        let answer: InboundAnswer
    }

    private func body(of request: Request, upTo limit: Int) async -> Result<[UInt8], Unread> {
        do { return .success(Array(try await request.body.collect(upTo: limit).readableBytesView)) } catch {
            // Whatever else went wrong on the way: the server sends it again, or does not.
            return .failure(Unread(answer: error is NIOTooManyBytesError ? .tooLong : .malformed))
        }
    }
}

extension Response {
    fileprivate init(_ answer: InboundAnswer) { self.init(status: .init(code: answer.rawValue)) }
}
