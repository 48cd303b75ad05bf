import BigBlueButton
import PlenaryCore
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

/// What somebody who waits, or comes back, need not say again (`rooms-api.md` 11.5).
@Suite struct JoinTicketTests {
    /// A room with a code for attendees, and somebody who gave it and waits.
    private struct Wait: Sendable {
        let stand: JoinStand
        let room: Room
        let link: RoomToken
        let code: RoomAccessCode
        let ticket: String

        init() async throws {
            stand = try await JoinStand()
            room = try await stand.room()
            link = try await stand.token(.attendee, of: room)
            code = try await stand.code("482913075", .attendee, of: room)
            var attempt = stand.attempt(room, link)
            attempt.code = "482913075"
            let waiting = try await stand.desk.attempt(attempt)
            #expect(waiting.word == "waiting not_started attendee")
            ticket = try #require(waiting.ticket)
        }

        /// What comes of a ticket alone.
        func word(_ ticket: String, in other: Room? = nil) async throws -> String {
            var attempt = JoinAttempt(room: .id((other ?? room).identity.id))
            attempt.ticket = ticket
            return try await stand.desk.attempt(attempt).word
        }
    }

    @Test func `a ticket alone is enough, and nothing was used by waiting`() async throws {
        let wait = try await Wait()
        #expect(try await wait.word(wait.ticket) == "waiting not_started attendee")
        let before = try #require(try await wait.stand.store.token(wait.link.id, of: wait.room.number))
        #expect(before.lastUsage == nil && before.useCount == 0)
        let code = try #require(try await wait.stand.store.code(wait.code.id, of: wait.room.number))
        #expect(code.lastUsage == nil)
        _ = try await wait.stand.enter(wait.room, try await wait.stand.token(.moderator, of: wait.room))
        #expect(try await wait.word(wait.ticket) == "ready attendee")
        let used = try #require(try await wait.stand.store.code(wait.code.id, of: wait.room.number))
        #expect(used.lastUsage == wait.stand.clock.now)
    }

    @Test func `a ticket is good for half an hour, and each try gives a new one`() async throws {
        let wait = try await Wait()
        wait.stand.clock.advance(by: .seconds(1_799))
        var attempt = JoinAttempt(room: .id(wait.room.identity.id))
        attempt.ticket = wait.ticket
        let renewed = try #require(try await wait.stand.desk.attempt(attempt).ticket)
        wait.stand.clock.advance(by: .seconds(1))
        #expect(!wait.stand.desk.isTicket(wait.ticket) && wait.stand.desk.isTicket(renewed))
        #expect(try await wait.word(wait.ticket) == "refused token_required")
        #expect(try await wait.word(renewed) == "waiting not_started attendee")
    }

    @Test func `forged tickets, and those of other rooms, are none`() async throws {
        let wait = try await Wait()
        let forged = JoinTicket(
            room: wait.room.identity.id, token: wait.link.number, code: wait.code.number, name: "Eve", consents: true,
            visitor: "aaaaaaaaaaaaaaaa", expiresAt: wait.stand.clock.now.advanced(by: .seconds(600)))
        let parts = wait.ticket.split(separator: ".")
        #expect(parts.count == 3)
        let otherKey = forged.text(key: try #require(Secret("another key")))
        let unsigned = "eyJhbGciOiJub25lIn0.\(parts[1])."
        let swapped = "\(parts[0]).\(otherKey.split(separator: ".")[1]).\(parts[2])"
        let long = String(repeating: "a", count: 9_000)
        for text in ["", "x", "..", otherKey, unsigned, swapped, long, "é.\u{0}.\u{1F600}"] {
            #expect(!wait.stand.desk.isTicket(text))
            #expect(try await wait.word(text) == "refused token_required")
        }
        // Ours, and still good, but not here.
        let other = try await wait.stand.room("Other")
        #expect(try await wait.word(wait.ticket, in: other) == "refused token_required")
    }

    @Test func `a ticket dies with its token`() async throws {
        let wait = try await Wait()
        let now = wait.stand.clock.now
        _ = try await wait.stand.store.updateToken(wait.link.id, of: wait.room.number) { _, details in
            details.expiresAt = now
        }
        #expect(try await wait.word(wait.ticket) == "refused token_expired")
        _ = try await wait.stand.store.removeToken(wait.link.id, of: wait.room.number, now: now)
        #expect(try await wait.word(wait.ticket) == "refused token_invalid")
        var patient = JoinAttempt(room: .id(wait.room.identity.id))
        patient.ticket = wait.ticket
        #expect(try await wait.stand.desk.glance(patient) == .closed(.tokenInvalid(offersGuest: false)))
    }

    @Test func `a ticket dies with its code`() async throws {
        let wait = try await Wait()
        _ = try await wait.stand.code("another", .attendee, of: wait.room)
        let now = wait.stand.clock.now
        _ = try await wait.stand.store.updateCode(wait.code.id, of: wait.room.number) { _, details in
            details.expiresAt = now
        }
        #expect(try await wait.word(wait.ticket) == "refused access_code_required")
        _ = try await wait.stand.store.removeCode(wait.code.id, of: wait.room.number)
        #expect(try await wait.word(wait.ticket) == "refused access_code_required")
    }

    @Test func `tickets and passes die with the text of their code`() async throws {
        let wait = try await Wait()
        let (stand, room) = (wait.stand, wait.room)
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        var attempt = stand.attempt(room, wait.link)
        attempt.code = "482913075"
        let entered = try await stand.desk.attempt(attempt)
        #expect(entered.word == "ready attendee")
        _ = try await stand.store.updateCode(wait.code.id, of: room.number) { _, details in details.code = "another" }
        #expect(try await wait.word(wait.ticket) == "refused access_code_required")
        var back = stand.attempt(room)
        back.pass = entered.pass
        back.visitor = entered.visitor
        #expect(try await stand.desk.attempt(back).word == "refused access_code_required")
        back.code = "another"
        let again = try await stand.desk.attempt(back)
        #expect(again.word == "ready attendee")
        back.code = nil
        back.pass = again.pass
        #expect(try await stand.desk.attempt(back).word == "ready attendee")
    }

    @Test func `a name with blanks around it makes no ticket too long to be read`() async throws {
        let stand = try await JoinStand()
        let room = try await stand.room { $0.isPublic = true }
        let blanks = String(repeating: " ", count: 7_000)
        let waiting = try await stand.desk.attempt(stand.attempt(room, name: "\(blanks)Ada\(blanks)"))
        #expect(stand.desk.isTicket(waiting.ticket))
    }

    @Test func `who waits as a guest is sent away when the room is private`() async throws {
        let stand = try await JoinStand()
        let room = try await stand.room { $0.isPublic = true }
        let waiting = try await stand.desk.attempt(stand.attempt(room))
        var patient = JoinAttempt(room: .id(room.identity.id))
        patient.ticket = waiting.ticket
        try await stand.change(room) { $0.isPublic = false }
        #expect(try await stand.desk.glance(patient) == .closed(.tokenRequired))
        _ = try await stand.store.removeRoom(room.number, now: stand.clock.now)
        #expect(try await stand.desk.glance(patient) == .closed(.roomGone))
    }

    // MARK: coming back

    @Test func `who was in comes back without the link and the code`() async throws {
        let wait = try await Wait()
        let (stand, room) = (wait.stand, wait.room)
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        var attempt = stand.attempt(room, wait.link)
        attempt.code = "482913075"
        let first = try await stand.desk.attempt(attempt)
        var back = stand.attempt(room)
        back.pass = first.pass
        back.visitor = first.visitor
        let second = try await stand.desk.attempt(back)
        #expect(second.word == "ready attendee" && second.visitor == first.visitor)
        // And once more, by what was given for coming back.
        back.pass = second.pass
        let third = try await stand.desk.attempt(back)
        #expect(third.word == "ready attendee")
        // What is in the address counts more.
        back.token = "Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e"
        let stranger = try await stand.desk.attempt(back)
        #expect(stranger.word == "refused token_invalid")
        back.token = nil
        let other = try await stand.room("Other")
        back.room = .id(other.identity.id)
        let elsewhere = try await stand.desk.attempt(back)
        #expect(elsewhere.word == "refused token_required")
        back.room = .id(room.identity.id)
        stand.clock.advance(by: .seconds(43_200))
        let late = try await stand.desk.attempt(back)
        #expect(late.word == "refused token_required")
    }

    // MARK: links for so many

    @Test func `a link for one lets one of twenty in, and lets that one back`() async throws {
        let stand = try await JoinStand()
        let room = try await stand.room()
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        let once = try await stand.token(.attendee, of: room) { $0.maxUses = 1 }
        _ = try await stand.code("482913075", .attendee, of: room)
        var template = stand.attempt(room, once)
        template.code = "482913075"
        let attempt = template
        let outcomes = try await withThrowingTaskGroup(of: JoinOutcome.self) { group in
            for _ in 0..<20 { group.addTask { try await stand.desk.attempt(attempt) } }
            var outcomes: [JoinOutcome] = []
            for try await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        let winners = outcomes.filter { $0.place != nil }
        #expect(winners.count == 1)
        #expect(outcomes.filter { $0.word == "refused token_used_up" }.count == 19)
        let winner = try #require(winners.first)
        var back = attempt
        back.visitor = winner.visitor
        let again = try await stand.desk.attempt(back)
        #expect(again.word == "ready attendee")
        // Also by the address that providers are told, twice.
        var passing = stand.attempt(room)
        passing.visitor = winner.visitor
        passing.pass = again.pass
        let passed = try await stand.desk.attempt(passing)
        #expect(passed.word == "ready attendee")
        passing.pass = passed.pass
        let twice = try await stand.desk.attempt(passing)
        #expect(twice.word == "ready attendee")
        let stranger = try await stand.desk.attempt(attempt)
        #expect(stranger.word == "refused token_used_up")
        let token = try #require(try await stand.store.token(once.id, of: room.number))
        #expect(token.useCount == 1)
    }

    @Test func `a pass of a link that is used up keeps nobody out of a public room`() async throws {
        let stand = try await JoinStand()
        let room = try await stand.room { $0.isPublic = true }
        let once = try await stand.token(.moderator, of: room) { $0.maxUses = 1 }
        let first = try await stand.enter(room, once)
        var back = stand.attempt(room)
        back.pass = first.pass
        back.visitor = first.visitor
        #expect(try await stand.desk.attempt(back).word == "ready moderator")
        _ = try await stand.desk.end(room, reason: .api)
        #expect(try await stand.desk.attempt(back).word == "waiting not_started guest")
        try await stand.change(room) { $0.isPublic = false }
        #expect(try await stand.desk.attempt(back).word == "refused token_used_up")
    }

    // MARK: pseudonyms

    @Test func `a pseudonym that a browser keeps is one that it was given`() async throws {
        let stand = try await JoinStand()
        let visitor = "2345678923456789"
        let kept = stand.desk.keepsake(of: visitor)
        #expect(stand.desk.visitor(of: kept) == visitor)
        for made in [visitor, "\(visitor).", "9\(kept)", "\(kept)0", "", ".", "3\(kept.dropFirst())"] {
            #expect(stand.desk.visitor(of: made) == nil, "\(made)")
        }
    }
}
