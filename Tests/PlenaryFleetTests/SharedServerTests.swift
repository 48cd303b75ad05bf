import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Accounts whose meetings are on one server, and what one may not do to the other; found by a review.
@Suite struct SharedServerTests {
    private func reply(_ name: CallName, _ parameters: Parameters, of account: Account, _ stand: Stand) async throws
        -> Reply
    {
        guard case .xml(let octets) = await stand.answer(to: Call(name, rawQuery: parameters.encoded()), of: account)
        else { throw Stand.NoReply() }
        return try Reply(octets)
    }

    @Test func `an id that begins like the internal id of another account's meeting names its own`() async throws {
        let stand = try await Stand(servers: 1)
        let school = try await stand.tenant("school")
        let made = try await reply(
            .create, ["meetingID": "room", "name": "Secret", "moderatorPW": "theirs", "attendeePW": "theirs2"],
            of: school, stand)
        let theirs = try #require(made.root.text(of: "internalMeetingID"))
        let short = String(theirs.prefix(2))
        stand.clock.advance(by: .seconds(1))
        try await stand.create(short, ["moderatorPW": "ours", "attendeePW": "ours2"])
        let ours = try #require(try stand.mapped(short)?.internalMeetingID?.rawValue)
        #expect(ours != theirs && stand.servers[0].meetings.count == 2)

        let info = try await stand.reply(.getMeetingInfo, ["meetingID": short])
        #expect(info.root.text(of: "internalMeetingID") == ours && !info.octets.asText.contains("theirs"))
        guard
            case .redirect(let url, _) = await stand.answer(
                .join, ["meetingID": short, "fullName": "Ann", "role": "MODERATOR"])
        else { throw Stand.NoReply() }
        #expect(url.contains("meetingID=\(ours)"))
        stand.servers[0].joinParticipant(meetingID: try stand.id(short), fullName: "Ann", at: stand.now)
        #expect(try await stand.reply(.sendChatMessage, ["meetingID": short, "message": "Hello"]).isSuccess)
        let secret = try stand.idOnServer("room", of: school.id)
        #expect(stand.servers[0].meeting(secret)?.chat.isEmpty == true)
        #expect(try await stand.reply(.end, ["meetingID": short, "password": "ours"]).isSuccess)
        #expect(stand.servers[0].meetings.map(\.internalID.rawValue) == [theirs])
    }

    @Test func `a repeated create with a parent that is another account's is refused, and no server asked`()
        async throws
    {
        let stand = try await Stand(servers: 1)
        let school = try await stand.tenant("school")
        try await stand.create("secret-board")
        let board = try #require(try stand.mapped("secret-board")?.internalMeetingID?.rawValue)
        #expect(try await reply(.create, ["meetingID": "mine", "name": "Mine"], of: school, stand).isSuccess)
        let before = stand.servers[0].count(of: .create)
        for parent in ["secret-board", board, String(board.prefix(4)), "a1~secret-board", "nobody"] {
            let again: Parameters = [
                "meetingID": "mine", "name": "Mine", "isBreakout": "true", "parentMeetingID": parent, "sequence": "1",
            ]
            let refused = try await reply(.create, again, of: school, stand)
            #expect(refused.messageKey == .parentMeetingDoesNotExist, "\(parent)")
        }
        #expect(stand.servers[0].count(of: .create) == before)
    }

    @Test func `two accounts cannot have one secret`() async throws {
        let stand = try await Stand(servers: 1)
        let school = try await stand.tenant("school")
        for secret in ["client", "school-client"] {
            await #expect(throws: StoreFault.constraint(.unique)) {
                _ = try await stand.store.addSecret(
                    try #require(Secret(secret)), label: "same", to: secret == "client" ? school.id : .default,
                    now: stand.now)
            }
        }
    }

    @Test func `a create leaves a meeting where it runs when the server it was to be moved to dies`() async throws {
        let stand = try await Stand.reachable(servers: 3)
        try await stand.create("room-1", on: "bbb1")
        let meeting = try #require(try stand.mapped("room-1"))
        let new = stand.servers[1]
        new.set(.hang, call: .create)
        new.set(.hang, call: .getMeetingInfo)
        #expect(try await stand.reply(.move, ["meetingID": "room-1", "serverID": "bbb2"]).messageKey == .internalError)
        new.set(.refuse)
        await stand.pass(60)
        #expect(try stand.isOffline(new))
        // Front-ends create before each join; nobody has taken the move back yet.
        #expect(try await stand.create("room-1").isSuccess)
        #expect(try stand.mapped("room-1") == meeting)
        #expect(stand.servers[2].count(of: .create) == 0)
        new.heal()
        await stand.pass(20)
        try stand.expectOnce("room-1")
        #expect(stand.servers[0].count(of: .end) == 0)
    }

    @Test func `what contradicted a rule before does not bar other changes`() async throws {
        let stand = try await Stand(servers: 1)
        _ = try await stand.store.changeRights(of: .default) { $0.mayRecord = false }
        // It came to be so another way, such as a package that changed.
        let rule = try ParameterRule(.init(call: .create, kind: .override, name: "duration", value: "90"))
        _ = try await stand.store.setRule(rule, of: .default, now: stand.now)
        await #expect(throws: RightsConflict.self) {
            _ = try await stand.store.changeRights(of: .default) { $0.limits.duration = 60 }
        }
        let disabled = try await stand.store.changeRights(of: .default) { $0.isEnabled = false }
        #expect(disabled?.rights.isEnabled == false)
    }
}
