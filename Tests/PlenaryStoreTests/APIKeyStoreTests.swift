import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct APIKeyStoreTests {
    private func key(
        _ number: Int, reach: Reach = .platform, scopes: Set<Scope> = [.everything], expiresAt: WireTime? = nil
    ) -> (key: APIKey, text: APIKeyText) {
        var dice = Dice(seed: UInt64(number))
        let identity = ResourceIdentity.sample(5_000 + number)
        let text = APIKeyText(id: identity.id, using: &dice)
        let details = APIKeyDetails(
            name: "Key \(number)", description: number == 1 ? "of a test" : nil, scopes: scopes, expiresAt: expiresAt)
        let key = APIKey(
            identity: identity, verifier: text.verifier, details: details, reach: reach, createdAt: .start)
        return (key, text)
    }

    @Test(arguments: Place.allCases) func `a key is found by its text, and says who comes with it`(place: Place)
        async throws
    {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let (made, text) = key(1, scopes: [.reading, .one(.createRooms)], expiresAt: .second(100))
            let kept = try await store.addAPIKey(made, createdBy: "admin1")
            #expect(kept.key == made && kept.lastUsedAt == nil && kept.createdBy == "admin1")
            let there = try await database.store()
            let found = try await there.apiKey(text)
            #expect(found == kept)
            #expect(found?.key.principal(with: text, at: .start)?.may(.createRooms) == true)
            #expect(found?.key.principal(with: text, at: .second(100)) == nil)
            // Another secret under the same id is found, and opens nothing.
            var dice = Dice(seed: 77)
            let guessed = APIKeyText(id: text.id, using: &dice)
            let other = try await there.apiKey(guessed)
            #expect(other != nil && other?.key.principal(with: guessed, at: .start) == nil)
            #expect(try await store.apiKey(key(2).text) == nil)
        }
    }

    @Test(arguments: Place.allCases) func `keys reach the customers they were made for, until these go`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let north = try await store.addCustomer("Nordschule", 1)
            let south = try await store.addCustomer("Suedschule", 2)
            let both = key(1, reach: .customers([north.number, south.number]))
            let one = key(2, reach: .customers([north.number]))
            for made in [both, one, key(3)] { _ = try await store.addAPIKey(made.key, createdBy: nil) }
            let listed = try await store.apiKeys()
            #expect(listed.map(\.key.reach) == [both.key.reach, one.key.reach, .platform])
            #expect(try await store.apiKey(one.text)?.key.reach == one.key.reach)
            await #expect(throws: CommerceFault.notFound(.customer)) {
                _ = try await store.addAPIKey(
                    key(4, reach: .customers([CustomerNumber(99)])).key, createdBy: nil)
            }
            #expect(try await store.apiKeys().count == 3)
            _ = try await store.updateCustomer(north.number, now: .start) { $0.status = .terminated }
            #expect(try await store.removeCustomer(north.number))
            // Whose customers are all gone reaches nothing, and never everything.
            #expect(try await store.apiKey(one.text)?.key.reach == .customers([]))
            #expect(try await store.apiKey(both.text)?.key.reach == .customers([south.number]))
        }
    }

    @Test(arguments: Place.allCases) func `a key that is deleted is gone, and the others stay`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            for number in 1...3 { _ = try await store.addAPIKey(key(number).key, createdBy: nil) }
            let gone = key(2).key.identity
            #expect(try await store.removeAPIKey(.uuid(gone.uuid)))
            #expect(try await !store.removeAPIKey(.uuid(gone.uuid)))
            #expect(try await store.apiKeys().map(\.key.details.name) == ["Key 1", "Key 3"])
            #expect(try await store.apiKey(key(2).text) == nil)
        }
    }

    @Test(arguments: Place.allCases) func `the last use is written at most once a minute`(place: Place) async throws {
        try await withStore(place) { store in
            let (made, text) = key(1)
            let kept = try await store.addAPIKey(made, createdBy: nil)
            func use(_ kept: Store.KeptAPIKey, at second: Int) async throws -> WireTime? {
                try await store.noteUse(of: kept, now: .second(second))
                return try await store.apiKey(text)?.lastUsedAt
            }
            #expect(try await use(kept, at: 10) == .second(10))
            // By who does not know yet that it was written, too.
            #expect(try await use(kept, at: 30) == .second(10))
            let current = try #require(try await store.apiKey(text))
            #expect(try await use(current, at: 69) == .second(10))
            #expect(try await use(current, at: 70) == .second(70))
            // A clock that goes back writes nothing.
            #expect(try await use(kept, at: 20) == .second(70))
        }
    }

    @Test(arguments: Place.allCases) func `a scope that this version does not know gives nothing`(place: Place)
        async throws
    {
        try await withStore(place) { store in
            let (made, text) = key(1, scopes: [.one(.readRooms)])
            _ = try await store.addAPIKey(made, createdBy: nil)
            try await store.run("UPDATE api_keys SET scopes = 'rooms.read future.do'")
            #expect(try await store.apiKey(text)?.key.details.scopes == [.one(.readRooms)])
        }
    }

    @Test func `no secret of a key is written`() async throws {
        try await withStore(.memory) { store in
            let (made, text) = key(1)
            _ = try await store.addAPIKey(made, createdBy: nil)
            let secret = try #require(text.reveal().split(separator: "_").last.map { String($0) })
            let rows = try await store.read { try $0.query("SELECT * FROM api_keys") }
            for value in rows.flatMap(\.values) {
                if case .text(let text) = value { #expect(!text.contains(secret)) }
            }
        }
    }
}
