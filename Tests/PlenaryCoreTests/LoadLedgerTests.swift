import BigBlueButton
import Testing

@testable import PlenaryCore

struct LoadLedgerTests {
    private let young = LoadWeights().young

    // MARK: weights

    @Test(arguments: [
        (0, 0, 2.0), (1, 0, 3), (10, 0, 12), (10, 2, 13), (10, 25, 24.5), (10, 26, 24.5), (10, 400, 24.5), (0, 9, 2),
    ]) func `a meeting weighs its users and what they show each other`(users: Int, cameras: Int, load: Double) {
        #expect(LoadWeights().load(users: users, cameras: cameras) == load)
    }

    @Test func `a meeting weighs what its server says of it`() throws {
        let meeting = try MeetingSnapshot.sample("m", internal: "m-1", users: "1,010", cameras: "2")
        #expect(LoadWeights().load(meeting) == 1_113)
    }

    // MARK: bookings

    @Test func `an empty ledger has no load`() {
        #expect(LoadLedger().load(of: 1, at: .seconds(1)) == 0)
    }

    @Test func `a booking weighs what is expected from the start`() {
        var ledger = LoadLedger()
        ledger.book(1, on: 1, expected: 12, at: .seconds(1))
        ledger.book(2, on: 1, expected: 30, at: .seconds(1))
        ledger.book(3, on: 2, expected: 5, at: .seconds(1))
        #expect(ledger.load(of: 1, at: .seconds(1)) == 42)
        #expect(ledger.load(of: 2, at: .seconds(1)) == 5)
        #expect(ledger.load(of: 3, at: .seconds(1)) == 0)
        #expect(ledger.entries.count == 3)
    }

    @Test func `a booking that no poll shows stays for as long as it takes`() {
        var ledger = LoadLedger()
        ledger.book(1, on: 1, expected: 12, at: .zero)
        ledger.observed(1, [:], foreign: 0)
        ledger.observed(1, [2: 50], foreign: 0)
        #expect(ledger.load(of: 1, at: .zero) == 12)
        #expect(ledger.load(of: 1, at: young * 10) == 12)
        #expect(ledger.entries.keys.sorted() == [1])
    }

    @Test func `a meeting that moves is booked once`() {
        var ledger = LoadLedger()
        ledger.book(1, on: 1, expected: 12, at: .zero)
        ledger.observed(1, [1: 40], foreign: 0)
        ledger.book(1, on: 2, expected: 20, at: .seconds(60))
        #expect(ledger.load(of: 1, at: .seconds(60)) == 0)
        #expect(ledger.load(of: 2, at: .seconds(60)) == 20)
        #expect(ledger.entries[1] == .init(server: 2, expected: 20, bookedAt: .seconds(60), observed: nil))
    }

    @Test func `what is expected is never less than nothing`() {
        var ledger = LoadLedger()
        ledger.book(1, on: 1, expected: -3, at: .zero)
        #expect(ledger.load(of: 1, at: .zero) == 0)
        #expect(ledger.entries[1]?.expected == 0)
    }

    @Test func `a release takes the booking off, twice is once`() {
        var ledger = LoadLedger()
        ledger.book(1, on: 1, expected: 12, at: .zero)
        ledger.book(2, on: 1, expected: 1, at: .zero)
        ledger.release(1)
        ledger.release(1)
        ledger.release(99)
        #expect(ledger.load(of: 1, at: .zero) == 1)
        #expect(ledger.entries.keys.sorted() == [2])
    }

    // MARK: observed

    /// Of a meeting that was expected to weigh 12: the age, what is observed, and what counts.
    @Test(arguments: [
        (0.0, 5.0, 12.0), (0, 40, 40), (899, 5, 12), (899.999, 5, 12), (900, 5, 5), (900, 40, 40), (5_000, 2, 2),
    ]) func `young meetings weigh the larger of expected and observed`(age: Double, observed: Double, counts: Double) {
        var ledger = LoadLedger()
        ledger.book(1, on: 1, expected: 12, at: .seconds(50))
        ledger.observed(1, [1: observed], foreign: 0)
        #expect(ledger.load(of: 1, at: .seconds(50) + .seconds(age)) == counts)
    }

    @Test func `the last observation counts`() {
        var ledger = LoadLedger()
        ledger.book(1, on: 1, expected: 12, at: .zero)
        ledger.observed(1, [1: 40], foreign: 0)
        ledger.observed(1, [1: 20], foreign: 0)
        #expect(ledger.load(of: 1, at: .zero) == 20)
        ledger.observed(1, [:], foreign: 0)
        #expect(ledger.load(of: 1, at: .zero) == 20)
    }

    @Test func `an observation on another server than the booked one changes nothing`() {
        var ledger = LoadLedger()
        ledger.book(1, on: 1, expected: 12, at: .zero)
        ledger.observed(2, [1: 40], foreign: 0)
        #expect(ledger.load(of: 1, at: .zero) == 12)
        #expect(ledger.load(of: 2, at: .zero) == 0)
    }

    @Test func `an observation books nothing that was released`() {
        var ledger = LoadLedger()
        ledger.book(1, on: 1, expected: 12, at: .zero)
        ledger.release(1)
        ledger.observed(1, [1: 40], foreign: 0)
        #expect(ledger.load(of: 1, at: .zero) == 0)
        #expect(ledger.entries.isEmpty)
    }

    @Test func `a server cannot make its load negative`() throws {
        let weights = LoadWeights()
        let meeting = try MeetingSnapshot.sample("m", internal: "m-1", users: "-1000")
        var ledger = LoadLedger()
        ledger.book(1, on: 1, expected: 0, at: .zero)
        ledger.observed(1, [1: weights.load(meeting)], foreign: 0)
        #expect(ledger.load(of: 1, at: young) >= 0)
    }

    // MARK: foreign load, forgotten servers

    @Test func `foreign load is added and is what the last poll said`() {
        var ledger = LoadLedger()
        ledger.book(1, on: 1, expected: 12, at: .zero)
        ledger.observed(1, [:], foreign: 7)
        #expect(ledger.load(of: 1, at: .zero) == 19)
        ledger.observed(1, [:], foreign: 3)
        #expect(ledger.load(of: 1, at: .zero) == 15)
        ledger.observed(1, [:], foreign: 0)
        #expect(ledger.load(of: 1, at: .zero) == 12)
        ledger.observed(1, [:], foreign: -5)
        #expect(ledger.load(of: 1, at: .zero) == 12)
    }

    @Test func `a forgotten server has no load and others keep theirs`() {
        var ledger = LoadLedger()
        ledger.book(1, on: 1, expected: 12, at: .zero)
        ledger.book(2, on: 2, expected: 5, at: .zero)
        ledger.observed(1, [1: 40], foreign: 7)
        ledger.forget(1)
        #expect(ledger.load(of: 1, at: .zero) == 0)
        #expect(ledger.load(of: 2, at: .zero) == 5)
        #expect(ledger.entries.keys.sorted() == [2])
        ledger.release(1)
        ledger.book(1, on: 1, expected: 3, at: .seconds(5))
        #expect(ledger.load(of: 1, at: .seconds(5)) == 3)
    }

    // MARK: property

    /// The oracle: a list of all that is booked.
    private struct Booking {
        let meeting: MeetingNumber
        let server: ServerID
        let expected: Double
        let at: Duration
        var observed: Double?
    }

    @Test(arguments: UInt64(0)..<200) func `the load of a server is the sum of its entries`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ledger = LoadLedger()
        var bookings: [Booking] = []
        var foreign: [ServerID: Double] = [:]
        var now = Duration.zero
        /// Quarters, so that sums are exact in any order.
        func quarters(_ range: ClosedRange<Int>) -> Double { Double(Int.random(in: range, using: &random)) / 4 }

        for step in 0..<150 {
            now += random.milliseconds(0...60_000)
            let meeting = MeetingNumber(Int64.random(in: 1...25, using: &random))
            let server = ServerID(Int64.random(in: 1...4, using: &random))
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<9:
                let expected = quarters(-8...200)
                ledger.book(meeting, on: server, expected: expected, at: now)
                bookings.removeAll { $0.meeting == meeting }
                bookings.append(
                    Booking(meeting: meeting, server: server, expected: expected < 0 ? 0 : expected, at: now))
            case 9..<13:
                ledger.release(meeting)
                bookings.removeAll { $0.meeting == meeting }
            case 13..<19:
                let shown = (1...25).map { MeetingNumber($0) }.filter { _ in random.chance(0.4) }
                var loads: [MeetingNumber: Double] = [:]
                for each in shown { loads[each] = quarters(0...400) }
                let other = quarters(-4...40)
                let before = ledger.entries
                ledger.observed(server, loads, foreign: other)
                foreign[server] = other < 0 ? 0 : other
                for index in bookings.indices where bookings[index].server == server {
                    if let load = loads[bookings[index].meeting] { bookings[index].observed = load }
                }
                #expect(Set(before.keys) == Set(ledger.entries.keys), "step \(step): a poll dropped or added a booking")
                for (number, entry) in before where loads[number] == nil || entry.server != server {
                    #expect(ledger.entries[number] == entry, "step \(step): a poll changed what it did not see")
                }
            default:
                ledger.forget(server)
                bookings.removeAll { $0.server == server }
                foreign[server] = 0
            }
            for number in Int64(1)...4 {
                let server = ServerID(number)
                var sum = foreign[server] ?? 0
                for booking in bookings where booking.server == server {
                    let isYoung = now - booking.at < .seconds(900)
                    if let observed = booking.observed {
                        sum += isYoung && booking.expected > observed ? booking.expected : observed
                    } else {
                        sum += booking.expected
                    }
                }
                let load = ledger.load(of: server, at: now)
                #expect(load == sum, "step \(step) on server \(server)")
                #expect(load >= 0)
            }
            #expect(ledger.entries.count == bookings.count)
        }
    }
}
