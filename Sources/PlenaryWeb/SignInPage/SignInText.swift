/// Every sentence of the pages of signing in, beside those of the room page. Each language has a dictionary of its own; a test
/// compares them.
enum SignInText: String, Sendable, Hashable, CaseIterable {
    case signInTitle, signInText, adminTitle, asAdmin, asUser, signIn, email, password, name, newPassword
    case passwordHint, repeatPassword, save, setUpTitle, firstTitle, firstText, goneTitle, goneText, accountTitle
    case kind, adminKind, userKind, roles, passwordTitle, currentPassword, passwordSaved, placesTitle, since, seen
    case here, signOutElsewhere, signedOutElsewhere, signOut, signOutTitle, signOutText, signedOutTitle
    case signedOutText, errorWrong, errorOldPassword, errorWait, errorForeign, errorEmail, errorName, errorPassword
    case errorRepeat

    func text(in language: PageLanguage) -> String {
        // A text that a language does not have is shown in English, never left out. A test does not let it come to that.
        Self.catalogue(of: language)[self] ?? Self.english[self] ?? rawValue
    }

    static func catalogue(of language: PageLanguage) -> [SignInText: String] {
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
