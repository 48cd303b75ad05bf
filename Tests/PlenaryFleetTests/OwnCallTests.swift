import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// getServers, as seed 004 has it.
@Suite struct GetServersTests {
    private static let place = GeoLocation(
        ip: "200.0.1.2", countryCode: "BR", countryCode3: "BRA", countryName: "Brazil", city: "Porto Alegre",
        latitude: "-30.033300399780273", longitude: "-51.20000076293945", continentCode: "SA")

    @Test func `a server that is enabled and one that is disabled are told as in the founding document`() async throws {
        let place = Self.place
        let stand = try await Stand(servers: 2) { settings in
            settings.locate = { host in host == "bbb1.example" ? place : nil }
        }
        try await stand.set(.drain, of: stand.servers[1])
        let before = stand.servers.map(\.recentRequests.count)
        #expect(
            try await stand.xml(.getServers).asText
                == "<response><returncode>SUCCESS</returncode><servers><server><name>bbb1</name>"
                + "<address>bbb1.example</address><url>http://bbb1.example</url>"
                + "<apiUrl>http://bbb1.example/bigbluebutton/api</apiUrl><status>2</status>"
                + "<disableState>3</disableState><geoloc><address>bbb1.example</address><ip>200.0.1.2</ip>"
                + "<countryCode>BR</countryCode><countryCode3>BRA</countryCode3><countryName>Brazil</countryName>"
                + "<city>Porto Alegre</city><latitude>-30.033300399780273</latitude>"
                + "<longitude>-51.20000076293945</longitude><continentCode>SA</continentCode></geoloc>"
                + "<isDisabled>false</isDisabled></server><server><name>bbb2</name><address>bbb2.example</address>"
                + "<url>http://bbb2.example</url><status>2</status><disableState>1</disableState><geoloc>"
                + "<address>bbb2.example</address><ip/><countryCode/><countryCode3/><countryName/><city/><latitude/>"
                + "<longitude/><continentCode/></geoloc><isDisabled>true</isDisabled></server></servers></response>")
        #expect(stand.servers.map(\.recentRequests.count) == before, "no server is asked")
    }

    @Test func `a port is told in addresses, and not in the name of the host`() async throws {
        let stand = try await Stand(servers: 1)
        _ = try await stand.serverJoins("third", at: "https://third.example:8443/bbb")
        let reply = try await stand.reply(.getServers)
        let server = try #require(reply.root.child("servers")?.children.last)
        #expect(server.text(of: "name") == "third")
        #expect(server.text(of: "address") == "third.example")
        #expect(server.text(of: "url") == "https://third.example:8443")
        #expect(server.text(of: "apiUrl") == "https://third.example:8443/bbb/api")
        #expect(server.child("geoloc")?.text(of: "address") == "third.example")
    }

    /// What probes say.
    enum Probed: String, Sendable, CaseIterable { case never, online, failing, unreachable, wrong }

    /// `status`, `disableState` and `isDisabled`, for each health and each word of people.
    private static let states: [(Probed, AdministrativeState, String)] = [
        (.never, .ready, "0 3 true"), (.online, .ready, "2 3 false"), (.failing, .ready, "1 3 true"),
        (.unreachable, .ready, "4 3 true"), (.wrong, .ready, "3 3 true"),
        (.never, .drain, "0 1 true"), (.online, .drain, "2 1 true"), (.failing, .drain, "1 1 true"),
        (.unreachable, .drain, "4 1 true"), (.wrong, .drain, "3 1 true"),
        // In maintenance it is not probed, and what was known of it is old.
        (.never, .maintenance, "0 1 true"), (.online, .maintenance, "0 1 true"), (.failing, .maintenance, "0 1 true"),
        (.unreachable, .maintenance, "4 1 true"), (.wrong, .maintenance, "3 1 true"),
        (.never, .force, "0 0 false"), (.online, .force, "2 0 false"), (.failing, .force, "1 0 false"),
        (.unreachable, .force, "4 0 false"), (.wrong, .force, "3 0 false"),
    ]

    private static let elements = [
        "name", "address", "url", "apiUrl", "status", "disableState", "geoloc", "isDisabled",
    ]

    @Test func `the table has every state`() {
        let listed = Self.states.map { "\($0.0) \($0.1)" }
        let all = Probed.allCases.flatMap { probed in AdministrativeState.allCases.map { "\(probed) \($0)" } }
        #expect(listed.sorted() == all.sorted())
    }

    @Test(arguments: states)
    func `status is what probes say, disableState what people say, and isDisabled what comes of both`(
        probed: Probed, state: AdministrativeState, shown: String
    ) async throws {
        let stand = try await Stand()
        let subject = stand.servers[0]
        var fleet = stand.fleet
        switch probed {
        case .online: break
        case .never:
            // A process that has just started.
            fleet = Fleet(
                store: stand.store, transport: stand.network, settings: FleetSettings(), time: stand.clock.fleetTime)
        case .failing: try await stand.suspect(subject)
        case .unreachable: try await stand.takeDown(subject)
        case .wrong:
            subject.set(.garbage)
            await stand.pass(60)
            #expect(try stand.isOffline(subject))
        }
        try await stand.set(state, of: subject)
        let answer = await fleet.answer(Call(.getServers), of: Caller(stand.account))
        let reply = try Reply(try #require(answer.bodyOctets))
        let server = try #require(reply.root.child("servers")?.children.first)
        let told = ["status", "disableState", "isDisabled"].map { server.text(of: $0) ?? "" }
        #expect(told.joined(separator: " ") == shown)
        let isDisabled = shown.hasSuffix("true")
        #expect(server.children.map(\.name) == Self.elements.filter { $0 != "apiUrl" || !isDisabled })
    }
}

/// getStatistics, and who may call what.
@Suite struct GetStatisticsTests {
    @Test func `all servers are told, with the account's meetings and who is in them how`() async throws {
        let stand = try await Stand()
        let other = try await stand.tenant("other")
        let server = stand.servers[0]
        for id in ["room-1", "room-2"] {
            try await stand.create(id, ["preferredServer": server.name])
            stand.clock.advance(by: .milliseconds(5))
        }
        let theirs = "name=Theirs&meetingID=theirs-1&preferredServer=\(server.name)"
        #expect(try await Said.words(stand.answer(to: Call(.create, rawQuery: theirs), of: other)) == "SUCCESS")
        let now = stand.clock.now
        let room = try #require(MeetingID(rawValue: "room-1"))
        func enter(_ name: String) throws -> String {
            try #require(server.joinParticipant(meetingID: room, fullName: name, at: now))
        }
        let speaker = try enter("Ann")
        server.setVoice(true, of: speaker)
        server.setVideo(true, of: speaker)
        server.setVoice(true, of: try enter("Bea"))
        server.setListenOnly(true, of: try enter("Cid"))
        _ = try enter("Dan")
        func meeting(_ id: String, _ counts: [Int]) -> String {
            let names = ["participantCount", "listenerCount", "voiceParticipantCount", "videoCount"]
            let numbers = zip(names, counts).map { name, count in "<\(name)>\(count)</\(name)>" }
            return "<meeting><meetingID>\(id)</meetingID>\(numbers.joined())</meeting>"
        }
        let first = "\(meeting("room-1", [4, 1, 2, 1]))\(meeting("room-2", [0, 0, 0, 0]))"
        let ids = try stand.servers.map { try stand.server($0).id.number }
        #expect(
            try await stand.xml(.getStatistics).asText
                == "<response><returncode>SUCCESS</returncode><servers>"
                + "<server><serverID>\(ids[0])</serverID><meetings>\(first)</meetings></server>"
                + "<server><serverID>\(ids[1])</serverID><meetings/></server>"
                + "<server><serverID>\(ids[2])</serverID><meetings/></server></servers></response>")
    }

    @Test func `a server that does not answer tells what it last said, and an offline one nothing`() async throws {
        let stand = try await Stand()
        try await stand.create("room-1")
        let holder = try stand.holder("room-1")
        let room = try #require(MeetingID(rawValue: "room-1"))
        holder.joinParticipant(meetingID: room, fullName: "Ann", at: stand.clock.now)
        await stand.pollAll()
        func told() async throws -> String? {
            let reply = try await stand.reply(.getStatistics)
            let id = try stand.server(holder).id.number
            let server = reply.root.child("servers")?.children.first { $0.text(of: "serverID") == String(id) }
            return server?.child("meetings")?.children.first?.text(of: "participantCount")
        }
        holder.set(.hang)
        #expect(try await told() == "1")
        #expect(try await told() == "1")
        await stand.pass(60)
        #expect(try stand.isOffline(holder))
        #expect(try await told() == nil)
    }

    @Test func `numbers with a comma in them are numbers`() async throws {
        let stand = try await Stand(servers: 1)
        try await stand.create("room-1")
        let tap = WireTap(stand.network) { _, answer in
            let text = answer.body.asText.replacing(
                "<participantCount>0</participantCount>", with: "<participantCount>1,234</participantCount>")
            return ServerAnswer(status: answer.status, headers: answer.headers, body: Array(text.utf8))
        }
        let fleet = Fleet(
            store: stand.store, transport: tap, settings: stand.fleet.settings, time: stand.clock.fleetTime)
        await fleet.pollOnce(try stand.server(stand.servers[0]))
        let answer = await fleet.answer(Call(.getStatistics), of: Caller(stand.account))
        let text = try #require(answer.bodyOctets).asText
        #expect(text.contains("<participantCount>1234</participantCount>"))
    }

    private static let operators: [CallName] = [.getServers, .getStatistics, .move]

    @Test(arguments: operators)
    func `what is about servers is for the account that has the permission only`(call: CallName) async throws {
        let world = try await TwoAccounts()
        let before = world.counts
        for id in [world.theirs.meetingID, world.mine.meetingID] {
            let parameters: Parameters = ["meetingID": id]
            let answer = await world.stand.answer(to: Call(call, rawQuery: parameters.encoded()), of: world.other)
            #expect(
                answer.bodyOctets?.asText
                    == "<response><returncode>FAILED</returncode><messageKey>permissionDenied</messageKey>"
                    + "<message>This application is not currently allowed to access this API.</message></response>")
        }
        #expect(world.received(since: before).allSatisfy { $0.isEmpty })
        #expect(world.isUntouched(world.theirs, on: world.theirOwner, of: world.other))
        #expect(world.isUntouched(world.mine, on: world.owner, of: world.stand.account))
    }
}
