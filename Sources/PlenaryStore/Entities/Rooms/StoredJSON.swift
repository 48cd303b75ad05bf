internal import PlenaryCore

/// JSON objects in columns, as we wrote them: `1` and `1.0` stay two numbers, which a decoder of Foundation makes one.
enum StoredJSON {
    static func text(of scalars: [String: Metadata.Scalar]) -> String {
        Metadata(members: scalars.mapValues { Metadata.Value.scalar($0) }).json
    }

    static func text(of features: FeatureSet) -> String {
        var scalars: [String: Metadata.Scalar] = [:]
        for (code, value) in features.values {
            switch value {
            case .integer(let number): scalars[code.rawValue] = .integer(Int64(number))
            case .unlimited: scalars[code.rawValue] = .text("unlimited")
            case .bool(let bool): scalars[code.rawValue] = .bool(bool)
            }
        }
        return text(of: scalars)
    }

    static func metadata(_ text: String) throws(StoreFault) -> Metadata {
        let json: JSON
        do throws(JSONReader.Fault) { json = try JSONReader.read(Array(text.utf8)) } catch {
            throw .unreadable("JSON of a row")
        }
        guard let members = json.members else { throw .unreadable("JSON of a row") }
        var values: [String: Metadata.Value] = [:]
        for member in members { values[member.name] = try value(member.value) }
        return Metadata(members: values)
    }

    static func scalars(_ text: String) throws(StoreFault) -> [String: Metadata.Scalar] {
        var scalars: [String: Metadata.Scalar] = [:]
        for (key, value) in try metadata(text).members {
            guard case .scalar(let scalar) = value else { throw .unreadable("JSON of a row") }
            scalars[key] = scalar
        }
        return scalars
    }

    /// Features that this version does not know are left out.
    static func features(_ text: String) throws(StoreFault) -> FeatureSet {
        var values: [FeatureCode: FeatureValue] = [:]
        for (key, scalar) in try scalars(text) {
            guard let code = FeatureCode(rawValue: key) else { continue }
            switch scalar {
            case .integer(let number): values[code] = .integer(Int(clamping: number))
            case .bool(let bool): values[code] = .bool(bool)
            case .text("unlimited"): values[code] = .unlimited
            case .text, .number, .null: throw .unreadable("value of a feature")
            }
        }
        return FeatureSet(values)
    }

    private static func value(_ json: JSON) throws(StoreFault) -> Metadata.Value {
        switch json {
        case .list(let elements):
            var scalars: [Metadata.Scalar] = []
            for element in elements { scalars.append(try scalar(element)) }
            return .list(scalars)
        case .object(let members):
            var scalars: [String: Metadata.Scalar] = [:]
            for member in members { scalars[member.name] = try scalar(member.value) }
            return .object(scalars)
        case .null, .bool, .number, .text: return .scalar(try scalar(json))
        }
    }

    private static func scalar(_ json: JSON) throws(StoreFault) -> Metadata.Scalar {
        switch json {
        case .null: return .null
        case .bool(let bool): return .bool(bool)
        case .text(let text): return .text(text)
        case .number(let number):
            let isWhole = number.text.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") }
            if isWhole, let integer = number.integer { return .integer(integer) }
            guard let double = number.double else { throw .unreadable("JSON of a row") }
            return .number(double)
        case .list, .object: throw .unreadable("JSON of a row")
        }
    }
}

extension ColumnReader {
    /// An object whose members are scalars, or one level of lists and objects of them.
    mutating func storedMetadata() throws(StoreFault) -> Metadata { try StoredJSON.metadata(try text()) }

    /// An object whose members are scalars.
    mutating func storedScalars() throws(StoreFault) -> [String: Metadata.Scalar] {
        try StoredJSON.scalars(try text())
    }

    mutating func storedFeatures() throws(StoreFault) -> FeatureSet { try StoredJSON.features(try text()) }
}
