import PlenaryCore

/// Judges JSON by the JSON Schemas of the OpenAPI document: as much of JSON Schema as they use.
struct SchemaCheck {
    let schemas: [String: JSON]

    /// What does not fit, with its place; nothing: all fits.
    func faults(of value: JSON, _ schema: JSON, at place: String = "") -> [String] {
        if let reference = schema["$ref"]?.text {
            let name = reference.split(separator: "/").last.map(String.init) ?? ""
            guard let other = schemas[name] else { return ["\(place): no schema \(name)"] }
            return faults(of: value, other, at: place)
        }
        var found: [String] = []
        if let choices = schema["anyOf"]?.elements,
            !choices.contains(where: { faults(of: value, $0, at: place).isEmpty })
        {
            found.append("\(place): none of the choices")
        }
        if let type = schema["type"] {
            let types = type.elements?.compactMap { $0.text } ?? [type.text ?? ""]
            if !types.contains(where: { Self.isOf($0, value) }) { return ["\(place): not \(types)"] }
        }
        if let words = schema["enum"]?.elements, !words.contains(value) { found.append("\(place): not in enum") }
        if let constant = schema["const"], constant != value { found.append("\(place): not the constant") }
        switch value {
        case .object(let members): found += faults(of: members, schema, at: place)
        case .list(let elements):
            if let items = schema["items"] {
                for (index, element) in elements.enumerated() {
                    found += faults(of: element, items, at: "\(place)/\(index)")
                }
            }
        case .text(let text):
            if let least = Self.integer(schema["minLength"]), text.unicodeScalars.count < least {
                found.append("\(place): too short")
            }
            if let most = Self.integer(schema["maxLength"]), text.unicodeScalars.count > most {
                found.append("\(place): too long")
            }
        case .null, .bool, .number: break
        }
        return found
    }

    private func faults(of members: [JSON.Member], _ schema: JSON, at place: String) -> [String] {
        var found: [String] = []
        let names = members.map(\.name)
        for name in (schema["required"]?.elements ?? []).compactMap({ $0.text }) where !names.contains(name) {
            found.append("\(place): lacks \(name)")
        }
        for member in members {
            if let known = schema["properties"]?[member.name] {
                found += faults(of: member.value, known, at: "\(place)/\(member.name)")
            } else if schema["additionalProperties"] == .bool(false) {
                found.append("\(place): \(member.name) is not known")
            } else if let others = schema["additionalProperties"] {
                found += faults(of: member.value, others, at: "\(place)/\(member.name)")
            }
        }
        return found
    }

    private static func integer(_ json: JSON?) -> Int? {
        guard case .number(let number)? = json else { return nil }
        return number.integer.map { Int($0) }
    }

    private static func isOf(_ type: String, _ value: JSON) -> Bool {
        switch value {
        case .null: type == "null"
        case .bool: type == "boolean"
        case .number(let number): type == "number" || (type == "integer" && number.integer != nil)
        case .text: type == "string"
        case .list: type == "array"
        case .object: type == "object"
        }
    }
}
