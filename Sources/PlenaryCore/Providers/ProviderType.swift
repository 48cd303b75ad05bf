/// A kind of service provider (`rooms-api.md` 6.2). Rooms ask it what it can do; here is what there is to configure.
package typealias ProviderType = RoomProviderType

extension RoomProviderType {
    /// - Parameter text: as in the API; `bbb` is another name of `bigbluebutton` (D-03).
    package init?(named text: String) { self.init(rawValue: text == "bbb" ? "bigbluebutton" : text) }

    /// Whether one can be made. The others are known by their name only.
    package var isOffered: Bool {
        switch self {
        case .bigBlueButton, .scalelite, .fleet: true
        case .vimeo: false
        }
    }

    package static var offered: [RoomProviderType] { allCases.filter(\.isOffered) }

    /// What a provider of this type serves, the one that stands in `service_type` first.
    package var serviceTypes: [ServiceType] {
        switch self {
        case .bigBlueButton, .scalelite, .fleet: [.meet]
        case .vimeo: [.video, .live]
        }
    }

    /// `service_type` of a provider.
    package var serviceType: ServiceType { serviceTypes[0] }

    /// Whether it is reached over the network, with an address and a secret.
    package var isRemote: Bool {
        switch self {
        case .bigBlueButton, .scalelite: true
        case .fleet, .vimeo: false
        }
    }

    /// The least version that is served (6.4); `nil`: every one.
    package var leastVersion: ProviderVersion? {
        switch self {
        case .scalelite: ProviderVersion([1, 0])
        case .bigBlueButton: ProviderVersion([2, 6])
        case .fleet, .vimeo: nil
        }
    }
}

// MARK: GET /service-provider-types

extension RoomProviderType {
    /// The table of types, with what is to be given for each: elements of `data`.
    package static var listed: [JSON] { allCases.map(\.json) }

    package var json: JSON {
        [
            "object": "ServiceProviderType", "provider_type": .text(rawValue), "name": .text(title),
            "aliases": .list(self == .bigBlueButton ? [JSON.text("bbb")] : []),
            "service_types": .list(serviceTypes.map { .text($0.rawValue) }), "offered": .bool(isOffered),
            "properties": schema(of: properties), "settings": schema(of: []),
        ]
    }

    /// As people know it.
    package var title: String {
        switch self {
        case .bigBlueButton: "BigBlueButton"
        case .scalelite: "Scalelite"
        case .fleet: "Own servers"
        case .vimeo: "Vimeo"
        }
    }

    private struct Property {
        let name: String
        let isRequired: Bool
        let schema: [JSON.Member]
    }

    private var properties: [Property] {
        switch self {
        case .bigBlueButton, .scalelite:
            [
                Property(
                    name: "host_url", isRequired: true,
                    schema: [
                        JSON.Member("type", "string"), JSON.Member("format", "uri"),
                        JSON.Member("maxLength", .integer(HostURL.longest)), JSON.Member("pattern", "^https://"),
                        JSON.Member("description", "Address of the host; /bigbluebutton/api may be left out."),
                    ]),
                Property(
                    name: "secret", isRequired: true,
                    schema: [
                        JSON.Member("type", "string"), JSON.Member("minLength", 1),
                        JSON.Member("maxLength", .integer(ProviderProperties.longestSecret)),
                        JSON.Member("writeOnly", true),
                        JSON.Member("description", "Shared secret of the host; never shown."),
                    ]),
                Property(
                    name: "api_url", isRequired: false,
                    schema: [
                        JSON.Member("type", "string"), JSON.Member("format", "uri"), JSON.Member("readOnly", true),
                    ]),
                Property(
                    name: "secret_set", isRequired: false,
                    schema: [JSON.Member("type", "boolean"), JSON.Member("readOnly", true)]),
            ]
        case .fleet:
            [
                Property(
                    name: "server_tag", isRequired: false,
                    schema: [
                        JSON.Member("type", ["string", "null"]),
                        JSON.Member("description", "Servers with this tag get the sessions; null: all."),
                    ])
            ]
        case .vimeo: []
        }
    }

    private func schema(of properties: [Property]) -> JSON {
        [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
            "properties": .object(properties.map { JSON.Member($0.name, .object($0.schema)) }),
            "required": .list(properties.filter(\.isRequired).map { .text($0.name) }), "additionalProperties": false,
        ]
    }
}
