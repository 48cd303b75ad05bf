import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// The numbers of voice conferences (`balancer.md` 3, `bbb-api.md` 4.1 and 14.14).
@Suite struct VoiceBridgeTests {
    /// Five digits, a seven first.
    private static func isOurs(_ number: String) -> Bool {
        number.utf8.count == 5 && number.utf8.first == UInt8(ascii: "7") && Int(number) != nil
    }

    private static func bridge(_ stand: Stand, _ id: String, _ number: String?) async throws -> String {
        var more = Parameters()
        if let number { more["voiceBridge"] = number }
        let created = try #require(CreateReply(try await stand.create(id, more)))
        let meetingID = try #require(MeetingID(rawValue: id))
        #expect(try stand.holder(id).meeting(meetingID)?.voiceBridge == created.voiceBridge, "the reply is true")
        #expect(try stand.mapped(id)?.voiceBridge == created.voiceBridge)
        return created.voiceBridge
    }

    /// A meeting that somebody made at the server itself.
    private static func makeForeign(_ number: String, on server: SimulatedServer, _ stand: Stand) {
        let parameters: Parameters = ["name": "Foreign", "meetingID": "foreign", "voiceBridge": number]
        let response = server.carryOut(
            SimulatedRequest(server.endpoint.request(.create, parameters)), at: stand.clock.now)
        #expect(response.body.asText.contains("SUCCESS"))
    }

    @Test func `a number that is used on the server is exchanged, and the reply tells the one that is used`()
        async throws
    {
        let stand = try await Stand(servers: 1)
        #expect(try await Self.bridge(stand, "room-1", "12345") == "12345")
        var used: Set = ["12345"]
        for number in 2...20 {
            let bridge = try await Self.bridge(stand, "room-\(number)", "12345")
            #expect(Self.isOurs(bridge))
            #expect(used.insert(bridge).inserted)
        }
        // Nothing was tried in vain.
        #expect(stand.servers[0].count(of: .create) == 20)
    }

    @Test func `a number of ours that a caller wants too is exchanged like any other`() async throws {
        let stand = try await Stand(servers: 1)
        _ = try await Self.bridge(stand, "room-1", "12345")
        let ours = try await Self.bridge(stand, "room-2", "12345")
        let another = try await Self.bridge(stand, "room-3", ours)
        #expect(Self.isOurs(another) && another != ours)
    }

    @Test func `the same number on another server is kept`() async throws {
        let stand = try await Stand(servers: 2)
        for id in ["room-1", "room-2"] { #expect(try await Self.bridge(stand, id, "12345") == "12345") }
        #expect(stand.servers.map { $0.meetings.map(\.voiceBridge) } == [["12345"], ["12345"]])
        #expect(try await Self.isOurs(Self.bridge(stand, "room-3", "12345")))
    }

    @Test func `a number is a text, and what nobody asked for is the server's to choose`() async throws {
        let stand = try await Stand(servers: 1)
        #expect(try await Self.bridge(stand, "room-1", "00123") == "00123")
        #expect(try await Self.bridge(stand, "room-2", "123") == "123")
        _ = try await Self.bridge(stand, "room-3", nil)
        _ = try await Self.bridge(stand, "room-4", "")
        let last = stand.servers[0].meetings.suffix(2)
        #expect(last.allSatisfy { ($0.parameters["voiceBridge"] ?? "").isEmpty })
    }

    @Test(arguments: [false, true]) func `the test bridge is never used`(isUnique: Bool) async throws {
        let stand = try await Stand(servers: 1) { $0.uniqueVoiceBridges = isUnique }
        #expect(try await Self.isOurs(Self.bridge(stand, "room-1", "99999")))
    }

    @Test func `a number that the server turns out to use is exchanged, and the caller does not notice`() async throws {
        let stand = try await Stand(servers: 1)
        let server = stand.servers[0]
        Self.makeForeign("54321", on: server, stand)
        #expect(try await Self.isOurs(Self.bridge(stand, "room-1", "54321")))
        #expect(server.count(of: .create) == 3, "the foreign one, one in vain, and one")
    }

    @Test func `a number that a poll showed is not tried`() async throws {
        let stand = try await Stand(servers: 2)
        let server = stand.servers[0]
        Self.makeForeign("54321", on: server, stand)
        await stand.pollAll()
        #expect(try await Self.isOurs(Self.wanting("bbb1", stand, "room-1", "54321")))
        #expect(server.count(of: .create) == 2)
        #expect(try await Self.wanting("bbb2", stand, "room-2", "54321") == "54321")
    }

    private static func wanting(_ server: String, _ stand: Stand, _ id: String, _ number: String) async throws
        -> String
    {
        let reply = try await stand.create(id, ["preferredServer": server, "voiceBridge": number])
        return try #require(CreateReply(reply)).voiceBridge
    }

    @Test func `a server that takes no number at all is tried a few times, and its word is passed on`() async throws {
        let stand = try await Stand(servers: 1)
        stand.servers[0].set(
            .failed(.nonUniqueVoiceBridge, "The selected voice bridge is already in use."), call: .create)
        let reply = try await stand.create("room-1", ["voiceBridge": "12345"])
        #expect(reply.messageKey == .nonUniqueVoiceBridge)
        #expect(stand.servers[0].count(of: .create) <= 5)
        #expect(try stand.mapped("room-1") == nil)
        // And gives the number back.
        stand.servers[0].heal()
        #expect(try await Self.bridge(stand, "room-2", "12345") == "12345")
    }

    @Test func `a repeated create has the number that is used, whatever it says`() async throws {
        let stand = try await Stand(servers: 1)
        _ = try await Self.bridge(stand, "room-1", "12345")
        let used = try await Self.bridge(stand, "room-2", "12345")
        for number in ["12345", used, nil] {
            #expect(try await Self.bridge(stand, "room-2", number) == used)
        }
        #expect(stand.servers[0].meetings.count == 2)
    }

    @Test func `a number is free again when its meeting was told to end`() async throws {
        let stand = try await Stand(servers: 1)
        _ = try await Self.bridge(stand, "room-1", "12345")
        #expect(try await stand.reply(.end, ["meetingID": "room-1"]).isSuccess)
        #expect(try await Self.bridge(stand, "room-2", "12345") == "12345")
    }

    // MARK: one number in the whole fleet

    @Test func `where numbers must be unique no two servers have the same, whoever chose it`() async throws {
        let stand = try await Stand { $0.uniqueVoiceBridges = true }
        #expect(try await Self.bridge(stand, "room-1", "12345") == "12345")
        var used: Set = ["12345"]
        for (index, number) in ["12345", nil, "", "12345", nil].enumerated() {
            let bridge = try await Self.bridge(stand, "room-\(index + 2)", number)
            #expect(Self.isOurs(bridge))
            #expect(used.insert(bridge).inserted)
        }
    }

    @Test func `where numbers must be unique those of foreign meetings and breakout rooms count, on any server`()
        async throws
    {
        let stand = try await Stand(servers: 2) { $0.uniqueVoiceBridges = true }
        Self.makeForeign("54321", on: stand.servers[0], stand)
        _ = try await Self.wanting("bbb1", stand, "room-1", "11111")
        let id = try #require(MeetingID(rawValue: "room-1"))
        let now = stand.clock.now
        let rooms = stand.servers[0].withBBB { $0.openBreakouts(of: id, count: 1, at: now) }
        await stand.pollAll()
        let room = try #require(rooms.first.flatMap { stand.servers[0].meeting($0) })
        for (index, number) in ["54321", "11111", room.voiceBridge].enumerated() {
            let bridge = try await Self.wanting("bbb2", stand, "other-\(index)", number)
            #expect(Self.isOurs(bridge) && bridge != number)
        }
    }

    @Test(arguments: [nil, "12345"] as [String?])
    func `no two of fifty creates at once get the same number, although few are left`(number: String?) async throws {
        let stand = try await Stand()
        var settings = stand.fleet.settings
        settings.uniqueVoiceBridges = true
        let time = stand.clock.fleetTime
        // Chance that has a hundred and some numbers only: what is possible once in ten thousand comes at once.
        let narrow = FleetTime(
            uptime: time.uptime, now: time.now, sleep: time.sleep, random: { time.random() & 0xFE00_0000_0000_0000 })
        let fleet = Fleet(store: stand.store, transport: stand.network, settings: settings, time: narrow)
        for server in stand.store.roster({ Array($0.servers.values) }) { await fleet.pollOnce(server) }
        let account = stand.account
        let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
            for index in 0..<50 {
                group.addTask {
                    var parameters: Parameters = ["name": "Room", "meetingID": "room-\(index)"]
                    if let number { parameters["voiceBridge"] = number }
                    let call = Call(.create, rawQuery: parameters.encoded())
                    guard case .xml(let octets) = await fleet.answer(call, of: Caller(account)) else {
                        throw Stand.NoReply()
                    }
                    return try Reply(octets)
                }
            }
            return try await group.reduce(into: [Reply]()) { $0.append($1) }
        }
        let created = replies.compactMap { CreateReply($0) }
        #expect(created.count == 50)
        #expect(Set(created.map(\.voiceBridge)).count == 50, "\(created.map(\.voiceBridge).sorted())")
        #expect(created.allSatisfy { Self.isOurs($0.voiceBridge) || $0.voiceBridge == number })
        let atServers = stand.servers.flatMap { $0.meetings.map(\.voiceBridge) }
        #expect(atServers.sorted() == created.map(\.voiceBridge).sorted())
    }

    @Test func `of many that want the same number at once on one server, one gets it`() async throws {
        let stand = try await Stand(servers: 1)
        let bridges = try await withThrowingTaskGroup(of: String?.self) { group in
            for index in 0..<10 {
                group.addTask {
                    CreateReply(try await stand.create("room-\(index)", ["voiceBridge": "12345"]))?.voiceBridge
                }
            }
            return try await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(Set(bridges).count == 10)
        #expect(bridges.filter { $0 == "12345" }.count == 1)
    }
}
