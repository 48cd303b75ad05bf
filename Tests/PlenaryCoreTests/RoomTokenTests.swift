import BigBlueButton
import Testing

@testable import PlenaryCore

/// Tokens of rooms (`rooms-api.md` 8), and names of visitors.
struct RoomTokenTests {
    private static let now = RoomSamples.now

    @Test(arguments: UInt64(0)..<50) func `a token has 32 characters of base 62`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let text = RoomTokenText(using: &random)
        let other = RoomTokenText(using: &random)
        #expect(text.reveal().utf8.count == 32)
        #expect(
            text.reveal().unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0))
            })
        #expect(try #require(RoomTokenText(text.reveal())) == text)
        #expect(text.matches(text) && !text.matches(other) && text != other)
    }

    @Test func `all 62 characters are used`() {
        var random = SplitMix64(seed: 1)
        var seen: Set<UInt8> = []
        for _ in 0..<100 { seen.formUnion(RoomTokenText(using: &random).reveal().utf8) }
        #expect(seen.count == 62)
    }

    @Test(arguments: [
        "", "Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6", "Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6ee", "Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6-",
        "Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT\u{E9}",
    ]) func `what has no form of a token is none`(text: String) {
        #expect(RoomTokenText(text) == nil)
    }

    @Test func `a token is not printed`() {
        let token = RoomSamples.token(.moderator)
        #expect(!"\(token)".contains("Vt7cQ2") && !String(reflecting: token.text).contains("Vt7cQ2"))
        #expect(token.text.reveal() == "Vt7cQ2mXw9RkZpB4nHs8LdYf3GjKaT6e")
    }

    @Test(
        arguments: [
            (nil, RoomToken.Validity.valid), (1, .valid), (0, .expired), (-1, .expired), (-525_600, .expired),
        ] as [(Int?, RoomToken.Validity)])
    func `a token is valid until just before it expires`(minutes: Int?, validity: RoomToken.Validity) {
        let token = RoomSamples.token(.guest, expiresAt: minutes.map { RoomSamples.minutes($0) })
        #expect(token.validity(at: Self.now) == validity)
    }

    @Test func `at exactly its end a token is invalid`() {
        let token = RoomSamples.token(.guest, expiresAt: Self.now)
        #expect(token.validity(at: Self.now.advanced(by: .milliseconds(-1))) == .valid)
        #expect(token.validity(at: Self.now) == .expired)
    }

    @Test func `the source's own example makes an invalid token`() throws {
        let end = try #require(WireTime(timestamp: "2021-01-01"))
        let details = try RoomTokenDetails(role: .moderator, expiresAt: end).checked()
        #expect(details.expiresAt?.timestamp == "2021-01-01T00:00:00Z")
        #expect(RoomSamples.token(.moderator, expiresAt: end).validity(at: Self.now) == .expired)
    }

    @Test func `a limited link lets in so often`() {
        var token = RoomSamples.token(.guest, maxUses: 2)
        #expect(token.validity(at: Self.now) == .valid && token.lastUsage == nil)
        token.used(at: Self.now)
        #expect(token.validity(at: Self.now) == .valid && token.useCount == 1 && token.lastUsage == Self.now)
        token.used(at: RoomSamples.minutes(1))
        #expect(token.validity(at: Self.now) == .usedUp && token.useCount == 2)
        // Told late by another node.
        token.used(at: Self.now)
        #expect(token.lastUsage == RoomSamples.minutes(1) && token.useCount == 3)
    }

    @Test func `nobody changes the automatic token of a public room`() throws {
        var automatic = RoomSamples.token(.guest, isAutomatic: true)
        #expect(throws: RoomProblem.tokenIsAutomatic) { try automatic.changed(to: RoomTokenDetails(role: .moderator)) }
        #expect(throws: RoomProblem.tokenIsAutomatic) { try automatic.mayBeDeleted() }
        #expect(automatic.role == .guest)
        #expect(RoomTokenDetails.automatic.role == .guest && RoomTokenDetails.automatic.expiresAt == nil)

        var own = RoomSamples.token(.guest)
        try own.changed(to: RoomTokenDetails(role: .moderator))
        try own.mayBeDeleted()
        #expect(own.role == .moderator)
    }

    @Test(
        arguments: [
            (RoomTokenDetails(role: .guest, label: ""), "/label", RoomFault.Code.required),
            (RoomTokenDetails(role: .guest, label: String(repeating: "x", count: 101)), "/label", .tooLong),
            (RoomTokenDetails(role: .guest, displayName: " "), "/display_name", .invalidFormat),
            (RoomTokenDetails(role: .guest, maxUses: 0), "/max_uses", .outOfRange),
        ] as [(RoomTokenDetails, String, RoomFault.Code)])
    func `what is wrong with a token is told`(details: RoomTokenDetails, pointer: String, code: RoomFault.Code) throws {
        let thrown = try #require(#expect(throws: RoomFaults.self) { _ = try details.checked() })
        #expect(thrown.faults.map(\.pointer) == [pointer] && thrown.faults.map(\.code) == [code])
    }

    @Test func `a token that is checked is as it was, its name trimmed`() throws {
        let details = RoomTokenDetails(role: .attendee, label: "Summer", displayName: " Ada ", maxUses: 1)
        let kept = try details.checked()
        #expect(kept.displayName == "Ada" && kept.label == "Summer" && kept.maxUses == 1 && kept.role == .attendee)
    }

    // MARK: roles

    @Test(
        arguments: [
            (RoomRole.moderator, true, true, true), (.attendee, false, true, true), (.guest, false, true, false),
        ] as [(RoomRole, Bool, Bool, Bool)])
    func `who may start, and who sees how many are in`(
        role: RoomRole, mayStart: Bool, mayStartForAnyone: Bool, seesHeadcount: Bool
    ) {
        #expect(role.mayStart(anyoneCanStart: false) == mayStart)
        #expect(role.mayStart(anyoneCanStart: true) == mayStartForAnyone)
        #expect(role.seesHeadcount == seesHeadcount)
    }

    @Test func `roles are in an order`() {
        #expect(RoomRole.guest < .attendee && RoomRole.attendee < .moderator)
        #expect(RoomRole.allCases.map(\.rawValue).sorted() == ["attendee", "guest", "moderator"])
    }

    // MARK: names

    @Test(
        arguments: [
            ("Ada Lovelace", "Ada Lovelace"), ("  Ada\u{3000}", "Ada"), ("A", "A"), ("山田", "山田"),
            ("O'Neil-X.", "O'Neil-X."), ("मोहित", "मोहित"), ("👩\u{200D}🚀", "👩\u{200D}🚀"),
            (String(repeating: "x", count: 64), String(repeating: "x", count: 64)),
        ] as [(String, String)])
    func `a name is trimmed`(given: String, name: String) {
        #expect(VisitorName(given)?.text == name)
    }

    @Test(arguments: [
        "", " ", "\u{A0}\n", "a\u{0}b", "a\nb", "a\u{202E}b", "a\u{2066}b", "a\u{2069}", "\u{202A}a", "a\u{2028}b",
        String(repeating: "x", count: 65), "\u{200B}", "\u{2800} \u{2800}", "\u{3164}", "\u{E0041}", "\u{301}",
    ]) func `what is no name is refused`(given: String) {
        #expect(VisitorName(given) == nil)
    }
}
