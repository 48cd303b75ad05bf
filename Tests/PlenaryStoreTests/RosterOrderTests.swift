import PlenaryCore
import Testing

@testable import PlenaryStore

@Suite struct RosterOrderTests {
    @Test func `accounts are in order, however they came, changed and went`() async throws {
        try await withStore(.memory) { store in
            var added: [Account] = []
            for number in 0..<20 {
                let slug = try #require(Slug("account-\(number)"))
                added.append(try await store.addAccount(slug: slug, name: "Account \(number)", now: .start))
            }
            let known = store.roster { $0.accountsInOrder.map(\.id) }
            #expect(known == store.roster { $0.accounts.keys.sorted() })
            var roster = Roster()
            var dice = Dice(seed: 3)
            for account in added.shuffled(using: &dice) { roster.apply(.account(account.id, account)) }
            #expect(roster.accountsInOrder.map(\.id) == added.map(\.id))
            for account in added.dropFirst(10) { roster.apply(.account(account.id, nil)) }
            roster.apply(.account(added[3].id, added[3]))
            roster.apply(.account(added[15].id, nil))
            #expect(roster.accountsInOrder.map(\.id) == added.prefix(10).map(\.id))
        }
    }
}
