internal import BigBlueButton
internal import HTTPTypes
internal import Hummingbird
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

/// One request for the page of a room: what it says of the visitor.
struct RoomVisit: Sendable {
    let id: String
    /// `nil`: none in the address.
    let slug: String?
    /// Path and query as they came.
    let target: String
    let path: String
    let rawQuery: String
    let query: BigBlueButton.Parameters
    let now: WireTime
    let address: IPAddress?
    let isSecure: Bool
    private let accepted: String?
    private let joins: JoinDesk
    /// The pseudonym that the browser keeps, when it is one of ours.
    private let known: String?
    /// For coming back; it may be anything.
    let pass: String?
    /// The name that this device remembers.
    let rememberedName: String?
    /// What the device shall remember from now on: empty: nothing; `nil`: as before.
    var remembers: String?
    /// Of the cookie; whether it is a session says ``signedIn``.
    let session: SessionText?
    let site: RequestSite
    /// `nil`: nobody is signed in, or it was not asked yet.
    var signedIn: SignIn.Current?

    init(_ request: Request, _ context: WebContext, _ routes: RoomPageRoutes) {
        let platform = routes.services.platform
        id = context.parameters.get("id") ?? ""
        slug = context.parameters.get("slug")
        target = request.head.path ?? ""
        let parts = APITarget(target)
        // One slash at the start: with two a browser would take the next word for a host.
        let segments = parts.path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        path = "/\(segments.joined(separator: "/"))"
        rawQuery = parts.query
        query = BigBlueButton.Parameters(parsing: parts.query)
        now = platform.time.now()
        address = routes.proxies.client(
            peer: context.peer, forwarded: APIRequest.joined(request.headers, "X-Forwarded-For"))
        isSecure = platform.settings.publicURL.hasPrefix("https://")
        accepted = APIRequest.joined(request.headers, "Accept-Language")
        joins = routes.services.joins
        known = (request.cookies[Self.visitorCookie]?.value).flatMap { routes.services.joins.visitor(of: $0) }
        pass = request.cookies[Self.passCookie]?.value
        rememberedName = request.cookies[Self.nameCookie]?.value.removingEscapes
        session = SessionCookie.text(of: request, isSecure: isSecure)
        site = RequestSite(request, publicURL: platform.settings.publicURL)
    }

    private static let visitorCookie = "plenary_visitor"
    private static let nameCookie = "plenary_name"
    /// For whoever comes back from a session: the address that providers are told has no token.
    private static let passCookie = "plenary_pass"

    /// In the address; an empty one is none.
    var token: String? { query["token"].flatMap { $0.isEmpty ? nil : $0 } }

    /// Providers send browsers to the room's address without a token, and the pass says that they were in.
    var cameBack: Bool { pass != nil && query["error"] == nil && query["again"] == nil && token == nil }

    func attempt(_ room: ResourceReference) -> JoinAttempt {
        var attempt = JoinAttempt(room: room)
        attempt.token = token
        attempt.pass = pass
        attempt.visitor = known
        attempt.user = signedIn?.user?.id
        attempt.address = address
        return attempt
    }

    func language(of room: String?) -> PageLanguage {
        PageLanguage(chosen: query["lang"], room: room, accepted: accepted)
    }

    /// `nil`: none was chosen.
    var chosenLanguage: PageLanguage? { query["lang"].flatMap { PageLanguage(tag: $0) } }

    /// Path and query of the entry for a calendar.
    var calendar: String {
        let tail = token.map { "?token=\(FormCoding.encode($0))" } ?? ""
        return "/rooms/\(id)/calendar.ics\(tail)"
    }

    /// Where one signs in, to come back here; `nil`: a user of rooms is signed in.
    var signIn: String? {
        guard signedIn?.user == nil else { return nil }
        // Without the token: who signs in comes for what they may themselves.
        let tail = chosenLanguage.map { "?lang=\($0.rawValue)" } ?? ""
        let chosen = chosenLanguage.map { "&lang=\($0.rawValue)" } ?? ""
        return "/sign-in?next=\(FormCoding.encode(path + tail))\(chosen)"
    }

    /// What a form says.
    ///
    /// - Throws: 413 `body_too_large`; 400 `bad_request`.
    func form(of request: Request) async throws -> BigBlueButton.Parameters {
        var octets: [UInt8] = []
        do {
            for try await chunk in request.body {
                guard octets.count + chunk.readableBytes <= RoomPageRoutes.longestForm else {
                    throw Problem(.bodyTooLarge)
                }
                octets += chunk.readableBytesView
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            // Whoever sent it went away, which is nothing that failed here.
            throw Problem(.badRequest)
        }
        return BigBlueButton.Parameters(parsing: String(decoding: octets, as: UTF8.self))
    }

    // MARK: cookies

    /// What the browser shall keep.
    ///
    /// - Parameters:
    ///   - visitor: its pseudonym.
    ///   - pass: for coming back; it ends with the browser.
    func cookies(visitor: String?, pass: String?, room: String?) -> [String] {
        let secure = isSecure ? "; Secure" : ""
        let year = 365 * 86_400
        var cookies: [String] = []
        if let visitor, visitor != known, !visitor.hasPrefix("u") || visitor.utf8.count == 16 {
            let value = joins.keepsake(of: visitor)
            cookies.append("\(Self.visitorCookie)=\(value); Path=/; Max-Age=\(year); HttpOnly; SameSite=Lax\(secure)")
        }
        if let remembers {
            // By scalars: a Character may have thousands, and proxies take no header without end.
            let name = String(String.UnicodeScalarView(remembers.unicodeScalars.prefix(128)))
            let (value, age) = name.isEmpty ? ("", 0) : (FormCoding.encode(name), year)
            cookies.append("\(Self.nameCookie)=\(value); Path=/rooms; Max-Age=\(age); HttpOnly; SameSite=Lax\(secure)")
        }
        if let pass, let room {
            cookies.append("\(Self.passCookie)=\(pass); Path=/rooms/\(room); HttpOnly; SameSite=Lax\(secure)")
        }
        return cookies
    }
}

extension String {
    fileprivate var removingEscapes: String? { FormCoding.decode(Substring(self)) }
}
