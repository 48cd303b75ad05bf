import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// What the table of `bbb-api.md` section 15 has no room for.
@Suite struct SectionFifteenEdgeTests {
    @Test func `the version request is answered by the balancer itself`() async throws {
        let stand = try await Stand(servers: 1) {
            $0.identity.version = "1.2.3"
            $0.identity.deploy = 16
            $0.identity.revision = "66c2015"
        }
        #expect(
            stand.fleet.index().asText
                == "<response><returncode>SUCCESS</returncode><version>2.0</version><apiVersion>2.0</apiVersion>"
                + "<bbbVersion>3.0</bbbVersion><custom><name>plenary</name><version>1.2.3</version><deploy>16</deploy>"
                + "<revision>66c2015</revision></custom></response>")
    }

    // MARK: ids

    private static let takeInternalIDs = SectionFifteenRow.all.filter { row in
        let calls: [CallName] = [
            .join, .isMeetingRunning, .getMeetingInfo, .end, .insertDocument, .sendChatMessage, .setConfigXML, .move,
        ]
        return calls.contains(row.call)
    }

    @Test(arguments: takeInternalIDs)
    func `an internal id is as good as the meetingID, for its own account`(row: SectionFifteenRow) async throws {
        let world = try await TwoAccounts()
        var mine = world.mine
        mine.meetingID = mine.internalID
        var theirs = world.theirs
        theirs.meetingID = theirs.internalID
        let stranger = await world.stand.answer(to: row.request(row.parameters(theirs)))
        #expect(try Said.words(stranger) == row.unknown)
        let answer = await world.stand.answer(to: row.request(row.parameters(mine)))
        #expect(try Said.words(answer, owner: world.owner) == row.known)
        if case .redirect(let url, _) = answer { #expect(url.contains("meetingID=mine-1&")) }
        // The server is told the id that its front-end chose.
        if row.asks[row.call] == .owner {
            let request = try #require(world.owner.recentRequests.last { $0.path.hasSuffix("/\(row.call)") })
            #expect((request.query + "&" + request.body.asText).contains("meetingID=mine-1"))
        }
    }

    @Test func `one meetingID of two accounts is two meetings, on one server too`() async throws {
        let stand = try await Stand(servers: 1)
        let other = try await stand.tenant("other")
        try await stand.create("room-1")
        let parameters: Parameters = ["name": "Theirs", "meetingID": "room-1"]
        let answer = await stand.answer(to: Call(.create, rawQuery: parameters.encoded()), of: other)
        guard case .xml(let octets) = answer else { throw Stand.NoReply() }
        let reply = try Reply(octets)
        #expect(reply.isSuccess && reply.root.text(of: "meetingID") == "room-1")
        #expect(try stand.holder("room-1") === stand.holder("room-1", of: other.id))
        #expect(stand.servers[0].meetings.count == 2)
    }

    @Test func `a meeting is not handed out to another account that knows its passwords`() async throws {
        let stand = try await Stand(servers: 1)
        let other = try await stand.tenant("other")
        let passwords: Parameters = ["attendeePW": "ap", "moderatorPW": "mp"]
        try await stand.create("room-1", passwords)
        var parameters: Parameters = ["name": "Theirs", "meetingID": "room-1"]
        parameters.append(contentsOf: passwords)
        let answer = await stand.answer(to: Call(.create, rawQuery: parameters.encoded()), of: other)
        #expect(try Said.words(answer) == "SUCCESS")
        let end = await stand.answer(to: Call(.end, rawQuery: "meetingID=room-1"), of: other)
        #expect(try Said.words(end).hasPrefix("SUCCESS"))
        // It was its own.
        #expect(try stand.holders("room-1", of: other.id).isEmpty && stand.holders("room-1").count == 1)
        #expect(try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"]).isSuccess)
    }

    // MARK: what servers say

    private static let afterReboots: [(CallName, String, Bool)] = [
        (.getMeetingInfo, "FAILED notFound", true), (.end, "FAILED notFound", true),
        (.isMeetingRunning, "SUCCESS running=false", false), (.sendChatMessage, "FAILED meetingNotFound", false),
        (.insertDocument, "FAILED", false),
    ]

    @Test(arguments: afterReboots)
    func `a meeting that its server lost is told so, and is forgotten when the server says it of the meeting`(
        name: CallName, said: String, isForgotten: Bool
    ) async throws {
        let world = try await TwoAccounts()
        world.owner.reboot()
        let row = try #require(SectionFifteenRow.all.first { $0.call == name })
        let answer = await world.stand.answer(to: row.request(row.parameters(world.mine)))
        #expect(try Said.words(answer) == said)
        #expect(try world.stand.mapped("mine-1") == nil || !isForgotten)
        await world.stand.pollAll()
        #expect(try world.stand.mapped("mine-1") == nil)
    }

    @Test func `a document for a meeting that nobody knows is refused in BigBlueButton's words`() async throws {
        let stand = try await Stand(servers: 1)
        let call = Call(
            .insertDocument, method: .post, rawQuery: "meetingID=room%3C1%3E", contentType: "application/xml",
            body: SectionFifteenRow.slides.octets)
        guard case .xml(let octets) = await stand.answer(to: call) else { throw Stand.NoReply() }
        #expect(
            octets.asText
                == "<response><returncode>FAILED</returncode><messageKey>notFound</messageKey>"
                + "<message>Meeting with id [room&lt;1&gt;] not found.</message></response>")
    }

    @Test func `a language tag as the documentation has it reaches the server as the server wants it`() async throws {
        let world = try await TwoAccounts()
        let row = try #require(SectionFifteenRow.all.first { $0.call == .putRecordingTextTrack })
        var parameters = row.parameters(world.mine)
        parameters["lang"] = "de-DE"
        let answer = await world.stand.answer(to: row.request(parameters))
        #expect(try Said.words(answer) == "json SUCCESS upload_text_track_success")
        let recording = try #require(world.owner.recordings.first { $0.recordID == world.mine.recordID })
        #expect(recording.tracks.map(\.lang) == ["en-US", "de-DE"])
    }

    // MARK: bodies

    private static let bodies: [(CallName, String, String)] = [
        (.create, "text/plain", "FAILED unsupportedContentType"), (.create, "", "FAILED unsupportedContentType"),
        (.insertDocument, "application/x-www-form-urlencoded", "FAILED unsupportedContentType"),
        (.insertDocument, "application/json", "FAILED unsupportedContentType"),
        (.end, "application/xml", "FAILED unsupportedContentType"),
        (.getMeetings, "text/xml", "FAILED unsupportedContentType"),
        // The calls about recordings never looked at it (`bbb-api.md` 2.7).
        (.getRecordings, "application/json", "SUCCESS 1"), (.updateRecordings, "text/plain", "SUCCESS"),
    ]

    @Test(arguments: bodies)
    func `a body is taken by its type, and refused before any server is asked`(
        name: CallName, contentType: String, said: String
    ) async throws {
        let world = try await TwoAccounts()
        let row = try #require(SectionFifteenRow.all.first { $0.call == name })
        let before = world.counts
        let call = Call(
            name, method: .post, rawQuery: row.parameters(world.mine).encoded(), contentType: contentType,
            body: Array("<modules/>".utf8))
        #expect(try await Said.words(world.stand.answer(to: call)) == said)
        if said.hasPrefix("FAILED") { #expect(world.received(since: before).allSatisfy { $0.isEmpty }) }
    }

    private static let takeDocuments: [CallName] = [.create, .insertDocument]

    @Test(arguments: takeDocuments)
    func `slides that are no XML are refused before any server is asked`(name: CallName) async throws {
        let world = try await TwoAccounts()
        let row = try #require(SectionFifteenRow.all.first { $0.call == name })
        for body in ["<modules>", "<!DOCTYPE m [<!ENTITY e \"x\">]><m/>", "%PDF-1.4"] {
            let before = world.counts
            let call = Call(
                name, method: .post, rawQuery: row.parameters(world.mine).encoded(), contentType: "application/xml",
                body: Array(body.utf8))
            #expect(try await Said.words(world.stand.answer(to: call)) == "FAILED validationError")
            #expect(world.received(since: before).allSatisfy { $0.isEmpty })
        }
    }
}
