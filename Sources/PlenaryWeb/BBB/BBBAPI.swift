internal import BigBlueButton
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import PlenaryCore
internal import PlenaryFleet

/// The BBB API under `/bigbluebutton/api`.
///
/// It works on the request as it was received: the query that a checksum covers is the text behind `?`, never one that a
/// library took apart and put together again. Whatever happens, the answer is XML with status 200, or a redirect.
struct BBBAPI: RouterMiddleware {
    let fleet: Fleet
    let settings: WebSettings
    let bodies: BodyReader

    func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        let target = BBBTarget(request.head.path ?? "")
        guard let call = target.call else { return try await next(request, context) }
        let address = settings.trustedProxies.client(
            peer: context.peer, forwarded: APIRequest.joined(request.headers, "X-Forwarded-For"))
        let response = await respond(
            to: call, query: target.query, by: route(of: request, target), request, from: address)
        return request.method == .head ? response.withoutBody : response
    }

    /// Whether the request came to an address of one account: by its path, or as `LABEL.HOST`, where `HOST` is our own.
    private func route(of request: Request, _ target: BBBTarget) -> CallRoute {
        if let name = target.account { return .named(name) }
        guard let authority = request.head.authority?.lowercased(), authority.hasSuffix("." + ownAuthority) else {
            return .common
        }
        let scheme = isSecure ? "https" : "http"
        return .named(String(authority.dropLast(ownAuthority.count + 1)), origin: "\(scheme)://\(authority)")
    }

    /// Host, and port if it is told, of our public address.
    private var ownAuthority: String {
        let url = fleet.settings.publicURL.lowercased()
        return String(url.split(separator: "/", maxSplits: 3).dropFirst().first ?? "")
    }

    private func respond(
        to call: CallName, query: String, by route: CallRoute, _ request: Request, from address: IPAddress?
    ) async -> Response {
        do {
            return try await answer(call, query: query, by: route, request, from: address)
        } catch let refusal as Refusal {
            return .xml(refusal.xml)
        } catch {
            Logger.current.error(
                "a call failed", metadata: ["bbb.call": "\(BBBTarget.label(call))", "error.chain": "\(error)"])
            return .xml(Refusal.internalError.xml)
        }
    }

    private func answer(
        _ name: CallName, query: String, by route: CallRoute, _ request: Request, from address: IPAddress?
    ) async throws -> Response {
        if name == .index { return index(request) }
        // The one call of the web hooks service that nobody signs (`bbb-api.md` 11.4).
        if name == .hooksPing {
            return Response(.document(Array("bbb-webhooks API up!".utf8), contentType: "text/plain;charset=utf-8"))
        }
        if name == .rejoin {
            let cookie = request.cookies[Fleet.joinCookie]?.value
            let origin: String? = if case .named(_, let origin) = route { origin } else { nil }
            let answer = await fleet.rejoin(Parameters(parsing: query), cookie: cookie, origin: origin)
            return Response(answer, wantsPage: true, isSecure: isSecure)
        }
        guard query.utf8.count <= settings.longestQuery else {
            throw Refusal(.validationError, "The query of the request is longer than \(settings.longestQuery) octets")
        }
        let method = Call.Method(rawValue: request.method.rawValue) ?? .other
        let contentType = request.headers[.contentType]
        // What a query signs is verified before the body is read: nobody fills our memory without a secret.
        let unread = Call(name, method: method, rawQuery: query)
        let account = unread.isSignedByQuery ? fleet.caller(of: unread, by: route) : nil
        let limit = longestBody(of: name, isSigned: account != nil)
        let sender: BodyBudget.Sender =
            account.map { .known("account \($0.account.id.number)") } ?? .network(address?.limitedNetwork)
        let body = try await read(request, limit: limit, from: sender)
        // Until the call is answered: its body may be sent to one server after another.
        defer { bodies.budget.giveBack(body.count, of: sender) }
        let call = Call(name, method: method, rawQuery: query, contentType: contentType, body: body)
        guard !call.hasTooManyParameters else {
            throw Refusal(.validationError, "The request has more than \(Call.mostParameters) parameters")
        }
        // Where the query signs nothing, the checksum must cover the body.
        guard let caller = account ?? fleet.caller(of: call, by: route) else {
            return Response(fleet.refuseUnsigned(call))
        }
        let answer = await fleet.answer(call, of: caller)
        return Response(
            answer, wantsPage: request.headers[.accept]?.contains("text/html") == true, isSecure: isSecure)
    }

    /// Octets of a body. Only some calls take more than a form, and only from somebody whom we know.
    private func longestBody(of name: CallName, isSigned: Bool) -> Int {
        let takesDocuments = [.create, .insertDocument, .putRecordingTextTrack].contains(name)
        return isSigned && takesDocuments ? settings.longestBody : settings.longestForm
    }

    /// Whether a client that waits for leave to send its body (`Expect: 100-continue`) gets it: when we are going to read what
    /// it says that it has. Who does not get it sees our refusal before he sent anything, or sends all the same.
    func wantsBody(of request: Request) -> Bool {
        guard request.headers[.expect]?.lowercased() == "100-continue" else { return false }
        let length = request.headers[.contentLength].flatMap(Int.init)
        let target = BBBTarget(request.head.path ?? "")
        guard let name = target.call else {
            // Callbacks of servers: nothing else of ours takes a body.
            return length.map { $0 <= max(settings.longestForm, settings.longestAnalytics) } ?? false
        }
        guard target.query.utf8.count <= settings.longestQuery else { return false }
        // Who signed it does not depend on the method.
        let unread = Call(name, rawQuery: target.query)
        let isSigned = unread.isSignedByQuery && fleet.caller(of: unread, by: route(of: request, target)) != nil
        // How long it is is told beforehand, or the sender is known.
        return length.map { $0 <= longestBody(of: name, isSigned: isSigned) } ?? isSigned
    }

    /// Whether browsers reach us over TLS.
    private var isSecure: Bool { fleet.settings.publicURL.hasPrefix("https://") }

    private func read(_ request: Request, limit: Int, from sender: BodyBudget.Sender) async throws(Refusal) -> [UInt8] {
        do throws(BodyReader.Fault) {
            return try await bodies.read(request, atMost: limit, from: sender)
        } catch {
            switch error {
            case .tooLong:
                throw Refusal(.validationError, "The body of the request is longer than \(limit) octets")
            case .full:
                throw Refusal(
                    .internalError, "Too many documents are being received at the moment. Please try again.")
            case .slow: throw Refusal(.validationError, "The body of the request came too slowly")
            case .ended: throw Refusal(.validationError, "The body of the request ended too early")
            }
        }
    }

    /// The version request; `Content-Type: application/json` asks for JSON (`bbb-api.md` 1.5).
    private func index(_ request: Request) -> Response {
        guard request.headers[.contentType]?.lowercased().hasPrefix("application/json") == true else {
            return .xml(fleet.index())
        }
        let identity = fleet.settings.identity
        let own: [(String, String)] = [
            ("name", quoted(identity.name)), ("version", quoted(identity.version)), ("deploy", String(identity.deploy)),
            ("revision", quoted(identity.revision)),
        ]
        let fields: [(String, String)] = [
            ("returncode", quoted("SUCCESS")), ("version", quoted("2.0")), ("apiVersion", quoted("2.0")),
            ("bbbVersion", quoted(identity.bbbVersion)), ("custom", object(own)),
        ]
        let json = object([("response", object(fields))])
        return Response(
            status: .ok, headers: [.contentType: "application/json;charset=utf-8", .cacheControl: "no-cache"],
            body: .init(byteBuffer: ByteBuffer(string: json)))
    }
}

/// A request target as the BBB API reads it: which call, and the query as received.
struct BBBTarget {
    /// `nil` when the path is not below the API.
    let call: CallName?
    let query: String
    /// The account that the path names: `/a/NAME/bigbluebutton/api/...`.
    let account: String?

    init(_ target: String) {
        let cut = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        query = cut == target.endIndex ? "" : String(target[target.utf8.index(after: cut)...])
        // Double slashes are what misconfigured clients send and nginx forgives (`bbb-api.md` 14.38).
        var segments = target[..<cut].split(separator: "/")[...]
        if segments.count > 2, segments.first == "a", segments.dropFirst(2).first == "bigbluebutton" {
            account = segments.dropFirst().first.map(String.init)
            segments = segments.dropFirst(2)
        } else {
            account = nil
        }
        guard segments.first == "bigbluebutton" else {
            call = nil
            return
        }
        while segments.first == "bigbluebutton" { segments = segments.dropFirst() }
        if segments.first == "api" {
            segments = segments.dropFirst()
        } else if !segments.isEmpty {
            call = nil
            return
        }
        call = CallName(rawValue: segments.joined(separator: "/"))
    }

    /// A call name for logs: what is not known is one word, so that nobody writes into the log what he likes.
    static func label(_ call: CallName) -> String {
        if call == .index { return "index" }
        return call.isKnown ? call.rawValue : "other"
    }
}

extension Response {
    static func xml(_ octets: [UInt8]) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/xml;charset=utf-8", .cacheControl: "no-cache"],
            body: .init(byteBuffer: ByteBuffer(bytes: octets)))
    }

    init(_ answer: CallAnswer, wantsPage: Bool = false, isSecure: Bool = false) {
        switch answer {
        case .xml(let octets): self = .xml(octets)
        case .json(let octets): self = .document(octets, contentType: "application/json;charset=utf-8")
        case .document(let octets, let contentType): self = .document(octets, contentType: contentType)
        case .relayed(let octets, let cookies):
            self = .xml(octets)
            for cookie in cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        case .redirect(let url, let cookies):
            // The target opens the meeting: no cache keeps it, and no page it leads to learns where it came from.
            self = Response(
                status: .found,
                headers: [.location: url, .cacheControl: "no-store", HTTPField.Name.referrerPolicy: "no-referrer"])
            for cookie in cookies {
                headers.append(HTTPField(name: .setCookie, value: cookie.text(isSecure: isSecure)))
            }
        case .unavailable(let refusal):
            self = wantsPage ? .page(Page.meetingUnavailable) : .xml(refusal.xml)
        case .moving: self = wantsPage ? .page(Page.meetingMoves) : .xml(Refusal.serverUnavailable.xml)
        }
    }

    private static func document(_ octets: [UInt8], contentType: String) -> Response {
        // What a server called it must not make a page of ours of it.
        let isMarkup = contentType.lowercased().contains("html") || contentType.contains { $0.isNewline }
        return Response(
            status: .ok,
            headers: [
                .contentType: isMarkup ? "application/octet-stream" : contentType, .cacheControl: "no-cache",
                .xContentTypeOptions: "nosniff",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: octets)))
    }

    var withoutBody: Response { Response(status: status, headers: headers) }
}

extension CallAnswer.Cookie {
    /// As a header has it. Meetings stand in frames of other sites too, where only a cookie without bounds is sent; without TLS
    /// no browser takes such a one.
    func text(isSecure: Bool) -> String {
        "\(name)=\(value); Path=\(path); Max-Age=\(maxAge.components.seconds); HttpOnly; "
            + (isSecure ? "Secure; SameSite=None" : "SameSite=Lax")
    }
}

extension HTTPField.Name {
    static let referrerPolicy: HTTPField.Name = {
        guard let name = HTTPField.Name("Referrer-Policy") else {
            preconditionFailure("letters and a hyphen are a field name")
        }
        return name
    }()
}

/// A JSON object of values that are JSON already.
private func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\(quoted($0.0)):\($0.1)" }.joined(separator: ",") + "}"
}

/// A JSON string. What is told here are settings of ours: letters, digits and dots.
private func quoted(_ text: String) -> String {
    "\"" + text.filter { $0 != "\"" && $0 != "\\" && !$0.isNewline } + "\""
}
