import PlenaryCore
import Testing

@Suite struct OwnerSlotsTests {
    @Test func `an owner has so many at a time, however many receivers`() {
        var slots = OwnerSlots(toOne: 2)
        slots.began(1, of: 7)
        #expect(slots.full == [] && !slots.isFull(7))
        slots.began(2, of: 7)
        slots.began(3, of: 0)
        #expect(slots.full == [7] && slots.isFull(7) && !slots.isFull(0))
        #expect(slots.numbers == [1, 2, 3])
        slots.ended(1)
        slots.ended(99)
        #expect(slots.full == [] && slots.numbers == [2, 3])
    }
}
