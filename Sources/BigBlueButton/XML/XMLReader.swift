internal import CLibXML2

/// Reads a document with libxml2's SAX2 interface: no network, no document type, no entities but the five of XML and
/// character references, always UTF-8.
///
/// It builds ``XMLElement`` values only where somebody looks: of an element named in `skipping` only the range is kept,
/// which is what makes a poll of a server with thousands of attendees cheap.
public enum XMLReader {
    /// - Returns: the root element.
    public static func read(
        _ octets: [UInt8], skipping: Set<String> = [], limits: XMLLimits = XMLLimits()
    ) throws(XMLFault) -> XMLElement {
        guard octets.count <= limits.size else { throw .tooLarge(limit: limits.size) }
        // Whatever its first octets would make libxml2 guess, it is read as UTF-8 or not at all; and a NUL ends the
        // document for libxml2, so that anything could follow it unseen.
        let start = octets.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        guard octets.count > start, octets[start] == UInt8(ascii: "<") || octets[start].isBlank, !octets.contains(0)
        else {
            throw .malformed(line: 1)
        }
        _ = libxml2IsReady
        let builder = TreeBuilder(skipping: skipping, limits: limits)
        let isWellFormed = octets.withUnsafeBytes { parse($0, into: builder) }
        if let fault = builder.fault { throw fault }
        guard isWellFormed, let root = builder.root else { throw .malformed(line: 1) }
        return root
    }

    private static func parse(_ document: UnsafeRawBufferPointer, into builder: TreeBuilder) -> Bool {
        var handler = xmlSAXHandler()
        handler.initialized = UInt32(XML_SAX2_MAGIC)
        handler.startElementNs = {
            TreeBuilder.of($0)?.open($0, name: $1, prefix: $2, namespaces: $4, count: $6, attributes: $8)
        }
        handler.endElementNs = { context, _, _, _ in TreeBuilder.of(context)?.close(context) }
        handler.characters = { TreeBuilder.of($0)?.characters($1, $2) }
        handler.ignorableWhitespace = { TreeBuilder.of($0)?.characters($1, $2) }
        handler.cdataBlock = { TreeBuilder.of($0)?.characters($1, $2) }
        handler.internalSubset = { context, _, _, _ in
            TreeBuilder.of(context)?.stop(context, .documentType)
        }
        handler.comment = { context, _ in TreeBuilder.of(context)?.told() }
        handler.processingInstruction = { context, _, _ in TreeBuilder.of(context)?.told() }
        handler.serror = { TreeBuilder.of($0)?.failed($1) }

        // libxml2 asks for the document bit by bit, as it does for a file: after the first fault it would go on to the end,
        // without telling what it meets there, and some megabytes of tags keep it busy for minutes.
        builder.rest = document
        defer { builder.rest = UnsafeRawBufferPointer(start: nil, count: 0) }
        let source = Unmanaged.passUnretained(builder).toOpaque()
        let read: xmlInputReadCallback = { source, target, count in
            guard let source, let target else { return 0 }
            return Unmanaged<TreeBuilder>.fromOpaque(source).takeUnretainedValue().give(target, upTo: count)
        }
        guard let context = xmlCreateIOParserCtxt(&handler, nil, read, nil, source, XML_CHAR_ENCODING_NONE) else {
            return false
        }
        defer {
            // Entities of a document type that begins with a fault are kept in a document that nobody asked for.
            xmlFreeDoc(context.pointee.myDoc)
            xmlFreeParserCtxt(context)
        }
        context.pointee._private = source
        builder.parser = context
        defer { builder.parser = nil }
        // HUGE lifts libxml2's own caps; what it may cost is capped here instead, and without a document type there is
        // nothing that could expand.
        let options =
            XML_PARSE_NONET.rawValue | XML_PARSE_NOCDATA.rawValue | XML_PARSE_IGNORE_ENC.rawValue
            | XML_PARSE_HUGE.rawValue
        _ = xmlCtxtUseOptions(context, Int32(bitPattern: options))
        return xmlParseDocument(context) == 0 && context.pointee.wellFormed == 1
    }

    /// libxml2 wants its globals set up once, before threads use it.
    private static let libxml2IsReady: Bool = {
        xmlInitParser()
        return true
    }()
}

/// Collects elements while libxml2 reports them. Lives for one call of the reader, on one thread.
private final class TreeBuilder {
    private let skipping: Set<String>
    private let limits: XMLLimits
    private var open: [XMLElement] = []
    private var texts: [[UInt8]] = []
    /// How many elements deep inside a skipped one.
    private var skippedDepth = 0
    private var count = 0
    /// What libxml2 was not yet given of the document, and how much it was.
    var rest = UnsafeRawBufferPointer(start: nil, count: 0)
    private var given = 0
    /// How much it was given when it last told of something.
    private var givenWhenTold = 0
    var parser: xmlParserCtxtPtr?
    private(set) var root: XMLElement?
    private(set) var fault: XMLFault?

    init(skipping: Set<String>, limits: XMLLimits) {
        self.skipping = skipping
        self.limits = limits
    }

    static func of(_ context: UnsafeMutableRawPointer?) -> TreeBuilder? {
        guard let parser = context?.assumingMemoryBound(to: xmlParserCtxt.self),
            let own = parser.pointee._private
        else { return nil }
        return Unmanaged<TreeBuilder>.fromOpaque(own).takeUnretainedValue()
    }

    func stop(_ context: UnsafeMutableRawPointer?, _ fault: XMLFault) {
        self.fault = self.fault ?? fault
        xmlStopParser(context?.assumingMemoryBound(to: xmlParserCtxt.self))
    }

    /// Something is wrong with the form of the document; nothing more is given.
    func failed(_ error: UnsafePointer<xmlError>?) {
        guard let error, error.pointee.level == XML_ERR_FATAL else { return }
        fault = fault ?? .malformed(line: max(1, Int(error.pointee.line)))
    }

    /// The next octets of the document: none after a fault.
    func give(_ target: UnsafeMutablePointer<CChar>, upTo most: Int32) -> Int32 {
        checkCost()
        guard fault == nil else { return 0 }
        let count = min(Int(most), rest.count)
        UnsafeMutableRawBufferPointer(start: target, count: count).copyMemory(from: .init(rebasing: rest[..<count]))
        rest = .init(rebasing: rest[count...])
        given += count
        return Int32(count)
    }

    /// What costs libxml2 more than in proportion to its size: it compares each attribute with all others of its tag before
    /// it tells any, and looks for names in a table that does not grow with their number.
    private func checkCost() {
        guard fault == nil, let parser else { return }
        // A comment or a section may be long: nothing in it is compared with anything.
        let isInTag =
            parser.pointee.instate == XML_PARSER_CONTENT || parser.pointee.instate == XML_PARSER_ATTRIBUTE_VALUE
        if isInTag, given - givenWhenTold > limits.tag {
            fault = .tagTooLong(limit: limits.tag)
        } else if xmlDictSize(parser.pointee.dict) > limits.names {
            fault = .tooManyNames(limit: limits.names)
        }
    }

    /// Libxml2 has got on: it told of something.
    func told() { givenWhenTold = given }

    func open(
        _ context: UnsafeMutableRawPointer?, name: UnsafePointer<xmlChar>?,
        prefix: UnsafePointer<xmlChar>?, namespaces: Int32, count attributes: Int32,
        attributes values: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        guard let parser = context?.assumingMemoryBound(to: xmlParserCtxt.self), let name else {
            return
        }
        told()
        // Both are compared with one another, and namespaces of all elements around it with each prefix.
        if Int(attributes) + Int(namespaces) > limits.attributes || Int(parser.pointee.nsNr) / 2 > limits.attributes {
            return stop(context, .tooManyAttributes(limit: limits.attributes))
        }
        count += 1
        if count > limits.elements { return stop(context, .tooManyElements(limit: limits.elements)) }
        if open.count + max(0, skippedDepth - 1) >= limits.depth {
            return stop(context, .tooDeep(limit: limits.depth))
        }
        if skippedDepth > 0 {
            skippedDepth += 1
            return
        }
        // Called when the attributes are read and `>` or `/>` is next.
        let at = Int(xmlByteConsumed(parser))
        let start = start(of: parser, before: at)
        var read: [XMLAttribute] = []
        for index in 0..<Int(attributes) {
            // Five pointers each: local name, prefix, URI, value, end of the value.
            guard let values, let local = values[index * 5], let from = values[index * 5 + 3],
                let to = values[index * 5 + 4]
            else { continue }
            read.append(
                XMLAttribute(
                    name: String(cString: local),
                    value: Self.attributeValue(UnsafeBufferPointer(start: from, count: to - from))
                ))
        }
        let label =
            prefix.map { "\(String(cString: $0)):\(String(cString: name))" } ?? String(cString: name)
        open.append(
            XMLElement(
                name: label, attributes: read, range: start..<at, contentRange: at..<at, text: "",
                children: []))
        texts.append([])
        if skipping.contains(label), open.count > 1 { skippedDepth = 1 }
    }

    /// As long as it substitutes no entities, which it never shall, libxml2 leaves an ampersand in attributes as `&#38;`.
    private static func attributeValue(_ octets: UnsafeBufferPointer<xmlChar>) -> String {
        let left = Array("&#38;".utf8)
        var value: [UInt8] = []
        value.reserveCapacity(octets.count)
        var at = 0
        while at < octets.count {
            value.append(octets[at])
            let isLeft = octets[at] == UInt8(ascii: "&") && octets[at...].starts(with: left)
            at += isLeft ? left.count : 1
        }
        return String(decoding: value, as: UTF8.self)
    }

    /// `<` cannot stand inside a tag, so the nearest one before is where this tag begins.
    private func start(of parser: UnsafeMutablePointer<xmlParserCtxt>, before at: Int) -> Int {
        guard let input = parser.pointee.input, let base = input.pointee.base,
            var cursor = input.pointee.cur
        else { return at }
        var distance = 0
        while cursor > base, cursor.pointee != UInt8(ascii: "<") || distance == 0 {
            cursor -= 1
            distance += 1
        }
        return at - distance
    }

    func characters(_ text: UnsafePointer<xmlChar>?, _ length: Int32) {
        told()
        guard skippedDepth == 0, let text, !texts.isEmpty else { return }
        texts[texts.count - 1] += UnsafeBufferPointer(start: text, count: Int(length))
    }

    func close(_ context: UnsafeMutableRawPointer?) {
        told()
        guard let parser = context?.assumingMemoryBound(to: xmlParserCtxt.self) else { return }
        if skippedDepth > 1 {
            skippedDepth -= 1
            return
        }
        skippedDepth = 0
        guard var element = open.popLast(), let text = texts.popLast() else { return }
        let end = Int(xmlByteConsumed(parser))
        // At the start the cursor stood before `>` or `/>`; a self-closing tag ends two octets later, another one begins
        // its content one octet later and ends with `</name>`.
        let tagEnd = element.contentRange.lowerBound
        element.range = element.range.lowerBound..<end
        if end == tagEnd + 2 {
            element.contentRange = end..<end
        } else {
            element.contentRange = (tagEnd + 1)..<endOfContent(parser, end: end)
        }
        element.text = String(decoding: text, as: UTF8.self)
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }

    /// The end tag's `<`, looking back from its `>`.
    private func endOfContent(_ parser: UnsafeMutablePointer<xmlParserCtxt>, end: Int) -> Int {
        start(of: parser, before: end)
    }
}
