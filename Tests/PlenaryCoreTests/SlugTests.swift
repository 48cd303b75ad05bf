import Testing

@testable import PlenaryCore

struct SlugTests {
    @Test(arguments: [
        ("a", "a"), ("7", "7"), ("bbb-1.example.org", "bbb-1.example.org"), ("Default", "default"),
        ("A_b-C.d", "a_b-c.d"),
        ("9--..__", "9--..__"), (String(repeating: "x", count: 63), String(repeating: "x", count: 63)),
    ]) func `a short name is kept in lower case`(given: String, text: String) throws {
        let slug = try #require(Slug(given))
        #expect(slug.text == text)
        #expect("\(slug)" == text)
        #expect(Slug(slug.text) == slug)
    }

    @Test(arguments: [
        "", "-a", ".a", "_a", " a", "a ", "a b", "a/b", "a:b", "a@b", "a\n", "a\u{0}", "\u{E4}", "a\u{301}",
        "stra\u{DF}e",
        "\u{FF21}", "\u{130}", String(repeating: "x", count: 64),
    ]) func `anything else is no short name`(given: String) {
        #expect(Slug(given) == nil)
    }

    @Test func `a letter that only looks like one of ours is no short name`() {
        // U+212A KELVIN SIGN, whose lower case is a plain k.
        #expect(Slug("\u{212A}") == nil)
    }

    @Test func `short names are sorted by their text`() throws {
        let slugs = try ["b", "a-1", "A", "10", "9"].map { try #require(Slug($0)) }
        #expect(slugs.sorted().map(\.text) == ["10", "9", "a", "a-1", "b"])
    }
}
