internal import BigBlueButton

/// A JSON value. Members are written in the order in which they are given, so that answers and callbacks are the same
/// each time.
enum SimulatedJSON: Sendable {
    case text(String)
    case number(Int64)
    case flag(Bool)
    case list([SimulatedJSON])
    case object([(String, SimulatedJSON)])

    /// An object of parameters or metadata.
    static func named(_ values: [Parameters.Parameter]) -> SimulatedJSON {
        .object(values.map { ($0.name, SimulatedJSON.text($0.value)) })
    }

    static func count(_ value: Int) -> SimulatedJSON { .number(Int64(value)) }

    /// Without blanks.
    var encoded: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .number(let number): String(number)
        case .flag(let flag): flag ? "true" : "false"
        case .list(let values): "[\(values.map(\.encoded).joined(separator: ","))]"
        case .object(let members):
            "{\(members.map { "\(Self.quoted($0.0)):\($0.1.encoded)" }.joined(separator: ","))}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension SimulatedJSON: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    init(stringLiteral value: String) { self = .text(value) }
    init(arrayLiteral elements: SimulatedJSON...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, SimulatedJSON)...) { self = .object(elements) }
}
