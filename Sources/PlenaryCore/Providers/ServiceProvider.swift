package import BigBlueButton

package struct ProviderNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: ProviderNumber, right: ProviderNumber) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// `properties` of a provider (`rooms-api.md` 6.1): how it is reached.
package enum ProviderProperties: Sendable, Hashable {
    /// - Parameter secret: `nil`: the stored one cannot be read.
    case server(HostURL, secret: Secret?)
    /// Our own servers; with a tag only those that have it.
    case fleet(serverTag: String?)

    /// Characters.
    package static let longestSecret = 500

    /// What calls to it are signed with; `nil`: it is not reached by calls, or its secret cannot be read.
    package var endpoint: Endpoint? {
        guard case .server(let url, let secret?) = self else { return nil }
        return Endpoint(url: url.api, secret: secret)
    }

    /// Where it is, in problems; empty for our own.
    package var host: String {
        switch self {
        case .server(let url, _): url.host
        case .fleet: ""
        }
    }

    package var json: JSON {
        switch self {
        case .server(let url, _):
            [
                "host_url": .text(url.given), "api_url": .text(url.api.text), "secret": .null,
                "secret_set": .bool(true),
            ]
        case .fleet(let tag): ["server_tag": JSON(tag)]
        }
    }
}

/// What may be changed about a provider.
package struct ServiceProviderDetails: Sendable, Hashable {
    package var name: String
    /// Inactive: not used even where it is attached.
    package var isActive: Bool
    /// It was stored without a check: the first one that passes makes it active.
    package var isPending: Bool
    package var properties: ProviderProperties
    package var metadata: Metadata

    package static let longestName = 200

    package init(
        name: String, isActive: Bool = true, isPending: Bool = false, properties: ProviderProperties,
        metadata: Metadata = .empty
    ) {
        self.name = name
        self.isActive = isActive
        self.isPending = isPending
        self.properties = properties
        self.metadata = metadata
    }

    /// - Throws: everything that is wrong.
    package func checked() throws(ValidationFault) -> ServiceProviderDetails {
        var check = FieldCheck()
        check.text(name, "provider_name", longest: Self.longestName)
        for fault in metadata.faults("metadata") { check.note(fault.field, fault.code, fault.rule) }
        try check.finish()
        return self
    }
}

/// A configured backend (`rooms-api.md` 6).
package struct ServiceProvider: Sendable, Hashable {
    package let number: ProviderNumber
    package let identity: ResourceIdentity
    package let type: ProviderType
    package let details: ServiceProviderDetails
    package let health: ProviderHealth
    package let createdAt: WireTime
    package let updatedAt: WireTime

    package init(
        number: ProviderNumber, identity: ResourceIdentity, type: ProviderType, details: ServiceProviderDetails,
        health: ProviderHealth, createdAt: WireTime, updatedAt: WireTime
    ) {
        self.number = number
        self.identity = identity
        self.type = type
        self.details = details
        self.health = health
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    package static let object = "ServiceProvider"

    /// As the API shows it.
    package var json: JSON { written(withHealth: true) }

    /// What a change would change, for its tag: not its health, which changes by itself.
    package var stateJSON: JSON { written(withHealth: false) }

    private func written(withHealth: Bool) -> JSON {
        var members = identity.members(of: Self.object)
        members += [
            JSON.Member("provider_name", .text(details.name)), JSON.Member("active", .bool(details.isActive)),
            JSON.Member("provider_type", .text(type.rawValue)),
            JSON.Member("service_type", .text(type.serviceType.rawValue)),
            JSON.Member("properties", details.properties.json), JSON.Member("settings", .object([])),
            JSON.Member("metadata", JSON(details.metadata)),
        ]
        if withHealth { members.append(JSON.Member("health", health.json)) }
        members += [JSON.Member("created_at", JSON(createdAt)), JSON.Member("updated_at", JSON(updatedAt))]
        return .object(members)
    }
}

// MARK: lists

extension ServiceProvider {
    package static let schema = ResourceSchema(
        object,
        fields: ResourceSchema.commonFields + [
            ResourceSchema.Field("provider_name", filter: .text, sorts: true, searched: true),
            ResourceSchema.Field("active", filter: .bool, sorts: true),
            ResourceSchema.Field("provider_type", filter: .choice(ProviderType.allCases.map(\.rawValue)), sorts: true),
            ResourceSchema.Field("service_type", filter: .choice(ServiceType.allCases.map(\.rawValue)), sorts: true),
            ResourceSchema.Field("properties"), ResourceSchema.Field("settings"),
            ResourceSchema.Field("metadata", filter: .metadata), ResourceSchema.Field("health"),
        ],
        otherFilters: ["health.state": .choice(ProviderState.allCases.map(\.rawValue))])

    /// How a list of them in memory is looked at: there are never many.
    package static var view: ShortList<ServiceProvider>.View {
        ShortList<ServiceProvider>.View(
            ulid: { $0.identity.ulid }, value: { $0.value($1, $2) },
            text: { provider, field in field == "provider_name" ? provider.details.name : nil })
    }

    private func value(_ field: String, _ key: String?) -> FilterValue? {
        switch field {
        case "id": .identifier(.id(identity.id))
        case "uuid": .identifier(.uuid(identity.uuid))
        case "ulid": .identifier(.ulid(identity.ulid))
        case "created_at": .time(createdAt)
        case "updated_at": .time(updatedAt)
        case "provider_name": .text(details.name)
        case "active": .bool(details.isActive)
        case "provider_type": .text(type.rawValue)
        case "service_type": .text(type.serviceType.rawValue)
        case "health.state": .text(health.state.rawValue)
        case "metadata": key.flatMap { metadataText($0) }.map { .text($0) }
        default: nil
        }
    }

    /// A scalar at the top, as it is written.
    private func metadataText(_ key: String) -> String? {
        guard case .scalar(let scalar)? = details.metadata.members[key] else { return nil }
        switch scalar {
        case .null: return nil
        case .bool(let bool): return bool ? "true" : "false"
        case .integer(let number): return String(number)
        case .number(let number): return String(number)
        case .text(let text): return text
        }
    }
}
