import BigBlueButton
import PlenaryCore
import PlenaryFleet
import PlenaryRooms
import PlenarySimulator
import PlenaryStore
import Testing

/// Who is let in at all, and what is asked (`rooms-api.md` 9, 11.3).
@Suite struct JoinDoorTests {
    private struct Row: Sendable, CustomStringConvertible {
        let token: RoomRole?
        let isPublic: Bool
        let typed: String?
        let codes: [String]
        let word: String

        init(_ token: RoomRole?, public isPublic: Bool = false, _ typed: String?, _ codes: [String], _ word: String) {
            self.token = token
            self.isPublic = isPublic
            self.typed = typed
            self.codes = codes
            self.word = word
        }

        var description: String { "\(token?.rawValue ?? "none") \(typed ?? "none") \(codes)" }
    }

    /// The table of section 9. A code is called after its role; `old` ones have expired.
    private static let rows: [Row] = [
        Row(.moderator, "moderator-1", ["moderator-1"], "ready moderator"),
        Row(.attendee, "moderator-1", ["moderator-1", "attendee-1"], "refused access_code_invalid"),
        Row(.attendee, nil, ["moderator-1"], "ready attendee"),
        Row(.attendee, nil, ["attendee-1"], "refused access_code_required"),
        Row(.attendee, "attendee-old", ["attendee-old"], "refused access_code_expired"),
        Row(.attendee, nil, ["attendee-old"], "refused access_code_required"),
        Row(.attendee, "attendee-1", ["attendee-old", "attendee-1"], "ready attendee"),
        Row(nil, "moderator-1", ["moderator-1"], "refused token_required"),
        Row(nil, public: true, "guest-1", ["guest-1"], "ready guest"),
        Row(nil, public: true, "moderator-1", ["moderator-1", "guest-1"], "refused access_code_invalid"),
        // Beyond the table.
        Row(.attendee, "nobody's", ["attendee-1"], "refused access_code_invalid"),
        Row(.attendee, " attendee -1 ", ["attendee-1"], "ready attendee"),
        Row(.attendee, "  ", ["attendee-1"], "refused access_code_required"),
        Row(.guest, "whatever", ["attendee-1"], "ready guest"),
    ]

    @Test func `codes and tokens go together as section 9 says`() async throws {
        let stand = try await JoinStand()
        for (number, row) in Self.rows.enumerated() {
            let room = try await stand.room("Room \(number)") {
                $0.isPublic = row.isPublic
                $0.settings = RoomSettings(["anyone_can_start": .bool(true)])
            }
            for code in row.codes {
                let role = try #require(RoomRole(rawValue: String(code.prefix { $0 != "-" })))
                let end: WireTime? = code.hasSuffix("old") ? stand.clock.now : nil
                _ = try await stand.code(code, role, of: room, expiresAt: end)
            }
            var link: RoomToken?
            if let role = row.token { link = try await stand.token(role, of: room) }
            var attempt = stand.attempt(room, link)
            attempt.code = row.typed
            let outcome = try await stand.desk.attempt(attempt)
            #expect(outcome.word == row.word, "\(row)")
            let used = try await stand.store.codes(of: room.number).all.filter { $0.lastUsage != nil }.map(\.text.text)
            let isIn = outcome.place != nil && row.codes.contains { $0.hasPrefix(row.token?.rawValue ?? "guest") }
            #expect(used.count == (isIn ? 1 : 0), "\(row)")
        }
    }

    @Test func `a token lets in as long as it is valid, and only into its own room`() async throws {
        let stand = try await JoinStand()
        let room = try await stand.room { $0.isPublic = true }
        let other = try await stand.room("Other")
        _ = try await stand.enter(room, try await stand.token(.moderator, of: room))
        let soon = stand.clock.now.advanced(by: .seconds(10))
        let brief = try await stand.token(.attendee, of: room) { $0.expiresAt = soon }
        let stranger = try await stand.token(.moderator, of: other)
        func word(_ attempt: JoinAttempt) async throws -> String { try await stand.desk.attempt(attempt).word }
        #expect(try await word(stand.attempt(room, brief)) == "ready attendee")
        #expect(try await word(stand.attempt(room, stranger)) == "refused token_invalid")
        var unknown = stand.attempt(room)
        for text in ["x", "Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e", "' OR 1=1 --", String(repeating: "a", count: 5_000)] {
            unknown.token = text
            // Refused, also where anybody may come as a guest.
            #expect(try await word(unknown) == "refused token_invalid")
        }
        unknown.token = ""
        #expect(try await word(unknown) == "ready guest")
        // Expired at that very moment.
        await stand.pass(10)
        #expect(try await word(stand.attempt(room, brief)) == "refused token_expired")
        let expired = try await stand.desk.attempt(stand.attempt(room, brief))
        if case .refused(let refusal) = expired.state { #expect(refusal == .tokenExpired(offersGuest: true)) }
    }

    @Test func `everything that is missing is told at once`() async throws {
        let stand = try await JoinStand(features: [.guestAccess: .bool(true), .recording: .bool(true)])
        let room = try await stand.room()
        _ = try await stand.code("482913075", .moderator, of: room)
        let link = try await stand.token(.moderator, of: room)
        var attempt = stand.attempt(room, link, name: "  ")
        let nothing = try await stand.desk.attempt(attempt)
        #expect(nothing.word == "incomplete access_code_required name_required consent_required")
        #expect(nothing.role == .moderator && nothing.room?.number == room.number)
        attempt.name = "Ada\u{202E}"
        attempt.code = "482913075"
        attempt.consents = true
        let name = try await stand.desk.attempt(attempt)
        #expect(name.word == "refused name_required")
        attempt.name = "Ada"
        attempt.consents = false
        let consent = try await stand.desk.attempt(attempt)
        #expect(consent.word == "refused consent_required")
        #expect(try stand.server(.bigbluebutton).count(of: .create) == 0)
        attempt.consents = true
        let ready = try await stand.desk.attempt(attempt)
        #expect(ready.word == "ready moderator")
    }

    @Test func `rooms that cannot be entered say why`() async throws {
        let stand = try await JoinStand()
        func word(_ room: Room, _ link: RoomToken? = nil) async throws -> String {
            try await stand.desk.attempt(stand.attempt(room, link)).word
        }
        let room = try await stand.room()
        let link = try await stand.token(.moderator, of: room)
        #expect(try await word(room) == "refused token_required")
        var nowhere = JoinAttempt(room: .id("u6Yh3DkQ9w"))
        nowhere.name = "Ada"
        let unknown = try await stand.desk.attempt(nowhere)
        #expect(unknown.word == "refused room_not_found" && unknown.room == nil && unknown.role == nil)

        try await stand.change(room) { $0.status = .inactive }
        #expect(try await word(room, link) == "refused room_inactive")
        let opens = stand.clock.now.advanced(by: .seconds(3_600))
        try await stand.change(room) {
            $0.status = .active
            $0.settings = RoomSettings(["opens_at": .text(opens.timestamp)])
        }
        #expect(try await word(room, link) == "refused room_not_open")
        let attendee = try await stand.token(.attendee, of: room)
        stand.clock.advance(by: .seconds(2_700))
        #expect(try await word(room, attendee) == "refused room_not_open")
        #expect(try await word(room, link) == "ready moderator")

        _ = try await stand.store.changeRights(of: stand.account) { $0.isEnabled = false }
        #expect(try await word(room, link) == "refused subscription_unusable")
        _ = try await stand.store.changeRights(of: stand.account) { $0.isEnabled = true }
        _ = try await stand.store.removeRoom(room.number, force: true, now: stand.clock.now)
        #expect(try await word(room, link) == "refused room_gone")
    }

    @Test(arguments: HostKind.allCases)
    func `the end of a subscription keeps out who is new, and nobody who was in`(kind: HostKind) async throws {
        let stand = try await JoinStand([kind])
        let room = try await stand.room()
        let link = try await stand.token(.moderator, of: room)
        let moderator = try await stand.enter(room, link)
        let canceled = try await stand.store.cancelSubscription(
            stand.subscription.number, atOnce: true, now: stand.clock.now)
        #expect(canceled != nil)
        stand.clock.advance(by: .seconds(3))
        let stranger = try await stand.desk.attempt(stand.attempt(room, link))
        #expect(stranger.word == "refused subscription_unusable")
        var back = stand.attempt(room, link)
        back.visitor = moderator.visitor
        let returned = try await stand.desk.attempt(back)
        #expect(returned.word == "ready moderator")
        // Nothing is started any more.
        _ = try await stand.desk.end(room, reason: .moderator)
        let late = try await stand.desk.attempt(back)
        #expect(late.word == "refused subscription_unusable")
    }
}
