import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Faults of calls that a review found, each by its symptom.
@Suite struct FoundCallFaultTests {
    /// Our own hooks at a server.
    private func hooks(_ server: SimulatedServer) -> [SimulatedHook] { server.withBBB { $0.hooks } }

    private func count(_ call: CallName, _ stand: Stand) -> Int { stand.servers.reduce(0) { $0 + $1.count(of: call) } }

    // MARK: sendChatMessage

    @Test func `what is wrong with a chat message is told before that its meeting is unknown`() async throws {
        let stand = try await Stand()
        try await stand.create("room-1")
        for id in ["nobody", "room-1"] {
            for more: Parameters in [
                [:], ["message": ""], ["message": String(repeating: "x", count: 501)],
                ["message": "Hello", "userName": String(repeating: "x", count: 256)],
            ] {
                var parameters: Parameters = ["meetingID": id]
                parameters.append(contentsOf: more)
                let reply = try await stand.reply(.sendChatMessage, parameters)
                #expect(reply.messageKey == .validationError, "\(id) \(more.encoded().prefix(40))")
            }
        }
        // No server was asked what we know ourselves.
        #expect(count(.sendChatMessage, stand) == 0)
        for parameters: Parameters in [["meetingID": "nobody", "message": "Hello"], ["message": "Hello"]] {
            #expect(try await stand.reply(.sendChatMessage, parameters).messageKey == .meetingNotFound)
        }
        #expect(
            try await stand.reply(.sendChatMessage, ["meetingID": "", "message": "Hello"]).messageKey
                == .missingParamMeetingID)
    }

    // MARK: web hooks

    @Test func `to destroy a hook without an id is told as such, also when the id is empty`() async throws {
        let stand = try await Stand()
        for parameters: Parameters in [[:], ["hookID": ""]] {
            #expect(try await stand.reply(.hooksDestroy, parameters).messageKey == "missingParamHookID")
        }
        #expect(try await stand.reply(.hooksDestroy, ["hookID": "nobody"]).messageKey == "destroyMissingHook")
    }

    static let neverCalled = [
        "lms.example", "lms.example/hook", "/hook", "ftp://lms.example/hook", "javascript:alert(1)", "https://",
        "https://user:geheim@lms.example/hook", "https://lms.example:22/hook", "https://lms example/hook",
        "https://lms.example\\@other.example/", "http://2130706433/hook", "http://127.1/hook",
        // Never, whatever the settings say.
        "http://169.254.169.254/latest/meta-data", "http://0.0.0.0:8080/hook", "http://[fe80::1]/hook",
        "https://lms.example/" + String(repeating: "x", count: 2_100),
    ]

    static let inside = [
        "http://127.0.0.1:9000/hook", "http://localhost:9000/hook", "http://10.0.0.7/hook", "http://192.168.1.1/hook",
        "http://[::1]:9000/hook", "http://[fd00::7]/hook", "http://[::ffff:10.0.0.7]/hook",
    ]

    @Test(arguments: neverCalled, [false, true]) func `a hook at an address that is never called is not registered`(
        url: String, allowsPrivate: Bool
    ) async throws {
        let stand = try await Stand.reachable { $0.allowsPrivateCallbacks = allowsPrivate }
        let reply = try await stand.signed(.hooksCreate, ["callbackURL": url], by: "client")
        #expect(reply.code == .failed && reply.messageKey == "createHookError")
        #expect(reply.message.hasPrefix("An error happened while creating your hook"))
        #expect(!reply.message.contains("geheim"))
        #expect(stand.store.roster { $0.hooks.isEmpty } && count(.hooksCreate, stand) == 0)
    }

    @Test(arguments: inside) func `a hook inside the operator's own networks is registered where that is allowed`(
        url: String
    ) async throws {
        for allowsPrivate in [false, true] {
            let stand = try await Stand.reachable { $0.allowsPrivateCallbacks = allowsPrivate }
            let reply = try await stand.signed(.hooksCreate, ["callbackURL": url], by: "client")
            #expect(reply.isSuccess == allowsPrivate)
            #expect(stand.store.roster { $0.hooks.count } == (allowsPrivate ? 1 : 0))
        }
    }

    @Test func `a hook without TLS is registered unless only https is allowed`() async throws {
        for allowsHTTP in [false, true] {
            let stand = try await Stand.reachable { $0.allowsHTTPCallbacks = allowsHTTP }
            let reply = try await stand.signed(.hooksCreate, ["callbackURL": "http://lms.example/hook"], by: "client")
            #expect(reply.isSuccess == allowsHTTP)
        }
    }

    // MARK: servers that leave

    @Test func `a server that is removed is rid of our hooks, and keeps those of others`() async throws {
        let stand = try await Stand.reachable()
        for (url, raw) in [("https://lms.example/hook", "false"), ("https://lms.example/raw", "true")] {
            let parameters: Parameters = ["callbackURL": url, "getRaw": raw]
            #expect(try await stand.signed(.hooksCreate, parameters, by: "client").isSuccess)
        }
        let leaving = stand.servers[1]
        let foreign = leaving.endpoint.request(.hooksCreate, ["callbackURL": "https://other.example/hook"])
        _ = leaving.carryOut(SimulatedRequest(foreign), at: stand.now)
        #expect(hooks(leaving).count == 3)
        // Nobody left yet.
        await stand.fleet.leaveRemovedServers()
        #expect(hooks(leaving).count == 3)
        _ = try await stand.store.removeServer(stand.server(leaving).id, force: false, now: stand.now)
        await stand.fleet.leaveRemovedServers()
        #expect(hooks(leaving).map(\.callbackURL) == ["https://other.example/hook"])
        for server in [stand.servers[0], stand.servers[2]] { #expect(hooks(server).count == 2) }
        // Once is enough.
        let asked = leaving.count(of: .hooksList)
        await stand.fleet.leaveRemovedServers()
        #expect(leaving.count(of: .hooksList) == asked)
    }

    @Test(arguments: [SimulatedFault.refuse, .hang, .status(404), .garbage, .wrongSecret])
    func `a server that is removed because it is dead holds nothing up`(fault: SimulatedFault) async throws {
        let stand = try await Stand.reachable()
        #expect(
            try await stand.signed(.hooksCreate, ["callbackURL": "https://lms.example/hook"], by: "client").isSuccess)
        let leaving = stand.servers[1]
        leaving.set(fault)
        _ = try await stand.store.removeServer(stand.server(leaving).id, force: true, now: stand.now)
        let began = stand.clock.uptime
        await stand.fleet.leaveRemovedServers()
        #expect(stand.clock.uptime - began < .seconds(10))
        #expect(hooks(leaving).count == 1)
    }

    // MARK: names that are numbers

    @Test func `of a server's number and another one's name the number counts`() async throws {
        let stand = try await Stand.reachable(servers: 3)
        // Older versions took such names.
        for name in ["1", "2", "3"] { _ = try await stand.addServer(name) }
        await stand.pollAll()
        try await stand.create("room-1", on: "bbb1")
        for number in ["2", "3", "1", "3", "2"] {
            #expect(try await stand.move("room-1", ["serverID": number]).isSuccess)
            #expect(try stand.holder("room-1").name == "bbb\(number)")
            stand.clock.advance(by: .seconds(1))
            await stand.pollAll()
        }
    }
}
