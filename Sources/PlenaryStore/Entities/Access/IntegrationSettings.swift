package import BigBlueButton
package import PlenaryCore

/// What may be set about an account's Integration API (`rooms-api.md` 15.9).
package struct IntegrationSettings: Sendable, Hashable {
    package var isEnabled: Bool
    /// Connections that a create reserves which says none; `nil`: the founding platform's number.
    package var defaultParticipants: Int?
    /// Minutes, likewise.
    package var defaultDuration: Int?
    package var chatTexts: AccountChatTexts
    /// Of ``AccountRights/canBeUnsupported``.
    package var unsupportedCalls: Set<CallName>

    package init(_ account: Account) {
        isEnabled = account.rights.hasIntegrationAPI
        defaultParticipants = account.rights.limits.defaultParticipants
        defaultDuration = account.rights.limits.defaultDuration
        chatTexts = account.chatTexts
        unsupportedCalls = account.rights.unsupportedCalls
    }
}

extension Store {
    /// Changes an account's Integration API in one step.
    ///
    /// - Parameters:
    ///   - firstSecret: becomes the account's when it has none, and the API is on then.
    ///   - change: gets the settings as they are, and may throw to leave them so.
    /// - Returns: `nil` when there is no such account.
    package func updateIntegration(
        of id: AccountID, firstSecret: Secret, now: WireTime,
        _ change: @escaping @Sendable (inout IntegrationSettings) throws -> Void
    ) async throws -> Account? {
        try await write { transaction in
            let connection = transaction.connection
            guard let old = try AccountRows.account(connection, id) else { return nil }
            let before = IntegrationSettings(old)
            var settings = before
            try change(&settings)
            if settings != before {
                var rights = old.rights
                rights.hasIntegrationAPI = settings.isEnabled
                rights.limits.defaultParticipants = settings.defaultParticipants
                rights.limits.defaultDuration = settings.defaultDuration
                rights.unsupportedCalls = settings.unsupportedCalls
                try AccountRows.write(rights, of: id, connection)
                let row: [CommerceColumn] = [
                    ("welcome_text", SQLValue(settings.chatTexts.welcome)),
                    ("moderator_text", SQLValue(settings.chatTexts.moderatorOnly)),
                    ("updated_at", .integer(now.milliseconds)),
                ]
                try transaction.update("accounts", row, of: id.number)
                try transaction.changed(.account, id.number)
            }
            if settings.isEnabled, old.secrets.isEmpty, old.unreadableSecrets.isEmpty {
                _ = try transaction.addSecret(firstSecret, label: "first", to: id, now: now)
            }
            return try AccountRows.account(connection, id)
        }
    }
}
