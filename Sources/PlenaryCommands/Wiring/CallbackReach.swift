internal import BigBlueButton
internal import PlenaryCore

/// Whether servers can reach us where they are told to call back. A loopback address leads each of them to itself, and nobody
/// notices: ends are told late, recordings and hooks never.
enum CallbackReach {
    /// Those of `servers` that would call themselves instead of us.
    static func strangers(among servers: [APIURL], callbacksURL: String) -> [APIURL] {
        guard let ours = APIURL(callbacksURL)?.host, isThisMachine(ours) else { return [] }
        return servers.filter { !isThisMachine($0.host) }
    }

    /// Whether a host names the machine on which it is looked for: loopback, or no address at all.
    static func isThisMachine(_ host: String) -> Bool {
        var name = host.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        switch IPAddress(name)?.unmapped {
        case .v4(let bits)?: return bits >> 24 == 127 || bits == 0
        case .v6(let high, let low)?: return high == 0 && low <= 1
        case nil: return name == "localhost" || name.hasSuffix(".localhost")
        }
    }

    /// For people, on adding a server.
    static let warning =
        "this server cannot call back: servers are told an address of this machine, which leads them to themselves. Tell "
        + "`serve` where servers reach it, with PLENARY_BASE_URL or PLENARY_CALLBACKS_URL."
}
