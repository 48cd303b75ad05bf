internal import BigBlueButton

/// Where a room is reached (`rooms-api.md` 11.1).
package enum RoomAddress {
    /// `https://host/rooms/id/slug`, with the token where there is one: `url` of rooms and tokens.
    ///
    /// - Parameter origin: as ``origin(hostname:subdomain:platform:)`` tells it.
    package static func url(origin: String, id: String, slug: RoomSlug, token: RoomTokenText? = nil) -> String {
        // The characters of a token need no escapes.
        let query = token.map { "?token=\($0.reveal())" } ?? ""
        return "\(origin)\(path(id: id, slug: slug))\(query)"
    }

    package static func path(id: String, slug: RoomSlug) -> String { "/rooms/\(id)/\(slug)" }

    /// Scheme and host of a customer's rooms: its own domain, else its subdomain of the platform, else the platform.
    ///
    /// - Parameters:
    ///   - subdomain: `nil` also where the platform has no names below its own: addresses that do not resolve help nobody.
    ///   - platform: scheme, host and port where browsers reach us.
    package static func origin(hostname: String?, subdomain: String?, platform: String) -> String {
        if let hostname, !hostname.isEmpty { return "https://\(hostname)" }
        guard let subdomain, !subdomain.isEmpty,
            let scheme = ["https://", "http://"].first(where: { platform.hasPrefix($0) })
        else { return platform }
        return "\(scheme)\(subdomain).\(platform.dropFirst(scheme.count))"
    }

    /// Where a visit goes on for ever (308, D-24): every slug that is not the current one leads to it, and so does none.
    ///
    /// - Parameters:
    ///   - visited: the slug that was asked for; `nil`: none.
    ///   - query: as it came, encoded, without its question mark; it is kept.
    /// - Returns: path and query; `nil` when the visit is where it should be.
    package static func redirect(id: String, current: RoomSlug, visited: String?, query: String?) -> String? {
        // By octets: another spelling of the same letter is another address.
        if let visited, visited.utf8.elementsEqual(current.text.utf8) { return nil }
        guard let query, !query.isEmpty else { return path(id: id, slug: current) }
        return "\(path(id: id, slug: current))?\(query)"
    }

    /// The page to which BigBlueButton sends who is not let in (11.6): without the token, which is the visitor's.
    package static func errorURL(roomURL: String) -> String {
        JoinRequest.Delivery.adding("error=join", to: roomURL)
    }
}
