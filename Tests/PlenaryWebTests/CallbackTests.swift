import BigBlueButton
import HTTPTypes
import InMemoryLogging
import Logging
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import PlenaryWeb
import Testing

/// The routes where servers call back: what is read of a request, and what is not.
@Suite struct CallbackTests {
    /// A meeting with callbacks, and where its server would call.
    private struct Fixture {
        let desk: Desk
        let holder: SimulatedServer
        let meeting: Meeting

        init(_ desk: Desk) async throws {
            self.desk = desk
            let query =
                "name=Room&meetingID=room-1&record=true&meta_analytics-callback-url=https%3A%2F%2Flms.example%2Fa"
                + "&meta_bbb-recording-ready-url=https%3A%2F%2Flms.example%2Fr"
            expectXML(try await desk.call(.create, query), contains: ["<returncode>SUCCESS</returncode>"])
            let id = try #require(MeetingID(rawValue: "room-1"))
            holder = try #require(desk.servers.first { $0.meeting(id) != nil })
            meeting = try #require(
                desk.store.roster { $0.liveMeeting(MeetingKey(account: .default, meetingID: id)) })
        }

        func address(_ kind: CallerCallbacks.Kind) throws -> String {
            let key = KeyedHash.hex(of: "callback \(kind.rawValue)", key: try #require(meeting.token))
            return "/callbacks/\(kind.rawValue)/\(meeting.number)/\(key)"
        }

        /// A document for analytics of about that length, signed by the meeting's server.
        func analyse(length: Int) async throws -> Desk.Answer {
            let expiry = desk.clock.now.milliseconds / 1_000 + 60
            let bearer = SignedToken.sign(
                "{\"exp\":\(expiry)}", secret: holder.secret, algorithm: .hs512, includesType: true)
            let id = meeting.internalMeetingID?.rawValue ?? ""
            let filling = String(repeating: "x", count: length)
            return try await desk.send(
                try address(.analytics), method: .post,
                headers: [.authorization: "Bearer \(bearer)", .contentType: "application/json"],
                body: "{\"meeting_id\":\"room-1\",\"internal_meeting_id\":\"\(id)\",\"data\":\"\(filling)\"}")
        }
    }

    private static func warnings(_ desk: Desk) -> [String] {
        desk.logs.entries.filter { $0.level == .warning }.map { entry in
            let fields = entry.metadata.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
            return "\(entry.message) \(fields)"
        }
    }

    @Test func `analytics of a long meeting are taken though they are longer than a form`() async throws {
        try await Desk.open { desk in
            let fixture = try await Fixture(desk)
            #expect(try await fixture.analyse(length: 3 << 20).status == 200)
            #expect(try await desk.store.deliveries(in: .waiting, limit: 10).map(\.kind) == [.analytics])
            #expect(Self.warnings(desk).isEmpty)
        }
    }

    @Test func `what is longer than is read is refused with a warning that tells no address`() async throws {
        try await Desk.open({ ($0.longestForm, $0.longestAnalytics) = (500, 1_000) }) { desk in
            let fixture = try await Fixture(desk)
            #expect(try await fixture.analyse(length: 2_000).status == 413)
            let form = "signed_parameters=" + String(repeating: "x", count: 600)
            let recording = try await desk.send(
                try fixture.address(.recording), method: .post, headers: [.contentType: Desk.form], body: form)
            #expect(recording.status == 413)
            // Without a bearer, and with a key of nobody's: of the second nobody is told.
            #expect(try await desk.send(try fixture.address(.analytics), method: .post, body: "{}").status == 400)
            let wrong = try fixture.address(.analytics).dropLast() + "x"
            #expect(try await desk.send(String(wrong), method: .post, body: "{}").status == 404)
            let warnings = Self.warnings(desk)
            #expect(warnings.count == 3)
            #expect(warnings.allSatisfy { $0.hasPrefix("callback of a server is refused ") })
            #expect(warnings.prefix(2).allSatisfy { $0.contains("longer than is read") })
            let key = try #require(try fixture.address(.analytics).split(separator: "/").last)
            #expect(warnings.allSatisfy { !$0.contains(key) && !$0.contains("lms.example") })
            #expect(try await desk.store.deliveries(in: nil, limit: 10).isEmpty)
        }
    }

    @Test func `events come with a checksum or with the server's secret`() async throws {
        try await Desk.open { desk in
            let query = "callbackURL=https%3A%2F%2Flms.example%2Fhook"
            expectXML(try await desk.call(.hooksCreate, query), contains: ["<hookID>"])
            let holder = try await desk.create("room-1")
            let event = try #require(holder.takeCallbacks().first { $0.kind == .hook })
            let target = String(try #require(event.url.split(separator: "?checksum=").first))
            let body = String(decoding: event.body, as: UTF8.self)
            func send(_ authorization: String) async throws -> Int {
                try await desk.send(
                    target, method: .post, headers: [.contentType: Desk.form, .authorization: authorization],
                    body: body
                ).status
            }
            #expect(try await send("Bearer wrong") == 403)
            #expect(try await send("Basic \(holder.secret.reveal())") == 403)
            #expect(try await desk.send(event.url, method: .post, body: body).status == 200)
            #expect(try await send("Bearer \(holder.secret.reveal())") == 200)
            #expect(Self.warnings(desk).count == 1)
        }
    }
}
