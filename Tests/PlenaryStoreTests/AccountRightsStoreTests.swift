import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct AccountRightsStoreTests {
    @Test(arguments: Place.allCases) func `rights and limits are kept, told, and begin open`(place: Place) async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let school = try await store.addAccount(
                slug: try #require(Slug("school")), name: "School", firstSecret: Secret("first"), now: .start)
            #expect(school.secrets.map(\.label) == ["first"] && school.rights == AccountRights())
            #expect(store.roster { $0.accounts[.default]?.rights.mayUseBalancerCalls } == true)
            var expected = AccountRights()
            expected.isEnabled = false
            expected.mayRecord = false
            expected.mayUseBalancerCalls = true
            expected.serverTags = ["gpu", "eu"]
            expected.algorithms = [.sha256]
            expected.limits.meetings = 1
            expected.limits.participants = 2
            expected.limits.duration = 3
            expected.limits.connections = 4
            expected.limits.defaultParticipants = 5
            expected.limits.defaultDuration = 6
            let rights = expected
            let changed = try #require(try await store.changeRights(of: school.id) { $0 = rights })
            #expect(changed.rights == rights)
            #expect(store.roster { $0.account(named: changed.slug) } == changed)
            let next = try await database.store()
            #expect(next.roster { $0.accounts[school.id] } == changed)
            // What is not touched stays.
            let again = try #require(try await store.changeRights(of: school.id) { $0.limits.meetings = nil })
            #expect(again.rights.limits.meetings == nil && again.rights.limits.participants == 2)
            #expect(try await store.changeRights(of: AccountID(99)) { _ in } == nil)
        }
    }

    @Test(arguments: [0, -1]) func `a limit is at least one`(limit: Int) async throws {
        try await withDatabase(.memory) { database in
            let store = try await database.store()
            await #expect(throws: StoreFault.constraint(.check)) {
                _ = try await store.changeRights(of: .default) { $0.limits.meetings = limit }
            }
            #expect(store.roster { $0.accounts[.default]?.rights.limits.meetings } == nil)
        }
    }

    @Test(arguments: Place.allCases) func `a rotated secret is valid, and the others end, none later than before`(
        place: Place
    ) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            func secret(_ text: String) throws -> Secret { try #require(Secret(text)) }
            for text in ["one", "two"] {
                _ = try await store.addSecret(try secret(text), label: text, to: .default, now: .start)
            }
            _ = try await store.rotateSecret(
                try secret("three"), label: "three", of: .default, othersEnd: .second(10), now: .start)
            _ = try await store.rotateSecret(
                try secret("four"), label: "four", of: .default, othersEnd: .second(20), now: .second(1))
            let account = try #require(store.roster { $0.accounts[.default] })
            #expect(account.secrets.map(\.expiresAt) == [.second(10), .second(10), .second(20), nil])
            #expect(account.secrets(at: .second(10)).map(\.label) == ["three", "four"])
        }
    }
}
