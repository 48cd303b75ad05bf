import Testing

@testable import BigBlueButton

/// Who signed a call: the checksum's place in the query, and the ways in which forms are signed (`bbb-api.md` 2.3, 2.6).
struct CallTests {
    private static let hex = "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17"
    private static let form = "application/x-www-form-urlencoded"
    private static let formBody = "name=Test%20Meeting&meetingID=abc123"

    private func sign(_ call: CallName, _ query: String) -> String { Checksum(call, query: query, secret: .vector).hex }

    // MARK: the query

    @Test(arguments: 0...4) func `the checksum may stand anywhere`(place: Int) {
        var segments = Vector.created.split(separator: "&").map(String.init)
        segments.insert("checksum=\(Self.hex)", at: place)
        #expect(Call(.create, rawQuery: segments.joined(separator: "&")).signer(among: [.vector]) == 0)
    }

    @Test(arguments: ["checksum=X", "&checksum=X", "checksum=X&"]) func `the checksum may stand alone`(query: String) {
        let rawQuery = query.replacing("X", with: "2027baa7771026e9e93392f55031535d1444c41f")
        #expect(Call(.getMeetings, rawQuery: rawQuery).signer(among: [.vector]) == 0)
    }

    @Test func `an ampersand behind the checksum belongs to what is signed`() {
        let withAmpersand = "a=1&checksum=dc881a9b9db4943c45f0e46de355c0aa44b295e5&"
        let without = "a=1&checksum=3f633c9797592336bb5af6be3f350a049276185f&"
        #expect(Call(.getMeetings, rawQuery: withAmpersand).signer(among: [.vector]) == 0)
        #expect(Call(.getMeetings, rawQuery: without).signer(among: [.vector]) == nil)
    }

    @Test func `empty segments belong to what is signed`() {
        let query = "a=1&&b=2&"
        #expect(
            Call(.getMeetings, rawQuery: "\(query)&checksum=\(sign(.getMeetings, query))").signer(among: [.vector]) == 0
        )
        #expect(
            Call(.getMeetings, rawQuery: "\(query)&checksum=\(sign(.getMeetings, "a=1&b=2"))").signer(among: [.vector])
                == nil)
    }

    @Test func `of two checksums the first counts and the other is signed`() {
        let bad = String(repeating: "0", count: 40)
        let good = sign(.getMeetings, "a=1")
        let overBoth = sign(.getMeetings, "a=1&checksum=\(bad)")
        #expect(Call(.getMeetings, rawQuery: "a=1&checksum=\(good)&checksum=\(bad)").signer(among: [.vector]) == nil)
        #expect(Call(.getMeetings, rawQuery: "a=1&checksum=\(bad)&checksum=\(good)").signer(among: [.vector]) == nil)
        #expect(Call(.getMeetings, rawQuery: "a=1&checksum=\(overBoth)&checksum=\(bad)").signer(among: [.vector]) == 0)
        #expect(Call(.getMeetings, rawQuery: "checksum=\(good)&a=1&checksum=\(good)").signer(among: [.vector]) == 0)
    }

    @Test func `a parameter whose name ends in checksum is signed like any other`() {
        let query = "notchecksum=abc&a=1"
        #expect(
            Call(.getMeetings, rawQuery: "\(query)&checksum=\(sign(.getMeetings, query))").signer(among: [.vector]) == 0
        )
    }

    @Test(arguments: [
        ("checksum=X", ""), ("&checksum=X", ""), ("checksum=X&", ""), ("a=1&checksum=X", "a=1"),
        ("checksum=X&a=1", "a=1"),
        ("a=1&checksum=X&b=2", "a=1&b=2"), ("a=1&checksum=X&", "a=1&"), ("&checksum=X&a=1", "&a=1"),
        ("&&checksum=X", "&"),
        ("checksum=X&checksum=X&a=1", "a=1"), ("a=1&checksum=X&checksum=X", "a=1"),
        ("notchecksum=X&checksum=X", "notchecksum=X"),
        ("checksum=Y&checksum=X", "checksum=Y"), ("a=1", "a=1"), ("", ""), ("checksum=x", "checksum=x"),
        ("checksum=XY", "checksum=XY"),
        ("é=1&checksum=X", "é=1"),
    ]) func `the checksum is cut out as text`(query: String, expected: String) {
        #expect(Call.cut(checksum: "X", from: query) == expected)
    }

    @Test func `nothing is cut for an empty checksum`() {
        #expect(Call.cut(checksum: "", from: "checksum=&a=1") == "checksum=&a=1")
    }

    @Test func `blanks and escapes are signed as they came`() {
        let plus = "fullName=Ann+B&meetingID=m%201&role=VIEWER&checksum="
        let escaped = "fullName=Ann%20B&meetingID=m%201&role=VIEWER&checksum="
        #expect(
            Call(.join, rawQuery: plus + "7c59765b1848a963cd47b64483b98eb7bbe535db").signer(among: [.vector]) == nil)
        #expect(
            Call(.join, rawQuery: escaped + "6acc6122e66834ddfbfd5f0c583c10419567df0a").signer(among: [.vector]) == nil)
        #expect(Call(.join, rawQuery: "a=%2f&checksum=\(sign(.join, "a=%2f"))").signer(among: [.vector]) == 0)
        #expect(Call(.join, rawQuery: "a=%2F&checksum=\(sign(.join, "a=%2f"))").signer(among: [.vector]) == nil)
    }

    @Test func `whoever changes a parameter or the call has signed nothing`() {
        let tampered = Vector.created.replacing("abc123", with: "abc124")
        #expect(Call(.create, rawQuery: "\(tampered)&checksum=\(Self.hex)").signer(among: [.vector]) == nil)
        #expect(
            Call(.create, rawQuery: "\(Vector.created)&record=true&checksum=\(Self.hex)").signer(among: [.vector])
                == nil)
        #expect(Call(.join, rawQuery: "\(Vector.created)&checksum=\(Self.hex)").signer(among: [.vector]) == nil)
    }

    @Test func `an escaped checksum is not found for cutting`() {
        let escaped = "%31" + Self.hex.dropFirst()
        #expect(Call(.create, rawQuery: "\(Vector.created)&checksum=\(escaped)").signer(among: [.vector]) == nil)
    }

    @Test func `control characters around the query are nothing`() {
        #expect(
            Call(.create, rawQuery: "\(Vector.created)&checksum=\(Self.hex)\u{0}\r\n").signer(among: [.vector]) == 0)
        #expect(Call(.create, rawQuery: " \t\(Vector.created)&checksum=\(Self.hex) ").signer(among: [.vector]) == 0)
    }

    @Test(arguments: [
        "", "%20", "+", "%00", "%F0%9F%98%80", "😀", "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f1",
        "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f170",
        "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17%00", "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17%20",
        "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f1g", "%", "%zz", String(repeating: "a", count: 100_000),
    ]) func `what is no checksum signs nothing`(text: String) {
        #expect(Call(.create, rawQuery: "\(Vector.created)&checksum=\(text)").signer(among: [.vector]) == nil)
    }

    @Test func `a call without a checksum is signed by nobody`() {
        #expect(Call(.create, rawQuery: Vector.created).signer(among: [.vector]) == nil)
        #expect(Call(.create, rawQuery: "\(Vector.created)&checksum").signer(among: [.vector]) == nil)
        #expect(Call(.create, rawQuery: "\(Vector.created)&Checksum=\(Self.hex)").signer(among: [.vector]) == nil)
        #expect(Call(.getMeetings).signer(among: [.vector]) == nil)
    }

    @Test func `several secrets are tried`() {
        let call = Call(.create, rawQuery: "\(Vector.created)&checksum=\(Self.hex)")
        #expect(call.signer(among: []) == nil)
        #expect(call.signer(among: [.other]) == nil)
        #expect(call.signer(among: [.other, .vector]) == 1)
        #expect(call.signer(among: [.vector, .other, .vector]) == 0)
    }

    @Test(arguments: ChecksumAlgorithm.allCases) func `an algorithm that is not allowed signs nothing`(
        algorithm: ChecksumAlgorithm
    ) {
        let hex = Checksum(.getMeetings, query: "", secret: .vector, algorithm: algorithm).hex
        let call = Call(.getMeetings, rawQuery: "checksum=\(hex)")
        let others = Set(ChecksumAlgorithm.allCases).subtracting([algorithm])
        #expect(call.signer(among: [.vector], policy: .init(algorithms: [algorithm])) == 0)
        #expect(call.signer(among: [.vector], policy: .init(algorithms: others)) == nil)
        #expect(call.signer(among: [.vector], policy: .init(algorithms: [])) == nil)
    }

    // MARK: forms

    private func post(_ rawQuery: String, _ body: String, type: String? = Self.form, call: CallName = .create) -> Call {
        Call(call, method: .post, rawQuery: rawQuery, contentType: type, body: body.octets)
    }

    @Test(arguments: [
        "6c152eb028df2a4e5281abc027417b6de5a13879", "80a28ae7d9ed0d584c9a97e5ae09ac64387942e8",
    ]) func `a form is signed sorted or raw`(hex: String) {
        #expect(post("checksum=\(hex)", Self.formBody).signer(among: [.vector]) == 0)
        #expect(post("&checksum=\(hex)", Self.formBody).signer(among: [.other, .vector]) == 1)
        #expect(post("", "\(Self.formBody)&checksum=\(hex)").signer(among: [.vector]) == 0)
        #expect(post("", "checksum=\(hex)&\(Self.formBody)").signer(among: [.vector]) == 0)
        #expect(post("", "\(Self.formBody)&checksum=\(hex)").signer(among: [.other]) == nil)
        #expect(post("checksum=\(hex)", "\(Self.formBody)&record=true").signer(among: [.vector]) == nil)
    }

    @Test func `a form that nothing covers is believed only where that is allowed`() {
        let call = post("checksum=8a21c9b7e3b18541974c9e78c0d0bfa790c665eb", Self.formBody)
        #expect(call.signer(among: [.vector]) == nil)
        #expect(call.signer(among: [.vector], policy: .init(acceptsUnsignedForms: true)) == 0)
        #expect(call.signer(among: [.other], policy: .init(acceptsUnsignedForms: true)) == nil)
    }

    @Test func `a query that is not empty is all that is signed`() {
        let overQuery = sign(.create, "meetingID=abc123")
        let overForm = sign(.create, "name=x")
        let overBoth = sign(.create, "meetingID=abc123&name=x")
        let unsigned = Call.Policy(acceptsUnsignedForms: true)
        #expect(post("meetingID=abc123&checksum=\(overQuery)", "name=x").signer(among: [.vector]) == 0)
        #expect(post("meetingID=abc123", "name=x&checksum=\(overQuery)").signer(among: [.vector]) == 0)
        #expect(post("meetingID=abc123&checksum=\(overForm)", "name=x").signer(among: [.vector]) == nil)
        #expect(post("meetingID=abc123&checksum=\(overBoth)", "name=x").signer(among: [.vector]) == nil)
        #expect(
            post("meetingID=abc123&checksum=\(sign(.create, ""))", "name=x").signer(among: [.vector], policy: unsigned)
                == nil)
    }

    @Test func `the checksum of the query is taken before that of the form`() {
        let bad = String(repeating: "0", count: 40)
        let good = sign(.create, "meetingID=abc123")
        #expect(post("meetingID=abc123&checksum=\(good)", "checksum=\(bad)").signer(among: [.vector]) == 0)
        #expect(post("meetingID=abc123&checksum=\(bad)", "checksum=\(good)").signer(among: [.vector]) == nil)
    }

    @Test func `a form of nothing but the checksum signs the call`() {
        #expect(
            post("", "checksum=2027baa7771026e9e93392f55031535d1444c41f", call: .getMeetings).signer(among: [.vector])
                == 0)
    }

    @Test func `a form is rebuilt in Java's way with repeated names in their order`() {
        let rebuilt = "a=%7E*+%2B%C3%A9&b=2&b=1"
        #expect(post("checksum=\(sign(.create, rebuilt))", "b=2&a=~%2a%20%2B%C3%A9&b=1").signer(among: [.vector]) == 0)
        #expect(
            post("checksum=\(sign(.create, "a=%7E*+%2B%C3%A9&b=1&b=2"))", "b=2&a=~%2a%20%2B%C3%A9&b=1").signer(among: [
                .vector
            ]) == nil)
    }

    @Test func `the type of a form may have parameters and capitals`() {
        let hex = "80a28ae7d9ed0d584c9a97e5ae09ac64387942e8"
        for type in [
            "application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-URLencoded;charset=utf-8",
        ] {
            let call = post("checksum=\(hex)", Self.formBody, type: type)
            #expect(call.body == .form(raw: Self.formBody))
            #expect(call.signer(among: [.vector]) == 0)
        }
    }

    // MARK: multipart

    private static let multipart = [
        "preamble", "--bnd-1", "Content-Disposition: form-data; name=\"name\"", "", "Test\r\nMeeting é", "--bnd-1",
        "content-disposition: form-data; name=meetingID", "Content-Type: text/plain", "", "abc123", "--bnd-1",
        "Content-Disposition: form-data; name=\"slides\"; filename=\"a.pdf\"", "", "%PDF", "--bnd-1",
        "Content-Disposition: form-data; name=\"empty\"", "", "", "--bnd-1--",
        "Content-Disposition: form-data; name=\"late\"", "", "x", "",
    ].joined(separator: "\r\n")

    @Test(arguments: ["multipart/form-data; boundary=bnd-1", "Multipart/Form-Data; charset=utf-8; Boundary=\"bnd-1\""])
    func `a multipart form gives its plain fields`(type: String) {
        let call = post("a=1", Self.multipart, type: type)
        #expect(call.body == .form(raw: nil))
        #expect(
            call.parameters.all == [
                .init(name: "a", value: "1"), .init(name: "name", value: "Test\r\nMeeting é"),
                .init(name: "meetingID", value: "abc123"), .init(name: "empty", value: ""),
            ])
    }

    @Test(arguments: ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"])
    func `a multipart form without its boundary has no fields`(type: String) {
        let call = post("", Self.multipart, type: type)
        #expect(call.body == .form(raw: nil))
        #expect(call.parameters.isEmpty)
    }

    @Test func `a multipart form is never part of the query's checksum`() {
        let type = "multipart/form-data; boundary=bnd-1"
        let unsigned = "checksum=8a21c9b7e3b18541974c9e78c0d0bfa790c665eb"
        #expect(post("a=1&checksum=\(sign(.create, "a=1"))", Self.multipart, type: type).signer(among: [.vector]) == 0)
        #expect(post(unsigned, Self.multipart, type: type).signer(among: [.vector]) == nil)
        #expect(
            post(unsigned, Self.multipart, type: type).signer(
                among: [.vector], policy: .init(acceptsUnsignedForms: true)) == 0)
    }

    // MARK: documents

    @Test func `a document is not hashed and has no parameters`() {
        let body = "<modules/>&meetingID=evil"
        for type in ["application/xml", "text/xml; charset=utf-8", "TEXT/XML"] {
            let call = post("\(Vector.created)&checksum=\(Self.hex)", body, type: type)
            #expect(call.body == .document(body.octets, contentType: type))
            #expect(call.signer(among: [.vector]) == 0)
            #expect(call.parameters.all.count == 5)
        }
    }

    @Test(arguments: ["<modules/>", " \r\n\t<modules><module name='presentation'/></modules>"])
    func `a document under the type of a form is a document`(body: String) {
        let call = post(Vector.created, body)
        #expect(call.body == .document(body.octets, contentType: "application/xml"))
        #expect(call.parameters.all.count == 4)
    }

    @Test(arguments: [nil, "", "application/json", "text/plain", "application/xhtml+xml", ";", "xml"] as [String?])
    func `another body is supported by no call`(type: String?) {
        for name: CallName in [.create, .join, .insertDocument, .getMeetings] {
            let call = Call(name, method: .post, contentType: type, body: "name=x".octets)
            #expect(call.body == .unsupported)
            #expect(!call.hasSupportedContentType)
            #expect(call.parameters.isEmpty)
        }
    }

    @Test(arguments: [nil, "application/json", "application/x-www-form-urlencoded", "application/xml"] as [String?])
    func `no body needs no type`(type: String?) {
        let call = Call(.join, method: .post, contentType: type)
        #expect(call.body == .none)
        #expect(call.hasSupportedContentType)
    }

    @Test(arguments: [
        (CallName.create, true, true), (.insertDocument, false, true), (.join, true, false), (.end, true, false),
        (.getMeetingInfo, true, false), (.isMeetingRunning, true, false), (.getMeetings, true, false),
    ]) func `each call takes its types`(name: CallName, form: Bool, document: Bool) {
        #expect(post("", "a=1", call: name).hasSupportedContentType == form)
        #expect(post("", "a", type: "multipart/form-data; boundary=b", call: name).hasSupportedContentType == form)
        #expect(post("", "<a/>", type: "application/xml", call: name).hasSupportedContentType == document)
        // Under the type of a form: what PHP makes of a create's slides, and what the other call for slides refuses.
        #expect(post("", "<a/>", call: name).hasSupportedContentType == (name == .create))
    }

    @Test func `parameters of the query come before those of the form`() {
        let call = post("meetingID=one", "meetingID=two&name=n")
        #expect(call.parameters["meetingID"] == "one")
        #expect(call.parameters.all.map(\.value) == ["one", "two", "n"])
    }

    @Test(arguments: [
        ("", ""), ("abc", "abc"), (" \u{1}a\u{9}b \u{7F}\u{85} ", "ab"), ("\u{0}", ""), ("a b", "a b"),
        ("\u{A0}a\u{A0}", "\u{A0}a\u{A0}"),
        ("\u{200B}", "\u{200B}"), ("e\u{301}\n", "e\u{301}"),
    ]) func `control characters and outer blanks are stripped`(text: String, expected: String) {
        #expect(text.strippingControls.octets == expected.octets)
    }
}
