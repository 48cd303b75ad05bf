import Testing

@testable import BigBlueButton

struct XMLRewriterTests {
    private func rewrite(_ document: String, _ edit: (inout XMLRewriter, XMLElement) throws -> Void) throws -> String {
        let root = try XMLReader.read(document.octets)
        var rewriter = XMLRewriter(document.octets)
        try edit(&rewriter, root)
        return rewriter.finished().text
    }

    @Test(arguments: Golden.all + ["", "no XML at all \u{0}"]) func `without edits nothing changes`(document: String) {
        #expect(XMLRewriter(document.octets).finished() == document.octets)
    }

    @Test(arguments: [
        ("<r><a>old</a></r>", "<r><a>new</a></r>"), ("<r><a></a></r>", "<r><a>new</a></r>"),
        ("<r><a/></r>", "<r><a>new</a></r>"),
        ("<r>é<a ><b>x</b>y</a >ü</r>", "<r>é<a >new</a >ü</r>"),
        ("<r><a x='1>2'>old</a></r>", "<r><a x='1>2'>new</a></r>"),
        ("<r><a><![CDATA[old]]></a></r>\n", "<r><a>new</a></r>\n"),
    ]) func `an element gets another text`(document: String, expected: String) throws {
        let result = try rewrite(document) { $0.replaceText(of: try #require($1.child("a")), with: "new") }
        #expect(result == expected)
    }

    @Test func `a new text is escaped`() throws {
        let result = try rewrite("<r><a>x</a><b/></r>") {
            $0.replaceText(of: try #require($1.child("a")), with: "<&>\"'")
            $0.replaceText(of: try #require($1.child("b")), with: "</b>")
        }
        #expect(result == "<r><a>&lt;&amp;&gt;&quot;&apos;</a><b>&lt;/b&gt;</b></r>")
    }

    @Test func `elements are taken away`() throws {
        let result = try rewrite("<r>1<a>x</a>2<b/>3<c>y</c></r>") {
            $0.remove(try #require($1.child("b")))
            $0.remove(try #require($1.child("a")))
        }
        #expect(result == "<r>123<c>y</c></r>")
    }

    @Test(arguments: [
        ("<r><a>x</a> </r>", "<r><a>x</a> <n>1</n><e/></r>"), ("<r></r>", "<r><n>1</n><e/></r>"),
        ("<r/>", "<r><n>1</n><e/></r>"),
        ("<!-- é --><r>é</r>", "<!-- é --><r>é<n>1</n><e/></r>"),
    ]) func `elements are added at the end`(document: String, expected: String) throws {
        let result = try rewrite(document) {
            $0.append(to: $1) {
                $0.element("n", 1)
                $0.empty("e")
            }
        }
        #expect(result == expected)
    }

    @Test func `a self-closing element keeps its attributes`() throws {
        let document = "<r><a x='1' y=\"2\"/></r>"
        let expected = "<r><a x='1' y=\"2\">new</a></r>"
        #expect(try rewrite(document) { $0.replaceText(of: try #require($1.child("a")), with: "new") } == expected)
        #expect(try rewrite(document) { $0.append(to: try #require($1.child("a"))) { $0.raw("new".utf8) } } == expected)
    }

    @Test func `several edits are made together, in any order`() throws {
        let document = "<r>\n <id>1</id>\n <key/>\n <gone>x</gone>\n <m><n>é</n></m>\n</r>\n"
        let expected = "<r>\n <id>eins</id>\n <key>k</key>\n \n <m><n>é</n><o>2</o></m>\n<last/></r>\n"
        for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1]] {
            let result = try rewrite(document) { rewriter, root in
                for step in order {
                    switch step {
                    case 0: rewriter.replaceText(of: try #require(root.child("id")), with: "eins")
                    case 1: rewriter.replaceText(of: try #require(root.child("key")), with: "k")
                    case 2: rewriter.remove(try #require(root.child("gone")))
                    case 3: rewriter.append(to: try #require(root.child("m"))) { $0.element("o", 2) }
                    default: rewriter.append(to: root) { $0.empty("last") }
                    }
                }
            }
            #expect(result == expected)
        }
    }

    @Test(arguments: UInt64(0)..<200) func `a replaced text is read again and no other octet changes`(seed: UInt64)
        throws
    {
        var generator = SplitMix64(seed: seed)
        let document = try #require(Golden.all.randomElement(using: &generator)).octets
        let root = try XMLReader.read(document)
        let (path, element) = try #require(root.flattened().randomElement(using: &generator))
        let text = String.random(upTo: 40, using: &generator).fitForXML
        // An element that closes itself is replaced whole; a golden's element with attributes does so only in one place.
        guard element.attributes.isEmpty else { return }

        var rewriter = XMLRewriter(document)
        rewriter.replaceText(of: element, with: text)
        let result = rewriter.finished()

        let place = element.isSelfClosing ? element.range : element.contentRange
        #expect(result.prefix(place.lowerBound) == document.prefix(place.lowerBound))
        #expect(result.suffix(document.count - place.upperBound) == document.suffix(document.count - place.upperBound))
        let again = try XMLReader.read(result)
        #expect(again.rangeFaults(in: result) == [])
        let replaced = again.descendant(at: path)
        #expect(replaced.name == element.name)
        #expect(replaced.text.octets == text.octets)
        #expect(replaced.children == [])
    }
}
