/// What is wrong with one member of what somebody gave for a resource (`rooms-api.md` 2.8 and 17).
package struct FieldFault: Sendable, Hashable {
    /// As in the catalogue of errors.
    package enum Code: String, Sendable, Hashable {
        case required
        case invalidFormat = "invalid_format"
        case tooLong = "too_long"
        case outOfRange = "out_of_range"
        case metadataTooDeep = "metadata_too_deep"
        case metadataTooLarge = "metadata_too_large"
    }

    /// The member's name in the API, such as `company_name`.
    package let field: String
    package let code: Code
    /// What would be right, for people: the end of a sentence that begins with the name.
    package let rule: String

    package init(_ field: String, _ code: Code, _ rule: String) {
        self.field = field
        self.code = code
        self.rule = rule
    }
}

/// Everything that is wrong with what somebody gave, at once, in the order of the members' names.
package struct ValidationFault: Error, Sendable, Hashable {
    package let faults: [FieldFault]

    /// - Returns: `nil` when nothing is wrong.
    package init?(_ faults: [FieldFault]) {
        guard !faults.isEmpty else { return nil }
        self.faults = faults.sorted { ($0.field, $0.code.rawValue) < ($1.field, $1.code.rawValue) }
    }
}

/// Collects what is wrong while the members are looked at.
struct FieldCheck {
    private(set) var faults: [FieldFault] = []

    mutating func note(_ field: String, _ code: FieldFault.Code, _ rule: String) {
        faults.append(FieldFault(field, code, rule))
    }

    mutating func expect(_ fits: Bool, _ field: String, _ code: FieldFault.Code, _ rule: String) {
        if !fits { note(field, code, rule) }
    }

    /// A text that people read: something in it, no control characters, not too long.
    mutating func text(_ text: String, _ field: String, longest: Int, mayBeEmpty: Bool = false) {
        if text.isEmpty {
            expect(mayBeEmpty, field, .required, "must not be empty")
        } else if text.unicodeScalars.count > longest {
            note(field, .tooLong, "has at most \(longest) characters")
        } else if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\n" }) {
            note(field, .invalidFormat, "has no control characters")
        } else if text.allSatisfy(\.isWhitespace) {
            note(field, .required, "must not be blank")
        }
    }

    func finish() throws(ValidationFault) {
        if let fault = ValidationFault(faults) { throw fault }
    }
}
