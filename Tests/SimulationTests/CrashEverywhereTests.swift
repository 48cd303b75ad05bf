import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import PlenaryStore
import Testing

/// Dies at the first effect of a scenario, then at the second, and so on until the scenario ends without dying: not some
/// crashes, all of them (RELIABILITY 1.6 and REL-1).
@Suite struct CrashEverywhereTests {
    /// - Parameter scenario: what clients and servers do; it ends early when the process is dead.
    private func dieEverywhere(_ scenario: (World) async throws -> Void) async throws {
        for effect in 1...400 {
            let world = try await World(seed: UInt64(effect), servers: 3)
            world.crash.arm(effect)
            try await scenario(world)
            let survived = !world.crash.isDead
            if !survived { try await world.restart() }
            world.checkNothingTwice()
            // The interrupted creates are settled by one poll of each server.
            await world.pollAll()
            let unsettled = world.store.roster { roster in
                roster.meetings.values.filter { $0.state == .creating }.count
            }
            #expect(unsettled == 0, "effect \(effect)\n\(world.log.joined(separator: "\n"))")
            try await world.settle()
            try world.checkSettled()
            if survived { return #expect(effect > 4, "the scenario has hardly any effects") }
        }
        Issue.record("the scenario never ended without a crash")
    }

    @Test func `a create survives a crash at any effect`() async throws {
        try await dieEverywhere { try await $0.create("room-1") }
    }

    @Test func `a life survives a crash at any effect`() async throws {
        try await dieEverywhere { world in
            let steps: [() async throws -> Void] = [
                { try await world.create("room-1") }, { try await world.create("room-1") },
                { try await world.create("room-2") },
                { await world.pollAll() }, { try await world.end("room-1") }, { await world.pollAll() },
                { try await world.create("room-1") },
                {
                    let holder = MeetingID(rawValue: "room-2").flatMap { world.holders($0).first }
                    holder?.reboot()
                    world.forgetLost()
                },
                { await world.pollAll() }, { try await world.create("room-2") }, { await world.fleet.heartbeat() },
            ]
            for step in steps where !world.crash.isDead { try await step() }
        }
    }

    @Test func `a create whose first server fails in every way survives a crash at any effect`() async throws {
        for fault in [SimulatedFault.refuse, .status(500), .garbage, .hang] {
            for when in [SimulatedFaultRule.When.before, .after] {
                try await dieEverywhere { world in
                    for server in world.servers.dropLast() {
                        server.set(fault, call: .create, when: when, remaining: 1)
                    }
                    try await world.create("room-1")
                    if !world.crash.isDead { try await world.create("room-1") }
                }
            }
        }
    }
}
