internal import BigBlueButton
internal import HTTPTypes
internal import Hummingbird
internal import PlenaryCore
internal import PlenaryFleet
internal import PlenaryRooms
internal import PlenaryStore

/// One request for a page of signing in.
struct SignInVisit: Sendable {
    let query: BigBlueButton.Parameters
    let address: IPAddress?
    let isSecure: Bool
    let site: RequestSite
    /// What the cookie says; whether it is a session is asked of ``SignIn``.
    let session: SessionText?
    let language: PageLanguage
    let keepsLanguage: Bool

    init(_ request: Request, _ context: WebContext, _ routes: SignInRoutes) {
        let url = routes.services.platform.settings.publicURL
        query = BigBlueButton.Parameters(parsing: APITarget(request.head.path ?? "").query)
        address = routes.proxies.client(
            peer: context.peer, forwarded: APIRequest.joined(request.headers, "X-Forwarded-For"))
        isSecure = url.hasPrefix("https://")
        site = RequestSite(request, publicURL: url)
        session = SessionCookie.text(of: request, isSecure: isSecure)
        let chosen = query["lang"]
        keepsLanguage = chosen.flatMap { PageLanguage(tag: $0) } != nil
        language = PageLanguage(
            chosen: chosen, room: nil, accepted: APIRequest.joined(request.headers, "Accept-Language"))
    }

    /// Whether one of our own pages sent it. Who is not signed in has no token for it: another site shall not sign anybody in.
    var isOurs: Bool { !site.isForeign && !site.isHidden }

    /// Whom the page is for.
    var kind: SignInKind { query["as"] == "admin" ? .admin : .user }

    func page(_ state: SignInPage.State, at path: String) -> SignInPage {
        var page = SignInPage(state, language: language, path: path)
        page.keepsLanguage = keepsLanguage
        return page
    }

    /// What a form says.
    ///
    /// - Throws: 413 `body_too_large`.
    static func form(of request: Request) async throws -> BigBlueButton.Parameters {
        var octets: [UInt8] = []
        for try await chunk in request.body {
            guard octets.count + chunk.readableBytes <= RoomPageRoutes.longestForm else { throw Problem(.bodyTooLarge) }
            octets += chunk.readableBytesView
        }
        return BigBlueButton.Parameters(parsing: String(decoding: octets, as: UTF8.self))
    }
}
