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
        let outcome = octets.withUnsafeBufferPointer { buffer in parse(buffer, into: builder) }
        if let fault = builder.fault { throw fault }
        guard case .read = outcome, let root = builder.root else {
            if case .malformed(let line) = outcome { throw .malformed(line: line) }
            throw .malformed(line: 1)
        }
        return root
    }

    private enum Outcome { case read, malformed(line: Int) }

    private static func parse(_ buffer: UnsafeBufferPointer<UInt8>, into builder: TreeBuilder)
        -> Outcome
    {
        var handler = xmlSAXHandler()
        handler.initialized = UInt32(XML_SAX2_MAGIC)
        handler.startElementNs = {
            TreeBuilder.of($0)?.open($0, name: $1, prefix: $2, count: $6, attributes: $8)
        }
        handler.endElementNs = { context, _, _, _ in TreeBuilder.of(context)?.close(context) }
        handler.characters = { TreeBuilder.of($0)?.characters($1, $2) }
        handler.ignorableWhitespace = { TreeBuilder.of($0)?.characters($1, $2) }
        handler.cdataBlock = { TreeBuilder.of($0)?.characters($1, $2) }
        handler.internalSubset = { context, _, _, _ in
            TreeBuilder.of(context)?.stop(context, .documentType)
        }
        // Faults are told by the return value; nothing is printed.
        handler.serror = { _, _ in }

        guard
            let context = buffer.withMemoryRebound(
                to: CChar.self, { xmlCreateMemoryParserCtxt($0.baseAddress, Int32($0.count)) })
        else { return .malformed(line: 1) }
        return withUnsafeMutablePointer(to: &handler) { handlerPointer in
            let own = context.pointee.sax
            context.pointee.sax = handlerPointer
            context.pointee._private = Unmanaged.passUnretained(builder).toOpaque()
            // HUGE lifts libxml2's own caps; size, depth and count are capped here instead, and without a document type
            // there is nothing that could expand.
            let options =
                XML_PARSE_NONET.rawValue | XML_PARSE_NOCDATA.rawValue | XML_PARSE_IGNORE_ENC.rawValue
                | XML_PARSE_HUGE.rawValue
            _ = xmlCtxtUseOptions(context, Int32(bitPattern: options))
            let code = xmlParseDocument(context)
            let line = Int(context.pointee.input?.pointee.line ?? 1)
            let wellFormed = code == 0 && context.pointee.wellFormed == 1
            context.pointee.sax = own
            xmlFreeParserCtxt(context)
            return wellFormed ? .read : .malformed(line: line)
        }
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

    func open(
        _ context: UnsafeMutableRawPointer?, name: UnsafePointer<xmlChar>?,
        prefix: UnsafePointer<xmlChar>?, count attributes: Int32,
        attributes values: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        guard let parser = context?.assumingMemoryBound(to: xmlParserCtxt.self), let name else {
            return
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
        String(decoding: octets, as: UTF8.self).split(separator: "&#38;", omittingEmptySubsequences: false)
            .joined(separator: "&")
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
        guard skippedDepth == 0, let text, !texts.isEmpty else { return }
        texts[texts.count - 1] += UnsafeBufferPointer(start: text, count: Int(length))
    }

    func close(_ context: UnsafeMutableRawPointer?) {
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
