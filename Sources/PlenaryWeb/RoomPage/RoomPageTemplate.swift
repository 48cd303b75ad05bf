/// The HTML of the room page. Names in it are properties of ``RoomPageView``: one that is misspelt would be left out without a word,
/// so a test compares both. Nothing is ever put in unescaped.
enum RoomPageTemplate {
    /// Of ``PageEscaping``.
    static let contentType = "RoomPage"

    static let text = """
        {{% CONTENT_TYPE: \(contentType)}}
        <!doctype html>
        <html lang="{{lang}}" dir="{{dir}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <meta name="robots" content="noindex">
        <title>{{title}}</title>
        <link rel="stylesheet" href="{{style}}">
        <script src="{{script}}" defer></script>
        {{#refresh}}
        <noscript><meta http-equiv="refresh" content="{{.}}"></noscript>
        {{/refresh}}
        {{#redirect}}
        <meta http-equiv="refresh" content="0;url={{.}}">
        {{/redirect}}
        </head>
        <body>
        {{#roomName}}
        <header><p dir="auto">{{.}}</p></header>
        {{/roomName}}
        <main>
        \(PageParts.errors)
        <h1>{{heading}}</h1>
        {{#dots}}
        <div class="dots" aria-hidden="true"><span></span><span></span><span></span></div>
        {{/dots}}
        <div{{#status}} role="status"{{/status}}>
        {{#message}}
        <p>{{.}}</p>
        {{/message}}
        {{#placeText}}
        <p><strong id="place" data-text="{{placePattern}}">{{.}}</strong></p>
        {{/placeText}}
        </div>
        {{#notes}}
        <p>{{.}}</p>
        {{/notes}}
        {{#description}}
        <p dir="auto">{{.}}</p>
        {{/description}}
        \(facts)
        \(form)
        \(wait)
        {{#target}}
        <p><a class="button" data-go href="{{.}}">{{targetLabel}}</a></p>
        {{/target}}
        {{#links}}
        <p><a class="button{{#isSecond}} second{{/isSecond}}" href="{{href}}">{{linkLabel}}</a></p>
        {{/links}}
        {{#disabledButton}}
        <button type="button" disabled>{{.}}</button>
        {{/disabledButton}}
        {{#press}}
        <form method="post" action="{{pressAction}}">
        <input type="hidden" name="csrf_token" value="{{csrfToken}}">
        <button type="submit">{{pressLabel}}</button>
        </form>
        {{/press}}
        </main>
        \(PageParts.footer)
        </body>
        </html>

        """

    /// A row with the time that is left is for the script.
    private static let facts = """
        {{#hasFacts}}
        <dl>
        {{#facts}}
        <div><dt>{{factLabel}}:</dt> <dd>{{#factText}}<bdi>{{.}}</bdi>{{/factText}}\
        {{#factInstant}}<time datetime="{{.}}"><bdi dir="ltr">{{factTime}}</bdi></time>{{/factInstant}}</dd></div>
        {{/facts}}
        {{#countdown}}
        <div hidden data-until="{{until}}" data-now="{{serverTime}}" data-then="{{thenHref}}">\
        <dt>{{countdownLabel}}:</dt> <dd><span role="timer" aria-live="off"></span></dd></div>
        {{/countdown}}
        </dl>
        {{/hasFacts}}
        """

    private static let form = """
        {{#form}}
        <form method="post" action="{{formAction}}" data-join data-busy="{{busy}}" novalidate>
        {{#preset}}
        <dl><div><dt>{{nameLabel}}:</dt> <dd><bdi>{{.}}</bdi></dd></div></dl>
        {{/preset}}
        {{#asksName}}
        <div class="field">
        <label for="name">{{nameLabel}}</label>
        <p class="hint" id="name-hint">{{nameHint}}</p>
        {{#nameFault}}
        <p class="error" id="name-error">{{.}}</p>
        {{/nameFault}}
        <input type="text" id="name" name="name" value="{{nameValue}}" required maxlength="128" autocomplete="name" dir="auto"\
         aria-describedby="name-hint{{#nameFault}} name-error{{/nameFault}}"{{#nameFault}} aria-invalid="true"{{/nameFault}}>
        </div>
        <div class="check">
        <input type="checkbox" id="remember" name="remember" value="true"{{#remembers}} checked{{/remembers}}>
        <label for="remember">{{rememberLabel}}</label>
        </div>
        {{/asksName}}
        {{#asksCode}}
        <div class="field">
        <label for="access_code">{{accessCodeLabel}}</label>
        <p class="hint" id="access_code-hint">{{accessCodeHint}}</p>
        {{#accessCodeFault}}
        <p class="error" id="access_code-error">{{.}}</p>
        {{/accessCodeFault}}
        <input type="text" id="access_code" name="access_code" required maxlength="256" autocomplete="off" autocapitalize="none"\
         spellcheck="false" dir="ltr" aria-describedby="access_code-hint{{#accessCodeFault}} access_code-error{{/accessCodeFault}}"\
        {{#accessCodeFault}} aria-invalid="true"{{/accessCodeFault}}>
        </div>
        {{/asksCode}}
        {{#asksConsent}}
        {{#consentFault}}
        <p class="error" id="consent-error">{{.}}</p>
        {{/consentFault}}
        <div class="check">
        <input type="checkbox" id="consent" name="consent" value="true" required{{#consents}} checked{{/consents}}\
        {{#consentFault}} aria-describedby="consent-error" aria-invalid="true"{{/consentFault}}>
        <label for="consent">{{consentLabel}}</label>
        </div>
        {{/asksConsent}}
        <button type="submit">{{submitLabel}}</button>
        <p class="faint">{{devices}}</p>
        </form>
        {{/form}}
        """

    private static let wait = """
        {{#wait}}
        <form method="post" action="{{waitAction}}" data-wait data-reason="{{waitReason}}" data-events="{{waitEvents}}"\
         data-api="{{waitAPI}}" data-retry="{{waitRetry}}" data-again="{{waitAgain}}">
        {{#ticket}}
        <input type="hidden" name="ticket" value="{{.}}">
        <div class="check" hidden>
        <input type="checkbox" id="sound">
        <label for="sound">{{soundLabel}}</label>
        </div>
        <button type="submit" class="second">{{lookLabel}}</button>
        {{/ticket}}
        {{^ticket}}
        <a class="button second" href="{{waitAgain}}">{{lookLabel}}</a>
        {{/ticket}}
        </form>
        {{/wait}}
        """
}
