import BigBlueButton
import HTTPTypes
import InMemoryLogging
import Logging
import PlenaryFleet
import PlenarySimulator
import Testing

@Suite struct LogTests {
    private static func lines(_ desk: Desk) -> [String] {
        desk.logs.entries.map { entry in
            let fields = entry.metadata.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
            return "\(entry.level) \(entry.message) \(fields) \(entry.error.map { "\($0)" } ?? "")"
        }
    }

    @Test func `a request is one line that names the call, the status and the time it took`() async throws {
        try await Desk.open { desk in
            desk.logs.clear()
            _ = try await desk.call(.isMeetingRunning, "meetingID=room-1")
            _ = try await desk.send("/bigbluebutton/api/frob%0Anicate?x=1", method: .post)
            _ = try await desk.send("/livez")
            _ = try await desk.send("/nowhere")
            let requests = desk.logs.entries.filter { $0.message == "request" }
            let routes = requests.map { "\($0.metadata["http.route"] ?? "")" }
            #expect(routes == ["bbb/isMeetingRunning", "bbb/other", "/livez", "NotFound"])
            #expect(requests.map { $0.metadata["http.response.status_code"] } == ["200", "200", "200", "404"])
            #expect(requests.map { $0.metadata["http.request.method"] } == ["GET", "POST", "GET", "GET"])
            #expect(requests.allSatisfy { $0.metadata["duration.ms"] != nil && $0.level == .info })
        }
    }

    @Test func `no log line has a secret, a checksum, a password or a participant's name`() async throws {
        try await Desk.open { desk in
            let holder = try await desk.create("room-1")
            let join = "fullName=Annabel+Lee&meetingID=room-1&password=mp-secret&userID=user-4711"
            let joined = try await desk.call(.join, join)
            _ = try await desk.call(.join, join + "&redirect=false")
            _ = try await desk.call(.getMeetingInfo, "meetingID=room-1")
            _ = try await desk.call(.getMeetings)
            _ = try await desk.send("/bigbluebutton/api/getMeetings?checksum=badbadbad")
            _ = try await desk.send("/join-failed?errors=Annabel")
            _ = try await desk.send(
                "/bigbluebutton/api/create", method: .post, headers: [.contentType: Desk.form],
                body: "meetingID=x&checksum=badbadbad&moderatorPW=mp-secret")
            // Faults of every kind, and what they are told as.
            let faults: [SimulatedFault] = [
                .status(502), .garbage, .truncated, .emptyBody, .wrongSecret, .refuse, .hang,
            ]
            for fault in faults {
                holder.set(fault)
                _ = try await desk.call(.getMeetingInfo, "meetingID=room-1")
                _ = try await desk.call(
                    .create, "name=Room+room-1&meetingID=room-1&moderatorPW=mp-secret&attendeePW=ap-secret")
                _ = try await desk.call(.end, "meetingID=room-1&password=mp-secret")
                await desk.poll()
                holder.heal()
                await desk.pass(20)
            }
            await desk.fleet.flushJoins()
            let lines = Self.lines(desk)
            #expect(lines.count > 20)
            let forbidden =
                [
                    Desk.secret, "mp-secret", "ap-secret", "Annabel", "user-4711", "checksum=", "badbadbad",
                    "JSESSIONID",
                    "sessionToken", try Desk.checksum(.join, join),
                    try #require(joined.headers[.location]?.split(separator: "checksum=").last.map(String.init)),
                ] + Desk.serverSecrets
            for line in lines { for text in forbidden { #expect(!line.contains(text), "\(line)") } }
        }
    }
}
