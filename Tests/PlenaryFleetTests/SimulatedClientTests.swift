import BigBlueButton
import PlenaryFleet
import Testing

@testable import PlenarySimulator

/// The page that a browser shows.
@Suite struct SimulatedClientTests {
    /// Joins the meeting of ``SimulatedWorld/room``.
    ///
    /// - Returns: the session token.
    private static func join(_ more: Parameters = [:], in world: SimulatedWorld) async throws -> String {
        var given: Parameters = [
            "meetingID": "abc123", "fullName": "Ann <b>", "userID": "u 1", "role": "viewer", "redirect": "false",
        ]
        given.append(contentsOf: more)
        return try #require(try await world.reply(.join, given).root.text(of: "session_token"))
    }

    private static func page(_ token: String, in world: SimulatedWorld) -> String {
        world.fetch("/html5client/?sessionToken=\(token)").body.asText
    }

    private static func state(_ token: String, in world: SimulatedWorld) -> String {
        world.fetch("/html5client/state?sessionToken=\(token)").body.asText
    }

    @Test func `the page names meeting, server and user, and asks whether it goes on`() async throws {
        let world = try SimulatedWorld()
        try await world.create()
        let token = try await Self.join(in: world)
        #expect(Self.state(token, in: world) == "here")
        let page = Self.page(token, in: world)
        for part in [
            "<h1 id=\"meeting\">Test</h1>", "<span id=\"server\">bbb-1</span>",
            "<span id=\"user\">Ann &lt;b&gt;</span>, you are in this meeting", "<div id=\"live\">",
            "<div id=\"ended\" hidden>", "/html5client/state", "300",
        ] {
            #expect(page.contains(part), "\(part)")
        }
        #expect(world.server.meetings.first?.participants.count == 1)
    }

    @Test func `a page knows the end, whoever ended it, and a reboot too`() async throws {
        let world = try SimulatedWorld()
        try await world.create()
        let first = try await Self.join(in: world)
        _ = Self.page(first, in: world)
        world.server.endMeeting(try world.roomID())
        #expect(Self.state(first, in: world) == "ended")
        let page = Self.page(first, in: world)
        #expect(page.contains("<div id=\"live\" hidden>"))
        #expect(page.contains("<div id=\"ended\">\n<p>The meeting has ended</p>\n<button id=\"ok\" "))
        try await world.create()
        let second = try await Self.join(in: world)
        world.server.reboot()
        #expect(Self.state(second, in: world) == "ended")
        #expect(world.fetch("/html5client/?sessionToken=\(second)").status == 401)
    }

    private static let exits: [(Parameters, Parameters, String)] = [
        ([:], [:], "https://bbb-1.test"),
        (["logoutURL": "https://lms.test/?a=1&b=2"], [:], "https://lms.test/?a=1&amp;b=2"),
        (["logoutURL": "https://lms.test/"], ["logoutURL": "https://lms.test/ann"], "https://lms.test/ann"),
        (
            ["logoutURL": "https://lms.test/%%MEETINGID%%/%%USERID%%/%%USERNAME%%"], [:],
            "https://lms.test/abc123/u%201/Ann%20%3Cb%3E"
        ),
        (["logoutURL": "javascript:alert(1)"], [:], "https://bbb-1.test"),
    ]

    @Test(arguments: exits)
    func `the button leads where the join said, else where create said`(
        create: Parameters, join: Parameters, url: String
    ) async throws {
        let world = try SimulatedWorld()
        try await world.create(create)
        let token = try await Self.join(join, in: world)
        let button = "<button id=\"ok\" data-url=\"\(url)\">OK</button>"
        #expect(Self.page(token, in: world).contains(button))
        world.server.endMeeting(try world.roomID())
        #expect(Self.page(token, in: world).contains(button))
    }

    @Test func `a guest who waits is told so, and is not in the meeting`() async throws {
        let world = try SimulatedWorld()
        try await world.create(["guestPolicy": "ASK_MODERATOR"])
        let token = try await Self.join(["guest": "true"], in: world)
        #expect(Self.page(token, in: world).contains("Please wait: a moderator lets guests in."))
        #expect(Self.state(token, in: world) == "here")
        #expect(world.server.meetings.first?.participants.isEmpty == true)
    }

    @Test func `the latest thousand sessions are remembered`() async throws {
        let world = try SimulatedWorld()
        var tokens: [String] = []
        try await world.create()
        for _ in 0..<1_001 { tokens.append(try await Self.join(in: world)) }
        world.server.endMeeting(try world.roomID())
        let first = try #require(tokens.first)
        let last = try #require(tokens.last)
        #expect(world.fetch("/html5client/?sessionToken=\(first)").status == 401)
        #expect(world.fetch("/html5client/?sessionToken=\(last)").status == 200)
    }

    @Test func `what pages keep asking is not written down and uses up no fault`() async throws {
        let world = try SimulatedWorld()
        world.server.set(.status(502), remaining: 1)
        let question = SimulatedRequest(target: "/html5client/state?sessionToken=x")
        guard case .answered(let answer) = world.server.receive(question, at: world.time.now) else {
            Issue.record("it is answered")
            return
        }
        #expect(answer.status == 200)
        #expect(world.server.recentRequests.isEmpty)
        #expect(world.server.faults.count == 1)
        world.server.set(.status(503))
        guard case .answered(let refusal) = world.server.receive(question, at: world.time.now) else {
            Issue.record("it is answered")
            return
        }
        #expect(refusal.status == 503)
    }
}
