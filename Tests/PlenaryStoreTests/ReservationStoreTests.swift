import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// Reservations as they are written with the meetings that they are of (`rooms-api.md` 15.4 to 15.6).
@Suite(.timeLimit(.minutes(30))) struct ReservationStoreTests {
    @Test(arguments: Place.allCases) func `a reservation is read again as it was written, in every state`(place: Place)
        async throws
    {
        try await ReservationBench.run(place) { bench in
            func expectA(_ state: Reservation.State, until minute: Int64) async throws {
                let expected = Reservation(
                    key: try bench.key("room-A"), connections: 15, minutes: 60, state: state,
                    expiresAt: .minute(minute), createdAt: .start)
                #expect(try await bench.reservation("room-A") == expected)
            }
            let intent = try await bench.pending("room-A", bench.admission(15), at: 0)
            try await expectA(.pending(since: .start, orphanedUntil: nil), until: 60)
            _ = try await bench.settle(intent, at: 1)
            try await expectA(.live, until: 61)
            let second = try await bench.pending("room-B", bench.admission(10, 30), at: 61)
            try await expectA(.claimed(by: bench.key("room-B")), until: 61)
            let settled = try await bench.settle(second, at: 62)
            try await expectA(.terminating(for: bench.key("room-B")), until: 61)
            func expectB(_ state: Reservation.State) async throws {
                let expected = Reservation(
                    key: try bench.key("room-B"), connections: 10, minutes: 30, state: state,
                    expiresAt: .minute(92), createdAt: .minute(61))
                #expect(try await bench.reservation("room-B") == expected)
            }
            try await expectB(.live)
            #expect(try await bench.store.end(settled, reason: "lost", isLost: true, now: .minute(70)))
            try await expectB(.orphaned(until: .minute(80)))
            // It is created again, and what this create says does not count.
            let again = try await bench.pending("room-B", bench.admission(3, 5), at: 75)
            #expect(again.reserved == Meeting.Reserved(connections: 10, askedMinutes: 5))
            try await expectB(.pending(since: .minute(75), orphanedUntil: .minute(80)))
            _ = try await bench.settle(again, at: 76)
            try await expectB(.live)
            try await expectA(.terminating(for: bench.key("room-B")), until: 61)
        }
    }

    @Test(arguments: Place.allCases, [6, 21]) func `an intent that is refused writes nothing`(
        place: Place, connections: Int
    ) async throws {
        try await ReservationBench.run(place) { bench in
            _ = try await bench.liveA()
            func rows() async throws -> [Int64] {
                var counts: [Int64] = []
                for table in ["meetings", "placements", "reservations", "changes"] {
                    counts.append(try await bench.store.number("SELECT COUNT(*) FROM \(table)"))
                }
                return counts
            }
            let (before, meetings, told) = (try await rows(), bench.store.meetings, Told(bench.store))
            let intended = try await bench.intend("room-B", bench.admission(connections), at: .minute(10))
            guard case .refused(let shortage) = intended else { throw Unexpected("\(intended)") }
            #expect(shortage.asked == connections && shortage.pool == 20 && shortage.available == 5)
            #expect(shortage.exceedsPool == (connections == 21))
            let until: WireTime? = connections == 21 ? nil : WireTime.minute(60)
            #expect(shortage.until == until)
            #expect(try await rows() == before)
            #expect(bench.store.meetings == meetings && told.count == 0)
            // What is left can still be had.
            #expect(try await bench.isFree(5, at: .minute(10)))
        }
    }

    // MARK: who makes room

    @Test(arguments: Place.allCases) func `who makes room is being ended when the other one is there, and not before`(
        place: Place
    ) async throws {
        try await ReservationBench.run(place) { bench in
            let victim = try await bench.liveA()
            #expect(try await bench.isPreempted(victim) == false)
            let intent = try await bench.pending("room-B", bench.admission(10), at: 60)
            #expect(try await bench.state("room-A") == .claimed(by: bench.key("room-B")))
            #expect(try await bench.isPreempted(victim) == false)
            let told = Told(bench.store)
            let settled = try await bench.settle(intent, at: 61)
            #expect(settled.isPreempted == false)
            #expect(try await bench.state("room-A") == .terminating(for: bench.key("room-B")))
            #expect(try await bench.isPreempted(victim) == true)
            #expect(try await bench.isPreempted(settled) == false)
            #expect(Set(told.words) == ["meeting \(intent.number)", "meeting \(victim.number)"])
            #expect(try await bench.isFree(10, at: .minute(61)))
            // Its server has ended it; that others needed its connections is on record.
            let seen = try #require(bench.store.meetings[victim.number])
            #expect(try await bench.store.end(seen, reason: "not on its server", now: .minute(62)))
            #expect(try await bench.reservation("room-A") == nil)
            let reason = "its connections went to another meeting"
            let ended = "SELECT COUNT(*) FROM meetings WHERE id = $1 AND end_reason = $2"
            #expect(try await bench.store.number(ended, [.integer(victim.number.number), .text(reason)]) == 1)
        }
    }

    @Test(arguments: Place.allCases) func `a create that came to nothing gives back what it claimed`(place: Place)
        async throws
    {
        try await ReservationBench.run(place) { bench in
            let victim = try await bench.liveA()
            let before = try await bench.reservation("room-A")
            let intent = try await bench.pending("room-B", bench.admission(10), at: 60)
            #expect(try await bench.store.end(intent, reason: "no server could take it", now: .minute(61)))
            #expect(try await bench.reservation("room-A") == before)
            #expect(try await bench.reservation("room-B") == nil)
            #expect(try await bench.isPreempted(victim) == false)
            // And it makes room for the next one.
            _ = try await bench.live("room-C", bench.admission(10), at: 62)
            #expect(try await bench.isPreempted(victim) == true)
        }
    }

    @Test(arguments: Place.allCases) func `who ended while it was claimed is gone, and its taker comes to be`(
        place: Place
    ) async throws {
        try await ReservationBench.run(place) { bench in
            let victim = try await bench.liveA()
            let intent = try await bench.pending("room-B", bench.admission(10), at: 60)
            #expect(try await bench.store.end(victim, reason: "over", now: .minute(60)))
            _ = try await bench.settle(intent, at: 61)
            #expect(try await bench.reservation("room-A") == nil)
            #expect(try await bench.state("room-B") == .live)
            #expect(try await bench.count() == 1)
        }
    }

    // MARK: ends and losses

    @Test(arguments: Place.allCases) func `a meeting that ended has no reservation any more`(place: Place) async throws
    {
        try await ReservationBench.run(place) { bench in
            let meeting = try await bench.liveA()
            #expect(try await bench.isFree(6, at: .minute(10)) == false)
            #expect(try await bench.store.end(meeting, reason: "over", now: .minute(10)))
            #expect(try await bench.count() == 0)
            #expect(try await bench.isFree(20, at: .minute(10)))
        }
    }

    struct Loss: Sendable {
        /// By an operator's word; else its server came back without it.
        let isForgotten: Bool
        let minute: Int64
        /// It is waited for until then; `nil`: it is not.
        let until: Int64?

        static let all: [Loss] = [true, false].flatMap { isForgotten in
            ([(10, 20), (55, 60), (60, nil), (61, nil)] as [(Int64, Int64?)]).map { minute, until in
                Loss(isForgotten: isForgotten, minute: minute, until: until)
            }
        }
    }

    @Test(arguments: Place.allCases, Loss.all) func `connections of a lost meeting wait while they are reserved`(
        place: Place, loss: Loss
    ) async throws {
        try await ReservationBench.run(place) { bench in
            let meeting = try await bench.liveA()
            let now = WireTime.minute(loss.minute)
            if loss.isForgotten {
                #expect(try await bench.store.forget(meeting, reason: "given up", now: now))
            } else {
                #expect(try await bench.store.end(meeting, reason: "lost", isLost: true, now: now))
            }
            guard let until = loss.until else {
                #expect(try await bench.count() == 0)
                return
            }
            let waiting = try #require(try await bench.reservation("room-A"))
            #expect(waiting.state == .orphaned(until: .minute(until)))
            #expect(waiting.connections == 15 && waiting.expiresAt == .minute(60))
            #expect(try await bench.isFree(6, at: .minute(until, less: .milliseconds(1))) == false)
            #expect(try await bench.isFree(6, at: .minute(until)))
        }
    }

    @Test(arguments: Place.allCases) func `that the copy of a forgotten meeting ends takes nothing away`(place: Place)
        async throws
    {
        try await ReservationBench.run(place) { bench in
            let meeting = try await bench.liveA()
            #expect(try await bench.store.forget(meeting, reason: "given up", now: .minute(10)))
            let copy = try #require(bench.store.meetings[meeting.number])
            #expect(copy.state == .displaced)
            let again = try await bench.live("room-A", bench.admission(3), at: 12)
            let before = try await bench.reservation("room-A")
            #expect(before?.connections == 15 && before?.expiresAt == .minute(60) && before?.state == .live)
            #expect(try await bench.store.end(copy, reason: "not on its server", now: .minute(13)))
            #expect(try await bench.reservation("room-A") == before)
            #expect(bench.store.meetings[again.number] == again)
        }
    }

    // MARK: meetings that come back

    /// Takes back a meeting that was over from minute 10 on; its server says that it made it at minute 0.
    private func takeBack(_ meeting: Meeting, at minute: Int64, _ bench: ReservationBench) async throws -> Meeting {
        let said = try Store.Settlement.sample("internal-back", createTime: WireTime.start.milliseconds)
        let back = try await bench.store.takeBack(meeting, on: bench.one, said, now: .minute(minute))
        return try #require(back)
    }

    @Test(arguments: Place.allCases) func `a lost meeting that turns up has its connections and its time again`(
        place: Place
    ) async throws {
        try await ReservationBench.run(place) { bench in
            let meeting = try await bench.liveA()
            let before = try await bench.reservation("room-A")
            #expect(try await bench.store.end(meeting, reason: "lost", isLost: true, now: .minute(10)))
            let back = try await takeBack(meeting, at: 19, bench)
            #expect(try await bench.reservation("room-A") == before)
            #expect(back.reserved == meeting.reserved && back.reserved?.connections == 15)
        }
    }

    @Test(arguments: Place.allCases, [true, false])
    func `a meeting that nobody waited for counts, and is not protected`(place: Place, isLost: Bool) async throws {
        try await ReservationBench.run(place) { bench in
            let meeting = try await bench.liveA()
            #expect(try await bench.store.end(meeting, reason: "over", isLost: isLost, now: .minute(10)))
            // Who was lost is not waited for any more.
            let minute: Int64 = isLost ? 20 : 11
            let back = try await takeBack(meeting, at: minute, bench)
            #expect(back.reserved?.connections == 15)
            let pool = try await bench.other.pool(of: .default, capacity: 20, isShared: false)
            let now = WireTime.minute(minute)
            #expect(pool.unreserved(at: now) == 15 && pool.protected(at: now) == 0 && pool.free(at: now) == 5)
            _ = try await bench.live("room-B", bench.admission(10), at: minute)
            #expect(try await bench.isPreempted(back) == true)
        }
    }

    @Test(arguments: Place.allCases) func `a meeting without a reservation comes back without one`(place: Place)
        async throws
    {
        try await ReservationBench.run(place) { bench in
            let meeting = try await bench.settle(try await bench.pending("room-A", at: 0), at: 0)
            #expect(meeting.reserved == nil)
            #expect(try await bench.store.end(meeting, reason: "lost", isLost: true, now: .minute(10)))
            #expect(try await takeBack(meeting, at: 11, bench).reserved == nil)
            #expect(try await bench.count() == 0)
        }
    }

    // MARK: meetings that take a place

    @Test(arguments: Place.allCases) func `who takes a meeting's place has its connections and its time`(place: Place)
        async throws
    {
        try await ReservationBench.run(place) { bench in
            let old = try await bench.liveA()
            let before = try await bench.reservation("room-A")
            let intent = try await bench.pending("room-A", on: bench.two, displacing: old, at: 30)
            #expect(try await bench.reservation("room-A") == before)
            let new = try await bench.settle(intent, at: 31)
            #expect(new.reserved == old.reserved && new.reserved?.connections == 15)
            // That the old one is found ended where it was takes nothing from the new one.
            let displaced = try #require(bench.store.meetings[old.number])
            #expect(try await bench.store.end(displaced, reason: "moved", now: .minute(32)))
            #expect(try await bench.reservation("room-A") == before)
            #expect(before?.expiresAt == .minute(60) && before?.state == .live)
        }
    }

    enum Return: String, Sendable, CaseIterable { case givenBack, refused }

    @Test(arguments: Place.allCases, Return.allCases)
    func `a meeting that has its place again has its connections and its time`(place: Place, way: Return) async throws {
        try await ReservationBench.run(place) { bench in
            let old = try await bench.liveA()
            let before = try await bench.reservation("room-A")
            let intent = try await bench.pending("room-A", on: bench.two, displacing: old, at: 30)
            switch way {
            case .givenBack: #expect(try await bench.store.giveBackPlace(of: intent)?.number == old.number)
            case .refused: #expect(try await bench.store.end(intent, reason: "refused", now: .minute(31)))
            }
            #expect(try await bench.reservation("room-A") == before)
            let live = try #require(bench.store.meetings[old.number])
            #expect(live.state == .running && live.reserved == old.reserved)
            #expect(try await bench.isFree(6, at: .minute(32)) == false)
            #expect(try await bench.store.end(live, reason: "over", now: .minute(33)))
            #expect(try await bench.count() == 0)
        }
    }

    @Test(arguments: Place.allCases) func `when neither of two that share a place is there it waits`(place: Place)
        async throws
    {
        try await ReservationBench.run(place) { bench in
            let old = try await bench.liveA()
            let intent = try await bench.pending("room-A", on: bench.two, displacing: old, at: 30)
            let displaced = try #require(bench.store.meetings[old.number])
            #expect(try await bench.store.end(displaced, reason: "not on its server", now: .minute(31)))
            #expect(try await bench.isFree(6, at: .minute(31)) == false)
            #expect(try await bench.store.end(intent, reason: "refused", now: .minute(32)))
            #expect(try await bench.reservation("room-A")?.state == .orphaned(until: .minute(42)))
        }
    }
}
