import PlenaryCore
import Testing

@testable import PlenaryCommands

/// Keys of the REST API on the command line.
@Suite struct AccessCommandTests {
    @Test func `permissions are read as the API writes them`() throws {
        let scopes = try AccessInput.scopes(["rooms.create", "room_tokens.*", "*.read", "rooms.create"])
        #expect(scopes == [.one(.createRooms), .resource("room_tokens"), .reading])
        #expect(try AccessInput.scopes(["*"]) == [.everything])
    }

    @Test(arguments: [[], ["rooms.dance"], ["rooms.read", "\u{1B}[2J"], [""]] as [[String]])
    func `a key without a permission that exists is refused, and those that exist are named`(given: [String]) throws {
        let failure = try #require(#expect(throws: CommandFailure.self) { _ = try AccessInput.scopes(given) })
        #expect(failure.exitCode == 64 && failure.remedy.contains("rooms.create"))
        #expect(!failure.message.contains("\u{1B}"))
    }
}
