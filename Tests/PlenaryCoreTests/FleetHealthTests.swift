import Testing

@testable import PlenaryCore

/// The states of RELIABILITY section 0, one transition at a time.
struct FleetHealthTests {
    /// Servers 1 to `count`, online since 0 s.
    private func fleet(_ count: Int64) -> FleetHealth {
        var health = FleetHealth()
        for number in 1...count {
            health.added(ServerID(number), at: .zero)
            _ = health.pollSucceeded(ServerID(number), at: .zero)
        }
        return health
    }

    /// As ``fleet(_:)``, with server 1 offline since 40 s.
    private func fleetWithOffline(_ count: Int64 = 5) -> FleetHealth {
        var health = fleet(count)
        for second in [30, 35, 40] { _ = health.failed(1, .timeout, at: .seconds(second)) }
        return health
    }

    // MARK: online

    @Test func `a server that was never polled is unchecked`() {
        var health = FleetHealth()
        #expect(health.state(of: 1) == .unchecked)
        health.added(1, at: .seconds(3))
        #expect(health.state(of: 1) == .unchecked)
        #expect(health.members.count == 1)
        #expect(health.members[1]?.lastSuccess == nil)
    }

    @Test func `the first good poll takes an unchecked server online`() {
        var health = FleetHealth()
        health.added(1, at: .zero)
        #expect(health.pollSucceeded(1, at: .seconds(1)) == [.moved(1, from: .unchecked, to: .online(rampFrom: nil))])
        #expect(health.members[1]?.lastSuccess == .seconds(1))
    }

    @Test func `further good polls change nothing`() {
        var health = fleet(1)
        #expect(health.pollSucceeded(1, at: .seconds(5)).isEmpty)
        #expect(health.state(of: 1) == .online(rampFrom: nil))
        #expect(health.members[1]?.lastSuccess == .seconds(5))
    }

    @Test func `there is no slow start at process start`() {
        var health = FleetHealth()
        for server: ServerID in [1, 2, 3] { health.added(server, at: .zero) }
        _ = health.failed(2, .timeout, at: .milliseconds(500))
        _ = health.pollSucceeded(1, at: .seconds(1))
        _ = health.pollSucceeded(2, at: .seconds(1))
        #expect(health.state(of: 1) == .online(rampFrom: nil))
        #expect(health.state(of: 2) == .online(rampFrom: nil))
        #expect(health.share(of: 1, at: .seconds(1)) == 1)
        #expect(health.share(of: 2, at: .seconds(1)) == 1)
    }

    // MARK: suspect

    @Test func `one failure makes an online server suspect`() {
        var health = fleet(3)
        let fault = HealthFault.answersWrongly("checksumError")
        let suspect = HealthState.suspect(failures: 1, countedAt: .seconds(5))
        #expect(
            health.failed(1, fault, at: .seconds(5)) == [.moved(1, from: .online(rampFrom: nil), to: suspect)])
        #expect(health.state(of: 1) == suspect)
        #expect(health.members[1]?.lastFault == fault)
        #expect(health.state(of: 2) == .online(rampFrom: nil))
    }

    @Test func `one failure makes an unchecked server suspect`() {
        var health = fleet(3)
        health.added(4, at: .seconds(1))
        let suspect = HealthState.suspect(failures: 1, countedAt: .seconds(2))
        #expect(health.failed(4, .timeout, at: .seconds(2)) == [.moved(4, from: .unchecked, to: suspect)])
    }

    @Test func `one good poll brings a suspect server back at once and forgets its fault`() {
        var health = fleet(3)
        _ = health.failed(1, .timeout, at: .seconds(5))
        let suspect = HealthState.suspect(failures: 1, countedAt: .seconds(5))
        #expect(
            health.pollSucceeded(1, at: .seconds(7)) == [.moved(1, from: suspect, to: .online(rampFrom: nil))])
        #expect(health.members[1]?.lastFault == nil)
        #expect(health.share(of: 1, at: .seconds(7)) == 1)
    }

    @Test func `failures inside one interval count once`() {
        var health = fleet(3)
        _ = health.failed(1, .timeout, at: .seconds(40))
        for tenth in 401...416 {
            #expect(health.failed(1, .timeout, at: .milliseconds(tenth * 100)).isEmpty)
            #expect(health.state(of: 1) == .suspect(failures: 1, countedAt: .seconds(40)))
        }
        #expect(health.failed(1, .timeout, at: .milliseconds(41_800)).isEmpty)
        #expect(health.state(of: 1) == .suspect(failures: 2, countedAt: .milliseconds(41_800)))
    }

    @Test func `a good poll in between begins the count anew`() {
        var health = fleet(3)
        for second in [20, 25, 30] {
            _ = health.failed(1, .timeout, at: .seconds(second))
            _ = health.failed(1, .timeout, at: .seconds(second + 2))
            #expect(health.state(of: 1) == .suspect(failures: 2, countedAt: .seconds(second + 2)))
            _ = health.pollSucceeded(1, at: .seconds(second + 4))
        }
    }

    // MARK: offline

    /// Failures of a server that last answered at 0 s, and whether the last of them takes it offline.
    @Test(arguments: [
        ([5.0, 7, 9], false),
        ([5, 7, 9, 29.9], false),
        ([5, 7, 9, 30], true),
        ([5, 7, 9, 29.9, 30], true),
        ([5, 60], false),
        ([5, 60, 62], true),
        ([40, 40.5, 41, 41.5], false),
        ([40, 42, 43], false),
        ([40, 42, 44], true),
        ([27.5, 29.5, 31.5], true),
        ([100], false),
    ]) func `offline needs three failures and thirty seconds of silence`(failures: [Double], isOffline: Bool) throws {
        var health = fleet(5)
        for second in failures.dropLast() {
            let changes = health.failed(1, .timeout, at: .seconds(second))
            #expect(!changes.contains { if case .moved(1, from: _, to: .offline) = $0 { true } else { false } })
        }
        let last = Duration.seconds(try #require(failures.last))
        let before = health.state(of: 1)
        let changes = health.failed(1, .timeout, at: last)
        if isOffline {
            guard case .moved(1, from: .suspect(let counted, _), to: .offline(last, 0)) = try #require(changes.first)
            else {
                Issue.record("\(changes) after \(before)")
                return
            }
            #expect(counted >= 3)
            #expect(changes.count == 1)
            #expect(health.state(of: 1) == .offline(since: last, credits: 0))
        } else {
            #expect(health.state(of: 1).word == "suspect")
        }
        #expect(!health.isInPanic)
    }

    @Test func `silence of a server that never answered begins when it was added`() {
        var health = fleet(5)
        health.added(6, at: .seconds(10))
        for second in [12, 20, 30, 39] { _ = health.failed(6, .timeout, at: .seconds(second)) }
        #expect(health.state(of: 6) == .suspect(failures: 4, countedAt: .seconds(39)))
        _ = health.failed(6, .timeout, at: .seconds(41))
        #expect(health.state(of: 6) == .offline(since: .seconds(41), credits: 0))
    }

    @Test func `time alone takes nobody offline`() {
        var health = fleet(5)
        for second in [5, 7, 9] { _ = health.failed(1, .timeout, at: .seconds(second)) }
        #expect(health.timePassed(at: .seconds(500)).isEmpty)
        #expect(health.state(of: 1) == .suspect(failures: 3, countedAt: .seconds(9)))
    }

    @Test func `three good polls in a row bring an offline server back`() {
        var health = fleetWithOffline()
        #expect(health.state(of: 1) == .offline(since: .seconds(40), credits: 0))
        #expect(health.pollSucceeded(1, at: .seconds(50)).isEmpty)
        #expect(health.state(of: 1) == .offline(since: .seconds(40), credits: 1))
        #expect(health.pollSucceeded(1, at: .seconds(52)).isEmpty)
        #expect(health.state(of: 1) == .offline(since: .seconds(40), credits: 2))
        #expect(
            health.pollSucceeded(1, at: .seconds(54)) == [
                .moved(1, from: .offline(since: .seconds(40), credits: 2), to: .online(rampFrom: .seconds(54)))
            ])
    }

    @Test func `a failure of an offline server costs it its good polls`() {
        var health = fleetWithOffline()
        _ = health.pollSucceeded(1, at: .seconds(50))
        _ = health.pollSucceeded(1, at: .seconds(52))
        #expect(health.failed(1, .timeout, at: .seconds(54)).isEmpty)
        #expect(health.state(of: 1) == .offline(since: .seconds(40), credits: 0))
        _ = health.pollSucceeded(1, at: .seconds(64))
        _ = health.pollSucceeded(1, at: .seconds(66))
        #expect(health.state(of: 1) == .offline(since: .seconds(40), credits: 2))
        _ = health.pollSucceeded(1, at: .seconds(68))
        #expect(health.state(of: 1) == .online(rampFrom: .seconds(68)))
    }

    // MARK: slow start

    @Test func `a server that comes back gets its share linearly over two minutes`() {
        var health = fleetWithOffline()
        for second in [50, 52, 54] { _ = health.pollSucceeded(1, at: .seconds(second)) }
        let shares = [54, 84, 114, 144, 174, 500].map { health.share(of: 1, at: .seconds($0)) }
        #expect(shares == [0, 0.25, 0.5, 0.75, 1, 1])
        #expect(health.share(of: 1, at: .seconds(53)) == 0)
    }

    @Test func `polls leave slow start alone and end it when it is over`() {
        var health = fleetWithOffline()
        for second in [50, 52, 54] { _ = health.pollSucceeded(1, at: .seconds(second)) }
        #expect(health.pollSucceeded(1, at: .seconds(173)).isEmpty)
        #expect(health.state(of: 1) == .online(rampFrom: .seconds(54)))
        #expect(health.pollSucceeded(1, at: .seconds(174)).isEmpty)
        #expect(health.state(of: 1) == .online(rampFrom: nil))
    }

    @Test func `one lost poll does not cut slow start short`() {
        var health = fleetWithOffline()
        for second in [50, 52, 54] { _ = health.pollSucceeded(1, at: .seconds(second)) }
        _ = health.failed(1, .timeout, at: .seconds(60))
        _ = health.pollSucceeded(1, at: .seconds(62))
        #expect(health.state(of: 1).word == "online")
        // Section 0: from OFFLINE, 120 s of linear slow start. Now: online(rampFrom: nil), all of its share 8 s after.
        #expect(health.share(of: 1, at: .seconds(62)) < 0.1)
    }

    // MARK: maintenance

    @Test func `a server in maintenance is unchecked and not judged`() {
        var health = fleet(3)
        #expect(
            health.maintained(1, at: .seconds(10)) == [.moved(1, from: .online(rampFrom: nil), to: .unchecked)])
        for second in [20, 30, 39] {
            #expect(health.failed(1, .timeout, at: .seconds(second)).isEmpty)
            #expect(health.state(of: 1) == .unchecked)
        }
        #expect(health.members[1]?.lastFault == .timeout)
        #expect(health.pollSucceeded(1, at: .seconds(90)).isEmpty)
        #expect(health.state(of: 1) == .unchecked)
        #expect(health.members[1]?.lastSuccess == .seconds(90))
    }

    @Test func `a dead server in maintenance is offline all the same, so that its meetings go on elsewhere`() {
        var health = fleet(3)
        _ = health.maintained(1, at: .seconds(10))
        for second in [20, 30, 39] { _ = health.failed(1, .timeout, at: .seconds(second)) }
        let offline = HealthState.offline(since: .seconds(41), credits: 0)
        #expect(health.failed(1, .timeout, at: .seconds(41)) == [.moved(1, from: .unchecked, to: offline)])
        #expect(!health.isInPanic)
        #expect(health.pollSucceeded(1, at: .seconds(50)) == [.moved(1, from: offline, to: .unchecked)])
    }

    @Test func `a server that is offline stays so when it is put into maintenance`() {
        var health = fleet(3)
        for second in [10, 20, 30, 40] { _ = health.failed(1, .timeout, at: .seconds(second)) }
        #expect(health.state(of: 1).word == "offline")
        #expect(health.maintained(1, at: .seconds(41)).isEmpty)
        #expect(health.state(of: 1).word == "offline")
    }

    @Test func `a server that leaves maintenance starts from nothing`() {
        var health = fleetWithOffline()
        #expect(health.maintained(1, at: .seconds(50)).isEmpty)
        health.added(1, at: .seconds(200))
        #expect(health.state(of: 1) == .unchecked)
        // Silence is counted from now, and it needs one good poll only, without slow start.
        for second in [201, 203, 205, 229] { _ = health.failed(1, .timeout, at: .seconds(second)) }
        #expect(health.state(of: 1) == .suspect(failures: 4, countedAt: .seconds(229)))
        _ = health.pollSucceeded(1, at: .seconds(229))
        #expect(health.state(of: 1) == .online(rampFrom: nil))
    }

    @Test func `maintenance of a server that is not known yet adds it unchecked`() {
        var health = FleetHealth()
        #expect(health.maintained(1, at: .zero).isEmpty)
        #expect(health.members.count == 1)
        #expect(health.failed(1, .timeout, at: .seconds(5)).isEmpty)
        #expect(!health.isInPanic)
    }

    // MARK: removed servers

    @Test func `a removed server is forgotten and its late answers change nothing`() {
        var health = fleet(3)
        #expect(health.removed(1, at: .seconds(10)).isEmpty)
        #expect(health.members.keys.sorted() == [2, 3])
        #expect(health.state(of: 1) == .unchecked)
        #expect(health.pollSucceeded(1, at: .seconds(11)).isEmpty)
        #expect(health.failed(1, .timeout, at: .seconds(12)).isEmpty)
        #expect(health.removed(1, at: .seconds(13)).isEmpty)
        #expect(health.members.keys.sorted() == [2, 3])
        #expect(health.share(of: 1, at: .seconds(13)) == 1)
    }

    // MARK: poll intervals

    @Test(arguments: [
        (0.0, 0.85), (0.25, 0.925), (0.5, 1), (0.75, 1.075), (1, 1.15),
    ]) func `polls come at the interval of the state with 15 % jitter`(chance: Double, factor: Double) {
        var health = fleetWithOffline()
        _ = health.failed(3, .timeout, at: .seconds(41))
        _ = health.failed(4, .timeout, at: .seconds(41))
        health.added(6, at: .seconds(41))
        _ = health.maintained(2, at: .seconds(41))
        func interval(_ server: ServerID, at seconds: Double) -> Double {
            health.pollInterval(of: server, at: .seconds(seconds), chance: chance) / .seconds(1)
        }
        #expect(isNear(interval(5, at: 41), 5 * factor))
        #expect(isNear(interval(6, at: 41), 5 * factor))
        #expect(isNear(interval(2, at: 41), 5 * factor))
        #expect(isNear(interval(99, at: 41), 5 * factor))
        #expect(isNear(interval(3, at: 41), 2 * factor))
        #expect(isNear(interval(1, at: 41), 10 * factor))
        #expect(isNear(interval(1, at: 639.999), 10 * factor))
        #expect(isNear(interval(1, at: 640), 20 * factor))
        _ = health.pollSucceeded(1, at: .seconds(700))
        #expect(isNear(interval(1, at: 700), 2 * factor))
        _ = health.failed(1, .timeout, at: .seconds(702))
        #expect(isNear(interval(1, at: 702), 20 * factor))
    }

    private func isNear(_ left: Double, _ right: Double) -> Bool { abs(left - right) < 1e-9 }

    @Test func `an early poll of a suspect server still counts as a failure`() {
        var health = fleet(5)
        var now = Duration.seconds(5)
        for failures in 1...5 {
            _ = health.failed(1, .timeout, at: now)
            #expect(health.state(of: 1) == .suspect(failures: failures, countedAt: now))
            now += health.pollInterval(of: 1, at: now, chance: 0)
        }
    }
}
