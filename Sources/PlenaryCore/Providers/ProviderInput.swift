package import BigBlueButton

/// The body of `POST /service-providers` and of `POST /service-providers/check` (`rooms-api.md` 6.6).
package struct ProviderDraft: Sendable, Hashable {
    package let type: ProviderType
    package let details: ServiceProviderDetails

    /// - Throws: everything that is wrong, as ``Problem``.
    package init(_ given: ObjectReader) throws(Problem) {
        var reader = given
        let name = reader.required("provider_name", .text(longest: ServiceProviderDetails.longestName))
        let type = reader.required("provider_type", .providerType)
        let isActive = reader.optional("active", .bool) ?? true
        let metadata = reader.optional("metadata", .metadata) ?? .empty
        reader.noSettings()
        reader.noServerMembers(of: nil)
        var properties: ProviderProperties?
        switch type {
        case .bigBlueButton, .scalelite:
            switch reader.object("properties", { ServerProperties(&$0, of: nil) }) {
            case .absent, .null: reader.note("properties", .required, "It is required.")
            case .value(let server):
                if let url = server.url, let secret = server.secret { properties = .server(url, secret: secret) }
            }
        case .fleet:
            switch reader.object("properties", { $0.patch("server_tag", .serverTag) }) {
            case .absent, .null: properties = .fleet(serverTag: nil)
            case .value(let tag): properties = .fleet(serverTag: tag.applied(to: nil))
            }
        // What they should be is not known without the type, which was noted.
        case .vimeo, nil: _ = reader.patch("properties", .anything)
        }
        try reader.finish()
        guard let name, let type, let properties else { preconditionFailure("what is missing was noted") }
        self.type = type
        details = ServiceProviderDetails(name: name, isActive: isActive, properties: properties, metadata: metadata)
    }

    package init(type: ProviderType, details: ServiceProviderDetails) {
        self.type = type
        self.details = details
    }
}

/// The body of `PATCH /service-providers/{id}`: `properties` and `settings` are merged, `metadata` is overwritten as a whole.
package struct ProviderPatch: Sendable, Hashable {
    package let name: String?
    package let isActive: Bool?
    package let url: HostURL?
    package let secret: Secret?
    /// The outer `nil`: it is not named.
    package let serverTag: String??
    package let metadata: Metadata?

    /// - Parameter provider: as it is. What was fetched of it can be sent back.
    /// - Throws: everything that is wrong, as ``Problem``.
    package init(_ given: ObjectReader, of provider: ServiceProvider) throws(Problem) {
        var reader = given
        name = reader.optional("provider_name", .text(longest: ServiceProviderDetails.longestName))
        isActive = reader.optional("active", .bool)
        switch reader.patch("metadata", .metadata) {
        case .absent: metadata = nil
        case .null: metadata = .empty
        case .value(let value): metadata = value
        }
        if let type = reader.optional("provider_type", .providerType), type != provider.type {
            reader.note("provider_type", .readOnly, "It cannot be set.", expected: .text(provider.type.rawValue))
        }
        reader.noSettings()
        reader.noServerMembers(of: provider)
        var (url, secret): (HostURL?, Secret?) = (nil, nil)
        var serverTag: String??
        switch provider.details.properties {
        case .server(let current, _):
            if case .value(let server) = reader.object("properties", { ServerProperties(&$0, of: current) }) {
                (url, secret) = (server.url, server.secret)
            }
        case .fleet:
            if case .value(let tag) = reader.object("properties", { $0.patch("server_tag", .serverTag) }) {
                switch tag {
                case .absent: break
                case .null: serverTag = .some(nil)
                case .value(let text): serverTag = .some(text)
                }
            }
        }
        self.url = url
        self.secret = secret
        self.serverTag = serverTag
        try reader.finish()
    }

    /// Whether it would be reached in another way, or found in another place.
    package func changesProperties(of details: ServiceProviderDetails) -> Bool {
        applied(to: details).properties != details.properties
    }

    package func applied(to old: ServiceProviderDetails) -> ServiceProviderDetails {
        var details = old
        if let name { details.name = name }
        if let isActive { details.isActive = isActive }
        if let metadata { details.metadata = metadata }
        switch old.properties {
        case .server(let current, let known): details.properties = .server(url ?? current, secret: secret ?? known)
        case .fleet(let tag): details.properties = .fleet(serverTag: serverTag ?? tag)
        }
        return details
    }
}

/// `properties` of a host as a body has them. What only we set may be sent back as it is.
private struct ServerProperties {
    let url: HostURL?
    let secret: Secret?

    /// - Parameter current: of the provider that is changed; `nil`: it is made, and needs both.
    init(_ reader: inout ObjectReader, of current: HostURL?) {
        if let current {
            url = reader.optional("host_url", .hostURL)
            // `null` is what is shown for it: it is kept.
            if case .value(let given) = reader.patch("secret", .providerSecret) { secret = given } else { secret = nil }
            reader.readOnly("api_url", is: .text(current.api.text))
            reader.readOnly("secret_set", is: .bool(true))
        } else {
            url = reader.required("host_url", .hostURL)
            secret = reader.required("secret", .providerSecret)
            reader.readOnly("api_url", is: nil)
            reader.readOnly("secret_set", is: nil)
        }
    }
}

extension ObjectReader {
    /// No type that is offered has settings.
    fileprivate mutating func noSettings() { _ = object("settings") { _ in } }

    fileprivate mutating func noServerMembers(of provider: ServiceProvider?) {
        let shown = provider?.json
        for name in ["object", "id", "uuid", "ulid", "service_type", "created_at", "updated_at"] {
            readOnly(name, is: shown?[name])
        }
        // It changes by itself: what was fetched a moment ago need not be what it is.
        if provider == nil { readOnly("health", is: nil) } else { _ = patch("health", .anything) }
    }
}

extension JSONKind where Value == ProviderType {
    /// One that is offered; `bbb` is another name of one.
    fileprivate static var providerType: JSONKind {
        JSONKind { json, place in
            guard let text = json.text else { return .wrong(place, .invalidType, "It is a text.") }
            guard let type = ProviderType(named: text), type.isOffered else {
                let words = ProviderType.offered.map { JSON.text($0.rawValue) }
                return .wrong(place, .invalidEnum, "There is no such value.", expected: .list(words))
            }
            return .value(type)
        }
    }
}

extension JSONKind where Value == Secret {
    fileprivate static var providerSecret: JSONKind {
        JSONKind { json, place in
            guard let text = json.text else { return .wrong(place, .invalidType, "It is a text.") }
            let longest = ProviderProperties.longestSecret
            guard text.unicodeScalars.count <= longest else {
                return .wrong(place, .tooLong, "It has at most \(longest) characters.", expected: .integer(longest))
            }
            guard !text.isEmpty else { return .wrong(place, .required, "It is not empty.") }
            guard let secret = Secret(text) else {
                return .wrong(place, .invalidFormat, "It neither begins nor ends with white space.")
            }
            return .value(secret)
        }
    }
}

extension JSONKind where Value == String {
    /// As servers are marked: in lower case.
    fileprivate static var serverTag: JSONKind {
        text("It is 1 to 63 letters, digits, hyphens, dots and underscores.") { Slug($0)?.text }
    }
}
