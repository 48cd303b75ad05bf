import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Rules about parameters, and subscriptions, as calls meet them.
@Suite struct AccountSubscriptionTests {
    private func reply(_ name: CallName, _ parameters: Parameters, of account: AccountID, _ stand: Stand) async throws
        -> Reply
    {
        let account = try #require(stand.store.roster { $0.accounts[account] })
        guard case .xml(let octets) = await stand.answer(to: Call(name, rawQuery: parameters.encoded()), of: account)
        else { throw Stand.NoReply() }
        return try Reply(octets)
    }

    private func create(_ id: String, _ more: Parameters = [:], of account: AccountID, _ stand: Stand) async throws
        -> Reply
    {
        var parameters: Parameters = ["name": "Class", "meetingID": id]
        parameters.append(contentsOf: more)
        return try await reply(.create, parameters, of: account, stand)
    }

    /// What a server was told of a meeting.
    private func told(_ id: String, of account: AccountID, _ stand: Stand) throws -> Parameters {
        let idOnServer = try stand.idOnServer(id, of: account)
        let holder = try stand.holder(id, of: account)
        return try #require(holder.meeting(idOnServer)).parameters
    }

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
        #expect(try await create("room-1", given, of: .default, stand).isSuccess)
        #expect(try await create("class-1", given, of: school, stand).isSuccess)
        let (ours, theirs) = (try told("room-1", of: .default, stand), try told("class-1", of: school, stand))
        #expect(ours["muteOnStart"] == "true" && theirs["muteOnStart"] == "false")
        #expect(ours["webcamsOnlyForModerator"] == "true" && theirs["webcamsOnlyForModerator"] == "true")
        #expect(ours["bannerText"] == "Hello" && theirs["bannerText"] == nil)
        // What a meeting was made with it is moved with, whatever the rules say by then.
        try await set(.override, .create, "muteOnStart", "true", of: school, stand)
        let number = try #require(stand.store.roster { $0.runningMeetings(of: school).first })
        #expect(try await stand.fleet.move(number, to: nil).isEmpty == false)
        #expect(try told("class-1", of: school, stand)["muteOnStart"] == "false")
    }

    @Test func `rules about joins hold for joins`() async throws {
        let stand = try await Stand(servers: 1)
        #expect(try await create("room-1", of: .default, stand).isSuccess)
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
        #expect(try await create("room-1", more, of: .default, stand).isSuccess)
        #expect(try told("room-1", of: .default, stand)["duration"] == said)
    }

    // MARK: subscriptions

    private func sell(
        _ features: [FeatureCode: FeatureValue], to slugs: [String], _ stand: Stand
    ) async throws -> (SubscriptionNumber, [AccountID]) {
        var dice = Dice(seed: 7)
        func identity() -> ResourceIdentity { ResourceIdentity(at: stand.now, using: &dice) }
        let details = CustomerDetails(
            type: .business, email: "it@nordschule.example", firstName: "Ida", lastName: "Berg", companyName: "Nord")
        let customer = try await stand.store.addCustomer(details, identity: identity(), key: "nord", now: stand.now)
        let package = try await stand.store.addPackage(
            PackageDetails(name: "Meet"), features: FeatureSet(features), identity: identity(), now: stand.now)
        let sold = try await stand.store.addSubscription(
            SubscriptionOrder(package.number, for: customer.number), identity: identity(), tag: "jkgqmnmj",
            now: stand.now)
        var accounts: [AccountID] = []
        for slug in slugs {
            let account = try await stand.tenant(slug).id
            _ = try await stand.store.bind(account, to: sold.number, force: false, now: stand.now)
            accounts.append(account)
        }
        return (sold.number, accounts)
    }

    private struct Dice: RandomNumberGenerator {
        var seed: UInt64
        mutating func next() -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return seed
        }
    }

    @Test func `meetings at a time are counted over all accounts of a subscription`() async throws {
        let stand = try await Stand(servers: 2)
        let (_, accounts) = try await sell([.maxConcurrentSessions: .integer(3)], to: ["north", "south"], stand)
        let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
            for number in 0..<20 {
                group.addTask { try await create("class-\(number)", of: accounts[number % 2], stand) }
            }
            return try await group.reduce(into: [Reply]()) { $0.append($1) }
        }
        #expect(replies.filter(\.isSuccess).count == 3)
        #expect(replies.filter { $0.message == Refusal.tooManyMeetings.message }.count == 17)
        #expect(try await create("room-1", of: .default, stand).isSuccess)
    }

    @Test func `what a package says of recording, people and time holds`() async throws {
        let stand = try await Stand(servers: 1)
        let (number, accounts) = try await sell(
            [.maxParticipants: .integer(100), .maxDuration: .integer(60)], to: ["north"], stand)
        let refused = try await create("class-1", ["record": "true"], of: accounts[0], stand)
        #expect(refused.messageKey == .permissionDenied && refused.message == Refusal.mayNotRecord.message)
        #expect(try await create("class-1", ["maxParticipants": "500"], of: accounts[0], stand).isSuccess)
        let parameters = try told("class-1", of: accounts[0], stand)
        #expect(parameters["maxParticipants"] == "100" && parameters["duration"] == "60")
        _ = try await stand.store.setFeature(.recording, .bool(true), of: number, now: stand.now)
        #expect(try await create("class-2", ["record": "true"], of: accounts[0], stand).isSuccess)
    }

    @Test func `when a subscription is over nothing is begun, and what runs goes on`() async throws {
        let stand = try await Stand(servers: 1)
        let (number, accounts) = try await sell([:], to: ["north"], stand)
        let school = accounts[0]
        #expect(try await create("class-1", of: school, stand).isSuccess)
        _ = try await stand.store.cancelSubscription(number, atOnce: true, now: stand.now)
        let refused = try await create("class-2", of: school, stand)
        #expect(refused.messageKey == .permissionDenied && refused.message == Refusal.permissionDenied.message)
        // Front-ends create before each join.
        #expect(try await create("class-1", of: school, stand).isSuccess)
        #expect(try await reply(.getMeetingInfo, ["meetingID": "class-1"], of: school, stand).isSuccess)
        let account = try #require(stand.store.roster { $0.accounts[school] })
        let join = Call(.join, rawQuery: "meetingID=class-1&fullName=Ann&role=VIEWER")
        guard case .redirect(let url, _) = await stand.answer(to: join, of: account) else { throw Stand.NoReply() }
        #expect(url.contains("/join?"))
        #expect(try await reply(.end, ["meetingID": "class-1"], of: school, stand).isSuccess)
        await stand.pollAll()
        #expect(try await create("class-1", of: school, stand).messageKey == .permissionDenied)
    }
}
