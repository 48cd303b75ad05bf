internal import PlenaryCore
internal import PlenaryRooms

/// What `/admins`, `/roles` and `/permissions` take and answer (`rooms-api.md` 2.2 and 13.3).
enum AdminSchemas {
    private typealias Member = JSONSchema.Member

    static let all: [String: JSON] = [
        "Administrator": JSONSchema.resource(
            "Administrator", taken + [Member("has_password", JSONSchema.bool("Whether he can sign in."))],
            example: example),
        "AdministratorList": JSONSchema.page(of: "Administrator", example: example),
        "NewAdministrator": JSONSchema.request(
            taken.map { Member($0.name, $0.schema, required: ["email", "name"].contains($0.name)) },
            example: ["email": "ops@rooms.example", "name": "Olga Petrow", "roles": ["support"]]),
        "AdministratorChange": JSONSchema.change(taken, example: ["status": "inactive"]),
        "Role": JSONSchema.resource("Role", roleAnswered, hasIdentity: false, example: roleExample),
        "RoleList": JSONSchema.page(of: "Role", example: roleExample),
        "NewRole": JSONSchema.request(
            roleTaken.map { Member($0.name, $0.schema, required: true) },
            example: ["name": "support", "permissions": ["*.read", "rooms.update"]]),
        "RoleChange": JSONSchema.change(roleTaken, example: ["permissions": ["*.read"]]),
        "Permission": JSONSchema.resource(
            "Permission",
            [
                Member("id", JSONSchema.text("As keys and roles have it."), required: true),
                Member("resource", JSONSchema.text()), Member("is_reading", JSONSchema.bool("*.read has it.")),
            ], hasIdentity: false, example: permissionExample),
        "PermissionList": JSONSchema.page(of: "Permission", example: permissionExample),
    ]

    private static let taken: [Member] = [
        Member("email", JSONSchema.text("Unique; he signs in with it.", least: 3, longest: 254)),
        Member("name", JSONSchema.text("For people.", least: 1, longest: 200)),
        Member("status", JSONSchema.choice(AdminResource.Status.allCases.map(\.rawValue))),
        Member("roles", JSONSchema.list(of: JSONSchema.text(longest: 100), "Names of roles.", most: 50)),
    ]

    private static let roleTaken: [Member] = [
        Member("name", JSONSchema.text("Unique.", least: 1, longest: 100)),
        Member("permissions", APIKeySchemas.permissions),
    ]

    private static let roleAnswered: [Member] =
        [Member("id", JSONSchema.text("Of the built-in one: admin."), required: true)] + roleTaken + [
            Member("built_in", JSONSchema.bool("It is neither changed nor deleted.")),
            Member("created_at", JSONSchema.nullable(JSONSchema.time())),
            Member("updated_at", JSONSchema.nullable(JSONSchema.time())),
        ]

    private static let example: JSON = [
        "object": "Administrator", "id": "p7Yh2LqZtC", "uuid": "0e8f4d2b-6c1a-4b7e-a3d9-5f2c8b1e7a60",
        "ulid": "01JPKS1D0E2F3G4H5J6K7M8N9P", "email": "ops@rooms.example", "name": "Olga Petrow",
        "status": "active", "roles": ["support"], "has_password": false, "created_at": "2026-03-01T08:00:00Z",
        "updated_at": "2026-03-01T08:00:00Z",
    ]

    private static let roleExample: JSON = [
        "object": "Role", "id": "r2Dk8VnQxB", "name": "support", "permissions": ["*.read", "rooms.update"],
        "built_in": false, "created_at": "2026-03-01T08:00:00Z", "updated_at": "2026-03-01T08:00:00Z",
    ]

    private static let permissionExample: JSON = [
        "object": "Permission", "id": "rooms.read", "resource": "rooms", "is_reading": true,
    ]
}
