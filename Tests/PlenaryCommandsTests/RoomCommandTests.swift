import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryCommands

/// What people write about rooms, links and codes, and what they are told.
@Suite struct RoomCommandTests {
    @Test func `values of features are typed`() throws {
        let values = try RoomInput.features([
            "max_participants=50", "recording=false", "webcams=true", "max_duration=unlimited", "screen_sharing=",
        ])
        #expect(
            values == [
                "max_participants": .integer(50), "recording": .bool(false), "webcams": .bool(true),
                "max_duration": .text("unlimited"), "screen_sharing": .null,
            ])
    }

    @Test func `what is a text in the catalogue of settings stays one`() throws {
        let values = try RoomInput.settings([
            "description=2026", "banner_text=true", "mute_on_start=true", "user_camera_cap=4", "opens_at=2026-03-01",
            "own_key=7", "welcome_message=a=b", "locale=",
        ])
        #expect(
            values == [
                "description": .text("2026"), "banner_text": .text("true"), "mute_on_start": .bool(true),
                "user_camera_cap": .integer(4), "opens_at": .text("2026-03-01"), "own_key": .integer(7),
                "welcome_message": .text("a=b"), "locale": .null,
            ])
    }

    @Test(arguments: ["max_participants", "=5", ""]) func `a value without a key or a sign is refused`(text: String)
        throws
    {
        let failure = try #require(#expect(throws: CommandFailure.self) { _ = try RoomInput.features([text]) })
        #expect(failure.exitCode == 64 && failure.message.contains("--feature") && !failure.remedy.isEmpty)
    }

    @Test(
        arguments: [("30m", 1_800), ("12h", 43_200), ("90d", 7_776_000), ("4w", 2_419_200)] as [(String, Int64)])
    func `a validity is a number and a unit`(text: String, seconds: Int64) throws {
        #expect(try RoomInput.duration(text, "--expires-in") == .seconds(seconds))
    }

    @Test(arguments: ["", "d", "90", "0d", "-1d", "1.5d", "90 d", "100001d", "99999999999999999999d", "1y"])
    func `what is no validity fails with a remedy`(text: String) throws {
        let failure = try #require(
            #expect(throws: CommandFailure.self) { _ = try RoomInput.duration(text, "--expires-in") })
        #expect(failure.exitCode == 64 && failure.message.contains("--expires-in") && !failure.remedy.isEmpty)
    }

    static let refusals: [any Error] = [
        RoomCreationRefusal.subscriptionUnusable, RoomCreationRefusal.customerSuspended,
        RoomCreationRefusal.limited(QuotaRefusal(code: .maxRooms, value: 2, used: 2, requested: 1)),
    ]
    static let problems: [any Error] = refusals + RoomProblem.allCases.map { problem -> any Error in problem }

    @Test(arguments: problems.indices) func `every refusal about rooms is told in words`(index: Int) throws {
        let failure = try #require(PlatformFailure.of(Self.problems[index]))
        #expect(!failure.message.isEmpty && !failure.remedy.isEmpty && [1, 64].contains(failure.exitCode))
        #expect(!failure.message.contains("_"), "\(failure.message)")
    }

    @Test func `everything that is wrong with a room is told at once`() throws {
        let faults = try #require(
            RoomFaults([
                RoomFault("slug", .tooLong, "has at most 100 characters"),
                RoomFault(["room_settings", "locale"], .invalidSetting, "is a language tag"),
            ]))
        let failure = PlatformFailure.describe(faults)
        #expect(failure.exitCode == 64)
        #expect(failure.message.contains("room_settings/locale is a language tag"))
        #expect(failure.message.contains("slug has at most 100 characters"))
    }

    @Test func `an account without a subscription is told which commands to run`() {
        let failure = RoomCreate.noSubscription("school")
        for command in ["customer create", "package create", "subscription create", "subscription bind"] {
            #expect(failure.remedy.contains("plenary \(command)"))
        }
        #expect(failure.remedy.hasSuffix("school"))
    }
}
