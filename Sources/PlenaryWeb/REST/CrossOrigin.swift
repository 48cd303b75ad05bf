internal import Hummingbird
internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// Pages of other origins that call the API (`rooms-api.md` 2.9): those in `allowed_domains_origins` of a customer, with what may be
/// seen of that customer. Cookies are never asked for: such a page has a key, or is a visitor as everybody is.
struct CrossOrigin: Sendable {
    let platform: Platform

    /// Seconds for which a browser need not ask again.
    private static let lifetime = 600
    private static let asked = [
        "Accept", "Accept-Language", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match",
        "Prefer",
    ]
    private static let shown = [
        "ETag", "Idempotency-Replayed", "Link", "Location", "Preference-Applied", "RateLimit", "RateLimit-Policy",
        "Retry-After", "X-Request-Id",
    ]

    /// What a browser asks before: without a credential, so any customer's origin may ask. What it then gets depends on whose key
    /// it brings.
    func preflight(_ request: Request, allowed: Set<String>) async throws -> [ResponseHeader] {
        let headers = try await headers(request, nil)
        guard headers.contains(where: { $0.name == Self.allowOrigin }) else { return headers }
        return headers.filter { $0.name != Self.exposeHeaders } + [
            ResponseHeader("Access-Control-Allow-Methods", allowed.sorted().joined(separator: ", ")),
            ResponseHeader("Access-Control-Allow-Headers", Self.asked.joined(separator: ", ")),
            ResponseHeader("Access-Control-Max-Age", String(Self.lifetime)),
        ]
    }

    /// - Parameter caller: `nil`: without a credential, or with none that is valid.
    /// - Returns: none for a request that comes from no page.
    func headers(_ request: Request, _ caller: APICaller?) async throws -> [ResponseHeader] {
        guard let origin = APIRequest.joined(request.headers, "Origin") else { return [] }
        let vary = ResponseHeader("Vary", "Origin")
        let wanted = origin.lowercased()
        // What has no such form stands in no list; our own pages need no leave.
        guard wanted.utf8.count <= Self.longest, DomainName.isOrigin(wanted), wanted != platform.settings.publicURL
        else { return [vary] }
        let customers = try await platform.store.customers(allowing: wanted)
        let isAllowed = customers.contains { customer in
            guard customer.details.status.maySignIn else { return false }
            guard let caller else { return true }
            // Who sees all customers is nobody's page.
            return !caller.isPlatform && caller.principal.reach.includes(customer.number)
        }
        guard isAllowed else { return [vary] }
        return [
            vary, ResponseHeader(Self.allowOrigin, wanted),
            ResponseHeader(Self.exposeHeaders, Self.shown.joined(separator: ", ")),
        ]
    }

    private static let allowOrigin = "Access-Control-Allow-Origin"
    private static let exposeHeaders = "Access-Control-Expose-Headers"
    /// Octets of an origin that stands in a list.
    private static let longest = 300
}
