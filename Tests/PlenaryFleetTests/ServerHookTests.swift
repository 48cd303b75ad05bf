import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Our own hooks at the servers, whatever becomes of these (`balancer.md` 11).
@Suite struct ServerHookTests {
    private func hook(_ stand: Stand, _ name: String = "hook", _ more: Parameters = [:]) async throws -> String {
        var parameters: Parameters = ["callbackURL": "https://lms.example/\(name)"]
        parameters.append(contentsOf: more)
        let reply = try await stand.signed(.hooksCreate, parameters, by: "client")
        return try #require(reply.root.text(of: "hookID"))
    }

    private func destroy(_ id: String, _ stand: Stand) async throws {
        #expect(try await stand.signed(.hooksDestroy, ["hookID": id], by: "client").isSuccess)
    }

    private func hooks(_ server: SimulatedServer) -> [SimulatedHook] { server.withBBB { $0.hooks } }

    /// The service of web hooks forgets all it knew.
    private func forgetHooks(_ server: SimulatedServer, _ stand: Stand) async throws {
        for hook in hooks(server) {
            let call = server.endpoint.request(.hooksDestroy, ["hookID": hook.id])
            let answer = try await stand.network.send(call, deadline: .seconds(1))
            #expect(answer.status == 200)
        }
        #expect(hooks(server).isEmpty)
    }

    /// Whether what happens at a server is told.
    private func isHeard(_ server: SimulatedServer, _ stand: Stand) async throws -> Bool {
        let before = try await stand.deliveries().count
        let room: Parameters = ["meetingID": "test-\(before)-\(server.name)", "name": "Test"]
        _ = try await stand.network.send(server.endpoint.request(.create, room), deadline: .seconds(1))
        for callback in server.takeCallbacks() { #expect(try await stand.bring(callback) == .taken) }
        return try await stand.deliveries().count > before
    }

    @Test func `a server that is added later gets the hooks that are wanted`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        _ = try await hook(stand)
        _ = try await hook(stand, "raw", ["getRaw": "true"])
        let late = try await stand.addServer("late")
        #expect(hooks(late).isEmpty)
        await stand.pollAll()
        #expect(hooks(late).map(\.isRaw) == [false, true])
        #expect(try await isHeard(late, stand))
        #expect(try await stand.store.serverHooks().count == 4)
    }

    @Test func `a server without a hook that anybody wants is not asked about hooks`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        await stand.pass(60)
        #expect(stand.servers[0].count(of: .hooksCreate) == 0)
        #expect(hooks(stand.servers[0]).isEmpty)
    }

    @Test func `hooks that a server lost are registered again, soon`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        _ = try await hook(stand)
        let server = stand.servers[0]
        let before = try #require(hooks(server).first)
        try await forgetHooks(server, stand)
        await stand.pass(20)
        let after = try #require(hooks(server).first)
        #expect(hooks(server).count == 1 && after.callbackURL == before.callbackURL && after.id != before.id)
        #expect(try await isHeard(server, stand))
        let noted = try await stand.store.serverHooks().filter { $0.callbackURL == after.callbackURL }
        #expect(noted.map(\.id) == [after.id])
    }

    @Test func `a server that was away has its hooks as soon as it answers`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        let away = stand.servers[1]
        away.set(.refuse)
        await stand.pass(60)
        #expect(try stand.isOffline(away))
        _ = try await hook(stand)
        #expect(hooks(away).isEmpty && hooks(stand.servers[0]).count == 1)
        away.heal()
        await stand.pass(4)
        #expect(hooks(away).count == 1)
        #expect(try await isHeard(away, stand))
    }

    @Test func `a server whose web hooks are not installed is as good as any, and gets hooks when they are`()
        async throws
    {
        let stand = try await Stand.reachable(servers: 2)
        let plain = stand.servers[0]
        plain.withBBB { $0.hasHooks = false }
        _ = try await hook(stand)
        await stand.pass(10)
        #expect(stand.fleet.health(of: try stand.server(plain).id).word == "online")
        plain.withBBB { $0.hasHooks = true }
        await stand.pass(20)
        #expect(hooks(plain).count == 1)
    }

    @Test(arguments: [SimulatedFault.status(502), .hang, .refuse, .garbage, .failed("createHookError", "no")])
    func `a service of web hooks that fails is tried again after a while`(fault: SimulatedFault) async throws {
        let stand = try await Stand.reachable(servers: 2)
        stand.servers[0].set(fault, call: .hooksCreate)
        _ = try await hook(stand)
        #expect(hooks(stand.servers[0]).isEmpty && hooks(stand.servers[1]).count == 1)
        await stand.pass(4)
        stand.servers[0].heal()
        await stand.pass(40)
        #expect(hooks(stand.servers[0]).count == 1)
        #expect(stand.fleet.health(of: try stand.server(stand.servers[0]).id).word == "online")
    }

    @Test func `hooks that nobody wants any more are taken away`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        let first = try await hook(stand)
        let second = try await hook(stand, "other")
        let raw = try await hook(stand, "raw", ["getRaw": "true"])
        try await destroy(first, stand)
        await stand.pass(20)
        for server in stand.servers { #expect(hooks(server).map(\.isRaw) == [false, true]) }
        // The last one of its kind: with the next look.
        try await destroy(raw, stand)
        await stand.pass(20)
        for server in stand.servers { #expect(hooks(server).map(\.isRaw) == [false]) }
        // The last one of all: at once.
        try await destroy(second, stand)
        for server in stand.servers { #expect(hooks(server).isEmpty) }
        #expect(try await stand.store.serverHooks().isEmpty)
    }

    @Test func `a new process finds hooks of the one before, and takes away what nobody wants`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        let id = try await hook(stand)
        // Destroyed while no server could be reached, and the process ended then.
        #expect(try await stand.store.removeHook(id, of: .default))
        #expect(stand.servers.allSatisfy { hooks($0).count == 1 })
        let next = Fleet(
            store: stand.store, transport: stand.network, settings: stand.fleet.settings, time: stand.clock.fleetTime)
        for server in stand.servers { await next.pollOnce(try stand.server(server)) }
        #expect(stand.servers.allSatisfy { hooks($0).isEmpty })
        #expect(try await stand.store.serverHooks().isEmpty)
    }

    @Test func `an address of ours that changed replaces the one before`() async throws {
        let stand = try await Stand.reachable(servers: 2)
        _ = try await hook(stand)
        var settings = stand.fleet.settings
        settings.callbacksURL = "http://10.1.1.1:9000"
        let next = Fleet(
            store: stand.store, transport: stand.network, settings: settings, time: stand.clock.fleetTime)
        for server in stand.servers { await next.pollOnce(try stand.server(server)) }
        for server in stand.servers {
            #expect(hooks(server).count == 1)
            #expect(hooks(server).first?.callbackURL.hasPrefix("http://10.1.1.1:9000/callbacks/hook/") == true)
        }
        #expect(try await stand.store.serverHooks().allSatisfy { $0.callbackURL.hasPrefix("http://10.1.1.1:9000/") })
    }

    @Test func `what a server tells of itself makes it looked at`() async throws {
        let stand = try await Stand.reachable(servers: 1)
        _ = try await hook(stand)
        try await stand.create("room-1")
        try await stand.bringCallbacks()
        stand.servers[0].endMeeting(try stand.id("room-1"))
        // An event ends nothing by itself.
        try await stand.bringCallbacks()
        #expect(try stand.mapped("room-1")?.state == .running)
        await stand.pollAll()
        #expect(try stand.mapped("room-1") == nil)
    }
}
