internal import HTTPTypes
internal import Hummingbird
internal import PlenaryCore
internal import PlenaryRooms

/// The cookie of somebody who is signed in (`rooms-api.md` 2.2).
enum SessionCookie {
    /// With https the name that browsers take only from the host itself, over https and for all paths; they take that name over
    /// plain HTTP from nobody, so there it is another one.
    static func name(isSecure: Bool) -> String { isSecure ? SessionText.cookie : "plenary_session" }

    /// - Returns: `nil` when there is none, or it has not the form of one.
    static func text(of request: Request, isSecure: Bool) -> SessionText? {
        request.cookies[name(isSecure: isSecure)].flatMap { SessionText($0.value) }
    }

    /// It ends with the browser; how long the session lives is our affair.
    static func set(_ text: SessionText, isSecure: Bool) -> String {
        "\(name(isSecure: isSecure))=\(text.reveal())\(attributes(isSecure))"
    }

    /// Takes it away.
    static func removed(isSecure: Bool) -> String {
        "\(name(isSecure: isSecure))=\(attributes(isSecure)); Max-Age=0"
    }

    private static func attributes(_ isSecure: Bool) -> String {
        "; Path=/; HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")"
    }
}

/// Where a request comes from, as the browser says it.
struct RequestSite: Sendable {
    /// As `Sec-Fetch-Site`; `nil`: nobody says it.
    let site: String?
    /// The browser does not say it, and hides where it comes from: a page of another site can have it do so.
    let isHidden: Bool

    /// - Parameter publicURL: ours, where a proxy may have changed the host of the request.
    init(_ request: Request, publicURL: String) {
        if let said = APIRequest.joined(request.headers, "Sec-Fetch-Site") {
            site = said.lowercased()
            isHidden = false
            return
        }
        guard let origin = APIRequest.joined(request.headers, "Origin")?.lowercased() else {
            site = nil
            isHidden = false
            return
        }
        let scheme = publicURL.hasPrefix("https://") ? "https" : "http"
        let own = ["\(scheme)://\(request.head.authority?.lowercased() ?? "")", publicURL.lowercased()]
        isHidden = origin == "null"
        site = isHidden ? nil : own.contains(origin) ? "same-origin" : "cross-site"
    }

    /// A page of another host had the browser send it; hosts of one domain are others too.
    var isForeign: Bool { site == "cross-site" || site == "same-site" }
}

/// A path of ours where somebody goes on after signing in.
enum OwnPath {
    private static let longest = 2_000

    /// - Returns: `nil` for what a browser could take for another host, or for no address at all.
    static func checked(_ text: String?) -> String? {
        guard let text, text.utf8.first == UInt8(ascii: "/"), text.utf8.count <= longest,
            // Visible ASCII: browsers leave out tabs and line breaks, and what is left may begin with two slashes.
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }),
            text.utf8.dropFirst().first != UInt8(ascii: "/")
        else { return nil }
        return text
    }
}
