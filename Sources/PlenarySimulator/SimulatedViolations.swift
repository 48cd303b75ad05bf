internal import BigBlueButton

/// What is wrong with the parameters of a call, all of it; one is told (`bbb-api.md` 3.1, 3.2).
struct SimulatedViolations {
    private var found: [MessageKey: String] = [:]

    /// A later text for the same key replaces the earlier.
    mutating func add(_ key: MessageKey, _ message: String) { found[key] = message }

    mutating func meetingID(_ value: String?) {
        guard let value, !value.isEmpty else { return add(.missingParamMeetingID, "You must provide a meeting ID") }
        if value.utf16.count < 2 || value.utf16.count > 256 {
            add(.validationError, "Meeting ID must be between 2 and 256 characters")
        }
        if value.utf8.contains(UInt8(ascii: ",")) { add(.validationError, "Meeting ID cannot contain ','") }
    }

    mutating func meetingName(_ value: String?) {
        guard let value, !value.isEmpty else { return add(.validationError, "You must provide a meeting name") }
        if value.utf16.count < 2 || value.utf16.count > 256 {
            add(.validationError, "Meeting name must be between 2 and 256 characters")
        }
    }

    mutating func password(_ value: String?) {
        guard let length = value?.utf16.count, length > 0 else { return }
        if length < 2 || length > 64 { add(.validationError, "Password must be between 2 and 64 characters") }
    }

    mutating func boolean(_ value: String?, _ message: String) {
        guard let value, !value.isEmpty else { return }
        if !["true", "false", "0", "1"].contains(value.lowercased()) { add(.validationError, message) }
    }

    mutating func integer(_ value: String?, _ message: String) {
        guard let value, !value.isEmpty else { return }
        if Int64(value) == nil { add(.validationError, message) }
    }

    /// The order in which the keys that we use lie in a Java hash map: the first is the one that is told.
    private static let order: [MessageKey] = [
        .missingParamFullName, .notFound, .invalidMeetingIdentifier, .validationError, .missingParamMeetingID,
    ]

    func check() throws(Refusal) {
        for key in Self.order {
            if let message = found[key] { throw Refusal(key, message) }
        }
    }
}

extension Parameters {
    /// A value as it is validated: without control characters, without blanks around it (`bbb-api.md` 3.1).
    func sanitized(_ name: String) -> String? {
        guard let value = self[name] else { return nil }
        let kept = value.unicodeScalars.filter { $0.properties.generalCategory != .control }
        let trimmed = kept.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        return String(String.UnicodeScalarView(trimmed))
    }

    /// A sanitized value; one of nothing but blanks counts as none.
    func filled(_ name: String) -> String? { sanitized(name).flatMap { $0.isEmpty ? nil : $0 } }

    /// A value; an empty one counts as none.
    func nonEmpty(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}
