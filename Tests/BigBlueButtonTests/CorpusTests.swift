import FoundationEssentials
import Testing

@testable import BigBlueButton

/// What the fuzzer (`scripts/fuzz`) found, and the inputs from which it starts.
struct CorpusTests {
    struct Input: Sendable, CustomTestStringConvertible {
        let property: Property
        let file: String
        var testDescription: String { "\(property.rawValue): \(property.folder)/\(file)" }

        private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus").path

        static let all: [Input] = Property.allCases.flatMap { property in
            // What cannot be listed is told by the test below.
            let files = try? FileManager.default.contentsOfDirectory(atPath: "\(corpus)/\(property.folder)")
            return (files ?? []).sorted().map { Input(property: property, file: $0) }
        }

        func octets() throws -> [UInt8] {
            [UInt8](try #require(FileManager.default.contents(atPath: "\(Self.corpus)/\(property.folder)/\(file)")))
        }
    }

    @Test func `every property has inputs`() {
        for property in Property.allCases {
            #expect(Input.all.contains { $0.property == property }, "\(property)")
        }
    }

    @Test(.timeLimit(.minutes(30)), arguments: Input.all)
    func `each property holds for each of its inputs`(input: Input) throws {
        let octets = try input.octets()
        #expect(octets.count <= 4_096)
        try input.property.check(octets)
    }
}

// MARK: - what it found in queries, forms and addresses

struct FuzzedWireTests {
    private static let formType = "application/x-www-form-urlencoded"

    private func multipart(_ body: String, boundary: String = "b") -> Call {
        Call(.create, method: .post, contentType: "multipart/form-data; boundary=\"\(boundary)\"", body: body.octets)
    }

    /// It was read once for each, before anybody had looked at the checksum: two megabytes became as many gigabytes.
    @Test func `a part with many dispositions is one field`() {
        let dispositions = String(repeating: "Content-Disposition: form-data; name=a\r\n", count: 1_000)
        let call = multipart("--b\r\n\(dispositions)\r\nvalue\r\n--b--\r\n")
        #expect(call.parameters == ["a": "value"])
    }

    /// It cost the product of both lengths.
    @Test(.timeLimit(.minutes(30)))
    func `a long boundary that is almost there everywhere is not looked for everywhere`() {
        let hyphens = String(repeating: "-", count: 1 << 20)
        let call = multipart("\(hyphens)\r\n\(hyphens)", boundary: "\(hyphens.prefix(50_000))x")
        #expect(call.parameters.isEmpty)
    }

    @Test(arguments: ["\u{301}a", "a=b", "a;b", " a ", "a\u{2028}b", "a\u{85}b", "e\u{301}", "\"", "\\"])
    func `a multipart field keeps its name`(name: String) {
        let quoted = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let call = multipart("--b\r\nContent-Disposition: form-data; name=\"\(quoted)\"\r\n\r\n\u{301}\r\n--b--")
        #expect(call.parameters.octets == [[name.octets, "\u{301}".octets]])
    }

    @Test(arguments: [
        ("https://example.com/?next=https://example.org/?", "&"), ("https://example.com/??", "&"),
        ("https://example.com/?", ""), ("https://example.com/?a&", ""), ("https://example.com/?a", "&"),
        ("https://example.com/", "?"),
    ]) func `an error is a parameter of its own`(url: String, joint: String) {
        #expect(JoinRequest.Delivery.adding("errors=x", to: "\(url)#f") == "\(url)\(joint)errors=x#f")
    }

    @Test func `an error's message may begin with a combining character`() {
        let refusal = Refusal(.notFound, "\u{301}x")
        let url = JoinRequest.Delivery.redirect(refusal, to: "https://example.com/")
        #expect(JoinRequest.Delivery.refusal(in: url)?.message.octets == refusal.message.octets)
    }

    /// All that was left in the query was written anew for each that was moved into the form.
    @Test(.timeLimit(.minutes(30))) func `a call with very many parameters is written in no time`() throws {
        let form = (0..<50_000).map { "a\($0)=x" }.joined(separator: "&")
        let endpoint = Endpoint(url: try #require(APIURL("https://example.com")), secret: .vector)
        let sent = endpoint.request(.create, Parameters(parsing: "meetingID=abc&\(form)"))
        #expect(sent.url.utf8.count < 4_500)
        #expect(sent.body?.octets.isEmpty == false)
    }

    /// Names are not encoded in the text that a server rebuilds from a form.
    @Test func `a form's names cannot hide parameters that were signed`() {
        let signed = Parameters(parsing: "meetingID=abc&moderatorPW=mp&name=x")
        let hex = Checksum(.create, query: Call.sortedText(signed), secret: .vector).hex
        func signer(_ body: String) -> Int? {
            Call(.create, method: .post, rawQuery: "checksum=\(hex)", contentType: Self.formType, body: body.octets)
                .signer(among: [.vector])
        }
        #expect(signer("name=x&moderatorPW=mp&meetingID=abc") == 0)
        #expect(signer("meetingID=abc&moderatorPW%3Dmp%26name=x") == nil)
        #expect(signer("meetingID=abc%26moderatorPW%3Dmp%26name=x") == nil)
    }
}

// MARK: - what it found in documents

struct FuzzedXMLTests {
    private func fault(_ document: [UInt8]) -> XMLFault? {
        do throws(XMLFault) {
            _ = try XMLReader.read(document)
            return nil
        } catch { return error }
    }

    private func document(_ head: String, megabytes: Int, _ unit: (Int) -> String, _ tail: String = "") -> [UInt8] {
        var octets = head.octets
        var count = 0
        while octets.count < megabytes << 20 - 100 {
            octets += unit(count).utf8
            count += 1
        }
        return octets + tail.utf8
    }

    /// `&#38;` and the combining character behind it were one Character, and stayed.
    @Test func `an ampersand before a combining character is one ampersand`() throws {
        let root = try XMLReader.read("<a b='&amp;&#x301;' c='&amp;\u{301}' d='&amp;#38;'/>".octets)
        #expect(root.attributes.map(\.value.octets) == ["&\u{301}".octets, "&\u{301}".octets, "&#38;".octets])
    }

    // libxml2 compares each attribute of a tag with all others, and has a table of names that does not grow.

    @Test(.timeLimit(.minutes(30))) func `a tag with very many attributes is refused in no time`() {
        #expect(fault(document("<a", megabytes: 2, { " a\($0)=''" }, "/>")) == .tagTooLong(limit: 64 << 10))
        #expect(fault(document("<a", megabytes: 2, { " xmlns:a\($0)='u'" }, "/>")) == .tagTooLong(limit: 64 << 10))
        let many = "<a\((0...256).map { " a\($0)=''" }.joined())/>"
        #expect(fault(document("<r>", megabytes: 1, { _ in many }, "</r>")) == .tooManyAttributes(limit: 256))
        let some = "<a\((0..<256).map { " a\($0)=''" }.joined())/>"
        #expect(fault(document("<r>", megabytes: 1, { _ in some }, "</r>")) == nil)
    }

    @Test func `namespaces around an element count as its own`() {
        let names = (0..<200).map { " xmlns:a\($0)='u'" }.joined()
        #expect(fault("<r\(names)><a\(names)/></r>".octets) == .tooManyAttributes(limit: 256))
        #expect(fault("<r\(names)><a/></r>".octets) == nil)
    }

    @Test(.timeLimit(.minutes(30)), arguments: ["<a#/>", "<?a#?>", "<a xmlns='#'/>", "<a b#=''/>"])
    func `very many names are refused in no time`(unit: String) {
        let hostile = document("<r>", megabytes: 2, { unit.replacing("#", with: "\($0)") }, "</r>")
        #expect(fault(hostile) == .tooManyNames(limit: 100_000))
    }

    /// Libxml2 went on to the end of the document, where neither depth nor number of elements counted any more.
    @Test(.timeLimit(.minutes(30)), arguments: ["<a#>", "<r ", "&", "&x#;", "</b>", "<r b='"])
    func `a fault ends the reading`(unit: String) {
        let hostile = document("<r>\n<a b>", megabytes: 2) { "\n\(unit.replacing("#", with: "\($0)"))" }
        #expect(fault(hostile) == .malformed(line: 2))
    }

    /// Libxml2 keeps the entities of such a document type in a document of its own, which was never given back.
    @Test func `a document type that breaks off costs no memory`() throws {
        let document = "<!DOCTYPE".octets + [0xFF] + "[<!ENTITY x 'y'".octets
        let before = try residentPages()
        for _ in 0..<15_000 where fault(document) == nil { Issue.record("it was read") }
        // It was 190 megabytes more; what other tests need in the meantime is far less than half of that.
        #expect(try residentPages() - before < 100 << 20 / 4_096)
    }

    private func residentPages() throws -> Int {
        let statistics = try #require(FileManager.default.contents(atPath: "/proc/self/statm"))
        return try #require(statistics.split(separator: 0x20).dropFirst().first.flatMap { Int(Array($0).text) })
    }

    @Test(arguments: [
        ("<r><!--", "x", "--></r>"), ("<r><![CDATA[", "x", "]]></r>"), ("<r><?p ", "x", "?></r>"), ("<r>", "x", "</r>"),
        ("<r>", " ", "</r>"), ("", " ", "<r/>"), ("<r/>", "\n", ""), ("<r>", "é", "</r>"), ("<r>", "\r\n", "</r>"),
    ]) func `what is long and no tag is read`(head: String, unit: String, tail: String) {
        #expect(fault(document(head, megabytes: 1, { _ in unit }, tail)) == nil)
    }

    // MARK: rewriting

    private func rewrite(_ document: String, _ edit: (inout XMLRewriter, XMLElement) throws -> Void) throws -> String {
        let root = try XMLReader.read(document.octets)
        var rewriter = XMLRewriter(document.octets)
        try edit(&rewriter, root)
        return rewriter.finished().text
    }

    /// It depended on how the server wrote an empty element whether that was a trap.
    @Test(arguments: ["<r><a b='1'/></r>", "<r><a b='1'></a></r>", "<r><a b='1'>old</a></r>"])
    func `an element gets another text and two additions`(document: String) throws {
        for order in [[0, 1, 2], [1, 0, 2], [1, 2, 0]] {
            let result = try rewrite(document) { rewriter, root in
                let element = try #require(root.child("a"))
                for step in order {
                    switch step {
                    case 0: rewriter.replaceText(of: element, with: "new")
                    case 1: rewriter.append(to: element) { $0.empty("c") }
                    default: rewriter.append(to: element) { $0.empty("d") }
                    }
                }
            }
            #expect(result == "<r><a b='1'>new<c/><d/></a></r>")
        }
    }

    @Test(arguments: [
        ("<r>]]<a/>></r>", "<r>]]&gt;</r>"), ("<r>]]<a/><a/>>x</r>", "<r>]]&gt;x</r>"), ("<r>]<a/>></r>", "<r>]></r>"),
        ("<r>]<a/>]></r>", "<r>]]&gt;</r>"), ("<r>]<a/>]<a/>></r>", "<r>]]&gt;</r>"),
        ("<r><![CDATA[]]><a/>></r>", "<r><![CDATA[]]>></r>"),
    ]) func `what is left around a removed element ends no section`(document: String, expected: String) throws {
        let result = try rewrite(document) { rewriter, root in
            for element in root.children(named: "a") { rewriter.remove(element) }
        }
        #expect(result == expected)
        #expect(throws: Never.self) { try XMLReader.read(result.octets) }
    }

    @Test(arguments: ["]]>\u{301}<x/>", "a\rb\r\n", "]]>]]>", "]]", "\u{301}", "]\u{301}]>"])
    func `a section says what was written into it`(text: String) throws {
        var writer = XMLWriter()
        writer.characterData("a", text)
        let root = try XMLReader.read(writer.octets)
        #expect(root.text.octets == text.octets)
        #expect(root.children == [])
    }
}
