import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct AccountTests {
    @Test(arguments: Place.allCases) func `the default account is there once, however often the store is opened`(
        place: Place
    ) async throws {
        try await withDatabase(place) { database in
            let first = try await database.store()
            let again = try await database.store(now: .start.advanced(by: .seconds(60)))
            let account = try #require(again.accounts[.default])
            #expect(again.accounts == [.default: account])
            #expect(account.slug == Slug("default") && account.secrets.isEmpty && account.createdAt == .start)
            #expect(first.accounts == again.accounts)
            #expect(try await again.number("SELECT COUNT(*) FROM accounts") == 1)
        }
    }

    @Test(arguments: Place.allCases) func `secrets are added, found and removed`(place: Place) async throws {
        try await withStore(place) { store in
            let red = try #require(
                try await store.addSecret(.sample("red"), label: "Moodle", to: .default, now: .start))
            let blue = try #require(
                try await store.addSecret(.sample("blue"), label: "Greenlight", to: .default, now: .start))
            #expect(store.accounts[.default]?.secrets == [red, blue])
            #expect(red.secret.reveal() == "red" && red.label == "Moodle" && blue.secret.reveal() == "blue")
            #expect(try await store.removeSecret(red.number, from: .default))
            #expect(store.accounts[.default]?.secrets == [blue])
            #expect(try await !store.removeSecret(red.number, from: .default))
            #expect(try await !store.removeSecret(blue.number, from: AccountID(2)))
            #expect(store.accounts[.default]?.secrets == [blue])
        }
    }

    @Test(arguments: Place.allCases)
    func `a secret that is there is refused, and the number of the attempt is not lost`(
        place: Place
    ) async throws {
        try await withStore(place) { store in
            let red = try await store.addSecret(.sample("red"), label: "a", to: .default, now: .start)
            await #expect(throws: StoreFault.constraint(.unique)) {
                _ = try await store.addSecret(.sample("red"), label: "b", to: .default, now: .start)
            }
            let blue = try await store.addSecret(.sample("blue"), label: "c", to: .default, now: .start)
            #expect(store.accounts[.default]?.secrets == [red, blue].compactMap(\.self))
            #expect([red?.number, blue?.number] == [1, 2])
        }
    }

    @Test(arguments: Place.allCases) func `an account that is not there gets no secret`(place: Place) async throws {
        try await withStore(place) { store in
            let added = try await store.addSecret(.sample("red"), label: "", to: AccountID(9), now: .start)
            #expect(added == nil)
            #expect(try await !store.addFirstSecret(.sample("red"), to: AccountID(9), now: .start))
            #expect(try await store.number("SELECT COUNT(*) FROM account_secrets") == 0)
        }
    }

    @Test(arguments: Place.allCases) func `the first secret is given once`(place: Place) async throws {
        try await withStore(place) { store in
            let first = try await store.addFirstSecret(.sample("one"), to: .default, now: .start)
            #expect(first)
            #expect(try await !store.addFirstSecret(.sample("two"), to: .default, now: .start))
            #expect(try store.accounts[.default]?.secrets.map(\.secret) == [.sample("one")])
        }
    }

    @Test(arguments: Place.allCases) func `of many that give the first secret at once, one does`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let given = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        try await store.addFirstSecret(.sample("secret \(number)"), to: .default, now: .start)
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(given == 1)
            #expect(store.accounts[.default]?.secrets.count == 1)
        }
    }
}
