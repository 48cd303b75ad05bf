import PlenaryCore
import Testing

@testable import PlenaryCommands

/// Names of servers, beside their numbers.
@Suite struct ServerNameTests {
    @Test(arguments: ["2", "0", "007", "123456789012345678901234567890"])
    func `a name that could be another server's number is refused`(text: String) throws {
        let failure = try #require(#expect(throws: CommandFailure.self) { _ = try ServerAdd.serverName(text) })
        #expect(failure.exitCode == 64 && failure.remedy.contains("bbb\(text)"))
    }

    @Test(arguments: ["bbb2", "2b", "10.0.0.1", "2-8080", "BBB"]) func `names with anything else in them are taken`(
        text: String
    ) throws {
        #expect(try ServerAdd.serverName(text).text == text.lowercased())
    }

    @Test(arguments: ["", "a b", "é", "a/b"]) func `what is no name at all is refused as before`(text: String) throws {
        let failure = try #require(#expect(throws: CommandFailure.self) { _ = try ServerAdd.serverName(text) })
        #expect(failure.exitCode == 64 && failure.message.contains("cannot be a name"))
    }
}
