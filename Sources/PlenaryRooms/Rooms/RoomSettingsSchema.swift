package import PlenaryCore

/// The settings that count for a type of room on a provider, as a JSON Schema for forms and the command line
/// (`rooms-api.md` 7.4).
package enum RoomSettingsSchema {
    /// - Parameter provider: `nil`: whichever.
    package static func json(type: RoomType, provider: RoomProviderType?) -> JSON {
        let keys = RoomSettingKey.allCases.filter { $0.setting.applies(to: type, on: provider) }
        let longest = RoomSettings.largestFree
        return [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "room_settings", "type": "object",
            "properties": .object(keys.map { JSON.Member($0.rawValue, property($0.setting)) }),
            // Settings of one's own.
            "propertyNames": ["pattern": "^[a-z][a-z0-9_]{0,63}$"],
            "additionalProperties": [
                "type": ["string", "number", "boolean"], "maxLength": .integer(longest),
            ],
        ]
    }

    private static func property(_ setting: RoomSetting) -> JSON {
        var members = kind(setting.kind)
        if setting.fallback != .null {
            members.append(JSON.Member("default", RoomResource.json(setting.fallback)))
        }
        return .object(members)
    }

    private static func kind(_ kind: RoomSetting.Kind) -> [JSON.Member] {
        let text = JSON.Member("type", "string")
        switch kind {
        case .text(let longest): return [text, JSON.Member("maxLength", .integer(longest))]
        case .httpsURL:
            return [text, JSON.Member("format", "uri"), JSON.Member("pattern", "^[Hh][Tt][Tt][Pp][Ss]://")]
        case .bool: return [JSON.Member("type", "boolean")]
        case .integer(let range):
            return [
                JSON.Member("type", "integer"), JSON.Member("minimum", .integer(range.lowerBound)),
                JSON.Member("maximum", .integer(range.upperBound)),
            ]
        case .oneOf(let words): return [text, JSON.Member("enum", .list(words.map { .text($0) }))]
        case .time: return [text, JSON.Member("format", "date-time")]
        case .language: return [text, JSON.Member("pattern", "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
        case .colour: return [text, JSON.Member("pattern", "^#[0-9a-fA-F]{6}$")]
        case .layout: return [text, JSON.Member("pattern", "^[A-Z][A-Z0-9_]{0,63}$")]
        case .anything: return []
        }
    }
}
