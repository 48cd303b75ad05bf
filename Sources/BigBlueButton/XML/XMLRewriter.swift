/// Changes some elements of a document and passes every other octet through untouched.
///
/// Edits are collected against the document as it was read and applied together; two edits may not overlap.
public struct XMLRewriter: Sendable {
    private let document: [UInt8]
    private var edits: [(range: Range<Int>, with: [UInt8])] = []

    public init(_ document: [UInt8]) { self.document = document }

    /// Gives an element another text; what was inside it goes.
    public mutating func replaceText(of element: XMLElement, with text: String) {
        var content: [UInt8] = []
        XMLWriter.escape(text, into: &content)
        if element.isSelfClosing {
            edits.append(opened(element, with: content))
        } else {
            edits.append((element.contentRange, content))
        }
    }

    /// Takes an element away.
    public mutating func remove(_ element: XMLElement) { edits.append((element.range, [])) }

    /// Adds what `content` writes at the end of an element.
    public mutating func append(to element: XMLElement, content: (inout XMLWriter) -> Void) {
        var writer = XMLWriter()
        content(&writer)
        if element.isSelfClosing {
            edits.append(opened(element, with: writer.octets))
        } else {
            edits.append(
                (element.contentRange.upperBound..<element.contentRange.upperBound, writer.octets))
        }
    }

    /// `<name a="b"/>` as `<name a="b">content</name>`.
    private func opened(_ element: XMLElement, with content: [UInt8]) -> (range: Range<Int>, with: [UInt8]) {
        var octets = Array(document[element.range].dropLast("/>".utf8.count))
        octets += ">".utf8
        octets += content
        octets += "</\(element.name)>".utf8
        return (element.range, octets)
    }

    /// The document with all edits.
    public func finished() -> [UInt8] {
        guard !edits.isEmpty else { return document }
        var result: [UInt8] = []
        var at = 0
        for (range, with) in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            precondition(range.lowerBound >= at, "two edits of one place")
            result += document[at..<range.lowerBound]
            result += with
            at = range.upperBound
        }
        return result + document[at...]
    }
}
