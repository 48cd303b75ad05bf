import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Rules about parameters, and subscriptions, as calls meet them.
@Suite struct AccountSubscriptionTests {
    private func set(
        _ kind: ParameterRule.Kind, _ call: ParameterRule.Call, _ name: String, _ value: String? = nil,
        of account: AccountID?, _ stand: Stand
    ) async throws {
        let rule = try ParameterRule(.init(call: call, kind: kind, name: name, value: value))
        #expect(try await stand.store.setRule(rule, of: account, replacing: true, now: stand.now) != nil)
    }

    // MARK: rules

    @Test func `rules fill in, prevail and take away, for all accounts or one`() async throws {
        let stand = try await Stand(servers: 2)
        let school = try await stand.tenant("school").id
        try await set(.default, .create, "muteOnStart", "true", of: nil, stand)
        try await set(.override, .create, "webcamsOnlyForModerator", "true", of: nil, stand)
        try await set(.default, .create, "muteOnStart", "false", of: school, stand)
        try await set(.remove, .create, "bannerText", of: school, stand)
        let given: Parameters = ["webcamsOnlyForModerator": "false", "bannerText": "Hello"]
        #expect(try await stand.create("room-1", given, of: .default).isSuccess)
        #expect(try await stand.create("class-1", given, of: school).isSuccess)
        let (ours, theirs) = (try stand.told("room-1", of: .default), try stand.told("class-1", of: school))
        #expect(ours["muteOnStart"] == "true" && theirs["muteOnStart"] == "false")
        #expect(ours["webcamsOnlyForModerator"] == "true" && theirs["webcamsOnlyForModerator"] == "true")
        #expect(ours["bannerText"] == "Hello" && theirs["bannerText"] == nil)
        // What a meeting was made with it is moved with, whatever the rules say by then.
        try await set(.override, .create, "muteOnStart", "true", of: school, stand)
        let number = try #require(stand.store.roster { $0.runningMeetings(of: school).first })
        #expect(try await stand.fleet.move(number, to: nil).isEmpty == false)
        #expect(try stand.told("class-1", of: school)["muteOnStart"] == "false")
    }

    @Test func `rules about joins hold for joins`() async throws {
        let stand = try await Stand(servers: 1)
        #expect(try await stand.create("room-1", of: .default).isSuccess)
        try await set(.override, .join, "userdata-bbb_skip_check_audio", "true", of: .default, stand)
        let join: Parameters = ["meetingID": "room-1", "fullName": "Ann", "role": "VIEWER"]
        let account = try #require(stand.store.roster { $0.accounts[.default] })
        guard case .redirect(let url, _) = await stand.answer(to: Call(.join, rawQuery: join.encoded()), of: account)
        else { throw Stand.NoReply() }
        #expect(url.contains("userdata-bbb_skip_check_audio=true"))
    }

    @Test func `a limit below what a rule asks for is refused when it is set`() async throws {
        let stand = try await Stand(servers: 1)
        try await set(.override, .create, "duration", "90", of: .default, stand)
        await #expect(throws: RightsConflict.self) {
            _ = try await stand.store.changeRights(of: .default) { $0.limits.duration = 60 }
        }
        #expect(stand.store.roster { $0.accounts[.default]?.rights.limits.duration } == nil)
        #expect(try await stand.store.changeRights(of: .default) { $0.limits.duration = 90 } != nil)
    }

    @Test(
        arguments: [("10", "10"), ("60", "60"), ("61", "60"), ("0", "60"), ("", "60"), (nil, "60")]
            as [(String?, String)])
    func `a meeting lasts no longer than its account allows`(asked: String?, told said: String) async throws {
        let stand = try await Stand(servers: 1)
        _ = try await stand.store.changeRights(of: .default) { $0.limits.duration = 60 }
        var more = Parameters()
        if let asked { more["duration"] = asked }
        #expect(try await stand.create("room-1", more, of: .default).isSuccess)
        #expect(try stand.told("room-1", of: .default)["duration"] == said)
    }

    // MARK: subscriptions

    @Test func `meetings at a time are counted over all accounts of a subscription`() async throws {
        let stand = try await Stand(servers: 2)
        let (_, accounts) = try await stand.sell([.maxConcurrentSessions: .integer(3)], to: ["north", "south"])
        let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
            for number in 0..<20 {
                group.addTask { try await stand.create("class-\(number)", of: accounts[number % 2]) }
            }
            return try await group.reduce(into: [Reply]()) { $0.append($1) }
        }
        #expect(replies.filter(\.isSuccess).count == 3)
        #expect(replies.filter { $0.message == Refusal.tooManyMeetings.message }.count == 17)
        #expect(try await stand.create("room-1", of: .default).isSuccess)
    }

    @Test func `what a package says of recording, people and time holds`() async throws {
        let stand = try await Stand(servers: 1)
        let (number, accounts) = try await stand.sell(
            [.maxParticipants: .integer(100), .maxDuration: .integer(60)], to: ["north"])
        let refused = try await stand.create("class-1", ["record": "true"], of: accounts[0])
        #expect(refused.messageKey == .permissionDenied && refused.message == Refusal.mayNotRecord.message)
        #expect(try await stand.create("class-1", ["maxParticipants": "500"], of: accounts[0]).isSuccess)
        let parameters = try stand.told("class-1", of: accounts[0])
        #expect(parameters["maxParticipants"] == "100" && parameters["duration"] == "60")
        _ = try await stand.store.setFeature(.recording, .bool(true), of: number, now: stand.now)
        #expect(try await stand.create("class-2", ["record": "true"], of: accounts[0]).isSuccess)
    }

    @Test func `when a subscription is over nothing is begun, and what runs goes on`() async throws {
        let stand = try await Stand(servers: 1)
        let (number, accounts) = try await stand.sell([:], to: ["north"])
        let school = accounts[0]
        #expect(try await stand.create("class-1", of: school).isSuccess)
        _ = try await stand.store.cancelSubscription(number, atOnce: true, now: stand.now)
        let refused = try await stand.create("class-2", of: school)
        #expect(refused.messageKey == .permissionDenied && refused.message == Refusal.permissionDenied.message)
        // Front-ends create before each join.
        #expect(try await stand.create("class-1", of: school).isSuccess)
        #expect(try await stand.reply(.getMeetingInfo, ["meetingID": "class-1"], of: school).isSuccess)
        let account = try #require(stand.store.roster { $0.accounts[school] })
        let join = Call(.join, rawQuery: "meetingID=class-1&fullName=Ann&role=VIEWER")
        guard case .redirect(let url, _) = await stand.answer(to: join, of: account) else { throw Stand.NoReply() }
        #expect(url.contains("/join?"))
        #expect(try await stand.reply(.end, ["meetingID": "class-1"], of: school).isSuccess)
        await stand.pollAll()
        #expect(try await stand.create("class-1", of: school).messageKey == .permissionDenied)
    }
}
