internal import BigBlueButton

/// A JSON value as the REST API reads and writes it (RFC 8259): members keep their order, numbers their digits.
///
/// What is written is the same octets every time, so that it can be compared, hashed and stored.
package enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case text(String)
    case list([JSON])
    /// No name is there twice.
    case object([Member])

    package struct Member: Sendable, Hashable {
        package let name: String
        package let value: JSON

        package init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    package static func integer(_ number: Int64) -> JSON { .number(JSONNumber(number)) }
    package static func integer(_ number: Int) -> JSON { .number(JSONNumber(Int64(number))) }

    /// `null` stands for what is absent (`rooms-api.md` 2.4).
    package init(_ text: String?) { self = text.map { JSON.text($0) } ?? .null }

    /// `null` stands for what is absent (`rooms-api.md` 2.4).
    package init(_ number: Int?) { self = number.map { JSON.integer($0) } ?? .null }

    /// The member of that name, octet by octet; `nil` also when it is no object.
    package subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// Whether both say the same: members in any order (RFC 8259 4), numbers by their value, texts octet by octet.
    package func isSame(as other: JSON) -> Bool {
        switch (self, other) {
        case (.text(let one), .text(let two)): return one.utf8.elementsEqual(two.utf8)
        case (.list(let one), .list(let two)):
            return one.count == two.count && zip(one, two).allSatisfy { $0.isSame(as: $1) }
        case (.object(let one), .object(let two)):
            guard one.count == two.count else { return false }
            var values: [[UInt8]: JSON] = [:]
            for member in two { values[Array(member.name.utf8)] = member.value }
            return one.allSatisfy { values[Array($0.name.utf8)]?.isSame(as: $0.value) ?? false }
        default: return self == other
        }
    }

    package var members: [Member]? { if case .object(let members) = self { members } else { nil } }
    package var elements: [JSON]? { if case .list(let elements) = self { elements } else { nil } }
    package var text: String? { if case .text(let text) = self { text } else { nil } }

    /// Without blanks.
    package var encoded: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let bool): text += bool ? "true" : "false"
        case .number(let number): text += number.text
        case .text(let string): text += JSONText.quoted(string)
        case .list(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                text += JSONText.quoted(member.name)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    /// This one changed by a merge patch (RFC 7396): members are replaced one by one, `null` takes one away, and new ones
    /// are added at the end.
    ///
    /// Not for metadata, which are replaced as a whole (`rooms-api.md` 2.7, D-14).
    package func merged(with patch: JSON) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        // Each is found by its name, not looked for: a body may have very many members.
        var kept: [Member?] = []
        var places: [[UInt8]: Int] = [:]
        for member in members ?? [] {
            places[Array(member.name.utf8)] = kept.count
            kept.append(member)
        }
        for change in changes {
            let name = Array(change.name.utf8)
            let place = places[name]
            if case .null = change.value {
                if let place { kept[place] = nil }
                places[name] = nil
                continue
            }
            let old = place.flatMap { kept[$0]?.value } ?? JSON.null
            let new = Member(change.name, old.merged(with: change.value))
            if let place {
                kept[place] = new
            } else {
                places[name] = kept.count
                kept.append(new)
            }
        }
        return .object(kept.compactMap { $0 })
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral text: String) { self = .text(text) }
    package init(integerLiteral number: Int64) { self = .integer(number) }
    package init(booleanLiteral bool: Bool) { self = .bool(bool) }
    package init(arrayLiteral elements: JSON...) { self = .list(elements) }
    package init(dictionaryLiteral members: (String, JSON)...) {
        self = .object(members.map { Member($0.0, $0.1) })
    }
}
