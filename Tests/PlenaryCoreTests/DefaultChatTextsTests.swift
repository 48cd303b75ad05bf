import BigBlueButton
import Testing

@testable import PlenaryCore

/// What stands before callers' own chat texts (`rooms-api.md` 15.8).
@Suite struct DefaultChatTextsTests {
    private static let texts = DefaultChatTexts(
        platform: "Acme", welcome: "Hosted by %%PLATFORM%%", moderatorOnly: "You moderate")
    private static let nothing = "\u{200B}"
    private static let name = "deactivateBbbserverDefaultChatTexts"
    private static let alias = "deactivateDefaultChatTexts"

    // MARK: the switch

    struct Switch: Sendable, CustomTestStringConvertible {
        let parameters: Parameters
        let isOn: Bool

        init(_ parameters: Parameters, _ isOn: Bool) {
            self.parameters = parameters
            self.isOn = isOn
        }

        var testDescription: String { parameters.encoded() }
    }

    static let switches: [Switch] = [
        Switch([:], false), Switch([name: "true"], true), Switch([name: "TRUE"], true), Switch([name: "tRuE"], true),
        Switch([name: "false"], false), Switch([name: ""], false), Switch([name: "1"], false),
        Switch([name: "yes"], false), Switch([name: " true"], false), Switch([name: "true "], false),
        Switch([alias: "true"], true), Switch([alias: "True"], true), Switch([alias: "false"], false),
        // The founding document's name counts, wherever it stands.
        Switch([name: "true", alias: "false"], true), Switch([name: "false", alias: "true"], false),
        Switch([alias: "true", name: "false"], false), Switch([alias: "false", name: "true"], true),
        Switch([name: "", alias: "true"], false),
        // Of one name, the first.
        Switch([name: "true", name: "false"], true), Switch([name: "false", name: "true"], false),
        // Names are spelled exactly.
        Switch(["deactivatebbbserverdefaultchattexts": "true"], false),
        Switch(["deactivateDefaultChatText": "true"], false),
    ]

    @Test(arguments: switches) func `only true is true, and the switch is not passed on`(it: Switch) {
        #expect(DefaultChatTexts.areDeactivated(in: it.parameters) == it.isOn)
        for texts in [Self.texts, .off] {
            let sent = texts.applied(to: it.parameters)
            #expect(sent[Self.name] == nil && sent[Self.alias] == nil)
            if it.isOn { #expect(sent["welcome"] == Self.nothing && sent["moderatorOnlyMessage"] == nil) }
        }
        let sent = Self.texts.applied(to: it.parameters)
        #expect((sent["welcome"] == "Hosted by Acme") == !it.isOn)
        #expect((sent["moderatorOnlyMessage"] == "You moderate") == !it.isOn)
    }

    // MARK: the texts

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        /// What stands in the settings, for everybody and for moderators.
        var ours = ("Hosted", "Moderate")
        var account = AccountChatTexts.platform
        let given: Parameters
        let sent: Parameters

        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(
            name: "ours, then the caller's", given: ["welcome": "Hello", "moderatorOnlyMessage": "Psst"],
            sent: ["welcome": "Hosted<br><br>Hello", "moderatorOnlyMessage": "Moderate<br><br>Psst"]),
        Row(
            name: "ours alone", given: ["name": "Room"],
            sent: ["name": "Room", "welcome": "Hosted", "moderatorOnlyMessage": "Moderate"]),
        Row(
            name: "an empty text is none", given: ["welcome": "", "name": "Room", "moderatorOnlyMessage": ""],
            sent: ["welcome": "Hosted", "name": "Room", "moderatorOnlyMessage": "Moderate"]),
        Row(
            name: "the first of two is the caller's text", given: Parameters(parsing: "welcome=One&welcome=Two"),
            sent: ["welcome": "Hosted<br><br>One", "moderatorOnlyMessage": "Moderate"]),
        Row(
            name: "only for everybody", ours: ("Hosted", ""), given: ["moderatorOnlyMessage": "Psst"],
            sent: ["moderatorOnlyMessage": "Psst", "welcome": "Hosted"]),
        Row(
            name: "only for moderators", ours: ("", "Moderate"), given: ["welcome": "Hello"],
            sent: ["welcome": "Hello", "moderatorOnlyMessage": "Moderate"]),
        Row(
            name: "white label", given: [alias: "true", "welcome": "Hello", "moderatorOnlyMessage": "Psst"],
            sent: ["welcome": "Hello", "moderatorOnlyMessage": "Psst"]),
        Row(name: "white label without texts", given: [name: "true"], sent: ["welcome": nothing]),
        Row(
            name: "white label with empty texts", given: ["welcome": "", "moderatorOnlyMessage": "", name: "true"],
            sent: ["welcome": nothing, "moderatorOnlyMessage": ""]),
        Row(
            name: "white label for moderators only", given: [name: "true", "moderatorOnlyMessage": "Psst"],
            sent: ["moderatorOnlyMessage": "Psst", "welcome": nothing]),
        Row(
            name: "off", ours: ("", ""), given: ["welcome": "", alias: "false", "name": "Room", name: "no"],
            sent: ["welcome": "", "name": "Room"]),
        Row(
            name: "off, with the caller's texts", ours: ("", ""),
            given: Parameters(parsing: "welcome=Hello&moderatorOnlyMessage=Psst&welcome=again"),
            sent: Parameters(parsing: "welcome=Hello&moderatorOnlyMessage=Psst&welcome=again")),
        Row(
            name: "off, white label without texts", ours: ("", ""), given: [alias: "true"],
            sent: ["welcome": nothing]),
        Row(
            name: "an account's texts instead", account: AccountChatTexts(welcome: "School", moderatorOnly: "Staff"),
            given: ["welcome": "Hello"],
            sent: ["welcome": "School<br><br>Hello", "moderatorOnlyMessage": "Staff"]),
        Row(
            name: "one of an account's texts", account: AccountChatTexts(moderatorOnly: "Staff"), given: [:],
            sent: ["welcome": "Hosted", "moderatorOnlyMessage": "Staff"]),
        Row(
            name: "an account without texts", account: AccountChatTexts(welcome: "", moderatorOnly: ""),
            given: ["welcome": "Hello"], sent: ["welcome": "Hello"]),
        Row(
            name: "an account's texts where the platform has none", ours: ("", ""),
            account: AccountChatTexts(welcome: "School"), given: [:], sent: ["welcome": "School"]),
        Row(
            name: "white label goes for an account's texts too", account: AccountChatTexts(welcome: "School"),
            given: [name: "true"], sent: ["welcome": nothing]),
        Row(
            name: "an account's text without its dial-in",
            account: AccountChatTexts(welcome: "School<br>%%DIALNUM%%", moderatorOnly: "%%CONFNUM%%"), given: [:],
            sent: ["welcome": "School"]),
    ]

    @Test(arguments: rows) func `default texts stand before the caller's`(row: Row) {
        let texts = DefaultChatTexts(welcome: row.ours.0, moderatorOnly: row.ours.1)
        #expect(texts.applied(to: row.given, account: row.account) == row.sent)
    }

    // MARK: templates

    private struct Sent: Equatable {
        let welcome: String
        let moderatorOnly: String

        static let nothing = Sent(welcome: "", moderatorOnly: "")
    }

    private func sent(_ texts: DefaultChatTexts) -> Sent {
        let parameters = texts.applied(to: [:])
        return Sent(
            welcome: parameters["welcome"] ?? "", moderatorOnly: parameters["moderatorOnlyMessage"] ?? "")
    }

    @Test func `the built-in texts name the platform and tell the dial-in`() {
        let texts = sent(DefaultChatTexts(platform: "Acme", hasDialIn: true))
        #expect(
            texts.welcome == """
                This conference is hosted by Acme.<br>To join by phone, dial %%DIALNUM%% and enter %%CONFNUM%%.
                """)
        #expect(sent(DefaultChatTexts(platform: "Acme")).welcome == "This conference is hosted by Acme.")
        #expect(sent(.off) == .nothing)
        #expect(sent(DefaultChatTexts(locale: "de", hasDialIn: true)) == .nothing)
    }

    @Test(arguments: ChatTemplate.all.map(\.locale)) func `each language says the same`(locale: String) throws {
        let template = try #require(ChatTemplate.closest(to: locale))
        #expect(template.locale == locale)
        let whole = sent(DefaultChatTexts(platform: "Acme", locale: locale, hasDialIn: true))
        let short = sent(DefaultChatTexts(platform: "Acme", locale: locale))
        #expect(whole.welcome != whole.moderatorOnly)
        for (with, without) in [(whole.welcome, short.welcome), (whole.moderatorOnly, short.moderatorOnly)] {
            #expect(with.contains("Acme") && !with.contains(ChatTemplate.platform))
            for placeholder in ChatTemplate.dialIn { #expect(with.contains(placeholder)) }
            // The host's line stays as it is.
            #expect(without.contains("Acme") && with.hasPrefix(without + "<br>"))
            #expect(!without.contains("%%"))
        }
        for notice in ReservationNotice.allCases {
            let line = template.line(notice)
            #expect((1...500).contains(line.utf16.count) && !line.contains("%%") && !line.contains("<"))
        }
        #expect(template.line(.expiring).contains(" \(ReservationNotice.minutesBefore) "))
        #expect(!template.line(.expired).contains(" \(ReservationNotice.minutesBefore) "))
    }

    @Test(
        arguments: [
            ("en", "en"), ("de", "de"), ("pt-BR", "pt-BR"), ("pt-br", "pt-BR"), ("pt_BR", "pt-BR"), ("DE", "de"),
            ("de-AT", "de"), ("fr_CA", "fr"), ("pt", "pt-BR"), ("pt-PT", "pt-BR"), ("ar-EG", "ar"), ("nl", nil),
            ("", nil),
            ("english", nil), ("-", nil), ("e", nil),
        ] as [(String, String?)])
    func `a language is found exactly, or else by its first part`(locale: String, found: String?) {
        #expect(ChatTemplate.closest(to: locale)?.locale == found)
        let english = sent(DefaultChatTexts(platform: "Acme"))
        if found == nil { #expect(sent(DefaultChatTexts(platform: "Acme", locale: locale)) == english) }
    }

    @Test func `Arabic runs from right to left, and telephone numbers do not`() throws {
        let texts = sent(DefaultChatTexts(platform: "Acme", locale: "ar", hasDialIn: true))
        for text in [texts.welcome, texts.moderatorOnly] {
            for line in text.split(separator: "<br>") {
                #expect(line.hasPrefix("\u{2067}") && line.hasSuffix("\u{2069}"))
            }
            for part in ["\u{2068}Acme\u{2069}", "\u{2066}%%DIALNUM%%\u{2069}", "\u{2066}%%CONFNUM%%\u{2069}"] {
                #expect(text.contains(part))
            }
            let opening = text.unicodeScalars.filter { ("\u{2066}"..."\u{2068}").contains($0) }
            #expect(opening.count == text.unicodeScalars.filter { $0 == "\u{2069}" }.count)
        }
    }

    @Test(arguments: [
        ("Acme & Sons", "Acme &amp; Sons"), ("<b>Acme</b>", "&lt;b&gt;Acme&lt;/b&gt;"),
        (#"A "C" 'M'"#, "A &quot;C&quot; &#39;M&#39;"), ("&amp;", "&amp;amp;"), ("<\u{338}i>", "&lt;\u{338}i&gt;"),
        ("meet. Acme. example", "meet. Acme. example"), ("Ĳssel", "Ĳssel"),
    ])
    func `the name of the platform is text, not HTML`(platform: String, html: String) {
        #expect(sent(DefaultChatTexts(platform: platform)).welcome == "This conference is hosted by \(html).")
    }

    @Test func `an own template takes the place of one built-in text, and its placeholders stay`() {
        let own = "<b>%%PLATFORM%%</b>: %%CONFNAME%% at %%SERVERURL%%, %%PLATFORM%%"
        let texts = sent(DefaultChatTexts(platform: "A&B", locale: "de", welcome: own))
        #expect(texts.welcome == "<b>A&amp;B</b>: %%CONFNAME%% at %%SERVERURL%%, A&amp;B")
        #expect(texts.moderatorOnly == "Sie moderieren eine Konferenz, die von A&amp;B bereitgestellt wird.")
        // Without a name there are no built-in texts beside it.
        #expect(sent(DefaultChatTexts(moderatorOnly: "Psst")) == Sent(welcome: "", moderatorOnly: "Psst"))
        let dialIn = "Tel. %%DIALNUM%%, PIN %%CONFNUM%%"
        #expect(sent(DefaultChatTexts(welcome: dialIn, hasDialIn: true)).welcome == dialIn)
        #expect(sent(DefaultChatTexts(welcome: dialIn)).welcome.isEmpty)
    }

    // MARK: the dial-in

    @Test(arguments: [
        ("", ""), ("Welcome", "Welcome"), ("Dial %%DIALNUM%%", ""), ("%%DIALNUM%% %%CONFNUM%%", ""),
        // Lines.
        ("Welcome.<br>Dial %%DIALNUM%%.", "Welcome."), ("Dial %%DIALNUM%%.<br/>Welcome.", "Welcome."),
        ("A<BR />%%CONFNUM%%<br>B", "A<br>B"), ("A<br>%%DIALNUM%%<br>%%CONFNUM%%", "A"),
        ("Welcome. Dial %%DIALNUM%%. Bye.<br>Hi", "Hi"), (#"<a href="tel:%%DIALNUM%%">Call</a><br>Hi"#, "Hi"),
        // Nothing else is touched.
        ("%%SERVERURL%%<br> <br>%%dialnum%%<br>", "%%SERVERURL%%<br> <br>%%dialnum%%<br>"),
    ])
    func `what speaks of the dial-in is left out`(html: String, left: String) {
        #expect(DialInRemoval.apply(to: html) == left)
    }

    @Test(arguments: UInt64(0)..<200) func `of any text no dial-in is left, and once is enough`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let parts = [
            "Hello", ". ", "! ", " ", "%%DIALNUM%%", "%%CONFNUM%%", "%%CONFNAME%%", "<br>", "<b>", "</b>", "<p>",
            "</p>",
            "<", ">", "\u{338}", "\u{061F} ",
        ]
        let count = Int.random(in: 0..<20, using: &random)
        let html = (0..<count).map { _ in parts[Int.random(in: 0..<parts.count, using: &random)] }.joined()
        let left = DialInRemoval.apply(to: html)
        for placeholder in ChatTemplate.dialIn { #expect(left.utf8.firstRange(of: placeholder.utf8) == nil, "\(html)") }
        #expect(DialInRemoval.apply(to: left) == left)
    }

    // MARK: chat lines

    @Test(arguments: ReservationNotice.allCases) func `lines are told where texts are on`(notice: ReservationNotice) {
        #expect(DefaultChatTexts.off.line(notice) == nil && !DefaultChatTexts.off.isOn)
        #expect(DefaultChatTexts(locale: "de", hasDialIn: true).line(notice) == nil)
        for texts in [
            DefaultChatTexts(platform: "Acme"), DefaultChatTexts(welcome: "Hi"), DefaultChatTexts(moderatorOnly: "Hi"),
        ] {
            #expect(texts.isOn && texts.line(notice) == ChatTemplate.english.line(notice))
        }
        let german = DefaultChatTexts(platform: "Acme", locale: "de-AT").line(notice)
        #expect(german == ChatTemplate.closest(to: "de")?.line(notice))
        #expect(german?.contains("Die Konferenz geht weiter") == true)
    }
}
