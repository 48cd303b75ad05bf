package import BigBlueButton

/// How a room is configured (`rooms-api.md` 7.4): what the catalogue knows, and what people define for themselves.
package struct RoomSettings: Sendable, Hashable {
    /// By key. Never `null`.
    package let given: [String: Metadata.Scalar]

    package static let none = RoomSettings([:])

    /// Keys that the catalogue does not know.
    package static let mostFree = 50
    /// Octets of a value of them.
    package static let largestFree = 1_024

    /// - Parameter given: `null` is the same as nothing.
    package init(_ given: [String: Metadata.Scalar]) { self.given = given.filter { $0.value != .null } }

    /// With what a PATCH says: `null` takes a setting away (D-14).
    package func merging(_ patch: [String: Metadata.Scalar]) -> RoomSettings {
        RoomSettings(given.merging(patch) { _, new in new })
    }

    static let member = "room_settings"

    // MARK: what they must be

    /// Times as the API writes them; all else as it is.
    package var spelled: RoomSettings {
        var kept = given
        for key in [RoomSettingKey.opensAt, .closesAt] {
            if case .text(let text)? = given[key.rawValue], let time = WireTime(timestamp: text) {
                kept[key.rawValue] = .text(time.timestamp)
            }
        }
        return RoomSettings(kept)
    }

    /// What is wrong with them.
    package var faults: [RoomFault] {
        var check = RoomCheck()
        var free = 0
        for (key, value) in given {
            if let known = RoomSettingKey(rawValue: key) {
                if let rule = Self.broken(known.setting.kind, value) {
                    check.note(RoomFault([Self.member, key], .invalidSetting, rule))
                }
            } else {
                free += 1
                if !Self.isFreeKey(key) {
                    check.note(
                        RoomFault(
                            [Self.member, key], .invalidSetting,
                            "is a name of at most 64 lower case letters, digits and underscores, a letter first"))
                }
                if !Self.isSmall(value) {
                    check.note(RoomFault([Self.member, key], .invalidSetting, "has at most 1 KiB"))
                }
            }
        }
        check.expect(
            free <= Self.mostFree, Self.member, .invalidSetting, "has at most \(Self.mostFree) keys of your own")
        if let opens = opensAt, let closes = closesAt, closes <= opens {
            check.note(
                RoomFault([Self.member, RoomSettingKey.closesAt.rawValue], .invalidSetting, "lies after opens_at"))
        }
        return check.faults
    }

    /// What is stored, but means nothing to the room as it is. It does once the provider changes.
    package func warnings(type: RoomType, provider: RoomProviderType?) -> [RoomWarning] {
        RoomSettingKey.allCases.compactMap { key -> RoomWarning? in
            guard given[key.rawValue] != nil, !key.setting.applies(to: type, on: provider) else { return nil }
            return RoomWarning(
                [Self.member, key.rawValue], .settingNotApplicable,
                "has no effect with this type of room and this provider")
        }
    }

    /// - Returns: the rule that a value breaks; `nil` when it fits.
    private static func broken(_ kind: RoomSetting.Kind, _ value: Metadata.Scalar) -> String? {
        switch (kind, value) {
        case (.text(let longest), .text(let text)):
            if text.unicodeScalars.count > longest { return "has at most \(longest) characters" }
            return isReadable(text) ? nil : "has no control characters"
        case (.text, _): return "is a text"
        case (.httpsURL, .text(let text)) where isHTTPS(text): return nil
        case (.httpsURL, _): return "is an address that begins with https://"
        case (.bool, .bool): return nil
        case (.bool, _): return "is true or false"
        case (.integer(let range), .integer(let number)) where range.contains(Int(clamping: number)): return nil
        case (.integer(let range), _): return "is a number from \(range.lowerBound) to \(range.upperBound)"
        case (.oneOf(let words), .text(let text)) where words.contains(text): return nil
        case (.oneOf(let words), _): return "is one of \(words.joined(separator: ", "))"
        case (.time, .text(let text)) where WireTime(timestamp: text) != nil: return nil
        case (.time, _): return "is a time such as 2026-03-01T09:00:00Z"
        case (.language, .text(let text)) where isLanguage(text): return nil
        case (.language, _): return "is a language tag such as de or pt-BR"
        case (.colour, .text(let text)) where isColour(text): return nil
        case (.colour, _): return "is a colour such as #0a7b3c"
        case (.layout, .text(let text)) where isLayout(text): return nil
        case (.layout, _): return "is a layout such as SMART_LAYOUT"
        case (.anything, _): return nil
        }
    }

    private static func isReadable(_ text: String) -> Bool {
        !text.unicodeScalars.contains { scalar in
            scalar.properties.generalCategory == .control && !breaks.contains(scalar)
        }
    }

    private static let breaks: [Unicode.Scalar] = ["\n", "\r", "\t"]

    private static func isHTTPS(_ text: String) -> Bool {
        let scheme = "https://"
        guard text.utf8.count <= 2_000, text.loweredASCII.hasPrefix(scheme) else { return false }
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        let host = rest.prefix { !Array("/?#".utf8).contains($0) }
        // No user: an address that looks as if it led elsewhere.
        return !host.isEmpty && !host.contains(UInt8(ascii: "@"))
            && rest.allSatisfy { $0 > 0x20 && $0 < 0x7F && !Array("\"<>\\^`{|}".utf8).contains($0) }
    }

    private static func isLanguage(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count <= 35, let language = parts.first, (2...8).contains(language.utf8.count),
            String(language).isLetters
        else { return false }
        return parts.allSatisfy { part in
            (1...8).contains(part.utf8.count) && part.utf8.allSatisfy { DomainName.isPlain($0) }
        }
    }

    private static func isColour(_ text: String) -> Bool {
        text.utf8.count == 7 && text.utf8.first == UInt8(ascii: "#")
            && text.utf8.dropFirst().allSatisfy { Array("0123456789abcdefABCDEF".utf8).contains($0) }
    }

    private static func isLayout(_ text: String) -> Bool {
        let octets = Array(text.utf8)
        func isCapital(_ octet: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet) }
        guard (1...64).contains(octets.count), isCapital(octets[0]) else { return false }
        return octets.allSatisfy { isCapital($0) || $0 == UInt8(ascii: "_") || isDigit($0) }
    }

    private static func isFreeKey(_ key: String) -> Bool {
        let octets = Array(key.utf8)
        func isLetter(_ octet: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet) }
        guard (1...64).contains(octets.count), isLetter(octets[0]) else { return false }
        return octets.allSatisfy { isLetter($0) || $0 == UInt8(ascii: "_") || isDigit($0) }
    }

    private static func isDigit(_ octet: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) }

    private static func isSmall(_ value: Metadata.Scalar) -> Bool {
        switch value {
        case .text(let text): text.utf8.count <= largestFree
        case .number(let number): number.isFinite
        case .null, .bool, .integer: true
        }
    }

    // MARK: what they say

    /// What was given, or what holds without.
    package func value(_ key: RoomSettingKey) -> Metadata.Scalar { given[key.rawValue] ?? key.setting.fallback }

    package func isOn(_ key: RoomSettingKey) -> Bool { value(key) == .bool(true) }

    /// `nil`: there is none.
    package func text(_ key: RoomSettingKey) -> String? {
        if case .text(let text) = value(key) { text } else { nil }
    }

    /// `nil`: there is none.
    package func integer(_ key: RoomSettingKey) -> Int? {
        if case .integer(let number) = value(key) { Int(clamping: number) } else { nil }
    }

    package var opensAt: WireTime? { text(.opensAt).flatMap { WireTime(timestamp: $0) } }
    package var closesAt: WireTime? { text(.closesAt).flatMap { WireTime(timestamp: $0) } }
    /// What is no policy lets nobody in.
    package var guestPolicy: GuestPolicy { text(.guestPolicy).flatMap(GuestPolicy.init(rawValue:)) ?? .alwaysDeny }
    package var showOwner: OwnerVisibility {
        text(.showOwner).flatMap(OwnerVisibility.init(rawValue:)) ?? .nobody
    }
}
