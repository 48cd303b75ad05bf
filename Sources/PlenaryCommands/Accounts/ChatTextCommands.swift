internal import ArgumentParser
internal import PlenaryCore
internal import PlenaryStore

struct AccountTextsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "texts", abstract: "What an account's meetings say in their chat; without options: what is set.",
        discussion: """
            Texts are HTML. %%PLATFORM%%, %%DIALNUM%% and %%CONFNUM%% are filled in. An empty text is none; `platform` stands \
            for the text of the settings.
            """)
    @Argument(help: "Its short name.") var account: String
    @Option(help: "For everybody.") var welcome: String?
    @Option(help: "For moderators.") var moderatorOnly: String?
    @OptionGroup var output: OutputOptions

    /// Absent: the text of the settings.
    private struct View: Encodable {
        let account: String
        let welcome: String?
        let moderatorOnly: String?
    }

    func run() async throws {
        for text in [welcome, moderatorOnly] where (text?.utf8.count ?? 0) > 8_192 {
            throw CommandFailure(
                message: "the text is too long", remedy: "8,192 octets at most: chats show some lines.", exitCode: 64)
        }
        let (welcome, moderatorOnly) = (welcome, moderatorOnly)
        let view = try await Workplace.open { place in
            var found = try place.account(account)
            if welcome != nil || moderatorOnly != nil {
                let changed = try await place.store.setChatTexts(of: found.id) { texts in
                    AccountChatTexts(
                        welcome: Self.text(welcome, before: texts.welcome),
                        moderatorOnly: Self.text(moderatorOnly, before: texts.moderatorOnly))
                }
                guard let changed else {
                    throw CommandFailure(message: "the account was just removed", remedy: "plenary account list")
                }
                found = changed
            }
            return View(
                account: found.slug.text, welcome: found.chatTexts.welcome,
                moderatorOnly: found.chatTexts.moderatorOnly)
        }
        if output.json { return try Console.json(view) }
        Console.say("welcome: \(Self.words(view.welcome))")
        Console.say("for moderators: \(Self.words(view.moderatorOnly))")
    }

    private static func text(_ given: String?, before: String?) -> String? {
        guard let given else { return before }
        return given == "platform" ? nil : given
    }

    private static func words(_ text: String?) -> String {
        guard let text else { return "as the settings say" }
        return text.isEmpty ? "nothing" : MeetingView.printable(text)
    }
}
