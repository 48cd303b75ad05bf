import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Callers see their own addresses in every answer, and never ours (`balancer.md` 3).
@Suite struct RestoredAddressTests {
    private static let names = ["endcallbackurl", "bn-recording-ready-url", "analytics-callback-url"]
    private static let urls = [Told.end, Told.recording, Told.analytics]

    private func expectRestored(
        _ metadata: XMLElement?, in reply: Reply, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let told = Self.names.map { metadata?.text(of: $0) ?? "" }
        #expect(told == Self.urls, sourceLocation: sourceLocation)
        #expect(metadata?.text(of: "course") == "7 & <8>", sourceLocation: sourceLocation)
        // Participants never see that one.
        #expect(metadata?.text(of: "meetingendedurl") == nil, sourceLocation: sourceLocation)
        #expect(!reply.octets.asText.contains("/callbacks/"), sourceLocation: sourceLocation)
        #expect(!reply.octets.asText.contains(Told.ended), sourceLocation: sourceLocation)
    }

    private func stand(tune: (inout FleetSettings) -> Void = { _ in }) async throws -> Stand {
        let stand = try await Stand.reachable(servers: 2, tune: tune)
        var parameters = Told.all
        parameters["meta_Course"] = "7 & <8>"
        try await stand.create("room-1", on: "bbb1", parameters)
        return stand
    }

    private func expectInReads(_ stand: Stand, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let info = try await stand.reply(.getMeetingInfo, ["meetingID": "room-1"])
        expectRestored(info.root.child("metadata"), in: info, sourceLocation: sourceLocation)
        let list = try await stand.reply(.getMeetings)
        let meeting = list.root.child("meetings")?.child("meeting")
        expectRestored(meeting?.child("metadata"), in: list, sourceLocation: sourceLocation)
    }

    @Test func `a server's answers have the caller's addresses in them`() async throws {
        let stand = try await stand()
        #expect(stand.servers[0].meetings.first?.metadata.contains { $0.value.contains("/callbacks/") } == true)
        try await expectInReads(stand)
        await stand.pollAll()
        try await expectInReads(stand)
    }

    @Test func `so has what is known of a server that does not answer`() async throws {
        // Of a meeting that no list has shown yet.
        var stand = try await stand()
        stand.servers[0].set(.refuse)
        await stand.pollAll()
        try await expectInReads(stand)
        // Of one that a list has shown.
        stand = try await self.stand()
        await stand.pollAll()
        stand.servers[0].set(.hang)
        try await expectInReads(stand)
    }

    @Test func `so has what is reused`() async throws {
        let stand = try await stand { $0.readsMaxAge = .seconds(30) }
        for _ in 0..<2 { try await expectInReads(stand) }
        #expect(stand.servers[0].count(of: .getMeetingInfo) == 1)
    }

    @Test func `so has a meeting that was moved, or made anew`() async throws {
        let stand = try await stand()
        #expect(try await stand.move("room-1").isSuccess)
        try await expectInReads(stand)
        stand.servers[1].reboot()
        var parameters = Told.all
        parameters["meta_course"] = "7 & <8>"
        #expect(try await stand.create("room-1", parameters).isSuccess)
        try await expectInReads(stand)
    }

    @Test func `so has a breakout room that its server made`() async throws {
        let stand = try await stand()
        let parent = try stand.id("room-1")
        stand.servers[0].withBBB { _ = $0.openBreakouts(of: parent, count: 2, at: stand.now) }
        await stand.pollAll()
        let list = try await stand.reply(.getMeetings)
        let meetings = list.root.child("meetings")?.children ?? []
        #expect(meetings.count == 3)
        for meeting in meetings { expectRestored(meeting.child("metadata"), in: list) }
    }

    @Test func `so have recordings, also when the meeting is long over`() async throws {
        let stand = try await stand()
        let recordID = try #require(stand.servers[0].meetings.first?.internalID.rawValue)
        stand.servers[0].endMeeting(try stand.id("room-1"))
        stand.servers[0].publishRecording(recordID, at: stand.now)
        await stand.pass(20)
        let list = try await stand.reply(.getRecordings, ["recordID": recordID])
        let recording = list.root.child("recordings")?.child("recording")
        #expect(recording?.text(of: "recordID") == recordID)
        expectRestored(recording?.child("metadata"), in: list)
    }

    @Test func `what looks like an address of ours and is none stays as it came`() async throws {
        let stand = try await stand()
        let own = try stand.address(.end, of: "room-1")
        let others = [
            // An address of another meeting, in another place, with more behind it, or with a key of nobody's.
            "meta_endCallbackUrl": own, "meta_other": own, "meta_bn-recording-ready-url": own + "/x",
            "meta_analytics-callback-url": String(own.dropLast(32)) + String(repeating: "0", count: 32),
        ]
        var parameters = Parameters()
        for (name, value) in others.sorted(by: { $0.key < $1.key }) { parameters[name] = value }
        try await stand.create("room-2", on: "bbb2", parameters)
        await stand.pollAll()
        let info = try await stand.reply(.getMeetingInfo, ["meetingID": "room-2"])
        let metadata = try #require(info.root.child("metadata"))
        for (name, value) in others {
            let key = name.dropFirst("meta_".count).lowercased()
            #expect(metadata.text(of: key) == value, "\(key)")
        }
        #expect(!info.octets.asText.contains("lms.example"))
    }
}
