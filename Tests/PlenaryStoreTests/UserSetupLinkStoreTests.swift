import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct UserSetupLinkStoreTests {
    private struct Chance: RandomNumberGenerator {
        var state: UInt64 = 1

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }

    private static let now = WireTime(milliseconds: 1_700_000_000_000)

    private func opened() async throws -> (Store, User) {
        let store = try await Store.open(try SQLiteEngine(), newKey: Secret("key of a test"), now: Self.now)
        var chance = Chance()
        let user = try await store.addUser(
            UserDetails(email: "max@nordschule.example", firstName: "Max", lastName: "Muster"),
            identity: ResourceIdentity(at: Self.now, using: &chance), now: Self.now)
        return (store, user)
    }

    private func tokens() -> (SetupToken, SetupToken) {
        var chance = Chance(state: 7)
        return (SetupToken(using: &chance), SetupToken(using: &chance))
    }

    @Test func `a link sets a password once, and signs out`() async throws {
        let (store, user) = try await opened()
        let (token, other) = tokens()
        let end = Self.now.advanced(by: SetupToken.life)
        _ = try await store.setPassword("old", of: .user(user.number.number), now: Self.now)
        let subject = SessionSubject.user(user.number.number)
        let begun = try await store.addSession(
            verifier: String(repeating: "a", count: 32), of: subject, password: "old", now: Self.now)
        #expect(begun)
        let made = try await store.addUserSetupLink(token, for: user.number, expiresAt: end, now: Self.now)
        #expect(made?.number == user.number)
        #expect(try await store.userSetupLink(other, now: Self.now) == nil)
        #expect(try await store.userSetupLink(token, now: end) == nil)
        #expect(try await store.userSetupLink(token, now: Self.now)?.number == user.number)
        let sessions = try await store.sessions(of: subject)
        #expect(sessions.count == 1)
        let used = try await store.useUserSetupLink(token, password: "new", now: Self.now)
        #expect(used?.hasPassword == true)
        #expect(try await store.sessions(of: subject).isEmpty)
        #expect(try await store.useUserSetupLink(token, password: "newer", now: Self.now) == nil)
        let credential = try await store.credential(.user, email: "max@nordschule.example")
        #expect(credential?.password == "new")
    }

    @Test func `a newer link ends older ones, as do time and the user's end`() async throws {
        let (store, user) = try await opened()
        let (token, other) = tokens()
        let end = Self.now.advanced(by: SetupToken.life)
        _ = try await store.addUserSetupLink(token, for: user.number, expiresAt: end, now: Self.now)
        _ = try await store.addUserSetupLink(other, for: user.number, expiresAt: end, now: Self.now)
        #expect(try await store.userSetupLink(token, now: Self.now) == nil)
        try await store.removeOldSetupLinks(now: end)
        #expect(try await store.userSetupLink(other, now: Self.now) == nil)
        _ = try await store.addUserSetupLink(other, for: user.number, expiresAt: end, now: Self.now)
        #expect(try await store.removeUser(user.number))
        #expect(try await store.userSetupLink(other, now: Self.now) == nil)
        let nobody = try await store.addUserSetupLink(token, for: user.number, expiresAt: end, now: Self.now)
        #expect(nobody == nil)
    }
}
