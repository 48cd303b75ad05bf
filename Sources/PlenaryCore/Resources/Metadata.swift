internal import BigBlueButton

/// Data of third parties beside a resource, such as an id in a billing system (`rooms-api.md` 7.5). Every write replaces all.
///
/// Deeper than one level below the top cannot be written down here, so it is refused where it is read.
package struct Metadata: Sendable, Hashable {
    package let members: [String: Value]

    package enum Scalar: Sendable, Hashable {
        case null
        case bool(Bool)
        case integer(Int64)
        case number(Double)
        case text(String)
    }

    package enum Value: Sendable, Hashable {
        case scalar(Scalar)
        case list([Scalar])
        case object([String: Scalar])
    }

    /// Members of the object.
    package static let mostKeys = 50
    /// Characters of a key; it has one at least.
    package static let longestKey = 64
    /// Characters of a text.
    package static let longestText = 500
    /// Octets of ``json``.
    package static let largest = 16_384

    package static let empty = Metadata(members: [:])

    package init(members: [String: Value]) { self.members = members }

    /// As JSON without blanks, members in the order of their names.
    package var json: String {
        var written: [String: String] = [:]
        for (key, value) in members {
            switch value {
            case .scalar(let scalar): written[key] = Self.written(scalar)
            case .list(let list): written[key] = "[\(list.map { Self.written($0) }.joined(separator: ","))]"
            case .object(let object): written[key] = Self.braced(object.mapValues { Self.written($0) })
            }
        }
        return Self.braced(written)
    }

    private static func braced(_ members: [String: String]) -> String {
        let pairs = members.sorted { $0.key < $1.key }.map { "\(JSONText.quoted($0.key)):\($0.value)" }
        return "{\(pairs.joined(separator: ","))}"
    }

    private static func written(_ scalar: Scalar) -> String {
        switch scalar {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .integer(let integer): String(integer)
        case .number(let number): String(number)
        case .text(let text): JSONText.quoted(text)
        }
    }

    /// What is wrong with its size, as faults of `field`.
    func faults(_ field: String) -> [FieldFault] {
        var keys = Array(members.keys)
        var scalars: [Scalar] = []
        for value in members.values {
            switch value {
            case .scalar(let scalar): scalars.append(scalar)
            case .list(let list): scalars += list
            case .object(let object):
                keys += object.keys
                scalars += object.values
            }
        }
        func isTooLong(_ scalar: Scalar) -> Bool {
            if case .text(let text) = scalar { text.unicodeScalars.count > Self.longestText } else { false }
        }
        func isNoNumber(_ scalar: Scalar) -> Bool {
            if case .number(let number) = scalar { !number.isFinite } else { false }
        }
        var check = FieldCheck()
        check.expect(members.count <= Self.mostKeys, field, .metadataTooLarge, "has at most \(Self.mostKeys) keys")
        check.expect(
            keys.allSatisfy { (1...Self.longestKey).contains($0.unicodeScalars.count) }, field, .metadataTooLarge,
            "has keys of 1 to \(Self.longestKey) characters")
        check.expect(
            !scalars.contains(where: isTooLong), field, .metadataTooLarge,
            "has texts of at most \(Self.longestText) characters")
        check.expect(!scalars.contains(where: isNoNumber), field, .invalidFormat, "has numbers that JSON can write")
        check.expect(json.utf8.count <= Self.largest, field, .metadataTooLarge, "has at most 16 KiB as JSON")
        return check.faults
    }
}

extension Metadata: Codable {
    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    /// - Throws: `DecodingError` when it is no object; ``ValidationFault`` with `metadata_too_deep` when it is too deep.
    package init(from decoder: any Decoder) throws {
        let keyed = try decoder.container(keyedBy: Key.self)
        var members: [String: Value] = [:]
        for key in keyed.allKeys { members[key.stringValue] = try keyed.decode(Value.self, forKey: key) }
        self.init(members: members)
    }

    package func encode(to encoder: any Encoder) throws {
        var keyed = encoder.container(keyedBy: Key.self)
        for (key, value) in members { try keyed.encode(value, forKey: Key(key)) }
    }

    /// Whether what is decoded has members or elements of its own.
    fileprivate static func isNested(_ decoder: any Decoder) -> Bool {
        // Neither object nor list: that it is not is the answer.
        (try? decoder.container(keyedBy: Key.self)) != nil || (try? decoder.unkeyedContainer()) != nil
    }
}

extension Metadata.Value: Codable {
    package init(from decoder: any Decoder) throws {
        guard Metadata.isNested(decoder) else {
            self = .scalar(try Metadata.Scalar(from: decoder))
            return
        }
        let single = try decoder.singleValueContainer()
        // A list is no object; what neither of them takes is told by the second.
        if let list = try? decoder.unkeyedContainer(), list.count != nil {
            self = .list(try single.decode([Metadata.Scalar].self))
        } else {
            self = .object(try single.decode([String: Metadata.Scalar].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var single = encoder.singleValueContainer()
        switch self {
        case .scalar(let scalar): try single.encode(scalar)
        case .list(let list): try single.encode(list)
        case .object(let object): try single.encode(object)
        }
    }
}

extension Metadata.Scalar: Codable {
    package init(from decoder: any Decoder) throws {
        if Metadata.isNested(decoder) {
            let fault = FieldFault("metadata", .metadataTooDeep, "has one level of nesting at most")
            guard let tooDeep = ValidationFault([fault]) else { preconditionFailure("a fault is a fault") }
            throw tooDeep
        }
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let bool = try? single.decode(Bool.self) {  // No truth value: a number or a text.
            self = .bool(bool)
        } else if let integer = try? single.decode(Int64.self) {  // No whole number: another one, or a text.
            self = .integer(integer)
        } else if let number = try? single.decode(Double.self) {  // No number: a text.
            self = .number(number)
        } else {
            self = .text(try single.decode(String.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var single = encoder.singleValueContainer()
        switch self {
        case .null: try single.encodeNil()
        case .bool(let bool): try single.encode(bool)
        case .integer(let integer): try single.encode(integer)
        case .number(let number): try single.encode(number)
        case .text(let text): try single.encode(text)
        }
    }
}
