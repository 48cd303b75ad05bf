import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Answers that are put together from those of several servers: each entry is as its server wrote it.
@Suite struct GoldenListTests {
    private static let start = "<response><returncode>SUCCESS</returncode>"

    /// The entries of the lists that servers gave, as they were written, by an element in them.
    private static func entries(
        _ tapped: TappedFleet, _ call: CallName, list: String, by name: String
    ) throws -> [String: String] {
        var found: [String: String] = [:]
        for exchange in tapped.tap.exchanges where exchange.call.call == call {
            let reply = try Reply(exchange.answer.body)
            for entry in reply.root.child(list)?.children ?? [] {
                found[entry.text(of: name) ?? ""] = Array(reply.octets[entry.range]).asText
            }
        }
        return found
    }

    private static func text(_ answer: CallAnswer) throws -> String { try #require(answer.bodyOctets).asText }

    @Test(arguments: [false, true])
    func `getMeetings has each meeting as its server wrote it, the newest first`(tellsServers: Bool) async throws {
        let tapped = try await TappedFleet { $0.tellsServers = tellsServers }
        let got = try await Self.text(tapped.answer(Call(.getMeetings)))
        let said = try Self.entries(tapped, .getMeetings, list: "meetings", by: "meetingID")
        #expect(Set(said.keys) == ["mine-1", "mine-2", "mine-3", "a2~theirs-1"])
        var expected = ""
        for id in ["mine-3", "mine-2", "mine-1"] {
            var entry = tapped.restoring(try #require(said[id]))
            #expect(entry.hasSuffix("\(WireTap.future)</meeting>"))
            if tellsServers {
                let name = try tapped.world.stand.holder(id).name
                let server =
                    "<server><name>\(name)</name><address>\(name).example</address>"
                    + "<url>http://\(name).example</url></server>"
                entry = entry.replacing("</meeting>", with: "\(server)</meeting>")
            }
            expected += entry
        }
        #expect(got == "\(Self.start)<meetings>\(expected)</meetings></response>")
        #expect(got.utf8.elementsEqual("\(Self.start)<meetings>\(expected)</meetings></response>".utf8))
    }

    @Test func `getSessions has each session as its server wrote it`() async throws {
        let tapped = try await TappedFleet()
        let world = tapped.world
        _ = await world.stand.answer(
            .join, ["fullName": "Bea <&>", "meetingID": "mine-2", "role": "VIEWER", "redirect": "false"])
        let got = try await Self.text(tapped.answer(Call(.getSessions)))
        let said = try Self.entries(tapped, .getSessions, list: "sessions", by: "meetingID")
        let second = try #require(try world.stand.mapped("mine-2")?.internalMeetingID?.rawValue)
        let sessions = [try #require(said[world.mine.internalID]), try #require(said[second])]
        #expect(sessions.allSatisfy { $0.hasSuffix("\(WireTap.future)</meeting>") })
        // In the order of the servers.
        let ids = try [world.owner, world.stand.holder("mine-2")].map { try world.stand.server($0).id }
        let expected = (ids[0] < ids[1] ? sessions : sessions.reversed()).joined()
        #expect(got == "\(Self.start)<sessions>\(expected)</sessions></response>")
    }

    // MARK: recordings

    /// The recordings of a tapped fleet: three, of which the first has a second format on another server.
    private static func record(_ tapped: TappedFleet) throws {
        let stand = tapped.world.stand
        for (index, id) in ["mine-2", "mine-3"].enumerated() {
            let meeting = try #require(try stand.mapped(id))
            let holder = try stand.holder(id)
            let start = stand.clock.now.advanced(by: .seconds(60 * (index + 1)))
            let recordID = try #require(meeting.internalMeetingID).rawValue
            holder.addRecording(
                SimulatedRecording(
                    recordID: recordID, meetingID: id, name: "Room \(id)", startTime: start, endTime: start,
                    formats: [.init(type: "podcast", url: "/podcast/\(recordID)/")]))
        }
        let first = try #require(tapped.world.owner.recordings.first { $0.recordID == tapped.world.mine.recordID })
        var copy = first
        copy.formats.insert(.init(type: "video", url: "/video/\(first.recordID)/"), at: 0)
        try stand.holder("mine-3").addRecording(copy)
    }

    /// My recordings as servers wrote them, with what another server has of the first one, the newest first.
    private static func merged(_ tapped: TappedFleet) throws -> [String] {
        var said: [String: [String]] = [:]
        let stand = tapped.world.stand
        let servers = try stand.servers.sorted { try stand.server($0).id < stand.server($1).id }
        for server in servers {
            let exchange = try #require(
                tapped.tap.exchanges.last {
                    $0.call.call == .getRecordings && $0.authority == server.url.authority
                })
            let reply = try Reply(exchange.answer.body)
            for entry in reply.root.child("recordings")?.children ?? [] {
                said[entry.text(of: "meetingID") ?? "", default: []].append(
                    Array(reply.octets[entry.range]).asText)
            }
        }
        let copies = try #require(said["mine-1"])
        #expect(copies.count == 2)
        let other = try Reply(Array("\(start)\(copies[1])</response>".utf8))
        let formats = other.root.child("recording")?.child("playback")?.children(named: "format") ?? []
        let added = formats.filter { format in
            !copies[0].contains("<type>\(format.text(of: "type") ?? "")</type>")
        }.map { Array(other.octets[$0.range]).asText }.joined()
        let whole = copies[0].replacing("</playback>", with: "\(added)</playback>")
        return [try #require(said["mine-3"]?.first), try #require(said["mine-2"]?.first), tapped.restoring(whole)]
    }

    @Test func `getRecordings has each recording as its server wrote it, whole and the newest first`() async throws {
        let tapped = try await TappedFleet()
        try Self.record(tapped)
        let got = try await Self.text(tapped.answer(Call(.getRecordings)))
        let expected = try Self.merged(tapped)
        #expect(expected.allSatisfy { $0.contains("</data>\(WireTap.future)</recording>") })
        #expect(got == "\(Self.start)<recordings>\(expected.joined())</recordings></response>")
        #expect(got.utf8.count == expected.reduce(0) { $0 + $1.utf8.count } + Self.start.utf8.count + 36)
        #expect(!got.contains("/callbacks/"))
    }

    @Test(arguments: [(0, 2), (1, 2), (2, 2), (3, 2), (0, 100)])
    func `a page has recordings and not formats, and ends with what BigBlueButton writes`(offset: Int, limit: Int)
        async throws
    {
        let tapped = try await TappedFleet()
        try Self.record(tapped)
        let call = Call(.getRecordings, rawQuery: "offset=\(offset)&limit=\(limit)")
        let got = try await Self.text(tapped.answer(call))
        let page = try Self.merged(tapped).dropFirst(offset).prefix(limit)
        let nothing =
            "<messageKey>noRecordings</messageKey><message>There are no recordings for the meeting(s).</message>"
        let pagination =
            "<pagination><pageable><offset>\(offset)</offset><limit>\(limit)</limit><paged>true</paged>"
            + "<unpaged>false</unpaged></pageable><totalElements>3</totalElements><empty>\(page.isEmpty)</empty>"
            + "</pagination>"
        #expect(
            got
                == "\(Self.start)<recordings>\(page.joined())</recordings>\(page.isEmpty ? nothing : "")\(pagination)"
                + "</response>")
    }

    @Test func `of one server the list is its own but for the order, page by page`() async throws {
        let stand = try await Stand(servers: 1)
        let server = stand.servers[0]
        for number in 1...3 {
            let time = stand.clock.now.advanced(by: .seconds(-60 * number))
            server.addRecording(
                SimulatedRecording(
                    recordID: "\(sha1Hex("r"))-\(number)", meetingID: "r", name: "R\(number)", startTime: time,
                    endTime: time, formats: [.init(type: "video", url: "/video/\(number)/")]))
        }
        // Its own order is the newest first here.
        for parameters in [[:], ["limit": "2"], ["limit": "2", "offset": "2"], ["state": "deleted"]] as [Parameters] {
            let request = SimulatedRequest(server.endpoint.request(.getRecordings, parameters))
            let own = server.carryOut(request, at: stand.clock.now).body
            #expect(try await stand.xml(.getRecordings, parameters) == own, "\(own.asText)")
        }
    }

    @Test func `an empty list is what a server writes that has nothing`() async throws {
        let stand = try await Stand()
        let server = stand.servers[0]
        for call in [CallName.getMeetings, .getSessions, .getRecordings] {
            let own = server.carryOut(SimulatedRequest(server.endpoint.request(call)), at: stand.clock.now).body
            #expect(try await stand.xml(call) == own, "\(own.asText)")
        }
    }

    // MARK: hooks

    private static let hookCalls: [(CallName, Parameters)] = [
        (.hooksList, [:]), (.hooksCreate, [:]), (.hooksDestroy, [:]), (.hooksDestroy, ["hookID": "nobody"]),
        (
            .hooksCreate,
            ["callbackURL": "https://app.example/h?a=1&b=<]]>", "meetingID": "room <&>", "eventID": "user-joined,x"]
        ),
        (.hooksCreate, ["callbackURL": "https://app.example/h?a=1&b=<]]>"]), (.hooksList, [:]),
        (.hooksDestroy, ["hookID": "ID"]), (.hooksList, [:]),
        (.hooksCreate, ["callbackURL": "https://app.example/raw", "getRaw": "true"]), (.hooksList, [:]),
    ]

    @Test func `web hooks answer as the service beside a server does, but for ids`() async throws {
        let stand = try await Stand(servers: 1)
        let alone = SimulatedServer(
            name: "alone", url: try #require(APIURL("http://alone.example")), secret: try #require(Secret("s")))
        var (ours, theirs) = ("ID", "ID")
        for (call, given) in Self.hookCalls {
            var (toUs, toThem) = (given, given)
            if given["hookID"] == "ID" {
                toUs["hookID"] = ours
                toThem["hookID"] = theirs
            }
            let got = try await stand.xml(call, toUs)
            let said = alone.carryOut(
                SimulatedRequest(alone.endpoint.request(call, toThem)), at: stand.clock.now
            ).body
            ours = try Reply(got).root.text(of: "hookID") ?? ours
            theirs = try Reply(said).root.text(of: "hookID") ?? theirs
            #expect(
                got.asText.replacing(ours, with: "ID") == said.asText.replacing(theirs, with: "ID"),
                "\(call) \(given.encoded())")
        }
    }
}
