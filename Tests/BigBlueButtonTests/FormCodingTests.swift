import Testing

@testable import BigBlueButton

struct FormCodingTests {
    @Test(arguments: [
        ("", ""), ("abc", "abc"), ("a+b", "a b"), ("a%20b", "a b"), ("a%2Bb", "a+b"), ("a%2bb", "a+b"),
        ("%2f%2F", "//"),
        ("%c3%A9", "é"), ("%E2%82%AC", "€"), ("%F0%9F%98%80", "😀"), ("%25", "%"), ("%2541", "%41"), ("é", "é"),
        ("%00", "\u{0}"),
        ("a=b", "a=b"), ("%26%3D%23", "&=#"), ("~*-_.", "~*-_."),
    ]) func `names and values are decoded`(text: String, expected: String) {
        #expect(FormCoding.decode(text)?.octets == expected.octets)
    }

    @Test(arguments: [
        "%", "%4", "%zz", "a%", "abc%2", "%%20", "%4g", "%g4", "% 41", "%+1", "%-1", "%é", "%u0041", "%C3%",
    ])
    func `a broken escape is not decoded`(text: String) {
        #expect(FormCoding.decode(text) == nil)
    }

    @Test(arguments: [
        ("%FF", 1), ("%C3", 1), ("%C0%AF", 2), ("%E0%80%AF", 3), ("%ED%A0%80", 3), ("%F4%90%80%80", 4), ("%80", 1),
        ("%F8%88%80%80%80", 5),
    ]) func `octets that are not UTF-8 become replacement characters`(text: String, count: Int) {
        #expect(FormCoding.decode(text) == String(repeating: "\u{FFFD}", count: count))
    }

    @Test func `a cut sequence does not swallow what follows`() {
        #expect(FormCoding.decode("%C3%28") == "\u{FFFD}(")
        #expect(FormCoding.decode("%C3a%E2%82b") == "\u{FFFD}a\u{FFFD}b")
    }

    @Test func `values are written in either style`() {
        let text = "a b&c=d+e/ü~*-_.%\"'\u{0}😀"
        #expect(FormCoding.encode(text) == "a%20b%26c%3Dd%2Be%2F%C3%BC~%2A-_.%25%22%27%00%F0%9F%98%80")
        #expect(FormCoding.encode(text, style: .java) == "a+b%26c%3Dd%2Be%2F%C3%BC%7E*-_.%25%22%27%00%F0%9F%98%80")
        #expect(FormCoding.encode("") == "")
    }

    @Test(arguments: [(FormCoding.Style.uri, "-._~"), (.java, "-._*")])
    func `only plain characters stay`(style: FormCoding.Style, marks: String) {
        let alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        let plain = (UInt8(0)..<128).filter {
            let text = String(UnicodeScalar($0))
            return FormCoding.encode(text, style: style) == text
        }
        #expect(plain == (alphanumerics + marks).octets.sorted())
    }

    @Test(arguments: UInt64(0)..<200) func `what is written is read again`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let text = String.random(upTo: 60, using: &generator)
        for style in [FormCoding.Style.uri, .java] {
            let written = FormCoding.encode(text, style: style)
            #expect(written.utf8.allSatisfy { $0 < 0x80 })
            #expect(FormCoding.decode(written)?.octets == text.octets)
        }
    }
}
