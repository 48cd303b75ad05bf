package import BigBlueButton

/// What an account's meetings say instead of the platform's default texts. `nil`: the platform's; empty: nothing.
package struct AccountChatTexts: Sendable, Hashable {
    package let welcome: String?
    package let moderatorOnly: String?

    /// An account that says nothing of its own.
    package static let platform = AccountChatTexts()

    package init(welcome: String? = nil, moderatorOnly: String? = nil) {
        self.welcome = welcome
        self.moderatorOnly = moderatorOnly
    }
}

/// The texts that new meetings show in their chat before the caller's own: who hosts them, and how to join by phone
/// (`rooms-api.md` 15.8).
///
/// Texts are HTML, as BigBlueButton takes it. `%%PLATFORM%%` stands for the platform's name; of the placeholders of
/// BigBlueButton, those of the dial-in are left out with their sentences when there is none, and all others stay.
package struct DefaultChatTexts: Sendable, Hashable {
    /// Whether the operator wants any texts: an own one, or the built-in ones with the name of the platform.
    package let isOn: Bool
    private let platform: String
    private let hasDialIn: Bool
    private let template: ChatTemplate
    /// Finished; empty: none.
    private let welcome: String
    private let moderatorOnly: String

    package static let off = DefaultChatTexts()

    /// - Parameters:
    ///   - platform: its name, as people write it; empty: no built-in texts.
    ///   - locale: of the built-in texts; English when there are none in that language.
    ///   - welcome: instead of the built-in text, when it is not empty.
    ///   - moderatorOnly: the same, for moderators.
    ///   - hasDialIn: whether servers have a telephone number.
    package init(
        platform: String = "", locale: String = "en", welcome: String = "", moderatorOnly: String = "",
        hasDialIn: Bool = false
    ) {
        isOn = !platform.isEmpty || !welcome.isEmpty || !moderatorOnly.isEmpty
        self.platform = platform
        self.hasDialIn = hasDialIn
        template = ChatTemplate.closest(to: locale) ?? .english
        let hasName = !platform.isEmpty
        self.welcome = Self.finished(
            welcome.isEmpty && hasName ? template.welcome : welcome, platform: platform, hasDialIn: hasDialIn)
        self.moderatorOnly = Self.finished(
            moderatorOnly.isEmpty && hasName ? template.moderatorOnly : moderatorOnly, platform: platform,
            hasDialIn: hasDialIn)
    }

    private static func finished(_ text: String, platform: String, hasDialIn: Bool) -> String {
        let text = hasDialIn ? text : DialInRemoval.apply(to: text)
        // The name comes last: a full stop in it ends no sentence.
        return text.replacing(ChatTemplate.platform, with: escaped(platform))
    }

    /// A name as HTML. By scalars: a combining character behind a `<` would make another Character of it.
    private static func escaped(_ name: String) -> String {
        name.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    // MARK: creates

    /// The founding document's name and ours; the first that is given counts.
    private static let switches = ["deactivateBbbserverDefaultChatTexts", "deactivateDefaultChatTexts"]

    /// Shown as nothing. BigBlueButton would show the server's own text instead of an empty one.
    private static let nothing = "\u{200B}"

    /// Whether the caller of a create wants no texts but his own.
    package static func areDeactivated(in parameters: Parameters) -> Bool {
        switches.lazy.compactMap { parameters[$0] }.first?.lowercased() == "true"
    }

    /// The parameters of a create as a server gets them.
    ///
    /// - Parameter account: what the caller's account says instead of the platform.
    package func applied(to parameters: Parameters, account: AccountChatTexts = .platform) -> Parameters {
        let areDeactivated = Self.areDeactivated(in: parameters)
        var parameters = parameters
        for name in Self.switches { parameters[name] = nil }
        if areDeactivated {
            if parameters["welcome"]?.isEmpty != false { parameters["welcome"] = Self.nothing }
            return parameters
        }
        put(account.welcome.map(own) ?? welcome, before: "welcome", in: &parameters)
        put(account.moderatorOnly.map(own) ?? moderatorOnly, before: "moderatorOnlyMessage", in: &parameters)
        return parameters
    }

    private func own(_ text: String) -> String { Self.finished(text, platform: platform, hasDialIn: hasDialIn) }

    private func put(_ text: String, before name: String, in parameters: inout Parameters) {
        guard !text.isEmpty else { return }
        let given = parameters[name] ?? ""
        parameters[name] = given.isEmpty ? text : text + "<br><br>" + given
    }

    // MARK: chat lines

    /// What is told in the chat of a meeting about its reservation, as plain text; `nil` when texts are off. Who deactivated
    /// them in the create (``areDeactivated(in:)``) wants none of these either.
    package func line(_ notice: ReservationNotice) -> String? { isOn ? template.line(notice) : nil }
}
