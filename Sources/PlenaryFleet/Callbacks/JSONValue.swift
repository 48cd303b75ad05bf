internal import FoundationEssentials

/// A JSON text that was read, to look things up in. What is passed on is always the text itself.
enum JSONValue: Decodable, Sendable, Hashable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    /// - Returns: `nil` when the octets are no JSON.
    init?(_ octets: [UInt8]) {
        // What is wrong with it does not matter to anybody.
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(octets)) else { return nil }
        self = value
    }

    init(from decoder: any Decoder) throws {
        if let keyed = try? decoder.container(keyedBy: Key.self) {  // No object: then it is something else.
            var object: [String: JSONValue] = [:]
            for key in keyed.allKeys { object[key.stringValue] = try keyed.decode(JSONValue.self, forKey: key) }
            self = .object(object)
            return
        }
        if var list = try? decoder.unkeyedContainer() {  // No list: then it is something else.
            var values: [JSONValue] = []
            while !list.isAtEnd { values.append(try list.decode(JSONValue.self)) }
            self = .list(values)
            return
        }
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let bool = try? single.decode(Bool.self) {  // No truth value: a number or a text.
            self = .bool(bool)
        } else if let number = try? single.decode(Double.self) {  // No number: a text.
            self = .number(number)
        } else {
            self = .text(try single.decode(String.self))
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    /// What stands at the end of a path of names; lists are entered at their first value.
    subscript(path: String...) -> JSONValue? {
        path.reduce(JSONValue?.some(self)) { value, name in
            var value = value
            if case .list(let values)? = value { value = values.first }
            guard case .object(let object)? = value else { return nil }
            return object[name]
        }
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
}
