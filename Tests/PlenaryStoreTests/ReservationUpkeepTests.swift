import BigBlueButton
import PlenaryCore
import Testing

@testable import PlenaryStore

/// What becomes of reservations without a create: they are swept, told about, extended and released.
@Suite(.timeLimit(.minutes(30))) struct ReservationUpkeepTests {
    // MARK: sweeps

    @Test(arguments: Place.allCases) func `a lost meeting is waited for until its time is over`(place: Place)
        async throws
    {
        try await ReservationBench.run(place) { bench in
            let meeting = try await bench.liveA()
            #expect(try await bench.store.end(meeting, reason: "lost", isLost: true, now: .minute(10)))
            try await bench.store.sweepReservations(now: .minute(20, less: .milliseconds(1)))
            #expect(try await bench.state("room-A") == .orphaned(until: .minute(20)))
            try await bench.other.sweepReservations(now: .minute(20))
            #expect(try await bench.count() == 0)
        }
    }

    @Test(arguments: Place.allCases) func `a create that a crash cut off gives back what it had after a minute`(
        place: Place
    ) async throws {
        try await ReservationBench.run(place) { bench in
            let victim = try await bench.liveA()
            let intent = try await bench.pending("room-B", bench.admission(10), at: 60)
            try await bench.cutOff(intent)
            try await bench.store.sweepReservations(now: .minute(61, less: .milliseconds(1)))
            #expect(try await bench.state("room-B") == .pending(since: .minute(60), orphanedUntil: nil))
            #expect(try await bench.state("room-A") == .claimed(by: bench.key("room-B")))
            try await bench.store.sweepReservations(now: .minute(61))
            #expect(try await bench.reservation("room-B") == nil)
            #expect(try await bench.state("room-A") == .live)
            #expect(try await bench.isPreempted(victim) == false)
        }
    }

    @Test(arguments: Place.allCases) func `a create of which nobody learns keeps its connections for its time`(
        place: Place
    ) async throws {
        try await ReservationBench.run(place) { bench in
            let intent = try await bench.pending("room-A", bench.admission(15), at: 0)
            let before = try await bench.reservation("room-A")
            for minute: Int64 in [1, 30, 300] {
                try await bench.store.sweepReservations(now: .minute(minute))
                #expect(try await bench.reservation("room-A") == before)
                #expect(try await bench.isFree(6, at: .minute(minute)) == (minute >= 60))
            }
            #expect(before?.state == .pending(since: .start, orphanedUntil: nil))
            // It is there after all: it counts, but others may have its connections.
            _ = try await bench.settle(intent, at: 300)
            #expect(try await bench.reservation("room-A")?.isUnreserved(at: .minute(300)) == true)
        }
    }

    @Test(arguments: Place.allCases) func `who would make room for a create of which nobody learns lives on`(
        place: Place
    ) async throws {
        try await ReservationBench.run(place) { bench in
            let old = try await bench.liveA()
            let intent = try await bench.pending("room-B", bench.admission(10), at: 100)
            guard case .claimed? = try await bench.reservation("room-A")?.state else { throw Unexpected("not chosen") }
            try await bench.store.sweepReservations(now: .minute(102))
            #expect(try await bench.reservation("room-A")?.state == .live)
            _ = try await bench.settle(intent, at: 103)
            #expect(try await bench.isPreempted(old) == false)
            #expect(try await bench.reservation("room-B")?.state == .live)
        }
    }

    @Test(arguments: Place.allCases) func `a lost meeting whose new create was cut off is waited for again`(
        place: Place
    ) async throws {
        try await ReservationBench.run(place) { bench in
            let meeting = try await bench.liveA()
            #expect(try await bench.store.end(meeting, reason: "lost", isLost: true, now: .minute(10)))
            try await bench.cutOff(try await bench.pending("room-A", bench.admission(15), at: 12))
            try await bench.store.sweepReservations(now: .minute(13))
            #expect(try await bench.state("room-A") == .orphaned(until: .minute(20)))
            try await bench.store.sweepReservations(now: .minute(20))
            #expect(try await bench.count() == 0)
        }
    }

    @Test(arguments: Place.allCases) func `what lives is not swept, whatever its time`(place: Place) async throws {
        try await ReservationBench.run(place) { bench in
            let victim = try await bench.liveA()
            _ = try await bench.live("room-B", bench.admission(10), at: 60)
            try await bench.store.sweepReservations(now: .minute(600))
            #expect(try await bench.state("room-A") == .terminating(for: bench.key("room-B")))
            #expect(try await bench.state("room-B") == .live)
            #expect(try await bench.isPreempted(victim) == true)
        }
    }

    // MARK: notices

    /// What is told at a time, by either process: `soon` or `over`, with the minute at which it is over.
    private func notices(at minute: Int64, less moment: Duration = .zero, _ bench: ReservationBench) async throws
        -> [String]
    {
        let now = WireTime.minute(minute, less: moment)
        let soon = now.advanced(by: .seconds(600))
        var words: [String] = []
        for store in [bench.store, bench.other] {
            for notice in try await store.takeNotices(soon: soon, now: now) {
                let end = notice.expiresAt.since(.start) / .seconds(60)
                let told = notice.isTold ? "" : " untold"
                words.append("\(notice.key.meetingID) \(notice.isOver ? "over" : "soon") \(Int(end))\(told)")
            }
        }
        return words
    }

    @Test(arguments: Place.allCases) func `that it is over soon, and over, is told once each`(place: Place)
        async throws
    {
        try await ReservationBench.run(place) { bench in
            _ = try await bench.liveA()
            #expect(try await notices(at: 50, less: .milliseconds(1), bench) == [])
            #expect(try await notices(at: 50, bench) == ["room-A soon 60"])
            for minute: Int64 in [50, 55] { #expect(try await notices(at: minute, bench) == []) }
            #expect(try await notices(at: 60, less: .milliseconds(1), bench) == [])
            #expect(try await notices(at: 60, bench) == ["room-A over 60"])
            for minute: Int64 in [60, 61, 600] { #expect(try await notices(at: minute, bench) == []) }
        }
    }

    @Test(arguments: Place.allCases) func `what is extended is told about again`(place: Place) async throws {
        try await ReservationBench.run(place) { bench in
            _ = try await bench.liveA()
            #expect(try await notices(at: 50, bench) == ["room-A soon 60"])
            try await extend("room-A", by: 30, at: 55, bench)
            #expect(try await notices(at: 60, bench) == [])
            #expect(try await notices(at: 80, bench) == ["room-A soon 90"])
            #expect(try await notices(at: 90, bench) == ["room-A over 90"])
            try await extend("room-A", by: 30, at: 100, bench)
            #expect(try await notices(at: 120, bench) == ["room-A soon 130"])
            #expect(try await notices(at: 130, bench) == ["room-A over 130"])
        }
    }

    private func extend(_ id: String, by minutes: Int, at minute: Int64, _ bench: ReservationBench) async throws {
        let extended = try await bench.store.extendReservation(
            of: bench.key(id), by: .seconds(60 * minutes), capacity: 20, isShared: false, now: .minute(minute))
        guard case .extended = extended else { throw Unexpected("\(extended)") }
    }

    @Test(arguments: [(5, false), (10, false), (11, true)])
    func `what is shorter than the notice is told about when it is over`(minutes: Int, isWarned: Bool) async throws {
        try await ReservationBench.run(.memory) { bench in
            _ = try await bench.live("room-A", bench.admission(15, minutes), at: 0)
            let end = Int64(minutes)
            let soon = try await notices(at: end - 1, bench)
            #expect(soon == (isWarned ? ["room-A soon \(minutes)"] : []))
            #expect(try await notices(at: end, bench) == ["room-A over \(minutes)"])
        }
    }

    @Test func `what is over by now is not told to be over soon`() async throws {
        try await ReservationBench.run(.memory) { bench in
            _ = try await bench.liveA()
            #expect(try await notices(at: 65, bench) == ["room-A over 60"])
            #expect(try await notices(at: 66, bench) == [])
        }
    }

    @Test func `who wants no texts is not told, and the log is`() async throws {
        try await ReservationBench.run(.memory) { bench in
            _ = try await bench.live("room-A", bench.admission(15, isTold: false), at: 0)
            _ = try await bench.live("room-B", bench.admission(5), at: 0)
            #expect(try await notices(at: 50, bench).sorted() == ["room-A soon 60 untold", "room-B soon 60"])
            #expect(try await notices(at: 60, bench).sorted() == ["room-A over 60 untold", "room-B over 60"])
        }
    }

    @Test func `only meetings that live and keep their connections are told`() async throws {
        try await ReservationBench.run(.memory) { bench in
            let lost = try await bench.live("room-A", bench.admission(5), at: 0)
            #expect(try await bench.store.end(lost, reason: "lost", isLost: true, now: .minute(55)))
            _ = try await bench.pending("room-B", bench.admission(5), at: 0)
            _ = try await bench.live("room-C", bench.admission(5, 20), at: 0)
            // It makes room for the next one before anybody was told.
            _ = try await bench.live("room-D", bench.admission(10, 300), at: 56)
            #expect(try await bench.state("room-C") == .terminating(for: bench.key("room-D")))
            #expect(try await notices(at: 59, bench) == [])
            #expect(try await notices(at: 61, bench) == [])
        }
    }

    // MARK: for longer

    private func extended(
        _ id: String, capacity: Int? = 20, at minute: Int64, _ bench: ReservationBench
    ) async throws -> Store.Extension {
        try await bench.store.extendReservation(
            of: bench.key(id), by: .seconds(1_800), capacity: capacity, isShared: false, now: .minute(minute))
    }

    @Test(arguments: Place.allCases) func `a reservation is extended beyond its time, or from now on`(place: Place)
        async throws
    {
        try await ReservationBench.run(place) { bench in
            _ = try await bench.liveA()
            guard case .extended(let longer) = try await extended("room-A", at: 30, bench) else {
                throw Unexpected("it is not extended")
            }
            #expect(longer.expiresAt == .minute(90) && longer.connections == 15)
            #expect(try await bench.reservation("room-A") == longer)
            #expect(try await bench.isFree(6, at: .minute(89)) == false)
            // Past its time, beside one that fits.
            _ = try await bench.live("room-B", bench.admission(5), at: 100)
            guard case .extended(let again) = try await extended("room-A", at: 100, bench) else {
                throw Unexpected("it is not extended")
            }
            #expect(again.expiresAt == .minute(130))
            #expect(try await bench.reservation("room-A") == again)
        }
    }

    @Test func `what is past its time gets no connections that others have`() async throws {
        try await ReservationBench.run(.memory) { bench in
            _ = try await bench.liveA()
            let before = try await bench.reservation("room-A")
            // The pool was made smaller.
            #expect(try await extended("room-A", capacity: 14, at: 60, bench) == .noRoom)
            #expect(try await bench.reservation("room-A") == before)
            #expect(try await extended("room-A", capacity: 15, at: 60, bench) != .noRoom)
        }
    }

    @Test func `what has no reservation is not extended`() async throws {
        try await ReservationBench.run(.memory) { bench in
            #expect(try await extended("nobody", at: 0, bench) == .noReservation)
            _ = try await bench.liveA()
            let intent = try await bench.pending("room-B", bench.admission(10), at: 60)
            // The one is on its way, the other is claimed, and being ended then.
            for id in ["room-A", "room-B"] { #expect(try await extended(id, at: 60, bench) == .noReservation) }
            _ = try await bench.settle(intent, at: 61)
            #expect(try await extended("room-A", at: 61, bench) == .noReservation)
            let settled = try #require(bench.store.meetings[intent.number])
            #expect(try await bench.store.end(settled, reason: "lost", isLost: true, now: .minute(62)))
            #expect(try await extended("room-B", at: 62, bench) == .noReservation)
            #expect(try await bench.state("room-B") == .orphaned(until: .minute(72)))
        }
    }

    // MARK: released

    @Test(arguments: Place.allCases) func `a reservation that is given up is unreserved from then on`(place: Place)
        async throws
    {
        try await ReservationBench.run(place) { bench in
            let meeting = try await bench.liveA()
            let key = meeting.key
            let before = try await bench.reservation("room-A")
            await #expect(throws: RoomProblem.notFound) {
                _ = try await bench.store.releaseReservation(of: key, now: .minute(10)) { _ in
                    throw RoomProblem.notFound
                }
            }
            #expect(try await bench.reservation("room-A") == before)
            #expect(try await bench.store.releaseReservation(of: key, now: .minute(10)))
            let released = try #require(try await bench.reservation("room-A"))
            #expect(released.state == .live && released.connections == 15 && released.expiresAt == .minute(10))
            #expect(released.isUnreserved(at: .minute(10)))
            #expect(bench.store.meetings[meeting.number]?.reservedUntil == .minute(10))
            #expect(try await bench.store.releaseReservation(of: key, now: .minute(11)) == false)
            #expect(try await bench.reservation("room-A") == released)
            _ = try await bench.live("room-B", bench.admission(10), at: 12)
            #expect(try await bench.isPreempted(meeting) == true)
        }
    }

    @Test func `what protects nothing is not given up`() async throws {
        try await ReservationBench.run(.memory) { bench in
            #expect(try await bench.store.releaseReservation(of: bench.key("nobody"), now: .start) == false)
            let intent = try await bench.pending("room-A", bench.admission(15), at: 0)
            #expect(try await bench.store.releaseReservation(of: intent.key, now: .start) == false)
            let meeting = try await bench.settle(intent, at: 0)
            #expect(try await bench.store.end(meeting, reason: "lost", isLost: true, now: .minute(10)))
            #expect(try await bench.store.releaseReservation(of: intent.key, now: .minute(11)) == false)
            #expect(try await bench.state("room-A") == .orphaned(until: .minute(20)))
        }
    }
}
