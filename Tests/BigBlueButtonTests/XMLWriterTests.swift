import Testing

@testable import BigBlueButton

struct XMLWriterTests {
    @Test(arguments: [
        ("", ""), ("abc", "abc"), ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&apos;"),
        ("&amp;", "&amp;amp;"),
        ("]]>", "]]&gt;"), ("\r", "&#13;"), ("\r\n", "&#13;\n"), ("\t\n", "\t\n"), ("é😀\u{A0}", "é😀\u{A0}"),
        ("e\u{301}", "e\u{301}"),
        ("<\u{301}", "&lt;\u{301}"), ("a\u{0}\u{1}\u{8}\u{B}\u{C}\u{E}\u{1F}b\u{FFFE}\u{FFFF}c", "abc"),
        ("\u{7F}\u{85}", "\u{7F}\u{85}"),
        (" a ", " a "),
    ]) func `texts are escaped`(text: String, expected: String) {
        var writer = XMLWriter()
        writer.element("e", text)
        #expect(writer.octets == "<e>\(expected)</e>".octets)
    }

    @Test func `elements of every kind are written without padding`() {
        var writer = XMLWriter()
        writer.element("r") {
            $0.element("n", 1_000_000)
            $0.element("m", Int64.min)
            $0.element("t", true)
            $0.element("f", false)
            $0.element("e", "")
            $0.element("c") { _ in }
            $0.empty("s")
            $0.raw("<x>&amp;</x>".utf8)
        }
        #expect(
            writer.text
                == "<r><n>1000000</n><m>-9223372036854775808</m><t>true</t><f>false</f><e></e><c></c><s/><x>&amp;</x></r>"
        )
    }

    @Test func `a failure is written byte for byte like this`() {
        let expected =
            "<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey>"
            + "<message>You did not pass the checksum security check.</message></response>"
        #expect(Refusal.checksum.xml == expected.octets)
    }

    @Test func `a failure with anything in it is written well-formed`() throws {
        let refusal = Refusal("a<b>&", "x\u{0}</message>\r\n\"é\"")
        #expect(
            refusal.xml.text
                == "<response><returncode>FAILED</returncode><messageKey>a&lt;b&gt;&amp;</messageKey>"
                + "<message>x&lt;/message&gt;&#13;\n&quot;é&quot;</message></response>")
        let reply = try Reply(refusal.xml)
        #expect(reply.messageKey == "a<b>&")
        #expect(reply.message.octets == "x</message>\r\n\"é\"".octets)
    }

    @Test func `a response is written with its return code`() {
        #expect(XMLWriter.response(.success).text == "<response><returncode>SUCCESS</returncode></response>")
        #expect(
            XMLWriter.response(.success) { $0.element("running", false) }.text
                == "<response><returncode>SUCCESS</returncode><running>false</running></response>")
    }

    @Test(arguments: UInt64(0)..<200) func `what is written is read again`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let texts = (0..<5).map { _ in String.random(upTo: 40, using: &generator) }
        let document = XMLWriter.response(.success) { writer in
            for text in texts { writer.element("t", text) }
        }
        let read = try XMLReader.read(document).children(named: "t")
        #expect(read.map(\.text.octets) == texts.map(\.fitForXML.octets))
    }
}
