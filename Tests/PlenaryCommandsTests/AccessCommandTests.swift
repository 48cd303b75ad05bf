import PlenaryCore
import Testing

@testable import PlenaryCommands

/// Keys and administrators on the command line.
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

    static let faults: [AdminFault] = [
        .emailTaken, .noRole(name: "cook"), .roleNameTaken, .roleIsBuiltIn, .roleInUse(1), .roleInUse(2),
        .lastAdministrator,
    ]

    @Test(arguments: faults) func `every refusal about administrators is told in words`(fault: AdminFault) throws {
        let failure = try #require(PlatformFailure.of(fault))
        #expect(!failure.message.isEmpty && !failure.remedy.isEmpty && [1, 64].contains(failure.exitCode))
        #expect(!failure.message.contains("("))
    }
}
