internal import PlenaryCore

/// A resource as the REST API shows it, for `--json`: the same members, without those that have no value.
struct JSONView: Encodable {
    let json: JSON

    init(_ json: JSON) { self.json = json }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    func encode(to encoder: any Encoder) throws {
        switch json {
        case .null:
            var single = encoder.singleValueContainer()
            try single.encodeNil()
        case .bool(let bool):
            var single = encoder.singleValueContainer()
            try single.encode(bool)
        case .number(let number):
            var single = encoder.singleValueContainer()
            if let whole = Int64(number.text) {
                try single.encode(whole)
            } else {
                try single.encode(Double(number.text) ?? 0)
            }
        case .text(let text):
            var single = encoder.singleValueContainer()
            try single.encode(text)
        case .list(let elements):
            var list = encoder.unkeyedContainer()
            for element in elements { try list.encode(JSONView(element)) }
        case .object(let members):
            var keyed = encoder.container(keyedBy: Key.self)
            for member in members where member.value != .null {
                try keyed.encode(JSONView(member.value), forKey: Key(member.name))
            }
        }
    }
}
