import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Chat texts as servers are told them (`rooms-api.md` 15.5, 15.8).
@Suite struct ChatTextCallTests {
    private static let texts = DefaultChatTexts(
        platform: "Acme & Co", welcome: "Hosted by %%PLATFORM%%", moderatorOnly: "You moderate")
    private static let welcome = "Hosted by Acme &amp; Co"
    private static let nothing = "\u{200B}"
    private static let switches = ["deactivateBbbserverDefaultChatTexts", "deactivateDefaultChatTexts"]

    private static func stand(
        _ texts: DefaultChatTexts = ChatTextCallTests.texts, servers: Int = 2
    ) async throws -> Stand {
        try await Stand(servers: servers, tune: { $0.chatTexts = texts })
    }

    /// What the server of a meeting was told for everybody, and for moderators; `none` where it was told nothing.
    private static func told(_ id: String, of account: AccountID = .default, _ stand: Stand) throws -> [String] {
        let told = try stand.told(id, of: account)
        for name in switches { #expect(told[name] == nil) }
        return [told["welcome"] ?? "none", told["moderatorOnlyMessage"] ?? "none"]
    }

    private static func set(_ texts: AccountChatTexts, of account: AccountID, _ stand: Stand) async throws {
        let changed = try await stand.store.setChatTexts(of: account) { _ in texts }
        #expect(changed?.chatTexts == texts)
    }

    // MARK: creates

    @Test func `a meeting is told who hosts it, before what its caller says`() async throws {
        let stand = try await Self.stand()
        #expect(try await stand.create("room-A", of: .default).isSuccess)
        #expect(try Self.told("room-A", stand) == [Self.welcome, "You moderate"])
        let given: Parameters = ["welcome": "Hi <b>all</b>", "moderatorOnlyMessage": "The code is 7"]
        #expect(try await stand.create("room-B", given, of: .default).isSuccess)
        let told = [Self.welcome + "<br><br>Hi <b>all</b>", "You moderate<br><br>The code is 7"]
        #expect(try Self.told("room-B", stand) == told)
    }

    @Test func `the built-in texts name the platform, and no telephone that is not there`() async throws {
        let stand = try await Self.stand(DefaultChatTexts(platform: "Acme"))
        #expect(try await stand.create("room-A", of: .default).isSuccess)
        let told = try Self.told("room-A", stand)
        #expect(told[0] == "This conference is hosted by Acme.")
        #expect(told[1] == "You moderate a conference that is hosted by Acme.")
    }

    @Test func `without texts in the settings nothing is added`() async throws {
        let stand = try await Self.stand(.off)
        #expect(try await stand.create("room-A", of: .default).isSuccess)
        #expect(try Self.told("room-A", stand) == ["none", "none"])
        #expect(try await stand.create("room-B", ["welcome": "Hi"], of: .default).isSuccess)
        #expect(try Self.told("room-B", stand) == ["Hi", "none"])
    }

    @Test func `an account has texts of its own, and others have those of the platform`() async throws {
        let stand = try await Self.stand()
        let school = try await stand.tenant("school").id
        try await Self.set(AccountChatTexts(welcome: "At %%PLATFORM%%", moderatorOnly: ""), of: school, stand)
        let given: Parameters = ["welcome": "Hi"]
        for account in [AccountID.default, school] {
            #expect(try await stand.create("room-A", given, of: account).isSuccess)
        }
        #expect(try Self.told("room-A", of: school, stand) == ["At Acme &amp; Co<br><br>Hi", "none"])
        #expect(try Self.told("room-A", stand) == [Self.welcome + "<br><br>Hi", "You moderate"])
        // From the next meeting on it has the platform's again.
        try await Self.set(.platform, of: school, stand)
        #expect(try await stand.create("room-B", given, of: school).isSuccess)
        #expect(try Self.told("room-B", of: school, stand) == [Self.welcome + "<br><br>Hi", "You moderate"])
    }

    // MARK: white label

    @Test(arguments: switches) func `who deactivates them has no texts but his own`(name: String) async throws {
        let stand = try await Self.stand()
        let school = try await stand.tenant("school").id
        try await Self.set(AccountChatTexts(welcome: "Own", moderatorOnly: "Own too"), of: school, stand)
        for account in [AccountID.default, school] {
            let given: Parameters = [name: "TRUE", "welcome": "Hi", "moderatorOnlyMessage": "Only you"]
            #expect(try await stand.create("room-A", given, of: account).isSuccess)
            #expect(try Self.told("room-A", of: account, stand) == ["Hi", "Only you"])
            // A server would show a text of its own instead of none.
            #expect(try await stand.create("room-B", [name: "true"], of: account).isSuccess)
            #expect(try Self.told("room-B", of: account, stand) == [Self.nothing, "none"])
            #expect(try await stand.create("room-C", [name: "false"], of: account).isSuccess)
            #expect(try Self.told("room-C", of: account, stand)[1] != "none")
        }
        #expect(try Self.told("room-C", stand) == [Self.welcome, "You moderate"])
    }

    @Test func `of both names of the switch the founding document's counts`() async throws {
        let stand = try await Self.stand()
        #expect(try await stand.create("room-A", [Self.switches[1]: "false", Self.switches[0]: "true"]).isSuccess)
        #expect(try Self.told("room-A", stand) == [Self.nothing, "none"])
        #expect(try await stand.create("room-B", [Self.switches[1]: "true", Self.switches[0]: "false"]).isSuccess)
        #expect(try Self.told("room-B", stand) == [Self.welcome, "You moderate"])
    }

    // MARK: once

    @Test(arguments: [false, true]) func `a move does not put the texts in twice`(isWhiteLabel: Bool) async throws {
        let stand = try await Self.stand()
        let given: Parameters = isWhiteLabel ? [Self.switches[0]: "true"] : ["welcome": "Hi"]
        #expect(try await stand.create("room-A", given, of: .default).isSuccess)
        let before = try Self.told("room-A", stand)
        #expect(before == (isWhiteLabel ? [Self.nothing, "none"] : [Self.welcome + "<br><br>Hi", "You moderate"]))
        // What an account says from now on is for meetings to come.
        try await Self.set(AccountChatTexts(welcome: "Own", moderatorOnly: "Own"), of: .default, stand)
        for _ in 0..<2 {
            let (meeting, old) = (try #require(try stand.mapped("room-A")), try stand.holder("room-A"))
            #expect(try await stand.fleet.move(meeting, to: nil).isEmpty == false)
            await stand.pollAll()
            #expect(try stand.holder("room-A") !== old)
            #expect(try Self.told("room-A", stand) == before)
        }
    }

    @Test func `a repeated create does not put the texts in twice`() async throws {
        let stand = try await Self.stand(servers: 1)
        let given: Parameters = ["welcome": "Hi"]
        #expect(try await stand.create("room-A", given, of: .default).messageKey == nil)
        for _ in 0..<2 {
            #expect(try await stand.create("room-A", given, of: .default).messageKey == .duplicateWarning)
        }
        let requests = stand.servers[0].recentRequests.filter { $0.path.hasSuffix("/create") }
        let welcomes = requests.map { Parameters(parsing: $0.query)["welcome"] }
        #expect(welcomes == Array(repeating: Self.welcome + "<br><br>Hi", count: 3))
        #expect(try Self.told("room-A", stand) == [Self.welcome + "<br><br>Hi", "You moderate"])
    }

    // MARK: chat lines

    private static let soon = """
        The reserved time of this meeting ends in 10 minutes. \
        The meeting goes on, but it may be ended when its connections are needed.
        """
    private static let over = """
        The reserved time of this meeting is over. \
        The meeting goes on, but it may be ended when its connections are needed.
        """

    /// Somebody is in a meeting that has two hours reserved.
    private static func reserved(
        _ texts: DefaultChatTexts = ChatTextCallTests.texts, _ more: Parameters = [:], hasPeople: Bool = true
    ) async throws -> Stand {
        let stand = try await Self.stand(texts)
        try await stand.setPool(20)
        var wish: Parameters = ["maxParticipants": "15", "duration": "120"]
        wish.append(contentsOf: more)
        #expect(try await stand.create("room-A", wish, of: .default).isSuccess)
        if hasPeople { try enter("room-A", of: .default, stand) }
        return stand
    }

    private static func enter(_ id: String, of account: AccountID, _ stand: Stand) throws {
        let meetingID = try stand.idOnServer(id, of: account)
        let holder = try stand.holder(id, of: account)
        #expect(holder.joinParticipant(meetingID: meetingID, fullName: "Ann", at: stand.now) != nil)
    }

    private static func chat(_ id: String, of account: AccountID = .default, _ stand: Stand) throws -> [String] {
        let meetingID = try stand.idOnServer(id, of: account)
        return try #require(try stand.holder(id, of: account).meeting(meetingID)).chat
    }

    private static func lines(_ stand: Stand) -> Int { stand.servers.reduce(0) { $0 + $1.count(of: .sendChatMessage) } }

    @Test func `people are told ten minutes before their time is over, and then, once each`() async throws {
        let stand = try await Self.reserved()
        await stand.pass(until: 110, less: .milliseconds(1))
        await stand.fleet.tellReservations()
        #expect(try Self.chat("room-A", stand) == [])
        await stand.pass(until: 110)
        for _ in 0..<3 { await stand.fleet.tellReservations() }
        #expect(try Self.chat("room-A", stand) == [Self.soon])
        await stand.pass(until: 120, less: .milliseconds(1))
        await stand.fleet.tellReservations()
        #expect(try Self.chat("room-A", stand) == [Self.soon])
        await stand.pass(until: 120)
        for _ in 0..<3 { await stand.fleet.tellReservations() }
        await stand.pass(until: 300)
        await stand.fleet.tellReservations()
        #expect(try Self.chat("room-A", stand) == [Self.soon, Self.over])
        #expect(Self.lines(stand) == 2)
    }

    @Test func `each meeting is told, of whatever account, in the language of the settings`() async throws {
        let stand = try await Self.stand(DefaultChatTexts(platform: "Acme", locale: "de"))
        let (_, accounts) = try await stand.sell([.maxConnections: .integer(20)], to: ["north", "south"])
        for account in accounts {
            #expect(try await stand.book("room-A", 10, 60, of: account) == "admitted")
            try Self.enter("room-A", of: account, stand)
        }
        await stand.pass(until: 60)
        await stand.fleet.tellReservations()
        for account in accounts {
            let chat = try Self.chat("room-A", of: account, stand)
            #expect(chat.count == 1)
            #expect(chat.first?.hasPrefix("Die reservierte Zeit dieser Konferenz ist abgelaufen.") == true)
        }
    }

    enum Silence: String, Sendable, CaseIterable { case whiteLabel, whiteLabelByAlias, textsAreOff }

    @Test(arguments: Silence.allCases) func `who wants no texts is not told`(silence: Silence) async throws {
        let stand =
            switch silence {
            case .whiteLabel: try await Self.reserved(Self.texts, [Self.switches[0]: "true"])
            case .whiteLabelByAlias: try await Self.reserved(Self.texts, [Self.switches[1]: "true"])
            case .textsAreOff: try await Self.reserved(.off)
            }
        // Beside one that is told, where there are texts.
        #expect(try await stand.book("room-B", 5, 120) == "admitted")
        try Self.enter("room-B", of: .default, stand)
        for minute in [110, 120] {
            await stand.pass(until: minute)
            await stand.fleet.tellReservations()
        }
        #expect(try Self.chat("room-A", stand) == [])
        #expect(try Self.chat("room-B", stand) == (silence == .textsAreOff ? [] : [Self.soon, Self.over]))
        #expect(Self.lines(stand) == (silence == .textsAreOff ? 0 : 2))
    }

    @Test func `meetings without a reservation are not told`() async throws {
        let stand = try await Self.stand()
        #expect(try await stand.create("room-A", ["duration": "120"], of: .default).isSuccess)
        try Self.enter("room-A", of: .default, stand)
        for minute in [110, 120] {
            await stand.pass(until: minute)
            await stand.fleet.tellReservations()
        }
        #expect(Self.lines(stand) == 0)
    }

    @Test(arguments: [SimulatedFault.status(404), .failed(.unsupportedRequest, "no such call"), .emptyBody, .garbage])
    func `a server that does not know the call goes on as it was`(fault: SimulatedFault) async throws {
        let stand = try await Self.reserved()
        let holder = try stand.holder("room-A")
        for server in stand.servers { server.set(fault, call: .sendChatMessage) }
        let before = try await stand.reservations()
        await stand.pass(until: 110)
        for _ in 0..<3 { await stand.fleet.tellReservations() }
        // It is not asked once more.
        #expect(holder.count(of: .sendChatMessage) == 1)
        #expect(try Self.chat("room-A", stand) == [])
        #expect(stand.fleet.health(of: try stand.server(holder).id).word == "online")
        #expect(try await stand.reservations() == before)
        #expect(try await stand.lives("room-A"))
        #expect(try await stand.book("room-B", 5) == "admitted")
        await stand.pass(until: 120)
        await stand.fleet.tellReservations()
        #expect(holder.count(of: .sendChatMessage) == 2)
        #expect(stand.fleet.health(of: try stand.server(holder).id).word == "online")
    }

    @Test func `that nobody is there to read it does no harm`() async throws {
        let stand = try await Self.reserved(hasPeople: false)
        await stand.pass(until: 110)
        await stand.fleet.tellReservations()
        #expect(Self.lines(stand) == 1)
        #expect(try Self.chat("room-A", stand) == [])
        #expect(try await stand.lives("room-A"))
        await stand.pollAll()
        #expect(try stand.mapped("room-A")?.isEnding == false)
    }

    @Test func `a server that is away is not waited for`() async throws {
        let stand = try await Self.reserved()
        let down = try stand.holder("room-A")
        await stand.pass(until: 100)
        try await stand.takeDown(down)
        await stand.pass(until: 110)
        // It could answer again, and nobody knows yet.
        down.heal()
        await stand.fleet.tellReservations()
        #expect(Self.lines(stand) == 0)
        await stand.pass(20)
        await stand.pass(until: 120)
        await stand.fleet.tellReservations()
        #expect(try Self.chat("room-A", stand) == [Self.over])
    }
}
