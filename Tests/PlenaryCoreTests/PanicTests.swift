import Testing

@testable import PlenaryCore

/// Panic: when most fail at once, the fault may well be ours (RELIABILITY 0 and 1.2).
struct PanicTests {
    private func fleet(_ count: Int64) -> FleetHealth {
        var health = FleetHealth()
        for number in 1...count {
            health.added(ServerID(number), at: .zero)
            _ = health.pollSucceeded(ServerID(number), at: .zero)
        }
        return health
    }

    private func suspect(_ failures: Int, _ second: Int) -> HealthState {
        .suspect(failures: failures, countedAt: .seconds(second))
    }

    private let online = HealthState.online(rampFrom: nil)

    // MARK: begins

    @Test func `more than half of the healthy servers failing is panic`() {
        var health = fleet(5)
        #expect(health.failed(1, .timeout, at: .seconds(100)) == [.moved(1, from: online, to: suspect(1, 100))])
        #expect(health.failed(2, .timeout, at: .seconds(101)) == [.moved(2, from: online, to: suspect(1, 101))])
        #expect(
            health.failed(3, .timeout, at: .seconds(102)) == [
                .panicBegan, .moved(3, from: online, to: suspect(1, 102)),
            ])
        #expect(health.panic == .panicking(since: .seconds(102), base: [1, 2, 3, 4, 5]))
        #expect(health.isInPanic)
    }

    @Test func `half of the healthy servers failing is no panic`() {
        var health = fleet(4)
        _ = health.failed(1, .timeout, at: .seconds(100))
        _ = health.failed(2, .timeout, at: .seconds(100))
        #expect(health.panic == .calm)
        for second in [110, 120] {
            _ = health.failed(1, .timeout, at: .seconds(second))
            _ = health.failed(2, .timeout, at: .seconds(second))
        }
        #expect(health.state(of: 1) == .offline(since: .seconds(120), credits: 0))
        #expect(health.state(of: 2) == .offline(since: .seconds(120), credits: 0))
    }

    /// When three of five servers began to fail.
    @Test(arguments: [([100, 101, 130], true), ([100, 101, 131], false), ([100, 131, 162], false)])
    func `failures further apart than thirty seconds are no panic`(seconds: [Int], isPanic: Bool) {
        var health = fleet(5)
        for (index, second) in seconds.enumerated() {
            _ = health.failed(ServerID(Int64(index + 1)), .timeout, at: .seconds(second))
        }
        #expect(health.isInPanic == isPanic)
    }

    @Test func `servers that were not healthy a minute ago do not count`() {
        var health = fleet(3)
        for number: ServerID in [4, 5, 6, 7] {
            health.added(number, at: .seconds(60))
            _ = health.pollSucceeded(number, at: .seconds(60))
        }
        for number: ServerID in [4, 5, 6, 7] { _ = health.failed(number, .timeout, at: .seconds(119)) }
        #expect(health.panic == .calm)
        // One second later they were.
        #expect(health.failed(4, .timeout, at: .seconds(120)) == [.panicBegan])
        #expect(health.panic == .panicking(since: .seconds(120), base: [1, 2, 3, 4, 5, 6, 7]))
    }

    @Test func `a single server that fails is panic because nobody answers`() {
        var health = fleet(1)
        #expect(
            health.failed(1, .timeout, at: .seconds(5)) == [.panicBegan, .moved(1, from: online, to: suspect(1, 5))])
        for second in stride(from: 7, through: 603, by: 2) {
            #expect(health.failed(1, .timeout, at: .seconds(second)).isEmpty)
        }
        #expect(health.state(of: 1) == suspect(300, 603))
        #expect(
            health.pollSucceeded(1, at: .seconds(604)) == [
                .moved(1, from: suspect(300, 603), to: online), .panicEnded,
            ])
        #expect(health.panic == .calm)
    }

    @Test func `of two servers both must fail`() {
        var health = fleet(2)
        _ = health.failed(1, .timeout, at: .seconds(5))
        #expect(health.panic == .calm)
        #expect(health.failed(2, .timeout, at: .seconds(6)).first == .panicBegan)
        #expect(health.panic == .panicking(since: .seconds(6), base: [1, 2]))
        #expect(
            health.pollSucceeded(2, at: .seconds(8)) == [.moved(2, from: suspect(1, 6), to: online), .panicEnded])
        for second in [10, 20, 38] { _ = health.failed(1, .timeout, at: .seconds(second)) }
        #expect(health.state(of: 1) == .offline(since: .seconds(38), credits: 0))
    }

    @Test func `one of two servers that both were healthy may die without panic`() {
        var health = fleet(2)
        _ = health.pollSucceeded(2, at: .seconds(99))
        for second in [100, 102, 104] { _ = health.failed(1, .timeout, at: .seconds(second)) }
        #expect(health.panic == .calm)
        #expect(health.state(of: 1) == .offline(since: .seconds(104), credits: 0))
    }

    @Test func `at start it is no panic while a server was not asked yet`() {
        var health = FleetHealth()
        for server: ServerID in [1, 2, 3] { health.added(server, at: .zero) }
        _ = health.failed(1, .timeout, at: .seconds(4))
        _ = health.failed(2, .timeout, at: .seconds(4))
        #expect(health.panic == .calm)
        #expect(health.failed(3, .timeout, at: .seconds(4)).first == .panicBegan)
    }

    @Test func `a fleet without servers is calm`() {
        var health = FleetHealth()
        #expect(health.timePassed(at: .seconds(100)).isEmpty)
        #expect(health.panic == .calm)
    }

    // MARK: holds

    @Test func `in panic nobody goes offline`() {
        var health = fleet(5)
        for second in 100...160 {
            for server: ServerID in [1, 2, 3] { _ = health.failed(server, .timeout, at: .seconds(second)) }
            for server: ServerID in [4, 5] { _ = health.pollSucceeded(server, at: .seconds(second)) }
        }
        #expect(health.isInPanic)
        #expect([1, 2, 3].map { health.state(of: $0).word } == ["suspect", "suspect", "suspect"])
    }

    @Test func `in panic a third failure after long silence takes nobody down`() {
        var health = fleet(3)
        _ = health.pollSucceeded(3, at: .seconds(60))
        for second in [100, 102] { _ = health.failed(1, .timeout, at: .seconds(second)) }
        _ = health.failed(2, .timeout, at: .seconds(103))
        #expect(health.isInPanic)
        #expect(health.failed(1, .timeout, at: .seconds(104)).isEmpty)
        #expect(health.state(of: 1) == suspect(3, 104))
    }

    // MARK: ends

    @Test func `panic ends when no more than half fail`() {
        var health = fleet(5)
        for server: ServerID in [1, 2, 3, 4, 5] { _ = health.failed(server, .timeout, at: .seconds(100)) }
        #expect(health.pollSucceeded(1, at: .seconds(110)) == [.moved(1, from: suspect(1, 100), to: online)])
        #expect(health.pollSucceeded(2, at: .seconds(111)) == [.moved(2, from: suspect(1, 100), to: online)])
        #expect(
            health.pollSucceeded(3, at: .seconds(112)) == [.moved(3, from: suspect(1, 100), to: online), .panicEnded])
        #expect(health.panic == .calm)
    }

    @Test func `after panic servers are judged from zero`() {
        var health = fleet(5)
        for second in [100, 110, 120, 130] {
            for server: ServerID in [1, 2, 3, 4] { _ = health.failed(server, .timeout, at: .seconds(second)) }
            _ = health.pollSucceeded(5, at: .seconds(second))
        }
        #expect(health.state(of: 4) == suspect(4, 130))
        _ = health.pollSucceeded(1, at: .seconds(140))
        _ = health.pollSucceeded(2, at: .seconds(140))
        #expect(health.panic == .calm)
        #expect([3, 4].map { health.state(of: $0) } == [suspect(0, 138), suspect(0, 138)])
        // Three failures and thirty seconds from the end of panic.
        for (second, failures) in [(141, 1), (143, 2), (145, 3), (169, 4)] {
            #expect(health.failed(4, .timeout, at: .seconds(second)).isEmpty)
            #expect(health.state(of: 4) == suspect(failures, second))
        }
        #expect(
            health.failed(4, .timeout, at: .seconds(170)) == [
                .moved(4, from: suspect(4, 169), to: .offline(since: .seconds(170), credits: 0))
            ])
    }

    @Test func `panic ends after ten minutes even if nothing got better`() {
        var health = fleet(1)
        _ = health.failed(1, .timeout, at: .seconds(5))
        #expect(health.timePassed(at: .milliseconds(604_999)).isEmpty)
        #expect(health.timePassed(at: .seconds(605)) == [.panicEnded])
        #expect(health.panic == .exhausted)
        #expect(!health.isInPanic)
        #expect(health.state(of: 1) == suspect(0, 603))
        for (second, failures) in [(605, 1), (607, 2), (634, 3)] {
            #expect(health.failed(1, .timeout, at: .seconds(second)).isEmpty)
            #expect(health.state(of: 1) == suspect(failures, second))
        }
        #expect(health.failed(1, .timeout, at: .seconds(635)).count == 1)
        #expect(health.state(of: 1) == .offline(since: .seconds(635), credits: 0))
        #expect(health.panic == .exhausted)
    }

    @Test func `the failure at the limit ends panic and counts for nothing`() {
        var health = fleet(1)
        _ = health.failed(1, .timeout, at: .seconds(5))
        #expect(health.failed(1, .timeout, at: .seconds(605)) == [.panicEnded])
        #expect(health.state(of: 1) == suspect(0, 603))
    }

    @Test func `after the limit panic begins again only once a server has answered`() {
        var health = fleet(2)
        _ = health.failed(1, .timeout, at: .seconds(5))
        _ = health.failed(2, .timeout, at: .seconds(5))
        _ = health.timePassed(at: .seconds(605))
        for second in 606...660 {
            for server: ServerID in [1, 2] {
                let changes = health.failed(server, .timeout, at: .seconds(second))
                #expect(!changes.contains(.panicBegan))
            }
        }
        #expect([1, 2].map { health.state(of: $0).word } == ["offline", "offline"])
        #expect(health.pollSucceeded(1, at: .seconds(700)).isEmpty)
        #expect(health.panic == .calm)
        #expect(health.failed(1, .timeout, at: .seconds(702)) == [.panicBegan])
    }

    // MARK: who counts

    @Test func `a server in maintenance leaves the arithmetic of panic`() {
        var health = fleet(5)
        _ = health.pollSucceeded(5, at: .seconds(99))
        for server: ServerID in [1, 2, 3] { _ = health.failed(server, .timeout, at: .seconds(100)) }
        #expect(health.isInPanic)
        #expect(
            health.maintained(3, at: .seconds(101)) == [
                .moved(3, from: suspect(1, 100), to: .unchecked), .panicEnded,
            ])

        var smaller = fleet(4)
        _ = smaller.maintained(4, at: .seconds(50))
        _ = smaller.failed(1, .timeout, at: .seconds(100))
        _ = smaller.failed(2, .timeout, at: .seconds(100))
        #expect(smaller.panic == .panicking(since: .seconds(100), base: [1, 2, 3]))
    }

    @Test func `a removed server leaves the arithmetic of panic`() {
        var health = fleet(5)
        for server: ServerID in [1, 2, 3] { _ = health.failed(server, .timeout, at: .seconds(100)) }
        #expect(health.removed(3, at: .seconds(101)) == [.panicEnded])
        #expect(health.panic == .calm)
    }

    @Test func `an answer of a server in maintenance does not bring panic back`() {
        var health = fleet(1)
        _ = health.maintained(2, at: .zero)
        _ = health.failed(1, .timeout, at: .seconds(10))
        #expect(health.timePassed(at: .seconds(610)) == [.panicEnded])
        #expect(health.pollSucceeded(2, at: .seconds(611)).isEmpty)
        #expect(health.panic == .exhausted)
    }

    @Test func `servers that were never healthy do not keep panic going`() {
        var health = FleetHealth()
        for server: ServerID in [1, 2, 3] { health.added(server, at: .zero) }
        for server: ServerID in [1, 2, 3] { _ = health.failed(server, .timeout, at: .seconds(4)) }
        #expect(health.isInPanic)
        _ = health.pollSucceeded(3, at: .seconds(6))
        #expect(health.state(of: 3) == online)
        #expect(health.panic == .calm)
    }
}
