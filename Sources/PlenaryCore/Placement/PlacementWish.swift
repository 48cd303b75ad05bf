package import BigBlueButton

/// What a `create` asks of the balancer itself, and the parameters without it (`balancer.md` 3).
package struct PlacementWish: Sendable, Hashable {
    /// The expected cost, in average meetings; `nil` when the caller says nothing.
    package let load: Double?
    /// A server's name, host or address.
    package let preferredServer: String?
    package let tags: TagWish
    /// What goes on to a server.
    package let parameters: Parameters

    /// A meeting of a thousand average ones is none.
    private static let largestLoad = 1_000.0

    /// The parameters of the balancer's own that no server gets. `meta_server-tag` is metadata, so the server gets it.
    private static let own = ["load", "preferredServer", "serverTag"]

    /// - Parameter isOwn: it is of the platform itself, for one of its rooms, and may have reserved metadata.
    /// - Throws: `invalidParameters` for a load that is no positive number, and for reserved metadata.
    package init(_ given: Parameters, isOwn: Bool = false) throws(Refusal) {
        guard isOwn || !given.all.contains(where: { Self.isReserved($0.name) }) else { throw .invalidParameters }
        if let text = given["load"], !text.isEmpty {
            let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
            guard isDecimal, let load = Double(text), load > 0, load <= Self.largestLoad else {
                throw .invalidParameters
            }
            self.load = load
        } else {
            load = nil
        }
        preferredServer = given["preferredServer"].flatMap { $0.isEmpty ? nil : $0.lowercased() }
        let tag =
            given["serverTag"]
            ?? given.all.first(where: {
                $0.name.hasPrefix("meta_") && $0.name.lowercased() == "meta_server-tag"
            })?.value
        tags = TagWish(tag ?? "")
        parameters = given.filter { parameter in !Self.own.contains(parameter.name) }
    }

    /// Metadata that only the balancer may set: ours, and those of the founding documents.
    private static func isReserved(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasPrefix("meta_plenary-") || reserved.contains(name)
    }

    private static let reserved = Set(
        ["guid", "institution", "institution-name", "rec-server", "rec-server-url", "rec-server-key"].map {
            "meta_mconflb-\($0)"
        })
}

/// Which servers a meeting wants by their tags: `a;b` one of these if there is one, `a;b!` one of these only; `none` stands
/// for servers without a tag (`balancer.md` 3).
package struct TagWish: Sendable, Hashable {
    /// In lower case; empty: any server will do.
    package let tags: [String]
    package let isRequired: Bool

    package init(_ text: String) {
        let text = text.filter { !$0.isWhitespace }.lowercased()
        isRequired = text.hasSuffix("!")
        tags = (isRequired ? text.dropLast() : text[...]).split(separator: ";").map(String.init)
    }

    /// Whether a server with these tags is one of those that are wanted.
    package func matches(_ serverTags: Set<String>) -> Bool {
        tags.contains { $0 == "none" ? serverTags.isEmpty : serverTags.contains($0) }
    }

    /// The servers among which to place.
    ///
    /// - Parameter isEligible: whether a server could take the meeting; a wish that only servers fulfil which cannot is not
    ///   fulfilled.
    /// - Returns: `nil` when the wish is required and nobody fulfils it.
    package func choose(among servers: [Server], isEligible: (Server) -> Bool) -> [Server]? {
        guard !tags.isEmpty else { return servers }
        let wanted = servers.filter { matches($0.tags) }
        if wanted.contains(where: isEligible) { return wanted }
        return isRequired ? nil : servers
    }
}

extension Refusal {
    package static let invalidParameters = Refusal(
        .invalidParameters, "The URL you supplied has parameters that are not accepted.")
    /// Seed 004, "All calls: authorization".
    package static let permissionDenied = Refusal(
        .permissionDenied, "This application is not currently allowed to access this API.")
    package static let serverTagUnavailable = Refusal(
        .serverTagUnavailable, "No server with a matching tag is available for this meeting.")
}
