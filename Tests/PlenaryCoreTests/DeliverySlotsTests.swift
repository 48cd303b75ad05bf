import Testing

@testable import PlenaryCore

/// Which callbacks may be under way at the same time.
@Suite struct DeliverySlotsTests {
    private static let limits = DeliverySlots.Limits(
        atATime: 8, toOneReceiver: 3, firstRest: .seconds(2), longestRest: .seconds(60))

    /// Slots that an expectation may change.
    private final class Desk {
        private var slots = DeliverySlots(DeliverySlotsTests.limits)

        var hasRoom: Bool { slots.hasRoom }
        var busyLanes: [String] { slots.busyLanes }

        func closed(at second: Double) -> [String] { slots.closed(at: .seconds(second)) }

        func begin(_ lane: String, to receiver: String, at second: Double) -> Bool {
            slots.begin(lane, to: receiver, at: .seconds(second))
        }

        func end(_ lane: String, _ outcome: DeliverySlots.Outcome, at second: Double, chance: Double = 0.5) {
            slots.ended(lane, outcome, at: .seconds(second), chance: chance)
        }

        /// Begins one and ends it in the same moment.
        func make(_ receiver: String, _ outcome: DeliverySlots.Outcome, at second: Double) -> Bool {
            guard begin("lane of \(receiver)", to: receiver, at: second) else { return false }
            end("lane of \(receiver)", outcome, at: second)
            return true
        }
    }

    @Test func `one of a lane, a few to one receiver, and so many of all`() {
        let slots = Desk()
        #expect(slots.begin("a1", to: "a", at: 0))
        #expect(!slots.begin("a1", to: "a", at: 0))
        #expect(slots.begin("a2", to: "a", at: 0) && slots.begin("a3", to: "a", at: 0))
        #expect(slots.closed(at: 0) == ["a"])
        #expect(!slots.begin("a4", to: "a", at: 0))
        for number in 1...5 { #expect(slots.begin("b\(number)", to: "b\(number)", at: 0)) }
        #expect(!slots.hasRoom && !slots.begin("c", to: "c", at: 0))
        #expect(slots.busyLanes == ["a1", "a2", "a3", "b1", "b2", "b3", "b4", "b5"])
        slots.end("a2", .reached, at: 1, chance: 0)
        #expect(slots.hasRoom && slots.closed(at: 1).isEmpty)
        #expect(slots.begin("a4", to: "a", at: 1))
        // What never began ends without effect.
        slots.end("nobody", .unreached, at: 1, chance: 0)
        #expect(!slots.hasRoom)
    }

    @Test func `a receiver that cannot be reached rests, longer each time, and is tried once then`() {
        let slots = Desk()
        var now = 0.0
        for rest in [2.0, 4, 8, 16, 32, 60, 60, 60] {
            #expect(slots.make("dead", .unreached, at: now))
            #expect(slots.closed(at: now + rest - 0.01) == ["dead"])
            #expect(!slots.make("dead", .reached, at: now + rest - 0.01))
            now += rest
            #expect(slots.closed(at: now).isEmpty)
        }
        #expect(slots.begin("first", to: "dead", at: now))
        #expect(slots.closed(at: now) == ["dead"])
        #expect(!slots.begin("second", to: "dead", at: now))
        // Whatever it says: it is back, with all that it may have.
        slots.end("first", .reached, at: now, chance: 0)
        for lane in 1...3 { #expect(slots.begin("lane \(lane)", to: "dead", at: now)) }
        for lane in 1...3 { slots.end("lane \(lane)", .unreached, at: now, chance: 0.5) }
        // Three that failed together are one sign, and it begins from the start.
        #expect(slots.closed(at: now + 1.9) == ["dead"] && slots.closed(at: now + 2).isEmpty)
    }

    @Test func `chance makes a rest a fifth shorter or longer`() {
        for (chance, rest) in [(0.0, 1.6), (0.999_999, 2.4)] {
            let slots = Desk()
            #expect(slots.begin("lane", to: "dead", at: 0))
            slots.end("lane", .unreached, at: 0, chance: chance)
            #expect(slots.closed(at: rest - 0.01) == ["dead"])
            #expect(slots.closed(at: rest + 0.01).isEmpty)
        }
    }

    @Test func `what was not sent says nothing of its receiver`() {
        let slots = Desk()
        #expect(slots.make("a", .untried, at: 0) && slots.closed(at: 0).isEmpty)
        #expect(slots.make("a", .unreached, at: 0) && slots.make("a", .untried, at: 2))
        // It is in doubt as before: one at a time.
        #expect(slots.begin("1", to: "a", at: 2) && !slots.begin("2", to: "a", at: 2))
    }

    @Test func `however many receivers are dead, half of the slots are for the others`() {
        let slots = Desk()
        for number in 0..<20 { #expect(slots.make("dead \(number)", .unreached, at: 0)) }
        let later = 60.0
        let begun = (0..<20).filter { slots.begin("lane \($0)", to: "dead \($0)", at: later) }
        #expect(begun.count == 4)
        #expect(slots.closed(at: later).count == 20)
        for number in 0..<4 { #expect(slots.begin("good \(number)", to: "good \(number)", at: later)) }
        #expect(!slots.hasRoom)
        // One that gives up its slot makes room for another one in doubt.
        slots.end("lane \(begun[0])", .unreached, at: later, chance: 0)
        #expect(slots.closed(at: later).count == 4)
        #expect(slots.begin("lane 19", to: "dead 19", at: later))
    }

    @Test func `receivers that nobody can reach are not remembered without end`() {
        let slots = Desk()
        for number in 0..<3_000 { #expect(slots.make("dead \(number)", .unreached, at: Double(number) / 1_000)) }
        #expect(slots.closed(at: 0).count <= 1_100)
        #expect(slots.closed(at: 3).contains("dead 2999"))
    }
}
