import BigBlueButton
import PlenaryCore
import PlenarySimulator
import PlenaryStore
import Testing

@testable import PlenaryRooms

/// Files and recordings of rooms at their hosts (`rooms-api.md` 7.6).
@Suite struct JoinSlidesTests {
    @Test func `a session begins without slides where its provider does not take them`() async throws {
        let stand = try await JoinStand([.bigbluebutton])
        let room = try await stand.room()
        let slides = RoomSlides(name: "a.pdf", octets: Array("%PDF".utf8))
        _ = try await stand.store.addPresentation(slides, id: "p3FgHt7LmQ", to: room.number, now: stand.clock.now)
        // nginx in front of it: 413 and a page.
        try stand.server(.bigbluebutton).set(.status(413), call: .create, remaining: 1)
        let outcome = try await stand.desk.attempt(
            stand.attempt(room, try await stand.token(.moderator, of: room)))
        #expect(outcome.word == "ready moderator")
        #expect(try stand.meeting(on: .bigbluebutton).documents.isEmpty)
        let provider = try await stand.store.serviceProvider(
            .id(try stand.provider(.bigbluebutton).identity.id))
        #expect(provider?.health.failures == 0)
    }

    @Test func `slides are left out where the address of the create would be too long`() throws {
        let document = try #require(RoomCalls.document(of: [("a.pdf", [1])]))
        let short: Parameters = ["name": "Room"]
        let long: Parameters = ["name": "Room", "welcome": String(repeating: "x", count: 5_000)]
        #expect(SlideRules.fitting(document, beside: short, longestQuery: 4_000) != nil)
        #expect(SlideRules.fitting(document, beside: long, longestQuery: 4_000) == nil)
        #expect(SlideRules.fitting(nil, beside: short, longestQuery: 4_000) == nil)
    }

    @Test func `rooms that start together do not hold all their slides at once`() async throws {
        let stand = try await JoinStand([.bigbluebutton])
        let desk = stand.desk
        let most = JoinDeskState.mostSlides
        // One always may, and who has none is not kept waiting.
        #expect(desk.take(slides: most + 1))
        #expect(!desk.take(slides: 1) && desk.take(slides: 0))
        let room = try await stand.room()
        let slides = RoomSlides(name: "a.pdf", octets: [1])
        _ = try await stand.store.addPresentation(slides, id: "p3FgHt7LmQ", to: room.number, now: stand.clock.now)
        let link = try await stand.token(.moderator, of: room)
        let busy = try await desk.attempt(stand.attempt(room, link))
        #expect(busy.word == "refused provider_unavailable")
        desk.giveBack(slides: most + 1)
        let free = try await desk.attempt(stand.attempt(room, link))
        #expect(free.word == "ready moderator")
        #expect(try stand.meeting(on: .bigbluebutton).documents.map(\.name) == ["a.pdf"])
    }

    @Test func `recordings of others at the same provider are neither shown nor changed`() async throws {
        let stand = try await JoinStand([.bigbluebutton])
        let (room, other) = (try await stand.room("One"), try await stand.room("Two"))
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        let now = stand.clock.now
        func recording(of meeting: String) -> SimulatedRecording {
            SimulatedRecording(
                recordID: "\(sha1Hex(meeting))-1", meetingID: meeting, name: "R", startTime: now, endTime: now)
        }
        let server = try stand.server(.bigbluebutton)
        for meeting in [room.identity.uuid, other.identity.uuid, "somebody-elses"] {
            server.addRecording(recording(of: meeting))
        }
        let own = try #require(RecordID(rawValue: "\(sha1Hex(room.identity.uuid))-1"))
        let list = try await stand.desk.recordings(of: room)
        #expect(list.map(\.facts.recordID) == [own.rawValue])
        let known = try await stand.desk.recording(own, of: room)
        #expect(known?.facts.recordID == own.rawValue)
        for meeting in [other.identity.uuid, "somebody-elses"] {
            let id = try #require(RecordID(rawValue: "\(sha1Hex(meeting))-1"))
            let found = try await stand.desk.recording(id, of: room)
            #expect(found == nil)
        }
        // The beginning of an id names nothing.
        let part = try #require(RecordID(rawValue: sha1Hex(room.identity.uuid)))
        let found = try await stand.desk.recording(part, of: room)
        #expect(found == nil)

        server.set(.status(502), call: .getRecordings)
        for id in [own, part] {
            let problem = await #expect(throws: Problem.self) { try await stand.desk.recording(id, of: room) }
            #expect(problem?.code == .providerUnavailable)
        }
        // Where nobody else can be asked it is told what became of the one that was (17).
        let told: [(SimulatedFault, ProblemCode)] = [
            (.refuse, .providerUnavailable), (.hang, .providerTimeout), (.garbage, .providerError),
            (.failed(.internalError, "No."), .providerError),
        ]
        for (fault, code) in told {
            server.heal()
            server.set(fault, call: .getRecordings)
            let problem = await #expect(throws: Problem.self) { try await stand.desk.recordings(of: room) }
            #expect(problem?.code == code)
        }
    }
}
