package import BigBlueButton

/// What a member must be, and the value that it stands for.
package struct JSONKind<Value> {
    package enum Reading {
        case value(Value)
        case faults([RequestFault])
    }

    /// - Parameters: the value, which is not `null`, and where it stands.
    let read: (JSON, JSONPointer) -> Reading

    package init(_ read: @escaping (JSON, JSONPointer) -> Reading) { self.read = read }

    /// One that a text is made into.
    ///
    /// - Parameters:
    ///   - rule: what would be right.
    ///   - make: gives `nil` for a text that is wrong.
    package static func text(_ rule: String, _ make: @escaping (String) -> Value?) -> JSONKind {
        JSONKind { json, place in
            guard let text = json.text else { return .wrong(place, .invalidType, "It is a text.") }
            guard let value = make(text) else { return .wrong(place, .invalidFormat, rule) }
            return .value(value)
        }
    }
}

extension JSONKind.Reading {
    static func wrong(_ place: JSONPointer, _ code: RequestFault.Code, _ detail: String, expected: JSON? = nil)
        -> Self
    {
        .faults([RequestFault(.pointer(place), code, detail, expected: expected)])
    }
}

extension JSONKind where Value == String {
    /// A text that people read.
    ///
    /// - Parameter isLong: it may have lines.
    package static func text(longest: Int, mayBeEmpty: Bool = false, isLong: Bool = false) -> JSONKind {
        JSONKind { json, place in
            guard let text = json.text else { return .wrong(place, .invalidType, "It is a text.") }
            let scalars = text.unicodeScalars
            if !mayBeEmpty, text.allSatisfy(\.isWhitespace) {
                return .wrong(place, .required, "It is not empty.")
            }
            if scalars.count > longest {
                return .wrong(place, .tooLong, "It has at most \(longest) characters.", expected: .integer(longest))
            }
            let lines: Set<Unicode.Scalar> = isLong ? ["\n", "\r", "\t"] : []
            if scalars.contains(where: { $0.properties.generalCategory == .control && !lines.contains($0) }) {
                return .wrong(place, .invalidFormat, "It has no control characters.")
            }
            return .value(text)
        }
    }
}

extension JSONKind where Value == Bool {
    package static var bool: JSONKind {
        JSONKind { json, place in
            guard case .bool(let bool) = json else { return .wrong(place, .invalidType, "It is true or false.") }
            return .value(bool)
        }
    }
}

extension JSONKind where Value == Int {
    /// A whole number; `1.0` is one, `"1"` is a text.
    package static func integer(_ range: ClosedRange<Int>) -> JSONKind {
        JSONKind { json, place in
            guard case .number(let number) = json else {
                return .wrong(place, .invalidType, "It is a whole number.")
            }
            // What has a fraction is no whole number; what has too many digits is out of any range.
            guard let integer = number.integer else {
                let isFraction = number.double.map { $0.rounded() != $0 } ?? false
                return isFraction
                    ? .wrong(place, .invalidType, "It is a whole number.") : outOf(range, place)
            }
            guard let fitting = Int(exactly: integer), range.contains(fitting) else { return outOf(range, place) }
            return .value(fitting)
        }
    }

    private static func outOf(_ range: ClosedRange<Int>, _ place: JSONPointer) -> Reading {
        .wrong(place, .outOfRange, "It is \(range.lowerBound) to \(range.upperBound).")
    }
}

extension JSONKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the words.
    package static var choice: JSONKind {
        JSONKind { json, place in
            guard let text = json.text else { return .wrong(place, .invalidType, "It is a text.") }
            guard let value = Value(rawValue: text) else {
                let words = Value.allCases.map { JSON.text($0.rawValue) }
                return .wrong(place, .invalidEnum, "There is no such value.", expected: .list(words))
            }
            return .value(value)
        }
    }
}

extension JSONKind where Value == WireTime {
    /// A time with an offset, or a date (`rooms-api.md` 2.4).
    package static var time: JSONKind<WireTime> {
        text("It is a time such as 2026-03-01T09:00:00Z, or a date.") { WireTime(timestamp: $0) }
    }
}

extension JSONKind where Value == ResourceReference {
    /// Any of the three identifiers of a resource (`rooms-api.md` 2.3).
    package static var reference: JSONKind {
        text("It is an id, a uuid or a ulid.") { ResourceReference($0) }
    }
}

extension JSONKind where Value == Price {
    /// A decimal text: as a number it would be rounded on the way (D-21).
    package static var price: JSONKind { text("It is a decimal text such as \"14.99\".") { Price($0) } }
}

extension JSONKind where Value == Currency {
    package static var currency: JSONKind { text("It is a currency such as EUR.") { Currency($0) } }
}

extension JSONKind where Value == JSON {
    /// Whatever it is.
    package static var anything: JSONKind { JSONKind { json, _ in .value(json) } }
}

extension JSONKind {
    /// A list, with everything that is wrong in it.
    package static func list<Element>(of kind: JSONKind<Element>, longest: Int) -> JSONKind where Value == [Element] {
        JSONKind { json, place in
            guard let elements = json.elements else { return .wrong(place, .invalidType, "It is a list.") }
            guard elements.count <= longest else {
                return .wrong(place, .tooLong, "It has at most \(longest) elements.", expected: .integer(longest))
            }
            var values: [Element] = []
            var faults: [RequestFault] = []
            for (index, element) in elements.enumerated() {
                switch kind.read(element, place.appending(index)) {
                case .value(let value): values.append(value)
                case .faults(let more): faults += more
                }
            }
            return faults.isEmpty ? .value(values) : .faults(faults)
        }
    }
}
