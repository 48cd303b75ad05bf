import BigBlueButton
import Testing

@testable import PlenaryCore

struct AccountTests {
    private static let identity = ResourceIdentity(
        id: "aK4mZr7PdQ", uuid: "2f1c9a40-77de-4b0e-8f0a-6a5d1c3e9b27", ulid: "01JPKS1K2M3N4P5Q6R7S8T9V0W")

    @Test func `the default account is the first`() {
        #expect(AccountID.default.number == 1)
        #expect([AccountID(10), AccountID(2), .default].sorted() == [.default, AccountID(2), AccountID(10)])
        #expect("\(AccountID(42))" == "42")
    }

    @Test func `the secrets of an account are not printed`() throws {
        let text = "639259d4-9dd8-4b25-bf01-95f9567eaf4b"
        let secret = AccountSecret(
            number: 1, label: "moodle", secret: try #require(Secret(text)), createdAt: WireTime(milliseconds: 1))
        let account = Account(
            id: .default, identity: try #require(Self.identity), slug: try #require(Slug("default")), name: "Default",
            secrets: [secret], createdAt: WireTime(milliseconds: 1))
        var dumped = ""
        dump(account, to: &dumped)
        for printed in ["\(account)", String(reflecting: account), dumped, "\(account.secrets)"] {
            #expect(!printed.contains(text))
            #expect(printed.contains("moodle"))
        }
        #expect(account.secrets.map { $0.secret.reveal() } == [text])
    }

    @Test func `accounts of one name are told apart by their number`() throws {
        let slug = try #require(Slug("school"))
        let identity = try #require(Self.identity)
        let accounts = [Int64(2), 3].map {
            Account(
                id: AccountID($0), identity: identity, slug: slug, name: "School", secrets: [],
                createdAt: WireTime(milliseconds: 1))
        }
        #expect(accounts[0] != accounts[1])
        let id = try #require(MeetingID(rawValue: "room"))
        #expect(
            MeetingKey(account: accounts[0].id, meetingID: id) != MeetingKey(account: accounts[1].id, meetingID: id))
    }

    @Test func `all that is wrong with the details of an account is told at once`() throws {
        let right = AccountDetails(name: "School", code: "A-1", tag: nil)
        try right.check()
        var wrong = right
        wrong.name = ""
        wrong.code = String(repeating: "x", count: 101)
        wrong.tag = "a\u{7}b"
        let given = wrong
        let fault = #expect(throws: ValidationFault.self) { try given.check() }
        #expect(fault?.faults.map(\.field) == ["account_name", "code", "tag"])
    }
}
