internal import PlenaryCore

/// What `/service-providers` takes and answers (`rooms-api.md` 6), and what is attached to packages and subscriptions (5.2, 5.3).
enum ProviderSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "ServiceProvider": provider, "ServiceProviderList": JSONSchema.page(of: "ServiceProvider", example: example),
        "NewServiceProvider": JSONSchema.request(
            [
                Member("provider_name", name, required: true),
                Member("provider_type", givenType, required: true), Member("active", active),
                Member("properties", givenProperties), Member("settings", givenSettings),
                Member("metadata", JSONSchema.metadata),
            ], example: newExample),
        "ServiceProviderChange": JSONSchema.change(
            [
                Member("provider_name", name), Member("active", active), Member("properties", givenProperties),
                Member("settings", givenSettings), Member("metadata", JSONSchema.nullable(JSONSchema.metadata)),
            ], example: ["properties": ["secret": "another-secret-key"], "metadata": ["contract": "N-13"]]),
        "ServiceProviderHealth": health, "ServiceProviderCheck": check, "ServiceProviderType": providerType,
        "ServiceProviderTypeList": JSONSchema.page(of: "ServiceProviderType", example: typeExample),
        "PackageProvider": attachment("PackageProvider"),
        "PackageProviderList": JSONSchema.page(
            of: "PackageProvider", example: attachmentExample("PackageProvider")),
        "SubscriptionProvider": attachment("SubscriptionProvider"),
        "SubscriptionProviderList": JSONSchema.page(
            of: "SubscriptionProvider", example: attachmentExample("SubscriptionProvider")),
        "NewAttachment": JSONSchema.request(
            [
                Member("service_provider_id", JSONSchema.reference("The service provider"), required: true),
                Member("default", isDefault), Member("active", isUsed),
            ], example: ["service_provider_id": "vD2fSb8YkC", "default": true]),
        "AttachmentChange": JSONSchema.change(
            [Member("default", isDefault), Member("active", isUsed)], example: ["active": false]),
    ]

    /// As packages and subscriptions include them.
    static let included = JSONSchema.object([
        Member("service_provider_id", JSONSchema.identifier(), required: true),
        Member("default", JSONSchema.bool(), required: true), Member("active", JSONSchema.bool(), required: true),
    ])

    // MARK: members

    private static let types = ProviderType.allCases.map(\.rawValue)

    private static let name = JSONSchema.text(least: 1, longest: ServiceProviderDetails.longestName)

    private static let givenType = JSONSchema.choice(
        ProviderType.offered.map(\.rawValue) + ["bbb"], "It cannot be changed; bbb is bigbluebutton.")

    private static let active = JSONSchema.bool("Inactive: not used even where it is attached.")

    private static let isDefault = JSONSchema.bool("Another one is it no more then.")

    private static let isUsed = JSONSchema.bool("The default is always active.")

    private static let hostURL = JSONSchema.text(
        "Begins with https://; /bigbluebutton/api may be left out.", longest: HostURL.longest)

    private static let serverTag = JSONSchema.nullable(
        JSONSchema.text("Of fleet: only servers with this tag.", longest: 63))

    private static let givenProperties = JSONSchema.object(
        [
            Member("host_url", hostURL),
            Member(
                "secret",
                JSONSchema.nullable(
                    JSONSchema.text(
                        "Shared secret of the host. It is never shown; where it is absent or null it is kept.",
                        longest: ProviderProperties.longestSecret))),
            Member("server_tag", serverTag),
            Member("api_url", JSONSchema.text("Read-only.")), Member("secret_set", JSONSchema.bool("Read-only.")),
        ],
        "What the type says: host_url and secret of bigbluebutton and scalelite, server_tag of fleet. A change is merged.",
        isClosed: true)

    private static let givenSettings = JSONSchema.nullable(
        JSONSchema.object([], "No type has any yet.", isClosed: true))

    private static let shownProperties = JSONSchema.object([
        Member("host_url", hostURL), Member("api_url", JSONSchema.text("The address of its API.", format: "uri")),
        Member("secret", ["type": "null", "description": "Never shown."]), Member("secret_set", JSONSchema.bool()),
        Member("server_tag", serverTag),
    ])

    private static let provider = JSONSchema.resource(
        "ServiceProvider",
        [
            Member("provider_name", name), Member("active", active),
            Member("provider_type", JSONSchema.choice(types)),
            Member("service_type", JSONSchema.choice(PackageSchemas.serviceTypes)),
            Member("properties", shownProperties), Member("settings", JSONSchema.settings("None yet.")),
            Member("metadata", JSONSchema.metadata), Member("health", JSONSchema.named("ServiceProviderHealth")),
        ], example: example)

    private static let reason = JSONSchema.choice(
        CertificateFault.allCases.map(\.rawValue), "Why it is not valid.")

    private static let health: JSON = {
        let tls = JSONSchema.object([
            Member("valid", JSONSchema.bool(), required: true),
            Member("not_after", JSONSchema.nullable(JSONSchema.time()), required: true),
            Member("issuer", JSONSchema.nullable(JSONSchema.text()), required: true), Member("reason", reason),
        ])
        let count = JSONSchema.integer(nil, 0...Int(Int32.max))
        let warnings = ProviderHealth.Warning.allCases.map(\.rawValue)
        return JSONSchema.object(
            [
                Member(
                    "state",
                    JSONSchema.choice(
                        ProviderState.allCases.map(\.rawValue), "What is down gets no new sessions."),
                    required: true),
                Member("checked_at", JSONSchema.nullable(JSONSchema.time()), required: true),
                Member("consecutive_failures", count, required: true),
                Member("latency_ms", JSONSchema.nullable(count), required: true),
                Member("version", JSONSchema.nullable(JSONSchema.text("null: it does not tell.")), required: true),
                Member(
                    "version_check",
                    JSONSchema.nullable(JSONSchema.choice(ProviderVersion.Check.allCases.map(\.rawValue))),
                    required: true),
                Member("tls", JSONSchema.nullable(tls), required: true),
                Member("warnings", JSONSchema.list(of: JSONSchema.choice(warnings)), required: true),
            ], example: healthExample)
    }()

    private static let check = JSONSchema.object(
        [
            Member("object", JSONSchema.constant("ServiceProviderCheck"), required: true),
            Member("passed", JSONSchema.bool("It would be stored."), required: true),
            Member("health", JSONSchema.named("ServiceProviderHealth"), required: true),
            Member(
                "problem",
                JSONSchema.nullable(
                    JSONSchema.object(
                        [
                            Member("code", JSONSchema.text(), required: true),
                            Member("detail", JSONSchema.text(), required: true),
                            Member("reason", reason),
                        ], "What adding it would be answered with.")), required: true),
        ],
        example: [
            "object": "ServiceProviderCheck", "passed": true, "health": healthExample, "problem": .null,
        ])

    private static let providerType = JSONSchema.resource(
        "ServiceProviderType",
        [
            Member("provider_type", JSONSchema.choice(types)), Member("name", JSONSchema.text("For people.")),
            Member("aliases", JSONSchema.list(of: JSONSchema.text(), "Other names that are taken for it.")),
            Member("service_types", JSONSchema.list(of: JSONSchema.choice(PackageSchemas.serviceTypes))),
            Member("offered", JSONSchema.bool("One can be added.")),
            Member("properties", JSONSchema.settings("A JSON Schema.")),
            Member("settings", JSONSchema.settings("A JSON Schema.")),
        ], hasIdentity: false, example: typeExample)

    private static func attachment(_ object: String) -> JSON {
        JSONSchema.resource(
            object,
            [
                Member("service_provider_id", JSONSchema.identifier()), Member("provider_name", name),
                Member("provider_type", JSONSchema.choice(types)), Member("default", isDefault),
                Member("active", isUsed),
            ], hasIdentity: false, example: attachmentExample(object))
    }

    // MARK: examples

    private static func attachmentExample(_ object: String) -> JSON {
        [
            "object": .text(object), "service_provider_id": "vD2fSb8YkC", "provider_name": "Scalelite north",
            "provider_type": "scalelite", "default": true, "active": true,
        ]
    }

    private static let typeExample: JSON = ProviderType.fleet.json

    private static let newExample: JSON = [
        "provider_name": "Scalelite north", "provider_type": "scalelite",
        "properties": ["host_url": "https://scalelite.example.com", "secret": "my-secret-key"], "settings": [:],
        "metadata": ["contract": "N-12"],
    ]

    private static let healthExample: JSON = [
        "state": "healthy", "checked_at": "2026-03-01T09:00:05Z", "consecutive_failures": 0, "latency_ms": 41,
        "version": "1.5.1", "version_check": "ok",
        "tls": ["valid": true, "not_after": "2026-06-01T00:00:00Z", "issuer": "R11"], "warnings": [],
    ]

    private static let example: JSON = [
        "object": "ServiceProvider", "id": "vD2fSb8YkC", "uuid": "f3cfd3d0-6237-446d-b16d-5854c69d3e7a",
        "ulid": "01JPKS0Z1Y2X3W4V5T6S7R8Q9P", "provider_name": "Scalelite north", "active": true,
        "provider_type": "scalelite", "service_type": "meet",
        "properties": [
            "host_url": "https://scalelite.example.com",
            "api_url": "https://scalelite.example.com/bigbluebutton/api", "secret": .null, "secret_set": true,
        ],
        "settings": [:], "metadata": ["contract": "N-12"], "health": healthExample,
        "created_at": "2026-03-01T08:10:00Z", "updated_at": "2026-03-01T08:10:00Z",
    ]
}
