/// What is told in the chat about the time that a meeting has reserved (`rooms-api.md` 15.5).
package enum ReservationNotice: Sendable, Hashable, CaseIterable {
    /// ``minutesBefore`` the end.
    case expiring
    /// At the end.
    case expired

    /// The built-in texts say this number too.
    package static let minutesBefore = 10
}

/// The built-in chat texts in one language (`rooms-api.md` 15.5, 15.8).
package struct ChatTemplate: Sendable, Hashable {
    /// As BigBlueButton's clients spell it: `en`, `pt-BR`.
    package let locale: String
    /// HTML that everybody sees.
    package let welcome: String
    /// HTML that moderators see.
    package let moderatorOnly: String
    private let expiring: String
    private let expired: String

    /// Where the platform's name stands in a text. It is ours; servers know nothing of it.
    package static let platform = "%%PLATFORM%%"
    /// Where a server puts its telephone number, and the number of the conference.
    package static let dialIn = ["%%DIALNUM%%", "%%CONFNUM%%"]

    /// Plain text: a chat line is no HTML, and is of at most 500 characters.
    package func line(_ notice: ReservationNotice) -> String {
        switch notice {
        case .expiring: expiring
        case .expired: expired
        }
    }

    /// The texts in that language, or in any variety of it.
    ///
    /// - Parameter locale: `de`, `de-AT`, `pt_br`.
    package static func closest(to locale: String) -> ChatTemplate? {
        let wanted = normal(locale)
        return all.first { normal($0.locale) == wanted }
            ?? all.first { language($0.locale) == language(locale) }
    }

    private static func normal(_ locale: String) -> String { locale.lowercased().replacing("_", with: "-") }

    private static func language(_ locale: String) -> Substring { normal(locale).prefix { $0 != "-" } }

    // MARK: the texts

    // One sentence a line: the dial-in is left out where there is none.

    package static let all = [english, german, french, spanish, portuguese, arabic]

    package static let english = ChatTemplate(
        locale: "en",
        welcome: """
            This conference is hosted by %%PLATFORM%%.<br>\
            To join by phone, dial %%DIALNUM%% and enter %%CONFNUM%%.
            """,
        moderatorOnly: """
            You moderate a conference that is hosted by %%PLATFORM%%.<br>\
            To let others join by phone, tell them to dial %%DIALNUM%% and to enter %%CONFNUM%%.
            """,
        expiring: """
            The reserved time of this meeting ends in 10 minutes. \
            The meeting goes on, but it may be ended when its connections are needed.
            """,
        expired: """
            The reserved time of this meeting is over. \
            The meeting goes on, but it may be ended when its connections are needed.
            """)

    private static let german = ChatTemplate(
        locale: "de",
        welcome: """
            Diese Konferenz wird von %%PLATFORM%% bereitgestellt.<br>\
            Um per Telefon teilzunehmen, wählen Sie %%DIALNUM%% und geben Sie %%CONFNUM%% ein.
            """,
        moderatorOnly: """
            Sie moderieren eine Konferenz, die von %%PLATFORM%% bereitgestellt wird.<br>\
            Wer per Telefon teilnehmen möchte, wählt %%DIALNUM%% und gibt %%CONFNUM%% ein.
            """,
        expiring: """
            Die reservierte Zeit dieser Konferenz endet in 10 Minuten. \
            Die Konferenz geht weiter, kann aber beendet werden, wenn ihre Verbindungen gebraucht werden.
            """,
        expired: """
            Die reservierte Zeit dieser Konferenz ist abgelaufen. \
            Die Konferenz geht weiter, kann aber beendet werden, wenn ihre Verbindungen gebraucht werden.
            """)

    private static let french = ChatTemplate(
        locale: "fr",
        welcome: """
            Cette conférence est hébergée par %%PLATFORM%%.<br>\
            Pour participer par téléphone, composez le %%DIALNUM%% et saisissez %%CONFNUM%%.
            """,
        moderatorOnly: """
            Vous modérez une conférence hébergée par %%PLATFORM%%.<br>\
            Pour participer par téléphone, il faut composer le %%DIALNUM%% et saisir %%CONFNUM%%.
            """,
        expiring: """
            Le temps réservé pour cette conférence se termine dans 10 minutes. \
            La conférence continue, mais il peut y être mis fin si ses connexions sont nécessaires ailleurs.
            """,
        expired: """
            Le temps réservé pour cette conférence est écoulé. \
            La conférence continue, mais il peut y être mis fin si ses connexions sont nécessaires ailleurs.
            """)

    private static let spanish = ChatTemplate(
        locale: "es",
        welcome: """
            Esta conferencia está alojada en %%PLATFORM%%.<br>\
            Para participar por teléfono, marque %%DIALNUM%% e introduzca %%CONFNUM%%.
            """,
        moderatorOnly: """
            Usted modera una conferencia alojada en %%PLATFORM%%.<br>\
            Para participar por teléfono hay que marcar %%DIALNUM%% e introducir %%CONFNUM%%.
            """,
        expiring: """
            El tiempo reservado para esta conferencia termina en 10 minutos. \
            La conferencia continúa, pero puede finalizarse cuando se necesiten sus conexiones.
            """,
        expired: """
            El tiempo reservado para esta conferencia ha terminado. \
            La conferencia continúa, pero puede finalizarse cuando se necesiten sus conexiones.
            """)

    private static let portuguese = ChatTemplate(
        locale: "pt-BR",
        welcome: """
            Esta conferência é hospedada por %%PLATFORM%%.<br>\
            Para participar por telefone, disque %%DIALNUM%% e digite %%CONFNUM%%.
            """,
        moderatorOnly: """
            Você modera uma conferência hospedada por %%PLATFORM%%.<br>\
            Para participar por telefone, é preciso discar %%DIALNUM%% e digitar %%CONFNUM%%.
            """,
        expiring: """
            O tempo reservado para esta conferência termina em 10 minutos. \
            A conferência continua, mas pode ser encerrada quando suas conexões forem necessárias.
            """,
        expired: """
            O tempo reservado para esta conferência acabou. \
            A conferência continua, mas pode ser encerrada quando suas conexões forem necessárias.
            """)

    // The chat may run from left to right. So each line is isolated as one from right to left (U+2067), and what stands in
    // it is isolated in its own direction: else the plus sign of a telephone number is shown behind it. By characters, as
    // elements such as `<bdi>` need not pass through the servers' filters.
    private static let arabic = ChatTemplate(
        locale: "ar",
        welcome: """
            \u{2067}هذا المؤتمر مستضاف على منصة \u{2068}%%PLATFORM%%\u{2069}.\u{2069}<br>\
            \u{2067}للانضمام عبر الهاتف، اتصل بالرقم \u{2066}%%DIALNUM%%\u{2069} ثم أدخل \
            \u{2066}%%CONFNUM%%\u{2069}.\u{2069}
            """,
        moderatorOnly: """
            \u{2067}أنت تدير مؤتمرًا مستضافًا على منصة \u{2068}%%PLATFORM%%\u{2069}.\u{2069}<br>\
            \u{2067}للانضمام عبر الهاتف، يجب الاتصال بالرقم \u{2066}%%DIALNUM%%\u{2069} ثم إدخال \
            \u{2066}%%CONFNUM%%\u{2069}.\u{2069}
            """,
        expiring: """
            \u{2067}ينتهي الوقت المحجوز لهذا المؤتمر خلال 10 دقائق. \
            يستمر المؤتمر، ولكن قد يتم إنهاؤه عند الحاجة إلى اتصالاته.\u{2069}
            """,
        expired: """
            \u{2067}انتهى الوقت المحجوز لهذا المؤتمر. \
            يستمر المؤتمر، ولكن قد يتم إنهاؤه عند الحاجة إلى اتصالاته.\u{2069}
            """)
}
