import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Where browsers go from a meeting when something is wrong, or not settled yet.
@Suite struct RejoinFaultTests {
    private func stand(servers count: Int = 3, _ more: Parameters = Parameters()) async throws -> Stand {
        let stand = try await Stand.reachable(servers: count)
        try await stand.create("room-1", on: "bbb1", more)
        return stand
    }

    private func browser(_ stand: Stand) async throws -> Browser {
        var browser = Browser(stand)
        try await browser.join("room-1")
        #expect(try browser.isIn)
        return browser
    }

    private func location(_ answer: CallAnswer) throws -> String {
        guard case .redirect(let url, _) = answer else { throw Stand.NoReply() }
        return url
    }

    /// A server makes meetings, and tells nobody.
    private func hang(_ server: SimulatedServer) {
        server.set(.hang, call: .create, when: .after)
        server.set(.hang, call: .getMeetingInfo)
    }

    @Test func `an error of a join without an address of the caller is told on our page`() async throws {
        let stand = try await stand()
        let ann = try await browser(stand)
        let errors = "[{\"message\":\"no\",\"key\":\"maxParticipantsReached\"}]"
        let url = try Browser.logoutURL(in: ann.location)
        let told = try location(await ann.rejoin("\(url)&errors=\(FormCoding.encode(errors))", cookie: nil))
        #expect(told == "https://plenary.example/join-failed?errors=\(FormCoding.encode(errors))")
        // Who only leaves has no error.
        #expect(try location(await ann.rejoin(url, cookie: nil)) == "\(Stand.outside)/left")
        // And nothing is told to whom nobody knows.
        let forged = url.replacing("key=", with: "key=0") + "&errors=\(FormCoding.encode(errors))"
        #expect(try location(await ann.rejoin(forged, cookie: nil)) == "\(Stand.outside)/left")
    }

    @Test func `who leaves while a move is not settled is not held up`() async throws {
        let stand = try await stand(["logoutURL": "https://lms.example/left"])
        var ann = try await browser(stand)
        let bob = try await browser(stand)
        hang(stand.servers[1])
        #expect(try await stand.move("room-1", ["serverID": "bbb2"]).messageKey == .internalError)
        #expect(try stand.mapped("room-1")?.state == .creating)
        let url = try Browser.logoutURL(in: bob.location)
        #expect(try location(await bob.rejoin(url, cookie: bob.cookie?.value)) == "https://lms.example/left")
        // Who stays comes along once it is settled.
        stand.servers[1].heal()
        await stand.pass(10)
        try await ann.pressOK()
        #expect(try ann.isIn && ann.page?.server === stand.servers[1])
    }

    @Test func `who missed a move comes into the meeting where it runs while the next move is not settled`()
        async throws
    {
        let stand = try await stand(["logoutURL": "https://lms.example/left"])
        var ann = try await browser(stand)
        #expect(try await stand.move("room-1", ["serverID": "bbb2"]).isSuccess)
        await stand.pass(4)
        hang(stand.servers[2])
        #expect(try await stand.move("room-1", ["serverID": "bbb3"]).messageKey == .internalError)
        try await ann.pressOK()
        #expect(try ann.isIn && ann.page?.server === stand.servers[1])
        stand.servers[2].heal()
        await stand.pass(10)
        try await ann.pressOK()
        #expect(try ann.isIn && ann.page?.server === stand.servers[2])
    }

    @Test func `who comes from a dead server waits until his meeting is there`() async throws {
        let stand = try await stand(servers: 2, ["logoutURL": "https://lms.example/left"])
        let ann = try await browser(stand)
        stand.servers[0].set(.refuse)
        await stand.pass(60)
        hang(stand.servers[1])
        #expect(try await stand.move("room-1").messageKey == .internalError)
        let url = try Browser.logoutURL(in: ann.location)
        guard case .moving = await ann.rejoin(url, cookie: ann.cookie?.value) else { throw Stand.NoReply() }
        stand.servers[1].heal()
        await stand.pass(4)
        #expect(try location(await ann.rejoin(url, cookie: ann.cookie?.value)).contains("/join?"))
    }
}
