import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import Testing

@testable import PlenaryWeb

@Suite struct CommerceSchemaTests {
    private static let groups: [[String: JSON]] = [
        CustomerSchemas.all, FeatureSchemas.all, PackageSchemas.all, SubscriptionSchemas.all, ProviderSchemas.all,
        RoomSchemas.all, RoomTokenSchemas.all, RoomCodeSchemas.all, RoomUserSchemas.all, RoomSessionSchemas.all,
        JoinResource.schemas, RecordingRoutes.schemas, PresentationRoutes.schemas, InvitationRoutes.schemas,
        RoomAuditRoutes.schemas, RoomBulkRoutes.schemas,
        AccountSchemas.all, UserSchemas.all, APIKeySchemas.all, AdminSchemas.all, IntegrationAPISchemas.all,
        WebhookSchemas.all, SetupLinkRoutes.schemas,
    ]

    /// All of them, by their names.
    static let schemas: [String: JSON] = groups.reduce(into: [:]) { all, group in
        all.merge(group) { first, _ in first }
    }

    @Test func `no name stands for two schemas`() {
        let names = Self.groups.flatMap { Array($0.keys) }
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: CommerceSchemaTests.schemas.keys.sorted())
    func `every schema has an example that it allows`(name: String) throws {
        let schema = try #require(Self.schemas[name])
        let example = try #require(schema["example"])
        #expect(SchemaCheck(schemas: Self.schemas).faults(of: example, schema).isEmpty)
    }

    @Test func `null is allowed where it is said`() {
        let check = SchemaCheck(schemas: [:])
        for schema in [
            JSONSchema.text(), JSONSchema.choice(["a"]), JSONSchema.time(), JSONSchema.metadata,
            JSONSchema.constant("a"), JSONSchema.named("Other"),
        ] {
            #expect(!check.faults(of: .null, schema).isEmpty)
            #expect(check.faults(of: .null, JSONSchema.nullable(schema)).isEmpty)
        }
    }

    @Test func `every body and every answer has its schema`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let platform = Platform(
                store: desk.store, fleet: desk.fleet, settings: PlatformSettings(publicURL: "https://plenary.example"),
                time: desk.clock.fleetTime)
            let groups = allEndpoints(PlatformServices(platform: platform, transport: NoProviders()))
            let names = Set(groups.flatMap { Array($0.schemas.keys) })
            for endpoint in groups.flatMap(\.endpoints) {
                for name in [endpoint.description.body, endpoint.description.answer].compactMap({ $0 }) {
                    #expect(names.contains(name), "\(endpoint.path) \(name)")
                }
            }
        }
    }
}
