import BigBlueButton
import PlenaryCore
import Testing

/// A pool on a clock that is set by hand, in minutes from 0 as in `rooms-api.md` 15.12.
struct Pool {
    var pool: ReservationPool
    var defaults = ReservationDefaults.factory
    var people: [MeetingKey: Int] = [:]
    private(set) var ended: [String] = []

    init(_ capacity: Int?) { pool = ReservationPool(capacity: capacity, reservations: []) }

    static func at(_ minutes: Double) -> WireTime { WireTime(milliseconds: Int64((minutes * 60_000).rounded())) }

    static func key(_ name: String, account: Int64 = 1) -> MeetingKey {
        MeetingKey(account: AccountID(account), meetingID: made(MeetingID(rawValue: name)))
    }

    enum Outcome: Equatable {
        case admitted
        case refused(available: Int, retryAfter: Int?)
        case tooMany
    }

    /// A create whose server makes the meeting, or does not.
    mutating func create(
        _ name: String, _ parameters: Parameters, at minutes: Double, account: Int64 = 1, works: Bool = true
    ) -> Outcome {
        let key = Self.key(name, account: account)
        let request = ReservationRequest(parameters, defaults: defaults, pool: pool.capacity, longest: 1_440)
        ended = []
        let people = people
        switch pool.admit(key, request, people: { people[$0] }, at: Self.at(minutes)) {
        case .admitted(_, let ending):
            guard works else {
                pool.fail(key)
                return .admitted
            }
            let victims = pool.confirm(key, createdAt: Self.at(minutes), at: Self.at(minutes))
            #expect(
                victims.sorted { $0.meetingID.rawValue < $1.meetingID.rawValue }
                    == ending.sorted { $0.meetingID.rawValue < $1.meetingID.rawValue })
            ended = victims.map(\.meetingID.rawValue).sorted()
            for victim in victims { pool.end(victim) }
            return .admitted
        case .refused(let shortage):
            if shortage.exceedsPool { return .tooMany }
            return .refused(available: shortage.available, retryAfter: shortage.retryAfter(from: Self.at(minutes)))
        }
    }

    mutating func create(_ name: String, _ connections: Int, _ minutes: Int = 60, at: Double, account: Int64 = 1)
        -> Outcome
    {
        create(
            name, ["maxParticipants": String(connections), "duration": String(minutes)], at: at, account: account)
    }

    func reservation(_ name: String, account: Int64 = 1) -> Reservation? {
        pool.reservations[Self.key(name, account: account)]
    }
}

/// The worked examples of `rooms-api.md` 15.12, by number, as far as they need no servers.
@Suite struct ReservationExamples {
    /// A(15, 0-120) in a pool of 20.
    private func one() -> Pool {
        var pool = Pool(20)
        #expect(pool.create("A", 15, 120, at: 0) == .admitted)
        return pool
    }

    @Test func `E1 the founding document's own example`() {
        var pool = one()
        #expect(pool.create("B", 10, at: 60) == .refused(available: 5, retryAfter: 3_600))
        #expect(pool.create("B", 5, at: 60) == .admitted && pool.ended.isEmpty)

        pool = one()
        pool.pool.end(Pool.key("A"))
        #expect(pool.create("B", 10, at: 60) == .admitted && pool.ended.isEmpty)

        // Nothing is created: it goes on.
        pool = one()
        pool.pool.sweep(lives: { _ in true }, at: Pool.at(130))
        #expect(pool.reservation("A")?.isUnreserved(at: Pool.at(130)) == true)
        #expect(pool.create("B", 5, at: 130) == .admitted && pool.ended.isEmpty)

        pool = one()
        #expect(pool.create("B", 10, at: 130) == .admitted && pool.ended == ["A"])
    }

    @Test func `E2 exactly at the boundary`() {
        var pool = one()
        #expect(pool.create("B", 10, at: 120 - 1.0 / 60_000) == .refused(available: 5, retryAfter: 1))
        #expect(pool.create("B", 10, at: 120) == .admitted && pool.ended == ["A"])
    }

    @Test(
        arguments: [
            (5, []), (20, ["Z"]), (25, ["X", "Z"]), (50, ["Y"]), (80, ["Y", "Z"]), (90, ["X", "Y", "Z"]), (91, nil),
        ] as [(Int, [String]?)])
    func `E3 several unreserved`(connections: Int, ended: [String]?) {
        var pool = Pool(100)
        for (name, size, end) in [("X", 10, 50), ("Y", 60, 80), ("Z", 15, 95), ("R", 10, 600)] {
            #expect(pool.create(name, size, end, at: 0) == .admitted)
        }
        pool.people = [Pool.key("X"): 4, Pool.key("Y"): 30, Pool.key("Z"): 0, Pool.key("R"): 1]
        let outcome = pool.create("B", connections, at: 100)
        guard let ended else {
            #expect(outcome == .refused(available: 90, retryAfter: 30_000))
            #expect(pool.pool.reservations.count == 4 && pool.pool.unreserved(at: Pool.at(100)) == 85)
            return
        }
        #expect(outcome == .admitted && pool.ended == ended)
    }

    @Test func `E4 terminating would not suffice`() {
        var pool = Pool(20)
        #expect(pool.create("A", 8, 30, at: 0) == .admitted && pool.create("D", 9, 300, at: 0) == .admitted)
        #expect(pool.create("B", 12, at: 60) == .refused(available: 11, retryAfter: 14_400))
        #expect(pool.reservation("A")?.state == .live)
        #expect(pool.create("B", 11, at: 60) == .admitted && pool.ended == ["A"])
    }

    @Test(
        arguments: [
            [:], ["maxParticipants": "0", "duration": "0"], ["maxParticipants": "abc", "duration": "-5"],
            ["maxParticipants": "15.5", "duration": " 30"], ["maxParticipants": "99999999999", "duration": ""],
        ] as [Parameters])
    func `E5 defaults`(parameters: Parameters) throws {
        var pool = Pool(20)
        pool.defaults = ReservationDefaults(participants: 25, duration: 60)
        #expect(pool.create("A", parameters, at: 0) == .admitted)
        let reservation = try #require(pool.reservation("A"))
        #expect(reservation.connections == 20 && reservation.expiresAt == Pool.at(60))
        var other = Pool(20)
        other.defaults = pool.defaults
        #expect(other.create("A", ["maxParticipants": "21"], at: 0) == .tooMany)
    }

    @Test func `E7 the pool is made smaller`() {
        var pool = Pool(20)
        #expect(pool.create("A", 15, 60, at: 0) == .admitted)
        pool.pool = ReservationPool(capacity: 10, reservations: Array(pool.pool.reservations.values))
        #expect(pool.pool.free(at: Pool.at(30)) == -5)
        #expect(pool.create("B", 5, at: 30) == .refused(available: 0, retryAfter: 1_800))
        #expect(pool.create("B", 5, at: 60) == .admitted && pool.ended == ["A"])
    }

    @Test func `E8 no server makes it`() {
        var pool = one()
        let before = pool.pool.reservations
        #expect(pool.create("B", ["maxParticipants": "10"], at: 130, works: false) == .admitted)
        #expect(pool.pool.reservations == before)
    }

    @Test func `E9 two at the same time`() {
        var pool = one()
        #expect(pool.create("B", 5, at: 0) == .admitted)
        #expect(pool.create("C", 5, at: 0) == .refused(available: 0, retryAfter: 3_600))
        // Two want the same meeting's connections: the second does not get what the first claimed.
        pool = one()
        let request = ReservationRequest(connections: 10, minutes: 60, isExplicit: true)
        guard
            case .admitted(_, let ending) = pool.pool.admit(
                Pool.key("B"), request, people: { _ in nil }, at: Pool.at(130))
        else { return #expect(Bool(false)) }
        #expect(ending == [Pool.key("A")])
        guard
            case .admitted(_, let more) = pool.pool.admit(
                Pool.key("C"), request, people: { _ in nil }, at: Pool.at(130))
        else { return #expect(Bool(false)) }
        #expect(more.isEmpty)
        #expect(pool.create("D", 1, at: 130) == .refused(available: 0, retryAfter: 3_600))
        // The first comes to nothing: what it claimed lives, for as long as the second leaves room.
        pool.pool.fail(Pool.key("B"))
        #expect(pool.reservation("A")?.state == .live && pool.pool.free(at: Pool.at(130)) == -5)
    }

    @Test func `E10 a crash`() throws {
        // Its server does not answer: it may be running.
        var pool = one()
        #expect(pool.create("B", 10, at: 45) == .refused(available: 5, retryAfter: 4_500))
        // It is known to be lost: it has ten minutes.
        pool.pool.lose(Pool.key("A"), at: Pool.at(40))
        #expect(pool.create("B", 10, at: 45) == .refused(available: 5, retryAfter: 300))
        var again = pool
        #expect(again.create("A", 3, 10, at: 45) == .admitted)
        let reservation = try #require(again.reservation("A"))
        #expect(reservation.connections == 15 && reservation.expiresAt == Pool.at(120) && reservation.state == .live)
        #expect(pool.create("B", 10, at: 50) == .admitted && pool.ended.isEmpty && pool.reservation("A") == nil)
        // Past its time it is not kept.
        var late = one()
        late.pool.lose(Pool.key("A"), at: Pool.at(120))
        #expect(late.reservation("A") == nil)
    }

    @Test func `E11 two accounts and one subscription`() {
        var pool = Pool(20)
        #expect(pool.create("A", 15, 120, at: 0, account: 1) == .admitted)
        // The same id of another account is another meeting.
        #expect(pool.create("A", 10, at: 130, account: 2) == .admitted && pool.ended == ["A"])
        #expect(pool.reservation("A", account: 1) == nil && pool.reservation("A", account: 2)?.connections == 10)
    }
}
