import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Participants of a meeting that was moved come into the new one (`balancer.md` 6, rejoin).
@Suite struct RejoinTests {
    private static let left = "\(Stand.outside)/left"

    /// A meeting on the first server.
    private func stand(
        servers count: Int = 3, _ more: Parameters = Parameters(), tune: (inout FleetSettings) -> Void = { _ in }
    ) async throws -> Stand {
        let stand = try await Stand.reachable(servers: count, tune: tune)
        try await stand.create("room-1", on: "bbb1", more)
        return stand
    }

    private func browser(_ stand: Stand, _ more: Parameters = ["role": "VIEWER"]) async throws -> Browser {
        var browser = Browser(stand)
        try await browser.join("room-1", more)
        #expect(try browser.isIn)
        return browser
    }

    private func location(_ answer: CallAnswer) throws -> String {
        guard case .redirect(let url, _) = answer else { throw Stand.NoReply() }
        return url
    }

    // MARK: into the new meeting

    @Test func `who presses OK is in the new meeting, as who he was`() async throws {
        let stand = try await stand(["attendeePW": "ap", "moderatorPW": "mp"])
        let created = try #require(stand.servers[0].meetings.first).createTime
        var ann = try await browser(
            stand,
            [
                "password": "mp", "userID": "u-1", "createTime": created.description, "userdata-bbb_skip": "true",
                "logoutURL": "https://lms.example/left",
            ])
        var bob = Browser(stand)
        try await bob.join("room-1", ["password": "ap"], as: "Bob & Süß")
        stand.clock.advance(by: .seconds(60))
        #expect(try await stand.move("room-1", ["serverID": "bbb2"]).isSuccess)
        try await ann.pressOK()
        try await bob.pressOK()
        #expect(try ann.isIn && bob.isIn)
        let people = try #require(stand.servers[1].meetings.first).participants
        #expect(people.map(\.fullName) == ["Ann", "Bob & Süß"] && people.map(\.role) == [.moderator, .viewer])
        #expect(people.first?.userID == "u-1")
        let sent = Parameters(parsing: Browser.query(of: ann.location))
        #expect(sent["createTime"] == nil && sent["userdata-bbb_skip"] == "true")
        // It counts as a join.
        await stand.fleet.flushJoins()
        let number = try #require(try stand.mapped("room-1")).number
        #expect(try await stand.store.joins(of: number).map(\.fullName) == ["Ann", "Bob & Süß"])
    }

    @Test func `who was there through two moves comes along both times`() async throws {
        let stand = try await stand()
        var ann = try await browser(stand)
        for server in [stand.servers[1], stand.servers[2], stand.servers[0]] {
            #expect(try await stand.move("room-1", ["serverID": server.name]).isSuccess)
            try await ann.pressOK()
            #expect(try ann.isIn && ann.page?.server === server)
            await stand.pollAll()
        }
    }

    @Test func `who missed a move comes into the last one`() async throws {
        let stand = try await stand()
        var ann = try await browser(stand)
        for server in [stand.servers[1], stand.servers[2], stand.servers[1]] {
            #expect(try await stand.move("room-1", ["serverID": server.name]).isSuccess)
            await stand.pass(10)
        }
        try await ann.pressOK()
        #expect(try ann.isIn && ann.page?.server === stand.servers[1])
    }

    @Test func `who was on a server that died comes into the meeting that took its place`() async throws {
        let stand = try await stand(["logoutURL": "https://lms.example/left"])
        var ann = try await browser(stand)
        stand.servers[0].set(.refuse)
        await stand.pass(60)
        #expect(try await stand.create("room-1").isSuccess)
        stand.servers[0].heal()
        await stand.pass(20)
        try await ann.pressOK()
        #expect(try ann.isIn && ann.page?.server !== stand.servers[0])
    }

    @Test func `who joined with a link of an older server comes in by the create's address`() async throws {
        let stand = try await stand(["logoutURL": "https://lms.example/left"]) { $0.rejoin = .create }
        let given = try #require(stand.servers[0].meetings.first).parameters["logoutURL"] ?? ""
        #expect(given.hasPrefix("\(Stand.outside)/bigbluebutton/api/rejoin?"))
        let ann = try await browser(stand)
        #expect(try await stand.move("room-1", ["serverID": "bbb3"]).isSuccess)
        // Before 3.0 what the join says of it counts for errors only.
        let url = try location(await ann.rejoin(given, cookie: ann.cookie?.value))
        #expect(url.hasPrefix(stand.servers[2].url.text + "/join?"))
        #expect(stand.servers[2].meetings.first?.parameters["logoutURL"] != given)
    }

    // MARK: to where the caller wants them

    @Test func `who leaves a meeting that was not moved goes where the caller wants`() async throws {
        let stand = try await stand(["logoutURL": "https://lms.example/create"])
        let cases: [(String?, String)] = [
            ("https://lms.example/join?a=1&b=2", "https://lms.example/join?a=1&b=2"),
            (nil, "https://lms.example/create"), ("", "https://lms.example/create"),
            ("javascript:alert(1)", Self.left),
        ]
        for (given, expected) in cases {
            var more: Parameters = ["role": "VIEWER"]
            if let given { more["logoutURL"] = given }
            let ann = try await browser(stand, more)
            // In the middle of the meeting, by its own button.
            let url = try Browser.logoutURL(in: ann.location)
            #expect(try location(await ann.rejoin(url, cookie: ann.cookie?.value)) == expected)
        }
        var last = try await browser(stand)
        stand.servers[0].endMeeting(try stand.id("room-1"))
        await stand.pollAll()
        try await last.pressOK()
        #expect(last.location == "https://lms.example/create")
    }

    @Test func `without any address there is a page of ours`() async throws {
        let stand = try await stand()
        var ann = try await browser(stand)
        stand.servers[0].endMeeting(try stand.id("room-1"))
        await stand.pollAll()
        try await ann.pressOK()
        #expect(ann.location == Self.left)
    }

    @Test func `a meeting that ended and was made again is another one`() async throws {
        let stand = try await stand(["logoutURL": "https://lms.example/left"])
        var ann = try await browser(stand)
        let url = try Browser.logoutURL(in: ann.location)
        #expect(try await stand.reply(.end, ["meetingID": "room-1"]).isSuccess)
        await stand.pollAll()
        #expect(try await stand.create("room-1").isSuccess)
        try await ann.pressOK()
        #expect(ann.location == "https://lms.example/left")
        // Also when that one is moved.
        #expect(try await stand.move("room-1").isSuccess)
        #expect(try location(await ann.rejoin(url, cookie: ann.cookie?.value)) == "https://lms.example/left")
    }

    @Test func `names are filled in where the caller wants them`() async throws {
        let address = "https://lms.example/left?m=%%MEETINGID%%&u=%%USERID%%&n=%%USERNAME%%"
        let expected = "https://lms.example/left?m=room-1&u=u%261&n=Ann"
        // In the join, and in the create alone.
        for isInJoin in [true, false] {
            let stand = try await stand(isInJoin ? [:] : ["logoutURL": address])
            var more: Parameters = ["role": "VIEWER", "userID": "u&1"]
            if isInJoin { more["logoutURL"] = address }
            var ann = try await browser(stand, more)
            stand.servers[0].endMeeting(try stand.id("room-1"))
            await stand.pollAll()
            try await ann.pressOK()
            #expect(ann.location == expected, "\(isInJoin)")
        }
    }

    @Test func `an error of an older server's join is told where the caller wants it`() async throws {
        let stand = try await stand(["logoutURL": "https://lms.example/left?a=1"])
        let ann = try await browser(stand)
        let errors = "[{\"message\":\"no\",\"key\":\"maxParticipantsReached\"}]"
        let url = try Browser.logoutURL(in: ann.location) + "&errors=" + FormCoding.encode(errors)
        let expected = "https://lms.example/left?a=1&errors=" + FormCoding.encode(errors)
        #expect(try location(await ann.rejoin(url, cookie: ann.cookie?.value)) == expected)
    }

    // MARK: who is believed

    @Test func `without the cookie of this very meeting nobody gets in`() async throws {
        let stand = try await stand(["logoutURL": "https://lms.example/left"])
        try await stand.create("room-2", on: "bbb1")
        let ann = try await browser(stand)
        var bob = Browser(stand)
        try await bob.join("room-2")
        #expect(try await stand.move("room-1").isSuccess)
        #expect(try await stand.move("room-2").isSuccess)
        let url = try Browser.logoutURL(in: ann.location)
        let good = try #require(ann.cookie?.value)
        let other = try #require(bob.cookie?.value)
        let parts = good.split(separator: ".").map(String.init)
        let forged = Base64URL.encode("fullName=Eve&meetingID=room-1&role=MODERATOR".utf8)
        let otherParts = other.split(separator: ".").map(String.init)
        let cookies: [String?] = [
            nil, "", "x", "..", other, String(good.dropLast()), good + "0", "\(parts[0]).\(forged).\(parts[2])",
            "\(parts[0]).\(otherParts[1]).\(otherParts[2])", "\(otherParts[0]).\(parts[1]).\(parts[2])",
            "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).", good + ".x",
        ]
        for cookie in cookies {
            #expect(
                try location(await ann.rejoin(url, cookie: cookie)) == "https://lms.example/left", "\(cookie ?? "-")")
        }
        #expect(try location(await ann.rejoin(url, cookie: good)).contains("/join?"))
    }

    @Test func `nobody is sent where no caller wanted it`() async throws {
        let stand = try await stand()
        let ann = try await browser(stand, ["role": "VIEWER", "logoutURL": "https://lms.example/left"])
        let query = Parameters(parsing: Browser.query(of: try Browser.logoutURL(in: ann.location)))
        #expect(query["logout"] == "https://lms.example/left")
        func changed(_ change: (inout Parameters) -> Void) async throws -> String {
            var query = query
            change(&query)
            return try location(await stand.fleet.rejoin(query, cookie: nil))
        }
        #expect(try await changed { _ in } == "https://lms.example/left")
        #expect(try await changed { $0["logout"] = "https://evil.example/" } == Self.left)
        #expect(try await changed { $0["sign"] = nil } == Self.left)
        #expect(try await changed { $0["sign"] = "" } == Self.left)
        #expect(try await changed { $0["logout"] = nil } == Self.left)
        // A wrong key opens nothing, not even what is signed.
        for key in [nil, "", "0", String(repeating: "0", count: 32)] {
            #expect(try await changed { $0["key"] = key } == Self.left)
        }
        for number in [nil, "", "x", "-1", "99", "9999999999999999999"] {
            #expect(try await changed { $0["meetingID"] = number } == Self.left)
        }
        // The address of another meeting with this one's signature.
        try await stand.create("room-2", on: "bbb1")
        var bob = Browser(stand)
        try await bob.join("room-2")
        let other = Parameters(parsing: Browser.query(of: try Browser.logoutURL(in: bob.location)))
        let mixed = try await changed {
            $0["meetingID"] = other["meetingID"]
            $0["key"] = other["key"]
        }
        #expect(mixed == Self.left)
        // What names put into it stays a part of it.
        let named = try await self.stand(["logoutURL": "https://lms.example/%%USERNAME%%"])
        let eve = try await browser(named)
        let url = try Browser.logoutURL(in: eve.location).replacing("%%USERNAME%%", with: "..%2F%3Fx%3D1%26%23%0D%0A")
        let answer = try location(await eve.rejoin(url, cookie: nil))
        #expect(answer == "https://lms.example/..%2F%3Fx%3D1%26%23%0D%0A")
    }

    @Test func `the cookie is for this place only, and as long as browsers keep`() async throws {
        let stand = try await stand()
        let ann = try await browser(stand)
        let cookie = try #require(ann.cookie)
        #expect(cookie.name == "plenary_join" && cookie.path == "/bigbluebutton/api/rejoin")
        #expect(cookie.maxAge == .seconds(86_400))
        #expect(cookie.value.utf8.allSatisfy { FormCoding.encode(String(UnicodeScalar($0))).utf8.count == 1 })
        // One that no browser would take is not set; the join works all the same.
        let long = try await browser(stand, ["role": "VIEWER", "userdata-x": String(repeating: "x", count: 4_000)])
        #expect(long.cookie == nil)
    }

    @Test func `a join that is answered in XML, or is off, leaves no cookie`() async throws {
        let stand = try await stand()
        let join: Parameters = ["fullName": "Ann", "meetingID": "room-1", "role": "VIEWER", "redirect": "false"]
        guard case .relayed(_, let cookies) = await stand.answer(.join, join) else { throw Stand.NoReply() }
        #expect(!cookies.contains { $0.hasPrefix("plenary_join") })
        let off = try await self.stand(["logoutURL": "https://lms.example/create"]) { $0.rejoin = .off }
        let bob = try await browser(off, ["role": "VIEWER", "logoutURL": "https://lms.example/join"])
        #expect(bob.cookie == nil)
        #expect(try Browser.logoutURL(in: bob.location) == "https://lms.example/join")
        #expect(off.servers[0].meetings.first?.parameters["logoutURL"] == "https://lms.example/create")
    }

    // MARK: while it is not there yet

    @Test func `who comes while the new meeting cannot be reached is asked to wait`() async throws {
        let stand = try await stand()
        let ann = try await browser(stand)
        let url = try Browser.logoutURL(in: ann.location)
        #expect(try await stand.move("room-1", ["serverID": "bbb2"]).isSuccess)
        stand.servers[1].set(.refuse)
        await stand.pass(60)
        #expect(try stand.isOffline(stand.servers[1]))
        guard case .moving = await ann.rejoin(url, cookie: ann.cookie?.value) else { throw Stand.NoReply() }
        stand.servers[1].heal()
        await stand.pass(10)
        #expect(try location(await ann.rejoin(url, cookie: ann.cookie?.value)).contains("/join?"))
    }
}
