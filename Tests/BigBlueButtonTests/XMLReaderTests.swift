import Testing

@testable import BigBlueButton

struct XMLReaderTests {
    private func fault(_ document: [UInt8], skipping: Set<String> = [], limits: XMLLimits = XMLLimits()) -> XMLFault? {
        do throws(XMLFault) {
            _ = try XMLReader.read(document, skipping: skipping, limits: limits)
            return nil
        } catch { return error }
    }

    private func isMalformed(_ document: [UInt8]) -> Bool {
        if case .malformed = fault(document) { true } else { false }
    }

    // MARK: what it says

    @Test func `elements are read with attributes, text and children`() throws {
        let root = try XMLReader.read("<a x='1' y=\"two\"><b>one</b><c/>t<b>two</b></a>".octets)
        #expect(root.name == "a")
        #expect(root.attributes == [XMLAttribute(name: "x", value: "1"), XMLAttribute(name: "y", value: "two")])
        #expect(root.attribute("y") == "two")
        #expect(root.attribute("z") == nil)
        #expect(root.text == "t")
        #expect(root.children.map(\.name) == ["b", "c", "b"])
        #expect(root.child("b")?.text == "one")
        #expect(root.text(of: "c") == "")
        #expect(root.text(of: "d") == nil)
        #expect(root.children(named: "b").map(\.text) == ["one", "two"])
    }

    @Test(arguments: [
        ("<a>&lt;&gt;&amp;&quot;&apos;</a>", "<>&\"'"), ("<a>&amp;lt;</a>", "&lt;"),
        ("<a>&#65;&#x42;&#x1F600;&#xe9;</a>", "AB😀é"),
        ("<a><![CDATA[<b>&amp;</b>]]></a>", "<b>&amp;</b>"), ("<a>x<![CDATA[]]>y<![CDATA[z]]></a>", "xyz"),
        ("<a>x<b>no</b>y</a>", "xy"),
        ("<a>x<!-- no -->y<?no no?>z</a>", "xyz"), ("<a> \n </a>", " \n "), ("<a>x\r\ny\rz</a>", "x\ny\nz"),
        ("<a>x&#13;&#10;y</a>", "x\r\ny"),
        ("<a/>", ""), ("<a></a>", ""), ("<a>\u{FEFF}é</a>", "\u{FEFF}é"), ("<a>]]&gt;</a>", "]]>"),
        ("<!-- x --><?pi?>\n<a>x</a>\n<!-- y --><?pi?>\n", "x"),
        ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>é</a>", "é"),
    ]) func `text is what the element says`(document: String, expected: String) throws {
        #expect(try XMLReader.read(document.octets).text.octets == expected.octets)
    }

    @Test func `attributes are resolved`() throws {
        let root = try XMLReader.read("<a x='&lt;&amp;&#233;&quot;>' y='' z=\"it's\"/>".octets)
        #expect(root.attributes.map(\.value) == ["<&é\">", "", "it's"])
    }

    @Test func `a prefix is part of the name`() throws {
        let root = try XMLReader.read("<p:a xmlns:p='urn:x'><p:b>1</p:b><b>2</b></p:a>".octets)
        #expect(root.name == "p:a")
        #expect(root.text(of: "p:b") == "1")
        #expect(root.text(of: "b") == "2")
    }

    @Test(arguments: ["ISO-8859-1", "UTF-16", "EBCDIC-CP-US", "no-such-encoding"])
    func `a declared other encoding is ignored`(encoding: String) throws {
        let document = "<?xml version='1.0' encoding='\(encoding)'?><a>é😀</a>".octets
        let root = try XMLReader.read(document)
        #expect(root.text == "é😀")
        #expect(document.text(in: root.range) == "<a>é😀</a>")
    }

    @Test func `a byte order mark counts in the ranges`() throws {
        let document = [0xEF, 0xBB, 0xBF] + "<a>é</a>".octets
        let root = try XMLReader.read(document)
        #expect(root.text == "é")
        #expect(root.range == 3..<12)
        #expect(root.contentRange == 6..<8)
    }

    // MARK: where it stands

    @Test func `ranges are the octets of the source`() throws {
        let document = "<?xml version='1.0'?><!-- é --><r>ü😀<a  x='1>2' y=\"a/>b\" >é<b />\n</a><c></c ><d\n/></r>\n"
            .octets
        let root = try XMLReader.read(document)
        let elements = root.flattened().map(\.element)
        #expect(elements.map(\.name) == ["r", "a", "b", "c", "d"])
        #expect(
            elements.map { document.text(in: $0.range) } == [
                "<r>ü😀<a  x='1>2' y=\"a/>b\" >é<b />\n</a><c></c ><d\n/></r>", "<a  x='1>2' y=\"a/>b\" >é<b />\n</a>",
                "<b />", "<c></c >",
                "<d\n/>",
            ])
        #expect(
            elements.map { document.text(in: $0.contentRange) } == [
                "ü😀<a  x='1>2' y=\"a/>b\" >é<b />\n</a><c></c ><d\n/>", "é<b />\n", "", "", "",
            ])
        #expect(elements.map(\.isSelfClosing) == [false, false, true, false, true])
        #expect(elements[2].contentRange == elements[2].range.upperBound..<elements[2].range.upperBound)
        #expect(root.rangeFaults(in: document) == [])
    }

    @Test func `comments, instructions and sections between elements do not move ranges`() throws {
        let document = "<r><!-- <x> é --><a>1</a><?pi <a>2</a>?><![CDATA[<a>3</a>]]><a>4</a><!----></r>".octets
        let root = try XMLReader.read(document)
        #expect(root.children.map { document.text(in: $0.range) } == ["<a>1</a>", "<a>4</a>"])
        #expect(root.children.map { document.text(in: $0.contentRange) } == ["1", "4"])
    }

    @Test(arguments: Golden.all) func `ranges of every golden are right`(golden: String) throws {
        let document = golden.octets
        let root = try XMLReader.read(document)
        #expect(document.text(in: root.range) == golden)
        #expect(root.rangeFaults(in: document) == [])
    }

    @Test func `ranges are right far into a big document`() throws {
        let long = String(repeating: "é>", count: 400)
        let entries = (0..<2_000).map { index in
            index.isMultiple(of: 3)
                ? "<m  n='\(index)' long=\"\(long)\"/>"
                : "<m n='\(index)'><name>Größe 😀 \(index)</name><!-- \(index) --><e/>\(index)</m>"
        }
        let document = "<r>\n\(entries.joined(separator: "\n "))\n</r>".octets
        #expect(document.count > 500_000)
        let root = try XMLReader.read(document)
        #expect(root.range == 0..<document.count)
        #expect(root.children.count == 2_000)
        let differing = zip(root.children, entries).filter { document.text(in: $0.range) != $1 }.map(\.1)
        #expect(differing == [])
        #expect(root.rangeFaults(in: document) == [])
        #expect(root.children.map { $0.attribute("n") ?? "" } == (0..<2_000).map(String.init))
        #expect(root.children[1_999].text(of: "name") == "Größe 😀 1999")
    }

    @Test func `a text of a megabyte is read whole`() throws {
        let text = String(repeating: "Grüße &amp; ", count: 100_000)
        let root = try XMLReader.read("<r><a>\(text)</a><b>x</b></r>".octets)
        #expect(root.text(of: "a")?.octets == text.replacing("&amp;", with: "&").octets)
        #expect(root.text(of: "b") == "x")
    }

    // MARK: what nobody looks into

    @Test func `skipping keeps ranges and drops what is inside`() throws {
        let document = Golden.meetings.octets
        let whole = try XMLReader.read(document)
        let read = try XMLReader.read(document, skipping: ["attendees", "metadata", "breakoutRooms"])
        let meetings = try #require(read.child("meetings")).children(named: "meeting")
        #expect(meetings.map { document.text(in: $0.range) } == [Golden.meeting1, Golden.meeting2])
        for (meeting, full) in zip(meetings, whole.child("meetings")?.children ?? []) {
            #expect(meeting.children.map(\.name) == full.children.map(\.name))
            #expect(meeting.children.map(\.range) == full.children.map(\.range))
            #expect(meeting.children.map(\.contentRange) == full.children.map(\.contentRange))
            for name in ["attendees", "metadata", "breakoutRooms"] {
                #expect(meeting.child(name)?.children ?? [] == [])
                #expect(meeting.text(of: name) ?? "" == "")
            }
            #expect(meeting.text(of: "meetingName") == full.text(of: "meetingName"))
        }
        #expect(read.rangeFaults(in: document) == [])
        #expect(whole.child("meetings")?.children.first?.child("attendees")?.children.count == 1)
    }

    @Test func `an element inside one of its name is skipped with it`() throws {
        let document = "<r><s>1<s>2<s/></s><t>3</t>4</s><t>5</t><s/><t>6</t></r>".octets
        let root = try XMLReader.read(document, skipping: ["s"])
        #expect(root.children.map(\.name) == ["s", "t", "s", "t"])
        #expect(root.children.map(\.text) == ["", "5", "", "6"])
        #expect(document.text(in: root.children[0].range) == "<s>1<s>2<s/></s><t>3</t>4</s>")
        #expect(document.text(in: root.children[0].contentRange) == "1<s>2<s/></s><t>3</t>4")
        #expect(root.children[0].children == [])
    }

    @Test func `the root is never skipped`() throws {
        #expect(try XMLReader.read("<s><a>1</a></s>".octets, skipping: ["s"]).text(of: "a") == "1")
    }

    @Test func `what is skipped must be well-formed as well`() {
        #expect(fault("<r><s><a></s></r>".octets, skipping: ["s"]) != nil)
        #expect(fault("<r><s>&nope;</s></r>".octets, skipping: ["s"]) != nil)
    }

    // MARK: what is refused

    @Test(arguments: [
        "<!DOCTYPE a><a/>",
        "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        """
        <!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
        <!ENTITY lol2 "&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;">
        <!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]><lolz>&lol3;</lolz>
        """,
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
        "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><a/>",
        "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/a.dtd'>%p;]><a/>",
        "<!DOCTYPE html><html><head/></html>",
    ]) func `a document type is refused`(document: String) {
        #expect(fault(document.octets) == .documentType)
    }

    @Test(arguments: [
        "<a>&nbsp;</a>", "<a>&auml;</a>", "<a b='&x;'/>", "<a>&#0;</a>", "<a>&#x1F;</a>", "<a>&#xD800;</a>",
        "<a>&#x110000;</a>", "<a>& </a>",
        "<a>&lt</a>", "<a>&#65</a>",
    ]) func `unknown entities and impossible characters are refused`(document: String) {
        #expect(isMalformed(document.octets))
    }

    @Test(arguments: [
        " ", "x", "{}", "<", "<a", "<a>", "</a>", "<a><b></a></b>", "<a/><b/>", "<a/>x", "x<a/>", "<a b/>", "<a b=1/>",
        "<a b='1' b='2'/>", "<a b='<'/>",
        "<1a/>", "<a>]]></a>", "<a><!-- -- --></a>", "<a", "<a>\u{1}</a>", "<a>\u{FFFF}</a>",
        " <?xml version='1.0'?><a/>", "<a></A>", "< a/>", "<!-- -->",
    ]) func `what is not well-formed is refused`(document: String) {
        #expect(isMalformed(document.octets))
    }

    @Test(
        arguments: [
            [0xFF], [0xC3], [0xC0, 0xBC], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xE2, 0x82],
        ] as [[UInt8]]) func `what is not UTF-8 is refused wherever it stands`(octets: [UInt8])
    {
        for (before, after) in [
            ("<a>", "</a>"), ("<a>x", "y</a>"), ("<a b='", "'/>"), ("<a><![CDATA[", "]]></a>"),
            ("<a><!-- ", " --></a>"), ("<a", "/>"),
        ] {
            #expect(isMalformed(before.octets + octets + after.octets), "\(before)\(octets)\(after)")
        }
    }

    @Test func `no octets are refused`() {
        #expect(fault([]) == .malformed(line: 1))
    }

    @Test func `a NUL is refused wherever it stands`() {
        for document in [
            "\u{0}", "\u{0}<a/>", "<a>\u{0}</a>", "<a>x\u{0}y</a>", "<a\u{0}/>", "<a b='\u{0}'/>",
            "<a><!-- \u{0} --></a>",
        ] {
            #expect(isMalformed(document.octets), "\(document.debugDescription)")
        }
    }

    @Test(arguments: ["<a/>\u{0}", "<a/>\u{0}<b/>", "<a></a>\n\u{0}\u{0}<html>"])
    func `nothing hides behind a NUL after the root`(document: String) {
        #expect(isMalformed(document.octets))
    }

    @Test(
        arguments: [
            [0xFF, 0xFE] + "<a>x</a>".octets.flatMap { [$0, 0] },
            [0xFE, 0xFF] + "<a>x</a>".octets.flatMap { [0, $0] },
            "<a>x</a>".octets.flatMap { [$0, 0] },
        ] as [[UInt8]]) func `a document in UTF-16 is refused`(document: [UInt8])
    {
        #expect(isMalformed(document))
    }

    @Test(arguments: Golden.all) func `a cut document is never read`(golden: String) {
        let document = golden.octets
        let read = (0..<document.count).filter { length in
            let cut = Array(document.prefix(length))
            return fault(cut) == nil || fault(cut, skipping: MeetingsReply.details) == nil
        }
        #expect(read == [])
        #expect(fault(document) == nil)
    }

    // MARK: what it may cost

    private func nested(_ depth: Int) -> [UInt8] {
        (String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)).octets
    }

    @Test func `depth is capped`() {
        #expect(fault(nested(64)) == nil)
        #expect(fault(nested(65)) == .tooDeep(limit: 64))
        #expect(fault(nested(100_000)) == .tooDeep(limit: 64))
        #expect(fault(nested(3), limits: XMLLimits(depth: 3)) == nil)
        #expect(fault(nested(4), limits: XMLLimits(depth: 3)) == .tooDeep(limit: 3))
    }

    @Test func `depth is capped inside of what is skipped`() {
        let deep = "<r><s>".octets + nested(100) + "</s></r>".octets
        #expect(fault(deep, skipping: ["s"]) == .tooDeep(limit: 64))
    }

    @Test func `skipping does not change what is too deep`() {
        let document = "<r><s><a/></s></r>".octets
        #expect(fault(document, limits: XMLLimits(depth: 3)) == nil)
        #expect(fault(document, skipping: ["s"], limits: XMLLimits(depth: 3)) == nil)
        #expect(fault(document, skipping: ["s"], limits: XMLLimits(depth: 2)) == .tooDeep(limit: 2))
    }

    @Test func `size is capped`() {
        #expect(fault("<a>xyz</a>".octets, limits: XMLLimits(size: 10)) == nil)
        #expect(fault("<a>xyz</a>".octets, limits: XMLLimits(size: 9)) == .tooLarge(limit: 9))
    }

    @Test func `elements are capped, skipped or not`() {
        let document = "<r><s><a/><a/></s><a/></r>".octets
        #expect(fault(document, limits: XMLLimits(elements: 5)) == nil)
        #expect(fault(document, limits: XMLLimits(elements: 4)) == .tooManyElements(limit: 4))
        #expect(fault(document, skipping: ["s"], limits: XMLLimits(elements: 5)) == nil)
        #expect(fault(document, skipping: ["s"], limits: XMLLimits(elements: 4)) == .tooManyElements(limit: 4))
    }

    @Test func `documents are read on many threads at once`() async {
        let document = Golden.meetings.octets
        let names = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    (try? XMLReader.read(document))?.child("meetings")?.child("meeting")?.text(of: "meetingName")
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(names == Array(repeating: "Deutsch für Anf&auml;nger & Co", count: 64))
    }
}
