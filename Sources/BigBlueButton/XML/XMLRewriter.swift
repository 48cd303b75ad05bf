/// Changes some elements of a document and passes every other octet through untouched.
///
/// Edits are collected against the document as it was read and applied together; two edits may not overlap. One element
/// may get another text and additions at its end, whether its server wrote it as `<name></name>` or as `<name/>`.
public struct XMLRewriter: Sendable {
    private struct Edit {
        var range: Range<Int>
        var with: [UInt8]
        /// Of two edits of one place: additions come last.
        var isAddition = false
    }

    private let document: [UInt8]
    private var edits: [Edit] = []
    /// What comes into elements that close themselves, by where they end.
    private var opened: [Int: (name: String, text: [UInt8], additions: [UInt8])] = [:]

    public init(_ document: [UInt8]) { self.document = document }

    /// Gives an element another text; what was inside it goes.
    public mutating func replaceText(of element: XMLElement, with text: String) {
        var content: [UInt8] = []
        XMLWriter.escape(text, into: &content)
        if element.isSelfClosing {
            opened[element.range.upperBound, default: (element.name, [], [])].text += content
        } else {
            edits.append(Edit(range: element.contentRange, with: content))
        }
    }

    /// Takes an element away.
    public mutating func remove(_ element: XMLElement) { edits.append(Edit(range: element.range, with: [])) }

    /// Adds what `content` writes at the end of an element.
    public mutating func append(to element: XMLElement, content: (inout XMLWriter) -> Void) {
        var writer = XMLWriter()
        content(&writer)
        if element.isSelfClosing {
            opened[element.range.upperBound, default: (element.name, [], [])].additions += writer.octets
        } else {
            let end = element.contentRange.upperBound
            edits.append(Edit(range: end..<end, with: writer.octets, isAddition: true))
        }
    }

    /// The document with all edits.
    public func finished() -> [UInt8] {
        var edits = edits
        for (end, (name, text, additions)) in opened {
            // Of `<name a="b"/>` the end becomes `>content</name>`.
            let content = Array(">".utf8) + text + additions + Array("</\(name)>".utf8)
            edits.append(Edit(range: (end - "/>".utf8.count)..<end, with: content))
        }
        let inOrder = edits.enumerated().sorted {
            ($0.element.range.lowerBound, $0.element.isAddition ? 1 : 0, $0.offset)
                < ($1.element.range.lowerBound, $1.element.isAddition ? 1 : 0, $1.offset)
        }
        var result: [UInt8] = []
        var at = 0
        for (_, edit) in inOrder {
            precondition(edit.range.lowerBound >= at, "two edits of one place")
            pass(document[at..<edit.range.lowerBound], to: &result)
            result += edit.with
            at = edit.range.upperBound
        }
        pass(document[at...], to: &result)
        return result
    }

    /// Where an element in the middle of `]]>` was taken away, the three would end a section that nobody began.
    private func pass(_ octets: ArraySlice<UInt8>, to result: inout [UInt8]) {
        var rest = octets
        for (before, after) in [("]]", ">"), ("]", "]>")]
        where rest.starts(with: after.utf8) && result.suffix(before.utf8.count).elementsEqual(before.utf8) {
            result += after.utf8.dropLast()
            result += "&gt;".utf8
            rest = rest.dropFirst(after.utf8.count)
        }
        result += rest
    }
}
