import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// getMeetingEvents, as seed 004 has it.
@Suite struct MeetingEventsCallTests {
    /// The ids of the meetings that a query finds, in its order.
    private static func found(_ query: String, in stand: Stand) async throws -> [String] {
        let answer = await stand.answer(to: Call(.getMeetingEvents, rawQuery: query))
        let reply = try Reply(try #require(answer.bodyOctets))
        try #require(reply.isSuccess, "\(query): \(reply.octets.asText)")
        return reply.root.child("events")?.children.compactMap { $0.text(of: "meetingID") } ?? []
    }

    private static func join(_ id: String, _ name: String, in stand: Stand, _ more: Parameters = [:]) async throws {
        var parameters: Parameters = ["fullName": name, "meetingID": id]
        parameters.append(contentsOf: more)
        if more["password"] == nil, more["role"] == nil { parameters["role"] = "VIEWER" }
        guard case .redirect = await stand.answer(.join, parameters) else { throw Stand.NoReply() }
    }

    private static func end(_ id: String, in stand: Stand) async throws {
        #expect(try await stand.reply(.end, ["meetingID": id]).isSuccess)
        await stand.pollAll()
        #expect(try stand.mapped(id) == nil)
    }

    // MARK: one event

    @Test func `an event is told element by element as in the founding document`() async throws {
        let stand = try await Stand(servers: 1)
        let created = stand.clock.now
        try await stand.create(
            "room-1",
            [
                "attendeePW": "ap", "moderatorPW": "mp", "load": "2", "meta_Community": "English Class 2",
                "welcome": "<br>Welcome to <b>%%CONFNAME%%</b> & \u{E9}!", "record": "false", "1x": "no element",
                "no name": "no element", "meta_room_id": "123",
            ])
        var times: [WireTime] = []
        for more in [["role": "MODERATOR", "userID": "u1"], ["password": "ap"], ["password": "mp"]] as [Parameters] {
            stand.clock.advance(by: .milliseconds(10))
            times.append(stand.clock.now)
            try await Self.join("room-1", "Ann <&>", in: stand, more)
        }
        stand.clock.advance(by: .seconds(4))
        try await Self.end("room-1", in: stand)
        func user(_ role: String, _ time: WireTime) -> String {
            "<user><name>Ann &lt;&amp;&gt;</name><role>\(role)</role><createdAt>\(time)</createdAt></user>"
        }
        let users = user("moderator", times[0]) + user("attendee", times[1]) + user("moderator", times[2])
        #expect(
            try await stand.xml(.getMeetingEvents).asText
                == "<response><returncode>SUCCESS</returncode><events><event><meetingID>room-1</meetingID>"
                + "<name>Room room-1</name><createdAt>\(created)</createdAt><endedAt>\(stand.clock.now)</endedAt>"
                + "<server><name>bbb1</name><url>http://bbb1.example</url></server><users>\(users)</users>"
                + "<query><name>Room room-1</name><meetingID>room-1</meetingID><attendeePW>ap</attendeePW>"
                + "<moderatorPW>mp</moderatorPW><load>2</load><meta_Community>English Class 2</meta_Community>"
                + "<welcome>&lt;br&gt;Welcome to &lt;b&gt;%%CONFNAME%%&lt;/b&gt; &amp; \u{E9}!</welcome>"
                + "<record>false</record><meta_room_id>123</meta_room_id></query></event></events></response>")
    }

    @Test func `a meeting in which nobody was has no users, one that runs has no end, and nothing is an empty list`()
        async throws
    {
        let stand = try await Stand(servers: 1)
        let nothing = "<response><returncode>SUCCESS</returncode><events/></response>"
        #expect(try await stand.xml(.getMeetingEvents).asText == nothing)
        try await stand.create("room-1")
        #expect(try await stand.xml(.getMeetingEvents).asText == nothing)
        let text = try await stand.xml(.getMeetingEvents, ["users": "0"]).asText
        #expect(text.contains("</server><users/><query>"))
        #expect(!text.contains("endedAt"))
    }

    @Test(arguments: [false, true])
    func `a meeting made again before anybody saw its end is told twice, with who came to each`(isSeenByPoll: Bool)
        async throws
    {
        let stand = try await Stand(servers: 1)
        let started = stand.clock.now
        try await stand.create("room-1", ["welcome": "first"])
        try await Self.join("room-1", "Ann", in: stand)
        stand.clock.advance(by: .seconds(1))
        stand.servers[0].endMeeting(try stand.id("room-1"), at: stand.now)
        if isSeenByPoll {
            // Its server makes it anew for a create whose answer is lost.
            let call = stand.servers[0].endpoint.request(.create, ["meetingID": "room-1", "name": "Room"])
            _ = try await stand.network.send(call, deadline: .seconds(5))
            await stand.pollAll()
        }
        try await stand.create("room-1", ["welcome": "second"])
        try await Self.join("room-1", "Bob", in: stand)
        let events = try await stand.reply(.getMeetingEvents).root.child("events")?.children ?? []
        let told: [[String?]] = events.map { event in
            let people = event.child("users")?.children.compactMap { $0.text(of: "name") } ?? []
            return [event.text(of: "createdAt"), event.text(of: "endedAt"), people.joined(separator: ",")]
        }
        #expect(told == [["\(stand.now)", nil, "Bob"], ["\(started)", "\(stand.now)", "Ann"]])
        let welcomes = events.map { $0.child("query")?.text(of: "welcome") }
        #expect(welcomes == [isSeenByPoll ? "first" : "second", "first"])
    }

    @Test func `a role that is none does not hide what the password says`() async throws {
        let stand = try await Stand(servers: 1)
        try await stand.create("room-1", ["attendeePW": "ap", "moderatorPW": "mp"])
        // A server ignores such a role (`bbb-api.md` 5.3.1).
        try await Self.join("room-1", "Ann", in: stand, ["role": "owner", "password": "mp"])
        let reply = try await stand.reply(.getMeetingEvents)
        let user = reply.root.child("events")?.child("event")?.child("users")?.child("user")
        #expect(user?.text(of: "role") == "moderator")
    }

    @Test func `a join that its server refused is none`() async throws {
        let stand = try await Stand(servers: 1)
        try await stand.create("room-1")
        let refused = await stand.answer(
            .join, ["fullName": "Ann", "meetingID": "room-1", "password": "wrong", "redirect": "false"])
        #expect(try Said.words(refused) == "relayed FAILED Params required")
        #expect(try await Self.found("", in: stand) == [])
    }

    @Test func `a create that never came to be is no event, and another account's is not told`() async throws {
        let world = try await TwoAccounts()
        let stand = world.stand
        for server in stand.servers { server.set(.failed(.idNotUnique, "no"), call: .create) }
        #expect(try await !stand.create("room-1").isSuccess)
        #expect(try await Self.found("users=0", in: stand) == ["mine-3", "mine-2", "mine-1"])
        let answer = await stand.answer(to: Call(.getMeetingEvents, rawQuery: "users=0"), of: world.other)
        #expect(try Said.words(answer) == "SUCCESS 1")
    }

    @Test func `a meeting whose server has left the fleet is still told with it`() async throws {
        let stand = try await Stand(servers: 2)
        try await stand.create("room-1", ["preferredServer": "bbb2"])
        try await Self.end("room-1", in: stand)
        let removed = try await stand.store.removeServer(
            try stand.server(stand.servers[1]).id, force: false, now: stand.clock.now)
        #expect(removed == .removed(endedMeetings: 0))
        let text = try await stand.xml(.getMeetingEvents, ["users": "0"]).asText
        #expect(text.contains("<server><name>bbb2</name><url>http://bbb2.example</url></server>"))
    }

    // MARK: how many

    @Test func `people count once, however often they join`() async throws {
        let stand = try await Stand(servers: 1)
        for id in ["none", "one", "same", "two"] {
            try await stand.create(id)
            stand.clock.advance(by: .milliseconds(1))
        }
        try await Self.join("one", "Ann", in: stand)
        try await Self.join("one", "Ann", in: stand)
        try await Self.join("same", "Ann", in: stand, ["userID": "u1"])
        try await Self.join("same", "Ann at home", in: stand, ["userID": "u1"])
        try await Self.join("two", "Ann", in: stand, ["userID": "u1"])
        try await Self.join("two", "Ann", in: stand, ["userID": "u2"])
        #expect(try await Self.found("", in: stand) == ["two", "same", "one"])
        #expect(try await Self.found("users=0", in: stand) == ["two", "same", "one", "none"])
        #expect(try await Self.found("users=1", in: stand) == ["two", "same", "one"])
        #expect(try await Self.found("users=2", in: stand) == ["two"])
        #expect(try await Self.found("users=3", in: stand) == [])
        // One for each time that somebody joined.
        let events = try await stand.reply(.getMeetingEvents).root.child("events")?.children ?? []
        #expect(events.map { $0.child("users")?.children.count } == [2, 2, 2])
    }

    @Test func `the newest come first, fifty of them, as many as are wanted, never more than a hundred`() async throws {
        let stand = try await Stand()
        var ids: [String] = []
        for number in 0..<105 {
            ids.insert("room-\(number)", at: 0)
            #expect(try await stand.create("room-\(number)").isSuccess)
            stand.clock.advance(by: .milliseconds(1))
        }
        for (query, count) in [("", 50), ("&limit=", 50), ("&limit=3", 3), ("&limit=100", 100), ("&limit=1000", 100)] {
            let found = try await Self.found("users=0\(query)", in: stand)
            #expect(found == Array(ids.prefix(count)), "\(query)")
        }
    }

    // MARK: when

    /// Monday: `mon` begins. Tuesday: it ends, and `tue` begins. Wednesday: that ends, and `wed` begins, which runs.
    private static func week() async throws -> Stand {
        let stand = try await Stand(servers: 1)
        var last: String?
        for id in ["mon", "tue", "wed"] {
            if let last { try await end(last, in: stand) }
            try await stand.create(id)
            last = id
            stand.clock.advance(by: .seconds(86_400))
            await stand.pollAll()
        }
        return stand
    }

    private static let dates: [(String, [String])] = [
        ("", ["wed", "tue", "mon"]), ("createdAt=2018-07-09", ["wed", "tue", "mon"]),
        ("createdAt=2018-07-10", ["wed", "tue"]), ("createdAt=2018-07-11", ["wed"]), ("createdAt=2018-07-12", []),
        ("createdAt=2018-02-28", ["wed", "tue", "mon"]), ("createdAt=2020-02-29", []),
        ("endedAt=2018-07-09", []), ("endedAt=2018-07-10", ["mon"]), ("endedAt=2018-07-11", ["tue", "mon"]),
        ("endedAt=2030-01-01", ["tue", "mon"]), ("createdAt=2018-07-10&endedAt=2018-07-11", ["tue"]),
        // As in the founding document's own example.
        ("createdAt=2018-07-10&createdAt=2018-07-11", ["tue"]), ("createdAt=2018-07-09&createdAt=2018-07-10", ["mon"]),
        // Otherwise the first one counts.
        ("createdAt=2018-07-10&createdAt=2018-07-09&endedAt=2018-07-11", ["tue"]),
        ("endedAt=2018-07-10&createdAt=2018-07-09&createdAt=2018-07-11", ["mon"]),
        ("createdAt=&endedAt=&limit=", ["wed", "tue", "mon"]), ("createdAt=2018-07-10&limit=1", ["wed"]),
        ("meetingID=tue&name=x", ["wed", "tue", "mon"]),
    ]

    @Test(arguments: dates) func `days choose by when meetings began and ended`(query: String, ids: [String])
        async throws
    {
        let stand = try await Self.week()
        #expect(try await Self.found("users=0&\(query)", in: stand) == ids)
    }

    @Test func `a day is over at midnight, UTC, and not before`() async throws {
        let stand = try await Stand(servers: 1)
        try await stand.create("late")
        let midnight = WireTime(milliseconds: 1_531_180_800_000)
        let left = midnight.since(stand.clock.now) - .milliseconds(1)
        stand.clock.advance(by: left)
        try await Self.end("late", in: stand)
        stand.clock.advance(by: .milliseconds(1))
        #expect(stand.clock.now == midnight)
        try await stand.create("early")
        try await Self.end("early", in: stand)
        #expect(try await Self.found("users=0&endedAt=2018-07-09", in: stand) == ["late"])
        #expect(try await Self.found("users=0&createdAt=2018-07-10", in: stand) == ["early"])
        #expect(try await Self.found("users=0&createdAt=2018-07-09", in: stand) == ["early", "late"])
    }

    private static let bad = [
        "createdAt=2018-7-9", "createdAt=2018-02-29", "createdAt=2018-13-01", "createdAt=2018-00-10",
        "createdAt=2018-07-32", "createdAt=09.07.2018", "createdAt=2018-07-09T00%3A00%3A00Z", "createdAt=yesterday",
        "createdAt=1531155809613", "createdAt=%202018-07-09x", "endedAt=2018-07-1", "endedAt=today",
        "createdAt=2018-07-09&createdAt=never", "users=-1", "users=two", "users=1.5",
        "limit=-5", "limit=many", "limit=1e2",
    ]

    @Test(arguments: bad) func `what is no date and no number is refused`(query: String) async throws {
        let stand = try await Stand(servers: 1)
        let answer = await stand.answer(to: Call(.getMeetingEvents, rawQuery: query))
        #expect(
            answer.bodyOctets?.asText
                == "<response><returncode>FAILED</returncode><messageKey>invalidParameters</messageKey>"
                + "<message>The URL you supplied has parameters that are not accepted.</message></response>")
    }
}
