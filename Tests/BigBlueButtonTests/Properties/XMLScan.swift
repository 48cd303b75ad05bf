@testable import BigBlueButton

/// What a well-formed document without a document type says, found out in another way than by libxml2: by looking at one
/// octet after the other. Of documents that are not well-formed it knows nothing; it is asked only where the reader
/// accepts.
struct XMLScan {
    private let octets: [UInt8]
    private var at = 0

    static func root(of octets: [UInt8]) throws -> XMLElement {
        var scan = XMLScan(octets: octets)
        if octets.starts(with: [0xEF, 0xBB, 0xBF]) { scan.at = 3 }
        var content = Content()
        try scan.content(into: &content, isInElement: false)
        guard content.children.count == 1 else { throw Broken("\(content.children.count) roots") }
        return content.children[0]
    }

    private init(octets: [UInt8]) { self.octets = octets }

    private struct Content {
        var text: [UInt8] = []
        var children: [XMLElement] = []
    }

    private func isNext(_ text: String) -> Bool { octets[at...].starts(with: text.utf8) }

    private mutating func skip(to end: String) throws {
        let end = Array(end.utf8)
        while !octets[at...].starts(with: end) {
            guard at < octets.count else { throw Broken("no \(end.text) until the end") }
            at += 1
        }
        at += end.count
    }

    /// Until the end tag, or the end of the document.
    private mutating func content(into content: inout Content, isInElement: Bool) throws {
        while at < octets.count {
            if octets[at] != UInt8(ascii: "<") {
                let start = at
                while at < octets.count, octets[at] != UInt8(ascii: "<") { at += 1 }
                content.text += try Self.resolved(octets[start..<at], isAttribute: false)
            } else if isNext("</") {
                guard isInElement else { throw Broken("an end tag at \(at)") }
                return
            } else if isNext("<!--") {
                at += 4
                try skip(to: "-->")
            } else if isNext("<![CDATA[") {
                at += 9
                let start = at
                try skip(to: "]]>")
                content.text += Self.lines(octets[start..<(at - 3)])
            } else if isNext("<?") {
                try skip(to: "?>")
            } else if isNext("<!") {
                throw Broken("a declaration at \(at)")
            } else {
                content.children.append(try element())
            }
        }
        if isInElement { throw Broken("the document ends in an element") }
    }

    private mutating func element() throws -> XMLElement {
        let start = at
        at += 1
        let name = word()
        var attributes: [XMLAttribute] = []
        while true {
            while at < octets.count, octets[at].isBlank { at += 1 }
            if isNext("/>") {
                at += 2
                return XMLElement(
                    name: name, attributes: attributes, range: start..<at, contentRange: at..<at, text: "", children: []
                )
            }
            if isNext(">") { break }
            let (attribute, isNamespace) = try attribute()
            if !isNamespace { attributes.append(attribute) }
        }
        at += 1
        let contentStart = at
        var content = Content()
        try self.content(into: &content, isInElement: true)
        let contentEnd = at
        at += 2
        guard word() == name else { throw Broken("\(name) is ended by another") }
        try skip(to: ">")
        return XMLElement(
            name: name, attributes: attributes, range: start..<at, contentRange: contentStart..<contentEnd,
            text: content.text.text, children: content.children)
    }

    private mutating func word() -> String {
        let start = at
        while at < octets.count, !octets[at].isBlank, !"=/>".utf8.contains(octets[at]) { at += 1 }
        return octets.text(in: start..<at)
    }

    private mutating func attribute() throws -> (XMLAttribute, isNamespace: Bool) {
        let name = word()
        while at < octets.count, octets[at].isBlank || octets[at] == UInt8(ascii: "=") { at += 1 }
        guard at < octets.count, !name.isEmpty, "\"'".utf8.contains(octets[at]) else { throw Broken("a tag at \(at)") }
        let quote = octets[at]
        let start = at + 1
        guard let end = octets[start...].firstIndex(of: quote) else { throw Broken("a value at \(at) without an end") }
        at = end + 1
        let value = try Self.resolved(octets[start..<end], isAttribute: true).text
        // Of `xmlns:` nothing is left when what follows cannot begin a name.
        let prefixed = name.utf8.starts(with: "xmlns:".utf8) ? name.utf8.dropFirst(6).first : nil
        let isNamespace = name == "xmlns" || (prefixed.map { $0 > 0x40 } ?? false)
        return (XMLAttribute(name: name, value: value), isNamespace)
    }

    /// Line ends as XML counts them.
    private static func lines(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var rest = octets
        while let octet = rest.popFirst() {
            if octet == 0x0D {
                if rest.first == 0x0A { rest.removeFirst() }
                result.append(0x0A)
            } else {
                result.append(octet)
            }
        }
        return result
    }

    private static let entities: [String: UInt8] = [
        "lt": UInt8(ascii: "<"), "gt": UInt8(ascii: ">"), "amp": UInt8(ascii: "&"), "quot": UInt8(ascii: "\""),
        "apos": UInt8(ascii: "'"),
    ]

    private static func resolved(_ octets: ArraySlice<UInt8>, isAttribute: Bool) throws -> [UInt8] {
        var result: [UInt8] = []
        var rest = lines(octets)[...]
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "&") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else {
                    throw Broken("a reference without an end")
                }
                let name = Array(rest[..<end]).text
                rest = rest[(end + 1)...]
                if let entity = entities[name] {
                    result.append(entity)
                } else {
                    result += "\(try character(name))".utf8
                }
            } else {
                result.append(isAttribute && octet.isBlank ? 0x20 : octet)
            }
        }
        return result
    }

    private static func character(_ name: String) throws -> Character {
        let value = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst())
        guard name.hasPrefix("#"), let value, let scalar = Unicode.Scalar(value) else { throw Broken("&\(name);") }
        return Character(scalar)
    }
}

extension XMLElement {
    /// What differs between what the reader says and what a scan says, octet by octet.
    func difference(from scanned: XMLElement, skipping: Set<String> = [], isRoot: Bool = true) -> String? {
        guard name.isSame(as: scanned.name) else { return "\(name) is \(scanned.name)" }
        guard range == scanned.range else { return "\(name) at \(range) is at \(scanned.range)" }
        guard contentRange == scanned.contentRange else {
            return "what is in \(name) at \(contentRange) is at \(scanned.contentRange)"
        }
        let sameAttributes = attributes.elementsEqual(scanned.attributes) { read, other in
            // The reader tells local names.
            let name = Array(other.name.utf8)
            return
                (name == Array(read.name.utf8)
                || name.suffix(read.name.utf8.count + 1).elementsEqual(":\(read.name)".utf8))
                && read.value.isSame(as: other.value)
        }
        guard sameAttributes else { return "attributes \(attributes) of \(name) are \(scanned.attributes)" }
        if !isRoot, skipping.contains(name) {
            return children.isEmpty && text.isEmpty ? nil : "something of \(name) is left, which is skipped"
        }
        guard text.isSame(as: scanned.text) else {
            return "\(text.debugDescription) in \(name) is \(scanned.text.debugDescription)"
        }
        guard children.count == scanned.children.count else { return "\(children.count) children of \(name)" }
        for (child, other) in zip(children, scanned.children) {
            if let difference = child.difference(from: other, skipping: skipping, isRoot: false) { return difference }
        }
        return nil
    }
}
