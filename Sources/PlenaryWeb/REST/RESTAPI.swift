internal import BigBlueButton
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

/// The REST API under `/api/v1` (`rooms-api.md` 2): what every endpoint has in common.
///
/// A request goes through the same steps in the same order: limits, who asks, whether that one may, its body, whether it was
/// answered before, the endpoint. Whatever happens, the answer is JSON, and an error `application/problem+json`.
struct RESTAPI: Sendable {
    static let base = "/api/v1"

    let platform: Platform
    let signIn: SignIn
    let endpoints: [Endpoint]
    let catalogue: SchemaCatalogue
    let limits: RequestLimits
    let proxies: TrustedProxies
    let bodies: BodyReader
    /// Octets of a body.
    let longestBody: Int

    /// One route for each path and method; methods that a path does not have are told so.
    func add(to router: Router<WebContext>) {
        for (path, group) in Dictionary(grouping: endpoints, by: \.path) {
            let template = RouterPath(Self.base + path)
            for method in Endpoint.Method.allCases {
                guard let known = HTTPRequest.Method(method.rawValue) else { continue }
                let endpoint = group.first { $0.method == method }
                router.on(template, method: known) { request, context in
                    await respond(to: request, context, endpoint, allowed: group.map(\.method))
                }
            }
            router.on(template, method: .options) { request, context in
                await respond(to: request, context, nil, allowed: group.map(\.method))
            }
        }
    }

    /// What answers where there is no endpoint.
    func respondUnknown(_ request: Request, _ context: WebContext) async -> Response {
        await respond(to: request, context, nil, allowed: nil)
    }

    // MARK: a request

    /// - Parameters:
    ///   - endpoint: `nil`: there is none of that method.
    ///   - allowed: the methods that there are; `nil`: no such path.
    private func respond(
        to request: Request, _ context: WebContext, _ endpoint: Endpoint?, allowed: [Endpoint.Method]?
    ) async -> Response {
        var random = FleetRandom(platform.time)
        let id = "req_" + ResourceIdentity(at: platform.time.now(), using: &random).ulid
        let target = APITarget(request.head.path ?? "")
        var reply = Reply(id: id, instance: target.path, isHead: request.method == .head)
        reply.language = APIRequest.joined(request.headers, "Accept-Language").flatMap { PageLanguage.best(of: $0) }
        do {
            if let allowed {
                reply.allowed = Set(allowed.map(\.rawValue)).union(["OPTIONS"])
                if allowed.contains(.get) { reply.allowed.insert("HEAD") }
            }
            guard let endpoint else {
                // What leads nowhere is no way around the limits.
                let standing = try limits.take(.address(address(of: request, context)), at: platform.time.uptime())
                reply.headers += RateLimitStanding.headers([standing])
                guard allowed != nil else { throw Problem(.notFound) }
                guard request.method == .options else {
                    throw Problem.methodNotAllowed(allowed: reply.allowed.sorted())
                }
                let leave = try await crossOrigin.preflight(request, allowed: reply.allowed)
                reply.headers += leave
                return reply.response(APIAnswer.noContent)
            }
            // In a step of its own: in one, the reply would be read before what it gets is known.
            let answer = try await answer(request, context, target, endpoint, &reply)
            return reply.response(answer)
        } catch let problem as Problem {
            return reply.response(problem, base: platform.settings.publicURL)
        } catch {
            guard let problem = Problem(telling: error) else {
                Logger.current.error(
                    "a request failed", metadata: ["request.id": "\(id)", "error.chain": "\(error)"])
                return reply.response(.internalError, base: platform.settings.publicURL)
            }
            return reply.response(problem, base: platform.settings.publicURL)
        }
    }

    private var crossOrigin: CrossOrigin { CrossOrigin(platform: platform) }

    private func address(of request: Request, _ context: WebContext) -> IPAddress? {
        proxies.client(peer: context.peer, forwarded: APIRequest.joined(request.headers, "X-Forwarded-For"))
    }

    private func answer(
        _ request: Request, _ context: WebContext, _ target: APITarget, _ endpoint: Endpoint, _ reply: inout Reply
    ) async throws -> APIAnswer {
        let address = address(of: request, context)
        let uptime = platform.time.uptime()
        let isBehindProxy = proxies.trusts(context.peer)
        if isBehindProxy, APIRequest.joined(request.headers, "X-Forwarded-Proto")?.lowercased() == "http",
            platform.settings.publicURL.hasPrefix("https://")
        {
            let standing = try limits.take(.address(address), at: uptime)
            reply.headers += RateLimitStanding.headers([standing])
            // RFC 9110 15.5.22: it says to what.
            throw Problem(.httpsRequired, headers: [ResponseHeader("Upgrade", "TLS/1.2, HTTP/1.1")])
        }
        let now = platform.time.now()
        let credential: Credential?
        do {
            credential = try await self.credential(of: request, endpoint, now: now)
        } catch let problem as Problem {
            // What is no credential counts for where it comes from: with wrong keys nobody gets past the limit.
            let standing = try limits.take(.address(address), at: uptime)
            reply.headers += RateLimitStanding.headers([standing])
            let leave = try await crossOrigin.headers(request, nil)
            reply.headers += leave
            throw problem
        }
        let caller = credential?.caller
        if let token = credential?.csrfToken { reply.headers.append(ResponseHeader("X-CSRF-Token", token)) }
        let standing = try limits.take(
            caller.map { .credential($0.credential) } ?? .address(address), at: uptime)
        reply.headers += RateLimitStanding.headers([standing])
        let leave = try await crossOrigin.headers(request, caller)
        reply.headers += leave
        switch endpoint.access {
        case .anyone: break
        case .anybodyKnown: if caller == nil { throw Problem.unauthenticated }
        case .permission(let permission):
            guard let caller else { throw Problem.unauthenticated }
            try caller.check(permission)
        }
        // An EventSource takes events only.
        let accept = APIRequest.joined(request.headers, "Accept")
        guard endpoint.description.isStream || MediaType.acceptsJSON(accept) else {
            throw Problem(.notAcceptable, "Answers are \(MediaType.json).")
        }
        let query = try QueryText.read(target.query)
        var asked = APIRequest(
            path: target.path, arguments: Self.arguments(of: context), query: query, headers: request.headers,
            body: [], anybody: caller, address: address, now: now, platform: platform, catalogue: catalogue,
            renewed: { try await self.credential(of: request, endpoint, now: self.platform.time.now())?.caller })
        // Who may not do it sends nothing that we would hold.
        try await endpoint.admit?(asked)
        let sender: BodyBudget.Sender = caller.map { .known($0.credential) } ?? .network(address?.limitedNetwork)
        let body = try await read(request, atMost: longest(of: endpoint), from: sender)
        defer { bodies.budget.giveBack(body.count, of: sender) }
        asked.body = body
        let contentType = APIRequest.joined(request.headers, "Content-Type")
        if endpoint.description.upload != nil {
            // The parts of a form would be kept as if they were the file, and no server could show it.
            guard contentType?.lowercased().hasPrefix("multipart/") != true else {
                throw Problem(.unsupportedMediaType, "The body is the file itself, and no form with parts.")
            }
        } else if !body.isEmpty {
            try MediaType.check(contentType: contentType, isPatch: endpoint.method == .patch)
        }
        defer {
            // The narrower ones first; they take the place of what was said before.
            let noted = asked.standings.all
            if !noted.isEmpty { reply.headers += RateLimitStanding.headers(noted + [standing]) }
        }
        reply.preferenceApplied = asked.preferences.isStrict ? asked.preferences.applied : nil
        let actor = AuditActor(caller, requestID: reply.id, now: now)
        let answer = try await Repeats(platform: platform).answer(asked, endpoint, rawQuery: target.query) {
            try await AuditActor.$current.withValue(actor) { try await endpoint.handle(asked) }
        }
        return try Self.conditional(tagged(answer, endpoint), request)
    }

    /// Whatever shows one thing has a tag (`rooms-api.md` 2.7), also what nobody changes, such as the status of a room: who asks
    /// again and again is told that nothing is new.
    private func tagged(_ answer: APIAnswer, _ endpoint: Endpoint) -> APIAnswer {
        guard endpoint.method == .get, endpoint.description.list == nil, answer.status == 200, answer.tag == nil,
            let body = answer.body
        else { return answer }
        var tagged = answer
        tagged.tag = EntityTag(state: body, shown: body, key: platform.store.key)
        return tagged
    }

    /// 304 where the caller has that answer already.
    private static func conditional(_ answer: APIAnswer, _ request: Request) throws -> APIAnswer {
        guard request.method == .get || request.method == .head, let tag = answer.tag, answer.status == 200 else {
            return answer
        }
        let judged = try Precondition.judge(
            ifMatch: APIRequest.joined(request.headers, "If-Match"),
            ifNoneMatch: APIRequest.joined(request.headers, "If-None-Match"), current: tag, isRead: true)
        switch judged {
        case .holds: return answer
        case .failed: throw Problem(.preconditionFailed)
        case .notModified:
            return APIAnswer(status: 304, body: nil, headers: answer.headers, tag: tag)
        }
    }

    private struct Credential {
        let caller: APICaller
        /// Of a session: what its pages send with what changes something. No page of others reads it.
        let csrfToken: String?
    }

    /// A key goes before a session: no page makes a browser send one.
    ///
    /// - Throws: 401 for a key that is none, or not valid any more; 403 for what another site made a browser send.
    private func credential(of request: Request, _ endpoint: Endpoint, now: WireTime) async throws -> Credential? {
        if let authorization = APIRequest.joined(request.headers, "Authorization") {
            guard let text = APIKeyText(authorization: authorization),
                let caller = try await platform.caller(with: text, now: now)
            else { throw Problem.unauthenticated }
            return Credential(caller: caller, csrfToken: nil)
        }
        let isSecure = platform.settings.publicURL.hasPrefix("https://")
        // A session that is over is none: who may do without one goes on.
        guard let text = SessionCookie.text(of: request, isSecure: isSecure),
            let current = try await signIn.current(text), let caller = platform.caller(with: current)
        else { return nil }
        let site = RequestSite(request, publicURL: platform.settings.publicURL)
        // Anybody may join: what another site sends there is sent by nobody in particular.
        if endpoint.access == .anyone {
            return site.isForeign || site.isHidden ? nil : Credential(caller: caller, csrfToken: nil)
        }
        let token = APIRequest.joined(request.headers, "X-CSRF-Token")
        guard text.permits(method: request.method.rawValue, token: token, site: site.site) else {
            throw Problem(.forbidden, "A session needs its CSRF token with everything that changes something.")
        }
        return Credential(caller: caller, csrfToken: text.csrfToken)
    }

    /// Octets of a body. Whoever comes without a credential has a name and a code to say.
    private func longest(of endpoint: Endpoint) -> Int {
        endpoint.description.upload
            ?? (endpoint.access == .anyone ? min(longestBody, Self.longestOfAnybody) : longestBody)
    }

    private static let longestOfAnybody = 16 << 10

    private func read(_ request: Request, atMost longest: Int, from sender: BodyBudget.Sender) async throws(Problem)
        -> [UInt8]
    {
        do throws(BodyReader.Fault) {
            return try await bodies.read(request, atMost: longest, from: sender)
        } catch {
            switch error {
            case .tooLong: throw Problem(.bodyTooLarge, "A body has at most \(longest) octets.")
            case .full: throw Problem.unavailable(.maintenance, retryAfter: .seconds(1))
            case .slow: throw Problem(.badRequest, "The body came too slowly.")
            case .ended: throw Problem(.badRequest, "The body ended too early.")
            }
        }
    }

    private static func arguments(of context: WebContext) -> [String: String] {
        var arguments: [String: String] = [:]
        for (name, value) in context.parameters { arguments[String(name)] = String(value) }
        return arguments
    }
}

extension AuditActor {
    /// Who sends a request; nobody known changes nothing of a room.
    init(_ caller: APICaller?, requestID: String?, now: WireTime) {
        switch caller?.kind {
        case .key(let id)?: self.init(.key, id: id, requestID: requestID, now: now)
        case .administrator(let id)?: self.init(.administrator, id: id, requestID: requestID, now: now)
        case .user(let id)?: self.init(.user, id: id.text, requestID: requestID, now: now)
        case nil: self.init(.system, requestID: requestID, now: now)
        }
    }
}

/// Path and query of a request as they were received.
struct APITarget: Sendable {
    let path: String
    let query: String

    init(_ target: String) {
        let cut = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        path = String(target[..<cut])
        query = cut == target.endIndex ? "" : String(target[target.utf8.index(after: cut)...])
    }
}

/// What every answer to one request has.
private struct Reply {
    let id: String
    let instance: String
    let isHead: Bool
    var allowed: Set<String> = []
    var headers: [ResponseHeader] = []
    var preferenceApplied: ResponseHeader?
    /// Of problems; `nil`: none was asked for that there is.
    var language: PageLanguage?

    init(id: String, instance: String, isHead: Bool) {
        self.id = id
        self.instance = instance
        self.isHead = isHead
    }

    func response(_ answer: APIAnswer) -> Response {
        var headers = answer.headers
        if let tag = answer.tag { headers.append(tag.header) }
        if let preferenceApplied { headers.append(preferenceApplied) }
        if answer.status == 204, !allowed.isEmpty, answer.headers.isEmpty {
            headers.append(ResponseHeader("Allow", allowed.sorted().joined(separator: ", ")))
        }
        if let events = answer.events {
            // nginx would keep events back until it has a buffer full of them.
            headers.append(ResponseHeader("X-Accel-Buffering", "no"))
            var streamed = response(answer.status, headers, [], mediaType: EventStream.mediaType)
            if !isHead { streamed.body = events.body }
            return streamed
        }
        if let raw = answer.raw {
            // A problem that is told again is told with the id of this request.
            guard raw.mediaType == Problem.mediaType else {
                return response(answer.status, headers, raw.octets, mediaType: raw.mediaType)
            }
            let (octets, own) = retold(raw.octets)
            return response(answer.status, headers + own, octets, mediaType: raw.mediaType)
        }
        return response(answer.status, headers, answer.body.map { Array($0.encoded.utf8) }, mediaType: MediaType.json)
    }

    func response(_ problem: Problem, base: String) -> Response {
        let told = language.map { problem.told(in: $0) } ?? problem
        let json = told.json(base: base, instance: instance, requestID: id)
        return response(
            problem.status, problem.headers + spoken(problem.code), Array(json.encoded.utf8),
            mediaType: Problem.mediaType)
    }

    /// In which language a problem is told, where that is not the one in which all of them are written.
    private func spoken(_ code: ProblemCode) -> [ResponseHeader] {
        guard let language, ProblemTitles.title(of: code, in: language) != nil else { return [] }
        return [ResponseHeader("Content-Language", language.rawValue)]
    }

    /// A problem as it was stored, with the id of this request and in its language.
    private func retold(_ problem: [UInt8]) -> ([UInt8], [ResponseHeader]) {
        let stored: JSON
        // We wrote it ourselves; what cannot be read all the same is told as it stands.
        do throws(JSONReader.Fault) { stored = try JSONReader.read(problem) } catch { return (problem, []) }
        var members = (stored.members ?? []).filter { $0.name != "request_id" }
        var headers: [ResponseHeader] = []
        if let language, let code = stored["code"]?.text.flatMap({ ProblemCode(rawValue: $0) }),
            let title = ProblemTitles.title(of: code, in: language)
        {
            headers = spoken(code)
            members = members.map { member in
                switch member.name {
                case "title": JSON.Member("title", .text(title))
                case "detail" where member.value == .text("\(code.title)."): JSON.Member("detail", .text("\(title)."))
                default: member
                }
            }
        }
        let place = members.firstIndex { $0.name == "instance" }.map { $0 + 1 } ?? members.count
        members.insert(JSON.Member("request_id", .text(id)), at: place)
        return (Array(JSON.object(members).encoded.utf8), headers)
    }

    private func response(_ status: Int, _ own: [ResponseHeader], _ body: [UInt8]?, mediaType: String) -> Response {
        var fields = HTTPFields()
        for header in [ResponseHeader("X-Request-Id", id), ResponseHeader("Cache-Control", "no-store")] + headers + own
        {
            // Names are ours; values are of ours, or were checked where they came in.
            if let name = HTTPField.Name(header.name) { fields[name] = header.value }
        }
        fields[.xContentTypeOptions] = "nosniff"
        guard let body else { return Response(status: .init(code: status), headers: fields) }
        fields[.contentType] = mediaType
        return Response(
            status: .init(code: status), headers: fields,
            body: isHead ? .init() : .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
