package import BigBlueButton
package import PlenaryCore
package import PlenaryStore

/// The Integration API of an account as the API shows and takes it (`rooms-api.md` 15.9).
package enum IntegrationResource {
    package static let schema = ResourceSchema(
        "IntegrationAPI",
        fields: [
            .init("object"), .init("account_id"), .init("enabled"), .init("credentials"),
            .init("default_max_participants"), .init("default_duration"), .init("default_chat_texts"),
            .init("unsupported_calls"), .init("updated_at"),
        ])

    /// Octets of a chat text.
    package static let longestText = 8_192

    /// What a change would change.
    package static func state(_ settings: IntegrationSettings) -> JSON {
        [
            "enabled": .bool(settings.isEnabled), "default_max_participants": JSON(settings.defaultParticipants),
            "default_duration": JSON(settings.defaultDuration), "default_chat_texts": json(settings.chatTexts),
            "unsupported_calls": json(settings.unsupportedCalls),
        ]
    }

    /// - Parameters:
    ///   - base: the public address, without a slash at its end.
    ///   - now: the newest secret that is valid then is shown.
    package static func json(_ account: Account, base: String, now: WireTime) -> JSON {
        let settings = IntegrationSettings(account)
        let defaults = account.rights.limits.reservationDefaults
        return [
            "object": .text(schema.object), "account_id": .text(account.identity.id),
            "enabled": .bool(settings.isEnabled),
            "credentials": credentials(of: account, base: base, now: now),
            "default_max_participants": .integer(defaults.participants),
            "default_duration": .integer(defaults.duration), "default_chat_texts": json(settings.chatTexts),
            "unsupported_calls": json(settings.unsupportedCalls), "updated_at": JSON(account.updatedAt),
        ]
    }

    /// `null` while the API is off, or while there is no secret.
    private static func credentials(of account: Account, base: String, now: WireTime) -> JSON {
        guard account.rights.hasIntegrationAPI, let newest = account.secrets(at: now).last else { return .null }
        return [
            "url": .text("\(base)/a/\(account.slug.text)/bigbluebutton/"), "secret": .text(newest.secret.reveal()),
        ]
    }

    private static func json(_ texts: AccountChatTexts) -> JSON {
        ["welcome": JSON(texts.welcome), "moderator_only": JSON(texts.moderatorOnly)]
    }

    private static func json(_ calls: Set<CallName>) -> JSON {
        .list(calls.map(\.rawValue).sorted().map { .text($0) })
    }

    // MARK: reading

    /// The settings after a PATCH.
    ///
    /// - Parameters:
    ///   - shown: what a GET shows, which may be sent back as it is.
    ///   - isOperator: only the platform's own say which calls are not supported.
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func settings(
        from body: ObjectReader, changing old: IntegrationSettings, shown: JSON, isOperator: Bool
    ) throws(Problem) -> IntegrationSettings {
        var reader = body
        var settings = old
        for name in ["object", "account_id", "credentials", "updated_at"] { reader.readOnly(name, is: shown[name]) }
        settings.isEnabled = reader.optional("enabled", JSONKind<Bool>.bool) ?? old.isEnabled
        let number = JSONKind<Int>.integer(1...Int(Int32.max))
        settings.defaultParticipants = given(
            reader.patch("default_max_participants", number), shown["default_max_participants"],
            old.defaultParticipants)
        settings.defaultDuration = given(
            reader.patch("default_duration", number), shown["default_duration"], old.defaultDuration)
        let texts = reader.object("default_chat_texts") { inner in
            AccountChatTexts(
                welcome: inner.patch("welcome", JSONKind<String>.chatText).applied(to: old.chatTexts.welcome),
                moderatorOnly: inner.patch("moderator_only", JSONKind<String>.chatText)
                    .applied(to: old.chatTexts.moderatorOnly))
        }
        settings.chatTexts = texts.applied(to: old.chatTexts, null: .platform)
        if isOperator {
            let calls = reader.patch(
                "unsupported_calls", JSONKind<[CallName]>.list(of: .canBeUnsupported, longest: 5))
            switch calls {
            case .absent: break
            case .null: settings.unsupportedCalls = []
            case .value(let names): settings.unsupportedCalls = Set(names)
            }
        } else {
            reader.readOnly("unsupported_calls", is: shown["unsupported_calls"])
        }
        try reader.finish()
        return settings
    }

    /// What was not set is shown too, and sent back it stays unset.
    private static func given(_ patch: Patch<Int>, _ shown: JSON?, _ old: Int?) -> Int? {
        if case .value(let number) = patch, old == nil, shown == JSON.integer(number) { return nil }
        return patch.applied(to: old)
    }

    /// How long an old secret is valid beside the new one.
    ///
    /// - Throws: 422 `validation_failed` with everything that is wrong.
    package static func overlap(from body: ObjectReader) throws(Problem) -> Duration {
        var reader = body
        let minutes = reader.optional("overlap_minutes", JSONKind<Int>.integer(0...longestOverlap)) ?? 60
        try reader.finish()
        return .seconds(60 * minutes)
    }

    /// Minutes: 30 days.
    package static let longestOverlap = 43_200
}

extension JSONKind where Value == CallName {
    /// A call that an account may be without (15.10).
    package static var canBeUnsupported: JSONKind {
        JSONKind { json, place in
            guard let text = json.text else {
                return .faults([RequestFault(.pointer(place), .invalidType, "It is a text.")])
            }
            let call = CallName(rawValue: text)
            guard AccountRights.canBeUnsupported.contains(call) else {
                return .faults([RequestFault(.pointer(place), .invalidEnum, "There is no such call to be without.")])
            }
            return .value(call)
        }
    }
}

extension JSONKind where Value == String {
    /// HTML for a chat; empty: no text at all.
    fileprivate static var chatText: JSONKind {
        JSONKind { json, place in
            let most = IntegrationResource.longestText
            guard let text = json.text else {
                return .faults([RequestFault(.pointer(place), .invalidType, "It is a text.")])
            }
            guard text.utf8.count <= most else {
                let fault = RequestFault(.pointer(place), .tooLong, "It has at most \(most) octets.")
                return .faults([fault])
            }
            return .value(text)
        }
    }
}
