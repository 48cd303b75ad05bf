import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// `updateRecordings` with an address to be told at: servers never get the caller's, and he sees no other.
@Suite struct RecordingAddressTests {
    private static let name = "bn-recording-ready-url"

    /// A recording that is ready, of a meeting that is over.
    private struct Fixture {
        let stand: Stand
        let server: SimulatedServer
        let recordID: String
        /// Our address, as its server has it.
        let ours: String

        init() async throws {
            stand = try await Stand.reachable(servers: 1)
            server = stand.servers[0]
            try await stand.create("room-1", Told.all)
            ours = try stand.address(.recording, of: "room-1")
            recordID = try #require(server.meetings.first?.internalID.rawValue)
            server.endMeeting(try stand.id("room-1"), at: stand.now)
            await stand.pollAll()
            server.publishRecording(recordID, at: stand.now)
            try await stand.bringCallbacks()
        }

        func update(_ parameters: Parameters) async throws -> String {
            var all: Parameters = ["recordID": recordID]
            all.append(contentsOf: parameters)
            return try Said.words(await stand.answer(.updateRecordings, all))
        }

        /// What the server has.
        func stored(_ name: String) -> String? {
            server.recordings.first { $0.recordID == recordID }?.metadata.first { $0.name == name }?.value
        }

        /// What the caller sees.
        func seen(_ name: String) async throws -> String? {
            let list = try await stand.reply(.getRecordings, ["recordID": recordID])
            return list.root.child("recordings")?.child("recording")?.child("metadata")?.text(of: name)
        }
    }

    @Test func `an update with the address that a caller sees does not give it to the server`() async throws {
        let fixture = try await Fixture()
        let address = try #require(try await fixture.seen(Self.name))
        #expect(address == Told.recording && fixture.stored(Self.name) == fixture.ours)
        #expect(try await fixture.update(["meta_\(Self.name)": address, "meta_course": "8"]) == "SUCCESS")
        #expect(fixture.stored(Self.name) == fixture.ours && fixture.stored("course") == "8")
        // In any letter case, and with nothing else.
        #expect(try await fixture.update(["meta_BN-Recording-Ready-URL": address]) == "SUCCESS")
        #expect(fixture.stored(Self.name) == fixture.ours)
        #expect(try await fixture.seen(Self.name) == Told.recording)
    }

    @Test func `a new address is kept here, and told at`() async throws {
        let fixture = try await Fixture()
        let (stand, new) = (fixture.stand, "https://lms.example/new?a=1&b=<2>")
        let receiver = Receiver("https://lms.example/")
        #expect(try await fixture.update(["meta_\(Self.name)": new]) == "SUCCESS")
        #expect(fixture.stored(Self.name) == fixture.ours)
        #expect(try await fixture.seen(Self.name) == new)
        try await stand.deliverAll(receiver)
        receiver.clear()
        #expect(fixture.server.publishRecording(fixture.recordID, formats: ["presentation", "video"], at: stand.now))
        try await stand.bringCallbacks()
        try await stand.deliverAll(receiver)
        #expect(receiver.received.map(\.url) == [new])
    }

    @Test func `an address that the recording did not have is exchanged, and one that is taken away is gone`()
        async throws
    {
        let fixture = try await Fixture()
        let (name, url) = ("bbb-recording-ready-url", "https://lms.example/bbb")
        #expect(try await fixture.update(["meta_\(name)": url]) == "SUCCESS")
        #expect(fixture.stored(name) == fixture.ours)
        #expect(try await fixture.seen(name) == url)
        #expect(try await fixture.update(["meta_\(name)": "", "meta_\(Self.name)": ""]) == "SUCCESS")
        #expect(fixture.stored(name) == nil && fixture.stored(Self.name) == nil)
        #expect(try await fixture.seen(name) == nil)
        let meeting = try await fixture.stand.store.meeting(MeetingNumber(1))?.meeting
        #expect(meeting?.callbacks.url(for: .recording) == nil && meeting?.callbacks.url(for: .end) == Told.end)
    }

    @Test func `of a recording that nobody made here the address goes to the server`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        stand.servers[0].addRecording(
            SimulatedRecording(
                recordID: "imported-1", meetingID: "imported", name: "Old", startTime: stand.now, endTime: stand.now,
                metadata: [.init(name: "course", value: "7")]))
        let update: Parameters = ["recordID": "imported-1", "meta_\(Self.name)": Told.recording]
        #expect(try Said.words(await stand.answer(.updateRecordings, update)) == "SUCCESS")
        let metadata = stand.servers[0].recordings.first?.metadata
        #expect(metadata?.first { $0.name == Self.name }?.value == Told.recording)
    }

    @Test func `recordings of two meetings each get their own address`() async throws {
        let fixture = try await Fixture()
        let (stand, server, new) = (fixture.stand, fixture.server, "https://lms.example/new")
        try await stand.create("room-2", Told.all)
        let theirs = try stand.address(.recording, of: "room-2")
        let second = try #require(server.meetings.first?.internalID.rawValue)
        server.endMeeting(try stand.id("room-2"), at: stand.now)
        await stand.pollAll()
        server.publishRecording(second, at: stand.now)
        // A name that neither has: both must be sent it.
        let update: Parameters = [
            "recordID": "\(fixture.recordID),\(second)", "meta_canvas-recording-ready-url": new,
        ]
        #expect(try Said.words(await stand.answer(.updateRecordings, update)) == "SUCCESS")
        let stored = [fixture.recordID, second].map { recordID in
            server.recordings.first { $0.recordID == recordID }?.metadata
                .first { $0.name == "canvas-recording-ready-url" }?.value
        }
        #expect(stored == [fixture.ours, theirs])
    }
}
