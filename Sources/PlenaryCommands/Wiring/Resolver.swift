internal import Foundation

/// Resolves names with the system's resolver, within a time that the system's resolver does not keep.
enum Resolver {
    /// Threads of its own: name servers that do not answer hold them for half a minute, and nobody else shall wait for that.
    /// More than there are callbacks at a time to receivers that could not be reached, three deadlines long.
    private static let lookups = NameLookups(threads: 32) { resolve($0) }

    /// All addresses of a host in the resolver's order, each once, without zones; an address is its own.
    ///
    /// - Parameter within: how long a caller waits. A name that is looked up already is not looked up a second time.
    /// - Returns: `nil` when the name has no address, cannot be resolved, or not in time; never an incomplete list.
    static func addresses(of host: String, within: Duration) async -> [String]? {
        await lookups.addresses(of: host, within: within)
    }

    private static func resolve(_ host: String) -> [String]? {
        // C would see a shorter name.
        guard !host.utf8.contains(0) else { return nil }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        // Else every address comes once for each kind of socket.
        hints.ai_protocol = Int32(IPPROTO_TCP)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let first = list else { return nil }
        defer { freeaddrinfo(first) }
        var found: [String] = []
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next?.pointee {
            guard let address = text(entry) else { return nil }
            if !found.contains(address) { found.append(address) }
            next = entry.ai_next
        }
        return found
    }

    private static func text(_ entry: addrinfo) -> String? {
        // Longer than any address with the zone of its interface.
        var buffer = [CChar](repeating: 0, count: 128)
        let size = socklen_t(buffer.count)
        guard getnameinfo(entry.ai_addr, entry.ai_addrlen, &buffer, size, nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        let octets = buffer.map { UInt8(truncatingIfNeeded: $0) }
        return String(decoding: octets.prefix { $0 != 0 && $0 != UInt8(ascii: "%") }, as: UTF8.self)
    }
}
