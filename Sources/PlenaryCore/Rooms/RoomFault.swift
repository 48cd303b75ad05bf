/// What is wrong with one member of what somebody gave for a room, a token or a code, and where it stands (`rooms-api.md` 2.8).
package struct RoomFault: Sendable, Hashable {
    /// As in the catalogue of errors (17).
    package enum Code: String, Sendable, Hashable, CaseIterable {
        case required
        case invalidType = "invalid_type"
        case invalidEnum = "invalid_enum"
        case invalidFormat = "invalid_format"
        case tooLong = "too_long"
        case outOfRange = "out_of_range"
        case readOnly = "read_only"
        case immutableBySubscription = "immutable_by_subscription"
        case metadataTooDeep = "metadata_too_deep"
        case metadataTooLarge = "metadata_too_large"
        case invalidSetting = "invalid_setting"
        case ignoredNotInSubscription = "ignored_not_in_subscription"
        case ignoredExceedsSubscription = "ignored_exceeds_subscription"
        case ignoredDifferentValue = "ignored_different_value"
        case ignoredNotCustomisable = "ignored_not_customisable"
        case settingNotApplicable = "setting_not_applicable"
    }

    /// RFC 6901: `/room_settings/locale`.
    package let pointer: String
    package let code: Code
    /// What would be right, for people: the end of a sentence that begins with the name.
    package let rule: String
    /// What it is compared with, where that helps.
    package let expected: String?
    package let actual: String?

    /// - Parameter path: names of members, from the outermost on.
    package init(
        _ path: [String], _ code: Code, _ rule: String, expected: String? = nil, actual: String? = nil
    ) {
        pointer = path.map { "/" + Self.escaped($0) }.joined()
        self.code = code
        self.rule = rule
        self.expected = expected
        self.actual = actual
    }

    package init(_ member: String, _ code: Code, _ rule: String) { self.init([member], code, rule) }

    /// A fault of what rooms share with other resources.
    package init(_ fault: FieldFault) {
        self.init(fault.field, Code(rawValue: fault.code.rawValue) ?? .invalidFormat, fault.rule)
    }

    private static func escaped(_ name: String) -> String {
        name.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}

/// Everything that is wrong, at once, in the order of the pointers.
package struct RoomFaults: Error, Sendable, Hashable {
    package let faults: [RoomFault]

    /// - Returns: `nil` when nothing is wrong.
    package init?(_ faults: [RoomFault]) {
        guard !faults.isEmpty else { return nil }
        self.faults = faults.sorted { ($0.pointer, $0.code.rawValue) < ($1.pointer, $1.code.rawValue) }
    }
}

/// Collects what is wrong while the members are looked at.
struct RoomCheck {
    private(set) var faults: [RoomFault] = []

    mutating func note(_ fault: RoomFault) { faults.append(fault) }

    mutating func note(_ more: [RoomFault]) { faults += more }

    mutating func expect(_ fits: Bool, _ member: String, _ code: RoomFault.Code, _ rule: String) {
        if !fits { faults.append(RoomFault(member, code, rule)) }
    }

    /// One line that people read: something in it, no control characters, not too long.
    mutating func line(_ text: String, _ member: String, longest: Int) {
        if text.allSatisfy(\.isWhitespace) {
            note(RoomFault(member, .required, "must not be empty"))
        } else if text.unicodeScalars.count > longest {
            note(RoomFault(member, .tooLong, "has at most \(longest) characters"))
        } else if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            note(RoomFault(member, .invalidFormat, "has no control characters"))
        }
    }

    func finish() throws(RoomFaults) {
        if let faults = RoomFaults(faults) { throw faults }
    }
}

extension Metadata {
    /// The members of an object whose values are all scalars, as features and settings are. A `null` stays: in a PATCH it
    /// takes the member away (`rooms-api.md` 7.3, 7.4).
    ///
    /// - Parameter member: where the object stands, such as `room_settings`.
    package func scalars(of member: String) throws(RoomFaults) -> [String: Scalar] {
        var scalars: [String: Scalar] = [:]
        var check = RoomCheck()
        for (key, value) in members {
            switch value {
            case .scalar(let scalar): scalars[key] = scalar
            case .list, .object: check.note(RoomFault([member, key], .invalidType, "is no list and no object"))
            }
        }
        try check.finish()
        return scalars
    }
}
