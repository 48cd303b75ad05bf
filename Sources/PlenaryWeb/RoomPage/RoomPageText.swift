/// Every sentence of the room page. Each language has a dictionary of its own, `RoomPageText+<Language>.swift`; a test compares them.
/// Numbers stand behind a colon or in a list: no language needs forms of the plural then, and Arabic has six.
enum RoomPageText: String, Sendable, Hashable, CaseIterable {
    case languages, codeLabel, hostedBy, peopleIn, meetingRuns, roleModerator, roleAttendee, roleGuest, devices
    case recordingPossible, recordingAutomatic, signIn, joinAsGuest, tryAgain, reactivate, reactivateText
    case calendar, rejoin, formTitle, name, nameHint, remember, accessCode, accessCodeHint, consent, join, start
    case busy, errorsTitle, errorPrefix, errorName, errorCodeRequired, errorCodeInvalid, errorCodeExpired
    case errorConsent, notStartedTitle, notStartedText, providerTitle, providerText, queueTitle, queueText
    case queuePlace, lookNow, sound, readyTitle, readyText, enter, notOpenTitle, notOpenText, opensAt, timeLeft
    case closedTitle, closedText, lockedTitle, lockedText, againAt, roomNotFoundTitle, roomNotFoundText
    case roomGoneTitle, roomGoneText, tokenInvalidTitle, tokenInvalidText, tokenExpiredTitle, tokenExpiredText
    case tokenUsedUpTitle, tokenUsedUpText, tokenRequiredTitle, tokenRequiredText, inactiveTitle, inactiveText
    case unusableTitle, unusableText, reason, reasonSubscription, reasonAccount, reasonCustomer, noGuestsTitle
    case noGuestsText, capacityTitle, capacityText, sessionsText, limitText, free, limit, inUse, wanted
    case fullTitle, fullText, noProviderTitle, noProviderText, noAdapterText, roomType, leftTitle, leftRunsText
    case leftEndedText, preemptedTitle, preemptedText, deniedTitle, deniedText, endedTitle, endedText, refusedTitle
    case refusedText, failedTitle, failedText

    /// - Parameter values: what stands for `{name}` in it.
    func text(in language: PageLanguage, _ values: [String: String] = [:]) -> String {
        // A text that a language does not have is shown in English, never left out. A test does not let it come to that.
        var text = Self.catalogue(of: language)[self] ?? Self.english[self] ?? rawValue
        // There is one value at most: none is looked for in another.
        for (name, value) in values { text = text.replacing("{\(name)}", with: value) }
        return text
    }

    static func catalogue(of language: PageLanguage) -> [RoomPageText: String] {
        switch language {
        case .english: english
        case .german: german
        case .french: french
        case .spanish: spanish
        case .portuguese: portuguese
        case .arabic: arabic
        }
    }
}
