/// An element of a document that was read: what it says, and which octets of the document it is.
public struct XMLElement: Sendable, Equatable {
    public let name: String
    /// Name and value of each attribute, in order.
    public let attributes: [XMLAttribute]
    /// The element from `<` to `>`.
    public internal(set) var range: Range<Int>
    /// What stands between its tags; empty, and at the end of the range, for `<name/>`.
    public internal(set) var contentRange: Range<Int>
    /// The character data directly in it, entities resolved. Empty where the reader was told not to look inside.
    public internal(set) var text: String
    public internal(set) var children: [XMLElement]

    public func children(named name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The first child of that name.
    public func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The text of the first child of that name; `nil` when there is none.
    public func text(of name: String) -> String? { child(name)?.text }

    public func attribute(_ name: String) -> String? { attributes.first { $0.name == name }?.value }

    var isSelfClosing: Bool { contentRange.lowerBound == range.upperBound }
}

public struct XMLAttribute: Sendable, Equatable {
    public let name: String
    public let value: String
}

/// Why a document was not read.
public enum XMLFault: Error, Sendable, Equatable {
    case malformed(line: Int)
    /// A document type is never needed and is how entities are smuggled in.
    case documentType
    case tooLarge(limit: Int)
    case tooDeep(limit: Int)
    case tooManyElements(limit: Int)
    case tooManyAttributes(limit: Int)
    case tooManyNames(limit: Int)
    case tagTooLong(limit: Int)
}

/// What a reader accepts: hostile or broken documents cost no more than this.
public struct XMLLimits: Sendable, Hashable {
    /// Octets of the document.
    public var size: Int
    /// Elements inside one another.
    public var depth: Int
    /// Elements in all, counting those that are not looked into.
    public var elements: Int

    /// Attributes and namespaces of one element, and namespaces of all that are around it.
    public var attributes: Int
    /// Different names of elements and attributes.
    public var names: Int
    /// Octets of one start tag; it may be longer by a portion of what the reader takes at a time.
    public var tag: Int

    public init(
        size: Int = 16 << 20, depth: Int = 64, elements: Int = 1_000_000, attributes: Int = 256, names: Int = 100_000,
        tag: Int = 64 << 10
    ) {
        self.size = size
        self.depth = depth
        self.elements = elements
        self.attributes = attributes
        self.names = names
        self.tag = tag
    }
}
