import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct AdminStoreTests {
    private func ida(_ roles: Set<String> = ["admin"]) -> AdminDetails {
        AdminDetails(email: "Ida@Nordschule.Example", name: "Ida Berg", roles: roles)
    }

    private func add(
        _ email: String, _ number: Int, roles: Set<String> = ["admin"], password: String? = "hash", to store: Store
    ) async throws -> Administrator {
        try await store.addAdministrator(
            AdminDetails(email: email, name: "Admin \(number)", roles: roles), identity: .sample(6_000 + number),
            password: password, now: .start)
    }

    @Test(arguments: Place.allCases) func `an administrator is added and found, by his address in any case`(
        place: Place
    ) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let made = try await store.addAdministrator(ida(), identity: .sample(1), now: .start)
            #expect(made.details.email == "ida@nordschule.example" && !made.hasPassword)
            #expect(made.roles == [.admin] && made.principal?.may(.manageAdmins) == true)
            let there = try await database.store()
            #expect(try await there.administrator(email: "IDA@nordschule.example") == made)
            #expect(try await there.administrator(.id(made.identity.id)) == made)
            #expect(try await there.administrator(made.number) == made)
            #expect(try await there.administrators() == [made])
            #expect(try await there.administrator(email: "max@nordschule.example") == nil)
        }
    }

    @Test(arguments: Place.allCases) func `nobody has another one's address, and no address is no address`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            _ = try await store.addAdministrator(ida(), identity: .sample(1), now: .start)
            await #expect(throws: AdminFault.emailTaken) {
                _ = try await add("IDA@nordschule.example", 2, to: store)
            }
            await #expect(throws: ValidationFault.self) { _ = try await add("ida", 3, to: store) }
            let max = try await add("max@nordschule.example", 4, to: store)
            await #expect(throws: AdminFault.emailTaken) {
                _ = try await store.updateAdministrator(max.number, now: .start) {
                    $0.email = "ida@nordschule.example"
                }
            }
            #expect(try await store.administrators().count == 2)
        }
    }

    @Test(arguments: Place.allCases) func `roles give what they give, as they are now`(place: Place) async throws {
        try await withStore(place) { store in
            let support = try await store.addRole(
                Role(name: "support", scopes: [.reading]), identity: .sample(11), now: .start)
            let admin = try await add("max@nordschule.example", 1, roles: ["support"], to: store)
            #expect(admin.principal?.scopes == [.reading])
            let changed = try await store.updateRole(.id(support.identity.id), now: .second(1)) { role in
                Role(name: role.name, scopes: [.resource("rooms")])
            }
            #expect(changed?.role.scopes == [.resource("rooms")] && changed?.updatedAt == .second(1))
            #expect(try await store.administrator(admin.number)?.principal?.scopes == [.resource("rooms")])
            #expect(try await store.roles().map(\.role.name) == ["support"])
            await #expect(throws: AdminFault.roleInUse(1)) {
                _ = try await store.removeRole(.id(support.identity.id))
            }
            _ = try await store.updateAdministrator(admin.number, now: .second(2)) { $0.roles = [] }
            #expect(try await store.removeRole(.id(support.identity.id)))
            #expect(try await !store.removeRole(.id(support.identity.id)))
            await #expect(throws: AdminFault.noRole(name: "support")) {
                _ = try await store.updateAdministrator(admin.number, now: .second(3)) { $0.roles = ["support"] }
            }
        }
    }

    @Test(arguments: Place.allCases) func `the built-in role is nobody's to make or change`(place: Place) async throws {
        try await withStore(place) { store in
            await #expect(throws: AdminFault.roleIsBuiltIn) {
                _ = try await store.addRole(
                    Role(name: "admin", scopes: [.reading]), identity: .sample(1), now: .start)
            }
            let role = try await store.addRole(
                Role(name: "support", scopes: [.reading]), identity: .sample(2), now: .start)
            await #expect(throws: AdminFault.roleNameTaken) {
                _ = try await store.addRole(
                    Role(name: "support", scopes: [.everything]), identity: .sample(3), now: .start)
            }
            await #expect(throws: AdminFault.roleIsBuiltIn) {
                _ = try await store.updateRole(.id(role.identity.id), now: .start) { old in
                    Role(name: "admin", scopes: old.scopes)
                }
            }
            await #expect(throws: ValidationFault.self) {
                _ = try await store.addRole(Role(name: "none", scopes: []), identity: .sample(4), now: .start)
            }
        }
    }

    @Test(arguments: Place.allCases) func `somebody is left who may do everything`(place: Place) async throws {
        try await withStore(place) { store in
            let ida = try await add("ida@nordschule.example", 1, to: store)
            // Who cannot sign in does not count.
            let invited = try await add("eva@nordschule.example", 2, password: nil, to: store)
            let changes: [@Sendable (inout AdminDetails) -> Void] = [{ $0.isActive = false }, { $0.roles = [] }]
            for change in changes {
                await #expect(throws: AdminFault.lastAdministrator) {
                    _ = try await store.updateAdministrator(ida.number, now: .start, change)
                }
            }
            await #expect(throws: AdminFault.lastAdministrator) { _ = try await store.removeAdministrator(ida.number) }
            _ = try await store.setPassword("hash", of: .admin(invited.number), now: .start)
            #expect(try await store.removeAdministrator(ida.number))
            #expect(try await !store.removeAdministrator(ida.number))
            await #expect(throws: AdminFault.lastAdministrator) {
                _ = try await store.removeAdministrator(invited.number)
            }
        }
    }

    @Test(arguments: Place.allCases) func `of two who remove each other at once, one stays`(place: Place) async throws {
        try await withStore(place) { store in
            for number in 0..<10 { _ = try await add("a\(number)@nordschule.example", number, to: store) }
            let admins = try await store.administrators()
            let removed = await withTaskGroup(of: Bool.self) { group in
                for admin in admins {
                    group.addTask {
                        // The last one is refused.
                        (try? await store.removeAdministrator(admin.number)) ?? false
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(removed == 9)
            #expect(try await store.administrators().count == 1)
        }
    }

    // MARK: set-up links

    private func token(_ seed: UInt64) -> SetupToken {
        var dice = Dice(seed: seed)
        return SetupToken(using: &dice)
    }

    @Test(arguments: Place.allCases) func `a set-up link gives a password, once and in its time`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let admin = try await add("ida@nordschule.example", 1, password: nil, to: store)
            let (first, second) = (token(1), token(2))
            _ = try await store.addSetupLink(first, for: admin.number, expiresAt: .second(100), now: .start)
            #expect(try await store.setupLink(first, now: .second(99)) == .invited(admin))
            #expect(try await store.setupLink(first, now: .second(100)) == nil)
            // A newer one takes its place.
            _ = try await store.addSetupLink(second, for: admin.number, expiresAt: .second(100), now: .start)
            #expect(try await store.setupLink(first, now: .start) == nil)
            let ready = try await store.useSetupLink(second, password: "hash", now: .second(5))
            #expect(ready?.number == admin.number && ready?.hasPassword == true)
            #expect(try await store.useSetupLink(second, password: "other", now: .second(6)) == nil)
            #expect(try await store.credential(.admin, email: "ida@nordschule.example")?.password == "hash")
            let nobodys = try await store.addSetupLink(first, for: AdminNumber(99), expiresAt: .second(9), now: .start)
            #expect(nobodys == nil)
        }
    }

    @Test(arguments: Place.allCases) func `who was locked out does not come back by an old link`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            _ = try await add("max@nordschule.example", 1, to: store)
            let admin = try await add("ida@nordschule.example", 2, to: store)
            _ = try await store.addSetupLink(token(1), for: admin.number, expiresAt: .second(100), now: .start)
            _ = try await store.updateAdministrator(admin.number, now: .start) { $0.isActive = false }
            #expect(try await store.setupLink(token(1), now: .start) == nil)
            #expect(try await store.useSetupLink(token(1), password: "x", now: .start) == nil)
            #expect(try await store.removeAdministrator(admin.number))
            #expect(try await store.number("SELECT COUNT(*) FROM setup_links") == 0)
        }
    }

    @Test(arguments: Place.allCases) func `the first administrator is made once`(place: Place) async throws {
        try await withStore(place) { store in
            let link = token(1)
            #expect(try await store.addSetupLink(link, for: nil, expiresAt: .second(100), now: .start) == .first)
            #expect(try await store.useSetupLink(link, password: "hash", now: .start) == nil)
            await #expect(throws: ValidationFault.self) {
                _ = try await store.useSetupLink(
                    link, password: "hash",
                    first: Store.FirstAdministrator(email: "ida", name: "Ida", identity: .sample(1)), now: .start)
            }
            let made = try await withThrowingTaskGroup(of: Administrator?.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await store.useSetupLink(
                            link, password: "hash",
                            first: Store.FirstAdministrator(
                                email: "ida\(number)@nordschule.example", name: "Ida", identity: .sample(number)),
                            now: .start)
                    }
                }
                return try await group.reduce(into: [Administrator]()) { made, next in
                    if let next { made.append(next) }
                }
            }
            #expect(made.count == 1 && made.first?.roles == [.admin] && made.first?.hasPassword == true)
            #expect(try await store.administrators() == made)
            // There is one now: nobody gets such a link any more.
            #expect(try await store.addSetupLink(token(2), for: nil, expiresAt: .second(100), now: .start) == nil)
        }
    }

    @Test func `a set-up token has one spelling, and does not print`() throws {
        let made = token(1)
        #expect(SetupToken(made.reveal()) == made)
        #expect(SetupToken("") == nil && SetupToken("abc") == nil && SetupToken(made.reveal() + "A") == nil)
        #expect(!"\(made)".contains(made.reveal()) && !made.mark.contains(made.reveal()))
    }
}
