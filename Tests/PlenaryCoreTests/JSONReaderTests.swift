import Testing

@testable import PlenaryCore

/// JSON as bodies have it (`rooms-api.md` 2.7, 17).
struct JSONReaderTests {
    private func fault(_ text: String, limits: JSONReader.Limits = JSONReader.Limits()) -> JSONReader.Fault? {
        fault(Array(text.utf8), limits: limits)
    }

    private func fault(_ octets: [UInt8], limits: JSONReader.Limits = JSONReader.Limits()) -> JSONReader.Fault? {
        do throws(JSONReader.Fault) {
            _ = try JSONReader.read(octets, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("null", "null"), (" true ", "true"), ("[false]", "[false]"), ("{}", "{}"), ("[ ]", "[]"),
        (#"{"b":1,"a":[1,{"c":null}]}"#, #"{"b":1,"a":[1,{"c":null}]}"#),
        (#""\u00e9\n\/\"\\""#, "\"\u{E9}\\n/\\\"\\\\\""), (#""\uD83D\uDE00""#, "\"\u{1F600}\""),
        ("\t[\r\n1 , 2]", "[1,2]"), (#"{"":0}"#, #"{"":0}"#), (#""\u0000""#, #""\u0000""#),
        ("-0", "-0"), ("1.50", "1.50"), ("1E+2", "1E+2"), ("12345678901234567890", "12345678901234567890"),
        // Two names whose octets differ are two names.
        ("{\"\u{E9}\":1,\"e\u{301}\":2}", "{\"\u{E9}\":1,\"e\u{301}\":2}"),
    ]) func `what is JSON is read, and written again with its digits`(text: String, written: String) throws {
        let encoded = try JSONReader.read(Array(text.utf8)).encoded
        #expect(encoded.utf8.elementsEqual(written.utf8), "\(encoded)")
    }

    @Test(arguments: [
        ("", 0), (" ", 1), ("nul", 0), ("True", 0), ("{", 1), ("[1", 2), ("[1,]", 3), ("{\"a\":1,}", 7), ("{\"a\"}", 4),
        ("{a:1}", 1), ("'a'", 0), ("[1 2]", 3), ("1 2", 2), ("01", 0), ("+1", 0), ("1.", 0), (".5", 0), ("1e", 0),
        ("-", 0), ("0x1", 1), ("NaN", 0), ("\"a", 2), ("\"\n\"", 1), (#""\x""#, 1), (#""\u12""#, 1),
        (#""\uD83D""#, 1), (#""\uD83Dx""#, 1), (#""\uDE00""#, 1), (#""\uD83D\u0041""#, 1), ("// a\n1", 0),
        ("1e1000000", 0), ("\u{FEFF}1", 0), ("[1]]", 3),
    ]) func `what is no JSON is refused where it stands`(text: String, octet: Int) {
        #expect(fault(text) == .malformed(at: octet), "\(text)")
    }

    @Test func `octets that are no UTF-8 are refused`() {
        for wrong: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80]] {
            #expect(fault([0x22] + wrong + [0x22]) == .malformed(at: 0))
        }
    }

    @Test func `a name that is there twice is told`() {
        #expect(fault(#"{"a":1,"b":{"c":1,"\u0063":2}}"#) == .twice(JSONPointer(["b", "c"])))
        #expect(fault(#"[0,{"x":1,"x":1}]"#) == .twice(JSONPointer(["1", "x"])))
        #expect(fault(#"{"a":{"x":1},"b":{"x":1}}"#) == nil)
    }

    @Test func `limits are kept to the letter`() {
        var limits = JSONReader.Limits()
        limits.depth = 2
        #expect(fault(#"{"a":[1]}"#, limits: limits) == nil)
        #expect(fault(#"{"a":[1,[]]}"#, limits: limits) == .tooDeep(JSONPointer(["a", "1"])))
        limits = JSONReader.Limits()
        limits.octets = 5
        #expect(fault("[1,2]", limits: limits) == nil)
        #expect(fault("[1,23]", limits: limits) == .tooLarge(limit: 5))
        limits = JSONReader.Limits()
        limits.values = 3
        #expect(fault("[1,2]", limits: limits) == nil)
        #expect(fault("[1,2,3]", limits: limits) == .tooManyValues(limit: 3))
        // Nobody leads the reader so deep that it falls.
        let deep = String(repeating: "[", count: 500_000)
        #expect(fault(deep) == .tooDeep(JSONPointer([String](repeating: "0", count: 32))))
    }

    @Test(arguments: [
        ("1", "1.0", true), ("1", "10e-1", true), ("-0", "0.000", true), ("1e3", "1000", true), ("1", "-1", false),
        ("0.1", "0.10000000000000001", false), ("12345678901234567890", "12345678901234567891", false),
        ("1e400", "1e401", false), ("1e2", "1e-2", false),
    ]) func `numbers are the same when they are the same number`(left: String, right: String, isSame: Bool) {
        let (one, other) = (made(JSONNumber(left)), made(JSONNumber(right)))
        #expect((one == other) == isSame)
        if isSame { #expect(Set([one, other]).count == 1) }
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min), ("1.0", 1),
            ("12e2", 1_200),
            ("9223372036854775808", nil), ("1.5", nil), ("1e-1", nil), ("1e19", nil), ("1e999999", nil),
        ] as [(String, Int64?)]) func `whole numbers are exact`(text: String, integer: Int64?)
    {
        #expect(made(JSONNumber(text)).integer == integer)
    }

    @Test func `numbers that no computer has are none`() {
        #expect(made(JSONNumber("1e400")).double == nil)
        #expect(made(JSONNumber("0.1")).double == 0.1)
        #expect(JSONNumber(Int64.min).text == "-9223372036854775808")
        #expect(JSONNumber("1e1000000") == nil && JSONNumber("") == nil && JSONNumber("1 ") == nil)
    }

    @Test(arguments: UInt64(0)..<200) func `what is written is read again`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let value = Self.value(depth: 0, &random)
        let octets = Array(value.encoded.utf8)
        let read = try JSONReader.read(octets)
        #expect(read == value && read.encoded == value.encoded)
        // No beginning of an object or a list is one.
        guard value.members != nil || value.elements != nil else { return }
        for length in 0..<octets.count { #expect(fault(Array(octets.prefix(length))) != nil) }
    }

    private static func value(depth: Int, _ random: inout SplitMix64) -> JSON {
        switch Int.random(in: 0..<(depth > 3 ? 4 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &random))
        case 3: return .text(text(&random))
        case 4: return .list((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth + 1, &random) })
        default:
            var members: [JSON.Member] = []
            for index in 0..<Int.random(in: 0...3, using: &random) {
                members.append(JSON.Member("\(index)\(text(&random))", value(depth: depth + 1, &random)))
            }
            return .object(members)
        }
    }

    private static func text(_ random: inout SplitMix64) -> String {
        let scalars = Array("a\"\\/\n\u{0}\u{7F}\u{E9}\u{1F600}\u{301}".unicodeScalars)
        var text = ""
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            text.unicodeScalars.append(scalars[Int.random(in: 0..<scalars.count, using: &random)])
        }
        return text
    }

    @Test(
        arguments: [
            ("", []), ("/", [""]), ("/a", ["a"]), ("/a/0/b", ["a", "0", "b"]), ("/a~1b/c~0d", ["a/b", "c~d"]),
            ("/~01", ["~1"]), ("//", ["", ""]), ("a", nil), ("/~2", nil), ("/a~", nil),
        ] as [(String, [String]?)]) func `pointers are read and written`(text: String, tokens: [String]?)
    {
        let pointer = JSONPointer(text: text)
        #expect(pointer?.tokens == tokens)
        if let pointer { #expect("\(pointer)" == text) }
    }

    /// The examples of RFC 7396.
    @Test(arguments: [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
        (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
        (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
        (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#), (#"{"a":"foo"}"#, "null", "null"),
        (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#), ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
        ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ]) func `a merge patch changes what it names`(old: String, patch: String, new: String) {
        #expect(jsonText(old).merged(with: jsonText(patch)).encoded == new)
    }

    /// Each member was looked for among all others: as many steps as their number squared.
    @Test(.timeLimit(.minutes(5))) func `a merge patch with very many members is merged in no time`() {
        let names = (0..<100_000).map { "a\($0)" }
        let merged = JSON.null.merged(with: .object(names.map { JSON.Member($0, 1) }))
        #expect(merged.members?.count == 100_000 && merged.members?.last?.name == "a99999")
        let again = merged.merged(with: .object(names.reversed().map { JSON.Member($0, 2) }))
        #expect(again.members?.count == 100_000 && again.members?.last?.name == "a99999")
        #expect(again.merged(with: .object(names.map { JSON.Member($0, .null) })).encoded == "{}")
    }
}
