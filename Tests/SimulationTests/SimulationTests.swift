import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenarySimulator
import Testing

/// Random lives of a fleet under a virtual clock: faults, reboots, and crashes of the balancer between any two effects.
@Suite struct SimulationTests {
    @Test(arguments: UInt64(0)..<200)
    func `an acknowledged meeting is mapped to the server that runs it, and none runs twice`(seed: UInt64) async throws
    {
        var random = SeededRandom(seed: seed)
        let world = try await World(seed: seed, servers: Int.random(in: 2...4, using: &random))
        for _ in 0..<40 {
            try await Self.step(world, &random)
            if world.crash.isDead { try await world.restart() }
            world.checkNothingTwice()
        }
        try await world.settle()
        world.checkNothingTwice()
        try world.checkSettled()
    }

    private static func step(_ world: World, _ random: inout SeededRandom) async throws {
        let id = "room-\(Int.random(in: 1...6, using: &random))"
        let server = world.servers[Int.random(in: 0..<world.servers.count, using: &random)]
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6:
            try await world.create(id)
        case 6..<10:
            // Dies somewhere in the create.
            world.crash.arm(Int.random(in: 1...8, using: &random))
            try await world.create(id)
            world.crash.arm(nil)
        case 10: try await world.end(id)
        case 11: _ = try await world.reply(.getMeetingInfo, ["meetingID": id])
        case 12: try await world.call(.getMeetings, [:])
        case 13:
            world.crash.arm(Int.random(in: 1...6, using: &random))
            await world.pollAll()
            world.crash.arm(nil)
        case 14, 15: set(fault(&random), on: server, world, &random)
        case 16:
            server.heal()
            world.note("\(server.name) heals")
        case 17:
            server.reboot()
            world.note("\(server.name) reboots")
            world.forgetLost()
        case 18: await world.pass(Int.random(in: 1...60, using: &random))
        default: await world.pass(4)
        }
    }

    private static func fault(_ random: inout SeededRandom) -> SimulatedFault {
        let faults: [SimulatedFault] = [
            .hang, .refuse, .status(500), .garbage, .truncated, .emptyBody, .wrongSecret, .slow(.seconds(2)),
        ]
        return faults[Int.random(in: 0..<faults.count, using: &random)]
    }

    private static func set(
        _ fault: SimulatedFault, on server: SimulatedServer, _ world: World, _ random: inout SeededRandom
    ) {
        let call: CallName? = [nil, .create, .getMeetingInfo, .getMeetings][Int.random(in: 0..<4, using: &random)]
        let when: SimulatedFaultRule.When = Bool.random(using: &random) ? .before : .after
        let count: Int? = Bool.random(using: &random) ? Int.random(in: 1...5, using: &random) : nil
        server.set(fault, call: call, when: when, remaining: count)
        world.note(
            "\(server.name): \(fault) for \(call?.rawValue ?? "all"), \(when), \(count.map { String($0) } ?? "always")")
    }

    @Test(arguments: UInt64(0)..<60)
    func `a create that a slow server carries out late ends up once`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let world = try await World(seed: seed)
        for server in world.servers.dropLast() {
            server.set(.slow(.seconds(Int.random(in: 5...40, using: &random))), call: .create)
        }
        for number in 1...4 {
            try await world.create("room-\(number)")
            await world.pass(Int.random(in: 0...10, using: &random))
        }
        try await world.settle()
        try world.checkSettled()
    }

    @Test func `the same seed gives the same life`() async throws {
        var logs: [[String]] = []
        for _ in 0..<2 {
            var random = SeededRandom(seed: 7)
            let world = try await World(seed: 7)
            for _ in 0..<40 {
                try await Self.step(world, &random)
                if world.crash.isDead { try await world.restart() }
            }
            logs.append(world.log)
        }
        #expect(logs[0] == logs[1])
    }
}
