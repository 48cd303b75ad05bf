/// The parameters of a call: names and values, decoded, in the order in which they came.
///
/// Names may repeat; the first occurrence is the one that counts (`bbb-api.md` 2.4).
public struct Parameters: Sendable, Hashable {
    public struct Parameter: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public private(set) var all: [Parameter]

    public init(_ all: [Parameter] = []) { self.all = all }

    /// Reads a query string or a form body. Empty segments, segments without a name and segments with a broken escape
    /// are skipped, as a servlet container does; a name without `=` has the empty value.
    public init(parsing text: some StringProtocol) {
        // Cut by octets: a combining character behind a raw `&` would make another Character of it.
        all = String(text).utf8.split(separator: UInt8(ascii: "&")).compactMap { segment in
            let parts = segment.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = FormCoding.decode(Substring(parts[0])), !name.isEmpty,
                let value = parts.count < 2 ? "" : FormCoding.decode(Substring(parts[1]))
            else { return nil }
            return Parameter(name: name, value: value)
        }
    }

    /// How many segments of a form there are that may be parameters, without reading any.
    ///
    /// - Parameter limit: nobody wants to know of more.
    static func count(in form: [UInt8], upTo limit: Int) -> Int {
        var found = 0
        var isInSegment = false
        for octet in form {
            if octet == UInt8(ascii: "&") {
                isInSegment = false
            } else if !isInSegment {
                isInSegment = true
                found += 1
                if found == limit { return found }
            }
        }
        return found
    }

    public var isEmpty: Bool { all.isEmpty }

    /// The first value of `name`. Assigning replaces the first and drops the others, or appends; `nil` removes all.
    public subscript(name: String) -> String? {
        get { all.first { $0.name.isSame(as: name) }?.value }
        set {
            guard let newValue else { return all.removeAll { $0.name.isSame(as: name) } }
            guard let first = all.firstIndex(where: { $0.name.isSame(as: name) }) else {
                return all.append(Parameter(name: name, value: newValue))
            }
            all[first].value = newValue
            all = all.enumerated().filter { $0.offset == first || !$0.element.name.isSame(as: name) }.map(\.element)
        }
    }

    public mutating func append(contentsOf other: Parameters) { all += other.all }

    /// Without the checksum, one occurrence of each name, in order: what is sent on.
    public var forForwarding: Parameters {
        var seen: Set = [Array("checksum".utf8)]
        return Parameters(all.filter { seen.insert(Array($0.name.utf8)).inserted })
    }

    /// Keeps the parameters for which `keep` says so.
    public func filter(_ keep: (Parameter) -> Bool) -> Parameters { Parameters(all.filter(keep)) }

    /// As a query string or form body.
    public func encoded(style: FormCoding.Style = .uri) -> String {
        all.map {
            "\(FormCoding.encode($0.name, style: style))=\(FormCoding.encode($0.value, style: style))"
        }
        .joined(separator: "&")
    }
}

extension Parameters: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        all = elements.map { Parameter(name: $0.0, value: $0.1) }
    }
}

extension String {
    /// Whether the octets are the same. `==` takes two spellings of one letter for the same, servers do not.
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Goes with ``isSame(as:)``.
    func hashOctets(into hasher: inout Hasher) {
        var text = self
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
