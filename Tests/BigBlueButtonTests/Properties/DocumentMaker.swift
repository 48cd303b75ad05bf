/// Makes a well-formed document out of any octets: each is a decision. What it makes goes where damaged documents
/// hardly ever get: tags longer than libxml2's buffers, references, sections and odd names in every place.
struct DocumentMaker {
    private var decisions: ArraySlice<UInt8>
    private var octets: [UInt8] = []
    private var elements = 0

    private static let deepest = 12
    private static let most = 150

    static func document(_ decisions: [UInt8]) -> [UInt8] {
        var maker = DocumentMaker(decisions: decisions[...])
        maker.prolog()
        maker.element(depth: 1)
        maker.misc()
        return maker.octets
    }

    private init(decisions: ArraySlice<UInt8>) { self.decisions = decisions }

    /// The first when there are no more decisions, so that every document ends.
    private mutating func choice(of count: Int) -> Int { decisions.popFirst().map { Int($0) % count } ?? 0 }

    private mutating func choice<Value>(_ values: [Value]) -> Value { values[choice(of: values.count)] }

    private mutating func put(_ text: String) { octets += text.utf8 }

    private mutating func prolog() {
        switch choice(of: 6) {
        case 1: octets += [0xEF, 0xBB, 0xBF]
        case 2: put("<?xml version=\"1.0\"?>")
        case 3: put("<?xml version='1.0' encoding='UTF-16' standalone=\"yes\"?>\r\n")
        case 4: put("\u{FEFF}<?xml version='1.0' encoding='ISO-8859-1'?>")
        default: break
        }
        misc()
    }

    private mutating func misc() {
        while true {
            switch choice(of: 4) {
            case 1: put(choice([" ", "\n", "\r\n\t"]))
            case 2: comment()
            case 3: instruction()
            default: return
            }
        }
    }

    private mutating func comment() {
        put(choice(["<!-- -->", "<!---->", "<!--<x y='>'>é]]>-->", "<!-- <a/>\r\n-&x;- -->"]))
    }

    private mutating func instruction() { put(choice(["<?p?>", "<?p x?>", "<?p-1 <a>é</a>'?>", "<?p\n>>\n?>"])) }

    private static let names = [
        "a", "b", "s", "response", "meetings", "meeting", "attendees", "metadata", "meetingID", "createTime", "x.y-z_1",
        "_",
        "é", "p:a", "p:b", "a:b:c", "名", "returncode", String(repeating: "long", count: 40),
    ]

    private mutating func element(depth: Int) {
        elements += 1
        let name = choice(Self.names)
        put("<\(name)")
        attributes()
        put(choice(["", " ", "\n", "\r\n\t "]))
        if depth >= Self.deepest || elements >= Self.most || choice(of: 4) == 1 { return put("/>") }
        put(">")
        while true {
            switch choice(of: 12) {
            case 0: return put("</\(name)\(choice(["", " ", "\n", String(repeating: "\t", count: 700)]))>")
            case 1: comment()
            case 2: instruction()
            case 3:
                put(choice(["<![CDATA[]]>", "<![CDATA[<x>&amp;]]]>", "<![CDATA[é\r\n]] >]]>", "<![CDATA[\u{301}]]>"]))
            case 4, 5: text()
            case 6: put(choice(["&lt;", "&amp;", "&gt;", "&#38;", "&#x1F600;", "&#13;", "&#xe9;", "&quot;&apos;"]))
            default: if elements < Self.most { element(depth: depth + 1) }
            }
        }
    }

    private mutating func text() {
        // `]]>` must not stand in a text.
        let isClosing = octets.suffix(2).elementsEqual("]]".utf8)
        let text = choice([
            "x", " ", "\n", "\r\n", "\r", "é", "\u{301}", "]]", "]", ">", "\u{1F600}\u{200D}", "\u{85}\u{2028}",
            "SUCCESS",
            "1531155809613", "-'\"=/", String(repeating: "text ", count: 120), String(repeating: "ü", count: 301),
        ])
        put(isClosing && text == ">" ? "x" : text)
    }

    private mutating func attributes() {
        var names = ["x", "y", "key", "message", "p:x", "q:x", "xml:lang", "xmlns:p", "xmlns", "é", "a:b:c"]
        while choice(of: 3) != 0 {
            guard !names.isEmpty else { return }
            let name = names.remove(at: choice(of: names.count))
            let quote = choice(["'", "\""])
            put("\(choice([" ", "\n", "  \t"]))\(name)\(choice(["=", " = ", "\r\n="]))\(quote)")
            while choice(of: 3) != 0 {
                put(
                    choice([
                        "x", ">", "/>", "&lt;", "&amp;", "&#38;", "&#x26;", "&#10;", "&#x301;", "\u{301}", "é", "\t",
                        "\r\n",
                        "&amp;#38;", "]]>", quote == "'" ? "\"" : "'", String(repeating: "v", count: 90),
                        String(repeating: "> é", count: 180),
                    ]))
            }
            put(quote)
        }
    }
}
