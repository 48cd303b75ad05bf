import BigBlueButton
import Testing

@Suite struct ConcealedNumberTests {
    @Test func `a number that is concealed is found again, with the same key and for the same purpose`() {
        var seen: Set<String> = []
        for number in [Int64.min, -1, 0, 1, .max] + Array(2...500) {
            let text = ConcealedNumber.conceal(number, for: "meeting", key: .vector)
            #expect(text.utf8.count == 16 && seen.insert(text).inserted)
            #expect(ConcealedNumber.reveal(text, for: "meeting", key: .vector) == number)
            #expect(ConcealedNumber.reveal(text, for: "meeting", key: .other) != number)
            #expect(ConcealedNumber.reveal(text, for: "delivery", key: .vector) != number)
        }
    }

    @Test func `neighbours do not look like neighbours`() throws {
        let texts = (1...200).map { ConcealedNumber.conceal(Int64($0), for: "meeting", key: .vector) }
        let differing = try zip(texts, texts.dropFirst()).map { left, right in
            try #require(UInt64(left, radix: 16)) ^ #require(UInt64(right, radix: 16))
        }.map(\.nonzeroBitCount)
        // Of 64 bits half differ, more or less.
        #expect(differing.allSatisfy { (10...54).contains($0) })
        #expect((28...36).contains(differing.reduce(0, +) / differing.count))
    }

    @Test(arguments: ["", "1", "000000000000000", "00000000000000000", "+00000000000000f", "zzzzzzzzzzzzzzzz", "１"])
    func `what is no such text is no number`(text: String) {
        #expect(ConcealedNumber.reveal(text, for: "meeting", key: .vector) == nil)
    }
}
