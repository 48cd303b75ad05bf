import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

extension WireTime {
    /// Minutes from ``start``.
    static func minute(_ minute: Int64, less moment: Duration = .zero) -> WireTime {
        start.advanced(by: .seconds(60 * minute) - moment)
    }
}

/// Two stores over one database with two servers, for pools of 20 connections unless told otherwise; the clock is set by hand.
struct ReservationBench {
    let store: Store
    /// What another process would have.
    let other: Store
    let one: ServerID
    let two: ServerID

    static func run(_ place: Place, _ work: (ReservationBench) async throws -> Void) async throws {
        try await withDatabase(place) { database in
            let store = try await database.store()
            let one = try await store.addSample("bbb1")
            let two = try await store.addSample("bbb2")
            let bench = ReservationBench(store: store, other: try await database.store(), one: one.id, two: two.id)
            try await work(bench)
        }
    }

    func key(_ id: String, of account: AccountID = .default) throws -> MeetingKey {
        MeetingKey(account: account, meetingID: try #require(MeetingID(rawValue: id)))
    }

    func admission(
        _ connections: Int, _ minutes: Int = 60, capacity: Int? = 20, isShared: Bool = false, isTold: Bool = true
    ) -> Store.Admission {
        Store.Admission(
            request: ReservationRequest(connections: connections, minutes: minutes, isExplicit: true),
            askedMinutes: minutes, capacity: capacity, isShared: isShared, isTold: isTold)
    }

    /// What becomes of an intent that wants to be admitted, or that takes the place of another meeting.
    func intend(
        _ id: String, of account: AccountID = .default, on server: ServerID? = nil, displacing old: Meeting? = nil,
        _ admission: Store.Admission? = nil, at now: WireTime, by store: Store? = nil
    ) async throws -> Store.Intended {
        let intent = Intent(
            key: try key(id, of: account), name: "Room \(id)", server: server ?? one, attendeePW: "a",
            moderatorPW: "m", parameters: "name=Room", expectedLoad: 12, creator: "node-1", reserved: old?.reserved)
        return try await (store ?? self.store).intend(intent, displacing: old, admission: admission, now: now)
    }

    /// A create that is admitted and on its way.
    func pending(
        _ id: String, of account: AccountID = .default, on server: ServerID? = nil, displacing old: Meeting? = nil,
        _ admission: Store.Admission? = nil, at minute: Int64
    ) async throws -> Meeting {
        let intended = try await intend(
            id, of: account, on: server, displacing: old, admission, at: .minute(minute))
        guard case .written(let meeting) = intended else { throw Unexpected("\(id) is not written: \(intended)") }
        return meeting
    }

    func settle(_ meeting: Meeting, at minute: Int64) async throws -> Meeting {
        let now = WireTime.minute(minute)
        let said = try Store.Settlement.sample(
            "internal-\(meeting.number)-\(minute)", createTime: now.milliseconds)
        let settled = try await store.settle(meeting.number, on: meeting.server, said, now: now)
        return try #require(settled)
    }

    /// A meeting that runs.
    func live(
        _ id: String, of account: AccountID = .default, _ admission: Store.Admission, at minute: Int64
    ) async throws -> Meeting {
        try await settle(try await pending(id, of: account, admission, at: minute), at: minute)
    }

    /// A meeting of 15 connections from the start for an hour.
    func liveA() async throws -> Meeting { try await live("room-A", admission(15), at: 0) }

    /// Whether a create would get so many connections; if so, it is given up at once.
    func isFree(_ connections: Int, at now: WireTime) async throws -> Bool {
        switch try await intend("probe", admission(connections), at: now) {
        case .written(let meeting): return try await store.end(meeting, reason: "a probe", now: now)
        case .refused: return false
        case .taken, .full: throw Unexpected("a probe is there already")
        }
    }

    /// As both processes read it.
    func reservation(_ id: String, of account: AccountID = .default) async throws -> Reservation? {
        let key = try key(id, of: account)
        let here = try await store.pool(of: account, capacity: nil, isShared: false).reservations[key]
        let there = try await other.pool(of: account, capacity: nil, isShared: false).reservations[key]
        #expect(here == there)
        return there
    }

    func state(_ id: String, of account: AccountID = .default) async throws -> Reservation.State? {
        try await reservation(id, of: account)?.state
    }

    func count() async throws -> Int64 { try await store.number("SELECT COUNT(*) FROM reservations") }

    /// Whether the meeting is being ended for another one, as the rosters of both processes say.
    func isPreempted(_ meeting: Meeting) async throws -> Bool? {
        try await other.catchUp()
        let (here, there) = (store.meetings[meeting.number], other.meetings[meeting.number])
        #expect(here == there)
        return there?.isPreempted
    }

    /// What a crash leaves of a create: its meeting is not there any more, and nobody was told.
    func cutOff(_ meeting: Meeting) async throws {
        try await store.run(
            "UPDATE meetings SET state = 'ended', ended_at = 1, end_reason = 'cut off' WHERE id = \(meeting.number)")
    }
}
