import BigBlueButton
import Testing

@testable import PlenaryCore

/// Access codes of rooms (`rooms-api.md` 9).
struct RoomCodeTests {
    private static let now = RoomSamples.now
    private static let past = RoomSamples.minutes(-1)

    // MARK: spelling

    @Test(
        arguments: [
            ("spring-2026", "spring-2026"), ("  spring-2026 ", "spring-2026"), ("Über", "Über"),
            ("U\u{308}ber", "Über"),
            ("\u{FF14}\u{FF18}\u{FF12}\u{FF19}", "4829"), ("\u{FF33}pring", "Spring"), ("o\u{FB03}ce", "office"),
            ("a\u{B2}\u{2074}\u{2083}", "a243"), ("\u{2460}\u{2473}\u{24EA}x", "1200x"), ("\u{24B6}\u{24E9}12", "Az12"),
            ("\u{1D400}\u{1D433}\u{1D7CE}\u{1D7FF}", "Az09"), ("\u{1D670}\u{1D6A3}\u{1D49C}x", "AzAx"),
            ("\u{FF76}\u{FF9E}\u{FF70}\u{FF84}\u{FF9E}12", "ガード12"), ("\u{3000}1234\u{3000}", "1234"),
            ("1234", "1234"), (String(repeating: "x", count: 64), String(repeating: "x", count: 64)),
        ] as [(String, String)])
    func `a code is kept in one spelling`(given: String, text: String) throws {
        let code = try #require(RoomCodeText(given))
        #expect(code == made(RoomCodeText(text)) && code.matches(made(RoomCodeText(text))))
        #expect(code.text == text)
        #expect(RoomCodeText(typed: given) == code)
    }

    @Test(arguments: [
        "", "123", "  12 ", "12 34", "12\u{A0}34", "12\u{200B}34", "1234\u{0}", "\u{202E}1234", "12\n34",
        String(repeating: "x", count: 65),
    ]) func `what is no code is refused`(given: String) throws {
        #expect(RoomCodeText(given) == nil)
        let details = RoomCodeDetails(role: .guest, code: given)
        let thrown = try #require(#expect(throws: RoomFaults.self) { _ = try details.checked() })
        #expect(thrown.faults.map(\.pointer) == ["/code"])
    }

    @Test(arguments: [
        "482913075", "482 913 075", " 482913075\n", "482\u{200B}913075", "\u{FF14}82913075", "482\u{2009}913 075",
    ])
    func `a code that is read out in groups is understood`(typed: String) throws {
        let code = try #require(RoomCodeText("482913075"))
        #expect(RoomCodeText(typed: typed)?.matches(code) == true)
    }

    @Test(arguments: ["Spring-2026", "spring2026", "spring-202", "spring-20266", "482913075"])
    func `another code is another`(typed: String) throws {
        let code = try #require(RoomCodeText("spring-2026"))
        #expect(RoomCodeText(typed: typed)?.matches(code) == false)
    }

    @Test func `the platform's codes have nine digits`() throws {
        #expect(RoomCodeText(digits: [0, 4, 8, 2, 9, 1, 3, 0, 7, 5])?.text == "048291307")
        #expect(RoomCodeText(digits: [1, 2, 3]) == nil && RoomCodeText(digits: Array(repeating: 10, count: 9)) == nil)
        #expect(RoomCodeText(digits: Array(repeating: -1, count: 9)) == nil)
        var seen: Set<Character> = []
        for seed in UInt64(0)..<30 {
            var random = SplitMix64(seed: seed)
            let code = RoomCodeText(using: &random)
            #expect(code.text.utf8.count == 9 && RoomCodeText(code.text) == code)
            seen.formUnion(code.text)
        }
        #expect(seen == Set("0123456789"))
    }

    @Test func `without a code the platform makes one`() throws {
        #expect(try RoomCodeDetails(role: .attendee).checked() == nil)
        #expect(try RoomCodeDetails(role: .attendee, code: "spring-2026", label: "x").checked()?.text == "spring-2026")
        #expect(throws: RoomFaults.self) { _ = try RoomCodeDetails(role: .attendee, label: "").checked() }
    }

    // MARK: the room's codes

    @Test func `a code is unique in its room, whatever its role`() throws {
        let codes = RoomCodes([RoomSamples.code(1, .guest, "spring"), RoomSamples.code(2, .moderator, "Über")])
        #expect(throws: RoomProblem.codeNotUnique) { try codes.admit(made(RoomCodeText("spring"))) }
        #expect(throws: RoomProblem.codeNotUnique) { try codes.admit(made(RoomCodeText("U\u{308}ber"))) }
        #expect(throws: RoomProblem.codeNotUnique) {
            try codes.admit(made(RoomCodeText("spring")), changing: RoomCodeNumber(2))
        }
        try codes.admit(made(RoomCodeText("spring")), changing: RoomCodeNumber(1))
        try codes.admit(made(RoomCodeText("Spring")))
    }

    struct Door: Sendable {
        let role: RoomRole
        let typed: String?
        let codes: [RoomAccessCode]
        let verdict: RoomCodes.Verdict
    }

    private static let moderators = RoomSamples.code(1, .moderator, "mmmm")
    private static let attendees = RoomSamples.code(2, .attendee, "aaaa")
    private static let guests = RoomSamples.code(3, .guest, "gggg")
    private static let old = RoomSamples.code(4, .attendee, "oooo", expiresAt: past)

    /// The table of section 9, from its first row on; the rows about missing tokens are in `RoomJoinTests`.
    static let doors: [Door] = [
        Door(role: .moderator, typed: "mmmm", codes: [moderators], verdict: .accepted(RoomCodeNumber(1))),
        Door(
            role: .attendee, typed: "mmmm", codes: [moderators, attendees],
            verdict: .invalid(.otherRole(RoomCodeNumber(1)))),
        Door(role: .attendee, typed: nil, codes: [moderators], verdict: .notNeeded),
        Door(role: .attendee, typed: nil, codes: [attendees], verdict: .required),
        Door(role: .attendee, typed: "oooo", codes: [old], verdict: .expired(RoomCodeNumber(4))),
        Door(role: .attendee, typed: nil, codes: [old], verdict: .required),
        Door(role: .attendee, typed: "aaaa", codes: [old, attendees], verdict: .accepted(RoomCodeNumber(2))),
        Door(role: .guest, typed: "gggg", codes: [guests], verdict: .accepted(RoomCodeNumber(3))),
        Door(
            role: .guest, typed: "mmmm", codes: [moderators, guests],
            verdict: .invalid(.otherRole(RoomCodeNumber(1)))),
        // Not in the table.
        Door(role: .attendee, typed: "xxxx", codes: [attendees], verdict: .invalid(.unknown)),
        Door(role: .attendee, typed: "x", codes: [attendees], verdict: .invalid(.unknown)),
        Door(role: .attendee, typed: " \n", codes: [attendees], verdict: .required),
        Door(role: .attendee, typed: "xxxx", codes: [moderators], verdict: .notNeeded),
        Door(role: .attendee, typed: "oooo", codes: [old, attendees], verdict: .expired(RoomCodeNumber(4))),
        Door(role: .moderator, typed: nil, codes: [], verdict: .notNeeded),
    ]

    @Test(arguments: doors.indices) func `a code lets in who has a token of its role`(index: Int) {
        let it = Self.doors[index]
        #expect(RoomCodes(it.codes).judge(it.typed, for: it.role, at: Self.now) == it.verdict)
    }

    @Test func `only wrong codes count as wrong`() {
        let codes = RoomCodes([Self.old, Self.attendees])
        #expect(codes.judge("xxxx", for: .attendee, at: Self.now).isWrong)
        for typed in ["oooo", "aaaa", nil] {
            #expect(!codes.judge(typed, for: .attendee, at: Self.now).isWrong)
        }
    }

    @Test func `a code is valid until just before it expires`() {
        let code = RoomSamples.code(1, .guest, "gggg", expiresAt: Self.now)
        #expect(code.isValid(at: Self.now.advanced(by: .milliseconds(-1))) && !code.isValid(at: Self.now))
        #expect(RoomSamples.code(1, .guest, "gggg").isValid(at: Self.now))
    }

    @Test func `its last use is kept`() {
        var code = RoomSamples.code(1, .guest, "gggg")
        #expect(code.lastUsage == nil)
        code.used(at: Self.now)
        code.used(at: Self.past)
        #expect(code.lastUsage == Self.now)
    }
}
