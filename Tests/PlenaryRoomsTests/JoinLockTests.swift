import BigBlueButton
import PlenaryCore
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

/// Wrong access codes are counted (`rooms-api.md` 2.9, 9).
@Suite struct JoinLockTests {
    private struct Door: Sendable {
        let stand: JoinStand
        let room: Room
        let link: RoomToken

        init() async throws {
            stand = try await JoinStand()
            room = try await stand.room { $0.settings = RoomSettings(["anyone_can_start": .bool(true)]) }
            link = try await stand.token(.attendee, of: room)
            _ = try await stand.code("482913075", .attendee, of: room)
        }

        func attempt(_ code: String?, from address: String, name: String? = "Ada") throws -> JoinAttempt {
            var attempt = stand.attempt(room, link, name: name)
            attempt.code = code
            attempt.address = IPAddress(address)
            return attempt
        }

        func word(_ code: String?, from address: String = "192.0.2.1", name: String? = "Ada") async throws -> String {
            try await stand.desk.attempt(try attempt(code, from: address, name: name)).word
        }
    }

    @Test func `after five wrong codes from an address none is tried from there, not even the right one`()
        async throws
    {
        let door = try await Door()
        for number in 0..<5 {
            // Also where something else is missing.
            let name = number == 0 ? nil : "Ada"
            let word = try await door.word("99999", name: name)
            #expect(word.hasSuffix(number == 0 ? "name_required" : "access_code_invalid"))
        }
        #expect(try await door.word("482913075") == "refused rate_limited")
        #expect(try await door.word("99999") == "refused rate_limited")
        // Without a code it is as before, and elsewhere too.
        #expect(try await door.word(nil) == "refused access_code_required")
        #expect(try await door.word("482913075", from: "192.0.2.2") == "ready attendee")
        let locked = try await door.stand.desk.attempt(try door.attempt("482913075", from: "192.0.2.1"))
        if case .refused(.lockedOut(let until)) = locked.state {
            #expect(until.since(door.stand.clock.now) == .seconds(120))
        }
        door.stand.clock.advance(by: .seconds(121))
        #expect(try await door.word("482913075") == "ready attendee")
    }

    @Test func `one household of IPv6 is one address`() async throws {
        let door = try await Door()
        for number in 1...5 { _ = try await door.word("99999", from: "2001:db8:0:1::\(number)") }
        #expect(try await door.word("482913075", from: "2001:db8:0:1::ffff") == "refused rate_limited")
        #expect(try await door.word("482913075", from: "2001:db8:0:2::1") == "ready attendee")
    }

    @Test func `fifty wrong codes from everywhere close the door for all`() async throws {
        let door = try await Door()
        for number in 0..<50 { _ = try await door.word("99999", from: "192.0.2.\(number)") }
        #expect(try await door.word("482913075", from: "198.51.100.1") == "refused rate_limited")
        // Another room has nothing to do with it.
        let other = try await door.stand.room("Other") { $0.settings = RoomSettings(["anyone_can_start": .bool(true)]) }
        _ = try await door.stand.code("482913075", .attendee, of: other)
        var attempt = door.stand.attempt(other, try await door.stand.token(.attendee, of: other))
        attempt.code = "482913075"
        let outcome = try await door.stand.desk.attempt(attempt)
        #expect(outcome.word == "ready attendee")
    }

    @Test func `of many codes at once no more are judged than of many one by one`() async throws {
        let door = try await Door()
        let words = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<40 {
                group.addTask { try await door.word("wrong-\(number)") }
            }
            var words: [String] = []
            for try await word in group { words.append(word) }
            return words
        }
        #expect(words.filter { $0 == "refused access_code_invalid" }.count == 5)
        #expect(words.filter { $0 == "refused rate_limited" }.count == 35)
    }

    @Test func `right codes and expired ones are not counted`() async throws {
        let door = try await Door()
        _ = try await door.stand.code("old-code", .attendee, of: door.room, expiresAt: door.stand.clock.now)
        for _ in 0..<8 { #expect(try await door.word("482913075") == "ready attendee") }
        for _ in 0..<8 { #expect(try await door.word("old-code") == "refused access_code_expired") }
    }
}
