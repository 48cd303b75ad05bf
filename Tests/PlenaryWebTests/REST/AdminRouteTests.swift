import HTTPTypes
import PlenaryCore
import Testing

@testable import PlenaryWeb

@Suite struct AdminRouteTests {
    private static let check = SchemaCheck(schemas: CommerceSchemaTests.schemas)

    @Test func `an administrator is made with a role, changed and deleted`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let role = try await desk.api(
                .post, "/roles", ["name": "support", "permissions": ["*.read"]], as: key)
            #expect(role.status == 201, "\(role.text)")
            #expect(Self.check.faults(of: role.json, JSONSchema.named("Role")).isEmpty)
            let made = try await desk.api(
                .post, "/admins", ["email": "Ops@rooms.example", "name": "Olga", "roles": ["support"]], as: key)
            #expect(made.status == 201, "\(made.text)")
            #expect(made.json["email"] == "ops@rooms.example")
            #expect(Self.check.faults(of: made.json, JSONSchema.named("Administrator")).isEmpty)
            let path = "/admins/\(try #require(made.json["id"]?.text))"
            let rolePath = "/roles/\(try #require(role.json["id"]?.text))"
            let used = try await desk.api(.delete, rolePath, as: key)
            #expect(used.code == "not_deletable")
            let tag = try #require(made.header("ETag"))
            let changed = try await desk.api(
                .patch, path, ["roles": [], "status": "inactive"], as: key, headers: ["If-Match": tag])
            #expect(changed.json["status"] == "inactive")
            #expect(changed.json["roles"] == [])
            let stale = try await desk.api(.patch, path, ["name": "O"], as: key, headers: ["If-Match": tag])
            #expect(stale.status == 412)
            let list = try await desk.api(.get, "/admins", as: key)
            #expect(list.data == [changed.json])
            let gone = try await desk.api(.delete, path, as: key)
            #expect(gone.status == 204)
            let free = try await desk.api(.delete, rolePath, as: key)
            #expect(free.status == 204)
            let wrong = try await desk.api(
                .post, "/admins", ["email": "x", "status": "asleep", "nonsense": 1], as: key)
            #expect(
                wrong.faults == [
                    "/email invalid_format", "/name required", "/nonsense unknown_field", "/status invalid_enum",
                ])
            let unknown = try await desk.api(
                .post, "/admins", ["email": "a@b.example", "name": "A", "roles": ["none"]], as: key)
            #expect(unknown.faults == ["/roles not_found"])
        }
    }

    @Test func `the built-in role stays as it is`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let list = try await desk.api(.get, "/roles", as: key)
            #expect(list.data.map { $0["name"] } == [.text("admin")])
            #expect(Self.check.faults(of: list.json, JSONSchema.named("RoleList")).isEmpty)
            let shown = try await desk.api(.get, "/roles/admin", as: key)
            #expect(shown.json["built_in"] == true)
            let changed = try await desk.api(.patch, "/roles/admin", ["name": "root"], as: key)
            #expect(changed.status == 403)
            let deleted = try await desk.api(.delete, "/roles/admin", as: key)
            #expect(deleted.status == 403)
            let role = try await desk.api(.post, "/roles", ["permissions": []], as: key)
            #expect(role.faults == ["/name required", "/permissions required"])
        }
    }

    @Test func `nobody gives more than they have, and customers' own have nothing to do with it`() async throws {
        try await Desk.open(looksAround: false) { desk in
            let key = try await desk.key()
            let customer = try await desk.addCustomer(as: key)
            let full = try await desk.api(
                .post, "/admins", ["email": "a@b.example", "name": "A", "roles": ["admin"]], as: key)
            let id = try #require(full.json["id"]?.text)
            let some = try await desk.key(["admins.manage", "roles.manage"])
            let given = try await desk.api(
                .post, "/admins", ["email": "c@d.example", "name": "C", "roles": ["admin"]], as: some)
            #expect(given.status == 403)
            let taken = try await desk.api(.patch, "/admins/\(id)", ["email": "e@f.example"], as: some)
            #expect(taken.status == 403)
            let role = try await desk.api(.post, "/roles", ["name": "r", "permissions": ["rooms.read"]], as: some)
            #expect(role.status == 403)
            let theirs = try await desk.key(of: [customer.number])
            for path in ["/admins", "/admins/\(id)", "/roles", "/roles/admin"] {
                let forbidden = try await desk.api(.get, path, as: theirs)
                #expect(forbidden.status == 403)
                let nobody = try await desk.api(.get, path, as: nil)
                #expect(nobody.status == 401)
            }
            let permissions = try await desk.api(.get, "/permissions?limit=200", as: theirs)
            #expect(permissions.data.compactMap { $0["id"]?.text } == Permission.allCases.map(\.rawValue))
            #expect(Self.check.faults(of: permissions.json, JSONSchema.named("PermissionList")).isEmpty)
        }
    }
}
