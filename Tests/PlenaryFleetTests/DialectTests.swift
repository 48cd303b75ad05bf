import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenaryStore
import Testing

/// Errors in the words that an account's programs understand (`balancer.md` 13, seed 004).
@Suite struct DialectTests {
    private static let unknown = "The meeting ID that you supplied did not match any existing meetings."

    private func stand() async throws -> Stand {
        let stand = try await Stand(servers: 1)
        _ = try await stand.store.changeRights(of: .default) { $0.dialect = .mconf }
        return stand
    }

    private func refusal(_ name: CallName, _ parameters: Parameters, _ stand: Stand) async throws -> Refusal {
        let reply = try await stand.reply(name, parameters, of: .default)
        return Refusal(try #require(reply.messageKey), reply.message)
    }

    @Test(arguments: ["end", "getMeetingInfo", "insertDocument"] as [CallName])
    func `a meeting that nobody knows is told in the words of Mconf`(name: CallName) async throws {
        let stand = try await stand()
        let parameters: Parameters = ["meetingID": "nobodys", "password": "mp"]
        #expect(
            try await refusal(name, parameters, stand) == Refusal(.invalidMeetingIdentifier, Self.unknown))
        _ = try await stand.store.changeRights(of: .default) { $0.dialect = .bigBlueButton }
        #expect(try await refusal(name, parameters, stand).key == .notFound)
    }

    @Test func `a meetingID that is missing, and a parameter that is not taken`() async throws {
        let stand = try await stand()
        #expect(
            try await refusal(.getMeetingInfo, [:], stand)
                == Refusal(.missingParamMeetingID, "You must specify a meeting ID for the meeting."))
        #expect(
            try await refusal(.create, ["meetingID": "room-1", "name": "Room", "load": "much"], stand)
                == Refusal(.invalidParameters, "The URL you supplied has parameters that are not accepted."))
    }

    @Test(arguments: ["publishRecordings", "deleteRecordings", "updateRecordings"] as [CallName])
    func `a recording that nobody knows is no meeting`(name: CallName) async throws {
        let parameters: Parameters = ["recordID": "nobodys", "publish": "true", "meta_a": "b"]
        let mconf = try await refusal(name, parameters, try await stand())
        #expect(mconf == (try await refusal(name, parameters, try await Stand(servers: 1))))
        #expect(mconf.key == .notFound)
    }

    @Test func `a join is refused in these words, and what has none stays`() async throws {
        let stand = try await stand()
        let join: Parameters = ["meetingID": "nobodys", "fullName": "Ann", "role": "VIEWER", "redirect": "false"]
        #expect(try await refusal(.join, join, stand) == Refusal(.invalidMeetingIdentifier, Self.unknown))
        #expect(try await refusal(.move, ["meetingID": "nobodys"], stand).message == Self.unknown)
        _ = try await stand.store.changeRights(of: .default) { $0.isEnabled = false }
        #expect(try await refusal(.getMeetingInfo, ["meetingID": "nobodys"], stand) == .permissionDenied)
    }
}
