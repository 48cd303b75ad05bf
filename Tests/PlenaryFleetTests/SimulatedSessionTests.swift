import BigBlueButton
import PlenaryFleet
import PlenarySimulator
import Testing

/// getSessions and sendChatMessage.
@Suite struct SimulatedSessionTests {
    @Test func `sessions are told by internal id, with those who never opened the page`() async throws {
        let world = try SimulatedWorld()
        #expect(
            try await world.send(.getSessions).body.asText
                == "<response><returncode>SUCCESS</returncode><sessions/><messageKey>noSessions</messageKey>"
                + "<message>no sessions were found on this serverr</message></response>")
        try await world.create()
        _ = try await world.send(.join, ["meetingID": "abc123", "fullName": "Ann & Co", "role": "moderator"])
        world.server.joinParticipant(meetingID: try world.roomID(), fullName: "Bob", at: world.time.now)
        let meeting = "<meetingID>\(SimulatedWorld.session)</meetingID><meetingName>Test</meetingName>"
        #expect(
            try await world.send(.getSessions).body.asText
                == "<response><returncode>SUCCESS</returncode><sessions>"
                + "<meeting>\(meeting)<userName>Ann &amp; Co</userName></meeting>"
                + "<meeting>\(meeting)<userName>Bob</userName></meeting></sessions></response>")
    }

    @Test func `somebody who opened the page is one session, and somebody who left is none`() async throws {
        let world = try SimulatedWorld()
        try await world.create()
        let joined = try await world.reply(
            .join, ["meetingID": "abc123", "fullName": "Ann", "role": "viewer", "redirect": "false"])
        let token = try #require(joined.root.text(of: "session_token"))
        _ = world.fetch("/html5client/?sessionToken=\(token)")
        let bob = world.server.joinParticipant(
            meetingID: try world.roomID(), fullName: "Bob", at: world.time.now)
        world.server.leave(try #require(bob), at: world.time.now)
        let sessions = try await world.reply(.getSessions).root.child("sessions")
        #expect(sessions?.children.map { $0.text(of: "userName") } == ["Ann"])
    }

    @Test func `sessions need a checksum`() throws {
        let world = try SimulatedWorld()
        let reply = try Reply(world.fetch("/bigbluebutton/api/getSessions?checksum=00").body)
        #expect(reply.messageKey == .checksumError)
        #expect(reply.message == "Checksums do not match")
    }

    @Test func `a chat message is taken by GET and by POST`() async throws {
        let world = try SimulatedWorld()
        try await world.create()
        let said: Parameters = ["meetingID": "abc123", "message": "Hello"]
        #expect(try await world.reply(.sendChatMessage, said).messageKey == .meetingNotFound)
        world.server.joinParticipant(meetingID: try world.roomID(), fullName: "Ann", at: world.time.now)
        let answer = try await world.send(.sendChatMessage, said)
        let success =
            "<response><returncode>SUCCESS</returncode><messageKey></messageKey><message></message></response>"
        #expect(answer.body.asText == success)
        let target = world.target(.sendChatMessage, ["meetingID": "abc123"])
        #expect(world.fetch(target, method: .post, form: "message=Good+bye").body.asText == success)
        #expect(world.server.meetings.map(\.chat) == [["Hello", "Good bye"]])
        #expect(
            try Reply(world.fetch(target, method: .post, form: "message=").body).messageKey == .validationError)
    }
}
