extension JSONKind where Value == Metadata {
    /// Metadata of a resource (`rooms-api.md` 7.5): scalars, or one level of lists and objects of them, within bounds.
    package static var metadata: JSONKind {
        JSONKind { json, place in
            guard let members = json.members else { return .wrong(place, .invalidType, "It is an object.") }
            var reader = MetadataReader()
            var read: [String: Metadata.Value] = [:]
            for member in members { read[member.name] = reader.value(member.value, place.appending(member.name)) }
            guard reader.faults.isEmpty else { return .faults(reader.faults) }
            guard read.count == members.count, reader.isDistinct else {
                return .wrong(place, .invalidFormat, "Two of its keys are two spellings of one.")
            }
            let metadata = Metadata(members: read)
            let faults = metadata.faults("It").map { fault in
                RequestFault(FieldFault("It", fault.code, fault.rule), at: place)
            }
            return faults.isEmpty ? .value(metadata) : .faults(faults)
        }
    }
}

extension Metadata {
    /// Reads what ``json`` wrote, with the form of its numbers; bounds were kept when it was given.
    package init?(json text: String) {
        // What is wrong with it does not matter: it was not written by us.
        guard let written = try? JSONReader.read(Array(text.utf8)), let given = written.members else { return nil }
        var reader = MetadataReader()
        var read: [String: Value] = [:]
        for member in given { read[member.name] = reader.value(member.value, .root) }
        guard reader.faults.isEmpty, reader.isDistinct, read.count == given.count else { return nil }
        self.init(members: read)
    }
}

extension RequestFault {
    /// - Parameter place: instead of the field, which begins the sentence.
    fileprivate init(_ fault: FieldFault, at place: JSONPointer) {
        let named = RequestFault(fault)
        self.init(.pointer(place), named.code, named.detail)
    }
}

/// Takes apart what is in metadata, and notes what is too deep.
private struct MetadataReader {
    var faults: [RequestFault] = []
    /// No key is another spelling of one beside it.
    var isDistinct = true

    mutating func value(_ json: JSON, _ place: JSONPointer) -> Metadata.Value {
        switch json {
        case .list(let elements):
            return .list(elements.enumerated().map { scalar($0.element, place.appending($0.offset)) })
        case .object(let members):
            var scalars: [String: Metadata.Scalar] = [:]
            for member in members { scalars[member.name] = scalar(member.value, place.appending(member.name)) }
            if scalars.count != members.count { isDistinct = false }
            return .object(scalars)
        case .null, .bool, .number, .text: return .scalar(scalar(json, place))
        }
    }

    private mutating func scalar(_ json: JSON, _ place: JSONPointer) -> Metadata.Scalar {
        switch json {
        case .null: return .null
        case .bool(let bool): return .bool(bool)
        case .text(let text): return .text(text)
        case .number(let number):
            // A number keeps its form: 123 stays 123, and 1.0 stays 1.0.
            let isWhole = number.text.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") }
            if isWhole, let integer = number.integer { return .integer(integer) }
            if !isWhole, let double = number.double { return .number(double) }
            faults.append(RequestFault(.pointer(place), .outOfRange, "It is a number of 64 bits."))
            return .null
        case .list, .object:
            faults.append(
                RequestFault(.pointer(place), .metadataTooDeep, "Metadata has one level of nesting at most."))
            return .null
        }
    }
}
