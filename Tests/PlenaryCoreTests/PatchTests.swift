import BigBlueButton
import Testing

@testable import PlenaryCore

/// Bodies that are read member by member (`rooms-api.md` 2.1, 2.4, 2.7 and 2.8).
struct PatchTests {
    private enum Status: String, CaseIterable, Equatable { case active, inactive }

    private func reader(_ text: String) -> ObjectReader { ObjectReader(jsonText(text)) }

    /// What one kind makes of one value: the value, or what is wrong.
    private func read<Value>(_ text: String, _ kind: JSONKind<Value>) -> (value: Value?, told: [String]) {
        switch kind.read(jsonText(text), JSONPointer("x")) {
        case .value(let value): (value, [])
        case .faults(let faults): (nil, Problem.invalid(faults).told)
        }
    }

    // MARK: absent, null, given

    @Test func `what a patch does not name stays as it is`() throws {
        var reader = reader(#"{"a":null,"b":"new"}"#)
        let kind = JSONKind<String>.text(longest: 10)
        let (a, b, c) = (reader.patch("a", kind), reader.patch("b", kind), reader.patch("c", kind))
        #expect(a == .null)
        #expect(b == .value("new"))
        #expect(c == .absent && c.isAbsent && !a.isAbsent)
        #expect([a, b, c].map { $0.applied(to: "old") } == [nil, "new", "old"])
        #expect([a, b, c].map { $0.applied(to: "old", null: "none") } == ["none", "new", "old"])
        try reader.finish()
    }

    @Test func `what is needed is asked for, once`() {
        var reader = reader(#"{"a":null,"b":5,"c":"","d":null,"e":"x"}"#)
        let kind = JSONKind<String>.text(longest: 10)
        let needed = ["a", "b", "c", "f"].map { reader.required($0, kind) }
        #expect(needed == [nil, nil, nil, nil])
        let (d, e, g) = (reader.optional("d", kind), reader.optional("e", kind), reader.optional("g", kind))
        #expect(d == nil && e == "x" && g == nil)
        let problem = refusedWith { try reader.finish() }
        #expect(problem?.code == .validationFailed && problem?.detail == "5 members of the request are invalid.")
        #expect(
            problem?.told == ["/a required", "/b invalid_type", "/c required", "/d invalid_type", "/f required"])
    }

    @Test func `nobody's members are told, with all else that is wrong`() {
        var reader = reader(#"{"room_nmae":"a","z":1,"status":"open","a/b":{"deep":[1]}}"#)
        let status: Status? = reader.optional("status", .choice)
        reader.note("room_name", .required, "A room needs a name.")
        let problem = refusedWith { try reader.finish() }
        #expect(status == nil)
        #expect(
            problem?.told == [
                "/a~1b unknown_field", "/room_name required", "/room_nmae unknown_field", "/status invalid_enum",
                "/z unknown_field",
            ])
    }

    @Test func `what was fetched may be sent back`() {
        var reader = reader(#"{"id":"u6Yh3DkQ9w","room_type":"video","url":null,"uuid":"x"}"#)
        reader.readOnly("id", is: "u6Yh3DkQ9w")
        reader.readOnly("room_type", is: "meet", .immutableBySubscription)
        reader.readOnly("url", is: .null)
        reader.readOnly("uuid", is: nil)
        reader.readOnly("ulid", is: "y")
        let problem = refusedWith { try reader.finish() }
        #expect(problem?.told == ["/room_type immutable_by_subscription", "/uuid read_only"])
        #expect(problem?.faults.first?.expected?.text == "meet")
    }

    /// Most languages keep no order of members.
    @Test func `an object that was fetched may be sent back with its members in another order`() {
        let text = #"{"a":{"y":[{"q":null,"p":1.0}],"x":"b"},"b":{"x":1},"c":{"x":1,"y":1},"d":[2,1],"e":"e\u0301"}"#
        var reader = reader(text)
        reader.readOnly("a", is: ["x": "b", "y": [["p": 1, "q": .null]]])
        reader.readOnly("b", is: ["y": 1])
        reader.readOnly("c", is: ["x": 1])
        reader.readOnly("d", is: [1, 2])
        reader.readOnly("e", is: "\u{E9}")
        let problem = refusedWith { try reader.finish() }
        #expect(problem?.told == ["/b read_only", "/c read_only", "/d read_only", "/e read_only"])
    }

    @Test func `objects in objects have pointers of their own`() {
        var reader = reader(#"{"settings":{"color":5,"x":1},"features":null,"other":[],"more":{"a":true}}"#)
        let settings = reader.object("settings") { inner in inner.optional("color", JSONKind<String>.text(longest: 7)) }
        let features = reader.object("features") { _ in 1 }
        let absent = reader.object("nothing") { _ in 1 }
        let other = reader.object("other") { _ in 1 }
        let more = reader.object("more") { inner in inner.required("a", JSONKind<Bool>.bool) }
        #expect(settings == .value(nil))
        #expect(features == .null)
        #expect(absent.isAbsent && other.isAbsent)
        #expect(more == .value(true))
        let problem = refusedWith { try reader.finish() }
        #expect(problem?.told == ["/other invalid_type", "/settings/color invalid_type", "/settings/x unknown_field"])
    }

    @Test(
        arguments: [
            ("[]", 422), ("5", 422), ("null", 422), ("", 400), ("{", 400), (#"{"a":1,"a":2}"#, 400), ("{}", nil),
        ] as [(String, Int?)]) func `a body is an object`(text: String, status: Int?)
    {
        #expect(refusedWith { _ = try ObjectReader(body: Array(text.utf8)) }?.status == status)
    }

    @Test func `a body has a limit`() {
        let text = "\"\(String(repeating: "x", count: 1_048_575))\""
        let problem = refusedWith { _ = try ObjectReader(body: Array(text.utf8)) }
        #expect(problem?.status == 413)
    }

    // MARK: kinds

    @Test(
        arguments: [
            (#""Algebra""#, nil), (#""""#, "/x required"), (#"" \t""#, "/x required"),
            (#""12345678901""#, "/x too_long"),
            (#""a\nb""#, "/x invalid_format"), (#""a\u0000b""#, "/x invalid_format"), ("5", "/x invalid_type"),
            ("[\"a\"]", "/x invalid_type"), (#""1234567890""#, nil),
            // Ten letters, though more octets.
            (#""\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9""#, nil),
        ] as [(String, String?)]) func `texts have bounds`(text: String, fault: String?)
    {
        let read = read(text, .text(longest: 10))
        #expect(read.told == [fault].compactMap { $0 } && (read.value == nil) == (fault != nil))
    }

    @Test func `some texts are empty, and some have lines`() {
        #expect(read(#""""#, .text(longest: 5, mayBeEmpty: true)).value == "")
        #expect(read(#""a\r\n\tb""#, .text(longest: 5, isLong: true)).value == "a\r\n\tb")
        #expect(read(#""a\u0000""#, .text(longest: 5, isLong: true)).told == ["/x invalid_format"])
    }

    @Test(
        arguments: [
            ("1", 1, nil), ("200", 200, nil), ("1.0", 1, nil), ("2e2", 200, nil), ("0", nil, "/x out_of_range"),
            ("201", nil, "/x out_of_range"), ("-1", nil, "/x out_of_range"), ("1e30", nil, "/x out_of_range"),
            ("1e400", nil, "/x out_of_range"), ("9223372036854775808", nil, "/x out_of_range"),
            ("1.5", nil, "/x invalid_type"), (#""1""#, nil, "/x invalid_type"), ("true", nil, "/x invalid_type"),
        ] as [(String, Int?, String?)]) func `whole numbers have bounds`(text: String, value: Int?, fault: String?)
    {
        let read = read(text, .integer(1...200))
        #expect(read.value == value && read.told == [fault].compactMap { $0 })
    }

    @Test func `other values are what 2.4 says`() {
        let march = WireTime(milliseconds: 1_772_323_200_000)
        for text in ["\"2026-03-01\"", "\"2026-03-01T01:00:00.9+01:00\"", "\"2026-03-01T00:00:00Z\""] {
            #expect(read(text, .time).value == march, "\(text)")
        }
        #expect(read("1772323200", .time).told == ["/x invalid_type"])
        #expect(read("\"soon\"", .time).told == ["/x invalid_format"])
        #expect(read("false", .bool).value == false && read("0", .bool).told == ["/x invalid_type"])
        #expect(read("\"14.99\"", .price).value == Price("14.99"))
        #expect(
            read("14.99", .price).told == ["/x invalid_type"] && read("\"-1\"", .price).told == ["/x invalid_format"])
        #expect(read("\"eur\"", .currency).value == .euro)
        #expect(read("\"u6Yh3DkQ9w\"", .reference).value == .id("u6Yh3DkQ9w"))
        #expect(read("\"x\"", .reference).told == ["/x invalid_format"])
        #expect(read("{\"a\":1}", .anything).value?.encoded == "{\"a\":1}")
        let status = read("\"inactive\"", JSONKind<Status>.choice)
        #expect(status.value == .inactive)
        #expect(read("\"Active\"", JSONKind<Status>.choice).told == ["/x invalid_enum"])
    }

    @Test func `lists tell each element that is wrong`() {
        let kind = JSONKind<[String]>.list(of: JSONKind<String>.text(longest: 3), longest: 4)
        #expect(read(#"["a","b"]"#, kind).value == ["a", "b"])
        #expect(read(#"["a",5,"long",""]"#, kind).told == ["/x/1 invalid_type", "/x/2 too_long", "/x/3 required"])
        #expect(read(#"["a","a","a","a","a"]"#, kind).told == ["/x too_long"])
        #expect(read("{}", kind).told == ["/x invalid_type"])
    }

    // MARK: metadata

    /// The table of 7.5.
    @Test(
        arguments: [
            (#"{"external_billing_id":123,"external_crm_id":456}"#, []),
            (#"{"crm":{"id":456,"note":null,"vip":true}}"#, []),
            (#"{"tags":["a",1,null]}"#, []), ("{}", []), (#"{"f":1.0,"g":0.1}"#, []),
            (#"{"a":{"b":{"c":1}}}"#, ["/x/a/b metadata_too_deep"]), (#"{"a":[[1]]}"#, ["/x/a/0 metadata_too_deep"]),
            (#"{"a":[0,{"b":1}]}"#, ["/x/a/1 metadata_too_deep"]), (#"{"a":{"b":[1]}}"#, ["/x/a/b metadata_too_deep"]),
            ("[1,2]", ["/x invalid_type"]), (#""text""#, ["/x invalid_type"]),
            (#"{"a":9223372036854775808}"#, ["/x/a out_of_range"]), (#"{"a":1e999}"#, ["/x/a out_of_range"]),
            ("{\"\u{E9}\":1,\"e\u{301}\":2}", ["/x invalid_format"]),
            ("{\"a\":{\"\u{E9}\":1,\"e\u{301}\":2}}", ["/x invalid_format"]), (#"{"":1}"#, ["/x metadata_too_large"]),
        ] as [(String, [String])]) func `metadata are what 7.5 says`(text: String, told: [String])
    {
        let read = read(text, .metadata)
        #expect(read.told == told)
        if told.isEmpty { #expect(read.value?.json == text) }
    }

    @Test func `metadata have bounds`() {
        let many = (0..<51).map { "\"k\($0)\":1" }.joined(separator: ",")
        #expect(read("{\(many)}", .metadata).told == ["/x metadata_too_large"])
        let long = String(repeating: "x", count: 501)
        #expect(read("{\"a\":\"\(long)\"}", .metadata).told == ["/x metadata_too_large"])
    }

    // MARK: headers

    @Test(
        arguments: [
            (nil, false, false), ("", false, false), ("handling=strict", true, false),
            ("handling=lenient", false, false),
            ("return=minimal", false, true), ("Return = \"minimal\" , HANDLING=Strict", true, true),
            ("handling=lenient, handling=strict", false, false), ("respond-async, handling=strict;x=1", true, false),
            ("handling", false, false), (",;=", false, false), ("return=representation", false, false),
        ] as [(String?, Bool, Bool)]) func `preferences are read`(text: String?, isStrict: Bool, isMinimal: Bool)
    {
        let preferences = Preferences(text)
        #expect(preferences.isStrict == isStrict && preferences.isMinimal == isMinimal)
        #expect((preferences.applied == nil) == (!isStrict && !isMinimal))
    }

    @Test func `what was preferred is said`() {
        let both = Preferences("return=minimal,handling=strict").applied
        #expect(both == ResponseHeader("Preference-Applied", "handling=strict, return=minimal"))
    }

    @Test(
        arguments: [
            ("application/json", true, true), ("Application/JSON; charset=utf-8", true, true),
            ("application/merge-patch+json", false, true), ("text/json", false, false), (nil, false, false),
            ("application/x-www-form-urlencoded", false, false), ("application/jsonx", false, false),
            ("", false, false),
        ] as [(String?, Bool, Bool)]) func `bodies are JSON`(type: String?, isCreate: Bool, isPatch: Bool)
    {
        let create = refusedWith { try MediaType.check(contentType: type, isPatch: false) }
        let patch = refusedWith { try MediaType.check(contentType: type, isPatch: true) }
        #expect((create == nil) == isCreate && (patch == nil) == isPatch)
        for problem in [create, patch].compactMap({ $0 }) { #expect(problem.status == 415) }
        let accepted = ResponseHeader("Accept-Patch", "application/json, application/merge-patch+json")
        if !isPatch { #expect(patch?.headers == [accepted]) }
    }

    @Test(
        arguments: [
            (nil, true), ("", true), ("*/*", true), ("application/json", true),
            ("text/html, application/*;q=0.1", true),
            ("text/html", false), ("application/json;q=0", false), ("application/json; q=0.0, text/html", false),
            ("application/problem+json", true), ("APPLICATION/JSON", true),
            // The closest range counts.
            ("application/json;q=0, */*", false), ("*/*, application/*;q=0", false),
            ("*/*;q=0, application/json", true), ("application/problem+json;q=0, */*", true),
        ] as [(String?, Bool)]) func `who takes JSON gets it`(accept: String?, isAccepted: Bool)
    {
        #expect(MediaType.acceptsJSON(accept) == isAccepted)
    }
}
