import Testing

@testable import PlenaryCore

/// What the numbers of section 0 mean in time: the machine is driven as the poller drives it, under a virtual clock.
struct PollCadenceTests {
    private func servers(_ numbers: ClosedRange<Int64>) -> Set<ServerID> { Set(numbers.map { ServerID($0) }) }

    @Test(arguments: UInt64(0)..<200)
    func `a server that dies is suspect within 10 s and offline within 45 s`(seed: UInt64) throws {
        var fleet = PolledFleet(servers(1...5), seed: seed)
        let death = Duration.seconds(100) + fleet.random.milliseconds(0...6_000)
        let way: PolledFleet.Answer = seed.isMultiple(of: 2) ? .silent : .refused
        fleet.run(until: .seconds(200)) { server, now in server == 1 && now >= death ? way : .good }

        let suspect = try #require(fleet.times(of: 1, to: "suspect").first)
        let offline = try #require(fleet.times(of: 1, to: "offline").first)
        #expect(suspect >= death && suspect - death <= .seconds(10))
        #expect(offline - death <= .seconds(45))
        let heard = try #require(fleet.health.members[1]?.lastSuccess)
        #expect(offline - heard >= .seconds(30))
        #expect(fleet.times(of: 1, to: "suspect").count == 1)
        #expect(fleet.times(of: 1, to: "offline").count == 1)
        for other: ServerID in [2, 3, 4, 5] { #expect(fleet.health.state(of: other) == .online(rampFrom: nil)) }
        #expect(fleet.panics == 0)
    }

    @Test(arguments: UInt64(0)..<50)
    func `a server that returns is online after three polls and starts slowly`(seed: UInt64) throws {
        var fleet = PolledFleet(servers(1...5), seed: seed)
        fleet.run(until: .seconds(400)) { server, now in
            server == 1 && now >= .seconds(100) && now < .seconds(200) ? .silent : .good
        }
        let online = fleet.times(of: 1, to: "online")
        #expect(online.count == 2)
        let back = try #require(online.last)
        // The next poll comes within 11.5 s, two more within 2.3 s each.
        #expect(back >= .seconds(203) && back <= .seconds(217))
        #expect(fleet.health.share(of: 1, at: .seconds(400)) == 1)
        #expect(fleet.health.state(of: 1) == .online(rampFrom: nil))
    }

    @Test(arguments: UInt64(0)..<50)
    func `a short stall of one server costs it two changes and no meeting`(seed: UInt64) {
        var fleet = PolledFleet(servers(1...5), seed: seed)
        fleet.run(until: .seconds(200)) { server, now in
            server == 1 && now >= .seconds(100) && now < .seconds(110) ? .silent : .good
        }
        #expect(fleet.times(of: 1, to: "suspect").count == 1)
        #expect(fleet.times(of: 1, to: "offline").isEmpty)
        #expect(fleet.health.state(of: 1) == .online(rampFrom: nil))
    }

    @Test(arguments: UInt64(0)..<20)
    func `when 60 % of the servers die panic holds ten minutes and then they are judged from zero`(seed: UInt64) throws
    {
        var fleet = PolledFleet(servers(1...10), seed: seed)
        let dead = servers(1...6)
        fleet.run(until: .seconds(1_200)) { server, now in
            dead.contains(server) && now >= .seconds(300) ? (seed.isMultiple(of: 2) ? .silent : .refused) : .good
        }
        #expect(fleet.panics == 1)
        let began = try #require(fleet.changes.first { $0.change == .panicBegan }).at
        let ended = try #require(fleet.changes.first { $0.change == .panicEnded }).at
        #expect(began >= .seconds(300) && began <= .seconds(310))
        #expect(ended - began >= .seconds(600) && ended - began <= .seconds(606))
        for server in dead {
            let falls = fleet.times(of: server, to: "offline")
            #expect(falls.count == 1)
            let fall = try #require(falls.first)
            #expect(fall - ended >= .seconds(30) && fall - ended <= .seconds(40))
        }
        for server in servers(7...10) { #expect(fleet.health.state(of: server) == .online(rampFrom: nil)) }
        #expect(fleet.health.panic == .calm)
    }

    @Test(arguments: UInt64(0)..<20)
    func `when our own network is cut for five minutes nobody goes offline`(seed: UInt64) throws {
        var fleet = PolledFleet(servers(1...20), seed: seed)
        fleet.run(until: .seconds(700)) { _, now in now >= .seconds(300) && now < .seconds(600) ? .silent : .good }
        for server in servers(1...20) {
            #expect(fleet.times(of: server, to: "offline").isEmpty)
            #expect(fleet.times(of: server, to: "suspect").count == 1)
            // Back without slow start, by the first poll after the cut.
            #expect(fleet.health.state(of: server) == .online(rampFrom: nil))
            let back = try #require(fleet.times(of: server, to: "online").last)
            #expect(back >= .seconds(600) && back <= .seconds(605))
        }
        #expect(fleet.panics == 1)
    }

    @Test func `a flapping server never goes offline`() {
        var health = FleetHealth()
        for number: Int64 in 1...5 {
            health.added(ServerID(number), at: .zero)
            _ = health.pollSucceeded(ServerID(number), at: .zero)
        }
        var moves = 0
        var now = Duration.zero
        var isGood = true
        while true {
            now += health.pollInterval(of: 1, at: now, chance: 0.5)
            guard now <= .seconds(300) else { break }
            isGood.toggle()
            let changes =
                isGood ? health.pollSucceeded(1, at: now) : health.failed(1, .timeout, at: now)
            for case .moved(1, from: _, to: let state) in changes {
                moves += 1
                #expect(state.word == (isGood ? "online" : "suspect"))
            }
            #expect(changes.count == 1)
        }
        // Every 7 s it goes and comes: 43 failures (5, 12, ... 299 s) and 42 successes (7, 14, ... 294 s).
        #expect(moves == 85)
        #expect(!health.isInPanic)
        // REL-5 counts what has consequences: it is never offline, so none of its meetings is made elsewhere.
        #expect(health.state(of: 1).word != "offline")
    }

    @Test(arguments: UInt64(0)..<50)
    func `a server whose polls fail at random never goes offline while one in four is good`(seed: UInt64) {
        var fleet = PolledFleet(servers(1...5), seed: seed)
        var polls = 0
        fleet.run(until: .seconds(1_200)) { server, _ in
            guard server == 1 else { return .good }
            polls += 1
            return polls.isMultiple(of: 4) ? .good : .refused
        }
        #expect(polls > 300)
        #expect(fleet.times(of: 1, to: "offline").isEmpty)
        #expect(fleet.panics == 0)
    }
}

/// A fleet that is polled as `Poller` does it: an interval counts from the start of a poll, a poll that is not answered
/// takes 4 s, and two polls are 200 ms apart at least.
struct PolledFleet {
    enum Answer { case good, refused, silent }

    private struct Poll {
        let began: Duration
        let ends: Duration
        let answer: Answer
    }

    private(set) var health = FleetHealth()
    private(set) var changes: [(at: Duration, change: FleetHealth.Change)] = []
    var random: SplitMix64
    private let servers: [ServerID]

    init(_ servers: Set<ServerID>, seed: UInt64) {
        self.servers = servers.sorted()
        random = SplitMix64(seed: seed)
        for server in self.servers { health.added(server, at: .zero) }
    }

    /// - Parameter answer: what a poll that begins then gets.
    mutating func run(until end: Duration, answer: (ServerID, Duration) -> Answer) {
        func poll(_ server: ServerID, at began: Duration) -> Poll {
            let answer = answer(server, began)
            let takes: Duration =
                answer == .silent ? .seconds(4) : answer == .good ? .milliseconds(50) : .milliseconds(1)
            return Poll(began: began, ends: began + takes, answer: answer)
        }
        var pending: [ServerID: Poll] = [:]
        for (index, server) in servers.enumerated() { pending[server] = poll(server, at: .milliseconds(20) * index) }
        var isFirst = Set(servers)
        while let (server, done) = pending.min(by: { ($0.value.ends, $0.key) < ($1.value.ends, $1.key) }),
            done.ends <= end
        {
            let now = done.ends
            let news =
                done.answer == .good
                ? health.pollSucceeded(server, at: now) + health.timePassed(at: now)
                : health.failed(server, .timeout, at: now)
            changes += news.map { (now, $0) }
            let chance = Double.random(in: 0..<1, using: &random)
            var wait = health.pollInterval(of: server, at: done.began, chance: chance)
            if isFirst.remove(server) != nil { wait = wait * Double.random(in: 0..<1, using: &random) }
            pending[server] = poll(server, at: max(done.began + wait, now + .milliseconds(200)))
        }
    }

    var panics: Int { changes.count { $0.change == .panicBegan } }

    /// When the server came into a state of that name.
    func times(of server: ServerID, to word: String) -> [Duration] {
        changes.compactMap {
            if case .moved(server, from: _, to: let state) = $0.change, state.word == word { $0.at } else { nil }
        }
    }
}
